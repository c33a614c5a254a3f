"""Conversations: kept, found again, owned, rated; beside other writers, crashes and bad disks."""

import shutil
import signal
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from asking import an_answer
from keeping import elsewhere

from rag import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveNotFound,
    ArchiveNotWritable,
    Conversation,
    ConversationNotFound,
    Conversations,
    ConversationsTooNew,
    Filters,
    Spending,
    Usage,
    spending,
)
from rag import conversation_file as file
from rag.conversation_file import check_conversations, match_words
from rag.conversations import EVERYBODY, title_of

ANSWER = an_answer("The ferry sank on Monday.")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
def talks(path: Path) -> Iterator[Conversations]:
    opened = Conversations(path)
    yield opened
    opened.close()


def asked(talks: Conversations, *questions: str, owner: str = "ada") -> Conversation:
    """A conversation in which these questions were answered."""
    ident = talks.create(owner).id
    for question in questions:
        exchange = talks.add(ident, owner=owner, question=question)
        answer = replace(ANSWER, question=question)
        talks.save(replace(exchange, state="done", answer=answer), owner=owner)
    return talks.read(ident, owner=owner)


def titles(talks: Conversations, matching: str = "", *, owner: str = "ada") -> list[str]:
    return [listed.title for listed in talks.of(owner, matching=matching)]


# --- keeping ---


def test_reading_makes_no_file(talks: Conversations, path: Path) -> None:
    assert talks.of("ada") == []
    assert talks.of("ada", matching="ferry") == []
    assert talks.ratings() == []
    with pytest.raises(ConversationNotFound):
        talks.read("x", owner="ada")
    assert check_conversations(path) == 0
    assert not path.exists()


def test_a_conversation_comes_back(talks: Conversations, path: Path) -> None:
    filters = Filters(sources=["The Quay"], published_from=date(2015, 11, 13))
    ident = talks.create("ada").id
    first = talks.add(
        ident,
        owner="ada",
        question="What  sank?",
        scope="The Quay",
        filters=filters,
        by_days=False,
    )
    assert (first.state, first.text, first.answer, first.error) == ("asked", "", None, "")
    talks.save(replace(first, state="done", answer=ANSWER), owner="ada")
    second = talks.add(ident, owner="ada", question="When?")
    talks.save(replace(second, state="failed", text="On", error="It broke off."), owner="ada")
    talks.close()

    with closing(Conversations(path)) as again:
        talk = again.read(ident, owner="ada")
    assert (talk.id, talk.title) == (ident, "What sank?")
    one, two = talk.exchanges
    assert (one.question, one.state, one.answer) == ("What  sank?", "done", ANSWER)
    assert one.text == ANSWER.text  # none was given: the answer's own
    assert (one.scope, one.filters, one.by_days) == ("The Quay", filters, False)
    assert (two.state, two.text, two.error, two.answer) == ("failed", "On", "It broke off.", None)
    assert (two.filters, two.by_days, two.scope) == (None, True, "")
    assert talk.created <= one.began <= one.changed <= two.began <= two.changed == talk.changed
    assert Conversation.from_dict(talk.to_dict()) == talk
    assert talk.earlier(two.id) == talk.earlier() == [ANSWER]
    assert talk.earlier(one.id) == []


def test_an_answer_is_saved_as_it_grows(talks: Conversations) -> None:
    talk = talks.create("ada")
    exchange = talks.add(talk.id, owner="ada", question="Why?")
    for text in ("Because", "Because it sank."):
        talks.save(replace(exchange, state="running", text=text), owner="ada")
        [kept] = talks.read(talk.id, owner="ada").exchanges
        assert (kept.state, kept.text) == ("running", text)
    with pytest.raises(ValueError, match="sleeping"):
        talks.save(replace(exchange, state="sleeping"), owner="ada")  # type: ignore[arg-type]


