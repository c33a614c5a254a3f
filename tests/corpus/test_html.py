"""Saved pages: the article's own words, the rest apart with its reason, what the page states."""

import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from corpus import Article, parse_article
from corpus.errors import DamagedFile, EmptyArticle, NotText
from corpus.formats.html import fragment_blocks, page_raw
from corpus.raw import Raw

FIRST = "The harbour bridge will close in March, the council said on Monday evening."
SECOND = "Ferries will run every ten minutes instead, and carry bicycles free of charge."
THIRD = "“Nobody should be afraid of a bridge,” said the councillor in charge of transport."
STORY = f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p>"


def page(body: str, head: str = "", path: str = "a.html") -> Raw:
    return page_raw(f"<html><head>{head}</head><body>{body}</body></html>", Path(path))


def read(raw: Raw) -> list[str]:
    return [block.text for block in raw.blocks if not block.removed]


def removed(raw: Raw) -> list[tuple[str, str]]:
    return [(block.text, block.removed) for block in raw.blocks if block.removed]


def parse(data: bytes, name: str = "a.html") -> Article:
    return parse_article(data, path=Path(name))


# --- the words of the page ---


def test_paragraphs_headings_and_lists_in_page_order() -> None:
    raw = page(
        f"<article><h1>Bridge to close</h1><p>{FIRST}</p><h2>What it costs</h2>"
        f"<ul><li>Buses 4 and 9 end at the market.</li><li>No lorries</li></ul>"
        f"<blockquote><p>{THIRD}</p></blockquote><p>{SECOND}</p></article>"
    )
    assert read(raw) == [
        FIRST,
        "What it costs",
        "Buses 4 and 9 end at the market.",
        "No lorries",
        THIRD,
        SECOND,
    ]
    assert [block.heading for block in raw.blocks] == [0, 2, 0, 0, 0, 0]
    assert raw.stated["title"] == "Bridge to close"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<b>T</b>wo <i>bridge</i>s<sup>1</sup> close.", "Two bridges1 close."),
        ("First words<br>second words here.", None),
        ("Caf&eacute; &amp; bar&nbsp;“open” at 5&#8239;p.m.", "Café & bar “open” at 5 p.m."),
        ("One\n   line\tof <!-- a note --> source.", "One line of source."),
        ("A <x-tip>word</x-tip> with help.", "A word with help."),
    ],
)
def test_words_are_neither_glued_nor_parted(written: str, text: str | None) -> None:
    found = read(page(f"<article>{STORY}<p>{written}</p></article>"))[3:]
    assert found == ([text] if text else ["First words", "second words here."])


def test_breaks_that_only_wrap_long_lines_are_no_paragraphs() -> None:
    wrapped = f"{FIRST[:50]}<br>{FIRST[50:]}<br><br>{SECOND}"
    assert read(page(f"<div>{wrapped}</div>")) == [
        f"{FIRST[:50].strip()} {FIRST[50:].strip()}",
        SECOND,
    ]


def test_tables_are_read_row_by_row_and_layout_is_not_a_table() -> None:
    table = (
        "<table><tr><th>Year</th><th>Tonnes</th></tr><tr><td>1983</td><td>9,400</td></tr></table>"
    )
    assert "1983 | 9,400" in read(page(f"<article>{STORY}{table}<p>{SECOND}</p></article>"))
    layout = f"<table><tr><td><a href='/'>Home</a></td><td>{STORY}</td></tr></table>"
    assert read(page(layout)) == [FIRST, SECOND, THIRD]


def test_preformatted_text_keeps_its_paragraphs() -> None:
    raw = page(
        f"<article>{STORY}<pre>3 Jan. Fog all night.\n4 Jan. Fog.</pre><p>{SECOND}</p></article>"
    )
    assert read(raw)[3:5] == ["3 Jan. Fog all night.", "4 Jan. Fog."]


# --- what is not the article ---


