"""Work in the background."""

import threading
from collections.abc import Iterator

import pytest

from rag import ArchiveBusy
from rag.jobs import Job, Jobs


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs(keep=2)
    yield made
    for job in made.all():
        job.stop()
        assert job.wait(60)


def test_a_job_runs_and_keeps_its_result(jobs: Jobs) -> None:
    def work(job: Job) -> int:
        job.progress = "half"
        return 7

    job = jobs.start(work, kind="count", title="Counting")
    assert job.wait(60)
    assert (job.state, job.result, job.progress, job.error) == ("done", 7, "half", "")
    assert not jobs.active
    assert jobs.all() == [job]


def test_errors_are_told_in_their_words_and_faults_are_logged(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    def busy(_: Job) -> None:
        raise ArchiveBusy("it is being written by another process")

    def fault(_: Job) -> None:
        raise ZeroDivisionError("secret detail")

    first = jobs.start(busy, kind="x", title="First")
    assert first.wait(60)
    second = jobs.start(fault, kind="x", title="Second")
    assert second.wait(60)
    assert (first.state, first.error) == ("failed", "it is being written by another process")
    assert second.state == "failed"
    assert "secret detail" not in second.error
    assert "secret detail" in caplog.text


def test_writers_take_turns_and_readers_do_not_wait(jobs: Jobs) -> None:
    begun, go, order = threading.Event(), threading.Event(), []

    def first(_: Job) -> None:
        begun.set()
        go.wait(60)
        order.append("first")

    one = jobs.start(first, kind="x", title="One")
    assert begun.wait(60)  # else the second one's thread may be quicker
    two = jobs.start(lambda _: order.append("second"), kind="x", title="Two")
    look = jobs.start(lambda _: order.append("look"), kind="x", title="Look", writes=False)
    assert look.wait(60)
    assert (one.active, two.state) == (True, "waiting")
    go.set()
    assert two.wait(60)
    assert order == ["look", "first", "second"]


def test_a_job_is_stopped_while_it_waits_and_while_it_runs(jobs: Jobs) -> None:
    begun, go = threading.Event(), threading.Event()

    def long(job: Job) -> None:
        begun.set()
        go.wait(60)
        job.checkpoint()

    running = jobs.start(long, kind="x", title="Long")
    assert begun.wait(60)
    waiting = jobs.start(long, kind="x", title="Next")
    waiting.stop()
    assert waiting.wait(60)
    assert waiting.state == "stopped"
    running.stop()
    assert running.stopping
    go.set()
    assert running.wait(60)
    assert running.state == "stopped"
    # The turn is free again.
    assert jobs.start(lambda _: None, kind="x", title="After").wait(60)


def test_what_failed_is_tried_again(jobs: Jobs) -> None:
    tries = []

    def work(_: Job) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ArchiveBusy("busy")

    job = jobs.start(work, kind="x", title="Try")
    assert job.wait(60)
    jobs.again(job)
    [other] = jobs.all()
    assert other.wait(60)
    assert other.state == "done"


def test_the_last_ones_are_remembered_until_they_are_forgotten(jobs: Jobs) -> None:
    for number in range(5):
        assert jobs.start(lambda _: None, kind="x", title=str(number)).wait(60)
    assert [job.title for job in jobs.all()] == ["4", "3", "2"]
    jobs.forget(jobs.all()[0].id)
    assert [job.title for job in jobs.all()] == ["3", "2"]