def test_cut_drops_what_follows(talks: Conversations) -> None:
    talk = asked(talks, "First?", "Second?", "Third?")
    first, second, third = talk.exchanges
    talks.cut(second.id, owner="ada")
    again = talks.add(talk.id, owner="ada", question="Otherwise?")
    assert [e.question for e in talks.read(talk.id, owner="ada").exchanges] == [
        "First?",
        "Otherwise?",
    ]
    # What was still being written does not come back.
    for gone in (second, third):
        with pytest.raises(ConversationNotFound):
            talks.save(gone, owner="ada")
    assert again.id not in {first.id, second.id, third.id}
    assert titles(talks, "Third") == []


def test_titles(talks: Conversations) -> None:
    talk = asked(talks, "Who sank the ferry?", "And why?")
    assert titles(talks) == ["Who sank the ferry?"]
    talks.cut(talk.exchanges[0].id, owner="ada")
    talks.add(talk.id, owner="ada", question="What sank?")
    assert titles(talks) == ["What sank?"]
    talks.rename(talk.id, owner="ada", title=" The\n\x1bferry ")
    assert titles(talks) == ["The ferry"]
    talks.cut(talks.read(talk.id, owner="ada").exchanges[0].id, owner="ada")
    talks.add(talk.id, owner="ada", question="Where?")
    assert titles(talks) == ["The ferry"]
    talks.rename(talk.id, owner="ada", title=" ")
    assert titles(talks) == ["Where?"]
    assert talks.create("ada", title="Mine").title == "Mine"
    assert titles(talks) == ["Mine", "Where?"]


def test_a_title_is_cut_at_a_word() -> None:
    long = "How many people were killed in the attacks on the Bataclan theatre in Paris?"
    assert title_of(long) == "How many people were killed in the attacks on the Bataclan…"
    assert title_of("x" * 300) == "x" * 59 + "…"
    assert title_of("a " + "x" * 300) == "a " + "x" * 57 + "…"
    assert title_of("  Why?\n\t") == "Why?"
    assert max(len(title_of("ab " * n)) for n in range(60)) <= 60


# --- what it has used ---

DEAR = an_answer("It sank.", usage=Usage(prompt_tokens=900, completion_tokens=100), cost=0.25)


def test_what_was_dropped_stays_counted(talks: Conversations) -> None:
    talk = talks.create("ada")
    for question in ("First?", "Second?", "Third?"):
        exchange = talks.add(talk.id, owner="ada", question=question)
        talks.save(replace(exchange, state="done", answer=DEAR), owner="ada")
    first, second, _ = talks.read(talk.id, owner="ada").exchanges
    for cut, left in ((second, 1), (first, 0)):
        talks.cut(cut.id, owner="ada")
        talk = talks.read(talk.id, owner="ada")
        assert len(talk.exchanges) == left
        assert spending(talk.earlier()).usage == Usage(prompt_tokens=2700, completion_tokens=300)
        assert spending(talk.earlier()).cost == 0.75
    assert talk.earlier() == []
    assert talk.dropped.answers == 3
    assert Conversation.from_dict(talk.to_dict()) == talk
    # Where nothing was used there is nothing to count.
    free = asked(talks, "Quoted?").exchanges[0]
    talks.save(replace(free, answer=an_answer("It sank.", usage=Usage())), owner="ada")


def test_an_answer_in_anothers_place_is_counted_too(talks: Conversations) -> None:
    talk = talks.create("ada")
    exchange = talks.add(talk.id, owner="ada", question="Why?")
    for answer in (ANSWER, DEAR, DEAR, None, ANSWER):
        talks.save(replace(exchange, state="done", answer=answer), owner="ada")
    assert spending(talks.read(talk.id, owner="ada").earlier()).usage == DEAR.usage + ANSWER.usage


def test_what_was_stopped_before_it_said_anything_is_counted(talks: Conversations) -> None:
    talk = talks.create("ada")
    used = Spending(answers=1, usage=Usage(prompt_tokens=40), cost=0.5)
    for _ in range(2):
        talks.spend(talk.id, owner="ada", used=used)
    assert talks.read(talk.id, owner="ada").dropped == used + used
    for ident, owner in ((talk.id, "bo"), ("none", "ada")):
        with pytest.raises(ConversationNotFound):
            talks.spend(ident, owner=owner, used=used)


