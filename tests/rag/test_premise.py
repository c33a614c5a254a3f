"""What a question takes for granted, and whether the articles say that it happened."""

import pytest

from rag import Archive
from rag.premise import Told, not_said_to_happen, presupposed, unrealised
from rag.words import STOP_WORDS


@pytest.mark.parametrize(
    ("question", "granted"),
    [
        ("Why did the agency block Telegram?", ["agency", "block"]),
        ("On which day were the limits on flights lifted?", ["limits", "flights", "lifted"]),
        ("How has the town closed the harbour?", ["town", "closed", "harbour"]),
        ("Why did Lind travel to sell boats?", ["travel", "boats"]),
        ("Why was the plane lost?", ["plane", "lost"]),
        # What is asked for itself, or is not past, is not taken to have happened.
        ("Who closed the harbour?", []),
        ("How many people were killed?", []),
        ("Why will the harbour close?", []),
        ("What did the agency block?", []),
        # Of words and thoughts.
        ("Why did deputies ask the agency to block it?", []),
        ("When was the ban proposed?", []),
        ("Why did he say that it was closed?", []),
        ("How was it known?", []),
        ("Why was the harbour not closed?", ["harbour"]),
        ("", []),
        ("WHY DID IT CLOSE", []),
    ],
)
def test_what_a_question_presupposes(question: str, granted: list[str]) -> None:
    assert [question[start:end] for start, end in presupposed(question)] == granted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Deputies asked the agency on Monday to ban the app.", ["ban"]),
        ("It refused to close the harbour.", ["close"]),
        ("Officials are considering limits on flights.", ["limits"]),
        ("The town planned a bridge.", ["bridge"]),
        ("A request that they made on Monday for a ban was read.", ["ban"]),
        ("He took back the statement about restricting flights.", ["restricting"]),
        ("The harbour may be closed.", ["closed"]),
        ("No limit on flights was imposed.", ["limit"]),
        ("The request is not a ban.", ["ban"]),
        ("It hasn’t closed.", ["closed"]),
        # A month, a name, an adjective, and half of "not only ... but".
        ("In May the agency blocked the app.", []),
        ("The long-planned bridge opened.", []),
        ("The proposed merger was completed.", []),
        ("The agency not only banned the app, it fined the owner.", []),
        ("A press officer said that the road was closed to traffic.", []),
        # Denied in part, aside, or not told.
        ("Nine towns joined in March (though Oster did not join).", []),
        ("The harbour did not close until March.", []),
        ("The cause was not known.", []),
        ("The harbour closed and the agency banned the app.", []),
        ("", []),
    ],
)
def test_what_a_sentence_leaves_open(text: str, words: list[str]) -> None:
    left_open = {text[start:end] for start, end in unrealised(text)}
    assert left_open - STOP_WORDS == set(words)


def test_a_condition_leaves_all_of_its_clause_open() -> None:
    text = "If the ice comes early, the boats stay."
    [(start, end)] = unrealised(text)
    assert text[start:end] == " the ice comes early"


def told(match: float, text: str, word: str, closeness: float = 0.9) -> Told:
    return Told(match, text, ((closeness, text.index(word)),))


ASKED = told(0.8, "Deputies asked the agency to ban the app.", "ban")
DENIED = told(0.6, "A request is not a ban.", "ban")
DONE = told(0.5, "The agency banned the app.", "banned")


def test_what_was_only_asked_for_did_not_happen() -> None:
    assert not_said_to_happen([ASKED]) == 0
    # Who denies it says more than who asked for it.
    assert not_said_to_happen([ASKED, DENIED]) == 1


def test_one_that_says_so_is_enough() -> None:
    assert not_said_to_happen([ASKED, DENIED, DONE]) is None


def test_what_was_done_after_all_is_no_false_premise() -> None:
    talks = Told(0.9, "Talks about a ceasefire began in Geneva.", ((0.9, 14), (0.8, 24)))
    assert not_said_to_happen([talks]) is None
    ahead = Told(0.9, "Talks about a ceasefire may begin in May.", ((0.9, 14), (0.9, 28)))
    assert not_said_to_happen([ahead]) == 0


def test_a_sentence_about_something_else_says_nothing() -> None:
    assert not_said_to_happen([ASKED, told(0.7, "The app is loved.", "loved", 0.3)]) == 0
    assert not_said_to_happen([told(0.7, "He may be loved.", "loved", 0.3)]) is None
    far = [told(0.7, f"They met in town {n}.", "met", 0.9) for n in range(4)]
    assert not_said_to_happen([told(0.6, "They may meet.", "meet"), *far]) is None
    assert not_said_to_happen([]) is None
    assert not_said_to_happen([Told(0.9, "Nothing was asked.", ())]) is None


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Why did the FSB block Telegram?", "ban"),
        ("On which day did the limits on flights between Moscow and Paris come into force?", "No"),
    ],
)
def test_an_answer_quotes_what_was_said_instead(
    archive: Archive, question: str, quote: str
) -> None:
    answer = archive.ask(question)
    assert (answer.status, answer.kind) == ("not_found", "false_premise")
    assert answer.text.startswith(f"{answer.opening} ")
    assert "do not say" in answer.reason
    [cited] = answer.citations
    assert quote in cited.quote
    [sentence] = answer.sentences
    assert sentence.citations == (1,)
    assert sentence.verified
    article = archive.article(cited.article_id)
    assert article.text[cited.start : cited.end] == cited.quote
    assert answer.nearest


@pytest.mark.parametrize("history", [True, False])
def test_the_other_one_and_two_things_asked(archive: Archive, history: bool) -> None:
    first = archive.ask("Why did the FSB block Telegram?")
    if history:
        again = archive.ask("No, the other one.", history=[first])
        assert again.citations[:1] != first.citations[:1] or not again.citations
    else:
        both = archive.ask("When and why did the FSB block Telegram?")
        assert (both.status, both.kind) == ("not_found", "false_premise")


def test_what_is_reported_to_have_happened_is_answered(archive: Archive) -> None:
    for question in (
        "Why did deputies ask the FSB to ban Telegram?",
        "Why was Metrojet Flight 9268 lost?",
        "When did Hollande speak at Versailles?",
    ):
        assert archive.ask(question).kind != "false_premise"


def test_a_sentence_that_would_answer_nothing_tells_nothing_either(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.evidence.ANSWERABLE", 9.0)
    assert archive.ask("Why did the FSB block Telegram?").kind != "false_premise"
