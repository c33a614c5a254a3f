"""A run: every question asked once, each record kept as soon as it is made.

The folder of a run holds config.json (what was run, under which settings and versions),
questions.jsonl, records.jsonl (one a question), summary.json, report.md and plots. Started again
with the same fingerprint it asks only what has no record yet; a question whose text or labels
changed is asked anew. The fingerprint covers the articles, the settings, the system and the source
code that answers.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import rag
from evaluation.archives import prepare
from evaluation.data import DataError, Dataset, Question, read_lines
from evaluation.summary import summarise
from evaluation.systems import ArchiveSystem, Outcome, System, holds_answer
from rag import Archive, DossierError, Settings

__all__ = ["UNSAID", "Prices", "Run", "load_run", "run_dataset"]

Step = Callable[[int, int], None]
"""Told how many questions are done and how many there are."""

_SHOWN_DIGITS = 8
UNSAID = ("openai_api_key", "openai_base_url", "home", "chroma_url")
"""Settings that a run does not say: they hold keys and passwords, or are a machine's own."""
_PACKAGES = (
    "dossier", "llama-index-core", "chromadb", "onnxruntime", "numpy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prices:
    """Of a million tokens, read and written, in any currency."""

    prompt: float
    completion: float

    def cost(self, usage: Mapping[str, int]) -> float:
        """What these tokens cost."""
        read, written = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        return (read * self.prompt + written * self.completion) / 1e6


@dataclass(frozen=True)
class Run:
    """A finished run, read back or just made."""

    folder: Path
    config: dict[str, Any]
    records: list[dict[str, Any]]
    questions: dict[str, Question]
    summary: dict[str, Any]

    @property
    def name(self) -> str:
        """For headings."""
        return f"{self.config['data']} · {self.config['system']}"


def run_dataset(
    dataset: Dataset,
    settings: Settings,
    *,
    home: Path,
    folder: Path | None = None,
    runs: Path = Path("runs"),
    archive: Archive | None = None,
    system: str = "dossier",
    prices: Prices | None = None,
    report: Callable[[str, int, int], None] | None = None,
    step: Step | None = None,
) -> Run:
    """Ask every question of a data set and keep the records in `folder`.

    By default that is DATA-SYSTEM-FINGERPRINT in `runs`. The questions are asked of `archive`, or
    where none is given of the data set's articles, indexed in `home`. `report` and `step` may end
    the run by raising: what was asked is kept, and the same call goes on from there. Raises
    DossierError where the folder holds another run.
    """
    asked = prepare(system, dataset, settings, home=home, archive=archive, report=report)
    try:
        config = _config(dataset, settings, system, asked)
        if archive is not None:
            config["over"] = "archive"
        name = f"{dataset.name}-{system}-{config['fingerprint'][:_SHOWN_DIGITS]}"
        folder = folder or runs / name
        known = _known(folder, config)
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "config.json", config)
        lines = [json.dumps(asdict(q), ensure_ascii=False) for q in dataset.questions]
        (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        records = list(_ask(dataset, asked, folder / "records.jsonl", known, step))
    finally:
        asked.close()
    if prices:
        records = [{**r, "cost": prices.cost(r["usage"])} for r in records]
    questions = {question.qid: question for question in dataset.questions}
    summary = {"scopes": summarise(records, questions), "lost": asked.lost}
    _write(folder / "summary.json", summary)
    return Run(folder, config, records, questions, summary)


def load_run(folder: Path) -> Run:
    """Read a run back. Raises DataError where the folder holds none."""
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise DataError(f"{folder}: no run (config.json is missing)")
    try:
        config = json.loads(config_path.read_text(encoding="utf-8"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{folder}: the run is not finished or damaged ({error})") from error
    questions = {}
    for _, item in read_lines(folder / "questions.jsonl"):
        tuples = {key: _tuples(value) for key, value in item.items()}
        questions[item["qid"]] = Question(**tuples)
    records = [item for _, item in read_lines(folder / "records.jsonl")]
    live = {(q.qid, q.digest) for q in questions.values()}
    records = [record for record in records if (record["qid"], record["digest"]) in live]
    return Run(folder, config, records, questions, summary)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def _config(dataset: Dataset, settings: Settings, system: str, asked: System) -> dict[str, Any]:
    plain = settings.model_dump(mode="json", exclude=set(UNSAID))
    basis = {
        "data": dataset.name,
        "articles": asked.digest,
        "system": system,
        "settings": plain,
        "server": _server(settings),
        "index": asked.fingerprint,
        "code": _code_digest(),
    }
    encoded = json.dumps(basis, sort_keys=True)
    return {
        **basis,
        "fingerprint": hashlib.sha256(encoded.encode()).hexdigest()[:16],
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": platform.machine(),
    }


def _server(settings: Settings) -> str:
    """Host and port of the language model's server; "" for OpenAI's own."""
    # What stands before the host may be a password.
    try:
        return urlsplit(settings.openai_base_url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _code_digest() -> str:
    """Changes with any file of the packages that answer."""
    root = Path(rag.__file__).parents[1]
    digest = hashlib.sha256()
    for package in ("corpus", "vectorstore", "rag"):
        for path in sorted((root / package).rglob("*")):
            inside = path.relative_to(root)
            if path.is_file() and not {"__pycache__", "sample"} & set(inside.parts):
                digest.update(str(inside).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _known(folder: Path, config: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The records that can be used again, by key and digest of the question."""
    if not (folder / "config.json").exists():
        return {}
    held = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if held.get("fingerprint") != config["fingerprint"]:
        differs = [key for key in config if held.get(key) != config[key]]
        raise DossierError(
            f"{folder}: holds a run that differs ({', '.join(differs)}); choose another --out"
        )
    path = folder / "records.jsonl"
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:  # a run that was killed while it wrote its last line
        path.write_text(whole, encoding="utf-8")
    items = map(json.loads, whole.splitlines())
    return {(item["key"], item["digest"]): item for item in items}


def _ask(
    dataset: Dataset,
    asked: System,
    path: Path,
    known: Mapping[tuple[str, str], dict[str, Any]],
    step: Step | None,
) -> Iterator[dict[str, Any]]:
    todo = [(scope, question) for scope in _scopes(dataset) for question in dataset.questions]
    with path.open("a", encoding="utf-8") as stream:
        for number, (scope, question) in enumerate(todo, 1):
            record = known.get((f"{scope}:{question.qid}", question.digest))
            if record is None:
                record = _record(question, scope, asked)
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
            if step:
                step(number, len(todo))
            yield record


def _scopes(dataset: Dataset) -> Sequence[str]:
    return ("own", "pooled") if dataset.restricted else ("all",)


def _record(question: Question, scope: str, asked: System) -> dict[str, Any]:
    outcome = asked.ask(question, pooled=scope != "own")
    twins = asked.twins if isinstance(asked, ArchiveSystem) else {}
    return {
        "key": f"{scope}:{question.qid}",
        "qid": question.qid,
        "digest": question.digest,
        "scope": scope,
        "question": question.question,
        "passages": _passages(outcome, question, twins),
        "relevant": outcome.relevant,
        "answer": outcome.answer,
        "timings": outcome.timings,
        "usage": outcome.usage,
        "cost": outcome.cost,
        "twins": {gold: twins[gold] for gold in question.gold_doc_ids if gold in twins},
        "titles": dict(outcome.titles),
    }


def _passages(
    outcome: Outcome, question: Question, twins: Mapping[str, str]
) -> list[dict[str, Any]]:
    gold = {twins.get(doc_id, doc_id) for doc_id in question.gold_doc_ids}
    return [
        {"doc_id": p.doc_id, "holds": p.doc_id in gold and holds_answer(p.text, question)}
        for p in outcome.passages
    ]


def _write(path: Path, value: object) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
