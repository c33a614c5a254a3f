"""Pictures of the pages, taken from the running page on the demo corpus.

python tests/ui/screenshots.py OUT           every state, light and dark, 1440 and 390 px wide
python tests/ui/screenshots.py --docs docs   the four that the README shows
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

# The project first: tests/rag is no package, and is taken for one where nothing else is called rag.
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

from servers.openid import Login, OpenIdProvider
from servers.scripted import Reply, ScriptedServer
from serving import ROOT, browser, serving

from evaluation.runs import run_dataset
from evaluation.sets import add_question, question_sets
from rag import Archive, load_settings

QUESTION = "How many people died aboard the airliner?"
FOLLOW_UP = "And who claimed it?"
DISPUTED = "How many people were killed in the Paris attacks?"
UNANSWERED = "Who won the 2018 World Cup?"
AT_HAND = """() => {
    const [key, state] = (window.dossierHand?.top ?? "").split(" ");
    const last = [...document.querySelectorAll("[class*=st-key-exchange-]")].at(-1);
    return state === "there" && last?.classList.contains(`st-key-${key}`);
}"""
"""Whether the page's own script knows that the last answer is there: it moves the question to the
top of the screen, and makes the links below it work."""
States = dict[str, Callable[[Page], None]]
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
LONG = 120_000
"""Milliseconds within which a page is drawn, its models loaded, on a machine that does more."""


def main() -> None:
    """Take what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, help="folder for the pictures")
    parser.add_argument("--docs", type=Path, help="folder for the README's pictures")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, browser() as running:
        work = Path(temporary)
        with Archive.open(work / "sample") as archive:
            archive.ingest(ROOT / "corpus" / "sample")
        if given.docs:
            make_runs(work / "sample")
            with serving(work / "sample", log=work / "log") as address:
                for name, (path, height, reach) in IN_README.items():
                    with opened(running, f"{address}/{path}", "light", (1440, height)) as page:
                        reach(page)
                        page.screenshot(path=given.docs / f"{name}.png")
        if out := given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            with serving(work / "sample", log=work / "log") as address:
                pictures(running, address, given.out, SAMPLE_STATES)
            with serving(work / "sample", log=work / "log", llm="auto") as address:
                pictures(running, f"{address}/settings", given.out, {"settings": settings})
            with serving(work / "sample", log=work / "log", library="read-only") as address:
                pictures(running, f"{address}/library", given.out, {"read-only": library})
            with serving(work / "sample", log=work / "log") as address:
                for path, states in OTHER_PAGES.items():
                    pictures(running, f"{address}/{path}", given.out, states)
            if not given.docs:
                make_runs(work / "sample")
            with serving(work / "sample", log=work / "log") as address:
                pictures(running, f"{address}/evaluation", given.out, EVALUATION_STATES)
            with ScriptedServer(default=Reply(WRITTEN * 3, delay=0.05)) as model:
                llm = {"llm": "auto", "openai_base_url": model.base_url, "openai_model": "m"}
                with serving(work / "sample", log=work / "log", **llm) as address:
                    states = {"writing": being_written, "stopped": stopped}
                    pictures(running, address, out, states)
            with ScriptedServer(default=Reply(WRITTEN)) as model:
                llm = {"llm": "auto", "openai_base_url": model.base_url, "openai_model": "m"}
                with serving(work / "sample", log=work / "log", **llm) as address:
                    pictures(running, address, out, {"written": unconfirmed})
            secrets = work / "secrets.toml"
            with OpenIdProvider(Login("ada", {"name": "Ada Lovelace"})) as provider:
                secrets.write_text(provider.secrets())
                with serving(work / "sample", log=work / "log", secrets=secrets) as address:
                    pictures(running, address, out, {"login": login, "logged-in": logged_in})
                secrets.write_text("[auth]\n")
                with serving(work / "sample", log=work / "log", secrets=secrets) as address:
                    pictures(running, address, out, {"no-login": no_login})
            with serving(work / "none", log=work / "log") as address:
                pictures(running, address, given.out, {"empty": empty})
            with serving(work / "sample", log=work / "log", passages="0") as address:
                pictures(running, address, given.out, {"error": error})


def pictures(running: Browser, address: str, out: Path, states: States) -> None:
    """Every state in both themes and widths."""
    for scheme in ("light", "dark"):
        for width, size in SIZES.items():
            for name, reach in states.items():
                with opened(running, address, scheme, size) as page:
                    reach(page)
                    page.screenshot(path=out / f"{name}-{scheme}-{width}.png")