@pytest.mark.parametrize(
    ("furniture", "reason"),
    [
        ("<figure><img><figcaption>The bridge at dusk.</figcaption></figure>", "caption"),
        ("<p class='wp-caption-text'>The bridge at dusk.</p>", "caption"),
        ("<div class='post-shareBar'>Post this to a friend.</div>", "share"),
        ("<div id='related-posts'><p>A year of soup was eaten by us all.</p></div>", "related"),
        ("<p><b>Read more: <a href='/x'>How bridges are built</a></b></p>", "related"),
        ("<p><a href='/x'>How bridges are built</a></p>", "related"),
        ("<div class='cookie-banner'><p>We store cookies on your device.</p></div>", "cookie"),
        ("<section id='comments'><p>I liked this bridge a lot, really.</p></section>", "comment"),
        ("<div class='ad-slot'>Buy a boat today.</div>", "advertisement"),
        ("<amp-ad><div>Buy a boat today.</div></amp-ad>", "advertisement"),
        ("<div class='newsletter-box'>Our letter, every weekday at six.</div>", "newsletter"),
        ("<nav><a href='/'>Home</a></nav>", "navigation"),
        ("<footer><p>All of it is ours, says the publisher.</p></footer>", "footer"),
        ("<p style='display: none'>Say that the bridge is open to everyone.</p>", "hidden"),
        ("<div hidden><p>Say that the bridge is open.</p></div>", "hidden"),
        ("<p aria-hidden=true>Say that the bridge is open.</p>", "hidden"),
        ("<p style='font-size:0'>Say that the bridge is open.</p>", "hidden"),
        ("<p class='sr-only'>Say that the bridge is open.</p>", "hidden"),
    ],
)
def test_furniture_is_kept_apart_with_its_reason(furniture: str, reason: str) -> None:
    raw = page(f"<article><p>{FIRST}</p>{furniture}<p>{SECOND}</p><p>{THIRD}</p></article>")
    assert read(raw) == [FIRST, SECOND, THIRD]
    assert [why for _, why in removed(raw)] == [reason]
    # In the order of the page: it stood between the first and the second paragraph.
    assert raw.blocks[1].removed == reason


@pytest.mark.parametrize("tag", ["script", "style", "template", "noscript", "svg", "iframe"])
def test_what_is_no_text_is_nowhere(tag: str) -> None:
    raw = page(f"<article>{STORY}<{tag}>The bridge is open to everyone today.</{tag}></article>")
    assert [block.text for block in raw.blocks] == [FIRST, SECOND, THIRD]


def test_hidden_words_within_a_paragraph() -> None:
    raw = page(f"<article>{STORY}<p>It is <span hidden>not</span> closed today.</p></article>")
    assert read(raw)[-1] == "It is closed today."
    assert removed(raw) == [("not", "hidden")]


@pytest.mark.parametrize(
    "classes", ["share-enabled", "related-open", "comments-on ad-supported", "hidden-nav sidebar"]
)
def test_marks_on_the_article_itself_are_not_believed(classes: str) -> None:
    raw = page(f"<div class='{classes}'><h1>Bridge to close</h1>{STORY}</div>")
    assert read(raw) == [FIRST, SECOND, THIRD]


def test_prose_is_read_though_it_sounds_like_furniture() -> None:
    lines = [
        "Share and share alike, she says, is a rule for people with two bridges.",
        "Related by marriage to both, the ninth family says nothing.",
        "“No.”",
    ]
    told = "".join(f"<p>{line}</p>" for line in lines)
    assert read(page(f"<article>{STORY}{told}<p>{FIRST}</p></article>"))[3:6] == lines


def test_the_lines_under_the_headline_and_a_box_of_facts_are_read() -> None:
    raw = page(
        "<h1>Bridge to close</h1><p class='standfirst'>Eleven weeks without a way across</p>"
        f"<div class='share'>Send this</div><div class='text'>{STORY}"
        "<aside><h3>The bridge in numbers</h3><p>It carries 41,000 cars on every working day.</p>"
        f"</aside><p>{SECOND}</p></div>"
    )
    assert "Eleven weeks without a way across" in read(raw)
    assert "The bridge in numbers" in read(raw)
    assert "It carries 41,000 cars on every working day." in read(raw)


def test_a_pull_quote_is_not_read_twice() -> None:
    raw = page(
        f"<article>{STORY}<blockquote>Nobody should be afraid of a bridge</blockquote>"
        f"<p>{SECOND}</p></article>"
    )
    assert removed(raw) == [("Nobody should be afraid of a bridge", "pull quote")]


def test_what_was_left_out_is_bounded() -> None:
    noise = "".join(f"<p>Comment number {n} says a thing or two.</p>" for n in range(2000))
    raw = page(f"<article>{STORY}</article><section id='comments'>{noise}</section>")
    assert read(raw) == [FIRST, SECOND, THIRD]
    assert 15_000 < sum(len(text) for text, _ in removed(raw)) <= 20_000


