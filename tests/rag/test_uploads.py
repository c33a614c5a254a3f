"""Files that are handed in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import Archive, ArchiveNotWritable, IngestError
from rag.changes import IngestProgress
from rag.embedder import OnnxEmbedder
from rag.errors import UploadRefused
from rag.uploads import forget_upload, is_upload, keep_upload, safe_name, uploads_folder
from rag.visits import passages


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.docx", "a b.docx"),
        (".hidden", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\n<b>.txt", "a_b__b_.txt"),
        ("![x](http://evil.example).html", "evil.example).html"),
        ("CON.txt", "_CON.txt"),
        ("naïve – 東京.md", "naïve _ 東京.md"),
        ("articles.tar.gz", "articles.tar.gz"),
        ("\ud800.txt", "_.txt"),
    ],
)
def test_names_are_made_safe(name: str, kept: str) -> None:
    assert safe_name(name) == kept if kept != "_.txt" else safe_name(name).endswith(".txt")


@given(st.text(max_size=300))
def test_any_name_can_be_kept(name: str) -> None:
    kept = safe_name(name)
    assert kept == Path(kept).name
    assert 0 < len(kept.encode()) <= 130
    assert kept.isprintable()
    assert not kept.startswith(".")
    assert safe_name(kept) == kept


def keep(home: Path, name: str = "a.txt", content: bytes = b"One.") -> Path:
    return keep_upload(content, name=name, home=home, largest=100)


def test_nothing_is_overwritten_and_the_same_is_kept_once(tmp_path: Path) -> None:
    first = keep(tmp_path)
    assert keep(tmp_path) == first
    second = keep(tmp_path, content=b"Two.")
    third = keep(tmp_path, content=b"Three.")
    assert [p.name for p in (first, second, third)] == ["a.txt", "a-2.txt", "a-3.txt"]
    assert (first.read_bytes(), second.read_bytes()) == (b"One.", b"Two.")
    assert keep(tmp_path, content=b"Two.") == second
    assert sorted(path.name for path in uploads_folder(tmp_path).iterdir()) == [
        "a-2.txt",
        "a-3.txt",
        "a.txt",
    ]
    assert keep(tmp_path, name="x.tar.gz").name == "x.tar.gz"
    assert keep(tmp_path, name="x.tar.gz", content=b"2").name == "x-2.tar.gz"


def test_what_is_empty_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UploadRefused, match="it is empty"):
        keep(tmp_path, content=b"")
    with pytest.raises(UploadRefused, match=r"the limit is 0\.0 MB"):
        keep(tmp_path, content=b"x" * 101)
    assert not uploads_folder(tmp_path).exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file")
    with pytest.raises(ArchiveNotWritable):
        keep(tmp_path)


def test_only_uploads_are_deleted(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = keep(home)
    other = tmp_path / "other.txt"
    other.write_text("Mine.")
    assert is_upload(path, home=home)
    assert not forget_upload(other, home=home)
    assert not forget_upload(home / "uploads" / ".." / ".." / "other.txt", home=home)
    assert other.exists()
    assert forget_upload(path, home=home)
    assert not home.exists()  # it was made for the upload


def test_uploads_are_read_and_found_again(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    home = tmp_path / "home"
    text = b"Harbour opens\n\nThe new harbour of Leros opened on Tuesday, the mayor said.\n"
    good = keep_upload(text, name="good.txt", home=home, largest=1000)
    bad = keep_upload(b"%PDF-1.4 nothing", name="bad.pdf", home=home, largest=1000)
    seen: list[IngestProgress] = []
    with Archive.open(home, embedder=embedder) as archive:
        with pytest.raises(IngestError) as caught:
            archive.ingest(bad)
        assert [place for place, _ in caught.value.failed] == [str(bad)]
        report = archive.ingest([good, bad], progress=seen.append)
        assert (report.added, len(report.failed)) == (1, 1)
        told = {now.path: now.failure for now in seen if now.path}
        assert told[good] == ""
        assert "PDF" in told[bad]
        bad.unlink()
        assert archive.ingest(uploads_folder(home)).unchanged == 1
        archive.backup(tmp_path / "copy")
        assert (tmp_path / "copy" / "uploads" / "good.txt").read_bytes() == text
        [article] = archive.articles()
        assert passages(archive, article.id)[0][0] == 0
