"""How well reading keeps prose and leaves page furniture out: python -m evaluation.cleaning.

Pages are saved files beside a truth of the same name with .json behind it: the metadata, the
`paragraphs` that are the article and the lines of `furniture` that are not. A paragraph counts as
kept where all its letters and digits stand in one piece in what was read; a line of furniture as
removed where it does not, and as listed where `Article.removed` has it. Beside our reading stand
trafilatura's plain `extract` and the text of every <p>.

With --articles, plain texts whose lines are labelled (`{"file", "line", "kind", "sha256"}`, the
SHA-256 of the line as it stands in the file; the text itself is not kept) are measured too: every
line that has a label is furniture (or begins with it: an image's words glued to a paragraph), every
other line of the file is prose.

With --lines, what cleaning does to texts that nobody has labelled is counted instead: how many
lines (and credits and the like at their ends) it takes out, by reason, and how many strings of the
files are repaired. --sample prints some of what was taken, drawn by --seed, to be judged by eye.
"""

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from corpus import Article, CorpusError, read_article
from corpus.decoding import repair
from evaluation.texts import raw_strings, real_articles
from rag import DossierError

__all__ = [
    "FIELDS",
    "Score",
    "Taken",
    "labelled_texts",
    "main",
    "measure",
    "measure_texts",
    "taken_out",
    "total",
]

FIELDS = ("title", "authors", "published", "updated", "source", "section", "language", "url")
_PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"
_LABELS = _PAGES.parent / "furniture.jsonl"
_SHORT = 15
_FEWEST_WORDS = 3
_SHOWN = 160
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
"""Markdown's, of which the words are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One file or several, read one way: how many of how many, and what went wrong."""

    name: str
    kept: int = 0
    prose: int = 0
    removed: int = 0
    listed: int = 0
    furniture: int = 0
    right: int = 0
    stated: int = 0
    lost: tuple[str, ...] = ()
    left_in: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    wrong: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What cleaning took out of articles; each line and each piece counts once."""

    articles: int
    lines: int
    """Of three words and more: those that were kept, and the pieces taken out."""
    pieces: tuple[tuple[str, str], ...]
    """(reason, words), in alphabetical order; of fewer than three words only alternative texts."""


def taken_out(articles: Iterable[Article]) -> Taken:
    """What was taken out of the stories of these articles."""
    count, kept, pieces = 0, set[str](), set[tuple[str, str]]()
    for article in articles:
        count += 1
        kept.update(article.text[article.body_start :].split("\n\n"))
        pieces.update((piece.reason, piece.text) for piece in article.removed)
    counted = {p for p in pieces if p[0] == "alt text" or len(p[1].split()) >= _FEWEST_WORDS}
    lines = {line for line in kept if len(line.split()) >= _FEWEST_WORDS}
    return Taken(
        articles=count,
        lines=len(lines | {words for _, words in counted}),
        pieces=tuple(sorted(counted)),
    )


def measure(folder: Path) -> dict[str, list[Score]]:
    """Scores by way of reading ("dossier", "trafilatura", "all <p>"), one for each page.

    Raises DossierError where the folder holds no page with a truth.
    """
    truths = sorted(folder.glob("*.json"))
    if not truths:
        raise DossierError(f"{folder}: holds no page with a truth (page.html and page.html.json)")
    ways: dict[str, list[Score]] = {"dossier": [], "trafilatura": [], "all <p>": []}
    for truth_path in truths:
        truth = json.loads(truth_path.read_text(encoding="utf-8"))
        page = truth_path.with_suffix("")
        ways["dossier"].append(_score(page.name, truth, _ours(page)))
        for way, text in _baselines(page):
            ways[way].append(_score(page.name, truth, text))
    return ways


def total(scores: Sequence[Score]) -> Score:
    """The sums."""
    counts = ("kept", "prose", "removed", "listed", "furniture", "right", "stated")
    return Score(name="all", **{key: sum(getattr(s, key) for s in scores) for key in counts})


def labelled_texts(labels: Path) -> dict[str, dict[int, tuple[str, str]]]:
    """File name to line number (from 1) to kind and SHA-256 of the line."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for number, row in enumerate(labels.read_text(encoding="utf-8").splitlines(), 1):
        try:
            label = json.loads(row)
            place = found.setdefault(str(label["file"]), {})
            place[int(label["line"])] = (str(label["kind"]), str(label["sha256"]))
        except (ValueError, KeyError, TypeError) as error:
            raise DossierError(f"{labels}, line {number}: not a label of a line") from error
    return found


def measure_texts(folder: Path, labels: Path) -> list[Score]:
    """Scores of the labelled texts of a folder. DossierError where a labelled line has changed."""
    scores = []
    for name, lines in labelled_texts(labels).items():
        raw = (folder / name).read_bytes().decode("utf-8").split("\n")
        for number, (_, digest) in lines.items():
            line = raw[number - 1] if number <= len(raw) else ""
            if hashlib.sha256(line.encode()).hexdigest() != digest:
                raise DossierError(f"{folder / name}, line {number}: is not the line labelled")
        shown = [_LINK.sub(r"\1", line) for line in raw]
        furniture = [shown[number - 1] for number in lines]
        prose = [line for number, line in enumerate(shown, 1) if number not in lines]
        truth = {"furniture": furniture, "paragraphs": [line for line in prose if _key(line)]}
        scores.append(_score(name, truth, _ours(folder / name)))
    return scores


def _ours(path: Path) -> Article | None:
    try:
        return read_article(path)
    except CorpusError:
        return None


