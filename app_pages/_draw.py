"""Drawing answers and their sources."""

import logging

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app_pages import _text as text
from app_pages import _view as view
from app_pages._conversation import Exchange, ask_of_all_days
from app_pages._trace import days_label, trace_rows, trace_summary
from rag import Answer, Archive, DossierError

__all__ = ["ASSISTANT", "READER", "draw_answer", "draw_notice", "draw_question"]

READER = ":material/person:"
ASSISTANT = ":material/newspaper:"

_log = logging.getLogger("dossier.pages")


def draw_question(exchange: Exchange) -> None:
    """What the reader asked."""
    with st.chat_message("user", avatar=READER):
        st.markdown("\n\n".join(text.escape(line) for line in exchange.question.splitlines()))
        if exchange.scope:
            st.caption(f":material/filter_alt: Asked of {text.escape(exchange.scope.label)}")


def draw_answer(exchange: Exchange, archive: Archive, body: DeltaGenerator) -> None:
    """A finished, stopped or failed answer: its text in `body`, what belongs to it below."""
    answer = exchange.answer
    if answer and answer.status == "not_found" and exchange.state == "done":
        body.markdown("**The archive does not answer this.**")
        _draw_not_found(exchange, answer, archive)
        return
    if exchange.text:
        numbers = [citation.number for citation in answer.citations] if answer else None
        body.markdown(view.answer_markdown(exchange.text, numbers))
    else:
        body.empty()
    if exchange.state == "stopped":
        draw_notice("Stopped before the answer was complete.")
    if exchange.state == "failed":
        st.error(text.escape(exchange.error), icon=":material/error:")
    if answer is None:
        return
    if answer.reason and exchange.state == "done":
        draw_notice(answer.reason)
    _draw_reading(exchange, answer)
    if short := view.short_line(answer):
        st.markdown(short)
    for heading, rows in view.disagreement_rows(answer):
        st.markdown(f"**The articles differ.** {heading}")
        st.table(rows, border="horizontal", hide_index=True)
    _draw_sources(exchange, archive, heading="Sources")
    if answer.citations and exchange.state == "done":
        st.caption(view.how_made(answer))
    if answer.unverified:
        failed = f"{text.counted(len(answer.unverified), 'sentence')} did not pass the checks"
        with st.expander(failed, type="compact", icon=":material/rule:"):
            for item in answer.unverified:
                st.markdown(view.unverified_line(item))
    _draw_trace(answer)


def draw_notice(notice: str) -> None:
    """Something the reader should know and need not act on."""
    st.caption(f":material/info: {text.escape(notice)}")


def _draw_reading(exchange: Exchange, answer: Answer) -> None:
    """How the question was taken, where that is not how it was put."""
    if (days := days_label(answer)) and exchange.by_days and exchange.state == "done":
        st.button(
            f"Published {text.escape(days)}",
            key=f"days-{exchange.id}",
            icon=":material/close:",
            icon_position="right",
            help="Ask again whenever articles were published",
            on_click=ask_of_all_days,
            args=(exchange,),
        )
    if answer.standalone_question != answer.question:
        understood = text.escape(answer.standalone_question)
        st.caption(f":material/manage_search: Understood as: {understood}")


def _draw_not_found(exchange: Exchange, answer: Answer, archive: Archive) -> None:
    if answer.reason:
        st.markdown(text.escape(answer.reason))
    _draw_reading(exchange, answer)
    if answer.coverage:
        st.caption(f":material/date_range: It covers {text.coverage_line(answer.coverage)}.")
    _draw_sources(exchange, archive, heading="Nearest passages")
    _draw_trace(answer)


def _draw_trace(answer: Answer) -> None:
    """Every passage that was considered, behind one click."""
    if answer.trace:
        with st.expander(trace_summary(answer), type="compact", icon=":material/manage_search:"):
            widths = {"Article": st.column_config.TextColumn(width=190)}
            rows = trace_rows(answer)
            st.dataframe(rows, hide_index=True, column_config=widths, placeholder="–")


@st.fragment
def _draw_sources(exchange: Exchange, archive: Archive, *, heading: str) -> None:
    """One row for each article; its numbers open it beside the page, on which nothing moves."""
    if not exchange.sources:
        return
    st.caption(f"**{heading}**")
    for position, source in enumerate(exchange.sources):
        with st.container(horizontal=True, wrap=False, vertical_alignment="top"):
            chosen = st.button(
                view.button_label(source),
                key=f"source-{exchange.id}-{position}",
                help="Show the words in the article",
            )
            st.markdown(view.source_line(source))
        if chosen:
            _open_source(source, archive)


def _draw_link(url: str, *, key: str) -> None:
    if link := text.safe_link(url):
        address, host = link
        st.link_button(
            text.escape(host), address, key=key, icon=":material/open_in_new:", type="tertiary"
        )


def _open_source(source: view.Source, archive: Archive) -> None:
    """A drawer with the paragraphs that hold the quotes, and the whole article."""

    @st.dialog(text.escape(source.title), width="small", position="right")
    def drawer() -> None:
        try:
            article = archive.article(source.article_id)
        except DossierError as error:
            _log.warning("article %s: %s", source.article_id, error)
            article = None
        authors = article.authors if article else ()
        st.caption(text.escape(text.byline(source.outlet, source.published, authors)))
        with st.container(border=True):
            st.markdown(view.excerpt_markdown(source.excerpt))
        if article:
            with st.expander("Whole article", key="whole-article"):
                st.markdown(view.article_markdown(article, source.quotes))
        else:
            draw_notice("The archive no longer holds this article.")
        _draw_link(source.url, key="original")

    drawer()
