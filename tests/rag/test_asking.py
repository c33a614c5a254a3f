"""Questions that ask for more than words: exact phrases, days of publication, several voices."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from asking import settings_for
from servers.scripted import Reply, ScriptedServer, Status, Step

from rag import Answer, Archive, Filters, Settings
from rag.embedder import OnnxEmbedder

SETTINGS = Settings(_env_file=None)
ARTICLES = {
    "quay.md": (
        "Harbour of Norrvik to close",
        "The Quay",
        "2020-03-02",
        (
            "Mayor Ada Lind said on Monday that the harbour of Norrvik will close for the winter. "
            "“Enough is enough”, Lind said of the ice that has broken nine boats this year. "
            "The fishermen of the town were told in a letter."
        ),
    ),
    "wire.md": (
        "Fishermen want Norrvik's harbour kept open",
        "Northern Wire",
        "2020-03-09",
        (
            "Bo Ekstrand, who speaks for the fishermen, called the closing of the harbour of "
            "Norrvik a mistake that would ruin forty families. "
            "Ekstrand said that enough ice breakers can be had for less than the closing costs. "
            "He will ask a court to stop the town."
        ),
    ),
    "old.md": (
        "A mild winter in Norrvik",
        "The Quay",
        "2019-02-01",
        (
            "The harbour of Norrvik stayed open through the whole winter, the port office wrote. "
            "Enough snow fell in the hills for the skiers all the same."
        ),
    ),
    "undated.md": (
        "Norrvik's ferry",
        "",
        "",
        "The ferry of Norrvik sails twice a day when the harbour is free of ice.",
    ),
}


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("harbour")
    for name, (title, source, day, text) in ARTICLES.items():
        given = {"title": title, "source": source, "published": day}
        head = "".join(f"{key}: {value}\n" for key, value in given.items() if value)
        (folder / name).write_text(f"---\n{head}---\n{text}\n")
    home = tmp_path_factory.mktemp("home") / "archive"
    with Archive.open(home, settings=SETTINGS, embedder=embedder) as archive:
        assert archive.ingest(folder).failed == ()
        yield archive


@pytest.fixture
def ident(harbour: Archive) -> Callable[[str], str]:
    def find(name: str) -> str:
        return next(a.id for a in harbour.articles() if a.path and a.path.name == name)

    return find


def quoted(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


# Phrases


def test_a_phrase_must_stand_word_for_word(harbour: Archive) -> None:
    hits = harbour.search('"enough is enough"')
    assert len(hits) == 1
    assert "Enough is enough" in hits[0].text
    assert hits[0].dense is not None
    assert hits[0].lexical is not None
    answer = harbour.ask("Who said “enough is enough” of the ice?")
    assert answer.status == "answered"
    assert "Lind" in quoted(answer)


def test_the_index_stems_but_a_phrase_is_exact(harbour: Archive) -> None:
    assert harbour.search('"harbour of Norrvik"')
    assert harbour.search('"harbours of Norrvik"') == []


def test_a_phrase_is_found_behind_many_of_the_same_stem(
    harbour: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of "close" and "closing" comes first by words for both."""
    monkeypatch.setattr("rag.retrieve._MOST_HOLDING", 1)
    assert {hit.title for hit in harbour.search('"close"')} == {"Harbour of Norrvik to close"}
    assert harbour.search('"closing"')
    assert harbour.search('"closings"') == []


def test_a_phrase_in_a_title_counts(harbour: Archive) -> None:
    assert {hit.title for hit in harbour.search('"a mild winter"')} == {"A mild winter in Norrvik"}


def test_a_phrase_that_nobody_said(harbour: Archive) -> None:
    answer = harbour.ask('Who said "never again" about the harbour of Norrvik?')
    assert (answer.status, answer.kind) == ("not_found", "not_stated")
    assert answer.text == "No passage says “never again” word for word."
    assert answer.nearest


def test_a_phrase_beside_a_filter(harbour: Archive) -> None:
    only = Filters(sources=["Northern Wire"])
    assert harbour.search('"enough is enough"', filters=only) == []


# Days of publication


def test_words_about_publication_filter_and_are_shown(harbour: Archive) -> None:
    answer = harbour.ask(
        "What did last week's articles say about the harbour of Norrvik?", as_of=date(2020, 3, 16)
    )
    assert answer.filters == Filters(
        published_from=date(2020, 3, 9), published_to=date(2020, 3, 15)
    )
    assert {c.title for c in answer.citations} <= {
        "Fishermen want Norrvik's harbour kept open",
        "Norrvik's ferry",
    }
    assert answer.coverage
    assert answer.coverage.undated == 1


def test_days_on_which_nothing_was_published(harbour: Archive) -> None:
    answer = harbour.ask(
        "What do articles since 14 May 2021 say about the harbour?",
        filters=Filters(include_undated=False),
    )
    assert (answer.status, answer.kind) == ("not_found", "filtered_out")
    assert answer.text == "No article was published since 2021-05-14."


# Voices


def test_each_voice_is_heard(harbour: Archive) -> None:
    answer = harbour.ask("What do Lind and Ekstrand say about the harbour of Norrvik?")
    assert (answer.status, answer.kind) == ("answered", "comparison")
    assert "Lind" in answer.sentences[0].text
    assert "Ekstrand" in answer.sentences[-1].text
    assert all(check.passed for check in harbour.verify(answer))
    ranks = [step.rank for step in answer.trace if step.rank]
    assert ranks == list(range(1, len(ranks) + 1))


