"""Questions answered in the background."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asking import an_answer

from rag import (
    Answer,
    Archive,
    ArchiveBusy,
    ArchiveDamaged,
    Settings,
    Spending,
    Usage,
    spending,
)
from rag.answering import Answering, Answerings
from rag.conversations import Conversations, Exchange
from rag.embedder import OnnxEmbedder
from rag.engine import Event

OWNER = "me"
USED = Usage(prompt_tokens=700, completion_tokens=20)
Script = Callable[[], Iterator[Event]]


class Scripted(Archive):
    """An archive whose answers a test writes."""

    def __init__(self, home: Path, script: Script) -> None:
        super().__init__(Settings(_env_file=None, home=home, llm="off", reader="off"))
        self.script = script
        self.asked: list[str] = []

    def stream(self, question: str, **given: object) -> "Stream":  # type: ignore[override]
        self.asked.append(question)
        self.history = given["history"]
        return Stream(self.script)


class Stream:
    """What AnswerStream gives."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.closed = False

    def events(self) -> Iterator[Event]:
        try:
            yield from self.script()
        finally:
            self.closed = True

    @property
    def answer(self) -> Answer:
        return an_answer("One.", complete=self.closed, usage=USED if self.closed else Usage())


@pytest.fixture
def answerings() -> Iterator[Answerings]:
    made = Answerings(at_once=2)
    yield made
    for it in list(made._known.values()):
        it.stop()
        assert it.wait(60)


def two() -> Iterator[Event]:
    yield Event("provisional", "Tw")
    yield Event("sentence", "One. [1]")
    yield Event("sentence", "Two. [2]")


def test_an_answer_is_made_and_told_before_it_has_ended(
    answerings: Answerings, tmp_path: Path
) -> None:
    told: list[tuple[str, bool]] = []
    it = answerings.start(
        "a", Scripted(tmp_path, two), "Q?", ended=lambda it: told.append((it.state, it.active))
    )
    assert it.wait(60)
    assert (it.state, it.pieces, it.provisional) == ("done", ("One. [1]", " Two. [2]"), "")
    assert it.answer
    assert told == [("done", True)]
    assert answerings.get("a") is it
    assert not answerings.active


