"""Driving a page without a browser."""

import os
from pathlib import Path
from typing import Protocol

from streamlit.testing.v1 import AppTest
from ui.test_view import plain

from app_pages._asking import _answerings
from rag.conversations import EVERYBODY, Conversation, Conversations

APP = Path(__file__).parents[2] / "app.py"


class Open(Protocol):
    """Opens a page on the archive at a place."""

    def __call__(self, home: Path, page: str = "", /, **params: str | list[str]) -> AppTest: ...


def checked(page: AppTest) -> AppTest:
    """The page, which met no exception."""
    assert not page.exception, page.exception
    return page


def texts(page: AppTest) -> str:
    """Everything that the page says, as a reader sees it."""
    elements = (
        *page.main.markdown,
        *page.main.caption,
        *page.main.header,
        *page.main.subheader,
        *page.main.error,
    )
    return plain("\n".join(str(element.value) for element in elements))


def button(page: AppTest, label: str) -> object:
    """The button that a reader sees this label on."""
    return next(b for b in page.button if plain(b.label) == label)


def ask(page: AppTest, question: str) -> AppTest:
    """The page once the question has been answered."""
    return answered(checked(page.chat_input[0].set_value(question).run()))


def answered(page: AppTest) -> AppTest:
    """The page once nothing is being answered any more."""
    home = Path(os.environ["DOSSIER_HOME"]).resolve()
    for it in list(_answerings(str(home))._known.values()):
        assert it.wait(120)
    return checked(page.run())


def kept(home: Path) -> Conversation:
    """The conversation that was changed last, whose ever it is."""
    talks = Conversations(home / "conversations.db")
    try:
        return talks.read(talks.of(EVERYBODY)[0].id, owner=EVERYBODY)
    finally:
        talks.close()