def test_a_voice_that_says_nothing_is_named(harbour: Archive) -> None:
    answer = harbour.ask("What do Lind and Obama say about the harbour of Norrvik?")
    assert (answer.status, answer.kind) == ("partial", "comparison")
    assert answer.reason == "Nothing was found of Obama on this."
    assert "Lind" in quoted(answer)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Status(500, "crash", {"Retry-After": "0"}), "failed (status 500); the answer quotes"),
        (Reply("That was sad for everyone concerned."), "passed the checks; the answer quotes"),
    ],
)
def test_a_model_that_fails_leaves_it_said_who_is_missing(
    harbour: Archive, step: Step, why: str
) -> None:
    with ScriptedServer(step) as server:
        settings = settings_for(server.base_url)
        with Archive.open(harbour.home, settings=settings, embedder=harbour.embedder) as archive:
            answer = archive.ask("What do Lind and Obama say about the harbour of Norrvik?")
    assert (answer.status, answer.model) == ("partial", "extractive")
    assert why in answer.reason
    assert answer.reason.endswith(" Nothing was found of Obama on this.")
    assert "\n" not in answer.reason


def test_outlets_are_voices(harbour: Archive) -> None:
    answer = harbour.ask("What do The Quay and Northern Wire report about the harbour of Norrvik?")
    assert answer.kind == "comparison"
    sources = [citation.source for citation in answer.citations]
    assert set(sources) == {"The Quay", "Northern Wire"}
    assert sources == sorted(sources, key=["The Quay", "Northern Wire"].index)


def test_an_outlet_that_the_filters_leave_out_is_no_voice(harbour: Archive) -> None:
    asked = "What do The Quay and Northern Wire report about the harbour of Norrvik?"
    for named in ("Northern Wire", "northern wire"):
        answer = harbour.ask(asked, filters=Filters(sources=[named]))
        assert {citation.source for citation in answer.citations} <= {"Northern Wire"}
        assert all(step.source == "Northern Wire" for step in answer.trace)
    assert answer.kind != "comparison" or answer.reason == "Nothing was found of The Quay on this."


def test_voices_of_whom_nothing_is_known_are_asked_for_together(harbour: Archive) -> None:
    answer = harbour.ask("What do Obama and Lavrov say about quantum computing?")
    assert answer.status == "not_found"
    assert answer.kind != "comparison"


def test_the_other_one_again_is_none_of_those_before(harbour: Archive) -> None:
    history: list[Answer] = []
    seen: set[str] = set()
    for asked in ("What is said of the harbour of Norrvik?", *["No, the other one."] * 2):
        history.append(harbour.ask(asked, history=history))
        quotes = {citation.quote for citation in history[-1].citations}
        assert quotes or seen  # in the end there may be no other
        assert not quotes & seen
        seen |= quotes


# Why an article was or was not used


def test_explain_what_the_filters_leave_out(harbour: Archive, ident: Callable[[str], str]) -> None:
    for filters in (Filters(sources=["The Quay"]), Filters(article_ids=[ident("quay.md")])):
        found = harbour.explain("Who is Bo Ekstrand?", ident("wire.md"), filters=filters)
        assert found.verdict == "Not considered: the filters leave this article out."
        assert found.passages == ()


def test_explain_what_neither_search_found(harbour: Archive, ident: Callable[[str], str]) -> None:
    shallow = SETTINGS.model_copy(update={"depth": 1})
    with Archive.open(harbour.home, settings=shallow, embedder=harbour.embedder) as archive:
        found = archive.explain("Why does Bo Ekstrand call a court?", ident("undated.md"))
    assert found.verdict.startswith("Not found by either search: by meaning its best passage")
    assert "It never says “bo”, “ekstrand”" in found.verdict
    assert found.passages[0].rank is None
    assert found.passages[0].dense is not None


def test_explain_what_lacks_a_phrase(harbour: Archive, ident: Callable[[str], str]) -> None:
    asked = "Who said “enough is enough” in Norrvik?"
    verdict = harbour.explain(asked, ident("wire.md")).verdict
    assert verdict == "Not considered: no passage of it says “enough is enough” word for word."
    assert harbour.explain(asked, ident("quay.md")).verdict.startswith("Used:")


def test_explain_looks_for_each_voice(harbour: Archive, ident: Callable[[str], str]) -> None:
    asked = "What do The Quay and Northern Wire report about the harbour of Norrvik?"
    used = {step.article_id for step in harbour.ask(asked).trace if not step.dropped}
    for article in harbour.articles():
        verdict = harbour.explain(asked, article.id).verdict
        assert verdict.startswith("Used:") is (article.id in used), verdict


def test_explain_under_the_days_that_were_asked(
    harbour: Archive, ident: Callable[[str], str]
) -> None:
    asked = "What do articles since 5 March 2020 say of the harbour of Norrvik?"
    left_out = "Not considered: the filters leave this article out."
    assert harbour.explain(asked, ident("quay.md")).verdict == left_out
    assert harbour.explain(asked, ident("quay.md"), by_days=False).verdict != left_out
    before = date(2020, 3, 5)
    assert (
        harbour.explain("What of the harbour?", ident("wire.md"), as_of=before).verdict == left_out
    )


def test_explain_what_was_used(harbour: Archive, ident: Callable[[str], str]) -> None:
    found = harbour.explain("Why does Bo Ekstrand go to court?", ident("wire.md"))
    assert found.verdict.startswith("Used: one of the 4 passages used is its own; it is number 1")
