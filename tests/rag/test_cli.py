"""The command line: what it prints where, its exit status, and one line for each error."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from servers.scripted import Reply, ScriptedServer, Status
from typer.testing import CliRunner

import rag.embedder
from rag import Archive, Settings
from rag.cli import app
from rag.embedder import OnnxEmbedder
from rag.weights import MINILM_MODEL, MINILM_TOKENIZER

ROOT = Path(__file__).parents[2]
AIRLINER = "How many people died aboard the airliner?"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, embedder: OnnxEmbedder, own_home: Path
) -> Run:
    """The command line in this process, on a copy of the sample archive, with a loaded embedder."""
    monkeypatch.setattr(rag.embedder, "load_embedder", lambda report=None: embedder)
    monkeypatch.setenv("DOSSIER_HOME", str(own_home))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, **environment: str) -> Ran:
        # Colours and widths of a terminal are for terminals; what is tested is a pipe.
        result = CliRunner().invoke(app, [str(a) for a in arguments], env=environment)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return call


def held(home: Path) -> list[str]:
    """The articles of an archive, found still to answer."""
    with Archive.open(home, settings=Settings(_env_file=None)) as archive:
        assert "224" in archive.ask(AIRLINER).text
        return sorted(article.id for article in archive.articles())


def program(*arguments: object, home: Path | None = None, **environment: str) -> Ran:
    """The real program in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DOSSIER_", "OPENAI_"))}
    if cache := os.environ.get("DOSSIER_CACHE"):
        kept["DOSSIER_CACHE"] = cache
    if home:
        kept["DOSSIER_HOME"] = str(home)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "rag", *map(str, arguments)],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


# --- the real program ---


def test_the_whole_path_in_processes(tmp_path: Path, sample: Path) -> None:
    home = tmp_path / "archive"
    told = program("ingest", sample, "--home", home)
    assert (told.code, told.err) == (0, "")
    assert re.fullmatch(
        r"\d+ added\. The archive holds \d+ articles in \d+ passages"
        r" \([\d.]+ s, \d+ embedded a second\)\.\n",
        told.out,
    )
    asked = program("ask", AIRLINER, "--json", home=home)
    assert (asked.code, asked.err) == (0, "")
    answer = json.loads(asked.out)
    first = answer["citations"][0]
    assert "224" in first["quote"]
    with Archive.open(home, settings=Settings(_env_file=None)) as archive:
        article = archive.article(first["article_id"])
    assert article.text[first["start"] : first["end"]] == first["quote"]


def test_no_archive_in_a_process(tmp_path: Path) -> None:
    home = tmp_path / "none"
    told = program("ask", "x", home=home)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(f"Error: no archive at {home}; build one with: ")
    assert told.err.count("\n") == 1
    assert not home.exists()


def test_bytes_that_are_no_text_in_an_argument(own_home: Path) -> None:
    told = program("ask", os.fsdecode(b"\xff airliner?"), "--json", home=own_home)
    assert told.code == 0
    assert json.loads(told.out)["question"] == "? airliner?"


def test_wrong_weights(own_home: Path, tmp_path: Path) -> None:
    """Bytes that are not the pinned ones are never loaded, whatever the file is called."""
    for file in (MINILM_MODEL, MINILM_TOKENIZER):
        (tmp_path / file.name).write_bytes(b"not the weights")
    told = program("ask", AIRLINER, home=own_home, DOSSIER_CACHE=str(tmp_path))
    assert_one_line(told, "has SHA-256 ")
    assert program("articles", home=own_home, DOSSIER_CACHE=str(tmp_path)).code == 0
    assert held(own_home)


# --- results ---


def test_ask(run: Run) -> None:
    told = run("ask", AIRLINER)
    assert (told.code, told.err) == (0, "")
    first, *rest = told.out.split("\n\n")
    assert "224" in first
    assert "[1]" in first
    assert re.fullmatch(r"The value is \d\d% sure\.", rest[0])
    assert rest[1].startswith("[1] ")
    assert "“" in rest[1]


def test_ask_json_is_the_record(run: Run, own: Archive) -> None:
    told = run("ask", AIRLINER, "--json")
    wanted = own.ask(AIRLINER).to_dict()
    given = json.loads(told.out)
    assert given.keys() == wanted.keys()
    for name in wanted.keys() - {"timings"}:
        assert given[name] == wanted[name]


def test_what_is_not_found(run: Run) -> None:
    told = run("ask", "What is the boiling point of mercury?")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("The archive holds nothing on this subject.")
    assert "Nearest passages:" in told.out
    assert "The archive holds 22 articles, 2015-11-01 to 2015-11-22." in told.out
    quiet = run("ask", "What is the boiling point of mercury?", "--quiet")
    assert quiet.out.count("\n") == 1


