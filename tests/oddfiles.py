"""Bad and odd files, each with what is to come of it: articles, or one clear reason.

Every file is made by code in a folder of its own; nothing here is taken from anywhere.
"""

# ruff: noqa: E501

import gzip
import io
import json
import os
import socket
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from papers import Page, paper, plain_pdf
from wordfiles import docx, with_part, without_part

from corpus.errors import (
    BadFrontMatter,
    CorpusError,
    DamagedFile,
    EmptyArticle,
    FileTooLarge,
    NotText,
    UnreadableFile,
    UnsafeArchive,
    UnsupportedFormat,
)

__all__ = ["ODD", "STORY", "Odd", "packed", "tarred"]

STORY = "The harbour bridge will close in March. Ferries run every ten minutes instead."
BYTES = STORY.encode()
Failure = tuple[type[CorpusError], str]


@dataclass(frozen=True)
class Odd:
    """A case: how it is made, how many articles come of it, and the failures with their words.

    `make` writes into a folder and gives the source to read. `reads` None: any number, so long
    as there is an article or a failure. `text` stands in the first article.
    """

    name: str
    make: Callable[[Path], Path]
    reads: int | None = 0
    fails: tuple[Failure, ...] = ()
    text: str = ""


ODD: list[Odd] = []


def odd(
    name: str,
    filename: str,
    data: bytes | Callable[[], bytes],
    *fails: Failure,
    reads: int | None = None,
    text: str = "",
) -> None:
    """A case of one file; without `fails` it reads as one article."""

    def make(folder: Path) -> Path:
        path = folder / filename
        path.write_bytes(data() if callable(data) else data)
        return path

    ODD.append(Odd(name, make, (0 if fails else 1) if reads is None else reads, fails, text))


def any_outcome(name: str, filename: str, data: bytes | Callable[[], bytes]) -> None:
    """A case that may be read or refused, by the judgement of the format's reader."""

    def make(folder: Path) -> Path:
        path = folder / filename
        path.write_bytes(data() if callable(data) else data)
        return path

    ODD.append(Odd(name, make, None))


def place(
    name: str,
    make: Callable[[Path], Path],
    *fails: Failure,
    reads: int | None = None,
    text: str = "",
) -> None:
    """A case that takes more than a file."""
    ODD.append(Odd(name, make, (0 if fails else 1) if reads is None else reads, fails, text))


