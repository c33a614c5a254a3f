"""Stored answers held against the archive as it is now: do its articles still say the quotes?"""

from collections.abc import Sequence

from corpus import Article
from corpus.pages import page_of
from rag.conversation_types import Conversation
from rag.types import Citation, Verification
from vectorstore import Catalog

__all__ = ["CHANGED", "GONE", "recheck", "verify"]

GONE = "the archive no longer holds this article"
CHANGED = "the article has changed since"
_STILL, _NO_LONGER = f"{CHANGED}; it still says this", f"{CHANGED}; it no longer says this"


def verify(citations: Sequence[Citation], *, catalog: Catalog) -> list[Verification]:
    """Whether each quote still stands in the article that it was taken from.

    An article that has changed is the one that its file holds now, or the newest version of its
    page; a quote that still stands in it word for word passes, and `detail` tells of the change.
    """
    shelf = _Shelf(catalog)
    return [shelf.verified(citation) for citation in citations]


def recheck(conversation: Conversation, *, catalog: Catalog) -> dict[str, list[Verification]]:
    """What no longer holds in a conversation: the failed verifications by id of the exchange.

    An exchange whose citations all hold is not in it. Each article is looked up once.
    """
    shelf = _Shelf(catalog)
    failed = {
        exchange.id: [
            found for found in map(shelf.verified, exchange.answer.citations) if not found.passed
        ]
        for exchange in conversation.exchanges
        if exchange.answer
    }
    return {ident: found for ident, found in failed.items() if found}


class _Shelf:
    """The articles of one state of the archive, each looked up once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._articles: dict[str, Article | None] = {}
        self._newer: dict[tuple[str, str, str], Article | None] = {}

    def verified(self, citation: Citation) -> Verification:
        """A citation held against what stands there now."""
        cited, newer = self._article(citation.article_id), self._newest(citation)
        current = newer or cited
        if current is None:
            passed, detail = False, GONE
        elif newer is None and current.text[citation.start : citation.end] == citation.quote:
            passed, detail = True, ""
        else:
            # An empty quote stands everywhere and shows nothing.
            passed = bool(citation.quote) and _plain(citation.quote) in _plain(current.text)
            detail = _STILL if passed else _NO_LONGER
        return Verification(number=citation.number, passed=passed, detail=detail)

    def _article(self, article_id: str) -> Article | None:
        if article_id not in self._articles:
            self._articles[article_id] = self._catalog.article(article_id)
        return self._articles[article_id]

    def _newest(self, citation: Citation) -> Article | None:
        """The article that has taken the place of the cited one; None where it has its place."""
        key = (citation.article_id, citation.url, citation.path)
        if key not in self._newer:
            ident = self._version(citation.article_id)
            if not ident and self._article(citation.article_id) is None:
                ident = self._on_page(citation.url) or self._in_file(citation)
            self._newer[key] = self._article(ident) if ident else None
        return self._newer[key]

    def _version(self, article_id: str) -> str:
        """The live version of an article that has become an earlier one."""
        query = "SELECT live FROM pages WHERE article_id = ?1 AND live NOT IN ('', ?1)"
        return next((str(live) for (live,) in self._catalog.rows(query, (article_id,))), "")

    def _on_page(self, url: str) -> str:
        """The one live article of an address."""
        query = "SELECT DISTINCT live FROM pages WHERE page = ? AND live <> ''"
        found = [str(live) for (live,) in self._catalog.rows(query, (page_of(url),))] if url else []
        return found[0] if len(found) == 1 else ""

    def _in_file(self, citation: Citation) -> str:
        """What the file holds now, where that can be told to be the same article."""
        whole = self._catalog.articles_of(citation.path) if citation.path else []
        if [member for member, _ in whole] == [""]:
            return whole[0][1]
        path, _, member = citation.path.rpartition("#")
        for place, ident in self._catalog.articles_of(path) if path else ():
            # A row or a line may have moved up: its place alone does not tell.
            found = self._article(ident) if place == member else None
            if found and found.shown_title == citation.title:
                return ident
        return ""


def _plain(text: str) -> str:
    return " ".join(text.split())