def test_ask_with_filters(run: Run) -> None:
    told = run("ask", AIRLINER, "--source", "Meridian Wire", "--json")
    answer = json.loads(told.out)
    assert {c["source"] for c in answer["citations"]} == {"Meridian Wire"}
    told = run("ask", AIRLINER, "--as-of", "2015-10-01")
    assert (told.code, told.out.splitlines()[0]) == (0, "No article passes the filters.")
    told = run("ask", AIRLINER, "--since", "2015-11-20", "--until", "2015-11-21", "--json")
    assert json.loads(told.out)["filters"] == {
        "published_from": "2015-11-20",
        "published_to": "2015-11-21",
    }


def test_figures_that_differ_are_listed(run: Run) -> None:
    told = run("ask", "How many people were killed in the Paris attacks?")
    assert "The articles differ (updated over time):" in told.out
    assert "at least 129" in told.out


def test_search(run: Run, own: Archive) -> None:
    assert run("search", "Telegram", "-k", 2).out.startswith(" 1. ")
    told = run("search", "Telegram", "-k", 2, "--json")
    assert json.loads(told.out) == [hit.to_dict() for hit in own.search("Telegram", k=2)]
    [first] = own.search("Telegram", k=1)
    told = run("search", "Telegram", "--story", first.article_id, "--json")
    assert {hit["article_id"] for hit in json.loads(told.out)} == {
        one.article_id for one in own.story(first.article_id).members
    }
    told = run("search", "Telegram", "--source", "Nobody")
    assert (told.code, told.out) == (0, "No article passes the filters.\n")
    assert run("search", "“none of this is there”").out == "Nothing found.\n"


def test_articles(run: Run, own: Archive) -> None:
    lines = run("articles").out.splitlines()
    assert [line.split()[0] for line in lines] == [article.id for article in own.articles()]
    listed = json.loads(run("articles", "--json").out)
    assert [item["article_id"] for item in listed] == [article.id for article in own.articles()]


def test_status(run: Run, own: Archive) -> None:
    assert re.search(r"^articles +22$", run("status").out, re.MULTILINE)
    given, wanted = json.loads(run("status", "--json").out), own.status().to_dict()
    assert given | {"bytes": 0} == wanted | {"bytes": 0}


def test_doctor(run: Run, own_home: Path) -> None:
    told = run("doctor")
    assert told.code == 0
    assert [line.split()[:2] for line in told.out.splitlines()][:3] == [
        ["ok", name] for name in ("opens", "catalog", "parity")
    ]
    assert "FAIL" not in told.out
    assert all(item["passed"] for item in json.loads(run("doctor", "--json").out))
    manifest = next(own_home.glob("index/*/manifest.json"))
    manifest.write_text(manifest.read_text().replace("MiniLM-L6-v2-int8:", "other:"))
    told = run("doctor")
    assert told.code == 1
    assert "FAIL  fingerprint" in told.out
    assert "to mend it: python -m rag ingest" in told.out


