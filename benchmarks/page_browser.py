"""What benchmarks.page does in the browser: visits one after the other, then users all at once."""

import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, Page, async_playwright

from benchmarks._measure import ROOT
from benchmarks.load import resident
from benchmarks.page import Crowd, Server, Shown, Visits, log_faults, lost, serving

_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
_LIMIT = 60.0
"""Seconds within which anything must happen."""
_EVERY = 20.0
"""Seconds between two looks at the server's memory."""
_QUESTIONS = 4
"""Questions of a conversation."""
_CITATIONS, _ANSWERS, _VISITS = 10, 8, 3

_CLOCKS = """
(() => {
  const box = () => document.querySelector('textarea[placeholder="Ask the archive"]');
  const until = (done, began) =>
    new Promise((resolve) => {
      const look = () => {
        if (!done() || began() === undefined) return;
        watch.disconnect();
        resolve(performance.now() - began());
      };
      const watch = new MutationObserver(look);
      watch.observe(document, { subtree: true, childList: true, attributes: true });
      look();
    });
  window.benchUsable = until(() => box() && !box().disabled, () => 0);
  // From the next event of this kind until so many of these are in the page.
  window.benchNext = (kind, selector, count) => {
    let began;
    const set = () => (began ??= performance.now());
    addEventListener(kind, set, { capture: true, once: true });
    window.benchDone = until(
      () => document.querySelectorAll(selector).length >= count,
      () => began,
    );
  };
})();
"""
_EXCHANGE = "[class*=st-key-exchange-]"
_FINISHED = f"{_EXCHANGE}:has([class*=st-key-actions-])"
_QUOTE = "[role=dialog] .stMarkdownColoredBackground"
_MARKER = "a[href^='#source-']"
_SHOWN = f"""
() => [...document.querySelectorAll("{_EXCHANGE}")].map((one) => ({{
  text: one.innerText, done: one.matches("{_FINISHED}"),
}}))
"""
_ALERT = "[data-testid=stException], [data-testid=stAlertContentError]"


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=found, args=_QUIET)
        yield running
        await running.close()


async def _new_page(running: Browser) -> Page:
    # Calm: what browsers spend on movement would be taken from a server on the same machine.
    context = await running.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(_LIMIT * 1000)
    await context.add_init_script(_CLOCKS)
    return await context.new_page()


def _questions() -> list[str]:
    golden = ROOT / "evaluation" / "golden" / "questions.jsonl"
    lines = map(json.loads, golden.read_text(encoding="utf-8").splitlines())
    return [one["question"] for one in lines if not one.get("history")]


# -- What a visitor does ---------------------------------------------------------------------------


async def _seconds(page: Page, promise: str) -> float:
    """Seconds by the page's own clock, once it has them."""
    async with asyncio.timeout(_LIMIT):
        return float(await page.evaluate(f"window.{promise}")) / 1000


async def _go(page: Page, address: str) -> tuple[float, float]:
    """Open the page; seconds until something is painted and until a question can be typed."""
    await page.goto(address)
    usable = await _seconds(page, "benchUsable")
    first = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    return float(await page.evaluate(first)) / 1000, usable


async def _ask(page: Page, question: str) -> None:
    """Send a question; `benchDone` becomes the time until its answer is finished."""
    there = await page.locator(_FINISHED).count()
    box = page.get_by_placeholder("Ask the archive")
    await box.fill(question)
    await _watch(page, "keydown", _FINISHED, there + 1)
    await box.press("Enter")


async def _cite(page: Page, number: int) -> float:
    """Open a citation of those on the page and close it; seconds until its quote was there."""
    markers = page.locator(_MARKER)
    await _watch(page, "click", _QUOTE, 1)
    await markers.nth(number % await markers.count()).click()
    seconds = await _seconds(page, "benchDone")
    await page.keyboard.press("Escape")
    await page.get_by_role("dialog").wait_for(state="hidden")
    return seconds


async def _watch(page: Page, kind: str, selector: str, count: int) -> None:
    await page.evaluate("given => void window.benchNext(...given)", [kind, selector, count])


async def _shown(page: Page) -> list[Shown]:
    return [Shown(**one) for one in await page.evaluate(_SHOWN)]


# -- One after the other ---------------------------------------------------------------------------


async def visit(home: Path, place: Path, *, starts: int) -> Visits:
    """Start the server so often, and on the last one go on as somebody who was here before."""
    found = Visits([], [], [], [], [], [], [], [])
    questions = _questions()
    async with _chromium() as running:
        for start in range(starts):
            with serving(home, place) as server:
                page = await _new_page(running)
                painted, usable = await _go(page, server.address)
                found.started.append(server.started)
                found.painted.append(painted)
                found.usable.append(usable)
                await _ask(page, questions[0])
                found.first_answer.append(await _seconds(page, "benchDone"))
                if start == starts - 1:
                    await _again(page, server.address, questions[1 : _ANSWERS + 1], found)
                await page.context.close()
    return found


