import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks._measure import (
    disk,
    environment,
    percentile,
    placed,
    quiet,
    ratios,
    run,
    spread,
    table,
)


@dataclass
class Turn:
    others: float


def turns(*others: float):
    left = list(others)
    return lambda: Turn(left.pop(0))


@pytest.fixture
def no_rest(monkeypatch):
    monkeypatch.setattr("benchmarks._measure._REST", 0)


def test_a_quiet_turn_is_taken_once():
    assert quiet(turns(0.05, 0.0), tries=3).others == 0.05


def test_a_disturbed_turn_is_taken_again(no_rest):
    assert quiet(turns(0.5, 0.02, 0.0), tries=3).others == 0.02


def test_the_least_disturbed_turn_counts_where_none_is_quiet(no_rest):
    assert quiet(turns(0.5, 0.3, 0.4), tries=3).others == 0.3


def test_no_turn_is_repeated_after_its_time(no_rest):
    assert quiet(turns(0.5, 0.0), tries=3, until=0.0).others == 0.5


def test_a_process_gives_its_result_and_its_memory(tmp_path):
    hold = "import json, time; held = b'x' * 80_000_000; time.sleep(1.5); print('a line')"
    found = run(
        [sys.executable, "-c", f"{hold}; print(json.dumps({{'seconds': 3}}))"],
        environment=environment(),
        folder=tmp_path,
    )
    assert found.result == {"seconds": 3}
    assert 80e6 < found.peak < 200e6
    assert found.seconds > 1.5


def test_memory_of_children_counts(tmp_path):
    child = "import time; held = b'x' * 80_000_000; time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    found = run([sys.executable, "-c", parent], environment=environment(), folder=tmp_path)
    assert found.peak > 80e6
    assert found.result == {}


def test_a_process_that_fails_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="status 3"):
        run(
            [sys.executable, "-c", "raise SystemExit(3)"],
            environment=environment(),
            folder=tmp_path,
        )


def test_no_key_reaches_a_measured_process(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    monkeypatch.setenv("DOSSIER_HOME", "elsewhere")
    assert not {"OPENAI_API_KEY", "DOSSIER_HOME"} & environment().keys()


def test_disk_counts_all_files_below(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "one").write_bytes(b"12345")
    (tmp_path / "deep" / "two").write_bytes(b"123")
    assert disk(tmp_path) == 8


def test_figures():
    assert ratios([4.0, 9.0], [2.0, 3.0]) == [2.0, 3.0]
    assert spread([3.0, 1.0, 2.0], 1) == "2.0 (1.0 to 3.0)"
    assert spread([1234.5], 0) == "1,234"
    assert [percentile(range(1, 101), share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"


def test_a_section_takes_its_own_place_only():
    page = "# Page\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\nBetween.\n"
    both = placed(placed(page, "a", "new\n"), "b", "other")
    assert "old" not in both
    assert both.index("new") < both.index("Between.") < both.index("other")
    assert placed(placed(both, "a", "new"), "b", "other") == both


def test_the_page_has_a_place_for_every_section():
    page = Path(__file__).parents[2].joinpath("docs", "benchmarks.md").read_text(encoding="utf-8")
    for name in ("embedder", "peers", "peers-full", "growth", "page"):
        assert page.count(f"<!-- {name}: begin -->") == page.count(f"<!-- {name}: end -->") == 1


def test_what_a_run_keeps_is_read_back(tmp_path):
    from dataclasses import asdict

    from benchmarks._measure import Run
    from benchmarks.peers import read
    from benchmarks.peers_results import Results

    results = Results("some", 2, 30, 4, 3, 1, runs={"first": {"dossier": [Run(1, 1, 2, 0.5, {})]}})
    path = tmp_path / "kept.json"
    path.write_text(json.dumps(asdict(results)), encoding="utf-8")
    assert read(path) == results
    assert results.others == 0.5
