"""Driving a page without a browser."""

from pathlib import Path
from typing import Protocol

from streamlit.testing.v1 import AppTest
from ui.test_view import plain

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
