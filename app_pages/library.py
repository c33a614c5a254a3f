"""The library: the articles in a table, adding and deleting them, and the index behind them."""

import logging
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app_pages import _facets as facets
from app_pages import _library as lines
from app_pages import _text as text
from app_pages._activity import draw_activity, jobs_of
from app_pages._add import draw_add
from app_pages._archive import Desk, draw_not_ready, open_desk
from app_pages._article import close_article, draw_open_article, open_article
from app_pages._draw import draw_notice
from app_pages._index import draw_index
from app_pages._shelf import shelf
from app_pages._work import delete_articles
from rag import Article, DossierError
from rag.uploads import is_upload

_log = logging.getLogger("dossier.pages")

_TABLE, _CLEARED = "library-table", "library-table-cleared"
_READABLE = 760  # pixels that lines of text and forms take at most
_READ_ONLY = (
    "The library is read-only here: articles can be read, not added or deleted. Whoever runs"
    " Dossier decides that (DOSSIER_LIBRARY)."
)


def draw(desk: Desk) -> None:
    """The page."""
    st.set_page_config(layout="wide")  # a table takes what room there is
    st.header("Library", anchor=False)
    if desk.settings is None or desk.error:
        draw_not_ready(desk)
        return
    writable = desk.settings.library == "open"
    if not writable:
        draw_notice(_READ_ONLY)
    if said := st.session_state.pop("library-error", ""):
        st.error(text.escape(said), icon=":material/error:")
    with st.container(width=_READABLE):
        draw_activity(desk)
    if not desk.ready:
        if writable:
            with st.container(width=_READABLE):
                st.markdown("**No articles yet.** Add the first ones here.")
                draw_add(desk)
        else:
            draw_not_ready(desk)
        return
    names = ["Articles", "Add", "Index"] if writable else ["Articles", "Index"]
    tabs = dict(zip(names, st.tabs(names), strict=True))
    try:
        with tabs["Articles"]:
            draw_articles(desk)
        if writable:
            with tabs["Add"], st.container(width=_READABLE):
                draw_add(desk)
        with tabs["Index"], st.container(width=_READABLE):
            draw_index(desk, writable=writable)
    except DossierError as error:
        _log.warning("library: %s", error, exc_info=True)
        st.error(text.escape(str(error)), icon=":material/error:")
    draw_open_article(
        desk, foot=(lambda article: draw_delete(desk, article)) if writable else None,
        closed=nothing_chosen,
    )  # fmt: skip


def draw_articles(desk: Desk) -> None:
    """The table, and what narrows it."""
    books = shelf(desk)
    with st.container(horizontal=True, vertical_alignment="bottom", width=_READABLE):
        words = st.text_input(
            "Filter", type="search", placeholder="Title, outlet, author, file", max_chars=200,
            key="library-filter", persist_state="session",
        )  # fmt: skip
        outlets = st.multiselect(
            "Outlet", books.facets.outlets, placeholder="Any", key="library-outlets"
        )
    rows = lines.holding(books.rows, words)
    if outlets:
        rows = [row for row in rows if row.outlet in outlets]
    st.caption(
        f"{len(rows):,} of {text.counted(len(books.rows), 'article')}. Click one to read it, a"
        " column's head to sort."
    )
    if not rows:
        draw_notice("No article has these words in its title, outlet, authors or file.")
        return
    draw_table(rows, books)


def draw_table(rows: Sequence[facets.Row], books: facets.Shelf) -> None:
    """One row an article; a click on it opens it."""

    def chosen() -> None:
        cells = st.session_state[_TABLE].get("selection", {}).get("cells", [])
        if cells and cells[0][0] < len(rows):
            open_article(rows[cells[0][0]].id)

    if st.session_state.pop(_CLEARED, False):  # here: only with the table does it reach the browser
        st.session_state[_TABLE] = {"selection": {"rows": [], "columns": [], "cells": []}}
    config = st.column_config
    st.dataframe(
        lines.table(rows, books),
        key=_TABLE,
        hide_index=True,
        on_select=chosen,
        selection_mode="single-cell",
        height=min(36 * (len(rows) + 1) + 2, 620),
        column_config={
            "Title": config.TextColumn(width="large"),
            "Published": config.DateColumn(format="D MMM YYYY"),
            "Words": config.NumberColumn(format="localized"),
            "Copies": config.NumberColumn(help="Other articles that carry the same text"),
        },
        alt="The articles of the archive",
    )


def nothing_chosen() -> None:
    """So that the same row can be opened again."""
    st.session_state[_CLEARED] = True


def draw_delete(desk: Desk, article: Article) -> None:
    """Delete the article that is open, after a second question."""
    st.divider()
    asked = f"delete-{article.id}"
    if not st.session_state.get(asked):
        st.button(
            "Delete …", key=f"ask-{article.id}", icon=":material/delete:", type="tertiary",
            on_click=lambda: st.session_state.update({asked: True}),
        )  # fmt: skip
        return
    home = desk.archive.home.resolve() if desk.archive else Path()
    kept = article.path is not None and not is_upload(article.path, home=home)
    st.markdown(f"**Delete this article from the archive?** {what_goes(article, kept=kept)}")
    with st.container(horizontal=True):
        st.button("Delete", key=f"sure-{article.id}", on_click=delete, args=(desk, article))
        st.button(
            "Keep it", key=f"keep-{article.id}", on_click=lambda: st.session_state.pop(asked, None)
        )


def delete(desk: Desk, article: Article) -> None:
    """Begin the deletion, and close the article."""
    if desk.archive:
        jobs_of(desk).start(
            delete_articles(desk.archive, [article.id]),
            kind="delete",
            title=f"Deleting “{article.shown_title}”",
        )
    st.session_state.pop(f"delete-{article.id}", None)
    close_article()
    nothing_chosen()


def what_goes(article: Article, *, kept: bool) -> str:
    """What a deletion takes away, and how the article could come back."""
    if kept:
        return (
            "Its file stays where it is, and reading that in again brings the article back. You"
            " can also go back to the state before, under Index."
        )
    if article.member:
        return "The uploaded file, which holds more than this article, is kept."
    return "The uploaded file is deleted with it."


draw(open_desk())
