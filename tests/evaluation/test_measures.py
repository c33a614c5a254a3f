"""The measures against cases worked by hand."""

import math

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as strings
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from evaluation.data import Question
from evaluation.measures import MEASURES, rank_scores, score


def test_ranking_by_hand() -> None:
    # Relevant: b (rank 2) and d (rank 4); c is relevant too and never found.
    scores = rank_scores({"q": (["a", "b", "x", "d", "y"], ["b", "c", "d"])})["q"]
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert scores["hit@1"] == 0
    assert scores["hit@5"] == 1
    assert scores["recall@5"] == pytest.approx(2 / 3)
    assert scores["mrr@10"] == pytest.approx(1 / 2)
    assert scores["ndcg@10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_ranks_beyond_ten_do_not_count() -> None:
    scores = rank_scores({"q": ([f"x{n}" for n in range(10)] + ["a"], ["a"])})["q"]
    assert set(scores.values()) == {0.0}


def test_the_order_of_the_ranking_decides_not_the_names() -> None:
    scores = rank_scores({"1": (["z", "a"], ["z"]), "2": (["a", "z"], ["z"])})
    assert (scores["1"]["hit@1"], scores["2"]["hit@1"]) == (1, 0)


def test_nothing_found_scores_nothing() -> None:
    assert set(rank_scores({"q": ([], ["a"])})["q"].values()) == {0.0}
    both = rank_scores({"q": ([], ["a"]), "r": (["a"], ["a"])})
    assert (both["q"]["mrr@10"], both["r"]["mrr@10"]) == (0, 1)


TREC = {
    "hit@1": Success @ 1,
    "hit@5": Success @ 5,
    "hit@10": Success @ 10,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}
IDS = [f"d{number}" for number in range(25)]


@given(strings.permutations(IDS), strings.integers(1, 25), strings.sets(strings.sampled_from(IDS)))
def test_ranking_as_trec_eval_has_it(order: list[str], found: int, gold: set[str]) -> None:
    ranking = order[:found]
    ours = rank_scores({"q": (ranking, gold)})["q"]
    judged = [Qrel("q", ident, 1) for ident in gold] or [Qrel("q", "none", 1)]
    scored = [ScoredDoc("q", ident, -float(rank)) for rank, ident in enumerate(ranking)]
    theirs = ir_measures.calc_aggregate(list(TREC.values()), judged, scored)
    assert ours == pytest.approx({name: theirs[measure] for name, measure in TREC.items()})


def record(**more: object) -> dict:
    return {
        "qid": "q", "key": "all:q", "scope": "all", "passages": [], "relevant": None,
        "answer": None, **more,
    }  # fmt: skip


def answer(*pairs: tuple[str, list[str]], status: str = "answered", stands: bool = True) -> dict:
    """An answer of sentences, each with its quotes."""
    citations: list[dict] = []
    sentences = []
    for text, quotes in pairs:
        numbers = []
        for quote in quotes:
            numbers.append(len(citations) + 1)
            citations.append({"number": numbers[-1], "quote": quote, "stands": stands})
        sentences.append({"text": text, "citations": numbers})
    return {
        "status": status, "sentences": sentences, "citations": citations, "disagreements": [],
    }  # fmt: skip


def scored(given: dict, **question: object) -> dict[str, float]:
    asked = Question(qid="q", question="What?", **question)
    return score([record(**given)], {"q": asked})[0]


def test_articles_rank_where_their_best_passage_does() -> None:
    passages = [{"doc_id": d, "holds": h} for d, h in [("x", 0), ("x", 0), ("a", 0), ("a", 1)]]
    scores = scored({"passages": passages, "relevant": 2}, gold_doc_ids=("a",))
    assert scores["article_mrr@10"] == 1 / 2  # x, a
    assert scores["passage_mrr@10"] == 1 / 4
    assert scores["passage_recall@5"] == 1 / 2  # the other one was not found


def test_a_gold_article_that_was_merged_counts_under_its_twin() -> None:
    passages = [{"doc_id": "kept", "holds": True}]
    given = {"passages": passages, "twins": {"merged": "kept"}}
    assert scored(given, gold_doc_ids=("merged",))["article_hit@1"] == 1


def test_answers() -> None:
    given = answer(
        ("It sank in May.", ["It sank in May."]), ("About 129 died.", ["About 129 died."])
    )
    scores = scored({"answer": given}, answers=("one hundred and twenty-nine",))
    assert scores["value_in_answer"] == scores["value_in_quotes"] == 1
    assert scores["value_in_first_quote"] == 0
    assert scores["exact_match"] == scores["token_f1"] == 0
    assert scores["wrongly_refused"] == 0
    assert "wrongly_answered" not in scores
    assert "article_hit@1" not in scores


def test_token_f1_of_an_answer() -> None:
    scores = scored({"answer": answer(("The red ferry", []))}, answers=("ferry",))
    assert scores["token_f1"] == pytest.approx(2 / 3)  # P = 1/2, R = 1


def test_a_refusal_holds_no_value_and_no_citation_figure() -> None:
    scores = scored({"answer": answer(status="not_found")}, answers=("129",))
    assert (scores["wrongly_refused"], scores["value_in_answer"]) == (1, 0)
    assert not {"citation_precision", "verbatim", "value_guard"} & scores.keys()


def test_unanswerable_questions() -> None:
    assert scored({"answer": answer(status="not_found")}, answerable=False) == {
        "wrongly_answered": 0
    }
    scores = scored({"answer": answer(("It sank there.", []))}, answerable=False)
    assert scores["wrongly_answered"] == 1


def test_citations_by_hand() -> None:
    given = answer(
        ("The ferry sank in May.", ["The ferry sank in May.", "The bridge held."]),
        ("The toll was 12.", ["The toll was 13."]),
        ("Many passengers were rescued.", []),
    )
    scores = scored({"answer": given})
    assert scores["citation_precision"] == pytest.approx(1 / 3)
    assert scores["citation_recall"] == pytest.approx(1 / 3)
    assert scores["value_guard"] == pytest.approx(1 / 2)  # May is held, 12 is not
    assert scores["verbatim"] == 1
    assert scored({"answer": answer(("A b c.", ["A b c."]), stands=False)})["verbatim"] == 0


def test_short_answers_are_what_is_matched() -> None:
    given = answer(("It sank on the 3rd of May, police said.", []))
    assert scored({"answer": given}, answers=("3 May",))["exact_match"] == 0
    given["short"] = [{"value": "The 3 May"}, {"value": "May"}]
    scores = scored({"answer": given}, answers=("3 May",), values=("3 May", "June"))
    assert (scores["exact_match"], scores["token_f1"]) == (1, 1)
    assert scores["values_shown"] == 1 / 2
    assert scored({"answer": given}, answers=("May",))["exact_match"] == 0


def test_assertions_and_values_that_are_to_be_shown() -> None:
    given = answer(("Police spoke of 12 dead.", []))
    given["disagreements"] = [{"values": [{"value": "14"}]}]
    scores = scored(
        {"answer": given}, assertions=("12 dead", "a trial"), values=("12", "14", "16"),
        wrong_values=("14", "99"),
    )  # fmt: skip
    assert scores["assertion_coverage"] == 1 / 2
    assert scores["values_shown"] == pytest.approx(2 / 3)
    assert scores["wrong_values_shown"] == 1 / 2


def test_every_score_is_listed() -> None:
    given = {
        "answer": answer(("May was cold.", ["May was cold."])),
        "passages": [{"doc_id": "a", "holds": True}],
        "relevant": 1,
    }
    scores = scored(
        given,
        answers=("May",),
        gold_doc_ids=("a",),
        values=("May",),
        assertions=("x",),
        wrong_values=("June",),
    )
    assert set(MEASURES) - scores.keys() == {"wrongly_answered"}
    assert all(0 <= value <= 1 for value in scores.values())
