"""Conversations kept: questions with their answers, owned, titled, searched, rated.

They lie in `<home>/conversations.db`, beside the generations and apart from them: a backup copies
the file, rolling back or rebuilding leaves it alone.

    talks = archive.conversations
    talk = talks.create(owner)        # an owner is a string: a login, a browser's own token
    exchange = talks.add(talk.id, owner=owner, question="How many died?")
    stream = archive.stream(exchange.question, history=talk.earlier(), filters=exchange.filters)
    for piece in stream:                            # saved as it grows: `text` is what has come
        exchange = replace(exchange, state="running", text=exchange.text + piece)
        talks.save(exchange, owner=owner)
    talks.save(replace(exchange, state="done", answer=stream.answer), owner=owner)

    talks.of(owner); talks.of(owner, matching='paris "13 November"')   # newest first
    talk = talks.read(talk.id, owner=owner)         # its exchanges in order
    archive.recheck(talk)                           # {exchange id: verifications that failed}
    talks.cut(exchange.id, owner=owner)             # drops it and what follows, to ask otherwise
    talks.spend(talk.id, owner=owner, used=spending([answer]))   # what of it is not kept
    talks.rate(exchange.id, owner=owner, verdict="down", reason="the wrong attack")
    talks.rename(talk.id, owner=owner, title="Paris"); talks.delete(talk.id, owner=owner)
    talks.ratings()                                 # rated answers of all owners, for evaluation

Ids are unguessable and never used twice, fit for links. Who asks for another owner's is told
ConversationNotFound, as for one that is not there; so is a `save` of an exchange that was cut or
deleted meanwhile, and nothing comes back to life by it.

An exchange stays `running` where its writer was killed: whether one is still at work on it, only
whoever started it knows (`changed` says when it was last saved).

`EVERYBODY` as the owner reads and deletes what is anybody's: for the operator's scripts, never for
a page. Owners are kept as a hash, so that a copy of the file lets nobody pass for one of them.

Calls raise ArchiveDamaged, ArchiveNotWritable, ArchiveBusy and ConversationsTooNew as the file
gives cause; reading where nothing was ever kept finds nothing and makes no file.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import get_args

from rag.conversation_file import ConversationFile, forget_words, match_words
from rag.conversation_spending import count_cut, count_dropped, count_replaced, dropped_of
from rag.conversation_types import (
    EXCHANGE_COLUMNS,
    LISTED_COLUMNS,
    Conversation,
    Exchange,
    ExchangeState,
    Listed,
    RatedAnswer,
    Rating,
    Verdict,
    as_exchange,
    as_listed,
    new_id,
    title_of,
)
from rag.errors import ConversationNotFound
from rag.escaping import one_line
from rag.spending import Spending
from rag.words import encodable
from vectorstore import Filters

__all__ = [
    "EVERYBODY",
    "Conversation",
    "Conversations",
    "Everybody",
    "Exchange",
    "ExchangeState",
    "Listed",
    "RatedAnswer",
    "Rating",
    "Verdict",
    "title_of",
]

_LONGEST_TITLE = 120
_LONGEST_REASON = 2000
_HOLDS = """
    AND c.number IN (
        SELECT rowid FROM titles WHERE titles MATCH ?
        UNION SELECT e.conversation FROM said JOIN exchanges e ON e.number = said.rowid
        WHERE said MATCH ?)
