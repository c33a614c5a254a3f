"""Choosing what to ask and how, and going on with what was stopped."""

import logging
import os
from typing import Any

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._draw import draw_notice
from app_pages._measured import SYSTEMS, run_label
from app_pages._running import Plan, plan_of, questions_folder, runs_folder
from app_pages._runs import begin, run_jobs
from evaluation.kept import kept_runs
from evaluation.sets import FROM_ANSWERS, QuestionSet, question_sets
from rag import DossierError, Settings

__all__ = ["draw_plan", "set_name"]

_log = logging.getLogger("dossier.pages")

_OWN, _ARCHIVE = "The articles that come with it", "This archive"


def set_name(name: str) -> str:
    """A set of questions as it is shown, as plain text."""
    return {
        "golden": "Golden set (comes with Dossier)",
        FROM_ANSWERS: "My questions (added from answers)",
    }.get(name, name)


def draw_plan(desk: Desk) -> None:
    """What is asked, of which articles, found how; the button that begins."""
    assert desk.settings
    sets = question_sets(questions_folder(desk.settings.home))
    known = {one.name: one for one in sets}
    if st.session_state.get("evaluation-set") not in known:
        st.session_state["evaluation-set"] = sets[0].name
    name = st.selectbox(
        "Questions", list(known), key="evaluation-set", format_func=set_name,
        persist_state="session",
    )  # fmt: skip
    chosen = known[name]
    own_articles = _draw_over(chosen, desk)
    try:
        number = len(chosen.load(own_articles=False).questions)
    except DossierError as error:
        said = str(error).replace(f"{chosen.path.parent}{os.sep}", "")
        st.error(text.escape(f"This set cannot be asked: {said}"), icon=":material/error:")
        return
    system = st.selectbox(
        "Found by", list(SYSTEMS), key="evaluation-system", format_func=SYSTEMS.__getitem__,
        persist_state="session",
    )  # fmt: skip
    settings = _draw_settings(desk.settings, plain=system != "dossier")
    if settings.model_configured:
        draw_notice(
            f"{settings.openai_model} writes the answers: {text.counted(number, 'request')} go to"
            " its server, each with the passages that were found."
        )
    working = run_jobs(desk).active
    st.button(
        f"Ask {text.counted(number, 'question')}",
        icon=":material/play_arrow:",
        disabled=working or not (own_articles or desk.ready),
        help="A run is at work" if working else None,
        on_click=begin,
        args=(desk, Plan(chosen, own_articles, system, settings)),
    )
    if not own_articles and not desk.ready:
        draw_notice("This archive holds no articles yet.")
    _draw_unfinished(desk, sets)


def _draw_over(chosen: QuestionSet, desk: Desk) -> bool:
    """Which articles are asked; whether those of the set."""
    if not chosen.has_articles:
        held = text.coverage_line(desk.status.coverage) if desk.status else "no articles yet"
        st.caption(f":material/library_books: Asked of this archive: {held}.")
        return False
    options = [_OWN, _ARCHIVE] if desk.ready else [_OWN]
    over = st.segmented_control(
        "Asked of", options, key="evaluation-over", default=_OWN, required=True
    )
    if over == _OWN:
        st.caption("They are indexed apart, once; this archive stays as it is.")
    return over == _OWN


def _draw_settings(settings: Settings, *, plain: bool) -> Settings:
    """The settings of the run; the archive's own stay as they are."""
    changes: dict[str, Any] = {}
    with st.expander("Settings of this run", icon=":material/tune:"):
        with st.container(horizontal=True):
            changes["passages"] = st.number_input(
                "Passages that an answer is made from", 1, 50, settings.passages,
                key="evaluation-passages", persist_state="session",
            )  # fmt: skip
            changes["depth"] = st.number_input(
                "Passages that each search contributes", 1, 500, settings.depth,
                key="evaluation-depth", persist_state="session",
            )  # fmt: skip
        if not plain:
            reader = st.toggle(
                "The reader reads them", settings.reader == "on", key="evaluation-reader",
                persist_state="session",
            )  # fmt: skip
            changes["reader"] = "on" if reader else "off"
        if settings.model_configured:
            writes = st.toggle(
                f"{text.escape(settings.openai_model)} writes the answers", value=True,
                key="evaluation-llm", persist_state="session",
            )  # fmt: skip
            changes["llm"] = "auto" if writes else "off"
        st.caption("For this run alone: what the other pages do is not changed.")
    return settings.model_copy(update=changes)


def _draw_unfinished(desk: Desk, sets: list[QuestionSet]) -> None:
    """Runs that were stopped, or that ended with the server."""
    assert desk.settings
    if run_jobs(desk).active:
        return
    unfinished = [run for run in kept_runs(runs_folder(desk.settings.home)) if not run.finished]
    if unfinished:
        st.markdown("**Not finished**")
    for run in unfinished[:10]:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            far = f"{run.asked:,} of {text.counted(run.of, 'question')} asked"
            st.markdown(f"{text.escape(run_label(run))}  \n:small[:gray[{far}]]", width="stretch")
            try:
                plan = plan_of(run, sets, desk.settings)
            except DossierError as error:
                _log.warning("run %s: %s", run.folder, error)
                plan = None
            if plan:
                st.button(
                    "Go on", key=f"go-on-{run.folder.name}", on_click=begin, args=(desk, plan),
                    disabled=not (plan.own_articles or desk.ready),
                )  # fmt: skip
