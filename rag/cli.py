"""The command line: python -m rag ingest | ask | search | articles | status | doctor."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from corpus.cleaning import clean_characters
from rag import Answer, Archive, DossierError, Filters, Hit, IngestReport, load_settings

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a box around a usage error is five lines
    help="Ask an archive of news articles, get answers that can be checked.",
)
_out = Console(soft_wrap=True, highlight=False, emoji=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

Home = Annotated[
    Path | None, typer.Option(help="The archive's folder [default: DOSSIER_HOME, else ./.dossier]")
]
Json = Annotated[bool, typer.Option("--json", help="Print the whole record as JSON")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but the result")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Names = Annotated[list[str] | None, typer.Option()]


@contextmanager
def _opened(home: Path | None, *, quiet: bool) -> Iterator[Archive]:
    """The archive; a DossierError inside ends the program with one line and status 1."""
    report = None if quiet else (lambda line: _err.print(Text(line, style="dim")))
    try:
        with Archive.open(settings=load_settings(home=home), report=report) as archive:
            yield archive
    except DossierError as error:
        _err.print(Text.assemble(("Error: ", "bold red"), _printable(str(error))))
        raise typer.Exit(1) from None


def _printable(text: str) -> str:
    """One line without control characters: the name of a file may hold what it likes."""
    return " ".join(clean_characters(text.encode("utf-8", "replace").decode()).split())


def _print_json(record: Any) -> None:
    sys.stdout.write(json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def _filters(
    since: datetime | None, until: datetime | None, source: Sequence[str] | None
) -> Filters | None:
    filters = Filters(
        published_from=since.date() if since else None,
        published_to=until.date() if until else None,
        sources=tuple(source or ()),
    )
    return filters or None


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of articles")],
    home: Home = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Drop articles whose files are gone from these folders")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read articles into the archive; what has not changed is left alone."""
    with _opened(home, quiet=quiet) as archive, _progress(hidden=quiet or as_json) as progress:
        report = archive.ingest(paths, prune=prune, progress=progress)
    if as_json:
        _print_json(report.to_dict())
    elif not quiet:
        _print_report(report)


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    if hidden:
        yield None
        return
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    quiet = not _err.is_terminal  # it would leave an empty line in a log
    with Progress(*columns, console=_err, transient=True, disable=quiet) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show


def _print_report(report: IngestReport) -> None:
    counts = (
        ("added", report.added),
        ("updated", report.updated),
        ("unchanged", report.unchanged),
        ("removed", report.removed),
        ("duplicates", report.duplicates),
        ("failed", len(report.failed)),
    )
    said = ", ".join(f"{number} {name}" for name, number in counts if number) or "nothing to do"
    _out.print(
        f"{said}. The archive holds {report.articles} articles in {report.passages} passages"
        f" ({report.seconds:.1f} s).",
        markup=False,
    )
    for path, reason in report.failed:
        line = _printable(f"{path}: {reason}")
        _err.print(Text.assemble(("Failed: ", "bold yellow"), line))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know")],
    home: Home = None,
    since: Day = None,
    until: Day = None,
    source: Names = None,
    as_of: Day = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question, each sentence with its source."""
    with _opened(home, quiet=quiet) as archive:
        given = archive.stream(
            question,
            filters=_filters(since, until, source),
            as_of=as_of.date() if as_of else None,
        )
        for text in given:
            if not as_json:
                _out.print(text, end="", markup=False)
        answer = given.answer
    if as_json:
        _print_json(answer.to_dict())
        return
    _out.print()
    _print_sources(answer, quiet=quiet)


def _print_sources(answer: Answer, *, quiet: bool) -> None:
    if answer.reason and answer.status != "not_found":
        _err.print(Text(f"Note: {answer.reason}", style="yellow"))
    for found in answer.disagreements:
        _out.print(f"\nThe articles differ ({found.relation}):", markup=False)
        for value in found.values:
            marks = "".join(f"[{number}]" for number in value.citations)
            _out.print(f"  {value.value} {marks}", markup=False)
    for citation in answer.citations:
        _out.print()
        heading = _origin(citation.title, citation.source, citation.published)
        _out.print(Text.assemble((f"[{citation.number}] ", "bold"), (heading, "bold")))
        _out.print(Text(f"    “{citation.quote}”"))
    if quiet:
        return
    for item in answer.unverified:
        _err.print(Text(f"Not verified ({item.done}): {item.sentence} ({item.failed})", "yellow"))
    if answer.nearest:
        _out.print("\nNearest passages:")
        for hit in answer.nearest:
            _out.print(Text(f"  {_origin(hit.title, hit.source, hit.published)}"))
            _out.print(Text(f"    {_shortened(hit.text)}", style="dim"))
    if answer.status == "not_found" and (span := answer.coverage):
        dates = f", {span.first} to {span.last}" if span.first else ""
        undated = f" ({span.undated} undated)" if span.undated else ""
        _out.print(f"\nThe archive holds {span.articles} articles{dates}{undated}.", markup=False)


def _origin(title: str, source: str, published: date | None) -> str:
    day = published.isoformat()[:10] if published else "undated"
    return ", ".join(part for part in (title, source, day) if part)


def _shortened(text: str, *, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit].rsplit(' ', 1)[0]} …"


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words or a question")],
    home: Home = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="How many passages")] = 10,
    since: Day = None,
    until: Day = None,
    source: Names = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find passages."""
    with _opened(home, quiet=quiet) as archive:
        hits = archive.search(query, k=k, filters=_filters(since, until, source))
    if as_json:
        _print_json([hit.to_dict() for hit in hits])
        return
    for hit in hits:
        _print_hit(hit)
    if not hits:
        _out.print("Nothing found.")


def _print_hit(hit: Hit) -> None:
    heading = _origin(hit.title, hit.source, hit.published)
    _out.print(Text.assemble((f"{hit.rank:>2}. ", "bold"), (heading, "bold")))
    _out.print(Text(f"    {_shortened(hit.text, limit=300)}"))


@app.command()
def articles(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """List the articles, newest first."""
    with _opened(home, quiet=quiet) as archive:
        listed = archive.articles()
    if as_json:
        _print_json(
            [
                {
                    "article_id": a.id,
                    "title": a.shown_title,
                    "authors": list(a.authors),
                    "source": a.source,
                    "published": a.published.isoformat() if a.published else None,
                    "url": a.url,
                    "path": str(a.path or ""),
                }
                for a in listed
            ]
        )
        return
    for article in listed:
        _out.print(
            f"{article.id}  {_origin(article.shown_title, article.source, article.published)}",
            markup=False,
        )


@app.command()
def status(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Say what the archive holds."""
    with _opened(home, quiet=quiet) as archive:
        record = archive.status().to_dict()
    if as_json:
        _print_json(record)
        return
    for name, value in record.items():
        shown = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        shown = ", ".join(shown) if isinstance(shown, list) else shown
        _out.print(f"{name:12} {shown}", markup=False)


@app.command()
def doctor(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """Check the archive, and say how to mend what is wrong. Status 1 where something is."""
    with _opened(home, quiet=quiet) as archive:
        findings = archive.doctor()
    if as_json:
        _print_json([finding.to_dict() for finding in findings])
    else:
        for finding in findings:
            mark = ("ok  ", "green") if finding.passed else ("FAIL", "bold red")
            mend = f" To mend it: {finding.mend}" if finding.mend else ""
            _out.print(Text.assemble(mark, f"  {finding.check}  {finding.detail}{mend}"))
    if not all(finding.passed for finding in findings if finding.check != "writable"):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback."""
    # Libraries report retries and the like by logging; errors reach the user as one line.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    app()
