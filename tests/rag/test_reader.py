"""The reader on its real weights: spans, odds, order, errors."""

import asyncio
import hashlib
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

import rag.reader
from rag import Archive, Settings, WeightsError, WrongHash
from rag.llama import ReaderRerank
from rag.reader import MAX_SPAN, MAX_TOKENS, Calibration, Reader, load_reader
from rag.rerank import LazyReader, log_odds, rerank
from rag.types import Hit, Reading
from rag.weights import MINILM_TOKENIZER, READER, fetch

FOLDER = Path(rag.reader.__file__).parent / "models" / "reader"
QUESTION = "How many people died aboard the airliner?"
AIRLINER = "The airliner fell on Saturday morning. All 224 people aboard the airliner died."
CHEESE = "Goat's cheese is made in the valley. It is sold at a market on Fridays."


def hit(text: str, *, title: str = "", number: int = 1, start: int = 0) -> Hit:
    return Hit(
        rank=number, passage_id=f"p{number}", article_id=f"a{number}", title=title, source="",
        published=None, url="", path="", text=text, start=start, end=start + len(text), score=0.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Reader:
    return load_reader()


def test_the_weights_are_those_that_are_pinned() -> None:
    data = (FOLDER / READER.name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == READER.sha256
    assert len(data) == READER.size <= 25_000_000


def test_reading(reader: Reader) -> None:
    [right, wrong] = reader.read(QUESTION, [hit(AIRLINER, start=100), hit(CHEESE, number=2)])
    assert "224" in right.text
    assert AIRLINER[right.start - 100 : right.end - 100] == right.text
    assert right.relevance > 0.5 > wrong.relevance
    assert right.null < 0.5 < wrong.null
    assert right.answer > wrong.answer
    assert right.hit.start == 100


def test_one_reader_a_process(reader: Reader) -> None:
    assert load_reader() is reader
    assert LazyReader().load() is reader
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(reader)


def test_a_passage_reads_the_same_in_any_company(reader: Reader) -> None:
    texts = [AIRLINER, CHEESE, AIRLINER * 4, "Yes.", CHEESE * 3]
    together = reader.read(QUESTION, [hit(text) for text in texts])
    for text, reading in zip(texts, together, strict=True):
        assert reader.read(QUESTION, [hit(text)]) == [reading]
    with ThreadPoolExecutor(4) as pool:
        again = pool.map(lambda _: reader.read(QUESTION, [hit(text) for text in texts]), range(8))
        assert all(readings == together for readings in again)


def test_nothing_to_read(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    for empty in ("", " \n ", "\u200b"):
        [reading] = reader.read(QUESTION, [hit(empty)])
        assert (reading.text, reading.relevance, reading.null) == ("", 0.0, 1.0)
    [reading] = reader.read("", [hit(AIRLINER)])
    assert reading.text in AIRLINER


def test_what_is_too_long_is_cut_and_not_an_error(reader: Reader) -> None:
    long = "word " * 3000
    [reading] = reader.read("word " * 500, [hit(long, title="title " * 300)])
    assert reading.end <= len("word ") * MAX_TOKENS
    [reading] = reader.read(QUESTION, [hit(f"{AIRLINER} {CHEESE * 90}")])
    assert "224" in reading.text


def test_a_title_that_the_passage_begins_with_is_read_once(reader: Reader) -> None:
    titled = f"Crash in the desert\n{AIRLINER}"
    with_title = reader.read(QUESTION, [hit(titled, title="Crash in the desert")])
    without = reader.read(QUESTION, [hit(titled)])
    assert with_title[0].relevance == without[0].relevance


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=300), st.text(max_size=40))
def test_any_text(question: str, text: str, title: str) -> None:
    [reading] = load_reader().read(question, [hit(text, title=title, start=7)])
    assert text[reading.start - 7 : reading.end - 7] == reading.text or not reading.text
    assert len(reading.text.split()) <= MAX_SPAN
    for odds in (reading.relevance, reading.answer, reading.null):
        assert 0 <= odds <= 1


# Weights


def test_other_bytes_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / READER.name).write_bytes(b"another model")
    monkeypatch.setattr(rag.reader, "_FOLDER", tmp_path)
    rag.reader._open.cache_clear()
    try:
        with pytest.raises(WrongHash, match="install Dossier again"):
            load_reader()
        (tmp_path / READER.name).unlink()
        with pytest.raises(WeightsError, match="install Dossier again"):
            load_reader()
    finally:
        rag.reader._open.cache_clear()


def test_a_damaged_model_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(WeightsError, match=r"model\.onnx: the model does not load"):
        Reader(
            model=tmp_path / "model.onnx",
            tokenizer=fetch(MINILM_TOKENIZER),
            calibration=Calibration.read(FOLDER / "calibration.json"),
        )


@pytest.mark.parametrize("text", ["{", "[]", '{"relevance": [1, 2]}', '{"relevance": "x"}'])
def test_a_damaged_calibration_is_one_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match=r"calibration\.json"):
        Calibration.read(path)


# Reranking