def test_stopping_keeps_what_had_come(
    answerings: Answerings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.answering._GRACE", 60.0)  # it is never left to itself here
    here, go = threading.Event(), threading.Event()

    def slow() -> Iterator[Event]:
        yield Event("sentence", "One. [1]")
        yield Event("provisional", "Tw")
        here.set()
        go.wait(60)
        yield Event("sentence", "Two. [2]")

    it = answerings.start("a", Scripted(tmp_path, slow), "Q?")
    assert here.wait(60)
    assert (it.state, it.provisional) == ("running", "Tw")
    it.stop()
    assert it.stopping
    go.set()
    assert it.wait(60)
    assert (it.state, it.pieces, it.provisional, it.error) == ("stopped", ("One. [1]",), "", "")
    assert it.answer
    assert it.answer.complete  # the stand-in's word for: the stream was closed first


def test_a_silent_server_does_not_hold_up_a_stop(answerings: Answerings, tmp_path: Path) -> None:
    here, go = threading.Event(), threading.Event()

    def silent() -> Iterator[Event]:
        yield Event("sentence", "One. [1]")
        here.set()
        go.wait(120)
        yield Event("sentence", "Too late. [2]")

    told: list[str] = []
    it = answerings.start(
        "a", Scripted(tmp_path, silent), "Q?", ended=lambda it: told.append(it.state)
    )
    assert here.wait(60)
    it.stop()
    assert it.wait(60)
    go.set()
    assert (it.state, it.pieces) == ("stopped", ("One. [1]",))
    assert it.answer
    for thread in threading.enumerate():
        if thread.name == "answer-a":
            thread.join(60)
    assert (it.state, it.pieces, told) == ("stopped", ("One. [1]",), ["stopped"])


def test_errors_are_told_in_their_words_and_faults_are_logged(
    answerings: Answerings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged() -> Iterator[Event]:
        raise ArchiveDamaged("chroma/ cannot be read")
        yield

    def fault() -> Iterator[Event]:
        raise ZeroDivisionError("secret detail")
        yield

    first = answerings.start("a", Scripted(tmp_path, damaged), "Q?")
    second = answerings.start("b", Scripted(tmp_path, fault), "Q?")
    assert first.wait(60)
    assert second.wait(60)
    assert (first.state, first.error, first.answer) == ("failed", "chroma/ cannot be read", None)
    assert second.state == "failed"
    assert "secret detail" not in second.error
    assert "secret detail" in caplog.text


def test_only_some_are_at_work_at_once_and_who_waits_can_be_stopped(
    answerings: Answerings, tmp_path: Path
) -> None:
    full, go, most, at_work = threading.Event(), threading.Event(), [0], [0]
    lock = threading.Lock()

    def counted() -> Iterator[Event]:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            if at_work[0] == 2:
                full.set()
        go.wait(60)
        with lock:
            at_work[0] -= 1
        yield Event("sentence", "One. [1]")

    archive = Scripted(tmp_path, counted)
    all_of_them = [answerings.start(str(n), archive, "Q?") for n in range(10)]
    assert full.wait(60)
    waiting = next(it for it in reversed(all_of_them) if it.state == "asked")
    waiting.stop()
    assert waiting.wait(60)
    assert (waiting.state, waiting.answer) == ("stopped", None)
    go.set()
    assert all(it.wait(60) for it in all_of_them)
    assert [it.state for it in all_of_them].count("done") == 9
    assert most == [2]


def test_the_same_key_is_answered_once(answerings: Answerings, tmp_path: Path) -> None:
    go = threading.Event()

    def slow() -> Iterator[Event]:
        go.wait(60)
        yield Event("sentence", "One. [1]")

    archive = Scripted(tmp_path, slow)
    first = answerings.start("a", archive, "Q?")
    assert answerings.start("a", archive, "Q?") is first
    go.set()
    assert first.wait(60)
    assert archive.asked == ["Q?"]


@pytest.fixture
def talks(tmp_path: Path) -> Iterator[Conversations]:
    with_file = Conversations(tmp_path / "conversations.db")
    yield with_file
    with_file.close()


def test_what_is_answered_is_kept_with_its_question(
    answerings: Answerings, talks: Conversations, tmp_path: Path
) -> None:
    talk = talks.create(OWNER)
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    archive = Scripted(tmp_path, two)

    def begin() -> Answering:
        return answerings.answer(exchange, talk=talk, archive=archive, talks=talks, owner=OWNER)

    it = begin()
    assert it.wait(60)
    [kept] = talks.read(talk.id, owner=OWNER).exchanges
    assert (kept.state, kept.text, kept.answer) == ("done", "One. [1] Two. [2]", it.answer)
    # Another tab that had read the question before it was answered does not ask it again.
    assert begin() is it
    assert archive.asked == ["Q?"]


def test_a_question_that_was_dropped_meanwhile_stays_dropped(
    answerings: Answerings, talks: Conversations, tmp_path: Path
) -> None:
    go = threading.Event()

    def slow() -> Iterator[Event]:
        go.wait(60)
        yield Event("sentence", "One. [1]")

    talk = talks.create(OWNER)
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    it = answerings.answer(
        exchange, talk=talk, archive=Scripted(tmp_path, slow), talks=talks, owner=OWNER
    )
    talks.cut(exchange.id, owner=OWNER)
    go.set()
    assert it.wait(60)
    assert it.state == "done"
    assert talks.read(talk.id, owner=OWNER).exchanges == ()


def used_in(talks: Conversations, ident: str) -> Usage:
    return spending(talks.read(ident, owner=OWNER).earlier()).usage


@pytest.mark.parametrize("left_to_itself", [False, True])
def test_what_is_stopped_before_its_first_sentence_is_paid_for(
    answerings: Answerings,
    talks: Conversations,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    left_to_itself: bool,
) -> None:
    monkeypatch.setattr("rag.answering._GRACE", 0.05 if left_to_itself else 60.0)
    here, go = threading.Event(), threading.Event()

    def slow() -> Iterator[Event]:
        yield Event("provisional", "On")
        here.set()
        go.wait(60)
        yield Event("provisional", "e. ")

    talk = talks.create(OWNER)
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    it = answerings.answer(
        exchange, talk=talk, archive=Scripted(tmp_path, slow), talks=talks, owner=OWNER
    )
    assert here.wait(60)
    it.stop()
    if left_to_itself:
        assert it.wait(60)
        assert used_in(talks, talk.id) == Usage()  # nobody knows yet
    go.set()
    assert it.wait(60)
    for thread in threading.enumerate():
        if thread.name == f"answer-{exchange.id}":
            thread.join(60)
    [kept] = talks.read(talk.id, owner=OWNER).exchanges
    assert (kept.state, kept.answer) == ("stopped", None)
    assert used_in(talks, talk.id) == USED


@pytest.mark.parametrize("script", [two, lambda: iter(())])
def test_what_is_dropped_while_it_is_answered_is_paid_for(
    answerings: Answerings, talks: Conversations, tmp_path: Path, script: Script
) -> None:
    go = threading.Event()

    def gated() -> Iterator[Event]:
        go.wait(60)
        yield from script()

    talk = talks.create(OWNER)
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    it = answerings.answer(
        exchange, talk=talk, archive=Scripted(tmp_path, gated), talks=talks, owner=OWNER
    )
    talks.cut(exchange.id, owner=OWNER)
    go.set()
    assert it.wait(60)
    assert used_in(talks, talk.id) == USED
    assert talks.read(talk.id, owner=OWNER).exchanges == ()


def test_what_was_dropped_before_stands_against_the_budget(
    answerings: Answerings, talks: Conversations, tmp_path: Path
) -> None:
    talk = talks.create(OWNER)
    talks.spend(talk.id, owner=OWNER, used=Spending(answers=1, usage=USED))
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    archive = Scripted(tmp_path, two)
    talk = talks.read(talk.id, owner=OWNER)
    it = answerings.answer(exchange, talk=talk, archive=archive, talks=talks, owner=OWNER)
    assert it.wait(60)
    assert spending(archive.history).usage == USED


def test_an_archive_that_is_written_meanwhile_disturbs_nothing(
    answerings: Answerings, tmp_path: Path, sample: Path, embedder: OnnxEmbedder
) -> None:
    class Gated(Archive):
        first, go = threading.Event(), threading.Event()

        def stream(self, question: str, **given: object):  # type: ignore[override,no-untyped-def]
            whole = super().stream(question, **given)  # type: ignore[arg-type]
            events = whole.events

            def gated() -> Iterator[Event]:
                for event in events():
                    yield event
                    self.first.set()
                    self.go.wait(120)

            whole.events = gated  # type: ignore[method-assign]
            return whole

    settings = Settings(_env_file=None, home=tmp_path / "home", llm="off", reader="off")
    with Gated(settings, embedder=embedder) as archive:
        archive.ingest(sample / "2015-11-18-schengen-tusk.md")
        it = answerings.start("a", archive, "What did Tusk say about Schengen?")
        assert archive.first.wait(120)
        archive.ingest(sample)
        archive.ingest(sample / "2015-11-18-schengen-tusk.md")
        archive.go.set()
        assert it.wait(120)
        assert it.state == "done", it.error
        assert it.answer
        assert all(found.passed for found in archive.verify(it.answer))


def test_an_answer_is_kept_though_the_file_is_busy_once(
    answerings: Answerings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talks = Conversations(tmp_path / "conversations.db")
    talk = talks.create(OWNER)
    exchange = talks.add(talk.id, owner=OWNER, question="Q?")
    save, refused = Conversations.save, []

    def busy(self: Conversations, it: Exchange, *, owner: str) -> None:
        if it.state == "done" and not refused:
            refused.append(it)
            raise ArchiveBusy("busy")
        save(self, it, owner=owner)

    monkeypatch.setattr(Conversations, "save", busy)
    archive = Scripted(tmp_path, two)
    begun = answerings.answer(exchange, talk=talk, archive=archive, talks=talks, owner=OWNER)
    assert begun.wait(60)
    [kept] = talks.read(talk.id, owner=OWNER).exchanges
    assert (kept.state, kept.text) == ("done", "One. [1] Two. [2]")
    talks.close()