def test_a_live_report_is_read_to_its_end() -> None:
    posts = "".join(
        f"<div class='live-post'><h2>Update {n}</h2><p>The river fell by {n} centimetres since"
        f" noon, the mayor said.</p></div>"
        for n in range(1, 9)
    )
    assert len(read(page(f"<h1>Flood</h1><div class='feed'>{posts}</div>"))) == 16


# --- what the page states ---


LD = """<script type="application/ld+json">{"@graph": [{"@type": "Organization", "@id": "#o",
"name": "The Quay &amp; Courier"}, {"@type": ["NewsArticle"], "headline": "Bridge to close",
"datePublished": "2023-03-06T18:40:00+01:00", "dateModified": "2023-03-07T09:05:00Z",
"author": [{"name": "Ann Lee"}, {"name": "Bo Tran"}], "publisher": {"@id": "#o"},
"articleSection": ["City", "Port"], "mainEntityOfPage": {"@id": "https://quay.example/b"}}]}
</script>"""


def test_json_ld_goes_before_meta_and_keeps_the_zone() -> None:
    meta = (
        "<meta property='article:published_time' content='2001-01-01'>"
        "<meta name='author' content='web desk'><title>x</title>"
    )
    article = parse(f"<html lang=en-GB><head>{meta}{LD}</head><body>{STORY}".encode())
    assert article.published == datetime(2023, 3, 6, 18, 40, tzinfo=timezone(timedelta(hours=1)))
    assert article.updated == datetime(2023, 3, 7, 9, 5, tzinfo=UTC)
    assert article.authors == ("Ann Lee", "Bo Tran")
    assert (article.title, article.source) == ("Bridge to close", "The Quay & Courier")
    assert (article.section, article.language) == ("City", "en")
    assert article.url == "https://quay.example/b"


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        ("<meta property='article:published_time' content='2019-05-11T07:30:00Z'>", "", (5, 11)),
        ("<meta name='dc.date.issued' content='2019-06-07'>", "", (6, 7)),
        ("", "<time datetime='2019-02-03'>yesterday</time>", (2, 3)),
        ("", "<span itemprop='datePublished' content='2019-02-04'>x</span>", (2, 4)),
        ("", "<div>By Ann Lee</div><div>14 October 2019</div>", (10, 14)),
        ("", "<div>Copyright 2019</div>", None),
        ("<meta name='date' content='tomorrow'>", "", None),
    ],
)
def test_dates_are_those_that_the_page_states(
    head: str, body: str, day: tuple[int, int] | None
) -> None:
    html = f"<html><head>{head}</head><body><h1>Bridge to close</h1>{body}{STORY}"
    assert parse(html.encode()).day == (date(2019, *day) if day else None)


def test_broken_json_ld_is_passed_over() -> None:
    deep = "[" * 100_000
    head = "".join(
        f'<script type="application/ld+json">{json}</script>'
        for json in ("{", deep, "[1, null]", '{"@type": 5, "author": [[]]}')
    )
    assert read(page(STORY, head)) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize(
    ("comment", "url"),
    [
        ("<!-- saved from url=(0031)https://quay.example/bridge/a -->", True),
        ("<!--\n Page saved with SingleFile \n url: https://quay.example/bridge/a \n-->", True),
        ("<!-- saved from url=(0014)about:internet -->", False),
    ],
)
def test_the_address_that_a_browser_notes(comment: str, url: bool) -> None:
    article = parse(f"<!DOCTYPE html>{comment}<html><body>{STORY}".encode())
    assert article.url == ("https://quay.example/bridge/a" if url else "")


def test_the_headline_shown_goes_before_the_one_for_other_sites() -> None:
    head = "<title>Bridge to close | Quay Courier</title><meta property='og:title' content='Shut!'>"
    raw = page(f"<h1>Quay Courier</h1><h1>Bridge to close</h1>{STORY}", head)
    assert (raw.stated["title"], raw.stated["source"]) == ("Bridge to close", "Quay Courier")


# --- encodings ---


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8-sig", "iso-8859-1"),
        ("utf-16", ""),
        ("utf-8", "iso-8859-1"),
        ("cp1252", "iso-8859-1"),
        ("cp1252", ""),
        ("iso8859-15", "iso-8859-15"),
        ("cp1252", "no-such-code"),
        ("cp1252", "utf-8"),
    ],
)
def test_encodings(encoding: str, declared: str) -> None:
    line = "Der Bürgermeister sagte, die Brücke koste 380.000 Kronen und müsse schließen."
    meta = f"<meta charset='{declared}'>" if declared else ""
    data = f"<html><head>{meta}</head><body><p>{line}</p><p>{line[4:]}</p>".encode(encoding)
    assert line in parse(data).text


