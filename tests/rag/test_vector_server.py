"""An archive whose vectors are on a Chroma server, asked and kept as any other."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.chroma_server import ChromaProcess, chroma_server
from typer.testing import CliRunner

import rag.embedder
from rag import Archive, Settings
from rag.cli import app
from rag.embedder import OnnxEmbedder
from rag.errors import SettingsError
from rag.settings import load_settings
from vectorstore import VectorsElsewhere, VectorServerUnavailable
from vectorstore.server import ChromaServer

pytestmark = pytest.mark.slow  # real processes, a minute in all

AIRLINER = "How many people died aboard the airliner?"
QUESTIONS = (AIRLINER, "Who claimed responsibility?", "border controls", "What is a quasar?")

Open = Callable[..., Archive]


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaProcess]:
    with chroma_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def served(
    chroma: ChromaProcess, archive_home: Path, sample_home: Path, embedder: OnnxEmbedder
) -> Iterator[Open]:
    """Opens the archive on the server; what the sample's passages embed to is known."""
    archive_home.mkdir()
    shutil.copy(sample_home / "embeddings.db", archive_home)
    opened: list[Archive] = []

    def build(**settings: object) -> Archive:
        chosen = Settings(
            _env_file=None, home=archive_home, **{"chroma_url": chroma.url} | settings
        )
        opened.append(Archive.open(settings=chosen, embedder=embedder))
        return opened[-1]

    yield build
    for archive in opened:
        archive.close()


def collections(chroma: ChromaProcess, home: Path) -> set[str]:
    with ChromaServer(chroma.url) as server:
        return server.names(f"dossier-{(home / 'archive.id').read_text().strip()}-")


def test_it_answers_as_an_embedded_one_does(served: Open, archive: Archive, sample: Path) -> None:
    with served() as there:
        report = there.ingest(sample)
        assert (report.articles, report.embedded) == (archive.status().articles, 0)
        for question in QUESTIONS:
            theirs, ours = archive.search(question, k=30), there.search(question, k=30)
            assert [hit.passage_id for hit in ours] == [hit.passage_id for hit in theirs]
            assert there.ask(question).text == archive.ask(question).text
        assert there.status().vectors.startswith("dossier-")
        assert archive.status().vectors == "embedded"
        assert all(finding.passed for finding in there.doctor())


def test_the_life_of_an_archive(served: Open, tmp_path: Path) -> None:
    """Added, changed, pruned, removed: each is seen by another reader at its next call."""
    articles = tmp_path / "articles"
    articles.mkdir()
    texts = {
        "ferry": "The ferry to Sandholm will stop in May. It carried 300 people a day.",
        "mill": "The paper mill at Torbay burned down in June. Nobody was hurt in the fire.",
        "choir": "The choir of Elmswell won the county prize. It has 42 singers.",
    }
    for name, text in texts.items():
        (articles / f"{name}.txt").write_text(f"News of the {name}\n\n{text}\n")
    writer, reader = served(), served()

    def told(query: str) -> str:
        return " ".join(hit.text for hit in reader.search(query, k=10))

    assert writer.ingest(articles).added == 3
    assert "burned down in June" in told("fire at the mill")
    (articles / "mill.txt").write_text("News of the mill\n\nThe paper mill opened again in July.\n")
    assert writer.ingest(articles).updated == 1
    assert "opened again in July" in told("fire at the mill")
    assert "burned down" not in told("fire at the mill")
    (articles / "ferry.txt").unlink()
    assert writer.ingest(articles, prune=True).removed == 1
    assert "ferry" not in told("ferry to Sandholm")
    [choir] = [one for one in reader.articles() if "choir" in one.title]
    writer.remove(choir.id)
    assert "choir" not in told("choir of Elmswell")
    assert [one.title for one in reader.articles()] == ["News of the mill"]
    assert all(finding.passed for finding in writer.doctor())


