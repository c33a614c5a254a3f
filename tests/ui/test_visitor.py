"""Whose conversations are shown, and the cookie that tells browsers apart."""

import asyncio
import re
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from ui.driving import checked

from app_pages._visitor import COOKIE, GivesCookie, owner

TOKEN = "a" * 42 + "_"


def given(*, kind: bytes = b"text/html; charset=utf-8", cookie: str = "", **scope: str) -> str:
    """The cookie that goes with one answer; "" for none."""
    sent: list[dict[str, Any]] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "headers": [(b"content-type", kind)]})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    asked = {"type": "http", "scheme": "http", "headers": headers} | scope
    asyncio.run(GivesCookie(page)(asked, None, send))  # type: ignore[arg-type]
    [start] = sent
    return dict(start["headers"]).get(b"set-cookie", b"").decode()


def test_with_the_page_a_browser_gets_a_cookie_of_its_own() -> None:
    first = re.fullmatch(
        rf"{COOKIE}=([\w-]{{43}}); Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000", given()
    )
    assert first
    assert first[1] not in given()
    assert given(scheme="https").endswith("; Secure")


@pytest.mark.parametrize("kind", [b"text/javascript", b"application/json"])
def test_what_the_page_loads_gives_none(kind: bytes) -> None:
    assert given(kind=kind) == ""


def test_who_has_one_keeps_it_and_no_other_text_gets_in() -> None:
    assert given(cookie=f"x=1; {COOKIE}={TOKEN}").startswith(f"{COOKIE}={TOKEN};")
    assert "evil" not in given(cookie=f"{COOKIE}=evil\r\nX: y")


def test_a_websocket_passes() -> None:
    passed = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    asyncio.run(GivesCookie(app)({"type": "websocket"}, None, None))  # type: ignore[arg-type]
    assert passed == ["websocket"]


class Context:
    def __init__(self, **cookies: str) -> None:
        self.cookies = cookies


class User:
    def __init__(self, **claims: object) -> None:
        self.claims = claims

    def to_dict(self) -> dict[str, object]:
        return self.claims


def test_a_browser_and_a_login_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(*, token: str = TOKEN, **claims: object) -> str:
        monkeypatch.setattr(st, "context", Context(**{COOKIE: token}))
        monkeypatch.setattr(st, "user", User(**claims))
        return owner()

    browser = seen()
    assert seen() == browser
    assert TOKEN not in browser
    assert seen(token="b" * 43) != browser
    assert seen(is_logged_in=False, sub="1") == browser
    login = seen(is_logged_in=True, iss="https://a.example", sub="1")
    # At any browser the same; another provider's "1" is somebody else.
    assert seen(token="b" * 43, is_logged_in=True, iss="https://a.example", sub="1") == login
    # And whatever address or name goes with it.
    assert seen(is_logged_in=True, iss="https://a.example", sub="1", email="x", name="y") == login
    others = [
        seen(is_logged_in=True, iss="https://b.example", sub="1"),
        seen(is_logged_in=True, iss="https://a.example", sub="2"),
    ]
    assert len({browser, login, *others}) == 4
    # One that does not say whose it is gets nothing of who used the browser before.
    assert seen(is_logged_in=True, iss="https://a.example") not in {browser, login}


@pytest.mark.parametrize(
    "user", [{}, {"is_logged_in": True, "iss": "https://a.example", "email": "1"}]
)
def test_who_cannot_be_told_is_the_same_for_one_visit(user: dict[str, Any]) -> None:
    """A browser without a cookie, a login that does not say whose it is."""

    def page() -> None:
        import streamlit as st

        from app_pages._visitor import owner

        st.text(owner())

    def visit() -> AppTest:
        opened = AppTest.from_function(page)
        opened.user = dict(user)
        return checked(opened.run())

    this = visit()
    first = this.text[0].value
    assert checked(this.run()).text[0].value == first
    assert visit().text[0].value != first
