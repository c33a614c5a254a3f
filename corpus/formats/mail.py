"""Mails: .eml, one message with what is attached to it, and .mbox, any number of messages."""

import codecs
import email
import email.policy
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import BinaryIO, cast

from corpus.cleaning import clean_characters, plain_blocks
from corpus.decoding import decode
from corpus.errors import CorpusError, DamagedFile, EmptyArticle, FileTooLarge, one_line
from corpus.formats import SUFFIXES
from corpus.formats._dispatch import faults_told, read_raws
from corpus.formats._dom import decode_page
from corpus.formats.html import fragment_blocks
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_mail", "read_mbox"]

_DEEPEST = 3
"""Mails attached to mails attached to mails."""
_NOT_ATTACHED = frozenset({".zip", ".tar", ".gz", ".tgz", ".mbox"})
"""Kinds that hold any number of others: within a mail they could nest without end."""
_STUB_WORDS = 40
_LINE = 1_000_000
_WROTE = re.compile(
    r"^(?:on\b.{6,200}\bwrote|am\b.{6,200}\bschrieb\b.{0,100}|le\b.{6,200}\ba écrit)\s*:$"
    r"|^-{2,} ?(?:original message|ursprüngliche nachricht|message d'origine) ?-{2,}$",
    re.IGNORECASE | re.DOTALL,
)
_CUT = re.compile(r"^-{2,} ?(?:original|ursprüngliche|message d)", re.IGNORECASE)


