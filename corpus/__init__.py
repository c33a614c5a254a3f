"""Reads articles: files to clean text with metadata, and text to passages.

Imports nothing of the other packages and none of the heavy ones.
"""

from corpus.article import Article, Passage, day_of
from corpus.errors import CorpusError, DossierError
from corpus.passages import TokenCounter, sentence_spans, split_passages
from corpus.readers import (
    LARGEST_FILE,
    SUFFIXES,
    find_files,
    parse_article,
    read_article,
    read_bytes,
)

__all__ = [
    "LARGEST_FILE",
    "SUFFIXES",
    "Article",
    "CorpusError",
    "DossierError",
    "Passage",
    "TokenCounter",
    "day_of",
    "find_files",
    "parse_article",
    "read_article",
    "read_bytes",
    "sentence_spans",
    "split_passages",
]
