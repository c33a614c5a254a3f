"""What of a sentence is held against what it cites."""

from datetime import date, datetime
from typing import Any

import pytest
from asking import a_hit

from corpus import TimeMention
from rag.checks import (
    Quote,
    Source,
    check_names,
    check_quotes,
    check_values,
    find_words,
    unbounded,
)

TEXT = "The harbour closed in March. It had served 2,500 ships. Bo Lind wept."


def source(text: str, *, whole: str = "", **changed: Any) -> Source:
    """A source of this text alone: no title, outlet or day of its own."""
    given: dict[str, Any] = {"title": "", "source": "", "published": None}
    return Source.of(a_hit(text, **given | changed), whole=whole)


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("He said “The harbour closed in March”.", True),
        ('He said "the harbour closed in March."', True),
        ("He said “the harbour\n closed in March,” he said.", True),
        ("He said “the harbour closed in May”.", False),
        ("“It had served 2,500 ships”, but “the harbour reopened in June”.", False),
        ("The “so-called” harbour.", None),
        ("The “old harbour”.", False),
        ("The “2,500 ships”.", True),
        ("Er sagte: „The harbour closed“.", True),
        ("Er sagte: „The harbour opened“.", False),
        ("Il dit : « The harbour closed ».", True),
        ("Il dit : «The harbour opened».", False),
        ("Er sagte: »The harbour opened«.", False),
        ("„The harbour closed“ ist nicht „Bo Lind wept“.", True),
        ("No quotation at all.", None),
    ],
)
def test_check_quotes(sentence: str, passed: bool | None) -> None:
    check = check_quotes(sentence, [source("Other."), source(TEXT)])
    assert (check and check.passed) is passed
    if passed is False:
        assert check is not None
        assert "not verbatim" in check.detail


def test_apostrophes_and_dashes_may_differ_in_a_quotation() -> None:
    said = source("She said: ‘It’s over — we’re going home by co\u2011operation’.")
    check = check_quotes("“It's over – we're going home by co-operation”", [said])
    assert check is not None
    assert check.passed


def test_a_quotation_may_stand_elsewhere_in_the_article() -> None:
    cited = source("The harbour closed.", whole=f"The harbour closed.\n\n{TEXT}")
    check = check_quotes("She said “Bo Lind wept”.", [cited])
    assert check is not None
    assert check.passed


def test_where_a_quotation_stands() -> None:
    text = "At noon “Nobody’s to\nblame,” she said."
    span = find_words("nobody's to blame", text)
    assert span is not None
    assert text[slice(*span)] == "Nobody’s to\nblame"
    assert find_words("nobody is to blame", text) is None
    assert find_words("”", text) is None
    assert find_words("body's to blame", text) is None
    assert find_words("nobody's to bl", text) is None
    assert find_words("not able to lead", "It is notable to lead.") is None
    assert find_words("co-operation (of all)", "“Co‑operation (of all)” came.") is not None


@pytest.mark.parametrize(
    ("sentence", "passed", "detail"),
    [
        ("It served 2500 ships.", True, ""),
        ("Two thousand five hundred ships.", True, ""),
        ("It served 2,501 ships.", False, "2501"),
        ("It closed on 3 May.", True, ""),
        ("It closed on May 3, 1999.", True, ""),
        ("It closed on 3 May 1998.", False, "3.5."),
        ("It closed on 4 May.", False, "4.5."),
        ("It closed in 1999.", True, ""),
        ("It closed in 1998 after 2,500 ships.", False, "1998"),
        ("It closed.", None, ""),
        ("One of them left.", None, ""),
    ],
)
def test_check_values(sentence: str, passed: bool | None, detail: str) -> None:
    sources = [source("It had served 2,500 ships."), source("On 3 May 1999 it closed.")]
    check = check_values(sentence, sources)
    assert (check and check.passed) is passed
    assert detail in (check.detail if check else "")


@pytest.mark.parametrize(
    ("said", "written", "passed"),
    [
        ("100 people died.", "Over 100 people died.", False),
        ("At least 100 people died.", "Over 100 people died.", True),
        ("More than 100 people died.", "Over 100 people died.", True),
        ("More than 129 people died.", "At least 129 people died.", False),
        ("At least 129 people died.", "129 people died.", True),
        ("More than 129 people died.", "129 people died.", False),
        ("Some 300 were hurt.", "300 were hurt.", True),
        ("300 were hurt.", "About 300 were hurt.", False),
        ("100 people died.", "Over 100 died at first; in the end it was 100.", True),
    ],
)
def test_a_bound_is_no_figure(said: str, written: str, passed: bool) -> None:
    check = check_values(said, [source(written)])
    assert check is not None
    assert check.passed is passed
    assert passed or "the cited source has “" in check.detail


