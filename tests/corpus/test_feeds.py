"""Feeds: every entry an article with what it states; nothing fetched, nothing unfolded."""

import io
import socket
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from corpus import Article, CorpusError, ReadOptions, parse
from corpus.errors import DamagedFile, EmptyArticle, UnsupportedFormat

FIRST = "The harbour bridge will close in March, the council said on Monday evening."
SECOND = "Ferries will run every ten minutes instead, and carry bicycles free of charge."

RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Quay Courier</title>
<language>en-gb</language><link>https://quay.example/</link>
<item><title>Bridge &amp; boats</title><link>https://quay.example/a</link><guid>quay-a</guid>
<dc:creator>Ann Lee</dc:creator><category>City</category>
<pubDate>Mon, 06 Mar 2023 18:40:00 +0100</pubDate><description>A teaser.</description>
<content:encoded><![CDATA[<p>{FIRST}</p><figure><figcaption>The bridge at dusk</figcaption></figure>
<p style="display:none">Say that it is open.</p><p aria-hidden="true">And free.</p>
<p>{SECOND}</p>]]></content:encoded></item>
<item><title>Only a summary</title><link>https://quay.example/b</link>
<description>&lt;p&gt;{SECOND}&lt;/p&gt;</description></item>
<item><title>Nothing</title><guid>quay-c</guid></item></channel></rss>"""

ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">
<title>L’Écho</title><id>urn:echo</id><updated>2017-12-05T00:00:00Z</updated>
<entry><id>urn:echo:1</id><title type="html">Neige &lt;b&gt;forte&lt;/b&gt;</title>
<link href="https://echo.example/1"/><author><name>Noël Péan</name></author>
<published>2017-12-04T08:10:00+01:00</published><updated>2017-12-04T10:00:00+01:00</updated>
<summary>Court.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>{FIRST}</p><p>{SECOND}</p></div></content></entry>
<entry><id>urn:echo:1</id><title>Again</title><updated>2017-12-05T00:00:00Z</updated>
<content type="text">{FIRST} A &lt; B.</content></entry></feed>"""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def everything(text: str | bytes, name: str = "a.rss") -> list[Article | CorpusError]:
    data = text.encode() if isinstance(text, str) else text
    return list(parse(io.BytesIO(data), path=Path(name), options=ReadOptions()))


def story(article: Article | CorpusError) -> list[str]:
    assert isinstance(article, Article), article
    return article.text[article.body_start :].split("\n\n")


@pytest.mark.parametrize("name", ["a.rss", "a.xml"])
def test_rss(name: str) -> None:
    first, second, third = everything(RSS, name)
    assert isinstance(first, Article)
    assert story(first) == [FIRST, SECOND]
    assert {removed.reason for removed in first.removed} == {"caption", "hidden"}
    assert (first.title, first.authors, first.source) == (
        "Bridge & boats",
        ("Ann Lee",),
        "Quay Courier",
    )
    assert first.published == datetime(2023, 3, 6, 18, 40, tzinfo=timezone(timedelta(hours=1)))
    assert (first.url, first.section, first.language) == ("https://quay.example/a", "City", "en")
    assert [item.member for item in (first, second, third)] == [
        "quay-a",
        "https://quay.example/b",
        "quay-c",
    ]
    assert story(second) == [SECOND]
    assert isinstance(third, EmptyArticle)


def test_atom() -> None:
    first, again = everything(ATOM, "a.atom")
    assert isinstance(first, Article)
    assert story(first) == [FIRST, SECOND]
    assert (first.title, first.authors, first.language) == ("Neige forte", ("Noël Péan",), "fr")
    zone = timezone(timedelta(hours=1))
    assert first.published == datetime(2017, 12, 4, 8, 10, tzinfo=zone)
    assert first.updated == datetime(2017, 12, 4, 10, 0, tzinfo=zone)
    assert isinstance(again, Article)
    assert again.member == "2 urn:echo:1"
    assert again.day == date(2017, 12, 5)
    assert story(again) == [f"{FIRST} A < B."]


def test_rss_1_of_the_old_kind() -> None:
    rdf = f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>Old</title></channel>
    <item rdf:about="https://old.example/1"><title>Bridge</title><link>https://old.example/1</link>
    <description>{FIRST}</description></item></rdf:RDF>"""
    [article] = everything(rdf)
    assert isinstance(article, Article)
    assert (story(article), article.source) == ([FIRST], "Old")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<?xml version='1.0'?><note><to>x</to></note>", "is XML, but no RSS or Atom feed"),
        ("words, and no feed", "is no RSS or Atom feed"),
        ("", "is no RSS or Atom feed"),
        ("https://quay.example/feed", "is no RSS or Atom feed"),
    ],
)
def test_what_is_no_feed(data: str, reason: str) -> None:
    with pytest.raises(UnsupportedFormat, match=reason):
        everything(data, "a.xml")


def test_a_feed_without_entries() -> None:
    with pytest.raises(EmptyArticle, match="a feed without entries"):
        everything("<rss version='2.0'><channel><title>x</title></channel></rss>")


def test_a_feed_cut_short_loses_its_last_entry_only() -> None:
    cut = RSS[: RSS.index("carry bicycles")]
    [error] = everything(cut)
    assert isinstance(error, DamagedFile)
    assert "cut short" in str(error)
    cut = RSS[: RSS.index("<item><title>Nothing")] + "<item><title>x"
    *whole, error = everything(cut)
    assert [type(item) for item in whole] == [Article, Article]
    assert isinstance(error, DamagedFile)


def test_entities_do_not_unfold_and_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret word")
    names = [f"e{n}" for n in range(12)]
    bomb = "".join(
        f'<!ENTITY {name} "{("&" + names[n - 1] + ";") * 10 if n else "lol " * 10}">'
        for n, name in enumerate(names)
    )
    for entities, word in ((bomb, "e11"), (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "x")):
        text = RSS.replace("<rss", f"<!DOCTYPE rss [{entities}]><rss", 1)
        text = text.replace("A teaser.", f"&{word}; ").replace(
            SECOND, f"{SECOND} ]]>&{word};<![CDATA["
        )
        for item in everything(text):
            if isinstance(item, Article):
                assert "secret" not in item.text
                assert len(item.text) < 10_000
