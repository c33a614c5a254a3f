"""The measures: per-question scores from a record, deterministic, without a judge.

Ranking (by article and by passage; the tests hold these against trec_eval's code):

    hit@k     1 where one of the first k is relevant
    recall@k  relevant among the first k / all relevant
    mrr@10    1 / rank of the first relevant one, 0 beyond 10 (Voorhees, TREC-8, 1999)
    ndcg@10   sum of rel_i / log2(i + 1) over the first 10, divided by the best possible
              (Järvelin and Kekäläinen, TOIS 2002)

An article is relevant where it is gold; it ranks where its best passage does. A passage is
relevant where its article is gold and it holds an answer.

Answers: exact_match and token_f1 as SQuAD has them, of the likeliest short answer where there is
one and else of the text; value_in_answer: an expected answer stands in
the answer (0 where it refused); value_in_quotes and value_in_first_quote: in a cited quote, in the
first one; assertion_coverage: share of the listed assertions that the answer supports.

Citations (over questions that were answered; after Gao et al., ALCE, EMNLP 2023, whose judge is a
model and ours `evaluation.matching.supports`):

    citation_precision  pairs of sentence and cited quote where the quote supports / all such pairs
    citation_recall     sentences that their quotes together support / sentences that need support
    verbatim            quotes equal to the article's text at their span / all quotes
    value_guard         values of the sentences that occur in what they cite / all their values

A sentence needs support where it has at least two content words or a value.

Abstention: wrongly_refused over the answerable, wrongly_answered over the unanswerable, and
balanced_accuracy, the mean of the two shares that are right (Brodersen et al., ICPR 2010).

values_shown: known values that the answer shows in a sentence, among its short answers or in its
list of disagreements / all that are known (questions that list values). wrong_values_shown: the
same of the values that are listed as wrong.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluation.data import Question
from evaluation.matching import (
    contains,
    content_stems,
    exact_match,
    missing_values,
    supports,
    token_f1,
    values,
)

__all__ = ["LESS_IS_BETTER", "MEASURES", "rank_scores", "score"]

LESS_IS_BETTER = frozenset({"wrong_values_shown", "wrongly_refused", "wrongly_answered"})
"""Measures of which less is better."""

Json = Mapping[str, Any]

_RANKING = ("hit@1", "hit@5", "hit@10", "recall@5", "recall@10", "mrr@10", "ndcg@10")

MEASURES = (
    *(f"{by}_{name}" for by in ("article", "passage") for name in _RANKING),
    "value_in_answer", "value_in_quotes", "value_in_first_quote", "exact_match", "token_f1",
    "assertion_coverage", "values_shown", "wrong_values_shown",
    "citation_precision", "citation_recall", "value_guard", "verbatim",
    "wrongly_refused", "wrongly_answered",
)  # fmt: skip
"""Every measure of a single question, in the order of reports."""


def rank_scores(
    rankings: Mapping[str, tuple[Sequence[str], Iterable[str]]],
) -> dict[str, dict[str, float]]:
    """The ranking measures of each query: its ranking (ids, best first) and its relevant ids."""
    return {query: _ranked(ranking, set(gold)) for query, (ranking, gold) in rankings.items()}


def _ranked(ranking: Sequence[str], gold: set[str]) -> dict[str, float]:
    """Relevance is yes or no; where nothing is relevant, all are 0."""
    places = [rank for rank, ident in enumerate(ranking[:10], 1) if ident in gold]
    if not places:
        return dict.fromkeys(_RANKING, 0.0)
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(10, len(gold)) + 1))
    return {
        **{f"hit@{k}": float(places[0] <= k) for k in (1, 5, 10)},
        **{f"recall@{k}": sum(rank <= k for rank in places) / len(gold) for k in (5, 10)},
        "mrr@10": 1 / places[0],
        "ndcg@10": sum(1 / math.log2(rank + 1) for rank in places) / best,
    }


def score(records: Sequence[Json], questions: Mapping[str, Question]) -> list[dict[str, float]]:
    """The scores of each record, in order; a measure that does not apply is left out."""
    articles, passages = {}, {}
    for number, record in enumerate(records):
        question = questions[record["qid"]]
        ranked = [passage["doc_id"] for passage in record["passages"]]
        if question.gold_doc_ids:
            twins = record.get("twins") or {}
            gold = {twins.get(doc_id, doc_id) for doc_id in question.gold_doc_ids}
            articles[str(number)] = (list(dict.fromkeys(ranked)), gold)
        if record.get("relevant"):
            passages[str(number)] = _by_passage(record)
    by_article, by_passage = rank_scores(articles), rank_scores(passages)
    scored = []
    for number, record in enumerate(records):
        scores = {f"article_{k}": v for k, v in by_article.get(str(number), {}).items()}
        scores |= {f"passage_{k}": v for k, v in by_passage.get(str(number), {}).items()}
        if record.get("answer") is not None:
            scores |= _answer_scores(record["answer"], questions[record["qid"]])
        scored.append(scores)
    return scored


def _by_passage(record: Json) -> tuple[list[str], list[str]]:
    """Passages by their rank; the relevant ones that were not found by names of their own."""
    ranking = [str(rank) for rank in range(len(record["passages"]))]
    relevant = [str(r) for r, passage in enumerate(record["passages"]) if passage["holds"]]
    unfound = max(0, record["relevant"] - len(relevant))
    return ranking, relevant + [f"unfound-{index}" for index in range(unfound)]


def _answer_scores(answer: Json, question: Question) -> dict[str, float]:
    given = answer["status"] != "not_found"
    quotes = [citation["quote"] for citation in answer["citations"]] if given else []
    said = " ".join(sentence["text"] for sentence in answer["sentences"]) if given else ""
    short = [value["value"] for value in answer.get("short", ())]
    scores: dict[str, float] = {}
    if question.answerable:
        scores["wrongly_refused"] = float(not given)
        if question.answers:
            expected = question.answers
            scores["exact_match"] = exact_match([*short, said][0], expected)
            scores["token_f1"] = token_f1([*short, said][0], expected)
            scores["value_in_answer"] = _holds(said, expected)
            scores["value_in_quotes"] = _holds(" ".join(quotes), expected)
            scores["value_in_first_quote"] = _holds("".join(quotes[:1]), expected)
        if question.assertions:
            covered = [contains(said, one) or supports(said, one) for one in question.assertions]
            scores["assertion_coverage"] = _share(covered)
        listed = [v["value"] for one in answer["disagreements"] for v in one["values"]]
        shown = " | ".join([said, *short, *listed])
        if known := question.values:
            scores["values_shown"] = _share([contains(shown, value) for value in known])
        if wrong := question.wrong_values:
            scores["wrong_values_shown"] = _share([contains(shown, value) for value in wrong])
    else:
        scores["wrongly_answered"] = float(given)
    return scores | (_citation_scores(answer) if given else {})


def _holds(text: str, expected: Sequence[str]) -> float:
    return float(any(contains(text, value) for value in expected))


def _citation_scores(answer: Json) -> dict[str, float]:
    quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
    pairs, supported, values_held, values_said = [], [], 0, 0
    for sentence in answer["sentences"]:
        text = sentence["text"]
        cited = [quotes[number] for number in sentence["citations"] if number in quotes]
        pairs += [supports(quote, text) for quote in cited]
        wanted = values(text)
        if not wanted and len(content_stems(text)) < 2:
            continue
        together = " ".join(cited)
        supported.append(bool(cited) and supports(together, text))
        values_said += len(wanted)
        values_held += len(wanted) - len(missing_values(text, together))
    scores = {}
    if pairs:
        scores["citation_precision"] = _share(pairs)
    if supported:
        scores["citation_recall"] = _share(supported)
    if values_said:
        scores["value_guard"] = values_held / values_said
    if answer["citations"]:
        scores["verbatim"] = _share([citation["stands"] for citation in answer["citations"]])
    return scores


def _share(items: Sequence[bool]) -> float:
    return sum(items) / len(items)
