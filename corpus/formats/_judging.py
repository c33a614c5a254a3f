"""Which lines of a page are the article, and why each of the others is not.

Two judgements are joined. trafilatura says which text is the article's; the page's own marks (see
`_marks`) say what is a caption, a share bar, a list of related stories. A line is read where
trafilatura takes it and no mark speaks against it, and also where trafilatura passes over it though
it is prose in the midst of the article.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from corpus.dates import parse_date
from corpus.formats._dom import Line, Page
from corpus.formats._marks import hidden, is_standfirst
from corpus.formats._pagemeta import same_words, squeeze
from corpus.metadata import read_head

__all__ = ["believed_signs", "is_bare_link", "marked", "reasons_of", "taken_lines"]

_LONGEST_JUDGED = 1_000_000
"""Characters. Above, trafilatura takes minutes, and the page's own marks must do."""
_PARTS = frozenset({"blockquote", "dd", "dt", "li", "pre", "summary", "tr"})
"""What need not be a sentence to be the article's, where it stands amid it."""
_BELIEVED_SHARE = 1 / 2
_SENTENCE = re.compile(r"[.!?…][\"'”’»)\]]*$")
_READ_MORE = re.compile(
    r"^(?:read (?:more|also|next)|(?:see|more|watch|listen)\b[^.]{0,20}:|related(?: \w+)?:"
    r"|also read|(?:à )?lire aussi|lesen sie auch|mehr (?:zum thema|dazu)|lea también|leer más)"
    r"\b[:\s]",
    re.IGNORECASE,
)


def taken_lines(tree: Any, page: Page) -> set[int]:
    """Which lines trafilatura takes for the article; empty where it finds none."""
    if sum(len(line.text) for line in page.lines) > _LONGEST_JUDGED:
        return set()
    from trafilatura import bare_extraction, baseline

    # Embedded data and what is not shown must not come back as the page's text.
    for element in tree.xpath("//script | //style | //template | //body//*[@*]"):
        if element.tag in ("script", "style", "template") or hidden(element):
            element.drop_tree()
    found = bare_extraction(tree, include_comments=False, with_metadata=False)
    body = getattr(found, "body", None)
    taken = _matched(page.lines, body) if body is not None else set[int]()
    return taken or _matched(page.lines, baseline(tree)[0])


def _matched(lines: Sequence[Line], body: Any) -> set[int]:
    """The lines that stand in an extracted body: long ones in its text, short ones as its parts."""
    units: set[str] = set()
    parts: list[str] = []
    for element in body.iter():
        parts += [squeeze(text) for text in (element.text, element.tail) if text]
        if element.tag in ("p", "head", "item", "quote", "cell", "row", "code"):
            units.add(squeeze("".join(element.itertext())))
            units |= {squeeze(text) for text in element.itertext()}
    whole, at, matched = "".join(parts), 0, set[int]()
    for index, line in enumerate(lines):
        key = squeeze(line.text)
        if line.hidden or not key:
            continue
        found = whole.find(key, at) if len(key) >= 30 else -1
        if found >= 0:
            at = found
        if found >= 0 or key in units or (len(key) >= 30 and key in whole):
            matched.add(index)
    return matched


# --- why a line is left out ---


def reasons_of(page: Page, taken: set[int], stated: dict[str, object]) -> list[str]:
    """For each line "" where it is to be read, "title" where `stated` has it, else its reason."""
    lines = page.lines
    believed = believed_signs(lines, taken)
    reasons = [marked(line, believed) for line in lines]
    title = str(stated.get("title") or "")
    heads = [i for i, line in enumerate(lines) if line.heading and same_words(title, line.text)]
    top = next((i for i in heads if not reasons[i]), -1)
    core = [i for i in taken if not reasons[i] and i not in heads]
    if not core:  # nothing to go by: what reads as prose is read
        core = [i for i, line in enumerate(lines) if not reasons[i] and _is_prose(line)]
    below = [i for i in core if i > top]
    if 2 * _letters(lines, below) >= _letters(lines, core):
        core = below  # what stands above the headline is the outlet's
    else:
        top = -1
    if not core:
        return [reason or "page" for reason in reasons]
    first = min(core)
    chosen = _with_passed_over(page, core, reasons, top)
    for index in sorted(set(range(len(lines))) - chosen, reverse=True):
        if reasons[index] in ("aside", "") and _opens_box(lines, index, chosen):
            reasons[index] = ""
            chosen.add(index)
    story = {squeeze(lines[i].text) for i in chosen if _is_prose(lines[i])}
    for index, line in enumerate(lines):
        if index in heads and (index == top or index < first):
            reasons[index] = "title"
        elif not reasons[index]:
            reasons[index] = _said(line, stated, early=index < first + 4) or (
                "" if index in chosen else "page"
            )
            if not reasons[index] and _is_repeat(page, line, story):
                reasons[index] = "pull quote"
    return reasons


