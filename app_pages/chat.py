"""The chat: questions, answers sentence by sentence, sources to open."""

import logging
import shlex
from collections.abc import Generator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import _text as text
from app_pages import _view as view
from app_pages._archive import Desk, Shared, open_desk, suggested
from app_pages._conversation import (
    Exchange,
    add_question,
    conversation,
    earlier_answers,
    start_anew,
)
from app_pages._draw import ASSISTANT, draw_answer, draw_question
from rag import Archive, Article, DossierError

_log = logging.getLogger("dossier.pages")


def draw(desk: Desk) -> None:
    """The page."""
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
    if desk.shared:
        for exchange in exchanges:
            draw_exchange(exchange, desk.shared)


def draw_opening(desk: Desk) -> None:
    """What a page without a conversation says: suggestions, or why nothing can be asked."""
    if desk.error:
        st.header("The archive cannot be read", anchor=False)
        st.error(text.escape(desk.error), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:")
    elif not desk.ready:
        draw_empty(desk)
    elif desk.shared and desk.status:
        st.header("What would you like to know?", anchor=False)
        st.markdown(
            f"Ask about {text.coverage_line(desk.status.coverage)}. "
            "Every sentence of an answer leads to the words it rests on."
        )
        archive = desk.shared.archive
        titles = suggested(desk.status.generation, str(archive.home), archive)
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


def draw_empty(desk: Desk) -> None:
    """How to put articles into the archive."""
    home = shlex.quote(str(desk.shared.archive.home)) if desk.shared else ""
    st.header("No articles yet", anchor=False)
    st.markdown("Dossier answers from articles that you give it. Read a file or a folder in with:")
    st.code(f"python -m rag ingest PATH --home {home}", language=None, wrap_lines=True)
    st.markdown("Then look again.")
    st.button("Look again", icon=":material/refresh:")


def draw_exchange(exchange: Exchange, shared: Shared) -> None:
    """A question with its answer, which is made now if it is not there yet."""
    draw_question(exchange)
    with st.chat_message("assistant", avatar=ASSISTANT):
        body = st.empty()
        if exchange.state == "asked":
            answer_it(exchange, shared, body)
        draw_answer(exchange, shared.archive, body)


def answer_it(exchange: Exchange, shared: Shared, body: DeltaGenerator) -> None:
    """Answer a question, showing each sentence as soon as it has been checked.

    Whatever ends it (a stop, a click elsewhere, an error), what has come is kept. Streamlit stops
    a script by exceptions that are no `Exception`, hence `finally`.
    """
    archive = shared.archive
    quoting = not archive.settings.model_configured
    exchange.state = "running"
    stream = archive.stream(exchange.question, history=earlier_answers(exchange))
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
