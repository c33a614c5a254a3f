"""The catalog's tables, and filters as SQL over them."""

import json
from collections.abc import Sequence

from vectorstore.types import Filters, day_number

__all__ = ["SCHEMA", "where"]

# Long rows have a number of their own, so that they are written one behind the other; in order of
# a random id each would be written into the middle of a large file.
SCHEMA = """
CREATE TABLE articles (
    id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, authors TEXT NOT NULL, source TEXT NOT NULL,
    section TEXT NOT NULL, published TEXT, updated TEXT, day INTEGER NOT NULL, url TEXT NOT NULL,
    language TEXT NOT NULL, body_start INTEGER NOT NULL, text TEXT NOT NULL, removed TEXT NOT NULL,
    live INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,
    failed TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sources (
    path TEXT NOT NULL REFERENCES files(path), member TEXT NOT NULL,
    article_id TEXT NOT NULL REFERENCES articles(id), held INTEGER NOT NULL,
    PRIMARY KEY (path, member, article_id)
) WITHOUT ROWID;
CREATE INDEX sources_by_article ON sources(article_id, path, member);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES articles(id), first INTEGER NOT NULL, last INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages(article_id, first);
CREATE TABLE facets (
    article_id TEXT PRIMARY KEY, day INTEGER NOT NULL, source TEXT NOT NULL, section TEXT NOT NULL,
    authors TEXT NOT NULL, passages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE vectors (number INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE times (
    article_id TEXT NOT NULL REFERENCES articles(id), first INTEGER NOT NULL,
    last INTEGER NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL,
    PRIMARY KEY (article_id, first)
) WITHOUT ROWID;
CREATE TABLE signatures (
    number INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE, signature BLOB NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE bands (
    key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) WITHOUT ROWID;
CREATE TABLE stories (
    article_id TEXT PRIMARY KEY, story TEXT NOT NULL, lead TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX stories_by_story ON stories(story);
CREATE TABLE pages (
    article_id TEXT PRIMARY KEY, page TEXT NOT NULL, mtime_ns INTEGER NOT NULL, live TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX pages_by_page ON pages(page);
CREATE INDEX pages_by_live ON pages(live);
CREATE TABLE unsettled (
    article_id TEXT NOT NULL, whole INTEGER NOT NULL, PRIMARY KEY (article_id, whole)
) WITHOUT ROWID;
CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN
    INSERT OR IGNORE INTO unsettled VALUES (new.id, 1);
END;
CREATE TRIGGER article_gone AFTER DELETE ON articles BEGIN
    INSERT OR IGNORE INTO unsettled VALUES (old.id, 1);
END;
CREATE TRIGGER file_gone AFTER DELETE ON sources BEGIN
    INSERT OR IGNORE INTO unsettled VALUES (old.article_id, 0);
END;
CREATE VIEW passage_text AS
    SELECT p.number AS number, a.title AS title,
           substr(a.text, p.first + 1, p.last - p.first) AS text
    FROM passages p JOIN articles a ON a.id = p.article_id;
CREATE VIRTUAL TABLE passages_fts USING fts5(
    title, text, content='passage_text', content_rowid='number',
    tokenize="porter unicode61 remove_diacritics 2"
);
"""


def where(filters: Filters | None) -> tuple[str, list[object]]:
    """SQL over `facets f`, and its values. A list is one parameter, however long."""
    clauses, values = ["1"], list[object]()
    if filters is None:
        return "1", values
    if filters.published_from or filters.published_to:
        low = day_number(filters.published_from)
        high = day_number(filters.published_to) or 99_999_999
        undated = "f.day = 0 OR " if filters.include_undated else "f.day > 0 AND "
        clauses.append(f"({undated}f.day BETWEEN ? AND ?)")
        values += [low, high]
    elif not filters.include_undated:
        clauses.append("f.day > 0")
    for column, wanted in (("source", filters.sources), ("section", filters.sections)):
        if wanted:
            clauses.append(f"f.{column} IN (SELECT value FROM json_each(?))")  # noqa: S608
            values.append(_folded(wanted))
    if filters.authors:
        clauses.append(
            "EXISTS (SELECT 1 FROM json_each(f.authors)"
            " WHERE value IN (SELECT value FROM json_each(?)))"
        )
        values.append(_folded(filters.authors))
    if filters.article_ids:
        clauses.append("f.article_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(filters.article_ids))
    if filters.stories:
        clauses.append(
            "f.article_id IN (WITH asked AS (SELECT value AS id FROM json_each(?))"
            " SELECT id FROM asked UNION SELECT o.article_id FROM asked"
            " JOIN stories s ON s.article_id = asked.id JOIN stories o ON o.story = s.story)"
        )
        values.append(json.dumps(filters.stories))
    return " AND ".join(clauses), values


def _folded(names: Sequence[str]) -> str:
    """Names as the facets hold them: SQLite's own lower() knows ASCII only."""
    return json.dumps([name.casefold() for name in names])
