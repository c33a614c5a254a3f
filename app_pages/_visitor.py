"""Whose conversations are shown: those of a login, or without one those of a browser.

A browser is known by a cookie that the server gives it with the page: random, out of reach of
scripts and of other sites. A login is what `st.user` says where one is configured (`_login`): the
provider and its name for the person, which are what stays the same. Only a hash of either is kept.
"""

import hashlib
import re
import secrets
from collections.abc import MutableMapping
from typing import Any

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["COOKIE", "GivesCookie", "browser", "owner"]

COOKIE = "dossier_browser"
_TOKEN = re.compile(r"[\w-]{43}")
_YEAR = 365 * 24 * 3600


class GivesCookie:
    """Middleware: with the page (not with what it loads) a browser gets its cookie, or keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = _token_in(scope) or secrets.token_urlsafe(32)
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={_YEAR}{secure}"

        async def with_cookie(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if any(k.lower() == b"content-type" and b"text/html" in v for k, v in headers):
                    message["headers"] = [*headers, (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(scope, receive, with_cookie)


def _token_in(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, token = part.strip().partition("=")
                if key == COOKIE and _TOKEN.fullmatch(token):
                    return str(token)
    return ""


def owner() -> str:
    """A name for whoever looks at the page, the same at every visit.

    Of a login where there is one; else of the browser; of this visit alone where it takes no
    cookies, or where a login does not say whose it is.
    """
    user = st.user.to_dict()
    if user.get("is_logged_in"):
        # Not by the address: it may be changed, given to somebody else, or made up.
        if who := user.get("sub"):
            return _hashed("login", str(user.get("iss", "")), str(who))
    elif known := browser():
        return known
    return _hashed("visit", st.session_state.setdefault("own-token", secrets.token_urlsafe(32)))


def browser() -> str:
    """A name for the browser, the same at every visit; "" where it takes no cookies."""
    token = str(st.context.cookies.get(COOKIE, ""))
    return _hashed("browser", token) if _TOKEN.fullmatch(token) else ""


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
