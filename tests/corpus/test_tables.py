"""Tables: which column is what, a row's own place, and how a bad row is told."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from corpus import Article, CorpusError, ReadOptions
from corpus.errors import UnsupportedFormat
from corpus.readers import parse, read_articles

STORY = "The harbour bridge will close in March. Ferries run every ten minutes instead."


def items(data: str, name: str, **fields: str) -> list[Article | CorpusError]:
    options = ReadOptions(fields=fields)
    return list(parse(io.BytesIO(data.encode()), path=Path(name), options=options))


def one(row: dict[str, object], **fields: str) -> Article:
    [found] = items(json.dumps(row), "a.jsonl", **fields)
    assert isinstance(found, Article)
    return found


@pytest.mark.parametrize(
    "name", ["text", "body", "Content", "article_body", "maintext", "fullText"]
)
def test_the_usual_names_of_the_text(name: str) -> None:
    assert one({name: STORY}).text == STORY
    [found] = items(f"n,{name}\n1,{STORY}\n", "a.csv")
    assert isinstance(found, Article)
    assert found.text == STORY


def test_the_first_of_several_that_holds_anything() -> None:
    assert one({"body": STORY, "text": " "}).text == STORY
    assert one({"body": STORY, "text": None}).text == STORY
    assert (
        one({"headline": "Bridge", "title": "Bridge | The Quay", "text": STORY}).title == "Bridge"
    )


@pytest.mark.parametrize(
    ("name", "value", "published"),
    [
        ("date", "2015-11-16", date(2015, 11, 16)),
        ("datePublished", "2015-11-16T10:00:00Z", datetime(2015, 11, 16, 10, tzinfo=UTC)),
        ("published_at", 1447668000, datetime(2015, 11, 16, 10, tzinfo=UTC)),
        ("pub_date", 1447668000000, datetime(2015, 11, 16, 10, tzinfo=UTC)),
        ("publish_date", "20151116", date(2015, 11, 16)),
        ("date", {"$date": "2015-11-16T10:00:00Z"}, datetime(2015, 11, 16, 10, tzinfo=UTC)),
        ("date", "soon", None),
        ("scraped_at", "2015-11-16", None),
    ],
)
def test_dates(name: str, value: object, published: date | None) -> None:
    assert one({name: value, "text": STORY}).published == published


@pytest.mark.parametrize(
    ("name", "value", "authors"),
    [
        ("author", "Ada Moss", ("Ada Moss",)),
        ("byline", "By Ada Moss and Bo Lind", ("Ada Moss", "Bo Lind")),
        ("authors", ["Ada Moss", "Bo Lind"], ("Ada Moss", "Bo Lind")),
        ("authors", [{"name": "Ada Moss"}], ("Ada Moss",)),
        ("authors", "['Ada Moss', 'Bo Lind']", ("Ada Moss", "Bo Lind")),
        ("author", {"@type": "Person", "name": "Ada Moss"}, ("Ada Moss",)),
        ("author", None, ()),
    ],
)
def test_authors(name: str, value: object, authors: tuple[str, ...]) -> None:
    assert one({name: value, "text": STORY}).authors == authors


def test_the_rest_of_what_a_row_states() -> None:
    found = one(
        {
            "text": STORY,
            "source": {"id": None, "name": "The Quay"},
            "link": "https://quay.example/a",
            "category": "City",
            "lang": "en",
            "modified": "2015-11-17",
            "date": "2015-11-16",
        }
    )
    assert (found.source, found.section, found.language) == ("The Quay", "City", "en")
    assert found.url == "https://quay.example/a"
    assert found.updated == date(2015, 11, 17)


def test_the_users_names_outweigh_the_usual_ones() -> None:
    row = {"text": "A summary.", "story_raw": STORY, "h": "Bridge", "meta": {"outlet": "The Quay"}}
    found = one(row, text="story_raw", title="h", source="meta.outlet")
    assert (found.title, found.source) == ("Bridge", "The Quay")
    assert found.text.endswith(STORY)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "bodi"}, r"has no column “bodi” \(its columns are id, body\)"),
        ({"txt": "body"}, r"no field is called “txt” \(they are text, title, authors"),
    ],
)
def test_a_name_that_is_not_there(fields: dict[str, str], words: str) -> None:
    for data, name in (
        (f"id,body\n1,{STORY}\n", "a.csv"),
        (f'{{"id": 1, "body": "{STORY}"}}', "a.jsonl"),
    ):
        with pytest.raises(UnsupportedFormat, match=words):
            items(data, name, **fields)


def places(found: list[Article | CorpusError]) -> list[str]:
    return [item.member for item in found]


def test_a_row_is_called_by_its_own_id_or_its_line() -> None:
    rows = [{"id": "a1"}, {"id": 7}, {"id": "a1"}, {"id": ""}, {"id": "x" * 500}]
    data = "\n".join(json.dumps({**row, "text": STORY}) for row in rows)
    assert places(items(data, "a.jsonl")) == ["a1", "7", "line 3", "line 4", "line 5"]
    assert places(items(f'{{"text": "{STORY}"}}\n\n{{"text": "{STORY}"}}', "a.jsonl")) == ["1", "3"]
    assert places(items(f'text\n"{STORY}\n\nMore."\n{STORY}\n', "a.csv")) == ["2", "5"]
    assert places(items(json.dumps([{"text": STORY}] * 2, indent=1), "a.json")) == ["1", "2"]


def test_a_bad_row_has_its_line_and_the_rest_goes_on() -> None:
    found = items(f'{{"text": "{STORY}"}}\n{{"text": \n{{"text": "{STORY}"}}', "a.jsonl")
    assert [isinstance(item, Article) for item in found] == [True, False, True]
    assert str(found[1]).startswith("a.jsonl#2: is not JSON (")


def test_tags_in_a_text_are_read_as_a_page() -> None:
    found = one(
        {"text": f"<p>{STORY}</p><script>track()</script><p>The council voted &amp; left.</p>"}
    )
    assert found.text == f"{STORY}\n\nThe council voted & left."
    assert one({"text": f"{STORY} It is 3 < 5 and 7 > 6."}).text.endswith("3 < 5 and 7 > 6.")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_a_long_table_is_held_a_row_at_a_time(name: str, tmp_path: Path) -> None:
    count = 1500
    texts = [f"{STORY} It costs {n} crowns. " + "More was said. " * 100 for n in range(count)]
    path = tmp_path / name
    match name:
        case "a.jsonl":
            path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        case "a.json":
            path.write_text(json.dumps([{"text": text} for text in texts]))
        case _:
            path.write_text("text\n" + "".join(f"{text}\n" for text in texts))
    assert path.stat().st_size > 2_000_000
    del texts

    def taken() -> Iterator[object]:
        from corpus.formats import reader_for

        reader = reader_for(path.suffix)
        assert reader
        with path.open("rb") as stream:
            yield from reader(stream, path, ReadOptions())

    next(iter(read_articles(path)))  # what is imported once
    tracemalloc.start()
    assert sum(1 for _ in taken()) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
