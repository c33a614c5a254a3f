"""What the library shows of articles, jobs and the index, in words and tables."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app_pages._facets import Row, Shelf
from app_pages._text import counted, escape, long_date, span_line
from app_pages._work import Reading
from rag import Finding, KeptGeneration, Status
from rag.jobs import Job

__all__ = [
    "READ_FORMATS",
    "disk_rows",
    "file_line",
    "finding_line",
    "generation_line",
    "holding",
    "index_rows",
    "job_line",
    "minute",
    "size",
    "table",
]

READ_FORMATS = (
    "Text, Markdown, saved web pages, PDF, Word, mail, feeds, e-books, tables (CSV, JSON lines)"
    " and packed files of these."
)

_CHECKS = {
    "opens": "The archive opens",
    "catalog": "The catalog is whole",
    "parity": "Every passage is found by word and by vector",
    "fingerprint": "It was built with these settings",
    "files": "The files that it was read from",
    "embeddings": "The cache of embeddings",
    "conversations": "The conversations that are kept",
    "writable": "It can be written",
    "lock": "The writer's lock",
    "unfinished": "Nothing is left half written",
    "space": "There is room for the next state",
}


# Articles


def holding(rows: Iterable[Row], words: str) -> list[Row]:
    """The rows that hold every word, in title, outlet, section, authors or file."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in _searched(row) for word in wanted)]


def _searched(row: Row) -> str:
    return " ".join([row.title, row.outlet, row.section, *row.authors, row.origin]).casefold()


def table(rows: Sequence[Row], shelf: Shelf) -> dict[str, list[Any]]:
    """The columns of the table, one value a row."""
    return {
        "Title": [row.title for row in rows],
        "Outlet": [row.outlet for row in rows],
        "Published": [row.day for row in rows],
        "Section": [row.section for row in rows],
        "Authors": [", ".join(row.authors) for row in rows],
        "Words": [row.words for row in rows],
        "Copies": [_copies(row, shelf) for row in rows],
        "File": [row.origin.replace("\\", "/").rpartition("/")[2] for row in rows],
    }


def _copies(row: Row, shelf: Shelf) -> int | None:
    """How many other articles carry its text; nothing where none does."""
    story = shelf.stories.get(row.id)
    return len(story.members) - 1 if story else None


# Jobs


def job_line(job: Job) -> str:
    """How a job stands, in one sentence."""
    if job.stopping:
        return "Stopping …"
    if job.state == "waiting":
        return "Waits until the archive is free."
    if job.state == "running":
        return _running(job.progress)
    if job.state == "stopped":
        return "Stopped. The archive is as it was."
    return escape(job.error if job.state == "failed" else job.result.said)


def _running(reading: object) -> str:
    if not isinstance(reading, Reading):
        return "At work …"
    if reading.loading:
        return "Loading the models …"
    said = f"{reading.done:,} of {counted(reading.files, 'file')} read"
    if reading.passages:
        said += f", {counted(reading.passages, 'passage')} written"
    return said + (" …" if reading.done < reading.files else "; finishing …")


def file_line(name: str, failure: str | None) -> str:
    """A file of a job: it waits, was read, or was not and why."""
    if failure is None:
        return f":gray[:material/hourglass_empty: {escape(name)}]"
    if failure:
        return f":red[:material/error:] {escape(name)}: {escape(failure)}"
    return f":green[:material/check_circle:] {escape(name)}"


# The index


def size(number: int) -> str:
    """1.2 MB, 340 kB."""
    if number >= 1e9:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"


def minute(moment: str) -> str:
    """A moment of a manifest as a day and a time: 17 November 2015, 09:30 UTC."""
    try:
        day = date.fromisoformat(moment[:10])
    except ValueError:
        return escape(moment)
    return f"{long_date(day)}, {escape(moment[11:16])} UTC"


def index_rows(status: Status) -> list[dict[str, str]]:
    """What the index is made of."""
    embedder, passages, cleaning = [*status.fingerprint.split(" | "), "", ""][:3]
    cut, _, most = passages.partition(":")
    covered = status.coverage
    rows = {
        "Folder": str(status.home),
        "Published": span_line(covered.first, covered.last) or "no dates",
        "Without a date": f"{covered.undated:,}",
        "Embedder": embedder,
        "Passages": f"{cut}, at most {most} tokens" if most else cut,
        "Cleaning": f"version {cleaning}",
        "Vectors": "in the archive's folder" if status.vectors == "embedded" else status.vectors,
        "Dead vectors": f"{status.dead:,} ({status.dead_share:.0%} of the passages)",
    }
    return [{"What": name, "Value": escape(value)} for name, value in rows.items()]


def disk_rows(status: Status, uploads: int) -> list[dict[str, str]]:
    """Where the bytes are."""
    rest = status.bytes - status.bytes_index - status.bytes_embeddings - uploads
    rows = {
        "Index, all states": status.bytes_index,
        "Embeddings": status.bytes_embeddings,
        "Uploaded files": uploads,
        "Other": max(0, rest),
        "Together": status.bytes,
    }
    return [{"What": name, "Size": size(number)} for name, number in rows.items()]


def generation_line(one: KeptGeneration) -> str:
    """A state of the archive that is kept."""
    held = f"{counted(one.articles, 'article')}, {counted(one.passages, 'passage')}"
    live = " :green-background[live]" if one.live else ""
    return f"**{escape(one.name)}**{live}  \n:small[:gray[{minute(one.created)} · {held}]]"


def finding_line(finding: Finding) -> str:
    """One thing that the doctor looked at."""
    mark = ":green[:material/check_circle:]" if finding.passed else ":red[:material/error:]"
    detail = f"  \n:small[:gray[{escape(finding.detail)}]]" if finding.detail else ""
    return f"{mark} {escape(_CHECKS.get(finding.check, finding.check))}{detail}"
