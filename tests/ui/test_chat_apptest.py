"""The chat page's logic, without a browser."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from ui.driving import Open, answered, ask, button, checked, kept, texts
from ui.hostile import HOSTILE_QUESTION, HOSTILE_SENTENCE, HOSTILE_TITLE
from ui.test_view import plain

from app_pages._asking import _answerings
from rag import Archive, ArchiveDamaged, ArchiveNotWritable, Disagreement, Unverified, Value
from rag.conversations import EVERYBODY, Conversations
from rag.engine import AnswerStream, Event
from rag.errors import WeightsUnreachable

QUESTION = "How many people died aboard the airliner?"

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")


def source_buttons(page: AppTest) -> list[object]:
    """The buttons that open a source, in every answer."""
    return [one for one in page.button if str(one.key).startswith("source-")]


def test_an_archive_that_is_not_there_says_how_to_make_one(open_page: Open, tmp_path: Path) -> None:
    home = tmp_path / "my archive"
    page = open_page(home)
    assert "No articles yet" in texts(page)
    assert page.code[0].value == f"python -m rag ingest PATH --home '{home}'"
    assert page.chat_input[0].disabled
    assert not home.exists()


def test_articles_that_arrive_are_noticed(open_page: Open, tmp_path: Path, sample: Path) -> None:
    page = open_page(tmp_path / "home")
    with Archive.open(tmp_path / "home") as archive:
        archive.ingest(sample / "2015-11-18-schengen-tusk.md")
    page = checked(button(page, "Look again").click().run())
    assert "Ask about 1 article, 18 November 2015." in texts(page)
    assert not page.chat_input[0].disabled


def test_settings_that_cannot_be_used_are_named(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOSSIER_PASSAGES", "many")
    page = open_page(tmp_path)
    assert "passages" in page.error[0].value
    assert page.chat_input[0].disabled


def test_the_sidebar_says_what_the_archive_holds(open_page: Open, sample_home: Path) -> None:
    shown = "\n".join(element.value for element in open_page(sample_home).sidebar.markdown)
    assert "22 articles" in shown
    assert "1 to 22 November 2015" in shown
    assert "Quotes the articles" in shown


def test_an_answer_with_its_sources(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), QUESTION)
    question, answer = page.chat_message
    assert question.markdown[0].value == QUESTION
    assert "224" in texts(page)
    [exchange] = kept(sample_home).exchanges
    assert exchange.answer
    assert exchange.answer.complete
    told = "\n".join(element.value for element in answer.markdown)
    assert f"\u00a0[:blue-background[:blue[1]]](#source-1-{exchange.id})" in told
    assert ":green[✓]" in told
    assert "Quoted word for word" in texts(page)
    cited = {citation.article_id for citation in exchange.answer.citations}
    assert len(source_buttons(page)) == len(cited) > 0


def test_opening_a_source_shows_the_quote_and_asks_nothing_again(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    answer = kept(sample_home).exchanges[0].answer
    monkeypatch.setattr(Archive, "stream", None)  # a second question would fail
    page = checked(source_buttons(page)[0].click().run())
    quote = plain(answer.citations[0].quote)
    assert f":yellow-background[{quote}" in plain(str([one.value for one in page.markdown]))
    assert "224" in texts(page)


def test_a_source_that_left_the_archive_is_still_shown(
    open_page: Open, make_archive: Callable[[Path], Path], sample: Path
) -> None:
    home = make_archive(sample)
    page = ask(open_page(home), QUESTION)
    citation = kept(home).exchanges[0].answer.citations[0]
    with Archive.open(home) as archive:
        archive.remove(citation.article_id)
    page = checked(page.run())
    assert "Articles have changed since this was answered" in texts(page)
    assert "⚠ the article has changed since" in texts(page)
    page = checked(source_buttons(page)[0].click().run())
    assert "no longer holds this article" in texts(page) + str([c.value for c in page.caption])
    assert any(plain(citation.quote) in plain(m.value) for m in page.markdown)


def test_a_follow_up_is_understood_and_the_conversation_stays(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(ask(open_page(sample_home), QUESTION), "And who claimed it?")
    assert len(page.chat_message) == 4
    assert page.chat_message[0].markdown[0].value == QUESTION
    second = kept(sample_home).exchanges[1].answer
    assert second.standalone_question != second.question
    page = checked(button(page, f"Understood as: {second.standalone_question}").click().run())
    assert page.text_area[0].value == second.standalone_question


def test_a_false_premise_is_answered_with_what_stands_there(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(open_page(sample_home), "Why did the FSB block Telegram on 16 November 2015?")
    shown = texts(page)
    assert "The archive does not answer this." in shown
    assert "Sources" in shown
    assert "Nearest passages" not in shown
    answer = kept(sample_home).exchanges[0].answer
    assert answer.kind == "false_premise"
    [said] = [plain(m.value) for m in page.markdown if "do not say" in m.value]
    assert said.startswith(answer.opening)
    assert answer.sentences[0].text in said
    assert [plain(b.label) for b in source_buttons(page)] != []


def test_not_found_says_so_and_shows_what_is_nearest(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), "Who won the 2018 World Cup?")
    shown = texts(page)
    assert "The archive does not answer this." in shown
    assert "It covers 22 articles, 1 to 22 November 2015." in shown
    assert "Nearest passages" in shown
    answer = kept(sample_home).exchanges[0].answer
    assert [plain(b.label) for b in source_buttons(page)] == ["Read"] * len(
        {hit.article_id for hit in answer.nearest}
    )
    page = checked(source_buttons(page)[0].click().run())
    nearest = answer.nearest[0]
    assert nearest.text.split("\n")[0] in texts(page) + plain(str([m.value for m in page.markdown]))


def test_a_suggestion_is_asked(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home)
    suggestions = list(page.main.button)
    assert len(suggestions) == 3
    title = plain(suggestions[0].label)
    page = answered(checked(suggestions[0].click().run()))
    assert plain(page.chat_message[0].markdown[0].value) == f"What is reported about “{title}”?"
    assert kept(sample_home).exchanges[0].answer.status == "answered"


def test_a_new_conversation_and_back_again(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), QUESTION)
    first = page.query_params["conversation"]
    page = checked(button(page, "New conversation").click().run())
    assert len(page.chat_message) == 0
    assert "What would you like to know?" in texts(page)
    assert "conversation" not in page.query_params
    page = ask(page, "What happened to the Schengen area?")
    assert page.query_params["conversation"] != first
    page = checked(button(page, QUESTION).click().run())
    assert page.chat_message[0].markdown[0].value == QUESTION
    assert page.query_params["conversation"] == first


def test_nobody_sees_another_visitors_conversation(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), QUESTION)
    other = open_page(sample_home)
    assert not [one for one in other.button if str(one.key).startswith("talk-")]
    other.query_params["conversation"] = page.query_params["conversation"]
    other = checked(other.run())
    assert len(other.chat_message) == 0
    assert "This conversation is not here" in texts(other)
    assert "conversation" not in other.query_params


def test_a_question_is_asked_otherwise_and_what_followed_is_dropped(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(ask(open_page(sample_home), QUESTION), "And who claimed it?")
    first = kept(sample_home).exchanges[0]
    page = checked(page.button(key=f"edit-{first.id}").click().run())
    assert "and 1 question that came after it" in texts(page)
    page.text_area[0].set_value("What happened to the Schengen area?")
    page = answered(checked(button(page, "Ask").click().run()))
    assert [one.question for one in kept(sample_home).exchanges] == [
        "What happened to the Schengen area?"
    ]
    assert len(page.chat_message) == 2


def test_an_answer_is_made_anew_judged_and_linked_to(open_page: Open, sample_home: Path) -> None:
    page = ask(ask(open_page(sample_home), QUESTION), "Who won the 2018 World Cup?")
    before = kept(sample_home).exchanges
    assert not [one for one in page.button if one.key == f"again-{before[0].id}"]
    page = answered(checked(page.button(key=f"again-{before[1].id}").click().run()))
    first, second = kept(sample_home).exchanges
    assert (first.id, second.question) == (before[0].id, before[1].question)
    assert second.id != before[1].id
    page = checked(page.feedback(key=f"thumb-{first.id}").set_value(0).run())
    page = checked(page.text_input(key=f"why-rated-{first.id}").set_value("Wrong crash").run())
    rating = kept(sample_home).exchanges[0].rating
    assert (rating.verdict, rating.reason) == ("down", "Wrong crash")
    page.query_params["answer"] = "2"
    page = checked(page.run())
    assert "Answer 2 of 2 answers." in texts(page)
    assert len(page.chat_message) == 2
    page = checked(button(page, "Show the whole conversation").click().run())
    assert len(page.chat_message) == 4


def test_conversations_are_renamed_found_and_deleted(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), QUESTION)
    page = checked(button(page, "Rename").click().run())
    page.text_input[0].set_value("The *airliner*")
    rename = [one for one in page.button if one.label == "Rename"][-1]
    page = checked(rename.click().run())
    assert kept(sample_home).title == "The *airliner*"
    assert "**The \\*airliner\\***" in [one.label for one in page.button]
    page = checked(button(page, "Delete").click().run())
    assert "with 1 question and what was answered" in str([one.value for one in page.markdown])
    page = checked(page.button(key="delete-sure").click().run())
    assert len(page.chat_message) == 0
    assert not [one for one in page.button if str(one.key).startswith("talk-")]


def test_models_are_loaded_while_the_page_is_read(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let, loads = threading.Event(), []
    load = Archive.load

    def loading(archive: Archive) -> None:
        loads.append(archive.home)
        assert let.wait(60)
        load(archive)

    monkeypatch.setattr(Archive, "load", loading)
    page = open_page(sample_home)
    checked(page.run())  # once for all who look at it
    let.set()
    answered(ask(page, "How many people died aboard the airliner?"))
    assert loads == [sample_home]


def test_models_that_cannot_be_loaded_are_the_questions_business(
    open_page: Open,
    sample_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = threading.Event()

    def failing(archive: Archive) -> None:
        told.set()
        raise WeightsUnreachable("no way there")

    monkeypatch.setattr(Archive, "load", failing)
    page = open_page(sample_home)
    assert told.wait(60)
    for thread in threading.enumerate():
        if thread.name == "warm-up":
            thread.join(60)
    assert "models: no way there" in caplog.text
    assert not checked(page.run()).error


def test_an_error_is_told_in_its_own_words_and_the_question_kept(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def events(_: AnswerStream) -> Iterator[Event]:
        raise ArchiveDamaged("chroma/ cannot be read: *no* [such](file)")
        yield

    page = open_page(sample_home)
    with monkeypatch.context() as patched:
        patched.setattr(AnswerStream, "events", events)
        page = ask(page, QUESTION)
    assert plain(page.error[0].value) == "chroma/ cannot be read: *no* [such](file)"
    assert page.chat_message[0].markdown[0].value == QUESTION
    page = ask(page, QUESTION)
    assert "224" in texts(page)
    assert len(page.error) == 1


def test_stop_keeps_what_had_come_and_a_question_in_between_waits(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, go = Archive.stream, threading.Event()

    def held(archive: Archive, question: str, **options: object) -> AnswerStream:
        stream = whole(archive, question, **options)
        events = stream.events

        def slow() -> Iterator[Event]:
            for event in events():
                yield event
                if question == QUESTION:
                    go.wait(120)

        stream.events = slow
        return stream

    monkeypatch.setattr(Archive, "stream", held)
    page = checked(open_page(sample_home).chat_input[0].set_value(QUESTION).run())
    [begun] = _answerings(str(sample_home.resolve()))._known.values()
    while not begun.pieces:
        assert not begun.wait(0.01)
    page = checked(page.chat_input[0].set_value("Who won the 2018 World Cup?").run())
    assert "224" in texts(page)
    assert [one.state for one in kept(sample_home).exchanges] == ["running", "asked"]
    page = checked(button(page, "Stop").click().run())
    go.set()
    page = answered(answered(page))
    first, second = kept(sample_home).exchanges
    assert (first.state, second.state) == ("stopped", "done")
    assert "224" in first.text
    assert "224" in texts(page)
    assert "Stopped before the answer was complete." in texts(page)
    assert not [one for one in page.button if one.label == "Stop"]


def test_a_question_that_a_server_left_behind_is_said_to_be_broken_off(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    [exchange] = kept(sample_home).exchanges
    talks = Conversations(sample_home / "conversations.db")
    talks.save(replace(exchange, state="running", answer=None, text=""), owner=EVERYBODY)
    talks.close()
    st.cache_resource.clear()  # the server that was answering is gone
    page = checked(page.run())
    assert "Broken off" in texts(page)
    page = answered(checked(button(page, "Ask again").click().run()))
    assert "224" in texts(page)


def test_where_conversations_cannot_be_kept_the_chat_works_all_the_same(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Conversations, owner: str, **_: object) -> None:
        if self._file.path.is_relative_to(sample_home):
            raise ArchiveNotWritable("the folder is read-only")
        return create(self, owner)

    create = Conversations.create
    monkeypatch.setattr(Conversations, "create", refuse)
    page = ask(open_page(sample_home), QUESTION)
    assert "224" in texts(page)
    said = [one.value for one in page.sidebar.caption]
    assert any("Not kept beyond this run: the folder is read\\-only" in one for one in said)


def test_a_conversation_deleted_in_another_tab_is_followed_by_a_new_one(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    first = kept(sample_home)
    talks = Conversations(sample_home / "conversations.db")
    talks.delete(first.id, owner=EVERYBODY)
    talks.close()
    page = ask(page, QUESTION)
    assert "224" in texts(page)
    assert not any("Not kept" in one.value for one in page.sidebar.caption)
    assert kept(sample_home).id != first.id


def test_hostile_text_reaches_no_element_unescaped(open_page: Open, hostile_home: Path) -> None:
    page = open_page(hostile_home)
    page = ask(page, HOSTILE_QUESTION)
    page = checked(source_buttons(page)[0].click().run())
    written = [e.value for e in (*page.markdown, *page.caption)] + [b.label for b in page.button]
    written += [e.label for e in page.expander]
    assert any(HOSTILE_SENTENCE.split("[1]")[0] in plain(text) for text in written)
    assert any(HOSTILE_TITLE in plain(text) for text in written)
    for text in written:
        assert "http://" not in plain(text.replace("\u2060", "\u2060|"))
        assert "](" not in re.sub(r"\]\(#source-\d+-[\w-]+\)", "", text).replace("\\]", "")
        assert "<" not in text.replace("\\<", "")


def test_a_model_that_cannot_be_reached_is_named_and_the_articles_are_quoted(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(sample_home)
    monkeypatch.setenv("DOSSIER_LLM", "auto")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_MODEL", "a-model")
    page = ask(page, QUESTION)
    assert "a-model" in plain("\n".join(element.value for element in page.sidebar.markdown))
    answer = kept(sample_home).exchanges[0].answer
    assert answer.reason
    assert answer.reason in texts(page)
    assert "224" in texts(page)
    assert "Quoted word for word" in texts(page)


def test_what_failed_a_check_and_what_differs_is_listed(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    [exchange] = kept(sample_home).exchanges
    first, second = (citation.number for citation in exchange.answer.citations[:2])
    values = (Value(value="224", citations=(first,)), Value(value="217", citations=(second,)))
    answer = replace(
        exchange.answer,
        unverified=(
            Unverified(sentence="It was *900*.", failed="900 is in no source", done="removed"),
        ),
        disagreements=(Disagreement(subject="airliner", relation="dead", values=values),),
    )
    talks = Conversations(sample_home / "conversations.db")
    talks.save(replace(exchange, answer=answer), owner=EVERYBODY)
    talks.close()
    page = checked(page.run())
    assert "1 sentence did not pass the checks" in [e.label for e in page.expander]
    assert "It was *900*. :gray[900 is in no source; removed]" in texts(page)
    assert "The articles differ." in texts(page)
    assert list(page.table[0].value["Value"]) == ["224", "217"]
