"""What a visitor searches for, as a value and as the parameters of an address.

The address is the only place where it is kept: a reload or a link that was sent on shows the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, TypeVar, get_args

from app_pages._text import long_date, span_line
from rag import Filters

__all__ = [
    "Chip",
    "Facet",
    "Facets",
    "Order",
    "Query",
    "as_params",
    "chips",
    "filters_of",
    "parse",
    "spoken",
]

Order = Literal["relevance", "newest", "oldest"]
Facet = Literal["outlets", "authors", "sections"]
_Word = TypeVar("_Word", bound=str)

LONGEST = 500
"""Characters of a query that are looked at."""
_LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Words and filters; empty fields do not restrict. Days are inclusive."""

    text: str = ""
    outlets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    undated: bool = True
    chosen_order: Order | None = None
    page: int = 1

    @property
    def order(self) -> Order:
        """By relevance where there are words to be relevant to, else the newest first."""
        if self.chosen_order == "relevance" and not self.text:
            return "newest"
        return self.chosen_order or ("relevance" if self.text else "newest")

    def having(self, facet: Facet, names: Iterable[str]) -> "Query":
        """The same with these names of a facet, on its first page."""
        changes: dict[str, Any] = {facet: tuple(names)}
        return replace(self, page=1, **changes)

    def named(self, facet: Facet) -> tuple[str, ...]:
        """The names of a facet that are chosen."""
        return {"outlets": self.outlets, "authors": self.authors, "sections": self.sections}[facet]

    @property
    def filtered(self) -> bool:
        """Whether anything but the words restricts it."""
        return bool(filters_of(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """The names that an archive can be filtered by, as it writes them."""

    outlets: Sequence[str] = ()
    authors: Sequence[str] = ()
    sections: Sequence[str] = ()

    def names(self, facet: Facet) -> Sequence[str]:
        """All names of a facet."""
        return {"outlets": self.outlets, "authors": self.authors, "sections": self.sections}[facet]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the query without it."""

    label: str
    without: Query = field(repr=False)


def parse(params: Mapping[str, Sequence[str]], facets: Facets) -> tuple[Query, list[str]]:
    """The query that an address states, and in plain words what in it could not be used."""
    problems: list[str] = []
    text = " ".join(_only(params, "q").split())
    if len(text) > LONGEST:
        text = text[:LONGEST].rstrip()
        problems.append(f"Only the first {LONGEST} characters were searched for.")
    first = _day(params, "from", problems)
    last = _day(params, "to", problems)
    if first and last and first > last:
        first, last = last, first
        problems.append("The two dates were the wrong way round: they have been swapped.")
    return (
        Query(
            text=text,
            outlets=_names(params, "outlet", facets.outlets, problems),
            authors=_names(params, "author", facets.authors, problems),
            sections=_names(params, "section", facets.sections, problems),
            first=first,
            last=last,
            undated=_choice(params, "undated", ("yes", "no"), problems) != "no",
            chosen_order=_choice(params, "sort", get_args(Order), problems),
            page=_page(params, problems),
        ),
        problems,
    )


def as_params(query: Query) -> dict[str, str | list[str]]:
    """The address of a query: only what differs from an empty one."""
    given: dict[str, str | list[str]] = {
        "q": query.text,
        "outlet": list(query.outlets),
        "author": list(query.authors),
        "section": list(query.sections),
        "from": query.first.isoformat() if query.first else "",
        "to": query.last.isoformat() if query.last else "",
        "undated": "" if query.undated else "no",
        "sort": query.chosen_order or "",
        "page": str(query.page) if query.page > 1 else "",
    }
    return {name: value for name, value in given.items() if value}


def filters_of(query: Query) -> Filters:
    """The same as the archive takes it."""
    return Filters(
        published_from=query.first,
        published_to=query.last,
        sources=query.outlets,
        authors=query.authors,
        sections=query.sections,
        include_undated=query.undated,
    )


def chips(query: Query) -> list[Chip]:
    """Every filter in force by itself."""
    found = [
        Chip(name, query.having(facet, (one for one in query.named(facet) if one != name)))
        for facet in get_args(Facet)
        for name in query.named(facet)
    ]
    if query.first or query.last:
        found.append(Chip(days_line(query), replace(query, page=1, first=None, last=None)))
    if not query.undated:
        found.append(Chip("Dated articles only", replace(query, page=1, undated=True)))
    return found


def days_line(query: Query) -> str:
    """1 to 17 November 2015; from 17 November 2015."""
    if query.first and query.last:
        return span_line(query.first, query.last)
    if query.first:
        return f"From {long_date(query.first)}"
    return f"Until {long_date(query.last)}" if query.last else ""


def spoken(query: Query) -> str:
    """A query in a few words, to stand after "articles": found for “x”, Outlet, 1 to 3 May 2015."""
    parts = [f"found for “{query.text}”"] if query.text else []
    return ", ".join([*parts, *(chip.label for chip in chips(query))])


def _only(params: Mapping[str, Sequence[str]], name: str) -> str:
    """The last value of a parameter, as in any address that gives it twice."""
    values = params.get(name) or [""]
    return values[-1]


def _day(params: Mapping[str, Sequence[str]], name: str, problems: list[str]) -> date | None:
    if not (given := _only(params, name)):
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        problems.append(
            f"“{_short(given)}” in the address is no date (2015-11-17 is one): it was left out."
        )
        return None


def _names(
    params: Mapping[str, Sequence[str]], name: str, known: Iterable[str], problems: list[str]
) -> tuple[str, ...]:
    """The names that the archive has, in its own spelling."""
    if not (given := params.get(name)):
        return ()
    spelled = {one.casefold(): one for one in known}
    problems += [
        f"The archive has no {name} “{_short(one)}”: it was left out."
        for one in given
        if one and one.casefold() not in spelled
    ]
    found = (spelled.get(one.casefold()) for one in given)
    return tuple(dict.fromkeys(one for one in found if one))


def _choice(
    params: Mapping[str, Sequence[str]], name: str, known: tuple[_Word, ...], problems: list[str]
) -> _Word | None:
    if not (given := _only(params, name)):
        return None
    for one in known:
        if one == given.lower():
            return one
    listed = ", ".join(known[:-1]) + f" or {known[-1]}"
    problems.append(f"“{name}” in the address can be {listed}: “{_short(given)}” was left out.")
    return None


def _page(params: Mapping[str, Sequence[str]], problems: list[str]) -> int:
    given = _only(params, "page")
    if not given:
        return 1
    if given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= _LAST_PAGE:
        return int(given[:6])
    problems.append(f"There is no page “{_short(given)}”: this is the first.")
    return 1


def _short(text: str, most: int = 60) -> str:
    """A stranger's words as they can be repeated in a sentence."""
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
