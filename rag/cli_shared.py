"""What the commands of the command line share: the program, its consoles and common options."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from corpus.cleaning import clean_characters
from rag import Archive, DossierError, load_settings

__all__ = [
    "Day",
    "Home",
    "Json",
    "Names",
    "Quiet",
    "Stories",
    "app",
    "err",
    "opened",
    "out",
    "print_json",
    "printable",
]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a box around a usage error is five lines
    help="Ask an archive of news articles, get answers that can be checked.",
)
out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

Home = Annotated[
    Path | None, typer.Option(help="The archive's folder [default: DOSSIER_HOME, else ./.dossier]")
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole record as JSON")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but the result")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Names = Annotated[list[str] | None, typer.Option()]
Stories = Annotated[
    list[str] | None, typer.Option(help="Only this article and those with the same text or nearly")
]


@contextmanager
def opened(home: Path | None, *, quiet: bool) -> Iterator[Archive]:
    """The archive; a DossierError inside ends the program with one line and status 1."""
    report = None if quiet else (lambda line: err.print(Text(line, style="dim")))
    try:
        with Archive.open(settings=load_settings(home=home), report=report) as archive:
            yield archive
    except DossierError as error:
        err.print(Text.assemble(("Error: ", "bold red"), printable(str(error))))
        raise typer.Exit(1) from None


def printable(text: str) -> str:
    """One line without control characters: the name of a file may hold what it likes."""
    return " ".join(clean_characters(text.encode("utf-8", "replace").decode()).split())


def print_json(record: Any) -> None:
    """Write a record on standard output."""
    sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
