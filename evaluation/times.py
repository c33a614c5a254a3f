"""How many relative times are found in articles, and how long that takes.

python -m evaluation.times news.jsonl --sample 90 prints that many of them, drawn by a seed, each in
its words with the day of publication and the days that it was taken to mean: to be judged by eye.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from corpus import Article, TimeMention
from corpus.times import time_mentions
from evaluation.texts import real_articles
from rag import DossierError

__all__ = ["Counted", "count", "drawn", "main", "shown"]

_AROUND = 120
_USUAL_WORDS = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The relative times of a set of articles, in order."""

    articles: int
    dated: int
    words: int
    """Of the dated articles."""
    mentions: tuple[tuple[Article, TimeMention], ...]
    seconds: float
    """Of processor time."""


def count(articles: Iterable[Article]) -> Counted:
    """Find the relative times of these articles."""
    every = list(articles)
    dated = [article for article in every if article.day]
    began = process_time()
    mentions = [(article, time) for article in dated for time in time_mentions(article)]
    return Counted(
        articles=len(every),
        dated=len(dated),
        words=sum(len(article.text.split()) for article in dated),
        mentions=tuple(mentions),
        seconds=process_time() - began,
    )


def drawn(counted: Counted, *, sample: int, seed: int) -> list[tuple[Article, TimeMention]]:
    """So many of them at random, all where there are fewer."""
    chance = random.Random(seed)  # noqa: S311  nothing is kept secret by it
    return chance.sample(counted.mentions, min(sample, len(counted.mentions)))


def shown(article: Article, mention: TimeMention) -> str:
    """A relative time on one line: published, the days meant, and the words around it."""
    before = article.text[max(0, mention.start - _AROUND) : mention.start]
    after = article.text[mention.end : mention.end + _AROUND]
    words = " ".join(f"{before}[{mention.text}]{after}".split())
    days = " to ".join(str(day) for day in dict.fromkeys((mention.first, mention.last)))
    return f"published {article.day:%a %Y-%m-%d}, meant {days}: {words}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the counts and the sample; 1 where the articles cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.times", description=__doc__)
    parser.add_argument("articles", type=Path, nargs="+", help="files or folders")
    parser.add_argument("--sample", type=int, default=0, help="how many to print")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        counted = count(real_articles(given.articles))
    except (DossierError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    found = f"{len(counted.mentions)} relative times in {counted.dated} dated articles"
    sys.stdout.write(f"{found} of {counted.articles}\n")
    if counted.words:
        cost = 1000 * _USUAL_WORDS * counted.seconds / counted.words
        sys.stdout.write(f"{cost:.2f} ms of processor time for {_USUAL_WORDS} words\n")
    for article, mention in drawn(counted, sample=given.sample, seed=given.seed):
        sys.stdout.write(f"    {shown(article, mention)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
