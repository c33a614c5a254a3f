"""Sets of questions: those that are there, one that is handed in, and bad answers to add."""

import logging
from collections.abc import Callable

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._collect import draw_bad_answers
from app_pages._draw import draw_notice
from app_pages._plan import set_name
from app_pages._running import questions_folder
from app_pages._talks import kept
from app_pages._visitor import owner
from evaluation.data import Question
from evaluation.sets import (
    FROM_ANSWERS,
    QuestionSet,
    add_question,
    added_questions,
    keep_set,
    question_sets,
    remove_question,
)
from rag import DossierError, Settings

__all__ = ["draw_sets"]

_log = logging.getLogger("dossier.pages")

_SAID = "evaluation-said"
_LARGEST = 20  # megabytes


def draw_sets(desk: Desk, *, writable: bool) -> None:
    """All of it."""
    assert desk.settings
    if said := st.session_state.pop(_SAID, None):
        well, words = said
        show = st.success if well else st.error
        show(text.escape(words), icon=":material/check:" if well else ":material/error:")
    sets = question_sets(questions_folder(desk.settings.home))
    st.table([_row(one) for one in sets], border="horizontal", hide_index=True)
    if writable:
        _draw_upload(desk.settings)
    _draw_added(desk, writable=writable)


def _row(one: QuestionSet) -> dict[str, str]:
    try:
        number = f"{len(one.load(own_articles=False).questions):,}"
    except DossierError as error:
        _log.warning("questions %s: %s", one.path, error)
        number = "cannot be read"
    return {
        "Set": text.escape(set_name(one.name)),
        "Questions": number,
        "Articles": "its own" if one.has_articles else "this archive's",
        "File": text.escape(one.path.name),
    }


def _draw_upload(settings: Settings) -> None:
    st.subheader("Hand in a set", anchor=False)
    turn = st.session_state.get("evaluation-turn", 0)
    files = st.file_uploader(
        "Questions", type=["jsonl", "json"], accept_multiple_files=True, key=f"questions-{turn}",
        max_upload_size=_LARGEST,
    )  # fmt: skip
    st.caption(
        "One JSON object a line: qid and question; answers, answerable (false where the articles do"
        " not say), gold_doc_ids (articles by file name, address or number) and type if you like."
        " With docs.jsonl beside it, the set has articles of its own; see docs/evaluation.md."
    )
    if files and st.button("Keep this set", icon=":material/add:"):
        try:
            name = keep_set(
                [(file.name, file.getvalue()) for file in files],
                folder=questions_folder(settings.home),
            )
            st.session_state[_SAID] = True, f"Kept as {name}."
            st.session_state["evaluation-set"] = name
            st.session_state["evaluation-turn"] = turn + 1  # an uploader that is empty
        except DossierError as error:
            _log.warning("questions: %s", error)
            st.session_state[_SAID] = False, f"Not kept: {error}."
        st.rerun()


# The set that is added to


def _draw_added(desk: Desk, *, writable: bool) -> None:
    assert desk.settings
    settings = desk.settings
    folder = questions_folder(settings.home)
    st.subheader("My questions", anchor=False)
    st.caption(
        f"Questions that were answered badly, to see whether they get better. In the file"
        f" {FROM_ANSWERS}.jsonl; in the chat, rate an answer as bad and add it."
    )
    try:
        added = added_questions(folder)
    except DossierError as error:
        _log.warning("questions: %s", error)
        st.error(text.escape(str(error)), icon=":material/error:")
        return
    if writable and desk.archive:
        draw_bad_answers(settings, kept(desk), owner())
    if not added:
        draw_notice("None yet.")
    for one in reversed(added):
        _draw_question(one, settings, writable=writable)
    if writable:
        _draw_new(settings)


def _draw_question(one: Question, settings: Settings, *, writable: bool) -> None:
    row = st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"added-{one.qid}"
    )
    with row:
        line = f"{text.escape(one.question)}  \n:small[:gray[{_wanted(one)}]]"
        st.markdown(line, width="stretch")
        if not writable:
            return
        with st.popover("Edit"):
            _draw_edit(one, settings)


def _wanted(one: Question) -> str:
    if not one.answerable:
        said = "the archive should refuse"
    elif one.answers:
        said = "should say " + text.escape(" or ".join(one.answers))
    else:
        said = "should be answered; with what, is not said yet"
    turns = f", after {text.counted(len(one.history), 'turn')}" if one.history else ""
    return f"{said}{turns}"


def _draw_edit(one: Question, settings: Settings) -> None:
    folder = questions_folder(settings.home)
    with st.form(f"edit-{one.qid}", border=False):
        answers = st.text_area(
            "Right answers, one a line", "\n".join(one.answers), max_chars=2000,
            help="Words that a right answer holds; any of them will do",
        )  # fmt: skip
        refuse = st.toggle("The archive should refuse", value=not one.answerable)
        if st.form_submit_button("Save"):
            _do(
                lambda: add_question(
                    folder, one.question, answers=answers.splitlines(), answerable=not refuse,
                    gold_doc_ids=one.gold_doc_ids, history=one.history, kind=one.type,
                ),
                "Saved.",
            )  # fmt: skip
    if st.button("Take it out", key=f"out-{one.qid}", type="tertiary", icon=":material/delete:"):
        _do(lambda: remove_question(folder, one.qid), "Taken out.")


def _draw_new(settings: Settings) -> None:
    with (
        st.expander("Add a question by hand", icon=":material/add:"),
        st.form("new-question", border=False, clear_on_submit=True),
    ):
        question = st.text_input("Question", max_chars=2000)
        answers = st.text_area("Right answers, one a line", max_chars=2000)
        refuse = st.toggle("The archive should refuse")
        if st.form_submit_button("Add it"):
            _do(
                lambda: add_question(
                    questions_folder(settings.home), question, answers=answers.splitlines(),
                    answerable=not refuse,
                ),
                "Added.",
            )  # fmt: skip


def _do(what: Callable[[], object], said: str) -> None:
    """Do it, and tell what came of it at the head of the part."""
    try:
        what()
        st.session_state[_SAID] = True, said
    except DossierError as error:
        _log.warning("questions: %s", error)
        st.session_state[_SAID] = False, f"{error}."
    st.rerun()
