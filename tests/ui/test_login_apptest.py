"""The login's logic, without a browser: what is asked for, who is let through, what is said."""

import re
import threading
import tomllib
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block
from streamlit.testing.v1.util import patch_config_options
from ui.driving import APP, checked
from ui.test_view import plain

from app_pages import _login
from app_pages._login import KEYS, Place, Places, name

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")

ROOT = Path(__file__).parents[2]
AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "0123456789" * 4,
    "client_id": "dossier",
    "client_secret": "between the two",
    "server_metadata_url": "https://login.example/.well-known/openid-configuration",
}
ADA = {"is_logged_in": True, "iss": "https://login.example", "sub": "1", "name": "Ada <b>L</b>"}


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a server that was just started."""
    monkeypatch.setattr(_login, "_seen", threading.Event())


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, sample_home: Path) -> AppTest:
    """The page on the demo corpus, not yet run."""
    monkeypatch.setenv("DOSSIER_HOME", str(sample_home))
    monkeypatch.setenv("DOSSIER_LLM", "off")
    return AppTest.from_file(str(APP), default_timeout=60)


def labels(page: AppTest) -> list[str]:
    return [plain(button.label) for button in page.button]


def words(block: Block) -> str:
    """What a part of the page says."""
    elements = (*block.markdown, *block.caption, *block.header, *block.title)
    return plain("\n".join(str(element.value) for element in elements))


def shut(page: AppTest) -> bool:
    """Whether nothing is shown beside a title, a few words and what leads to a login."""
    return (
        len(page.sidebar) == 0
        and not page.header
        and not page.chat_input
        and [title.value for title in page.title] == ["Dossier"]
        and set(labels(page)) <= {"Log in"}
        and "22 articles" not in words(page.main)
    )


def why(page: AppTest) -> str:
    """The one sentence that is said where nobody can log in."""
    assert shut(page)
    assert not page.button
    [error] = page.error
    return str(error.value)


def test_without_a_section_nothing_is_added(opened: AppTest) -> None:
    page = checked(opened.run())
    assert plain(page.header[0].value) == "What would you like to know?"
    assert "22 articles" in words(page.sidebar)
    assert "22 articles" in words(page.main)
    assert not {"Log in", "Log out"} & set(labels(page))
    assert "Logged in" not in words(page.sidebar)


def test_secrets_without_the_section_ask_for_nothing(opened: AppTest) -> None:
    opened.secrets = {"OTHER": "x"}
    assert not shut(checked(opened.run()))


def test_a_visitor_sees_the_way_to_log_in_and_nothing_else(opened: AppTest) -> None:
    opened.secrets = {"auth": AUTH}
    page = checked(opened.run())
    assert shut(page)
    assert labels(page) == ["Log in"]
    assert checked(page.switch_page("app_pages/library.py").run())
    assert shut(page)


@pytest.mark.parametrize("said", ["true", 1, None, False])
def test_only_a_login_is_one(opened: AppTest, said: object) -> None:
    opened.secrets = {"auth": AUTH}
    opened.user = {**ADA, "is_logged_in": said}
    assert shut(checked(opened.run()))


def test_who_is_logged_in_sees_the_archive_and_can_leave(
    opened: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[bool] = []
    leave = st.logout
    monkeypatch.setattr(st, "logout", lambda: (sent.append(True), leave()))
    opened.secrets = {"auth": AUTH}
    opened.user = dict(ADA)
    page = checked(opened.run())
    assert plain(page.header[0].value) == "What would you like to know?"
    assert "22 articles" in words(page.sidebar)
    [shown] = [m.value for m in page.sidebar.markdown if "Logged in" in m.value]
    assert "Ada <b>L</b>" in plain(shown)
    assert "<b>" not in shown
    for times in (1, 2):  # the browser is told again for as long as it has not gone
        checked(page.button(key="log-out").click().run() if times == 1 else page.run())
        assert shut(page)
        assert not page.button
        assert page.caption[0].value == "Logging out …"
        assert len(sent) == times
    # What was open is as shut for another visit.
    assert not page.user.get("sub")


@pytest.mark.parametrize(
    ("key", "value"),
    [*((key, None) for key in KEYS), ("cookie_secret", " "), ("client_secret", 7)],
)
def test_a_section_that_lacks_a_key_lets_nobody_in(
    opened: AppTest, key: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    given: dict[str, object] = {**AUTH, key: value}
    if value is None:
        del given[key]
    opened.secrets = {"auth": given}
    opened.user = dict(ADA)  # not even who has a cookie that says so
    said = why(checked(opened.run()))
    assert f"`{key}`" in said
    assert not [other for other in KEYS if other != key and f"`{other}`" in said]
    assert "nobody can log in" in caplog.text


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        ({}, "lacks `redirect_uri`, `cookie_secret`, `client_id`"),
        ("yes", "lacks `redirect_uri`"),
        (AUTH | {"cookie_secret": "x" * 31}, "a longer `cookie_secret`"),
        (AUTH | {"redirect_uri": "http://127.0.0.1:8501"}, "end in `/oauth2callback`"),
    ],
)
def test_a_section_that_will_not_do_lets_nobody_in(
    opened: AppTest, auth: object, sentence: str
) -> None:
    opened.secrets = {"auth": auth}
    opened.user = dict(ADA)
    assert sentence in why(checked(opened.run()))


def test_without_authlib_nobody_is_let_in(opened: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the interpreter itself marks a module that cannot be imported.
    monkeypatch.setitem(__import__("sys").modules, "authlib", None)
    opened.secrets = {"auth": AUTH}
    said = why(checked(opened.run()))
    assert f'pip install "streamlit[auth]=={st.__version__}"' in said


@pytest.mark.parametrize("file", [b"[auth]\nclient_id =", b"[auth]\nclient_id = '\xff'"])
def test_a_file_that_cannot_be_read_lets_nobody_in(
    opened: AppTest, tmp_path: Path, file: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "secrets.toml"
    place.write_bytes(file)
    with patch_config_options({"secrets.files": [str(place)]}):
        assert "which cannot be read" in why(checked(opened.run()))
    assert "secrets.toml" in caplog.text


def test_a_section_that_goes_away_opens_nothing(opened: AppTest) -> None:
    opened.secrets = {"auth": AUTH}
    assert shut(checked(opened.run()))
    opened.secrets = {}
    assert "gone" in why(checked(opened.run()))


def test_a_login_that_cannot_begin_says_so(
    opened: AppTest, caplog: pytest.LogCaptureFixture
) -> None:
    # Streamlit itself sees none of an AppTest's secrets, and refuses.
    opened.secrets = {"auth": AUTH}
    page = checked(opened.run())
    checked(page.button(key="log-in").click().run())
    assert shut(page)
    assert "Nobody can log in at the moment" in page.error[0].value
    assert "StreamlitAuthError" in caplog.text


@pytest.mark.parametrize(
    ("claims", "called"),
    [
        ({"name": "Ada", "email": "ada@example.org"}, "Ada"),
        ({"name": " \u202e", "email": "ada@example.org"}, "ada@example.org"),
        ({"name": {"x": 1}, "preferred_username": "ada"}, "ada"),
        ({"name": "A" * 61}, "A" * 59 + "…"),
        ({}, "a reader"),
    ],
)
def test_what_a_login_is_called(claims: dict[str, object], called: str) -> None:
    assert name(claims) == called


def test_what_was_asked_for_is_kept_for_a_while() -> None:
    places, one, two = Places(), Place("search", (("q", ("a", "b")),)), Place("library")
    places.keep("ada", one)
    places.keep("grace", two)
    assert places.look("ada") == one
    assert places.take("ada") == one
    assert places.take("ada") is None
    assert places.take("grace") == two
    places.keep("", one)
    places.keep("long", Place("search", (("q", ("x" * 4000,)),)))
    assert places.look("") is places.look("long") is None
    few = Places(most=2)
    for visitor in ("1", "2", "3"):
        few.keep(visitor, one)
    assert [few.look(visitor) for visitor in ("1", "2", "3")] == [None, one, one]
    gone = Places(seconds=0)
    gone.keep("ada", one)
    assert gone.look("ada") is None


@pytest.fixture(params=["docs/deployment.md", ".streamlit/secrets.toml.example"])
def written(request: pytest.FixtureRequest) -> str:
    return (ROOT / request.param).read_text(encoding="utf-8")


def test_what_is_written_down_names_every_key(written: str) -> None:
    section = re.search(r"^(?:# )?\[auth\]\n(?:(?:# )?\w+ = .*\n){5}", written, re.MULTILINE)
    assert section
    [(title, keys)] = tomllib.loads(re.sub(r"^# ", "", section[0], flags=re.MULTILINE)).items()
    assert title == "auth"
    assert tuple(keys) == KEYS
    # As it stands there it lets nobody in: what everybody can read is no secret.
    assert len(keys["cookie_secret"]) < 32
    assert f"streamlit[auth]=={st.__version__}" in written
