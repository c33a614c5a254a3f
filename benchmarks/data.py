"""The articles and questions that the benchmarks measure with.

They are those of realtimeqa_dev, where the folder of shared data lies beside this project; else
the demo corpus repeated with edits. Both are written as plain text files, a title and the text,
which every contender reads.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks._measure import ROOT
from corpus import find_files, read_article

SAMPLE = ROOT / "corpus" / "sample"
_SHARED = ROOT.parent / "shared" / "data" / "realtimeqa_dev"
_GOLDEN = ROOT / "evaluation" / "golden" / "questions.jsonl"
_COPIES = 55
"""Of the demo corpus, where it stands in: about as many articles as realtimeqa_dev has."""


@dataclass(frozen=True, slots=True)
class Item:
    """An article. `twin` names the first article with the same text: itself, mostly."""

    file: str
    title: str
    text: str
    twin: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question with the files of the articles that answer it; none where nobody labelled it."""

    text: str
    gold: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """Articles and questions, and what they are, in words."""

    name: str
    items: tuple[Item, ...]
    queries: tuple[Query, ...]

    def cut(self, characters: int) -> "Collection":
        """A part of about so many characters, with the questions that it can answer.

        First come the articles that a person linked to a question, then the others, both in the
        order of the data.
        """
        linked = {file for query in self.queries if query.by_hand for file in query.gold}
        chosen, size = [], 0
        for item in sorted(self.items, key=lambda one: one.file not in linked):
            if size >= characters:
                break
            chosen.append(item)
            size += len(item.text)
        files = {item.file for item in chosen}
        queries = [
            replace(query, gold=kept)
            for query in self.queries
            if (kept := tuple(file for file in query.gold if file in files)) or not query.gold
        ]
        return Collection(self.name, tuple(chosen), tuple(queries))

    def write(self, folder: Path) -> Path:
        """The articles as files."""
        folder.mkdir(parents=True)
        for item in self.items:
            (folder / item.file).write_text(as_file(item), encoding="utf-8")
        return folder

    @property
    def twins(self) -> dict[str, str]:
        """The first file of the same text, by file."""
        return {item.file: item.twin for item in self.items}


def as_file(item: Item) -> str:
    """A title line, where there is a title, and the text."""
    return f"{item.title}\n\n{item.text}\n" if item.title else f"{item.text}\n"


def load() -> Collection:
    """realtimeqa_dev, or what stands in for it."""
    return _realtimeqa() if _SHARED.is_dir() else sample(copies=_COPIES)


def _realtimeqa() -> Collection:
    first: dict[str, str] = {}
    items, files = [], {}
    for number, one in enumerate(_lines(_SHARED / "docs.jsonl")):
        file = f"{number:04}.txt"
        text = " ".join(one["text"].split())
        files[one["doc_id"]] = file
        items.append(Item(file, one["title"] or "", one["text"], first.setdefault(text, file)))
    queries = [
        Query(
            one["question"],
            tuple(files[doc] for doc in one["gold_doc_ids"]),
            by_hand=one["label"] == "human",
        )
        for one in _lines(_SHARED / "questions.jsonl")
    ]
    return Collection("realtimeqa_dev", tuple(items), tuple(queries))


def sample(*, copies: int = 1) -> Collection:
    """The demo corpus, each copy after the first with its names and numbers changed."""
    articles = [read_article(path) for path in find_files(SAMPLE)]
    items = []
    for copy in range(copies):
        for number, article in enumerate(articles):
            file = f"{copy:02}-{number:02}.txt"
            text = edited(article.text, random.Random(file)) if copy else article.text
            items.append(Item(file, article.title, text, file))
    queries = tuple(Query(one["question"]) for one in _lines(_GOLDEN))
    name = f"the demo corpus, {copies} times with names and numbers changed"
    return Collection(name if copies > 1 else "the demo corpus", tuple(items), queries)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


_SYLLABLES = (
    "bal cor dan fen gor hal jas kem lor mar nev ost pel quin ros sal tor und vik wes".split()
)


def edited(text: str, chance: random.Random) -> str:
    """The text with every number changed and, all through it, other names for half of its own."""
    names: dict[str, str] = {}

    def swapped(found: re.Match[str]) -> str:
        word = found[0]
        if word not in names:
            other = "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 3))).capitalize()
            names[word] = other if chance.random() < 0.5 else word
        return names[word]

    def other_number(found: re.Match[str]) -> str:
        return "".join(str(chance.randint(1, 9)) for _ in found[0])

    return re.sub(r"(?<=[a-z,] )[A-Z][a-z]{3,}", swapped, re.sub(r"\d+", other_number, text))


def ranked(files: Sequence[str], twins: dict[str, str]) -> list[str]:
    """The articles of a ranking of passages, each where its best passage stands."""
    return list(dict.fromkeys(twins[file] for file in files))


def hit_and_rank(files: Sequence[str], query: Query, twins: dict[str, str]) -> tuple[float, float]:
    """Whether the first article is a gold one, and 1 / rank of the first gold one of ten."""
    gold = {twins[file] for file in query.gold}
    places = [place for place, file in enumerate(ranked(files, twins)[:10], 1) if file in gold]
    return float(places[:1] == [1]), 1 / places[0] if places else 0.0
