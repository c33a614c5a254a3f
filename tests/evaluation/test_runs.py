"""Runs from end to end on small data: records, reuse, comparison, the command."""

import json
from pathlib import Path

import pytest

from evaluation.__main__ import main, settings_of
from evaluation.archives import prepare
from evaluation.data import DataError, load_dataset
from evaluation.runs import Prices, load_run, run_dataset
from evaluation.systems import ArchiveSystem
from rag import DossierError, Settings

TEXTS = {
    "ferry": "The ferry Saint Brendan sank off Oban on 4 May. All 214 passengers were rescued. "
    "The captain said that the engine had failed twice that week.",
    "bridge": "The council approved plans in March. The new bridge over the Tarn will cost nine "
    "million pounds. Fishermen had asked for a tunnel instead.",
    "again": "The council approved plans in March. The new bridge over the Tarn will cost nine "
    "million pounds. Fishermen had asked for a tunnel instead.",
    "zoo": "The zoo at Leith has two elephants, both of them old. Keepers feed them at noon.",
    "noise": "\u0001\u0002\u0003\u0004\u0005 \u0001\u0002\u0003\u0004",
}
QUESTIONS = [
    {
        "qid": "1",
        "question": "How many passengers of the ferry Saint Brendan were rescued?",
        "answers": ["214"],
        "gold_doc_ids": ["ferry"],
        "type": "fact",
    },
    {
        "qid": "2",
        "question": "What will the bridge over the Tarn cost?",
        "answers": ["nine million pounds"],
        "gold_doc_ids": ["again"],
        "type": "fact",
    },
    {
        "qid": "3",
        "question": "Who won the chess tournament in Reykjavik?",
        "answerable": False,
        "type": "unanswerable",
    },
]


def write(folder: Path, questions=QUESTIONS) -> Path:
    folder.mkdir(exist_ok=True)
    for name, items in (
        ("docs", [{"doc_id": k, "text": v, "title": ""} for k, v in TEXTS.items()]),
        ("questions", questions),
    ):
        lines = "".join(json.dumps(item) + "\n" for item in items)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, llm="off")


def count_asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    ask = ArchiveSystem.ask

    def counted(self, question, *, pooled):
        asked.append(question.qid)
        return ask(self, question, pooled=pooled)

    monkeypatch.setattr(ArchiveSystem, "ask", counted)
    return asked


