"""The evaluation in a real Chromium: one run from beginning to end, on a narrow screen too."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from ui import serving
from ui.axe import findings
from ui.hostile import HOSTILE_QUESTION
from ui.screenshots import settled

from evaluation.kept import kept_runs

pytestmark = pytest.mark.browser

SLOWLY = 240_000  # the models are loaded, on a machine that may run other tests
TEXTS = {
    "ferry": "Ferry sinks\n\nThe ferry Saint Brendan sank off Oban. All 214 were rescued.\n",
    "zoo": "Old elephants\n\nThe zoo at Leith has two elephants. Keepers feed them at noon.\n",
}
QUESTIONS = [
    {
        "qid": "1", "question": "How many of the ferry's passengers were rescued?",
        "answers": ["214"], "gold_doc_ids": ["ferry.txt"], "type": "fact",
    },
    {"qid": "2", "question": "How many elephants has the zoo?", "answers": ["nine"]},
    {"qid": "3", "question": HOSTILE_QUESTION, "answerable": False},
    # So many that none of it is over before a slow browser has stopped it.
    *(
        {"qid": f"{n}", "question": f"Who feeds elephant {n} of the zoo?", "answerable": False}
        for n in range(4, 14)
    ),
]  # fmt: skip


def tab(page: Page, name: str) -> None:
    """Open a part; only the one that is open is drawn, when the server has heard of the click."""
    page.get_by_role("tab", name=name, exact=True).click()
    part = page.get_by_role("tabpanel", name=name, exact=True)
    expect(part.get_by_test_id("stElementContainer").first).to_be_attached()
    settled(page)


@pytest.mark.slow
def test_a_run_is_stopped_goes_on_and_is_read(
    context: BrowserContext, make_archive: Callable[[Path], Path], tmp_path: Path
) -> None:
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.txt").write_text(text)
    home = make_archive(tmp_path)
    with serving.serving(home, log=tmp_path / "log", reader="off") as address:
        page = context.new_page()
        page.goto(f"{address}/evaluation")
        tab(page, "Sets")
        lines = "".join(json.dumps(one) + "\n" for one in QUESTIONS).encode()
        page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(
            [{"name": "mine.jsonl", "mimeType": "application/json", "buffer": lines}]
        )
        keep = page.get_by_role("button", name="Keep this set")
        expect(keep).to_be_visible()
        settled(page)
        keep.click()
        expect(page.get_by_text("Kept as mine.")).to_be_visible()
        settled(page)
        # The set that was kept is the one that is asked.
        tab(page, "Run")
        page.get_by_role("button", name="Ask 13 questions").click()
        job = page.locator("[class*=st-key-run-]").first
        job.get_by_role("button", name="Stop").click()
        expect(job).to_contain_text("Stopped", timeout=SLOWLY)
        # It is there after another page, and goes on.
        page.get_by_test_id("stSidebar").get_by_role("link", name="Settings").click()
        expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
        settled(page)
        page.get_by_test_id("stSidebar").get_by_role("link", name="Evaluation").click()
        expect(job.get_by_role("button", name="Go on")).to_be_visible()
        settled(page)
        job.get_by_role("button", name="Go on").click()
        expect(job).to_contain_text("13 questions asked.", timeout=SLOWLY)
        assert [run.finished for run in kept_runs(home / "runs")] == [True]
        settled(page)
        job.get_by_role("button", name="See the figures").click()
        expect(page.get_by_test_id("stVegaLiteChart").locator("svg").first).to_be_visible()
        settled(page)
        assert findings(page) == []
        page.get_by_role("button", name="Look at them").click()
        opened = page.locator(".st-key-question-open")
        expect(opened).to_contain_text("How many elephants has the zoo?")
        expect(opened).to_contain_text("Any of: nine")
        settled(page)
        assert findings(page) == []
        narrow(page)
        # What a set's author wrote is only text.
        page.get_by_text("Wrong ones only").click()
        expect(page.get_by_text("2 of 13 questions", exact=True)).to_be_visible()
        settled(page)
        page.get_by_role("button", name="Next").click()
        expect(opened).to_contain_text("sank in the storm? <b>x</b> ![q](http:")
        settled(page)
        assert opened.locator("a, img, iframe, b").count() == 0


def narrow(page: Page) -> None:
    """Nothing stands out at the side of a narrow screen, in any part."""
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("Run", "Figures", "Sets", "Questions"):
        tab(page, name)
        assert page.locator("#stMain").evaluate("e => e.scrollWidth <= e.clientWidth"), name
    page.set_viewport_size({"width": 1280, "height": 900})
    settled(page)
