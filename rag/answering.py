"""Questions answered in threads of their own: no page that is drawn anew, left or closed ends one.

Each is known by a key of the caller's and holds what has come so far, so that any page can show it;
what had come is kept when it is stopped. Beside `rag.jobs`, whose jobs change the archive.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from corpus import DossierError
from rag.archive import Archive
from rag.conversations import Conversation, Conversations, Exchange, ExchangeState
from rag.errors import ConversationNotFound, JobStopped
from rag.jobs import Stoppable
from rag.spending import Spending, spending
from rag.types import Answer, Turn
from vectorstore import ArchiveBusy, Filters

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.engine import AnswerStream, Event

__all__ = ["Answering", "Answerings", "Asked", "Ended"]

_log = logging.getLogger("dossier.answering")

_GRACE = 1.0
"""Seconds within which a stopped answer must come to a point where it can stop."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and of what; see Archive.ask."""

    question: str
    history: Sequence[Answer | Turn] = ()
    filters: Filters | None = None
    by_days: bool = True


@dataclass(slots=True, eq=False)
class Answering(Stoppable):
    """A question on its way. Written by the thread that answers it, read by any.

    `pieces` are the checked sentences that have come, `provisional` what a language model has
    written since and nothing has checked. `answer` is the record: whole when it is done, of what
    had come where it was stopped, None before. `error` is one line where it failed.
    """

    key: str
    asked: Asked
    state: ExchangeState = "asked"
    pieces: tuple[str, ...] = ()
    provisional: str = ""
    answer: Answer | None = None
    error: str = ""
    _tell: "Ended | None" = None
    _spend: "Callable[[Spending], object]" = lambda _: None
    _stream: "AnswerStream | None" = None
    _told: Spending = field(default_factory=Spending)
    """What of its use has been counted, with its answer or without."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stop(self) -> None:
        """Stop it: at the next word of a language model, the next step of a search.

        One that comes to no such point within a second, because a server is silent, is left to
        itself: it has ended with what had come, and whatever comes later is dropped.
        """
        if not self._stop.is_set():
            self._stop.set()
            threading.Thread(target=self._leave, name=f"stop-{self.key}", daemon=True).start()

    def _leave(self) -> None:
        if not self.wait(_GRACE):
            self._finish("stopped")

    def _finish(self, state: ExchangeState, error: str = "") -> None:
        """Set down how it ended, unless that has been done."""
        with self._lock:
            if not self.active:
                return
            if self.pieces and self._stream:
                self.answer = self._stream.answer
                self._told = spending([self.answer])
            self.provisional, self.state, self.error = "", state, error
            try:
                if self._tell:
                    self._tell(self)
                self._settle()
            except Exception:  # noqa: BLE001  it has ended all the same
                _log.exception("what was answered could not be kept")
            finally:
                self._ended.set()

    def _settle(self) -> None:
        """Count what it has used and no answer of it says: none is kept where it said nothing."""
        used = spending([self._stream.answer] if self._stream else [])
        if (more := used - self._told).tokens > 0:
            self._told = used
            self._spend(more)

    def _close(self) -> None:
        """Its thread is done, and what it used is known, also where it was left to itself."""
        with self._lock:
            try:
                self._settle()
            except DossierError as error:
                _log.warning("what was used could not be counted: %s", error)


Ended = Callable[[Answering], None]


class Answerings:
    """The questions of all visitors of one archive, `at_once` of them at work, the rest in line.

    Those that ended are remembered until `keep` others have. Any thread may call it.
    """

    def __init__(self, *, at_once: int = 4, keep: int = 100) -> None:
        self._keep = keep
        self._places = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._known: dict[str, Answering] = {}

    def start(
        self,
        key: str,
        archive: Archive,
        question: str,
        *,
        history: Sequence[Answer | Turn] = (),
        filters: Filters | None = None,
        by_days: bool = True,
        ended: Ended | None = None,
        spend: Callable[[Spending], object] = lambda _: None,
    ) -> Answering:
        """Begin to answer; where that key is being answered already, that answering.

        `ended` is called by the answering thread at the end, whichever it was, before anybody
        sees it ended: what it stores is there when the page looks for it. (One that is left to
        itself ends in a thread of its own.) `spend` is told what was used and stands in no answer
        of it, there too.
        """
        with self._lock:
            known = self._known.pop(key, None)
            if known is not None and known.active:
                self._known[key] = known
                return known
            asked = Asked(question, copy(history), filters, by_days)
            begun = Answering(key, asked, _tell=ended, _spend=spend)
            self._known[key] = begun
            old = [name for name, one in self._known.items() if not one.active]
            for name in old[: max(0, len(old) - self._keep)]:
                del self._known[name]
        # A daemon: a server that is told to stop does not wait for a model's last word.
        threading.Thread(
            target=self._run, args=(begun, archive), name=f"answer-{key}", daemon=True
        ).start()
        return begun

    def answer(
        self,
        exchange: Exchange,
        *,
        talk: Conversation,
        archive: Archive,
        talks: Conversations,
        owner: str,
    ) -> Answering:
        """Begin to answer a question of a conversation; what comes of it is saved with it.

        Asked once more, whoever asks, the answering that there was: a stored question is answered
        once. Raises ConversationNotFound, and what saving raises.
        """
        if known := self.get(exchange.id):
            return known
        talks.save(replace(exchange, state="running"), owner=owner)

        def spend(used: Spending) -> None:
            with suppress(ConversationNotFound):  # it is gone, and its budget with it
                talks.spend(talk.id, owner=owner, used=used)

        def save(it: Answering) -> None:
            text = "".join(it.pieces)
            ended = replace(exchange, state=it.state, text=text, answer=it.answer, error=it.error)
            try:
                try:
                    talks.save(ended, owner=owner)
                except ArchiveBusy:  # else the whole answer is lost
                    talks.save(ended, owner=owner)
            except ConversationNotFound:
                _log.info("the question was dropped before it was answered")
                if it.answer:
                    spend(spending([it.answer]))

        return self.start(
            exchange.id,
            archive,
            exchange.question,
            history=talk.earlier(exchange.id),
            filters=exchange.filters,
            by_days=exchange.by_days,
            ended=save,
            spend=spend,
        )

    def get(self, key: str) -> Answering | None:
        """The one of that key, None where it is not known (any more)."""
        with self._lock:
            return self._known.get(key)

    @property
    def active(self) -> int:
        """How many wait or are at work."""
        with self._lock:
            return sum(one.active for one in self._known.values())

    def _run(self, it: Answering, archive: Archive) -> None:
        try:
            with self._place(it):
                _read(it, archive)
            it._finish("done")
        except JobStopped:
            it._finish("stopped")
        except DossierError as error:
            _log.warning("not answered: %s", error, exc_info=True)
            it._finish("failed", str(error))
        except Exception:  # noqa: BLE001  whatever it is, somebody waits to hear of it
            _log.exception("not answered")
            it._finish("failed", "It met a fault of its own; the log has the details.")
        finally:
            it._close()

    @contextmanager
    def _place(self, it: Answering) -> Iterator[None]:
        while not self._places.acquire(timeout=0.1):
            it.checkpoint()
        try:
            yield
        finally:
            self._places.release()


def _read(it: Answering, archive: Archive) -> None:
    """Read the stream to its end, or to where it is stopped."""
    it.checkpoint()
    it.state = "running"
    asked = it.asked
    it._stream = archive.stream(
        asked.question, history=asked.history, filters=asked.filters, by_days=asked.by_days
    )
    with closing(cast("Generator[Event]", it._stream.events())) as events:
        for event in events:
            it.checkpoint()
            if event.kind == "provisional":
                it.provisional += event.text
            else:
                space = " " if it.pieces else ""
                it.provisional, it.pieces = "", (*it.pieces, space + event.text)
