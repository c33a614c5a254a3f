"""The records of conversations, and how they come from the rows of conversations.db."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from rag.errors import BadRecord
from rag.escaping import one_line
from rag.records import as_record
from rag.spending import Earlier, Spending
from rag.types import Answer, Record
from vectorstore import ArchiveDamaged, Filters

__all__ = [
    "EXCHANGE_COLUMNS",
    "LISTED_COLUMNS",
    "Conversation",
    "Exchange",
    "ExchangeState",
    "Listed",
    "RatedAnswer",
    "Rating",
    "Verdict",
    "as_exchange",
    "as_listed",
    "damaged",
    "new_id",
    "title_of",
]

ExchangeState = Literal["asked", "running", "done", "stopped", "failed"]
Verdict = Literal["up", "down"]

LISTED_COLUMNS = """
    c.id, c.title, c.created, c.changed,
    (SELECT count(*) FROM exchanges WHERE conversation = c.number)
"""
EXCHANGE_COLUMNS = """
    e.id, e.question, e.state, e.text, e.error, e.scope, e.by_days, e.asked, e.changed, e.answer,
    e.filters, e.verdict, e.reason, e.rated
"""
_TITLE = 60
"""Characters of a title that a question gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Record):
    """What somebody thinks of an answer, why, and since when."""

    verdict: Verdict
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(Record):
    """A question and what came of it.

    `asked` waits for its answer; `stopped` and `failed` keep in `text` what had come (markers
    included) and in `error` why. `answer` is the record, None until there is one. `scope` names
    the articles that were asked, where `filters` leave some out; `by_days` says whether words
    about publication narrow it. `began` is when it was asked, `changed` when it was last saved.
    """

    id: str
    question: str
    state: ExchangeState
    text: str
    answer: Answer | None
    error: str
    scope: str
    filters: Filters | None
    by_days: bool
    began: datetime
    changed: datetime
    rating: Rating | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Record):
    """A conversation with its exchanges, oldest first. Times are UTC.

    `dropped` is what was used beside the answers that are here: by those that were dropped to ask
    otherwise, and by what was stopped before it said anything. It never becomes less.
    """

    id: str
    title: str
    created: datetime
    changed: datetime
    exchanges: tuple[Exchange, ...] = ()
    dropped: Spending = field(default_factory=Spending)

    def earlier(self, exchange_id: str = "") -> Earlier:
        """The answers before an exchange, for `history`; all of them where none is named."""
        found = Earlier(dropped=self.dropped)
        for exchange in self.exchanges:
            if exchange.id == exchange_id:
                break
            if exchange.answer is not None:
                found.append(exchange.answer)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Record):
    """A conversation in a list. `title` is empty until a question was asked or one was given."""

    id: str
    title: str
    created: datetime
    changed: datetime
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedAnswer(Record):
    """An answer that was rated, with what was asked; the record is None where none was made."""

    conversation_id: str
    exchange_id: str
    question: str
    text: str
    answer: Answer | None
    filters: Filters | None
    rating: Rating


def as_listed(row: Sequence[Any]) -> Listed:
    """From a row of LISTED_COLUMNS."""
    ident, title, created, changed, questions = row
    return Listed(
        id=ident,
        title=title,
        created=_moment(created),
        changed=_moment(changed),
        questions=questions,
    )


def as_exchange(row: Sequence[Any]) -> Exchange:
    """From a row of EXCHANGE_COLUMNS.

    An answer that this version cannot read (a later one wrote it) is left out, and `error` says
    so; its text is shown all the same, and the conversation with it.
    """
    ident, question, state, text, error, scope, by_days, asked, changed, *rest = row
    stored, filters, verdict, reason, rated = rest
    answer = None
    try:
        answer = None if stored is None else Answer.from_dict(json.loads(stored))
    except (BadRecord, ValueError, RecursionError) as unreadable:
        state, error = "failed", f"The stored answer cannot be read: {unreadable}"
    return Exchange(
        id=ident,
        question=question,
        state=state,
        text=text,
        answer=answer,
        error=error,
        scope=scope,
        filters=_filters(filters),
        by_days=bool(by_days),
        began=_moment(asked),
        changed=_moment(changed),
        rating=Rating(verdict=verdict, reason=reason, at=_moment(rated)) if rated else None,
    )


def _filters(stored: str | None) -> Filters | None:
    try:
        return None if stored is None else as_record(Filters, json.loads(stored))
    except (BadRecord, ValueError) as error:
        raise damaged(error) from error


def _moment(stored: str) -> datetime:
    try:
        return datetime.fromisoformat(stored)
    except (TypeError, ValueError) as error:
        raise damaged(error) from error


def damaged(reason: Exception) -> ArchiveDamaged:
    """What to raise of a row that cannot be."""
    return ArchiveDamaged(f"conversations.db holds what it cannot ({reason})")


def new_id() -> str:
    """128 random bits. None begins with a dash, which a command line would take for an option."""
    while not (ident := secrets.token_urlsafe(16))[0].isalnum():
        pass
    return ident


def title_of(question: str) -> str:
    """A title from a question: one line, cut at a word where it is long."""
    line = one_line(question)
    if len(line) <= _TITLE:
        return line
    head, space, _ = line[:_TITLE].rpartition(" ")
    cut = head if space and len(head) > _TITLE // 2 else line[: _TITLE - 1]
    return cut.rstrip(" ,;:–-") + "…"
