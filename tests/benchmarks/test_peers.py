from typing import Any

import pytest

from benchmarks._measure import Run
from benchmarks.peers_report import again_table, ingest_table, search_table, start_table
from benchmarks.peers_results import BARE, KEPT, MAIN, OURS, Results
from benchmarks.peers_verdict import TARGETS, losses


def runs(*seconds: float, peak: int = 400, **result: Any) -> list[Run]:
    """One for each number of seconds, 100 passages and 1 MB on disk unless told otherwise."""
    figures = {"passages": 100, "disk": 1e6, "load": 1.0, **result}
    milliseconds = dict.fromkeys(("p50", "p95", "p50_wide", "p95_wide"), 10.0)
    return [
        Run(one + 3, 1.0, peak * 10**6, 0.01, {"seconds": one, **milliseconds, **figures})
        for one in seconds
    ]


@pytest.fixture
def results() -> Results:
    others = (*MAIN[1:], BARE)
    stages = {
        "first": {OURS: runs(1.0, 2.0), **{name: runs(3.0, 4.0) for name in others}},
        "search": {name: runs(1.0, 1.0) for name in MAIN},
        "rank": {name: runs(1.0, hit1=0.5, mrr10=0.6) for name in MAIN},
        "kept": {name: runs(5.0) for name in KEPT},
        "unchanged": {name: runs(0.01) for name in (OURS, *KEPT)},
        "changed": {name: runs(0.5) for name in (OURS, *KEPT)},
        "start": {name: runs(-2.8) for name in ("import rag", "python -m rag status", *MAIN)},
    }
    stages["start"]["python -m rag ask"] = runs(-1.0)
    return Results("some articles", 10, 5000, 20, 15, 2, runs=stages)


def cells(table: str, name: str) -> list[str]:
    [line] = [line for line in table.splitlines() if line.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_ratios_are_made_round_by_round(results):
    row = cells(ingest_table(results), "txtai")
    assert row[2] == "29.2 (25.0 to 33.3)"  # 100 / 4 and 100 / 3
    assert row[4] == "2.50 (2.00 to 3.00) times"


def test_a_plain_script_is_said_to_embed_again(results):
    table = again_table(results)
    assert cells(table, "txtai")[2] == "embeds everything again"
    assert cells(table, "Dossier")[3] == "150 times"


def test_every_contender_is_listed(results):
    for table in (ingest_table(results), search_table(results), start_table(results)):
        assert len(table.splitlines()) >= 2 + len(MAIN)


def test_quality_is_given_where_there_are_labels(results):
    assert cells(search_table(results), "Dossier")[-2:] == ["0.500", "0.600"]
    results.labelled = 0
    assert cells(search_table(results), "Dossier")[-2:] == ["not labelled"] * 2


def test_targets_are_met_or_not(results):
    rows = {target.what: target.row(results) for target in TARGETS}
    assert rows["passages a second, beside LlamaIndex with our embedder"][2:] == ["2.50", "yes"]
    assert rows["seconds of `import rag`"][2:] == ["0.20", "yes"]
    results.runs["start"]["import rag"] = runs(0.0)
    [row] = [t.row(results) for t in TARGETS if t.what == "seconds of `import rag`"]
    assert row[2:] == ["3.00", "**no**"]


def test_where_a_peer_is_better_is_said_with_the_reason(results):
    results.runs["first"]["txtai"] = runs(3.0, 4.0, disk=5e5)
    found = "\n".join(losses(results))
    assert "- **disk**: txtai 0.5; Dossier 1.0 MB. Dossier keeps more" in found
    assert "first ingest" not in found
    results.runs["first"]["langchain"] = runs(0.5, 0.5)
    assert "- **first ingest**: LangChain" in "\n".join(losses(results))
