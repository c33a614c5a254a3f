"""What the search page shows and what its address says, without a page."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ui.hostile import ATTACKS
from ui.test_view import hit, plain

from app_pages import _facets as facets
from app_pages import _results as found
from app_pages._query import Facets, Query, as_params, chips, filters_of, parse, spoken
from rag import Article, Story, StoryMember

KNOWN = Facets(
    outlets=["The Post", "Ledger"], authors=["A. Writer", "B. Other"], sections=["World"]
)


def read(**params: str | list[str]) -> tuple[Query, list[str]]:
    return parse({k: [v] if isinstance(v, str) else v for k, v in params.items()}, KNOWN)


def row(ident: str = "a", day: date | None = date(2015, 11, 17), **changes: object) -> facets.Row:
    given = {"id": ident, "title": f"Title {ident}", "outlet": "Ledger", "day": day}
    return facets.Row(**(given | changes))


def member(ident: str, outlet: str) -> StoryMember:
    return StoryMember(
        article_id=ident, title="T", source=outlet, published=date(2015, 11, 17), url="", path=""
    )


# The address


def test_an_empty_address_is_an_empty_query() -> None:
    assert read() == (Query(), [])
    assert as_params(Query()) == {}


days = st.none() | st.dates(min_value=date(1900, 1, 1))


@given(
    st.builds(
        Query,
        text=st.text("abc é?&=", max_size=20).map(lambda text: " ".join(text.split())),
        outlets=st.lists(st.sampled_from(KNOWN.outlets), unique=True).map(tuple),
        authors=st.lists(st.sampled_from(KNOWN.authors), unique=True).map(tuple),
        sections=st.lists(st.sampled_from(KNOWN.sections), unique=True).map(tuple),
        first=days,
        last=days,
        undated=st.booleans(),
        chosen_order=st.sampled_from([None, "relevance", "newest", "oldest"]),
        page=st.integers(1, 9999),
    ).filter(lambda query: not (query.first and query.last and query.first > query.last))
)
def test_every_query_survives_its_address(query: Query) -> None:
    params: Mapping[str, str | list[str]] = as_params(query)
    assert read(**params) == (query, [])


@given(st.dictionaries(st.sampled_from(["q", "from", "to", "outlet", "sort", "page", "undated"]),
                       st.lists(st.text(max_size=12), max_size=3)))  # fmt: skip
def test_any_address_can_be_read(params: dict[str, list[str]]) -> None:
    query, problems = parse(params, KNOWN)
    assert 1 <= query.page <= 10_000
    assert all(problem.endswith(".") for problem in problems)
    assert read(**as_params(query))[0] == query


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"from": "yesterday"}, "“yesterday” in the address is no date"),
        ({"to": "2015-13-01"}, "“2015-13-01” in the address is no date"),
        ({"outlet": "Nobody"}, "The archive has no outlet “Nobody”"),
        ({"author": "x" * 90}, "The archive has no author “" + "x" * 60 + "…”"),
        ({"sort": "best"}, "can be relevance, newest or oldest: “best” was left out"),
        ({"page": "0"}, "There is no page “0”"),
        ({"page": "-1"}, "There is no page “-1”"),
        ({"page": "²"}, "There is no page “²”"),
        ({"undated": "maybe"}, "can be yes or no"),
        ({"q": "x" * 600}, "Only the first 500 characters"),
        ({"from": "2015-11-20", "to": "2015-11-01"}, "the wrong way round"),
    ],
)
def test_what_cannot_be_used_is_said(params: dict[str, str], said: str) -> None:
    _, [problem] = read(**params)
    assert said in problem


def test_names_are_known_in_any_case_and_counted_once() -> None:
    query, problems = read(outlet=["LEDGER", "ledger"], q="  two   words ")
    assert (query.outlets, query.text, problems) == (("Ledger",), "two words", [])


def test_without_words_the_newest_come_first() -> None:
    assert Query().order == Query(chosen_order="relevance").order == "newest"
    assert Query(text="x").order == "relevance"
    assert Query(text="x", chosen_order="oldest").order == "oldest"


def test_each_chip_takes_one_filter_away() -> None:
    names = ("Ledger", "The Post")
    query = Query(text="x", outlets=names, first=date(2015, 11, 1), undated=False, page=3)
    shown = chips(query)
    assert [c.label for c in shown] == [
        "Ledger",
        "The Post",
        "From 1 November 2015",
        "Dated articles only",
    ]
    assert shown[0].without.outlets == ("The Post",)
    assert shown[2].without.first is None
    assert shown[3].without.undated
    assert {c.without.page for c in shown} == {1}
    assert chips(Query(text="x")) == []


def test_a_query_in_words_and_as_filters() -> None:
    query = Query(text="x", sections=("World",), last=date(2015, 11, 3))
    assert spoken(query) == "found for “x”, World, Until 3 November 2015"
    assert filters_of(query).to_dict() == {"published_to": "2015-11-03", "sections": ["World"]}
    assert not Query(text="x").filtered
    assert Query(undated=False).filtered


# Filters and the histogram


def test_filters_let_through_what_the_archive_would() -> None:
    rows = [
        row("a", outlet="Ledger", authors=("A. Writer",), section="World"),
        row("b", None, outlet="LEDGER"),
        row("c", date(2015, 11, 20), outlet="The Post"),
    ]

    def ids(**changes: object) -> list[str]:
        return [one.id for one in facets.passing(rows, Query(**changes))]

    assert ids() == ["a", "b", "c"]
    assert ids(outlets=("ledger",)) == ["a", "b"]
    assert ids(authors=("a. writer",)) == ids(sections=("WORLD",)) == ["a"]
    assert ids(first=date(2015, 11, 18)) == ["b", "c"]
    assert ids(last=date(2015, 11, 17), undated=False) == ["a"]


def test_a_facet_is_counted_under_the_other_filters() -> None:
    rows = [row("a"), row("b", date(2015, 11, 20)), row("c", outlet="The Post")]
    query = Query(outlets=("Ledger",), last=date(2015, 11, 18))
    assert facets.counts(rows, query, "outlets") == {"Ledger": 1, "The Post": 1}


def test_facets_list_the_commonest_name_first_in_one_spelling() -> None:
    articles = [Article(text="T.", title=str(n), source=s) for n, s in enumerate("BaAb")]
    articles.append(Article(text="T.", title="5", source="C"))
    assert facets.make_shelf(articles, []).facets.outlets == ["B", "a", "C"]


@given(st.lists(st.dates(date(1990, 1, 1), date(2020, 1, 1)), min_size=1, max_size=30))
def test_bars_touch_cover_all_days_and_count_each_article_once(days: list[date]) -> None:
    shown = facets.bins([row(str(n), day) for n, day in enumerate(days)])
    assert sum(one.count for one in shown) == len(days)
    assert shown[0].first <= min(days)
    assert shown[-1].last >= max(days)
    for one, other in pairwise(shown):
        assert one.last + timedelta(days=1) == other.first
    assert len(shown) <= 130
    assert facets.span_of_bins(shown, min(days), min(days)) == (shown[0].first, shown[0].last)


def test_no_day_no_bars() -> None:
    assert facets.bins([row("a", None)]) == []
    assert facets.span_of_bins([], date(2015, 1, 1), date(2015, 1, 2)) is None


# Results


def shelf_of(*rows: facets.Row, stories: tuple[Story, ...] = ()) -> facets.Shelf:
    by_story = {m.article_id: story for story in stories for m in story.members}
    return facets.Shelf(rows, {one.id: one for one in rows}, by_story, Facets())


def test_one_result_an_article_and_a_story() -> None:
    story = Story(id="s", lead="b", members=(member("b", "Wire"), member("c", "Courier")))
    shelf = shelf_of(row("a"), row("b"), row("c"), stories=(story,))
    hits = [
        hit(article_id="c", lexical=2.0, text="First."),
        hit(article_id="a", lexical=1.0),
        hit(article_id="c", lexical=1.0, text="Second."),
        hit(article_id="b", lexical=1.0),
        hit(article_id="gone", lexical=1.0),
    ]
    first, second = found.results(hits, shelf)
    assert (first.row.id, first.passage, second.row.id) == ("c", "First.", "a")
    assert plain(found.also_line(first.also)) == "Also carried by Wire (17 November 2015)"
    listed = found.shown_rows(shelf.rows, shelf.stories)
    assert [one.row.id for one in listed] == ["a", "b"]


def test_what_is_only_the_nearest_is_no_result() -> None:
    shelf = shelf_of(row("a"), row("b"), row("c"))
    hits = [
        hit(article_id="a", dense=0.2),
        hit(article_id="b", dense=0.6),
        hit(article_id="c", dense=0.2, relevance=0.5),
    ]
    assert [one.row.id for one in found.results(hits, shelf)] == ["b", "c"]


def test_a_passage_is_shown_without_title_and_byline() -> None:
    shelf = shelf_of(row("a", body_start=6, opening="The story."))
    [one] = found.results([hit(article_id="a", lexical=1.0, text="Title\nThe story.")], shelf)
    assert one.passage == "The story."
    [one] = found.results([hit(article_id="a", lexical=1.0, text="Title")], shelf)
    assert one.passage == "The story."


def test_order_and_pages() -> None:
    days = [date(2015, 11, 3), None, date(2015, 11, 9), *[date(2015, 11, 5)] * 9]
    results = [found.Result(row(str(n), day), "") for n, day in enumerate(days)]

    def ids(order: str) -> list[str]:
        return [r.row.id for r in found.ordered(results, Query(text="x", chosen_order=order))]

    assert ids("relevance") == [r.row.id for r in results]
    assert (ids("newest")[0], ids("newest")[-1]) == ("2", "1")
    assert (ids("oldest")[0], ids("oldest")[-1]) == ("0", "1")
    assert (found.pages(results), found.pages([])) == (2, 1)
    assert [r.row.id for r in found.on_page(results, 2)] == ["10", "11"]


def test_many_carriers_are_counted() -> None:
    line = found.also_line([member(str(n), f"Outlet {n}") for n in range(6)])
    assert plain(line).endswith("Outlet 3 (17 November 2015) and 2 more")


# Marks


def test_words_are_marked_in_any_inflection_and_neighbours_together() -> None:
    text = "Controlled borders; the border controls, and Bordeaux."
    assert [text[a:b] for a, b in found.marks(text, "border control")] == [
        "Controlled borders",
        "border controls",
    ]
    assert found.marks("The end", "the") == [(0, 3)]  # stop words alone are words too
    assert found.marks(text, "") == []


@given(st.text("ab .,;é", max_size=900), st.text("ab ", max_size=8))
def test_a_snippet_is_a_short_stretch_of_the_passage(text: str, query: str) -> None:
    segments = found.snippet(text, query)
    shown = "".join(segment.text for segment in segments).removeprefix("… ").removesuffix(" …")
    assert shown in text
    assert len(shown) <= 300


def test_a_snippet_shows_where_most_of_the_words_stand() -> None:
    text = f"border {'x ' * 300}the border controls of Europe {'y ' * 300}"
    shown = found.snippet_markdown(text, "border controls")
    assert ":yellow-background[border controls]" in shown
    assert shown.startswith("… ")
    assert shown.endswith("…")


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(attack: str) -> None:
    query = " ".join(attack.split()[:2])
    shown = found.snippet_markdown(attack, query)
    shown = shown.replace(":yellow-background[", "").replace("]", "") if query else shown
    assert "](" not in shown.replace("\\]", "")
    assert "<" not in shown.replace("\\<", "")
    assert plain(found.number_line([], Query(text=attack))).startswith("0 articles for")
    hostile = row("a", outlet=attack, section=attack)
    assert "<" not in found.under_title(hostile).replace("\\<", "")
    assert "<" not in found.also_line([member("b", attack)]).replace("\\<", "")
