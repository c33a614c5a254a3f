"""Disagreements: figures that articles give for the same thing, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rag import Archive, Disagreement

ARTICLES = {
    "early.md": (
        "Harbour fire, first report",
        "2020-03-01",
        "More than 20 people died in the Port Levin fire.",
    ),
    "later.md": (
        "Harbour fire, toll rises",
        "2020-03-03",
        "The fire in Port Levin killed 34 people, the mayor said.",
    ),
    "other.md": (
        "A train crash",
        "2020-03-02",
        "In Oster 57 people died when a train left the rails.",
    ),
}


@pytest.fixture
def ask(
    tmp_path: Path, embedder: object
) -> Callable[[dict[str, tuple[str, str, str]], str], tuple[Disagreement, ...]]:
    def run(articles: dict[str, tuple[str, str, str]], question: str) -> tuple[Disagreement, ...]:
        folder = tmp_path / "articles"
        folder.mkdir(exist_ok=True)
        for name, (title, day, text) in articles.items():
            head = f"---\ntitle: {title}\nsource: Levin Times\npublished: {day}\n---\n"
            (folder / name).write_text(f"{head}{text}\n")
        with Archive.open(tmp_path / "home", embedder=embedder) as archive:  # type: ignore[arg-type]
            archive.ingest(folder)
            answer = archive.ask(question)
            assert all(found.passed for found in archive.verify(answer))
        for disagreement in answer.disagreements:
            for value in disagreement.values:
                quotes = [c.quote for c in answer.citations if c.number in value.citations]
                assert quotes
                assert all(value.value in quote for quote in quotes)
        return answer.disagreements

    return run


def test_later_figures_read_as_an_update(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    [found] = ask(ARTICLES, "How many people died in the Port Levin fire?")
    assert found.relation == "updated over time"
    assert [value.value for value in found.values] == ["More than 20", "34"]


def test_another_event_is_no_disagreement(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    only = {name: ARTICLES[name] for name in ("later.md", "other.md")}
    assert ask(only, "How many people died in the Port Levin fire?") == ()


@pytest.mark.parametrize(
    "question",
    [
        "How many people died in the Port Levin fire and who put it out?",
        "Who put out the Port Levin fire and how many people died in it?",
    ],
)
def test_one_of_two_things_asked_has_figures_that_differ(
    ask: Callable[..., tuple[Disagreement, ...]], question: str
) -> None:
    putting_out = (
        "The crew", "2020-03-05", "Ada Holm and her crew put out the Port Levin fire at noon."
    )  # fmt: skip
    [found] = ask(ARTICLES | {"crew.md": putting_out}, question)
    assert [value.value for value in found.values] == ["More than 20", "34"]


def test_a_number_behind_a_comma_counts_something_else(
    ask: Callable[..., tuple[Disagreement, ...]],
) -> None:
    told = {
        "one.md": ("Fire", "2020-03-03", "The Port Levin fire killed more than 20 people."),
        "two.md": (
            "A speech", "2020-03-07",
            "The talk followed the Port Levin fire, in which 34 people were killed, by four days.",
        ),
    }  # fmt: skip
    [found] = ask(told, "What is the latest count of those killed in the Port Levin fire?")
    assert [value.value for value in found.values] == ["more than 20", "34"]


def test_a_sentence_less_close_supports_a_value_but_gives_none(
    tmp_path: Path, embedder: object
) -> None:
    told = {
        "one.txt": "The Port Levin fire killed more than 20 people.",
        "two.txt": "The Port Levin fire killed 34 people.",
        "three.txt": (
            "Last Friday Port Levin was the scene of a fire in which thirty-four people, mostly"
            " young men, lost their lives."
        ),
    }
    for name, text in told.items():
        (tmp_path / name).write_text(text)
    with Archive.open(tmp_path / "home", embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest([tmp_path / name for name in told])
        [found] = archive.ask("How many people did the Port Levin fire kill?").disagreements
    assert {value.value: len(value.citations) for value in found.values} == {
        "more than 20": 1,
        "34": 2,
    }


def test_figures_of_one_day_differ(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    same_day = {
        "one.md": ("Fire at the port", "2020-03-03", "In Port Levin 31 people died in the fire."),
        "two.md": ("Port fire", "2020-03-03", "The Port Levin fire killed 34 people."),
    }
    [found] = ask(same_day, "How many people died in the Port Levin fire?")
    assert found.relation == "contradiction"


def test_a_lower_bound_is_no_contradiction(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    bound = {
        "one.md": ("Fire", "2020-03-03", "In Port Levin at least 30 people died in the fire."),
        "two.md": ("Port fire", "2020-03-03", "The Port Levin fire killed 34 people."),
    }
    [found] = ask(bound, "How many people died in the Port Levin fire?")
    assert found.relation == "bounds"


def test_a_part_is_of_another_scope(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    part = {
        "one.md": ("Fire", "2020-03-03", "The Port Levin fire killed people, 12 of them sailors."),
        "two.md": ("Port fire", "2020-03-03", "The Port Levin fire killed 34 people."),
    }
    [found] = ask(part, "How many people did the Port Levin fire kill?")
    assert found.relation == "different scope"


def test_a_sentence_that_names_nothing_speaks_of_what_was_named_before(
    ask: Callable[..., tuple[Disagreement, ...]],
) -> None:
    told = {
        "one.md": (
            "Fire", "2020-03-03",
            "The fire broke out in Port Levin at noon. In all it killed 30 people there.",
        ),
        "two.md": ("Port fire", "2020-03-03", "The Port Levin fire killed 34 people."),
        "three.md": (
            "Crash", "2020-03-03",
            "After the Port Levin fire came a crash. In Oster it killed 57 people.",
        ),
    }  # fmt: skip
    [found] = ask(told, "How many people died in the Port Levin fire?")
    assert sorted(value.value for value in found.values) == ["30", "34"]


def test_the_answer_leads_with_the_figures(sample: Path, tmp_path: Path, embedder: object) -> None:
    with Archive.open(tmp_path, embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest(sample)
        answer = archive.ask("How many people were killed in the Paris attacks?")
    figures = [value.value for value in answer.disagreements[0].values]
    assert figures == ["More than 100", "At least 129", "130"]
    shown = ["more than 100,", "at least 129,", "130."]
    assert [sentence.text for sentence in answer.sentences[:3]] == shown
    assert all(sentence.verified for sentence in answer.sentences)
    assert answer.text.startswith("The articles give different figures: more than 100, [1]")
    for sentence, value in zip(answer.sentences, answer.disagreements[0].values, strict=False):
        assert set(sentence.citations) <= set(value.citations)
        cited = [c.quote for c in answer.citations if c.number in sentence.citations]
        assert cited
        assert all(value.value.lower() in quote.lower() for quote in cited)


def test_a_figure_in_words_is_cited_beside_the_same_in_digits(
    tmp_path: Path, embedder: object
) -> None:
    told = {
        "one.txt": "A fire at the harbour of Norwick killed at least 112 people on Thursday.",
        "two.txt": "The harbour fire of Norwick killed one hundred and twenty-nine people in all.",
        "three.txt": "A week after the Norwick harbour fire 129 people are known to be killed.",
    }
    for name, text in told.items():
        (tmp_path / name).write_text(text)
    with Archive.open(tmp_path / "home", embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest([tmp_path / name for name in told])
        answer = archive.ask("How many people were killed in the fire at Norwick harbour?")
    _, said = answer.sentences[:2]
    assert said.text in ("129.", "one hundred and twenty-nine.")
    assert len(said.citations) == 2
    assert said.verified


def test_words_and_digits_are_one_value(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    alike = {
        "one.md": ("Fire", "2020-03-03", "In Port Levin thirty-four people died in the fire."),
        "two.md": ("Port fire", "2020-03-04", "The Port Levin fire killed 34 people."),
    }
    assert ask(alike, "How many people died in the Port Levin fire?") == ()


def test_three_tolls_of_the_sample_corpus(sample: Path, tmp_path: Path, embedder: object) -> None:
    with Archive.open(tmp_path, embedder=embedder) as archive:  # type: ignore[arg-type]
        archive.ingest(sample)
        answer = archive.ask("How many people were killed in the Paris attacks?")
    [found] = answer.disagreements
    assert [value.value for value in found.values] == ["More than 100", "At least 129", "130"]
    assert found.relation == "updated over time"


def test_days_that_differ(
    ask: Callable[..., tuple[Disagreement, ...]], tmp_path: Path, embedder: object
) -> None:
    told = {
        "one.md": (
            "Fire", "2020-03-09",
            "The fire in the harbour of Port Levin broke out on March 3 in a grain store.",
        ),
        "two.md": (
            "Port fire", "2020-03-09",
            "The Port Levin harbour fire broke out on 5 March 2020, the coast guard said.",
        ),
        "three.md": (
            "Port", "2020-03-09",
            "Port Levin remembers the harbour fire that broke out on March 3.",
        ),
    }  # fmt: skip
    [found] = ask(told, "When did the Port Levin harbour fire break out?")
    assert found.relation == "contradiction"
    assert sorted(value.value for value in found.values) == ["5 March 2020", "March 3"]
    with Archive.open(tmp_path / "home", embedder=embedder) as archive:  # type: ignore[arg-type]
        answer = archive.ask("When did the Port Levin harbour fire break out?")
    assert answer.text.startswith("The articles give different days: ")
    assert "March 3, [" in answer.text


def test_amounts_that_differ(ask: Callable[..., tuple[Disagreement, ...]]) -> None:
    told = {
        "one.md": (
            "Bridge", "2020-03-03", "The new Oster bridge cost 40 million dollars to build.",
        ),
        "two.md": (
            "A bridge opens", "2020-05-03",
            "The town built the new Oster bridge at a cost of 55 million dollars.",
        ),
        "three.md": (
            "Bridge walk", "2020-05-04",
            "The Oster bridge cost walkers 3 kilometres of detour while it was built.",
        ),
    }  # fmt: skip
    [found] = ask(told, "How much did the new Oster bridge cost to build?")
    assert found.relation == "updated over time"
    assert [value.value for value in found.values] == ["40 million dollars", "55 million dollars"]


@pytest.mark.parametrize(
    "told",
    [
        # The same day, told with its year and without.
        {
            "one.md": ("Fire", "2020-03-09", "The fire in Port Levin broke out on March 3."),
            "two.md": ("Fire", "2020-03-10", "The Port Levin fire broke out on 3 March 2020."),
        },
        # Another year's.
        {
            "one.md": ("Fire", "2020-03-09", "The fire in Port Levin broke out on 3 March 2020."),
            "two.md": ("Fire", "2017-03-10", "The Port Levin fire broke out on 7 May 2017."),
        },
        # The day of something else.
        {
            "one.md": ("Fire", "2020-03-09", "The fire in Port Levin broke out on March 3."),
            "two.md": ("Crash", "2020-03-10", "The train crash in Oster happened on 7 March 2020."),
        },
        # One article gives both.
        {
            "one.md": (
                "Fire", "2020-03-09",
                "The fire in Port Levin broke out on March 3. It broke out again on March 5.",
            ),
        },
    ],
)  # fmt: skip
def test_days_that_do_not_differ(
    ask: Callable[..., tuple[Disagreement, ...]], told: dict[str, tuple[str, str, str]]
) -> None:
    assert ask(told, "When did the fire in Port Levin break out?") == ()