def test_a_run_and_its_reuse(
    tmp_path: Path, cache: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load_dataset(write(tmp_path / "small"))
    folder = tmp_path / "run"
    asked = count_asked(monkeypatch)
    steps: list[tuple[int, int]] = []
    run = run_dataset(
        dataset, settings, folder=folder, home=cache, step=lambda *step: steps.append(step)
    )
    assert asked == ["1", "2", "3"]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    figures = run.summary["scopes"]["all"]["figures"]
    assert figures["article_hit@1"]["value"] == 1  # the twin of "again" is found under its name
    assert figures["value_in_quotes"]["value"] == 1
    assert figures["verbatim"]["value"] == figures["citation_precision"]["value"] == 1
    assert set(run.summary["lost"]) == {"noise"}

    again = run_dataset(dataset, settings, folder=folder, home=cache)
    assert asked == ["1", "2", "3"]
    assert again.summary == run.summary

    records = folder / "records.jsonl"
    whole = records.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    records.write_text("".join(lines[:1]) + lines[1][:20], encoding="utf-8")  # killed while writing
    resumed = run_dataset(dataset, settings, folder=folder, home=cache)
    assert asked[3:] == ["2", "3"]
    assert resumed.summary["scopes"]["all"]["figures"] == figures

    changed = [{**QUESTIONS[0], "answers": ["213"]}, *QUESTIONS[1:]]
    dataset = load_dataset(write(tmp_path / "small", changed))
    run = run_dataset(dataset, settings, folder=folder, home=cache)
    assert asked[5:] == ["1"]
    assert run.summary["scopes"]["all"]["figures"]["value_in_quotes"]["value"] == 0.5
    assert load_run(folder).records[-1]["qid"] == "1"
    assert len(load_run(folder).records) == 3


def test_a_folder_with_another_run_is_left_alone(
    tmp_path: Path, cache: Path, settings: Settings
) -> None:
    dataset = load_dataset(write(tmp_path / "small"))
    folder = tmp_path / "run"
    run_dataset(dataset, settings, folder=folder, home=cache)
    before = (folder / "records.jsonl").read_bytes()
    other = settings.model_copy(update={"passages": 3})
    with pytest.raises(DossierError, match=r"holds a run that differs .*settings"):
        run_dataset(dataset, other, folder=folder, home=cache)
    assert (folder / "records.jsonl").read_bytes() == before


def test_questions_with_articles_of_their_own(
    tmp_path: Path, cache: Path, settings: Settings
) -> None:
    questions = [{**QUESTIONS[0], "doc_ids": ["zoo"], "gold_doc_ids": []}, QUESTIONS[1]]
    dataset = load_dataset(write(tmp_path / "small", questions))
    run = run_dataset(
        dataset, settings, folder=tmp_path / "run", home=cache, prices=Prices(1.0, 2.0)
    )
    scopes = run.summary["scopes"]
    assert list(scopes) == ["own", "pooled"]
    own, pooled = (r for r in run.records if r["qid"] == "1")
    assert {p["doc_id"] for p in own["passages"]} == {"zoo"}
    assert "ferry" in {p["doc_id"] for p in pooled["passages"]}
    assert scopes["pooled"]["cost"]["value"] == 0
    assert Prices(1.0, 2.0).cost({"prompt_tokens": 10**6, "completion_tokens": 500_000}) == 2


def test_articles_that_cannot_be_read_cannot_be_asked(
    tmp_path: Path, cache: Path, settings: Settings
) -> None:
    questions = [{**QUESTIONS[0], "doc_ids": ["noise"], "gold_doc_ids": []}]
    dataset = load_dataset(write(tmp_path / "small", questions))
    with pytest.raises(DataError, match="none of the articles noise could be read"):
        run_dataset(dataset, settings, folder=tmp_path / "run", home=cache)


@pytest.mark.parametrize("baseline", ["bm25", "dense", "fused", "llamaindex"])
@pytest.mark.filterwarnings("default")
def test_baselines(tmp_path: Path, cache: Path, settings: Settings, baseline: str) -> None:
    dataset = load_dataset(write(tmp_path / "small"))
    for _ in range(2):  # built, then found
        run = run_dataset(dataset, settings, folder=tmp_path / "run", home=cache, system=baseline)
    assert run.summary["scopes"]["all"]["figures"]["article_hit@5"]["value"] == 1
    assert ("value_in_quotes" in run.summary["scopes"]["all"]["figures"]) == (
        baseline != "llamaindex"
    )


@pytest.mark.filterwarnings("default")
def test_llamaindex_keeps_to_a_question_s_own_articles(
    tmp_path: Path, cache: Path, settings: Settings
) -> None:
    questions = [{**QUESTIONS[0], "doc_ids": ["zoo", "bridge"], "gold_doc_ids": ["bridge"]}]
    dataset = load_dataset(write(tmp_path / "small", questions))
    run = run_dataset(dataset, settings, folder=tmp_path / "run", home=cache, system="llamaindex")
    assert {p["doc_id"] for p in run.records[0]["passages"]} == {"zoo", "bridge"}


def test_there_is_no_other_system(tmp_path: Path, settings: Settings) -> None:
    dataset = load_dataset(write(tmp_path / "small"))
    with pytest.raises(DossierError, match="no such system"):
        prepare("oracle", dataset, settings, home=tmp_path)


def test_each_embedder_has_a_folder_of_its_own(tmp_path: Path, settings: Settings) -> None:
    dataset = load_dataset(write(tmp_path / "data"))
    for name, embedded in (
        ("all-MiniLM-L6-v2", "all-MiniLM-L6-v2-int8"),
        ("snowflake-arctic-embed-s", "snowflake-arctic-embed-s-int8"),
    ):
        chosen = settings.model_copy(update={"embedder": name})
        system = prepare("dense", dataset, chosen, home=tmp_path / "cache")
        assert system.fingerprint.startswith(embedded)
        outcome = system.ask(dataset.questions[0], pooled=True)
        system.close()
        assert outcome.passages[0].doc_id == "ferry"
    names = {path.name for path in tmp_path.glob("cache/*/archive-*")}
    assert names == {"archive-200", "archive-200-snowflake-arctic-embed-s"}


def test_settings_are_named() -> None:
    assert settings_of(["depth=20", "llm=off"]).depth == 20
    with pytest.raises(DossierError, match="not NAME=VALUE with a setting"):
        settings_of(["retrieval.reranker=off"])
    with pytest.raises(DossierError, match="setting depth"):
        settings_of(["depth=many"])


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no run"):
        load_run(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(DataError, match="not finished"):
        load_run(tmp_path)


def test_the_command(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(write(tmp_path / "small"))
    common = ["--data", data, "--cache", str(cache), "--set", "llm=off"]
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert main(["run", *common, "--out", first]) == 0
    printed = capsys.readouterr()
    assert "small · dossier, all: 3 questions" in printed.out
    assert "| value_in_quotes | 1.000 [1.000, 1.000] | 2 |" in printed.out
    assert "not read: noise" in printed.err
    assert main(["run", *common, "--out", second, "--baseline", "bm25", "--quiet"]) == 0
    capsys.readouterr()
    report = Path(first, "report.md").read_text(encoding="utf-8")
    for part in ("By type of question", "Seconds by stage", "could not be read", "Settings"):
        assert part in report
    assert sorted(p.name for p in Path(first).glob("*.png")) == [
        "figures-all.png",
        "seconds-all.png",
    ]
    assert main(["compare", first, second]) == 0
    assert "no difference shown" in capsys.readouterr().out
    assert main(["show", first]) == 0
    assert capsys.readouterr().out == report + "\n"


def test_the_command_on_bad_data(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write(tmp_path / "small", [QUESTIONS[0], QUESTIONS[0]])
    out = tmp_path / "run"
    assert main(["run", "--data", str(data), "--out", str(out), "--cache", str(cache)]) == 1
    error = capsys.readouterr().err
    assert error == f"{data}/questions.jsonl, line 2: qid 1 stands at line 1 too\n"
    assert not out.exists()
    with pytest.raises(SystemExit) as caught:
        main(["run"])
    assert caught.value.code == 2


def test_runs_without_a_question_in_common(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, question in (("a", QUESTIONS[0]), ("b", QUESTIONS[1])):
        data = write(tmp_path / f"data-{name}", [question])
        given = ["--data", str(data), "--out", str(tmp_path / name), "--cache", str(cache)]
        assert main(["run", *given, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 1
    assert "no question in common" in capsys.readouterr().err
