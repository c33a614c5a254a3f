"""The library and the settings in a real Chromium."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from ui import serving
from ui.screenshots import settled
from ui.test_chat_browser import seen
from ui.test_search_browser import search

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]
STORY = b"Harbour opens\n\nThe new harbour of Leros opened on Tuesday, the mayor said.\n"
NAME = "![x](javascript:window.hacked=1) <img src=x onerror=window.hacked=2> $y$.txt"


@pytest.fixture(scope="module")
def home(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive to change."""
    return Path(shutil.copytree(sample_home, tmp_path_factory.mktemp("library") / "home"))


@pytest.fixture
def page(context: BrowserContext, serve: Serve, home: Path) -> Page:
    """The library."""
    opened = context.new_page()
    opened.goto(f"{serve(home)}/library")
    expect(opened.get_by_test_id("stDataFrame")).to_be_visible()
    settled(opened)
    return opened


def upload(page: Page, *files: tuple[str, bytes]) -> Locator:
    """Hand files in; where their job is told of."""
    page.get_by_role("tab", name="Add").click()
    place = page.get_by_test_id("stFileUploaderDropzone").locator("input")
    place.set_input_files(
        [{"name": n, "mimeType": "application/octet-stream", "buffer": b} for n, b in files]
    )
    add = page.get_by_role("button", name=f"Add {len(files)} file")
    expect(add).to_be_visible()
    settled(page)
    add.click()
    job = page.locator("[class*=st-key-job-]").first
    expect(job).to_contain_text("The archive holds", timeout=120_000)
    settled(page)
    return job


def open_first(page: Page) -> Locator:
    """Open the first article of the table."""
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("canvas").first).to_be_visible()
    # A cell that is still chosen, since the drawer before was closed just now, is no new choice.
    expect(table.locator("td[aria-selected=true]")).to_have_count(0)
    settled(page)
    table.click(position={"x": 90, "y": 54})
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("tab").first).to_be_visible()
    settled(page)
    return drawer


def test_a_good_and_a_broken_file_are_both_listed(page: Page) -> None:
    job = upload(page, ("harbour.txt", STORY), ("broken.pdf", b"%PDF-1.4 nothing"))
    expect(job).to_contain_text("1 added. The archive holds 23 articles.")
    expect(job).to_contain_text("broken.pdf: is not a whole PDF (cut short or damaged)")
    expect(job).to_contain_text("harbour.txt")
    # It is found, from another page, and what was told of it is still there after that.
    page.get_by_test_id("stSidebar").get_by_role("link", name="Search").click()
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    settled(page)
    search(page, "harbour of Leros")
    expect(page.get_by_role("button", name="Harbour opens")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Library").click()
    expect(job).to_contain_text("1 added")
    settled(page)
    job.get_by_role("button", name="Dismiss").click()
    expect(page.locator("[class*=st-key-job-]")).to_have_count(0)


def test_deleting_is_confirmed(page: Page) -> None:
    drawer = open_first(page)
    title = drawer.get_by_role("heading").first.inner_text()
    drawer.get_by_role("button", name="Delete …").click()
    expect(drawer).to_contain_text("Delete this article from the archive?")
    drawer.get_by_role("button", name="Keep it").click()
    expect(drawer.get_by_role("button", name="Delete …")).to_be_visible()
    settled(page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    # The same row again, and now for good.
    drawer = open_first(page)
    expect(drawer.get_by_role("heading").first).to_have_text(title, use_inner_text=True)
    listed = page.get_by_text(re.compile(r"^\d+ of \d+ articles\."))
    before = listed.inner_text()
    drawer.get_by_role("button", name="Delete …").click()
    expect(drawer).to_contain_text("Delete this article from the archive?")
    settled(page)
    drawer.get_by_role("button", name="Delete", exact=True).click()
    expect(drawer).to_be_hidden()
    job = page.locator("[class*=st-key-job-]").first
    expect(job).to_contain_text("1 article deleted.", timeout=120_000)
    # And back: as soon as the page, and not only the job, shows the new state beside the old.
    expect(listed).not_to_have_text(before, use_inner_text=True)
    settled(page)
    page.get_by_role("tab", name="Index").click()
    page.get_by_role("button", name="Go back to this").click()
    page.get_by_role("button", name="Go back", exact=True).click()
    expect(job).to_contain_text("The archive is as it was in", timeout=120_000)
    page.reload()
    expect(
        page.get_by_text("of 23 articles").or_(page.get_by_text("of 22 articles"))
    ).to_be_visible()
    drawer = open_first(page)
    expect(drawer.get_by_role("heading").first).to_have_text(title, use_inner_text=True)


def test_a_hostile_name_is_only_text(page: Page, home: Path) -> None:
    job = upload(page, (NAME, b"%PDF-1.4 nothing"), ("second.txt", STORY + b"It is large.\n"))
    assert "_img src=x onerror=window.hacked=2_" in seen(job)
    markup = "a, img, iframe, svg.x, .katex, pre, code, li, blockquote, table, hr"
    assert job.get_by_test_id("stMarkdown").locator(markup).count() == 0
    assert page.evaluate("window.hacked") is None
    assert all(path.parent == home / "uploads" for path in (home / "uploads").iterdir())


def test_read_only(context: BrowserContext, sample_home: Path, tmp_path: Path) -> None:
    with serving.serving(sample_home, log=tmp_path / "log", library="read-only") as address:
        page = context.new_page()
        page.goto(f"{address}/library")
        expect(page.get_by_text("The library is read-only here")).to_be_visible()
        expect(page.get_by_role("tab")).to_have_text(["Articles", "Index"])
        drawer = open_first(page)
        expect(drawer.get_by_role("button", name="Delete")).to_have_count(0)
        page.keyboard.press("Escape")


def test_a_key_is_taken_and_not_shown(
    context: BrowserContext, sample_home: Path, tmp_path: Path
) -> None:
    key, log = "sk-test-0123456789-secret", tmp_path / "log"
    with serving.serving(sample_home, log=log, llm="auto") as address:
        page = context.new_page()
        page.goto(f"{address}/settings")
        expect(page.get_by_text("No key is used.")).to_be_visible()
        settled(page)
        entry = page.get_by_label("Your key", exact=True)
        assert entry.get_attribute("type") == "password"
        entry.fill(key)
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("Your key is used until you leave.")).to_be_visible()
        expect(entry).to_have_value("")
        settled(page)
        assert key not in page.content()
        page.reload()
        expect(page.get_by_text("No key is used.")).to_be_visible()
        assert key not in log.read_text()


def test_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    settled(page)
    assert page.locator("#stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
    for tab in ("Add", "Index"):
        page.get_by_role("tab", name=tab).click()
        settled(page)
        assert page.locator("#stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
