"""From the raw characters of a file to clean paragraphs.

Rules are narrow on purpose: a line is dropped, or words are cut, only on a form that prose does
not take. What is doubtful stays.
"""

import re
import unicodedata

__all__ = ["clean_blocks", "clean_characters", "plain_blocks"]

# Invisible characters that split words or turn text around: soft hyphen, zero width, bidi marks.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")

# An image's alternative text, glued to the first word of the paragraph beside it:
# a slug ("syria-civil-warThe flood"), or one word before a word that opens sentences.
_GLUED_SLUG = re.compile(r"^[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?=[A-Z][a-z]+[ ,])")
_GLUED_WORD = re.compile(
    r"^[a-z]{3,}(?=(?:The|This|That|These|Those|There|For|From|Now|When|While|After|Before|In|On|At"
    r"|As|It|He|She|We|They|But|And|If|One|With|By|To|An|A)[ ,])"
)
_FURNITURE = re.compile(
    r"^(?:related (?:posts|articles|stories)|read more|share this(?: article| story)?|advertisement"
    r"|contact the authors? at \S+@\S+|original (?:url|link|article):?(?: <?https?://\S+>?)?"
    r"|sign up for our newsletter.{0,60})[:.]?$",
    re.IGNORECASE,
)


def clean_characters(raw: str) -> str:
    """NFC, one kind of line end, no control or invisible characters, plain spaces."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text.replace("\u2028", "\n")))
    return _SPACES.sub(" ", text.replace("\u2029", "\n\n"))


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


def clean_blocks(blocks: list[str], *, fixed: int = 0) -> list[str]:
    """Blocks without page furniture, glued alternative text and false breaks.

    The first `fixed` blocks (title, byline, date) are left as they are.
    """
    kept = list(blocks[:fixed])
    for block in blocks[fixed:]:
        if _FURNITURE.match(block):
            continue
        text = _GLUED_WORD.sub("", _GLUED_SLUG.sub("", block))
        if len(kept) > fixed and _continues(kept[-1], text):
            kept[-1] = f"{kept[-1]} {text}"
        else:
            kept.append(text)
    return kept


def _continues(previous: str, text: str) -> bool:
    """Whether a paragraph break fell in the middle of a sentence."""
    return (
        text[:1].islower()
        and len(previous.split()) > 5
        and not _SENTENCE_END.search(previous)
        and previous[-1:].isalnum()
    )
