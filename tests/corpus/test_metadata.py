"""Bylines, dates, addresses and outlets: found on a whole line of a known form, else left empty."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.metadata import (
    date_in_url,
    find_outlet,
    parse_authors,
    parse_date,
    parse_url,
    read_head,
)

TODAY = date(2020, 1, 1)


def test_head_in_full() -> None:
    blocks = [
        "Bridge to close",
        "By Ada Moss",
        "19 November 2015",
        "The harbour bridge will close.",
    ]
    found = read_head(blocks)
    assert (found.title, found.authors, found.published) == (
        "Bridge to close",
        ("Ada Moss",),
        date(2015, 11, 19),
    )
    assert found.lines == {0, 1, 2}


@pytest.mark.parametrize(
    "first",
    [
        "The bridge will close in March.",
        "“We were never told,”",
        "The council said:",
        "A very long line " * 12,
    ],
)
def test_a_sentence_is_no_title(first: str) -> None:
    found = read_head([first, "More text follows here."])
    assert (found.title, found.lines) == ("", set())


def test_one_line_alone_is_text_not_title() -> None:
    assert read_head(["Bridge to close"]).title == ""


def test_a_heading_is_a_title_even_after_the_byline() -> None:
    found = read_head(["By Ada Moss", "Bridge to close!", "Text."], headings=[0, 1, 0])
    assert found.title == "Bridge to close!"
    assert found.lines == {0, 1}


def test_the_second_line_is_no_title() -> None:
    assert read_head(["By Ada Moss", "Ferries in the fog", "Text."]).title == ""


def test_a_dated_line_that_is_no_date_ends_the_head() -> None:
    found = read_head(["Bridge to close", "Budget of 2015 agreed", "By Ada Moss", "Text."])
    assert (found.published, found.authors, found.lines) == (None, (), {0})


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Ada Moss", ("Ada Moss",)),
        ("By Ada Moss, Bo Lind and Cy Orr", ("Ada Moss", "Bo Lind", "Cy Orr")),
        ("Ada Moss | The Quay", ("Ada Moss",)),
        ("Ada Moss — Moscow", ("Ada Moss",)),
        ("Jean-Luc O’Neill", ("Jean-Luc O’Neill",)),
        ("Åsa Öberg", ("Åsa Öberg",)),
        ("the end of the road", ()),
        ("Ada Moss, who was there", ()),
        ("12 people", ()),
        ("", ()),
        (["Ada Moss", " ", 7], ("Ada Moss", "7")),
        (None, ()),
        (7, ()),
    ],
)
def test_authors(line: object, authors: tuple[str, ...]) -> None:
    assert parse_authors(line) == authors


@pytest.mark.parametrize(
    "sentence", ["By the river stood a mill.", "By 1999 it was over", "by all means"]
)
def test_prose_is_no_byline(sentence: str) -> None:
    assert read_head(["Title here", sentence, "Text."]).authors == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("November 19, 2015", date(2015, 11, 19)),
        ("19 novembre 2015", date(2015, 11, 19)),
        ("19. November 2015", date(2015, 11, 19)),
        ("2015-11-19 08:30", datetime(2015, 11, 19, 8, 30)),
        ("2015-02-30", None),
        ("November 2015", None),
        ("2015", None),
        ("last Friday", None),
        ("19 November 2015 " * 9, None),
        ("", None),
        (20151119, None),
        (None, None),
        (date(2015, 11, 19), date(2015, 11, 19)),
    ],
)
def test_dates(text: object, expected: date | None) -> None:
    assert parse_date(text, today=TODAY) == expected
    assert type(parse_date(text, today=TODAY)) is type(expected)


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


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("https://quay.example/a?b=c#d", "https://quay.example/a?b=c#d"),
        (" <http://quay.example> ", "http://quay.example"),
        ("javascript:alert(1)", ""),
        ("ftp://quay.example", ""),
        ("https://", ""),
        ("https://[broken", ""),
        ("see https://quay.example", ""),
        (None, ""),
        (["https://quay.example"], ""),
    ],
)
def test_urls(given_: object, expected: str) -> None:
    assert parse_url(given_) == expected


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://q.example/2015/11/19/bridge", date(2015, 11, 19)),
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
    ("url", "text", "outlet"),
    [
        ("https://www.thequaynews.example/a", "As The Quay News wrote", "The Quay News"),
        ("https://www.thequaynews.example/a", "as the quay news wrote", "thequaynews.example"),
        ("https://www.thequaynews.example/a", "Nothing of it", "thequaynews.example"),
        ("https://bbc.example/a", "The B B C said", "bbc.example"),
        ("", "The Quay News", ""),
    ],
)
def test_outlets(url: str, text: str, outlet: str) -> None:
    assert find_outlet(url, text) == outlet
