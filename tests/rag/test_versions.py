"""Copies, stories and versions through real ingests; what changed between versions."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from prose import prose
from typer.testing import CliRunner

from rag import Archive, Article, ArticleNotFound, FigureChange, IngestReport, Settings
from rag.cli import app
from rag.embedding import Embedder
from rag.versions import figure_changes

SETTINGS = Settings(_env_file=None)
URL = "https://quay.example/2015/11/toll"
WIRE = prose("wire", 150)


@pytest.fixture
def archive(archive_home: Path, embedder: Embedder) -> Iterator[Archive]:
    with Archive.open(archive_home, settings=SETTINGS, embedder=embedder) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "articles"
    made.mkdir()
    return made


Put = Callable[..., Path]


@pytest.fixture
def put(folder: Path) -> Put:
    """Write an article's file: its name, its text, and what its front matter states."""
    ticks = iter(range(1_500_000_000, 1_600_000_000, 1000))

    def write(name: str, text: str, **metadata: object) -> Path:
        path = folder / name
        stated = "".join(f"{key}: {json.dumps(str(value))}\n" for key, value in metadata.items())
        path.write_text(f"---\n{stated}---\n\n{text}\n" if metadata else f"{text}\n")
        at = next(ticks)
        os.utime(path, (at, at))
        return path

    return write


def toll(count: str) -> str:
    return (
        f"Officials said {count} people were killed in the attacks on the city.\n\n"
        f"{prose('toll', 80)}"
    )


def found(archive: Archive, query: str) -> set[str]:
    """Texts of the passages that a search finds, each side of it asked."""
    return {hit.text for hit in archive.search(query, k=50)}


def whole(archive: Archive) -> None:
    """The archive is whole: every passage is in the catalog, the full text and the vectors."""
    assert all(finding.passed for finding in archive.doctor())


# The same text


def test_the_same_bytes_under_three_names_are_one_article(
    archive: Archive, folder: Path, put: Put
) -> None:
    for name in ("b.md", "a.md", "c.md"):
        put(name, WIRE, title="Ferry", source="The Wire")
    report = archive.ingest(folder)
    assert (report.added, report.duplicates, report.articles) == (1, 2, 1)
    assert (report.stories, report.superseded) == (0, 0)
    (article,) = archive.articles()
    assert archive.paths(article.id) == [str(folder / name) for name in ("a.md", "b.md", "c.md")]
    assert article.path == folder / "a.md"
    (folder / "a.md").unlink()
    assert archive.ingest(folder, prune=True).removed == 0
    assert archive.paths(article.id) == [str(folder / name) for name in ("b.md", "c.md")]


def test_the_same_text_in_plain_text_and_markdown_is_one_article(
    archive: Archive, folder: Path, put: Put
) -> None:
    put("a.txt", f"The ferry is late\n\nBy Ada Moss\n\n{WIRE}")
    put("a.md", f"# The ferry is late\n\nBy Ada Moss\n\n{WIRE}")
    assert archive.ingest(folder).duplicates == 1
    (article,) = archive.articles()
    assert len(archive.paths(article.id)) == 2


def test_a_file_whose_text_becomes_that_of_another_leaves_its_old_one(
    archive: Archive, folder: Path, put: Put
) -> None:
    put("a.md", WIRE, title="Ferry")
    put("b.md", prose("other"), title="Other")
    archive.ingest(folder)
    put("b.md", WIRE, title="Ferry")
    archive.ingest(folder)
    (article,) = archive.articles()
    assert len(archive.paths(article.id)) == 2
    whole(archive)


# Stories


