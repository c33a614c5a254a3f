"""What files hold that the archive does not, found and written in one pass over them."""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from corpus import Article, ReadOptions
from corpus.events import ArticleFailed, ArticleRead, FileDone, FileEvent, FileStarted
from corpus.pages import page_of
from corpus.worker import ReadingProcess, read_here
from rag.types import IngestReport
from rag.writing import Writing
from vectorstore import Catalog, FileRecord, FileState
from vectorstore.versions import earlier_articles

__all__ = ["Approve", "Changes", "IngestProgress", "Progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    """How far an ingest is: files looked at, of how many; passages written, and embedded.

    `path` is the file that was looked at last, `failure` why nothing of it could be read.
    """

    files_done: int
    files: int
    passages: int
    embedded: int
    path: Path | None = None
    failure: str = ""


Progress = Callable[[IngestProgress], None]
_FEW = 20
"""Plain files that are read in this process: starting another takes longer than reading them."""
_PLAIN = frozenset({".txt", ".md"})

Approve = Callable[[Sequence[Article]], bool]
"""Asked before articles are taken out; False leaves them in."""


@dataclass
class _File:
    """A file while it is read: the articles that it held before and those that it holds now."""

    path: Path
    before: dict[str, set[str]]
    """Article ids by their place in the file."""
    held: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    new: set[str] = field(default_factory=set)

    @property
    def old(self) -> set[str]:
        """Every article that it held before."""
        return set().union(*self.before.values())


@dataclass(kw_only=True)
class Changes:
    """One pass over the files. What differs goes to the writing, which `begin` opens at the first
    difference; with `begin` None nothing is written and only the counts are made.

    `live` is the catalog as it is. With `reread` no file is taken as read; with `rebuild` the
    writing begins empty and all that stays is written anew.
    """

    live: Catalog | None
    options: ReadOptions
    begin: Callable[[], Writing] | None
    report: Progress
    prune: bool = False
    reread: bool = False
    rebuild: bool = False
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    removed: list[Article] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    writing: Writing | None = None
    _known: dict[str, FileState] = field(default_factory=dict)
    _seen: int = 0
    _told: int = 0
    """How many failures the progress has told of."""
    _total: int = 0
    _read: set[str] = field(default_factory=set)
    """Files that this pass has read, or that are gone."""
    _found: set[str] = field(default_factory=set)
    """Articles that this pass has found in a file."""
    _put: set[str] = field(default_factory=set)
    """Those of them that are new or changed."""
    _replaced: set[str] = field(default_factory=set)
    """Articles in whose place in their file another text stands now."""
    _rewritten: set[str] = field(default_factory=set)
    """Those of them whose file has changed: where they state a page they are earlier versions."""
    _loose: set[str] = field(default_factory=set)
    """Articles that their file, or the folder, no longer holds, to be pruned."""
    _touched: list[FileDone] = field(default_factory=list)

    def apply(
        self, paths: Sequence[Path], *, vanished: Iterable[Path], approve: Approve | None = None
    ) -> None:
        """Go through the files; then take out what is gone, if `approve` does not object."""
        self._known = self.live.files() if self.live else {}
        self._total = len(paths)
        self._look(paths)
        for path in vanished:
            self._read.add(str(path))
            for held in (True, False):
                self._loose |= {ident for _, ident in self._articles_of(path, held=held)}
        leaving = self._leaving()
        self.removed = [a for a in leaving if a.id not in self._replaced]
        if self.removed and self.begin and approve and not approve(self.removed):
            leaving = [a for a in leaving if a.id in self._replaced]
            self.removed, vanished = [], ()
        if not (leaving or vanished or self.rebuild or self.writing):
            return
        if (writing := self._writing()) is None:
            return
        for path in vanished:
            writing.forget(path)
        gone = {a.id for a in leaving if not (a.id in self._rewritten and page_of(a.url))}
        if self.rebuild:
            self._carry_over(writing, without=gone)
        for done in self._touched:
            state = self._known[str(done.path)]
            writing.note(self._as_known(done, state))
        writing.flush()
        writing.remove(gone)
        self._report()

    def counted(self) -> IngestReport:
        """What was done, or would be."""
        return IngestReport(
            added=self.added,
            updated=self.updated,
            unchanged=self.unchanged,
            removed=len(self.removed),
            duplicates=self.duplicates,
            failed=tuple(self.failed),
            embedded=self.writing.embedded if self.writing else 0,
            gone=tuple(article.origin for article in self.removed),
            superseded=len(self.writing.settled.superseded) if self.writing else 0,
        )

    @property
    def nothing_read(self) -> bool:
        """Whether every file failed."""
        return bool(self.failed) and not (
            self.added or self.updated or self.unchanged or self.duplicates
        )

    # Reading

    def _look(self, paths: Sequence[Path]) -> None:
        """Read what is new or may have changed."""
        todo = [path for path in paths if not self._passes(path)]
        known = {} if self.reread else {p: s.sha256 for p in todo if (s := self._state(p))}
        few = len(todo) <= _FEW and all(path.suffix.lower() in _PLAIN for path in todo)
        with ReadingProcess() as process:
            read = read_here if few else process.read
            if self.begin and todo and not few:
                threading.Thread(target=_import_index, name="import-index").start()
            file = _File(Path(), {})
            for event in read(todo, options=self.options, known=known):
                file = self._hear(file, event)

    def _hear(self, file: _File, event: FileEvent) -> _File:
        """One event of reading; the file that is being read after it."""
        match event:
            case FileStarted():
                return _File(event.path, self._places(event.path))
            case ArticleRead():
                self._take(file, event.article)
            case ArticleFailed():
                file.failed.append((event.error.member, event.error.reason))
            case FileDone():
                self._finish(file, event)
                self._tell(event.path)
        return file

    def _passes(self, path: Path) -> bool:
        """Whether a file need not be read: unchanged, or with a name that cannot be kept."""
        name = str(path).encode("utf-8", "replace").decode()
        if name != str(path):
            self.failed.append((name, "its name is not valid UTF-8"))
            self._tell(path)
            return True
        state = self._state(path)
        if state is None or self.reread:
            return False
        try:
            now = path.stat()
        except OSError:
            return False
        if (state.size, state.mtime_ns) != (now.st_size, now.st_mtime_ns):
            return False
        self._as_before(path, state)
        self._tell(path)
        return True

    def _as_before(self, path: Path, state: FileState) -> None:
        self.unchanged += state.articles
        if self.prune and state.left and not state.failed:
            self._loose |= {ident for _, ident in self._articles_of(path, held=False)}
        self._list_failures(path, state.failed)

    def _list_failures(self, path: Path, failed: Iterable[tuple[str, str]]) -> None:
        self.failed += [(f"{path}{'#' if m else ''}{m}", reason) for m, reason in failed]

    def _take(self, file: _File, article: Article) -> None:
        """One article of a file: new, changed, or as it was."""
        ident = article.id
        file.held.append((article.member, ident))
        here = ident in file.old
        stored = self.live.article(ident) if self.live else None
        if ident in self._found or (stored and (not here or _same(stored, article))):
            self._found.add(ident)
            self.unchanged += here
            self.duplicates += not here
            return
        self._found.add(ident)
        self._put.add(ident)
        self.updated += here
        if not here:
            file.new.add(ident)
        if writing := self._writing():
            writing.put(article)

    def _finish(self, file: _File, done: FileDone) -> None:
        """A whole file has been read: what became of the articles that it held before."""
        if done.error and not file.held:
            self._list_failures(done.path, [("", done.error.reason)])
            return  # what the archive holds of it stays
        self._read.add(str(done.path))
        state = self._state(done.path)
        if done.unchanged and state:
            self._touched.append(done)
            self._as_before(done.path, state)
            return
        if done.error:
            file.failed.append(("", done.error.reason))
        old = file.old
        now = {ident for _, ident in file.held}
        left = old - now
        for member, ident in file.held:
            instead = set() if ident in old else file.before.get(member, set()) & left
            self._replaced |= instead
            if state and state.sha256 != done.sha256:
                self._rewritten |= instead
            if ident in file.new:
                file.new.discard(ident)
                self.updated += bool(instead)
                self.added += not instead
        left -= self._replaced
        once = [(m, i) for m, i in self._articles_of(done.path, held=False) if i not in now]
        left |= {ident for _, ident in once}
        if self.prune and not file.failed:
            self._loose |= left
        stay = [(member, i) for member, ids in file.before.items() for i in ids & left] + once
        self._list_failures(done.path, file.failed)
        if writing := self._writing():
            writing.note(_record(done, file.held, left=stay, failed=file.failed))

    # Writing

    def _writing(self) -> Writing | None:
        if self.writing is None and self.begin is not None:
            self.writing = self.begin()
        return self.writing

    def _leaving(self) -> list[Article]:
        """The articles that no file holds any more."""
        if self.live is None:
            return []
        leaving = []
        for ident in sorted((self._loose | self._replaced) - self._found):
            elsewhere = set(self.live.holders(ident)) - self._read
            if not elsewhere and (article := self.live.article(ident)):
                leaving.append(article)
        return leaving

    def _carry_over(self, writing: Writing, *, without: set[str]) -> None:
        """Cut and embed anew what stays as it was."""
        if self.live is None:
            return
        writing.built_from = self.live
        for article in chain(self.live.articles(), earlier_articles(self.live)):
            if article.id not in self._put and article.id not in without:
                writing.put(article)
        for path, state in self._known.items():
            if path not in self._read:
                done = FileDone(
                    path=Path(path),
                    size=state.size,
                    mtime_ns=state.mtime_ns,
                    sha256=state.sha256,
                )
                writing.note(self._as_known(done, state))

    def _as_known(self, done: FileDone, state: FileState) -> FileRecord:
        """A file's record with the articles that the archive knows of it."""
        held, left = (self._articles_of(done.path, held=held) for held in (True, False))
        return _record(done, held, left=left, failed=state.failed)

    def _state(self, path: Path) -> FileState | None:
        return self._known.get(str(path))

    def _articles_of(self, path: Path | str, *, held: bool = True) -> list[tuple[str, str]]:
        return self.live.articles_of(path, held=held) if self.live else []

    def _places(self, path: Path) -> dict[str, set[str]]:
        places: dict[str, set[str]] = {}
        for member, ident in self._articles_of(path):
            places.setdefault(member, set()).add(ident)
        return places

    def _tell(self, path: Path) -> None:
        self._seen += 1
        new, self._told = self.failed[self._told :], len(self.failed)
        self._report(path, next((reason for place, reason in new if place == str(path)), ""))

    def _report(self, path: Path | None = None, failure: str = "") -> None:
        self.report(
            IngestProgress(
                files_done=self._seen,
                files=self._total,
                passages=self.writing.written if self.writing else 0,
                embedded=self.writing.embedded if self.writing else 0,
                path=path,
                failure=failure,
            )
        )


def _same(stored: Article, read: Article) -> bool:
    """Whether an article is as it was, wherever it was read."""
    return replace(stored, path=None, member="") == replace(read, path=None, member="")


def _import_index() -> None:
    """Import chromadb, which takes a second, while the reading process starts, which does too."""
    with suppress(Exception):  # who needs it will be told
        import vectorstore.chroma  # noqa: F401


def _record(
    done: FileDone,
    articles: Iterable[tuple[str, str]],
    *,
    left: Iterable[tuple[str, str]] = (),
    failed: Iterable[tuple[str, str]] = (),
) -> FileRecord:
    return FileRecord(
        path=done.path,
        size=done.size,
        mtime_ns=done.mtime_ns,
        sha256=done.sha256,
        articles=tuple(articles),
        left=tuple(left),
        failed=tuple(failed),
    )
