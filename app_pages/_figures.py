"""The figures of a run, and of two runs side by side."""

import streamlit as st

from app_pages import _measured as measured
from app_pages import _text as text
from app_pages._asked import change_line
from app_pages._charts import intervals
from app_pages._draw import draw_notice
from app_pages._runs import choose_run, choose_scope, finished_runs, read_run, show
from evaluation.kept import KeptRun
from evaluation.measures import MEASURES
from evaluation.outcomes import RIGHT, Change, Judged, changes, compare_runs
from evaluation.runs import UNSAID, Run
from evaluation.summary import Comparison
from rag import DossierError, Settings

__all__ = ["draw_compare", "draw_figures"]

_MOST_CHANGES = 15


def draw_figures(settings: Settings) -> None:
    """One run: its figures drawn and in a table, by type of question, and how it was made."""
    kept = choose_run(finished_runs(settings.home))
    if (read := read_run(kept)) is None:
        return
    run, found = read
    scope = choose_scope(run)
    part = run.summary["scopes"][scope]
    wrong = sum(one.wrong for one in found if one.record["scope"] == scope)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{text.counted(part['questions'], 'question')}**, {wrong:,} went wrong")
        if wrong:
            st.button("Look at them", on_click=show, args=("Questions",), kwargs={"wrong": True})
    if lost := run.summary["lost"]:
        over_archive = kept.config.get("over") == "archive"
        draw_notice(measured.lost_line(len(lost), over_archive=over_archive))
    with st.container(horizontal=True, key="headlines"):
        for label, value, span in measured.headline_rows(part["figures"]):
            with st.container(border=True, width=200):
                st.metric(label, value)
                st.caption(span)
    _draw_chart(part)
    st.subheader("All figures", anchor=False)
    st.table(measured.figure_rows(part["figures"]), border="horizontal", hide_index=True)
    st.caption(
        "Intervals: 95 %, bootstrapped over the questions. docs/evaluation.md has every formula."
    )
    _draw_details(run, kept, part)


def _draw_chart(part: dict[str, object]) -> None:
    figures, types = part["figures"], part["types"]
    assert isinstance(figures, dict)
    assert isinstance(types, dict)
    st.subheader("With their intervals", anchor=False)
    shown = [name for name in measured.HEADLINES if name in figures]
    by = "evaluation-drawn"
    options = ["", *shown] if types else [""]
    if st.session_state.get(by) not in options:
        st.session_state[by] = ""
    chosen = ""
    if types:
        chosen = st.selectbox(
            "Draw", options, key=by, width=420,
            format_func=lambda name: f"{measured.measure_name(name)}, by type of question"
            if name else "The main figures, over all questions",
        )  # fmt: skip
    bars = measured.by_type(types, chosen) if chosen else measured.bars(figures)
    st.altair_chart(
        intervals(bars, dark=_dark()), alt="; ".join(f"{bar.name}: {bar.said}" for bar in bars)
    )


def _dark() -> bool:
    return st.context.theme.type == "dark"


def _draw_details(run: Run, kept: KeptRun, part: dict[str, object]) -> None:
    seconds = part["seconds"]
    assert isinstance(seconds, dict)
    with st.expander("Seconds by stage"):
        st.table(measured.seconds_rows(seconds), border="horizontal", hide_index=True)
    if lost := run.summary["lost"]:
        with st.expander("Articles that were missing"):
            for doc_id, reason in list(lost.items())[:100]:
                st.markdown(f"{text.escape(doc_id)}: {text.escape(reason)}")
    with st.expander("How it was run"):
        st.markdown(f"Kept in {text.escape(str(kept.folder))}")
        held = {k: v for k, v in run.config["settings"].items() if k not in UNSAID}
        stated = {**held, **run.config["versions"], "code": run.config["code"]}
        if server := run.config.get("server"):
            stated["server"] = server
        rows = [
            {"Setting": text.escape(name), "Value": text.escape(str(value))}
            for name, value in stated.items()
        ]
        st.table(rows, border="horizontal", hide_index=True)


