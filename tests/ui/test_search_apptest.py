"""The search page's logic, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from ui.driving import Open, ask, button, checked, kept, texts
from ui.hostile import HOSTILE_TITLE
from ui.test_view import plain

from rag import Archive, ArchiveDamaged

pytestmark = pytest.mark.usefixtures("loaded_embedder", "no_cache_left")


def titles(page: AppTest) -> list[str]:
    """The titles of the results, in their order."""
    return [
        plain(b.label).removeprefix(":blue[**").removesuffix("**]")
        for b in page.main.button
        if b.key and b.key.startswith("open-")
    ]


def test_without_words_all_articles_newest_first(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search")
    assert "21 articles" in texts(page)  # 22, of which two are one story
    assert len(titles(page)) == 10
    assert titles(page)[0].startswith("Paris counts 130 dead")
    assert not page.query_params
    assert page.selectbox(key="search-order").options == ["Newest first", "Oldest first"]


def test_a_search_marks_the_words_and_keeps_the_address(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search")
    page = checked(page.text_input(key="search-text").set_value(" border  controls ").run())
    assert page.query_params["q"] == "border controls"
    assert titles(page)[0] == "The future of Schengen is in doubt as border controls spread"
    assert "articles for “border controls”" in texts(page)
    assert ":yellow-background[border controls]" in texts(page)
    # A link to it shows the same.
    assert titles(open_page(sample_home, "search", q="border controls")) == titles(page)


def test_filters_narrow_and_their_chips_widen(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", q="attacks", outlet="eastern ledger")
    narrow = titles(page)
    assert page.multiselect(key="filter-outlets").value == ["Eastern Ledger"]
    assert "Eastern Ledger" in texts(page)
    assert "Northgate Observer" not in texts(page)
    page = checked(button(page, "Eastern Ledger").click().run())
    assert "outlet" not in page.query_params
    assert set(narrow) < set(titles(page)) or len(titles(page)) == 10


def test_an_outlet_is_chosen(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", page="2")
    page = checked(page.multiselect(key="filter-outlets").set_value(["Meridian Wire"]).run())
    assert page.query_params == {"outlet": "Meridian Wire"}
    options = page.multiselect(key="filter-outlets").options
    assert any(option.startswith("Meridian Wire (") for option in options)


def test_days_are_chosen(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search")
    page = checked(page.date_input(key="filter-first").set_value("2015-11-20").run())
    assert page.query_params["from"] == "2015-11-20"
    assert len(titles(page)) == 3
    page = checked(page.date_input(key="filter-last").set_value("2015-11-01").run())
    assert page.query_params == {"from": "2015-11-01", "to": "2015-11-20"}


def test_the_order(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", q="Paris attacks")
    page = checked(page.selectbox(key="search-order").select("oldest").run())
    assert page.query_params["sort"] == "oldest"
    assert titles(page)[0].startswith("Hollande calls") or "14 November" in texts(page)


def test_pages(open_page: Open, sample_home: Path) -> None:
    first = titles(open_page(sample_home, "search"))
    last = open_page(sample_home, "search", page="3")
    assert len(titles(last)) == 1
    assert set(titles(last)).isdisjoint(first)
    beyond = open_page(sample_home, "search", page="9")
    assert titles(beyond) == titles(last)
    assert "There is no page 9: this is the last." in texts(beyond)


def test_nothing_found_is_said_with_a_way_out(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", q="zxqv", sort="odd")
    assert "Nothing found for “zxqv”." in texts(page)
    assert "Try fewer words" in texts(page)
    assert "“odd” was left out" in texts(page)
    page = open_page(sample_home, "search", q="Telegram", **{"from": "2015-11-21"})
    assert "Nothing found" in texts(page)
    page = checked(button(page, "Search without filters").click().run())
    assert page.query_params == {"q": "Telegram"}
    assert titles(page)
    page = open_page(sample_home, "search", **{"from": "2016-01-01"})
    assert "No article passes these filters." in texts(page)


def test_an_article_opens_with_its_parts(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", q="concert hall")
    opened = next(b for b in page.button if "over 100 killed" in b.label)
    page = checked(opened.click().run())
    labels = [tab.label for tab in page.tabs]
    assert labels[0] == "Text"
    assert any(label.startswith("Passages · ") for label in labels)
    assert "Story · 2" in labels
    shown = texts(page) + plain(" ".join(m.value for m in page.markdown))
    assert ":yellow-background[concert hall]" in shown
    # The other member of the story is one click away.
    way = next(b for b in page.button if b.key and b.key.startswith("way-") and not b.disabled)
    page = checked(way.click().run())
    assert next(tab.label for tab in page.tabs) == "Text"


def test_asking_about_the_results(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", q="Schengen", outlet="Eastern Ledger")
    page = checked(button(page, "Ask about these").click().run())
    scope = page.session_state["scope"]
    assert "found for “Schengen”, Eastern Ledger" in scope.label
    assert scope.filters.article_ids
    assert f"Ask about {scope.label}." in texts(page)
    page = checked(page.switch_page("app_pages/chat.py").run())  # as the browser now does
    page = ask(page, "Who spoke of Schengen?")
    answer = kept(sample_home).exchanges[0].answer
    assert {c.source for c in answer.citations} <= {"Eastern Ledger"}
    assert f"Asked of {scope.label}" in plain("\n".join(c.value for c in page.caption))
    # Taken away again, the next question is asked of everything; the first one keeps its own.
    page = checked(page.button(key="all-again").click().run())
    assert "scope" not in page.session_state
    page = ask(page, "And who claimed it?")
    first, second = kept(sample_home).exchanges
    assert first.filters == scope.filters
    assert second.filters is None


def test_a_filter_without_words_is_asked_of_as_a_filter(open_page: Open, sample_home: Path) -> None:
    page = open_page(sample_home, "search", outlet="Meridian Wire")
    page = checked(button(page, "Ask about these").click().run())
    assert page.session_state["scope"].filters.to_dict() == {"sources": ["Meridian Wire"]}


def test_no_archive_and_a_damaged_one(
    open_page: Open, sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No articles yet" in texts(open_page(tmp_path / "none", "search"))

    def broken(*_: object, **__: object) -> None:
        raise ArchiveDamaged("chroma/ cannot be read: *no* [such](file)")

    with monkeypatch.context() as patched:
        patched.setattr(Archive, "search", broken)
        page = open_page(sample_home, "search", q="attacks")
    assert plain(page.error[0].value) == "chroma/ cannot be read: *no* [such](file)"


def test_hostile_words_reach_no_element_unescaped(open_page: Open, hostile_home: Path) -> None:
    page = open_page(hostile_home, "search", q="storm <b>sinks</b> ![x](http://evil.example/q)")
    assert titles(page) == [HOSTILE_TITLE]
    page = checked(next(b for b in page.button if b.key.startswith("open-")).click().run())
    written = [e.value for e in (*page.markdown, *page.caption)] + [b.label for b in page.button]
    for text in written:
        assert "http://" not in plain(text.replace("\u2060", "\u2060|"))
        assert "<" not in text.replace("\\<", "")
