"""Which files to read: files, folders and patterns to paths."""

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from corpus.formats import SUFFIXES
from corpus.formats._kinds import UNREAD

__all__ = ["find_files", "is_pattern"]

_SOUGHT = SUFFIXES | UNREAD.keys()
"""What a folder is searched for: also what can only be refused, so that it is not passed over."""
_WILD = re.compile(r"[*?\[]")


def find_files(sources: Path | str | Iterable[Path | str]) -> Iterator[Path]:
    """The files at `sources` (files, folders, patterns), sorted, each once, hidden left out.

    A folder is searched through. A file named outright is yielded whatever its suffix, so that it
    is refused by name rather than passed over; so are a folder that cannot be listed and a source
    that is not there. Links to folders are not followed, which also ends loops. In a pattern, `**`
    stands for any folders.
    """
    listed = [sources] if isinstance(sources, Path | str) else sources
    seen: set[Path] = set()
    for source in listed:
        for path in _files_at(Path(source)):
            if path not in seen:
                seen.add(path)
                yield path


def is_pattern(source: Path | str) -> bool:
    """Whether it is to be matched with names: it holds a wildcard and no file is called so."""
    return bool(_WILD.search(str(source))) and not os.path.lexists(source)


def _files_at(source: Path) -> Iterator[Path]:
    if is_pattern(source):
        found = False
        for path in _matching(source):
            found = True
            yield path
        if not found:
            yield source
    elif os.path.isdir(source):  # noqa: PTH112  a name may be too long to be asked for
        for path, listable in _walk(source):
            if not listable or path.suffix.lower() in _SOUGHT:
                yield path
    else:
        yield source


def _walk(root: Path) -> Iterator[tuple[Path, bool]]:
    """Every file under a folder, sorted, then the folders that could not be listed (False)."""
    unlisted: list[Path] = []
    listing = os.walk(root, onerror=lambda error: unlisted.append(Path(error.filename)))
    for folder, folders, names in listing:
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from ((Path(folder, name), True) for name in sorted(names) if name[0] != ".")
    yield from ((folder, False) for folder in unlisted)


def _matching(pattern: Path) -> Iterator[Path]:
    """The files that a pattern matches, and those in folders that it matches."""
    parts = pattern.parts
    wild = next(index for index, part in enumerate(parts) if _WILD.search(part))
    root, form = Path(*parts[:wild]), parts[wild:]
    # "*.text" names its files outright; "*" takes what a folder would give.
    outright = "." in form[-1]
    for path, listable in _walk(root):
        names = path.relative_to(root).parts
        if not _matches(names, form, within=True):
            continue
        named = outright and _matches(names, form, within=False)
        if not listable or named or path.suffix.lower() in _SOUGHT:
            yield path


def _matches(names: Sequence[str], form: Sequence[str], *, within: bool) -> bool:
    """Whether a path matches a pattern, part by part; with `within`, or a folder above it does."""
    if not form:
        return within or not names
    if form[0] == "**":
        rests = range(len(names) + 1)
        return any(_matches(names[rest:], form[1:], within=within) for rest in rests)
    if not names or not fnmatch.fnmatchcase(names[0], form[0]):
        return False
    return _matches(names[1:], form[1:], within=within)
