"""A question and its answer on the page: being made, made, stopped, failed."""

import streamlit as st

from app_pages import _text as text
from app_pages import _view as view
from app_pages._actions import draw_actions
from app_pages._archive import Desk
from app_pages._asking import ask_again
from app_pages._draw import draw_notice
from app_pages._sentences import CHECKED, says_the_values, told
from app_pages._sources import changed_citations, draw_sources, sources_of
from app_pages._trace import days_label
from app_pages._why import draw_trace
from rag import Answer
from rag.answering import Answering
from rag.conversations import Exchange

__all__ = ["container_key", "draw_exchange"]

_READER = ":material/person:"
_ASSISTANT = ":material/newspaper:"
_EDITED = "question-edited"
_LOOK = 0.5
"""Seconds between two looks at an answer that is being made. A look takes 20 ms of the server's
time; staying to follow it would take less, and show Streamlit's sign of being busy all along."""


def container_key(exchange: Exchange) -> str:
    """The key of what an exchange is drawn in."""
    return f"exchange-{exchange.id}"


def draw_exchange(
    desk: Desk, exchange: Exchange, answering: Answering | None, *, follow: int
) -> None:
    """A question with what has come of it; `follow` others stand below it."""
    with st.container(key=container_key(exchange)):
        _draw_question(desk, exchange, follow=follow, busy=answering is not None)
        with st.chat_message("assistant", avatar=_ASSISTANT):
            if answering:
                _draw_growing(desk, answering)
            else:
                _draw_answer(desk, exchange, last=not follow)


# The question


def _draw_question(desk: Desk, exchange: Exchange, *, follow: int, busy: bool) -> None:
    with st.chat_message("user", avatar=_READER):
        if st.session_state.get(_EDITED, ("", ""))[0] == exchange.id and not busy:
            _draw_edit(desk, exchange, follow=follow)
            return
        with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
            st.markdown(
                "\n\n".join(text.escape(line) for line in exchange.question.splitlines()),
                width="stretch",
            )
            if not busy:
                st.button(
                    "Edit", key=f"edit-{exchange.id}", type="tertiary", icon=":material/edit:",
                    help="Ask it otherwise", on_click=_edit, args=(exchange, exchange.question),
                )  # fmt: skip
        if exchange.scope:
            st.caption(f":material/filter_alt: Asked of {text.escape(exchange.scope)}")


def _edit(exchange: Exchange, words: str) -> None:
    st.session_state[_EDITED] = (exchange.id, words)
    st.session_state[f"words-{exchange.id}"] = words


def _draw_edit(desk: Desk, exchange: Exchange, *, follow: int) -> None:
    """The question in a box, and what asking it otherwise takes away."""

    def send() -> None:
        words = st.session_state.get(f"words-{exchange.id}", "")
        st.session_state.pop(_EDITED, None)
        if words.strip():
            ask_again(desk, exchange, words)

    with st.form(f"form-{exchange.id}", border=False):
        st.text_area("Your question", key=f"words-{exchange.id}", max_chars=2000, height="content")
        gone = "its answer"
        if follow:
            gone += f" and {text.counted(follow, 'question')} that came after it"
        st.caption(f"Asked anew, it takes the place of {gone}.")
        with st.container(horizontal=True):
            st.form_submit_button("Ask", on_click=send)
            st.form_submit_button(
                "Keep it as it is", type="tertiary",
                on_click=lambda: st.session_state.pop(_EDITED, None),
            )  # fmt: skip


# The answer on its way


def _draw_growing(desk: Desk, answering: Answering) -> None:
    """What has come, looked at again and again: checked sentences dark, unchecked ones grey."""

    @st.fragment(run_every=_LOOK)
    def growing() -> None:
        if desk.shared and answering.pieces:
            desk.shared.warm = True
        if not answering.active:
            st.rerun()
        st.markdown(_so_far(desk, answering))

    growing()


def _so_far(desk: Desk, answering: Answering) -> str:
    quoting = desk.settings is None or not desk.settings.model_configured
    said = view.answer_markdown(view.joined(answering.pieces, quoting=quoting))
    if coming := text.escape(answering.provisional):
        said += f" :gray[{coming}]"
    return said if said.strip() else f":shimmer[{_step(desk, answering)}]"


