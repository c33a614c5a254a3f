"""Logging in, where `.streamlit/secrets.toml` has a section `[auth]`; without one nothing is added.

Streamlit does the logging in itself, by OpenID Connect (`st.login`). What is here stands before
every page: `admit` lets a visitor through who is logged in and shows anybody else nothing but the
way to log in. Where a login is asked for and cannot be had (a key is missing, a package is not
installed, the file cannot be read), nobody is let through: that is said, and the log says more.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException
from streamlit.navigation.page import StreamlitPage

from app_pages import _text as text
from app_pages._visitor import browser

__all__ = ["KEYS", "LoginUnusable", "Place", "Places", "admit", "asked_for", "draw_login", "name"]

_log = logging.getLogger("dossier.pages")

KEYS = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
"""What the section `[auth]` has to hold."""

_SHORTEST = 32
"""Characters of cookie_secret: who can guess it can say that he is anybody."""

_LONGEST_NAME = 60
_FILE = "`.streamlit/secrets.toml`"
_ADMITTED, _WANTED, _LEAVING = "login-admitted", "login-wanted", "login-leaving"
_AGAIN = 5.0
"""Seconds after which a browser that has not gone to log out is sent there again."""

_LONGEST_PLACE = 3000
_TEN_MINUTES = 600.0


class LoginUnusable(Exception):
    """A login is asked for and nobody can log in. Its text is a sentence for readers."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page by the path in its address ("" for the first), and the parameters there."""

    path: str = ""
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(slots=True)
class Places:
    """What browsers had asked for when they went to log in; Streamlit itself forgets it.

    By a browser's name (`_visitor.browser`), for a few minutes and in memory. Any thread may call.
    """

    seconds: float = _TEN_MINUTES
    most: int = 1000
    _kept: dict[str, tuple[float, Place]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, name: str, place: Place) -> None:
        """Remember it for the browser of this name; nothing for "" and for very long addresses."""
        if not name or len(repr(place)) > _LONGEST_PLACE:
            return
        with self._lock:
            self._kept.pop(name, None)
            self._kept[name] = (time.monotonic(), place)
            while len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]

    def look(self, name: str) -> Place | None:
        """What was remembered; None where nothing was, or too long ago."""
        with self._lock:
            since, place = self._kept.get(name, (0.0, None))
        return place if place and time.monotonic() - since < self.seconds else None

    def take(self, name: str) -> Place | None:
        """The same, and forget it."""
        place = self.look(name)
        with self._lock:
            self._kept.pop(name, None)
        return place


_places = Places()

# Set once an [auth] was seen. A file that is being written is empty for a moment, and must not let
# everybody in for as long.
_seen = threading.Event()


def asked_for() -> bool:
    """Whether visitors have to log in. Raises LoginUnusable where they have to and cannot."""
    auth = None
    try:
        auth = st.secrets.get("auth")
    except (OSError, ValueError) as error:
        # Streamlit goes on without a file that it cannot read; an [auth] might stand in it.
        if getattr(error, "error_id", "") != "no-secrets-found":
            raise LoginUnusable(f"mend {_FILE}, which cannot be read") from error
    if auth is None:
        if _seen.is_set():
            raise LoginUnusable(f"restart it, since `[auth]` is gone from {_FILE}")
        return False
    _seen.set()
    given = auth if isinstance(auth, Mapping) else {}
    held = {key: value for key, value in given.items() if isinstance(value, str)}
    if missing := [key for key in KEYS if not held.get(key, "").strip()]:
        listed = ", ".join(f"`{key}`" for key in missing)
        raise LoginUnusable(f"complete the section `[auth]` in {_FILE}, which lacks {listed}")
    if not held["redirect_uri"].endswith("/oauth2callback"):
        raise LoginUnusable(f"make `redirect_uri` in {_FILE} end in `/oauth2callback`")
    if len(held["cookie_secret"]) < _SHORTEST:
        raise LoginUnusable(
            f"put a longer `cookie_secret` into {_FILE}, of {_SHORTEST} characters or more"
        )
    if not all(map(find_spec, ("authlib", "httpx"))):
        wanted = f"streamlit[auth]=={st.__version__}"
        raise LoginUnusable(f'install what a login needs (`pip install "{wanted}"`) and restart it')
    return True