def read_mail(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """The message, then the articles that are attached to it, under their file names."""
    yield from _mail(stream.read(), path, options, depth=0)


def read_mbox(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[Raw | CorpusError]:
    """Each message in turn, by its number from 1; one that cannot be read is an error."""
    for number, data in enumerate(_split(stream, path, options), 1):
        try:
            if data is None:
                limit = options.largest_file / 1e6
                raise FileTooLarge(path, f"this mail is over the limit of {limit:.0f} MB")
            with faults_told(path):
                for item in _mail(data, path, options, depth=0):
                    yield _within(item, path, str(number))
        except CorpusError as error:
            yield _within(error, path, str(number))


def _split(stream: BinaryIO, path: Path, options: ReadOptions) -> Iterator[bytes | None]:
    """The messages' bytes; None for one that is too large to be held."""
    if not stream.read(5).startswith(b"From "):
        raise DamagedFile(path, 'is not an mbox: it does not begin with a line "From ..."')
    stream.readline()
    lines: list[bytes] = []
    size, blank = 0, True
    while line := stream.readline(_LINE):
        if blank and line.startswith(b"From "):
            yield b"".join(lines) if size <= options.largest_file else None
            lines, size, blank = [], 0, False
            continue
        blank = line in (b"\n", b"\r\n")
        size += len(line)
        if size <= options.largest_file:
            lines.append(re.sub(rb"^>(>*From )", rb"\1", line))
        else:
            lines = []
    yield b"".join(lines) if size <= options.largest_file else None


def _mail(
    data: bytes, path: Path, options: ReadOptions, *, depth: int
) -> Iterator[Raw | CorpusError]:
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not message.keys():
        raise DamagedFile(path, "is not a mail: it has no header")
    blocks = _body(message, path)
    attached = list(_attached(message, options))
    if not blocks and not attached:
        raise EmptyArticle(path, "is a mail without text")
    if blocks:
        raw = Raw(blocks=tuple(blocks), stated=_header(message))
        yield _within(raw, path, "message") if attached else raw
    for name, content in attached:
        yield from _attachment(name, content, path, options, depth=depth + 1)


def _header(message: EmailMessage) -> dict[str, object]:
    sender, sent = message["from"], message["date"]
    addresses = getattr(sender, "addresses", ())
    when = getattr(sent, "datetime", None)
    stated: dict[str, object] = {
        "title": str(message["subject"] or ""),
        "authors": [a.display_name or a.addr_spec for a in addresses if a.addr_spec],
        "published": when.isoformat() if when else str(sent or ""),
        "language": str(message["content-language"] or ""),
    }
    return {key: value for key, value in stated.items() if value}


# --- the text ---


def _body(message: EmailMessage, path: Path) -> list[Block]:
    """The text as its sender wrote it: the plain one, unless that only points to the other."""
    plain, rich = (message.get_body((kind,)) for kind in ("plain", "html"))
    blocks = _plain(_text(plain, path)) if plain is not None else []
    if rich is not None and _words(blocks) < _STUB_WORDS:
        try:
            fuller = fragment_blocks(_text(rich, path), path)
        except EmptyArticle:
            fuller = []
        if not blocks or _words(fuller) > 2 * _words(blocks):
            blocks = fuller
    if any(block.removed == "" for block in blocks):
        return blocks
    # Nothing but another's words: then they are what the mail was kept for.
    return [replace(b, removed="") if b.removed == "quoted" else b for b in blocks]


def _text(part: object, path: Path) -> str:
    part = cast("EmailMessage", part)
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    declared = part.get_content_charset() or ""
    if part.get_content_type() == "text/html":
        return decode_page(data, path, declared=declared)
    try:
        codec = codecs.lookup(declared or "utf-8").name
        return data.decode("cp1252" if codec == "iso8859-1" else codec)
    except (LookupError, UnicodeError):
        return decode(data, path)


def _plain(text: str) -> list[Block]:
    """Paragraphs, with earlier mails and the signature apart."""
    runs: list[tuple[str, list[str]]] = []
    reason = ""
    for line in clean_characters(text).split("\n"):
        if line.rstrip(" ") == "--" and reason != "quoted to the end":
            reason = "signature"
        elif reason not in ("signature", "quoted to the end"):
            quoted = line.lstrip().startswith(">")
            reason = "quoted" if quoted or (reason == "quoted" and not line.strip()) else ""
            if _CUT.match(line):
                reason = "quoted to the end"
        if not runs or runs[-1][0] != reason:
            runs.append((reason, []))
        runs[-1][1].append(re.sub(r"^[> ]+", "", line) if reason == "quoted" else line)
    blocks: list[Block] = []
    for why, lines in runs:
        found = [
            Block(t, removed=why.split()[0] if why else "") for t in plain_blocks("\n".join(lines))
        ]
        if why.startswith("quoted") and blocks and _WROTE.match(blocks[-1].text):
            blocks[-1] = replace(blocks[-1], removed="quoted")
        blocks += found
    return blocks


def _words(blocks: list[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks if not block.removed)


# --- what is attached ---


def _attached(message: EmailMessage, options: ReadOptions) -> Iterator[tuple[str, bytes]]:
    """Name and content of what is attached and could be read."""
    if not message.is_multipart():
        return
    for number, part in enumerate(message.iter_attachments(), 1):
        if number > options.most_members:
            return
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0)
            name = part.get_filename() or f"{inner['subject'] or number}"  # type: ignore[index]
            yield f"{name.removesuffix('.eml')}.eml", inner.as_bytes()  # type: ignore[union-attr]
            continue
        name = part.get_filename() or ""
        data = part.get_payload(decode=True)
        suffix = Path(name).suffix.lower()
        if suffix in SUFFIXES - _NOT_ATTACHED and isinstance(data, bytes):
            yield name, data


def _attachment(
    name: str, content: bytes, path: Path, options: ReadOptions, *, depth: int
) -> Iterator[Raw | CorpusError]:
    """The articles of one attachment; what is wrong with it is yielded."""
    shown = one_line(name)
    try:
        if depth > _DEEPEST:
            raise DamagedFile(path, f"mails are attached more than {_DEEPEST} deep")
        if len(content) > options.largest_file:
            limit = options.largest_file / 1e6
            raise FileTooLarge(path, f"is over the limit of {limit:.0f} MB")
        with faults_told(path):
            if shown.lower().endswith(".eml"):
                items = _mail(content, path, options, depth=depth)
            else:
                items = read_raws(io.BytesIO(content), path=Path(shown), options=options)
            for item in items:
                yield _within(item, path, shown)
    except CorpusError as error:
        yield _within(error, path, shown)


def _within(item: Raw | CorpusError, path: Path, member: str) -> Raw | CorpusError:
    """An article or an error as one of several, `member` being its place in the file."""
    place = "/".join(filter(None, (member, item.member)))
    if isinstance(item, CorpusError):
        return type(item)(path, item.reason, member=place)
    return replace(item, member=place)
