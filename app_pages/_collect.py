"""Bad answers become questions: what the chat and the page Evaluation do for it."""

import logging
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app_pages import _text as text
from app_pages._draw import draw_notice
from app_pages._running import questions_folder
from evaluation.sets import add_question, added_questions
from rag import DossierError, Settings
from rag.conversations import Conversations, Exchange

__all__ = ["BadAnswer", "add_bad_answer", "alone", "bad_answers", "draw_add", "draw_bad_answers"]

_log = logging.getLogger("dossier.pages")

_MOST = 50
"""Conversations that are looked through, the last changed first."""


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that its reader rated as bad, and why; its question as it stands alone."""

    exchange_id: str
    question: str
    refused: bool
    reason: str


def alone(exchange: Exchange) -> str:
    """A question without what was said before it, which is its reader's own."""
    return exchange.answer.standalone_question if exchange.answer else exchange.question


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
                    alone(exchange),
                    refused,
                    exchange.rating.reason,
                )
            )
    return found


def add_bad_answer(
    question: str,
    *,
    home: Path,
    wanted: str = "",
    answerable: bool = True,
) -> str:
    """Put a badly answered question into the set of one's own; what came of it, in a sentence.

    `wanted` is an answer that would have been right; where `answerable` is false, the archive
    should have refused. Never raises.
    """
    try:
        new = add_question(
            questions_folder(home), question, answers=[wanted], answerable=answerable,
            kind="bad answer",
        )  # fmt: skip
    except DossierError as error:
        _log.warning("question not added: %s", error)
        return f"Not added: {error}."
    if new:
        return "Added to “My questions” on the page Evaluation."
    return "It is among “My questions” on the page Evaluation already."


def draw_add(question: str, *, settings: Settings, key: str) -> None:
    """A button that adds a question; nothing where the library is read-only."""
    if settings.library != "open":
        return

    def clicked() -> None:
        said = add_bad_answer(question, home=settings.home)
        st.toast(text.escape(said), icon=":material/playlist_add:")

    st.button(
        "Add to my questions", key=f"collect-{key}", type="tertiary",
        icon=":material/playlist_add:",
        help="To the questions that the page Evaluation asks: this question alone, for everybody"
        " who sees that page", on_click=clicked,
    )  # fmt: skip


def draw_bad_answers(settings: Settings, conversations: Conversations, owner: str) -> None:
    """The reader's own answers rated as bad that are not among the questions yet."""
    try:
        known = {
            one.question.casefold()
            for one in added_questions(questions_folder(settings.home))
            if not one.history
        }
        rated = bad_answers(conversations, owner)
    except DossierError as error:
        _log.warning("rated answers: %s", error)
        draw_notice("Your rated answers cannot be read.")
        return
    new = [bad for bad in rated if " ".join(bad.question.split()).casefold() not in known]
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
        draw_add(bad.question, settings=settings, key=bad.exchange_id)
