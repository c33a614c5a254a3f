"""A reader's blocks and metadata to an article: what is believed, what is kept apart, and where."""

import re
import time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from corpus import Article, parse_article
from corpus.compose import compose
from corpus.errors import EmptyArticle
from corpus.raw import Block, Raw

STORY = (
    "The harbour bridge will close in March and the ferries will run every ten minutes instead.",
    "The council voted on Monday after a long debate about the cost of the work.",
)


def article(*lines: str | Block, **stated: object) -> Article:
    blocks = tuple(line if isinstance(line, Block) else Block(line) for line in lines)
    return compose(Raw(blocks=blocks, stated=stated), path=Path("a.txt"))


def test_what_is_removed_is_kept_with_its_place() -> None:
    made = article(
        "Bridge to close",
        "Share",
        "By Ada Moss",
        STORY[0],
        Block("The bridge at dawn", removed="caption"),
        "Advertisement",
        STORY[1],
        "Original url: https://quay.example/2015/11/19/bridge",
    )
    assert made.text == "\n\n".join(["Bridge to close", "By Ada Moss", *STORY])
    assert [(piece.reason, piece.text) for piece in made.removed] == [
        ("share", "Share"),
        ("caption", "The bridge at dawn"),
        ("advertisement", "Advertisement"),
        ("url", "Original url: https://quay.example/2015/11/19/bridge"),
    ]
    assert [made.text[piece.at :][:12] for piece in made.removed] == [
        STORY[0][:12],
        STORY[1][:12],
        STORY[1][:12],
        "",
    ]


def test_every_word_is_in_the_text_or_in_what_was_removed() -> None:
    lines = ["Bridge to close", "By Ada Moss", STORY[0], "Read more", "imgThe end.", STORY[1]]
    made = article(*lines)
    out, at = [], 0
    for piece in made.removed:
        out += [made.text[at : piece.at], piece.text]
        at = piece.at
    joined = re.sub(r"\s", "", "".join([*out, made.text[at:]]))
    assert joined == re.sub(r"\s", "", "".join(lines))


def test_the_title_again_is_a_repeated_header() -> None:
    made = article("Bridge to close soon", STORY[0], "BRIDGE TO CLOSE SOON", STORY[1])
    assert made.text == "\n\n".join(["Bridge to close soon", *STORY])
    assert [(piece.reason, piece.text) for piece in made.removed] == [
        ("repeated header", "BRIDGE TO CLOSE SOON")
    ]


def test_a_short_title_again_may_be_a_heading() -> None:
    assert article("Bridges", STORY[0], "Bridges", STORY[1]).removed == ()


def test_a_stated_title_loses_the_outlet_that_its_heading_does_not_have() -> None:
    made = article("Bridge to close", *STORY, title="Bridge to close | The Quay")
    assert made.title == "Bridge to close"
    assert made.text.count("Bridge to close") == 1
    other = article("Bridge to close", *STORY, title="Bridge to close at last")
    assert other.title == "Bridge to close at last"


def test_nothing_but_furniture_is_no_article() -> None:
    with pytest.raises(EmptyArticle, match="holds no text"):
        article("Share", "Advertisement", Block("Anything", removed="navigation"))
    with pytest.raises(EmptyArticle, match="but its heading"):
        article("Bridge to close", "By Ada Moss", "Read more")


@pytest.mark.parametrize(
    ("lines", "stated", "published", "updated"),
    [
        ([], {}, None, None),
        ([], {"published": "2015-11-19"}, date(2015, 11, 19), None),
        (["20 November 2015"], {"published": "2015-11-19"}, date(2015, 11, 19), None),
        (["20 November 2015"], {"url": "https://q.example/2015/11/19/b"}, date(2015, 11, 20), None),
        ([], {"url": "https://q.example/2015/11/19/b"}, date(2015, 11, 19), None),
        # Not believed, and the next is.
        (["20 November 2015"], {"published": "2999-01-01"}, date(2015, 11, 20), None),
        (["20 November 2015"], {"published": "1066-10-14"}, date(2015, 11, 20), None),
        (["20 November 2015"], {"published": "soon"}, date(2015, 11, 20), None),
        (["20 November 2015"], {"published": "03/04/2015"}, date(2015, 11, 20), None),
        ([], {"published": "03/04/2015", "language": "en-GB"}, date(2015, 4, 3), None),
        ([], {"published": "03/04/2015", "url": "https://q.us/b"}, date(2015, 3, 4), None),
        # A time that another place adds to the same day.
        (
            ["19 November 2015, 08:30 CET"],
            {"published": "2015-11-19"},
            datetime(2015, 11, 19, 8, 30, tzinfo=timezone(timedelta(hours=1))),
            None,
        ),
        # Updates.
        (
            ["Published 19 November 2015 | Updated 20 November 2015"],
            {},
            date(2015, 11, 19),
            date(2015, 11, 20),
        ),
        (["Updated 20 November 2015"], {}, date(2015, 11, 20), date(2015, 11, 20)),
        (
            ["Updated 20 November 2015"],
            {"url": "https://q.example/2015/11/19/b"},
            date(2015, 11, 19),
            date(2015, 11, 20),
        ),
        ([], {"published": "2015-11-19", "updated": "2015-11-18"}, date(2015, 11, 19), None),
        ([], {"published": "2015-11-19", "updated": "2015-11-19"}, date(2015, 11, 19), None),
        ([], {"updated": "2015-11-20"}, date(2015, 11, 20), date(2015, 11, 20)),
    ],
)
def test_which_date_is_believed(
    lines: list[str], stated: dict[str, object], published: date | None, updated: date | None
) -> None:
    made = article("Bridge to close", *lines, *STORY, **stated)
    assert (made.published, made.updated) == (published, updated)
    assert type(made.published) is type(published)


def test_section_and_language() -> None:
    made = article("Bridge to close", *STORY, url="https://q.example/world/europe/bridge")
    assert (made.section, made.language) == ("World", "en")
    made = article("Bridge to close", *STORY, section="City", language="de-AT")
    assert (made.section, made.language) == ("City", "de")
    assert article("Bridge to close", "It will close.").language == ""


def test_an_agency_is_no_author_and_its_byline_stays_in_the_text() -> None:
    made = article("Bridge to close", "By Reuters", *STORY, authors=["Staff"])
    assert made.authors == ()
    assert made.text.startswith("Bridge to close\n\nBy Reuters\n\n")


def test_damaged_characters_are_repaired_in_text_and_metadata() -> None:
    made = article("CafÃ© to close", "It wonâ€™t open.", STORY[0], source="La LibertÃ©")
    assert made.title == "Café to close"
    assert "It won’t open." in made.text
    assert made.source == "La Liberté"


def test_bad_metadata_is_never_an_error() -> None:
    made = article(
        *STORY, published=["x"], updated=7, url="https://[x", language=[], authors=7, title=None
    )
    assert (made.published, made.updated, made.url, made.authors) == (None, None, "", ())


def test_an_article_takes_little_time(sample: Path) -> None:
    files = [(path, path.read_bytes()) for path in sorted(sample.iterdir())]
    for path, data in files:
        parse_article(data, path=path)
    begin = time.process_time()
    for path, data in files:
        parse_article(data, path=path)
    # Some ten times what it takes: a slow machine passes, a rule that runs away does not.
    assert (time.process_time() - begin) / len(files) < 0.05
