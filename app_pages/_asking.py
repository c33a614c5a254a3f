"""Asking: a question is kept first and answered in the background; see rag.answering."""

import logging

import streamlit as st

from app_pages._archive import Desk
from app_pages._scope import scope
from app_pages._talks import (
    UNWRITABLE,
    kept,
    open_id,
    open_talk,
    set_unkept,
    start_anew,
    unkept,
)
from app_pages._visitor import owner
from rag import ArchiveBusy, DossierError, Filters
from rag.answering import Answering, Answerings
from rag.conversations import Conversation, Exchange, Verdict
from rag.errors import ConversationNotFound

__all__ = ["answering_of", "ask", "ask_again", "asked_last", "begin_next", "rate"]

_log = logging.getLogger("dossier.pages")

_LAST = "asked-last"


@st.cache_resource(show_spinner=False)
def _answerings(home: str) -> Answerings:  # noqa: ARG001
    return Answerings()


def answerings(desk: Desk) -> Answerings:
    """The questions of all visitors of this archive that are being answered."""
    return _answerings(str(desk.archive.home.resolve()) if desk.archive else "")


def answering_of(desk: Desk, exchange: Exchange) -> Answering | None:
    """The answer to it on its way; None where none is."""
    found = answerings(desk).get(exchange.id)
    return found if found and found.active else None


def asked_last() -> str:
    """The id of what was asked last in this visit."""
    return str(st.session_state.get(_LAST, ""))


def begin_next(desk: Desk, talk: Conversation) -> Exchange | None:
    """Begin to answer the first question that waits, unless one before it is being answered.

    What is being answered then, None where nothing is.
    """
    for exchange in talk.exchanges:
        if answering_of(desk, exchange):
            return exchange
        if exchange.state == "asked" and desk.archive:
            talks, whose = kept(desk), owner()
            # Once more: the answer before it may have been kept since, or this one begun elsewhere.
            now = talks.read(talk.id, owner=whose)
            waiting = [e for e in now.exchanges if e.id == exchange.id and e.state == "asked"]
            if not waiting:
                return None
            begun = answerings(desk).answer(
                waiting[0], talk=now, archive=desk.archive, talks=talks, owner=whose
            )
            return exchange if begun.active else None
    return None


def ask(desk: Desk, question: str) -> None:
    """Put a question at the end of the open conversation, or begin one with it."""
    chosen = scope()
    _put(
        desk,
        question,
        label=chosen.label if chosen else "",
        filters=chosen.filters if chosen else None,
    )


def ask_again(
    desk: Desk, exchange: Exchange, question: str = "", *, by_days: bool | None = None
) -> None:
    """Drop an exchange and what follows, and ask the same, or another question, in its place."""
    try:
        kept(desk).cut(exchange.id, owner=owner())
    except ConversationNotFound:
        _log.info("what was to be asked again is gone")
    _put(
        desk,
        question.strip() or exchange.question,
        label=exchange.scope,
        filters=exchange.filters,
        by_days=exchange.by_days if by_days is None else by_days,
    )


def _put(
    desk: Desk, question: str, *, label: str, filters: Filters | None, by_days: bool = True
) -> None:
    def add() -> Exchange:
        try:
            return _add(desk, question, label=label, filters=filters, by_days=by_days)
        except ConversationNotFound:
            _log.info("the conversation is gone, as by another tab: a new one begins")
            start_anew()
            return _add(desk, question, label=label, filters=filters, by_days=by_days)

    try:
        added = add()
    except UNWRITABLE as error:
        if unkept():
            raise
        _log.warning("conversations are not kept: %s", error)
        set_unkept(str(error))
        added = add()
    except ArchiveBusy as error:
        _log.warning("not asked: %s", error)
        st.toast("Not asked: the conversations are busy. Ask again.", icon=":material/error:")
        return
    st.session_state[_LAST] = added.id
    st.query_params.pop("answer", None)


def _add(
    desk: Desk, question: str, *, label: str, filters: Filters | None, by_days: bool
) -> Exchange:
    talks, whose = kept(desk), owner()
    wanted = open_id()
    if not wanted:
        wanted = talks.create(whose).id
        open_talk(wanted)
    return talks.add(
        wanted, owner=whose, question=question, scope=label, filters=filters, by_days=by_days
    )


def rate(desk: Desk, exchange: Exchange, verdict: Verdict | None, reason: str = "") -> None:
    """Keep what the reader thinks of an answer; None takes it back."""
    try:
        kept(desk).rate(exchange.id, owner=owner(), verdict=verdict, reason=reason)
    except DossierError as error:
        _log.warning("not rated: %s", error)
        st.toast("This could not be kept.", icon=":material/error:")
