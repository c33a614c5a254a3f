"""Packed files: each member is read by the reader of its kind, in memory, within bounds."""

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from corpus.errors import (
    CorpusError,
    DamagedFile,
    EmptyArticle,
    FileTooLarge,
    UnsafeArchive,
    one_line,
)
from corpus.formats import MANY, SUFFIXES
from corpus.formats._dispatch import faults_told, read_raws, readable_kind
from corpus.formats._kinds import UNREAD, kind_of
from corpus.formats._zip import check_ratio, open_packed, packing_faults
from corpus.raw import Raw, ReadOptions

__all__ = ["read_packed"]

_PACKED = frozenset({".zip", ".tar", ".gz", ".tgz"})
_TABLES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json"})
"""What is read from its start to its end, row by row: the one kind that may be large in a pack."""
_SOUGHT = SUFFIXES | UNREAD.keys()
_DEEPEST = 2
_HELD = 10
"""A member that holds several articles is held in memory, up to so many times the largest file."""
_PART = 65_536
_OUTSIDE = re.compile(r"^(?:[/\\]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)")


@dataclass
class _Budget:
    """What is left of the bounds of one packed file and all that is packed within it."""

    options: ReadOptions
    path: Path
    bytes: int = field(init=False)
    members: int = field(init=False)

    def __post_init__(self) -> None:
        self.bytes = self.options.largest_packed
        self.members = self.options.most_members

    @property
    def spent(self) -> bool:
        return self.bytes < 0 or self.members < 0

    def take_member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise UnsafeArchive(
                self.path, f"holds more than {self.options.most_members:,} files; split it up"
            )

    def take_bytes(self, count: int) -> None:
        self.bytes -= count
        if self.bytes < 0:
            limit = self.options.largest_packed / 1e6
            raise UnsafeArchive(self.path, f"unfolds to over the limit of {limit:,.0f} MB")


