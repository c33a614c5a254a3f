"""Asking a set of questions in the background: what is asked, how far it is, what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app_pages._measured import SYSTEMS
from app_pages._text import counted, escape
from evaluation.kept import KeptRun, kept_runs
from evaluation.report import write_report
from evaluation.runs import UNSAID, run_dataset
from evaluation.sets import QuestionSet
from rag import Archive, Settings, load_settings
from rag.jobs import Job

__all__ = [
    "Asking",
    "Done",
    "Plan",
    "ask_questions",
    "plan_of",
    "questions_folder",
    "run_line",
    "runs_folder",
]

_ARCHIVES = ".archives"


def questions_folder(home: Path) -> Path:
    """Where an archive's sets of questions are."""
    return home / "questions"


def runs_folder(home: Path) -> Path:
    """Where its runs are."""
    return home / "runs"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked: a set, of its own articles or of the archive, and how."""

    questions: QuestionSet
    own_articles: bool
    system: str
    settings: Settings


@dataclass(slots=True)
class Asking:
    """How far a run is."""

    stage: str = "loading"
    done: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done / self.of) if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run, and what it did in one sentence."""

    folder: Path
    said: str


def ask_questions(archive: Archive, plan: Plan) -> Callable[[Job], Done]:
    """Work that asks the questions of a plan; begun again, it goes on where it was."""
    runs = runs_folder(archive.home)

    def work(job: Job) -> Done:
        asking = Asking()
        job.progress = asking

        def told(stage: str, done: int, of: int) -> None:
            asking.stage, asking.done, asking.of = stage, done, of
            job.checkpoint()

        dataset = plan.questions.load(own_articles=plan.own_articles)
        finished = {run.folder: run.asked for run in kept_runs(runs) if run.finished}
        settings = plan.settings
        if plan.own_articles:
            settings = settings.model_copy(update={"chroma_url": ""})
        run = run_dataset(
            dataset,
            settings,
            home=runs / _ARCHIVES,
            runs=runs,
            archive=None if plan.own_articles else archive,
            system=plan.system,
            report=told,
            step=lambda done, of: told("asking", done, of),
        )
        write_report(run, plots=False)
        said = f"{counted(len(run.records), 'question')} asked."
        if finished.get(run.folder) == len(run.records):
            said = (
                "This run was there already: nothing has changed since, neither questions nor"
                " articles, settings or code."
            )
        return Done(run.folder, said)

    return work


def plan_of(run: KeptRun, sets: list[QuestionSet], settings: Settings) -> Plan | None:
    """How to go on with a run that was stopped; None where its questions are gone.

    Addresses and keys are those of `settings`: no key goes to an address that a run names.

    Raises SettingsError where it was run under settings that are no longer known.
    """
    own_articles = run.config.get("over") != "archive"
    named = [one for one in sets if one.name == run.config["data"]]
    if not named or run.config["system"] not in SYSTEMS or (own_articles > named[0].has_articles):
        return None
    given: dict[str, Any] = dict(run.config["settings"])
    held = load_settings(**{k: v for k, v in given.items() if k not in UNSAID})
    kept = {name: getattr(settings, name) for name in UNSAID}
    asked = held.model_copy(update=kept)
    return Plan(named[0], own_articles, str(run.config["system"]), asked)


def run_line(job: Job) -> str:
    """How a run stands, in one sentence."""
    asking = job.progress if isinstance(job.progress, Asking) else None
    if job.stopping:
        return "Stopping …" if asking is None or not asking.of else "Stopping after this question …"
    if job.state == "waiting":
        return "Waits until the run before it has ended."
    if job.state == "running":
        return _running(asking)
    if job.state == "stopped":
        if asking is None or asking.stage != "asking":
            return "Stopped before the first question."
        far = f"{asking.done:,} of {counted(asking.of, 'question')}"
        return f"Stopped after {far}. What was asked is kept."
    return escape(job.error if job.state == "failed" else job.result.said)


def _running(asking: Asking | None) -> str:
    if asking is None or asking.stage == "loading":
        return "Loading the models …"
    if asking.stage == "reading":
        return f"{asking.done:,} of {counted(asking.of, 'article')} read …"
    if asking.done == asking.of:
        return "Computing the figures …"
    return f"{asking.done:,} of {counted(asking.of, 'question')} asked …"
