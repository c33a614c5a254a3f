"""The index: what it is made of, the states that are kept, the doctor, the room it takes."""

import streamlit as st

from app_pages import _library as lines
from app_pages import _text as text
from app_pages._activity import jobs_of
from app_pages._archive import Desk
from app_pages._draw import draw_notice
from app_pages._work import check_up, go_back
from rag import KeptGeneration
from rag.upkeep import size_of
from rag.uploads import uploads_folder

__all__ = ["draw_index"]


def draw_index(desk: Desk, *, writable: bool) -> None:
    """All of it."""
    status = desk.status
    if status is None or desk.archive is None:
        return
    with st.container(horizontal=True):
        st.metric("Articles", f"{status.articles:,}")
        st.metric("Passages", f"{status.passages:,}")
        st.metric("On disk", lines.size(status.bytes))
    st.subheader("States", anchor=False)
    st.caption(
        "Every change makes a new state of the archive. The one before is kept, and you can go"
        " back to it."
    )
    for one in reversed(status.kept):
        _draw_state(desk, one, writable=writable)
    st.subheader("Check", anchor=False)
    st.caption("Looks for what could be wrong, and says how to mend it. Changes nothing.")
    if st.button("Check the archive", icon=":material/health_and_safety:"):
        jobs_of(desk).start(
            check_up(desk.archive), kind="doctor", title="Checking the archive", writes=False
        )
        st.rerun()
    st.subheader("Disk", anchor=False)
    uploads = size_of(uploads_folder(status.home))
    st.table(lines.disk_rows(status, uploads), border="horizontal", hide_index=True)
    st.subheader("Made with", anchor=False)
    st.table(lines.index_rows(status), border="horizontal", hide_index=True)


def _draw_state(desk: Desk, one: KeptGeneration, *, writable: bool) -> None:
    box = st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"state-{one.name}"
    )
    with box:
        st.markdown(lines.generation_line(one), width="stretch")
        if one.live or not writable:
            return
        with st.popover("Go back to this"):
            st.markdown(
                f"The archive will be as it was: {text.counted(one.articles, 'article')}."
                " What came since leaves it until its files are read again."
            )
            if st.button("Go back", key=f"back-{one.name}"):
                _go_back(desk, one)


def _go_back(desk: Desk, one: KeptGeneration) -> None:
    if desk.archive is None:
        draw_notice("The archive cannot be read.")
        return
    jobs_of(desk).start(
        go_back(desk.archive, one.name), kind="rollback", title=f"Going back to {one.name}"
    )
    st.rerun()
