"""The text of an answer, sentence by sentence, with what was checked. No Streamlit here."""

from collections.abc import Container

from app_pages._text import escape
from app_pages._view import apart, badge, short_line
from rag import Answer, Sentence

__all__ = ["CHECKED", "says_the_values", "sentence_markdown", "told"]

CHECKED = ":small[:green[✓]]"
_CHANGED = "the article has changed since"


def told(answer: Answer, exchange: str = "", *, changed: Container[int] = ()) -> str:
    """An answer's sentences, each with the numbers that open its sources and a mark.

    The mark says that what it cites was compared with it, or what failed; `changed` holds the
    citations whose words have left their article since. Quotes of different articles stand apart.
    A value that opens the answer is bold, and how sure it is stands behind it; of several figures
    none is.
    """
    said = [sentence_markdown(one, exchange, changed=changed) for one in answer.sentences]
    if answer.leads_with_value and not answer.opening:
        value = escape(answer.sentences[0].text)
        said[0] = f"**{value}**{said[0].removeprefix(value)} {short_line(answer, exchange)}".strip()
    if answer.opening and said:
        said[0] = f"{escape(answer.opening)} {said[0]}"
    if answer.model != "extractive":
        return " ".join(said)
    return apart([(one.text, shown) for one, shown in zip(answer.sentences, said, strict=True)])


def sentence_markdown(
    sentence: Sentence, exchange: str = "", *, changed: Container[int] = ()
) -> str:
    """One sentence of it."""
    numbers = "".join(f"\u00a0{badge(number, exchange)}" for number in sentence.citations)
    return f"{escape(sentence.text)}{numbers}\u00a0{_mark(sentence, changed)}"


def _mark(sentence: Sentence, changed: Container[int]) -> str:
    failed = [check.detail or f"{check.kind} not confirmed" for check in sentence.checks
              if not check.passed]  # fmt: skip
    if not sentence.citations and not failed:
        failed = ["cites no source"]
    if any(number in changed for number in sentence.citations):
        failed.append(_CHANGED)
    if not failed:
        return CHECKED
    return f":small[:orange[⚠ {escape('; '.join(failed))}]]"


def says_the_values(answer: Answer) -> bool:
    """Whether its first sentence gives the values that answer already, or `told` adds them."""
    if answer.leads_with_value or answer.opening:
        return True
    first = answer.sentences[0].text if answer.sentences else ""
    return all(value.value in first for value in answer.short)
