"""Packed files: places, depth, bounds, and that one bad member does not cost the others."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from oddfiles import STORY, packed, rows, tarred

from corpus import Article, CorpusError, ReadOptions
from corpus.errors import FileTooLarge, UnsafeArchive
from corpus.readers import parse

TEXT = STORY.encode()


def items(data: bytes, name: str = "a.zip", **limits: int) -> list[Article | CorpusError]:
    return list(parse(io.BytesIO(data), path=Path(name), options=ReadOptions(**limits)))


def places(found: list[Article | CorpusError]) -> list[str]:
    assert all(isinstance(item, Article) for item in found), found
    return [item.member for item in found]


def test_a_member_is_called_by_its_name_in_every_pack() -> None:
    table = rows({"id": "x7", "text": STORY}, {"text": STORY})
    inner = tarred([("./c.md", TEXT), ("d.jsonl", table)])
    data = packed([("n/a.txt", TEXT), ("n/b.tar.gz", inner)])
    wanted = ["n/a.txt", "n/b.tar.gz/c.md", "n/b.tar.gz/d.jsonl/x7", "n/b.tar.gz/d.jsonl/line 2"]
    found = items(data)
    assert places(found) == wanted
    assert all(item.path == Path("a.zip") for item in found)


def test_a_single_gz_has_no_members_but_its_rows() -> None:
    assert places(items(gzip.compress(TEXT), "a.txt.gz")) == [""]
    assert places(items(gzip.compress(rows({"text": STORY}) * 2), "a.jsonl.gz")) == ["1", "2"]


def test_markdown_in_a_pack_is_markdown() -> None:
    [found] = items(packed([("a.md", b"# Bridge to close now\n\n" + TEXT + b" See [it](x).")]))
    assert isinstance(found, Article)
    assert found.title == "Bridge to close now"
    assert found.text.endswith("See it.")


def test_members_in_all_are_bounded() -> None:
    data = packed([(f"{n}.txt", TEXT) for n in range(9)])
    assert len(items(data, most_members=9)) == 9
    with pytest.raises(UnsafeArchive, match="holds more than 8 files"):
        items(data, most_members=8)
    nested = packed([("a.zip", data), ("b.zip", data)])
    with pytest.raises(UnsafeArchive, match="holds more than 12 files"):
        items(nested, most_members=12)


def test_bytes_in_all_are_bounded() -> None:
    members = [(f"{n}.txt", TEXT * 1000) for n in range(9)]
    for data, name in ((packed(members), "a.zip"), (tarred(members), "a.tgz")):
        with pytest.raises(UnsafeArchive, match="unfolds to over the limit of 0 MB"):
            items(data, name, largest_packed=400_000)


def test_bytes_of_a_member_are_bounded_and_the_rest_goes_on() -> None:
    data = packed([("a.txt", TEXT * 1000), ("b.txt", TEXT)])
    large, small = items(data, largest_file=50_000)
    assert isinstance(large, FileTooLarge)
    assert large.member == "a.txt"
    assert isinstance(small, Article)


def test_a_large_table_in_a_pack_is_not_held() -> None:
    table = rows(*[{"text": f"{STORY} It costs {n} crowns."} for n in range(500)])
    for data, name in (
        (packed([("t.jsonl", table)]), "a.zip"),
        (tarred([("t.jsonl", table)]), "a.tgz"),
    ):
        assert len(places(items(data, name, largest_file=1000))) == 500


def test_nothing_is_ever_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    items(packed([("a.txt", TEXT), ("b/c.txt", TEXT)]))
    items(tarred([("a.txt", TEXT), ("b/c.txt", TEXT)]), "a.tgz")
    items(tarred([("l.txt", b"a.txt")], kind=tarfile.SYMTYPE), "a.tgz")
    assert list(tmp_path.iterdir()) == []
