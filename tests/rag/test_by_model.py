"""Another answer than the one that was given, where a language model writes."""

from collections.abc import Iterator, Sequence

import pytest
from asking import a_hit, settings_for
from servers.scripted import Call, Reply, ScriptedServer, labels_of, prompt_of

from rag import Turn
from rag.answer import Draft
from rag.by_model import WrittenAnswer
from rag.conversation import unwanted

QUESTION = "Which attack struck a capital?"
ANKARA = "The attack in Ankara killed 102 people in the Turkish capital."
PARIS = "The attack in Paris killed 129 people in the French capital."
BEIRUT = "The attack in Beirut killed 44 people in the Lebanese capital."
HITS = [a_hit(f"{ANKARA} {PARIS}"), a_hit(BEIRUT, name="b")]
FIRST = Turn(QUESTION, f"{ANKARA} [1]", (ANKARA,))
SECOND = Turn(QUESTION, f"{PARIS} [1]", (PARIS,))


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def written(
    server: ScriptedServer, *history: Turn, asked: str = "No, the other one."
) -> WrittenAnswer:
    answer = WrittenAnswer(
        settings_for(server.base_url),
        question=QUESTION,
        passages=HITS,
        history=history,
        quoting=lambda: Draft(kind="extractive", reason="Quoted."),
        unwanted=unwanted(asked, history),
    )
    list(answer.events())
    return answer


def texts(answer: WrittenAnswer) -> list[str]:
    return [sentence.text for sentence in answer.draft.sentences]


def heeding(body: dict[str, object]) -> str:
    """A model that writes the first thing that is not said to be unwanted, else always the same."""
    passages, _, asked = prompt_of(body).partition("Question: ")
    ankara, paris = ((text, labels_of(body)[0]) for text in (ANKARA, PARIS))
    beirut = (BEIRUT, labels_of(body)[1])
    assert ANKARA in passages
    text, label = next(it for it in (ankara, paris, beirut) if it[0] not in asked)
    return f"{text} [{label}]"


@pytest.mark.parametrize(
    ("history", "wanted"), [((), ANKARA), ((FIRST,), PARIS), ((FIRST, SECOND), BEIRUT)]
)
def test_the_model_is_told_which_answer_is_not_wanted(
    server: ScriptedServer, history: Sequence[Turn], wanted: str
) -> None:
    server.queue(Call(heeding))
    answer = written(server, *history)
    assert texts(answer) == [wanted]
    assert answer.draft.unverified == []
    prompt = prompt_of(server.chats[0].body)
    assert prompt.count("An answer that is not wanted: ") == len(history)
    assert f"{ANKARA} [1]" not in prompt.partition("Question: ")[2]  # its markers are not ours


def test_nothing_is_unwanted_where_nobody_said_so(server: ScriptedServer) -> None:
    server.queue(Call(heeding))
    answer = written(server, FIRST, asked=QUESTION)
    assert texts(answer) == [ANKARA]
    assert "not wanted" not in prompt_of(server.chats[0].body)


def test_only_what_answered_this_question_is_unwanted(server: ScriptedServer) -> None:
    server.queue(Call(heeding))
    other = Turn("Where did a bomb explode?", f"{PARIS} [1]", (PARIS,))
    assert texts(written(server, other, FIRST)) == [PARIS]


def test_a_model_that_repeats_itself_is_not_believed(server: ScriptedServer) -> None:
    server.queue(Reply(f"{ANKARA} [1]"))
    answer = written(server, FIRST)
    assert (answer.draft.kind, answer.model) == ("extractive", "extractive")
    [item] = answer.draft.unverified
    assert (item.sentence, item.done) == (ANKARA, "removed")
    assert item.failed == "it is the answer that is not wanted"


def test_what_rests_on_another_quote_too_stays(server: ScriptedServer) -> None:
    both = "Attacks killed people in the Turkish capital and in the Lebanese capital."
    server.queue(Reply(f"{ANKARA} [1] {both} [1][2]"))
    answer = written(server, FIRST)
    assert texts(answer) == [both]
    assert [item.sentence for item in answer.draft.unverified] == [ANKARA]
