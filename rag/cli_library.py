"""python -m rag article, versions and stories."""

from typing import Annotated

import typer
from rich.text import Text

from corpus import Article
from rag.cli_shared import Home, Json, Quiet, app, opened, out, print_json, printable
from rag.types import FigureChange

__all__ = ["article", "stories", "versions"]


@app.command()
def article(
    article_id: Annotated[str, typer.Argument(help="The id of an article")],
    removed: Annotated[
        bool, typer.Option("--removed", help="Only what cleaning took out, with the reasons")
    ] = False,
    home: Home = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print an article as it was read, or what was left out of it."""
    with opened(home, quiet=quiet) as archive:
        found = archive.article(article_id)
        paths = archive.paths(article_id)
    if as_json:
        pieces = [{"text": p.text, "reason": p.reason, "at": p.at} for p in found.removed]
        told = _version(found, live=True)
        del told["live"], told["path"]
        more = {"authors": list(found.authors), "section": found.section, "paths": paths}
        text = {"language": found.language, "text": found.text, "removed": pieces}
        print_json({**told, **more, **text})
    elif removed:
        for piece in found.removed:
            out.print(Text(f"{piece.reason}: {piece.text}"))
    else:
        out.print(Text(found.text))
        if not quiet:
            out.print()
            for path in paths:
                out.print(Text(printable(f"Read from {path}"), style="dim"))
            if found.removed:
                out.print(Text(f"{len(found.removed)} pieces left out: --removed", style="dim"))


@app.command()
def versions(
    article_id: Annotated[str, typer.Argument(help="The id of an article, of any version")],
    home: Home = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List the versions of an article, newest first, and the figures that changed."""
    with opened(home, quiet=quiet) as archive:
        listed = archive.versions(article_id)
        changes = archive.changes(article_id)
    if as_json:
        print_json(
            {
                "versions": [_version(article, live=not at) for at, article in enumerate(listed)],
                "changes": [change.to_dict() for change in changes],
            }
        )
        return
    for at, article in enumerate(listed):
        shown = Text(f"{article.id}  {article.shown_title}, {_dated(article)}")
        out.print(shown if at == 0 else Text.assemble(shown, "  (earlier)"))
    for change in changes:
        _print_change(change)


def _version(article: Article, *, live: bool) -> dict[str, object]:
    return {
        "article_id": article.id,
        "live": live,
        "title": article.shown_title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "updated": article.updated.isoformat() if article.updated else None,
        "url": article.url,
        "path": article.origin,
    }


def _dated(article: Article) -> str:
    day = article.updated or article.published
    return day.isoformat()[:10] if day else "undated"


def _print_change(change: FigureChange) -> None:
    before, after = change.before, change.after
    out.print()
    out.print(Text.assemble((f"{before.value} -> {after.value}", "bold")))
    for figure in (before, after):
        out.print(Text(f"    {figure.article_id}: “{figure.sentence}”"))


@app.command()
def stories(home: Home = None, as_json: Json = False, quiet: Quiet = False) -> None:
    """List the articles that carry the same text or nearly so."""
    with opened(home, quiet=quiet) as archive:
        listed = archive.stories()
    if as_json:
        print_json([story.to_dict() for story in listed])
        return
    for story in listed:
        for member in story.members:
            day = member.published.isoformat()[:10] if member.published else "undated"
            told = ", ".join(part for part in (member.title, member.source, day) if part)
            indent = "" if member.article_id == story.lead else "    "
            out.print(Text(f"{indent}{member.article_id}  {told}"))
    if not listed and not quiet:
        out.print("No article carries another one's text.")
