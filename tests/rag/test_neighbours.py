"""Passages whose answer lies at their edge, read with what stands beyond the cut."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag import Archive, Hit, Settings
from rag.embedder import OnnxEmbedder
from rag.neighbours import join_neighbours
from rag.types import Reading

SETTINGS = Settings(_env_file=None, passage_tokens=34)
TEXT = """The town of Norrvik named a new head of its port office on Monday after a long search.

She is Ada Lind, who has led the ferry company of the island for eleven years.

Lind will begin in May, and the council hopes that the work on the quay can go on at once.

The quay was damaged by ice in February, when nine boats sank in a single night."""


class Scripted:
    """A reader that finds a text where it stands, and is surer of longer passages."""

    def __init__(self, answer: str, *, sure: Callable[[str], float]) -> None:
        self.answer = answer
        self.sure = sure
        self.read_texts: list[str] = []

    def read(self, question: str, passages: Sequence[Hit]) -> list[Reading]:
        self.read_texts += [passage.text for passage in passages]
        return [self._reading(passage) for passage in passages]

    def _reading(self, hit: Hit) -> Reading:
        at = hit.text.find(self.answer)
        text = self.answer if at >= 0 else ""
        start = hit.start + max(at, 0)
        sure = self.sure(hit.text) if text else 0.01
        return Reading(
            hit=hit, relevance=sure, null=1 - sure, text=text, start=start, end=start + len(text)
        )


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("port")
    (folder / "port.txt").write_text(f"A head for the port\n\n{TEXT}\n")
    home = tmp_path_factory.mktemp("home") / "archive"
    with Archive.open(home, settings=SETTINGS, embedder=embedder) as archive:
        archive.ingest(folder)
        yield archive


@pytest.fixture
def hits(port: Archive) -> list[Hit]:
    found = port.search("Norrvik port", rerank=False)
    assert len(found) > 2
    return sorted(found, key=lambda hit: hit.start)


def joined(port: Archive, hits: Sequence[Hit], reader: Scripted) -> list[Reading]:
    readings = reader.read("Who?", hits)
    with port._snapshot() as snapshot:
        return join_neighbours("Who?", readings, snapshot=snapshot, reader=reader)


def test_a_passage_is_joined_where_that_makes_it_more_relevant(
    port: Archive, hits: list[Hit]
) -> None:
    reader = Scripted("Ada Lind", sure=lambda text: min(0.9, len(text) / 400))
    at = next(n for n, hit in enumerate(hits) if "Ada Lind" in hit.text)
    after = joined(port, hits, reader)
    assert [reading.hit.passage_id for reading in after] == [hit.passage_id for hit in hits]
    wide = after[at].hit
    assert len(wide.text) > len(hits[at].text)
    assert hits[at].text in wide.text
    article = port.article(wide.article_id)
    assert article.text[wide.start : wide.end] == wide.text
    assert article.text[after[at].start : after[at].end] == "Ada Lind"
    others = [n for n in range(len(hits)) if n != at]
    assert [after[n].hit for n in others] == [hits[n] for n in others]


def test_it_stays_as_it_was_where_nothing_is_gained(port: Archive, hits: list[Hit]) -> None:
    reader = Scripted("Ada Lind", sure=lambda text: 40 / len(text))
    after = joined(port, hits, reader)
    assert [reading.hit for reading in after] == hits
    assert len(reader.read_texts) > len(hits)  # it was tried


def test_an_answer_away_from_the_edges_is_not_tried(port: Archive) -> None:
    whole = port.articles()[0]
    [first, *_] = port.search("Norrvik port", rerank=False)
    inner = replace(first, text=whole.text, start=0, end=len(whole.text))
    reader = Scripted("Ada Lind", sure=lambda _: 0.5)
    assert joined(port, [inner], reader)[0].hit is inner
    assert len(reader.read_texts) == 1


def test_nothing_is_read_where_there_is_no_answer(port: Archive, hits: list[Hit]) -> None:
    reader = Scripted("nowhere", sure=lambda _: 0.5)
    after = joined(port, hits, reader)
    assert [reading.hit for reading in after] == hits
    assert len(reader.read_texts) == len(hits)
    assert joined(port, [], reader) == []


def test_it_can_be_switched_off(port: Archive, tmp_path: Path) -> None:
    reader = Scripted("Ada Lind", sure=lambda text: min(0.9, len(text) / 400))
    lengths = {}
    for on in (True, False):
        settings = SETTINGS.model_copy(update={"join_neighbours": on})
        with Archive.open(
            port.home, settings=settings, embedder=port.embedder, reader=reader
        ) as archive:
            found = archive.search("Who leads the port office of Norrvik?")
            lengths[on] = max(len(hit.text) for hit in found if "Ada Lind" in hit.text)
    assert lengths[True] > lengths[False]


def test_of_a_neighbour_that_overlaps_only_what_is_new_is_taken(
    port: Archive, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, passage_tokens=60, passage_overlap=1)
    with Archive.open(tmp_path / "home", settings=settings, embedder=port.embedder) as archive:
        archive.ingest(port.articles()[0].path)
        found = sorted(archive.search("Norrvik port", rerank=False), key=lambda hit: hit.start)
        assert found[0].end > found[1].start
        reader = Scripted("Lind will begin", sure=lambda text: min(0.9, len(text) / 600))
        [middle] = [hit for hit in found if hit.text.endswith("at once.")]
        assert middle.text.startswith("She is Ada Lind")
        [wide] = joined(archive, [middle], reader)
        text = archive.articles()[0].text
    assert wide.hit.text == text[wide.hit.start : wide.hit.end]
    assert wide.hit.text.endswith("in a single night.")
    assert wide.hit.start == middle.start
