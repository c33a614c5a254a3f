"""The questions of a run, one at a time."""

import streamlit as st

from app_pages import _asked as asked
from app_pages import _text as text
from app_pages._draw import draw_notice
from app_pages._measured import type_name
from app_pages._runs import choose_run, choose_scope, finished_runs, read_run
from evaluation.outcomes import Judged
from rag import Settings

__all__ = ["draw_questions"]

_QUESTION, _WRONG, _TYPE = "evaluation-question", "evaluation-wrong", "evaluation-type"


def draw_questions(settings: Settings) -> None:
    """Which run and which of its questions, the way through them, and the one that is open."""
    kept = choose_run(finished_runs(settings.home))
    if (read := read_run(kept)) is None:
        return
    run, every = read
    scope = choose_scope(run)
    every = [one for one in every if one.record["scope"] == scope]
    types = list(dict.fromkeys(one.question.type or "-" for one in every))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = ""
        if len(types) > 1:
            if st.session_state.get(_TYPE) not in types:
                st.session_state[_TYPE] = ""
            kind = st.selectbox(
                "Type of question", ["", *types], key=_TYPE, width=220, persist_state="session",
                format_func=lambda kind: type_name(kind) if kind else "Every type",
            )  # fmt: skip
        wrong = st.toggle("Wrong ones only", key=_WRONG, persist_state="session")
    found = asked.chosen(every, scope=scope, wrong=wrong, kind=kind)
    if not found:
        draw_notice("No question went wrong here." if wrong else "There is no such question.")
        return
    _draw_one(_choose(found, of=len(every)))


def _choose(found: list[Judged], *, of: int) -> Judged:
    """One out of these: by name, or the one before or after."""
    keys = [one.key for one in found]
    if st.session_state.get(_QUESTION) not in keys:
        st.session_state[_QUESTION] = keys[0]
    at = keys.index(st.session_state[_QUESTION])

    def go(step: int) -> None:
        st.session_state[_QUESTION] = keys[at + step]

    labels = {one.key: asked.question_label(one) for one in found}
    st.selectbox(
        "Question", keys, key=_QUESTION, format_func=labels.__getitem__, persist_state="session"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", icon=":material/arrow_back:", disabled=at == 0, on_click=go, args=(-1,)
        )
        st.button(
            "Next", icon=":material/arrow_forward:", disabled=at == len(keys) - 1, on_click=go,
            args=(1,),
        )  # fmt: skip
        st.caption(f"{at + 1:,} of {text.counted(len(keys), 'question')}" + (
            f" ({of:,} in all)" if of > len(keys) else ""
        ))  # fmt: skip
    return found[at]


def _draw_one(one: Judged) -> None:
    with st.container(border=True, key="question-open"):
        for line in asked.history_lines(one):
            st.markdown(line)
        st.subheader(text.escape(one.question.question), anchor=False)
        st.markdown(f"{asked.verdict_line(one)} · {asked.status_line(one)}")
        _draw_part("Expected", asked.expected_lines(one))
        _draw_part("Answered", asked.answered_lines(one))
        if quotes := asked.quote_lines(one):
            _draw_part("Quotes cited", quotes)
        _draw_part("Judged", [asked.failed_line(one)])
    st.markdown("**What was found**")
    rows = asked.ranking_rows(one)
    if not rows:
        draw_notice("Nothing was found.")
        return
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="not found",
        column_config={
            "Rank": st.column_config.NumberColumn(width=60),
            "Article": st.column_config.TextColumn(width="large"),
            "Right": st.column_config.TextColumn(width=60, help="The question names it as right"),
            "Holds the value": st.column_config.TextColumn(
                width=100, help="A passage of it that was found holds an expected answer"
            ),
        },
        alt="The articles in the order in which they were found",
    )
    st.caption("Articles in the order of their best passage: the first ten, and every right one.")


def _draw_part(head: str, lines: list[str]) -> None:
    with st.container(gap="xsmall"):
        st.markdown(f":gray[**{head}**]")
        for line in lines:
            st.markdown(line)
