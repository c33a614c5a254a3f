"""What is kept about an article, in words."""

from collections.abc import Iterable

from app_pages._text import counted, escape, long_date
from rag import Article, FigureChange, StoryMember

__all__ = ["change_rows", "left_out", "member_line", "passage_head", "version_line"]


def passage_head(number: int, passage: str) -> str:
    """Which passage it is, and how long."""
    return f"{number} · {counted(len(passage.split()), 'word')}"


def left_out(article: Article) -> list[tuple[str, list[str]]]:
    """What cleaning took out, by the reason, in the order of the page."""
    grouped: dict[str, list[str]] = {}
    for piece in article.removed:
        grouped.setdefault(piece.reason.capitalize(), []).append(piece.text)
    return list(grouped.items())


def member_line(member: StoryMember) -> str:
    """An article of a story: who carries it, and when."""
    carried = member.source or "No outlet stated"
    return f"**{escape(carried)}** · {long_date(member.published)} · {escape(member.title)}"


def version_line(version: Article, *, newest: bool) -> str:
    """A version of a page: when it was written, and whether it is the one in force."""
    day = version.updated or version.published
    said = "the newest" if newest else "an earlier version"
    return f"**{long_date(day)}** · {said} · {escape(version.shown_title)}"


def change_rows(changes: Iterable[FigureChange]) -> list[dict[str, str]]:
    """Figures that differ between versions, as a table."""
    return [
        {
            "Before": escape(change.before.value),
            "After": escape(change.after.value),
            "Where": escape(change.after.sentence),
        }
        for change in changes
    ]
