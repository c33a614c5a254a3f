"""The public calls of an archive, on the sample corpus."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from keeping import elsewhere

from rag import (
    Answer,
    Archive,
    ArchiveNotFound,
    ArticleNotFound,
    Filters,
    FingerprintMismatch,
    Settings,
    Turn,
)
from rag.embedder import OnnxEmbedder
from rag.recheck import CHANGED, GONE

AIRLINER = "How many people died aboard the airliner?"
TOLL = "How many people were killed in the Paris attacks?"
SETTINGS = Settings(_env_file=None)


def quotes(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


def assert_verbatim(archive: Archive, answer: Answer) -> None:
    assert answer.citations
    values = [*answer.short, *(value for one in answer.disagreements for value in one.values)]
    listed = {number for value in values for number in value.citations}
    for citation in answer.citations:
        article = archive.article(citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        assert citation.quote in citation.passage
        assert f"[{citation.number}]" in answer.text or citation.number in listed


# --- answers ---


def test_the_airliner(archive: Archive) -> None:
    answer = archive.ask(AIRLINER)
    assert (answer.status, answer.kind, answer.model) == ("answered", "extractive", "extractive")
    assert "224" in answer.citations[0].quote
    assert_verbatim(archive, answer)
    assert answer.complete
    assert answer.nearest == ()
    assert answer.question == answer.standalone_question == AIRLINER
    assert answer.index_version.startswith("g000001 ")
    assert answer.coverage is not None
    assert answer.coverage.articles == len(archive.articles())
    assert {"retrieve", "rank", "total"} <= answer.timings.keys()
    used = [step.rank for step in answer.trace if not step.dropped]
    assert used == list(range(1, SETTINGS.passages + 1))
    assert all(step.rank is None for step in answer.trace if step.dropped)
    assert json.loads(json.dumps(answer.to_dict())) == answer.to_dict()


def test_one_to_four_sentences_numbered_in_the_order_of_first_use(archive: Archive) -> None:
    for question in (AIRLINER, TOLL, "Which messenger app did deputies ask the FSB to ban?"):
        answer = archive.ask(question)
        quotes = {citation.quote for citation in answer.citations}
        assert 1 <= sum(sentence.text in quotes for sentence in answer.sentences) <= 4
        used = list(dict.fromkeys(n for s in answer.sentences for n in s.citations))
        assert used == list(range(1, len(used) + 1))
        assert all(sentence.verified for sentence in answer.sentences)


def test_every_citation_is_used(archive: Archive) -> None:
    """By a sentence, or by what stands below: the figures that differ, else the short answers."""
    for question in (AIRLINER, TOLL, "Which messenger app did deputies ask the FSB to ban?"):
        answer = archive.ask(question)
        below = [v for d in answer.disagreements for v in d.values] or answer.short
        used = {n for one in (*answer.sentences, *below) for n in one.citations}
        assert used == {citation.number for citation in answer.citations}


def test_a_value_comes_before_the_sentence_that_it_stands_in(archive: Archive) -> None:
    answer = archive.ask(AIRLINER)
    value, quote = answer.sentences[:2]
    assert value.text.rstrip(".") == answer.short[0].value
    assert value.text.rstrip(".") in quote.text
    assert set(quote.citations) & set(value.citations)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is the boiling point of mercury?", "outside"),
        ("Who won the tennis final in Melbourne?", "outside"),
        ("what is it about?", "not_stated"),
        ("x " * 2500, "outside"),
        ("'; DROP TABLE passages;--", "outside"),
        ("Сколько стоит билет на паром?", "outside"),
    ],
)
def test_not_found(archive: Archive, question: str, kind: str) -> None:
    answer = archive.ask(question)
    assert (answer.status, answer.kind) == ("not_found", kind)
    assert answer.text == answer.reason
    assert "\n" not in answer.reason
    assert len(answer.reason) < 300
    assert answer.citations == answer.sentences == ()
    assert [hit.rank for hit in answer.nearest] == [1, 2, 3]
    assert answer.coverage is not None
    assert (answer.coverage.first, answer.coverage.last) == (date(2015, 11, 1), date(2015, 11, 22))


def test_missing_words_are_named(archive: Archive) -> None:
    assert "“boiling”, “mercury”" in archive.ask("What is the boiling point of mercury?").reason


@pytest.mark.parametrize("question", ["", "  \n", "?!", "🙂🙂"])
def test_no_question(archive: Archive, question: str) -> None:
    answer = archive.ask(question)
    assert (answer.status, answer.kind) == ("not_found", "empty_question")


@pytest.mark.parametrize(
    "question",
    ['"AND" OR NOT (NEAR* ^ {bomb}:"', "bomb 🙂 * - + : ^ ( ) \x00", "BOMB" * 1250, "\ud800 bomb"],
)
def test_odd_questions_raise_nothing(archive: Archive, question: str) -> None:
    answer = archive.ask(question)
    assert json.loads(json.dumps(answer.to_dict()))["status"] == answer.status


def test_early_and_later_tolls(archive: Archive) -> None:
    early = archive.ask(TOLL, as_of=date(2015, 11, 14))
    assert "100" in quotes(early)
    assert "129" not in quotes(early)
    assert early.filters == Filters(published_to=date(2015, 11, 14))
    late = archive.ask(TOLL, filters=Filters(published_from=date(2015, 11, 22)))
    assert "130 people" in late.citations[0].quote
    [found] = archive.ask(TOLL).disagreements
    assert found.relation == "updated over time"


def test_filters_hold_for_every_citation(archive: Archive) -> None:
    only = Filters(sources=["meridian wire"])
    answer = archive.ask(AIRLINER, filters=only)
    assert {c.source for c in answer.citations} == {"Meridian Wire"}
    assert {hit.source for hit in archive.search("Paris", filters=only)} == {"Meridian Wire"}
    assert {a.source for a in archive.articles(only)} == {"Meridian Wire"}


def test_filters_that_nothing_passes(archive: Archive) -> None:
    answer = archive.ask(AIRLINER, filters=Filters(sources=["Nobody's News"]))
    assert (answer.status, answer.kind) == ("not_found", "filtered_out")
    assert archive.ask(AIRLINER, as_of=date(2015, 10, 1)).kind == "filtered_out"


def test_as_of_narrows_a_filter_and_never_widens_it(archive: Archive) -> None:
    until = Filters(published_to=date(2015, 11, 15))
    earlier = archive.ask(TOLL, filters=until, as_of=date(2015, 11, 14)).filters
    later = archive.ask(TOLL, filters=until, as_of=date(2015, 11, 20)).filters
    assert earlier is not None
    assert earlier.published_to == date(2015, 11, 14)
    assert later == until


def test_a_follow_up(archive: Archive) -> None:
    first = archive.ask(AIRLINER)
    answer = archive.ask("And where did it crash?", history=[first])
    assert "airliner" in answer.standalone_question
    assert answer.question == "And where did it crash?"
    assert "Sinai" in quotes(answer)
    as_strings = archive.ask("And where did it crash?", history=[Turn(AIRLINER, first.text)])
    assert as_strings.text == answer.text


def test_metadata_is_cited(archive: Archive) -> None:
    title = "Abdelhamid Abaaoud, the Belgian behind the Paris attacks"
    who = archive.ask(f'Who wrote the article "{title}"?')
    assert who.kind == "metadata"
    assert "Maud Kestrelay" in who.citations[0].quote
    assert_verbatim(archive, who)


# --- streams ---


def test_a_stream_gives_the_same_text(archive: Archive) -> None:
    stream = archive.stream(AIRLINER)
    assert "".join(stream) == stream.answer.text == archive.ask(AIRLINER).text
    assert stream.answer.complete


def test_events(archive: Archive) -> None:
    stream = archive.stream("What is the boiling point of mercury?")
    events = list(stream.events())
    assert events == [("sentence", stream.answer.reason)]


def test_an_answer_taken_early_is_incomplete(archive: Archive) -> None:
    stream = archive.stream(AIRLINER)
    assert not stream.answer.complete
    pieces = iter(stream)
    first = next(pieces)
    assert not stream.answer.complete
    assert first in stream.answer.text
    pieces.close()  # type: ignore[attr-defined]
    assert not stream.answer.complete


# --- keeping an eye on answers ---


def test_verify_a_stored_answer(own: Archive, tmp_path: Path) -> None:
    answer = own.ask("Which messenger app did deputies ask the FSB to ban?")
    assert all(found.passed for found in own.verify(answer))
    cited = own.article(answer.citations[0].article_id)
    own.remove(cited.id)
    found = own.verify(answer)
    assert [v.number for v in found] == [c.number for c in answer.citations]
    assert not found[0].passed
    assert found[0].detail == GONE
    with pytest.raises(ArticleNotFound):
        own.article(cited.id)


def test_verify_after_the_article_changed(
    archive_home: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    path = tmp_path / "fire.md"
    head = "---\ntitle: Port fire\nsource: The Quay\n---\n\n"
    path.write_text(f"{head}The fire in Port Levin killed 34 people on Monday.\n")
    with Archive.open(archive_home, settings=SETTINGS, embedder=embedder) as archive:
        archive.ingest(path)
        answer = archive.ask("How many people did the Port Levin fire kill?")
        assert "34" in answer.text
        path.write_text(f"{head}The fire in Port Levin killed 36 people on Monday.\n")
        assert archive.ingest(path).updated == 1
        [found] = archive.verify(answer)
        assert not found.passed
        assert "36" in archive.ask("How many people did the Port Levin fire kill?").text


def test_verify_tells_a_changed_quote(archive: Archive) -> None:
    answer = archive.ask(AIRLINER)
    wrong = replace(answer.citations[0], quote=answer.citations[0].quote.replace("224", "225"))
    [found, *_] = archive.verify(replace(answer, citations=(wrong,)))
    assert (found.passed, found.detail) == (False, f"{CHANGED}; it no longer says this")


def test_remove(own: Archive) -> None:
    before = own.articles()
    gone = before[0].id
    own.remove(gone)
    assert [a.id for a in own.articles()] == [a.id for a in before[1:]]
    assert gone not in {hit.article_id for hit in own.search(before[0].title, k=50)}
    with pytest.raises(ArticleNotFound, match=gone):
        own.remove(gone)


def test_search(archive: Archive) -> None:
    hits = archive.search("Telegram ban", k=5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert "Telegram" in hits[0].text
    for hit in hits:
        article = archive.article(hit.article_id)
        assert article.text[hit.start : hit.end] == hit.text
        assert (hit.title, hit.source) == (article.shown_title, article.source)
    assert archive.search("  ") == []
    assert len(archive.search("Paris", k=1)) == 1


def test_explain(archive: Archive) -> None:
    answer = archive.ask(AIRLINER)
    used = archive.explain(AIRLINER, answer.citations[0].article_id)
    assert used.verdict.startswith("Used: ")
    assert "by meaning" in used.verdict
    assert "the reader gives it" in used.verdict
    assert used.passages[0].rank
    assert used.passages[0].rank <= SETTINGS.passages
    verdicts = {a.id: archive.explain(AIRLINER, a.id).verdict for a in archive.articles()}
    left_out = [v for v in verdicts.values() if v.startswith("Not used: its best passage came")]
    assert any("beyond the 16 that are read" in verdict for verdict in left_out)
    with pytest.raises(ArticleNotFound):
        archive.explain(AIRLINER, "0" * 16)


def test_articles_come_newest_first(archive: Archive) -> None:
    dates = [a.day for a in archive.articles()]
    assert dates == sorted(dates, reverse=True)  # type: ignore[type-var]


# --- the archive itself ---


def test_status(archive: Archive) -> None:
    status = archive.status()
    assert status.home == archive.home
    assert (status.generation, status.dead) == ("g000001", 0)
    assert status.articles == len(archive.articles()) == status.coverage.articles
    assert status.passages > status.articles
    assert status.bytes > 100_000
    json.dumps(status.to_dict())


class OtherEmbedder(OnnxEmbedder):
    @property
    def fingerprint(self) -> str:
        return "another embedder"


def test_vectors_of_another_embedder_are_not_searched(
    own_home: Path, embedder: OnnxEmbedder
) -> None:
    other = OtherEmbedder.model_construct(**dict(embedder))
    object.__setattr__(other, "__pydantic_private__", embedder.__pydantic_private__)
    with Archive.open(own_home, settings=SETTINGS, embedder=other) as archive:
        told = "is another embedder; set DOSSIER_EMBEDDER=all-MiniLM-L6-v2, or ingest once more"
        for call in (archive.ask, archive.search):
            with pytest.raises(FingerprintMismatch, match=told):
                call("Paris")
        found = {f.check: f.passed for f in archive.doctor()}
        assert [name for name, passed in found.items() if not passed] == ["fingerprint"]
        assert archive.articles()


def test_reading_what_is_not_there_creates_nothing(
    archive_home: Path, embedder: OnnxEmbedder
) -> None:
    with Archive.open(archive_home, settings=SETTINGS, embedder=embedder) as archive:
        answer = Answer(question="", standalone_question="", text="", status="answered")
        calls = [
            lambda: archive.ask(AIRLINER),
            lambda: archive.search("x"),
            archive.articles,
            archive.status,
            archive.doctor,
            lambda: archive.article("x"),
            lambda: archive.explain("x", "y"),
            lambda: archive.verify(answer),
            lambda: archive.remove("x"),
        ]
        for call in calls:
            with pytest.raises(ArchiveNotFound):
                call()
    assert not archive_home.exists()


def test_an_archive_emptied_again(own: Archive) -> None:
    for article in own.articles():
        own.remove(article.id)
    answer = own.ask(AIRLINER)
    assert (answer.status, answer.kind) == ("not_found", "empty_archive")
    assert own.search("Paris") == []


def test_models_are_loaded_ahead_where_there_is_an_archive(
    monkeypatch: pytest.MonkeyPatch, archive: Archive, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(
        "rag.embedder.load_embedder", lambda report=None: loaded.append("matcher") or embedder
    )
    monkeypatch.setattr(
        "rag.reader.load_reader", lambda report=None: loaded.append("reader") or object()
    )
    with Archive.open(archive.home, embedder=embedder) as own:
        own.load()
        own.load()
    assert sorted(set(loaded)) == ["matcher", "reader"]
    assert loaded.count("reader") == 1
    with Archive.open(tmp_path / "none", embedder=embedder) as none, pytest.raises(ArchiveNotFound):
        none.load()


def test_ten_threads_at_once(archive: Archive) -> None:
    wanted = archive.ask(AIRLINER).text
    barrier = threading.Barrier(10)

    def ask(_: int) -> str:
        barrier.wait(60)
        return archive.ask(AIRLINER).text

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(ask, range(10))) == {wanted}


def test_a_reader_notices_an_ingest_of_another_process(own: Archive, tmp_path: Path) -> None:
    question = "How many people did the Port Levin fire kill?"
    assert "34" not in own.ask(question).text
    path = tmp_path / "fire.md"
    path.write_text(
        "---\ntitle: Port fire\n---\n\nThe fire in Port Levin killed 34 people on Monday.\n"
    )
    script = (
        "import sys\nfrom rag import Archive, Settings\n"
        "with Archive.open(sys.argv[1], settings=Settings(_env_file=None)) as archive:\n"
        "    print(archive.ingest(sys.argv[2]).added)\n"
    )
    with elsewhere(script, own.home, path) as process:
        assert process.communicate(timeout=240)[0] == "1\n"
    assert "34" in own.ask(question).text
    assert own.status().generation == "g000002"


def test_settings_say_where_the_archive_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Archive.open().home == Path(".dossier")
    monkeypatch.setenv("DOSSIER_HOME", "elsewhere")
    assert Archive.open().home == Path("elsewhere")
    assert Archive.open("here").home == Path("here")
    assert list(tmp_path.iterdir()) == []


def test_a_small_archive_is_asked_without_its_index(own: Archive) -> None:
    """Loading Chroma would take most of a second before the first answer."""
    script = (
        "import sys\nfrom rag import Archive, Settings\n"
        "with Archive.open(sys.argv[1], settings=Settings(_env_file=None)) as archive:\n"
        "    archive.load()\n"
        "    found = archive.search('How many people were aboard?')\n"
        "    print(len(found), 'chromadb' in sys.modules)\n"
    )
    with elsewhere(script, own.home) as process:
        assert process.communicate(timeout=240)[0] == "10 False\n"
