"""Relative times: what they resolve to, what is left alone, and that spans are exact."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Article, read_article
from corpus.times import time_mentions

THURSDAY = date(2015, 11, 19)
"""When the articles below were published, unless they say otherwise."""


def mentions(text: str, published: date | None = THURSDAY) -> list[tuple[str, date, date]]:
    found = time_mentions(Article(text=text, published=published))
    assert all(text[mention.start : mention.end] == mention.text for mention in found)
    return [(mention.text, mention.first, mention.last) for mention in found]


def day(month: int, number: int, year: int = 2015) -> tuple[date, date]:
    return date(year, month, number), date(year, month, number)


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


@pytest.mark.parametrize(
    ("text", "words", "span"),
    [
        # Weekdays: the nearest before or after, by the tense beside them.
        ("The council met on Tuesday.", "on Tuesday", day(11, 17)),
        ("On Thursday the bridge was closed.", "On Thursday", day(11, 19)),
        ("The bridge was closed on Friday.", "on Friday", day(11, 13)),
        ("She spoke Wednesday of the ferries.", "Wednesday", day(11, 18)),
        ("The answer came Tuesday from the harbour.", "Tuesday", day(11, 17)),
        ("The mayor, who was ill, spoke on Monday evening.", "on Monday evening", day(11, 16)),
        ("He had left for the islands on Saturday.", "on Saturday", day(11, 14)),
        ("He was killed by a wave on Sunday.", "on Sunday", day(11, 15)),
        ("Three were hurt in fog, police said on Sunday.", "on Sunday", day(11, 15)),
        ("He called Friday’s storm a warning.", "Friday", day(11, 13)),
        ("At Monday's meeting the mayor spoke.", "Monday", day(11, 16)),
        ("The two will meet on Tuesday.", "on Tuesday", day(11, 24)),
        ("On Tuesday, the two will meet.", "On Tuesday", day(11, 24)),
        ("The bridge will be closed on Thursday.", "on Thursday", day(11, 19)),
        ("The trial is due to begin on Monday.", "on Monday", day(11, 23)),
        ("They’ll meet on Saturday.", "on Saturday", day(11, 21)),
        ("A vote planned for Monday was the first.", None, None),
        ("“We saw it on Tuesday,” she said.", "on Tuesday", day(11, 17)),
        ("Last Friday the bridge was closed.", "Last Friday", day(11, 13)),
        ("Last Friday night it rained.", "Last Friday night", day(11, 13)),
        ("The race is next Tuesday.", "next Tuesday", day(11, 24)),
        ("It rained this Monday.", "this Monday", day(11, 16)),
        ("It will open this Saturday.", "this Saturday", day(11, 21)),
        # Days beside that of publication.
        ("It rained yesterday.", "yesterday", day(11, 18)),
        ("Yesterday morning it rained.", "Yesterday morning", day(11, 18)),
        ("Yesterday's storm was the worst.", "Yesterday", day(11, 18)),
        ("It rained the day before yesterday.", "the day before yesterday", day(11, 17)),
        ("It will rain tomorrow.", "tomorrow", day(11, 20)),
        ("It will rain the day after tomorrow.", "the day after tomorrow", day(11, 21)),
        ("It rained last night.", "last night", day(11, 18)),
        ("It rained this morning.", "this morning", day(11, 19)),
        ("The council meets tonight.", "tonight", day(11, 19)),
        ("Earlier today the bridge was closed.", "Earlier today", day(11, 19)),
        # Weeks, months, years, seasons.
        ("It closed last week.", "last week", days("2015-11-09", "2015-11-15")),
        ("Last week’s storm was the worst.", "Last week", days("2015-11-09", "2015-11-15")),
        ("It closed this week.", "this week", days("2015-11-16", "2015-11-22")),
        ("It opens next week.", "next week", days("2015-11-23", "2015-11-29")),
        ("It closed earlier this week.", "earlier this week", days("2015-11-16", "2015-11-19")),
        ("It opens later this week.", "later this week", days("2015-11-19", "2015-11-22")),
        ("It closed last month.", "last month", days("2015-10-01", "2015-10-31")),
        ("It closed this month.", "this month", days("2015-11-01", "2015-11-30")),
        ("It opens next month.", "next month", days("2015-12-01", "2015-12-31")),
        ("It closed last year.", "last year", days("2014-01-01", "2014-12-31")),
        ("Earlier this year it fell.", "Earlier this year", days("2015-01-01", "2015-11-19")),
        ("It opens next year.", "next year", days("2016-01-01", "2016-12-31")),
        ("It rained last weekend.", "last weekend", days("2015-11-14", "2015-11-15")),
        ("It rained over the weekend.", "over the weekend", days("2015-11-14", "2015-11-15")),
        ("They will sail at the weekend.", "at the weekend", days("2015-11-21", "2015-11-22")),
        ("It will rain this weekend.", "this weekend", days("2015-11-21", "2015-11-22")),
        ("It opens next spring.", "next spring", days("2016-03-01", "2016-05-31")),
        ("It closed last summer.", "last summer", days("2015-06-01", "2015-08-31")),
        ("It closed this summer.", "this summer", days("2015-06-01", "2015-08-31")),
        ("It closed last winter.", "last winter", days("2014-12-01", "2015-02-28")),
        ("It closed last March.", "last March", days("2015-03-01", "2015-03-31")),
        ("It opens next June.", "next June", days("2016-06-01", "2016-06-30")),
        # So long ago.
        ("It closed three days ago.", "three days ago", day(11, 16)),
        ("It closed a day ago.", "a day ago", day(11, 18)),
        ("It closed two weeks ago.", "two weeks ago", days("2015-11-02", "2015-11-08")),
        ("A month ago it closed.", "A month ago", days("2015-10-01", "2015-10-31")),
        ("It closed 11 months ago.", "11 months ago", days("2014-12-01", "2014-12-31")),
        ("It closed four years ago.", "four years ago", days("2011-01-01", "2011-12-31")),
        # Months and dates without a year.
        ("In March the bridge was closed.", "In March", days("2015-03-01", "2015-03-31")),
        ("It was closed in December.", "in December", days("2014-12-01", "2014-12-31")),
        ("It was closed in November.", "in November", days("2015-11-01", "2015-11-30")),
        ("It will open in March.", "in March", days("2016-03-01", "2016-03-31")),
        ("It fell in early October.", "in early October", days("2015-10-01", "2015-10-10")),
        ("It fell in mid-October.", "in mid-October", days("2015-10-11", "2015-10-20")),
        ("It fell in late February.", "in late February", days("2015-02-21", "2015-02-28")),
        ("It was closed on 13 November.", "on 13 November", day(11, 13)),
        ("On Nov. 13 it was closed.", "On Nov. 13", day(11, 13)),
        ("It was closed on October 31st.", "on October 31st", day(10, 31)),
        ("It was closed on 5 December.", None, None),
        ("It was closed on 25 June.", "on 25 June", day(6, 25)),
        ("It will open on 5 December.", "on 5 December", day(12, 5)),
        ("It will open on 3 March.", "on 3 March", day(3, 3, 2016)),
        ("The storm of 13 November", "13 November", day(11, 13)),
        ("The talks set for November 26 were his.", "November 26", day(11, 26)),
    ],
)
def test_what_words_resolve_to(
    text: str, words: str | None, span: tuple[date, date] | None
) -> None:
    expected = [] if words is None or span is None else [(words, *span)]
    assert mentions(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        # No tense, or one that may be either.
        "The Tuesday meeting.",
        "The council on Tuesday.",
        "They may meet on Friday.",
        "They would meet on Friday, he said.",
        "They agreed to meet on Friday.",
        "They were due to meet on Friday.",
        "A summit to be held on Friday was his idea.",
        "Friday's storm will change the harbour.",
        "He said Sunday's election will decide.",
        "They prepared for Sunday's vote.",
        "He waited until Friday.",
        # Every week, or another week.
        "He worked every Tuesday.",
        "He worked on Tuesdays.",
        "On that Friday it rained.",
        "It rained the following Monday.",
        "It rained the previous day.",
        "The day after the storm it rained.",
        "Two days later it rained.",
        "He worked Monday to Friday.",
        "He worked from Monday to Friday.",
        # Names.
        "Black Friday sales fell.",
        "It was Good Friday and they prayed.",
        "The Sunday Times was bought.",
        "On Friday the 13th it rained.",
        "Everyone had read yesterday's news.",
        "The November 17 group was dissolved.",
        # The date says it.
        "It rained on Tuesday, 17 November 2015.",
        "It was closed in September 2014.",
        "It was closed on November 13, 2014.",
        "In 2011 he was elected, and in March he left.",
        "Last week in 1945 the war was over.",
        # A stretch of time, a round number, an amount.
        "The last week was hard.",
        "It was the last week of the war.",
        "Over the last month it rained.",
        "In his last year he was ill.",
        "This fall in prices was the third.",
        "About two weeks ago it closed.",
        "It closed more than four years ago.",
        "Thirty years ago it closed.",
        "30 years ago it closed.",
        "It was closed on November 13-15.",
        "In May 300 people were there.",
        "Harbours like today's were rare.",
        "On Sept. 11 the towers fell.",
        # The nearest day and that of the week before or after differ.
        "The race is next Saturday.",
        "Next weekend they will sail.",
    ],
)
def test_what_is_not_clear_is_left_alone(text: str) -> None:
    assert mentions(text) == []


@pytest.mark.parametrize(
    ("text", "published", "expected"),
    [
        ("It rained last month.", date(2016, 1, 1), days("2015-12-01", "2015-12-31")),
        ("It rained yesterday.", date(2016, 1, 1), day(12, 31)),
        ("It rained yesterday.", date(2016, 3, 1), day(2, 29, 2016)),
        ("It will rain next month.", date(2015, 12, 31), days("2016-01-01", "2016-01-31")),
        ("It rained last week.", date(2016, 1, 4), days("2015-12-28", "2016-01-03")),
        ("It rained on Thursday.", date(2016, 1, 1), day(12, 31)),
        ("It rained on 30 December.", date(2016, 1, 2), day(12, 30)),
        ("It will rain on 2 January.", date(2015, 12, 30), day(1, 2, 2016)),
        ("It rained on 29 February.", date(2016, 3, 1), day(2, 29, 2016)),
        ("It rained in late February.", date(2016, 3, 1), days("2016-02-21", "2016-02-29")),
        ("It rained this winter.", date(2016, 1, 9), days("2015-12-01", "2016-02-29")),
        ("It rained over the weekend.", date(2015, 11, 21), days("2015-11-21", "2015-11-22")),
        ("It rained last weekend.", date(2015, 11, 21), None),
        ("It rained last Friday.", date(2015, 11, 21), None),
        ("This winter it rained.", date(2015, 11, 19), None),
        ("It rained 12 months ago.", date(2016, 2, 29), days("2015-02-01", "2015-02-28")),
    ],
)
def test_ends_of_years_leap_years_and_weekends(
    text: str, published: date, expected: tuple[date, date] | None
) -> None:
    assert [span[1:] for span in mentions(text, published)] == ([expected] if expected else [])


def test_several_in_one_text_each_by_its_own_verb() -> None:
    text = "He said on Monday that it closed last week. On Saturday, he said, they will sail."
    assert [words for words, _, _ in mentions(text)] == ["on Monday", "last week", "On Saturday"]
    text = "The two will meet on Tuesday, the mayor said on Wednesday."
    assert mentions(text) == [
        ("on Tuesday", *day(11, 24)),
        ("on Wednesday", *day(11, 18)),
    ]


def test_an_undated_article_has_none() -> None:
    assert mentions("It rained yesterday.", None) == []


@pytest.mark.parametrize(("language", "found"), [("", 1), ("en", 1), ("fr", 0)])
def test_only_english_is_read(language: str, found: int) -> None:
    article = Article(text="It rained yesterday.", published=THURSDAY, language=language)
    assert len(time_mentions(article)) == found


def test_the_title_is_not_read() -> None:
    text = "Rain yesterday\n\nIt rained yesterday."
    article = Article(text=text, body_start=len("Rain yesterday\n\n"), published=THURSDAY)
    assert [mention.start for mention in time_mentions(article)] == [text.rindex("yesterday")]


def test_the_day_is_that_of_the_publication_s_own_zone(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\npublished: 2015-11-20T00:30:00+03:00\n---\nIt rained yesterday.\n")
    article = read_article(path)
    assert [mention.first for mention in time_mentions(article)] == [date(2015, 11, 19)]


WORDS = st.sampled_from(
    """on On in last next this the of Tuesday Friday’s Sunday yesterday tomorrow week weekend month
    year spring winter March May Nov. 13 29 February 31 two 4 weeks ago days earlier later will met
    said would over , . \n\n “ ” - 2014 September early today a an and to for""".split(" ")
)


@given(st.lists(WORDS, max_size=40), st.dates(date(1600, 1, 1), date(2100, 1, 1)))
def test_spans_are_exact_and_in_order(parts: list[str], published: date) -> None:
    text = " ".join(parts)
    found = time_mentions(Article(text=text, published=published))
    end = 0
    for mention in found:
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= end
        assert mention.first <= mention.last
        assert abs(mention.first - published) < timedelta(days=366 * 21)
        end = mention.end


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    time_mentions(Article(text=text, published=THURSDAY))


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 6))
def test_a_past_weekday_is_within_the_week_before(published: date, number: int) -> None:
    name = (date(2024, 1, 1) + timedelta(number)).strftime("%A")  # a Monday
    ((_, first, last),) = mentions(f"It rained on {name}.", published)
    assert first == last
    assert first.weekday() == number
    assert timedelta(0) <= published - first < timedelta(7)
    ((_, first, _),) = mentions(f"It will rain on {name}.", published)
    assert timedelta(0) <= first - published < timedelta(7)


def test_a_text_of_nothing_else_is_read_in_part() -> None:
    found = time_mentions(Article(text="It rained yesterday. " * 5000, published=THURSDAY))
    assert len(found) == 2000
    assert found[0].start == len("It rained ")


def test_an_article_takes_little_time(sample: Path) -> None:
    articles = [read_article(path) for path in sorted(sample.iterdir())]
    for article in articles:
        time_mentions(article)
    begin = time.process_time()
    for article in articles:
        time_mentions(article)
    words = sum(len(article.text.split()) for article in articles)
    # Ten times what it takes: the test is for a rule that runs away, not for a slow machine.
    assert (time.process_time() - begin) / words * 800 < 0.02
