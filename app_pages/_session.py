"""What a visitor has set for this visit alone. It is kept in memory and goes with the session."""

from typing import Any

import streamlit as st
from pydantic import SecretStr

from rag import Settings

__all__ = ["for_session", "forget_key", "has_own_key", "keep_key", "set_reader"]

_KEY, _MODEL, _READER = "own-model-key", "own-model-name", "own-reader"


def for_session(settings: Settings) -> Settings:
    """The settings with what this visitor has set; the same object where that is nothing."""
    changes: dict[str, Any] = {}
    if _KEY in st.session_state:
        changes["openai_api_key"] = st.session_state[_KEY]
    if name := st.session_state.get(_MODEL):
        changes["openai_model"] = name
    if (reader := st.session_state.get(_READER)) and reader != settings.reader:
        changes["reader"] = reader
    return settings.model_copy(update=changes) if changes else settings


def keep_key(key: str, *, model: str = "") -> None:
    """Use this key, and this model, until the visit ends. An empty one changes nothing."""
    if key.strip():
        st.session_state[_KEY] = SecretStr(key.strip())
    if model.strip():
        st.session_state[_MODEL] = model.strip()


def has_own_key() -> bool:
    """Whether this visitor has given a key."""
    return _KEY in st.session_state


def forget_key() -> None:
    """Go back to the key and the model of the settings."""
    for name in (_KEY, _MODEL):
        st.session_state.pop(name, None)


def set_reader(*, on: bool) -> None:
    """Read passages with the question in mind, or not."""
    st.session_state[_READER] = "on" if on else "off"
