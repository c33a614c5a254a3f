"""What can be done with an answer: copy it, ask again, judge it."""

from typing import Any

import streamlit as st

from app_pages._archive import Desk
from app_pages._asking import ask_again, rate
from app_pages._hand import copy_link
from app_pages._talks import open_id
from rag.conversations import Exchange, Verdict
from rag.export import as_text

__all__ = ["copies", "draw_actions"]


def copies(exchange: Exchange, *, number: int) -> dict[str, str]:
    """What the controls of an answer copy: its text with its sources, the link to it."""
    found = {f"link-{exchange.id}": f"?conversation={open_id()}&answer={number}"}
    if exchange.answer:
        found[f"text-{exchange.id}"] = as_text(exchange)
    return found


def draw_actions(desk: Desk, exchange: Exchange, *, last: bool) -> None:
    """One quiet row under an answer."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"actions-{exchange.id}"
    ):
        control: dict[str, Any] = {"type": "tertiary"}
        if exchange.answer:
            st.link_button(
                "Copy", copy_link(f"text-{exchange.id}"), key=f"copy-{exchange.id}",
                icon=":material/content_copy:", help="Copy the answer with its sources", **control,
            )  # fmt: skip
        st.link_button(
            "Link", copy_link(f"link-{exchange.id}"), key=f"link-{exchange.id}",
            icon=":material/link:", help="Copy a link to this answer, for yourself", **control,
        )  # fmt: skip
        if last:
            st.button(
                "Ask again", key=f"again-{exchange.id}", icon=":material/refresh:",
                help="Answer the same question anew, in place of this answer",
                on_click=ask_again, args=(desk, exchange), **control,
            )  # fmt: skip
        if exchange.answer:
            _draw_thumbs(desk, exchange)


@st.fragment
def _draw_thumbs(desk: Desk, exchange: Exchange) -> None:
    """Thumbs, and once one is given a line for the reason."""
    thumb, why = f"thumb-{exchange.id}", f"why-rated-{exchange.id}"
    rating = exchange.rating
    if thumb not in st.session_state and rating:
        st.session_state[thumb] = int(rating.verdict == "up")
    if why not in st.session_state and rating:
        st.session_state[why] = rating.reason

    def judged() -> None:
        given = st.session_state.get(thumb)
        verdict: Verdict | None = None if given is None else "up" if given else "down"
        rate(desk, exchange, verdict, str(st.session_state.get(why, "")))
        if verdict:
            st.toast("Kept. Thank you.", icon=":material/thumbs_up_down:")

    st.feedback("thumbs", key=thumb, on_change=judged)
    if st.session_state.get(thumb) is not None:
        st.text_input(
            "Why?", key=why, placeholder="Why? (if you like)", max_chars=500, on_change=judged,
            label_visibility="collapsed",
        )  # fmt: skip
    if st.session_state.get(thumb) == 0 and desk.settings:
        # Here: what measures is not loaded before somebody wants it.
        from app_pages._collect import alone, draw_add

        draw_add(alone(exchange), settings=desk.settings, key=exchange.id)
