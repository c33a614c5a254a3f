"""The filters of a search: drawn from the address, and written back to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import altair as alt
import streamlit as st

from app_pages import _facets as facets
from app_pages import _text as text
from app_pages._query import Facet, Query, as_params, chips, days_line, parse

__all__ = ["draw_chips", "draw_filters", "go_to", "query_in_address"]

_NAMES: dict[Facet, str] = {"outlets": "Outlet", "authors": "Author", "sections": "Section"}
_ICONS: dict[Facet, str] = {
    "outlets": ":material/newspaper:",
    "authors": ":material/person:",
    "sections": ":material/label:",
}


def query_in_address(shelf: facets.Shelf) -> tuple[Query, list[str]]:
    """What is searched for, and what of the address could not be used."""
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    return parse(given, shelf.facets)


def go_to(query: Query) -> None:
    """Make this the address; everything shown follows from it."""
    st.query_params.from_dict(as_params(query))


def draw_filters(shelf: facets.Shelf, query: Query) -> None:
    """A row of filters, each named with what is chosen in it."""
    with st.container(horizontal=True, gap="small", key="filters"):
        for facet in _NAMES:
            if shelf.facets.names(facet):
                _draw_facet(shelf, query, facet)
        if any(row.day for row in shelf.rows):
            _draw_days(shelf, query)


def draw_chips(query: Query) -> None:
    """Every filter in force; a click takes it away."""
    found = chips(query)
    if not found:
        return
    with st.container(horizontal=True, gap="xsmall", key="chips"):
        for chip in found:
            st.button(
                text.escape(chip.label),
                key=f"chip-{chip.label}",
                icon=":material/close:",
                icon_position="right",
                help="Take this filter away",
                on_click=go_to,
                args=(chip.without,),
            )
        if len(found) > 1:
            bare = Query(text=query.text, chosen_order=query.chosen_order)
            st.button("Clear all", type="tertiary", on_click=go_to, args=(bare,))


def _draw_facet(shelf: facets.Shelf, query: Query, facet: Facet) -> None:
    label, chosen = _NAMES[facet], query.named(facet)
    number = f" · {len(chosen)}" if chosen else ""
    with st.popover(f"{label}{number}", icon=_ICONS[facet]):
        have = facets.counts(shelf.rows, query, facet)
        key = f"filter-{facet}"
        st.session_state[key] = list(chosen)
        st.multiselect(
            label,
            shelf.facets.names(facet),
            key=key,
            format_func=lambda name: f"{name} ({have.get(name, 0):,})",
            placeholder="Any",
            on_change=lambda: go_to(query.having(facet, st.session_state[key])),
        )


def _draw_days(shelf: facets.Shelf, query: Query) -> None:
    """First and last day, by a histogram to draw over or by hand."""
    days = [row.day for row in shelf.rows if row.day]
    undated = len(shelf.rows) - len(days)
    with st.popover(days_line(query) or "Date", icon=":material/date_range:"):
        others = facets.passing(shelf.rows, replace(query, first=None, last=None))
        _draw_histogram(facets.bins(others), query)
        earliest, latest = (date(1000, 1, 1), date(9999, 12, 31))
        for key, value in (("filter-first", query.first), ("filter-last", query.last)):
            st.session_state[key] = value

        def changed() -> None:
            first, last = st.session_state["filter-first"], st.session_state["filter-last"]
            if first and last and first > last:
                first, last = last, first
            go_to(replace(query, page=1, first=first, last=last))

        with st.container(horizontal=True):
            for key, label in (("filter-first", "From"), ("filter-last", "To")):
                st.date_input(
                    label,
                    value=None,
                    key=key,
                    min_value=earliest,
                    max_value=latest,
                    format="DD/MM/YYYY",
                    on_change=changed,
                )
        if undated:
            st.session_state["filter-undated"] = query.undated
            st.toggle(
                f"Include {text.counted(undated, 'article')} without a date",
                key="filter-undated",
                on_change=lambda: go_to(
                    replace(query, page=1, undated=st.session_state["filter-undated"])
                ),
            )


def _draw_histogram(shown: list[facets.Bin], query: Query) -> None:
    if len(shown) < 2:
        return
    # The key changes with the range: what was drawn over is then in the dates below it.
    key = f"histogram-{query.first}-{query.last}"

    def changed() -> None:
        if chosen := _drawn_over(st.session_state[key], shown):
            go_to(replace(query, page=1, first=chosen[0], last=chosen[1]))

    st.altair_chart(
        histogram(shown, query),
        key=key,
        on_select=changed,
        alt="Articles over time. The same days can be set below.",
    )
    st.caption("Draw over the bars to choose days, or set them here.")


def histogram(shown: list[facets.Bin], query: Query) -> alt.Chart:
    """Articles over time; bars outside the chosen days are pale."""
    rows: list[dict[str, Any]] = [
        {
            "start": one.first.isoformat(),
            # To the day after, so that the bar of one day is as wide as a day.
            "end": date.fromordinal(one.last.toordinal() + 1).isoformat(),
            "count": one.count,
            "days": text.span_line(one.first, one.last),
            "chosen": (not query.first or one.last >= query.first)
            and (not query.last or one.first <= query.last),
        }
        for one in shown
    ]
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), height=120)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X(
                "start:T",
                bin="binned",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(grid=False, tickCount=4),
            ),
            x2="end:T",
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3)),
            opacity=alt.Opacity(
                "chosen:N", scale=alt.Scale(domain=[True, False], range=[1, 0.3]), legend=None
            ),
            tooltip=[
                alt.Tooltip("days:N", title="Days"),
                alt.Tooltip("count:Q", title="Articles"),
            ],
        )
        .add_params(alt.selection_interval(name="days", encodings=["x"]))
    )
    return chart


def _drawn_over(selected: Any, shown: list[facets.Bin]) -> tuple[date, date] | None:
    """The days under a stretch of the chart, which are given in milliseconds."""
    edges = selected.get("selection", {}).get("days", {}).get("start") or []
    if len(edges) != 2:
        return None
    first, last = (datetime.fromtimestamp(edge / 1000, UTC).date() for edge in sorted(edges))
    return facets.span_of_bins(shown, first, last)
