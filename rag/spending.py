"""What answers cost in tokens and money, and the budget that a conversation has."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.types import Answer, Record, Usage

if TYPE_CHECKING:
    from rag.settings import Settings

__all__ = ["Earlier", "Spending", "cost_of", "left_over", "over_budget", "spending"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending(Record):
    """What several answers used. `cost` is in the currency of the prices.

    `cost` is None where an answer that a model wrote has none: it was made without prices.
    """

    answers: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None

    @property
    def tokens(self) -> int:
        """Those read and those written."""
        return _tokens(self.usage)

    def __add__(self, other: "Spending") -> "Spending":
        used = [one for one in (self, other) if _tokens(one.usage)]
        costs = [one.cost for one in used if one.cost is not None]
        return Spending(
            answers=self.answers + other.answers,
            usage=self.usage + other.usage,
            cost=sum(costs) if costs and len(costs) == len(used) else None,
        )

    def __sub__(self, other: "Spending") -> "Spending":
        """What has been used since it was the other."""
        before, now = other.usage, self.usage
        return Spending(
            answers=self.answers - other.answers,
            usage=Usage(
                prompt_tokens=now.prompt_tokens - before.prompt_tokens,
                completion_tokens=now.completion_tokens - before.completion_tokens,
            ),
            cost=None if self.cost is None else self.cost - (other.cost or 0),
        )


class Earlier(list[Answer]):
    """The answers before a question, for `history`, and what else their conversation has used."""

    def __init__(self, answers: Sequence[Answer] = (), *, dropped: Spending | None = None) -> None:
        super().__init__(answers)
        self.dropped = dropped or Spending()


def spending(answers: Iterable[object]) -> Spending:
    """The tokens and the cost of a conversation; what is no Answer (a Turn) has used nothing.

    Of the history that a stored conversation gives, also those of answers that were dropped.
    """
    each = [
        Spending(answers=1, usage=answer.usage, cost=answer.cost)
        for answer in answers
        if isinstance(answer, Answer)
    ]
    return sum(each, answers.dropped if isinstance(answers, Earlier) else Spending())


def cost_of(usage: Usage, settings: "Settings") -> float | None:
    """What tokens cost at the prices that are set; None where they are not."""
    if settings.price_read is None or settings.price_written is None:
        return None
    read = usage.prompt_tokens * settings.price_read
    return (read + usage.completion_tokens * settings.price_written) / _MILLION


def left_over(settings: "Settings", used: Usage) -> "Settings":
    """The settings with a budget that is less by what was used, 0 where that was more.

    It counts at today's prices, also in a conversation which began without prices.
    """
    if settings.budget is None:
        return settings
    return settings.model_copy(update={"budget": max(settings.budget - _price(used, settings), 0)})


def over_budget(settings: "Settings", *, most: Usage) -> bool:
    """Whether a request that may use `most` could exceed the budget."""
    return settings.budget is not None and _price(most, settings) > settings.budget


def _price(usage: Usage, settings: "Settings") -> float:
    """In the budget's measure: money where prices are set, else tokens."""
    cost = cost_of(usage, settings)
    return _tokens(usage) if cost is None else cost


def _tokens(usage: Usage) -> int:
    return usage.prompt_tokens + usage.completion_tokens