def test_another_passage_budget_is_built_side_by_side(
    served: Open, chroma: ChromaProcess, sample: Path, archive_home: Path
) -> None:
    one = sorted(sample.glob("*.md"))[:2]
    served().ingest(one)
    first = collections(chroma, archive_home)
    shorter = served(passage_tokens=80)
    before = shorter.status().passages
    shorter.ingest(one)
    assert shorter.status().passages > before
    both = collections(chroma, archive_home)
    assert len(both) == 2
    assert first < both
    assert shorter.search(AIRLINER)


def test_moving_there_and_back(served: Open, sample: Path, archive_home: Path) -> None:
    one = sorted(sample.glob("*.md"))[:2]
    with served(chroma_url="") as own:
        own.ingest(one)
        texts = [hit.text for hit in own.search(AIRLINER)]
    there = served()
    for reading in (there.search, there.ask):
        with pytest.raises(VectorsElsewhere, match="unset it, or ingest once more"):
            reading(AIRLINER)
    [finding] = [finding for finding in there.doctor() if not finding.passed]
    assert finding.mend.startswith("unset it, or ingest once more")
    report = there.ingest(one)
    assert (report.unchanged, report.embedded) == (2, 0)
    assert [hit.text for hit in there.search(AIRLINER)] == texts
    back = served(chroma_url="")
    with pytest.raises(VectorsElsewhere, match="set DOSSIER_CHROMA_URL"):
        back.search(AIRLINER)
    with pytest.raises(VectorsElsewhere):
        back.remove(back.articles()[0].id)
    back.ingest(one)
    assert [hit.text for hit in back.search(AIRLINER)] == texts


def test_a_server_that_is_down(
    served: Open,
    chroma: ChromaProcess,
    sample: Path,
    archive_home: Path,
    embedder: OnnxEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = sorted(sample.glob("*.md"))[:2]
    archive = served()
    archive.ingest(one)
    monkeypatch.setattr(rag.embedder, "load_embedder", lambda report=None: embedder)
    monkeypatch.setenv("DOSSIER_HOME", str(archive_home))
    monkeypatch.setenv("DOSSIER_CHROMA_URL", chroma.url)
    run = CliRunner().invoke
    assert run(app, ["search", AIRLINER]).exit_code == 0
    chroma.kill()
    for call in (archive.search, archive.ask):
        with pytest.raises(VectorServerUnavailable, match="does not answer"):
            call(AIRLINER)
    for command in (["search", AIRLINER], ["ask", AIRLINER], ["ingest", str(sample)]):
        done = run(app, command)
        assert done.exit_code == 1
        [line] = done.stderr.splitlines()
        assert line.startswith(f"Error: the Chroma server at {chroma.url} does not answer (")
    assert run(app, ["status"]).exit_code == 0
    assert run(app, ["articles"]).exit_code == 0
    done = run(app, ["doctor"])
    assert done.exit_code == 1
    assert "does not answer" in done.stdout
    assert "start it with chroma run --path" in done.stdout
    chroma.start()
    assert run(app, ["doctor"]).exit_code == 0
    assert archive.search(AIRLINER)


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "ftp://host",
        "http://",
        "http://:80",
        "http://u:secret@host:99999",
        "http://host:0",
        "http://host/?tenant=secret",
        "http://a secret",
        "127.0.0.1:8000",
    ],
)
def test_an_address_that_cannot_be(value: str) -> None:
    with pytest.raises(SettingsError, match="setting chroma_url: not an address such as") as caught:
        load_settings(chroma_url=value)
    assert "secret" not in str(caught.value)


def test_addresses() -> None:
    for value in ("http://127.0.0.1:8000", "https://user:secret@host/chroma", ""):
        assert load_settings(chroma_url=value).chroma_url == value
    assert load_settings(chroma_url="http://host:1/").chroma_url == "http://host:1"
    assert "secret" not in repr(load_settings(chroma_url="http://user:secret@host"))
