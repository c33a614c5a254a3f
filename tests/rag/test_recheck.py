"""Stored answers against an archive that has gone on: unchanged, changed, gone, set back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from asking import an_answer
from rounds import hashed, write_round
from typer.testing import CliRunner

from rag import Answer, Archive, Article, Citation, ConversationNotFound, Filters, Settings
from rag.cli import app
from rag.recheck import CHANGED, GONE
from rag.visits import under

STILL, NO_LONGER = f"{CHANGED}; it still says this", f"{CHANGED}; it no longer says this"


def write_article(path: Path, text: str, *, title: str = "The fire", **stated: str) -> None:
    stated = {"title": title, **stated}
    head = "\n".join(f"{name}: {value}" for name, value in stated.items())
    path.write_text(f"---\n{head}\n---\n\n{text}\n")


def cite(article: Article, quote: str, *, number: int = 1) -> Citation:
    start = article.text.index(quote)
    return Citation(
        number=number,
        article_id=article.id,
        title=article.shown_title,
        source=article.source,
        published=article.published,
        url=article.url,
        path=article.origin,
        quote=quote,
        start=start,
        end=start + len(quote),
        passage=quote,
    )


def answered(*citations: Citation) -> Answer:
    return replace(an_answer(), citations=citations)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


@pytest.fixture
def small(archive_home: Path) -> Iterator[Archive]:
    with hashed(archive_home) as archive:
        yield archive


MORE = " People came to look, and the mayor spoke of a dark day for the port and for the town."


@pytest.mark.parametrize("url", ["", "https://quay.example/fire"])
def test_an_article_that_changes_and_goes(small: Archive, folder: Path, url: str) -> None:
    """With an address, what it said before is kept as an earlier version; without, it is not."""
    path, stated = folder / "fire.md", {"url": url} if url else {}
    write_article(path, f"It killed 34 people. The port burned.{MORE}", **stated)
    write_article(folder / "other.md", f"Another matter altogether.{MORE}", title="Other")
    small.ingest(folder)
    [article] = [found for found in small.articles() if found.title == "The fire"]
    toll = cite(article, "It killed 34 people.")
    port = cite(article, "The port burned.", number=2)
    answer = answered(toll, port)
    assert [(v.passed, v.detail) for v in small.verify(answer)] == [(True, ""), (True, "")]

    write_article(path, f"It killed 36 people. The port burned.{MORE}", **stated)
    small.ingest(folder)
    first, second = small.verify(answer)
    assert (first.number, first.passed, first.detail) == (1, False, NO_LONGER)
    assert (second.number, second.passed, second.detail) == (2, True, STILL)
    # Spaces are not words.
    spaced = replace(port, quote="The  port\nburned.")
    assert small.verify(answered(spaced))[0].passed
    assert not small.verify(answered(replace(port, quote="")))[0].passed

    small.rollback()
    assert [v.detail for v in small.verify(answer)] == ["", ""]
    path.unlink()
    small.ingest(folder, prune=True)
    found = small.verify(answer)
    assert [(v.passed, v.detail) for v in found] == [(False, GONE)] * 2


def test_a_corrected_head_moves_the_words(small: Archive, folder: Path) -> None:
    """The id stays, since outlet, title and story do; the spans do not."""
    path = folder / "fire.md"
    write_article(path, f"It killed 34 people.{MORE}")
    small.ingest(folder)
    [article] = small.articles()
    moved = replace(cite(article, "It killed 34 people."), start=5, end=25)
    [found] = small.verify(answered(moved))
    assert (found.passed, found.detail) == (True, STILL)
    [found] = small.verify(answered(replace(moved, quote="It killed 99 people.")))
    assert (found.passed, found.detail) == (False, NO_LONGER)


@pytest.mark.slow
def test_a_row_of_a_table_that_changes(small: Archive, folder: Path) -> None:
    """The place in a file that holds several articles tells nothing by itself."""
    table = folder / "news.jsonl"

    def line(title: str, text: str) -> str:
        return f'{{"title": "{title}", "text": "{text}{MORE}"}}\n'

    table.write_text(line("Fire", "It killed 34.") + line("Flood", "The river rose."))
    small.ingest(folder)
    articles = {article.title: article for article in small.articles()}
    fire = cite(articles["Fire"], "It killed 34.")
    flood = cite(articles["Flood"], "The river rose.", number=2)
    table.write_text(line("Fire", "It killed 36.") + line("Storm", "The river rose."))
    small.ingest(folder, prune=True)
    found = small.verify(answered(fire, flood))
    assert [(v.passed, v.detail) for v in found] == [(False, NO_LONGER), (False, GONE)]


def test_a_conversation_is_held_against_the_archive(
    small: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_article(folder / "fire.md", f"It killed 34 people. The port burned.{MORE}")
    write_article(folder / "flood.md", f"The river rose.{MORE}", title="The flood")
    small.ingest(folder)
    articles = {article.title: article for article in small.articles()}
    fire = cite(articles["The fire"], "It killed 34 people.")
    flood = cite(articles["The flood"], "The river rose.", number=2)
    talks = small.conversations
    talk = talks.create("ada")
    for answer in (answered(fire, flood), answered(flood), answered(fire), None):
        exchange = talks.add(talk.id, owner="ada", question="What?")
        talks.save(replace(exchange, state="done", answer=answer), owner="ada")
    talk = talks.read(talk.id, owner="ada")
    assert small.recheck(talk) == {}

    write_article(folder / "fire.md", f"It killed 36 people. The port burned.{MORE}")
    small.ingest(folder)
    found = small.recheck(talk)
    first, _, third, _ = talk.exchanges
    assert {ident: [v.number for v in failed] for ident, failed in found.items()} == {
        first.id: [1],
        third.id: [1],
    }
    assert {v.detail for failed in found.values() for v in failed} == {NO_LONGER}

    looked_up: list[str] = []
    from vectorstore import Catalog

    article = Catalog.article
    monkeypatch.setattr(
        Catalog, "article", lambda self, ident: looked_up.append(ident) or article(self, ident)
    )
    small.recheck(talk)
    assert len(looked_up) == len(set(looked_up)) == 3  # two that are cited, and what took a place


# --- beside the archive ---


def test_conversations_are_no_part_of_a_generation(small: Archive, folder: Path) -> None:
    for number in (1, 2):
        write_round(folder, number)
        small.ingest(folder)
        small.conversations.create("ada", title=f"After {number}")
    small.rollback()
    small.rebuild()
    assert [t.title for t in small.conversations.of("ada")] == ["After 2", "After 1"]
    by_name = {finding.check: finding for finding in small.doctor()}
    assert by_name["conversations"].detail == "2 kept"
    other = under(small, small.settings.model_copy(update={"reader": "off"}))
    assert other.conversations is small.conversations


def test_doctor_looks_at_conversations(small: Archive, folder: Path) -> None:
    write_round(folder, 1)
    small.ingest(folder)
    small.conversations.create("ada")
    small.conversations.close()
    path = small.home / "conversations.db"
    path.write_bytes(b"nonsense" * 1000)
    found = {finding.check: finding for finding in small.doctor()}["conversations"]
    assert not found.passed
    assert "is damaged" in found.detail
    assert found.mend.startswith(f"mv {path} {path}.damaged; rm -f ")


# --- by command ---


def test_by_command(small: Archive, folder: Path, tmp_path: Path) -> None:
    write_article(folder / "fire.md", f"It killed 34 people.{MORE}")
    small.ingest(folder)
    talks = small.conversations
    talk = talks.create("ada")
    exchange = talks.add(talk.id, owner="ada", question="How many\x1b[31m died?")
    answer = replace(
        answered(cite(small.articles()[0], "It killed 34 people.")),
        question=exchange.question,
        text="It killed 34 people. [1]",
    )
    talks.save(replace(exchange, state="done", answer=answer), owner="ada")
    write_article(folder / "fire.md", f"It killed 36 people.{MORE}")
    small.ingest(folder)

    def run(*arguments: object, code: int = 0) -> str:
        given = ["conversations", *map(str, arguments), "--home", str(small.home)]
        result = CliRunner().invoke(app, given)
        assert result.exit_code == code, result.output
        return result.stdout if not code else result.stderr

    listed = run("list", "--matching", "killed")
    assert listed.startswith(f"{talk.id}  ")
    assert "\x1b" not in listed
    assert "(1 question)" in listed
    assert run("list", "--owner", "bo") == "No conversations.\n"
    assert run("list", "--owner", "ada") == listed
    assert '"questions": 1' in run("list", "--json")
    shown = run("show", talk.id)
    assert "[1] “It killed 34 people.”" in shown
    assert NO_LONGER in shown
    stored = talks.read(talk.id, owner="ada")
    assert type(stored).from_dict(json.loads(run("show", talk.id, "--json"))) == stored
    assert run("export", talk.id).startswith("# How many")
    assert run("export", talk.id, "--format", "json") == run("show", talk.id, "--json")
    target = tmp_path / "talk.html"
    assert run("export", talk.id, "--format", "html", "--to", target) == ""
    assert NO_LONGER in target.read_text(encoding="utf-8")
    assert "cannot be written" in run("export", talk.id, "--to", tmp_path / "no" / "x", code=1)
    run("export", talk.id, "--format", "docx", code=2)
    assert run("delete", talk.id).startswith("Deleted: How many")
    for command in ("show", "export", "delete"):
        assert "no such conversation" in run(command, talk.id, code=1)
    with pytest.raises(ConversationNotFound):
        talks.read(talk.id, owner="ada")


def test_listing_needs_no_archive_and_makes_none(tmp_path: Path) -> None:
    home = tmp_path / "none"
    result = CliRunner().invoke(app, ["conversations", "list", "--home", str(home)])
    assert result.exit_code == 0
    assert not home.exists()
    with Archive.open(settings=Settings(_env_file=None, home=home)) as archive:
        assert archive.conversations.of("ada") == []
    assert not home.exists()


def test_asking_in_a_conversation(
    archive_home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOSSIER_RETRIEVAL", "lexical")
    monkeypatch.setenv("DOSSIER_READER", "off")

    def run(*arguments: object, code: int = 0) -> tuple[str, str]:
        given = ["ask", *map(str, arguments), "--home", str(archive_home)]
        result = CliRunner().invoke(app, given)
        assert result.exit_code == code, result.output
        return result.stdout, result.stderr

    run("What burned?", "--conversation", "new", code=1)
    assert not archive_home.exists()
    write_article(folder / "fire.md", f"The port of Levin burned on Monday.{MORE}")
    with Archive.open(archive_home) as archive:
        archive.ingest(folder)
        _, told = run("What burned on Monday in Levin?", "--conversation", "new")
        [listed] = archive.conversations.of("local")
        assert told.startswith(f"Conversation {listed.id}")
        run("And who came to look at it?", "--conversation", listed.id, "--source", "The Quay")
        first, second = archive.conversations.read(listed.id, owner="local").exchanges
        assert (first.state, second.state) == ("done", "done")
        assert first.answer is not None
        assert "The port of Levin burned" in first.answer.text
        assert second.answer is not None
        assert "Levin" in second.answer.standalone_question
        assert second.filters == second.answer.filters == Filters(sources=["The Quay"])
        theirs = archive.conversations.create("ada")
        for ident in (theirs.id, "none"):
            assert "no such conversation" in run("Why?", "--conversation", ident, code=1)[1]

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("rag.engine.AnswerStream.events", stop)
        run("What burned?", "--conversation", listed.id, code=130)
        *_, third = archive.conversations.read(listed.id, owner="local").exchanges
        assert (third.state, third.answer) == ("stopped", None)
        run("What burned?", code=130)
        assert len(archive.conversations.read(listed.id, owner="local").exchanges) == 3