def test_wire_copy_in_two_outlets_is_one_story(archive: Archive, folder: Path, put: Put) -> None:
    put("late.md", WIRE, title="A ferry sinks", source="The Post", published="2015-11-15")
    lead = f"{prose('lead', 20)}\n\n{WIRE}"
    put("early.md", lead, title="Ferry lost", source="The Wire", published="2015-11-14")
    put("other.md", prose("other"), title="A bridge", source="The Wire")
    assert archive.ingest(folder).stories == 1
    (story,) = archive.stories()
    assert [(m.source, m.published) for m in story.members] == [
        ("The Wire", date(2015, 11, 14)),
        ("The Post", date(2015, 11, 15)),
    ]
    assert story.lead == story.members[0].article_id
    assert story.members[0].path == str(folder / "early.md")
    for member in story.members:
        assert archive.story(member.article_id) == story
    (alone,) = {a.id for a in archive.articles()} - {m.article_id for m in story.members}
    assert [m.title for m in archive.story(alone).members] == ["A bridge"]
    assert json.loads(json.dumps(story.to_dict()))["members"][0]["source"] == "The Wire"

    (folder / "early.md").unlink()
    report = archive.ingest(folder, prune=True)
    assert (report.removed, report.stories) == (1, 0)
    assert archive.stories() == []
    assert archive.story(story.members[1].article_id).members == (story.members[1],)


# Versions


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_versions_in_any_order(
    archive: Archive, folder: Path, put: Put, order: tuple[int, ...]
) -> None:
    counts = ("over 100", "129", "at least 130")
    for at in order:
        url = f"http://www.quay.example/2015/11/toll/?utm_source={at}" if at else URL
        put(f"{at}.md", toll(counts[at]), title="The toll", url=url, published=f"2015-11-1{4 + at}")
        archive.ingest(folder)
    (live,) = archive.articles()
    assert counts[2] in live.text
    versions = archive.versions(live.id)
    assert [count for v in versions for count in counts if count in v.text] == [*reversed(counts)]
    changes = archive.changes(versions[1].id)
    assert [(c.before.value, c.after.value) for c in changes] == [
        ("129", "at least 130"),
        ("over 100", "129"),
    ]
    assert not any("129" in text for text in found(archive, "How many people were killed?"))
    assert archive.status().articles == 1
    whole(archive)


def test_versions_in_one_ingest_count_as_superseded(
    archive: Archive, folder: Path, put: Put
) -> None:
    for at in range(3):
        put(f"{at}.md", toll(f"{129 + at}"), title="The toll", url=URL, published=f"2015-11-1{at}")
    report = archive.ingest(folder)
    assert (report.added, report.articles, report.superseded) == (3, 1, 2)
    assert archive.ingest(folder).superseded == 0


def test_pruning_the_live_version_makes_the_older_one_live_again(
    archive: Archive, folder: Path, put: Put
) -> None:
    put("old.md", toll("129"), title="The toll", url=URL, published="2015-11-14")
    new = put("new.md", toll("130"), title="The toll", url=URL, published="2015-11-15")
    archive.ingest(folder)
    new.unlink()
    report = archive.ingest(folder, prune=True)
    assert (report.removed, report.articles) == (1, 1)
    (live,) = archive.articles()
    assert "129" in live.text
    assert any("129" in text for text in found(archive, "How many people were killed?"))
    assert archive.versions(live.id) == [live]
    whole(archive)


def test_removing_the_live_version_makes_the_older_one_live_again(
    archive: Archive, folder: Path, put: Put
) -> None:
    put("old.md", toll("129"), title="The toll", url=URL, published="2015-11-14")
    put("new.md", toll("130"), title="The toll", url=URL, published="2015-11-15")
    archive.ingest(folder)
    archive.remove(archive.articles()[0].id)
    (live,) = archive.articles()
    assert "129" in live.text
    assert any("129" in text for text in found(archive, "How many people were killed?"))
    whole(archive)


def test_a_file_changed_in_place_leaves_an_earlier_version(
    archive: Archive, folder: Path, put: Put
) -> None:
    for count in ("129", "130", "132"):
        put("toll.md", toll(count), title="The toll", url=URL, published="2015-11-14")
        report = archive.ingest(folder)
        assert (report.added + report.updated, report.removed) == (1, 0)
    assert report.superseded == 1
    (live,) = archive.articles()
    assert [c.after.value for c in archive.changes(live.id)] == ["132", "130"]
    earlier = archive.versions(live.id)[2]
    assert "129" in earlier.text
    assert archive.paths(earlier.id) == []
    whole(archive)

    put("toll.md", toll("129"), title="The toll", url=URL, published="2015-11-14")
    archive.ingest(folder)  # put back as it was
    assert archive.articles() == [archive.article(earlier.id)]
    assert len(archive.versions(earlier.id)) == 3
    whole(archive)

    (folder / "toll.md").unlink()
    report = archive.ingest(folder, prune=True)
    assert (report.removed, report.articles) == (1, 0)
    with pytest.raises(ArticleNotFound):
        archive.article(live.id)