async def _again(page: Page, address: str, questions: list[str], found: Visits) -> None:
    for _ in range(_VISITS):
        painted, usable = await _go(page, address)
        found.again_painted.append(painted)
        found.again_usable.append(usable)
    for question in questions:
        await _ask(page, question)
        found.answers.append(await _seconds(page, "benchDone"))
        await asyncio.sleep(1)
    for number in range(_CITATIONS):
        found.citations.append(await _cite(page, number))
        await asyncio.sleep(0.5)


# -- All at once -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _User:
    """One of them: what was asked in the open conversation, and what came of all of it."""

    number: int
    page: Page
    drawn: random.Random
    talk: list[str] = field(default_factory=list)
    asked: int = 0
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    citations: list[float] = field(default_factory=list)
    searches: int = 0
    reloads: int = 0

    async def use(self, address: str, end: float) -> None:
        """Ask and click until the time, by the loop's clock, is up."""
        questions = _questions()
        self.page.on("pageerror", lambda error: self.faults.append(f"in the page: {error}"[:300]))
        try:
            await _go(self.page, address)
            while time.monotonic() < end:
                for question in self.drawn.sample(questions, len(questions)):
                    if time.monotonic() > end:
                        break
                    await self._step(question)
            await self._reload()
        except (Error, TimeoutError) as error:
            said = f"{type(error).__name__} {error}".split("\n")[0]
            self.faults.append(f"user {self.number} was stuck: {said}"[:300])
            await self._reload()

    async def _step(self, question: str) -> None:
        if len(self.talk) == _QUESTIONS:
            await self._reload()
            await self.page.get_by_role("button", name="New conversation").click()
            await self.page.locator(_EXCHANGE).first.wait_for(state="detached")
            self.talk.clear()
        self.asked += 1
        self.talk.append(question)
        await _ask(self.page, question)
        left = self.asked % 3 == self.number % 3
        if left:
            # Not before it was sent: until then it is no question.
            await self.page.locator(_EXCHANGE).nth(len(self.talk) - 1).wait_for()
            await self._search(question)
        seconds = await _seconds(self.page, "benchDone")
        if not left:
            self.answers.append(seconds)
        await self._pause()
        if await self.page.locator(_MARKER).count():
            self.citations.append(await _cite(self.page, self.drawn.randrange(100)))
            await self._pause()
        if self.asked % 3 == (self.number + 1) % 3:
            await self._search(question)
        self.faults += [
            f"on the page: {said}"[:300]
            for said in await self.page.locator(_ALERT).all_inner_texts()
        ]

    async def _search(self, words: str) -> None:
        """Search, look, and come back to the conversation."""
        page = self.page
        await page.get_by_role("link", name="Search").click()
        box = page.get_by_placeholder("Words, names, a question")
        await box.fill(words)
        await box.press("Enter")
        await page.get_by_text("for “").or_(page.get_by_text("Nothing found")).first.wait_for()
        await self._pause()
        await page.get_by_role("link", name="Chat").click()
        await page.locator(_EXCHANGE).nth(len(self.talk) - 1).wait_for()
        self.searches += 1

    async def _reload(self) -> None:
        """Load the page anew; what was asked in this conversation must be there, answered."""
        self.reloads += 1
        gone = list(self.talk)
        try:
            await self.page.reload()
            await self.page.locator(_FINISHED).nth(len(self.talk) - 1).wait_for()
            gone = lost(self.talk, await _shown(self.page))
        except Error as error:
            self.faults.append(f"user {self.number} after a reload: {error}".split("\n")[0][:300])
            gone = lost(self.talk, await _shown(self.page))
        self.lost += gone

    async def _pause(self) -> None:
        await asyncio.sleep(self.drawn.uniform(1, 3))


async def stay(home: Path, place: Path, *, users: int, seconds: float) -> Crowd:
    """All users at once on a server of their own."""
    with serving(home, place) as server:
        async with _chromium() as running:
            pages = [await _new_page(running) for _ in range(users)]
            crowd = [
                _User(number, page, random.Random(number)) for number, page in enumerate(pages)
            ]
            first = await _new_page(running)  # has the models loaded, which visits have measured
            await _go(first, server.address)
            await _ask(first, _questions()[0])
            await _seconds(first, "benchDone")
            await first.context.close()
            memory: list[tuple[float, int]] = []
            watching = asyncio.create_task(_remember(server, memory))
            end = time.monotonic() + seconds
            await asyncio.gather(*(one.use(server.address, end) for one in crowd))
            watching.cancel()
            memory.append((time.monotonic() - end + seconds, resident(server.pid)))
        faults = log_faults(server.log.read_text(encoding="utf-8", errors="replace"))

    def every(name: str) -> list[Any]:
        return [value for one in crowd for value in getattr(one, name)]

    asked, gone = sum(one.asked for one in crowd), every("lost")
    return Crowd(
        users=users,
        seconds=seconds,
        asked=asked,
        finished=asked - len(gone),
        lost=gone,
        page_faults=every("faults"),
        log_faults=faults,
        answers=every("answers"),
        citations=every("citations"),
        searches=sum(one.searches for one in crowd),
        reloads=sum(one.reloads for one in crowd),
        memory=memory,
    )


async def _remember(server: Server, memory: list[tuple[float, int]]) -> None:
    began = time.monotonic()
    while True:
        memory.append((time.monotonic() - began, resident(server.pid)))
        await asyncio.sleep(_EVERY)
