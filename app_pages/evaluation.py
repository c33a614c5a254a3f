"""The evaluation: sets of questions, runs, their figures, and each question of them."""

import logging

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk, draw_not_ready, open_desk
from app_pages._draw import draw_notice
from app_pages._drill import draw_questions
from app_pages._figures import draw_compare, draw_figures
from app_pages._plan import draw_plan
from app_pages._runs import VIEW, draw_runs_at_work, finished_runs
from app_pages._sets import draw_sets
from rag import DossierError

_log = logging.getLogger("dossier.pages")

_READ_ONLY = (
    "The library is read-only here: runs can be looked at, not started, and no questions added."
    " Whoever runs Dossier decides that (DOSSIER_LIBRARY)."
)
_LAST = "evaluation-part"
_WIDTH = 900  # pixels that tables and lines of text take at most


def draw(desk: Desk) -> None:
    """The page."""
    st.set_page_config(layout="wide")
    st.header("Evaluation", anchor=False)
    if desk.settings is None or desk.error:
        draw_not_ready(desk)
        return
    with st.container(width=_WIDTH):
        st.markdown(
            "How well does Dossier find, answer, cite and refuse? Ask questions whose answers are"
            " known, and see."
        )
        writable = desk.settings.library == "open"
        if not writable:
            draw_notice(_READ_ONLY)
        draw_runs_at_work(desk)
        try:
            draw_parts(desk, writable=writable)
        except DossierError as error:
            _log.warning("evaluation: %s", error, exc_info=True)
            st.error(text.escape(str(error)), icon=":material/error:")


def draw_parts(desk: Desk, *, writable: bool) -> None:
    """The parts as tabs."""
    assert desk.settings
    there = bool(finished_runs(desk.settings.home))
    views = ["Run"] if writable else []
    views += [*(["Figures", "Questions", "Compare"] if there else []), "Sets"]
    if st.session_state.get(VIEW) not in views:
        before = st.session_state.get(_LAST)  # where the reader was before another page
        st.session_state[VIEW] = before if before in views else "Figures" if there else views[0]
    # Only the part that is open is drawn, and a button may open another.
    for name, tab in zip(views, st.tabs(views, key=VIEW, on_change="rerun"), strict=True):
        if tab.open:
            st.session_state[_LAST] = name
            with tab:
                draw_part(name, desk, writable=writable)


def draw_part(name: str, desk: Desk, *, writable: bool) -> None:
    """One part of the page."""
    assert desk.settings
    if name == "Run":
        draw_plan(desk)
    elif name == "Figures":
        draw_figures(desk.settings)
    elif name == "Questions":
        draw_questions(desk.settings)
    elif name == "Compare":
        draw_compare(desk.settings)
    else:
        draw_sets(desk, writable=writable)


draw(open_desk())
