"""Reads articles: files to clean text with metadata, and text to passages.

Imports nothing of the other packages and none of the heavy ones.
"""

from corpus.article import Article, Passage, Removed, TimeMention, day_of
from corpus.errors import CorpusError, DossierError
from corpus.passages import TokenCounter, sentence_spans, split_passages
from corpus.raw import ReadOptions
from corpus.readers import (
    LARGEST_FILE,
    SUFFIXES,
    find_files,
    open_file,
    parse,
    parse_article,
    read_article,
    read_articles,
    sha256_of,
)

__all__ = [
    "LARGEST_FILE",
    "SUFFIXES",
    "Article",
    "CorpusError",
    "DossierError",
    "Passage",
    "ReadOptions",
    "Removed",
    "TimeMention",
    "TokenCounter",
    "day_of",
    "find_files",
    "open_file",
    "parse",
    "parse_article",
    "read_article",
    "read_articles",
    "sentence_spans",
    "sha256_of",
    "split_passages",
]
