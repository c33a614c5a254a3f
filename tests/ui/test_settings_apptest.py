"""The settings page's logic, without a browser."""

from pathlib import Path

import pytest
from servers.scripted import Reply, ScriptedServer, Status
from streamlit.testing.v1 import AppTest
from ui.driving import Open, ask, button, checked, kept, texts
from ui.test_view import plain

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")

KEY = "sk-test-0123456789-secret"


def everything(page: AppTest) -> str:
    """All that the page was sent, and all that it could be sent."""
    values = [str(getattr(e, "value", "")) + str(getattr(e, "label", "")) for e in page.main]
    return "\n".join([*values, texts(page), str(page.main), str(page.sidebar)])


def with_model(page: AppTest, monkeypatch: pytest.MonkeyPatch, address: str) -> AppTest:
    monkeypatch.setenv("DOSSIER_LLM", "auto")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("OPENAI_MODEL", "a-model")
    return checked(page.run())


def give_key(page: AppTest, key: str, model: str = "") -> AppTest:
    page.text_input(key="key-entry").set_value(key)
    page.text_input(key="model-entry").set_value(model)
    return checked(button(page, "Use it").click().run())


def test_without_a_model(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "settings")
    assert "Switched off for this archive (DOSSIER_LLM=off)" in texts(page)
    assert not [t for t in page.text_input if t.key == "key-entry"]
    assert list(page.table[0].value["For"]) == ["Search by meaning", "Its words", "Reader"]


def test_the_model_is_tried(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as server:
        page = with_model(open_page(sample_home, "settings"), monkeypatch, server.base_url)
        assert "**a-model** at 127.0.0.1:" in texts(page)
        server.queue(Reply("Ready"))
        page = checked(button(page, "Try the model").click().run())
        assert "It answers: the first word came after" in plain(page.success[0].value)
        [request] = server.chats
        assert request.body["max_tokens"] == 16
        assert len(str(request.body["messages"])) < 200  # no article goes with it
        server.queue(Status(401, f"wrong key {KEY}"))
        page = checked(button(page, "Try the model").click().run())
        assert "refused the key" in plain(page.error[0].value)
        assert not page.success


def test_a_server_that_is_not_there(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = with_model(open_page(sample_home, "settings"), monkeypatch, "http://127.0.0.1:9/v1")
    page = checked(button(page, "Try the model").click().run())
    assert plain(page.error[0].value) == (
        "The model server at http://127.0.0.1:9/v1 cannot be reached."
    )


def test_a_key_is_used_in_this_session_and_shown_nowhere(
    open_page: Open,
    sample_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ScriptedServer() as server:
        page = with_model(open_page(sample_home, "settings"), monkeypatch, server.base_url)
        page = give_key(page, KEY, "other-model")
        assert "Your key is used until you leave." in texts(page)
        assert "other-model" in texts(page)
        assert page.text_input(key="key-entry").value == ""
        server.queue(Status(401, f"wrong key {KEY}"))
        page = checked(button(page, "Try the model").click().run())
        assert server.chats[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in everything(page)
        assert KEY not in caplog.text
        # Another visitor has none of it, and it is gone from here when it is forgotten.
        other = with_model(open_page(sample_home, "settings"), monkeypatch, server.base_url)
        assert "No key is used." in texts(other)
        page = checked(button(page, "Forget my key").click().run())
        assert "No key is used." in texts(page)
        assert "a-model" in texts(page)
    assert not any(KEY.encode() in p.read_bytes() for p in sample_home.rglob("*") if p.is_file())


def test_an_empty_entry_changes_nothing(
    open_page: Open, sample_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = with_model(open_page(sample_home, "settings"), monkeypatch, "http://127.0.0.1:9/v1")
    page = give_key(page, "  ")
    assert "No key is used." in texts(page)


def test_the_reader_is_switched_for_this_visit(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "settings")
    assert page.toggle(key="reader-on").value
    page = checked(page.toggle(key="reader-on").set_value(False).run())
    assert not page.toggle(key="reader-on").value
    rows = page.table[1].value
    assert list(rows[rows["Setting"].str.contains("READER")]["Value"]) == ["off"]
    page = checked(page.switch_page("app_pages/chat.py").run())
    ask(page, "How many people died aboard?")
    [exchange] = kept(sample_home).exchanges
    assert exchange.state == "done"
    assert open_page(sample_home, "settings").toggle(key="reader-on").value
