"""Questions about an article itself: who wrote it, when it appeared, which outlet carried it."""

import re
from collections.abc import Sequence
from typing import Literal

from corpus import Article
from rag.embedding import Matcher
from rag.types import Hit
from rag.words import content_words, fold, stem, stems, words
from vectorstore import Snapshot

__all__ = ["Detail", "asked_detail", "find_article", "stated_line"]

Detail = Literal["author", "date", "outlet"]

_ARTICLE = r"(?:article|story|report|piece|column|analysis|news item|text)"
_PATTERNS: dict[Detail, re.Pattern[str]] = {
    "author": re.compile(
        rf"\bwho (?:wrote|authored|penned|is the author of|are the authors of)(?! that\b)"
        rf"(?=.*(?:\b{_ARTICLE}\b|\"))"
        rf"|\bwhose byline\b|\b(?:author|byline|reporter)s? (?:of|on|is on|behind) .*\b{_ARTICLE}\b"
    ),
    "date": re.compile(
        rf"\b(?:when|what day|what date|which day|which date)\b.*"
        rf"(?:\b{_ARTICLE}\b|\").*\b(?:published|appear|appeared|posted|printed|dated)\b"
        rf"|\b(?:publication|publishing) date\b|\bdate of publication\b"
    ),
    "outlet": re.compile(
        rf"\b(?:which|what) (?:outlet|newspaper|paper|site|publication|magazine)\b.*"
        rf"\b(?:published|ran|carried|printed)\b.*(?:\b{_ARTICLE}\b|\")"
        rf"|\bwho published\b.*(?:\b{_ARTICLE}\b|\")"
    ),
}
_CLOSE_ENOUGH = 0.55
_NOT_OF_TITLE = frozenset(
    "wrote written author byline published publication date story piece newspaper outlet".split()
)


def asked_detail(question: str) -> Detail | None:
    """Which detail of an article a question asks for; None for a question about the news."""
    text = fold(question)
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(text)), None)


def find_article(
    question: str, hits: Sequence[Hit], *, snapshot: Snapshot, matcher: Matcher
) -> Article | None:
    """The article that a question names, by its title or its author; None where none is close."""
    ids = list(dict.fromkeys(hit.article_id for hit in hits))
    articles = [found for ident in ids if (found := snapshot.catalog.article(ident))]
    if not articles:
        return None
    asked = stems(word for word in content_words(question) if word not in _NOT_OF_TITLE)
    vectors = matcher.embed([question, *(article.shown_title for article in articles)])
    scored = []
    for article, vector in zip(articles, vectors[1:], strict=True):
        title = stems(content_words(article.title))
        shared = len(title & asked) / len(title) if title else 0.0
        byline = {stem(word) for author in article.authors for word in words(author)}
        named = 0.5 if byline and byline <= asked else 0.0
        scored.append((max(float(vector @ vectors[0]), shared) + named, article))
    score, best = max(scored, key=lambda item: item[0])
    return best if score >= _CLOSE_ENOUGH else None


def stated_line(article: Article, detail: Detail) -> tuple[int, int] | None:
    """The span of the line at the head of the article that states the detail, None for none."""
    offset = 0
    for line in article.text[: article.body_start].split("\n\n"):
        start, offset = offset, offset + len(line) + 2
        if not line or line == article.title:
            continue
        if (
            (detail == "author" and any(author in line for author in article.authors))
            or (detail == "date" and article.day and str(article.day.year) in line)
            or (detail == "outlet" and article.source and article.source in line)
        ):
            return start, start + len(line)
    return None