def test_without_an_address_the_old_text_is_replaced(
    archive: Archive, folder: Path, put: Put
) -> None:
    for count in ("129", "130"):
        put("toll.md", toll(count), title="The toll", published="2015-11-14")
        archive.ingest(folder)
    (live,) = archive.articles()
    assert archive.versions(live.id) == [live]
    assert archive.changes(live.id) == []


def test_unrelated_articles_of_one_address_all_stay_live(
    archive: Archive, folder: Path, put: Put
) -> None:
    for at in range(4):
        put(f"{at}.md", prose(at), title=f"Story {at}", url="https://quay.example/rss.xml")
    report = archive.ingest(folder)
    assert (report.articles, report.superseded) == (4, 0)


def test_a_rebuild_keeps_earlier_versions_and_their_order(
    archive: Archive, archive_home: Path, folder: Path, put: Put, embedder: Embedder
) -> None:
    for count in ("129", "130"):
        put("toll.md", toll(count), title="The toll", url=URL)
        archive.ingest(folder)
    put("wire.md", WIRE, source="The Wire", title="One")
    put("post.md", WIRE, source="The Post", title="Two")
    archive.ingest(folder)
    before = [archive.versions(a.id) for a in archive.articles()], archive.stories()
    smaller = SETTINGS.model_copy(update={"passage_tokens": 64})
    with Archive.open(archive_home, settings=smaller, embedder=embedder) as opened:
        report = opened.ingest(folder)
        assert (report.articles, report.stories, report.superseded) == (3, 1, 0)
        assert ([opened.versions(a.id) for a in opened.articles()], opened.stories()) == before
        whole(opened)


@pytest.mark.parametrize("call", ["versions", "changes", "story", "paths"])
def test_an_unknown_article_is_an_error(
    archive: Archive, folder: Path, put: Put, call: str
) -> None:
    put("a.md", WIRE)
    archive.ingest(folder)
    with pytest.raises(ArticleNotFound):
        getattr(archive, call)("0" * 16)


# Changed figures


def changed(old: str, new: str, **metadata: object) -> list[tuple[str, str]]:
    versions = [Article(text=text, **metadata) for text in (new, old)]  # type: ignore[arg-type]
    return [(c.before.value, c.after.value) for c in figure_changes(versions)]


FRAME = "Police said {} people were killed in the attacks on Friday."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("129", "130"),
        ("over 100", "at least 129"),
        ("one hundred and twenty-nine", "130"),
        ("1,200", "1.3 million"),
        ("12%", "14 percent"),
        ("12%", "12"),
        ("$12", "€12"),
    ],
)
def test_a_changed_number_is_given_as_it_is_worded(old: str, new: str) -> None:
    assert changed(FRAME.format(old), FRAME.format(new)) == [(old, new)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("129", "one hundred and twenty-nine"),
        ("129", "at least 129"),
        ("1,000", "1000"),
        ("12%", "12 per cent"),
        ("129", "129"),
    ],
)
def test_the_same_number_otherwise_worded_is_no_change(old: str, new: str) -> None:
    assert changed(FRAME.format(old), FRAME.format(new)) == []


def test_dates_and_several_figures_of_one_sentence() -> None:
    old = "On 13 November 2015 gunmen killed 129 people and wounded 352 in six places."
    new = "On Nov. 14, 2015, gunmen killed 130 people and wounded 352 in seven places."
    assert changed(old, new) == [
        ("13 November 2015", "Nov. 14, 2015"),
        ("129", "130"),
        ("six", "seven"),
    ]


