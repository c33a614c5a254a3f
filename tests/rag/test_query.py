"""What a question asks beside its words: phrases, days of publication, voices."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Filters
from rag.query import parse, with_days

TODAY = date(2015, 11, 25)  # a Wednesday


def days(question: str) -> tuple[str, str]:
    query = parse(question, today=TODAY)
    return str(query.since or ""), str(query.until or "")


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("What did last week's articles say about Norrvik?", "2015-11-16", "2015-11-22"),
        ("In this month's news, what is said of the ferry?", "2015-11-01", "2015-11-30"),
        ("What is in yesterday’s papers about Norrvik?", "2015-11-24", "2015-11-24"),
        ("According to today's headlines, who won?", "2015-11-25", "2015-11-25"),
        ("What do articles since 14 November 2015 say of ice?", "2015-11-14", ""),
        ("What do articles after November 14, 2015 say of ice?", "2015-11-15", ""),
        ("What do the Moscow Times articles since 14 November say?", "2015-11-14", ""),
        ("What do papers in May 2015 say of ice?", "2015-05-01", "2015-05-31"),
        ("What was reported May 3, 2015 of ice?", "2015-05-03", "2015-05-03"),
        ("News since 14 November of ice?", "2015-11-14", ""),
        ("What do articles before 2015-11-14 say of ice?", "", "2015-11-13"),
        ("What do articles up to 3 May say of ice?", "", "2015-05-03"),
        ("What did the news say until 30 Nov. about ice?", "", ""),
        ("What do reports from November 2014 say of ice?", "2014-11-01", "2014-11-30"),
        ("What do reports from December say of ice?", "2014-12-01", "2014-12-31"),
        ("What do stories published on 30 November say of ice?", "2014-11-30", "2014-11-30"),
        ("What was published in 2014 about ice?", "2014-01-01", "2014-12-31"),
        ("What was reported on 20 Nov about ice?", "2015-11-20", "2015-11-20"),
        ("coverage of the past 2 weeks about ice", "2015-11-11", "2015-11-25"),
        ("coverage of the last year about ice", "2014-11-25", "2015-11-25"),
        (
            "What do articles published between 14 November 2015 and 20 November 2015 say?",
            "2015-11-14",
            "2015-11-20",
        ),
        ("What did the papers from May 2015 to June 2015 say of ice?", "2015-05-01", "2015-06-30"),
    ],
)
def test_words_about_publication_are_a_filter(question: str, since: str, until: str) -> None:
    assert days(question) == (since, until)


@pytest.mark.parametrize(
    "question",
    [
        "Who was killed in the November 13 attacks?",
        "What happened in November 2015?",
        "Did the UN report published in 2014 mention Norrvik?",
        "Which reports on 13 November named him?",
        "What happened last week in Norrvik?",
        "When was the article about the ferry published?",
        "What do articles published on 31 February say?",
        "What do articles between 20 November 2015 and 14 November 2015 say of ice?",
        "Which stories of Norrvik in 1999 are known?",
        "Was there any news before noon?",
        "Which newspapers may close?",
        "What was reported may be wrong, says who?",
        "What did articles 2015 cost?",
        "Who led the Associated Press in 2014?",
        "What did the Panama Papers of 2016 reveal?",
        "What did the Panama papers of 2016 reveal?",
        "Who owned Fox News in 2015?",
    ],
)
def test_dates_of_events_are_no_filter(question: str) -> None:
    query = parse(question, today=TODAY)
    assert (query.text, query.since, query.until) == (question, None, None)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("In last week's articles, what is said of ice?", "what is said of ice?"),
        ("What is said of ice in last week's articles?", "What is said of ice?"),
        ("What do articles since 14 November say of ice?", "What do the articles say of ice?"),
        ("What was published in 2014 about ice?", "What was published about ice?"),
        ("What is in today's news?", "What is in today's news?"),
    ],
)
def test_what_is_left_is_still_a_question(question: str, text: str) -> None:
    assert parse(question, today=TODAY).text == text


def test_days_narrow_the_filters_given() -> None:
    asked = parse("What do articles since 14 November 2015 say of ice?", today=TODAY)
    found = with_days(Filters(published_from=date(2015, 11, 1), sources=["Quay"]), asked)
    assert found == Filters(published_from=date(2015, 11, 14), sources=["Quay"])
    early = with_days(Filters(published_to=date(2015, 11, 2)), asked)
    assert early == Filters(published_from=date(2015, 11, 14), published_to=date(2015, 11, 2))
    assert with_days(None, parse("What of ice?", today=TODAY)) is None


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ('Who said "enough is enough" in Norrvik?', ("enough is enough",)),
        ("Who said “enough” and «jamais»?", ("enough", "jamais")),
        ('"twice" or "twice"?', ("twice",)),
        ('An "unbalanced question', ()),
        ('What of "?!" and ""?', ()),
        ("It's the mayor's 'plan'", ()),
    ],
)
def test_phrases(question: str, phrases: tuple[str, ...]) -> None:
    assert parse(question, today=TODAY).phrases == phrases


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What do Obama and Lavrov each say about Assad?",
            [("Obama", "What does Obama say about Assad?"),
             ("Lavrov", "What does Lavrov say about Assad?")],
        ),
        (
            "How do Juncker and the Polish government differ over refugees?",
            [("Juncker", "What does Juncker say about refugees?"),
             ("the Polish government", "What does the Polish government say about refugees?")],
        ),
        (
            "How did Hollande and Marine Le Pen respond to it?",
            [("Hollande", "How did Hollande respond to it?"),
             ("Marine Le Pen", "How did Marine Le Pen respond to it?")],
        ),
        (
            "What do The Quay, Meridian Wire and the Post report about ice?",
            [("The Quay", "What does The Quay report about ice?"),
             ("Meridian Wire", "What does Meridian Wire report about ice?"),
             ("the Post", "What does the Post report about ice?")],
        ),
        ("How do people and animals respond to fire?", []),
        ("What did Hollande say about Obama and Lavrov?", []),
        ("How does Juncker differ?", []),
        ("What do A, B, C, D and E say about ice?", []),
    ],
)  # fmt: skip
def test_comparisons_are_split(question: str, parts: list[tuple[str, str]]) -> None:
    found = parse(question, today=TODAY).parts
    assert [(part.name, part.question) for part in found] == parts


@given(st.text(max_size=300), st.dates())
def test_any_text_can_be_read(question: str, today: date) -> None:
    query = parse(question, today=today)
    assert not (query.since and query.until and query.since > query.until)


@pytest.mark.parametrize("today", [date.min, date.max])
@pytest.mark.parametrize(
    "question",
    [
        "yesterday's news of ice",
        "last year's news of ice",
        "news of the last 999 years on ice",
        "news before 0001-01-01 on ice",
        "news after 9999-12-31 on ice",
        "last week's news of ice",
        "this week's news of ice",
    ],
)
def test_the_ends_of_the_calendar(question: str, today: date) -> None:
    query = parse(question, today=today)
    assert query.text
    assert not (query.since and query.until and query.since > query.until)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "When and where was the Albatross lost?",
            ["When was the Albatross lost?", "Where was the Albatross lost?"],
        ),
        (
            "Who leads the PCB and what did he say?",
            ["Who leads the PCB?", "What did he say? (leads PCB)"],
        ),
        (
            "Which quay was shut, and by whom?",
            ["Which quay was shut?", "By whom? (quay shut)"],
        ),
        (
            "Where did the ferry sink and how many people were aboard?",
            ["Where did the ferry sink?", "How many people were aboard? (ferry sink)"],
        ),
        ("What happened and why?", []),
        ("How many people who died and who were hurt were sailors?", []),
        ("What did Lind say about the men who planned it and who carried it out?", []),
        ("Who and what?", []),
        ("Who was hurt in Varna and Izmir?", []),
    ],
)
def test_two_questions_in_one_are_asked_apart(question: str, parts: list[str]) -> None:
    asked = parse(question, today=date(2020, 3, 1)).parts
    assert [part.question for part in asked] == parts
    assert not any(part.name for part in asked)
