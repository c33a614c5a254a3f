"""Words of others (articles, questions, models) made harmless where they are shown or exported."""

import html as _html
import re
import unicodedata
from urllib.parse import quote, urlsplit

__all__ = ["html", "link_target", "markdown", "one_line", "safe_link"]

_WHITESPACE = re.compile(r"[^\S\u00a0\u202f]+")
# What means something inside a line; a backslash in front of ASCII punctuation always takes that
# away. Underscores, carets and the like stand for what readers other than CommonMark make of them.
_INLINE = re.compile(r"([\\`*_\[\]<>&|~$^{}#])")
_OPENING = re.compile(r"^(?:([#+=\-:!])|(\d{1,9})([.)]))")
# Some readers of Markdown make links of bare addresses and pictures of :words: after all that. A
# word joiner, which has no width, takes them apart.
_JOINER = "\u2060"
_TAKEN_APART = re.compile(
    r"(?<=:)(?=//)"  # https://
    r"|(?i:(?<=www)(?=\.))|(?i:(?<=mailto:)|(?<=xmpp:))"
    r"|(?<=@)(?=\w)"
    r"|(?<=:)(?=[A-Za-z][\w+-]*:)"
)


def one_line(text: str) -> str:
    """The text on one line, without control characters and marks that turn its direction."""
    return "".join(c for c in _WHITESPACE.sub(" ", text) if not _hidden(c)).strip()


def _hidden(char: str) -> bool:
    return (
        unicodedata.category(char) in {"Cc", "Cs"}
        or "\u202a" <= char <= "\u202e"
        or "\u2066" <= char <= "\u2069"
    )


def markdown(text: str) -> str:
    """Markdown (CommonMark, GitHub's too) that shows this text on one line and nothing else.

    No link, image, HTML, heading, list, table or code comes of it, wherever on a line it stands.
    """
    shown = _INLINE.sub(r"\\\1", _TAKEN_APART.sub(_JOINER, one_line(text)))
    return _OPENING.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", shown)


def html(text: str) -> str:
    """HTML that shows this text on one line, in an element or in a quoted attribute."""
    return _html.escape(one_line(text), quote=True)


def safe_link(url: str) -> tuple[str, str] | None:
    """An http or https address and the host that it leads to; None for any other."""
    if any(char.isspace() or not char.isprintable() for char in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    return (url, host) if parts.scheme in {"http", "https"} and host else None


def link_target(url: str) -> str:
    """An address as a link can hold it, in Markdown's <> and in an attribute; "" for an unsafe one.

    What an address cannot hold as it is (quotes, angle brackets, letters beyond ASCII) is
    percent-encoded.
    """
    safe = safe_link(url)
    return quote(safe[0], safe=":/?#[]@!$&()*+,;=%-._~") if safe else ""
