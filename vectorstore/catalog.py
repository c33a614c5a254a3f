"""The catalog: articles, the files they came from, passages, and full-text search, in SQLite."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from corpus import Article, Passage, TimeMention
from vectorstore.errors import REBUILD, ArchiveDamaged
from vectorstore.lexical import match_query, search
from vectorstore.rows import ARTICLE_COLUMNS, as_article, as_day, read_passages
from vectorstore.schema import SCHEMA, where
from vectorstore.types import FileRecord, FileState, Filters, StoredPassage, day_number

__all__ = ["Catalog"]

_REMEMBERED = 20_000
"""Words whose frequency is kept in memory."""
_KEPT = 5_000
"""Passages that are, once read: 8 MB."""


class Catalog:
    """One generation's catalog.db.

    Opened for reading it is immutable, and any number of threads may use it at once; opened for
    writing it is for one thread, and nothing is kept until `commit`.
    """

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        self.path = path
        self._writable = writable
        self._opened: list[sqlite3.Connection] = []
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._frequencies: dict[str, int] = {}
        self._kept: dict[str, StoredPassage] = {}
        if not writable and not path.is_file():
            raise ArchiveDamaged(f"{path} is missing: {REBUILD}")

    @classmethod
    def create(cls, path: Path) -> "Catalog":
        """A new, empty catalog open for writing."""
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(SCHEMA)
        return cls(path, writable=True)

    @cached_property
    def _db(self) -> sqlite3.Connection:
        """The writer's connection."""
        return self._connect("rw" if self._writable else "ro&immutable=1")

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        with self._lock:
            self._opened.append(connection)
        return connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread uses meanwhile."""
        if self._writable:
            yield self._db
            return
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect("ro&immutable=1")
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append(connection)

    def _select(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        try:
            with self._reading() as connection:
                yield from connection.execute(query, values)
        except sqlite3.ProgrammingError:
            raise
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise ArchiveDamaged(f"{self.path} cannot be read ({error}): {REBUILD}") from error

    @property
    def connection(self) -> sqlite3.Connection:
        """The writer's connection, for the modules that keep tables beside these."""
        return self._db

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """What a query gives, for the same. Raises ArchiveDamaged."""
        return list(self._select(query, values))

    def blocks(
        self, query: str, values: Sequence[object] = (), *, size: int
    ) -> Iterator[list[Any]]:
        """The same, so many rows at a time: all of them need not fit into memory."""
        rows = self._select(query, values)
        while block := list(islice(rows, size)):
            yield block

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
            self._idle.clear()

    def copy_to(self, path: Path) -> None:
        """Write a whole copy by SQLite's own backup."""
        with closing(sqlite3.connect(path)) as target:
            self._db.backup(target)

    # Writing

    def commit(self) -> None:
        """Keep what was written."""
        self._db.commit()

    def add(
        self, article: Article, passages: Sequence[Passage], times: Sequence[TimeMention] = ()
    ) -> list[str]:
        """Add or replace an article with its passages; the ids of the passages it had before."""
        gone = self._clear(article.id)
        self._db.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                article.id,
                article.title,
                _json(article.authors),
                article.source,
                article.section,
                article.published.isoformat() if article.published else None,
                article.updated.isoformat() if article.updated else None,
                day_number(article.day),
                article.url,
                article.language,
                article.body_start,
                article.text,
                _json([(piece.text, piece.reason, piece.at) for piece in article.removed]),
            ),
        )
        self._db.execute(
            "INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?)",
            (
                article.id,
                day_number(article.day),
                article.source.casefold(),
                article.section.casefold(),
                _json([author.casefold() for author in article.authors]),
                len(passages),
            ),
        )
        for passage in passages:
            cursor = self._db.execute(
                "INSERT INTO passages (id, article_id, first, last) VALUES (?, ?, ?, ?)",
                (passage.id, article.id, passage.start, passage.end),
            )
            self._db.execute(
                "INSERT INTO passages_fts (rowid, title, text) VALUES (?, ?, ?)",
                (cursor.lastrowid, article.title, passage.text),
            )
        self._db.executemany(
            "INSERT OR IGNORE INTO times VALUES (?, ?, ?, ?, ?)",
            (
                (article.id, time.start, time.end, time.first.isoformat(), time.last.isoformat())
                for time in times
            ),
        )
        return gone

    def remove(self, article_id: str) -> list[str]:
        """Remove an article; the ids of its passages. A file left with none is forgotten."""
        gone = self._clear(article_id)
        paths = {path for path, _ in self.paths_of(article_id)}
        self._db.execute("DELETE FROM sources WHERE article_id = ?", (article_id,))
        for path in paths:
            self._db.execute(
                "DELETE FROM files WHERE path = ?1"
                " AND NOT EXISTS (SELECT 1 FROM sources WHERE path = ?1)",
                (path,),
            )
        return gone

    def shelve(self, article_id: str) -> list[str]:
        """Keep an article as an earlier version, without passages; the ids of those it had.

        `add` brings it back.
        """
        gone = self._clear_passages(article_id)
        self._db.execute("UPDATE articles SET live = 0 WHERE id = ?", (article_id,))
        return gone

    def _clear(self, article_id: str) -> list[str]:
        gone = self._clear_passages(article_id)
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return gone

    def _clear_passages(self, article_id: str) -> list[str]:
        rows = self._db.execute(
            "SELECT number, id FROM passages WHERE article_id = ?", (article_id,)
        ).fetchall()
        for number, _ in rows:
            # An external-content index must be told what it held before the content goes.
            self._db.execute(
                "INSERT INTO passages_fts (passages_fts, rowid, title, text)"
                " SELECT 'delete', number, title, text FROM passage_text WHERE number = ?",
                (number,),
            )
            self._db.execute("DELETE FROM vectors WHERE number = ?", (number,))
        for table in ("passages", "facets", "times"):
            self._db.execute(f"DELETE FROM {table} WHERE article_id = ?", (article_id,))  # noqa: S608
        return [passage_id for _, passage_id in rows]

    def put_file(self, record: FileRecord) -> None:
        """Note a file as read, in place of what was noted of it before."""
        path = str(record.path)
        self.drop_file(record.path)
        self._db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
            (path, record.size, record.mtime_ns, record.sha256, _json(record.failed)),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?)",
            (
                (path, member, article_id, held)
                for held, articles in ((True, record.articles), (False, record.left))
                for member, article_id in articles
            ),
        )

    def drop_file(self, path: Path) -> None:
        """Forget a file; its articles stay."""
        self._db.execute("DELETE FROM sources WHERE path = ?", (str(path),))
        self._db.execute("DELETE FROM files WHERE path = ?", (str(path),))

    # Reading

    def counts(self) -> tuple[int, int, int]:
        """Articles, passages, and rows of the full-text index."""
        queries = (
            "SELECT count(*) FROM facets",
            "SELECT count(*) FROM passages",
            "SELECT count(*) FROM passages_fts_docsize",
        )
        articles, passages, indexed = (next(self._select(q))[0] for q in queries)
        return articles, passages, indexed

    @cached_property
    def size(self) -> int:
        """How many passages there are; for one that is read."""
        return int(next(self._select("SELECT count(*) FROM passages"))[0])

    def files(self) -> dict[str, FileState]:
        """Every file that was read, by its path."""
        rows = self._select(
            "SELECT path, size, mtime_ns, sha256, failed,"
            " (SELECT count(*) FROM sources s WHERE s.path = f.path AND held),"
            " (SELECT count(*) FROM sources s WHERE s.path = f.path AND NOT held) FROM files f"
        )
        return {
            path: FileState(
                size, mtime, sha256, articles, left, tuple((m, r) for m, r in json.loads(failed))
            )
            for path, size, mtime, sha256, failed, articles, left in rows
        }

    def articles_of(self, path: Path | str, *, held: bool = True) -> list[tuple[str, str]]:
        """What a file holds: (place in the file, article id); or, not `held`, once held."""
        query = (
            "SELECT member, article_id FROM sources WHERE path = ? AND held = ?"
            " ORDER BY member, article_id"
        )
        return list(self._select(query, (str(path), held)))

    def holders(self, article_id: str) -> list[str]:
        """The files that hold an article now."""
        query = "SELECT DISTINCT path FROM sources WHERE article_id = ? AND held ORDER BY path"
        return [path for (path,) in self._select(query, (article_id,))]

    def paths_of(self, article_id: str) -> list[tuple[str, str]]:
        """Every (path, place in the file) that holds an article, or held it."""
        query = "SELECT path, member FROM sources WHERE article_id = ? ORDER BY path, member"
        return list(self._select(query, (article_id,)))

    def article(self, article_id: str) -> Article | None:
        """One article, an earlier version too; None where there is none of that id."""
        query = f"SELECT {ARTICLE_COLUMNS} FROM articles a WHERE a.id = ?"  # noqa: S608
        return next(map(as_article, self._select(query, (article_id,))), None)

    def holds(self, article_id: str) -> bool:
        """Whether there is an article of that id."""
        query = "SELECT 1 FROM articles WHERE id = ?"
        return next(self._select(query, (article_id,)), None) is not None

    def articles(self, filters: Filters | None = None) -> Iterator[Article]:
        """Articles that pass the filters, newest first, undated last."""
        condition, values = where(filters)
        query = (
            f"SELECT {ARTICLE_COLUMNS} FROM facets f JOIN articles a ON a.id = f.article_id"  # noqa: S608
            f" WHERE {condition} ORDER BY a.day DESC, a.published DESC, a.id"
        )
        for row in self._select(query, values):
            yield as_article(row)

    def has_article(self, filters: Filters | None = None) -> bool:
        """Whether any article passes the filters."""
        condition, values = where(filters)
        query = f"SELECT 1 FROM facets f WHERE {condition} LIMIT 1"  # noqa: S608
        return next(self._select(query, values), None) is not None

    def span_of_days(self) -> tuple[date | None, date | None, int, int]:
        """First and last day of publication, the number of articles, and of those undated."""
        first, last, articles, undated = next(
            self._select(
                "SELECT min(nullif(day, 0)), max(nullif(day, 0)), count(*),"
                " coalesce(sum(day = 0), 0) FROM facets"
            )
        )
        return as_day(first), as_day(last), articles, undated

    def outlets(self) -> list[str]:
        """The outlets of all articles, each once."""
        query = "SELECT DISTINCT source FROM articles WHERE live AND source <> '' ORDER BY source"
        return [row[0] for row in self._select(query)]

    def passage_ids(self, filters: Filters | None = None) -> set[str]:
        """The ids of all passages that pass the filters."""
        condition, values = where(filters)
        among = f"WHERE article_id IN (SELECT article_id FROM facets f WHERE {condition})"  # noqa: S608
        query = f"SELECT id FROM passages {among if filters else ''}"  # noqa: S608
        return {ident for (ident,) in self._select(query, values)}

    def spans(self, article_id: str) -> list[tuple[int, int]]:
        """The spans of an article's passages, in order."""
        query = "SELECT first, last FROM passages WHERE article_id = ? ORDER BY first"
        return list(self._select(query, (article_id,)))

    def count_passing(self, filters: Filters | None = None) -> tuple[int, int]:
        """How many passages pass the filters, and how many there are."""
        condition, values = where(filters)
        query = (
            f"SELECT coalesce(sum(f.passages) FILTER (WHERE {condition}), 0),"  # noqa: S608
            " coalesce(sum(f.passages), 0) FROM facets f"
        )
        passing, passages = next(self._select(query, values))
        return passing, passages

    def passing(self, ids: Sequence[str], filters: Filters | None = None) -> set[str]:
        """Those of some passages that there are and that pass the filters."""
        condition, values = where(filters)
        query = (
            "SELECT p.id FROM passages p JOIN facets f ON f.article_id = p.article_id"  # noqa: S608
            f" WHERE p.id IN (SELECT value FROM json_each(?)) AND {condition}"
        )
        return {ident for (ident,) in self._select(query, (json.dumps(list(ids)), *values))}

    def passages(self, ids: Sequence[str]) -> dict[str, StoredPassage]:
        """Passages by id; an unknown id is left out."""
        if self._writable:
            return read_passages(self.rows, ids)
        if len(self._kept) > _KEPT:
            self._kept = {}  # not cleared: another thread may be looking
        kept = self._kept
        found = {ident: passage for ident in ids if (passage := kept.get(ident))}
        read = read_passages(self.rows, [ident for ident in ids if ident not in found])
        kept.update(read)
        return found | read

    def search(
        self, query: str, *, limit: int, filters: Filters | None = None
    ) -> list[tuple[str, float]]:
        """The best passages by BM25 for an FTS5 query: (id, score), higher is better."""
        return search(self, query, limit=limit, filters=filters)

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many passages each word occurs, as the full-text index stems it."""
        query = "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH ?"
        known = {} if self._writable else self._frequencies
        if len(known) > _REMEMBERED:
            known.clear()
        found = {}
        for word in words:
            if match := match_query([word]):
                count = known.get(word)  # another thread may clear it at any time
                if count is None:
                    count = known[word] = next(self._select(query, (match,)))[0]
                found[word] = count
        return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