def test_a_sentence_that_is_new_or_gone_changes_no_figure() -> None:
    kept = "The river rose by 3 metres in two days, and the bridge was closed."
    old = f"{kept} Some 40 cars were lost on the northern road."
    new = f"{kept} The mayor asked for 500 volunteers to carry sand."
    assert changed(old, new) == []


def test_two_sentences_about_other_things_share_no_figure() -> None:
    old = "Nurses at the northern clinic had asked for 40 beds since the summer."
    assert changed(old, "A furniture maker sold 900 beds.") == []


def test_a_sentence_that_moved_is_still_compared() -> None:
    others = [f"Nothing {word} was said of the {word} bridge." for word in ("new", "old", "far")]
    old = " ".join([FRAME.format(129), *others])
    new = " ".join([*reversed(others), FRAME.format(130)])
    assert changed(old, new) == [("129", "130")]


def test_one_figure_among_more_words_is_not_paired_with_another() -> None:
    old = "The council spent 40 million on the tunnel and the harbour."
    new = "The council spent, after 3 votes in 2 years, nothing on the tunnel and the harbour."
    assert changed(old, new) == []


def test_the_title_counts_and_the_byline_does_not() -> None:
    old = "Toll at 129\n\nPublished 13 November 2015\n\nThe city mourned."
    new = "Toll at 130\n\nPublished 14 November 2015\n\nThe city mourned."
    versions = [
        Article(text=text, title=text[:11], body_start=text.index("The city"))
        for text in (new, old)
    ]
    (change,) = figure_changes(versions)
    assert (change.before.value, change.after.value) == ("129", "130")


def test_a_change_names_both_sentences_by_their_spans() -> None:
    old = Article(text=f"A first. {FRAME.format(129)}", published=date(2015, 11, 14))
    new = Article(text=FRAME.format(130), published=date(2015, 11, 14), updated=date(2015, 11, 15))
    (change,) = figure_changes([new, old])
    for figure, article in ((change.before, old), (change.after, new)):
        assert article.text[figure.start : figure.end] == figure.sentence
        assert figure.article_id == article.id
        assert (figure.published, figure.updated) == (article.published, article.updated)
    assert FigureChange.to_dict(change)["after"]["updated"] == "2015-11-15"


def test_hostile_text_is_read_as_text() -> None:
    signs = "\0 129 \1 people and 13 November \0"
    assert changed(f"{signs} died here.", f"{signs.replace('129', '130')} died here.") == [
        ("129", "130")
    ]


# The command line


@pytest.fixture
def told(archive: Archive, archive_home: Path, folder: Path, put: Put) -> Callable[..., str]:
    """Run a command over an archive of three versions and a story; what it prints."""
    for count in ("129", "130"):
        put("toll.md", toll(count), title="The toll", url=URL, published="2015-11-14")
        archive.ingest(folder)
    put("wire.md", WIRE, source="The Wire", title="One", published="2015-11-14")
    put("post.md", WIRE, source="The Post", title="Two")
    archive.ingest(folder)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--home", str(archive_home)])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_the_command_line_lists_versions(archive: Archive, told: Callable[..., str]) -> None:
    new = next(a for a in archive.articles() if a.url)
    old = archive.versions(new.id)[1]
    for asked in (new.id, old.id):
        said = told("versions", asked)
        assert said.index(new.id) < said.index(old.id)
        assert "129 -> 130" in said
        record = json.loads(told("versions", asked, "--json"))
        assert [(v["article_id"], v["live"]) for v in record["versions"]] == [
            (new.id, True),
            (old.id, False),
        ]
        assert record["changes"][0]["before"]["value"] == "129"


def test_the_command_line_lists_stories(archive: Archive, told: Callable[..., str]) -> None:
    (story,) = archive.stories()
    said = told("stories").splitlines()
    assert [line.split()[0] for line in said] == [m.article_id for m in story.members]
    assert json.loads(told("stories", "--json")) == [story.to_dict()]


def report_fields() -> list[str]:
    return list(IngestReport().to_dict())


def test_the_report_ends_with_what_it_gained() -> None:
    assert report_fields()[-2:] == ["stories", "superseded"]