def test_ingest(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "fire.md"
    path.write_text("---\ntitle: Port fire\n---\n\nThe fire in Port Levin killed 34 people.\n")
    told = run("ingest", path)
    assert told.code == 0
    assert told.out.startswith("1 added. The archive holds 23 articles")
    report = json.loads(run("ingest", path, "--json").out)
    assert (report["unchanged"], report["embedded"]) == (1, 0)
    assert run("ingest", path, "--quiet") == Ran(0, "", "")
    planned = run("ingest", path, "--dry-run")
    assert planned.out == "Would be: 1 unchanged. Nothing was written.\n"
    path.unlink()
    planned = run("ingest", tmp_path, "--prune", "--dry-run")
    assert planned.out == f"Would be: 1 removed. Nothing was written.\nWould leave: {path}\n"
    told = run("ingest", tmp_path, "--prune")
    assert told.out.startswith("1 removed. ")
    assert told.err == f"Leaves: {path}: Port fire\n"


def test_an_article_and_what_was_left_out_of_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "fire.md"
    path.write_text(
        "---\ntitle: Port fire\n---\n\nThe fire in Port Levin killed 34 people.\n\n"
        "Share this article\n\nIt began at night, the harbour master said.\n"
    )
    run("ingest", path)
    [ident] = [a["article_id"] for a in json.loads(run("articles", "--json").out)
               if a["title"] == "Port fire"]  # fmt: skip
    told = run("article", ident)
    assert told.code == 0
    assert "killed 34 people" in told.out
    assert "Share" not in told.out
    assert f"Read from {path}" in told.out
    assert run("article", ident, "--removed").out == "share: Share this article\n"
    record = json.loads(run("article", ident, "--json").out)
    assert record["removed"][0]["reason"] == "share"
    assert record["text"][record["removed"][0]["at"] :].startswith("It began at night")
    assert run("article", "0" * 16).code == 1


def test_bad_usage(run: Run) -> None:
    for arguments in (
        ["ask"],
        ["ask", "x", "--since", "never"],
        ["nosuch"],
        ["search", "x", "-k", "0"],
        ["ingest"],
        ["ask", "x", "--nosuch"],
    ):
        told = run(*arguments)
        assert (told.code, told.out) == (2, "")
        assert told.err.splitlines()[-1].startswith("Error: ")


def test_help(run: Run) -> None:
    told = run("--help")
    assert told.code == 0
    for command in ("ingest", "ask", "search", "articles", "status", "doctor", "rollback"):
        assert command in told.out
    assert run().code == 2


# --- errors: one line, status 1, and nothing lost ---


def assert_one_line(told: Ran, part: str) -> None:
    assert told.code == 1
    assert told.out == ""
    assert told.err.startswith("Error: ")
    assert told.err.count("\n") == 1
    assert part in told.err


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    folder = tmp_path / "bad"
    folder.mkdir()
    return folder


def unlistable(folder: Path) -> Path:
    return folder / "nowhere"


def binary(folder: Path) -> Path:
    path = folder / "photo.txt"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r")
    return path


def huge(folder: Path) -> Path:
    path = folder / "huge.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    return path


def dangling(folder: Path) -> Path:
    path = folder / "dangling.txt"
    path.symlink_to("nowhere")
    return path


def empty_file(folder: Path) -> Path:
    path = folder / "empty.txt"
    path.touch()
    return path


def other_kind(folder: Path) -> Path:
    path = folder / "table.csv"
    path.write_text("a,b\n")
    return path


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (unlistable, "nowhere: no such file or folder"),
        (lambda folder: folder, "no article here (read are .atom .csv"),
        (binary, "photo.txt: is not text"),
        (huge, "huge.txt: 200 MB is over"),
        (dangling, "dangling.txt: No such file"),
        (empty_file, "empty.txt: holds no text"),
        (other_kind, "table.csv"),
    ],
)
def test_bad_input(
    run: Run, own_home: Path, bad: Path, make: Callable[[Path], Path], part: str
) -> None:
    before = held(own_home)
    assert_one_line(run("ingest", make(bad)), part)
    assert held(own_home) == before


def test_bad_input_beside_good(run: Run, own_home: Path, bad: Path) -> None:
    for make in (binary, huge, dangling, empty_file):
        make(bad)
    (bad / "latin.txt").write_bytes(
        "A café in Oster burnt on Monday, killing 12.\n".encode("cp1252")
    )
    (bad / "good.txt").write_text("The fire in Port Levin killed 34 people on Monday.\n")
    (bad / os.fsdecode(b"name\xff.txt")).write_text("The fire in Oster killed 12 people.\n")
    before = held(own_home)
    told = run("ingest", bad)
    assert told.code == 0
    assert re.match(r"\d added, \d failed\. ", told.out)
    lines = told.err.splitlines()
    assert all(line.startswith("Failed: ") for line in lines)
    for part in ("photo.txt", "huge.txt", "dangling.txt", "empty.txt", "not valid UTF-8"):
        assert sum(part in line for line in lines) == 1
    assert set(before) < set(held(own_home))
    report = json.loads(run("ingest", bad, "--json").out)
    assert len(report["failed"]) == len(lines)


