"""The evaluation's logic, without a browser."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui.driving import Open, ask, button, checked, kept, texts
from ui.hostile import ATTACKS, HOSTILE_QUESTION
from ui.test_view import plain

from app_pages import _collect as collect
from app_pages import _runs
from evaluation.kept import kept_runs
from evaluation.sets import added_questions
from rag import Answer, Archive
from rag.conversations import Conversations

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left", "no_reader")

FERRY = "Ferry sinks\n\nThe ferry Saint Brendan sank off Oban. All 214 passengers were rescued.\n"
ZOO = "Old elephants\n\nThe zoo at Leith has two elephants. Keepers feed them at noon.\n"
QUESTIONS = [
    {
        "qid": "1", "question": "How many passengers of the ferry were rescued?",
        "answers": ["214"], "gold_doc_ids": ["ferry.txt"], "type": "fact",
    },
    {"qid": "2", "question": "How many elephants has the zoo?", "answers": ["nine"]},
    {"qid": "3", "question": HOSTILE_QUESTION, "answerable": False, "type": ATTACKS[1]},
]  # fmt: skip
Make = Callable[[Path], Path]


@pytest.fixture
def no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quicker; what the reader makes of a question is tested elsewhere."""
    monkeypatch.setenv("DOSSIER_READER", "off")


@pytest.fixture
def home(make_archive: Make, tmp_path: Path) -> Path:
    """An archive of two articles with a set of three questions."""
    for name, text in (("ferry", FERRY), ("zoo", ZOO)):
        (tmp_path / f"{name}.txt").write_text(text)
    made = make_archive(tmp_path)
    (made / "questions").mkdir()
    lines = "".join(json.dumps(one) + "\n" for one in QUESTIONS)
    (made / "questions" / "mine.jsonl").write_text(lines)
    return made


def finished(page: AppTest, home: Path) -> AppTest:
    for job in _runs._jobs(str(home.resolve())).all():
        assert job.wait(120)
    return checked(page.run())


def choose(page: AppTest, key: str, value: object) -> AppTest:
    return checked(page.selectbox(key=f"evaluation-{key}").set_value(value).run())


def view(page: AppTest, name: str) -> AppTest:
    page.session_state["evaluation-view"] = name
    return checked(page.run())


def run(page: AppTest, home: Path, *, system: str = "dossier") -> AppTest:
    page = choose(view(page, "Run"), "set", "mine")
    page = choose(page, "system", system)
    return finished(checked(button(page, "Ask 3 questions").click().run()), home)


def test_a_run_its_figures_and_its_questions(open_page: Open, home: Path) -> None:
    page = run(open_page(home, "evaluation"), home)
    assert "3 questions asked." in texts(page)
    page = checked(button(page, "See the figures").click().run())
    shown = texts(page)
    assert "**3 questions**" in shown
    rows = page.table[0].value
    [first] = rows[rows["Measure"] == "Articles: first is right"]["Value (95 % interval)"]
    assert first == "1.000 (1.000 to 1.000)"
    assert list(rows[rows["Measure"] == "Expected value in the answer"]["Questions"]) == [2]
    page = checked(button(page, "Look at them").click().run())
    assert page.toggle(key="evaluation-wrong").value
    assert page.selectbox(key="evaluation-question").value == "all:2"
    shown = texts(page)
    assert "How many elephants has the zoo?" in shown
    assert "Any of: **nine**" in shown
    assert "Wrong" in shown
    page = checked(page.toggle(key="evaluation-wrong").set_value(False).run())
    page = checked(button(page, "Previous").click().run())
    assert "All 214 passengers were rescued." in texts(page)
    ranking = page.dataframe[0].value
    assert (ranking["Article"][0], ranking["Right"][0]) == ("Ferry sinks", "✓")
    assert button(page, "Previous").disabled
    page = checked(button(page, "Next").click().run())
    assert page.selectbox(key="evaluation-question").value == "all:2"


