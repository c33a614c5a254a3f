"""What was asked and answered before, within a budget of tokens."""

from collections.abc import Sequence

from rag.cite import without_markers
from rag.types import Turn
from rag.values import date_spans, names, number_spans
from rag.words import fold

__all__ = ["count_tokens", "recalled"]

_VALUES = 8
"""Most values of an older answer that are kept."""


def count_tokens(text: str) -> int:
    """Tokens as tiktoken counts them: those of another model are about as many."""
    from llama_index.core.utils import get_tokenizer

    return len(get_tokenizer()(text))


def recalled(history: Sequence[Turn], *, tokens: int, answers: bool = False) -> str:
    """Earlier questions, oldest first, a line each, in at most so many tokens; "" where none fit.

    With `answers` each goes with what it was answered: the last one's words, of the others the
    values alone (numbers, dates, names). The latest are kept, and the last is cut where it alone
    is too long.
    """
    lines: list[str] = []
    left = tokens
    for turn in reversed(history):
        line = f"Earlier question: {_flat(turn.question)}\n"
        told = (_values(turn) if lines else _flat(without_markers(turn.answer))) if answers else ""
        if told and count_tokens(f"{line}Answer: {told}\n") <= left:
            line = f"{line}Answer: {told}\n"
        size = count_tokens(line)
        if size > left and not lines:
            line = _cut(line, left)
            size = count_tokens(line)
        if size > left or not line:
            break
        lines.insert(0, line)
        left -= size
    # Tokens can join where lines meet, and then be more or fewer.
    while lines and count_tokens("".join(lines)) > tokens:
        lines.pop(0)
    return "".join(lines)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _values(turn: Turn) -> str:
    """The numbers, dates and names of an answer that its question does not hold, in order."""
    text = without_markers(turn.answer)
    spans = [*date_spans(text), *number_spans(text)]
    found = [(start, text[start:end].strip()) for start, end in spans]
    found += [(text.find(name), name) for name in names(text)]
    asked = fold(turn.question)
    kept = dict.fromkeys(value for _, value in sorted(found) if fold(value) not in asked)
    return ", ".join(list(kept)[:_VALUES])


def _cut(line: str, tokens: int) -> str:
    """As many of its words as fit, with a mark of what is missing; "" where too few do."""
    words = line.split()
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(f"{' '.join(words[:middle])} …\n") <= tokens:
            low = middle
        else:
            high = middle - 1
    return f"{' '.join(words[:low])} …\n" if low > 3 else ""