"""


class Everybody(Enum):
    """In place of an owner: whoever it is."""

    EVERYBODY = "everybody"


EVERYBODY = Everybody.EVERYBODY
Owner = str | Everybody


class Conversations:
    """The conversations of one archive. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._file = ConversationFile(path)

    def close(self) -> None:
        """Let go of the file; a later call opens it again."""
        self._file.close()

    # Reading

    def of(self, owner: Owner, *, matching: str = "") -> list[Listed]:
        """An owner's conversations, the last changed first.

        `matching` keeps those that hold all its words in title, questions or answers; words in
        quotation marks must stand side by side.
        """
        mine, values = _mine(owner)
        terms = match_words(matching)
        if matching.strip() and not terms:
            return []
        query = (
            f"SELECT {LISTED_COLUMNS} FROM conversations c WHERE {mine}"  # noqa: S608
            f" {_HOLDS * len(terms)} ORDER BY c.changed DESC, c.number DESC"
        )
        values += [term for one in terms for term in (one, one)]
        with self._file.reading() as db:
            return [as_listed(row) for row in db.execute(query, values)] if db else []

    def read(self, conversation_id: str, *, owner: Owner) -> Conversation:
        """One conversation. Raises ConversationNotFound."""
        mine, values = _mine(owner)
        one = f"SELECT c.number, {LISTED_COLUMNS} FROM conversations c WHERE {mine} AND c.id = ?"  # noqa: S608
        its = f"SELECT {EXCHANGE_COLUMNS} FROM exchanges e WHERE conversation = ? ORDER BY position"  # noqa: S608
        with self._file.reading() as db:
            found = db and db.execute(one, (*values, conversation_id)).fetchone()
            if not db or not found:
                raise _not_found()
            number, *row = found
            exchanges = db.execute(its, (number,)).fetchall()
            dropped = dropped_of(db, number)
        listed = as_listed(row)
        return Conversation(
            id=listed.id,
            title=listed.title,
            created=listed.created,
            changed=listed.changed,
            exchanges=tuple(map(as_exchange, exchanges)),
            dropped=dropped,
        )

    def ratings(self, *, verdict: Verdict | None = None) -> list[RatedAnswer]:
        """The rated answers of all owners, oldest rating first, or those with one verdict."""
        query = (
            f"SELECT c.id, {EXCHANGE_COLUMNS} FROM exchanges e"  # noqa: S608
            " JOIN conversations c ON c.number = e.conversation WHERE e.rated IS NOT NULL"
            " AND (?1 IS NULL OR e.verdict = ?1) ORDER BY e.rated, e.number"
        )
        with self._file.reading() as db:
            rows = db.execute(query, (verdict,)).fetchall() if db else []
        rated = []
        for ident, *row in rows:
            exchange = as_exchange(row)
            if exchange.rating:
                rated.append(
                    RatedAnswer(
                        conversation_id=ident,
                        exchange_id=exchange.id,
                        question=exchange.question,
                        text=exchange.text,
                        answer=exchange.answer,
                        filters=exchange.filters,
                        rating=exchange.rating,
                    )
                )
        return rated

    # Writing

    def create(self, owner: str, *, title: str = "") -> Conversation:
        """A new conversation; without a title its first question gives it one."""
        whose, now, title = _hashed(owner), _now(), one_line(title)[:_LONGEST_TITLE]
        created = Conversation(id=new_id(), title=title, created=now, changed=now)
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO conversations (id, owner, title, renamed, created, changed)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (created.id, whose, title, bool(title), _stamp(now), _stamp(now)),
            )
        return created

    def add(
        self,
        conversation_id: str,
        *,
        owner: Owner,
        question: str,
        scope: str = "",
        filters: Filters | None = None,
        by_days: bool = True,
    ) -> Exchange:
        """Put a question at the end of a conversation. Raises ConversationNotFound."""
        now = _now()
        exchange = Exchange(
            id=new_id(),
            question=encodable(question),
            state="asked",
            text="",
            answer=None,
            error="",
            scope=encodable(scope),
            filters=filters,
            by_days=by_days,
            began=now,
            changed=now,
            rating=None,
        )
        with self._own(conversation_id, owner, now) as (db, number):
            (position,) = db.execute(
                "SELECT coalesce(max(position) + 1, 0) FROM exchanges WHERE conversation = ?",
                (number,),
            ).fetchone()
            db.execute(
                "INSERT INTO exchanges (id, conversation, position, question, state, text, answer,"
                " error, scope, filters, by_days, asked, changed)"
                " VALUES (?, ?, ?, ?, ?, '', NULL, '', ?, ?, ?, ?, ?)",
                (
                    exchange.id,
                    number,
                    position,
                    exchange.question,
                    exchange.state,
                    exchange.scope,
                    None if filters is None else json.dumps(filters.to_dict()),
                    by_days,
                    _stamp(now),
                    _stamp(now),
                ),
            )
            if position == 0:
                _retitle(db, number)
        return exchange

    def save(self, exchange: Exchange, *, owner: Owner) -> None:
        """Keep state, text, answer and error of an exchange as they are now.

        Without a text, that of its answer is kept. Its rating is left alone. Raises
        ConversationNotFound where it is no longer there.
        """
        if exchange.state not in get_args(ExchangeState):
            raise ValueError(f"an exchange cannot be {exchange.state!r}")
        text = exchange.text or (exchange.answer.text if exchange.answer else "")
        answer = None if exchange.answer is None else json.dumps(exchange.answer.to_dict())
        now = _now()
        with self._own_exchange(exchange.id, owner, now) as (db, number, conversation):
            count_replaced(db, conversation, exchange=number, by=answer)
            db.execute(
                "UPDATE exchanges SET state = ?, text = ?, answer = ?, error = ?, changed = ?"
                " WHERE number = ?",
                (
                    exchange.state,
                    encodable(text),
                    answer,
                    encodable(exchange.error),
                    _stamp(now),
                    number,
                ),
            )

    def cut(self, exchange_id: str, *, owner: Owner) -> None:
        """Drop an exchange and all that follow it, but not the count of what they used.

        Raises ConversationNotFound.
        """
        with self._own_exchange(exchange_id, owner, _now()) as (db, number, conversation):
            count_cut(db, conversation, exchange=number)
            db.execute(
                "DELETE FROM exchanges WHERE conversation = ? AND position >="
                " (SELECT position FROM exchanges WHERE number = ?)",
                (conversation, number),
            )
            forget_words(db)

    def spend(self, conversation_id: str, *, owner: Owner, used: Spending) -> None:
        """Count what was used without an answer that could be kept. Raises ConversationNotFound."""
        with self._own(conversation_id, owner) as (db, number):
            count_dropped(db, number, used)

    def rename(self, conversation_id: str, *, owner: Owner, title: str) -> None:
        """Give a title; an empty one brings back that of the first question.

        Raises ConversationNotFound.
        """
        title = one_line(title)[:_LONGEST_TITLE]
        with self._own(conversation_id, owner) as (db, number):
            query = "UPDATE conversations SET title = ?, renamed = ? WHERE number = ?"
            db.execute(query, (title, bool(title), number))
            _retitle(db, number)

    def delete(self, conversation_id: str, *, owner: Owner) -> None:
        """Delete a conversation with all in it. Raises ConversationNotFound."""
        with self._own(conversation_id, owner) as (db, number):
            db.execute("DELETE FROM conversations WHERE number = ?", (number,))
            forget_words(db)

    def rate(
        self, exchange_id: str, *, owner: Owner, verdict: Verdict | None, reason: str = ""
    ) -> None:
        """Rate an answer, in place of an earlier rating; None takes it back.

        Raises ConversationNotFound.
        """
        if verdict is not None and verdict not in get_args(Verdict):
            raise ValueError(f"a verdict cannot be {verdict!r}")
        kept = encodable(reason).strip()[:_LONGEST_REASON] if verdict else ""
        with self._own_exchange(exchange_id, owner) as (db, number, _):
            db.execute(
                "UPDATE exchanges SET verdict = ?, reason = ?, rated = ? WHERE number = ?",
                (verdict, kept, _stamp(_now()) if verdict else None, number),
            )

    @contextmanager
    def _own(
        self, conversation_id: str, owner: Owner, changed: datetime | None = None
    ) -> Iterator[tuple[sqlite3.Connection, int]]:
        """A transaction on a conversation of the owner's, with its number."""
        mine, values = _mine(owner)
        with self._file.writing() as db:
            found = db.execute(
                f"SELECT c.number FROM conversations c WHERE {mine} AND c.id = ?",  # noqa: S608
                (*values, conversation_id),
            ).fetchone()
            if not found:
                raise _not_found()
            _touch(db, found[0], changed)
            yield db, found[0]

    @contextmanager
    def _own_exchange(
        self, exchange_id: str, owner: Owner, changed: datetime | None = None
    ) -> Iterator[tuple[sqlite3.Connection, int, int]]:
        """The same on an exchange, with its number and its conversation's."""
        mine, values = _mine(owner)
        with self._file.writing() as db:
            found = db.execute(
                "SELECT e.number, c.number FROM exchanges e"  # noqa: S608
                f" JOIN conversations c ON c.number = e.conversation WHERE {mine} AND e.id = ?",
                (*values, exchange_id),
            ).fetchone()
            if not found:
                raise _not_found()
            _touch(db, found[1], changed)
            yield db, *found


