"""Exports: whole, and harmless whatever the articles, questions and models say."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from asking import a_hit, an_answer
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag import (
    Answer,
    Conversation,
    Disagreement,
    Exchange,
    Filters,
    Unverified,
    Value,
    Verification,
)
from rag.escaping import html, link_target, markdown, one_line, safe_link
from rag.export import FORMATS, as_html, as_json, as_markdown, as_text, export
from rag.recheck import CHANGED

NOON = datetime(2020, 3, 2, 12, tzinfo=UTC)
ANSWER = an_answer(
    "At least 3 died on Monday.",
    "Some 4 died.",
    question="How many died?",
    standalone_question="How many died? (ferry)",
    short=(Value(value="At least 3", citations=(1,), probability=0.9),),
    disagreements=(
        Disagreement(
            subject="the dead",
            relation="updated over time",
            values=(
                Value(value="at least 3", citations=(1,)),
                Value(value="some 4", citations=(2, 9)),
            ),
        ),
    ),
    unverified=(Unverified(sentence="All 5 died.", failed="5 is nowhere", done="removed"),),
    filters=Filters(published_from=date(2020, 3, 1)),
    status="partial",
    reason="the server was down",
)
NOT_FOUND = an_answer(
    question="Who sang?",
    standalone_question="Who sang?",
    text="The archive holds nothing on this.",
    status="not_found",
    reason="The archive holds nothing on this.",
    nearest=(a_hit("A choir was near."),),
)


def exchange(answer: Answer | None, **changed: Any) -> Exchange:
    given: dict[str, Any] = {
        "id": "e1",
        "question": answer.question if answer else "Why?",
        "state": "done",
        "text": "",
        "answer": answer,
        "error": "",
        "scope": "",
        "filters": None,
        "by_days": True,
        "began": NOON,
        "changed": NOON,
        "rating": None,
    }
    return Exchange(**given | changed)


TALK = Conversation(
    id="c1",
    title="The ferry",
    created=NOON,
    changed=NOON,
    exchanges=(
        exchange(ANSWER, scope="The Quay"),
        exchange(NOT_FOUND, id="e2"),
        exchange(None, id="e3", state="stopped", text="It had be [1]"),
        exchange(None, id="e4", state="failed", error="The disk is full."),
    ),
)
FAILED = {"e1": [Verification(number=2, passed=False, detail=f"{CHANGED}; so it goes")]}


def test_everything_is_said() -> None:
    for form in ("markdown", "html", "text"):
        text = export(TALK, form=form, failed=FAILED)  # type: ignore[arg-type]
        for said in (
            "The ferry",
            "4 questions, begun on 2 March 2020",
            "How many died?",
            "Asked of: The Quay.",
            "Articles published from 1 March 2020 or undated.",
            "Only a part of the question is answered.",
            "Note: the server was down",
            "The articles differ on the dead",
            "some 4",
            "The Quay, 1 March 2020",
            "Harbour closes, The Quay, 1 March 2020",
            "At least 3 died on Monday.",
            f"{CHANGED}; so it goes",
            "All 5 died.",
            "5 is nowhere; removed",
            "The archive holds nothing on this.",
            "A choir was near.",
            "7 articles, published from 1 March 2020 to 9 March 2020, 1 of them undated.",
            "This answer was stopped before it was complete.",
            "It had be",
            "This question could not be answered. The disk is full.",
            "Quoted word for word from 1 article.",
            "https://quay.example/harbour",
        ):
            assert said in text, (form, said)
        assert text.count(CHANGED) == 1
        assert "In short" not in text  # the figures that differ are the answer


def test_likely_values_are_said_where_nothing_differs() -> None:
    told = next(one for one in TALK.exchanges if one.answer and one.answer.short)
    assert told.answer
    alone = replace(told, answer=replace(told.answer, disagreements=()))
    text = export(replace(TALK, exchanges=(alone,)), form="markdown")
    assert "In short" in text
    assert "90% sure" in text


def test_text_to_copy() -> None:
    answer = an_answer("It sank.", "Nobody died.", question="And?", standalone_question="And?")
    assert as_text(answer) == (
        "And?\n\nIt sank. [1] Nobody died. [2]\n\n"
        "[1] “It sank.”\nHarbour closes, The Quay, 1 March 2020\nhttps://quay.example/harbour\n\n"
        "[2] “Nobody died.”\nHarbour closes, The Quay, 1 March 2020\nhttps://quay.example/harbour\n"
        "\nQuoted word for word from 1 article.\n"
    )
    together = replace(answer, text="It sank [1][2]. Row [7] stays.", model="gpt")
    assert "It sank [1][2]. Row [7] stays." in as_text(together)
    assert "Written by gpt from 1 article." in as_text(exchange(together))
    copied = replace(answer, citations=(replace(answer.citations[0], also=("The Wire", "Post")),))
    assert "1 March 2020; also carried by The Wire, Post\n" in as_text(copied)


def test_markdown_of_an_answer() -> None:
    text = as_markdown(an_answer("It sank."))
    assert text == (
        "# What happened?\n\nIt sank. \\[1\\]\n\n**Sources:**\n\n"
        "\\[1\\] Harbour closes, The Quay, 1 March 2020 <https://quay.example/harbour>\n\n"
        "> It sank.\n\n*Quoted word for word from 1 article.*\n"
    )


def test_json_is_the_record() -> None:
    for subject in (TALK, TALK.exchanges[0], ANSWER):
        plain = json.loads(as_json(subject))
        assert plain == subject.to_dict()
        assert type(subject).from_dict(plain) == subject


def test_an_answer_alone_carries_its_warnings() -> None:
    failed = {"": [Verification(number=1, passed=False, detail="x-y-z")]}
    for form in FORMATS:
        assert ("x-y-z" in export(ANSWER, form=form, failed=failed)) == (form != "json")
    with pytest.raises(ValueError, match="docx"):
        export(ANSWER, form="docx")  # type: ignore[arg-type]


def test_an_empty_conversation() -> None:
    empty = replace(TALK, exchanges=(), title="")
    for form in FORMATS:
        assert export(empty, form=form)


HOSTILE = [
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "<!-- --><svg onload=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1)) [b](https://evil.example)",
    "![p](https://evil.example/p.png) ![a][b]",
    "[b]: https://evil.example 'x'",
    "<https://evil.example> <mailto:a@evil.example>",
    "https://evil.example www.evil.example a@evil.example mailto:a@evil.example :smile:",
    "```\ncode\n```",
    "~~~ html",
    "    indented",
    "# heading #",
    "Heading\n===\n---",
    "- item",
    "+ item",
    "1. item",
    "23) item",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "***bold*** __bold__ _i_ ~~gone~~ ==mark== `code` $x$ H~2~ ^x^",
    "* * *",
    "---",
    "a\\",
    "\\[a\\](b) \\`x\\`",
    "&lt;b&gt; &#60;i&#62; &copy;",
    "[^1] [^1]: note",
    "line\u2028break\x85and\rmore\x0b\x00\x1b[31mred\x1b[0m",
    "turned \u202egnp.exe\u2066 half \ud800",
    "::: note {#id .class onclick=x}",
    "[1] [1](https://evil.example)",
    "",
]


def hostile(words: str) -> Conversation:
    """A conversation in which all that others say is this."""
    made = an_answer(words, "second")
    [one, two] = made.citations
    citation = replace(
        one, title=words, source=words, url=words, passage=words, path=words, also=(words,)
    )
    answer = replace(
        made,
        question=words,
        standalone_question=words + "?",
        text=f"{words} [1] {words}\n{words}",
        reason=words,
        citations=(citation, two),
        model=words,
        short=(Value(value=words, citations=(1,), probability=0.5),),
        disagreements=(
            Disagreement(
                subject=words, relation=words, values=(Value(value=words, citations=(1, 2)),)
            ),
        ),
        unverified=(Unverified(sentence=words, failed=words, done="marked"),),
        nearest=(a_hit(words or "x", title=words, source=words, url=words),),
    )
    asked = exchange(answer, question=words, scope=words, error=words, state="stopped")
    return replace(TALK, title=words, exchanges=(asked,))


def flat(tokens: list[Token]) -> list[Token]:
    return [t for token in tokens for t in (token, *flat(token.children or []))]


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_gets_through_markdown(words: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    warned = {"e1": [Verification(number=1, passed=False, detail=words)]}
    text = as_markdown(hostile(words), failed=warned)
    tokens = flat(parser.parse(text))
    assert {token.type for token in tokens} <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text",
        "text_special", "em_open", "em_close", "strong_open", "strong_close", "softbreak",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close",
        "blockquote_open", "blockquote_close", "link_open", "link_close",
    }  # fmt: skip
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    assert links == ["https://quay.example/harbour"]
    headings = [token for token in tokens if token.type == "heading_open"]
    assert [token.tag for token in headings] == ["h1", "h2"]
    assert text.isprintable() or set(re.findall(r"[^\w\W]|[\x00-\x1f\x7f-\x9f]", text)) == {"\n"}
    # Readers that link bare addresses find none, and what is read is what was said.
    shown = "\n".join(token.content for token in tokens if token.type.startswith("text"))
    bare = re.sub(r"https://quay\.example/harbour", "", shown)
    assert not re.search(r"https?://|www\.|\w@\w|:[a-z]+:", bare)
    assert one_line(words) in shown.replace("\u2060", "")


class Seen(HTMLParser):
    """Elements and attributes as a browser reads them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def read_html(page: str) -> Seen:
    seen = Seen()
    seen.feed(page)
    seen.close()
    return seen


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_gets_through_html(words: str) -> None:
    warned = {"e1": [Verification(number=1, passed=False, detail=words)]}
    seen = read_html(as_html(hostile(words), failed=warned))
    assert {tag for tag, _ in seen.elements} <= {
        "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "p", "div",
        "section", "table", "tr", "td", "a", "ol", "ul", "li", "strong", "blockquote",
    }  # fmt: skip
    tags = [tag for tag, _ in seen.elements]
    assert [tags.count(tag) for tag in ("title", "h1", "h2", "blockquote")] == [1, 1, 1, 3]
    for tag, attributes in seen.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "src" not in attributes
        assert tag not in {"script", "img", "iframe", "link", "base", "object", "form"}
        if (href := attributes.get("href")) is not None:
            assert re.fullmatch(r"#answer-1-[12]|https://quay\.example/harbour", href)
    assert one_line(words) in seen.text


