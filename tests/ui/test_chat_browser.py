"""The chat page in a real Chromium, served as users serve it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from ui.hostile import ATTACKS, HOSTILE_OUTLET, HOSTILE_QUESTION, HOSTILE_SENTENCE, HOSTILE_TITLE
from ui.screenshots import ask, open_source, settled

pytestmark = pytest.mark.browser

QUESTION = "How many people died aboard the airliner?"
Serve = Callable[[Path], str]


@pytest.fixture
def page(context: BrowserContext, serve: Serve, sample_home: Path) -> Page:
    """The page on the demo corpus."""
    opened = context.new_page()
    opened.goto(serve(sample_home))
    expect(opened.get_by_text("What would you like to know?")).to_be_visible()
    return opened


def answer(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessage").last


def seen(place: Locator) -> str:
    """The text that a reader sees, without the joiners that have no width."""
    return place.inner_text().replace("\u2060", "").replace("\u00a0", " ")


def test_ask_and_open_a_citation(page: Page) -> None:
    ask(page, QUESTION)
    expect(answer(page)).to_contain_text("224")
    open_source(page)
    drawer = page.get_by_role("dialog")
    quote = drawer.locator(".stMarkdownColoredBackground").first
    expect(quote).to_be_visible()
    assert seen(quote) in seen(answer(page))
    assert re.search(r"\w+ \w+ · \d+ November 2015", seen(drawer))
    original = drawer.get_by_role("link")
    assert re.match(r"https://[\w-]+\.example/", original.get_attribute("href") or "")
    # The whole article, with the same words highlighted.
    drawer.get_by_text("Whole article").click()
    whole = drawer.get_by_test_id("stExpander")
    expect(whole.locator(".stMarkdownColoredBackground").first).to_be_visible()
    assert seen(whole.locator(".stMarkdownColoredBackground").first) == seen(quote)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(answer(page)).to_contain_text("224")


def test_opening_a_source_moves_nothing(page: Page) -> None:
    ask(page, QUESTION)
    button = answer(page).get_by_role("button").last
    before = button.bounding_box()
    button.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    settled(page)
    assert button.bounding_box() == before


def test_the_conversation_survives_and_can_be_left(page: Page) -> None:
    ask(page, QUESTION)
    ask(page, "And who claimed it?")
    expect(answer(page)).to_contain_text("Understood as")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    expect(page.get_by_text(QUESTION, exact=True)).to_be_attached()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)


def test_the_keyboard_is_enough(page: Page) -> None:
    suggestion = page.get_by_text("What is reported about …").locator("xpath=following::button[1]")
    expect(suggestion).to_have_text(re.compile(r"\w"))
    title = seen(suggestion)
    suggestion.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"What is reported about “{title}”?", exact=True)).to_be_visible()
    settled(page)
    answer(page).get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_not_found(page: Page) -> None:
    ask(page, "Who won the 2018 World Cup?")
    expect(answer(page)).to_contain_text("The archive does not answer this.")
    expect(answer(page)).to_contain_text("It covers 22 articles, 1 to 22 November 2015.")
    answer(page).get_by_role("button", name="Read").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Whole article")


def test_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, QUESTION)
    expect(answer(page)).to_contain_text("224")
    open_source(page)
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".stMarkdownColoredBackground").first).to_be_in_viewport()
    for place in (page.locator("#stMain"), drawer):
        assert place.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_an_archive_that_is_not_there(
    context: BrowserContext, serve: Serve, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(serve(tmp_path / "none"))
    expect(page.get_by_text("No articles yet")).to_be_visible()
    expect(page.get_by_text(f"python -m rag ingest PATH --home {tmp_path}/none")).to_be_visible()


def test_hostile_articles_are_only_text(
    context: BrowserContext, serve: Serve, hostile_home: Path
) -> None:
    page = context.new_page()
    page.goto(serve(hostile_home))
    box = page.get_by_placeholder("Ask the archive")
    box.fill(HOSTILE_QUESTION)
    box.press("Enter")
    expect(answer(page)).to_contain_text("37 fishing boats")
    settled(page)
    assert seen(page.get_by_test_id("stChatMessage").first).endswith(HOSTILE_QUESTION)
    assert HOSTILE_SENTENCE.split("[1]")[0] in seen(answer(page))
    open_source(page)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Whole article").click()
    settled(page)
    assert HOSTILE_TITLE in seen(drawer)
    assert f"{HOSTILE_OUTLET} · 17 November 2015 · <i>Eve</i> [Mallory](" in seen(drawer)
    assert HOSTILE_SENTENCE in seen(drawer).replace(" 1 ", " ")
    shown = seen(drawer.get_by_test_id("stExpander")).split("\n")
    assert [line for line in ATTACKS if line not in shown] == []
    # Nothing in it became an element, nothing ran; `context` sees that nothing was fetched.
    for place in (drawer, page.locator("#stMain")):
        markup = "a, img, iframe, svg.x, .katex, pre, code, li, blockquote, h4, h5, h6, table, hr"
        within = place.get_by_test_id("stMarkdown").locator(markup)
        assert within.count() == 0, within.first.evaluate("e => e.outerHTML")
    assert page.evaluate("window.hacked") is None
    assert drawer.get_by_role("link").count() == 0