def without_the_count(path: Path) -> None:
    """A file as the version before this one wrote it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE conversations DROP COLUMN dropped")
        db.execute("PRAGMA user_version = 1")
        db.commit()


def test_a_file_of_the_format_before_opens(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "What sank?", "When?")
    talks.close()
    without_the_count(path)
    before = path.read_bytes()
    assert talks.read(talk.id, owner="ada") == talk
    assert titles(talks, "sank") == ["What sank?"]
    assert check_conversations(path) == 1
    talks.close()
    assert path.read_bytes() == before  # to read it changes nothing
    talks.cut(talk.exchanges[1].id, owner="ada")
    again = talks.read(talk.id, owner="ada")
    assert again.exchanges == talk.exchanges[:1]
    assert again.dropped.usage == ANSWER.usage
    other = asked(talks, "Another?")
    assert talks.read(other.id, owner="ada").dropped == Spending()


def test_a_count_that_cannot_be(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "What sank?")
    talks.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE conversations SET dropped = 'much'")
        db.commit()
    with pytest.raises(ArchiveDamaged, match=r"conversations\.db"):
        talks.read(talk.id, owner="ada")


# --- whose ---


def test_each_sees_their_own(talks: Conversations) -> None:
    talk = asked(talks, "What sank?")
    [exchange] = talk.exchanges
    assert talks.of("bo") == talks.of("bo", matching="sank") == []
    for attempt in (
        lambda ident: talks.read(ident, owner="bo"),
        lambda ident: talks.add(ident, owner="bo", question="x"),
        lambda ident: talks.rename(ident, owner="bo", title="x"),
        lambda ident: talks.delete(ident, owner="bo"),
    ):
        told = set()
        for ident in (talk.id, "none", exchange.id):
            with pytest.raises(ConversationNotFound) as caught:
                attempt(ident)
            told.add(str(caught.value))
        assert len(told) == 1
    for attempt in (
        lambda e: talks.save(replace(e, text="x"), owner="bo"),
        lambda e: talks.cut(e.id, owner="bo"),
        lambda e: talks.rate(e.id, owner="bo", verdict="up"),
    ):
        with pytest.raises(ConversationNotFound):
            attempt(exchange)
    assert talks.read(talk.id, owner="ada") == talk
    assert talks.read(talk.id, owner=EVERYBODY) == talk
    assert [listed.id for listed in talks.of(EVERYBODY)] == [talk.id]
    for nobody in ("", None):
        with pytest.raises(ValueError, match="owner"):
            talks.of(nobody)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="owner"):
            talks.create(nobody)  # type: ignore[arg-type]


def test_owners_are_not_in_the_file(talks: Conversations, path: Path) -> None:
    asked(talks, "What sank?", owner="token-of-ada")
    talks.close()
    assert b"token-of-ada" not in path.read_bytes()


def test_ids_fit_links_and_command_lines(talks: Conversations) -> None:
    idents = {talks.create("ada").id for _ in range(50)}
    assert len(idents) == 50
    for ident in idents:
        assert len(ident) >= 22
        assert ident[0].isalnum()
        assert set(ident) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_what_is_deleted_is_gone(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "Zanzibar?", "Zanzibar again?")
    talks.rate(talk.exchanges[0].id, owner="ada", verdict="up")
    kept = asked(talks, "Something else?")
    talks.delete(talk.id, owner="ada")
    assert [listed.id for listed in talks.of("ada")] == [kept.id]
    assert titles(talks, "zanzibar") == []
    assert talks.ratings() == []
    with pytest.raises(ConversationNotFound):
        talks.save(talk.exchanges[0], owner="ada")
    talks.close()
    assert b"zanzibar" not in path.read_bytes().lower()  # nor as a word of the index
    with closing(sqlite3.connect(path)) as db:
        for index in ("said", "titles"):
            db.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")


def test_the_words_of_what_is_cut_are_gone(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "Something?", "Zanzibar?")
    talks.cut(talk.exchanges[1].id, owner="ada")
    talks.close()
    assert b"something" in path.read_bytes().lower()
    assert b"zanzibar" not in path.read_bytes().lower()


# --- searching ---


def test_search(talks: Conversations) -> None:
    asked(talks, "What happened in Paris on 13 November?", "Who claimed it?")
    asked(talks, "Which attacks struck Zürich?")
    renamed = asked(talks, "And why?")
    talks.rename(renamed.id, owner="ada", title="Port strike")
    asked(talks, "What happened in Paris?", owner="bo")
    paris, zurich, strike = (
        "What happened in Paris on 13 November?",
        "Which attacks struck Zürich?",
        "Port strike",
    )
    assert titles(talks) == [strike, zurich, paris]
    assert titles(talks, " ") == titles(talks)
    assert titles(talks, "ferry") == titles(talks)  # in every answer
    for words, found in {
        "paris": [paris],
        "PARIS claimed": [paris],  # in two questions
        "strike ferry": [strike],  # in the title and in an answer
        "zurich": [zurich],
        "attack": [zurich],
        "Novem": [paris],
        '"13 November"': [paris],
        '"November 13"': [],
        "“in Paris”": [paris],
        "paris zurich": [],
        "paris AND claimed": [],
        "paris OR zurich": [],
        "NOT paris": [],
        "title:paris": [],
        "paris*": [paris],
        "^paris": [paris],
        "-paris": [paris],
        "(paris": [paris],
        '"paris': [paris],
        "paris;--": [paris],
        "' OR 1=1": [],
        '""': [],
        "???": [],
        "²": [],
        "\x00paris": [paris],
        "paris\ud800": [paris],
        "NEAR(paris, 5)": [],
        "a " * 500: [strike, zurich],
        "zz " * 500: [],
    }.items():
        assert titles(talks, words) == found, words


def test_what_was_written_over_is_not_found(talks: Conversations) -> None:
    talk = asked(talks, "Why?")
    [exchange] = talk.exchanges
    talks.save(replace(exchange, text="A bridge fell.", answer=None), owner="ada")
    assert titles(talks, "bridge") == ["Why?"]
    assert titles(talks, "ferry") == []


def test_the_words_that_are_looked_for() -> None:
    assert match_words('well-known "two words" x') == ['"well known"*', '"two words"', '"x"*']
    assert match_words('say "" _ *') == ['"say"*']
    assert match_words("same same") == ['"same"*']


# --- rating ---


def test_ratings(talks: Conversations) -> None:
    one, two = asked(talks, "First?", "Second?").exchanges
    [theirs] = asked(talks, "Third?", owner="bo").exchanges
    before = talks.of("ada")
    talks.rate(two.id, owner="ada", verdict="down", reason="  the wrong attack\ud800 ")
    talks.rate(theirs.id, owner="bo", verdict="up")
    assert talks.of("ada") == before  # nothing was asked
    rated = talks.ratings()
    assert [(r.question, r.rating.verdict, r.rating.reason) for r in rated] == [
        ("Second?", "down", "the wrong attack?"),
        ("Third?", "up", ""),
    ]
    assert rated[0].answer == two.answer
    assert rated[0].exchange_id == two.id
    assert [r.question for r in talks.ratings(verdict="up")] == ["Third?"]
    # Saving leaves it alone.
    talks.save(two, owner="ada")
    [_, again] = talks.read(rated[0].conversation_id, owner="ada").exchanges
    assert again.rating == rated[0].rating
    talks.rate(two.id, owner="ada", verdict="up")
    assert [r.rating.verdict for r in talks.ratings()] == ["up", "up"]
    talks.rate(two.id, owner="ada", verdict=None)
    assert [r.question for r in talks.ratings()] == ["Third?"]
    talks.rate(one.id, owner="ada", verdict="down", reason="x" * 5000)
    assert len(talks.ratings()[-1].rating.reason) == 2000
    with pytest.raises(ValueError, match="fine"):
        talks.rate(one.id, owner="ada", verdict="fine")  # type: ignore[arg-type]


# --- beside others, and after crashes ---


def test_two_threads_write_two_conversations(talks: Conversations) -> None:
    idents = [talks.create("ada").id for _ in range(2)]
    errors: list[BaseException] = []

    def write(ident: str) -> None:
        try:
            for number in range(15):
                exchange = talks.add(ident, owner="ada", question=f"{ident} {number}")
                talks.save(replace(exchange, state="running", text="so far"), owner="ada")
                talks.save(replace(exchange, state="done", answer=ANSWER), owner="ada")
                talks.read(ident, owner="ada")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(ident,)) for ident in idents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for ident in idents:
        kept = talks.read(ident, owner="ada").exchanges
        assert [e.question for e in kept] == [f"{ident} {number}" for number in range(15)]
        assert {(e.state, e.text) for e in kept} == {("done", ANSWER.text)}


READER = """
import sys
from pathlib import Path
from rag.conversations import Conversations
talks = Conversations(Path(sys.argv[1]))
for line in sys.stdin:
    [listed] = talks.of("ada", matching="ferry")
    print(listed.title, [e.text for e in talks.read(listed.id, owner="ada").exchanges], flush=True)
