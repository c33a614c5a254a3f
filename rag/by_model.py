"""An answer that a language model writes: from fitted passages, checked sentence by sentence.

Where the model fails, or nothing that it wrote passes the checks, the articles are quoted instead
and the record says why.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rag.answer import Draft
from rag.earlier import recalled
from rag.errors import ModelError, PromptTooLong
from rag.generate import SentenceChecker
from rag.labels import passage_labels
from rag.prompts import article_header, passage_line, system_message, user_message
from rag.settings import Settings
from rag.spending import over_budget
from rag.stream import Provisional, split_stream
from rag.structured import as_prose
from rag.types import Check, Hit, Turn, Usage

__all__ = ["Event", "WrittenAnswer", "released"]

_PROTOCOL = 300
"""Tokens for what is around the messages, the structure asked for included."""
_RESERVE = 10
"""A tenth of the room is left free: another model's tokens may be shorter."""
_OVER_BUDGET = "This answer could cost more than the conversation's budget has left"
_TOLD = 3
"""Most answers that the model is told are not wanted."""
_NO_MORE = "The model found no more in the passages"
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
    for told in draft.shown:
        yield Event("sentence", told)


class WrittenAnswer:
    """Iterate `events()`; `draft`, `model`, `usage` and `complete` are true at every step.

    `quoting` makes the draft that is given where the model fails. The settings' budget is what the
    conversation has left. The answers of the turns that are `unwanted`, the latest first, are not
    wanted again: the model is told, and what rests on their quotes alone is left out. `opening`
    puts into the draft what is said before the model writes, and `article_text` gives the whole
    text of an article by its id.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        question: str,
        passages: Sequence[Hit],
        history: Sequence[Turn],
        quoting: Callable[[], Draft],
        unwanted: Sequence[Turn] = (),
        opening: Callable[[Draft], object] = lambda _: None,
        article_text: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._settings = settings
        self._question = question
        self._passages = passages
        room = settings.context_tokens - settings.answer_tokens
        self._earlier = recalled(history, tokens=min(settings.history_tokens, room // 3))
        self._unwanted = unwanted
        self._quoting = quoting
        self._refused = False
        self._opening = opening
        self._article_text = article_text
        self.draft = Draft(kind="generative")
        self.model = settings.openai_model
        self.usage = Usage()
        self.complete = False

    def events(self) -> Generator[Event, None, None]:
        """What the model writes as it comes, and each sentence once it is checked."""
        self._opening(self.draft)
        opened = len(self.draft.sentences)
        for told in self.draft.shown:
            yield Event("sentence", told)
        given = self._fitted(_counter())
        reason, problem = yield from self._write(given)
        if isinstance(problem, PromptTooLong) and len(given) > 1:
            # The server counts otherwise than we do, or has less room than the settings say.
            half = given[: (len(given) + 1) // 2]
            reason, problem = yield from self._write(half, retry=False)
        self.complete = not reason
        if len(self.draft.sentences) > opened:
            self.draft.reason = f"{reason}; the answer is incomplete." if reason else ""
            if self._refused and not reason:
                self.draft.status, self.draft.reason = (
                    "partial",
                    f"{_NO_MORE}; a part may be missing.",
                )
        elif self._refused and not reason and not opened:
            self.draft.status, self.draft.kind = "not_found", "not_stated"
            self.draft.reason = "The articles found do not answer this."
            yield Event("sentence", self.draft.reason)
        else:
            yield from self._quote_instead(reason, opened)

    def _write(
        self, given: Sequence[Hit], *, retry: bool = True
    ) -> Generator[Event, None, tuple[str, ModelError | None]]:
        """One reply from these passages; why it is not whole, and the error where there was one."""
        from rag.llm import ModelStream

        settings = self._settings
        labels = passage_labels(self._question, given)
        system = system_message(labels)
        user = self._user_message(given, labels)
        reply = ModelStream(settings, system=system, user=user, structured=True, retry=retry)
        if over_budget(settings, most=reply.most):
            return _OVER_BUDGET, None
        checker = _NewSentences(
            unwanted=[quote for turn in self._unwanted for quote in turn.quotes],
            hits=given,
            draft=self.draft,
            labels=labels,
            ours=system,
            article_text=self._article_text,
        )
        shown, reason, problem = Provisional(), "", None
        try:
            for kind, text in split_stream(as_prose(reply), complete=lambda: reply.complete):
                if kind == "sentence":
                    yield from (Event(kind, out) for out in checker.check(text))
                elif fit := shown.feed(text):
                    yield Event(kind, fit)
        except ModelError as error:
            problem, reason = error, f"{str(error)[0].upper()}{str(error)[1:]}"
        finally:
            # Also where the reader hangs up: what has come is to be paid for.
            self.usage += reply.usage
        if fit := shown.end():
            yield Event("provisional", fit)
        checker.finish()
        self._refused = checker.refused
        if not reply.complete:
            reason = reason or _ENDS.get(reply.finish_reason, "The model's reply broke off")
        return reason, problem

    def _quote_instead(self, reason: str, opened: int) -> Iterator[Event]:
        failed = self.draft.unverified
        why = reason or "The model wrote nothing"
        if not reason and self._refused:
            why = _NO_MORE
        elif not reason and failed:
            why = "Nothing that the model wrote passed the checks"
        self.draft = self._quoting()
        self.draft.unverified = failed
        # Which part is missing, of a question that has several, stays said.
        missing = self.draft.reason
        self.draft.reason = f"{why}; the answer quotes the articles instead. {missing}".strip()
        self.model, self.complete = "extractive", True
        # The draft opens as the other did, and that has been shown.
        yield from islice(released(self.draft), opened, None)

    def _user_message(self, given: Sequence[Hit], labels: Sequence[str]) -> str:
        answers = [turn.answer for turn in self._unwanted[:_TOLD]]
        return user_message(self._question, given, labels, earlier=self._earlier, unwanted=answers)

    def _fitted(self, count: Callable[[str], int]) -> Sequence[Hit]:
        """As many passages as fit, the most useful first; at least one."""
        settings = self._settings
        labels = passage_labels(self._question, self._passages[:2])
        frame = self._user_message([], [])
        left = settings.context_tokens - settings.answer_tokens - _PROTOCOL
        left -= count(system_message(labels)) + count(frame)
        left -= left // _RESERVE
        seen: set[str] = set()
        for at, hit in enumerate(self._passages):
            left -= count(passage_line("k42", hit)) + 1
            if hit.article_id not in seen:
                seen.add(hit.article_id)
                left -= count(article_header(hit)) + 2
            if left < 0 and at:
                return self._passages[:at]
        return self._passages


@dataclass
class _NewSentences(SentenceChecker):
    """Removes also what rests on nothing but quotes of an answer that is not wanted again."""

    unwanted: Sequence[str] = ()

    def _sourced(self, text: str, given: Sequence[str]) -> tuple[str, list[Hit], list[Check]]:
        text, cited, checks = super()._sourced(text, given)
        quotes = [quote.text.strip() for quote in self._quotes(text, cited)]
        if quotes and all(any(quote in old for old in self.unwanted) for quote in quotes):
            again = Check(kind="quote", passed=False, detail="it is the answer that is not wanted")
            checks = [*checks, again]
        return text, cited, checks


def _counter() -> Callable[[str], int]:
    """Counts tokens as OpenAI's models do; other models' counts are near to it."""
    from llama_index.core.utils import get_tokenizer

    encode = get_tokenizer()
    return lambda text: len(encode(text))
