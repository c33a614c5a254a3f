"""conversations.db: opening it, its tables, and its errors as ours.

SQLite in WAL mode: any number of threads and processes may read and write at once. A write is one
transaction, on disk when it is over; one that is broken off leaves everything as it was.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from rag.errors import ConversationsTooNew
from vectorstore import ArchiveBusy, ArchiveDamaged, ArchiveNotFound
from vectorstore.errors import translated

__all__ = [
    "CONVERSATIONS",
    "ConversationFile",
    "check_conversations",
    "forget_words",
    "has_dropped",
    "match_words",
]

CONVERSATIONS = "conversations.db"
"""The file's name in the archive's folder."""
_FORMAT = 2
_WAIT = 20.0
"""Seconds to wait for another writer, whose transactions take milliseconds."""
_MOST_TERMS = 32
_TABLES = """
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    title TEXT NOT NULL, renamed INTEGER NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL,
    dropped TEXT
);
CREATE INDEX conversations_by_owner ON conversations(owner, changed);
CREATE TABLE exchanges (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversations(number) ON DELETE CASCADE,
    position INTEGER NOT NULL, question TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL,
    answer TEXT, error TEXT NOT NULL, scope TEXT NOT NULL, filters TEXT, by_days INTEGER NOT NULL,
    asked TEXT NOT NULL, changed TEXT NOT NULL,
    verdict TEXT, reason TEXT NOT NULL DEFAULT '', rated TEXT,
    UNIQUE (conversation, position)
);
CREATE INDEX exchanges_by_rating ON exchanges(rated) WHERE rated IS NOT NULL;
CREATE VIRTUAL TABLE titles USING fts5(
    title, content='conversations', content_rowid='number',
    tokenize="porter unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE said USING fts5(
    question, text, content='exchanges', content_rowid='number',
    tokenize="porter unicode61 remove_diacritics 2"
);
CREATE TRIGGER title_added AFTER INSERT ON conversations BEGIN
    INSERT INTO titles (rowid, title) VALUES (new.number, new.title);
END;
CREATE TRIGGER title_gone AFTER DELETE ON conversations BEGIN
    INSERT INTO titles (titles, rowid, title) VALUES ('delete', old.number, old.title);
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations BEGIN
    INSERT INTO titles (titles, rowid, title) VALUES ('delete', old.number, old.title);
    INSERT INTO titles (rowid, title) VALUES (new.number, new.title);
END;
CREATE TRIGGER exchange_added AFTER INSERT ON exchanges BEGIN
    INSERT INTO said (rowid, question, text) VALUES (new.number, new.question, new.text);
END;
CREATE TRIGGER exchange_gone AFTER DELETE ON exchanges BEGIN
    INSERT INTO said (said, rowid, question, text)
    VALUES ('delete', old.number, old.question, old.text);
END;
CREATE TRIGGER exchange_changed AFTER UPDATE OF question, text ON exchanges BEGIN
    INSERT INTO said (said, rowid, question, text)
    VALUES ('delete', old.number, old.question, old.text);
    INSERT INTO said (rowid, question, text) VALUES (new.number, new.question, new.text);
