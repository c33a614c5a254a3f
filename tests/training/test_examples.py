"""What the reader is trained on: labels that point at the answer, negatives without one."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from tokenizers import Tokenizer

import training.data
from rag.weights import MINILM_TOKENIZER, fetch
from training.data import Paragraph, Question, Source, held_out, load_boolq, load_squad
from training.examples import NONE, UNKNOWN, Example, Maker, Recipe

BRIDGE = (
    "The old bridge was opened in 1894 by Ada Moss. It carried 3,000 carts a day. "
    "In 1921 a flood took its middle span. The town paid 40,000 crowns for a new one. "
    "Trams crossed it until 1953, when the line was given up."
)
FERRY = (
    "Before there was a bridge a ferry crossed here. In 1850 Tom Vale ran it. "
    "It sank in 1871 with 12 sheep aboard."
)
PAID = Question(
    "How much did the town pay for a new span in 1921?",
    0,
    (("40,000 crowns", BRIDGE.index("40,000")),),
)
BUDGETS = (40, 64, 96, 256)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    loaded = Tokenizer.from_file(str(fetch(MINILM_TOKENIZER)))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


@pytest.fixture
def maker(tokenizer: Tokenizer) -> Maker:
    paragraphs = [Paragraph("The bridge", BRIDGE), Paragraph("The bridge", FERRY)]
    paragraphs.append(Paragraph("The mill", "The mill was built of oak."))
    who = Question("Who opened the old bridge?", 0, (("Ada Moss", BRIDGE.index("Ada")),))
    settled = Question("was there ever a ferry", 1, ())
    oak = Question("Of what was the mill built?", 2, (("oak", 22),))
    return Maker(Source(paragraphs, [PAID, who, settled, oak]), tokenizer, [[1], [1], [0], [1]])


def said(tokenizer: Tokenizer, example: Example) -> str:
    return str(tokenizer.decode(example.ids[example.start : example.end + 1]))


def whole(tokenizer: Tokenizer, example: Example) -> str:
    return str(tokenizer.decode(example.ids[example.passage : -1]))


@pytest.mark.parametrize("budget", BUDGETS)
@pytest.mark.parametrize("seed", range(12))
def test_positives_point_at_the_answer(
    maker: Maker, tokenizer: Tokenizer, budget: int, seed: int
) -> None:
    rng = random.Random(seed)
    for index, answer in ((0, "40, 000 crowns"), (1, "ada moss")):
        example = maker.positive(index, recipe=Recipe(budget=budget), rng=rng)
        assert said(tokenizer, example) == answer
        assert example.relevant
        assert len(example.ids) <= budget
        assert example.title < example.passage <= example.start <= example.end


def test_an_answer_without_a_span(maker: Maker) -> None:
    example = maker.positive(2, recipe=Recipe(budget=96), rng=random.Random(1))
    assert (example.start, example.end, example.relevant) == (UNKNOWN, UNKNOWN, True)


def test_negatives_hold_no_answer(maker: Maker, tokenizer: Tokenizer) -> None:
    seen = set()
    for seed in range(200):
        example = maker.negative(0, recipe=Recipe(budget=96), rng=random.Random(seed))
        assert example is not None
        assert (example.start, example.end, example.relevant) == (NONE, NONE, False)
        asked = tokenizer.decode(example.ids[: example.title])
        if "1921" in asked:
            assert "40, 000 crowns" not in whole(tokenizer, example)
            seen.add("mined" if "ferry" in whole(tokenizer, example) else "cut")
        else:  # a false premise: a year of the other paragraph
            assert any(f" {number}" in asked for number in ("1850", "1871", "12"))
            assert "bridge was opened" in whole(tokenizer, example)
            seen.add("swapped")
    assert seen == {"mined", "cut", "swapped"}


def test_titles_that_prove_nothing(maker: Maker, tokenizer: Tokenizer) -> None:
    """Some examples have none, and some wrong passages the right one's."""
    titles = Counter()
    recipe = Recipe(budget=96, made=0.0, untitled=0.4, borrowed=0.5)
    for seed in range(400):
        example = maker.negative(3, recipe=recipe, rng=random.Random(seed))
        assert example is not None
        assert "ferry" in whole(tokenizer, example)
        titles[tokenizer.decode(example.ids[example.title : example.passage - 1])] += 1
    assert set(titles) == {"", "the bridge", "the mill"}
    assert titles[""] == pytest.approx(160, abs=30)
    assert titles["the mill"] == pytest.approx(120, abs=30)


def test_nothing_mined_and_nothing_left(tokenizer: Tokenizer) -> None:
    source = Source([Paragraph("", "Ada Moss.")], [Question("Who?", 0, (("Ada Moss", 0),))])
    assert (
        Maker(source, tokenizer, [[]]).negative(0, recipe=Recipe(budget=64), rng=random.Random(1))
        is None
    )


def test_the_same_draw_makes_the_same_example(maker: Maker) -> None:
    for seed in range(5):
        first, second = (
            maker.positive(0, recipe=Recipe(budget=64), rng=random.Random(seed)) for _ in range(2)
        )
        assert first == second


def test_held_out_is_by_title_and_a_small_part() -> None:
    titles = [f"Article {number}" for number in range(3000)]
    share = sum(map(held_out, titles)) / len(titles)
    assert 0.02 < share < 0.04
    assert [held_out(title) for title in titles] == [held_out(title) for title in titles]


def given_file(folder: Path, name: str, lines: list[object]) -> Path:
    path = folder / name
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def test_reading_squad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"question": " Who? ", "answers": [{"text": "Ada", "answer_start": 0}]}
    article = {"title": "A_%28b%29", "paragraphs": [{"context": "Ada was.", "qas": [asked]}]}
    path = given_file(tmp_path, "squad.json", [{"data": [article]}])
    monkeypatch.setattr(training.data, "fetch", lambda *_, **__: path)
    source = load_squad("train")
    assert source.paragraphs == [Paragraph("A (b)", "Ada was.")]
    assert source.questions == [Question("Who?", 0, (("Ada", 0),))]


def test_boolq_is_its_training_part_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"question": "is it so", "passage": "So it goes (song) -- It is so."}
    plain = {"question": "is it plain", "passage": "No title here."}
    dev, test = ({"question": f"of {part}", "passage": "x -- y"} for part in ("dev", "test"))
    files = {
        "boolq-combined.jsonl": [kept, plain, dev, test, kept],
        "boolq-dev.jsonl": [dev],
        "boolq-test.jsonl": [test],
    }
    for name, lines in files.items():
        given_file(tmp_path, name, lines)
    given_file(tmp_path, "squad-dev-v1.1.json", [{"data": []}])
    monkeypatch.setattr(training.data, "fetch", lambda file, **_: tmp_path / file.name)
    source = load_boolq()
    assert [one.title for one in source.paragraphs] == ["So it goes", ""]
    assert [one.text for one in source.questions] == ["is it so", "is it plain", "is it so"]
    assert [one.paragraph for one in source.questions] == [0, 1, 0]