"""


def test_another_process_reads_what_is_written(talks: Conversations, path: Path) -> None:
    talk = talks.create("ada")
    exchange = talks.add(talk.id, owner="ada", question="The ferry?")
    with elsewhere(READER, path) as process:
        assert process.stdin
        assert process.stdout
        for text in ("It", "It sank."):
            talks.save(replace(exchange, text=text), owner="ada")
            process.stdin.write("look\n")
            assert process.stdout.readline() == f"The ferry? {[text]}\n"


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from rag.conversations import Conversations
talks = Conversations(Path(sys.argv[1]))
talk = talks.create("ada")
exchange = talks.add(talk.id, owner="ada", question="Why?")
number = 0
while True:
    number += 1
    talks.save(replace(exchange, state="running", text=f"{number} " * 2000), owner="ada")
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_earlier(path: Path) -> None:
    with elsewhere(WRITER, path) as process:
        assert process.stdout
        told = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        process.wait()
        told += [int(line) for line in process.stdout.read().split()]
    with closing(Conversations(path)) as talks:
        [listed] = talks.of("ada", matching="why")
        [exchange] = talks.read(listed.id, owner="ada").exchanges
    words = exchange.text.split()
    assert len(words) == 2000
    assert len(set(words)) == 1
    assert int(words[0]) in (told[-1], told[-1] + 1)
    assert check_conversations(path) == 1


BROKEN_OFF = """
import os, sys
from pathlib import Path
from rag.conversations import Conversations
talks = Conversations(Path(sys.argv[1]))
with talks._own(sys.argv[2], "ada") as (db, number):
    db.execute("DELETE FROM exchanges")
    db.execute("UPDATE conversations SET title = 'half'")
    db.execute("PRAGMA cache_spill = 1")
    os.kill(os.getpid(), 9)
