"""Dates: which words are a full one, which are believed, and which of several."""

import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.dates import choose_date, choose_update, date_in_url, day_first, parse_date

TODAY = date(2020, 1, 1)
DAY = date(2015, 11, 19)


def at(hour: int, minute: int = 0, *, zone: float | None = None) -> datetime:
    tzinfo = None if zone is None else timezone(timedelta(hours=zone))
    return datetime(2015, 11, 19, hour, minute, tzinfo=tzinfo)


@pytest.mark.parametrize(
    "text",
    ["Inflation is the worst since 1982", "Passages in 2012: notable deaths", "Full list of 2022"],
)
def test_a_year_alone_loads_no_library(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dateparser", None)
    assert parse_date(text, today=TODAY) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("November 19, 2015", DAY),
        ("19th of November, 2015", DAY),
        ("19. November 2015", DAY),
        ("19 de noviembre de 2015", DAY),
        ("19 novembre 2015", DAY),
        ("19 ноября 2015 г.", DAY),
        ("19 listopada 2015", DAY),
        ("19 Kasım 2015", DAY),
        ("2015年11月19日", DAY),
        ("2015/11/19", DAY),
        ("2015-11-19 08:30", at(8, 30)),
        ("2015-02-30", None),
        ("31 April 2015", None),
        ("November 2015", None),
        ("2015", None),
        ("last Friday", None),
        ("19 November 2015 " * 9, None),
        ("", None),
        (20151119, None),
        (None, None),
        (DAY, DAY),
    ],
)
def test_dates(text: object, expected: date | None) -> None:
    assert parse_date(text, today=TODAY) == expected
    assert type(parse_date(text, today=TODAY)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-11-19T08:30:00Z", at(8, 30, zone=0)),
        ("2015-11-19T08:30:00+03:00", at(8, 30, zone=3)),
        ("19 November 2015 08:30 GMT", at(8, 30, zone=0)),
        ("19 November 2015, 11:00 MSK", at(11, zone=3)),
        ("Nov. 19, 2015 8:30 p.m. ET", at(20, 30, zone=-5)),
        ("8:30 PM EST, Thu November 19, 2015", at(20, 30, zone=-5)),
        ("8:30 a.m. EST on Nov. 19, 2015", at(8, 30, zone=-5)),
        ("19 Nov 2015 08:30 BST", at(8, 30, zone=1)),
        ("19 Nov 2015 08:30 (GMT+3)", at(8, 30, zone=3)),
        ("Thu, 19 Nov 2015 08:30:00 +0530", at(8, 30, zone=5.5)),
        ("19 Nov 2015 08:30 IST", at(8, 30)),
        ("19 Nov 2015 08:30 CST", at(8, 30)),
        ("19 Nov 2015 08:30", at(8, 30)),
        ("2015-11-19 08:30 +29:00", at(8, 30)),
    ],
)
def test_zones_are_kept_as_stated(text: str, expected: datetime) -> None:
    found = parse_date(text, today=TODAY)
    assert isinstance(found, datetime)
    assert found.isoformat() == expected.isoformat()
    assert datetime.fromisoformat(found.isoformat()) == found


def test_eastern_time_is_summer_time_in_summer() -> None:
    found = parse_date("July 19, 2015 8:30 pm ET", today=TODAY)
    assert isinstance(found, datetime)
    assert found.isoformat() == "2015-07-19T20:30:00-04:00"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/2015", None, None),
        ("03/04/2015", True, date(2015, 4, 3)),
        ("03/04/2015", False, date(2015, 3, 4)),
        ("13/11/2015", False, date(2015, 11, 13)),
        ("11/13/2015", True, date(2015, 11, 13)),
        ("04/04/2015", None, date(2015, 4, 4)),
        ("03.04.2015", None, date(2015, 4, 3)),
        ("03-04-2015", None, None),
        ("13/13/2015", None, None),
        ("13/11/2015 08:30", None, datetime(2015, 11, 13, 8, 30)),
    ],
)
def test_the_order_of_day_and_month(text: str, order: bool | None, expected: date | None) -> None:
    assert parse_date(text, today=TODAY, day_first=order) == expected


