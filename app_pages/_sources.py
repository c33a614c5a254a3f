"""The sources of an answer: a row for each article, and a drawer with the words it rests on."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from app_pages import _text as text
from app_pages import _view as view
from app_pages._archive import Desk
from app_pages._draw import draw_link, draw_notice
from app_pages._hand import hand, show_first
from rag import Archive, Article, DossierError
from rag.conversations import Exchange

__all__ = ["changed_citations", "draw_hand", "draw_sources", "sources_of"]

_log = logging.getLogger("dossier.pages")

Sources = tuple[view.Source, ...]


def sources_of(desk: Desk, exchange: Exchange) -> Sources:
    """The articles that an answer cites; of one that found nothing, those that came nearest."""
    if desk.archive is None or exchange.answer is None:
        return ()
    return _sources(_state(desk, exchange), exchange, desk.archive)


def changed_citations(desk: Desk, exchange: Exchange) -> dict[int, str]:
    """The citations whose words have left their article since, each with what was found."""
    if desk.archive is None or exchange.answer is None or not exchange.answer.citations:
        return {}
    try:
        return _changed(_state(desk, exchange), exchange, desk.archive)
    except DossierError as error:
        _log.warning("not held against the archive: %s", error)
        return {}


def _state(desk: Desk, exchange: Exchange) -> str:
    """Another text for every state that the archive and the answer can be in."""
    generation = desk.status.generation if desk.status else ""
    return f"{generation} {exchange.id} {exchange.changed.isoformat()}"


@st.cache_resource(max_entries=500, show_spinner=False)
def _sources(state: str, _exchange: Exchange, _archive: Archive) -> Sources:  # noqa: ARG001
    answer = _exchange.answer
    assert answer
    return view.cited_sources(answer.citations, partial(_find, _archive)) or view.nearest_sources(
        answer.nearest
    )


@st.cache_resource(max_entries=500, show_spinner=False)
def _changed(state: str, _exchange: Exchange, _archive: Archive) -> dict[int, str]:  # noqa: ARG001
    assert _exchange.answer
    failed = (one for one in _archive.verify(_exchange.answer) if not one.passed)
    return {one.number: one.detail for one in failed}


def _find(archive: Archive, article_id: str) -> Article | None:
    try:
        return archive.article(article_id)
    except DossierError as error:
        _log.warning("article %s: %s", article_id, error)
        return None


@st.fragment
def draw_sources(desk: Desk, exchange: Exchange, sources: Sources, *, heading: str) -> None:
    """One row for each article; its numbers open it beside the page, on which nothing moves."""
    if not sources:
        return
    st.caption(f"**{heading}**")
    for position, source in enumerate(sources):
        with st.container(horizontal=True, wrap=False, vertical_alignment="top"):
            chosen = st.button(
                view.button_label(source),
                key=f"source-{exchange.id}-{position}",
                help="Show the words in the article",
            )
            st.markdown(view.source_line(source))
        if chosen and desk.archive:
            open_source(source, desk.archive)


@st.fragment
def draw_hand(
    desk: Desk, exchanges: Sequence[Exchange], *, copies: Mapping[str, str], top: str
) -> None:
    """Let the numbers in the texts open their sources, and the controls copy."""
    done = hand(copies=copies, top=top)
    if done.copied:
        st.toast("Copied.", icon=":material/content_copy:")
    if done.refused:
        _draw_by_hand(copies.get(str(done.refused), ""))
    number, _, wanted = str(done.opened or "").partition("-")
    for exchange in exchanges:
        if exchange.id != wanted or not number.isdigit() or desk.archive is None:
            continue
        for source in sources_of(desk, exchange):
            if int(number) in source.numbers:
                open_source(source, desk.archive)


@st.dialog("Copy")
def _draw_by_hand(words: str) -> None:
    """The text itself, for a browser that lets no page write to the clipboard."""
    st.text_area("Your browser does not let the page copy: take it from here", words, height=300)


def open_source(source: view.Source, archive: Archive) -> None:
    """A drawer with the paragraphs that hold the quotes, and the whole article."""

    @st.dialog(text.escape(source.title), width="small", position="right")
    def drawer() -> None:
        article = _find(archive, source.article_id)
        authors = article.authors if article else ()
        st.caption(text.escape(text.byline(source.outlet, source.published, authors)))
        with st.container(border=True):
            st.markdown(view.excerpt_markdown(source.excerpt))
        if article:
            _draw_whole(article, source)
        else:
            draw_notice("The archive no longer holds this article.")
        draw_link(source.url, key="original")

    drawer()


def _draw_whole(article: Article, source: view.Source) -> None:
    """The whole article, opened at the words that are cited."""
    box = st.expander("Whole article", key="whole-article", on_change="rerun")
    if box.open:
        with box:
            st.markdown(view.article_markdown(article, source.quotes))
            if any(quote.number for quote in source.quotes):
                show_first("whole-article")
