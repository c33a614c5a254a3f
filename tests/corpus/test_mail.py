"""Mails: the sender's own words, what is quoted and signed apart, attachments, and mailboxes."""

import io
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from pathlib import Path

import pytest

from corpus import Article, CorpusError, ReadOptions, parse
from corpus.errors import DamagedFile, EmptyArticle, FileTooLarge

FIRST = "The harbour bridge will close in March, the council said on Monday evening."
SECOND = "Ferries will run every ten minutes instead, and carry bicycles free of charge."


def mail(text: str = f"{FIRST}\n\n{SECOND}\n", html: str = "", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {
        "From": '"Lee, Ann" <ann@quay.example>',
        "Subject": "Bridge to close",
        "Date": "Mon, 06 Mar 2023 18:40:00 +0100",
        **headers,
    }.items():
        message[name] = value
    if text:
        message.set_content(text)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


def everything(
    data: bytes | EmailMessage, name: str = "a.eml", options: ReadOptions | None = None
) -> list[Article | CorpusError]:
    data = data.as_bytes() if isinstance(data, EmailMessage) else data
    return list(parse(io.BytesIO(data), path=Path(name), options=options or ReadOptions()))


def read(data: bytes | EmailMessage) -> Article:
    [article] = everything(data)
    assert isinstance(article, Article)
    return article


def story(article: Article) -> list[str]:
    return article.text[article.body_start :].split("\n\n")


def test_headers_are_the_metadata() -> None:
    article = read(mail())
    assert article.title == "Bridge to close"
    assert article.authors == ("Lee, Ann",)
    assert article.published == datetime(2023, 3, 6, 18, 40, tzinfo=timezone(timedelta(hours=1)))
    assert story(article) == [FIRST, SECOND]
    assert article.member == ""


def test_encoded_headers_and_an_address_without_a_name() -> None:
    article = read(mail(From="ann@quay.example", Subject="=?utf-8?q?Br=C3=BCcke_zu?="))
    assert article.title == "Brücke zu"
    assert article.authors == ("ann@quay.example",)


@pytest.mark.parametrize("missing", ["From", "Subject", "Date"])
def test_a_header_that_is_missing_or_broken(missing: str) -> None:
    message = mail()
    del message[missing]
    assert story(read(message))[-1] == SECOND
    broken = message.as_bytes().replace(b"MIME-Version", missing.encode() + b": \xff<,@>\nX", 1)
    assert SECOND in read(broken).text


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ("On Mon, 6 Mar 2023 at 10:00, Bo Tran <bo@x.example> wrote:\n> When?\n> Say.", "quoted"),
        ("Am 6. März 2023 um 10:00 schrieb Bo Tran <bo@x.example>:\n> Wann?", "quoted"),
        ("On Monday, 6 March 2023, Bo Tran of the Quay Courier\nnews desk wrote:\n> Hm?", "quoted"),
        ("-----Original Message-----\nFrom: Bo\n\nWhen will it close?", "quoted"),
        ("-- \nAnn Lee\nQuay Courier", "signature"),
    ],
)
def test_earlier_mails_and_the_signature_are_kept_apart(after: str, reason: str) -> None:
    article = read(mail(f"{FIRST}\n\n{SECOND}\n\n{after}\n"))
    assert story(article) == [FIRST, SECOND]
    assert {removed.reason for removed in article.removed} == {reason}


def test_an_answer_between_quoted_lines_is_read() -> None:
    article = read(mail(f"> Will it close?\n\n{FIRST}\n\n> And the ferries?\n\n{SECOND}\n"))
    assert story(article) == [FIRST, SECOND]


def test_a_mail_that_only_quotes_is_read_all_the_same() -> None:
    assert FIRST in read(mail(f"> {FIRST}\n> {SECOND}\n")).text


def test_html_is_read_where_the_plain_text_only_points_to_it() -> None:
    rich = f"<div style='display:none'>Win</div><p>{FIRST}</p><p>{SECOND}</p>"
    article = read(mail("See this mail in a browser.", rich))
    assert story(article) == [FIRST, SECOND]
    assert [(removed.text, removed.reason) for removed in article.removed] == [("Win", "hidden")]
    assert story(read(mail("", rich))) == [FIRST, SECOND]
    long = f"{FIRST}\n\n{SECOND}\n\n{FIRST} {SECOND}\n"
    assert "teaser" not in read(mail(long, f"<p>A teaser.</p>{rich}")).text