# Two runs


def draw_compare(settings: Settings) -> None:
    """Two runs, paired by question: figures, and the questions that changed."""
    runs = finished_runs(settings.home)
    if len(runs) < 2:
        draw_notice("There is one run so far. Run the same questions in another way to compare.")
        return
    if "evaluation-first" not in st.session_state:
        st.session_state["evaluation-first"] = _before(runs).folder.name
    with st.container(horizontal=True):
        first = choose_run(runs, label="First", key="evaluation-first")
        second = choose_run(runs, label="Second", key="evaluation-second")
    if first.folder == second.folder:
        draw_notice("Choose two different runs.")
        return
    if (read := read_run(first)) is None or (other := read_run(second)) is None:
        return
    (before, judged_before), (after, judged_after) = read, other
    try:
        rows = _compared(
            before, after, f"{first.folder} {first.when} {second.folder} {second.when}"
        )
    except DossierError:
        draw_notice("These two runs have no question in common.")
        return
    scope = choose_scope(after)
    if scope not in rows:
        draw_notice("These two runs have no question in common over these articles.")
        return
    bars = measured.difference_bars(rows[scope])
    st.subheader("Second minus first", anchor=False)
    st.altair_chart(
        intervals(bars, dark=_dark(), differences=True),
        alt="; ".join(f"{bar.name}: {bar.said}" for bar in bars),
    )
    main = measured.comparison_rows(measured.main_rows(rows[scope]))
    st.table(main, border="horizontal", hide_index=True)
    st.caption(
        "Paired by question: a randomisation test, p adjusted for the number of measures by Holm."
        " Of what should not happen (refused, answered), a difference below 0 is better."
    )
    with st.expander(f"All {len(rows[scope])} measures"):
        every = measured.comparison_rows(rows[scope])
        st.table(every, border="horizontal", hide_index=True)
    _draw_changes(judged_before, judged_after, scope, second.folder.name)


def _before(runs: list[KeptRun]) -> KeptRun:
    """The run to hold the newest against: the one before it of the same questions, if any."""
    same = [run for run in runs[1:] if run.config["data"] == runs[0].config["data"]]
    return [*same, *runs[1:]][0]


@st.cache_resource(max_entries=10, show_spinner="Comparing …")
def _compared(_first: Run, _second: Run, when: str) -> dict[str, list[Comparison]]:  # noqa: ARG001
    return compare_runs(_first, _second)


def _draw_changes(before: list[Judged], after: list[Judged], scope: str, second: str) -> None:
    st.subheader("Questions that changed", anchor=False)
    held = {name for one in after for name in one.scores}
    measure = st.selectbox(
        "By", [RIGHT, *(name for name in MEASURES if name in held)], key="evaluation-by",
        format_func=measured.measure_name, width=420, persist_state="session",
    )  # fmt: skip
    every = [
        change
        for change in changes(before, after, measure=measure)
        if change.after.record["scope"] == scope
    ]
    worse = [change for change in every if change.by < 0]
    better = [change for change in reversed(every) if change.by > 0]
    if not every:
        draw_notice("No question scores differently by this measure.")
    for label, icon, some in (
        ("Worse", ":material/trending_down:", worse),
        ("Better", ":material/trending_up:", better),
    ):
        if some:
            st.markdown(f"**{icon} {label}: {text.counted(len(some), 'question')}**")
        with st.container(gap="xxsmall"):
            for change in some[:_MOST_CHANGES]:
                _draw_change(change, measure, second)
        if len(some) > _MOST_CHANGES:
            st.caption(f"and {len(some) - _MOST_CHANGES:,} more")


def _draw_change(change: Change, measure: str, second: str) -> None:
    st.button(
        change_line(change, measure),
        key=f"change-{change.after.key}",
        type="tertiary",
        help="See it in the second run",
        on_click=show,
        args=("Questions",),
        kwargs={"run": second, "question": change.after.key, "wrong": False, "type": ""},
    )