def packed(members: Iterable[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A .zip of named bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tarred(members: Iterable[tuple[str, bytes]], *, mode: str = "w:gz", kind: bytes = b"") -> bytes:
    """A .tar of named bytes; with `kind`, of entries of that kind that lead to those bytes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            if kind:
                entry.type, entry.linkname = kind, data.decode()
                archive.addfile(entry)
            else:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def rows(*objects: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in objects)


# -- Plain text ------------------------------------------------------------------------------------

odd("empty text", "a.txt", b"", (EmptyArticle, "holds no text"))
odd("empty markdown", "a.md", b"", (EmptyArticle, "holds no text"))
odd("only spaces", "a.txt", b" \n\t \r\n ", (EmptyArticle, "holds no text"))
odd("only a byte order mark", "a.txt", b"\xef\xbb\xbf", (EmptyArticle, "holds no text"))
odd("only invisible signs", "a.txt", "\u200b\u00ad\ufeff".encode(), (EmptyArticle, "holds no text"))
odd("only a rule", "a.md", b"---\n", (EmptyArticle, "no text"))
odd("only an address", "a.txt", b"https://quay.example/a\n", (EmptyArticle, "no text"))
odd("only an image", "a.md", b"![a bridge](b.png)", (EmptyArticle, "no text"))
odd("a NUL in the middle", "a.txt", b"words\0and words", (NotText, "binary"))
odd("all NULs", "a.txt", bytes(5000), (NotText, "binary"))
odd(
    "a picture named as text",
    "a.txt",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
    (NotText, "binary"),
)
odd("a program named as text", "a.md", b"\x7fELF\x02\x01\x01" + bytes(300), (NotText, "binary"))
odd("random bytes", "a.txt", bytes((i * 7919 + i // 3) % 256 for i in range(4000)), (NotText, ""))
odd(
    "over the limit",
    "a.txt",
    lambda: BYTES * 270_000,
    (FileTooLarge, "21 MB is over the limit of 20 MB"),
)
odd("a line of a megabyte", "a.txt", lambda: BYTES * 13_000, text="Ferries")
odd("a word of a megabyte", "a.txt", lambda: b"x" * 1_000_000 + b". " + BYTES)
odd("100,000 lines", "a.txt", lambda: b"A line stands here.\n\n" * 100_000)
odd(
    "Western bytes",
    "a.txt",
    "Le président a parlé à Orléans; il reviendra très tôt.".encode("cp1252"),
    text="président",
)
odd(
    "Cyrillic bytes",
    "a.txt",
    "Президент заявил в понедельник, что операция продолжится.".encode("cp1251"),
    text="Президент",
)
odd("UTF-16 with a mark", "a.txt", STORY.encode("utf-16"), text="harbour")
odd("UTF-16 big end first", "a.txt", b"\xfe\xff" + STORY.encode("utf-16-be"), text="harbour")
odd("UTF-16 cut in a character", "a.txt", b"\xff\xfeH\0i\0\xd8", (NotText, "damaged UTF-16"))
odd("UTF-8 cut in a character", "a.txt", BYTES + " The café".encode()[:-1], text="harbour")
odd(
    "two encodings in one file",
    "a.txt",
    BYTES + "\n\nThe café “Quay” – open.\n\n".encode() * 3 + "The old café shut.".encode("cp1252"),
    text="harbour",
)
odd(
    "halves of pairs as UTF-8", "a.txt", BYTES + b" \xed\xa0\x80 \xed\xb0\x80 more.", text="harbour"
)
odd("an overlong form", "a.txt", BYTES + b" \xc0\xaf more words stand here.", text="harbour")
odd("escape codes", "a.txt", BYTES + b"\n\n\x1b[31mRed words stand here.\x1b[0m\n", text="harbour")
odd(
    "words turned around",
    "a.txt",
    f"{STORY}\n\n\u202eThe end\u202c of it came soon.".encode(),
    text="harbour",
)
odd("old Macintosh lines", "a.txt", STORY.replace(". ", ".\r\r").encode(), text="Ferries")
odd(
    "100,000 marks on a letter",
    "a.txt",
    ("The e" + "\u0301" * 100_000 + f" is odd. {STORY}").encode(),
)
odd("only emoji", "a.txt", ("🌉" * 50).encode())
odd("quotes 5,000 deep", "a.md", b">" * 5000 + b" " + BYTES, (EmptyArticle, "no text"))
odd("lists 2,000 deep", "a.md", b"".join(b" " * i + b"- a\n" for i in range(2000)))
odd("50,000 brackets", "a.md", BYTES + b"\n\n" + b"[" * 50_000)
odd("50,000 stars", "a.md", BYTES + b"\n\n" + b"*a " * 50_000)
odd(
    "front matter that does not parse",
    "a.md",
    b"---\ntitle: 'x\n---\n" + BYTES,
    (BadFrontMatter, "not valid YAML"),
)
odd(
    "front matter that unfolds",
    "a.md",
    b"---\na: &a [x]\nb: [*a, *a]\n---\n" + BYTES,
    (BadFrontMatter, "not valid YAML"),
)
odd(
    "front matter that makes objects",
    "a.md",
    b"---\ntitle: !!python/object/apply:os.system ['true']\n---\n" + BYTES,
    (BadFrontMatter, "not valid YAML"),
)
odd(
    "front matter nested deep",
    "a.md",
    b"---\na: " + b"[" * 3000 + b"\n---\n" + BYTES,
    (BadFrontMatter, "not valid YAML"),
)
odd("front matter without an end", "a.md", b"---\ntitle: Bridge\n\n" + BYTES)
odd("front matter alone", "a.md", b"---\ntitle: Bridge\n---\n", (EmptyArticle, "no text"))

# -- Names and places ------------------------------------------------------------------------------


def _named(name: str | bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / os.fsdecode(name)
        path.write_bytes(BYTES)
        return path

    return make


def _folder(*names: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(BYTES)
        return folder

    return make


def _then(step: Callable[[Path], object], source: str = "") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        step(folder)
        return folder / source if source else folder

    return make


def _socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # a socket's path may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("s.txt")
    finally:
        os.chdir(here)


odd("a suffix in capitals", "A.TXT", BYTES)
odd("two suffixes", "a.pdf.txt", BYTES)
odd("no suffix", "LETTER", BYTES)
odd("no suffix and no text", "photo", bytes(range(256)), (NotText, "binary"))
odd("an unknown suffix", "a.log", BYTES, (UnsupportedFormat, "no reader for this kind"))
odd("hidden, named outright", ".a.txt", BYTES)
place("a name with a line break", _named("a\nb.txt"))
place("a name with escape codes", _named("a\x1b[31mb.txt"))
place("a name that turns around", _named("a\u202etxt.md"))
place("a name that looks like an option", _named("--home.txt"))
place("a name with a hash", _named("a#b.txt"))
place("a name with brackets", _named("a[1]*.txt"))
place("a name of 255 bytes", _named("n" * 251 + ".txt"))
place(
    "a name that is not UTF-8", _named(b"caf\xe9.txt"), (UnreadableFile, "not valid UTF-8; rename")
)
place(
    "a bad file with a line break in its name",
    _then(lambda f: (f / "a\nb.txt").write_bytes(b"\0"), "a\nb.txt"),
    (NotText, "binary"),
)
place("a folder named as a text", _then(lambda f: (f / "x.txt").mkdir()), reads=0)
place("a text in a folder named as one", _folder("x.txt/inner.md"))
place("an empty folder", lambda folder: folder, reads=0)
place("folders 60 deep", _folder("/".join(["d"] * 60) + "/a.txt"))
place("hidden ones in a folder", _folder("a.txt", ".git/b.txt", ".c.txt"))
place("other files in a folder", _folder("a.txt", "b.png", "Thumbs.db", "c.css"))
place(
    "old formats in a folder",
    _then(lambda f: [(f / n).write_bytes(b"x") for n in ("a.rtf", "b.odt")]),
    (UnsupportedFormat, "save it as .docx"),
    (UnsupportedFormat, "save it as .docx"),
)
place("nothing there", lambda folder: folder / "gone.txt", (UnreadableFile, "No such file"))
place(
    "a file taken for a folder",
    _then(lambda f: (f / "a.txt").write_bytes(BYTES), "a.txt/b.txt"),
    (UnreadableFile, "Not a directory"),
)
place(
    "a name too long to be",
    lambda folder: folder / ("n" * 300 + ".txt"),
    (UnreadableFile, "too long"),
)
place("a NUL in the name", lambda folder: folder / "a\0b.txt", (UnreadableFile, "not a name"))
place(
    "a link that leads nowhere",
    _then(lambda f: (f / "a.txt").symlink_to("gone")),
    (UnreadableFile, "No such file"),
)
place(
    "a link to itself",
    _then(lambda f: (f / "a.txt").symlink_to("a.txt")),
    (UnreadableFile, "Too many levels"),
)
place(
    "links in a ring",
    _then(
        lambda f: [(f / "a.txt").symlink_to("b.txt"), (f / "b.txt").symlink_to("a.txt")], "a.txt"
    ),
    (UnreadableFile, "Too many levels"),
)
place(
    "a link to its own folder",
    _then(lambda f: [(f / "up").symlink_to(f), (f / "a.txt").write_bytes(BYTES)]),
)
place(
    "a link to a device",
    _then(lambda f: (f / "a.txt").symlink_to("/dev/zero")),
    (UnreadableFile, "not a regular file"),
)
place("a pipe", _then(lambda f: os.mkfifo(f / "a.txt")), (UnreadableFile, "not a regular file"))
place("a socket", _then(_socket), (UnreadableFile, "not a regular file"))
place("a folder named outright as a file", _then(lambda f: (f / "b").mkdir(), "b"), reads=0)
place("a pattern", _then(_folder("a/b/c.txt", "a/d.md", "e.txt"), "**/*.txt"), reads=2)
place("a pattern through a folder", _then(_folder("n1/a.txt", "n2/b.md", "m/c.txt"), "n?"), reads=2)
place(
    "a pattern that nothing fits",
    lambda folder: folder / "*.html",
    (UnreadableFile, "No such file"),
)
place(
    "a pattern for an unknown suffix",
    _then(_folder("a.log"), "*.log"),
    (UnsupportedFormat, "no reader"),
)

# -- Wrong suffixes --------------------------------------------------------------------------------

HTML = f"<!doctype html><html><head><title>Bridge</title></head><body><article><h1>Bridge to close</h1><p>{STORY}</p><p>The council voted on Monday evening.</p></article></body></html>".encode()
odd("a page named as text", "a.txt", HTML, text="harbour")
odd("a page named as PDF", "a.pdf", HTML, text="harbour")
odd("a page named as a table", "a.csv", HTML, text="harbour")
odd("a page without a suffix", "page", HTML, text="harbour")
odd("a PDF named as text", "a.txt", lambda: plain_pdf(STORY), text="harbour")
odd("a PDF without a suffix", "report", lambda: plain_pdf(STORY), text="harbour")
odd("a PDF named as Word", "a.docx", lambda: plain_pdf(STORY), text="harbour")
odd("Word named as text", "a.txt", lambda: docx(STORY), text="harbour")
odd("Word named as PDF", "a.pdf", lambda: docx(STORY), text="harbour")
odd("a .zip named as text", "a.txt", packed([("b.txt", BYTES)]), text="harbour")
odd("a .tar.gz named as .zip", "a.zip", tarred([("b.txt", BYTES)]), text="harbour")
odd("a .zip named as .tar", "a.tar", packed([("b.txt", BYTES)]), text="harbour")
odd("JSON named as text", "a.txt", rows({"title": "Bridge", "text": STORY}), text="harbour")
odd("RTF named as Word", "a.docx", rb"{\rtf1\ansi words}", (UnsupportedFormat, "save it as .docx"))
odd("RTF", "a.rtf", rb"{\rtf1\ansi words}", (UnsupportedFormat, "save it as .docx"))
odd(
    "old Word",
    "a.doc",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    (UnsupportedFormat, "old Word file"),
)
odd(
    "old Word named as text",
    "a.txt",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    (UnsupportedFormat, "old Word file"),
)
odd(
    "OpenDocument",
    "a.odt",
    packed(
        [("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"<x/>")],
        method=0,
    ),
    (UnsupportedFormat, "save it as .docx"),
)
odd(
    "a spreadsheet",
    "a.xlsx",
    packed([("xl/workbook.xml", b"<x/>")]),
    (UnsupportedFormat, "as .csv"),
)
odd(
    "a spreadsheet named as .zip",
    "a.zip",
    packed([("xl/workbook.xml", b"<x/>")]),
    (UnsupportedFormat, "as .csv"),
)
odd("a .7z", "a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40), (UnsupportedFormat, "unpack it"))
odd(
    "a .rar named as .zip",
    "a.zip",
    b"Rar!\x1a\x07\x01\x00" + bytes(40),
    (UnsupportedFormat, "unpack it"),
)
odd("text named as PDF", "a.pdf", BYTES, (DamagedFile, "not a whole PDF"))
odd("text named as Word", "a.docx", BYTES, (DamagedFile, "not a whole .zip"))
odd("text named as .zip", "a.zip", BYTES, (DamagedFile, "not a whole .zip"))
odd("text named as .tar", "a.tar", BYTES * 9, (DamagedFile, "cut short or damaged"))
odd("text named as .gz", "a.txt.gz", BYTES, (DamagedFile, "cut short or damaged"))

# -- PDF -------------------------------------------------------------------------------------------


def _one_page(
    stream: bytes, *, extra: bytes = b"", box: str = "0 0 600 800", kids: str = "3 0 R"
) -> bytes:
    """A PDF of one page by hand, its table of places left to be rebuilt."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        + f"2 0 obj<</Type/Pages/Kids[{kids}]/Count 1>>endobj\n".encode()
        + f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R".encode()
        + b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        + b"4 0 obj<<"
        + extra
        + f"/Length {len(stream)}>>stream\n".encode()
        + stream
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )


def _bomb(size: int) -> bytes:
    import zlib

    return zlib.compress(b" " * size, 9)


SHOWN = b"BT /F1 12 Tf 50 700 Td (The harbour bridge will close in March.) Tj ET"
odd("an empty PDF", "a.pdf", b"", (DamagedFile, "not a whole PDF"))
odd("only a PDF's mark", "a.pdf", b"%PDF-1.7\n", (DamagedFile, "not a whole PDF"))
odd("a PDF cut in half", "a.pdf", lambda: plain_pdf(STORY)[:500], (DamagedFile, "PDF"))
odd("a PDF without its end", "a.pdf", lambda: _one_page(SHOWN)[:-6], text="harbour")
odd(
    "a PDF with a wrong length",
    "a.pdf",
    lambda: _one_page(SHOWN).replace(b"/Length 7", b"/Length 9"),
    text="harbour",
)
odd(
    "noise after a PDF's mark",
    "a.pdf",
    b"%PDF-1.4\n" + bytes(range(256)) * 20,
    (DamagedFile, "PDF"),
)
odd(
    "an encrypted PDF",
    "a.pdf",
    lambda: paper([Page([(50, 90, 12, STORY)])], password="x"),
    (DamagedFile, "is encrypted; save it without a password"),
)
odd(
    "a scanned PDF",
    "a.pdf",
    lambda: paper([Page([], image=True)] * 2),
    (EmptyArticle, "has no text layer (2 pages of images): run OCR first"),
)
odd("a PDF of empty pages", "a.pdf", lambda: paper([Page([])] * 2), (EmptyArticle, "holds no text"))
odd(
    "a PDF with a stamp alone",
    "a.pdf",
    lambda: paper([Page([], turned="DRAFT")]),
    (EmptyArticle, "holds no text"),
)
odd(
    "a PDF with a stamp",
    "a.pdf",
    lambda: paper([Page([(50, 90, 12, STORY)], turned="DRAFT")]),
    text="harbour",
)
odd(
    "a PDF whose pages hold themselves",
    "a.pdf",
    _one_page(SHOWN, kids="2 0 R"),
    (DamagedFile, "none of its pages"),
)
odd("a PDF page of no size", "a.pdf", _one_page(SHOWN, box="0 0 0 0"), text="harbour")
odd("a PDF page of a mile", "a.pdf", _one_page(SHOWN, box="0 0 9999999 9999999"), text="harbour")
odd(
    "a PDF that inflates",
    "a.pdf",
    lambda: _one_page(_bomb(100_000_000), extra=b"/Filter/FlateDecode"),
    (EmptyArticle, "holds no text"),
)
odd(
    "a PDF with a bad filter",
    "a.pdf",
    _one_page(SHOWN, extra=b"/Filter/NoSuchDecode"),
    text="harbour",
)
odd(
    "a PDF of 1,100 pages", "a.pdf", lambda: paper([Page([])] * 1100), (FileTooLarge, "1,100 pages")
)
odd(
    "a PDF over the limit",
    "a.pdf",
    lambda: _one_page(SHOWN) + b" " * 21_000_000,
    (FileTooLarge, "over the limit of 20 MB"),
)
odd(
    "a PDF named by its program",
    "a.pdf",
    lambda: paper([Page([(50, 90, 12, STORY)])], title="Microsoft Word - a.doc"),
    text="harbour",
)

# -- Word ------------------------------------------------------------------------------------------

LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "'
    + b"ha" * 50
    + b'">'
    + b"".join(f'<!ENTITY {b} "{f"&{a};" * 50}">'.encode() for a, b in ("ab", "bc", "cd", "de"))
    + b"]>"
)
BODY = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
PARAGRAPH = b"<w:p><w:r><w:t>%s</w:t></w:r></w:p>"


