"""Whose words a sentence says they are."""

from typing import Any

import pytest
from asking import a_hit

from rag.checks import Quote, Source
from rag.speech import Speaker, speaker_of
from rag.voices import check_attribution, check_reported, check_speaker, is_person, speaks_for


def source(text: str, **changed: Any) -> Source:
    """A source of this text alone: no title, outlet or day of its own."""
    given: dict[str, Any] = {"title": "", "source": "", "published": None}
    return Source.of(a_hit(text, **given | changed))


SPOKEN = "“The quay will never reopen,” Ada Holm said on Monday. Bo Lind wept."


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("Ada Holm said: “The quay will never reopen.”", True),
        ("“The quay will never reopen,” said Holm.", True),
        ("Bo Lind said: “The quay will never reopen.”", False),
        ("“The quay will never reopen,” according to Bo Lind.", False),
        ("She said: “The quay will never reopen.”", None),
        ("“The quay will never reopen.”", None),
        ("Bo Lind said that he wept.", None),
    ],
)
def test_words_are_given_to_whom_the_article_gives_them(sentence: str, passed: bool | None) -> None:
    check = check_speaker(sentence, [source(SPOKEN)])
    assert (check and check.passed) is passed
    if passed is False:
        assert check is not None
        assert check.detail == "the article gives these words to Ada Holm"


def test_where_the_article_tells_no_speaker_nothing_is_said() -> None:
    assert (
        check_speaker("Bo Lind said: “Gone with the ice.”", [source("“Gone with the ice.”")])
        is None
    )


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("Ice broke the quay.", False),
        ("Ice broke the quay, Ada Holm said.", True),
        ("Ice broke the quay, according to the port's head.", True),
        ("Ada Holm holds ice responsible.", True),
        ("“Ice broke the quay,” it is held.", True),
    ],
)
def test_what_somebody_says_is_no_plain_fact(sentence: str, passed: bool) -> None:
    speaker = speaker_of("Ice broke the quay, Ada Holm said.")
    assert speaker == Speaker("Ada Holm", "Ada Holm")
    check = check_attribution(sentence, speaker)
    assert check is not None
    assert check.passed is passed
    assert passed or check.detail == "the article has it from Ada Holm"


def test_what_nobody_says_needs_no_speaker() -> None:
    assert check_attribution("Ice broke the quay.", None) is None


def reported(sentence: str, text: str, quote: str) -> bool | None:
    """How check_reported judges a sentence that cites these words of an article."""
    hit = a_hit(text, title="", source="", published=None)
    start = text.index(quote)
    cited = [Quote(hit, start, start + len(quote))]
    check = check_reported(sentence, cited, [Source.of(hit, quotes=cited)])
    return check and check.passed


SAID = "“The quay will never reopen,” Ada Holm said on Monday."


@pytest.mark.parametrize(
    ("sentence", "behind", "passed"),
    [
        ("Bo Lind said that the quay will never reopen.", "Bo Lind wept.", False),
        ("According to Bo Lind, the quay will never reopen.", "Bo Lind wept.", False),
        ("The quay will never reopen, Lind said.", "Bo Lind wept.", False),
        ("Ada Holm said that the quay will never reopen.", "Bo Lind wept.", True),
        ("Ms. Holm said that the quay will never reopen.", "Bo Lind wept.", True),
        # Whom it may be all the same.
        ("She said that the quay will never reopen.", "Bo Lind wept.", None),
        ("The mayor said that the quay will never reopen.", "Bo Lind wept.", None),
        ("The quay will never reopen.", "Bo Lind wept.", None),
        ("Bo Lind said that he wept.", "Bo Lind wept.", None),
        ("Bo Lind said that the quay will never reopen.", "Bo Lind agreed with her.", None),
        ("Bo Lind said that the quay will never reopen.", "Bo Lind wept for the quay.", None),
        ("Bo Lind denied that the quay will never reopen.", "Bo Lind wept.", None),
        ("Bo Lind told Ada Holm that the quay will never reopen.", "Bo Lind wept.", None),
        ("Portwatch said that the quay will never reopen.", "Portwatch wept.", None),
        ("The White House said the quay will never reopen.", "The White House wept.", None),
        ("Saudi Arabia said the quay will never reopen.", "Saudi Arabia wept.", None),
        ("Boko Haram said the quay will never reopen.", "Ada Holm leads Boko Haram.", None),
        ("Bo Lind said the quay will never reopen.", "Ada Holm is spokeswoman of Bo Lind.", None),
    ],
)
def test_what_is_told_is_given_to_whom_the_article_gives_it(
    sentence: str, behind: str, passed: bool | None
) -> None:
    assert reported(sentence, f"{SAID} {behind}", SAID) is passed


def test_she_may_be_whoever_stands_before() -> None:
    text = "Ada Holm met Bo Lind. “The quay will never reopen,” he said."
    quote = "“The quay will never reopen,” he said."
    assert reported("Bo Lind said the quay will never reopen.", text, quote) is None
    text = f"Ada Holm met nobody. {quote.replace('he said', 'she said')} Bo Lind wept."
    quote = quote.replace("he said", "she said")
    assert reported("Bo Lind said the quay will never reopen.", text, quote) is False


@pytest.mark.parametrize(
    ("name", "text", "person"),
    [
        ("Ada Holm", "", True),
        ("President Ada Holm", "", True),
        ("Holm", "Ada Holm came.", True),
        ("Holm", "Then Mr Holm came.", True),
        ("Holm", "Holm is a town.", False),
        ("Portwatch", "Portwatch came.", False),
        ("White House", "At the White House.", False),
        ("FSB", "", False),
        ("Bank of England", "", False),
        ("New York", "", False),
        ("Port Ministry", "", False),
        ("President", "", False),
    ],
)
def test_who_is_a_person(name: str, text: str, person: bool) -> None:
    assert is_person(name, text) is person


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("Bo Lind, head of Portwatch, came.", True),
        ("Portwatch’s Bo Lind came.", True),
        ("Bo Lind and Portwatch came.", False),
        ("Bo Lind came. Portwatch did not.", False),
        ("Nobody came.", False),
    ],
)
def test_who_may_speak_for_whom(text: str, one: bool) -> None:
    assert speaks_for("Bo Lind", "Portwatch", text) is one


def test_two_voices_in_one_sentence() -> None:
    text = "“The quay is gone for ever,” Ada Holm said. “It was the ice,” said Bo Lind."
    sentence = "“The quay is gone for ever,” Ada Holm said, and Bo Lind added: “It was the ice.”"
    check = check_speaker(sentence, [source(text)])
    assert check is not None
    assert check.passed


def test_a_term_that_many_use_is_nobodys() -> None:
    text = "“Islamic State fighters came,” said Ada Holm. Bo Lind spoke of the Islamic State too."
    assert check_speaker("Bo Lind spoke of the “Islamic State”, he said.", [source(text)]) is None


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("The quay was broken by ice, and “nobody was to blame”.", False),
        ("“Ice broke the quay”, and nobody was to blame.", True),
    ],
)
def test_only_a_quotation_of_what_it_rests_on_gives_it_to_somebody(
    sentence: str, passed: bool
) -> None:
    check = check_attribution(
        sentence, Speaker("Ada Holm", "Ada Holm"), support="“Ice broke the quay,” Ada Holm said."
    )
    assert check is not None
    assert check.passed is passed
