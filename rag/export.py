"""Answers and conversations to take away: Markdown, JSON, a page to print, text for the clipboard.

    as_markdown(talk, failed=archive.recheck(talk))    # headings, answers, numbered quotes
    as_html(talk, failed=...)                          # one file, no script, ready to print as PDF
    as_json(talk)                                      # the record itself: to_dict
    as_text(answer)                                    # to copy: the answer with its citations
    export(talk, form="markdown", failed=...)          # by name: markdown, json, html, text

The subject is a `Conversation`, an `Exchange` or an `Answer`. All that comes from articles,
questions and models is escaped: no link, image, markup or script of theirs gets through, only
addresses of sources with http or https become links. `failed` is what `archive.recheck` gave (for
an answer alone `{"": archive.verify(answer)}`): each quote that no longer holds is marked.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from rag.escaping import link_target, markdown, one_line
from rag.export_html import as_html
from rag.export_outline import Entry, Row, Source, Subject, outline
from rag.types import Verification

__all__ = ["FORMATS", "Format", "as_html", "as_json", "as_markdown", "as_text", "export"]

Format = Literal["markdown", "json", "html", "text"]
FORMATS: dict[Format, tuple[str, str]] = {
    "markdown": (".md", "text/markdown"),
    "json": (".json", "application/json"),
    "html": (".html", "text/html"),
    "text": (".txt", "text/plain"),
}
"""The ending of a file's name and the media type of each form, all in UTF-8."""
_Failed = Mapping[str, Sequence[Verification]] | None


def export(subject: Subject, *, form: Format, failed: _Failed = None) -> str:
    """The subject in a form; raises ValueError for another than those of FORMATS."""
    if form == "json":
        return as_json(subject)
    if form == "html":
        return as_html(subject, failed=failed)
    if form not in FORMATS:
        raise ValueError(f"there is no export as {form}")
    return (as_markdown if form == "markdown" else as_text)(subject, failed=failed)


def as_json(subject: Subject) -> str:
    """The whole record: `type(subject).from_dict(json.loads(...))` is the subject again."""
    # Escapes for what is not ASCII hold whatever a text may be, half a surrogate pair too.
    return json.dumps(subject.to_dict(), indent=2) + "\n"


# Markdown


def as_markdown(subject: Subject, *, failed: _Failed = None) -> str:
    """CommonMark: a heading for each question, then its answer, values, quotes and doubts."""
    whole = outline(subject, failed)
    level = "##" if whole.title else "#"
    blocks = []
    if whole.title:
        blocks += [f"# {markdown(whole.title)}", markdown(whole.about)]
    for entry in whole.entries:
        blocks += _markdown_entry(entry, level)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _markdown_entry(entry: Entry, level: str) -> list[str]:
    blocks = [f"{level} {markdown(entry.question)}"]
    blocks += [f"*{markdown(note)}*" for note in entry.notes if one_line(note)]
    blocks += [_joined(map(_markdown_piece, line)) for line in entry.paragraphs]
    for table in entry.tables:
        blocks.append(f"**{markdown(table.heading)}:**")
        blocks.append("\n".join(f"- {_markdown_row(row)}" for row in table.rows))
    if entry.sources:
        blocks.append("**Sources:**")
        blocks += [block for source in entry.sources for block in _markdown_source(source)]
    if entry.unverified:
        blocks.append("**Not verified:**")
        blocks.append("\n".join(f"- {markdown(line)}" for line in entry.unverified))
    if entry.nearest:
        blocks.append("**Nearest passages, which do not answer:**")
        blocks += [block for source in entry.nearest for block in _markdown_source(source)]
    return [*blocks, f"*{markdown(entry.closing)}*" if entry.closing else ""]


def _markdown_piece(piece: str | int) -> str:
    return f"\\[{piece}\\]" if isinstance(piece, int) else markdown(piece)


def _markdown_row(row: Row) -> str:
    marks = "".join(f"\\[{number}\\]" for number in row.numbers)
    remark = f"({markdown(row.remark)})" if row.remark else ""
    value = f"**{markdown(row.value)}**" if one_line(row.value) else ""
    return " ".join(filter(None, [value, marks, remark]))


def _markdown_source(source: Source) -> list[str]:
    number = "" if source.number is None else f"\\[{source.number}\\]"
    target = link_target(source.url)
    parts = [number, markdown(source.origin), f"<{target}>" if target else ""]
    blocks = [" ".join(filter(None, parts)), f"> {markdown(source.quote)}"]
    return [*blocks, f"*{markdown(source.warning)}*" if source.warning else ""]


# Text


def as_text(subject: Subject, *, failed: _Failed = None) -> str:
    """Plain text: of an answer or exchange the answer and its quotes, of a conversation all."""
    whole = outline(subject, failed)
    blocks = [one_line(whole.title), one_line(whole.about)]
    for entry in whole.entries:
        blocks += [one_line(entry.question), *map(one_line, entry.notes)]
        blocks += [_joined(map(_text_piece, line)) for line in entry.paragraphs]
        for table in entry.tables:
            blocks.append("\n".join([f"{one_line(table.heading)}:", *map(_text_row, table.rows)]))
        blocks += map(_text_source, entry.sources)
        blocks += [f"Not verified: {one_line(line)}" for line in entry.unverified]
        if entry.nearest:
            blocks.append("Nearest passages, which do not answer:")
            blocks += map(_text_source, entry.nearest)
        blocks.append(one_line(entry.closing))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _text_piece(piece: str | int) -> str:
    return f"[{piece}]" if isinstance(piece, int) else one_line(piece)


def _text_row(row: Row) -> str:
    marks = "".join(f"[{number}]" for number in row.numbers)
    remark = f"({one_line(row.remark)})" if row.remark else ""
    return "- " + " ".join(filter(None, [one_line(row.value), marks, remark]))


def _text_source(source: Source) -> str:
    number = "" if source.number is None else f"[{source.number}] "
    parts = [f"{number}“{one_line(source.quote)}”", one_line(source.origin)]
    target = link_target(source.url)
    warning = f"({one_line(source.warning)})" if source.warning else ""
    return "\n".join(filter(None, [*parts, target, warning]))


def _joined(pieces: "map[str]") -> str:
    """Pieces with a space between, none between two markers nor before what closes a sentence."""
    line = ""
    for piece in pieces:
        close = not line or piece[:1] in ".,;:!?)" or (line[-1:] == "]" and piece[-1:] == "]")
        line += piece if close else f" {piece}"
    return line
