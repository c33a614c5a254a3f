"""The chat page in a real Chromium, served as users serve it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from ui.hostile import ATTACKS, HOSTILE_OUTLET, HOSTILE_QUESTION, HOSTILE_SENTENCE, HOSTILE_TITLE
from ui.screenshots import ask, open_source, settled

pytestmark = pytest.mark.browser

QUESTION = "How many people died aboard the airliner?"
DISPUTED = "How many people were killed in the Paris attacks?"
Serve = Callable[[Path], str]


@pytest.fixture
def page(context: BrowserContext, serve: Serve, sample_home: Path) -> Page:
    """The page on the demo corpus."""
    opened = context.new_page()
    opened.goto(serve(sample_home))
    expect(opened.get_by_text("What would you like to know?")).to_be_visible()
    settled(opened)
    return opened


def answer(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessage").last


def markers(page: Page) -> Locator:
    return answer(page).locator("a[href^='#source-']")


def seen(place: Locator) -> str:
    """The text that a reader sees, without the joiners that have no width."""
    return place.inner_text().replace("\u2060", "").replace("\u00a0", " ")


def close_drawer(page: Page) -> None:
    settled(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_ask_and_open_a_citation(page: Page) -> None:
    ask(page, QUESTION)
    expect(answer(page)).to_contain_text("224")
    open_source(page)
    drawer = page.get_by_role("dialog")
    quote = drawer.locator(".stMarkdownColoredBackground").first
    expect(quote).to_be_visible()
    assert "224" in seen(quote)
    assert re.search(r"\w+ \w+ · \d+ November 2015", seen(drawer))
    # The whole article, at the same words.
    drawer.get_by_text("Whole article").click()
    whole = drawer.get_by_test_id("stExpander")
    expect(whole.locator(".stMarkdownColoredBackground").first).to_be_in_viewport()
    assert seen(whole.locator(".stMarkdownColoredBackground").first) == seen(quote)
    close_drawer(page)
    expect(answer(page)).to_contain_text("224")


def test_a_number_in_the_text_opens_its_source_and_moves_nothing(page: Page) -> None:
    ask(page, QUESTION)  # what is drawn before another answer must not break its links
    ask(page, DISPUTED)
    expect(page).to_have_url(re.compile(r"\?conversation="))
    address, second = page.url, markers(page).filter(has_text=re.compile("^2$")).first
    place = "document.getElementById('stMain').scrollTop"
    before = page.evaluate(place)
    second.focus()  # by the keyboard, as by the mouse
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    original = drawer.get_by_role("link").first
    assert re.match(r"https://[\w-]+\.example/", original.get_attribute("href") or "")
    row = answer(page).locator("[class*=st-key-source-]").nth(1).locator("xpath=../..")
    expect(drawer).to_contain_text(seen(row).split("\n")[1])
    close_drawer(page)
    settled(page)
    assert page.evaluate(place) == before
    expect(page).to_have_url(address)


def test_a_conversation_is_kept_for_its_browser_alone(
    page: Page, context: BrowserContext, browser: Browser
) -> None:
    ask(page, QUESTION)
    ask(page, "And who claimed it?")
    expect(answer(page)).to_contain_text("Understood as")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    # What was just asked is at the top of the screen, and its answer below it.
    expect(page.get_by_test_id("stChatMessage").nth(2)).to_be_in_viewport()
    page.reload()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    settled(page)
    second = context.new_page()
    second.goto(f"{page.url}&answer=1")
    expect(second.get_by_text("Answer 1 of 2 answers.")).to_be_visible()
    expect(second.get_by_test_id("stChatMessage")).to_have_count(2)
    other = browser.new_context()
    other.set_default_timeout(60_000)
    stranger = other.new_page()
    stranger.goto(page.url)
    expect(stranger.get_by_text("This conversation is not here")).to_be_visible()
    expect(stranger.get_by_test_id("stChatMessage")).to_have_count(0)
    [cookie] = [one for one in context.cookies() if one["name"] == "dossier_browser"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    other.close()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    settled(page)
    page.locator("[class*=st-key-talk-]").get_by_role("button", name=QUESTION).click()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_an_answer_survives_leaving_the_page_and_a_reload(page: Page) -> None:
    box = page.get_by_placeholder("Ask the archive")
    box.fill(DISPUTED)
    box.press("Enter")
    expect(page.get_by_test_id("stChatMessage").first).to_contain_text(DISPUTED)
    page.get_by_role("link", name="Settings").click()  # while it is being made
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.get_by_role("link", name="Chat").click()
    expect(answer(page)).to_contain_text("Sources")
    settled(page)
    # And a reload in the middle of another one.
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.get_by_test_id("stChatMessage").nth(2)).to_contain_text(QUESTION)
    page.reload()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    expect(answer(page)).to_contain_text("Sources")
    expect(answer(page)).to_contain_text("224")
    expect(page.get_by_text("Broken off")).to_have_count(0)


def test_taking_an_answer_along(page: Page, context: BrowserContext) -> None:
    ask(page, QUESTION)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    read = "navigator.clipboard.readText()"
    answer(page).get_by_role("link", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert "[1]" in page.evaluate(read)
    assert "224" in page.evaluate(read)
    answer(page).get_by_role("link", name="Link").click()
    page.wait_for_function(f"{read}.then(text => text.startsWith('http://127.0.0.1'))")
    assert page.evaluate(read) == f"{page.url}&answer=1"
    page.get_by_role("button", name="Export").click()  # it stays open
    for form, held in (
        ("Markdown", "# How many people died"),
        ("Page to print", "<!doctype html>"),
        ("JSON", '"exchanges"'),
    ):
        with page.expect_download() as loading:
            page.get_by_role("button", name=form).click()
        assert loading.value.suggested_filename.startswith("How-many-people-died")
        assert held.lower() in Path(loading.value.path()).read_text(encoding="utf-8").lower()


def test_the_keyboard_is_enough(page: Page) -> None:
    suggestion = page.get_by_text("What is reported about …").locator("xpath=following::button[1]")
    expect(suggestion).to_have_text(re.compile(r"\w"))
    title = seen(suggestion)
    suggestion.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"What is reported about “{title}”?", exact=True)).to_be_visible()
    expect(answer(page)).to_contain_text("Sources")
    settled(page)
    answer(page).locator("[class*=st-key-source-]").get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    close_drawer(page)


def test_not_found(page: Page) -> None:
    ask(page, "Who won the 2018 World Cup?")
    expect(answer(page)).to_contain_text("The archive does not answer this.")
    expect(answer(page)).to_contain_text("It covers 22 articles, 1 to 22 November 2015.")
    answer(page).get_by_role("button", name="Read").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Whole article")


def test_a_narrow_screen_and_a_large_one_at_twice_the_size(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, DISPUTED)
    # A long answer is read from its beginning.
    expect(page.get_by_test_id("stChatMessage").first).to_be_in_viewport()
    open_source(page)
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".stMarkdownColoredBackground").first).to_be_in_viewport()
    for place in (page.locator("#stMain"), drawer):
        assert place.evaluate("e => e.scrollWidth <= e.clientWidth")
    close_drawer(page)
    # 1280 by 900 at 200 % is 640 by 450 of the page's own pixels.
    page.set_viewport_size({"width": 640, "height": 450})
    settled(page)
    assert page.locator("#stMain").evaluate("e => e.scrollWidth <= e.clientWidth")
    expect(page.get_by_placeholder("Ask the archive")).to_be_in_viewport()


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
    expect(box).to_be_enabled()
    settled(page)
    box.fill(HOSTILE_QUESTION)
    box.press("Enter")
    expect(answer(page)).to_contain_text("37 fishing boats")
    expect(answer(page)).to_contain_text("Sources")
    settled(page)
    first = page.get_by_test_id("stChatMessage").first.get_by_test_id("stMarkdown").first
    assert seen(first).endswith(HOSTILE_QUESTION)
    assert HOSTILE_SENTENCE.split("[1]")[0] in seen(answer(page))
    open_source(page)
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Whole article").click()
    shown = drawer.get_by_test_id("stExpander")
    expect(shown).to_contain_text("The coast guard searched")
    settled(page)
    assert HOSTILE_TITLE in seen(drawer)
    assert f"{HOSTILE_OUTLET} · 17 November 2015 · <i>Eve</i> [Mallory](" in seen(drawer)
    assert HOSTILE_SENTENCE in seen(drawer).replace(" 1 ", " ")
    lines = seen(shown).split("\n")
    assert [line for line in ATTACKS if line not in lines] == []
    # Nothing in it became an element, nothing ran; `context` sees that nothing was fetched.
    for place in (drawer, page.locator("#stMain")):
        markup = (
            "a:not([href^='#source-']), img, iframe, svg.x, .katex, pre, code, li, blockquote,"
            " h4, h5, h6, table, hr"
        )
        within = place.get_by_test_id("stMarkdown").locator(markup)
        assert within.count() == 0, within.first.evaluate("e => e.outerHTML")
    assert page.evaluate("window.hacked") is None
    assert drawer.get_by_role("link").count() == 0
