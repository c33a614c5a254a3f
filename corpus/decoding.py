"""Bytes to characters: which encoding, whether it is text at all, and repair of what was damaged.

A charset that a format declares is its reader's business; here nothing is declared.
"""

import re
from pathlib import Path

from corpus.errors import NotText

__all__ = ["decode", "repair"]

# Signs such as "³" between letters: Central European text that was taken for Western.
_SYMBOL_IN_WORD = re.compile(rb"[A-Za-z][\xa1-\xbf][a-z]")
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UNMARKED = ("UTF-32-LE", "UTF-32-BE", "UTF-16-LE", "UTF-16-BE")
_SAMPLE = 65536
_CONTROLS = bytes((*range(9), *range(14, 32)))
# What text written in one encoding and read in another cannot do without: a letter that stands for
# a lead byte, then a sign that stands for a byte after it, or a control character of the C1 range.
_MOJIBAKE = re.compile("[\u0080-\u009f]|[À-ÿĂ-ž\u0370-\u04ff][^\x00-\x7f]|[ÂÃ] |\ufffd")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode(data: bytes, path: Path) -> str:
    """UTF-8 where it is that; else the likely older encoding; NotText where it is binary.

    UTF-16 and UTF-32 are told by their mark, or without one by how they read. In UTF-8 with a few
    bytes that are not (a line pasted from an older program), those are read as Western.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_wide(data, encoding, path)
    # Text holds no NUL and hardly any control characters; every binary format does.
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        if unmarked := _unmarked(sample):
            return _decode_wide(data, unmarked, path)
        raise NotText(path, "is not text (binary content)")
    if len(sample) - len(sample.translate(None, _CONTROLS)) > len(sample) // 50:
        raise NotText(path, "is not text (binary content)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        first = error
    if (mended := _mended(data)) is not None:
        return mended
    older = older_encoding(data[max(0, first.start - 200) : first.start + _SAMPLE])
    if older is None:
        where = f"byte {first.start}"
        raise NotText(path, f"is not valid UTF-8 ({where}) nor any known encoding") from first
    return data.decode(older, errors="replace")


def repair(text: str) -> str:
    """Text with mojibake undone line by line ("cafÃ©" is "café"); a clean line is left as it is.

    Surrogates, which no encoding can write, become the character that a pair stands for, or
    U+FFFD.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if not _MOJIBAKE.search(text):
        return text
    from ftfy import TextFixerConfig, fix_text_segment  # here: few texts need it

    # Of what ftfy can do, only the undoing of wrong decoding: quotes stay curled, full-width
    # signs stay wide, entities stay as written; the rest is done by clean_characters.
    config = TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=True,
        decode_inconsistent_utf8=True,
        fix_c1_controls=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
    lines = text.split("\n")
    return "\n".join(
        fix_text_segment(line, config) if _MOJIBAKE.search(line) else line for line in lines
    )


def _decode_wide(data: bytes, encoding: str, path: Path) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        why = f"is damaged {encoding} ({error.reason} at {error.start})"
        raise NotText(path, why) from error
    if "\0" in text:
        raise NotText(path, f"is not {encoding} text, though it begins as such")
    return text


def _unmarked(sample: bytes) -> str | None:
    """The wide encoding in which a sample without a mark reads as words and spaces."""
    for encoding in _UNMARKED:
        whole = sample[: len(sample) // 4 * 4]
        # A sample may end between the halves of a pair: nothing is said by that.
        text = whole.decode(encoding, errors="replace").removesuffix("\ufffd")
        plain = sum(char.isalnum() or char in " \n\r\t.,;:!?'\"()-–—“”‘’«»" for char in text)
        spaces = sum(char in " \n" for char in text)
        if len(text) > 1 and plain >= 0.95 * len(text) and spaces >= 0.05 * len(text):
            return encoding
    return None


def _mended(data: bytes) -> str | None:
    """UTF-8 with its foreign bytes read as Western; None where most of it is not UTF-8."""
    text = data.decode("utf-8-sig", errors="surrogateescape")
    foreign = len(_FOREIGN.findall(text))
    if sum(char > "\x7f" for char in _FOREIGN.sub("", text)) < foreign:
        return None
    return _FOREIGN.sub(_as_western, text)


_FOREIGN = re.compile("[\udc80-\udcff]+")


def _as_western(match: re.Match[str]) -> str:
    return match[0].encode("ascii", "surrogateescape").decode("cp1252", errors="replace")


def older_encoding(data: bytes) -> str | None:
    """The encoding that charset-normalizer tells, Western where it cannot tell them apart."""
    from charset_normalizer import from_bytes  # here: it is needed for few files

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    western = next((match for match in matches if match.encoding == "cp1252"), None)
    tied = western and western.coherence >= best.coherence and not _SYMBOL_IN_WORD.search(data)
    # With no coherence there were too few words to tell a language by.
    return "cp1252" if tied or not best.coherence else best.encoding
