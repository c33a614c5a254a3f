"""Work that goes on while a page is drawn anew, left or closed: a thread for each job.

Jobs that write wait for their turn, so that two visitors' uploads come one after the other;
another process that writes is ArchiveBusy, as for any writer.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from corpus import DossierError
from rag.errors import JobStopped

__all__ = ["Job", "JobState", "Jobs", "Stoppable"]

_log = logging.getLogger("dossier.jobs")

JobState = Literal["waiting", "running", "done", "failed", "stopped"]
Work = Callable[["Job"], Any]


@dataclass(slots=True, eq=False, kw_only=True)
class Stoppable:
    """What goes on in a thread of its own until it has ended or is asked to stop."""

    _stop: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Whether it has not ended yet."""
        return not self._ended.is_set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self.active and self._stop.is_set()

    def stop(self) -> None:
        """Ask it to stop at the next point where it can."""
        self._stop.set()

    def checkpoint(self) -> None:
        """Called by the work where it may be stopped; raises JobStopped if it is to."""
        if self._stop.is_set():
            raise JobStopped("stopped")

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end; whether it has ended."""
        return self._ended.wait(seconds)


@dataclass(slots=True, eq=False)
class Job(Stoppable):
    """A piece of work and how far it is. Written by its own thread, read by any.

    `result` is what the work returned, `error` one line fit to show where it failed. `progress`
    is whatever the work puts there. `work` is None where it is not to be done again and has ended.
    """

    id: int
    kind: str
    title: str
    work: "Work | None"
    state: JobState = "waiting"
    progress: Any = None
    result: Any = None
    error: str = ""
    began: float = 0.0
    seconds: float = 0.0


class Jobs:
    """The jobs of one archive, of which the last `keep` that ended are remembered.

    Any thread may call it.
    """

    def __init__(self, *, keep: int = 10) -> None:
        self._keep = keep
        self._jobs: list[Job] = []
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def start(
        self, work: Work, *, kind: str, title: str, writes: bool = True, once: bool = False
    ) -> Job:
        """Begin a job, or queue it behind another one that writes.

        With `once` its work, and what that holds, is let go when it has ended.
        """
        job = Job(next(self._numbers), kind, title, work)
        with self._lock:
            self._jobs.append(job)
            ended = [one for one in self._jobs if not one.active]
            for one in ended[: max(0, len(ended) - self._keep)]:
                self._jobs.remove(one)
        # A daemon: a server that is told to stop does not wait. A writer that is cut off leaves
        # the archive as it was.
        threading.Thread(
            target=self._run, args=(job, work, writes, once), name=f"job-{job.id}", daemon=True
        ).start()
        return job

    def all(self) -> list[Job]:
        """Every job that is remembered, the newest first."""
        with self._lock:
            return self._jobs[::-1]

    @property
    def active(self) -> bool:
        """Whether any job waits or runs."""
        return any(job.active for job in self.all())

    def forget(self, job_id: int) -> None:
        """Forget a job that has ended."""
        with self._lock:
            self._jobs = [job for job in self._jobs if job.id != job_id or job.active]

    def again(self, job: Job) -> None:
        """The same once more, in place of one that has ended and was not for once."""
        if job.work is None:
            raise ValueError(f"{job.title}: its work is gone")
        self.forget(job.id)
        self.start(job.work, kind=job.kind, title=job.title)

    def _run(self, job: Job, work: Work, writes: bool, once: bool) -> None:
        try:
            if writes:
                while not self._turn.acquire(timeout=0.2):
                    job.checkpoint()
            try:
                self._work(job, work)
            finally:
                if writes:
                    self._turn.release()
        except JobStopped:
            job.state = "stopped"
        finally:
            if once:
                job.work = None
            job._ended.set()

    def _work(self, job: Job, work: Work) -> None:
        job.began = time.monotonic()
        job.state = "running"
        try:
            job.checkpoint()
            job.result = work(job)
            state: JobState = "done"
        except JobStopped:
            state = "stopped"
        except DossierError as error:
            _log.warning("%s: %s", job.title, error)
            state, job.error = "failed", str(error)
        except Exception:  # noqa: BLE001  whatever it is, somebody waits to hear of it
            _log.exception("%s", job.title)
            state, job.error = "failed", "It met a fault of its own; the log has the details."
        job.seconds = time.monotonic() - job.began
        job.state = state
