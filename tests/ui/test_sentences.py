"""The text of an answer, sentence by sentence."""

from asking import an_answer
from ui.test_view import plain

from app_pages._sentences import CHECKED, says_the_values, sentence_markdown, told
from rag import Check, Sentence, Value


def test_each_sentence_has_numbers_that_lead_to_its_sources_and_a_mark() -> None:
    shown = told(an_answer("One *star*.", "Two."), "x1")
    first, second = shown.split("\n\n")
    assert first == (
        f"One \\*star\\*.\u00a0[:blue-background[:blue[1]]](#source-1-x1)\u00a0{CHECKED}"
    )
    assert second.startswith("Two.\u00a0[:blue-background[:blue[2]]](#source-2-x1)")
    # A model's sentences are prose.
    assert "\n" not in told(an_answer("One.", "Two.", model="m-1"))


def test_what_failed_is_said_in_plain_words() -> None:
    wrong = Check(kind="value", passed=False, detail="not in the cited source: 900 [x](y)")
    shown = plain(sentence_markdown(Sentence(text="It was 900.", citations=(1,), checks=(wrong,))))
    assert shown.endswith(":small[:orange[⚠ not in the cited source: 900 [x](y)]]")
    assert CHECKED not in shown
    uncited = sentence_markdown(Sentence(text="So it seems."))
    assert uncited.endswith(":small[:orange[⚠ cites no source]]")


def test_an_article_that_has_changed_since_takes_the_mark_away() -> None:
    first, second = told(an_answer("One.", "Two."), changed={2}).split("\n\n")
    assert first.endswith(CHECKED)
    assert second.endswith(":small[:orange[⚠ the article has changed since]]")


def test_values_are_not_said_twice() -> None:
    values = (Value(value="129", citations=(1,)), Value(value="130", citations=(2,)))
    assert says_the_values(an_answer("The articles give 129 and 130.", short=values))
    assert not says_the_values(an_answer("At least 129 died.", short=values))


def test_a_value_that_opens_the_answer_is_bold_and_says_how_sure_it_is() -> None:
    value = Value(value="224", citations=(1,), probability=0.53)
    first, second = told(an_answer("224.", "All 224 died.", short=(value,))).split("\n\n")
    assert first == f"**224\\.**\u00a0:blue-background[:blue[1]]\u00a0{CHECKED} :gray[53% sure]"
    assert second.startswith("All 224 died.")


def test_of_different_figures_none_is_bold_and_what_opens_them_is_said() -> None:
    value = Value(value="129", citations=(1,), probability=0.53)
    answer = an_answer("129,", "130.", "All died.", short=(value,), opening="The articles differ:")
    first, second = told(answer).split("\n\n")
    assert plain(first).startswith("The articles differ: 129,\u00a0")
    assert f"{CHECKED} 130\\.\u00a0" in first
    assert second.startswith("All died")
    assert "**" not in first
    assert says_the_values(answer)
    assert told(an_answer(opening="The articles differ:")) == ""