def test_quoted_html_and_its_signature() -> None:
    rich = (
        f"<p>{FIRST}</p><p>{SECOND}</p><div class='gmail_signature'>Ann</div>"
        f"<blockquote type='cite'>{'When will it close, please? ' * 20}</blockquote>"
    )
    article = read(mail("", rich))
    assert story(article) == [FIRST, SECOND]
    assert {removed.reason for removed in article.removed} == {"signature", "quoted"}


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "x-unknown", "us-ascii"])
def test_charsets(charset: str) -> None:
    line = "Die Brücke schließt im März, sagte die Bürgermeisterin am Montag."
    head = f"Subject: x\nContent-Type: text/plain; charset={charset}\n"
    encoding = "cp1252" if charset != "utf-8" else charset
    data = head.encode() + b"Content-Transfer-Encoding: 8bit\n\n" + f"{line}\n".encode(encoding)
    assert line in read(data).text


# --- attachments ---


def test_attachments_that_can_be_read_are_articles() -> None:
    message = mail()
    message.add_attachment(f"# Tram\n\n{SECOND}\n", subtype="markdown", filename="tram.md")
    page = f"<p>{FIRST}</p><p>{SECOND}</p>"
    message.add_attachment(page, subtype="html", filename="sub/page.html")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="p.png")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="all.zip")
    message.add_attachment(b"a\0b", maintype="text", subtype="plain", filename="broken.txt")
    found = everything(message)
    assert [item.member for item in found] == ["message", "tram.md", "sub/page.html", "broken.txt"]
    assert isinstance(found[1], Article)
    assert found[1].title == "Tram"
    assert isinstance(found[3], CorpusError)
    assert str(found[3]).startswith("a.eml#broken.txt: is not text")


def test_mails_in_mails_to_a_depth() -> None:
    message = mail(f"{FIRST}\n")
    for level in range(5):
        outer = mail(f"Level {level}. {SECOND}\n", Subject=f"Level {level}")
        outer.add_attachment(message)
        message = outer
    *read_ones, refused = everything(message)
    assert len(read_ones) == 4
    assert all(isinstance(item, Article) for item in read_ones)
    assert isinstance(refused, DamagedFile)
    assert "more than 3 deep" in str(refused)


def test_nothing_to_read() -> None:
    with pytest.raises(EmptyArticle, match="is a mail without text"):
        everything(b"Subject: x\n\n")
    with pytest.raises(DamagedFile, match="is not a mail"):
        everything(b"\n\nno header, only words")


# --- mailboxes ---


def mbox(*mails: EmailMessage | bytes) -> bytes:
    parts = (m.as_bytes() if isinstance(m, EmailMessage) else m for m in mails)
    return b"".join(b"From ann@x.example Mon Mar  6 18:40:00 2023\n" + p + b"\n\n" for p in parts)


def test_a_mailbox_is_read_mail_by_mail() -> None:
    told = mail(f">From the bridge she waved.\n\n{FIRST}\n", Subject="Two")
    found = everything(mbox(mail(Subject="One"), b"Subject: x\n\n", told), "all.mbox")
    assert [item.member for item in found] == ["1", "2", "3"]
    assert isinstance(found[1], EmptyArticle)
    assert isinstance(found[2], Article)
    assert (found[2].title, story(found[2])[0]) == ("Two", "From the bridge she waved.")


def test_a_line_that_begins_with_from_within_a_paragraph_ends_no_mail() -> None:
    told = mail("He came\nFrom the bridge, and she waved at him for a long time.\n")
    assert len(everything(mbox(told), "all.mbox")) == 1


def test_a_mail_of_a_mailbox_that_is_too_large() -> None:
    large = mail("a long line of words and words\n" * 4000)
    options = ReadOptions(largest_file=50_000)
    first, second = everything(mbox(large, mail()), "all.mbox", options)
    assert isinstance(first, FileTooLarge)
    assert first.member == "1"
    assert isinstance(second, Article)


def test_what_is_no_mailbox() -> None:
    with pytest.raises(DamagedFile, match="is not an mbox"):
        everything(b"Subject: x\n\nwords", "all.mbox")
