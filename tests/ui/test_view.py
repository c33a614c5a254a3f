"""The texts that the pages show."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as strings
from ui.hostile import ATTACKS

from app_pages import _text as pieces
from app_pages import _view as view
from app_pages._view import Quote
from rag import (
    Answer,
    Article,
    Citation,
    Coverage,
    Disagreement,
    Hit,
    Sentence,
    Value,
    load_settings,
)

TEXT = "Head\n\nFirst paragraph. It has two sentences.\n\nSecond paragraph, with a quote in it."


def plain(markdown: str) -> str:
    """What a reader sees of escaped text: no backslashes, no joiners."""
    return re.sub(r"\\(.)", r"\1", markdown.replace("\u2060", ""))


def citation(number: int = 1, quote: str = "a quote", **changes: object) -> Citation:
    start = TEXT.find(quote)
    given = {
        "number": number, "article_id": "a", "title": "Title", "source": "Outlet",
        "published": date(2015, 11, 17), "url": "", "path": "", "quote": quote,
        "start": start, "end": start + len(quote), "passage": f"Around {quote} here.",
    }  # fmt: skip
    return Citation(**(given | changes))


def hit(**changes: object) -> Hit:
    given = {
        "rank": 1, "passage_id": "a-0-9", "article_id": "a", "title": "Title", "source": "Outlet",
        "published": None, "url": "", "path": "", "text": "One.\n\nTwo.", "start": 0, "end": 10,
        "score": 0.5,
    }  # fmt: skip
    return Hit(**(given | changes))


def answer(**changes: object) -> Answer:
    return Answer(
        **(
            {"question": "Q?", "standalone_question": "Q?", "text": "", "status": "answered"}
            | changes
        )
    )


# Escaping (that nothing renders is shown in a real browser by test_chat_browser)


@given(strings.text())
def test_escaping_keeps_every_visible_character(text: str) -> None:
    shown = "".join(c for c in re.sub(r"[^\S\u00a0\u202f]+", " ", text) if not pieces._hidden(c))
    assert plain(pieces.escape(text)).replace("\u2060", "") == shown.strip().replace("\u2060", "")


@given(strings.text(alphabet="\\`*_{}[]<>#+-!|~$&=:@./ w1(a"))
def test_what_can_mean_something_is_always_escaped(text: str) -> None:
    bare = re.sub(r"\\.", "", pieces.escape(text))
    assert not set(bare) & set("\\`*_{}[]<>#+-!|~$&=:^")
    assert not re.search(r"\d[.)]", pieces.escape(text))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_keep_no_bare_address(attack: str) -> None:
    unescaped = re.sub(r"\\(.)", r"\1", pieces.escape(attack))
    assert not re.search(
        r"https?://|www\.|[\w.]@\w|:[\w+-]+:|(?<!\S)(--|->|<-|>=|<=)(?!\S)", unescaped
    )


def test_line_breaks_and_direction_marks_do_not_get_through() -> None:
    assert pieces.escape("  one\n# two\r\n\tthree\u202eeerht\x00 ") == "one \\# two threeeerht"


# Dates, links, labels


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2015, 11, 1), date(2015, 11, 22), "1 to 22 November 2015"),
        (date(2015, 10, 31), date(2015, 11, 2), "31 October to 2 November 2015"),
        (date(2014, 12, 31), date(2015, 1, 1), "31 December 2014 to 1 January 2015"),
        (date(2015, 11, 1), datetime(2015, 11, 1, 9, tzinfo=UTC), "1 November 2015"),
        (None, None, ""),
    ],
)
def test_span_of_days(first: date | None, last: date | None, shown: str) -> None:
    assert pieces.span_line(first, last) == shown


def test_coverage_counts_articles_and_those_without_date() -> None:
    coverage = Coverage(first=None, last=None, articles=1200, undated=1200)
    assert pieces.coverage_line(coverage) == "1,200 articles, 1,200 undated"
    assert (
        pieces.coverage_line(Coverage(first=None, last=None, articles=1, undated=0)) == "1 article"
    )


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.org/a?b=c", "example.org"),
        ("HTTP://Example.org", "example.org"),
        ("https://good.example@evil.example/", "evil.example"),
    ],
)
def test_a_link_says_where_it_leads(url: str, host: str) -> None:
    assert pieces.safe_link(url) == (url, host)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org",
     "https://", "https://exa mple.org", "https://example.org/\n", "https://[bad", "notes.txt"],
)  # fmt: skip
def test_other_links_are_not_offered(url: str) -> None:
    assert pieces.safe_link(url) is None


def test_who_answers() -> None:
    quoting = load_settings(_env_file=None, llm="off")
    writing = load_settings(
        _env_file=None, openai_base_url="http://127.0.0.1:1", openai_model="m-1"
    )
    assert view.how_answers_are_made(quoting) == "Quotes the articles"
    assert view.how_answers_are_made(writing) == "m-1"
    cited = (citation(1), citation(2), citation(3, article_id="b"))
    assert view.how_made(answer(citations=cited)) == "Quoted word for word from 2 articles."
    assert (
        view.how_made(answer(citations=cited[:1], model="m-1"))
        == "Written by m\\-1 from 1 article."
    )


# Answers


def test_markers_become_badges_and_other_brackets_stay_text() -> None:
    shown = view.answer_markdown("One. [1][2] Two [3] [x]. [1]\n\nThree", {1, 2})
    one, two = view.badge(1), view.badge(2)
    assert shown == f"One.\u00a0{one}\u00a0{two} Two \\[3\\] \\[x\\].\u00a0{one}\n\nThree"


def test_while_streaming_every_number_is_a_marker() -> None:
    assert view.answer_markdown("One. [7]") == f"One.\u00a0{view.badge(7)}"


def test_quotes_stand_apart_and_prose_does_not() -> None:
    assert view.joined(["One. [1]", " Two. [2]"], quoting=True) == "One. [1]\n\nTwo. [2]"
    assert view.joined(["One. [1]", " Two. [2]"], quoting=False) == "One. [1] Two. [2]"
    figures = ["They differ: 129, [1]", " over 100, [2] [3]", "130. [4]", "It stands here. [4]"]
    assert view.joined(figures, quoting=True) == (
        "They differ: 129, [1] over 100, [2] [3] 130. [4]\n\nIt stands here. [4]"
    )


def test_short_answers_in_one_line() -> None:
    assert view.short_line(answer()) == ""
    sure = Value(value="*129*", citations=(1, 3), probability=0.972)
    line = view.short_line(answer(short=(sure, Value(value="130", citations=(2,)))))
    assert line == (
        f"In short: **\\*129\\*** {view.badge(1)}\u00a0{view.badge(3)} :gray[97% sure]"
        f" · **130** {view.badge(2)}"
    )


def test_a_value_that_the_text_opens_with_is_not_said_twice() -> None:
    first = Value(value="129", citations=(1,), probability=0.97)
    led = answer(
        sentences=(Sentence(text="129.", citations=(1,)), Sentence(text="So it is.")),
        short=(first, Value(value="130", citations=(2,))),
    )
    assert view.short_line(led) == f":gray[97% sure]; else **130** {view.badge(2)}"
    alone = answer(sentences=(Sentence(text="129.", citations=(1,)),), short=(first,))
    assert view.short_line(alone) == ":gray[97% sure]"
    differing = Disagreement(subject="Paris", relation="bounds", values=led.short)
    assert view.short_line(answer(short=(first,), disagreements=(differing,))) == ""


def test_disagreements_list_each_value_with_its_article() -> None:
    values = (Value(value="129", citations=(1,)), Value(value="*130*", citations=(2, 9)))
    both = Disagreement(subject="Paris", relation="dead", values=values)
    given = answer(citations=(citation(1), citation(2, title="Later")), disagreements=(both,))
    [(heading, rows)] = view.disagreement_rows(given)
    assert plain(heading) == "Paris: dead"
    assert [(row["Value"], row["Date"]) for row in rows] == [
        ("129", "17 November 2015"),
        ("\\*130\\*", "17 November 2015"),
    ]
    assert rows[1]["Article"].startswith("Later\u00a0")


# Sources and articles


def test_citations_are_grouped_by_article_in_the_order_of_their_numbers() -> None:
    article = Article(text=TEXT)
    cited = [citation(1), citation(2, article_id="b"), citation(3, "two sentences")]
    first, second = view.cited_sources(cited, {"a": article}.get)
    assert (first.article_id, first.numbers, second.numbers) == ("a", [1, 3], [2])
    assert view.button_label(first) == "1 · 3"
    assert "carried by" not in view.source_line(first)
    shown = view.excerpt_markdown(first.excerpt)
    assert ":yellow-background[a quote]" in shown
    assert ":yellow-background[two sentences]" in shown
    # The article of the second is gone: what the citation carries stands in for it.
    assert "Around :yellow-background[a quote]" in view.excerpt_markdown(second.excerpt)


def test_an_article_that_changed_is_not_shown_as_the_source() -> None:
    [source] = view.cited_sources([citation()], lambda _: Article(text=f"New. {TEXT}"))
    assert view.excerpt_markdown(source.excerpt).startswith("Around ")


def test_a_quote_that_its_passage_does_not_hold_stands_alone() -> None:
    [source] = view.cited_sources([citation(passage="Something else.")], lambda _: None)
    assert (
        view.excerpt_markdown(source.excerpt) == f":yellow-background[a quote]\u00a0{view.badge(1)}"
    )


def test_a_source_names_who_else_carries_it() -> None:
    [source] = view.cited_sources(
        [replace(citation(), also=("The Quay", "*Wire*"))], lambda _: None
    )
    assert "also carried by The Quay, \\*Wire\\*" in view.source_line(source)


def test_nearest_passages_are_shown_without_highlight() -> None:
    [source] = view.nearest_sources([hit()])
    assert view.excerpt_markdown(source.excerpt) == "One.\n\nTwo."
    assert view.button_label(source) == "Read"
    assert "undated" in view.source_line(source)


def test_quotes_that_overlap_or_cross_paragraphs() -> None:
    text = "One two three\nFour five six."
    quotes = [Quote(4, 18, 1), Quote(8, 11, 2)]
    one, two = view.badge(1), view.badge(2)
    assert view.excerpt_markdown(view.excerpt(text, quotes)) == (
        f"One :yellow-background[two] :yellow-background[thr]\u00a0{two}:yellow-background[ee]\n\n"
        f":yellow-background[Four]\u00a0{one} five six."
    )


@given(strings.text(alphabet="ab .\n[]:", max_size=80), strings.data())
def test_an_excerpt_holds_the_text_of_its_paragraphs(text: str, data: strings.DataObject) -> None:
    start = data.draw(strings.integers(0, len(text)))
    end = data.draw(strings.integers(start, len(text)))
    paragraphs = view.excerpt(text, [Quote(start, end, 1)])
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    shown = ["".join(segment.text for segment in segments) for segments in paragraphs]
    assert all(line in lines for line in shown)
    marked = "".join(s.text for segments in paragraphs for s in segments if s.marked)
    assert "".join(marked.split()) == "".join(text[start:end].split())


def test_a_long_paragraph_is_cut_to_what_is_around_the_quote() -> None:
    text = f"{'before ' * 400}the quote {'after ' * 400}"
    start = text.index("the quote")
    [segments] = view.excerpt(text, [Quote(start, start + 9, 1)])
    shown = "".join(segment.text for segment in segments)
    assert shown.startswith("… before ")
    assert shown.endswith(" after …")
    assert len(shown) < 1000


def test_a_whole_article() -> None:
    text = "Title\n\nBy A. Writer\n\nThe story.\n\nA subheading\n\nThe end."
    article = Article(text=text, body_start=text.index("The story"), title="Title")
    shown = "The story.\n\n**A subheading**\n\nThe end."
    assert view.article_markdown(article) == shown
    # A byline that is quoted is not left out.
    at = text.index("By A.")
    cited = view.article_markdown(article, [Quote(at, at + 12, 1)])
    assert cited == f":yellow-background[By A. Writer]\u00a0{view.badge(1)}\n\n{shown}"


# Suggestions


def test_suggestions_differ_in_time_subject_and_outlet() -> None:
    titles = [
        ("Paris counts its dead after the attacks", "A"),
        ("Short", "B"),
        ("Paris counts its dead after a week", "A"),
        ("Border controls spread across Europe", "A"),
        ("Border controls return to Germany now", "B"),
        ("A title much too long to be put on a button " * 3, "B"),
    ]
    articles = [Article(text="Text.", title=title, source=source) for title, source in titles]
    assert (
        view.suggested_titles(articles)
        == [
            "Paris counts its dead after the attacks",
            "Border controls return to Germany now",
        ]
        or len(view.suggested_titles(articles)) == 3
    )
    assert view.suggested_titles([]) == []
    assert view.suggestion("X") == "What is reported about “X”?"
