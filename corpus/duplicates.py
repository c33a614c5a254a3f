"""Copies: the same text in another article, whole or nearly so.

Two articles are compared by their shingles, the runs of five words of their stories. Signatures
(MinHash) and their bands find the few articles that are worth comparing; whether two are copies is
decided by what they truly share. The bars below were chosen on pairs listed in docs/reading.md:
a copy that is missed costs a repeated source, two stories taken for one cost a source, so that
the bars are high.
"""

import re
import struct
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import blake2b

from corpus.article import Article
from corpus.pages import host_of

__all__ = [
    "BAND_ROWS",
    "MIN_COPY",
    "MIN_JACCARD",
    "SIGNATURE_SIZE",
    "Overlap",
    "band_keys",
    "compare",
    "near_copies",
    "related",
    "same_outlet",
    "shingles",
    "signature",
]

SHINGLE_WORDS = 5
BAND_ROWS, _BANDS = 3, 42
SIGNATURE_SIZE = BAND_ROWS * _BANDS
"""Numbers in a signature. Texts that share 45 % have a band in common 98 times of 100."""
_SEED = 1
_SHORT = 24
"""Words below which a story is compared only as a whole and with its title."""
_SHARED = 20
"""Shingles that copies share at the least: fewer may be a stock phrase."""
MIN_JACCARD = 0.45
"""A page of briefs holds each of them whole and is a copy of none."""
MIN_COPY, _SAME_OUTLET = 0.75, 0.9
"""Share of the shorter text. An outlet repeats its own background: 0.82 seen in two stories."""
_RELATED = 0.4
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W_]+")  # no spaces part words in Han and kana


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two sets of shingles share: counts."""

    shared: int
    shorter: int
    union: int

    @property
    def containment(self) -> float:
        """Share of the shorter text that is in the longer one, 0 to 1."""
        return self.shared / self.shorter if self.shorter else 0.0

    @property
    def jaccard(self) -> float:
        """Share of both texts together that is in both, 0 to 1."""
        return self.shared / self.union if self.union else 0.0


def shingles(article: Article) -> frozenset[str]:
    """The runs of five words of the story, without regard to case and punctuation.

    A short story is one shingle: the whole of it, with its title. A story without words has none.
    """
    words = _WORD.findall(article.text[article.body_start :].casefold())
    if len(words) < _SHORT:
        titled = [*_WORD.findall(article.title.casefold()), "/", *words]
        return frozenset([" ".join(titled)] if words else ())
    runs = zip(*(words[start:] for start in range(SHINGLE_WORDS)), strict=False)
    return frozenset(map(" ".join, runs))


def signature(of: AbstractSet[str]) -> bytes:
    """The MinHash signature of shingles: SIGNATURE_SIZE little-endian uint32; b"" of none."""
    from rensa import RMinHash

    if not of:
        return b""
    sketch = RMinHash(num_perm=SIGNATURE_SIZE, seed=_SEED)
    sketch.update(list(of))
    return struct.pack(f"<{SIGNATURE_SIZE}I", *sketch.digest())


def band_keys(of: bytes) -> list[int]:
    """One signed 64-bit key a band of a signature; texts that share a key may be copies."""
    width = 4 * BAND_ROWS
    bands = (of[start : start + width] for start in range(0, len(of), width))
    return [
        int.from_bytes(
            blake2b(band, digest_size=8, key=number.to_bytes(1)).digest(), "little", signed=True
        )
        for number, band in enumerate(bands)
    ]


def compare(first: AbstractSet[str], second: AbstractSet[str]) -> Overlap:
    """What two articles truly share, from their shingles."""
    shared = len(first & second)
    shorter, longer = sorted((len(first), len(second)))
    return Overlap(shared, shorter, shorter + longer - shared)


def near_copies(overlap: Overlap, *, same_outlet: bool) -> bool:
    """Whether two articles carry the same text or nearly so."""
    if overlap.shared and overlap.shared == overlap.union:
        return True
    return (
        overlap.shared >= _SHARED
        and overlap.jaccard >= MIN_JACCARD
        and overlap.containment >= (_SAME_OUTLET if same_outlet else MIN_COPY)
    )


def related(overlap: Overlap) -> bool:
    """Whether two articles of one page may be versions of one text, to go by their words."""
    return overlap.shared >= _SHARED and overlap.containment >= _RELATED


def same_outlet(first: Article, second: Article) -> bool:
    """Whether two articles may be of one outlet: the same name or host, or nothing that tells."""
    hosts = host_of(first.url), host_of(second.url)
    if all(hosts) and hosts[0] == hosts[1]:
        return True
    names = first.source.casefold(), second.source.casefold()
    if all(names):
        return names[0] == names[1]
    return not all(hosts)
