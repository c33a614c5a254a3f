"""An answer or a conversation as one HTML page, ready to print or to save as PDF.

It needs nothing from elsewhere and runs no script; its own policy forbids both.
"""

from collections.abc import Mapping, Sequence

from rag.escaping import html, link_target
from rag.export_outline import Entry, Row, Source, Subject, Table, outline
from rag.types import Verification

__all__ = ["as_html"]

_STYLE = """
@page { size: A4; margin: 20mm 18mm; }
body { font: 11pt/1.5 Georgia, "Times New Roman", serif; color: #1a1a1a; background: #fff;
  max-width: 42em; margin: 2em auto; padding: 0 1em; overflow-wrap: anywhere; }
h1 { font-size: 1.6em; line-height: 1.25; margin-bottom: 0; }
h2 { font-size: 1.25em; line-height: 1.3; margin-top: 2em; break-after: avoid; }
h3 { font-size: 1em; margin: 1.5em 0 0.5em; break-after: avoid; }
section + section { border-top: 1px solid #bbb; }
a { color: #0b4f8a; }
a.marker { font-size: 0.8em; text-decoration: none; }
blockquote { margin: 0.25em 0 0 0; padding-left: 1em; border-left: 3px solid #bbb; }
ol.sources { list-style: none; padding: 0; }
ol.sources > li { margin-bottom: 1em; break-inside: avoid; }
ol.sources > li:target { background: #fff6d6; }
table { border-collapse: collapse; width: 100%; break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 0.3em 0.8em 0.3em 0;
  border-bottom: 1px solid #ddd; }
.note, .origin, .closing { color: #555; font-size: 0.9em; }
.warning { color: #8a3b00; }
@media print { body { margin: 0; padding: 0; max-width: none; } a { color: inherit; } }
"""
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def as_html(subject: Subject, *, failed: Mapping[str, Sequence[Verification]] | None = None) -> str:
    """The page. Each marker leads to its quote, each quote to its article on the web."""
    whole = outline(subject, failed)
    parts = []
    if whole.title:
        parts.append(
            f'<header><h1>{html(whole.title)}</h1><p class="note">{html(whole.about)}</p></header>'
        )
    parts += [_entry(entry, place) for place, entry in enumerate(whole.entries, 1)]
    first = whole.entries[0].question if whole.entries else ""
    return _HEAD.format(
        title=html(whole.title or first) or "Dossier", style=_STYLE, body="\n".join(parts)
    )


def _entry(entry: Entry, place: int) -> str:
    parts = [f"<h2>{html(entry.question)}</h2>"]
    parts += [f'<p class="note">{html(note)}</p>' for note in entry.notes]
    for line in entry.paragraphs:
        pieces = [_marker(p, entry, place) if isinstance(p, int) else html(p) for p in line]
        parts.append(f"<p>{' '.join(pieces)}</p>")
    parts += [_table(table, entry, place) for table in entry.tables]
    if entry.sources:
        listed = "\n".join(_source(source, place) for source in entry.sources)
        parts.append(f'<h3>Sources</h3>\n<ol class="sources">\n{listed}\n</ol>')
    if entry.unverified:
        items = "".join(f'<li class="warning">{html(line)}</li>' for line in entry.unverified)
        parts.append(f"<h3>Not verified</h3>\n<ul>{items}</ul>")
    if entry.nearest:
        listed = "\n".join(_source(source, place) for source in entry.nearest)
        heading = "<h3>Nearest passages, which do not answer</h3>"
        parts.append(f'{heading}\n<ol class="sources">\n{listed}\n</ol>')
    if entry.closing:
        parts.append(f'<p class="closing">{html(entry.closing)}</p>')
    return f'<section id="answer-{place}">\n' + "\n".join(parts) + "\n</section>"


def _marker(number: int, entry: Entry, place: int) -> str:
    if number not in {source.number for source in entry.sources}:
        return f"[{number}]"
    return f'<a class="marker" href="#answer-{place}-{number}">[{number}]</a>'


def _table(table: Table, entry: Entry, place: int) -> str:
    def row(item: Row) -> str:
        marks = " ".join(_marker(number, entry, place) for number in item.numbers)
        return f"<tr><td>{html(item.value)}</td><td>{html(item.remark)}</td><td>{marks}</td></tr>"

    return f"<h3>{html(table.heading)}</h3>\n<table>{''.join(map(row, table.rows))}</table>"


def _source(source: Source, place: int) -> str:
    number, anchor = "", ""
    if source.number is not None:
        number, anchor = f"[{source.number}] ", f' id="answer-{place}-{source.number}"'
    target, link = html(link_target(source.url)), ""
    if target:
        shown = f'<a href="{target}" rel="noopener noreferrer">{target}</a>'
        link = f'<div class="origin">{shown}</div>'
    warning = f'<div class="warning">{html(source.warning)}</div>' if source.warning else ""
    return (
        f"<li{anchor}><strong>{number}</strong>{html(source.origin)}"
        f"<blockquote>{html(source.quote)}</blockquote>{link}{warning}</li>"
    )
