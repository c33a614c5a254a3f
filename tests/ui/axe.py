"""What keeps people out of a page, as axe-core finds it."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

KNOWN: dict[tuple[str, str], str] = {}
"""Findings in Streamlit's own widgets that no page can mend: rule and a part of the element's
HTML, with why it is let stand."""


def findings(page: Page) -> list[str]:
    """Serious and critical ones that are not known, a line each."""
    page.evaluate(SCRIPT)
    found: dict[str, Any] = page.evaluate(
        "axe.run(document, { resultTypes: ['violations'], runOnly:"
        " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:300]} — {node.get('failureSummary', '')}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
        if not any(rule["id"] == known and part in node["html"] for known, part in KNOWN)
    ]
