"""Plain text and Markdown, each with or without a YAML block of metadata at its head."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import yaml

from corpus.cleaning import clean_characters, plain_blocks
from corpus.decoding import decode
from corpus.errors import BadFrontMatter, CorpusError
from corpus.markdown import markdown_blocks
from corpus.raw import Block, Raw, ReadOptions

__all__ = ["read_text"]

_FRONT_MATTER_KEYS = {
    "authors": ("authors", "author", "byline", "by"),
    "published": ("published", "date", "published_at", "publish_date"),
    "updated": ("updated", "modified", "lastmod", "updated_at"),
    "source": ("source", "outlet", "publisher", "site"),
    "url": ("url", "link", "original_url", "canonical"),
    "section": ("section", "category"),
    "language": ("language", "lang"),
}

# Text saved from a page often is Markdown under the name .txt; a heading line gives it away.
_HEADING_LINE = re.compile(r"^#{1,6} \S", re.MULTILINE)
_NULL = "tag:yaml.org,2002:null"
_NESTED = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def read_text(
    stream: BinaryIO,
    path: Path,
    options: ReadOptions,  # noqa: ARG001
) -> Iterator[Raw | CorpusError]:
    """One article."""
    stated, body = _front_matter(clean_characters(decode(stream.read(), path)), path)
    if path.suffix.lower() == ".md" or _HEADING_LINE.search(body):
        blocks = markdown_blocks(body)
    else:
        blocks = [Block(text) for text in plain_blocks(body)]
    yield Raw(blocks=tuple(blocks), stated=stated)


def _front_matter(text: str, path: Path) -> tuple[Mapping[str, object], str]:
    """The YAML block at the head as known keys, and the rest. No block: empty, and all of it."""
    lines = text.lstrip("\n").split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return {}, text
    try:
        loaded = yaml.load("\n".join(lines[1:end]), Loader=_Loader)  # noqa: S506  it is a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        raise BadFrontMatter(path, f"its metadata block is not valid YAML{where}") from error
    if not isinstance(loaded, dict):
        return {}, text
    given = {str(key).strip().lower(): value for key, value in loaded.items()}
    known: dict[str, object] = {"title": given.get("title")}
    for key, names in _FRONT_MATTER_KEYS.items():
        known[key] = next((given[name] for name in names if given.get(name)), None)
    return known, "\n".join(lines[end + 1 :])


class _Loader(yaml.SafeLoader):
    """Safe YAML in which only lists, mappings and null have types.

    Dates stay as written, since YAML would turn a time into UTC and drop its zone; aliases are
    refused, since a few lines of them unfold into gigabytes.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, form) for tag, form in resolvers if tag == _NULL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag in (_NULL, "tag:yaml.org,2002:str", *_NESTED, None)
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=mark)
        return super().compose_node(parent, index)
