"""The archive's articles and searches, kept for as long as the archive is as it is."""

import streamlit as st

from app_pages import _facets as facets
from app_pages._archive import Desk
from rag import Archive, Filters, Hit

__all__ = ["search", "shelf"]

_MOST_PASSAGES = 200
"""Passages that a search takes: what lies behind them is too far off to be looked for."""


def shelf(desk: Desk) -> facets.Shelf:
    """All articles of the archive, read once for each of its states. Raises DossierError."""
    if desk.archive is None or desk.status is None:
        return facets.make_shelf([], [])
    return _shelf(_state_of(desk), desk.archive)


def search(desk: Desk, text: str, filters: Filters) -> list[Hit]:
    """The passages that a search finds, best first. Raises DossierError."""
    if desk.archive is None or desk.settings is None:
        return []
    state = f"{_state_of(desk)} {desk.settings!r} {filters.to_dict()}"
    return _search(state, text, filters, desk.archive)


def _state_of(desk: Desk) -> str:
    """Another text for every state that the archive can be in."""
    status = desk.status
    return f"{status.home} {status.generation} {status.created}" if status else ""


@st.cache_resource(max_entries=2, show_spinner=False)
def _shelf(state: str, _archive: Archive) -> facets.Shelf:  # noqa: ARG001
    return facets.make_shelf(_archive.articles(), _archive.stories())


@st.cache_data(max_entries=100, show_spinner=False)
def _search(state: str, text: str, _filters: Filters, _archive: Archive) -> list[Hit]:  # noqa: ARG001
    return _archive.search(text, k=_MOST_PASSAGES, filters=_filters)
