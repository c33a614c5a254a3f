"""The benchmark of searching runs from end to end on a small archive, and says what it measured."""

from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.data import Collection, Item, Query

TEXT = "\n".join(
    f"The council of Levin met {number} times about the quay and its {number + 3} cranes, which"
    " were to be sold before the winter came to the harbour."
    for number in range(12)
)


@pytest.mark.slow
def test_all_ways_on_a_small_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [Item(file="quay.txt", title="The quay", text=TEXT, twin="quay.txt")]
    queries = [Query(text="Which cranes were sold?")] * 3
    small = Collection(name="quay", items=items, queries=queries)
    monkeypatch.setattr(scale, "load", lambda: small)
    ways = ["reread", "llamaindex"]
    found = scale.measure(tmp_path, passages=40, ways=ways)
    assert list(found) == ways
    for figures in found.values():
        assert 0 < figures["p50"] <= figures["p95"]
        assert figures["rate_wide"] > 0
        assert figures["resident"] > 50_000_000
    text = scale.section(found, passages=40)
    assert text.count("\n| ") == 2 + len(ways)
    assert "| LlamaIndex on Chroma, by meaning | " in text
    built = (tmp_path / "home" / "CURRENT").stat().st_mtime
    scale.measure(tmp_path, passages=40, ways=[])
    assert (tmp_path / "home" / "CURRENT").stat().st_mtime == built
