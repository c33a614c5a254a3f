"""What axe-core finds on each page, in both themes: nothing serious that is ours."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from ui.axe import findings
from ui.screenshots import ask, open_source, settled

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def page(
    context, request: pytest.FixtureRequest, serve: Callable[[Path], str], sample_home: Path
) -> Page:
    """The chat on the demo corpus, in a theme."""
    opened = context.new_page()
    opened.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    opened.goto(serve(sample_home))
    return opened


def test_nothing_serious_keeps_anybody_out(page: Page) -> None:
    found: dict[str, list[str]] = {}
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    settled(page)
    found["new"] = findings(page)
    ask(page, "How many people were killed in the Paris attacks?")
    found["answered"] = findings(page)
    open_source(page)
    found["source"] = findings(page)
    base = page.url.split("?")[0]
    for name, place, shown in (
        ("search", "search?q=border+controls", "Search"),
        ("library", "library", "Library"),
        ("evaluation", "evaluation", "Evaluation"),
        ("settings", "settings", "Settings"),
    ):
        page.goto(f"{base}{place}")
        expect(page.get_by_role("heading", name=shown).first).to_be_visible()
        settled(page)
        found[name] = findings(page)
    assert {name: lines for name, lines in found.items() if lines} == {}
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\">')")
    assert [line.split()[0] for line in findings(page)] == ["image-alt"]  # it does look
