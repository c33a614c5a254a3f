"""The chat: questions, answers sentence by sentence, sources to open."""

import logging
from collections.abc import Generator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import _text as text
from app_pages import _view as view
from app_pages._archive import Desk, Shared, draw_not_ready, open_desk, suggested
from app_pages._conversation import (
    Exchange,
    add_question,
    conversation,
    earlier_answers,
    start_anew,
)
from app_pages._draw import ASSISTANT, draw_answer, draw_question
from app_pages._scope import forget_scope, scope
from rag import Archive, Article, DossierError

_log = logging.getLogger("dossier.pages")


def draw(desk: Desk) -> None:
    """The page."""
    if desk.ready:
        draw_scope()
    question = st.chat_input(
        "Ask the archive" if desk.ready else "There is nothing to ask yet",
        key="question",
        disabled=not desk.ready,
        submit_mode="stop",
        max_chars=2000,
    )
    if question and question.strip():
        add_question(question.strip())
    exchanges = conversation()
    if exchanges:
        st.sidebar.button(
            "New conversation", icon=":material/add_comment:", on_click=start_anew, width="stretch"
        )
    # A place of its own: filled or emptied at once, not when the answer below is finished.
    opening = st.empty()
    if not desk.ready or not exchanges:
        with opening.container():
            draw_opening(desk)
    for exchange in exchanges:
        draw_exchange(exchange, desk)


def draw_scope() -> None:
    """Which articles are asked, where it is not all of them; a click takes that away."""
    if chosen := scope():
        st.bottom.button(
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
                on_click=add_question,
                args=(view.suggestion(title),),
                width="stretch",
            )


def draw_exchange(exchange: Exchange, desk: Desk) -> None:
    """A question with its answer, which is made now if it is not there yet."""
    if desk.shared is None or (archive := desk.archive) is None:
        return
    draw_question(exchange)
    with st.chat_message("assistant", avatar=ASSISTANT):
        body = st.empty()
        if exchange.state == "asked":
            answer_it(exchange, archive, body, shared=desk.shared)
        draw_answer(exchange, archive, body)


def answer_it(
    exchange: Exchange, archive: Archive, body: DeltaGenerator, *, shared: Shared
) -> None:
    """Answer a question, showing each sentence as soon as it has been checked.

    Whatever ends it (a stop, a click elsewhere, an error), what has come is kept. Streamlit stops
    a script by exceptions that are no `Exception`, hence `finally`.
    """
    quoting = not archive.settings.model_configured
    exchange.state = "running"
    filters = exchange.scope.filters if exchange.scope else None
    stream = archive.stream(
        exchange.question,
        history=earlier_answers(exchange),
        filters=filters,
        by_days=exchange.by_days,
    )
    pieces: list[str] = []
    try:
        with closing(cast("Generator[str]", iter(stream))) as sentences:
            waiting = "Searching the archive …" if shared.warm else "Loading the models …"
            with body, st.spinner(waiting):
                first = next(sentences, "")
            shared.warm = True
            for piece in chain([first], sentences):
                pieces.append(piece)
                exchange.text = view.joined(pieces, quoting=quoting)
                body.markdown(view.answer_markdown(exchange.text))
        exchange.state = "done"
    except DossierError as error:
        _log.warning("question not answered: %s", error, exc_info=True)
        exchange.state, exchange.error = "failed", str(error)
    finally:
        if exchange.state == "running":
            exchange.state = "stopped"
        if pieces:
            exchange.answer = answer = stream.answer
            exchange.text = view.joined(pieces, quoting=answer.model == "extractive")
            exchange.sources = view.cited_sources(
                answer.citations, partial(find, archive)
            ) or view.nearest_sources(answer.nearest)


def find(archive: Archive, article_id: str) -> Article | None:
    """An article, None where the archive no longer holds it."""
    try:
        return archive.article(article_id)
    except DossierError as error:
        _log.warning("article %s: %s", article_id, error)
        return None


draw(open_desk())
