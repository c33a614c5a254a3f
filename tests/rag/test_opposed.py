"""What went otherwise than a question takes for granted, and what is let be."""

import pytest

from rag import Archive
from rag.opposed import Placed, opposed


def said(*sentences: str, before: str = "", after: str = "") -> list[Placed]:
    """Sentences that match ever less."""
    return [Placed(1 - place / 10, text, before, after) for place, text in enumerate(sentences)]


SURVIVORS = "In which hospital were the survivors of Flight 12 treated?"
TERMS = "Why did Oster take in boats without any conditions?"
CLAIM = "Why did the Moss Front claim the fire in Oster?"
TWO = "The Quay League is older than the union of boatmen that calls itself the Moss Front."


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (SURVIVORS, "All 40 people aboard Flight 12 were killed."),
        (SURVIVORS, "The crash of Flight 12 killed everyone aboard."),
        (SURVIVORS, "The deaths of all aboard Flight 12 were confirmed."),
        (SURVIVORS, "There were no survivors of Flight 12."),
        (SURVIVORS, "No one survived the crash of Flight 12."),
        ("What did the two survivors of Flight 12 say?", "Everyone aboard Flight 12 died."),
        ("Who met the survivors of Flight 12?", "The crash of Flight 12 killed everyone."),
        ("How was it that a child survived Flight 12?", "Every passenger of Flight 12 died."),
        (TERMS, "Oster said that it would take in boats only on condition that it was paid."),
        (TERMS, "Oster takes in boats only under strict conditions."),
        (CLAIM, "The fire in Oster was claimed on Monday. The Quay League has claimed it."),
        ("Why was Lind acquitted of the theft?", "Lind was convicted of the theft on Monday."),
        ("When did Oster approve the bridge?", "Oster rejected the bridge."),
        ("Why did Oster reject the bridge?", "Oster has approved the bridge."),
    ],
)
def test_the_opposite_is_told(question: str, text: str) -> None:
    *before, sentence = text.split(". ")
    told = said("A boat came.", sentence, before=". ".join(before))
    assert opposed(question, [*told, Placed(0.1, TWO, "", "")]) == 1


@pytest.mark.parametrize(
    ("question", "text"),
    [
        # Not all of them, of something else, or as the question has it.
        (SURVIVORS, "Nearly all people aboard Flight 12 were killed."),
        (SURVIVORS, "All but two people aboard Flight 12 were killed."),
        (SURVIVORS, "All 40 people aboard Flight 9 were killed."),
        (SURVIVORS, "All those who were killed aboard Flight 12 were named."),
        (SURVIVORS, "Of all people killed aboard Flight 12 two were named."),
        (SURVIVORS, "All of the survivors of Flight 12 thought that they had died."),
        (TERMS, "Oster takes in boats without conditions, and cars only under conditions."),
        (TERMS, "Oster set conditions."),
        # Who is asked for, or what else it did, is no premise.
        ("Were there survivors of Flight 12?", "All 40 people aboard Flight 12 were killed."),
        ("What did survivors of Flight 9 say?", "All 40 people aboard Flight 12 were killed."),
        ("How many survived Flight 12?", "All 40 people aboard Flight 12 were killed."),
        ("Who claimed the fire in Oster?", "The Quay League claimed the fire in Oster."),
        (CLAIM, "The Moss Front and the Quay League claimed the fire in Oster."),
        (CLAIM, "The Quay League claimed the flood in Linden."),
        ("Why did the Moss Front claim it?", "The Quay League claimed the fire in Oster."),
        ("Why was Lind acquitted?", "Lind was convicted, and acquitted a year after."),
        ("Why was Lind acquitted and then convicted?", "Lind was convicted."),
        ("Why was Lind acquitted?", "Moss was convicted."),
    ],
)
def test_what_is_no_opposite_is_let_be(question: str, text: str) -> None:
    told = said("A boat came.", text)
    assert opposed(question, [*told, Placed(0.1, TWO, "", "")]) is None


CLAIMED = "The Quay League claimed the fire in Oster."


def test_who_is_known_to_the_passage_may_be_who_did_it() -> None:
    two = Placed(0.1, TWO, "", "")
    assert opposed(CLAIM, [*said(CLAIMED), two]) == 0
    known = said(CLAIMED, after="It is the sea arm of the Moss Front.")
    assert opposed(CLAIM, [*known, two]) is None


@pytest.mark.parametrize(
    ("question", "claimed", "apart"),
    [
        (CLAIM, CLAIMED, "A boat came."),
        (CLAIM, CLAIMED, "The Quay League, also known as the Moss Front, sank it."),
        (CLAIM.replace("Moss Front", "QL"), CLAIMED, TWO.replace("Moss Front", "QL")),
        (CLAIM, CLAIMED.replace("Quay League", "MF"), TWO.replace("Quay League", "MF")),
    ],
)
def test_two_names_may_be_of_one(question: str, claimed: str, apart: str) -> None:
    assert opposed(question, [*said(claimed), Placed(0.1, apart, "", "")]) is None


def test_only_the_best_sentences_speak_of_it() -> None:
    others = [f"Boat {number} came." for number in range(4)]
    assert opposed(SURVIVORS, said(*others, "All aboard Flight 12 died.")) is None
    assert opposed(SURVIVORS, []) is None


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("In which hospital were the survivors of Flight 9268 treated?", "all 224 people"),
        ("Why did Poland agree to take in refugees without any conditions?", "only on condition"),
        ("Why did al-Qaeda claim the bombing in Beirut?", "Islamic State claimed it."),
    ],
)
def test_an_answer_quotes_the_opposite(archive: Archive, question: str, quote: str) -> None:
    answer = archive.ask(question)
    assert (answer.status, answer.kind) == ("not_found", "false_premise")
    [citation] = answer.citations
    assert quote.casefold() in citation.quote.casefold()
    assert answer.text.startswith("The articles do not say that this happened. They say:")


def test_who_did_claim_it_is_answered(archive: Archive) -> None:
    answer = archive.ask("Why did Islamic State claim the bombing in Beirut?")
    assert answer.kind != "false_premise"
