"""The chat page's logic, without a browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui.driving import Open, button, checked, texts
from ui.hostile import HOSTILE_QUESTION, HOSTILE_SENTENCE, HOSTILE_TITLE
from ui.test_view import plain

from rag import Answer, Archive, ArchiveDamaged, Disagreement, Unverified, Value
from rag.engine import AnswerStream

QUESTION = "How many people died aboard the airliner?"

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")


def ask(page: AppTest, question: str) -> AppTest:
    return checked(page.chat_input[0].set_value(question).run())


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
    assert "224" in answer.markdown[0].value
    assert "\u00a0:blue-background[:blue[1]]" in answer.markdown[0].value
    assert "Quoted word for word" in texts(page)
    kept = page.session_state["conversation"][0]
    assert len(answer.button) == len(kept.sources) > 0
    assert kept.answer.complete


def test_opening_a_source_shows_the_quote_and_asks_nothing_again(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    kept = page.session_state["conversation"][0]
    monkeypatch.setattr(Archive, "stream", None)  # a second question would fail
    page = checked(page.chat_message[1].button[0].click().run())
    shown = [element.value for element in page.markdown]
    quote = plain(kept.answer.citations[0].quote)
    assert sum(f":yellow-background[{quote}" in plain(text) for text in shown) == 2
    assert "224" in page.chat_message[1].markdown[0].value


def test_a_source_that_left_the_archive_is_still_shown(
    open_page: Open, make_archive: Callable[[Path], Path], sample: Path
) -> None:
    home = make_archive(sample)
    page = ask(open_page(home), QUESTION)
    citation = page.session_state["conversation"][0].answer.citations[0]
    with Archive.open(home) as archive:
        archive.remove(citation.article_id)
    page = checked(page.chat_message[1].button[0].click().run())
    assert "no longer holds this article" in texts(page) + str([c.value for c in page.caption])
    assert any(plain(citation.quote) in plain(m.value) for m in page.markdown)


def test_a_follow_up_is_understood_and_the_conversation_stays(
    open_page: Open, sample_home: Path
) -> None:
    page = ask(ask(open_page(sample_home), QUESTION), "And who claimed it?")
    assert len(page.chat_message) == 4
    assert page.chat_message[0].markdown[0].value == QUESTION
    second = page.session_state["conversation"][1].answer
    assert second.standalone_question != second.question
    assert f"Understood as: {second.standalone_question}" in texts(page)


def test_not_found_says_so_and_shows_what_is_nearest(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), "Who won the 2018 World Cup?")
    shown = texts(page)
    assert "The archive does not answer this." in shown
    assert "It covers 22 articles, 1 to 22 November 2015." in shown
    assert "Nearest passages" in shown
    assert [plain(b.label) for b in page.chat_message[1].button] == ["Read"] * len(
        page.session_state["conversation"][0].sources
    )
    page = checked(page.chat_message[1].button[0].click().run())
    nearest = page.session_state["conversation"][0].answer.nearest[0]
    assert nearest.text.split("\n")[0] in texts(page) + plain(str([m.value for m in page.markdown]))


def test_a_suggestion_is_asked(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home)
    suggestions = list(page.main.button)
    assert len(suggestions) == 3
    title = plain(suggestions[0].label)
    page = checked(suggestions[0].click().run())
    assert plain(page.chat_message[0].markdown[0].value) == f"What is reported about “{title}”?"
    assert page.session_state["conversation"][0].answer.status == "answered"


def test_a_new_conversation(open_page: Open, sample_home: Path) -> None:
    page = ask(open_page(sample_home), QUESTION)
    page = checked(button(page, "New conversation").click().run())
    assert len(page.chat_message) == 0
    assert "What would you like to know?" in texts(page)
    page = ask(page, QUESTION)
    assert [e.id for e in page.session_state["conversation"]] == [2]


def test_an_error_is_told_in_its_own_words_and_the_question_kept(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaking:
        def __iter__(self) -> Iterator[str]:
            raise ArchiveDamaged("chroma/ cannot be read: *no* [such](file)")
            yield ""

    page = open_page(sample_home)
    with monkeypatch.context() as patched:
        patched.setattr(Archive, "stream", lambda *_, **__: Breaking())
        page = ask(page, QUESTION)
    assert plain(page.error[0].value) == "chroma/ cannot be read: *no* [such](file)"
    assert page.chat_message[0].markdown[0].value == QUESTION
    page = ask(page, QUESTION)
    assert "224" in page.chat_message[3].markdown[0].value
    assert len(page.error) == 1


def test_what_had_come_is_kept_when_the_script_is_stopped(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streamlit.runtime.scriptrunner import StopException

    whole = Archive.stream

    class Stopped:
        def __init__(self, stream: AnswerStream) -> None:
            self.stream = stream

        def __iter__(self) -> Iterator[str]:
            yield next(iter(self.stream))
            raise StopException

        @property
        def answer(self) -> Answer:
            return self.stream.answer

    def stopped(archive: Archive, question: str, **options: object) -> Stopped:
        return Stopped(whole(archive, question, **options))

    page = open_page(sample_home)
    with monkeypatch.context() as patched:
        patched.setattr(Archive, "stream", stopped)
        page = ask(page, QUESTION)
    assert page.session_state["conversation"][0].state == "stopped"
    page = checked(page.run())
    assert "224" in page.chat_message[1].markdown[0].value
    assert "Stopped before the answer was complete." in texts(page)
    assert len(page.chat_message) == 2


def test_hostile_text_reaches_no_element_unescaped(open_page: Open, hostile_home: Path) -> None:
    page = open_page(hostile_home)
    page = ask(page, HOSTILE_QUESTION)
    page = checked(page.chat_message[1].button[0].click().run())
    written = [e.value for e in (*page.markdown, *page.caption)] + [b.label for b in page.button]
    written += [e.label for e in page.expander]
    assert any(HOSTILE_SENTENCE.split("[1]")[0] in plain(text) for text in written)
    assert any(HOSTILE_TITLE in plain(text) for text in written)
    for text in written:
        assert "http://" not in plain(text.replace("\u2060", "\u2060|"))
        assert "](" not in text.replace("\\]", "").replace("[1]]", "")
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
    answer = page.session_state["conversation"][0].answer
    assert answer.reason
    assert answer.reason in texts(page)
    assert "224" in page.chat_message[1].markdown[0].value
    assert "Quoted word for word" in texts(page)


def test_what_failed_a_check_and_what_differs_is_listed(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(open_page(sample_home), QUESTION)
    exchange = page.session_state["conversation"][0]
    first, second = (citation.number for citation in exchange.answer.citations[:2])
    values = (Value(value="224", citations=(first,)), Value(value="217", citations=(second,)))
    exchange.answer = replace(
        exchange.answer,
        unverified=(
            Unverified(sentence="It was *900*.", failed="900 is in no source", done="removed"),
        ),
        disagreements=(Disagreement(subject="airliner", relation="dead", values=values),),
    )
    page = checked(page.run())
    assert "1 sentence did not pass the checks" in [e.label for e in page.expander]
    assert "It was *900*. :gray[900 is in no source; removed]" in texts(page)
    assert "The articles differ." in texts(page)
    assert list(page.table[0].value["Value"]) == ["224", "217"]