"""


def test_a_transaction_that_is_broken_off_never_was(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "What sank?", "When?")
    with elsewhere(BROKEN_OFF, path, talk.id) as process:
        assert process.wait(timeout=240) == -signal.SIGKILL
    assert talks.read(talk.id, owner="ada") == talk
    talks.rename(talk.id, owner="ada", title="The lock is free")


def test_a_fault_in_the_middle_undoes_all(
    talks: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = asked(talks, "What sank?")

    def fails(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("rag.conversations._retitle", fails)
    with pytest.raises(RuntimeError):
        talks.rename(talk.id, owner="ada", title="x")
    assert titles(talks) == ["What sank?"]


def test_a_writer_waits_and_then_says_so(
    talks: Conversations, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "_WAIT", 0.1)
    talk = asked(talks, "What sank?")
    talks.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert talks.read(talk.id, owner="ada") == talk
        with pytest.raises(ArchiveBusy, match="try again"):
            talks.rename(talk.id, owner="ada", title="x")
        other.execute("ROLLBACK")
    talks.rename(talk.id, owner="ada", title="x")


def test_a_file_put_in_place_is_noticed(talks: Conversations, path: Path, tmp_path: Path) -> None:
    asked(talks, "What sank?")
    with closing(Conversations(tmp_path / "other.db")) as other:
        asked(other, "Another?")
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    (tmp_path / "other.db").replace(path)
    assert titles(talks) == ["Another?"]
    path.unlink()
    assert titles(talks) == []


# --- files that are not well ---


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with closing(Conversations(tmp_path / "none" / "conversations.db")) as talks:
        assert talks.of("ada") == []
        with pytest.raises(ArchiveNotFound):
            talks.create("ada")
    assert not (tmp_path / "none").exists()


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(data)


def overwrite(path: Path) -> None:
    path.write_bytes(b"nonsense" * 1000)


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE x (y)")


def without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE exchanges")


def wrong_times(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE conversations SET changed = '2026-99'")
        db.commit()


@pytest.mark.parametrize(
    "harm", [damage, overwrite, another_database, without_a_table, wrong_times]
)
def test_a_damaged_file(talks: Conversations, path: Path, harm: object) -> None:
    talk = asked(talks, "What sank?")
    talks.close()
    harm(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(ArchiveDamaged, match=r"conversations\.db"):
        talks.of("ada")
    with pytest.raises(ArchiveDamaged):
        talks.read(talk.id, owner="ada")
    talks.close()
    if harm in (damage, overwrite, another_database):
        with pytest.raises(ArchiveDamaged, match="the articles are not touched"):
            talks.create("ada")
        with pytest.raises(ArchiveDamaged):
            check_conversations(path)
    talks.close()
    assert path.read_bytes() == before


def test_a_later_format_is_left_alone(talks: Conversations, path: Path) -> None:
    asked(talks, "What sank?")
    talks.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 3")
    before = path.read_bytes()
    for attempt in (lambda: talks.of("ada"), lambda: talks.create("ada")):
        with pytest.raises(ConversationsTooNew, match="format 3"):
            attempt()
    talks.close()
    assert path.read_bytes() == before


def test_an_answer_of_a_later_version(talks: Conversations, path: Path) -> None:
    talk = asked(talks, "What sank?", "When?")
    talks.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE exchanges SET answer = '{\"question\": 5}' WHERE position = 0")
        db.commit()
    one, two = talks.read(talk.id, owner="ada").exchanges
    assert (one.state, one.answer, one.text) == ("failed", None, ANSWER.text)
    assert "cannot be read" in one.error
    assert two == talk.exchanges[1]


AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from rag.conversations import Conversations
from rag import ArchiveNotWritable
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
talks = Conversations(Path(sys.argv[1]))
[listed] = talks.of("ada", matching="sank")
print(listed.title, talks.read(listed.id, owner="ada").exchanges[0].answer.text, flush=True)
try:
    talks.rename(listed.id, owner="ada", title="x")
except ArchiveNotWritable as error:
    print("refused:", error, flush=True)
"""