def test_an_address_with_a_password_is_not_kept_nor_shown(
    open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hunter2@127.0.0.1:9/v1")
    monkeypatch.setenv("DOSSIER_LLM", "off")
    page = run(open_page(home, "evaluation"), home, system="bm25")
    [kept] = kept_runs(home / "runs")
    assert not [path for path in kept.folder.iterdir() if b"hunter2" in path.read_bytes()]
    assert kept.config["server"] == "127.0.0.1:9"
    # Runs of before said it.
    config = {**kept.config, "settings": {**kept.config["settings"], "openai_base_url": "hunter2"}}
    (kept.folder / "config.json").write_text(json.dumps(config))
    page = checked(button(page, "See the figures").click().run())
    [stated] = [t.value for t in page.table if "Setting" in t.value]
    assert "lexical\\_weight" in list(stated["Setting"])
    assert "hunter2" not in str(stated.to_dict())


def test_the_same_again_is_the_same_run_and_two_are_compared(open_page: Open, home: Path) -> None:
    page = run(open_page(home, "evaluation"), home, system="bm25")
    page = run(page, home, system="bm25")
    assert "This run was there already" in texts(page)
    assert len(kept_runs(home / "runs")) == 1
    assert "There is one run so far." in texts(view(page, "Compare"))
    page = view(run(page, home), "Compare")
    shown = texts(page)
    assert "Second minus first" in shown
    assert "no difference shown" in list(page.table[0].value["Verdict"])
    first, second = (page.selectbox(key=f"evaluation-{name}").value for name in ("first", "second"))
    assert first.startswith("mine-bm25-")
    assert second.startswith("mine-dossier-")
    page = choose(page, "second", first)
    assert "Choose two different runs." in texts(page)


def going_on(home: Path) -> str:
    """The key of the button that goes on with the one run, whoever began it."""
    [kept] = kept_runs(home / "runs")
    return f"go-on-{kept.folder.name}"


def test_a_run_that_was_stopped_goes_on(
    open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = _runs._jobs(str(home.resolve()))
    asked = Archive.ask

    def ask(self: Archive, *args: object, **more: object) -> Answer:
        if jobs.active:
            jobs.all()[0].stop()
        return asked(self, *args, **more)

    monkeypatch.setattr(Archive, "ask", ask)
    page = run(open_page(home, "evaluation"), home)
    assert "Stopped after 1 of 3 questions. What was asked is kept." in texts(page)
    assert "1 of 3 questions asked" in texts(page)
    # The one in the box above is for whoever began it: it may have been with a key of their own.
    assert [b.key for b in page.button if b.label == "Go on"] == ["again-1", going_on(home)]
    other = view(open_page(home, "evaluation"), "Run")
    assert [b.key for b in other.button if b.label == "Go on"] == [going_on(home)]
    assert [job.work for job in jobs.all()] == [None]
    page = finished(checked(page.button(key="again-1").click().run()), home)
    assert "Stopped after 2 of 3 questions." in texts(page)
    monkeypatch.setattr(Archive, "ask", asked)
    for job in jobs.all():  # as after a new start of the server
        jobs.forget(job.id)
    page = checked(page.run()).button(key=going_on(home)).click().run()
    page = finished(checked(page), home)
    assert "3 questions asked." in texts(page)
    [kept] = kept_runs(home / "runs")
    assert (kept.finished, kept.asked) == (True, 3)


def test_a_set_is_handed_in_and_a_bad_one_named_by_line(open_page: Open, home: Path) -> None:
    page = view(open_page(home, "evaluation"), "Sets")

    def hand_in(page: AppTest, name: str, content: bytes) -> AppTest:
        page.get("file_uploader")[0].set_value([(name, content, "application/json")])
        return checked(button(checked(page.run()), "Keep this set").click().run())

    page = hand_in(page, "bad.jsonl", b'{"qid": "1"}')
    assert "Not kept: bad.jsonl, line 1: question is missing or empty." in plain(
        page.error[0].value
    )
    page = hand_in(page, "<b>good</b>.jsonl", b'{"qid": "1", "question": "Why?"}\n')
    assert "Kept as" in page.success[0].value
    assert len(page.table[0].value) == 3


def test_questions_of_ones_own(open_page: Open, home: Path) -> None:
    assert collect.add_bad_answer("Who owns it? <b>", home=home).startswith("Added")
    assert "already" in collect.add_bad_answer("who owns it?  <b>", home=home)
    assert collect.add_bad_answer(" ", home=home) == "Not added: there is no question."
    page = view(open_page(home, "evaluation"), "Sets")
    assert "who owns it? <b>" in texts(page)
    assert "with what, is not said yet" in texts(page)
    [question] = added_questions(home / "questions")
    area = next(a for a in page.text_area if a.label.startswith("Right answers"))
    area.set_value("the city\n\nLeros")
    page = checked(button(page, "Save").click().run())
    assert "should say the city or Leros" in texts(page)
    page = checked(page.button(key=f"out-{question.qid}").click().run())
    assert added_questions(home / "questions") == []


def test_bad_answers_are_those_of_their_reader(tmp_path: Path) -> None:
    answer = Answer(
        question="Who?", standalone_question="Who is me?", text="Nobody.", status="not_found"
    )
    talks = Conversations(tmp_path / "conversations.db")
    for owner in ("me", "you"):
        talk = talks.create(owner)
        for question in (f"Which one of {owner}?", f"Who, {owner}?"):
            exchange = talks.add(talk.id, owner=owner, question=question)
            talks.save(replace(exchange, state="done", answer=answer), owner=owner)
        talks.rate(exchange.id, owner=owner, verdict="down", reason="wrong")
    [bad] = collect.bad_answers(talks, "me")
    assert (bad.question, bad.refused, bad.reason) == ("Who is me?", True, "wrong")
    talks.close()


def test_a_bad_answer_is_added_in_two_clicks(open_page: Open, home: Path) -> None:
    page = ask(open_page(home), "How many elephants has the zoo?")
    page = ask(page, "Where is it?")
    second = kept(home).exchanges[1]
    assert not [b for b in page.button if b.key == f"collect-{second.id}"]
    page = checked(page.feedback(key=f"thumb-{second.id}").set_value(0).run())
    # The page Evaluation offers it too, until it is among the questions.
    other = checked(page.switch_page("app_pages/evaluation.py").run())
    assert second.answer
    assert second.answer.standalone_question in texts(view(other, "Sets"))
    page = checked(other.switch_page("app_pages/chat.py").run())
    page = checked(page.button(key=f"collect-{second.id}").click().run())
    assert "Added to “My questions”" in plain(page.toast[0].value)
    [added] = added_questions(home / "questions")
    assert added.question == second.answer.standalone_question
    # Everybody sees the set: what was said before is the reader's own.
    assert added.history == ()
    page = view(checked(page.switch_page("app_pages/evaluation.py").run()), "Sets")
    assert "Answers that you rated as bad" not in texts(page)


def test_a_rated_answer_is_added_with_one_click(tmp_path: Path) -> None:
    def page(home: str) -> None:
        from pathlib import Path

        from app_pages._collect import draw_bad_answers
        from rag import Settings
        from rag.conversations import Conversations

        talks = Conversations(Path(home) / "conversations.db")
        draw_bad_answers(Settings(_env_file=None, home=Path(home)), talks, "me")
        talks.close()

    talks = Conversations(tmp_path / "conversations.db")
    exchange = talks.add(talks.create("me").id, owner="me", question="Who?")
    talks.rate(exchange.id, owner="me", verdict="down", reason="<b>wrong</b>")
    talks.close()
    shown = checked(AppTest.from_function(page, args=(str(tmp_path),)).run())
    assert "wrong" in texts(shown)
    shown = checked(button(shown, "Add to my questions").click().run())
    assert [one.question for one in added_questions(tmp_path / "questions")] == ["Who?"]
    assert not shown.button  # it is not offered twice


def test_read_only(open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    collect.add_bad_answer("Who owns it?", home=home)
    monkeypatch.setenv("DOSSIER_LIBRARY", "read-only")
    page = open_page(home, "evaluation")
    assert "runs can be looked at, not started" in texts(page)
    assert "Who owns it?" in texts(page)
    assert not page.get("file_uploader")
    assert not [
        b for b in page.button if plain(b.label) in {"Keep this set", "Save", "Ask 3 questions"}
    ]


def test_without_articles_and_with_a_broken_set(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "broken.jsonl").write_text("{")
    (tmp_path / "questions" / "mine.jsonl").write_text('{"qid": "1", "question": "Why?"}\n')
    page = open_page(tmp_path, "evaluation")
    assert not button(page, "Ask 90 questions").disabled  # the golden set has articles
    page = choose(page, "set", "mine")
    assert button(page, "Ask 1 question").disabled
    assert "This archive holds no articles yet." in texts(page)
    page = choose(page, "set", "broken")
    assert "This set cannot be asked: broken.jsonl, line 1: not JSON" in plain(page.error[0].value)
    assert "cannot be read" in list(view(page, "Sets").table[0].value["Questions"])


def test_a_damaged_run_is_said_to_be(open_page: Open, home: Path) -> None:
    page = run(open_page(home, "evaluation"), home)
    [kept] = kept_runs(home / "runs")
    (kept.folder / "records.jsonl").write_text("{")
    page = view(page, "Figures")
    assert "is damaged and cannot be shown" in texts(page)
