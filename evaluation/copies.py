"""Which articles are taken for copies: python -m evaluation.copies --articles news.jsonl.

First every pair of the articles given is compared: how many share how much, in one outlet and
between two, and which are copies (--details lists them). Then pairs are made of these articles by
what outlets do to a text (another lead, cuts, corrections) and by what only looks like copying
(furniture around another story, pages of briefs): how often each is found and taken for a copy.
A made pair is drawn from the first words of other articles each time, by a seed.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path
from statistics import mean

from corpus import Article
from corpus.duplicates import (
    Overlap,
    band_keys,
    compare,
    near_copies,
    same_outlet,
    shingles,
    signature,
)
from evaluation.texts import real_articles
from rag import DossierError

__all__ = ["MADE", "Kind", "Pair", "alike", "greatest", "made_pairs", "main"]

_SAMPLE = Path(__file__).parents[1] / "corpus" / "sample"
_FEWEST_SHARED = 20
"""Shingles. Two texts of a line or two share all of them by chance."""
_BOUNDS = (1.01, 0.9, 0.75, 0.6, 0.45, 0.3)
_TEXTS = 3
"""Articles that a made pair takes its words from."""

Words = list[str]
Making = Callable[[Sequence[Words], random.Random], tuple[Words, Words]]
"""Two texts of the first words of `_TEXTS` articles."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two real articles and what they share."""

    first: Article
    second: Article
    overlap: Overlap
    one_outlet: bool

    @property
    def copies(self) -> bool:
        """Whether they are taken for copies."""
        return near_copies(self.overlap, same_outlet=self.one_outlet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Made pairs of one kind: their mean overlap, and the shares taken for copies, 0 to 1."""

    name: str
    containment: float
    jaccard: float
    two_outlets: float
    one_outlet: float


def alike(articles: Iterable[Article], *, least: float) -> list[Pair]:
    """The pairs that share at least this much of the shorter text, most first.

    An article given twice counts once.
    """
    distinct = {article.id: article for article in articles}
    sets = [(article, shingles(article)) for article in distinct.values()]
    holders = defaultdict[str, list[int]](list)
    for number, (_, of) in enumerate(sets):
        for shingle in of:
            holders[shingle].append(number)
    common = Counter(pair for held in holders.values() for pair in combinations(held, 2))
    found = []
    for (at, other), shared in common.items():
        (first, one), (second, two) = sets[at], sets[other]
        if shared < _FEWEST_SHARED and one != two:
            continue
        pair = Pair(first, second, compare(one, two), same_outlet(first, second))
        if pair.overlap.containment >= least or pair.copies:
            found.append(pair)
    return sorted(found, key=lambda p: (-p.overlap.containment, p.first.id, p.second.id))


def greatest(pairs: Sequence[Pair], *, one_outlet: bool) -> float:
    """The greatest share of the shorter text in these pairs; 0 where there are none."""
    shares = [pair.overlap.containment for pair in pairs if pair.one_outlet == one_outlet]
    return max(shares, default=0.0)


def made_pairs(articles: Iterable[Article], *, words: int, pairs: int, seed: int) -> list[Kind]:
    """Each kind of MADE, of texts of this many words, drawn by the seed.

    Raises DossierError where fewer than three articles are as long as that.
    """
    texts = {a.id: said for a in articles if len(said := a.text[a.body_start :].split()) >= words}
    if len(texts) < _TEXTS:
        raise DossierError(
            f"pairs are made of {_TEXTS} articles of {words} words and there are {len(texts)};"
            " give more articles or fewer words"
        )
    heads = [said[:words] for _, said in sorted(texts.items())]
    return [_kind(name, make, heads, pairs, seed) for name, make in MADE.items()]


def _kind(name: str, make: Making, heads: Sequence[Words], pairs: int, seed: int) -> Kind:
    drawn = random.Random(f"{seed} {name}")  # noqa: S311  nothing is kept secret by it
    overlaps, two, one = list[Overlap](), 0, 0
    for _ in range(pairs):
        sets = [
            shingles(Article(text=" ".join(text)))
            for text in make(drawn.sample(heads, _TEXTS), drawn)
        ]
        overlap = compare(*sets)
        found = not set.isdisjoint(*({*band_keys(signature(of))} for of in sets))
        overlaps.append(overlap)
        two += found and near_copies(overlap, same_outlet=False)
        one += found and near_copies(overlap, same_outlet=True)
    return Kind(
        name=name,
        containment=mean(overlap.containment for overlap in overlaps),
        jaccard=mean(overlap.jaccard for overlap in overlaps),
        two_outlets=two / pairs,
        one_outlet=one / pairs,
    )


def _new_lead(texts: Sequence[Words], _: random.Random, *, share: float) -> tuple[Words, Words]:
    text, other = texts[:2]
    cut = round(share * len(text))
    return text, other[:cut] + text[cut:]


def _cut(texts: Sequence[Words], _: random.Random, *, share: float) -> tuple[Words, Words]:
    return texts[0], texts[0][: round(share * len(texts[0]))]


def _corrected(
    texts: Sequence[Words], drawn: random.Random, *, figures: int
) -> tuple[Words, Words]:
    text = list(texts[0])
    for at in drawn.sample(range(len(text)), figures):
        text[at] = str(drawn.randrange(10_000, 100_000))
    return texts[0], text


def _longer(texts: Sequence[Words], _: random.Random) -> tuple[Words, Words]:
    return texts[0], texts[0] + texts[1][: len(texts[1]) // 5]


def _furniture(texts: Sequence[Words], _: random.Random, *, share: float) -> tuple[Words, Words]:
    one, two, page = texts
    cut = round(share * len(page))
    return one[cut:] + page[:cut], two[cut:] + page[:cut]


def _brief(texts: Sequence[Words], _: random.Random, *, briefs: int) -> tuple[Words, Words]:
    return texts[0], [word for text in texts[:briefs] for word in text]


MADE: Mapping[str, Making] = {
    **{f"lead of {s:.0%} written anew": partial(_new_lead, share=s) for s in (0.1, 0.2, 0.3)},
    **{f"cut to {s:.0%}": partial(_cut, share=s) for s in (0.75, 0.6, 0.5, 0.4)},
    **{f"figures corrected: {n}": partial(_corrected, figures=n) for n in (1, 3, 6)},
    "a paragraph more": _longer,
    **{f"other story, {s:.0%} furniture": partial(_furniture, share=s) for s in (0.6, 0.7, 0.8)},
    **{f"one of {n} briefs on a page": partial(_brief, briefs=n) for n in (3, 2)},
}
"""Kinds of made pairs, by name."""


def _real_rows(pairs: Sequence[Pair]) -> Iterator[str]:
    yield f"{'real pairs that share':34} two outlets (copies)  one outlet (copies)"
    for above, low in pairwise(_BOUNDS):
        band = [pair for pair in pairs if low <= pair.overlap.containment < above]
        cells = []
        for one_outlet in (False, True):
            here = [pair for pair in band if pair.one_outlet == one_outlet]
            cells.append(f"{len(here):9} ({sum(p.copies for p in here)})")
        yield f"{f'{low:.0%} to {min(above, 1):.0%} of the shorter':34} " + "".join(
            f"{cell:22}" for cell in cells
        )
    for where, one_outlet in (("two outlets", False), ("one outlet", True)):
        yield f"{f'most in {where}':34} {greatest(pairs, one_outlet=one_outlet):9.1%}"
    left = [pair for pair in pairs if pair.one_outlet and not pair.copies]
    yield f"{'most in one outlet, no copies':34} {greatest(left, one_outlet=True):9.1%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables; 1 where the articles cannot be read or are too few."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.copies", description=__doc__)
    parser.add_argument(
        "--articles", type=Path, nargs="+", default=[_SAMPLE], help="files or folders"
    )
    parser.add_argument("--least", type=float, default=0.3, help="share from which pairs count")
    parser.add_argument("--pairs", type=int, default=150, help="made pairs of each kind")
    parser.add_argument("--words", type=int, default=300, help="length of what they are made of")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--details", action="store_true", help="list the real pairs")
    given = parser.parse_args(arguments)
    try:
        articles = list(real_articles(given.articles))
        kinds = made_pairs(articles, words=given.words, pairs=given.pairs, seed=given.seed)
    except (DossierError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    pairs = alike(articles, least=given.least)
    sys.stdout.write(f"{len({article.id for article in articles})} articles\n")
    sys.stdout.write("".join(f"{row}\n" for row in _real_rows(pairs)))
    if given.details:
        for pair in pairs:
            share, both = pair.overlap.containment, pair.overlap.jaccard
            said = "copies" if pair.copies else "no copies"
            where = "one outlet" if pair.one_outlet else "two outlets"
            names = f"{pair.first.origin} | {pair.second.origin}"
            sys.stdout.write(f"    {share:.1%} {both:.1%} {where}, {said}: {names}\n")
    sys.stdout.write(f"{'made pairs':34} shorter    both  two outlets  one outlet\n")
    for made in kinds:
        row = f"{made.containment:7.1%} {made.jaccard:7.1%} {made.two_outlets:12.1%}"
        sys.stdout.write(f"{made.name:34} {row} {made.one_outlet:11.1%}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