@pytest.mark.parametrize("open_elsewhere", [False, True])
def test_a_read_only_file(open_elsewhere: bool) -> None:
    top = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    try:
        top.chmod(0o755)
        path = top / "conversations.db"
        talks = Conversations(path)
        asked(talks, "What sank?")
        if not open_elsewhere:
            talks.close()
        for kept in top.iterdir():
            kept.chmod(0o444)
        top.chmod(0o555)
        with elsewhere(AS_ANOTHER_USER, path) as process:
            said = process.communicate(timeout=240)[0].splitlines()
        talks.close()
        assert said[0] == f"What sank? {ANSWER.text}"
        assert said[1].startswith("refused: ")
        assert "conversations.db" in said[1]
    finally:
        for kept in (top, *top.rglob("*")):
            kept.chmod(stat.S_IRWXU)
        shutil.rmtree(top)


def test_a_full_disk_keeps_what_was_there(talks: Conversations) -> None:
    talk = asked(talks, "What sank?")
    with talks._file.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
    exchange = talks.read(talk.id, owner="ada").exchanges[0]
    with pytest.raises(ArchiveNotWritable, match="full"):
        talks.save(replace(exchange, text="x" * 100_000), owner="ada")
    assert talks.read(talk.id, owner="ada").exchanges == talk.exchanges
    talks.save(replace(exchange, text="x" * 100_000), owner="ada")  # a connection of its own
