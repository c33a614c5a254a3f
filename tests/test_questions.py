"""The questions over the five real articles, and the script that asks them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.questions import Outcome, Summary, load, main, run, summarise
from rag import Archive, DossierError, Settings

FILE = Path(__file__).parent / "data" / "seed_questions.jsonl"
AIRLINER = {
    "qid": "a",
    "question": "How many people died aboard the airliner?",
    "answers": ["224"],
    "answerable": True,
}
MERCURY = {
    "qid": "b",
    "question": "What is the boiling point of mercury?",
    "answers": [],
    "answerable": False,
}


def test_there_are_as_many_as_the_issue_asks() -> None:
    questions = load(FILE)
    assert len({q["qid"] for q in questions}) == len({q["question"] for q in questions}) == 52
    assert [bool(q["answerable"]) for q in questions].count(True) == 40
    assert len({name for q in questions for name in q["articles"]}) == 5  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def outcomes(
    seeds: Path, embedder: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Outcome]]:
    settings = Settings(_env_file=None)
    home = tmp_path_factory.mktemp("seeds")
    with Archive.open(home, settings=settings, embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest(seeds)
        yield run(archive, load(FILE))


def test_the_figures_of_the_issue(outcomes: list[Outcome]) -> None:
    figures = summarise(outcomes)
    wrong = [(o.qid, o.question, o.answer.text[:80]) for o in outcomes if not o.right]
    assert figures.quoted >= 0.80, wrong
    assert figures.refused >= 0.70, wrong
    assert figures.verbatim == 1.0


def test_answers_stay_short(outcomes: list[Outcome]) -> None:
    # A value by itself and four quotes; an open question gets five.
    assert all(len(o.answer.sentences) <= 5 for o in outcomes)
    assert all(o.answer.citations for o in outcomes if not o.refused)


# --- the script ---


def written(folder: Path, *lines: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(f"{x if isinstance(x, str) else json.dumps(x)}\n" for x in lines))
    return path


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("{not json", "line 2: not a question"),
        ("[1, 2]", "line 2: not a question"),
        ('"text"', "line 2: not a question"),
        ("", "line 2: not a question"),
        ({"qid": "b", "question": "Why?"}, "line 2: qid, question, answers or answerable missing"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, part: str) -> None:
    with pytest.raises(DossierError, match=part):
        load(written(tmp_path, AIRLINER, line))


def test_a_file_without_questions(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match="no questions"):
        load(written(tmp_path))


def test_what_is_counted(sample: Path, tmp_path: Path, embedder: object) -> None:
    """One right answer, one right refusal, one wrong answer, one wrong refusal."""
    wrong = AIRLINER | {"qid": "c", "answers": ["225"]}
    refused = MERCURY | {"qid": "d", "answers": ["357"], "answerable": True}
    settings = Settings(_env_file=None)
    with Archive.open(tmp_path, settings=settings, embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest(sample)
        found = run(archive, [AIRLINER, MERCURY, wrong, refused])
    assert [o.right for o in found] == [True, True, False, False]
    figures = summarise(found)
    assert (figures.answerable, figures.unanswerable) == (3, 1)
    assert figures.quoted == figures.first == figures.wrongly_refused == pytest.approx(1 / 3)
    assert figures.refused == figures.verbatim == 1.0
    assert figures.sentences >= 1


def test_nothing_is_summarised_to_zero() -> None:
    assert summarise([]) == Summary(
        answerable=0,
        quoted=0.0,
        first=0.0,
        wrongly_refused=0.0,
        unanswerable=0,
        refused=0.0,
        verbatim=0.0,
        sentences=0.0,
    )


def test_main(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, AIRLINER, MERCURY, AIRLINER | {"qid": "c", "answers": ["225"]})
    assert main([str(path), "--articles", str(sample), "--failures"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "quoted           0.500" in out
    assert "verbatim         1.000" in out
    assert [line for line in out.splitlines() if line.startswith("c: ")]
    assert not [line for line in out.splitlines() if line.startswith("a: ")]


@pytest.mark.parametrize("missing", ["questions", "articles"])
def test_main_says_what_is_missing(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    path = written(tmp_path, AIRLINER)
    where = {"questions": path, "articles": sample} | {missing: tmp_path / "nowhere"}
    assert main([str(where["questions"]), "--articles", str(where["articles"])]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "nowhere" in err
    assert err.count("\n") == 1


def test_main_names_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(written(tmp_path, "{")), "--articles", str(tmp_path)]) == 1
    assert "line 1: not a question" in capsys.readouterr().err


def test_main_wants_its_arguments() -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
