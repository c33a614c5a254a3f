"""How an answer's passages were found: what the pages show of its record. No Streamlit here."""

from collections.abc import Mapping

from app_pages._text import counted, span_line
from rag import Answer, Considered, Explanation

__all__ = ["days_label", "explained_rows", "matching_titles", "trace_rows", "trace_summary"]

_MOST_TITLES = 50


def days_label(answer: Answer) -> str:
    """The days of publication that an answer was restricted to; "" for none."""
    filters = answer.filters
    first, last = (filters.published_from, filters.published_to) if filters else (None, None)
    if first and last:
        return span_line(first, last)
    if first:
        return f"since {span_line(first, first)}"
    return f"up to {span_line(last, last)}" if last else ""


def trace_summary(answer: Answer) -> str:
    """How many passages were looked at and used."""
    used = sum(not step.dropped for step in answer.trace)
    return f"How it was found: {used} of {counted(len(answer.trace), 'passage')} used"


def trace_rows(answer: Answer) -> list[dict[str, str | int | None]]:
    """A row for each passage that was considered, those that were used first.

    The places by meaning, by words and together count from 1; None where a search did not find it.
    """
    return [_row(step) for step in answer.trace]


def explained_rows(found: Explanation) -> list[dict[str, str | int | None]]:
    """The same for the passages of one article."""
    return [_row(step) for step in found.passages]


def matching_titles(titles: Mapping[str, str], words: str) -> dict[str, str]:
    """The first titles that hold all these words, by article; the first of all without words."""
    wanted = words.casefold().split()
    fits = {
        one: title
        for one, title in titles.items()
        if all(word in title.casefold() for word in wanted)
    }
    return dict(list(fits.items())[:_MOST_TITLES])


def _row(step: Considered) -> dict[str, str | int | None]:
    return {
        "Place": step.rank,
        "Article": step.title,
        "By meaning": step.dense_rank,
        "By words": step.lexical_rank,
        "Together": step.fused_rank,
        "Reader": None if step.relevance is None else f"{step.relevance:.0%}",
        "Left out": step.dropped,
    }
