"""What an article says of itself: found on a whole line of a known form, else left empty."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.metadata import (
    find_outlet,
    parse_authors,
    parse_language,
    parse_url,
    read_head,
    section_in_url,
    tell_language,
)


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


DAY = date(2015, 11, 19)


@pytest.mark.parametrize(
    ("line", "authors", "published", "updated"),
    [
        ("By Ada Moss | 19 November 2015 | 5 min read", ("Ada Moss",), DAY, None),
        ("Published 19 November 2015. Updated 20 November 2015", (), DAY, date(2015, 11, 20)),
        ("19 November 2015 (updated 20 November 2015)", (), DAY, date(2015, 11, 20)),
        ("Last updated: November 20, 2015", (), None, date(2015, 11, 20)),
        ("Publié le 19 novembre 2015", (), DAY, None),
        ("Mis à jour le 20 novembre 2015", (), None, date(2015, 11, 20)),
        ("Veröffentlicht am 19. November 2015", (), DAY, None),
        ("Stand: 20. November 2015", (), None, date(2015, 11, 20)),
        ("Actualizado el 20 de noviembre de 2015", (), None, date(2015, 11, 20)),
        (
            "Опубликовано 19 ноября 2015, 14:00 МСК",
            (),
            datetime(2015, 11, 19, 14, tzinfo=timezone(timedelta(hours=3))),
            None,
        ),
        (
            "Thursday, 19 November 2015, 8:30 p.m. ET",
            (),
            datetime(2015, 11, 19, 20, 30, tzinfo=timezone(timedelta(hours=-5))),
            None,
        ),
    ],
)
def test_lines_of_a_head(
    line: str, authors: tuple[str, ...], published: date | None, updated: date | None
) -> None:
    found = read_head(["Bridge to close", line, "The harbour bridge will close."])
    assert (found.authors, found.published, found.updated) == (authors, published, updated)
    assert found.lines == {0, 1}


@pytest.mark.parametrize(
    "line",
    [
        "Bridge by 19 November 2015 | Ada Moss said so",
        "On 19 November 2015 the bridge was closed",
        "It was signed on 19 November 2015",
        "Updated plans of 2015",
        "31 November 2015",
    ],
)
def test_a_line_of_which_a_part_is_something_else_is_no_head(line: str) -> None:
    found = read_head(["Bridge to close", line, "Text."])
    assert (found.published, found.updated, found.lines) == (None, None, {0})


def test_a_date_of_numbers_is_read_as_the_outlet_writes_it() -> None:
    blocks = ["Bridge to close", "03/04/2015", "Text."]
    assert read_head(blocks).published is None
    assert read_head(blocks, day_first=True).published == date(2015, 4, 3)
    assert read_head(blocks, day_first=False).published == date(2015, 3, 4)


@pytest.mark.parametrize(
    ("opening", "day"),
    [
        ("MOSCOW, Nov 19, 2015 (Reuters) - The bridge closed.", DAY),
        ("NEW YORK, Nov. 19, 2015 — The bridge closed.", DAY),
        ("Oslo, 19 November 2015 – The bridge closed.", DAY),
        ("MOSCOW, Nov 19 (Reuters) - The bridge closed.", None),
        ("In March 2015 - he said - it closed.", None),
    ],
)
def test_a_dateline_with_a_year_gives_the_day_and_stays_in_the_story(
    opening: str, day: date | None
) -> None:
    found = read_head(["Bridge to close", opening])
    assert (found.published, found.lines) == (day, {0})


def test_a_line_of_the_head_goes_before_the_dateline() -> None:
    found = read_head(["Bridge to close", "20 November 2015", "OSLO, Nov 19, 2015 - It closed."])
    assert found.published == date(2015, 11, 20)


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Ada Moss", ("Ada Moss",)),
        ("By Ada Moss, Bo Lind and Cy Orr", ("Ada Moss", "Bo Lind", "Cy Orr")),
        ("By Jane Doe and John Smith, Reuters", ("Jane Doe", "John Smith")),
        ("JANE DOE", ("JANE DOE",)),
        ("Ada Moss | The Quay", ("Ada Moss",)),
        ("Ada Moss — Moscow", ("Ada Moss",)),
        ("Ada Moss in Moscow", ("Ada Moss",)),
        ("Ada Moss, Moscow", ("Ada Moss",)),
        ("Ada Moss, Moscow correspondent", ("Ada Moss",)),
        ("Jean-Luc O’Neill", ("Jean-Luc O’Neill",)),
        ("Jean de la Tour and Ursula von der Leyen", ("Jean de la Tour", "Ursula von der Leyen")),
        ("Åsa Öberg", ("Åsa Öberg",)),
        ("Emily Post", ("Emily Post",)),
        ("Staff", ()),
        ("By Reuters", ()),
        ("AP", ()),
        ("The Quay", ()),
        ("the end of the road", ()),
        ("Ada Moss, who was there", ()),
        ("12 people", ()),
        ("", ()),
        (["Ada Moss", " ", 7], ("Ada Moss", "7")),
        (["By Ada Moss", "Reuters", "Staff Writer"], ("Ada Moss",)),
        (None, ()),
        (7, ()),
    ],
)
def test_authors(line: object, authors: tuple[str, ...]) -> None:
    assert parse_authors(line) == authors


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Von Ada Moss", ("Ada Moss",)),
        ("Par Ada Moss et Bo Lind", ("Ada Moss", "Bo Lind")),
        ("Por Ada Moss", ("Ada Moss",)),
        ("Written by: Ada Moss", ("Ada Moss",)),
        ("By Ada", ("Ada",)),
    ],
)
def test_bylines(line: str, authors: tuple[str, ...]) -> None:
    found = read_head(["Title here", line, "Text."])
    assert (found.authors, found.lines) == (authors, {0, 1})


def test_an_agency_s_byline_is_of_the_head_and_names_no_one() -> None:
    found = read_head(["Title here", "By Reuters", "19 November 2015", "Text."])
    assert (found.authors, found.published, found.lines) == ((), DAY, {0, 1, 2})


@pytest.mark.parametrize(
    "sentence",
    [
        "By the river stood a mill.",
        "By 1999 it was over",
        "by all means",
        "By Monday it was over",
        "By Christmas",
        "Par Toutatis",
        "Por favor",
        "Von hier aus",
    ],
)
def test_prose_is_no_byline(sentence: str) -> None:
    found = read_head(["Title here", sentence, "Text."])
    assert (found.authors, found.lines) == ((), {0})


@given(st.lists(st.text(max_size=80), max_size=6))
def test_no_text_breaks_the_head(blocks: list[str]) -> None:
    found = read_head(blocks)
    assert found.lines <= set(range(len(blocks)))


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


@pytest.mark.parametrize(
    ("url", "section"),
    [
        ("https://q.example/world/europe/bridge", "World"),
        ("https://q.example/news/middle-east/bridge", "Middle East"),
        ("https://q.example/uk-news/2015/nov/19/bridge", "UK"),
        ("https://q.example/world", ""),
        ("https://q.example/2015/11/19/bridge", ""),
        ("https://q.example/news/world-europe-348", ""),
        ("https://q.example/bridges/europe/x", ""),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_sections_in_addresses(url: str, section: str) -> None:
    assert section_in_url(url) == section


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("en-GB", "en"),
        ("en_US", "en"),
        ("EN", "en"),
        (" fr ", "fr"),
        ("English", "en"),
        ("Deutsch", "de"),
        ("und", ""),
        ("Elvish", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_stated_languages(stated: object, code: str) -> None:
    assert parse_language(stated) == code


ENGLISH = """The council met on Monday and voted for the bridge to close in March, with
ferries every ten minutes and no cars until May."""
FRENCH = """Le conseil a décidé lundi que le pont du port fermera en mars pour des travaux et
que des bacs circuleront toutes les dix minutes."""
GERMAN = """Der Rat hat am Montag beschlossen, dass die Brücke im März geschlossen wird und dass
alle zehn Minuten eine Fähre über den Hafen fährt."""
RUSSIAN = """Совет решил в понедельник закрыть мост в марте на ремонт, и паромы будут ходить
каждые десять минут, а машинам придётся ждать до самого мая."""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        (FRENCH, "fr"),
        (GERMAN, "de"),
        (RUSSIAN, "ru"),
        ("The council met on Monday.", ""),
        ("12 34 56 78 90 " * 8, ""),
        ("", ""),
    ],
)
def test_languages_that_are_told(text: str, code: str) -> None:
    assert tell_language(text) == code


def test_plain_english_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.metadata._identifier", None)
    longer = " The mayor said that their work would not end before winter, because it rained."
    assert tell_language(ENGLISH + longer) == "en"
    assert tell_language(NO_ARTICLES) == "en"


NO_ARTICLES = """Ferry recalls more than 200 tickets because printers misread dates. How relevant
was this to you? When did your ferry leave, who sold you your ticket, did it not scan, did that
happen before? Other passengers said it never did."""
DANISH = """Rådet har i går besluttet at lukke broen for al trafik i marts, og der vil være en færge
for alle, som har brug for at komme over havnen, til broen er åben igen i maj."""
DUTCH = """De raad was van mening dat de brug in maart dicht is of dat er een pont in de haven is.
Het had te lang geduurd, en in de stad was al bekend dat de brug in mei weer open is."""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DANISH, "da"),
        (DUTCH, "nl"),
        (GERMAN + " „The bridge will not be closed to all of the people“, sagte er.", "de"),
    ],
)
def test_words_that_english_shares_do_not_make_a_text_english(text: str, code: str) -> None:
    assert tell_language(text) == code