def test_a_bare_figure_is_told_with_the_bound_that_its_source_gives() -> None:
    assert unbounded("100 died and 12 fled.", [source("Over 100 died, 12 fled.")]) == [
        ("100", "Over 100")
    ]


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("It closed on 17 November 2015.", True),
        ("It closed on 17 November 2014.", False),
        ("It opened on 3 January 2016.", True),
        ("It opened on 3 January 2015.", False),
        ("It was sold on 24 November 2015.", True),
        ("It was sold on 25 November 2015.", False),
    ],
)
def test_a_day_without_a_year_is_the_articles(sentence: str, passed: bool) -> None:
    mention = TimeMention(
        start=0, end=10, text="on Tuesday", first=date(2015, 11, 24), last=date(2015, 11, 24)
    )
    cited = source(
        "It closed on Nov. 17, was sold on Tuesday and opens on Jan. 3.",
        published=datetime(2015, 11, 26, 8, 0),
        times=(mention,),
    )
    check = check_values(sentence, [cited])
    assert check is not None
    assert check.passed is passed


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("Yesterday Bo Lind wept.", True),
        ("Mr. Lind's tears fell.", True),
        ("The LIND house.", True),
        ("Yesterday Ada Lind wept.", False),
        ("The ferry sank in Malta.", False),
        ("Nobody was there.", None),
    ],
)
def test_check_names(sentence: str, passed: bool | None) -> None:
    check = check_names(sentence, [source(TEXT)])
    assert (check and check.passed) is passed
    if passed is False:
        assert check is not None
        assert check.detail.startswith("not in the cited source: ")


@pytest.mark.parametrize(
    ("sentence", "text", "passed"),
    [
        # A share is no count, and dollars are no euros.
        ("34 percent of the crew died.", "34 of the crew died.", False),
        ("34 of the crew died.", "34% of the crew died.", False),
        ("34 percent of the crew died.", "34 per cent of the crew died.", True),
        ("It rose from 3 percent to 5 percent.", "It rose from 3 to 5 percent.", True),
        ("It rose from 3 to 5 percent.", "It rose from 3 percent to 5 percent.", True),
        ("It cost $5 million.", "It cost €5 million.", False),
        ("It cost 5 million dollars.", "It cost 5 million euros.", False),
        ("It cost 5 million dollars.", "It cost $5m.", True),
        ("It cost 5 million.", "It cost $5m.", True),
        ("It cost $5 million.", "It cost €5 million ($5 million).", True),
        # One, and a dozen.
        ("One person died.", "Two people died.", False),
        ("One woman died.", "Two women died.", False),
        ("One person died.", "A person died, and two people fled.", None),
        ("One man was held, two men fled.", "Bo Lind was held, two men fled.", True),
        ("One person died.", "One of the two people died.", None),
        ("One day it will open.", "It was shut for three days.", None),
        ("Two people died.", "One person died.", False),
        ("Twelve people died.", "A dozen people died.", True),
        ("A dozen people died.", "Thirteen people died.", False),
        # Months and days of the week.
        ("It closed in May.", "It closed in March.", False),
        ("It closed in March.", "It closed on 3 March.", True),
        ("It closed in March 2015.", "It closed in May 2015.", False),
        ("It closed in early March.", "In March it closed.", True),
        ("It closed in May.", "It closed.", False),
        ("It may close.", "It will close in March.", None),
        ("They march in line.", "They came in May.", None),
        ("It closed on Friday.", "It closed on Monday.", False),
        ("It closed on Monday.", "It closed on Monday.", True),
        ("It closed on Tuesday.", "It closed on 17 November 2015.", True),
        ("It closed on Friday.", "It closed on 17 November 2015.", False),
        ("It closed on Friday.", "It closed on 17 November.", True),
    ],
)
def test_units_ones_months_and_days(sentence: str, text: str, passed: bool | None) -> None:
    check = check_values(sentence, [source(text)])
    assert (check and check.passed) is passed


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("It was sold in October.", True),
        ("It was sold in November.", False),
        ("It closed on Tuesday.", True),
        ("It closed on Thursday.", False),
    ],
)
def test_times_that_the_article_names_hold_by_what_they_mean(
    sentence: str, passed: bool | None
) -> None:
    text = "It was sold last month. It closed yesterday."
    month = TimeMention(
        start=text.index("last"), end=22, text="last month",
        first=date(2015, 10, 1), last=date(2015, 10, 31),
    )  # fmt: skip
    day = TimeMention(
        start=text.index("yesterday"), end=len(text) - 1, text="yesterday",
        first=date(2015, 10, 27), last=date(2015, 10, 27),
    )  # fmt: skip
    cited = source(text, published=datetime(2015, 11, 26, 8, 0), times=(month, day))
    # The whole month has every day of the week: only the sentence that is cited counts.
    hit = cited.hit
    at = 0 if "sold" in sentence else text.index("It closed")
    end = text.index(" It closed") if "sold" in sentence else len(text)
    check = check_values(sentence, [Source.of(hit, quotes=[Quote(hit, at, end)])])
    assert (check and check.passed) is passed


def test_the_day_of_publication_holds_where_no_other_is_named() -> None:
    paper = {"published": date(2015, 11, 27)}  # a Friday
    for sentence, text, passed in (
        ("It closed on Friday.", "It has closed.", True),
        ("It closed on Friday.", "It closed on Monday.", False),
        ("It closed in November.", "It has closed.", True),
        ("It closed in November.", "It closed in March.", False),
    ):
        check = check_values(sentence, [source(text, **paper)])
        assert (check and check.passed) is passed