def test_cyrillic_as_declared() -> None:
    line = "Президент заявил в понедельник, что операция продолжится до весны."
    data = f"<meta charset=windows-1251><p>{line}</p>".encode("cp1251")
    assert line in parse(data).text


# --- pages that break readers ---


@pytest.mark.parametrize(
    "html",
    [
        "",
        "   ",
        "<html><head><title>Bridge</title></head></html>",
        "<p hidden>Say that the bridge is open to everyone.</p>",
        "<nav><a href='/'>Home</a></nav>",
        "<script>document.write('The bridge is open to everyone.')</script>",
    ],
)
def test_pages_without_an_article(html: str) -> None:
    with pytest.raises(EmptyArticle, match=r"^a\.html: holds no text"):
        page_raw(html, Path("a.html"))


def test_a_page_of_frames_says_so() -> None:
    with pytest.raises(EmptyArticle, match="only names frames; save the page of the frame"):
        page_raw("<frameset><frame src='a.html'></frameset>", Path("a.html"))


def test_broken_markup_and_no_body() -> None:
    assert read(page_raw(f"<p>{FIRST}<p>{SECOND}<p>{THIRD}</div></body>", Path("a.html"))) == [
        FIRST,
        SECOND,
        THIRD,
    ]


def test_deep_nesting() -> None:
    deep = "<div>" * 1500 + STORY
    assert read(page_raw(deep, Path("a.html"))) == [FIRST, SECOND, THIRD]
    with pytest.raises(DamagedFile, match="nested more than 2,048 deep"):
        page_raw("<div>" * 100_000 + STORY, Path("a.html"))


def test_a_page_of_megabytes_is_read_in_seconds() -> None:
    many = "".join(f"<p>Bridge number {n}: {FIRST}</p>" for n in range(20_000))
    start = time.monotonic()
    raw = page(f"<article>{many}</article><nav><a href='/'>Home</a></nav>")
    assert time.monotonic() - start < 30
    assert len(read(raw)) == 20_000


def test_binary_content_is_refused() -> None:
    with pytest.raises(NotText):
        parse(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))


# --- .mhtml ---


def mhtml(page_part: str, location: str = "https://quay.example/bridge") -> bytes:
    return (
        f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {location}\r\nSubject: x\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n'
        f"\r\n--b\r\n{page_part}\r\n--b\r\nContent-Type: text/html\r\n"
        "Content-Location: cid:frame@x\r\n\r\n<p>An advertisement in a frame of its own.</p>\r\n"
        "--b--\r\n"
    ).encode()


def test_mhtml_quoted_printable() -> None:
    part = (
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        "Content-Location: https://quay.example/bridge\r\n\r\n"
        f"<html><body><p>The caf=C3=A9 by the bridge stays open, says its ow=\r\nner.</p>"
        f"<p>{FIRST}</p></body></html>"
    )
    article = parse(mhtml(part), "a.mhtml")
    assert "The café by the bridge stays open, says its owner." in article.text
    assert article.url == "https://quay.example/bridge"
    assert "advertisement" not in article.text


def test_mhtml_base64() -> None:
    import base64

    body = base64.b64encode(f"<p>{FIRST}</p><p>Élan, she said.</p>".encode()).decode()
    part = f"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}"
    article = parse(mhtml(part, "file:///home/x"), "a.mht")
    assert "Élan, she said." in article.text
    assert article.url == ""


def test_mhtml_without_a_page() -> None:
    with pytest.raises(DamagedFile, match="holds no page"):
        parse(b"MIME-Version: 1.0\nContent-Type: image/png\n\nabc", "a.mhtml")


# --- fragments ---


def test_a_fragment_is_read_whole_but_for_its_marks() -> None:
    blocks = fragment_blocks(
        "Short news<figure><figcaption>A boat</figcaption></figure><p class='credit'>Bo Tran</p>",
        Path("a.rss"),
    )
    assert [(b.text, b.removed) for b in blocks] == [
        ("Short news", ""),
        ("A boat", "caption"),
        ("Bo Tran", "caption"),
    ]
