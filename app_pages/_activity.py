"""The jobs of the archive on the page: how far they are, what came of them."""

import streamlit as st

from app_pages import _text as text
from app_pages._archive import Desk
from app_pages._draw import draw_notice
from app_pages._library import file_line, finding_line, job_line
from app_pages._work import Outcome, Reading
from rag.jobs import Job, Jobs

__all__ = ["draw_activity", "jobs_of"]

_MOST = 50


def jobs_of(desk: Desk) -> Jobs:
    """The jobs of the archive, whoever began them."""
    home = desk.settings.home.resolve() if desk.settings else ""
    return _jobs(str(home))


@st.cache_resource(show_spinner=False)
def _jobs(home: str) -> Jobs:  # noqa: ARG001
    return Jobs()


def draw_activity(desk: Desk) -> None:
    """All jobs, the newest first; looked at anew each second while one is at work."""
    jobs = jobs_of(desk)
    if not jobs.all():
        return
    working = jobs.active

    @st.fragment(run_every=1.0 if working else None)
    def activity() -> None:
        for job in jobs.all():
            _draw_job(jobs, job)
        if working != jobs.active:
            st.rerun()  # what the page shows has changed, or there is a job to watch

    activity()


def _draw_job(jobs: Jobs, job: Job) -> None:
    with st.container(border=True, key=f"job-{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{_icon(job)} **{text.escape(job.title)}**", width="stretch")
            if job.active:
                st.button("Stop", key=f"stop-{job.id}", on_click=job.stop, disabled=job.stopping)
            else:
                if job.state == "failed":
                    st.button("Try again", key=f"again-{job.id}", on_click=jobs.again, args=(job,))
                st.button(
                    "Dismiss", key=f"done-{job.id}", type="tertiary", on_click=jobs.forget,
                    args=(job.id,), help="Take this off the page",
                )  # fmt: skip
        if isinstance(job.progress, Reading) and job.state == "running":
            st.progress(job.progress.share)
        st.markdown(job_line(job))
        _draw_details(job)


def _icon(job: Job) -> str:
    if isinstance(job.result, Outcome) and not job.result.well:
        return ":red[:material/error:]"
    return {
        "waiting": ":material/hourglass_empty:",
        "running": ":material/sync:",
        "done": ":green[:material/check_circle:]",
        "failed": ":red[:material/error:]",
        "stopped": ":material/block:",
    }[job.state]


def _draw_details(job: Job) -> None:
    outcome = job.result if isinstance(job.result, Outcome) else None
    reading = job.progress if isinstance(job.progress, Reading) else None
    read = list(reading.lines.items()) if reading else []
    failed = dict(outcome.failed) if outcome else {}
    # What was not read is told first, and whole.
    lines = [file_line(name, reason) for name, reason in failed.items()]
    lines += [file_line(name, state) for name, state in read if name not in failed]
    for line in lines[:_MOST]:
        st.markdown(line)
    if len(lines) > _MOST:
        draw_notice(f"and {text.counted(len(lines) - _MOST, 'more file')}")
    for finding in outcome.findings if outcome else ():
        st.markdown(finding_line(finding))
        if finding.mend:
            st.code(finding.mend, language=None, wrap_lines=True)
