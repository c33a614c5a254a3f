"""Every reader against damaged files: articles that keep their promises, or a CorpusError.

The default run draws a few inputs for each suffix; `make test-slow` draws DOSSIER_FUZZ (20,000).
"""

# ruff: noqa: E501

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oddfiles import HTML, STORY, packed, rows, tarred
from papers import Page, paper
from wordfiles import docx

from corpus import Article, CorpusError, ReadOptions
from corpus.errors import ReadingFailed
from corpus.formats import SUFFIXES
from corpus.readers import parse

FEW = 25
MANY = int(os.environ.get("DOSSIER_FUZZ", "20000"))
OPTIONS = ReadOptions(largest_file=2_000_000, largest_packed=20_000_000, most_members=1000)
MORE = f"{STORY} The council voted on Monday evening, 16 November 2015. Nobody was against it."
FRONT = f"---\ntitle: Bridge\nauthors: [Ada Moss]\ndate: 2015-11-16\n---\n\n# Bridge\n\n{MORE}\n"
MAIL = (
    "From: Ada Moss <ada@quay.example>\r\nSubject: Bridge\r\nDate: Mon, 16 Nov 2015 10:00:00 +0000\r\n"
    'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\n'
    f"Content-Type: text/plain; charset=utf-8\r\n\r\n{MORE}\r\n--x\r\nContent-Type: text/html\r\n\r\n"
    f"<p>{MORE}</p>\r\n--x--\r\n"
)
FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>The Quay</title><item><title>Bridge'
    "</title><link>https://quay.example/a</link><pubDate>Mon, 16 Nov 2015 10:00:00 GMT</pubDate>"
    f"<description>{MORE} {MORE} {MORE}</description></item></channel></rss>"
)
BOOK = [
    ("mimetype", b"application/epub+zip"),
    ("META-INF/container.xml", b'<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'),
    ("a.opf", b'<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'),
    ("a.xhtml", f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Bridge</h1><p>{MORE}</p></body></html>'.encode()),
]  # fmt: skip
CSV = f'id,title,text,date\n1,Bridge,"{MORE}",2015-11-16\n2,Pier,"{MORE}\n\nMore.",2015-11-17\n'
ROWS = [{"id": i, "title": "Bridge", "text": f"{MORE} {i}", "author": ["Ada Moss"]} for i in (1, 2)]

SEEDS: dict[str, Callable[[], bytes]] = {
    ".txt": MORE.encode,
    ".md": FRONT.encode,
    ".html": lambda: HTML,
    ".mhtml": MAIL.encode,
    ".eml": MAIL.encode,
    ".mbox": lambda: b"From ada Mon Nov 16 10:00:00 2015\n" + MAIL.replace("\r\n", "\n").encode() * 2,
    ".rss": FEED.encode,
    ".epub": lambda: packed(BOOK, method=0),
    ".pdf": lambda: paper([Page([(50, 90 + 20 * i, 12, MORE[i * 30 : i * 30 + 30]) for i in range(6)])]),
    ".docx": lambda: docx(MORE, MORE, stored=True),
    ".csv": CSV.encode,
    ".jsonl": lambda: rows(*ROWS),
    ".json": lambda: json.dumps(ROWS, indent=1).encode(),
    ".zip": lambda: packed([("a.md", FRONT.encode()), ("b.csv", CSV.encode())]),
    ".tar": lambda: tarred([("a.md", FRONT.encode()), ("b.jsonl", rows(*ROWS))], mode="w"),
    ".gz": lambda: gzip.compress(CSV.encode()),
}  # fmt: skip
ALIKE = {".htm", ".xhtml", ".mht", ".atom", ".xml", ".tsv", ".ndjson", ".tgz"}
"""Suffixes whose reader is drawn for under another one."""
TOKENS = [b"\0", b"\xff", b'"', b"<", b">", b"]]>", b"\r\n", b"--x", b"PK\x03\x04", b"{", b"[" * 50]
TOKENS += [
    b"\xed\xa0\x80",
    b"-1",
    b"99999999999",
    b"%PDF-1.4",
    b"<!--",
    b"&#0;",
    b"\x1b[31m",
    b"/..",
]


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """A file with bytes turned, cut out, doubled or put in; or bytes of any kind."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=400))
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.integers(0, 5)):
            case 0 if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case 1:
                del data[at:]
            case 2:
                del data[at : at + draw(st.integers(1, 64))]
            case 3:
                data[at:at] = data[at : at + draw(st.integers(1, 256))]
            case 4:
                data[at:at] = draw(st.sampled_from(TOKENS))
            case _:
                data[at : at + 4] = draw(st.binary(min_size=1, max_size=8))
    return bytes(data)


def holds(article: Article) -> None:
    """What every reader promises of an article."""
    assert article.text.strip()
    assert 0 <= article.body_start < len(article.text)
    assert not any(
        ord(char) < 32 or 127 <= ord(char) < 160 for char in article.text.replace("\n", "")
    )
    assert all(part and part == part.strip() for part in article.text.split("\n\n"))
    assert "\n" not in article.text.replace("\n\n", "")
    article.text.encode()
    for value in (article.title, article.source, article.section, article.url, article.language):
        assert not any(ord(char) < 32 for char in value)
        value.encode()
    assert article.member.isprintable()
    assert all(0 <= piece.at <= len(article.text) for piece in article.removed)


def read(data: bytes, suffix: str) -> list[CorpusError]:
    path = Path(f"a{suffix}")
    failed: list[CorpusError] = []
    try:
        for number, item in enumerate(parse(io.BytesIO(data), path=path, options=OPTIONS)):
            assert number < 100_000
            if isinstance(item, Article):
                assert item.path == path
                holds(item)
            else:
                failed.append(item)
    except CorpusError as error:
        failed.append(error)
    for error in failed:
        assert error.path == path
        assert str(error).isprintable()
        assert error.reason
    return failed


def fuzz(suffix: str, count: int) -> None:
    seed = SEEDS[suffix]()

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=count == FEW,
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged(seed))
    def run(data: bytes) -> None:
        for error in read(data, suffix):
            # Ours to mend: a fault that a reader knows should have its own words.
            if isinstance(error, ReadingFailed) and os.environ.get("DOSSIER_FUZZ_STRICT"):
                raise error

    run()


def test_every_reader_has_a_seed() -> None:
    assert SEEDS.keys() | ALIKE == SUFFIXES


@pytest.mark.parametrize("suffix", SEEDS)
def test_the_seed_itself_is_read(suffix: str) -> None:
    assert read(SEEDS[suffix](), suffix) == []


@pytest.mark.parametrize("suffix", SEEDS)
def test_a_few_damaged_files(suffix: str) -> None:
    fuzz(suffix, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SEEDS)
def test_many_damaged_files(suffix: str) -> None:
    fuzz(suffix, MANY)
