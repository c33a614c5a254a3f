"""An answer that a language model writes: from fitted passages, checked sentence by sentence.

Where the model fails, or nothing that it wrote passes the checks, the articles are quoted instead
and the record says why.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rag.answer import Draft, shown
from rag.earlier import count_tokens, recalled
from rag.errors import ModelError
from rag.generate import SentenceChecker, split_stream
from rag.prompts import SYSTEM, passage_block, user_message
from rag.settings import Settings
from rag.types import Hit, Turn, Usage

__all__ = ["Event", "WrittenAnswer", "released"]

_PROMPT_MARGIN = 400
"""Tokens left free for the instructions and the protocol's own."""
_ENDS = {
    "length": "The model's reply reached its length limit",
    "content_filter": "The model's server cut the reply off",
}


class Event(NamedTuple):
    """A step of a stream: "provisional" text as the model writes it, or a checked "sentence"."""

    kind: str
    text: str


def released(draft: Draft) -> Iterator[Event]:
    """The sentences of a draft that is done, or the reason why it has none."""
    if not draft.sentences:
        yield Event("sentence", draft.reason)
    for sentence in draft.sentences:
        yield Event("sentence", shown(sentence))


class WrittenAnswer:
    """Iterate `events()`; `draft`, `model`, `usage` and `complete` are true at every step.

    `quoting` makes the draft that is given where the model fails.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        question: str,
        passages: Sequence[Hit],
        history: Sequence[Turn],
        quoting: Callable[[], Draft],
    ) -> None:
        self._settings = settings
        self._question = question
        self._passages = passages
        self._history = history
        self._quoting = quoting
        self.draft = Draft(kind="generative")
        self.model = settings.openai_model
        self.usage = Usage()
        self.complete = False

    def events(self) -> Iterator[Event]:
        """What the model writes as it comes, and each sentence once it is checked."""
        from rag.llm import ModelStream

        settings = self._settings
        reason = ""
        room = settings.context_tokens - settings.answer_tokens - count_tokens(self._question)
        earlier = recalled(self._history, tokens=min(settings.history_tokens, room // 2))
        blocks = _fitted(self._passages, room=room - count_tokens(earlier))
        checker = SentenceChecker(hits=self._passages[: len(blocks)], draft=self.draft)
        reply = ModelStream(
            settings,
            system=SYSTEM,
            user=user_message(self._question, blocks, earlier=earlier),
        )
        try:
            for kind, text in split_stream(reply, complete=lambda: reply.complete):
                if kind == "provisional":
                    yield Event(kind, text)
                else:
                    yield from (Event("sentence", out) for out in checker.check(text))
        except ModelError as error:
            reason = f"{str(error)[0].upper()}{str(error)[1:]}"
        checker.finish()
        if not reply.complete:
            reason = reason or _ENDS.get(reply.finish_reason, "The model's reply broke off")
        self.usage, self.complete = reply.usage, not reason
        if self.draft.sentences:
            self.draft.reason = f"{reason}; the answer is incomplete." if reason else ""
            return
        if checker.refused and not reason:
            self.draft.status, self.draft.kind = "not_found", "not_stated"
            self.draft.reason = "The articles found do not answer this."
            yield Event("sentence", self.draft.reason)
            return
        yield from self._quote_instead(reason)

    def _quote_instead(self, reason: str) -> Iterator[Event]:
        failed = self.draft.unverified
        why = reason or (
            "Nothing that the model wrote passed the checks"
            if failed
            else "The model wrote nothing"
        )
        self.draft = self._quoting()
        self.draft.unverified = failed
        self.draft.reason = f"{why}; the answer quotes the articles instead."
        self.model, self.complete = "extractive", True
        yield from released(self.draft)


def _fitted(hits: Sequence[Hit], *, room: int) -> list[str]:
    """Numbered passages, as many as fit; at least one."""
    from llama_index.core.utils import get_tokenizer

    count = get_tokenizer()
    left = room - _PROMPT_MARGIN
    blocks: list[str] = []
    for number, hit in enumerate(hits, 1):
        block = passage_block(number, hit)
        left -= len(count(block)) + 2
        if left < 0 and blocks:
            break
        blocks.append(block)
    return blocks
