"""Records turn into JSON and back, and lose nothing on the way."""

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from asking import a_hit

import rag
from rag import (
    Answer,
    Backup,
    BadRecord,
    Check,
    Citation,
    Considered,
    Conversation,
    Coverage,
    Disagreement,
    Exchange,
    Explanation,
    Figure,
    FigureChange,
    Filters,
    Finding,
    Hit,
    IngestReport,
    KeptGeneration,
    Listed,
    RatedAnswer,
    Rating,
    Rebuilt,
    Rollback,
    Sentence,
    Spending,
    Status,
    Story,
    StoryMember,
    Unverified,
    Usage,
    Value,
    Verification,
)
from rag.types import Record

CONSIDERED = Considered.of(a_hit("Ice."))
CHECK = Check(kind="value", passed=False, detail="not there")
CITATION = Citation(
    number=1,
    article_id="a",
    title="T",
    source="S",
    published=datetime(2020, 3, 1, 9, tzinfo=UTC),
    url="https://quay.example",
    path="/a.md",
    quote="Ice.",
    start=3,
    end=7,
    passage="Oh Ice.",
)
COVERAGE = Coverage(first=date(2020, 3, 1), last=None, articles=2, undated=1)
DISAGREEMENT = Disagreement(
    subject="the dead", relation="bounds", values=(Value(value="at least 3", citations=(1, 2)),)
)
KEPT = KeptGeneration(name="g1", created="2020-03-01", articles=1, passages=2, live=True)
FIGURE = Figure(
    value="at least 3",
    sentence="At least 3 died.",
    start=0,
    end=16,
    article_id="a",
    published=date(2020, 3, 1),
    updated=None,
)
MEMBER = StoryMember(
    article_id="a", title="T", source="S", published=date(2020, 3, 1), url="", path="/a.md"
)
ANSWER = Answer(
    question="Why?",
    standalone_question="Why? (ferry)",
    text="Ice. [1]",
    status="answered",
    kind="extractive",
    reason="no key",
    sentences=(Sentence(text="Ice.", citations=(1,), checks=(CHECK,)),),
    citations=(CITATION,),
    disagreements=(DISAGREEMENT,),
    unverified=(Unverified(sentence="Fire.", failed="x", done="marked"),),
    nearest=(a_hit("Ice."),),
    coverage=COVERAGE,
    filters=Filters(published_from=date(2020, 1, 1), sources=["The Quay"]),
    timings={"total": 0.5},
    trace=(CONSIDERED,),
)
NOON = datetime(2020, 3, 1, 12, 0, 0, 7, tzinfo=UTC)
RATING = Rating(verdict="down", reason="no", at=NOON)
EXCHANGE = Exchange(
    id="e",
    question="Why?",
    state="done",
    text="Ice. [1]",
    answer=ANSWER,
    error="",
    scope="The Quay",
    filters=Filters(include_undated=False, stories=("a",)),
    by_days=False,
    began=NOON,
    changed=NOON,
    rating=RATING,
)
RECORDS: list[Record] = [
    CONSIDERED,
    Explanation(question="Why?", article_id="a", verdict="Used.", passages=(CONSIDERED,)),
    FIGURE,
    FigureChange(before=FIGURE, after=FIGURE),
    MEMBER,
    Story(id="a", lead="a", members=(MEMBER,)),
    a_hit("Ice.", published=None),
    CITATION,
    CHECK,
    Sentence(text="Ice.", citations=(1,), checks=(CHECK,)),
    Unverified(sentence="Fire.", failed="x", done="removed"),
    DISAGREEMENT.values[0],
    DISAGREEMENT,
    COVERAGE,
    Usage(prompt_tokens=1, completion_tokens=2),
    IngestReport(added=1, failed=(("/a.md", "broken"),)),
    Verification(number=1, passed=True, detail=""),
    Status(
        home=Path("/a"),
        generation="g1",
        generations=("g1",),
        fingerprint="f",
        articles=1,
        passages=2,
        dead=0,
        vectors="embedded",
        coverage=COVERAGE,
        bytes=10,
        created="2020-03-01",
        kept=(KEPT,),
        dead_share=0.0,
        bytes_index=8,
        bytes_embeddings=2,
    ),
    KEPT,
    Rollback(left="g2", generation="g1", created="2020-03-01", articles=1, passages=2),
    Finding(check="opens", passed=True),
    Spending(answers=2, usage=Usage(prompt_tokens=900, completion_tokens=80), cost=0.00123),
    Backup(
        home=Path("/a"),
        target=Path("/b"),
        generation="g1",
        articles=1,
        passages=2,
        vectors="embedded",
        embeddings=2,
        bytes=10,
        seconds=0.5,
        conversations=3,
    ),
    Rebuilt(generation="g2", articles=1, passages=2, embedded=0, seconds=0.5),
    RATING,
    EXCHANGE,
    Conversation(id="c", title="Why?", created=NOON, changed=NOON, exchanges=(EXCHANGE,)),
    Listed(id="c", title="Why?", created=NOON, changed=NOON, questions=1),
    RatedAnswer(
        conversation_id="c",
        exchange_id="e",
        question="Why?",
        text="Ice. [1]",
        answer=None,
        filters=Filters(),
        rating=RATING,
    ),
    ANSWER,
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_field_survives_json(record: Record) -> None:
    plain = record.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert type(record).from_dict(json.loads(json.dumps(plain))) == record
    assert list(plain) == [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]


def test_every_public_record_is_here() -> None:
    public = {getattr(rag, name) for name in rag.__all__}
    records = {kind for kind in public if isinstance(kind, type) and issubclass(kind, Record)}
    assert records == {type(record) for record in RECORDS}


def test_values_keep_their_meaning() -> None:
    plain = RECORDS[-1].to_dict()
    assert plain["citations"][0]["published"] == "2020-03-01T09:00:00+00:00"
    assert plain["nearest"][0]["published"] == "2020-03-01"
    assert plain["filters"]["sources"] == ["The Quay"]
    assert plain["filters"]["published_from"] == "2020-01-01"
    assert plain["disagreements"][0]["values"] == [
        {"value": "at least 3", "citations": [1, 2], "probability": None}
    ]
    assert plain["cost"] is None
    assert IngestReport(failed=(("/a", "b"),)).to_dict()["failed"] == [["/a", "b"]]


def test_records_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CHECK.passed = True  # type: ignore[misc]
    assert not hasattr(a_hit("x"), "__dict__")
    assert isinstance(a_hit("x"), Hit)


def test_a_sentence_is_verified_where_it_is_cited_and_nothing_failed() -> None:
    good = Check(kind="quote", passed=True)
    assert Sentence(text="x", citations=(1,), checks=(good,)).verified
    assert not Sentence(text="x", citations=(1,), checks=(good, CHECK)).verified
    assert not Sentence(text="x", checks=(good,)).verified


def changed(*place: str | int, to: object = ..., **added: object) -> dict[str, Any]:
    """The answer's plain values with one changed (or, by default, left out), and more added."""
    plain: dict[str, Any] = json.loads(json.dumps(ANSWER.to_dict())) | added
    *way, last = place or ("none",)
    inner: Any = plain
    for step in way:
        inner = inner[step]
    if to is ...:
        inner.pop(last, None)
    else:
        inner[last] = to
    return plain


def test_a_record_of_a_later_or_an_earlier_version() -> None:
    assert Answer.from_dict(changed(mood="sad")) == ANSWER
    assert Answer.from_dict(changed("citations", 0, "colour", to={"a": [1]})) == ANSWER
    assert Answer.from_dict(changed("short")) == ANSWER
    [sentence] = Answer.from_dict(changed("sentences", 0, "checks")).sentences
    assert sentence == Sentence(text="Ice.", citations=(1,))
    short = {"question": "a", "standalone_question": "b", "text": "c", "status": "partial"}
    assert Answer.from_dict(short) == Answer(**short)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        (None, "is None, not a set of named values"),
        ([], "is [], not a set"),
        ("x" * 100, f"is '{'x' * 39}…, not a set"),
        ({}, "lacks question"),
        (changed("text", to=5), "text is 5, not text"),
        (changed("status", to="great"), "status is 'great', not a known word"),
        (changed("status", to=["answered"]), "status is ['answered'], not a known word"),
        (changed("citations", 0, "quote"), "citations[0] lacks quote"),
        (changed("citations", 0, "start", to="3"), "citations[0].start is '3', not a whole number"),
        (changed("citations", 0, "start", to=True), "not a whole number"),
        (changed("citations", 0, "published", to="today"), "is 'today', not a date"),
        (changed("citations", 0, "published", to=20200301), "is 20200301, not a date"),
        (changed("citations", to={"0": 1}), "not a list"),
        (changed("sentences", 0, "checks", 0, "passed", to=1), "is 1, not true or false"),
        (changed("filters", "sources", to="The Quay"), "filters.sources is 'The Quay', not a list"),
        (changed("timings", "total", to="long"), "timings[total] is 'long', not a number"),
        (changed("timings", to=[]), "timings is [], not a set"),
        (changed("coverage", to=[]), "coverage is [], not a set"),
        (changed("cost", to="5"), "cost is '5', not a number"),
    ],
)
def test_rubbish_is_no_record(plain: object, said: str) -> None:
    with pytest.raises(BadRecord) as caught:
        Answer.from_dict(plain)
    assert str(caught.value).startswith("this is no Answer that can be read: ")
    assert said in str(caught.value)


def test_rubbish_elsewhere() -> None:
    with pytest.raises(BadRecord, match=r"failed\[0\] is \['a'\], not a list of 2"):
        IngestReport.from_dict({"failed": [["a"]]})
    with pytest.raises(BadRecord, match="not a date with time"):
        Rating.from_dict(RATING.to_dict() | {"at": "2020-03-01"})
    with pytest.raises(BadRecord, match="home is 5, not a path"):
        Status.from_dict(RECORDS[[type(r) for r in RECORDS].index(Status)].to_dict() | {"home": 5})