def test_the_page_stands_alone() -> None:
    page = as_html(TALK, failed=FAILED)
    assert page.startswith("<!DOCTYPE html>")
    seen = read_html(page)
    assert {tag for tag, _ in seen.elements}.isdisjoint({"script", "link", "img", "iframe"})
    assert "@page" in page
    assert "url(" not in page
    assert "@import" not in page
    policy = next(a["content"] for t, a in seen.elements if "http-equiv" in a)
    assert "default-src 'none'" in str(policy)
    anchors = {a["id"] for _, a in seen.elements if "id" in a}
    for tag, attributes in seen.elements:
        if tag != "a":
            continue
        href = str(attributes["href"])
        if href.startswith("#"):
            assert href[1:] in anchors
        else:
            assert attributes["rel"] == "noopener noreferrer"
    leading = [str(a["href"]) for t, a in seen.elements if t == "a" and a.get("class") == "marker"]
    assert leading[:2] == ["#answer-1-1", "#answer-1-2"]
    assert "[9]" in seen.text  # a number without a quote leads nowhere


def test_addresses() -> None:
    assert link_target("https://a.example/x?y=1&z=(2)#q") == "https://a.example/x?y=1&z=(2)#q"
    assert link_target('https://a.example/"<b>`|\\é%20') == (
        "https://a.example/%22%3Cb%3E%60%7C%5C%C3%A9%20"
    )
    for bad in ("javascript:alert(1)", "data:text/html,x", "//a.example", "https://", "ftp://a",
                "https://a .example", "java\nscript:x", "http://[", "mailto:a@b", ""):  # fmt: skip
        assert link_target(bad) == ""
        assert safe_link(bad) is None


def test_html_fits_a_quoted_attribute() -> None:
    assert html("a\n<b> & \"c\" 'd'") == "a &lt;b&gt; &amp; &quot;c&quot; &#x27;d&#x27;"


def test_what_needs_no_escape_has_none() -> None:
    plain = "On Monday, at 10:30, some 4.5% (of 120) well-known people said: “No!”"
    assert markdown(plain) == plain
    assert markdown("2015. A year") == "2015\\. A year"
