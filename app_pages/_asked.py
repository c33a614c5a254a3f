"""One question of a run: expected, answered, cited, found, judged, as Markdown and tables."""

from collections.abc import Sequence
from typing import Any

from app_pages._measured import measure_name, type_name
from app_pages._text import escape
from evaluation.matching import contains
from evaluation.outcomes import Change, Judged

__all__ = [
    "answered_lines",
    "change_line",
    "chosen",
    "expected_lines",
    "failed_line",
    "history_lines",
    "question_label",
    "quote_lines",
    "ranking_rows",
    "status_line",
    "verdict_line",
]

_STATUS = {
    "answered": "Answered",
    "partial": "Answered in part",
    "not_found": "Not found",
}
_MOST = 200


def chosen(found: Sequence[Judged], *, scope: str, wrong: bool, kind: str) -> list[Judged]:
    """The questions of a scope, of one type where it is given, the wrong ones alone if asked."""
    return [
        one
        for one in found
        if one.record["scope"] == scope
        and (not kind or (one.question.type or "-") == kind)
        and (one.wrong or not wrong)
    ]


def question_label(one: Judged) -> str:
    """A question in a list, as plain text."""
    return f"{'✗' if one.wrong else '✓'} {one.question.question[:_MOST]}"


def verdict_line(one: Judged) -> str:
    """Whether it is right."""
    if not one.wrong:
        return ":green[:material/check_circle:] **Right**"
    if one.right > 0:
        return f":orange[:material/contrast:] **Right in part** ({one.right:.0%})"
    return ":red[:material/cancel:] **Wrong**"


def failed_line(one: Judged) -> str:
    """What fell short, measure by measure."""
    said = [f"{measure_name(name)} ({one.scores[name]:.2f})" for name in one.failed]
    return "Fell short: " + "; ".join(map(escape, said)) if said else "Nothing fell short."


def history_lines(one: Judged) -> list[str]:
    """The turns before it."""
    return [
        f":small[:gray[Before: {escape(first)} → {escape(second)}]]"
        for first, second in one.question.history
    ]


def expected_lines(one: Judged) -> list[str]:
    """What is known of the answer."""
    question = one.question
    if not question.answerable:
        return ["No answer: the articles do not say."]
    lines = []
    if question.answers:
        lines.append("Any of: " + ", ".join(f"**{escape(a)}**" for a in question.answers))
    if question.values:
        lines.append("All values: " + ", ".join(f"**{escape(v)}**" for v in question.values))
    if question.wrong_values:
        listed = ", ".join(f"**{escape(v)}**" for v in question.wrong_values)
        lines.append(f"Wrong would be: {listed}")
    lines += [f"- {escape(said)}" for said in question.assertions]
    return lines or ["That it is answered; in what words, nobody has said."]


def status_line(one: Judged) -> str:
    """How it was answered, and the type of the question."""
    answer = one.record["answer"]
    status = _STATUS.get(answer["status"], str(answer["status"])) if answer else "Only searched"
    return " · ".join([f"**{escape(status)}**", escape(type_name(one.question.type))])


def answered_lines(one: Judged) -> list[str]:
    """The sentences with the numbers of their quotes, or why there are none."""
    answer = one.record["answer"]
    if answer is None:
        return ["This system finds articles and does not answer."]
    if answer["status"] == "not_found":
        return [escape(answer.get("reason") or "The archive does not answer this.")]
    return [
        escape(sentence["text"]) + "".join(f" \\[{number}\\]" for number in sentence["citations"])
        for sentence in answer["sentences"]
    ]


def quote_lines(one: Judged) -> list[str]:
    """The quotes, each with its article, and whether it holds what was expected and stands."""
    answer = one.record["answer"]
    if answer is None:
        return []
    gold = _gold(one)
    wanted = (*one.question.answers, *one.question.values)
    return [_quote_line(c, one, gold, wanted) for c in answer["citations"]]


def _quote_line(citation: Any, one: Judged, gold: set[str], wanted: Sequence[str]) -> str:
    marks = []
    if citation["doc_id"] in gold:
        marks.append(":green-background[right article]")
    if any(contains(citation["quote"], value) for value in wanted):
        marks.append(":green-background[holds the value]")
    if not citation["stands"]:
        marks.append(":red-background[not verbatim]")
    head = f"**{citation['number']}** {escape(_title(citation['doc_id'], one))}"
    return f"{head} {' '.join(marks)}  \n{escape(citation['quote'])}"


def ranking_rows(one: Judged, *, most: int = 10) -> list[dict[str, Any]]:
    """The articles in the order of their best passage, and the right ones that were not found."""
    gold = _gold(one)
    found: dict[str, bool] = {}
    for passage in one.record["passages"]:
        found[passage["doc_id"]] = found.get(passage["doc_id"], False) or passage["holds"]
    rows = [
        {
            "Rank": rank,
            "Article": _title(doc_id, one),
            "Right": "✓" if doc_id in gold else "",
            "Holds the value": "✓" if holds else "",
        }
        for rank, (doc_id, holds) in enumerate(found.items(), 1)
        if rank <= most or doc_id in gold
    ]
    return rows + [
        {"Rank": None, "Article": _title(doc_id, one), "Right": "✓", "Holds the value": ""}
        for doc_id in sorted(gold - found.keys())
    ]


def _gold(one: Judged) -> set[str]:
    twins = one.record.get("twins") or {}
    return {str(twins.get(doc_id, doc_id)) for doc_id in one.question.gold_doc_ids}


def _title(doc_id: str, one: Judged) -> str:
    return str((one.record.get("titles") or {}).get(doc_id) or doc_id)


def change_line(change: Change, measure: str) -> str:
    """A question that two runs answer differently, as the label of a button."""
    was, now = change.before.score(measure) or 0.0, change.after.score(measure) or 0.0
    return f"{escape(change.after.question.question[:_MOST])} · {was:.2f} → {now:.2f}"
