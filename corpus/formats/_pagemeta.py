"""What a page states of its article beside the text: JSON-LD first, then `<meta>` and `<time>`.

Only what is stated: a date that a library would guess (of the file, of a copyright line) is none.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import urlsplit

__all__ = ["page_metadata", "same_words", "squeeze"]

_TYPES = re.compile(r"(?:Article|BlogPosting|LiveBlogPosting|Report|Recipe|Review)$")
_SAVED_FROM = re.compile(
    r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(https?://[^\s>]+)"
)
_BY = re.compile(r"^(?:by|von|par|por|di|da)[:\s]\s*", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+(?:[|·•»]|::|[-–—])\s+")
_MOST_SCRIPTS = 50

# `<meta>` names by key, the best first.
_META: Mapping[str, tuple[str, ...]] = {
    "title": ("og:title", "twitter:title", "dc.title", "dcterms.title", "headline",
              "parsely-title"),
    "authors": ("author", "parsely-author", "article:author", "dc.creator", "dcterms.creator",
                "sailthru.author", "byl", "citation_author"),
    "published": ("article:published_time", "og:article:published_time", "datepublished",
                  "parsely-pub-date", "dc.date.issued", "dcterms.issued", "dcterms.created",
                  "sailthru.date", "pubdate", "publishdate", "publish-date", "dc.date", "date",
                  "article.published", "citation_publication_date"),
    "updated": ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified",
                "last-modified", "lastmod"),
    "source": ("og:site_name", "application-name", "publisher", "dc.publisher", "copyright-holder"),
    "section": ("article:section", "parsely-section", "section", "dc.subject.section"),
    "url": ("og:url", "parsely-link", "twitter:url"),
    "language": ("content-language", "og:locale", "dc.language", "language"),
}  # fmt: skip


def page_metadata(tree: Any, text: str) -> dict[str, object]:
    """KEYS as the page states them; a key that it does not state is absent.

    `text` is the page as it was before parsing: the address that a browser notes when it saves a
    page stands in a comment.
    """
    meta = _meta_tags(tree)
    linked = _json_ld(tree)
    found: dict[str, object] = {}
    for key in _META:
        value = linked.get(key) or next((meta[n] for n in _META[key] if n in meta), None)
        if value:
            found[key] = value
    found |= _from_elements(tree, found)
    canonical = next((str(v) for v in tree.xpath("//link[@rel='canonical']/@href")), "")
    saved = _SAVED_FROM.search(text[:4096])
    addresses = (canonical, found.get("url"), saved[1] if saved else "")
    found["url"] = next((url for url in map(_address, addresses) if url), "")
    spoken = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    found["language"] = str(spoken or found.get("language") or "").replace("_", "-")
    found["title"], found["source"] = _title(
        tree, str(found.get("title") or ""), str(found.get("source") or "")
    )
    if not found.get("authors"):
        from trafilatura.metadata import extract_author  # by the classes that layouts use

        found["authors"] = extract_author(tree)
    found["authors"] = _names(found.get("authors"))
    return {key: value for key, value in found.items() if value}


def squeeze(text: str) -> str:
    """A text's letters and digits alone: what is left when layout and marks are not compared."""
    return re.sub(r"[\W_]+", "", text).casefold()


def same_words(title: str, line: str) -> bool:
    """Whether a line is the title, or the title with the outlet's name behind or before it."""
    a, b = squeeze(title), squeeze(line)
    return bool(a and b) and (a == b or (len(min(a, b, key=len)) > 20 and (a in b or b in a)))


def _meta_tags(tree: Any) -> dict[str, Any]:
    """Contents by name, lower case; the first of several, all of several authors."""
    tags: dict[str, Any] = {}
    authors: list[str] = []
    for tag in tree.iter("meta"):
        name = tag.get("property") or tag.get("name") or tag.get("itemprop") or ""
        name = (name or tag.get("http-equiv") or "").strip().lower()
        content = " ".join((tag.get("content") or "").split())
        if name and content:
            if name in _META["authors"] and not re.match(r"https?:|@|/", content):
                authors.append(content)
            elif name not in _META["authors"]:
                tags.setdefault(name, content)
    if authors:
        tags["author"] = authors[0] if len(set(authors)) == 1 else list(dict.fromkeys(authors))
    return tags


