"""The search: articles that hold the words or their sense, with filters, sorting and pages."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from app_pages import _facets as facets
from app_pages import _results as found
from app_pages import _text as text
from app_pages._archive import Desk, draw_not_ready, open_desk
from app_pages._article import draw_open_article, open_article
from app_pages._draw import draw_notice
from app_pages._filters import draw_chips, draw_filters, go_to, query_in_address
from app_pages._query import LONGEST, Order, Query, filters_of, spoken
from app_pages._scope import Scope, ask_about
from app_pages._shelf import search, shelf
from rag import DossierError, Filters

_log = logging.getLogger("dossier.pages")

_ORDERS: dict[Order, str] = {
    "relevance": "Relevance",
    "newest": "Newest first",
    "oldest": "Oldest first",
}


def draw(desk: Desk) -> None:
    """The page."""
    st.header("Search", anchor=False)
    if not desk.ready:
        draw_not_ready(desk)
        return
    try:
        books = shelf(desk)
        query, problems = query_in_address(books)
        draw_box(query)
        draw_filters(books, query)
        draw_chips(query)
        for problem in problems:
            draw_notice(problem)
        draw_results(results_of(desk, books, query), query)
    except DossierError as error:
        _log.warning("search: %s", error, exc_info=True)
        st.error(text.escape(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
        return
    draw_open_article(desk)
    if desk.shared:
        desk.shared.warm_up()


def draw_box(query: Query) -> None:
    """The line to write in."""
    st.session_state["search-text"] = query.text

    def changed() -> None:
        go_to(replace(query, page=1, text=" ".join(st.session_state["search-text"].split())))

    st.text_input(
        "Search the archive",
        key="search-text",
        type="search",
        max_chars=LONGEST,
        placeholder="Words, names, a question",
        icon=":material/search:",
        label_visibility="collapsed",
        on_change=changed,
    )


def results_of(desk: Desk, books: facets.Shelf, query: Query) -> list[found.Result]:
    """What is found, in the order asked for; without words, every article that passes."""
    if not query.text:
        rows = facets.passing(books.rows, query)
        return found.ordered(found.shown_rows(rows, books.stories), query)
    waiting = "Searching …" if desk.shared and desk.shared.warm else "Loading the models …"
    with st.spinner(waiting):
        hits = search(desk, query.text, filters_of(query))
    if desk.shared:
        desk.shared.warm = True
    return found.ordered(found.results(hits, books), query)


def draw_results(results: Sequence[found.Result], query: Query) -> None:
    """How many there are and in which order, a page of them, and the way to the others."""
    if not results:
        draw_none(query)
        return
    draw_head(results, query)
    pages = found.pages(results)
    page = min(query.page, pages)
    if page < query.page:
        draw_notice(f"There is no page {query.page:,}: this is the last.")
    for position, result in enumerate(found.on_page(results, page)):
        draw_result(result, query, position)
    if pages > 1:
        draw_pages(query, page, pages)


def draw_head(results: Sequence[found.Result], query: Query) -> None:
    """One row: the number of results, their order, and what can be done with them."""
    with st.container(horizontal=True, vertical_alignment="center", key="results-head"):
        st.markdown(f"**{found.number_line(results, query)}**", width="stretch")
        orders = [one for one in _ORDERS if query.text or one != "relevance"]
        st.session_state["search-order"] = query.order

        def changed() -> None:
            go_to(replace(query, page=1, chosen_order=st.session_state["search-order"]))

        st.selectbox(
            "Order",
            orders,
            key="search-order",
            format_func=_ORDERS.__getitem__,
            label_visibility="collapsed",
            width=160,
            on_change=changed,
        )
        if query.text or query.filtered:
            asked = st.button(
                "Ask about these",
                key="ask-about",
                icon=":material/forum:",
                help="Ask questions of these articles alone",
            )
            if asked:
                ask_about(scope_of(results, query))
                st.switch_page("app_pages/chat.py")


def scope_of(results: Sequence[found.Result], query: Query) -> Scope:
    """The results as what is asked of: these articles, or where no words were given the filter."""
    said = text.counted(len(results), "article")
    about = spoken(query)
    label = f"{said} {about}" if query.text else f"{said}: {about}"
    if not query.text:
        return Scope(label, filters_of(query))
    return Scope(label, Filters(article_ids=[result.row.id for result in results]))


def draw_result(result: found.Result, query: Query, position: int) -> None:
    """Title, outlet and date, the best passage, who else carries it."""
    row = result.row
    with st.container(gap="xxsmall", key=f"result-{position}"):
        st.button(
            f":blue[**{text.escape(row.title)}**]",
            key=f"open-{row.id}",
            type="tertiary",
            on_click=open_article,
            args=(row.id, query.text),
        )
        st.markdown(f":small[:gray[{found.under_title(row)}]]")
        st.markdown(found.snippet_markdown(result.passage, query.text))
        if result.also:
            st.markdown(f":small[:gray[:material/content_copy: {found.also_line(result.also)}]]")


def draw_pages(query: Query, page: int, pages: int) -> None:
    """The way to the other pages."""
    key = f"page-{page}-of-{pages}"
    with st.container(horizontal_alignment="center"):
        st.pagination(
            pages,
            default=page,
            key=key,
            on_change=lambda: go_to(replace(query, page=st.session_state[key])),
        )


def draw_none(query: Query) -> None:
    """That nothing was found, and what could help."""
    with st.container(border=True):
        if query.text:
            st.markdown(f"**Nothing found for “{text.escape(query.text)}”.**")
        else:
            st.markdown("**No article passes these filters.**")
        if query.filtered and query.text:
            st.markdown("Perhaps the filters keep it away.")
            bare = Query(text=query.text, chosen_order=query.chosen_order)
            st.button("Search without filters", on_click=go_to, args=(bare,))
        elif query.filtered:
            st.button("Show all articles", on_click=go_to, args=(Query(),))
        else:
            st.markdown("Try fewer words, other words, or a question.")


draw(open_desk())
