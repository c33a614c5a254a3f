"""The count of relative times and the sample that is judged by eye."""

from datetime import date
from pathlib import Path

import pytest

from corpus import Article
from evaluation.times import count, drawn, main, shown

DAY = date(2015, 11, 19)
TEXT = "The council met on Tuesday. The bridge closed last month. It rained."


def test_mentions_of_dated_articles_are_counted_and_drawn_by_the_seed() -> None:
    counted = count([Article(text=TEXT, published=DAY), Article(text=TEXT)])
    assert (counted.articles, counted.dated, counted.words) == (2, 1, 12)
    assert [mention.text for _, mention in counted.mentions] == ["on Tuesday", "last month"]
    assert sorted(m.text for _, m in drawn(counted, sample=9, seed=1)) == [
        "last month",
        "on Tuesday",
    ]
    one = drawn(counted, sample=1, seed=3)
    assert one == drawn(counted, sample=1, seed=3)
    tuesday = shown(*counted.mentions[0])
    assert tuesday.startswith("published Thu 2015-11-19, meant 2015-11-17: ")
    assert "met [on Tuesday]. The" in tuesday
    assert "meant 2015-10-01 to 2015-10-31" in shown(*counted.mentions[1])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    article = tmp_path / "a.txt"
    article.write_text(f"---\ndate: 2015-11-19\n---\n{TEXT}", encoding="utf-8")
    assert main([str(tmp_path), "--sample", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 relative times in 1 dated articles of 1"
    assert lines[1].endswith("ms of processor time for 800 words")
    assert len(lines) == 4
    assert main([str(tmp_path / "none.txt")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
