"""What the library does in the background, and what came of it in words."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app_pages._text import counted
from rag import Archive, ArchiveNotFound, Finding, IngestError, IngestReport
from rag.changes import IngestProgress
from rag.errors import JobStopped, UploadRefused
from rag.jobs import Job
from rag.uploads import forget_upload, is_upload, keep_upload, safe_name

__all__ = [
    "Given",
    "Outcome",
    "Reading",
    "check_up",
    "delete_articles",
    "go_back",
    "read_files",
    "shown_path",
    "store_uploads",
]

_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job did: one sentence, and each thing that failed with the reason.

    `well` where it did what it was asked for, at least in part.
    """

    said: str
    failed: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    well: bool = True


@dataclass(slots=True)
class Reading:
    """How far an ingest is: of the whole, and of each file that was given by name.

    A file's state is None while it waits, "" where it was read, else why it was not.
    """

    loading: bool = True
    """Whether the models are still being loaded."""
    done: int = 0
    files: int = 0
    passages: int = 0
    lines: dict[str, str | None] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.done / self.files) if self.files else 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """Files that were handed in: those that are kept, and those that were not taken and why."""

    paths: tuple[Path, ...]
    refused: tuple[tuple[str, str], ...]


def store_uploads(files: Sequence[tuple[str, bytes]], *, home: Path, largest: int) -> Given:
    """Keep files that were handed in. Raises ArchiveNotWritable."""
    kept: dict[Path, None] = {}
    refused = []
    for name, content in files:
        try:
            kept[keep_upload(content, name=name, home=home, largest=largest)] = None
        except UploadRefused as error:
            refused.append((safe_name(name), str(error)))
    return Given(tuple(kept), tuple(refused))


def read_files(
    archive: Archive, sources: Sequence[Path], *, refused: Sequence[tuple[str, str]] = ()
) -> Callable[[Job], Outcome]:
    """Work that reads files and folders into the archive; uploads that cannot be read are dropped.

    `refused` is told again at the end.
    """
    home = archive.home.resolve()

    def work(job: Job) -> Outcome:
        few = len(sources) <= _MOST_LINES and all(path.is_file() for path in sources)
        names = {str(path): shown_path(str(path), home=home) for path in sources}
        reading = Reading(files=len(sources))
        reading.lines = dict.fromkeys(names.values()) if few else {}
        job.progress = reading

        def progress(now: IngestProgress) -> None:
            reading.done, reading.files, reading.passages = now.files_done, now.files, now.passages
            if now.path is not None and (name := names.get(str(now.path))) in reading.lines:
                reading.lines[name or ""] = now.failure
            job.checkpoint()

        try:
            with _opened(archive) as own:
                reading.loading = False
                report = own.ingest(sources, progress=progress)
            failed, said, well = report.failed, ingest_line(report), True
        except IngestError as error:
            if not error.failed:
                raise
            failed, well = error.failed, False
            said = "Nothing was added: none of the files could be read."
        except JobStopped:
            _drop(sources, archive)
            raise
        _drop([Path(place) for place, _ in failed], archive)
        told = [(shown_path(place, home=home), reason) for place, reason in failed]
        return Outcome(said, (*refused, *told), well=well)

    return work


def delete_articles(archive: Archive, article_ids: Sequence[str]) -> Callable[[Job], Outcome]:
    """Work that takes articles out, and the files that were handed in for them alone."""

    def work(job: Job) -> Outcome:
        home = archive.home.resolve()
        with _opened(archive) as own:
            for article_id in article_ids:
                job.checkpoint()
                files = own.paths(article_id)
                own.remove(article_id)
                for path in files:  # of a file that holds several the path goes on after it
                    forget_upload(Path(path), home=home)
        return Outcome(f"{counted(len(article_ids), 'article')} deleted.")

    return work


def go_back(archive: Archive, generation: str) -> Callable[[Job], Outcome]:
    """Work that makes an earlier state of the archive the live one."""

    def work(_: Job) -> Outcome:
        with _opened(archive) as own:
            done = own.rollback(to=generation)
        held = f"{counted(done.articles, 'article')} in {counted(done.passages, 'passage')}"
        return Outcome(f"The archive is as it was in {done.generation}: {held}.")

    return work


def check_up(archive: Archive) -> Callable[[Job], Outcome]:
    """Work that looks for what could be wrong."""

    def work(_: Job) -> Outcome:
        with _opened(archive) as own:
            findings = tuple(own.doctor())
        bad = sum(not finding.passed for finding in findings)
        said = f"{counted(bad, 'thing')} to mend." if bad else "Everything is in order."
        return Outcome(said, findings=findings, well=not bad)

    return work


def ingest_line(report: IngestReport) -> str:
    """What an ingest did, in one sentence."""
    parts = [
        f"{number:,} {name}"
        for number, name in (
            (report.added, "added"),
            (report.updated, "updated"),
            (report.unchanged, "unchanged"),
            (report.duplicates, "already there"),
            (report.removed, "removed"),
        )
        if number
    ]
    total = f"The archive holds {counted(report.articles, 'article')}."
    return f"Articles: {', '.join(parts)}. {total}" if parts else f"Nothing new. {total}"


def shown_path(place: str, *, home: Path) -> str:
    """A file's place as it is shown: of what was handed in, the name alone."""
    return Path(place).name if is_upload(Path(place), home=home) else place


def _opened(archive: Archive) -> Archive:
    """An archive of the job's own: the page's may be closed while it works."""
    return Archive.open(settings=archive.settings, embedder=archive.embedder)


def _drop(paths: Sequence[Path], archive: Archive) -> None:
    """Delete uploads of which nothing is in the archive."""
    home = archive.home.resolve()
    paths = [path for path in paths if is_upload(path, home=home)]
    if not paths:
        return
    held: set[str] = set()
    with suppress(ArchiveNotFound):
        held = {article.origin.partition("#")[0] for article in archive.articles()}
    for path in paths:
        if str(path) not in held:
            forget_upload(path, home=home)
