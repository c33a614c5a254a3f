"""The catalog gives back what it was given, and survives any question."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keeping import PUBLISHED, article, cut

from corpus import Article
from vectorstore import ArchiveDamaged, Catalog, FileRecord, FileState, Filters, match_query

BRIDGE, HARBOUR, TUNNEL, FERRY = PUBLISHED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.db"


def fill(path: Path, *articles: Article) -> None:
    catalog = Catalog.create(path)
    for one in articles:
        catalog.add(one, cut(one))
    catalog.commit()
    catalog.close()


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    fill(path, *PUBLISHED)
    opened = Catalog(path)
    yield opened
    opened.close()


def record(name: str, article_id: str, **given_: object) -> FileRecord:
    values = {"size": 3, "mtime_ns": 2**62, "sha256": "ab", **given_}
    return FileRecord(path=Path(name), articles=(("", article_id),), **values)


def found(catalog: Catalog, question: str, **options: object) -> list[str]:
    hits = catalog.search(match_query([question]), limit=50, **options)
    passages = catalog.passages([ident for ident, _ in hits])
    assert len(passages) == len(hits)
    return [passages[ident].article_id for ident, _ in hits]


# --- what is asked on a keyboard finds what is set in print ---


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Moira O’Neill rowed.", "o'neill"),
        ("Moira O'Neill rowed.", "O’Neill"),
        ("A “harbourmaster” rowed.", '"harbourmaster"'),
        ("Co\u2011operation was all.", "co-operation"),
        ("Off–shore rowing was all.", "off-shore"),
        ("A naïve rower.", "naive"),
    ],
)
def test_signs_of_print_are_matched_loosely(path: Path, written: str, asked: str) -> None:
    wanted, other = article("Rowing", text=written), article("Sailing", text="No one sailed.")
    fill(path, wanted, other)
    with closing(Catalog(path)) as opened:
        assert found(opened, asked) == [wanted.id]


# --- what goes in comes out ---


@pytest.mark.parametrize(
    "published",
    [
        None,
        date(2015, 11, 19),
        datetime(2015, 11, 19, 8, 30),
        datetime(2015, 11, 19, 23, 30, tzinfo=timezone(timedelta(hours=3))),
    ],
)
def test_an_article_comes_back_whole(path: Path, published: date | None) -> None:
    one = Article(
        title="“Bridge” — naïve 🚆",
        text="By Ada\n\nFirst 🚆 sentence. Second one.",
        body_start=8,
        authors=("Ada Moss", "Åsa 'O\" Öberg"),
        source="The Quay",
        section="City",
        published=published,
        url="https://quay.example/a",
        path=Path("/a/ü.txt"),
    )
    fill(path, one)
    catalog = Catalog(path, writable=True)
    catalog.put_file(record("/a/ü.txt", one.id))
    catalog.commit()
    back = catalog.article(one.id)
    assert back == one
    assert back is not None
    assert type(back.published) is type(published)
    if isinstance(published, datetime) and isinstance(back.published, datetime):
        assert back.published.utcoffset() == published.utcoffset()
    assert back.id == one.id
    catalog.close()


def test_passages_come_back_with_exact_spans(catalog: Catalog) -> None:
    for one in PUBLISHED:
        passages = cut(one)
        stored = catalog.passages([passage.id for passage in passages])
        assert catalog.spans(one.id) == [(p.start, p.end) for p in passages]
        for passage in passages:
            back = stored[passage.id]
            assert (back.text, back.start, back.end) == (passage.text, passage.start, passage.end)
            assert one.text[back.start : back.end] == back.text
            assert (back.title, back.source, back.published) == (
                one.title,
                one.source,
                one.published,
            )


def test_spans_count_characters_not_bytes(path: Path) -> None:
    one = article("x", text="Élan 🚆🚆 vital à Orléans. " * 40)
    fill(path, one)
    catalog = Catalog(path)
    for passage in catalog.passages([p.id for p in cut(one)]).values():
        assert one.text[passage.start : passage.end] == passage.text
    catalog.close()


def test_an_untitled_passage_shows_its_first_words(path: Path) -> None:
    one = Article(
        text="By Ada\n\nThe long bridge over the wide river closed at last today.", body_start=8
    )
    fill(path, one)
    catalog = Catalog(path)
    [passage] = catalog.passages([p.id for p in cut(one)]).values()
    assert passage.title == ""
    assert (
        passage.shown_title == one.shown_title == "The long bridge over the wide river closed at…"
    )
    catalog.close()


def test_unknown_ids_are_left_out(catalog: Catalog) -> None:
    known = cut(BRIDGE)[0].id
    assert set(catalog.passages(["x", known, "y"])) == {known}
    assert catalog.passages([]) == {}
    assert catalog.article("x") is None
    assert catalog.spans("x") == []


def test_passages_that_were_read_are_kept_and_not_for_ever(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [passage.id for one in PUBLISHED for passage in cut(one)]
    first = catalog.passages(ids)
    queries: list[str] = []
    rows = Catalog.rows

    def counted(self: Catalog, query: str, values: object = ()) -> list[object]:
        queries.append(query)
        return rows(self, query, values)

    monkeypatch.setattr(Catalog, "rows", counted)
    assert catalog.passages([*ids[1:], "x"]) == {ident: first[ident] for ident in ids[1:]}
    assert len(queries) == 2  # for "x" alone
    monkeypatch.setattr("vectorstore.catalog._KEPT", 1)
    assert catalog.passages(ids) == first
    assert len(queries) == 4


def test_more_passages_than_one_query_takes(catalog: Catalog) -> None:
    ids = [passage.id for one in PUBLISHED for passage in cut(one)]
    assert set(catalog.passages([f"x{n}" for n in range(1200)] + ids)) == set(ids)
    assert catalog.passage_ids() == set(ids)


def test_articles_newest_first_undated_last(catalog: Catalog) -> None:
    assert [one.id for one in catalog.articles()] == [HARBOUR.id, BRIDGE.id, FERRY.id, TUNNEL.id]


def test_counts_and_days(catalog: Catalog, tmp_path: Path) -> None:
    articles, passages, indexed = catalog.counts()
    assert (articles, passages) == (4, len(catalog.passage_ids()))
    assert indexed == passages
    assert catalog.span_of_days() == (date(1999, 1, 2), date(2015, 11, 19), 4, 1)
    fill(tmp_path / "empty.db")
    empty = Catalog(tmp_path / "empty.db")
    assert empty.counts() == (0, 0, 0)
    assert empty.span_of_days() == (None, None, 0, 0)
    assert empty.search('"bridge"', limit=5) == []
    empty.close()


# --- changing ---


def test_adding_again_replaces_text_and_search(path: Path) -> None:
    fill(path, BRIDGE, HARBOUR)
    catalog = Catalog(path, writable=True)
    catalog.put_file(record("/b.txt", BRIDGE.id))
    before = [passage.id for passage in cut(BRIDGE)]
    changed = Article(
        title=BRIDGE.title, text=BRIDGE.text, source=BRIDGE.source, url="https://x.example"
    )
    assert changed.id == BRIDGE.id
    assert catalog.add(changed, cut(changed)[:1]) == before
    catalog.commit()
    assert catalog.counts() == (2, 1 + len(cut(HARBOUR)), 1 + len(cut(HARBOUR)))
    assert found(catalog, "bridge") == [BRIDGE.id]
    back = catalog.article(BRIDGE.id)
    assert back is not None
    assert (back.url, back.path) == ("https://x.example", Path("/b.txt"))
    catalog.close()


def test_removing_takes_passages_search_and_files(path: Path) -> None:
    fill(path, BRIDGE, HARBOUR)
    catalog = Catalog(path, writable=True)
    catalog.put_file(record("/b.txt", BRIDGE.id))
    assert catalog.remove(BRIDGE.id) == [passage.id for passage in cut(BRIDGE)]
    assert catalog.remove(BRIDGE.id) == []
    catalog.commit()
    assert found(catalog, "bridge") == []
    assert found(catalog, "harbour")
    assert catalog.article(BRIDGE.id) is None
    assert catalog.files() == {}
    articles, passages, indexed = catalog.counts()
    assert (articles, passages) == (1, indexed)
    # What the search index holds is what the articles say: FTS5's own check.
    catalog._db.execute("INSERT INTO passages_fts(passages_fts, rank) VALUES('integrity-check', 1)")
    catalog.close()


def test_files_are_noted_and_forgotten(path: Path) -> None:
    fill(path, BRIDGE)
    catalog = Catalog(path, writable=True)
    one, two = record("/a.txt", BRIDGE.id), record("/b.txt", BRIDGE.id, sha256="cd")
    catalog.put_file(one)
    catalog.put_file(two)
    catalog.put_file(record("/a.txt", BRIDGE.id, size=9))
    assert catalog.files() == {
        "/a.txt": FileState(9, 2**62, "ab", 1, 0, ()),
        "/b.txt": FileState(3, 2**62, "cd", 1, 0, ()),
    }
    assert catalog.paths_of(BRIDGE.id) == [("/a.txt", ""), ("/b.txt", "")]
    catalog.drop_file(Path("/a.txt"))
    assert list(catalog.files()) == ["/b.txt"]
    assert catalog.article(BRIDGE.id) is not None
    catalog.close()


def test_nothing_is_kept_without_commit(path: Path) -> None:
    fill(path, BRIDGE)
    catalog = Catalog(path, writable=True)
    catalog.remove(BRIDGE.id)
    catalog.close()
    catalog = Catalog(path)
    assert catalog.counts()[0] == 1
    catalog.close()


def test_a_copy_is_whole(catalog: Catalog, tmp_path: Path) -> None:
    catalog.copy_to(tmp_path / "copy.db")
    copy = Catalog(tmp_path / "copy.db")
    assert list(copy.articles()) == list(catalog.articles())
    assert found(copy, "ferry") == found(catalog, "ferry")
    copy.close()


# --- searching ---


def test_search_stems_and_ignores_accents_and_case(catalog: Catalog) -> None:
    assert set(found(catalog, "BRIDGES")) == {BRIDGE.id}
    assert set(found(catalog, "férries")) == {FERRY.id}
    assert found(catalog, "zeppelin") == []


def test_best_first_and_no_more_than_the_limit(catalog: Catalog) -> None:
    hits = catalog.search(match_query(["bridge close march"]), limit=3)
    assert len(hits) == 3
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0
    assert found(catalog, "bridge close march")[0] == BRIDGE.id


@pytest.mark.parametrize(
    "question",
    [
        'bridge" OR "',
        '"bridge',
        "bridge AND (NOT NEAR(x y) OR",
        "title:bridge",
        "bridge*",
        "^bridge + -bridge",
        "bridge; DROP TABLE articles; --",
        "bridge {col}: ' \\",
        "bridge\x00\ufffd\U0001f686 ²",
        "_ bridge __ ’ ‘",
    ],
)
def test_any_question_is_plain_words(catalog: Catalog, question: str) -> None:
    assert BRIDGE.id in found(catalog, question)


@pytest.mark.parametrize("question", ["", "???", "\"\" '' --", "* ( ) :", "🚆", "_"])
def test_a_question_without_words_finds_nothing(catalog: Catalog, question: str) -> None:
    assert found(catalog, question) == []


def test_a_very_long_question(catalog: Catalog) -> None:
    question = " ".join(f"word{number}" for number in range(600)) + " bridge"
    assert len(question) > 4500
    assert set(found(catalog, question)) == {BRIDGE.id}
    assert set(found(catalog, "bridge " * 5000)) == {BRIDGE.id}
    assert found(catalog, "x" * 5000) == []


def test_words_are_asked_for_once() -> None:
    assert match_query(["The bridge", "bridge THE", "x-ray"]) == '"the" OR "bridge" OR "x" OR "ray"'
    assert match_query([]) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(max_size=80))
def test_no_question_breaks_search(catalog: Catalog, question: str) -> None:
    found(catalog, question)


def test_document_frequency(catalog: Catalog) -> None:
    _, passages, _ = catalog.counts()
    frequency = catalog.document_frequency(["close", "people", "zeppelin", "!"])
    assert frequency == {"close": 4, "people": passages, "zeppelin": 0}


# --- filters ---


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (None, PUBLISHED),
        (Filters(), PUBLISHED),
        (Filters(published_from=date(2015, 11, 13)), [BRIDGE, HARBOUR, TUNNEL]),
        (Filters(published_to=date(2015, 11, 13)), [BRIDGE, TUNNEL, FERRY]),
        (
            Filters(published_from=date(2015, 11, 13), published_to=date(2015, 11, 13)),
            [BRIDGE, TUNNEL],
        ),
        (Filters(published_from=date(2015, 11, 14), include_undated=False), [HARBOUR]),
        (Filters(include_undated=False), [BRIDGE, HARBOUR, FERRY]),
        (Filters(sources=["THE QUAY"]), [BRIDGE, TUNNEL]),
        (Filters(sources=["ängby post", "nobody"]), [FERRY]),
        (Filters(sources=["quay"]), []),
        (Filters(authors=["ada moss"]), [BRIDGE, TUNNEL]),
        (Filters(authors=["ÅSA ÖBERG", "bo lind"]), [TUNNEL, FERRY]),
        (Filters(authors=["Ada"]), []),
        (Filters(sections=["CITY"]), [HARBOUR, TUNNEL]),
        (Filters(article_ids=[BRIDGE.id, "x"]), [BRIDGE]),
        (Filters(stories=[BRIDGE.id, "x"]), [BRIDGE]),
        (Filters(sources=["the quay"], authors=["bo lind"], sections=["city"]), [TUNNEL]),
        (Filters(sources=["the wire"], authors=["bo lind"]), []),
        (Filters(sources=["' OR 1=1 --"]), []),
    ],
)
def test_filters(catalog: Catalog, filters: Filters | None, passing: list[Article]) -> None:
    wanted = {one.id for one in passing}
    assert {one.id for one in catalog.articles(filters)} == wanted
    assert set(found(catalog, "people daily", filters=filters)) == wanted
    assert catalog.has_article(filters) is bool(wanted)
    ids = {passage.id for one in passing for passage in cut(one)}
    assert catalog.passing(sorted(catalog.passage_ids() | {"x"}), filters) == ids
    assert catalog.count_passing(filters) == (len(ids), catalog.counts()[1])


def test_very_many_article_ids(catalog: Catalog) -> None:
    ids = [f"x{number}" for number in range(50_000)] + [BRIDGE.id]
    assert [one.id for one in catalog.articles(Filters(article_ids=ids))] == [BRIDGE.id]


# --- many threads, damage ---


def test_threads_read_at_once_on_few_connections(catalog: Catalog) -> None:
    done: list[str] = []

    def work() -> None:
        for _ in range(20):
            for one in catalog.articles():  # a query left open while others run
                assert set(found(catalog, "bridge")) == {BRIDGE.id}
                done.append(one.id)

    for _ in range(5):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(done) == 5 * 4 * 20 * 4
    # Threads come and go with every rerun of a page: connections must not pile up with them.
    assert len(catalog._opened) <= 8


def test_a_missing_catalog(path: Path) -> None:
    with pytest.raises(ArchiveDamaged, match=r"catalog\.db is missing"):
        Catalog(path)
    assert not path.exists()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty"])
def test_a_damaged_catalog_says_so(path: Path, damage: str) -> None:
    fill(path, *PUBLISHED)
    data = path.read_bytes()
    changed = {
        "garbage": b"not a database " * 500,
        "truncated": data[: len(data) // 2],
        "empty": b"",
    }
    path.write_bytes(changed[damage])
    catalog = Catalog(path)
    with pytest.raises(ArchiveDamaged, match=r"catalog\.db cannot be read .*doctor"):
        for one in catalog.articles():
            catalog.passages([passage.id for passage in cut(one)])
            catalog.search('"people"', limit=5)
            catalog.counts()
    catalog.close()


def test_opened_for_reading_it_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(Exception, match="readonly"):
        catalog.remove(BRIDGE.id)
