"""Where this visitor's conversations are kept, and which one is open."""

import logging
import tempfile
from pathlib import Path

import streamlit as st

from app_pages._archive import Desk
from app_pages._visitor import owner
from rag import ArchiveDamaged, ArchiveNotWritable, DossierError
from rag.conversations import Conversation, Conversations, Listed
from rag.errors import ConversationNotFound, ConversationsTooNew

__all__ = [
    "UNWRITABLE",
    "kept",
    "listed",
    "only_answer",
    "open_id",
    "open_talk",
    "set_unkept",
    "show_all",
    "start_anew",
    "talk_now",
    "unkept",
]

_log = logging.getLogger("dossier.pages")

UNWRITABLE = (ArchiveNotWritable, ArchiveDamaged, ConversationsTooNew)
"""For as long as a visit lasts: conversations are then those of this run alone."""

_OPEN, _UNKEPT = "conversation-open", "conversations-unkept"


# What is kept


def kept(desk: Desk) -> Conversations:
    """The archive's conversations, or where they cannot be written those of this run alone."""
    if desk.archive is None or unkept():
        return _for_now()
    return desk.archive.conversations


def unkept() -> str:
    """Why conversations are not kept; "" where they are."""
    return str(st.session_state.get(_UNKEPT, ""))


def set_unkept(why: str) -> None:
    """Keep this visitor's conversations for this run of the server alone from now on."""
    st.session_state[_UNKEPT] = why
    start_anew()


@st.cache_resource(show_spinner=False)
def _for_now() -> Conversations:
    return Conversations(Path(tempfile.mkdtemp(prefix="dossier-")) / "conversations.db")


def listed(desk: Desk, *, matching: str = "") -> list[Listed]:
    """This visitor's conversations, the last changed first."""
    try:
        return kept(desk).of(owner(), matching=matching)
    except DossierError as error:
        _log.warning("conversations: %s", error)
        if isinstance(error, UNWRITABLE):
            set_unkept(str(error))
        return []


# The one that is open


def talk_now(desk: Desk) -> Conversation | None:
    """The open conversation: the one that the address names, else the one that was left.

    None for a new one. Raises ConversationNotFound, after which a new one is open.
    """
    wanted = st.query_params.get("conversation") or open_id()
    if not wanted:
        return None
    try:
        found = kept(desk).read(wanted, owner=owner())
    except ConversationNotFound:
        start_anew()
        raise
    open_talk(wanted)
    return found


def open_id() -> str:
    """The id of the open conversation; "" for a new one."""
    return str(st.session_state.get(_OPEN, ""))


def only_answer(talk: Conversation) -> int:
    """The place of the one answer that the address asks for, from 1; 0 for all."""
    given = st.query_params.get("answer", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    return number if number <= len(talk.exchanges) else 0


def open_talk(conversation_id: str) -> None:
    """Open a conversation; the address names it from now on."""
    if st.session_state.get(_OPEN) not in (None, conversation_id):
        st.query_params.pop("answer", None)
    st.session_state[_OPEN] = conversation_id
    if st.query_params.get("conversation") != conversation_id:
        st.query_params["conversation"] = conversation_id


def start_anew() -> None:
    """Leave the conversation; the next question begins another."""
    st.session_state.pop(_OPEN, None)
    for name in ("conversation", "answer"):
        st.query_params.pop(name, None)


def show_all() -> None:
    """All answers of the open conversation, where the address asked for one."""
    st.query_params.pop("answer", None)
