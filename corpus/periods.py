"""Calendar arithmetic of relative times: the days of a week, a month, a season beside a day."""

from calendar import monthrange
from datetime import date, timedelta

from corpus.tense import Tense

__all__ = [
    "DAYS",
    "MONTHS",
    "SEASONS",
    "Span",
    "day_number",
    "day_or_none",
    "month_beside",
    "month_number",
    "month_span",
    "period",
    "season",
    "weekend",
]

Span = tuple[date, date]
"""First and last day, both inclusive."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month in which each begins, in the north: that is how most outlets count them."""


def day_number(name: str) -> int:
    """Monday is 0; "Friday night" is Friday."""
    return DAYS.index(name.lower().split()[0])


def month_number(name: str) -> int:
    """January and "Jan." are 1."""
    return MONTHS.index(name.lower()[:3]) + 1


def day_or_none(year: int, month: int, day: int) -> date | None:
    """The day, None where the calendar has none such."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def period(unit: str, step: int, published: date) -> Span:
    """The calendar's week (from Monday), month or year, `step` after that of publication."""
    if unit == "week":
        monday = published + timedelta(7 * step - published.weekday())
        return monday, monday + timedelta(6)
    if unit == "month":
        return month_span(published.year, published.month + step)
    year = published.year + step
    return date(year, 1, 1), date(year, 12, 31)


def month_span(year: int, month: int) -> Span:
    """A calendar month; its number may run over the year's ends."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def month_beside(number: int, step: int, published: date) -> Span:
    """The month before or after that of publication."""
    months = (published.month - number) % 12 if step < 0 else -((number - published.month) % 12)
    return month_span(published.year, published.month - (months or -12 * step))


def weekend(step: int, published: date, tense: Tense | None) -> Span | None:
    """Saturday and Sunday: the last (-1), or this one (0), which the tense puts before or after.

    None where two are meant alike: on a weekend "last weekend" may be the one that is on, and
    "next weekend" is for some the coming one.
    """
    coming = published + timedelta(5 - published.weekday())
    if step > 0 or (step < 0 and published >= coming):
        return None
    if published < coming and (step < 0 or tense == "past"):
        coming -= timedelta(7)
    elif published < coming and tense is None:
        return None
    return coming, coming + timedelta(1)


def season(begins: int, step: int, published: date) -> Span | None:
    """Three months from `begins` on: the last that is over (-1), this year's (0), the next (1)."""

    def of(year: int) -> Span:
        return date(year, begins, 1), month_span(year, begins + 2)[1]

    around = [of(published.year + years) for years in (-2, -1, 0, 1)]
    if step < 0:
        return max(span for span in around if span[1] < published)
    if step > 0:
        return min(span for span in around if span[0] > published)
    if begins == 12:  # a winter has two years: only the one that is on is clear
        return next((span for span in around if span[0] <= published <= span[1]), None)
    return of(published.year)