def _with_passed_over(
    page: Page, core: Sequence[int], reasons: Sequence[str], top: int
) -> set[int]:
    """The lines of the core, and those that were passed over though they are the article's."""
    scope = _scope(page, core)
    first, last = min(core), max(core)
    chosen = set(core)
    for index, line in enumerate(page.lines):
        if reasons[index] or index in chosen:
            continue
        around = tuple(page.around(line.node))
        inside = not scope.isdisjoint(around)
        amid = first < index < last or (bool(line.heading) and index + 1 in chosen)
        # Between headline and story stands what the story opens with, wherever it is nested.
        opens = 0 <= top < index < first and (
            _is_prose(line) or any(is_standfirst(page.signs[node]) for node in around)
        )
        if opens or _rescued(line, page, inside=inside, amid=amid):
            chosen.add(index)
    return chosen


def _opens_box(lines: Sequence[Line], index: int, chosen: set[int]) -> bool:
    """Whether a line heads a box within the article: the line below it, in the box too, is read."""
    line = lines[index]
    if not line.heading or not line.marks or index + 1 not in chosen:
        return False
    return lines[index + 1].marks == line.marks


def _letters(lines: Sequence[Line], chosen: Iterable[int]) -> int:
    return sum(len(lines[index].text) for index in chosen)


def believed_signs(lines: Sequence[Line], taken: set[int]) -> set[str]:
    """The signs that may speak against a line: not those on half of the article itself.

    A page's whole body may be classed "share-enabled", each of its paragraphs "ad-parent".
    """
    total = _letters(lines, taken) or 1
    held = Counter[str]()
    for index in taken:
        for sign in {mark.sign for mark in lines[index].marks}:
            held[sign] += len(lines[index].text)
    signs = {mark.sign for line in lines for mark in line.marks}
    return {s for s in signs if s.startswith("!") or held[s] < total * _BELIEVED_SHARE}


def marked(line: Line, believed: set[str]) -> str:
    """The reason that a line's marks give, "" for none."""
    if line.hidden:
        return "hidden"
    for mark in line.marks:
        if mark.sign in believed and (mark.sure or not _is_prose(line) or line.linked > 0.5):
            return mark.reason
    return ""


def _scope(page: Page, core: Sequence[int]) -> set[int]:
    """The elements that hold the article: the innermost with most of it, and its like beside it."""
    held = Counter[int]()
    for index in core:
        for node in page.around(page.lines[index].node):
            held[node] += len(page.lines[index].text)
    most = 0.8 * _letters(page.lines, core)
    home = max((node for node, letters in held.items() if letters >= most), default=0)
    tag, classes = page.signs[home]
    if not classes or tag not in ("article", "div", "section", "li"):
        return {home}
    # A live report is a row of such elements, of which one alone may have been taken.
    like = (page.parents[home], page.signs[home])
    return {n for n, one in enumerate(zip(page.parents, page.signs, strict=True)) if one == like}


def _rescued(line: Line, page: Page, *, inside: bool, amid: bool) -> bool:
    """Whether a line that was passed over is the article's: prose in it, or a part amid prose."""
    if not inside or line.linked > 0.5 or not squeeze(line.text):
        return False
    if _is_prose(line):
        return True
    tag = page.signs[line.node][0]
    if tag == "p" and _SENTENCE.search(line.text):
        return True
    return amid and (bool(line.heading) or tag in _PARTS)


def _is_prose(line: Line) -> bool:
    return len(line.text.split()) >= 6 and bool(_SENTENCE.search(line.text))


def is_bare_link(line: Line) -> bool:
    """Whether a line is no more than a link to somewhere else."""
    return line.linked >= 0.75 and not line.heading and not _is_prose(line)


def _said(line: Line, stated: dict[str, object], *, early: bool) -> str:
    """The reason that a line's form gives: a link to another story, a byline, a date.

    A byline or a date that is stated nowhere else is noted as stated.
    """
    if line.linked >= 0.3 and _READ_MORE.match(line.text):
        return "related"
    if early and len(line.text) <= 120 and not _is_prose(line):
        head = read_head(["", line.text], headings=[1, 0])
        names = squeeze(str(stated.get("authors") or ""))
        if head.published or parse_date(line.text):
            stated.setdefault("published", line.text)
            return "byline"
        if head.authors or (names and squeeze(line.text) in names):
            stated.setdefault("authors", list(head.authors))
            return "byline"
    return "related" if is_bare_link(line) else ""


def _is_repeat(page: Page, line: Line, story: set[str]) -> bool:
    """Whether a quotation set apart says again what a paragraph says."""
    if not any(page.signs[node][0] in ("blockquote", "aside") for node in page.around(line.node)):
        return False
    key = squeeze(line.text)
    return len(key) > 20 and any(key in other and key != other for other in story)
