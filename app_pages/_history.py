"""The sidebar's list of conversations: open, search, rename, delete."""

import logging
from collections.abc import Callable

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._export import draw_export
from app_pages._talks import kept, listed, open_id, open_talk, start_anew, unkept
from app_pages._visitor import owner
from rag import DossierError
from rag.conversations import Listed

__all__ = ["draw_history"]

_log = logging.getLogger("dossier.pages")

_SHOWN = 12


def draw_history(desk: Desk) -> None:
    """All of this visitor's, the last changed first."""
    with st.sidebar:
        everything = listed(desk)
        st.button(
            "New conversation", icon=":material/add_comment:", on_click=start_anew,
            width="stretch", disabled=not open_id(),
        )  # fmt: skip
        if not everything:
            return
        found = everything
        if len(everything) > 3:
            words = st.text_input(
                "Search conversations", key="history-words", type="search",
                placeholder="Search conversations", label_visibility="collapsed",
                icon=":material/search:", max_chars=200,
            )  # fmt: skip
            if words.strip():
                found = listed(desk, matching=words)
                if not found:
                    st.caption("No conversation holds these words.")
        more = st.session_state.get("history-more", False)
        with st.container(gap=None, key="history"):
            for talk in found if more else found[:_SHOWN]:
                _draw_talk(desk, talk)
        if len(found) > _SHOWN and not more:
            st.button(
                f"Show all {len(found):,}", type="tertiary", key="history-all",
                on_click=lambda: st.session_state.update({"history-more": True}),
            )  # fmt: skip
        if why := unkept():
            st.caption(f":material/info: Not kept beyond this run: {text.escape(why)}")


def _draw_talk(desk: Desk, talk: Listed) -> None:
    title = talk.title or "New conversation"
    here = talk.id == open_id()
    name = text.escape(title)
    st.button(
        f"**{name}**" if here else name, key=f"talk-{talk.id}", type="tertiary",
        icon=":material/chat_bubble:" if here else None, on_click=open_talk, args=(talk.id,),
        wrap=False, width="stretch",
    )  # fmt: skip
    if not here:
        return
    with st.container(horizontal=True, gap="small", key="talk-actions"):
        if st.button("Rename", key="rename", type="tertiary"):
            _rename(desk, talk.id, title)
        if st.button("Delete", key="delete", type="tertiary"):
            _delete(desk, talk.id, title, talk.questions)
        draw_export(desk, talk)


@st.dialog("Rename")
def _rename(desk: Desk, talk_id: str, title: str) -> None:
    def renamed() -> None:
        given = str(st.session_state.get("new-title", ""))
        _kept_or_told(lambda: kept(desk).rename(talk_id, owner=owner(), title=given))

    with st.form("rename-form", border=False):
        st.text_input("Title", title, key="new-title", max_chars=120)
        sent = st.form_submit_button("Rename", on_click=renamed)
    if sent:
        st.rerun()


@st.dialog("Delete this conversation?")
def _delete(desk: Desk, talk_id: str, title: str, questions: int) -> None:
    def deleted() -> None:
        _kept_or_told(lambda: kept(desk).delete(talk_id, owner=owner()))
        if talk_id == open_id():
            start_anew()

    st.markdown(
        f"“{text.escape(title)}”, with {text.counted(questions, 'question')} and what was answered."
        " It cannot be brought back."
    )
    with st.container(horizontal=True):
        sure = st.button("Delete", type="primary", key="delete-sure", on_click=deleted)
        if sure or st.button("Keep it", key="delete-not"):
            st.rerun()


def _kept_or_told(change: Callable[[], None]) -> None:
    try:
        change()
    except DossierError as error:
        _log.warning("a conversation was not changed: %s", error)
        st.toast(text.escape(str(error)), icon=":material/error:")
