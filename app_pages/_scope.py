"""What the next questions are asked of: all articles, or those that a search found."""

from dataclasses import dataclass

import streamlit as st

from rag import Filters

__all__ = ["Scope", "ask_about", "forget_scope", "scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Some articles of the archive, and how to name them in a sentence."""

    label: str
    filters: Filters


def scope() -> Scope | None:
    """What this visitor asks about; None for everything."""
    chosen: Scope | None = st.session_state.get("scope")
    return chosen


def ask_about(chosen: Scope) -> None:
    """Ask about these articles from now on."""
    st.session_state["scope"] = chosen


def forget_scope() -> None:
    """Ask about all articles again."""
    st.session_state.pop("scope", None)
