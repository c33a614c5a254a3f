"""Cutting an article into passages of whole sentences within a token budget."""

import re
from collections.abc import Callable, Iterator, Sequence

import sentencex

from corpus.article import Article, Passage
from corpus.periods import MONTHS

__all__ = ["Span", "TokenCounter", "sentence_spans", "split_passages"]

Span = tuple[int, int]
TokenCounter = Callable[[Sequence[str]], list[int]]
"""Counts the tokens of each text, special tokens left out."""

SPECIAL_TOKENS = 2
"""[CLS] and [SEP], which frame every text that a BERT encoder reads."""

_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\n)[^\n]+)*")
_MONTH = "|".join(month.title() for month in MONTHS)
_PLACE_AND_DAY = re.compile(
    rf"""(?:[A-Z][\w'’-]*(?:\ [A-Z][\w'’-]*){{0,3}},\ )?
        (?:\d{{1,2}}\ )?(?:{_MONTH})[a-z]*\.?\ (?:\d{{1,2}},\ )?\d{{4}}\.(?=\s+\S)""",
    re.VERBOSE,
)
"""As a list of events has them before each: "Beirut, 12 November 2015." """
_LONGEST_SENTENCE = 4000
"""Characters; a longer run without a full stop is a list, a table or damage, and is cut."""
_LONGEST_LIST = 1000
"""Characters of a sentence that goes on as a list; the items of a longer one stand alone."""


