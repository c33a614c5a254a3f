"""The library's logic, without a browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest
from ui.driving import Open, button, checked, texts
from ui.hostile import HOSTILE_TITLE
from ui.test_view import plain

from app_pages import _activity
from rag import Archive
from rag.uploads import uploads_folder

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")

STORY = b"Harbour opens\n\nThe new harbour of Leros opened on Tuesday, the mayor said.\n"
Make = Callable[[Path], Path]


@pytest.fixture
def home(make_archive: Make, sample: Path) -> Path:
    """An archive of one article, to change."""
    return make_archive(sample / "2015-11-18-schengen-tusk.md")


def finished(page: AppTest, home: Path) -> AppTest:
    """The page once its jobs have ended."""
    for job in _activity._jobs(str(home.resolve())).all():
        assert job.wait(120)
    return checked(page.run())


def upload(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    place = next(u for u in page.get("file_uploader"))
    place.set_value([(name, content, "application/octet-stream") for name, content in files])
    page = checked(page.run())
    return checked(next(b for b in page.button if b.label.startswith("Add ")).click().run())


def open_article(page: AppTest, home: Path) -> AppTest:
    with Archive.open(home) as archive:
        [article] = archive.articles()
    page.session_state["article-open"] = (article.id, "")
    return checked(page.run())


def test_the_articles_are_listed_and_narrowed(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "library")
    assert "22 of 22 articles." in texts(page)
    table = page.dataframe[0].value
    assert list(table.columns)[:3] == ["Title", "Outlet", "Published"]
    assert len(table) == 22
    page = checked(page.text_input(key="library-filter").set_value("schengen").run())
    assert list(page.dataframe[0].value["Outlet"]) == ["Eastern Ledger"]
    page = checked(page.text_input(key="library-filter").set_value("zxqv").run())
    assert "No article has these words" in texts(page)
    page = checked(page.text_input(key="library-filter").set_value("").run())
    page = checked(page.multiselect(key="library-outlets").set_value(["Meridian Wire"]).run())
    assert set(page.dataframe[0].value["Outlet"]) == {"Meridian Wire"}


def test_good_and_bad_files_are_both_told_of(open_page: Open, home: Path) -> None:
    page = open_page(home, "library")
    page = upload(page, ("harbour.txt", STORY), ("broken.pdf", b"%PDF-1.4 no"), ("empty.txt", b""))
    page = finished(page, home)
    shown = texts(page)
    assert "Articles: 1 added. The archive holds 2 articles." in shown
    assert "broken.pdf: is not a whole PDF" in shown
    assert "empty.txt: it is empty" in shown
    assert "2 of 2 articles" in shown
    # What could not be read is not kept.
    assert [path.name for path in uploads_folder(home).iterdir()] == ["harbour.txt"]
    page = checked(button(page, "Dismiss").click().run())
    assert "broken.pdf" not in texts(page)


def test_the_first_articles_of_a_new_archive(open_page: Open, tmp_path: Path) -> None:
    home = tmp_path / "new"
    page = open_page(home, "library")
    assert "Add the first ones here" in texts(page)
    page = finished(upload(page, ("bad.pdf", b"%PDF-1.4 no")), home)
    assert "none of the files could be read" in texts(page)
    assert not uploads_folder(home).exists()
    page = finished(upload(page, ("harbour.txt", STORY)), home)
    assert "1 of 1 article." in texts(page)


def test_a_folder_and_one_that_is_not_there(open_page: Open, home: Path, sample: Path) -> None:
    page = open_page(home, "library")
    place = next(t for t in page.text_input if t.label.startswith("Or a file"))
    place.set_value("/nowhere/<b>x")
    page = checked(button(page, "Read it in").click().run())
    page = finished(page, home)
    assert "no such file or folder" in texts(page)
    place = next(t for t in page.text_input if t.label.startswith("Or a file"))
    place.set_value(str(sample / "2015-11-14-paris-first-toll.md"))
    page = finished(checked(button(page, "Read it in").click().run()), home)
    assert "Articles: 1 added" in texts(page)


def test_another_writer_is_told_in_plain_words_and_tried_again(open_page: Open, home: Path) -> None:
    page = open_page(home, "library")
    with FileLock(home / "writer.lock", thread_local=False):
        page = finished(upload(page, ("harbour.txt", STORY)), home)
        assert "is being written by another process; try again when it is done" in texts(page)
    page = finished(checked(button(page, "Try again").click().run()), home)
    assert "Articles: 1 added" in texts(page)


def test_deleting_asks_first_and_takes_the_upload_along(open_page: Open, tmp_path: Path) -> None:
    home = tmp_path / "new"
    page = finished(upload(open_page(home, "library"), ("harbour.txt", STORY)), home)
    page = open_article(page, home)
    page = checked(button(page, "Delete …").click().run())
    assert "The uploaded file is deleted with it." in plain(str([m.value for m in page.markdown]))
    page = finished(checked(button(page, "Delete").click().run()), home)
    assert "1 article deleted." in texts(page)
    assert not list(uploads_folder(home).glob("*"))
    with Archive.open(home) as archive:
        assert archive.articles() == []


def test_going_back_to_the_state_before(open_page: Open, home: Path) -> None:
    page = finished(upload(open_page(home, "library"), ("harbour.txt", STORY)), home)
    page = checked(button(page, "Go back").click().run())
    page = finished(page, home)
    assert "The archive is as it was in" in texts(page)
    assert "1 of 1 article." in texts(page)


def test_the_doctor(open_page: Open, home: Path) -> None:
    page = checked(button(open_page(home, "library"), "Check the archive").click().run())
    page = finished(page, home)
    assert "Everything is in order." in texts(page)
    assert "Every passage is found by word and by vector" in texts(page)


def test_read_only(open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIER_LIBRARY", "read-only")
    page = open_page(home, "library")
    assert "The library is read-only here" in texts(page)
    assert [tab.label for tab in page.tabs] == ["Articles", "Index"]
    assert not page.get("file_uploader")
    page = open_article(page, home)
    labels = [plain(b.label) for b in page.button]
    assert not {"Delete …", "Go back", "Read it in"} & set(labels)
    assert "Check the archive" in labels


def test_read_only_and_empty(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOSSIER_LIBRARY", "read-only")
    page = open_page(tmp_path / "none", "library")
    assert "No articles yet" in texts(page)
    assert not page.get("file_uploader")


def test_hostile_titles_and_names_reach_no_element_unescaped(
    open_page: Open, hostile_home: Path
) -> None:
    page = open_page(hostile_home, "library")
    page = open_article(page, hostile_home)
    page = finished(upload(page, ("![x](http:__evil.example_x.png) <b>.pdf", b"no")), hostile_home)
    written = [e.value for e in (*page.markdown, *page.caption)] + [b.label for b in page.button]
    assert list(page.dataframe[0].value["Title"]) == [HOSTILE_TITLE]  # a table shows plain text
    for text in written:
        assert "http://" not in plain(text.replace("\u2060", "\u2060|"))
        assert "](" not in text.replace("\\]", "")
        assert "<" not in text.replace("\\<", "")