def test_a_file_that_may_not_be_read(
    run: Run, own_home: Path, bad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bad / "secret.txt"
    path.write_text("The fire in Port Levin killed 34 people on Monday.\n")
    opened = Path.open

    def refuse(self: Path, *given: object, **options: object) -> object:
        if self.name == "secret.txt":  # the superuser is refused nothing
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *given, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert_one_line(run("ingest", path), "secret.txt: Permission denied")
    monkeypatch.undo()
    held(own_home)


AS_ANOTHER_USER = """
import os, sys, tempfile
from pathlib import Path
from rag.cli import app
from rag.embedder import load_embedder
from rag.reader import load_reader
from rag import Archive, Settings
import rag.embedder, rag.reader
loaded, reader = load_embedder(), load_reader()  # while the cache may be read
rag.reader.load_reader = lambda report=None: reader
rag.embedder.load_embedder = lambda report=None: loaded
with tempfile.TemporaryDirectory() as warm:
    with Archive.open(warm, settings=Settings(_env_file=None), embedder=loaded) as archive:
        archive.ingest(sys.argv[2])  # loads all modules
        archive.ask("Why?")
if os.geteuid() == 0:  # the superuser may write anywhere
    os.setgid(65534)
    os.setuid(65534)
os.chdir("/")
tempfile.tempdir = None
for arguments in (["ingest", sys.argv[2]], ["ask", sys.argv[3]]):
    try:
        app([*arguments, "--home", sys.argv[1]])
    except SystemExit as end:
        print("status", end.code)
    sys.stdout.flush()
"""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users reach too: pytest's own is closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="dossier-test-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def test_an_archive_that_may_not_be_written(own_home: Path, public: Path) -> None:
    home = public / "archive"
    shutil.copytree(own_home, home)
    new = public / "fire.md"
    new.write_text("The fire in Port Levin killed 34 people on Monday.\n")
    inside = [home, *home.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", AS_ANOTHER_USER, home, new, AIRLINER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"Error: {home} cannot be written")
    assert done.stderr.count("\n") == 1
    first, rest = done.stdout.split("\n", 1)
    assert first == "status 1"
    assert "224" in rest
    assert rest.rstrip().endswith("status 0")


# --- the model's server ---


def test_a_server_that_cannot_be_reached(run: Run) -> None:
    told = run("ask", AIRLINER, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert told.code == 0
    assert "224" in told.out
    assert told.err == (
        "Note: The model server at http://127.0.0.1:9/v1 cannot be reached; the answer quotes the"
        " articles instead.\n"
    )


def test_a_wrong_key(run: Run) -> None:
    key = "sk-wrong-0123456789"
    with ScriptedServer(Status(401, f"Incorrect API key provided: {key}")) as server:
        told = run("ask", AIRLINER, OPENAI_BASE_URL=server.base_url, OPENAI_API_KEY=key)
        assert len(server.chats) == 1
    assert told.code == 0
    assert "224" in told.out
    assert told.err.startswith("Note: The model server at ")
    assert "refused the key; the answer quotes" in told.err
    assert told.err.count("\n") == 1
    assert key not in told.out + told.err


def test_what_was_not_verified_is_listed(run: Run) -> None:
    reply = "The airliner was lost with 224 people aboard [1]. Some 4,711 tickets were sold [1]."
    with ScriptedServer(Reply(reply)) as server:
        told = run("ask", AIRLINER, OPENAI_BASE_URL=server.base_url)
    assert told.out.startswith("The airliner was lost with 224 people aboard. [1]\n")
    assert told.err.startswith("Not verified (removed): Some 4,711 tickets were sold.")
    with ScriptedServer(Reply(reply)) as server:
        told = run("ask", AIRLINER, "--quiet", OPENAI_BASE_URL=server.base_url)
    assert told.err == ""


def test_a_setting_that_cannot_be(run: Run) -> None:
    assert_one_line(run("ask", "x", DOSSIER_DEPTH="0"), "setting depth: ")
    key = "sk-secret-0123456789"
    told = run("ask", "x", DOSSIER_TIMEOUT="soon", OPENAI_API_KEY=key)
    assert_one_line(told, "setting timeout: ")
    assert key not in told.err


# --- what articles hold never acts on the terminal ---


def test_escape_sequences_do_not_reach_the_terminal(run: Run, bad: Path) -> None:
    (bad / "a.md").write_text(
        '---\ntitle: "Port \\e[31mfire\\a"\nsource: "Q\\e]0;x\\a"\nauthors: ["A\\e[2J"]\n---\n\n'
        "The fire in \x1b[2J\x1b]8;;http://evil.example\x07Port\u202e Levin\x9b31m killed"
        " 34 people.\n"
    )
    (bad / "b\x1b[31m\x07.txt").write_bytes(b"\0\0")
    question = "How many people did the Port Levin fire kill?"
    for arguments in (
        ["ingest", bad],
        ["ask", question],
        ["ask", "What is the boiling point of mercury in Port Levin?"],
        ["search", "Port Levin fire"],
        ["articles"],
        ["ingest", bad / "b\x1b[31m\x07.txt"],
    ):
        told = run(*arguments)
        assert not CONTROL.search(told.out + told.err), arguments
    assert "34 people" in run("ask", question).out


def test_quotes_are_printed_as_they_are(run: Run, bad: Path) -> None:
    """Neither an emoji's name nor markup in brackets is read as such."""
    text = "The fire in Port Levin killed 34 people, [bold]he wrote[/bold], :bomb: and all.\n"
    (bad / "a.md").write_text(f"---\ntitle: '[red]Port[/red] :bomb: fire'\n---\n\n{text}")
    run("ingest", bad)
    told = run("ask", "How many people did the Port Levin fire kill?")
    assert f"“{text.strip()}”" in told.out
    assert told.out.startswith(f"34. [1] {text.strip()} [1]")
    assert "[red]Port[/red] :bomb: fire" in run("articles").out
