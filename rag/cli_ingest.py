"""python -m rag ingest."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from corpus import Article
from rag import IngestReport
from rag.cli_shared import Home, Json, Quiet, app, err, opened, out, print_json, printable

if TYPE_CHECKING:
    from rag.changes import IngestProgress

__all__ = ["ingest"]

_LISTED = 20
"""Articles named before they are taken out; of more, the number is said."""


@app.command()
def ingest(
    paths: Annotated[
        list[Path], typer.Argument(help='Files, folders, or patterns such as "news/**/*.html"')
    ],
    home: Home = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Take out articles that are gone from these places")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before taking out")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and write nothing")
    ] = False,
    field: Annotated[
        list[str] | None,
        typer.Option(help="A table's column by its meaning, as in text=body or title=headline"),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read articles into the archive; what has not changed is left alone."""
    fields = dict(_field(given) for given in field or ())
    with opened(home, quiet=quiet) as archive, _progress(hidden=quiet or as_json) as bar:
        try:
            report = archive.ingest(
                paths,
                prune=prune,
                dry_run=dry_run,
                fields=fields,
                approve=None if quiet or as_json else _approval(bar, ask=not yes),
                progress=_shown(bar) if bar else None,
            )
        except KeyboardInterrupt:
            if bar:
                bar.stop()
            err.print(
                "Stopped; the archive is as it was, and what was embedded is kept for the next run."
            )
            raise typer.Exit(130) from None
    if as_json:
        print_json(report.to_dict())
    elif not quiet:
        _print_report(report, dry_run=dry_run)


def _field(given: str) -> tuple[str, str]:
    name, found, column = given.partition("=")
    if not (name and found and column):
        raise typer.BadParameter(f"{given!r} is not of the form text=body", param_hint="--field")
    return name, column


@contextmanager
def _progress(*, hidden: bool) -> Iterator[Progress | None]:
    if hidden or not err.is_terminal:  # it would leave an empty line in a log
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[passages]} passages, {task.fields[rate]}/s,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        yield bar


def _shown(bar: Progress) -> Callable[["IngestProgress"], None]:
    task = bar.add_task("reading", total=None, passages=0, rate="–")

    def show(step: "IngestProgress") -> None:
        elapsed = bar.tasks[0].elapsed or 0.0
        rate = f"{step.passages / elapsed:.0f}" if elapsed > 1 and step.passages else "–"
        bar.update(
            task, completed=step.files_done, total=step.files, passages=step.passages, rate=rate
        )

    return show


def _approval(bar: Progress | None, *, ask: bool) -> Callable[[Sequence[Article]], bool]:
    """Lists what is to leave and, on a terminal, asks."""

    def approve(leaving: Sequence[Article]) -> bool:
        if bar:
            bar.stop()
        for article in leaving[:_LISTED]:
            err.print(Text(printable(f"Leaves: {article.origin}: {article.shown_title}")))
        if len(leaving) > _LISTED:
            err.print(f"... and {len(leaving) - _LISTED} more")
        if not (ask and err.is_terminal):
            return True
        return typer.confirm(f"Take out {len(leaving)} articles?", err=True)

    return approve


def _print_report(report: IngestReport, *, dry_run: bool) -> None:
    counts = (
        ("added", report.added),
        ("updated", report.updated),
        ("unchanged", report.unchanged),
        ("removed", report.removed),
        ("duplicates", report.duplicates),
        ("superseded", report.superseded),
        ("failed", len(report.failed)),
    )
    said = ", ".join(f"{number} {name}" for name, number in counts if number) or "nothing to do"
    if dry_run:
        out.print(f"Would be: {said}. Nothing was written.", markup=False)
        for origin in report.gone:
            out.print(Text(printable(f"Would leave: {origin}")))
    else:
        rate = (
            f", {report.embedded / report.seconds:.0f} embedded a second" if report.embedded else ""
        )
        out.print(
            f"{said}. The archive holds {report.articles} articles in {report.passages} passages"
            f" ({report.seconds:.1f} s{rate}).",
            markup=False,
        )
    for path, reason in report.failed:
        line = printable(f"{path}: {reason}")
        err.print(Text.assemble(("Failed: ", "bold yellow"), line))
