"""The catalog: articles, the files they came from, passages, and full-text search, in SQLite."""

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from corpus import Article, Passage
from vectorstore.errors import REBUILD, ArchiveDamaged
from vectorstore.types import FileRecord, Filters, StoredPassage, day_number

__all__ = ["Catalog", "match_query"]

_SCHEMA = """
CREATE TABLE articles (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, authors TEXT NOT NULL, source TEXT NOT NULL,
    section TEXT NOT NULL, published TEXT, day INTEGER NOT NULL, url TEXT NOT NULL,
    body_start INTEGER NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE files (
    path TEXT PRIMARY KEY, article_id TEXT NOT NULL REFERENCES articles(id),
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_by_article ON files(article_id);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles(id), first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages(article_id, first);
CREATE VIEW passage_text AS
    SELECT p.number AS number, a.title AS title,
           substr(a.text, p.first + 1, p.last - p.first) AS text
    FROM passages p JOIN articles a ON a.id = p.article_id;
CREATE VIRTUAL TABLE passages_fts USING fts5(
    title, text, content='passage_text', content_rowid='number',
    tokenize="porter unicode61 remove_diacritics 2"
);
"""
_TITLE_WEIGHT, _TEXT_WEIGHT = 2.0, 1.0
_ARTICLE_COLUMNS = """
    a.title, a.authors, a.source, a.section, a.published, a.url, a.body_start, a.text,
    (SELECT path FROM files f WHERE f.article_id = a.id ORDER BY path LIMIT 1)
"""
_PASSAGE_COLUMNS = """
    p.id, p.article_id, p.first, p.last, substr(a.text, p.first + 1, p.last - p.first), a.title,
    a.source, a.published, a.url, substr(a.text, a.body_start + 1, 200),
    (SELECT path FROM files f WHERE f.article_id = a.id ORDER BY path LIMIT 1)
"""
_CHUNK = 500
"""Values in one IN list; SQLite bounds the number of parameters."""


def match_query(terms: Iterable[str]) -> str:
    """An FTS5 query that finds passages holding any of the terms, each taken as plain words."""
    words = dict.fromkeys(word for term in terms for word in re.findall(r"\w+", term.lower()))
    return " OR ".join(f'"{word}"' for word in words)


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
        if not writable and not path.is_file():
            raise ArchiveDamaged(f"{path} is missing: {REBUILD}")

    @classmethod
    def create(cls, path: Path) -> "Catalog":
        """A new, empty catalog open for writing."""
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(_SCHEMA)
        return cls(path, writable=True)

    @cached_property
    def _db(self) -> sqlite3.Connection:
        """The writer's connection."""
        return self._connect("rw" if self._writable else "ro&immutable=1")

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        # SQLite's own lower() knows ASCII only.
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
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
        except sqlite3.DatabaseError as error:
            raise ArchiveDamaged(f"{self.path} cannot be read ({error}): {REBUILD}") from error

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

    def add(self, article: Article, passages: Sequence[Passage]) -> list[str]:
        """Add or replace an article with its passages; the ids of the passages it had before."""
        gone = self._clear(article.id)
        self._db.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article.id,
                article.title,
                json.dumps(article.authors, ensure_ascii=False),
                article.source,
                article.section,
                article.published.isoformat() if article.published else None,
                day_number(article.day),
                article.url,
                article.body_start,
                article.text,
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
        return gone

    def remove(self, article_id: str) -> list[str]:
        """Remove an article with its passages and files; the ids of the passages it had."""
        gone = self._clear(article_id)
        self._db.execute("DELETE FROM files WHERE article_id = ?", (article_id,))
        return gone

    def _clear(self, article_id: str) -> list[str]:
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
        self._db.execute("DELETE FROM passages WHERE article_id = ?", (article_id,))
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return [passage_id for _, passage_id in rows]

    def put_file(self, record: FileRecord) -> None:
        """Note a file as read."""
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (str(record.path), record.article_id, record.size, record.mtime_ns, record.sha256),
        )

    def drop_file(self, path: Path) -> None:
        """Forget a file; its article stays."""
        self._db.execute("DELETE FROM files WHERE path = ?", (str(path),))

    # Reading

    def counts(self) -> tuple[int, int, int]:
        """Articles, passages, and rows of the full-text index."""
        queries = (
            "SELECT count(*) FROM articles",
            "SELECT count(*) FROM passages",
            "SELECT count(*) FROM passages_fts_docsize",
        )
        articles, passages, indexed = (next(self._select(q))[0] for q in queries)
        return articles, passages, indexed

    def files(self) -> dict[Path, FileRecord]:
        """Every file that was read, by its path."""
        rows = self._select("SELECT path, article_id, size, mtime_ns, sha256 FROM files")
        return {
            Path(path): FileRecord(
                path=Path(path), article_id=article_id, size=size, mtime_ns=mtime, sha256=sha256
            )
            for path, article_id, size, mtime, sha256 in rows
        }

    def article(self, article_id: str) -> Article | None:
        """One article, None where there is none of that id."""
        return next(self.articles(Filters(article_ids=[article_id])), None)

    def articles(self, filters: Filters | None = None) -> Iterator[Article]:
        """Articles that pass the filters, newest first, undated last."""
        where, values = _where(filters)
        query = (
            f"SELECT {_ARTICLE_COLUMNS} FROM articles a WHERE {where}"  # noqa: S608
            " ORDER BY a.day DESC, a.published DESC, a.id"
        )
        for row in self._select(query, values):
            title, authors, source, section, published, url, body_start, text, path = row
            yield Article(
                title=title,
                authors=tuple(json.loads(authors)),
                source=source,
                section=section,
                published=_parse_published(published),
                url=url,
                body_start=body_start,
                text=text,
                path=Path(path) if path else None,
            )

    def has_article(self, filters: Filters | None = None) -> bool:
        """Whether any article passes the filters."""
        where, values = _where(filters)
        query = f"SELECT 1 FROM articles a WHERE {where} LIMIT 1"  # noqa: S608
        return next(self._select(query, values), None) is not None

    def span_of_days(self) -> tuple[date | None, date | None, int, int]:
        """First and last day of publication, the number of articles, and of those undated."""
        first, last, articles, undated = next(
            self._select(
                "SELECT min(nullif(day, 0)), max(nullif(day, 0)), count(*),"
                " coalesce(sum(day = 0), 0) FROM articles"
            )
        )
        return _parse_day(first), _parse_day(last), articles, undated

    def passage_ids(self) -> set[str]:
        """The ids of all passages."""
        return {row[0] for row in self._select("SELECT id FROM passages")}

    def spans(self, article_id: str) -> list[tuple[int, int]]:
        """The spans of an article's passages, in order."""
        query = "SELECT first, last FROM passages WHERE article_id = ? ORDER BY first"
        return list(self._select(query, (article_id,)))

    def passages(self, ids: Sequence[str]) -> dict[str, StoredPassage]:
        """Passages by id; an unknown id is left out."""
        found: dict[str, StoredPassage] = {}
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._select(
                f"SELECT {_PASSAGE_COLUMNS} FROM passages p JOIN articles a ON a.id = p.article_id"  # noqa: S608
                f" WHERE p.id IN ({marks})",
                chunk,
            )
            found |= {row[0]: _stored(row) for row in rows}
        return found

    def search(
        self, query: str, *, limit: int, filters: Filters | None = None
    ) -> list[tuple[str, float]]:
        """The best passages by BM25 for an FTS5 query: (id, score), higher is better."""
        if not query:
            return []
        where, values = _where(filters)
        rows = self._select(
            f"SELECT p.id, -bm25(passages_fts, {_TITLE_WEIGHT}, {_TEXT_WEIGHT}) AS score"  # noqa: S608
            " FROM passages_fts JOIN passages p ON p.number = passages_fts.rowid"
            " JOIN articles a ON a.id = p.article_id"
            f" WHERE passages_fts MATCH ? AND {where} ORDER BY score DESC, p.id LIMIT ?",
            (query, *values, limit),
        )
        return list(rows)

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """In how many passages each word occurs, as the full-text index stems it."""
        query = "SELECT count(*) FROM passages_fts WHERE passages_fts MATCH ?"
        return {
            word: next(self._select(query, (match,)))[0]
            for word in words
            if (match := match_query([word]))
        }


