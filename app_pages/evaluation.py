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
            draw_view(desk, writable=writable)
        except DossierError as error:
            _log.warning("evaluation: %s", error, exc_info=True)
            st.error(text.escape(str(error)), icon=":material/error:")


def draw_view(desk: Desk, *, writable: bool) -> None:
    """The part that is chosen."""
    assert desk.settings
    there = bool(finished_runs(desk.settings.home))
    views = ["Run"] if writable else []
    views += [*(["Figures", "Questions", "Compare"] if there else []), "Sets"]
    if st.session_state.get(VIEW) not in views:
        st.session_state[VIEW] = "Figures" if there else views[0]
    view = st.segmented_control(
        "Part", views, key=VIEW, required=True, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    if view == "Run":
        draw_plan(desk)
    elif view == "Figures":
        draw_figures(desk.settings)
    elif view == "Questions":
        draw_questions(desk.settings)
    elif view == "Compare":
        draw_compare(desk.settings)
    else:
        draw_sets(desk, writable=writable)


draw(open_desk())
