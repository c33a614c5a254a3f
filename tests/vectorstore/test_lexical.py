"""Searching for words by the rarer ones finds what searching for all of them finds."""

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
def test_the_best_stay_the_best(
    catalog: Catalog, asked: list[str], filters: Filters | None
) -> None:
    """All words are scored, so that what is found has its score; the first are the same."""
    chance = random.Random(11)
    quick = first = among = 0
    for _ in range(150):
        words = [*chance.sample(WORDS[:10], 2), *chance.sample(WORDS[20:], 3)]
        asked.clear()
        found = search_words(words, catalog=catalog, limit=10, filters=filters)
        quick += len(asked) == 1 and bool(asked[0])
        wanted = dict(lexical.search(catalog, match_query(words), limit=500, filters=filters))
        best = list(wanted)[:10]
        assert all(score == wanted[ident] for ident, score in found)
        assert len(found) == len(best)
        first += found[0][0] == best[0]
        among += len(set(best) & {ident for ident, _ in found})
    assert quick > 100
    assert first == 150
    assert among > 0.98 * 1500


def test_where_the_rare_words_find_too_few_all_are_scored(
    catalog: Catalog, asked: list[str]
) -> None:
    words = [*WORDS[:2], WORDS[-1]]
    frequency = catalog.document_frequency(words)
    assert frequency[WORDS[-1]] < 40 < frequency[WORDS[0]]
    found = search_words(words, catalog=catalog, limit=40)
    assert found == lexical.search(catalog, match_query(words), limit=40)
    assert asked[:2] == [f'"{WORDS[-1]}"', ""]


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
