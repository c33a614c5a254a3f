"""python -m rag status, doctor and rollback."""

from typing import Annotated

import typer
from rich.text import Text

from rag import KeptGeneration, Status
from rag.cli_shared import Home, Json, Quiet, app, opened, out, print_json, printable

__all__ = ["doctor", "rollback", "status"]


@app.command()
def status(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Say what the archive holds."""
    with opened(home, quiet=quiet) as archive:
        record = archive.status()
    if as_json:
        print_json(record.to_dict())
        return
    for name, value in _told(record):
        out.print(Text(f"{name:12} {printable(value)}"))


def _told(record: Status) -> list[tuple[str, str]]:
    """The lines of a status, in words."""
    span = record.coverage
    dates = f"{span.first} to {span.last}" if span.first else "no dates"
    undated = f", {span.undated} undated" if span.undated else ""
    embedder, passages, cleaning = record.fingerprint.split(" | ")
    name, _, budget = passages.partition(":")
    parts = (
        f"index {_megabytes(record.bytes_index)}, embeddings {_megabytes(record.bytes_embeddings)}"
    )
    return [
        ("home", str(record.home)),
        ("generation", f"{record.generation}, written {_minute(record.created)}"),
        *(("kept", _shown(one)) for one in record.kept),
        ("articles", str(record.articles)),
        ("coverage", dates + undated),
        ("passages", str(record.passages)),
        ("dead", f"{record.dead} vectors, {record.dead_share:.1%} of the passages"),
        ("embedder", embedder),
        ("cut", f"{name}, at most {budget} tokens"),
        ("cleaning", f"version {cleaning}"),
        ("vectors", record.vectors),
        ("disk", f"{_megabytes(record.bytes)}: {parts}"),
    ]


def _shown(one: KeptGeneration) -> str:
    live = ", live" if one.live else ""
    counts = f"{one.articles} articles, {one.passages} passages"
    return f"{one.name}: {_minute(one.created)}, {counts}{live}"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


@app.command()
def doctor(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check the archive, and say how to mend what is wrong. Status 1 where something is."""
    with opened(home, quiet=quiet) as archive:
        findings = archive.doctor()
    if as_json:
        print_json([finding.to_dict() for finding in findings])
    for finding in findings:
        if as_json or (quiet and finding.passed):
            continue
        mark = ("ok  ", "green") if finding.passed else ("FAIL", "bold red")
        out.print(Text.assemble(mark, f"  {finding.check:12} {printable(finding.detail)}"))
        if finding.mend:
            asked = "if you like" if finding.passed else "to mend it"
            out.print(Text(f"      {asked}: {printable(finding.mend)}", style="dim"))
    # An archive may stand on a read-only disk on purpose.
    if not all(finding.passed for finding in findings if finding.check != "writable"):
        raise typer.Exit(1)


@app.command()
def rollback(
    home: Home = None,
    to: Annotated[str, typer.Option(help="A kept generation [default: the one before]")] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Go back to the generation that was live before."""
    with opened(home, quiet=quiet) as archive:
        done = archive.rollback(to=to)
    if as_json:
        print_json(done.to_dict())
    elif not quiet:
        out.print(
            f"Live again: {done.generation} of {_minute(done.created)}, {done.articles} articles in"
            f" {done.passages} passages.",
            markup=False,
        )
        if done.left:
            out.print(f"{done.left} stays until an ingest changes something.", markup=False)
