"""Small things that every page draws."""

import streamlit as st

from app_pages import _text as text

__all__ = ["draw_link", "draw_notice"]


def draw_notice(notice: str) -> None:
    """Something the reader should know and need not act on."""
    st.caption(f":material/info: {text.escape(notice)}")


def draw_link(url: str, *, key: str) -> None:
    """The way to an article's own page, where it is a web address; it says to which host."""
    if link := text.safe_link(url):
        address, host = link
        st.link_button(
            text.escape(host), address, key=key, icon=":material/open_in_new:", type="tertiary"
        )
