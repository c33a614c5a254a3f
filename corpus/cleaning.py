"""From the raw characters of a file to clean paragraphs.

Rules are narrow on purpose: a line is dropped, or words are cut, only on a form that prose does
not take. What is doubtful stays.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from corpus.article import Removed
from corpus.decoding import repair
from corpus.furniture import alt_text, credit_tail, is_caption, is_credit_list, reason_of
from corpus.raw import Block

__all__ = ["clean_blocks", "clean_characters", "mark_furniture", "plain_blocks"]

_MANY_TIMES = 3
_HEADER_WORDS = range(4, 13)
_FEWEST_PAGE_WORDS = 8
_PAIRS_OF_CAPTIONS = 2
_HEAD_BLOCKS = 6

# Invisible characters that split words or turn text around: soft hyphen, zero width, bidi marks.
# Tag characters show nothing and can carry whole sentences.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LIGATURE = re.compile("[\ufb00-\ufb06]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_RUNNING_HEAD = re.compile(r"[^\W_][^:“”\"]*[^\W_]")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def clean_characters(raw: str) -> str:
    """Mojibake repaired, NFC, plain spaces and line ends, no control or invisible characters.

    Quotation marks, dashes and apostrophes stay as written; the ligatures of print ("ﬁ") become
    letters, since no one searches for them.
    """
    text = raw
    while (once := _cleaned(text)) != text:
        text = once  # what was hidden by an invisible character may need repair itself
    return text


def _cleaned(raw: str) -> str:
    text = repair(raw.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    text = unicodedata.normalize("NFC", text.replace("\u2029", "\n\n"))
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _SPACES.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", text)))


def plain_blocks(text: str) -> list[str]:
    """The paragraphs of plain text, each on one line.

    Blank lines part paragraphs. Within a block, lines that end as sentences do are paragraphs of
    their own (one line each); lines that do not are hard wrapping and are joined.
    """
    blocks: list[str] = []
    for chunk in _BLANK_LINES.split(text):
        lines = [line.strip() for line in chunk.split("\n") if line.strip()]
        wrapped = any(not _SENTENCE_END.search(line) for line in lines[:-1])
        blocks += [" ".join(lines)] if wrapped and lines else lines
    return blocks


def mark_furniture(blocks: Sequence[Block]) -> list[Block]:
    """The same blocks; those that are a page's furniture carry the reason in `removed`.

    What a format has marked stays marked. A bare credit line makes a caption of the phrase
    beside it, and two such pairs of the phrase that leads the text as well.
    """
    running = _running_heads(blocks)
    marked: list[Block] = []
    for block in blocks:
        reason = block.removed or reason_of(block.text)
        if not reason and not block.heading and block.text in running:
            reason = "repeated header"
        marked.append(replace(block, removed=reason))
    pairs = 0
    for index, block in enumerate(blocks):
        if marked[index].removed != "credit" and not is_credit_list(block.text):
            continue
        # A page gives its pictures' credits above the captions or below them.
        for beside in (index + 1, index - 1):
            if 0 <= beside < len(blocks) and _may_be_caption(marked[beside]):
                marked[index] = replace(block, removed=block.removed or "credit")
                marked[beside] = replace(marked[beside], removed="caption")
                pairs += not block.removed
                break
    if pairs >= _PAIRS_OF_CAPTIONS:
        for index, block in enumerate(marked[:_HEAD_BLOCKS]):
            if block.text.endswith(".") and _may_be_caption(block):
                marked[index] = replace(block, removed="caption")
    return marked


def _may_be_caption(block: Block) -> bool:
    return not block.heading and not block.removed and is_caption(block.text)


def _running_heads(blocks: Sequence[Block]) -> set[str]:
    """Lines that stand several times with prose between each two, as at the head of pages.

    Lines of a list or a table repeat too, but they stand close together, or are of another form.
    """
    times: Counter[str] = Counter()
    pages, last = 0, dict[str, int]()
    for block in blocks:
        words = len(block.text.split())
        if words >= _FEWEST_PAGE_WORDS and _SENTENCE_END.search(block.text):
            pages += 1
        elif words in _HEADER_WORDS and _RUNNING_HEAD.fullmatch(block.text):
            if last.get(block.text) != pages:
                times[block.text] += 1
            else:
                times[block.text] -= _MANY_TIMES  # twice on one page
            last[block.text] = pages
    return {text for text, count in times.items() if count >= _MANY_TIMES}


def clean_blocks(blocks: Sequence[Block], *, at: int = 0) -> tuple[str, tuple[Removed, ...]]:
    """The blocks as paragraphs parted by blank lines, and what was taken out of them.

    Marked blocks go; of the others, glued alternative text and the credit at the end of a long
    paragraph. A paragraph break that fell into a sentence is healed. `at` is the offset in the
    article at which the text is going to stand. All that is not in the text is in what was
    removed: put back in its places it gives the blocks' words, in order.
    """
    parts: list[str] = []
    length, paragraph = 0, ""
    removed, pending = list[Removed](), list[tuple[str, str]]()
    for block in blocks:
        if block.removed:
            pending.append((block.text, block.removed))
            continue
        glued = alt_text(block.text)
        tail = credit_tail(block.text)
        text = block.text[len(glued) : len(block.text) - len(tail)].strip()
        if glued:
            pending.append((glued, "alt text"))
        healed = _continues(paragraph, text)
        gap = " " if healed else "\n\n" if parts else ""
        length += len(gap)
        removed += (Removed(text=t, reason=reason, at=at + length) for t, reason in pending)
        pending.clear()
        parts += (gap, text)
        length += len(text)
        paragraph = f"{paragraph} {text}" if healed else text
        if tail:
            removed.append(Removed(text=tail, reason="credit", at=at + length))
    removed += (Removed(text=t, reason=reason, at=at + length) for t, reason in pending)
    return "".join(parts), tuple(removed)


def _continues(previous: str, text: str) -> bool:
    """Whether a paragraph break fell in the middle of a sentence."""
    return (
        text[:1].islower()
        and len(previous.split()) > 5
        and not _SENTENCE_END.search(previous)
        and previous[-1:].isalnum()
    )
