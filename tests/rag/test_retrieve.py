"""Retrieval: fusion by hand-worked numbers, and real searches on the sample corpus."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Archive, Filters, Hit
from rag.rerank import PRIOR
from rag.retrieve import RANK_CONSTANT, fuse
from vectorstore.lexical import TITLE_WEIGHT


def test_fusion_by_hand() -> None:
    """Ranks from 1; an id scores 1/(60+rank) in each ranking that holds it."""
    fused = fuse([["a", "b", "c"], ["b", "d"]])
    assert [ident for ident, _ in fused] == ["b", "a", "d", "c"]
    scores = dict(fused)
    assert scores["b"] == pytest.approx(1 / 62 + 1 / 61)  # 0.032523
    assert scores["a"] == pytest.approx(1 / 61)
    assert scores["d"] == pytest.approx(1 / 62)
    assert scores["c"] == pytest.approx(1 / 63)


def test_a_small_constant_makes_first_ranks_count() -> None:
    rankings = [["a", "b", "c"], ["d", "b", "c"]]
    assert [ident for ident, _ in fuse(rankings)][:2] == ["b", "c"]
    assert [ident for ident, _ in fuse(rankings, constant=0)][:3] == ["a", "b", "d"]


def test_fusion_of_little() -> None:
    assert fuse([]) == fuse([[], []]) == []
    assert [ident for ident, _ in fuse([[], ["x", "y"]])] == ["x", "y"]


def test_ties_are_in_the_order_of_ids() -> None:
    assert [ident for ident, _ in fuse([["b", "a"], ["a", "b"]])] == ["a", "b"]


@given(st.lists(st.lists(st.sampled_from("abcdefg"), unique=True, max_size=7), max_size=3))
def test_fusion_keeps_every_id_once_best_first(rankings: list[list[str]]) -> None:
    fused = fuse(rankings)
    assert {ident for ident, _ in fused} == {ident for ranking in rankings for ident in ranking}
    assert len({ident for ident, _ in fused}) == len(fused)
    assert [score for _, score in fused] == sorted((score for _, score in fused), reverse=True)


def test_settings_say_what_titles_and_ranks_weigh(archive: Archive) -> None:
    question = "Telegram ban by the FSB"

    def found(**given: object) -> list[Hit]:
        settings = archive.settings.model_copy(update=given)
        with Archive.open(archive.home, settings=settings, embedder=archive.embedder) as opened:
            return opened.search(question, k=40, rerank="reader_prior" in given)

    plain = {hit.passage_id: hit.lexical for hit in found()}
    heavy = {hit.passage_id: hit.lexical for hit in found(title_weight=8.0)}
    assert any(heavy.get(ident) != score for ident, score in plain.items())
    first = found(rank_constant=0)[0]
    ranks = [rank for rank in (first.dense_rank, first.lexical_rank) if rank]
    assert first.score == pytest.approx(sum(1 / rank for rank in ranks))
    read = [hit.relevance for hit in found(reader_prior=0.0) if hit.relevance is not None]
    assert read == sorted(read, reverse=True)


def test_hits_carry_both_ranks_and_the_fused_score(archive: Archive) -> None:
    hits = archive.search("Telegram ban by the FSB", k=40, rerank=False)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    for hit in hits:
        ranks = [rank for rank in (hit.dense_rank, hit.lexical_rank) if rank]
        assert ranks
        assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in ranks))
        assert (hit.dense is None) is (hit.dense_rank is None)
        assert (hit.lexical is None) is (hit.lexical_rank is None)
    by_dense = sorted((h for h in hits if h.dense is not None), key=lambda h: h.dense_rank or 0)
    assert [h.dense for h in by_dense] == sorted((h.dense for h in by_dense), reverse=True)  # type: ignore[type-var]


@pytest.mark.parametrize(
    "filters",
    [
        Filters(sources=["meridian wire"]),
        Filters(published_to=date(2015, 11, 14)),
        Filters(published_from=date(2015, 11, 20), include_undated=False),
        Filters(authors=["JONAS WETHERLEA"]),
    ],
    ids=str,
)
def test_filters_reach_both_sides(archive: Archive, filters: Filters) -> None:
    allowed = {article.id for article in archive.articles(filters)}
    assert 0 < len(allowed) < len(archive.articles())
    hits = archive.search("attacks in Paris", k=40, filters=filters)
    assert {hit.article_id for hit in hits} <= allowed
    assert any(hit.dense_rank for hit in hits)
    assert any(hit.lexical_rank for hit in hits)


def test_filters_that_leave_nothing(archive: Archive) -> None:
    assert archive.search("Paris", filters=Filters(sources=["Nobody"])) == []


def found(archive: Archive, query: str) -> list[Hit]:
    hits = archive.search(query, k=5)
    assert len({hit.passage_id for hit in hits}) == len(hits) == 5
    return hits


@pytest.mark.parametrize(
    "query",
    [
        "what is it about",
        "the the of",
        "bomb " * 1000,
        "Paris" * 1000,
        '"unbalanced',
        "NEAR(a b) AND NOT OR * ^ : {x} -y col:val",
        "'; DROP TABLE passages;--",
        "Сколько человек погибло?",
        "巴黎袭击",
        "هجمات باريس",
        "🙂 ✈️",
        "\x00\x1b[31m",
        "a",
    ],
)
def test_any_query_finds_passages_and_raises_nothing(archive: Archive, query: str) -> None:
    found(archive, query)


def test_case_and_accents_do_not_matter(archive: Archive) -> None:
    plain = {hit.passage_id for hit in found(archive, "francois hollande versailles")}
    accented = {hit.passage_id for hit in found(archive, "FRANÇOIS HOLLANDE VERSAILLES")}
    assert len(plain & accented) >= 4


def test_another_language_still_finds_by_names(archive: Archive) -> None:
    assert "Abaaoud" in found(archive, "Wer ist Abdelhamid Abaaoud?")[0].text


def test_k_is_the_most(archive: Archive) -> None:
    everything = archive.status().passages
    assert len(archive.search("Paris", k=1)) == 1
    assert len(archive.search("Paris", k=10_000)) <= everything


def test_the_settings_begin_with_what_the_functions_do(archive: Archive) -> None:
    given = archive.settings
    assert given.title_weight == TITLE_WEIGHT
    assert given.rank_constant == RANK_CONSTANT
    assert given.reader_prior == PRIOR
