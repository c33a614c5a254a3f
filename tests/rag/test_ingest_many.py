"""Files that hold many articles, what is told beforehand, and what is taken out."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from keeping import Ingest

from corpus import Article
from rag.errors import IngestError
from vectorstore import Generations


def row(name: str, *, more: str = "", **columns: object) -> dict[str, object]:
    text = f"The {name} will close in March. Many people used the {name} every day. {more}"
    return {"title": f"About the {name}", "text": text.strip(), "source": "The Quay", **columns}


def table(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def titles(generations: Generations) -> list[str]:
    with generations.snapshot() as snapshot:
        return sorted(article.title for article in snapshot.catalog.articles())


@pytest.fixture
def news(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    return table(tmp_path / "news" / "table.jsonl", *map(row, ("bridge", "ferry", "tunnel")))


def test_every_row_is_an_article(do_ingest: Ingest, generations: Generations, news: Path) -> None:
    report = do_ingest(news)
    assert (report.added, report.articles, report.failed) == (3, 3, ())
    with generations.snapshot() as snapshot:
        origins = sorted(article.origin for article in snapshot.catalog.articles())
        assert origins == [f"{news}#{line}" for line in (1, 2, 3)]
    again = do_ingest(news)
    assert (again.unchanged, again.added, again.embedded) == (3, 0, 0)


def test_a_changed_row_embeds_only_itself(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    table(news, row("bridge"), row("ferry", more="It was loved."), row("tunnel"))
    report = do_ingest(news)
    assert (report.updated, report.unchanged, report.added, report.embedded) == (1, 2, 0, 1)
    assert (report.removed, report.articles) == (0, 3)
    with generations.snapshot() as snapshot:
        texts = [article.text for article in snapshot.catalog.articles()]
        assert sum("It was loved." in text for text in texts) == 1


def test_a_new_row_at_the_head_moves_the_others(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    table(news, *map(row, ("airport", "bridge", "ferry", "tunnel")))
    report = do_ingest(news)
    assert (report.added, report.updated, report.unchanged, report.removed) == (1, 0, 3, 0)
    assert do_ingest(news).unchanged == 4
    assert len(titles(generations)) == 4


def test_a_row_that_is_gone_stays_until_it_is_pruned(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    table(news, *map(row, ("ferry", "tunnel")))
    report = do_ingest(news)
    assert (report.unchanged, report.removed, report.articles) == (2, 0, 3)
    assert do_ingest(news).articles == 3
    table(news, row("tunnel"))
    report = do_ingest(news, prune=True)
    assert (report.removed, report.articles) == (2, 1)
    assert report.gone == (f"{news}#1", f"{news}#1")  # where each stood last
    assert titles(generations) == ["About the tunnel"]


def test_a_bad_row_is_listed_each_time_and_nothing_is_pruned_beside_it(
    do_ingest: Ingest, news: Path
) -> None:
    do_ingest(news)
    news.write_text(news.read_text().splitlines()[0] + "\n{broken\n")
    report = do_ingest(news, prune=True)
    assert [path for path, _ in report.failed] == [f"{news}#2"]
    assert (report.articles, report.removed) == (3, 0)
    again = do_ingest(news)
    assert again.failed == report.failed
    assert again.articles == 3


def test_the_same_article_in_a_table_and_in_a_file(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    (news.parent / "ferry.md").write_text(
        "---\ntitle: About the ferry\nsource: The Quay\n---\n\n" + str(row("ferry")["text"])
    )
    assert do_ingest(news.parent).duplicates == 1
    news.unlink()
    report = do_ingest(news.parent, prune=True)
    assert (report.removed, report.articles) == (2, 1)
    assert titles(generations) == ["About the ferry"]


def test_columns_by_any_name(do_ingest: Ingest, generations: Generations, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('kopf,inhalt\nÜber die Brücke,"Die Brücke schließt im März. So sagt man."\n')
    with pytest.raises(IngestError):
        do_ingest(path)
    do_ingest(path, fields={"title": "kopf", "text": "inhalt"})
    assert titles(generations) == ["Über die Brücke"]


def test_a_dry_run_tells_and_writes_nothing(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    planned = do_ingest(news, dry_run=True)
    assert (planned.added, planned.articles) == (3, 0)
    assert not generations.layout.home.exists()
    do_ingest(news)
    before = generations.layout.current()
    table(news, row("bridge", more="Or in May."), row("airport"))
    planned = do_ingest(news, dry_run=True, prune=True)
    done = do_ingest(news, prune=True)
    for counted in ("added", "updated", "unchanged", "removed", "gone", "duplicates"):
        assert getattr(planned, counted) == getattr(done, counted)
    assert (done.updated, done.removed) == (2, 1)
    assert generations.layout.current() != before


def test_what_leaves_is_told_before_it_does(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    table(news, row("tunnel"))
    told: list[list[str]] = []

    def refuse(leaving: Sequence[Article]) -> bool:
        told.append(sorted(article.title for article in leaving))
        assert len(titles(generations)) == 3
        return False

    assert do_ingest(news, prune=True, approve=refuse).removed == 0
    assert told == [["About the bridge", "About the ferry"]]
    assert len(titles(generations)) == 3
    table(news, row("tunnel"), row("airport"))
    assert do_ingest(news, prune=True, approve=lambda _: True).removed == 2


def test_a_touched_file_is_looked_at_once_more_only(
    do_ingest: Ingest, generations: Generations, news: Path
) -> None:
    do_ingest(news)
    os.utime(news, ns=(1, 1))
    (news.parent / "new.md").write_text("A short new article stands here. It is unrelated.")
    do_ingest(news.parent)
    with generations.snapshot() as snapshot:
        assert snapshot.catalog.files()[str(news)].mtime_ns == 1


def test_a_corrected_byline_embeds_nothing(do_ingest: Ingest, tmp_path: Path) -> None:
    story = "The bridge will close in March. Many people used the bridge every day. " * 30
    path = tmp_path / "bridge.md"
    path.write_text(f"---\ntitle: Bridge\nauthor: Ada Moss\ndate: 2015-11-17\n---\n\n{story}")
    first = do_ingest(path)
    assert first.passages > 1
    path.write_text(f"---\ntitle: Bridge\nauthor: Ida Holt\ndate: 2015-11-18\n---\n\n{story}")
    report = do_ingest(path)
    assert (report.updated, report.embedded, report.passages) == (1, 0, first.passages)
