"""Follow-up questions made to stand alone, by the rule and by a language model.

    OPENAI_BASE_URL=http://127.0.0.1:8080/v1 .venv/bin/python -m benchmarks.followups

The golden set's follow-up questions over the demo corpus. For each way: how many of them the search
answers with a gold article first, or among ten; for the model also how often what it wrote was
used, and seconds a question. `--shown` prints the questions.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from benchmarks._measure import ROOT, percentile, table
from rag import Archive, Settings, Turn
from rag.conversation import standalone
from rag.rewriting import stand_alone

_GOLDEN = ROOT / "evaluation" / "golden" / "questions.jsonl"


def place_of(archive: Archive, question: str, gold: list[str]) -> int:
    """The rank of the first gold article; 0 where it is not among ten."""
    found = [Path(hit.path).name for hit in archive.search(question, k=40)]
    ranked = list(dict.fromkeys(found))[:10]
    return min((ranked.index(name) + 1 for name in gold if name in ranked), default=0)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shown", action="store_true", help="print the questions")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a question")
    given = parser.parse_args()
    settings = Settings(_env_file=None, rewrite_timeout=given.timeout, timeout=given.timeout)
    if not settings.model_configured:
        parser.error("no language model: set OPENAI_BASE_URL or OPENAI_API_KEY")
    items = [json.loads(line) for line in _GOLDEN.read_text(encoding="utf-8").splitlines()]
    asked = [item for item in items if item["history"] and item["gold_doc_ids"]]
    places: dict[str, list[int]] = {"as asked": [], "the rule": [], "the model": []}
    seconds, used = [], 0
    with (
        tempfile.TemporaryDirectory() as home,
        Archive.open(Path(home) / "archive", settings=settings) as archive,
    ):
        archive.ingest(ROOT / "corpus" / "sample")
        for item in asked:
            history = [Turn(*turn) for turn in item["history"]]
            rule = standalone(item["question"], history)
            began = time.perf_counter()
            made = stand_alone(item["question"], history, rule=rule, settings=settings)
            seconds.append(time.perf_counter() - began)
            used += made.by_model
            wordings = (item["question"], rule, made.question)
            for name, wording in zip(places, wordings, strict=True):
                places[name].append(place_of(archive, wording, item["gold_doc_ids"]))
            if given.shown:
                print(f"{item['question']}\n  rule:  {rule}\n  model: {made}", flush=True)
    rows = [
        [name, f"{sum(p == 1 for p in found)} of {len(found)}", f"{sum(map(bool, found))}"]
        for name, found in places.items()
    ]
    print(table(["follow-up questions", "gold article first", "among ten"], rows))
    print(
        f"\nWhat the model wrote was used for {used} of {len(asked)};"
        f" {percentile(seconds, 0.5):.1f} s a question (median)."
    )


if __name__ == "__main__":
    main()