END;
"""
_SINCE = {2: "ALTER TABLE conversations ADD COLUMN dropped TEXT"}
"""What made a format of the one before it."""
_REFUSALS = {
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


class ConversationFile:
    """The file at `path`, which the first write makes, or brings to the format of today. Safe to
    share between threads.

    Raises ArchiveDamaged, ArchiveNotWritable, ArchiveBusy where another writer does not end,
    ArchiveNotFound where there is no folder to write in, ConversationsTooNew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._idle: list[tuple[tuple[int, int], sqlite3.Connection]] = []

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that sees one state of the file; None where there is nothing yet."""
        if not self.path.exists():
            yield None
            return
        with self._taken("BEGIN") as connection:
            yield connection if _format(connection) else None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that is kept where the block ends without an error."""
        if not self.path.parent.is_dir():
            raise ArchiveNotFound(f"there is no folder {self.path.parent}")
        with self._taken("BEGIN IMMEDIATE") as connection:
            found = _format(connection)
            if found != _FORMAT:
                later = [step for number, step in _SINCE.items() if number > found]
                for statement in later if found else _statements(_TABLES):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _taken(self, begin: str) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile; what is not committed is undone."""
        with _translated(self.path):
            identity, connection = self._take()
            usable = False
            try:
                connection.execute(begin)
                yield connection
                usable = True
            except sqlite3.Error:
                raise
            except BaseException:
                usable = True
                raise
            finally:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                if usable and identity:
                    with self._lock:
                        self._idle.append((identity, connection))
                else:
                    connection.close()

    def _take(self) -> tuple[tuple[int, int] | None, sqlite3.Connection]:
        """A connection, and what tells its file from one that has taken its place since."""
        now = self._identity()
        while True:
            with self._lock:
                opened = self._idle.pop() if self._idle else None
            if opened is None:
                break
            if opened[0] == now:
                return opened
            opened[1].close()
        if self.path.exists() and not _is_writable(self.path):
            return None, _open_read_only(self.path)
        connection = _open(self.path)
        return self._identity(), connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def check_conversations(path: Path) -> int:
    """How many conversations the file at `path` holds, 0 where there is none.

    Raises ArchiveDamaged where it is not whole, ConversationsTooNew, ArchiveNotWritable.
    """
    if not path.exists():
        return 0
    opened = _open if _is_writable(path) else _open_read_only
    with _translated(path), closing(opened(path)) as connection:
        if not _format(connection):
            return 0
        [first] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if first != "ok":
            raise ArchiveDamaged(_damaged(path, first))
        [found] = connection.execute("SELECT count(*) FROM conversations").fetchone()
        return int(found)


def has_dropped(connection: sqlite3.Connection) -> bool:
    """Whether the file keeps what was used by what was dropped: one that was written last by an
    earlier version does not."""
    return _format(connection) > 1


def forget_words(connection: sqlite3.Connection) -> None:
    """Take the words of what was deleted out of the indexes, which only mark them otherwise."""
    for index in ("titles", "said"):
        connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")  # noqa: S608


def match_words(asked: str) -> list[str]:
    """What is asked of a search as FTS5 queries, each of which has to be found somewhere.

    A word stands for all that begin with it; words in quotation marks stand side by side. Nothing
    else has a meaning: AND, NOT, *, : and the like are words or nothing.
    """
    terms = []
    for phrase, other, single in re.findall(r'"([^"]*)"|“([^”]*)”|([^\s"“]+)', asked):
        found = re.findall(r"[^\W_]+", phrase or other or single)
        if found:
            terms.append(f'"{" ".join(found)}"' + ("*" if single else ""))
    return list(dict.fromkeys(terms))[:_MOST_TERMS]


def _open(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=rwc"
    connection = sqlite3.connect(
        address, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False
    )
    try:
        _format(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted is not left lying
    except BaseException:
        connection.close()
        raise
    return connection


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Without the right to write; where not even WAL's own files can be made, the file alone."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    for options in ("", "&immutable=1"):
        connection = sqlite3.connect(
            address + options, uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            _format(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if options or code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _format(connection: sqlite3.Connection) -> int:
    """The format of the file, 0 where it is empty."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > _FORMAT:
        raise ConversationsTooNew(
            f"conversations.db has format {found}; this version reads {_FORMAT}:"
            " use the version that wrote it"
        )
    if not found and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise sqlite3.DatabaseError("it holds something else than conversations")
    return found


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if statement.strip() and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _damaged(path: Path, reason: object) -> str:
    return (
        f"{path} is damaged ({reason}): take it from a backup, or move it away to begin anew;"
        " the articles are not touched"
    )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise ArchiveBusy(f"{path} is being written by somebody else: try again") from error
        if code in _REFUSALS:
            with translated(path):
                raise
        raise ArchiveDamaged(_damaged(path, error)) from error
    except UnicodeDecodeError as error:
        raise ArchiveDamaged(_damaged(path, error)) from error
    except OSError as error:
        with translated(path):
            raise error from error
