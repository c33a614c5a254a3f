"""Who says what in a sentence and in an article."""

import pytest

from rag.speech import (
    Speaker,
    same_speaker,
    speaker_of,
    speaker_of_quote,
    speaker_of_support,
    speakers_of,
    whole_speech,
)


@pytest.mark.parametrize(
    ("sentence", "name", "told"),
    [
        ("“We are closed,” President Ada Holm said on Monday.", "President Ada Holm", ""),
        ("The dam failed, said Ada Holm.", "Ada Holm", ""),
        ("“It was ice,” said the head of the port, Bo Lind.", "Bo Lind", ""),
        ("Bo Lind, the head of the PCB, told the mayor that ice had come.", "Bo Lind", ""),
        ("Ice came, the head of the PCB authority, Bo Lind, said on Friday.", "Bo Lind", ""),
        ("Ada Holm has also warned that it would close.", "Ada Holm", ""),
        (
            "According to officials of Portwatch, it may close.",
            "Portwatch",
            "officials of Portwatch",
        ),
        ("According to two officials, it may close.", "", "two officials"),
        ("Moss said the dam had failed.", "", "Moss"),
        ("Police said on Friday that 12 had died.", "", "Police"),
        ("Later the mayor said that it would close.", "", "the mayor"),
        ("He later said so.", "", "He"),
    ],
)
def test_who_speaks(sentence: str, name: str, told: str) -> None:
    speaker = speaker_of(sentence)
    assert speaker is not None
    assert speaker.name == name
    assert speaker.words == (told or name)


@pytest.mark.parametrize(
    "sentence",
    [
        "The dam failed on Monday.",
        "“Nobody said a word,” it reads.",
        "",
    ],
)
def test_nobody_speaks(sentence: str) -> None:
    assert speaker_of(sentence) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Holm", "Ms. Holm", True),
        ("President Holm", "President Lind", False),
        ("Ada Holm", "Bo Lind", False),
        ("the mayor", "", True),
    ],
)
def test_one_person_under_two_names(one: str, other: str, same: bool) -> None:
    assert same_speaker(one, other) is same


ARTICLE = (
    "Ada Holm runs the port. “The quay is gone. We shall rebuild it. Nobody is to blame,” she said"
    " on Monday.\n\nBo Lind disagreed. “This was foreseen by all,” he told the council.\n\n"
    "“Too late.”\n\nThe quay is shut."
)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("We shall rebuild it", "Ada Holm"),
        ("This was foreseen by all", "Bo Lind"),
        ("Too late", None),
        ("The quay is shut", None),
    ],
)
def test_the_speaker_of_a_quotation(words: str, name: str | None) -> None:
    start = ARTICLE.index(words)
    speaker = speaker_of_quote(ARTICLE, start, start + len(words))
    assert (speaker and speaker.name) == name


def test_a_sentence_out_of_a_quotation_brings_it_whole() -> None:
    start = ARTICLE.index("We shall rebuild it.")
    span = whole_speech(ARTICLE, start, start + 20)
    assert span is not None
    assert ARTICLE[slice(*span)] == (
        "“The quay is gone. We shall rebuild it. Nobody is to blame,” she said on Monday."
    )


def test_a_plain_sentence_stays_as_it_is() -> None:
    start = ARTICLE.index("The quay is shut.")
    assert whole_speech(ARTICLE, start, start + 17) == (start, start + 17)


def test_a_quotation_that_is_cut_off_is_not_quoted() -> None:
    text = "We shall rebuild it. Nobody is to blame,” she said."
    assert whole_speech(f"“The quay is gone. {text[:20]}", 19, 39) is None


def test_the_next_sentence_that_tells_the_speaker_goes_along() -> None:
    text = "“Too late.” So said Ada Holm of the port. The quay is shut."
    assert whole_speech(text, 0, 11) == (0, 41)


BROKEN_OFF = "“The quay is gone,” Ada Holm said. “We shall rebuild it in May 2021.” "


@pytest.mark.parametrize(
    "behind",
    [
        "Bo Lind wept.",
        "Bo Lind said that this was a lie and that nobody would ever pay for it.",
        "“No,” said Bo Lind.",
        "",
    ],
)
def test_a_quotation_that_is_broken_off_goes_on(behind: str) -> None:
    text = BROKEN_OFF + behind
    start = text.index("“We shall")
    end = text.index("2021.”") + 6
    speaker = speaker_of_quote(text, start, end)
    assert speaker == Speaker("Ada Holm", "Ada Holm")
    assert whole_speech(text, start, end) == (0, end)


def test_the_speaker_before_goes_along_within_the_paragraph() -> None:
    text = "Ada Holm said it was over. “Too late.” The quay is shut."
    start = text.index("“Too")
    assert whole_speech(text, start, start + 11) == (0, start + 11)
    text = text.replace(" “Too", "\n\n“Too")
    assert whole_speech(text, start + 1, start + 12) == (start + 1, start + 12)


def test_a_speech_too_long_for_its_speaker_stays_as_it_is() -> None:
    text = f"“{'It is so very late now. ' * 30}We go,” Ada Holm said. “Too late.” The quay is shut."
    start = text.index("“Too")
    assert whole_speech(text, start, start + 11) == (start, start + 11)


@pytest.mark.parametrize(
    ("sentence", "statement", "name"),
    [
        ("“We shall rebuild it in May 2021.”", "It will be rebuilt in May 2021.", "Ada Holm"),
        ("“The quay is gone,” Ada Holm said.", "The quay is gone.", "Ada Holm"),
        ("The film “The Last Quay” opened in Oster.", "The film opened in Oster.", None),
        ("The film “The Last Quay” opened in Oster.", "It ends.", None),
    ],
)
def test_who_says_what_a_statement_rests_on(
    sentence: str, statement: str, name: str | None
) -> None:
    text = f"{BROKEN_OFF}The film “The Last Quay” opened in Oster."
    start = text.index(sentence)
    speaker = speaker_of_support(text, start, start + len(sentence), statement)
    assert (speaker and speaker.name) == name


def test_all_who_speak() -> None:
    told = "According to Ada Holm it is over, but Bo Lind said that it was not, and he wept."
    assert [speaker.name for speaker in speakers_of(told)] == ["Ada Holm", "Bo Lind"]
