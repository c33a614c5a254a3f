"""Questions about an article itself."""

from pathlib import Path

import pytest

from corpus import Article, parse_article
from rag import Archive
from rag.metadata import Detail, asked_detail, find_article, stated_line

ABAAOUD = "Abdelhamid Abaaoud, the Belgian behind the Paris attacks"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Who wrote the article about the airliner?", "author"),
        ('Who wrote "Moscow carries on"?', "author"),
        ("Who is the author of the piece on Schengen?", "author"),
        ("Whose byline is on the report?", "author"),
        ("When was the article about Leros published?", "date"),
        ("What is the publication date of the piece on Schengen?", "date"),
        ("Which newspaper published the story on Telegram?", "outlet"),
        ("Who published the story of the passport?", "outlet"),
        ("Who wrote Hamlet?", None),
        ("Who wrote that novel?", None),
        ("When did the attack happen, according to the article?", None),
        ("Who published his memoirs?", None),
        ("", None),
    ],
)
def test_asked_detail(question: str, wanted: Detail | None) -> None:
    assert asked_detail(question) == wanted


def parsed(text: str) -> Article:
    return parse_article(text.encode(), path=Path("/x/story.md"))


FULL = """---
title: Port fire
source: The Quay
published: 2020-03-03
authors: [Ada Moss]
---

# Port fire

By Ada Moss

The Quay, 3 March 2020

The fire killed 34 people. It burnt.
"""


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ("author", "By Ada Moss"),
        ("date", "The Quay, 3 March 2020"),
        ("outlet", "The Quay, 3 March 2020"),
    ],
)
def test_stated_line(detail: Detail, line: str) -> None:
    article = parsed(FULL)
    span = stated_line(article, detail)
    assert span is not None
    assert article.text[slice(*span)] == line


@pytest.mark.parametrize("detail", ["author", "date", "outlet"])
def test_what_is_not_stated_has_no_line(detail: Detail) -> None:
    assert stated_line(parsed("# Port fire\n\nThe fire killed 34 people.\n"), detail) is None
    assert stated_line(Article(text="Moss wrote.", authors=("Moss",)), detail) is None


@pytest.mark.parametrize(
    ("question", "kind", "quote"),
    [
        (f'Who wrote the article "{ABAAOUD}"?', "metadata", "Maud Kestrelay"),
        (f'When was the article "{ABAAOUD}" published?', "metadata", "21 November 2015"),
        (f'Which newspaper published the story "{ABAAOUD}"?', "metadata", "The Lantern Review"),
    ],
)
def test_details_are_quoted(archive: Archive, question: str, kind: str, quote: str) -> None:
    answer = archive.ask(question)
    assert (answer.status, answer.kind) == ("answered", kind)
    [citation] = answer.citations
    assert quote in citation.quote
    article = archive.article(citation.article_id)
    assert article.text[citation.start : citation.end] == citation.quote
    assert citation.quote in citation.passage
    assert citation.end <= article.body_start


def test_a_detail_that_is_not_stated(own: Archive, tmp_path: Path) -> None:
    path = tmp_path / "fire.md"
    path.write_text("# Port Levin fire kills 34\n\nThe fire in Port Levin killed 34 people.\n")
    own.ingest(path)
    answer = own.ask('Who wrote the article "Port Levin fire kills 34"?')
    assert (answer.status, answer.kind) == ("not_found", "not_stated")
    assert answer.reason == "“Port Levin fire kills 34” does not state its author."


def test_find_article(archive: Archive) -> None:
    hits = archive.search(ABAAOUD, k=10)
    with archive._generations.snapshot() as snapshot:
        options = {"snapshot": snapshot, "matcher": archive.embedder}
        found = find_article(f'Who wrote "{ABAAOUD}"?', hits, **options)  # type: ignore[arg-type]
        assert found is not None
        assert found.title == ABAAOUD
        assert find_article("Who wrote about the weather?", hits, **options) is None  # type: ignore[arg-type]
        assert find_article("Who wrote it?", [], **options) is None  # type: ignore[arg-type]
        by = find_article("What did the article by Maud Kestrelay on Abaaoud say?", hits, **options)  # type: ignore[arg-type]
        assert by is not None
        assert by.authors == ("Maud Kestrelay",)