def read_packed(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """The articles of every member that can be read; a member's name is the article's place.

    A member that cannot be read, or that names a place outside, is yielded as an error.
    """
    found = False
    budget = _Budget(options, path)
    with packing_faults(path):
        for item in _members(stream, path, budget, inner=path, depth=0):
            found = True
            yield item
    if not found:
        kinds = ", ".join(sorted(SUFFIXES - _PACKED))
        raise EmptyArticle(path, f"holds no file that can be read (read are {kinds})")


def _members(
    stream: BinaryIO, path: Path, budget: _Budget, *, inner: Path, depth: int
) -> Iterator[Raw | CorpusError]:
    """What a packed file holds; `inner` is its own name, `path` that of the outermost."""
    kind = kind_of(stream, inner)
    if kind == ".zip":
        yield from _zip_members(stream, path, budget, depth)
    elif kind == ".tar":
        yield from _tar_members(stream, path, budget, depth)
    else:
        unpacked = _Forward(cast("IO[bytes]", gzip.GzipFile(fileobj=stream)), budget, packed=stream)
        name = inner.stem + (".tar" if inner.suffix.lower() == ".tgz" else "")
        head = unpacked.read(512)
        unpacked.seek(0)
        if name.lower().endswith(".tar") or head[257:262] == b"ustar":
            yield from _tar_members(unpacked, path, budget, depth)
        else:
            yield from _contents(unpacked, path, budget, name=name, member="", depth=depth)


def _zip_members(
    stream: BinaryIO, path: Path, budget: _Budget, depth: int
) -> Iterator[Raw | CorpusError]:
    archive = open_packed(stream, path=path)
    seen: set[str] = set()
    for entry in archive.infolist():
        if entry.is_dir():
            continue

        def opened(entry: zipfile.ZipInfo = entry) -> IO[bytes]:
            check_ratio(entry.file_size, entry.compress_size, path=path)
            return archive.open(entry)

        yield from _member(
            opened,
            path,
            budget,
            name=_zip_name(entry),
            seen=seen,
            depth=depth,
            barred="a link" if entry.external_attr >> 28 == 0xA else "",
        )


def _tar_members(
    stream: "BinaryIO | _Forward", path: Path, budget: _Budget, depth: int
) -> Iterator[Raw | CorpusError]:
    seen: set[str] = set()
    # "|": forward only, so that a compressed one is unfolded once.
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            barred = "a link" if entry.issym() or entry.islnk() else "a device"

            def opened(entry: tarfile.TarInfo = entry) -> IO[bytes]:
                return cast("IO[bytes]", archive.extractfile(entry))

            yield from _member(
                opened,
                path,
                budget,
                name=entry.name.removeprefix("./"),
                seen=seen,
                depth=depth,
                barred="" if entry.isfile() else barred,
            )
            archive.members.clear()  # type: ignore[attr-defined]  # it would keep every one


def _member(
    opened: Callable[[], IO[bytes]],
    path: Path,
    budget: _Budget,
    *,
    name: str,
    seen: set[str],
    depth: int,
    barred: str,
) -> Iterator[Raw | CorpusError]:
    """One member's articles, or the one error that says why there is none."""
    budget.take_member()
    shown = one_line(name)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    skipped = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    skipped = skipped or PurePosixPath(name).suffix.lower() not in _SOUGHT
    if _OUTSIDE.search(name):
        yield UnsafeArchive(path, "names a place outside of the packed file", member=shown)
    elif skipped:
        return
    elif barred:
        yield UnsafeArchive(path, f"is {barred}, not a file", member=shown)
    elif shown in seen:
        yield DamagedFile(path, "stands twice in the packed file; the first was read", member=shown)
    else:
        seen.add(shown)
        try:
            with faults_told(path), packing_faults(path), opened() as stream:
                yield from _contents(
                    _Forward(stream, budget),
                    path,
                    budget,
                    name=shown,
                    member=shown,
                    depth=depth + 1,
                )
        except CorpusError as error:
            if budget.spent:
                raise
            yield type(error)(path, error.reason, member=_joined(shown, error.member))


def _contents(
    content: "_Forward", path: Path, budget: _Budget, *, name: str, member: str, depth: int
) -> Iterator[Raw | CorpusError]:
    """The articles of one unpacked stream that is called `name`."""
    inner, options = Path(name), budget.options
    head = content.read(2)
    content.seek(0)
    stream = cast("BinaryIO", content)
    if inner.suffix.lower() not in _TABLES or head in (b"PK", b"%P"):
        limit = options.largest_file * (_HELD if inner.suffix.lower() in MANY else 1)
        data = content.read(limit + 1)
        if len(data) > limit:
            raise FileTooLarge(path, f"is over the limit of {limit / 1e6:.0f} MB; split it up")
        stream = io.BytesIO(data)
    if readable_kind(stream, inner) not in _PACKED:
        items = read_raws(stream, path=inner, options=options)
    elif depth <= _DEEPEST:
        items = _members(stream, path, budget, inner=inner, depth=depth)
    else:
        raise UnsafeArchive(path, f"is packed more than {_DEEPEST} deep; unpack it once")
    for item in items:
        if isinstance(item, CorpusError):
            yield type(item)(path, item.reason, member=_joined(member, item.member))
        else:
            yield replace(item, member=_joined(member, item.member))


class _Forward(io.RawIOBase):
    """A stream that is read once, within the budget; back to its start from its first part only."""

    def __init__(
        self, stream: IO[bytes], budget: _Budget, *, packed: BinaryIO | None = None
    ) -> None:
        self._stream = stream
        self._budget = budget
        self._packed = packed
        self._head = b""
        self._at = 0
        self._drawn = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """To a place in the first part, while no more than that was read; no other."""
        if whence == io.SEEK_CUR:
            offset += self._at
        if offset != self._at:
            if whence == io.SEEK_END or self._drawn > len(self._head) or offset > self._drawn:
                raise io.UnsupportedOperation("only back to the start")
            self._at = offset
        return offset

    def read(self, size: int | None = -1) -> bytes:
        """As of any stream; the part that was seen already first."""
        wanted = 1 << 62 if size is None or size < 0 else size
        parts = [self._head[self._at : self._at + wanted]]
        got = len(parts[0])
        self._at += got
        while got < wanted and (part := self._draw(min(_PART, wanted - got))):
            parts.append(part)
            got += len(part)
            self._at += len(part)
        return b"".join(parts)

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def _draw(self, size: int = _PART) -> bytes:
        part = self._stream.read(size)
        self._drawn += len(part)
        self._budget.take_bytes(len(part))
        if self._packed:
            check_ratio(self._drawn, self._packed.tell(), path=self._budget.path)
        if len(self._head) + len(part) == self._drawn and self._drawn <= 2 * _PART:
            self._head += part
        return part


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The name in UTF-8 where it is that, though the .zip does not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _joined(outer: str, inner: str) -> str:
    return "/".join(filter(None, (outer, inner)))
