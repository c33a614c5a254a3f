"""The conversation of one visitor, kept in the session so that no click loses it."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app_pages._scope import Scope, scope
from app_pages._view import Source
from rag import Answer

__all__ = [
    "Exchange",
    "add_question",
    "ask_of_all_days",
    "conversation",
    "earlier_answers",
    "start_anew",
]


@dataclass(slots=True)
class Exchange:
    """A question and what came of it.

    `asked` waits for its answer; `stopped` was left before the answer was complete and keeps what
    had come.
    """

    id: int
    question: str
    state: Literal["asked", "running", "done", "stopped", "failed"] = "asked"
    text: str = ""
    answer: Answer | None = None
    error: str = ""
    sources: tuple[Source, ...] = ()
    scope: Scope | None = None
    by_days: bool = True
    """Whether words about publication narrow it."""


def conversation() -> list[Exchange]:
    """The exchanges so far, oldest first."""
    exchanges: list[Exchange] = st.session_state.setdefault("conversation", [])
    return exchanges


def ask_of_all_days(exchange: Exchange) -> None:
    """Ask the same again, whatever it says of publication."""
    add_question(exchange.question, by_days=False)
    conversation()[-1].scope = exchange.scope


def add_question(question: str, *, by_days: bool = True) -> None:
    """Put a question to be answered at the end of the conversation."""
    # Numbers are never used twice, so that a new conversation does not inherit what was open.
    number = st.session_state.get("asked_so_far", 0) + 1
    st.session_state["asked_so_far"] = number
    conversation().append(Exchange(number, question, scope=scope(), by_days=by_days))


def start_anew() -> None:
    """Forget the conversation."""
    st.session_state["conversation"] = []


def earlier_answers(exchange: Exchange) -> list[Answer]:
    """The answers that a question may refer to."""
    return [
        earlier.answer
        for earlier in conversation()
        if earlier.id < exchange.id and earlier.answer is not None
    ]
