"""The chat: questions, answers sentence by sentence, sources to open."""

import logging

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import _text as text
from app_pages import _view as view
from app_pages._actions import copies
from app_pages._archive import Desk, draw_not_ready, open_desk, suggested
from app_pages._asking import answering_of, ask, asked_last, begin_next
from app_pages._draw import draw_notice
from app_pages._exchange import container_key, draw_exchange
from app_pages._history import draw_history
from app_pages._scope import forget_scope, scope
from app_pages._sources import draw_hand
from app_pages._talks import only_answer, show_all, talk_now
from rag import DossierError
from rag.conversations import Conversation
from rag.errors import ConversationNotFound

_log = logging.getLogger("dossier.pages")


def draw(desk: Desk) -> None:
    """The page."""
    # In st.bottom and not where Streamlit would put it itself: with that, the page sticks to its
    # end, and a long answer begins above the screen.
    with st.bottom:
        # Ahead of all that comes and goes: a fragment that moves is another one, and the script of
        # the browser would go on calling the one that is gone.
        links = st.empty()
        if desk.ready:
            draw_scope()
        stop = st.empty()
        question = st.chat_input(
            "Ask the archive" if desk.ready else "There is nothing to ask yet",
            key="question",
            disabled=not desk.ready,
            max_chars=2000,
        )
    try:
        draw_talk(desk, question or "", stop, links)
    except DossierError as error:
        _log.warning("chat: %s", error, exc_info=True)
        st.error(text.escape(str(error)), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
    if desk.ready and desk.shared:
        # Last: what there is to see comes first, and is read while the models are loaded.
        desk.shared.warm_up()


def draw_talk(desk: Desk, question: str, stop: DeltaGenerator, links: DeltaGenerator) -> None:
    """The open conversation, or what to begin one with. Raises DossierError.

    `stop` and `links` are the places of the button that stops and of the script for links.
    """
    if question.strip():
        ask(desk, question.strip())
    talk = None
    try:
        talk = talk_now(desk)
    except ConversationNotFound:
        draw_notice("This conversation is not here: it was deleted, or it is somebody else's.")
    if talk and desk.ready and begin_next(desk, talk):
        talk = talk_now(desk) or talk
    draw_history(desk)
    # A place of its own: emptied at once, not when all below it has been drawn.
    opening = st.empty()
    if not desk.ready or not talk or not talk.exchanges:
        with opening.container():
            draw_opening(desk)
        return
    growing = {exchange.id: answering_of(desk, exchange) for exchange in talk.exchanges}
    if any(e.state in ("asked", "running") and not growing[e.id] for e in talk.exchanges):
        talk = talk_now(desk) or talk  # an answer that was just finished was kept before it ended
    draw_head(talk)
    one = only_answer(talk)
    shown = [
        (number, exchange)
        for number, exchange in enumerate(talk.exchanges, 1)
        if one in (0, number)
    ]
    for number, exchange in shown:
        follow = len(talk.exchanges) - number
        draw_exchange(desk, exchange, growing.get(exchange.id), follow=follow)
    for answering in filter(None, growing.values()):
        stop.button(
            "Stop", key="stop", icon=":material/stop_circle:", on_click=answering.stop,
            shortcut="esc", help="What has come is kept",
        )  # fmt: skip
        break
    held: dict[str, str] = {}
    for number, exchange in shown:
        held |= copies(exchange, number=number)
    last = talk.exchanges[-1]
    state = "growing" if growing.get(last.id) else "there"
    top = f"{container_key(last)} {state}" if last.id == asked_last() else ""
    with links.container():
        draw_hand(desk, [exchange for _, exchange in shown], copies=held, top=top)


def draw_head(talk: Conversation) -> None:
    """Where one answer was asked for, which it is and the way to the others."""
    if one := only_answer(talk):
        of = text.counted(len(talk.exchanges), "answer")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"Answer {one} of {of}.")
            st.button(
                "Show the whole conversation", type="tertiary",
                on_click=show_all,
            )  # fmt: skip


def draw_scope() -> None:
    """Which articles are asked, where it is not all of them; a click takes that away."""
    if chosen := scope():
        st.button(
            f"Asking {text.escape(chosen.label)}",
            key="all-again",
            icon=":material/close:",
            icon_position="right",
            help="Ask all articles again",
            on_click=forget_scope,
        )


def draw_opening(desk: Desk) -> None:
    """What a page without a conversation says: suggestions, or why nothing can be asked."""
    if not desk.ready:
        draw_not_ready(desk)
    elif desk.archive and desk.status:
        st.header("What would you like to know?", anchor=False)
        chosen = scope()
        asked = text.escape(chosen.label) if chosen else text.coverage_line(desk.status.coverage)
        st.markdown(
            f"Ask about {asked}. Every sentence of an answer leads to the words it rests on."
        )
        archive = desk.archive
        titles = suggested(
            desk.status.generation, str(archive.home), archive, chosen.filters if chosen else None
        )
        if titles:
            st.caption("**What is reported about …**")
        for position, title in enumerate(titles):
            st.button(
                text.escape(title),
                key=f"suggestion-{position}",
                on_click=ask,
                args=(desk, view.suggestion(title)),
                width="stretch",
            )


draw(open_desk())