def sentence_spans(text: str, *, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The span of every sentence of `text[start:end]`, without surrounding space, in order.

    A sentence crosses a blank line only where it goes on as a list: behind a colon, paragraphs
    that begin with a small letter, up to the first full stop. The offsets are into `text`.
    """
    open_list: list[Span] = []
    for span in _plain_spans(text, start, len(text) if end is None else end):
        if open_list and not _goes_on(text, open_list, span):
            yield from open_list
            open_list = []
        if open_list and text[span[1] - 1] in ".!?":
            yield open_list[0][0], span[1]
            open_list = []
        elif open_list or text[span[1] - 1] == ":":
            open_list.append(span)
        else:
            yield span
    yield from open_list


def _goes_on(text: str, begun: list[Span], item: Span) -> bool:
    """Whether a span is the next item of the list that was begun."""
    between = text[begun[-1][1] : item[0]]
    near = item[1] - begun[0][0] <= _LONGEST_LIST
    return "\n" in between and text[item[0]].islower() and near


def _plain_spans(text: str, start: int, end: int) -> Iterator[Span]:
    """Sentences of one paragraph each; a place and day that open one go with the first."""
    for paragraph in _PARAGRAPH.finditer(text, start, end):
        offset, block = paragraph.start(), paragraph.group()
        heading = _PLACE_AND_DAY.match(block)
        for found in sentencex.get_sentence_boundaries("en", block):
            left, right = found["start_index"], found["end_index"]
            piece = block[left:right]
            left += len(piece) - len(piece.lstrip())
            right -= len(piece) - len(piece.rstrip())
            if heading and right <= heading.end():
                continue
            if heading:
                left, heading = heading.start(), None
            if left < right:
                yield from _cut(text, offset + left, offset + right)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut an over-long sentence at spaces (or, failing those, anywhere)."""
    while end - start > _LONGEST_SENTENCE:
        at = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
        at = at if at > start else start + _LONGEST_SENTENCE
        yield start, at
        start = at
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def split_passages(
    article: Article,
    *,
    count_tokens: TokenCounter,
    budget: int,
    overlap: int = 0,
    titled: bool = True,
) -> list[Passage]:
    """Passages of whole sentences; what is embedded of each is at most `budget` tokens.

    Embedded are the title and the passage without the article's head (byline, date), so that a
    passage is found by its subject and a corrected byline embeds nothing anew; a title that would
    take more than a quarter of the budget is left out there, and every title where not `titled`,
    which moves no cut. A passage opens with up to `overlap` whole sentences of the one before, as
    many as leave room for the next sentence. A head that is over a quarter of the budget, title
    aside, is a passage of its own, and a sentence that alone is over the budget is cut between
    words.
    """
    [title_tokens] = count_tokens([article.title])
    title = article.title if title_tokens <= budget // 4 else ""
    room = budget - SPECIAL_TOKENS - (title_tokens if title else 0)
    spans = list(sentence_spans(article.text))
    counts = count_tokens([article.text[start:end] for start, end in spans])
    whole = set(spans)
    passages: list[Passage] = []
    pending: list[Span] = []
    held = 0

    def embedded_from(start: int, end: int) -> int:
        """Where what is embedded of a passage begins: past the head, unless it is all head."""
        return start if end <= article.body_start else max(start, article.body_start)

    def close() -> None:
        start, end = pending[0][0], pending[-1][1]
        body = article.text[embedded_from(start, end) : end]
        # A head opens with the title already.
        headed = titled and bool(title) and not body.startswith(title)
        passages.append(
            Passage(
                article_id=article.id,
                start=start,
                end=end,
                text=article.text[start:end],
                embedded=f"{title}\n{body}" if headed else body,
                tokens=SPECIAL_TOKENS + held + (title_tokens if headed else 0),
            )
        )

    def repeated(ahead: Span, count: int) -> tuple[list[Span], int, int]:
        """What the next passage repeats of this one, its tokens, and those that `ahead` adds."""
        again: list[Span] = []
        for one in reversed(pending[-overlap:] if overlap else []):
            if one not in whole or one[0] < article.body_start:
                break
            again.insert(0, one)
        while again:
            first = again[0][0]
            held, both = count_tokens(
                [article.text[first : again[-1][1]], article.text[first : ahead[1]]]
            )
            if both <= room:
                return again, held, both - held
            again.pop(0)
        return [], 0, count

    for span, count in _fitted(article.text, spans, counts, count_tokens, room):
        more = count
        if pending and pending[-1][1] <= article.body_start <= span[0]:
            # From the head to the story: the head, if it is short, goes along uncounted.
            if held > title_tokens + budget // 4:
                close()
                pending = []
            held = 0
        elif pending and pending[-1][1] == span[0]:
            # With no space between them, two pieces need not have the tokens of both.
            start = embedded_from(pending[0][0], span[1])
            [joined] = count_tokens([article.text[start : span[1]]])
            more = joined - held
        if pending and held + more > room:
            close()
            pending, held, more = repeated(span, count)
        pending.append(span)
        held += more
    if pending:
        close()
    return passages


def _fitted(
    text: str, spans: list[Span], counts: list[int], count_tokens: TokenCounter, room: int
) -> Iterator[tuple[Span, int]]:
    """The sentences with their counts, those that are over `room` cut into pieces that fit."""
    for span, count in zip(spans, counts, strict=True):
        if count <= room:
            yield span, count
            continue
        words = [(m.start(), m.end()) for m in re.compile(r"\S+").finditer(text, *span)]
        sizes = count_tokens([text[a:b] for a, b in words])
        held: list[tuple[Span, int]] = []
        for word, size in zip(words, sizes, strict=True):
            if held and sum(n for _, n in held) + size > room:
                yield (held[0][0][0], held[-1][0][1]), sum(n for _, n in held)
                held = []
            if size > room:
                yield from _halved(text, word, count_tokens, room)
            else:
                held.append((word, size))
        if held:
            yield (held[0][0][0], held[-1][0][1]), sum(n for _, n in held)


def _halved(
    text: str, span: Span, count_tokens: TokenCounter, room: int
) -> Iterator[tuple[Span, int]]:
    """One endless word (base64, a table without spaces), halved until each part fits."""
    start, end = span
    [count] = count_tokens([text[start:end]])
    if count <= room or end - start == 1:
        yield span, count
        return
    middle = (start + end) // 2
    yield from _halved(text, (start, middle), count_tokens, room)
    yield from _halved(text, (middle, end), count_tokens, room)