def test_rerank() -> None:
    hits = [hit(CHEESE, number=1), hit(AIRLINER, number=2), hit("Unread.", number=3)]
    readings = [
        Reading(hit=hits[0], relevance=0.1, null=0.9),
        Reading(hit=hits[1], relevance=0.9, null=0.1),
    ]
    ordered = rerank(hits, readings)
    assert [one.passage_id for one in ordered] == ["p2", "p1", "p3"]
    assert [one.rank for one in ordered] == [1, 2, 3]
    assert [one.relevance for one in ordered] == [0.9, 0.1, None]
    assert ordered[0].score > ordered[1].score > ordered[2].score == 0
    assert ordered[1].score == pytest.approx(0.1)
    assert rerank(hits, []) == hits
    assert rerank([], []) == []


def test_the_rank_before_weighs_too() -> None:
    hits = [hit(AIRLINER, number=number) for number in range(1, 5)]
    alike = [Reading(hit=one, relevance=0.5 + one.rank / 100, null=0.1) for one in hits]
    assert [one.passage_id for one in rerank(hits, alike)] == ["p1", "p2", "p3", "p4"]


def test_log_odds_stay_finite() -> None:
    assert log_odds(0.5) == 0
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0))
    assert log_odds(0.0) < -9


def test_search_is_reread(archive: Archive) -> None:
    reread = archive.search(QUESTION, k=5)
    fused = archive.search(QUESTION, k=16, rerank=False)
    assert all(one.relevance is None for one in fused)
    scores = [one.score for one in reread]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < one.score <= one.relevance for one in reread)
    assert {one.passage_id for one in reread} <= {one.passage_id for one in fused}
    assert [one.rank for one in reread] == [1, 2, 3, 4, 5]
    many = archive.search(QUESTION, k=30)
    assert [one.relevance is None for one in many] == [False] * 16 + [True] * (len(many) - 16)


class Sure:
    """A reader that takes the first word of each passage for the answer; the last is best."""

    def read(self, question: str, passages: list[Hit]) -> list[Reading]:
        return [
            Reading(
                hit=one, relevance=0.2 * (number + 1), null=0.0, text=one.text.split()[0],
                start=one.start, end=one.start + len(one.text.split()[0]), answer=0.9,
            )
            for number, one in enumerate(passages)
        ]  # fmt: skip


def test_a_reader_of_ones_own(sample_home: Path) -> None:
    settings = Settings(_env_file=None, passages=4)
    with Archive.open(sample_home, settings=settings, reader=Sure()) as archive:
        found = archive.search(QUESTION, k=6)
        fused = archive.search(QUESTION, k=6, rerank=False)
    assert [one.passage_id for one in found] == [
        fused[n - 1].passage_id for n in (4, 3, 1, 2, 5, 6)
    ]
    assert [one.fused_rank for one in found] == [4, 3, 1, 2, 5, 6]


def test_switched_off(sample_home: Path) -> None:
    settings = Settings(_env_file=None, reader="off")
    with Archive.open(sample_home, settings=settings, reader=Sure()) as archive:
        assert all(one.relevance is None for one in archive.search(QUESTION))
        answer = archive.ask(QUESTION)
    assert answer.short == ()
    assert "read" not in answer.timings
    assert "224" in answer.text


# Answers


def test_short_answers(archive: Archive) -> None:
    answer = archive.ask(QUESTION)
    assert "224" in answer.short[0].value
    assert answer.short[0].probability
    assert answer.short[0].probability > 0.3
    cited = {citation.number: citation for citation in answer.citations}
    for value in answer.short:
        assert value.citations
        for number in value.citations:
            text = archive.article(cited[number].article_id).text
            assert text[cited[number].start : cited[number].end] == cited[number].quote
    assert answer.short[0].value in cited[answer.short[0].citations[0]].quote
    json.dumps(answer.to_dict())
    assert answer.timings["read"] > 0
    assert any(step.relevance for step in answer.trace)


def test_no_short_answer_where_there_is_none(archive: Archive) -> None:
    refused = archive.ask("What is the boiling point of mercury?")
    assert refused.status == "not_found"
    assert refused.short == ()


# In LlamaIndex


def test_as_a_postprocessor() -> None:
    nodes = [
        NodeWithScore(node=TextNode(text=CHEESE, id_="cheese"), score=0.9),
        NodeWithScore(
            node=TextNode(text=AIRLINER, id_="airliner", metadata={"title": "Crash"}), score=0.1
        ),
    ]
    processor = ReaderRerank(top_n=1)
    [best] = processor.postprocess_nodes(nodes, QueryBundle(QUESTION))
    assert best.node.node_id == "airliner"
    assert best.score > 0.5
    assert "224" in best.node.metadata["short_answer"]
    assert 0 < best.node.metadata["short_answer_probability"] <= 1
    assert "short_answer" not in best.node.get_content("llm")
    assert nodes[1].node.metadata == {"title": "Crash"}
    [same] = asyncio.run(processor.apostprocess_nodes(nodes, QueryBundle(QUESTION)))
    assert same.node.node_id == "airliner"
    assert processor.class_name() == "ReaderRerank"
    assert ReaderRerank().postprocess_nodes([], QueryBundle(QUESTION)) == []


def test_a_postprocessor_needs_the_query() -> None:
    with pytest.raises(ValueError, match="was given none"):
        ReaderRerank().postprocess_nodes([NodeWithScore(node=TextNode(text=CHEESE))])
