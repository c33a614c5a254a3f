"""An article beside the page: its text, passages, what was left out, its story and versions."""

import logging
from collections.abc import Callable

import streamlit as st

from app_pages import _text as text
from app_pages import _view as view
from app_pages._archive import Desk
from app_pages._draw import draw_notice
from app_pages._record import change_rows, left_out, member_line, passage_head, version_line
from app_pages._results import marks
from app_pages._view import Quote
from rag import Archive, Article, DossierError, Story
from rag.visits import passages

__all__ = ["close_article", "draw_open_article", "open_article"]

_log = logging.getLogger("dossier.pages")

_OPEN = "article-open"


def open_article(article_id: str, query: str = "") -> None:
    """Open an article at the end of this run; words of `query` are marked in it."""
    st.session_state[_OPEN] = (article_id, query)


def close_article() -> None:
    """Close the one that is open."""
    st.session_state.pop(_OPEN, None)


def draw_open_article(
    desk: Desk,
    *,
    foot: Callable[[Article], None] | None = None,
    closed: Callable[[], None] | None = None,
) -> None:
    """The open article in a drawer, which stays through reruns until the reader closes it.

    `foot` draws what can be done with it; `closed` is called when it has been closed.
    """
    wanted = st.session_state.get(_OPEN)
    if wanted is None or desk.archive is None:
        return
    archive = desk.archive
    article_id, query = wanted
    try:
        article = archive.article(article_id)
    except DossierError as error:
        _log.warning("article: %s", error)
        close_article()
        st.toast("The archive no longer holds this article.", icon=":material/info:")
        return

    def dismissed() -> None:
        close_article()
        if closed:
            closed()

    @st.dialog(
        text.escape(article.shown_title), width="medium", position="right", on_dismiss=dismissed
    )
    def drawer() -> None:
        if st.session_state.get(_OPEN) != wanted:
            st.rerun()  # without it, or with another one
        try:
            _draw(archive, article, query)
        except DossierError as error:
            _log.warning("article: %s", error)
            draw_notice(str(error))
        if foot:
            foot(article)

    drawer()


def _draw(archive: Archive, article: Article, query: str) -> None:
    line = text.byline(article.source, article.day, article.authors)
    st.caption(text.escape(" · ".join(filter(None, [line, article.section]))))
    if link := text.safe_link(article.url):
        address, host = link
        st.link_button(text.escape(host), address, icon=":material/open_in_new:", type="tertiary")
    spans = passages(archive, article.id)
    story = archive.story(article.id)
    versions = archive.versions(article.id)
    parts: dict[str, Callable[[], None]] = {"Text": lambda: _draw_text(article, query)}
    if spans:
        parts[f"Passages · {len(spans)}"] = lambda: _draw_passages(article, spans)
    if article.removed:
        parts[f"Left out · {len(article.removed)}"] = lambda: _draw_left_out(article)
    if len(story.members) > 1:
        parts[f"Story · {len(story.members)}"] = lambda: _draw_story(story, article.id)
    if len(versions) > 1:
        parts[f"Versions · {len(versions)}"] = lambda: _draw_versions(archive, versions, article)
    parts["Origin"] = lambda: _draw_origin(archive, article)
    for tab, draw_part in zip(st.tabs(list(parts)), parts.values(), strict=True):
        with tab:
            draw_part()


def _draw_text(article: Article, query: str) -> None:
    quotes = [Quote(first, last) for first, last in marks(article.text, query)] if query else []
    inside = [quote for quote in quotes if quote.start >= article.body_start]
    st.markdown(view.article_markdown(article, inside))


def _draw_passages(article: Article, spans: list[tuple[int, int]]) -> None:
    st.caption("The pieces in which it is searched and read, each whole sentences.")
    for number, (start, end) in enumerate(spans, 1):
        with st.container(border=True):
            st.caption(passage_head(number, article.text[start:end]))
            st.markdown(view.paragraphs_markdown(article.text[start:end]))


def _draw_left_out(article: Article) -> None:
    st.caption("Not part of the story: kept beside it, never searched or quoted.")
    for reason, pieces in left_out(article):
        st.markdown(f"**{text.escape(reason)}**")
        for piece in pieces:
            st.markdown(f":gray[{text.escape(piece)}]")


def _draw_story(story: Story, article_id: str) -> None:
    st.caption("These articles carry the same text or nearly so. In an answer they count once.")
    for member in story.members:
        _draw_way(member_line(member), member.article_id, article_id)


def _draw_versions(archive: Archive, versions: list[Article], article: Article) -> None:
    st.caption("What this page said, newest first. The newest is the one that is searched.")
    for position, version in enumerate(versions):
        _draw_way(version_line(version, newest=position == 0), version.id, article.id)
    if rows := change_rows(archive.changes(article.id)):
        st.markdown("**Figures that changed**")
        st.table(rows, border="horizontal", hide_index=True)


def _draw_way(line: str, target: str, article_id: str) -> None:
    """A line that leads to another article; the one that is open leads nowhere."""
    st.button(
        line,
        key=f"way-{target}",
        type="tertiary",
        icon=":material/radio_button_checked:"
        if target == article_id
        else ":material/radio_button_unchecked:",
        disabled=target == article_id,
        on_click=open_article,
        args=(target,),
    )


def _draw_origin(archive: Archive, article: Article) -> None:
    for path in archive.paths(article.id):
        st.markdown(f":material/draft: {text.escape(path)}")
    known = [f"number {article.id}", article.language and f"language {article.language}"]
    st.caption(text.escape(", ".join(filter(None, known))))
