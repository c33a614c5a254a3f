"""What an element's own marks say: that it is page furniture, and of which kind, or hidden."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

__all__ = ["Mark", "hidden", "is_standfirst", "mark_of"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A reason to leave a line out, and the sign (tag and classes) that gave it.

    A sure one is what the element is for; one that is not sure is believed of short lines only.
    A sign that opens with "!" is believed however much of the page it holds.
    """

    reason: str
    sign: str
    sure: bool = True


_ELEMENTS = {
    "figcaption": "caption",
    "nav": "navigation",
    "menu": "navigation",
    "footer": "footer",
    "form": "form",
    "button": "form",
    "label": "form",
    "dialog": "cookie",
}
_ROLES = {
    "navigation": "navigation",
    "search": "navigation",
    "banner": "navigation",
    "contentinfo": "footer",
    "dialog": "cookie",
    "alertdialog": "cookie",
    "button": "form",
}
# Whole words of class and id names ("post-share-bar", "shareBar"), in the order of their weight.
_WORDS = {
    "comment": "comment comments commentlist disqus respond kommentare commentaires",
    "cookie": "cookie cookies consent gdpr onetrust cmp",
    "share": "share sharing sharebar sharedaddy sharethis social socials addthis addtoany teilen"
    " partager compartir condividi",
    "related": "related recommended recommendations recommends trending popular mostread"
    " readmore morestories seealso outbrain taboola relatedposts teaser teasers promo onward"
    " lireaussi relacionadas relacionados correlati",
    "advertisement": "ad ads advert advertisement adslot adbox sponsor sponsored dfp anzeige"
    " werbung publicite",
    "newsletter": "newsletter subscribe subscription signup paywall regwall abo",
    "navigation": "nav navbar navigation menu breadcrumb breadcrumbs pagination pager skiplink"
    " masthead topbar sidebar",
    "footer": "footer copyright colophon imprint",
    "caption": "caption captions credit credits photocredit imagecredit figcaption legende"
    " bildunterschrift bildnachweis didascalia",
    "author": "authorbox authorbio authorinfo aboutauthor",
    "tags": "tags taglist",
}
_REASON = {word: reason for reason, words in _WORDS.items() for word in words.split()}
# Two words that say it only together.
_PAIRS = {
    ("most", "read"): "related",
    ("read", "more"): "related",
    ("more", "stories"): "related",
    ("see", "also"): "related",
    ("lire", "aussi"): "related",
    ("mehr", "zum"): "related",
    ("pie", "foto"): "caption",
    ("author", "box"): "author",
    ("author", "bio"): "author",
    ("author", "info"): "author",
    ("author", "card"): "author",
    ("about", "author"): "author",
    ("skip", "link"): "navigation",
    ("pull", "quote"): "pull quote",
    ("gmail", "quote"): "quoted",
    ("moz", "cite"): "quoted",
    ("yahoo", "quoted"): "quoted",
    ("gmail", "signature"): "signature",
    ("moz", "signature"): "signature",
}
_UNSURE = {
    "byline": "byline",
    "author": "byline",
    "authors": "byline",
    "date": "byline",
    "dateline": "byline",
    "timestamp": "byline",
    "published": "byline",
    "meta": "byline",
    "autor": "byline",
    "auteur": "byline",
    "kicker": "kicker",
    "pullquote": "pull quote",
}
_STANDFIRST = frozenset(
    "standfirst dek deck subtitle subhead subheadline subheading lead lede intro chapo chapeau"
    " teasertext vorspann unterzeile strapline summary".split()
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0*\.?0+\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?\s*(?:px|pt|em|rem|%)?\s*(?:;|!|$)"
    r"|(?<![\w-])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_UNSEEN_CLASSES = frozenset(
    "hidden d-none visually-hidden visuallyhidden sr-only screen-reader-text screenreader"
    " screen-reader preheader".split()
)


def mark_of(element: Any, *, classes: bool, block: bool) -> Mark | None:
    """What the element's name, role and (where `classes`) class and id say; None for nothing."""
    tag, attributes = element.tag, element.attrib
    if tag == "footer" and _in_quotation(element):
        return None
    if reason := _ELEMENTS.get(tag) or _ROLES.get(attributes.get("role", "")):
        return Mark(reason, "!figcaption" if tag == "figcaption" else f"{tag}[{reason}]")
    if tag == "blockquote" and attributes.get("type") == "cite":
        return Mark("quoted", "!cite")
    if classes and (attributes or "-" in tag):
        own = tag if "-" in tag else ""  # <amp-ad>, <social-share>
        given = f"{own} {attributes.get('class', '')} {attributes.get('id', '')}".strip()
        if given and (found := _named(given)) and (block or found[0] in _SPANS):
            always = "!" if found[0] in ("quoted", "signature") else ""
            return Mark(found[0], f"{always}{tag}.{given}", found[1])
    return Mark("aside", "aside", sure=False) if tag == "aside" else None


# What an inline element may say of a line that holds nothing else.
_SPANS = frozenset({"caption", "byline", "share", "advertisement"})


def is_standfirst(sign: tuple[str, str]) -> bool:
    """Whether an element's classes say that it holds the lines under the headline."""
    return not _STANDFIRST.isdisjoint(word.lower() for word in _WORD.findall(sign[1]))


def hidden(element: Any) -> bool:
    """Whether an element says of itself that it is not shown."""
    attributes = element.attrib
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or bool(_UNSEEN.search(attributes.get("style", "")))
        or not _UNSEEN_CLASSES.isdisjoint(attributes.get("class", "").lower().split())
    )


@lru_cache(maxsize=4096)
def _named(given: str) -> tuple[str, bool] | None:
    words: list[str] = []
    for name in given.split():
        parts = [word.lower() for word in _WORD.findall(name)]
        for pair in pairwise(parts):
            if reason := _PAIRS.get(pair):
                return reason, True
        words += [*parts, name.lower()]
    found = {_REASON[word] for word in words if word in _REASON}
    for reason in _WORDS:
        if reason in found:
            return reason, True
    return next(((_UNSURE[word], False) for word in words if word in _UNSURE), None)


def _in_quotation(element: Any) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == "blockquote"
