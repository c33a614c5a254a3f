"""What a conversation has used beside the answers that are in it, kept in conversations.db.

An answer that is dropped, to ask otherwise, has been paid for all the same, and so has what was
stopped before it said anything: a conversation's budget counts these too.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress

from rag.conversation_file import has_dropped
from rag.conversation_types import damaged
from rag.errors import BadRecord
from rag.spending import Spending

__all__ = ["count_cut", "count_dropped", "count_replaced", "dropped_of"]


def dropped_of(db: sqlite3.Connection, number: int) -> Spending:
    """What the conversation of that number has used so."""
    if not has_dropped(db):
        return Spending()
    query = "SELECT dropped FROM conversations WHERE number = ?"
    [stored] = db.execute(query, (number,)).fetchone()
    try:
        return Spending() if stored is None else Spending.from_dict(json.loads(stored))
    except (BadRecord, ValueError) as error:
        raise damaged(error) from error


def count_dropped(db: sqlite3.Connection, number: int, used: Spending) -> None:
    """Add to it. Without a model nothing is used, and nothing kept."""
    if used.tokens:
        total = json.dumps((dropped_of(db, number) + used).to_dict())
        db.execute("UPDATE conversations SET dropped = ? WHERE number = ?", (total, number))


def count_cut(db: sqlite3.Connection, number: int, *, exchange: int) -> None:
    """Count the answers that go with an exchange: its own, and those of all that follow it."""
    query = (
        "SELECT answer FROM exchanges WHERE conversation = ? AND position >="
        " (SELECT position FROM exchanges WHERE number = ?)"
    )
    rows = db.execute(query, (number, exchange))
    count_dropped(db, number, _used_by(answer for (answer,) in rows))


def count_replaced(db: sqlite3.Connection, number: int, *, exchange: int, by: str | None) -> None:
    """Count the answer of an exchange that another takes the place of, or none.

    One that has used no less is the same answer, grown.
    """
    query = "SELECT answer FROM exchanges WHERE number = ?"
    before = _used_by(db.execute(query, (exchange,)).fetchone())
    if before.tokens > _used_by([by]).tokens:
        count_dropped(db, number, before)


def _used_by(answers: Iterable[str | None]) -> Spending:
    """What stored answers used; of one that cannot be read nothing is known."""
    total = Spending()
    for stored in answers:
        with suppress(AttributeError, BadRecord, ValueError, RecursionError):
            kept = json.loads(stored or "{}")
            used = {name: kept[name] for name in ("usage", "cost") if name in kept}
            total += Spending.from_dict({"answers": 1} | used)
    return total
