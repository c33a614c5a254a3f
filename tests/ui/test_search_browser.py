"""The search page in a real Chromium."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from ui.hostile import HOSTILE_TITLE
from ui.screenshots import settled
from ui.test_chat_browser import seen

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]


@pytest.fixture
def page(context: BrowserContext, serve: Serve, sample_home: Path) -> Page:
    """The search on the demo corpus."""
    opened = context.new_page()
    opened.goto(f"{serve(sample_home)}/search")
    expect(opened.get_by_text("21 articles")).to_be_visible(timeout=60_000)
    settled(opened)
    return opened


def results(page: Page) -> Locator:
    return page.locator("[class*=st-key-open-] button")


def search(page: Page, words: str) -> None:
    box = page.get_by_placeholder("Words, names, a question")
    box.fill(words)
    box.press("Enter")
    expect(page.get_by_text(f"for “{words}”")).to_be_visible(timeout=60_000)
    settled(page)


def test_search_filter_and_share_the_address(page: Page) -> None:
    search(page, "attacks")
    expect(page.locator(".stMarkdownColoredBackground").first).to_have_text("attacks")
    page.get_by_role("button", name="Outlet").click()
    page.get_by_role("combobox", name="Outlet").click()
    page.get_by_role("option", name="Eastern Ledger").click()
    expect(page.locator(".st-key-chips")).to_contain_text("Eastern Ledger")  # behind the filter
    settled(page)
    for _ in ("the list", "the filter"):  # while they are open, nothing else can be reached
        page.keyboard.press("Escape")
    chip = page.locator(".st-key-chips").get_by_role("button", name="Eastern Ledger")
    expect(chip).to_be_visible()
    settled(page)
    titles = results(page).all_inner_texts()
    expect(page).to_have_url(re.compile(r"outlet=Eastern\+Ledger"))
    # The same in another tab, and after a reload.
    other = page.context.new_page()
    for _ in range(2):
        other.goto(page.url)
        expect(results(other).first).to_be_visible(timeout=60_000)
        settled(other)
        expect(results(other)).to_have_text(titles, use_inner_text=True)
        expect(other.get_by_placeholder("Words, names, a question")).to_have_value("attacks")
    other.locator(".st-key-chips").get_by_role("button", name="Eastern Ledger").click()
    expect(other.locator(".st-key-chips")).to_have_count(0)
    expect(other).not_to_have_url(re.compile("outlet"))


def test_pages_and_the_way_back(page: Page) -> None:
    first = results(page).all_inner_texts()
    page.get_by_role("button", name="Page 2").click()
    expect(results(page).first).not_to_have_text(first[0])
    expect(page).to_have_url(re.compile(r"\?page=2$"))
    settled(page)
    page.go_back()
    expect(results(page).first).to_have_text(first[0])


def test_days_are_drawn_over_the_histogram(page: Page) -> None:
    page.get_by_role("button", name="Date").click()
    chart = page.get_by_test_id("stVegaLiteChart")
    expect(chart.locator("svg")).to_be_visible()
    settled(page)
    chart.hover()  # which waits until it stands still
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 40, steps=5)
    page.mouse.up()
    expect(page.locator(".st-key-chips").get_by_text("November 2015").first).to_be_visible()
    expect(page).to_have_url(re.compile("from=2015-11-.*to=2015-11-"))


def test_ask_about_these_results(page: Page) -> None:
    search(page, "Schengen")
    page.get_by_role("button", name="Ask about these").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    chip = page.get_by_role("button", name="Asking")
    expect(chip).to_contain_text("found for “Schengen”")
    settled(page)
    box = page.get_by_placeholder("Ask the archive")
    box.fill("Who spoke about Schengen?")
    box.press("Enter")
    expect(page.get_by_text("Asked of")).to_be_visible(timeout=60_000)
    settled(page)
    chip.click()
    expect(chip).to_have_count(0)
    # The conversation is still there after another page.
    page.get_by_test_id("stSidebar").get_by_role("link", name="Search").click()
    expect(page.get_by_text("21 articles")).to_be_visible()
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Chat").click()
    expect(page.get_by_text("Asked of")).to_be_visible()


def test_an_article_opens_beside_the_results(page: Page) -> None:
    search(page, "concert hall")
    page.get_by_role("button", name="Paris attacks: over 100 killed").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".stMarkdownColoredBackground").first).to_be_visible()
    settled(page)
    drawer.get_by_role("tab", name="Story · 2").click()
    drawer.locator("[class*=st-key-way-] button:enabled").click()
    # The other article has come, and not only its name in the list: till then Escape would close
    # a drawer that the answer to the click opens again.
    expect(drawer.get_by_role("heading")).to_contain_text("More than 100 dead")
    settled(page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_text("for “concert hall”")).to_be_visible()


def test_a_bad_address_is_explained(
    context: BrowserContext, serve: Serve, sample_home: Path
) -> None:
    page = context.new_page()
    page.goto(f"{serve(sample_home)}/search?q=zxqv&from=soon&page=x&outlet=%3Cb%3E")
    expect(page.get_by_text("Nothing found for “zxqv”.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("“soon” in the address is no date")).to_be_visible()
    expect(page.get_by_text("The archive has no outlet “<b>”")).to_be_visible()


def test_a_narrow_screen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, "border controls")
    assert page.locator("#stMain").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_hostile_titles_are_only_text(
    context: BrowserContext, serve: Serve, hostile_home: Path
) -> None:
    page = context.new_page()
    page.goto(f"{serve(hostile_home)}/search?q=storm+![q](http://evil.example/q.png)")
    expect(results(page)).to_have_count(1, timeout=90_000)
    settled(page)
    assert seen(results(page)) == HOSTILE_TITLE
    results(page).click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("tab").first).to_be_visible()
    settled(page)
    assert HOSTILE_TITLE in seen(drawer)
    for place in (drawer, page.locator("#stMain")):
        markup = "a, img, iframe, svg.x, .katex, pre, code, li, blockquote, h4, h5, h6, table, hr"
        within = place.get_by_test_id("stMarkdown").locator(markup)
        assert within.count() == 0, within.first.evaluate("e => e.outerHTML")
    assert page.evaluate("window.hacked") is None
