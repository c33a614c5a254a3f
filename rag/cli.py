"""The command line: python -m rag ingest | ask | search | articles | status | doctor | ..."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer
from rich.text import Text

import rag.cli_backup
import rag.cli_ingest
import rag.cli_library
import rag.cli_upkeep  # noqa: F401  all register their commands
from rag import Answer, Filters, Hit
from rag.cli_conversations import noted
from rag.cli_shared import (
    Day,
    Home,
    Json,
    Names,
    Quiet,
    Stories,
    app,
    err,
    opened,
    out,
    print_json,
)
from rag.escaping import one_line

__all__ = ["app", "main"]


def _filters(
    since: datetime | None,
    until: datetime | None,
    source: Sequence[str] | None,
    story: Sequence[str] | None,
) -> Filters | None:
    filters = Filters(
        published_from=since.date() if since else None,
        published_to=until.date() if until else None,
        sources=tuple(source or ()),
        stories=tuple(story or ()),
    )
    return filters or None


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know")],
    home: Home = None,
    since: Day = None,
    until: Day = None,
    source: Names = None,
    story: Stories = None,
    as_of: Day = None,
    conversation: Annotated[
        str, typer.Option(help='Keep it in the conversation of this id, or in a "new" one')
    ] = "",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer a question, each sentence with its source."""
    filters = _filters(since, until, source, story)
    with (
        opened(home, quiet=quiet) as archive,
        noted(archive, conversation, question=question, filters=filters, quiet=quiet) as noting,
    ):
        given = noting.stream = archive.stream(
            question,
            history=noting.history,
            filters=filters,
            as_of=as_of.date() if as_of else None,
        )
        for text in given:
            if not as_json:
                out.print(text, end="", markup=False)
        answer = given.answer
    if as_json:
        print_json(answer.to_dict())
        return
    out.print()
    _print_sources(answer, quiet=quiet)


def _print_citations(answer: Answer) -> None:
    for citation in answer.citations:
        out.print()
        heading = _origin(citation.title, citation.source, citation.published)
        out.print(Text.assemble((f"[{citation.number}] ", "bold"), (heading, "bold")))
        if citation.also:
            out.print(Text(f"    also carried by {', '.join(citation.also)}"))
        out.print(Text(f"    “{one_line(citation.quote)}”"))


def _print_sources(answer: Answer, *, quiet: bool) -> None:
    days = answer.filters and (answer.filters.published_from, answer.filters.published_to)
    if days and any(days) and not quiet:
        ends = [f"{word} {day}" for word, day in zip(("from", "to"), days, strict=True) if day]
        undated = " or undated" if answer.filters and answer.filters.include_undated else ""
        out.print(f"Published {' '.join(ends)}{undated}.", markup=False, highlight=False)
    if answer.reason and answer.status != "not_found":
        err.print(Text(f"Note: {answer.reason}", style="yellow"))
    values = answer.short[answer.leads_with_value :] if not answer.disagreements else ()
    if answer.leads_with_value and (odds := answer.short[0].probability) is not None:
        out.print(f"\nThe value is {odds:.0%} sure.", markup=False, highlight=False)
    for value in values:
        marks = "".join(f"[{number}]" for number in value.citations)
        sure = f" ({value.probability:.0%} sure)" if value.probability is not None else ""
        out.print(f"\nIn short: {value.value} {marks}{sure}", markup=False, highlight=False)
    for found in answer.disagreements:
        out.print(f"\nThe articles differ ({found.relation}):", markup=False)
        for value in found.values:
            marks = "".join(f"[{number}]" for number in value.citations)
            out.print(f"  {value.value} {marks}", markup=False)
    _print_citations(answer)
    if quiet:
        return
    for item in answer.unverified:
        err.print(Text(f"Not verified ({item.done}): {item.sentence} ({item.failed})", "yellow"))
    if answer.nearest:
        out.print("\nNearest passages:")
        for hit in answer.nearest:
            out.print(Text(f"  {_origin(hit.title, hit.source, hit.published)}"))
            out.print(Text(f"    {_shortened(hit.text)}", style="dim"))
    if read := answer.usage.prompt_tokens:
        cost = f", cost {answer.cost:.6g}" if answer.cost is not None else ""
        written = answer.usage.completion_tokens
        used = f"\nThe model read {read} tokens and wrote {written}{cost}."
        out.print(used, markup=False, highlight=False)
    if answer.status == "not_found" and (span := answer.coverage):
        dates = f", {span.first} to {span.last}" if span.first else ""
        undated = f" ({span.undated} undated)" if span.undated else ""
        out.print(f"\nThe archive holds {span.articles} articles{dates}{undated}.", markup=False)


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
    story: Stories = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find passages."""
    with opened(home, quiet=quiet) as archive:
        filters = _filters(since, until, source, story)
        hits = archive.search(query, k=k, filters=filters)
        shut_out = not hits and filters and not archive.articles(filters=filters)
    if as_json:
        print_json([hit.to_dict() for hit in hits])
        return
    for hit in hits:
        _print_hit(hit)
    if not hits:
        out.print("No article passes the filters." if shut_out else "Nothing found.")


@app.command()
def explain(
    question: Annotated[str, typer.Argument(help="The question")],
    article_id: Annotated[str, typer.Argument(help="The article's id, as `articles` lists it")],
    home: Home = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say why an article was or was not used for a question."""
    with opened(home, quiet=quiet) as archive:
        found = archive.explain(question, article_id)
    if as_json:
        print_json(found.to_dict())
        return
    out.print(found.verdict, markup=False, highlight=False)


def _print_hit(hit: Hit) -> None:
    heading = _origin(hit.title, hit.source, hit.published)
    out.print(Text.assemble((f"{hit.rank:>2}. ", "bold"), (heading, "bold")))
    out.print(Text(f"    {_shortened(hit.text, limit=300)}"))


@app.command()
def articles(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """List the articles, newest first."""
    with opened(home, quiet=quiet) as archive:
        listed = archive.articles()
    if as_json:
        print_json(
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
        out.print(
            f"{article.id}  {_origin(article.shown_title, article.source, article.published)}",
            markup=False,
        )


def main() -> None:
    """Run the command line; Ctrl-C ends it without a traceback."""
    # Libraries report retries and the like by logging; errors reach the user as one line.
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("vectorstore").setLevel(logging.WARNING)
    app()
