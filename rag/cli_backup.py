"""python -m rag backup and rebuild."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rag.cli_shared import Home, Json, Quiet, app, opened, out, print_json, printable

__all__ = ["backup", "rebuild"]


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A folder that is not there yet, or empty")],
    home: Home = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Copy the archive to another folder, while it may be read and written."""
    with opened(home, quiet=quiet) as archive:
        done = archive.backup(target)
    if as_json:
        print_json(done.to_dict())
    elif not quiet:
        out.print(
            Text(
                f"Copied {done.generation} to {printable(str(done.target))}: {done.articles}"
                f" articles in {done.passages} passages, {done.embeddings} embeddings"
                f" ({done.bytes / 1e6:.1f} MB, {done.seconds:.1f} s)."
            )
        )
        if done.vectors != "embedded":
            out.print("The vectors are on a Chroma server; rebuild makes them from the copy.")


@app.command()
def rebuild(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Build the index anew from the archive's own articles; no file is read."""
    with opened(home, quiet=quiet) as archive:
        done = archive.rebuild()
    if as_json:
        print_json(done.to_dict())
    elif not quiet:
        out.print(
            f"Built {done.generation}: {done.articles} articles in {done.passages} passages,"
            f" {done.embedded} of them embedded anew ({done.seconds:.1f} s).",
            markup=False,
        )
