"""Archives to show, and a browser to show them in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Browser, BrowserContext, expect
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.util import patch_config_options
from ui import serving
from ui.driving import APP, Open, checked
from ui.hostile import ATTACKS, HOSTILE_OUTLET, HOSTILE_SENTENCE, HOSTILE_TITLE

from corpus import Article
from rag import Archive
from rag.embedder import OnnxEmbedder

REQUIRED = os.environ.get("DOSSIER_REQUIRE_BROWSER") == "1"  # gone from the tests' environment


@pytest.fixture(autouse=True)
def no_secrets() -> Iterator[None]:
    """A developer's own .streamlit/secrets.toml reaches no test."""
    with patch_config_options({"secrets.files": []}):
        yield


@pytest.fixture
def loaded_embedder(monkeypatch: pytest.MonkeyPatch, embedder: OnnxEmbedder) -> None:
    """The page's archive takes the embedder that the tests share."""
    monkeypatch.setattr("rag.embedder.load_embedder", lambda report=None: embedder)


@pytest.fixture
def no_cache_left() -> Iterator[None]:
    """Streamlit's caches outlive a test."""
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """A page (the chat) on the archive at a place, run once; parameters of its address by name."""

    def opened(home: Path, page: str = "", /, **params: str | list[str]) -> AppTest:
        monkeypatch.setenv("DOSSIER_HOME", str(home))
        monkeypatch.setenv("DOSSIER_LLM", "off")
        shown = checked(AppTest.from_file(str(APP), default_timeout=120).run())
        if page:
            for name, value in params.items():
                shown.query_params[name] = value
            checked(shown.switch_page(f"app_pages/{page}.py").run())
        return shown

    return opened


@pytest.fixture(scope="session")
def make_archive(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder
) -> Callable[[Path], Path]:
    """Makes an archive of a folder of articles; its home."""

    def make(articles: Path) -> Path:
        home = tmp_path_factory.mktemp("archive") / "home"
        with Archive.open(home, embedder=embedder) as archive:
            archive.ingest(articles)
        return home

    return make


@pytest.fixture(scope="session")
def sample_home(make_archive: Callable[[Path], Path], sample: Path) -> Path:
    """An archive of the demo corpus."""
    return make_archive(sample)


@pytest.fixture(scope="session")
def hostile_home(
    make_archive: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An archive of one article that tries everything."""
    body = f"{HOSTILE_SENTENCE} The coast guard searched until the evening."
    text = "\n\n".join([HOSTILE_TITLE, body, *ATTACKS])
    article = Article(
        text=text,
        body_start=text.index(body),
        title=HOSTILE_TITLE,
        source=HOSTILE_OUTLET,
        authors=("<i>Eve</i> [Mallory](http://evil.example/author)",),
        published=date(2015, 11, 17),
        url="javascript:window.hacked=10",
    )
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "storm.txt").write_text("Read as the article above.", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        # Past the readers, whose cleaning would take most of it away.
        patched.setattr("corpus.worker.parse", lambda stream, **_: iter([article]))
        return make_archive(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium; without one the test is skipped, or fails where one is required.

    Closed after each file: an event loop runs as long as it is open, and other tests start theirs.
    """
    if serving.chromium() is None and not REQUIRED:
        pytest.skip("there is no chromium here")
    # The first answer waits for the models to be loaded, on a machine that runs other tests.
    expect.set_options(timeout=60_000)
    with serving.browser() as running:
        yield running


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts the page on an archive, once for each; its address."""
    started: dict[Path, str] = {}
    with ExitStack() as servers:

        def start(home: Path) -> str:
            if home not in started:
                log = tmp_path_factory.mktemp("log") / "server.log"
                started[home] = servers.enter_context(serving.serving(home, log=log))
            return started[home]

        yield start


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor who reaches nothing but this machine, opened no dialog and saw no error."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened.set_default_timeout(60_000)
    left: list[str] = []
    surprises: list[str] = []

    def guard(route, request) -> None:
        if request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            route.continue_()
        else:
            left.append(request.url)
            route.abort()

    opened.route("**/*", guard)
    opened.on("dialog", lambda dialog: (surprises.append(dialog.message), dialog.dismiss()))
    opened.on("weberror", lambda error: surprises.append(str(error.error)))
    yield opened
    opened.close()
    assert left == [], "requests that left this machine"
    assert surprises == []