def admit(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """Come back only for a visitor who may see `page`; stop the script for any other.

    Who has just logged in is taken to that one of `pages` that was asked for before.
    """
    try:
        if not asked_for():
            return
    except LoginUnusable as problem:
        _log.error("nobody can log in: %s", problem, exc_info=problem.__cause__)
        with _page():
            st.error(
                f"Nobody can log in yet: whoever runs this page has to {problem}.",
                icon=":material/error:",
            )
        st.stop()
    if st.session_state.get(_LEAVING):
        with _page():
            _draw_way_out()
        st.stop()
    # Exactly True: a header that a proxy passes on as a claim is a string.
    if st.user.to_dict().get("is_logged_in") is not True:
        with _page():
            _draw_way_in(page)
        st.stop()
    if not st.session_state.get(_ADMITTED):
        st.session_state[_ADMITTED] = True
        st.session_state[_WANTED] = _places.take(browser())
    _go_on(page, pages)


def draw_login() -> None:
    """In the sidebar, who is logged in, and the way out; nothing where nobody has to log in."""
    if not st.session_state.get(_ADMITTED):
        return
    with st.sidebar, st.container(gap="xxsmall", key="login"):
        called = text.escape(name(st.user.to_dict()))
        st.markdown(f"**Logged in**  \n:material/person: {called}")
        # As a callback: with nobody logged in, the rest of the page is not to be drawn.
        st.button(
            "Log out", key="log-out", icon=":material/logout:", type="tertiary", on_click=_leave
        )


def name(claims: Mapping[str, object]) -> str:
    """What to call a login: its name or address, shortened; untrusted. "a reader" for none."""
    for key in ("name", "preferred_username", "email"):
        value = claims.get(key)
        if isinstance(value, str) and text.escape(value):
            return value if len(value) <= _LONGEST_NAME else f"{value[: _LONGEST_NAME - 1]}…"
    return "a reader"


def _page() -> DeltaGenerator:
    """The place for what is said instead of the archive, under a title."""
    st.space("large")
    place = st.container(horizontal_alignment="center")
    place.title("Dossier", anchor=False, text_alignment="center")
    place.markdown(
        "Answers from an archive of news, each sentence with the words it rests on.",
        text_alignment="center",
    )
    return place


def _draw_way_in(page: StreamlitPage) -> None:
    before = _places.look(browser())
    notice = st.empty()
    if st.button("Log in", key="log-in", icon=":material/login:", width=200):
        here = _here(page)
        _places.keep(browser(), before if before and here == Place() else here)
        try:
            st.login()
        except StreamlitAPIException:
            _log.exception("nobody can log in")
            notice.error(
                "Nobody can log in at the moment. Ask whoever runs this page.",
                icon=":material/error:",
            )
    elif before:
        notice.info(
            "The login was refused or not finished. Try again, or ask whoever runs this page.",
            icon=":material/info:",
        )
    st.caption("The archive is shown to those who are logged in.", text_alignment="center")


def _leave() -> None:
    st.session_state.pop(_ADMITTED, None)
    st.session_state[_LEAVING] = True


@st.fragment(run_every=_AGAIN)
def _draw_way_out() -> None:
    """Send the browser to log out; again where it has not gone, for what tells it to can be lost.

    Only there does it lose its cookie: until then nobody is to believe that he is logged out.
    """
    st.caption("Logging out …", text_alignment="center")
    st.logout()


def _go_on(page: StreamlitPage, pages: Sequence[StreamlitPage]) -> None:
    """To what was asked for before the login; raises to get there, if it is elsewhere."""
    wanted = st.session_state.get(_WANTED)
    if wanted and wanted != Place() and _here(page) == Place():
        for other in pages:
            if other.url_path == wanted.path:
                # Kept until it is reached: a run can be broken off by another.
                st.switch_page(other, query_params=dict(wanted.params))
    st.session_state.pop(_WANTED, None)


def _here(page: StreamlitPage) -> Place:
    params = st.query_params
    return Place(page.url_path, tuple((key, tuple(params.get_all(key))) for key in params))