@contextmanager
def opened(running: Browser, address: str, scheme: str, size: tuple[int, int]) -> Iterator[Page]:
    """The page in a session of its own."""
    context = running.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer is complete and its links can be used."""
    settled(page)
    box = page.get_by_placeholder("Ask the archive")
    box.fill(question)
    box.press("Enter")
    expect(
        page.get_by_test_id("stChatMessage").get_by_text(question, exact=True).last
    ).to_be_visible()
    answer = page.get_by_test_id("stChatMessage").last
    expect(answer.locator("[class*=st-key-actions-]")).to_be_attached(timeout=LONG)
    page.wait_for_function(AT_HAND)
    settled(page)


def open_source(page: Page) -> None:
    """Open the first source of the last answer."""
    last = page.get_by_test_id("stChatMessage").last
    last.locator("[class*=st-key-source-]").get_by_role("button").first.click()
    expect(page.get_by_role("dialog").get_by_text("Whole article")).to_be_visible(timeout=LONG)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the server has nothing more to send and nothing is on the move.

    It does not wait for what a click has only just asked the server for: wait for a first sign of
    that before.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", "notRunning", timeout=LONG
    )
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=LONG)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LONG)
    page.wait_for_function("document.fonts.status === 'loaded'")
    # What sizes or scrolls itself by what is around it does so in the next frame.
    page.wait_for_function(
        "new Promise(go => requestAnimationFrame(() => requestAnimationFrame(() => go(true))))"
    )
    page.wait_for_function("document.getAnimations().every(a => a.playState !== 'running')")


def new(page: Page) -> None:
    """Nothing asked yet."""
    expect(page.get_by_text("What would you like to know?")).to_be_visible(timeout=30_000)
    settled(page)


def answered(page: Page) -> None:
    """A question with its answer."""
    new(page)
    ask(page, QUESTION)


def figures_differ(page: Page) -> None:
    """An answer to which articles give different figures."""
    new(page)
    ask(page, DISPUTED)


def citation_open(page: Page) -> None:
    """The first source opened."""
    answered(page)
    open_source(page)


def follow_up(page: Page) -> None:
    """A second question that refers to the first."""
    answered(page)
    ask(page, FOLLOW_UP)


def article(page: Page) -> None:
    """The whole article of the first source."""
    citation_open(page)
    page.get_by_role("dialog").get_by_text("Whole article").click()
    settled(page)


def trace(page: Page) -> None:
    """How an answer was found, and what can be done with it."""
    answered(page)
    last = page.get_by_test_id("stChatMessage").last
    last.locator("[class*=st-key-trace-] summary").click()
    expect(last.get_by_text("Why not this article?").first).to_be_visible(timeout=30_000)
    settled(page)
    last.locator("[class*=st-key-actions-]").scroll_into_view_if_needed()


def editing(page: Page) -> None:
    """A question of two that is asked otherwise."""
    follow_up(page)
    page.locator("[class*=st-key-edit-]").get_by_role("button").first.click()
    expect(page.get_by_text("that came after it")).to_be_visible(timeout=30_000)
    settled(page)
    page.get_by_text("that came after it").scroll_into_view_if_needed()


def long_conversation(page: Page) -> None:
    """A conversation of many questions, the last of which was just answered."""
    new(page)
    for question in (QUESTION, DISPUTED, UNANSWERED, "What was reported about Schengen?"):
        ask(page, question)


def being_written(page: Page) -> None:
    """A language model's answer on its way."""
    new(page)
    box = page.get_by_placeholder("Ask the archive")
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.get_by_test_id("stChatMessage").last).to_contain_text("224", timeout=60_000)


def stopped(page: Page) -> None:
    """The same, stopped."""
    being_written(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Stopped before")).to_be_visible(timeout=30_000)
    settled(page)


def unconfirmed(page: Page) -> None:
    """What a language model wrote, not all of which was confirmed."""
    answered(page)


def not_found(page: Page) -> None:
    """A question that the archive does not answer, its first nearest passage open."""
    new(page)
    ask(page, UNANSWERED)
    open_source(page)


def empty(page: Page) -> None:
    """No archive."""
    expect(page.get_by_text("No articles yet")).to_be_visible(timeout=30_000)
    settled(page)


def error(page: Page) -> None:
    """Settings that cannot be used."""
    expect(page.get_by_text("The archive cannot be read")).to_be_visible(timeout=30_000)
    settled(page)


def login(page: Page) -> None:
    """What a visitor sees who is not logged in."""
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=30_000)
    settled(page)


def logged_in(page: Page) -> None:
    """The chat of somebody who is, and the sidebar that says so."""
    login(page)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("What would you like to know?")).to_be_visible(timeout=30_000)
    settled(page)
    if page.get_by_test_id("stExpandSidebarButton").is_visible():
        page.get_by_test_id("stExpandSidebarButton").click()
        settled(page)


def no_login(page: Page) -> None:
    """A login that is asked for and is not set up."""
    expect(page.get_by_text("Nobody can log in yet")).to_be_visible(timeout=30_000)
    settled(page)


# The other pages


def search(page: Page) -> None:
    """Results, or that there are none."""
    expect(page.get_by_role("heading", name="Search")).to_be_visible(timeout=60_000)
    settled(page)


