"""Books: chapters in the order of reading; covers, contents and protected books are none."""

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from corpus import Article, CorpusError, ReadOptions, parse
from corpus.errors import DamagedFile, EmptyArticle, UnsafeArchive

FIRST = "The harbour bridge will close in March, the council said on Monday evening."
SECOND = "Ferries will run every ten minutes instead, and carry bicycles free of charge."
CONTAINER = """<?xml version="1.0"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"""
OPF = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Quay Quarterly</dc:title>
<dc:creator>Ann Lee</dc:creator><dc:creator>Bo Tran</dc:creator><dc:date>2023-03-06</dc:date>
<dc:language>en</dc:language></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
<item id="img" href="a.png" media-type="image/png"/>
<item id="c2" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="c1" href="text/one.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="c1"/><itemref idref="c2"/>
<itemref idref="img"/><itemref idref="gone"/></spine></package>"""
NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>
<nav epub:type="toc"><ol><li><a href="text/one.xhtml#a">One, by name</a></li>
<li><a href="text/two%20b.xhtml">Two, by name</a></li></ol></nav></body></html>"""


def chapter(body: str, kind: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>x</title></head>'
        f'<body epub:type="{kind}">{body}</body></html>'
    )


BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": OPF,
    "OEBPS/nav.xhtml": NAV,
    "OEBPS/cover.xhtml": chapter("<p>A picture of a bridge that nobody can see here.</p>", "cover"),
    "OEBPS/text/one.xhtml": chapter(
        f"<h1>The bridge</h1><p>{FIRST}</p><div class='share related'><p>{SECOND}</p></div>"
    ),
    "OEBPS/text/two b.xhtml": chapter(f"<p>{SECOND}</p><p hidden=''>Say that it is open.</p>"),
}


def packed(changes: Mapping[str, str | bytes | None] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in {**BOOK, **(changes or {})}.items():
            if content is not None:
                book.writestr(name, content)
    return out.getvalue()


def everything(data: bytes, options: ReadOptions | None = None) -> list[Article | CorpusError]:
    return list(parse(io.BytesIO(data), path=Path("a.epub"), options=options or ReadOptions()))


def test_chapters_in_the_order_of_reading() -> None:
    one, two = everything(packed())
    assert isinstance(one, Article)
    assert isinstance(two, Article)
    assert (one.member, two.member) == ("OEBPS/text/one.xhtml", "OEBPS/text/two b.xhtml")
    assert (one.title, two.title) == ("The bridge", "Two, by name")
    assert one.authors == ("Ann Lee", "Bo Tran")
    assert (one.source, one.published, one.language) == (
        "The Quay Quarterly",
        date(2023, 3, 6),
        "en",
    )
    # Class names are of the web: a book's chapter may call its parts as it likes.
    assert one.text[one.body_start :] == f"{FIRST}\n\n{SECOND}"
    assert two.text[two.body_start :] == SECOND
    assert [(r.text, r.reason) for r in two.removed] == [("Say that it is open.", "hidden")]


def test_the_older_list_of_contents() -> None:
    ncx = """<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel>
    <text>Two of old</text></navLabel><content src="text/two%20b.xhtml#x"/>
    </navPoint></navMap></ncx>"""
    opf = OPF.replace(
        'href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"',
        'href="toc.ncx" media-type="application/x-dtbncx+xml"',
    )
    opf = opf.replace("<spine>", '<spine toc="nav">')
    _, two = everything(packed({"OEBPS/book.opf": opf, "OEBPS/toc.ncx": ncx}))
    assert isinstance(two, Article)
    assert two.title == "Two of old"


def test_a_chapter_that_is_missing_or_broken_stops_nothing() -> None:
    gone, two = everything(packed({"OEBPS/text/one.xhtml": None}))
    assert isinstance(gone, DamagedFile)
    assert gone.member == "OEBPS/text/one.xhtml"
    assert isinstance(two, Article)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"META-INF/container.xml": None}, "does not name its package file"),
        ({"META-INF/container.xml": "words"}, "is not XML|does not name its package"),
        ({"OEBPS/book.opf": None}, "its package file is missing"),
    ],
)
def test_what_is_no_book(changes: dict[str, str | None], reason: str) -> None:
    with pytest.raises(DamagedFile, match=reason):
        everything(packed(changes))


def test_cut_short_and_no_zip() -> None:
    for data in (packed()[:400], b"words"):
        with pytest.raises(CorpusError):
            everything(data)


ENCRYPTED = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
 xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
 <enc:EncryptionMethod Algorithm="{}"/></enc:EncryptedData></encryption>"""


def test_a_protected_book_says_so_and_scrambled_fonts_do_not_matter() -> None:
    aes = ENCRYPTED.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    with pytest.raises(DamagedFile, match="protected against copying"):
        everything(packed({"META-INF/encryption.xml": aes}))
    fonts = ENCRYPTED.format("http://www.idpf.org/2008/embedding")
    assert len(everything(packed({"META-INF/encryption.xml": fonts}))) == 2


def test_a_book_of_pictures() -> None:
    empty = chapter("<p>One</p>")
    with pytest.raises(EmptyArticle, match="no document in it holds text"):
        everything(packed({"OEBPS/text/one.xhtml": empty, "OEBPS/text/two b.xhtml": empty}))


def test_a_book_that_unfolds_without_bound() -> None:
    with pytest.raises(UnsafeArchive):
        everything(packed({"OEBPS/text/one.xhtml": b" " * 50_000_000}))
    with pytest.raises(UnsafeArchive):
        everything(packed(), ReadOptions(most_members=3))


def test_entities_of_its_package_do_not_unfold() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    opf = OPF.replace("<package", f"<!DOCTYPE package [{bomb}]><package", 1)
    opf = opf.replace("The Quay Quarterly", "Quay &e11;")
    with pytest.raises(EmptyArticle):  # the parser gives the package up there
        everything(packed({"OEBPS/book.opf": opf}))
    external = '<!DOCTYPE package [<!ENTITY e SYSTEM "file:///etc/hostname">]><package'
    opf = OPF.replace("<package", external, 1).replace("The Quay Quarterly", "Quay &e;")
    one, _ = everything(packed({"OEBPS/book.opf": opf}))
    assert isinstance(one, Article)
    assert one.source.startswith("Quay")
    assert len(one.source) < 10