def _baselines(page: Path) -> Iterator[tuple[str, str]]:
    """trafilatura with its own settings, and the text of all <p>; of a mail, of its HTML part."""
    from email import message_from_bytes, policy

    from lxml import html
    from trafilatura import extract

    data = page.read_bytes()
    if page.suffix == ".eml":
        part = message_from_bytes(data, policy=policy.default).get_body(("html",))
        payload = part.get_payload(decode=True) if part else b""
        data = payload if isinstance(payload, bytes) else b""
    yield "trafilatura", extract(data) or ""
    tree = html.document_fromstring(data)
    yield "all <p>", "\n".join(" ".join(p.text_content().split()) for p in tree.iter("p"))


def _score(name: str, truth: Mapping[str, Any], read: Article | str | None) -> Score:
    text = read.text if isinstance(read, Article) else read or ""
    whole = _key(text)
    lines = [_key(line) for line in text.split("\n")]
    aside = [_key(r.text) for r in read.removed] if isinstance(read, Article) else []
    prose, furniture = truth["paragraphs"], truth["furniture"]
    lost = [p for p in prose if _key(p) not in whole]
    left_in = [f for f in furniture if _stands(_key(f), lines)]
    unlisted = [f for f in furniture if f not in left_in and not _listed(_key(f), aside, whole)]
    expected = {key: truth[key] for key in FIELDS if truth.get(key)}
    given = (
        {key: _written(getattr(read, key)) for key in expected} if isinstance(read, Article) else {}
    )
    wrong = [f"{key}: {given.get(key)!r}" for key in expected if given.get(key) != expected[key]]
    return Score(
        name=name,
        kept=len(prose) - len(lost),
        prose=len(prose),
        removed=len(furniture) - len(left_in),
        listed=len(furniture) - len(left_in) - len(unlisted),
        furniture=len(furniture),
        right=len(expected) - len(wrong),
        stated=len(expected),
        lost=tuple(lost),
        left_in=tuple(left_in),
        unlisted=tuple(unlisted),
        wrong=tuple(wrong),
    )


def _key(text: str) -> str:
    """Letters and digits alone: how a table's cells or a quotation are set apart does not count."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _stands(key: str, lines: Sequence[str]) -> bool:
    """Whether a line of furniture is there: as a line of its own or, a longer one, within one."""
    return any(key == line or (len(key) >= _SHORT and key in line) for line in lines)


def _listed(key: str, aside: Sequence[str], whole: str) -> bool:
    """Whether a line of furniture is listed: all of it or, glued to prose, its head."""
    return key in "".join(aside) or any(
        key.startswith(part) and key.removeprefix(part) in whole for part in aside if part
    )


def _written(value: object) -> object:
    """A field as the truth writes it."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _row(way: str, score: Score) -> str:
    parts = [
        f"prose {score.kept}/{score.prose}",
        f"furniture out {score.removed}/{score.furniture}",
    ]
    if way in ("dossier", "texts"):
        parts += [f"listed {score.listed}/{score.furniture}"]
    if way == "dossier":
        parts += [f"fields {score.right}/{score.stated}"]
    return f"{way:12} {score.name:18} " + ", ".join(parts)


def _lines_rows(paths: Sequence[Path], *, sample: int, seed: int) -> Iterator[str]:
    taken = taken_out(real_articles(paths))
    yield f"{taken.articles} articles, {taken.lines} distinct lines of three words and more"
    yield f"{len(taken.pieces)} taken out or cut"
    for reason, times in Counter(reason for reason, _ in taken.pieces).most_common():
        yield f"    {reason:16} {times}"
    strings = list(raw_strings(paths))
    changed = [(text, mended) for text in strings if (mended := repair(text)) != text]
    yield f"{len(changed)} of {len(strings)} strings repaired"
    chance = random.Random(seed)  # noqa: S311  nothing is kept secret by it
    for reason, words in chance.sample(taken.pieces, min(sample, len(taken.pieces))):
        yield f"    {reason}: {words[:_SHOWN]}"
    for text, mended in changed[:sample]:
        pairs = enumerate(zip(text, mended, strict=False))
        at = next((at for at, (was, now) in pairs if was != now), min(len(text), len(mended)))
        around = slice(max(0, at - _SHOWN // 4), at + _SHOWN // 4)
        yield f"    repaired: {text[around]!r} to {mended[around]!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 where no prose was lost, 1 where some was or nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.cleaning", description=__doc__)
    parser.add_argument("--pages", type=Path, default=_PAGES, help="folder of pages with truths")
    parser.add_argument("--articles", type=Path, help="folder of the plain texts labelled")
    parser.add_argument("--labels", type=Path, default=_LABELS, help="the labels of their lines")
    parser.add_argument("--details", action="store_true", help="say which lines went wrong")
    parser.add_argument("--lines", type=Path, nargs="+", help="files or folders of real articles")
    parser.add_argument("--sample", type=int, default=0, help="with --lines: how many to print")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        if given.lines:
            rows = _lines_rows(given.lines, sample=given.sample, seed=given.seed)
            sys.stdout.writelines(f"{row}\n" for row in rows)
            return 0
        ways = measure(given.pages)
        if given.articles:
            ways["texts"] = measure_texts(given.articles, given.labels)
    except (DossierError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for way, scores in ways.items():
        for score in [*scores, total(scores)] if way in ("dossier", "texts") else [total(scores)]:
            sys.stdout.write(_row(way, score) + "\n")
            if given.details:
                for what in ("lost", "left_in", "unlisted", "wrong"):
                    for line in getattr(score, what):
                        sys.stdout.write(f"    {what}: {line[:100]}\n")
    return (
        1 if any(s.kept < s.prose for way in ("dossier", "texts") for s in ways.get(way, [])) else 0
    )


if __name__ == "__main__":
    sys.exit(main())