def _mine(owner: Owner) -> tuple[str, list[str]]:
    """SQL that holds for the owner's conversations, and its values."""
    return ("1", []) if owner is EVERYBODY else ("c.owner = ?", [_hashed(owner)])


def _hashed(owner: Owner) -> str:
    if not isinstance(owner, str) or not owner:
        raise ValueError("a conversation has to have an owner")
    return hashlib.sha256(encodable(owner).encode()).hexdigest()


def _touch(db: sqlite3.Connection, number: int, changed: datetime | None) -> None:
    if changed:
        query = "UPDATE conversations SET changed = ? WHERE number = ?"
        db.execute(query, (_stamp(changed), number))


def _retitle(db: sqlite3.Connection, number: int) -> None:
    """Give a conversation the title of its first question, unless somebody gave it one."""
    first = db.execute(
        "SELECT e.question FROM exchanges e JOIN conversations c ON c.number = e.conversation"
        " WHERE c.number = ? AND NOT c.renamed ORDER BY e.position LIMIT 1",
        (number,),
    ).fetchone()
    if first:
        query = "UPDATE conversations SET title = ? WHERE number = ?"
        db.execute(query, (title_of(first[0]), number))


def _now() -> datetime:
    return datetime.now(UTC)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _not_found() -> ConversationNotFound:
    return ConversationNotFound("there is no such conversation")
