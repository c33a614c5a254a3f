"""Logging in at a provider of our own, in a real Chromium: before it nothing, then one's own."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from servers.openid import Login, OpenIdProvider, Refusal
from ui.axe import findings
from ui.serving import serving

pytestmark = pytest.mark.browser

ADA = Login("ada-1815", {"name": "Ada Lovelace", "email": "ada@example.org"})
GRACE = Login("grace-1906", {"name": "Grace Hopper"})
QUESTION = "How many people died aboard the airliner?"
ADDRESSES = ("/", "/search?q=airliner", "/library", "/evaluation", "/settings")


@dataclass(frozen=True, slots=True)
class Door:
    """A page with a login before it, and who decides about it."""

    address: str
    provider: OpenIdProvider


@pytest.fixture(scope="module")
def door(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("login")
    secrets = folder / "secrets.toml"
    with OpenIdProvider() as provider:
        secrets.write_text(provider.secrets(), encoding="utf-8")
        with serving(sample_home, log=folder / "server.log", secrets=secrets) as address:
            yield Door(address, provider)


@pytest.fixture
def another(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens a page in a browser of its own."""
    opened: list[BrowserContext] = []

    def page() -> Page:
        opened.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        opened[-1].set_default_timeout(60_000)
        return opened[-1].new_page()

    yield page
    for one in opened:
        one.close()


def telling(sample: Path) -> list[bytes]:
    """Words that only the archive can say."""
    said = []
    for file in sample.iterdir():
        head = file.read_text(encoding="utf-8")[:600]
        said += re.findall(r'^(?:title|source):\s*"?([\w ]{8,}?)"?$', head, re.MULTILINE)
        said += re.findall(r'^title:\s*"?([\w ]{12,30})', head, re.MULTILINE)
    assert len(set(said)) > 10
    return [QUESTION.encode(), b"22 articles", *(words.encode() for words in {*said})]


def listen(page: Page) -> list[bytes]:
    """All that the server says to this page from now on."""
    heard: list[bytes] = []

    def take(payload: bytes | str) -> None:
        heard.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", take))
    return heard


def shut(page: Page) -> None:
    """The page to log in, and nothing beside it."""
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    expect(page.get_by_test_id("stChatInput")).to_have_count(0)


def log_in(page: Page, door: Door, login: Login | Refusal) -> None:
    door.provider.answer = login
    page.get_by_role("button", name="Log in").click()


def test_nothing_of_the_archive_comes_before_the_login(
    door: Door, context: BrowserContext, sample: Path
) -> None:
    page, words = context.new_page(), telling(sample)
    heard = listen(page)
    for address in ADDRESSES:
        page.goto(f"{door.address}{address}")
        shut(page)
    assert findings(page) == []
    said = b"".join(heard)
    assert b"Log in" in said
    assert [one for one in words if one in said] == []
    for path in ("/_stcore/metrics", "/_stcore/host-config", "/media/0", "/app/static/app.py"):
        body = context.request.get(f"{door.address}{path}").body()
        assert [one for one in words if one in body] == []
    # And it is what was asked for that comes after it, with words that were looked for above.
    page.goto(f"{door.address}/search?q=airliner")
    log_in(page, door, ADA)
    expect(page.get_by_role("heading", name="Search").first).to_be_visible()
    expect(page).to_have_url(f"{door.address}/search?q=airliner")
    expect(page.get_by_test_id("stSidebar")).to_contain_text("22 articles")
    after = b"".join(heard)
    assert [one for one in words if one in after]


@pytest.mark.slow
def test_a_conversation_belongs_to_its_login(door: Door, another: Callable[[], Page]) -> None:
    page = another()
    page.goto(door.address)
    shut(page)
    log_in(page, door, ADA)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Ada Lovelace")
    box = page.get_by_placeholder("Ask the archive")
    box.fill(QUESTION)
    box.press("Enter")
    talk = "[class*=st-key-talk-]"
    expect(page.locator(talk).get_by_text(QUESTION)).to_be_visible()
    page.wait_for_url("**/?conversation=*")
    conversation = page.url
    # Ada at another browser, who is let in at the place that she asked for.
    elsewhere = another()
    elsewhere.goto(conversation)
    shut(elsewhere)
    expect(elsewhere.get_by_text(QUESTION)).to_have_count(0)
    log_in(elsewhere, door, ADA)
    expect(elsewhere.get_by_test_id("stChatMessage").first).to_contain_text(QUESTION)
    expect(elsewhere.locator(talk).get_by_text(QUESTION)).to_be_visible()
    # Grace, at her own.
    grace = another()
    grace.goto(conversation)
    log_in(grace, door, GRACE)
    expect(grace.get_by_text("This conversation is not here")).to_be_visible()
    expect(grace.get_by_test_id("stSidebar")).to_contain_text("Grace Hopper")
    expect(grace.get_by_text(QUESTION)).to_have_count(0)
    # Ada leaves, and Grace comes to the same browser.
    page.get_by_role("button", name="Log out").click()
    shut(page)
    assert "/leave" in door.provider.asked
    page.goto(conversation)
    shut(page)
    log_in(page, door, GRACE)
    expect(page.get_by_text("This conversation is not here")).to_be_visible()
    expect(page.get_by_text(QUESTION)).to_have_count(0)


@pytest.mark.slow
def test_who_is_refused_is_told_and_a_name_is_only_text(
    door: Door, context: BrowserContext
) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{door.address}/settings")
    shut(page)
    told = page.get_by_text("The login was refused or not finished")
    expect(told).to_have_count(0)
    for answer in (Refusal(), Login("ada-1815", {"name": "Ada Lovelace"}, forged=True)):
        before = door.provider.asked.count("/authorize")
        log_in(page, door, answer)
        page.wait_for_url(f"{door.address}/")
        expect(told).to_be_visible()
        shut(page)
        assert door.provider.asked.count("/authorize") == before + 1
        assert not [one for one in context.cookies() if one["name"] == "_streamlit_user"]
        page.goto(f"{door.address}/settings")
        expect(told).to_be_visible()
    assert findings(page) == []
    called = "<img src=x onerror=alert(1)> [Eve](https://evil.example) *a*"
    log_in(page, door, Login("eve", {"name": called}))
    expect(page.get_by_role("heading", name="Settings").first).to_be_visible()
    shown = page.locator(".st-key-login").get_by_test_id("stMarkdown")
    assert called in shown.inner_text().replace("\u2060", "")
    expect(shown.locator("img, a, em")).to_have_count(0)
