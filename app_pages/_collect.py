"""Bad answers become questions: what the chat and the page Evaluation do for it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app_pages import _text as text
from app_pages._draw import draw_notice
from app_pages._running import questions_folder
from evaluation.sets import add_question, added_questions
from rag import Answer, DossierError, Settings
from rag.conversations import Conversations

__all__ = ["BadAnswer", "add_bad_answer", "bad_answers", "draw_add", "draw_bad_answers", "turns"]

_log = logging.getLogger("dossier.pages")

_MOST = 50
"""Conversations that are looked through, the last changed first."""

Turns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that its reader rated as bad, why, and the turns before it."""

    exchange_id: str
    question: str
    refused: bool
    reason: str
    history: Turns


def turns(answers: Sequence[Answer]) -> Turns:
    """Earlier answers (`Conversation.earlier`) as the history of a question."""
    return tuple((answer.question, answer.text) for answer in answers)


def bad_answers(conversations: Conversations, owner: str) -> list[BadAnswer]:
    """What one reader rated as bad, the last changed first: nobody sees another's questions.

    Raises ArchiveDamaged and its like.
    """
    found = []
    for listed in conversations.of(owner)[:_MOST]:
        talk = conversations.read(listed.id, owner=owner)
        for exchange in reversed(talk.exchanges):
            if exchange.rating is None or exchange.rating.verdict != "down":
                continue
            refused = exchange.answer is not None and exchange.answer.status == "not_found"
            found.append(
                BadAnswer(
                    exchange.id,
                    exchange.question,
                    refused,
                    exchange.rating.reason,
                    turns(talk.earlier(exchange.id)),
                )
            )
    return found


def add_bad_answer(
    question: str,
    *,
    home: Path,
    history: Turns = (),
    wanted: str = "",
    answerable: bool = True,
) -> str:
    """Put a badly answered question into the set of one's own; what came of it, in a sentence.

    `history` are the turns before it, `wanted` an answer that would have been right; where
    `answerable` is false, the archive should have refused. Never raises.
    """
    try:
        new = add_question(
            questions_folder(home), question, answers=[wanted], answerable=answerable,
            history=history, kind="bad answer",
        )  # fmt: skip
    except DossierError as error:
        _log.warning("question not added: %s", error)
        return f"Not added: {error}."
    if new:
        return "Added to “My questions” on the page Evaluation."
    return "It is among “My questions” on the page Evaluation already."


def draw_add(
    question: str, *, settings: Settings, key: str, history: Callable[[], Turns] = tuple
) -> None:
    """A button that adds a question; nothing where the library is read-only.

    `history` gives the turns before it, once it is clicked.
    """
    if settings.library != "open":
        return

    def clicked() -> None:
        try:
            said = add_bad_answer(question, home=settings.home, history=history())
        except DossierError as error:
            _log.warning("conversation: %s", error)
            said = "Not added: the conversation cannot be read."
        st.toast(text.escape(said), icon=":material/playlist_add:")

    st.button(
        "Add to my questions", key=f"collect-{key}", type="tertiary",
        icon=":material/playlist_add:",
        help="To the set of questions that the page Evaluation asks", on_click=clicked,
    )  # fmt: skip


def draw_bad_answers(settings: Settings, conversations: Conversations, owner: str) -> None:
    """The reader's own answers rated as bad that are not among the questions yet."""
    try:
        known = {(o.question.casefold(), o.history) for o in added_questions(
            questions_folder(settings.home))}  # fmt: skip
        rated = bad_answers(conversations, owner)
    except DossierError as error:
        _log.warning("rated answers: %s", error)
        draw_notice("Your rated answers cannot be read.")
        return
    new = [bad for bad in rated if not _among(bad, known)]
    if not new:
        return
    st.markdown("**Answers that you rated as bad**")
    for bad in new:
        _draw_bad(bad, settings)


def _draw_bad(bad: BadAnswer, settings: Settings) -> None:
    box = st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"bad-{bad.exchange_id}"
    )
    with box:
        said = " · ".join(filter(None, ["not found" if bad.refused else "", bad.reason]))
        below = f"  \n:small[:gray[{text.escape(said)}]]" if said else ""
        st.markdown(f"{text.escape(bad.question)}{below}", width="stretch")
        draw_add(bad.question, settings=settings, key=bad.exchange_id, history=lambda: bad.history)


def _among(bad: BadAnswer, known: set[tuple[str, Turns]]) -> bool:
    """As `add_question` tells questions apart."""
    line = " ".join(bad.question.split()).casefold()
    said = tuple((" ".join(a.split()), " ".join(b.split())) for a, b in bad.history)
    return (line, said) in known
