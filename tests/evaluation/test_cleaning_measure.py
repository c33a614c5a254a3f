"""The measure of cleaning: it sees lost prose and furniture left in; and our pages' figures."""

import hashlib
import json
from pathlib import Path

import pytest

from evaluation.cleaning import FIELDS, main, measure, measure_texts, taken_out, total
from evaluation.texts import real_articles
from rag import DossierError

PAGES = Path(__file__).parents[1] / "data" / "pages"
FIRST = "The harbour bridge will close in March, the council said on Monday evening."
SECOND = "Ferries will run every ten minutes instead, and carry bicycles free of charge."


def save(folder: Path, html: str, **truth: object) -> None:
    (folder / "a.html").write_text(html, encoding="utf-8")
    known = {"paragraphs": [FIRST, SECOND], "furniture": [], **truth}
    (folder / "a.html.json").write_text(json.dumps(known), encoding="utf-8")


@pytest.fixture(scope="module")
def scores() -> dict[str, list]:
    return measure(PAGES)


def test_the_saved_pages_are_many_and_each_truth_is_whole() -> None:
    truths = sorted(PAGES.glob("*.json"))
    assert len(truths) >= 12
    for path in truths:
        truth = json.loads(path.read_text(encoding="utf-8"))
        assert set(truth) == {*FIELDS, "paragraphs", "furniture"}
        assert truth["paragraphs"]
        assert truth["furniture"]
        assert not set(truth["paragraphs"]) & set(truth["furniture"])


def test_no_prose_of_the_saved_pages_is_lost(scores: dict[str, list]) -> None:
    assert {score.name: score.lost for score in scores["dossier"] if score.lost} == {}


def test_their_furniture_is_out_and_listed_and_their_fields_are_right(
    scores: dict[str, list],
) -> None:
    ours = total(scores["dossier"])
    assert ours.removed >= 0.98 * ours.furniture
    assert ours.listed == ours.removed
    assert {score.name: score.wrong for score in scores["dossier"] if score.wrong} == {}


def test_we_keep_more_and_leave_out_more_than_the_baselines(scores: dict[str, list]) -> None:
    ours = total(scores["dossier"])
    for way in ("trafilatura", "all <p>"):
        theirs = total(scores[way])
        assert (theirs.prose, theirs.furniture) == (ours.prose, ours.furniture)
        assert theirs.kept < ours.kept
        assert theirs.removed < ours.removed


def test_lost_prose_and_furniture_left_in_are_seen(tmp_path: Path) -> None:
    save(
        tmp_path,
        f"<p>{FIRST}</p><p hidden>{SECOND}</p><p>Boats are for sale at the quay, cheap.</p>",
        furniture=["Boats are for sale at the quay, cheap.", "Never on the page"],
        title="Another title",
    )
    [score] = measure(tmp_path)["dossier"]
    assert score.lost == (SECOND,)
    assert score.left_in == ("Boats are for sale at the quay, cheap.",)
    assert score.unlisted == ("Never on the page",)
    assert (score.right, score.stated) == (0, 1)


def test_a_paragraph_cut_in_two_is_lost_and_typography_does_not_count(tmp_path: Path) -> None:
    save(tmp_path, f"<p>{FIRST.replace(',', ' –')}</p><p>{SECOND[:30]}</p>")
    [score] = measure(tmp_path)["dossier"]
    assert score.lost == (SECOND,)


def label(line: str, number: int, kind: str = "caption") -> str:
    digest = hashlib.sha256(line.encode()).hexdigest()
    return json.dumps({"file": "a.txt", "line": number, "kind": kind, "sha256": digest})


def test_labelled_lines_of_plain_texts(tmp_path: Path) -> None:
    text = f"{FIRST}\n\nRelated posts\n\n{SECOND}\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    labels = tmp_path / "labels.jsonl"
    labels.write_text(label("Related posts", 3, "related") + "\n", encoding="utf-8")
    [score] = measure_texts(tmp_path, labels)
    assert (score.kept, score.prose, score.removed, score.listed) == (2, 2, 1, 1)
    labels.write_text(label("Another line", 3) + "\n", encoding="utf-8")
    with pytest.raises(DossierError, match="line 3: is not the line labelled"):
        measure_texts(tmp_path, labels)
    labels.write_text("{}\n", encoding="utf-8")
    with pytest.raises(DossierError, match="line 1: not a label"):
        measure_texts(tmp_path, labels)


def test_words_glued_to_a_paragraph_are_listed_and_the_paragraph_is_read(tmp_path: Path) -> None:
    line = f"harbour-bridge-dusk{FIRST}"
    (tmp_path / "a.txt").write_text(f"{SECOND}\n\n{line}\n", encoding="utf-8")
    labels = tmp_path / "labels.jsonl"
    labels.write_text(label(line, 3, "alt text") + "\n", encoding="utf-8")
    [score] = measure_texts(tmp_path, labels)
    assert (score.kept, score.removed, score.listed) == (1, 1, 1)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, f"<p>{FIRST}</p><p>{SECOND}</p>")
    assert main(["--pages", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["dossier", "dossier", "trafilatura", "all"]
    assert "prose 2/2" in lines[1]
    save(tmp_path, f"<p>{FIRST}</p>")
    assert main(["--pages", str(tmp_path), "--details"]) == 1
    assert f"lost: {SECOND}" in capsys.readouterr().out
    assert main(["--pages", str(tmp_path / "none")]) == 1
    assert "holds no page" in capsys.readouterr().err


def test_lines_that_are_taken_out_are_counted_once_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share = "Share this article"
    for name, text in (("a", FIRST), ("b", SECOND)):
        (tmp_path / f"{name}.txt").write_text(f"{text}\n\n{share}\n\nAll.", encoding="utf-8")
    taken = taken_out(real_articles([tmp_path]))
    assert (taken.articles, taken.lines, taken.pieces) == (2, 3, (("share", share),))
    row = {"text": f"{FIRST}\n\nThe cafÃ© is open.", "authors": ["Ada Moss"]}
    (tmp_path / "c.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert main(["--lines", str(tmp_path), "--sample", "5"]) == 0
    *rows, repaired = capsys.readouterr().out.splitlines()
    assert rows == [
        "3 articles, 4 distinct lines of three words and more",
        "1 taken out or cut",
        "    share            1",
        "1 of 4 strings repaired",
        f"    share: {share}",
    ]
    assert repaired.startswith("    repaired: ")
    assert "The cafÃ© is open.' to " in repaired
    assert repaired.endswith("The café is open.'")
    assert main(["--lines", str(tmp_path / "none.txt")]) == 1
    assert "none.txt" in capsys.readouterr().err


def test_the_labelled_articles(seeds: Path) -> None:
    labels = PAGES.parent / "furniture.jsonl"
    if not labels.is_file():
        pytest.skip("no lines are labelled yet")
    scores = measure_texts(seeds, labels)
    assert scores
    for score in scores:
        assert (score.kept, score.removed, score.listed) == (
            score.prose,
            score.furniture,
            score.furniture,
        )