def _step(desk: Desk, answering: Answering) -> str:
    if answering.stopping:
        return "Stopping …"
    if answering.state == "asked":
        return "Waiting for its turn …"
    warm = desk.shared is None or desk.shared.warm
    return "Searching the archive …" if warm else "Loading the models …"


# The answer


def _draw_answer(desk: Desk, exchange: Exchange, *, last: bool) -> None:
    answer = exchange.answer
    if answer and answer.status == "not_found" and exchange.state == "done":
        _draw_not_found(desk, exchange, answer)
    else:
        _draw_text(desk, exchange)
        if answer:
            _draw_grounds(desk, exchange, answer)
    draw_actions(desk, exchange, last=last)


def _draw_text(desk: Desk, exchange: Exchange) -> None:
    answer = exchange.answer
    if answer:
        changed = changed_citations(desk, exchange)
        if not says_the_values(answer) and (short := view.short_line(answer, exchange.id)):
            st.markdown(short)
        said = told(answer, exchange.id, changed=changed)
        st.markdown(said or view.answer_markdown(exchange.text))
        if changed:
            st.caption(
                ":orange[:material/history:] Articles have changed since this was answered: not all"
                " that it cites still stands there."
            )
    elif exchange.text:
        st.markdown(view.answer_markdown(exchange.text))
    if exchange.state == "stopped":
        before = "the answer was complete" if exchange.text else "an answer came"
        draw_notice(f"Stopped before {before}.")
    elif exchange.state == "running":
        draw_notice("Broken off: the server was stopped while this was being answered.")
    elif exchange.state == "failed":
        st.error(text.escape(exchange.error or "This was not answered."), icon=":material/error:")
    elif answer and answer.reason and answer.status != "not_found":
        draw_notice(answer.reason)


def _draw_grounds(desk: Desk, exchange: Exchange, answer: Answer) -> None:
    """How the question was taken, what differs, the sources, what failed, how it was found."""
    _draw_reading(desk, exchange, answer)
    for heading, rows in view.disagreement_rows(answer, exchange.id):
        st.markdown(f"**The articles differ.** {heading}")
        st.table(rows, border="horizontal", hide_index=True, alt="What each article says")
    draw_sources(desk, exchange, sources_of(desk, exchange), heading="Sources")
    if answer.citations and exchange.state == "done":
        compared = f"{CHECKED} compared with the article’s words."
        st.caption(f"{view.how_made(answer)} {compared}")
    if answer.unverified:
        failed = f"{text.counted(len(answer.unverified), 'sentence')} did not pass the checks"
        with st.expander(failed, type="compact", icon=":material/rule:"):
            for item in answer.unverified:
                st.markdown(view.unverified_line(item))
    draw_trace(desk, exchange, answer)


def _draw_not_found(desk: Desk, exchange: Exchange, answer: Answer) -> None:
    st.markdown("**The archive does not answer this.**")
    if answer.sentences:  # it quotes what stands there instead
        _draw_text(desk, exchange)
        _draw_grounds(desk, exchange, answer)
        return
    if answer.reason:
        st.markdown(text.escape(answer.reason))
    _draw_reading(desk, exchange, answer)
    if answer.coverage:
        st.caption(f":material/date_range: It covers {text.coverage_line(answer.coverage)}.")
    draw_sources(desk, exchange, sources_of(desk, exchange), heading="Nearest passages")
    draw_trace(desk, exchange, answer)


def _draw_reading(desk: Desk, exchange: Exchange, answer: Answer) -> None:
    """How the question was taken, where that is not how it was put: chips to change it by."""
    days = days_label(answer) if exchange.by_days and exchange.state == "done" else ""
    understood = answer.standalone_question
    if not days and understood == answer.question:
        return
    with st.container(horizontal=True):
        if days:
            st.button(
                f"Published {text.escape(days)}",
                key=f"days-{exchange.id}",
                icon=":material/close:",
                icon_position="right",
                help="Ask again whenever articles were published",
                on_click=lambda: ask_again(desk, exchange, by_days=False),
            )
        if understood != answer.question:
            st.button(
                f"Understood as: {text.escape(understood)}",
                key=f"understood-{exchange.id}",
                icon=":material/edit:",
                icon_position="right",
                help="Put it otherwise",
                on_click=_edit,
                args=(exchange, understood),
            )
