"""Searching for words by the rarer ones first gives what searching for all of them gives."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keeping import cut

import vectorstore.lexical as lexical
from corpus import Article
from vectorstore import Catalog, Filters, match_query
from vectorstore.lexical import search_words

WORDS = [f"word{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(300)]
OFTEN = [1 / (rank + 1) for rank in range(len(WORDS))]
"""Zipf's law: the first is in nearly every text, the last in hardly any."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    path = tmp_path_factory.mktemp("words") / "catalog.db"
    made = Catalog.create(path)
    chance = random.Random(7)
    for number in range(500):
        text = " ".join(chance.choices(WORDS, OFTEN, k=chance.randrange(20, 80)))
        one = Article(text=text, title=chance.choice(WORDS), source=f"Outlet {number % 5}")
        made.add(one, cut(one))
    made.commit()
    made.close()
    opened = Catalog(path)
    yield opened
    opened.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What FTS5 is asked for; a catalog this small is searched as a large one is."""
    queries: list[str] = []
    plain = lexical.search

    def noting(catalog: Catalog, query: str, **given: Any) -> list[tuple[str, float]]:
        queries.append(given.get("holding", ""))
        return plain(catalog, query, **given)

    monkeypatch.setattr(lexical, "_FEW", 0)
    monkeypatch.setattr(lexical, "_RARE", 0.3)
    monkeypatch.setattr(lexical, "search", noting)
    return queries


@pytest.mark.parametrize("filters", [None, Filters(sources=["Outlet 1", "Outlet 2"])])
def test_the_same_passages_with_the_same_scores(
    catalog: Catalog, asked: list[str], filters: Filters | None
) -> None:
    chance = random.Random(11)
    quick = 0
    for _ in range(150):
        words = [*chance.sample(WORDS[:10], 2), *chance.sample(WORDS[20:], 3)]
        asked.clear()
        found = search_words(words, catalog=catalog, limit=3, filters=filters)
        wanted = lexical.search(catalog, match_query(words), limit=3, filters=filters)
        assert [score for _, score in found] == [score for _, score in wanted]
        assert found == wanted
        # The last is this test's own.
        quick += len(asked) == 2 and bool(asked[0])
    assert quick > 50


def test_where_common_words_could_do_better_all_are_scored(
    catalog: Catalog, asked: list[str]
) -> None:
    words = [*WORDS[:2], WORDS[-1]]
    frequency = catalog.document_frequency(words)
    assert frequency[WORDS[-1]] < 40 < frequency[WORDS[0]]
    found = search_words(words, catalog=catalog, limit=40)
    assert len(found) == 40
    assert asked == [f'"{WORDS[-1]}"', ""]


@pytest.mark.parametrize("words", [WORDS[:2], WORDS[-2:], ["zeppelin"], [], ["?"]])
def test_all_common_all_rare_or_unknown(
    catalog: Catalog, asked: list[str], words: list[str]
) -> None:
    assert search_words(words, catalog=catalog, limit=9) == lexical.search(
        catalog, match_query(words), limit=9
    )


def test_a_small_archive_is_searched_at_once(
    catalog: Catalog, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "_FEW", 1_000_000)
    search_words([WORDS[0], WORDS[-1]], catalog=catalog, limit=5)
    assert asked == [""]


def test_the_bound_is_one(catalog: Catalog) -> None:
    """No passage gets more from a word than is reckoned with."""
    for word in WORDS[:60]:
        count = catalog.document_frequency([word])[word]
        best = catalog.search(match_query([word]), limit=1)[0][1]
        assert 0 < best < lexical._most_of_a_word(count, catalog.size) + 1e-5


def test_frequencies_are_kept_but_not_without_end(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.catalog._REMEMBERED", 3)
    before = catalog.document_frequency(WORDS[:9])
    assert catalog.document_frequency(WORDS[:9]) == before
    catalog.document_frequency(WORDS[9:10])
    assert len(catalog._frequencies) == 1


def test_while_writing_nothing_is_kept(tmp_path: Path) -> None:
    writing = Catalog.create(tmp_path / "catalog.db")
    assert writing.document_frequency(["ferry"]) == {"ferry": 0}
    one = Article(text="The ferry sank.")
    writing.add(one, cut(one))
    assert writing.document_frequency(["ferry"]) == {"ferry": 1}
    writing.close()
