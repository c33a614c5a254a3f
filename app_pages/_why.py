"""How an answer was found: every passage that was considered, and "why not this article?"."""

import logging

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._shelf import shelf
from app_pages._trace import explained_rows, matching_titles, trace_rows, trace_summary
from rag import Answer, DossierError
from rag.conversations import Exchange

__all__ = ["draw_trace"]

_log = logging.getLogger("dossier.pages")

_WIDTHS = {"Article": st.column_config.TextColumn(width=190)}


@st.fragment
def draw_trace(desk: Desk, exchange: Exchange, answer: Answer) -> None:
    """Behind one click; drawn only once it is open."""
    if not answer.trace:
        return
    box = st.expander(
        trace_summary(answer), key=f"trace-{exchange.id}", type="compact",
        icon=":material/manage_search:", on_change="rerun",
    )  # fmt: skip
    if not box.open:
        return
    with box:
        st.dataframe(
            trace_rows(answer), hide_index=True, column_config=_WIDTHS, placeholder="–",
            alt="The passages that were considered",
        )  # fmt: skip
        try:
            _draw_why_not(desk, exchange, answer)
        except DossierError as error:
            _log.warning("explain: %s", error)
            st.error(text.escape(str(error)), icon=":material/error:")


def _draw_why_not(desk: Desk, exchange: Exchange, answer: Answer) -> None:
    books = shelf(desk)
    titles = {row.id: row.title for row in books.rows}
    if len(titles) > 500:
        words = st.text_input("Find an article by its title", key=f"why-words-{exchange.id}")
        titles = matching_titles(titles, words)
    chosen = st.selectbox(
        "Why not this article?",
        list(titles),
        index=None,
        key=f"why-{exchange.id}",
        format_func=lambda one: text.escape(titles.get(one, "")),
        placeholder="Choose an article",
    )
    if chosen is None or desk.archive is None:
        return
    with st.spinner("Looking at it …"):
        # The days that the question names are in the filters, unless they were taken off.
        filters = answer.filters
        dated = bool(filters and (filters.published_from or filters.published_to))
        found = desk.archive.explain(
            answer.standalone_question, chosen, filters=filters, by_days=dated
        )
    st.markdown(text.escape(found.verdict))
    if found.passages:
        st.dataframe(
            explained_rows(found), hide_index=True, column_config=_WIDTHS, placeholder="–",
            alt="What the searches made of this article's passages",
        )  # fmt: skip