def _body(content: bytes, *, prologue: bytes = b"") -> Callable[[], bytes]:
    return lambda: with_part(docx(STORY), "word/document.xml", prologue + BODY % content)


odd("an empty Word document", "a.docx", b"", (DamagedFile, "not a whole .zip"))
odd("Word cut in half", "a.docx", lambda: docx(STORY)[:9000], (DamagedFile, "not a whole .zip"))
odd("Word without text", "a.docx", docx, (EmptyArticle, "holds no text"))
odd(
    "Word with its heading alone",
    "a.docx",
    lambda: docx(header="The Quay"),
    (EmptyArticle, "holds no text"),
)
odd(
    "Word without its body",
    "a.docx",
    lambda: without_part(docx(STORY), "word/document.xml"),
    (DamagedFile, "not a whole Word document"),
)
odd(
    "Word without its styles",
    "a.docx",
    lambda: without_part(docx(STORY), "word/styles.xml"),
    (DamagedFile, "not a whole Word document"),
)
odd(
    "Word whose body is no XML",
    "a.docx",
    lambda: with_part(docx(STORY), "word/document.xml", b"<w:p>oh"),
    (DamagedFile, "not a whole Word document"),
)
odd(
    "Word with a wrong checksum",
    "a.docx",
    lambda: docx(STORY, stored=True).replace(b"harbour", b"harbeur"),
    (DamagedFile, "not a whole"),
)
odd(
    "Word whose body laughs",
    "a.docx",
    _body(PARAGRAPH % b"&e;" + PARAGRAPH % BYTES, prologue=LAUGHS),
    (DamagedFile, "not a whole Word document"),
)
odd(
    "Word that asks for a file",
    "a.docx",
    _body(
        PARAGRAPH % b"&x;" + PARAGRAPH % BYTES,
        prologue=b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    text="harbour",
)
odd(
    "Word nested 5,000 deep",
    "a.docx",
    _body(b"<w:ins>" * 5000 + PARAGRAPH % BYTES + b"</w:ins>" * 5000),
    (DamagedFile, "not a whole Word document"),
)
odd(
    "Word nested 200 deep",
    "a.docx",
    _body(b"<w:ins>" * 200 + PARAGRAPH % BYTES + b"</w:ins>" * 200),
    text="harbour",
)
odd(
    "Word that took all out",
    "a.docx",
    _body(b"<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"),
    (EmptyArticle, "holds no text"),
)
odd(
    "Word that unfolds 1,000 times",
    "a.docx",
    lambda: with_part(docx(STORY), "word/media/a.xml", bytes(60_000_000)),
    (UnsafeArchive, "unfolds more than 200 times"),
)
odd(
    "Word with the program's own name",
    "a.docx",
    lambda: docx(STORY, title="Microsoft Word Document"),
    text="harbour",
)

# -- Tables ----------------------------------------------------------------------------------------

odd("an empty .csv", "a.csv", b"", (EmptyArticle, "holds no text"))
odd("a .csv of its columns alone", "a.csv", b"title,text\n", reads=0)
odd("a .csv without a text", "a.csv", b"name,age\nAda,36\n", (UnsupportedFormat, "(name, age)"))
odd(
    "a .csv with semicolons", "a.csv", f"id;titel;text\n7;Bridge;{STORY}\n".encode(), text="harbour"
)
odd("a .csv named .tsv", "a.tsv", f'title,text\nBridge,"{STORY}"\n'.encode(), text="harbour")
odd(
    "a .csv with a mark",
    "a.csv",
    b"\xef\xbb\xbftext,title\n" + BYTES + b",Bridge\n",
    text="harbour",
)
odd("a .csv in UTF-16", "a.csv", f"title\ttext\nBridge\t{STORY}\n".encode("utf-16"), text="harbour")
odd(
    "a .csv in Western bytes",
    "a.csv",
    f"title,text\nCafé,{STORY} Très bien, dit-il à Orléans.\n".replace(", dit", " dit").encode(
        "cp1252"
    ),
    text="Café",
)
odd(
    "a .csv in two encodings",
    "a.csv",
    f"title,text\nCafé,{STORY}\n".encode() * 1 + f"Café,{STORY}\n".encode("cp1252"),
    reads=2,
    text="Café",
)
odd("a .csv with NULs", "a.csv", b"title,text\nBr\0idge," + BYTES + b"\n", text="Bridge")
odd("a .csv of noise", "a.csv", bytes(range(256)) * 9, (NotText, "binary"))
odd(
    "a .csv with lines in a cell",
    "a.csv",
    f'title,text\nBridge,"{STORY}\n\nAnd more."\n'.encode(),
    text="And more",
)
odd(
    "a .csv with a quote left open",
    "a.csv",
    f'title,text\n"Bridge,{STORY}\nPier,{STORY}\n'.encode(),
    (DamagedFile, "quote"),
    reads=1,
    text="Pier",
)
odd(
    "a .csv with a quote left open at its end",
    "a.csv",
    f'title,text\nPier,{STORY}\nBridge,"{STORY}\n'.encode(),
    reads=2,
)
odd(
    "a .csv with a row too wide",
    "a.csv",
    f"title,text\nBridge,Close, it will.\nPier,{STORY}\n".encode(),
    (DamagedFile, "has 3 columns where the first row has 2"),
    reads=1,
    text="Pier",
)
odd(
    "a .csv with a row too short",
    "a.csv",
    f"id,title,text\n1\n2,Pier,{STORY}\n".encode(),
    (DamagedFile, "has 1 columns"),
    reads=1,
)
odd(
    "a .csv with an empty text",
    "a.csv",
    f"title,text\nBridge,\nPier,{STORY}\n".encode(),
    (EmptyArticle, "column text is empty"),
    reads=1,
)
odd(
    "a .csv with a cell over the limit",
    "a.csv",
    lambda: b"title,text\nBridge," + b"x " * 10_500_000 + b"\nPier," + BYTES + b"\n",
    (DamagedFile, "over the limit"),
    reads=1,
    text="Pier",
)
odd(
    "a .csv with one id twice", "a.csv", f"id,text\n7,{STORY}\n7,{STORY} Again.\n".encode(), reads=2
)
odd(
    "a .csv with tags",
    "a.csv",
    f'title,text\nBridge,"<p>{STORY}</p><script>x()</script><p>The council voted on Monday.</p>"\n'.encode(),
    text="harbour",
)
odd(
    "a .csv with 3,000 columns",
    "a.csv",
    (",".join(f"c{i}" for i in range(3000)) + ",text\n" + "," * 3000 + STORY + "\n").encode(),
    text="harbour",
)
odd("an empty .jsonl", "a.jsonl", b"\n\n", (EmptyArticle, "holds no text"))
odd(
    "a .jsonl with a bad line",
    "a.jsonl",
    rows({"text": STORY}) + b'{"text": oh}\n' + rows({"text": STORY + " Again."}),
    (DamagedFile, "is not JSON"),
    reads=2,
)
odd(
    "a .jsonl that ends in a line",
    "a.jsonl",
    rows({"text": STORY}) + b'{"text": "The har',
    (DamagedFile, "is not JSON"),
    reads=1,
)
odd(
    "a .jsonl of numbers",
    "a.jsonl",
    b"1\n2\n",
    (DamagedFile, "not an object"),
    (DamagedFile, "not an object"),
)
odd(
    "a .jsonl of noise",
    "a.jsonl",
    b"oh no\n" * 500,
    *[(DamagedFile, "is not JSON")] * 99,
    (DamagedFile, "first 100 lines are not JSON"),
)
odd(
    "a .jsonl nested deep",
    "a.jsonl",
    b'{"text": ' + b"[" * 100_000 + b"\n" + rows({"text": STORY}),
    (DamagedFile, "JSON"),
    reads=1,
)
odd(
    "a .jsonl with half a character",
    "a.jsonl",
    b'{"text": "The \\ud800 bridge will close in March."}',
    text="bridge",
)
odd(
    "a .jsonl with NULs escaped",
    "a.jsonl",
    b'{"text": "The\\u0000 bridge \\u001b[31mwill close in March."}',
    text="bridge",
)
odd("a .jsonl without a text", "a.jsonl", rows({"a": 1}, {"b": 2}), (UnsupportedFormat, "(a, b)"))
odd(
    "a .jsonl with a line over the limit",
    "a.jsonl",
    lambda: b'{"text": "' + b"x " * 10_500_000 + b'"}\n' + rows({"text": STORY}),
    (DamagedFile, "over the limit"),
    reads=1,
)
odd(
    "a .jsonl with a number of 9,999 digits",
    "a.jsonl",
    b'{"n": ' + b"9" * 9999 + b"}\n" + rows({"text": STORY}),
    (DamagedFile, "JSON"),
    reads=1,
)
odd(
    "a .json of one object",
    "a.json",
    json.dumps({"headline": "Bridge", "body": STORY}, indent=2).encode(),
    text="harbour",
)
odd(
    "a .json of a list",
    "a.json",
    json.dumps([{"body": STORY}, {"body": STORY + " Again."}], indent=2).encode(),
    reads=2,
)
odd(
    "a .json of a list in an object",
    "a.json",
    json.dumps({"status": "ok", "articles": [{"content": STORY}]}).encode(),
    text="harbour",
)
odd(
    "a .json cut short",
    "a.json",
    json.dumps([{"body": STORY}, {"body": STORY}]).encode()[:-9],
    (DamagedFile, "not JSON after item 1"),
    reads=1,
)
odd(
    "a .json of settings",
    "a.json",
    b'{"compilerOptions": {"strict": true}}',
    (UnsupportedFormat, "compilerOptions"),
)
odd("a .json of an empty list", "a.json", b"[]", (EmptyArticle, "holds no text"))
odd("a .json of noise", "a.json", b"oh no\n", (DamagedFile, "is not JSON"))
odd("a .json nested deep", "a.json", b"[" * 100_000, (DamagedFile, "nested too deep"))

# -- Packed ----------------------------------------------------------------------------------------


def _twice() -> bytes:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return packed([("a.txt", BYTES), ("a.txt", BYTES + b" Again.")])


def _unsaid() -> bytes:
    """A name in UTF-8 without the flag that says so."""
    return packed([("cafe.txt", BYTES)]).replace(b"cafe.txt", "caé.txt".encode())


def _locked(data: bytes) -> bytes:
    """The same .zip with every entry marked as encrypted."""
    return _flagged(data, at_local=6, at_central=8, value=1)


def _unknown(data: bytes) -> bytes:
    return _flagged(data, at_local=8, at_central=10, value=77)


def _flagged(data: bytes, *, at_local: int, at_central: int, value: int) -> bytes:
    out = bytearray(data)
    for mark, at in ((b"PK\x03\x04", at_local), (b"PK\x01\x02", at_central)):
        start = out.find(mark)
        while start >= 0:
            out[start + at] = value
            start = out.find(mark, start + 4)
    return bytes(out)


def _linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo("a.txt")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


odd("an empty .zip", "a.zip", packed([]), (EmptyArticle, "holds no file that can be read"))
odd(
    "a .zip of pictures",
    "a.zip",
    packed([("a.png", b"x"), ("b/c.jpg", b"x")]),
    (EmptyArticle, "holds no file that can be read"),
)
odd("a .zip of no bytes", "a.zip", b"", (DamagedFile, "not a whole .zip"))
odd(
    "a .zip cut short",
    "a.zip",
    packed([("a.txt", BYTES * 99)])[:-30],
    (DamagedFile, "not a whole .zip"),
)
odd(
    "a .zip with a wrong checksum",
    "a.zip",
    packed([("a.txt", BYTES)], method=0).replace(b"harbour", b"harbeur"),
    (DamagedFile, "CRC"),
)
any_outcome(
    "a .zip with noise in a member",
    "a.zip",
    packed([("a.txt", BYTES * 99), ("b.txt", BYTES)]).replace(b"\xcd", b"\xce"),
)
odd(
    "a .zip that leads up",
    "a.zip",
    packed([("../../a.txt", BYTES), ("b.txt", BYTES)]),
    (UnsafeArchive, "outside of the packed file"),
    reads=1,
)
odd(
    "a .zip that leads to the root",
    "a.zip",
    packed([("/etc/a.txt", BYTES), ("b.txt", BYTES)]),
    (UnsafeArchive, "outside of the packed file"),
    reads=1,
)
odd(
    "a .zip that leads to a drive",
    "a.zip",
    packed([("C:\\a.txt", BYTES), ("..\\b.txt", BYTES)]),
    (UnsafeArchive, "outside"),
    (UnsafeArchive, "outside"),
)
odd(
    "a .zip bomb",
    "a.zip",
    lambda: packed([("a.txt", bytes(15_000_000)), ("b.txt", BYTES)]),
    (UnsafeArchive, "unfolds more than 200 times"),
    reads=1,
)
odd(
    "a .zip of a member over the limit",
    "a.zip",
    lambda: packed([("a.txt", BYTES * 270_000)], method=0),
    (FileTooLarge, "over the limit of 20 MB"),
)
odd(
    "a .zip three deep",
    "a.zip",
    packed([("b.zip", packed([("c.zip", packed([("d.txt", BYTES)]))]))]),
    text="harbour",
)
odd(
    "a .zip four deep",
    "a.zip",
    packed([("b.zip", packed([("c.zip", packed([("d.zip", packed([("e.txt", BYTES)]))]))]))]),
    (UnsafeArchive, "more than 2 deep"),
)
odd("a .zip with one name twice", "a.zip", _twice, (DamagedFile, "stands twice"), reads=1)
odd(
    "a .zip of a Macintosh",
    "a.zip",
    packed([("a.txt", BYTES), ("__MACOSX/._a.txt", b"\0"), (".DS_Store", b"\0")]),
    text="harbour",
)
odd(
    "a .zip with an empty member",
    "a.zip",
    packed([("a.txt", b""), ("b.txt", BYTES)]),
    (EmptyArticle, "holds no text"),
    reads=1,
)
odd(
    "a .zip with a bad member of each kind",
    "a.zip",
    packed([("a.pdf", b"x"), ("b.docx", b"x"), ("c.txt", b"\0"), ("d.doc", b"x"), ("e.md", BYTES)]),
    (DamagedFile, "PDF"),
    (DamagedFile, ".zip"),
    (NotText, "binary"),
    (UnsupportedFormat, "old Word"),
    reads=1,
)
odd(
    "a .zip with a table",
    "a.zip",
    packed([("t.jsonl", rows({"text": STORY}, {"text": STORY + " Again."}))]),
    reads=2,
)
odd(
    "a .zip with a PDF and Word",
    "a.zip",
    lambda: packed([("a.pdf", plain_pdf(STORY)), ("b.docx", docx(STORY))]),
    reads=2,
)
odd("a .zip with names in UTF-8 unsaid", "a.zip", _unsaid, text="harbour")
odd(
    "a .zip with a name of escape codes",
    "a.zip",
    packed([("a\x1b[31m\nb.txt", BYTES)]),
    text="harbour",
)
odd(
    "an encrypted .zip",
    "a.zip",
    lambda: _locked(packed([("a.txt", BYTES), ("b.txt", BYTES)])),
    (DamagedFile, "is encrypted"),
    (DamagedFile, "is encrypted"),
)
odd(
    "a .zip packed in an unknown way",
    "a.zip",
    lambda: _unknown(packed([("a.txt", BYTES)])),
    (DamagedFile, "not read"),
)
odd("a .zip whose member is a link", "a.zip", _linked, (UnsafeArchive, "is a link"))
odd("a .tar", "a.tar", tarred([("./a.txt", BYTES)], mode="w"), text="harbour")
odd("a .tgz", "a.tgz", tarred([("a.txt", BYTES), ("b/c.md", BYTES)]), reads=2)
odd("a .tar.gz", "a.tar.gz", tarred([("a.txt", BYTES)]), text="harbour")
odd("an empty .tar.gz", "a.tar.gz", tarred([]), (EmptyArticle, "holds no file"))
odd(
    "a .tar.gz cut short",
    "a.tar.gz",
    tarred([("a.txt", os.urandom(2000).hex().encode())])[:900],
    (DamagedFile, "cut short or damaged"),
)
odd(
    "a .tar.gz of noise",
    "a.tar.gz",
    b"\x1f\x8b\x08\0" + bytes(range(200)),
    (DamagedFile, "cut short or damaged"),
)
odd(
    "a .tar that leads up",
    "a.tar.gz",
    tarred([("../a.txt", BYTES), ("b.txt", BYTES)]),
    (UnsafeArchive, "outside"),
    reads=1,
)
odd(
    "a .tar with a link",
    "a.tar.gz",
    tarred([("a.txt", b"/etc/passwd")], kind=tarfile.SYMTYPE),
    (UnsafeArchive, "is a link"),
)
odd(
    "a .tar with a hard link",
    "a.tar.gz",
    tarred([("a.txt", b"../../etc/passwd")], kind=tarfile.LNKTYPE),
    (UnsafeArchive, "is a link"),
)
odd(
    "a .tar with a device",
    "a.tar.gz",
    tarred([("a.txt", b"")], kind=tarfile.CHRTYPE),
    (UnsafeArchive, "is a device"),
)
odd(
    "a .tar with a pipe",
    "a.tar.gz",
    tarred([("a.txt", b"")], kind=tarfile.FIFOTYPE),
    (UnsafeArchive, "is a device"),
)
odd(
    "a .tar with a name that is not UTF-8",
    "a.tar",
    tarred([(os.fsdecode(b"caf\xe9.txt"), BYTES)], mode="w"),
    text="harbour",
)
odd("a .gz of one text", "a.txt.gz", gzip.compress(BYTES), text="harbour")
odd(
    "a .gz of one table",
    "a.jsonl.gz",
    gzip.compress(rows({"text": STORY}, {"text": STORY + " Again."})),
    reads=2,
)
odd("a .gz of nothing", "a.txt.gz", gzip.compress(b""), (EmptyArticle, "holds no text"))
odd(
    "a .gz of a picture",
    "a.png.gz",
    gzip.compress(b"\x89PNG" + bytes(99)),
    (UnsupportedFormat, "no reader"),
)
odd(
    "a .gz bomb",
    "a.txt.gz",
    lambda: gzip.compress(bytes(15_000_000)),
    (UnsafeArchive, "unfolds more than 200 times"),
)
odd(
    "a .gz with a wrong checksum",
    "a.txt.gz",
    gzip.compress(BYTES)[:-8] + bytes(8),
    (DamagedFile, "cut short or damaged"),
)


# -- Pages, mail, feeds, books: what their own tests do not make --------------------------------------

any_outcome("an empty page", "a.html", b"")
any_outcome(
    "a page of scripts", "a.html", b"<html><script>document.write('<p>no</p>')</script></html>"
)
any_outcome("a page of open tags", "a.html", b"<p><b><i>" + BYTES + b"<div><table><tr>")
any_outcome("a page 20,000 deep", "a.html", lambda: b"<div>" * 20_000 + BYTES)
any_outcome("a page of one megabyte on a line", "a.html", lambda: b"<p>" + BYTES * 13_000)
any_outcome("a page with NULs", "a.html", HTML.replace(b"harbour", b"har\0bour"))
any_outcome(
    "a page in a false encoding", "a.html", b'<html><meta charset="utf-16"><body><p>' + BYTES
)
any_outcome(
    "a page that asks for a file",
    "a.xhtml",
    b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>&x; '
    + BYTES
    + b"</p></body></html>",
)
odd(
    "a mail whose sender is an escape code",
    "a.eml",
    b"From:\x1b[31m Ada Moss <ada@quay.example>\r\nSubject: Bridge\r\n\r\n" + BYTES,
    text="harbour",
)
odd(
    "a row whose address holds a NUL",
    "a.jsonl",
    b'{"url": "https://\\u0000quay.example/a", "text": "' + BYTES + b'"}',
    text="harbour",
)
any_outcome("an empty mail", "a.eml", b"")
any_outcome("a mail of headers", "a.eml", b"Subject: Bridge\r\nFrom: a@quay.example\r\n\r\n")
any_outcome(
    "a mail in an unknown encoding",
    "a.eml",
    b"Subject: =?x-no?B?////?=\r\nContent-Type: text/plain; charset=x-no\r\n\r\n" + BYTES,
)
any_outcome("an empty mailbox", "a.mbox", b"")
any_outcome(
    "a feed that laughs",
    "a.rss",
    LAUGHS + b"<rss><channel><item><title>&e;</title></item></channel></rss>",
)
any_outcome("a feed cut short", "a.xml", b"<rss><channel><item><title>Bridge</title><desc")
any_outcome(
    "a book that is no book", "a.epub", packed([("mimetype", b"application/epub+zip")], method=0)
)
any_outcome("a book of no bytes", "a.epub", b"")