@pytest.mark.parametrize(
    ("url", "language", "order"),
    [
        ("https://quay.co.uk/a", "", True),
        ("https://quay.de/a", "en-US", True),
        ("https://quay.gov/a", "", False),
        ("https://quay.com/a", "", None),
        ("https://quay.com/a", "en", None),
        ("https://quay.com/a", "en-GB", True),
        ("https://quay.com/a", "en_US", False),
        ("https://quay.com/a", "en-CA", None),
        ("https://quay.com/a", "fr", True),
        ("https://[broken", "", None),
        ("", "zh", None),
    ],
)
def test_which_comes_first_by_outlet_and_language(
    url: str, language: str, order: bool | None
) -> None:
    assert day_first(url=url, language=language) is order


@pytest.mark.parametrize(
    ("day", "believed"),
    [
        (date(1599, 12, 31), False),
        (date(1600, 1, 1), True),
        (TODAY, True),
        (TODAY + timedelta(days=1), True),
        (TODAY + timedelta(days=2), False),
    ],
)
def test_which_dates_are_believed(day: date, believed: bool) -> None:
    assert (parse_date(day, today=TODAY) is not None) is believed
    assert (parse_date(day.isoformat(), today=TODAY) is not None) is believed


def test_today_is_now_where_it_is_not_given() -> None:
    now = datetime.now(UTC).date()
    assert parse_date(now.isoformat()) == now
    assert parse_date((now + timedelta(days=3)).isoformat()) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_date_reader(text: str) -> None:
    found = parse_date(text, today=TODAY)
    assert found is None or isinstance(found, date)


@given(st.dates(date(1600, 1, 1), TODAY), st.booleans())
def test_a_date_of_numbers_is_read_back(day: date, order: bool) -> None:
    written = f"{day:%d/%m/}{day.year}" if order else f"{day:%m/%d/}{day.year}"
    assert parse_date(written, today=TODAY, day_first=order) == day


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://q.example/2015/11/19/bridge", DAY),
        ("https://q.example/2015-11-19/bridge", DAY),
        ("https://q.example/2015/11/9", date(2015, 11, 9)),
        ("https://q.example/2015/13/19/bridge", None),
        ("https://q.example/2015/11/bridge", None),
        ("https://q.example/2999/11/19/", None),
        ("", None),
    ],
)
def test_dates_in_urls(url: str, day: date | None) -> None:
    assert date_in_url(url) == day


@pytest.mark.parametrize(
    ("candidates", "chosen"),
    [
        ([], None),
        ([None, None], None),
        ([DAY, date(2015, 11, 20)], DAY),
        ([None, date(2015, 11, 20), DAY], date(2015, 11, 20)),
        ([DAY, at(8, 30, zone=1)], at(8, 30, zone=1)),
        ([DAY, datetime(2015, 11, 20, 8), at(8)], at(8)),
        ([at(9), at(8, zone=1)], at(9)),
        ([DAY, datetime(2015, 11, 20, 8)], DAY),
    ],
)
def test_which_of_several_is_chosen(candidates: list[date | None], chosen: date | None) -> None:
    assert choose_date(candidates) == chosen
    assert type(choose_date(candidates)) is type(chosen)


@pytest.mark.parametrize(
    ("published", "candidates", "chosen"),
    [
        (DAY, [date(2015, 11, 20)], date(2015, 11, 20)),
        (DAY, [DAY], None),
        (DAY, [date(2015, 11, 18), date(2015, 11, 21)], date(2015, 11, 21)),
        (at(8), [at(9)], at(9)),
        (at(8), [at(8)], None),
        (at(8, zone=0), [at(8, 30, zone=1)], None),
        (at(8, zone=0), [at(9)], at(9)),
        (DAY, [at(9)], None),
        (None, [DAY], DAY),
        (DAY, [None], None),
    ],
)
def test_an_update_is_later_than_publication(
    published: date | None, candidates: list[date | None], chosen: date | None
) -> None:
    assert choose_update(published, candidates) == chosen
