"""The runs of an archive: begun, watched, chosen from, read once."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._draw import draw_notice
from app_pages._measured import run_label, scope_name
from app_pages._running import Asking, Done, Plan, ask_questions, run_line, runs_folder
from evaluation.kept import KeptRun, kept_runs
from evaluation.outcomes import Judged, judged
from evaluation.runs import UNSAID, Run, load_run
from rag.jobs import Job, Jobs

__all__ = [
    "VIEW",
    "begin",
    "choose_run",
    "choose_scope",
    "draw_runs_at_work",
    "finished_runs",
    "read_run",
    "run_jobs",
    "show",
]

_log = logging.getLogger("dossier.pages")

VIEW = "evaluation-view"
_RUN = "evaluation-run"
_SCOPE = "evaluation-scope"
_BEGAN = "evaluation-began"
_ICONS = {
    "waiting": ":material/hourglass_empty:",
    "running": ":material/sync:",
    "done": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "stopped": ":material/block:",
}


def run_jobs(desk: Desk) -> Jobs:
    """The runs at work on an archive, whoever began them; apart from what changes its articles."""
    return _jobs(str(desk.settings.home.resolve()) if desk.settings else "")


@st.cache_resource(show_spinner=False)
def _jobs(home: str) -> Jobs:  # noqa: ARG001
    return Jobs(keep=3)


def begin(desk: Desk, plan: Plan) -> None:
    """Start a run, unless one is at work."""
    jobs = run_jobs(desk)
    if desk.archive and not jobs.active:
        # Once: its plan may hold the key of a visitor, and everybody sees the job.
        job = jobs.start(
            ask_questions(desk.archive, plan),
            kind="run",
            title=f"Asking the questions of {plan.questions.name}",
            once=True,
        )
        st.session_state[_BEGAN] = (job.id, plan)


def _begun(job: Job) -> Plan | None:
    """The plan of a run that this visitor began last; of anybody else's none."""
    number, plan = st.session_state.get(_BEGAN, (0, None))
    return plan if number == job.id else None


def _again(desk: Desk, job: Job, plan: Plan) -> None:
    """Begin it once more, with the addresses and keys that this visitor has now."""
    assert desk.settings
    run_jobs(desk).forget(job.id)
    now = {name: getattr(desk.settings, name) for name in UNSAID}
    begin(desk, replace(plan, settings=plan.settings.model_copy(update=now)))


def show(view: str, **state: object) -> None:
    """Go to another part of the page, with what is chosen there."""
    st.session_state[VIEW] = view
    for name, value in state.items():
        st.session_state[f"evaluation-{name}"] = value


def draw_runs_at_work(desk: Desk) -> None:
    """Runs at work and those that ended, until they are dismissed."""
    jobs = run_jobs(desk)
    if not jobs.all():
        return
    working = jobs.active

    @st.fragment(run_every=1.0 if working else None)
    def at_work() -> None:
        for job in jobs.all():
            _draw_job(desk, job)
        if working != jobs.active:
            st.rerun()  # there is a run more to show, or one to watch

    at_work()


def _draw_job(desk: Desk, job: Job) -> None:
    with st.container(border=True, key=f"run-{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{_ICONS[job.state]} **{text.escape(job.title)}**", width="stretch")
            if job.active:
                st.button("Stop", key=f"stop-{job.id}", on_click=job.stop, disabled=job.stopping)
            else:
                _draw_ended(desk, job)
        if isinstance(job.progress, Asking) and job.state == "running":
            st.progress(job.progress.share)
        st.markdown(run_line(job))


def _draw_ended(desk: Desk, job: Job) -> None:
    jobs = run_jobs(desk)
    if isinstance(job.result, Done):
        if st.button(
            "See the figures", key=f"see-{job.id}", on_click=show, args=("Figures",),
            kwargs={"run": job.result.folder.name},
        ):  # fmt: skip
            st.rerun()  # the page: a click here draws this box alone
    elif (plan := _begun(job)) and not jobs.active:
        label = "Go on" if job.state == "stopped" else "Try again"
        st.button(label, key=f"again-{job.id}", on_click=_again, args=(desk, job, plan))
    st.button(
        "Dismiss", key=f"done-{job.id}", type="tertiary", on_click=jobs.forget, args=(job.id,),
        help="Take this off the page",
    )  # fmt: skip


# Choosing and reading


def finished_runs(home: Path) -> list[KeptRun]:
    """The runs that have figures, the newest first."""
    return [run for run in kept_runs(runs_folder(home)) if run.finished]


def choose_run(runs: Sequence[KeptRun], *, label: str = "Run", key: str = _RUN) -> KeptRun:
    """A run out of these, the newest at first."""
    known = {run.folder.name: run for run in runs}
    if st.session_state.get(key) not in known:
        st.session_state[key] = next(iter(known))
    name = st.selectbox(
        label, list(known), key=key, format_func=lambda name: run_label(known[name]),
        persist_state="session",
    )  # fmt: skip
    return known[name]


def choose_scope(run: Run) -> str:
    """Over which articles, where the questions were asked over two sets of them."""
    scopes = list(run.summary["scopes"])
    if st.session_state.get(_SCOPE) not in scopes:
        st.session_state[_SCOPE] = scopes[0]
    if len(scopes) == 1:
        return str(scopes[0])
    scope: str = st.selectbox(
        "Over", scopes, key=_SCOPE, format_func=scope_name, persist_state="session"
    )
    return scope


def read_run(kept: KeptRun) -> tuple[Run, list[Judged]] | None:
    """A run with every question judged; None, with a word to the reader, where it is damaged."""
    try:
        return _read(str(kept.folder), kept.when.timestamp())
    except Exception as error:  # noqa: BLE001  a folder that anybody may have written in
        _log.warning("run %s: %s", kept.folder, error, exc_info=True)
        draw_notice(f"The run in {kept.folder} is damaged and cannot be shown.")
        return None


@st.cache_resource(max_entries=6, show_spinner="Reading the run …")
def _read(folder: str, when: float) -> tuple[Run, list[Judged]]:  # noqa: ARG001
    run = load_run(Path(folder))
    return run, judged(run)
