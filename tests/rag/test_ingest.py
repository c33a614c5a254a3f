"""Ingest brings the archive up to date: no needless work, and no file fails in silence."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from keeping import Ingest

import corpus.worker
import rag.ingest
import rag.writing
from corpus import Article
from rag.changes import IngestProgress
from rag.embedder import OnnxEmbedder
from rag.errors import IngestError
from rag.ingest import fingerprint, remove
from rag.settings import Settings
from vectorstore import ArchiveNotFound, Filters, Generations, match_query

SMALL = Settings(_env_file=None, passage_tokens=48)


def story(name: str, *, more: str = "", head: str = "") -> str:
    sentences = f"The {name} will close in March. Many people used the {name} every day. {more}"
    return f"---\ntitle: About the {name}\nsource: The Quay\n{head}---\n\n{sentences}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("bridge", "ferry", "tunnel"):
        (folder / f"{name}.md").write_text(story(name))
    return folder


def live(generations: Generations) -> str | None:
    return generations.layout.current()


def found(generations: Generations, embedder: OnnxEmbedder, question: str) -> set[str]:
    """The titles of articles that both sides of the search find, and only where they agree."""
    with generations.snapshot() as snapshot:
        lexical = {ident for ident, _ in snapshot.catalog.search(match_query([question]), limit=50)}
        vector = embedder.embed([question])[0]
        dense = {ident for ident, _ in snapshot.vectors.nearest(vector, limit=1000)}
        assert dense == snapshot.catalog.passage_ids()
        return {passage.title for passage in snapshot.catalog.passages(list(lexical)).values()}


# --- the ordinary run ---


def test_the_first_and_the_second_time(
    do_ingest: Ingest, generations: Generations, embedder: OnnxEmbedder, folder: Path
) -> None:
    first = do_ingest(folder)
    assert (first.added, first.articles, first.failed) == (3, 3, ())
    assert first.embedded == first.passages == 3
    name = live(generations)
    second = do_ingest(folder)
    assert (second.unchanged, second.added, second.updated, second.embedded) == (3, 0, 0, 0)
    assert (second.articles, second.passages) == (first.articles, first.passages)
    assert live(generations) == name
    assert found(generations, embedder, "ferry") == {"About the ferry"}


def test_the_sample_twice(do_ingest: Ingest, generations: Generations, sample: Path) -> None:
    first = do_ingest(sample)
    files = len(list(sample.iterdir()))
    assert first.added + first.duplicates == files > 17
    assert first.failed == ()
    again = do_ingest(sample)
    assert (again.unchanged, again.embedded) == (files, 0)
    assert live(generations) == "g000001"
    json.dumps(again.to_dict())


def test_touched_files_are_unchanged(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    do_ingest(folder)
    for path in folder.iterdir():
        os.utime(path, ns=(1, 1))
    assert do_ingest(folder).unchanged == 3
    assert live(generations) == "g000001"


def test_a_new_file_embeds_only_itself(do_ingest: Ingest, folder: Path) -> None:
    do_ingest(folder)
    (folder / "harbour.md").write_text(story("harbour"))
    report = do_ingest(folder)
    assert (report.added, report.unchanged, report.embedded) == (1, 3, 1)
    assert report.articles == 4


def test_a_changed_file(
    do_ingest: Ingest, generations: Generations, embedder: OnnxEmbedder, folder: Path
) -> None:
    do_ingest(folder)
    (folder / "ferry.md").write_text(story("zeppelin"))
    report = do_ingest(folder)
    assert (report.updated, report.added, report.removed, report.unchanged) == (1, 0, 0, 2)
    assert report.articles == 3
    assert found(generations, embedder, "zeppelin") == {"About the zeppelin"}
    assert found(generations, embedder, "ferry") == set()
    with generations.snapshot() as snapshot:
        assert snapshot.manifest.dead == 1


def test_metadata_alone_embeds_nothing(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    do_ingest(folder)
    (folder / "ferry.md").write_text(story("ferry", head="section: City\n"))
    report = do_ingest(folder)
    assert (report.updated, report.embedded, report.articles) == (1, 0, 3)
    with generations.snapshot() as snapshot:
        [article] = snapshot.catalog.articles(Filters(sections=["city"]))
        assert article.title == "About the ferry"
        where = {"section": "city"}
        assert len(snapshot.vectors.nearest([1.0] + [0.0] * 383, limit=9, where=where)) == 1


def test_a_corrected_byline_keeps_the_article(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    (folder / "ferry.md").write_text(story("ferry", head="author: Ada Moss\n"))
    do_ingest(folder)
    with generations.snapshot() as snapshot:
        [before] = snapshot.catalog.articles(Filters(authors=["Ada Moss"]))
    (folder / "ferry.md").write_text(story("ferry", head="author: Bo Lind\n"))
    report = do_ingest(folder)
    assert (report.updated, report.articles, report.passages) == (1, 3, 3)
    with generations.snapshot() as snapshot:
        [after] = snapshot.catalog.articles(Filters(authors=["Bo Lind"]))
        assert after.id == before.id
        assert list(snapshot.catalog.articles(Filters(authors=["Ada Moss"]))) == []
        assert snapshot.vectors.ids() == snapshot.catalog.passage_ids()
    # And without any: the vector index must forget it too.
    (folder / "ferry.md").write_text(story("ferry"))
    do_ingest(folder)
    with generations.snapshot() as snapshot:
        where = {"authors": {"$contains": "bo lind"}}
        assert snapshot.vectors.nearest([1.0] + [0.0] * 383, limit=9, where=where) == []


# --- duplicates ---


def test_the_same_text_twice(do_ingest: Ingest, generations: Generations, folder: Path) -> None:
    shutil.copy(folder / "ferry.md", folder / "again.md")
    report = do_ingest(folder)
    assert (report.added, report.duplicates, report.articles) == (3, 1, 3)
    assert do_ingest(folder).unchanged == 4
    assert live(generations) == "g000001"


def test_a_later_duplicate_changes_nothing_but_is_remembered(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    do_ingest(folder)
    (folder / "zz.md").write_text(story("ferry", head="section: City\n"))
    report = do_ingest(folder)
    assert (report.duplicates, report.embedded, report.articles) == (1, 0, 3)
    with generations.snapshot() as snapshot:
        assert not snapshot.catalog.has_article(Filters(sections=["city"]))
        assert snapshot.manifest.dead == 0
    assert do_ingest(folder).unchanged == 4


def test_a_changed_article_keeps_its_other_file(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    shutil.copy(folder / "ferry.md", folder / "zz.md")
    do_ingest(folder)
    (folder / "ferry.md").write_text(story("ferry", head="section: City\n"))
    assert do_ingest(folder).updated == 1
    name = live(generations)
    assert do_ingest(folder).unchanged == 4
    assert live(generations) == name


def test_an_article_stays_while_one_of_its_files_does(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    shutil.copy(folder / "ferry.md", folder / "zz.md")
    do_ingest(folder)
    (folder / "zz.md").unlink()
    report = do_ingest(folder, prune=True)
    assert (report.removed, report.articles) == (0, 3)
    (folder / "ferry.md").write_text(story("zeppelin"))
    assert do_ingest(folder).articles == 3


# --- removing ---


def test_a_removed_file_stays_until_it_is_pruned(
    do_ingest: Ingest, generations: Generations, embedder: OnnxEmbedder, folder: Path
) -> None:
    do_ingest(folder)
    (folder / "ferry.md").unlink()
    report = do_ingest(folder)
    assert (report.removed, report.unchanged, report.articles) == (0, 2, 3)
    report = do_ingest(folder, prune=True)
    assert (report.removed, report.unchanged, report.articles) == (1, 2, 2)
    assert found(generations, embedder, "ferry") == set()
    name = live(generations)
    assert do_ingest(folder, prune=True).removed == 0
    assert live(generations) == name


def test_pruning_looks_only_under_what_was_given(
    do_ingest: Ingest, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "harbour.md").write_text(story("harbour"))
    do_ingest(folder, other)
    (other / "harbour.md").unlink()
    assert do_ingest(folder, prune=True).articles == 4
    assert do_ingest(other, prune=True).removed == 1


def test_pruning_everything(do_ingest: Ingest, folder: Path) -> None:
    do_ingest(folder)
    for path in folder.iterdir():
        path.unlink()
    report = do_ingest(folder, prune=True)
    assert (report.removed, report.articles, report.passages) == (3, 0, 0)


def test_a_folder_that_cannot_be_listed_is_not_pruned(
    do_ingest: Ingest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = folder / "locked"
    locked.mkdir()
    (locked / "harbour.md").write_text(story("harbour"))
    do_ingest(folder)
    listed = os.scandir

    def refuse(path: os.PathLike[str]) -> object:  # the superuser is refused nothing
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = do_ingest(folder, prune=True)
    assert (report.removed, report.unchanged, report.articles) == (0, 3, 4)
    assert [path for path, _ in report.failed] == [str(locked)]


def test_a_moved_file(do_ingest: Ingest, folder: Path) -> None:
    do_ingest(folder)
    (folder / "ferry.md").rename(folder / "boat.md")
    report = do_ingest(folder, prune=True)
    assert (report.duplicates, report.removed, report.embedded, report.articles) == (1, 0, 0, 3)
    assert do_ingest(folder, prune=True).unchanged == 3


def test_remove_one(
    do_ingest: Ingest, generations: Generations, embedder: OnnxEmbedder, folder: Path
) -> None:
    do_ingest(folder)
    with generations.snapshot() as snapshot:
        [one] = [a for a in snapshot.catalog.articles() if "ferry" in a.title]
        stamp = snapshot.manifest.fingerprint
    options = {
        "generations": generations,
        "settings": SMALL,
        "embedder": embedder,
        "count_tokens": embedder.count_tokens,
    }
    assert remove(one.id, **options) is True
    assert remove(one.id, **options) is False
    assert found(generations, embedder, "ferry") == set()
    with generations.snapshot() as snapshot:
        assert snapshot.manifest.articles == 2
        # Nothing was cut anew, so the archive is still what it was built as.
        assert snapshot.manifest.fingerprint == stamp
    assert do_ingest(folder).added == 1


def test_remove_from_nothing(
    generations: Generations, embedder: OnnxEmbedder, archive_home: Path
) -> None:
    with pytest.raises(ArchiveNotFound):
        remove(
            "x",
            generations=generations,
            settings=SMALL,
            embedder=embedder,
            count_tokens=embedder.count_tokens,
        )
    assert not (archive_home / "CURRENT").exists()


# --- failures ---


def test_failed_files_are_listed_and_the_others_read(do_ingest: Ingest, folder: Path) -> None:
    (folder / "photo.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\r")
    (folder / "empty.txt").write_text("")
    (folder / "broken.md").write_text("---\ntitle: 'x\n---\n\nText.\n")
    (folder / "dangling.txt").symlink_to("nowhere")
    (folder / "loop.txt").symlink_to("loop.txt")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    os.mkfifo(folder / "pipe.txt")
    report = do_ingest(folder)
    assert (report.added, report.articles) == (3, 3)
    reasons = {Path(path).name: reason for path, reason in report.failed}
    wanted = {
        "photo.txt": "not text",
        "empty.txt": "holds no text",
        "broken.md": "not valid YAML",
        "dangling.txt": "No such file",
        "loop.txt": "Too many levels",
        "huge.txt": "200 MB is over",
        "pipe.txt": "not a regular file",
    }
    assert set(reasons) == set(wanted)
    for name, part in wanted.items():
        assert part in reasons[name]
        assert "\n" not in reasons[name]


def test_a_known_file_that_fails_now_keeps_its_article(do_ingest: Ingest, folder: Path) -> None:
    do_ingest(folder)
    (folder / "ferry.md").write_bytes(b"\0\0\0")
    report = do_ingest(folder, prune=True)
    assert (report.unchanged, len(report.failed), report.articles) == (2, 1, 3)


def test_nothing_that_can_be_read(do_ingest: Ingest, archive_home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\0")
    (tmp_path / "b.txt").write_bytes(b"\0")
    with pytest.raises(IngestError, match=r"a\.txt: is not text .*\(and 1 more\); nothing could"):
        do_ingest(tmp_path / "a.txt", tmp_path / "b.txt")
    assert not (archive_home / "CURRENT").exists()


@pytest.mark.parametrize("prune", [False, True])
def test_missing_and_empty_paths(
    do_ingest: Ingest, archive_home: Path, tmp_path: Path, prune: bool
) -> None:
    with pytest.raises(IngestError, match=r"gone: no such file or folder$"):
        do_ingest(tmp_path / "gone", prune=prune)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.xyz").write_text("x")
    with pytest.raises(IngestError, match=r"empty: no article here \(read are"):
        do_ingest(tmp_path / "empty", prune=prune)
    assert not archive_home.exists()


def test_a_file_named_outright_is_refused_by_name(do_ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text("x")
    with pytest.raises(IngestError, match="no reader for this kind"):
        do_ingest(tmp_path / "a.xyz")


class Failing(OnnxEmbedder):
    """Stops after the first batches, as a machine does that is switched off."""

    def embed(self, texts: list[str]) -> object:
        if Failing.left == 0:
            raise RuntimeError("out of memory")
        Failing.left -= 1
        return super().embed(texts)


Failing.left = 1


def test_a_failure_half_way_keeps_what_was_embedded(
    do_ingest: Ingest,
    generations: Generations,
    embedder: OnnxEmbedder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rag.writing, "_STEP", 1)
    monkeypatch.setattr(embedder, "__class__", Failing)
    monkeypatch.setattr(Failing, "left", 2)
    with pytest.raises(RuntimeError):
        do_ingest(folder)
    monkeypatch.undo()
    assert live(generations) is None
    report = do_ingest(folder)
    assert (report.added, report.passages, report.embedded) == (3, 3, 1)


# --- building anew ---


def test_another_budget_builds_anew_beside_the_old(
    do_ingest: Ingest, generations: Generations, embedder: OnnxEmbedder, folder: Path
) -> None:
    (folder / "ferry.md").write_text(story("ferry", more="It was loved by the whole town. " * 9))
    first = do_ingest(folder)
    reader = Generations(generations.layout.home)
    with reader.snapshot() as old:
        second = do_ingest(folder, settings=SMALL)
        assert len(old.catalog.passage_ids()) == first.passages
        assert old.vectors.ids() == old.catalog.passage_ids()
    reader.close()
    assert second.passages > first.passages
    assert (second.unchanged, second.articles) == (3, 3)
    assert found(generations, embedder, "ferry") == {"About the ferry"}
    with generations.snapshot() as snapshot:
        assert snapshot.manifest.fingerprint == fingerprint(SMALL, embedder)
        assert snapshot.manifest.dead == 0
    assert do_ingest(folder, settings=SMALL).embedded == 0
    back = do_ingest(folder)  # all of it still is in the cache
    assert (back.passages, back.embedded) == (first.passages, 0)


def test_another_budget_keeps_articles_whose_files_are_elsewhere(
    do_ingest: Ingest, folder: Path
) -> None:
    do_ingest(folder)
    shutil.move(folder / "ferry.md", folder.parent / "ferry.md")
    assert do_ingest(folder / "bridge.md", settings=SMALL).articles == 3
    assert do_ingest(folder, settings=SMALL, prune=True).articles == 2


def test_another_cleaning_reads_every_file_again(
    do_ingest: Ingest,
    generations: Generations,
    embedder: OnnxEmbedder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    do_ingest(folder)
    read = corpus.worker.parse

    def cleaned_better(stream: BinaryIO, **given: Any) -> Iterator[Article]:
        for article in read(stream, **given):
            yield replace(article, text=article.text.replace("Many", "Plenty of"))

    monkeypatch.setattr(rag.ingest, "CLEANING", "other")
    monkeypatch.setattr(corpus.worker, "parse", cleaned_better)
    (folder / "tunnel.md").unlink()  # its article cannot be read again, and stays as it was
    report = do_ingest(folder / "bridge.md")
    assert (report.updated, report.articles, report.failed) == (2, 3, ())
    assert found(generations, embedder, "plenty") == {"About the bridge", "About the ferry"}
    assert found(generations, embedder, "many") == {"About the tunnel"}
    assert do_ingest(folder).embedded == 0


def test_a_fifth_dead_is_built_anew(
    do_ingest: Ingest, generations: Generations, folder: Path
) -> None:
    do_ingest(folder)
    manifest = generations.layout.generation("g000001").manifest
    manifest.write_text(manifest.read_text().replace('"dead": 0', '"dead": 900'))
    generations.close()
    report = do_ingest(folder)
    assert (report.unchanged, report.embedded, report.articles) == (3, 0, 3)
    with generations.snapshot() as snapshot:
        assert (snapshot.name, snapshot.manifest.dead) == ("g000002", 0)
        assert snapshot.vectors.ids() == snapshot.catalog.passage_ids()


# --- progress, names of files ---


def test_progress(do_ingest: Ingest, folder: Path) -> None:
    told: list[IngestProgress] = []
    report = do_ingest(folder, progress=told.append)
    assert [(step.files_done, step.files) for step in told] == [(1, 3), (2, 3), (3, 3), (3, 3)]
    assert told[0].passages == 0
    assert (told[-1].passages, told[-1].embedded) == (report.passages, report.embedded)


def test_one_file_by_many_names(
    do_ingest: Ingest, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "link").symlink_to(folder, target_is_directory=True)
    monkeypatch.chdir(folder)
    given = [Path(), Path("ferry.md"), folder, folder / ".." / "articles", folder.parent / "link"]
    assert do_ingest(*given).added == 3
    report = do_ingest(folder.parent / "link", prune=True)
    assert (report.unchanged, report.removed) == (3, 0)