def _json_ld(tree: Any) -> dict[str, object]:
    """KEYS of the first thing that JSON-LD calls an article."""
    scripts = tree.xpath("//script[contains(@type, 'ld+json')]")[:_MOST_SCRIPTS]
    named: dict[str, Any] = {}
    article: dict[str, Any] | None = None
    for script in scripts:
        try:
            loaded = json.loads(_without_comments(script.text or ""), strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(loaded):
            kinds = thing.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if article is None and any(_TYPES.search(str(kind)) for kind in kinds):
                article = thing
            if isinstance(identity := thing.get("@id"), str):
                named.setdefault(identity, thing)
    if article is None:
        return {}
    page = article.get("mainEntityOfPage")
    page = page.get("@id") if isinstance(page, dict) else page
    section = article.get("articleSection")
    language = article.get("inLanguage")
    stated = {
        "title": article.get("headline") or article.get("name"),
        "published": article.get("datePublished") or article.get("dateCreated"),
        "updated": article.get("dateModified"),
        "section": section[0] if isinstance(section, list) and section else section,
        "url": article.get("url") or page,
        "language": language.get("name") if isinstance(language, dict) else language,
        "source": next(iter(_called(article.get("publisher"), named)), None),
    }
    words: dict[str, object] = {
        key: " ".join(unescape(value).split())
        for key, value in stated.items()
        if isinstance(value, str)
    }
    return words | {"authors": list(_called(article.get("author"), named))}


def _without_comments(script: str) -> str:
    """JSON as old pages wrap it."""
    return re.sub(r"^\s*(?:<!--|//<!\[CDATA\[)|(?:-->|//\]\]>)\s*$", "", script)


def _things(loaded: object) -> Iterator[dict[str, Any]]:
    """The top-level objects; articles that a list of teasers nests are not the page's own."""
    if isinstance(loaded, list):
        for item in loaded[:1000]:
            if isinstance(item, dict):
                yield from _things(item)
    elif isinstance(loaded, dict):
        yield loaded
        graph = loaded.get("@graph")
        for item in graph[:1000] if isinstance(graph, list) else []:
            if isinstance(item, dict):
                yield item
        if isinstance(inner := loaded.get("mainEntity"), dict):
            yield inner


def _called(value: object, named: Mapping[str, Any]) -> Iterator[str]:
    """Names of people or of an organisation: strings, objects, references, or lists of them."""
    for one in value if isinstance(value, list) else [value]:
        thing = one
        if isinstance(thing, dict) and "name" not in thing:
            thing = named.get(str(thing.get("@id")), thing)
        name = thing.get("name") if isinstance(thing, dict) else thing
        name = name[0] if isinstance(name, list) and name else name
        if isinstance(name, str) and name.strip() and not name.startswith("http"):
            yield " ".join(unescape(name).split())


def _from_elements(tree: Any, known: Mapping[str, object]) -> dict[str, object]:
    """Times and names that elements of the page carry as attributes."""
    found: dict[str, object] = {}
    for key, prop in (("published", "datePublished"), ("updated", "dateModified")):
        if known.get(key):
            continue
        for element in tree.xpath(f"//*[@itemprop='{prop}']"):
            value = element.get("datetime") or element.get("content") or element.text_content()
            if value.strip():
                found[key] = " ".join(value.split())
                break
    if not known.get("published") and "published" not in found:
        times = tree.xpath("//time[@pubdate]/@datetime | //time[@datetime]/@datetime")
        # A page of one article has one or two; of many, none is known to be the article's.
        main = tree.xpath("//article//header//time/@datetime | //article/time/@datetime")
        if main or len(set(times)) in (1, 2):
            found["published"] = str((main or times)[0])
    if not known.get("authors"):
        names = tree.xpath("//*[@itemprop='author']//*[@itemprop='name'] | //a[@rel='author']")
        names = names or tree.xpath("//*[@itemprop='author']")
        if given := list(dict.fromkeys(" ".join(n.text_content().split()) for n in names[:10])):
            found["authors"] = given
    return found


def _title(tree: Any, stated: str, source: str) -> tuple[str, str]:
    """The headline as the page shows it where that is told, else as stated; and the outlet's name.

    The outlet is what the window's title adds to the headline, "" where it adds nothing.
    """
    top = next((" ".join(t.text_content().split()) for t in tree.iter("title")), "")
    shown = [" ".join(" ".join(h.itertext()).split()) for h in tree.iter("h1")]
    parts = {squeeze(part) for part in _SUFFIX.split(top)} - {squeeze(source)}
    known = [h for h in shown if same_words(h, stated) or same_words(h, top) or squeeze(h) in parts]
    known = [h for h in known if squeeze(h) != squeeze(source)]
    if not known and not stated and not top and len(shown) == 1:
        known = shown
    if known:
        title = max(known, key=len)  # the other may be the outlet's name
        rest = top.removeprefix(title) if top.startswith(title) else ""
        return title, source or _SUFFIX.sub("", f" {rest}", count=1).strip()
    stated = stated or top
    last = _SUFFIX.split(stated)[-1]
    if source and last != stated and squeeze(last) == squeeze(source):
        stated = re.sub(r"\W+$", "", stated.removesuffix(last))
    return stated, source


def _names(value: object) -> object:
    """Authors as a list where they are given apart, as one line where they are not."""
    if isinstance(value, str):
        value = [part for part in value.split("; ") if part]
    if not isinstance(value, list):
        return None
    names = [_BY.sub("", str(name)).strip() for name in value]
    names = [name for name in dict.fromkeys(names) if name and len(name) <= 200]
    return names[0] if len(names) == 1 else names


def _address(value: object) -> str:
    """A whole web address, "" for anything else."""
    text = str(value or "").strip()
    try:
        return text if urlsplit(text).hostname and text.startswith("http") else ""
    except ValueError:
        return ""
