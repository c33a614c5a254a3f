"""What the library and the settings page say, without a page."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr
from ui.hostile import ATTACKS
from ui.test_search_values import member, row, shelf_of
from ui.test_view import plain

from app_pages import _choices as choices
from app_pages import _library as lines
from app_pages import _record as record
from app_pages._work import Outcome, Reading, ingest_line, shown_path, store_uploads
from rag import Article, Finding, IngestReport, KeptGeneration, Story, load_settings
from rag.jobs import Job


def job(**changes: object) -> Job:
    made = Job(1, "ingest", "Adding", lambda _: None)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


# Articles


def test_the_table_is_narrowed_by_words_in_any_place() -> None:
    rows = [row("a", authors=("Ann Writer",), origin="/x/harbour.txt"), row("b", outlet="Post")]

    def ids(words: str) -> list[str]:
        return [one.id for one in lines.holding(rows, words)]

    assert ids("") == ["a", "b"]
    assert ids("HARBOUR writer") == ["a"]
    assert ids("post title") == ["b"]
    assert ids("nothing") == []


def test_a_row_of_the_table() -> None:
    story = Story(id="s", lead="a", members=(member("a", "Wire"), member("b", "Post")))
    rows = [
        row("a", authors=("A", "B"), words=7, origin="/x/y.zip#z.txt"),
        row("b", None, origin="C:\\n.txt"),
    ]
    table = lines.table(rows, shelf_of(*rows, stories=(story,)))
    assert [column[0] for column in table.values()] == [
        "Title a", "Ledger", date(2015, 11, 17), "", "A, B", 7, 1, "y.zip#z.txt",
    ]  # fmt: skip
    assert (table["Published"][1], table["File"][1]) == (None, "n.txt")


def test_versions_stories_and_what_was_left_out_in_words() -> None:
    article = Article(text="T.", title="A *title*", published=date(2015, 11, 17))
    assert plain(record.version_line(article, newest=True)) == (
        "**17 November 2015** · the newest · A *title*"
    )
    assert "Wire" in record.member_line(member("a", "Wire"))
    assert "No outlet stated" in record.member_line(member("a", ""))
    assert record.passage_head(2, "one two") == "2 · 2 words"


# Jobs


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"state": "waiting"}, "Waits until the archive is free."),
        ({"state": "running"}, "At work …"),
        ({"state": "running", "progress": Reading()}, "Loading the models …"),
        (
            {"state": "running", "progress": Reading(loading=False, done=1, files=3, passages=2)},
            "1 of 3 files read, 2 passages written …",
        ),
        (
            {"state": "running", "progress": Reading(loading=False, done=1, files=1)},
            "1 of 1 file read; finishing …",
        ),
        ({"state": "stopped"}, "Stopped. The archive is as it was."),
        ({"state": "failed", "error": "busy [x](y)"}, "busy [x](y)"),
        ({"state": "done", "result": Outcome("1 added.")}, "1 added."),
    ],
)
def test_a_job_in_words(state: dict[str, object], said: str) -> None:
    assert plain(lines.job_line(job(**state))) == said


def test_a_job_that_was_told_to_stop() -> None:
    told = job(state="running")
    told.stop()
    assert lines.job_line(told) == "Stopping …"


def test_an_ingest_in_words() -> None:
    said = ingest_line(IngestReport(added=2, duplicates=1, articles=23))
    assert said == "Articles: 2 added, 1 already there. The archive holds 23 articles."
    assert ingest_line(IngestReport(articles=1)) == "Nothing new. The archive holds 1 article."
    assert Reading(done=3, files=4).share == 0.75
    assert Reading().share == 0


def test_uploads_that_are_not_taken_are_named(tmp_path: Path) -> None:
    files = [("a.txt", b"One."), ("../b.txt", b""), ("a.txt", b"One.")]
    given = store_uploads(files, home=tmp_path, largest=10)
    assert [path.name for path in given.paths] == ["a.txt"]
    assert given.refused == (("b.txt", "it is empty"),)
    assert shown_path(str(given.paths[0]), home=tmp_path) == "a.txt"
    assert shown_path("/elsewhere/a.txt", home=tmp_path) == "/elsewhere/a.txt"


# The index


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 kB"), (340_000, "340 kB"), (1_250_000, "1.2 MB"), (3e9, "3.0 GB")]
)
def test_sizes(number: int, said: str) -> None:
    assert lines.size(number) == said


def test_states_and_findings() -> None:
    one = KeptGeneration(
        name="g1", created="2015-11-17T09:30:01+00:00", articles=1, passages=2, live=True
    )
    assert "17 November 2015, 09\\:30 UTC · 1 article, 2 passages" in lines.generation_line(one)
    assert lines.minute("not known") == "not known"
    bad = Finding(check="parity", passed=False, detail="3 are *lost*")
    assert ":red[" in lines.finding_line(bad)
    assert "Every passage is found by word and by vector" in lines.finding_line(bad)
    assert "\\*lost\\*" in lines.finding_line(bad)


# Settings


def test_the_model_in_words() -> None:
    quoting = load_settings(_env_file=None)
    assert choices.model_line(quoting).startswith("None: answers quote")
    assert choices.key_line(quoting, own=False) == "No key is used."
    off = quoting.model_copy(update={"llm": "off"})
    assert "nothing leaves this machine" in choices.model_line(off)
    keyed = quoting.model_copy(update={"openai_api_key": SecretStr("sk-secret")})
    assert "**gpt-4.1-mini** at api.openai.com" in plain(choices.model_line(keyed))
    assert "secret" not in choices.model_line(keyed) + choices.key_line(keyed, own=False)
    assert "whoever runs Dossier" in choices.key_line(keyed, own=False)
    assert "until you leave" in choices.key_line(keyed, own=True)
    own = quoting.model_copy(update={"openai_base_url": "http://me:word@10.0.0.1:8080/v1"})
    assert choices.host_of(own) == "10.0.0.1:8080"
    assert choices.host_of(quoting.model_copy(update={"openai_base_url": "http://[x"}))


def test_no_secret_is_among_the_settings() -> None:
    keyed = load_settings(_env_file=None, openai_api_key="sk-secret")
    shown = str(choices.settings_rows(keyed))
    assert "secret" not in shown
    assert "openai" not in shown.lower()
    assert "LIBRARY" in shown


def test_weights_that_are_here_and_that_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOSSIER_CACHE", str(tmp_path))
    assert [one["Where"] for one in choices.weights_rows()] == [
        "Fetched when first needed",
        "Fetched when first needed",
        "Part of Dossier",
    ]


# Strangers' words


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(attack: str) -> None:
    hostile = Article(text=attack, title=attack)
    written = [
        lines.file_line(attack, attack),
        lines.file_line(attack, None),
        lines.job_line(job(state="failed", error=attack)),
        lines.job_line(job(state="done", result=Outcome(attack))),
        lines.finding_line(Finding(check=attack, passed=True, detail=attack)),
        record.version_line(hostile, newest=False),
        record.member_line(member("a", attack)),
    ]
    for text in written:
        assert "](" not in text.replace("\\]", "")
        assert "<" not in text.replace("\\<", "")
        assert "http://" not in plain(text.replace("\u2060", "\u2060|"))