def _where(filters: Filters | None) -> tuple[str, list[object]]:
    """SQL over `articles a`, and its values."""
    clauses, values = ["1"], list[object]()
    if filters is None:
        return "1", values
    if filters.published_from or filters.published_to:
        low = day_number(filters.published_from)
        high = day_number(filters.published_to) or 99_999_999
        undated = "a.day = 0 OR " if filters.include_undated else "a.day > 0 AND "
        clauses.append(f"({undated}a.day BETWEEN ? AND ?)")
        values += [low, high]
    elif not filters.include_undated:
        clauses.append("a.day > 0")
    for column, wanted in (("source", filters.sources), ("section", filters.sections)):
        if wanted:
            clauses.append(f"casefold(a.{column}) IN ({','.join('?' * len(wanted))})")
            values += [value.casefold() for value in wanted]
    if filters.authors:
        marks = ",".join("?" * len(filters.authors))
        clauses.append(
            f"EXISTS (SELECT 1 FROM json_each(a.authors) WHERE casefold(value) IN ({marks}))"  # noqa: S608
        )
        values += [author.casefold() for author in filters.authors]
    if filters.article_ids:
        clauses.append(
            "a.id IN (SELECT value FROM json_each(?))"  # one parameter, however many ids
        )
        values.append(json.dumps(list(filters.article_ids)))
    return " AND ".join(clauses), values


def _stored(row: tuple[object, ...]) -> StoredPassage:
    ident, article_id, first, last, text, title, source, published, url, opening, path = row
    shown = str(title) or Article(text=str(opening)).shown_title
    return StoredPassage(
        id=str(ident),
        article_id=str(article_id),
        start=int(str(first)),
        end=int(str(last)),
        text=str(text),
        title=str(title),
        shown_title=shown,
        source=str(source),
        published=_parse_published(published),
        url=str(url),
        path=str(path or ""),
    )


def _parse_published(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


def _parse_day(number: int | None) -> date | None:
    return date(number // 10_000, number // 100 % 100, number % 100) if number else None