def search_days(page: Page) -> None:
    """The histogram."""
    search(page)
    page.get_by_role("button", name="Date").click()
    expect(page.get_by_test_id("stVegaLiteChart").locator("svg")).to_be_visible(timeout=30_000)
    settled(page)


def search_article(page: Page) -> None:
    """An article beside its results."""
    search(page)
    page.locator("[class*=st-key-open-] button").first.click()
    expect(page.get_by_role("dialog").get_by_role("tab").first).to_be_visible(timeout=30_000)
    settled(page)


def ask_about(page: Page) -> None:
    """The chat with a part of the archive to ask."""
    search(page)
    page.get_by_role("button", name="Ask about these").click()
    new(page)


def library(page: Page) -> None:
    """The table of articles."""
    expect(page.get_by_test_id("stDataFrame")).to_be_visible(timeout=60_000)
    settled(page)


def library_add(page: Page) -> None:
    """Where articles are added."""
    library(page)
    page.get_by_role("tab", name="Add").click()
    settled(page)


def library_added(page: Page) -> None:
    """A file that was read and one that was not."""
    library_add(page)
    story = b"Harbour opens\n\nThe new harbour of Leros opened on Tuesday, the mayor said.\n"
    page.get_by_test_id("stFileUploaderDropzone").locator("input").set_input_files(
        [
            {"name": "harbour.txt", "mimeType": "text/plain", "buffer": story},
            {"name": "cut-short.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"},
        ]
    )
    page.get_by_role("button", name="Add 2 files").click()
    job = page.locator("[class*=st-key-job-]").first
    expect(job).to_contain_text("The archive holds", timeout=120_000)
    settled(page)
    job.scroll_into_view_if_needed()


def library_index(page: Page) -> None:
    """The states, the check, the room it takes."""
    library(page)
    page.get_by_role("tab", name="Index").click()
    settled(page)


def settings(page: Page) -> None:
    """The settings."""
    expect(page.get_by_role("heading", name="Models on this machine")).to_be_visible(timeout=60_000)
    settled(page)


def make_runs(home: Path) -> None:
    """Two runs of some golden questions, and two questions of one's own."""
    runs = home / "runs"
    with Archive.open(settings=load_settings(home=home, llm="off")) as archive:
        [golden] = question_sets(home / "questions")
        every = golden.load(own_articles=False)
        some = replace(every, questions=every.questions[::4])
        for system in ("bm25", "dossier"):
            run_dataset(
                some, archive.settings, home=runs, runs=runs, archive=archive, system=system
            )
    add_question(home / "questions", "Who owns the harbour of Leros?", answers=["the city"])
    add_question(home / "questions", "Which ship won the regatta?", answerable=False)


def evaluation(part: str) -> Callable[[Page], None]:
    """A part of the evaluation."""

    def reach(page: Page) -> None:
        page.get_by_role("tab", name=part, exact=True).click(timeout=60_000)
        settled(page)

    return reach


def evaluation_wrong(page: Page) -> None:
    """A question that was not answered rightly."""
    evaluation("Questions")(page)
    page.get_by_text("Wrong ones only").click()
    settled(page)


EVALUATION_STATES: States = {
    **{
        f"evaluation-{part.lower()}": evaluation(part)
        for part in ("Run", "Figures", "Compare", "Sets")
    },
    "evaluation-wrong": evaluation_wrong,
}
IN_README: dict[str, tuple[str, int, Callable[[Page], None]]] = {
    "chat": ("", 800, citation_open),
    "search": ("search?q=border+controls", 800, search_days),
    "library": ("library", 800, library),
    "evaluation": ("evaluation", 1180, evaluation("Figures")),
}
OTHER_PAGES: dict[str, States] = {
    "search": {"search-all": search},
    "search?q=border+controls": {"search": search, "search-days": search_days},
    "search?q=concert+hall": {"search-article": search_article, "ask-about": ask_about},
    "search?q=attacks&outlet=Eastern+Ledger&from=2015-11-16&page=9": {"search-filtered": search},
    "search?q=zxqv&from=soon": {"search-none": search},
    "library": {
        "library": library,
        "library-add": library_add,
        "library-added": library_added,
        "library-index": library_index,
    },
}

SAMPLE_STATES = {
    "new": new,
    "answered": answered,
    "figures": figures_differ,
    "citation": citation_open,
    "follow-up": follow_up,
    "article": article,
    "not-found": not_found,
    "trace": trace,
    "editing": editing,
    "long": long_conversation,
}

WRITTEN = (
    "All 224 people aboard the airliner died [1]. "
    "The crash happened over Sinai in October 2015 [2]. "
    "It was brought down by a bomb, Russia said [3]. "
    "In all 999 rescuers came [1]. "
    "Kogalymavia had warned of it the week before [2]. "
)
"""What the model of the pictures writes: true, and not."""

if __name__ == "__main__":
    main()
