"""Stories and versions as the catalog keeps them, settled after each write."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keeping import cut
from prose import prose

from corpus import Article
from corpus.duplicates import Overlap
from vectorstore import Catalog, FileRecord, Filters
from vectorstore import stories as stories_module
from vectorstore.settle import Settled, settle
from vectorstore.stories import StoredStory, stories, story_of
from vectorstore.versions import versions_of

WIRE = prose("wire", 200)
DAY = date(2015, 11, 14)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.create(tmp_path / "catalog.db")
    yield opened
    opened.close()


def name(article: Article) -> Path:
    return article.path or Path(f"/articles/{article.id}.txt")


def add(catalog: Catalog, *articles: Article, mtime: int = 1) -> Settled:
    """Write articles, each from a file of its own, and settle them as ingest does."""
    for article in articles:
        catalog.add(article, cut(article))
        record = FileRecord(
            path=name(article), size=1, mtime_ns=mtime, sha256="0", articles=(("", article.id),)
        )
        catalog.put_file(record)
    return settled(catalog)


def settled(catalog: Catalog) -> Settled:
    done = settle(catalog)
    for article in done.revived:
        catalog.add(article, cut(article))
    return done


def take(catalog: Catalog, *articles: Article) -> Settled:
    """Take articles out with their files."""
    for article in articles:
        catalog.drop_file(name(article))
        catalog.remove(article.id)
    return settled(catalog)


def ids(articles: Iterable[Article]) -> list[str]:
    return [article.id for article in articles]


def copy(outlet: str, text: str = WIRE, **metadata: object) -> Article:
    """What an outlet made of the wire's text."""
    return Article(text=text, title=f"As {outlet} has it", source=outlet, **metadata)  # type: ignore[arg-type]


def lead_of(text: str, seed: str) -> str:
    """The text with another first sixth."""
    return (
        f"{prose(seed, len(text.split()) // 6)} {' '.join(text.split()[len(text.split()) // 6 :])}"
    )


# Stories


def test_copies_make_a_story_and_others_do_not(catalog: Catalog) -> None:
    wire, quay = copy("The Wire", published=DAY), copy("The Quay", lead_of(WIRE, "quay"))
    other = copy("The Post", prose("other", 200))
    add(catalog, wire, quay, other)
    assert stories(catalog) == [
        StoredStory(min(wire.id, quay.id), wire.id, (wire.id, quay.id)),
    ]
    assert story_of(catalog, quay.id).members == (wire.id, quay.id)
    assert story_of(catalog, other.id) == StoredStory(other.id, other.id, (other.id,))


def test_a_filter_by_story(catalog: Catalog) -> None:
    wire, quay = copy("The Wire", published=DAY), copy("The Quay", lead_of(WIRE, "quay"))
    other, alone = copy("The Post", prose("other", 200)), copy("The Day", prose("day", 200))
    add(catalog, wire, quay, other, alone)

    def passing(*wanted: str, **given_: object) -> set[str]:
        filters = Filters(stories=wanted, **given_)  # type: ignore[arg-type]
        return {one.id for one in catalog.articles(filters)}

    for member in (wire, quay):
        assert passing(member.id) == {wire.id, quay.id}
    assert passing(other.id) == {other.id}  # an article in no story is its own
    assert passing(quay.id, alone.id) == {wire.id, quay.id, alone.id}
    assert passing(quay.id, sources=["the quay"]) == {quay.id}
    assert passing("no such article") == set()
    catalog.shelve(wire.id)
    assert passing(wire.id) == passing(quay.id) == {quay.id}


def test_the_lead_is_the_earliest_then_the_longest_then_the_first(catalog: Catalog) -> None:
    east = timezone(timedelta(hours=3))
    first = copy("A", published=datetime(2015, 11, 14, 11, tzinfo=east))  # 8:00 UTC
    second = copy("B", published=datetime(2015, 11, 14, 9, tzinfo=UTC))
    undated = copy("C", f"{WIRE} {WIRE[:200]}")
    add(catalog, second)
    add(catalog, undated)
    assert story_of(catalog, undated.id).lead == second.id
    add(catalog, first)
    assert story_of(catalog, undated.id).lead == first.id
    take(catalog, first, second)
    shorter, equal = copy("D"), copy("E")
    add(catalog, shorter, equal)
    assert story_of(catalog, shorter.id).lead == undated.id
    take(catalog, undated)
    assert story_of(catalog, equal.id).lead == min(shorter.id, equal.id)


def chain(length: int) -> list[Article]:
    """Copies of which each is like its neighbours only."""
    said = prose("chain", 60 * (length + 6)).split()
    parts = [" ".join(said[60 * at : 60 * (at + 6)]) for at in range(length)]
    return [copy(f"Outlet {at}", part) for at, part in enumerate(parts)]


def test_a_story_is_what_copies_connect(catalog: Catalog) -> None:
    links = chain(5)
    add(catalog, *links)
    (story,) = stories(catalog)
    assert set(story.members) == {*ids(links)}


def test_a_story_falls_apart_when_what_connects_it_leaves(catalog: Catalog) -> None:
    links = chain(5)
    add(catalog, *links)
    take(catalog, links[2])
    found = {frozenset(story.members) for story in stories(catalog)}
    assert found == {frozenset(ids(links[:2])), frozenset(ids(links[3:]))}
    take(catalog, links[0])
    assert story_of(catalog, links[1].id).members == (links[1].id,)
    assert {frozenset(story.members) for story in stories(catalog)} == {frozenset(ids(links[3:]))}
    add(catalog, links[2], links[0])
    assert len(stories(catalog)) == 1


def test_a_corrected_address_may_join_two_stories(catalog: Catalog) -> None:
    """Of two outlets that the addresses tell apart, less has to be the same."""
    one, two, three = (link.text for link in chain(3))
    first = Article(text=one, title="A", url="https://a.example/1")
    third = Article(text=three, title="C", url="https://c.example/1")
    twin = Article(text=three, title="D", url="https://d.example/1")
    middle = Article(text=two, title="B", url="https://c.example/2")
    add(catalog, first, third, twin, middle)
    assert {*story_of(catalog, middle.id).members} == {first.id, middle.id, twin.id, third.id}
    take(catalog, twin)
    assert {*story_of(catalog, middle.id).members} == {first.id, middle.id}
    corrected = Article(text=two, title="B", url="https://b.example/2")
    assert corrected.id == middle.id
    add(catalog, corrected)
    assert {*story_of(catalog, third.id).members} == {first.id, middle.id, third.id}
    add(catalog, middle)
    assert {*story_of(catalog, middle.id).members} == {first.id, middle.id}


@pytest.mark.parametrize("table", ["signatures", "bands", "stories", "pages", "unsettled"])
def test_nothing_stays_of_what_has_left(catalog: Catalog, table: str) -> None:
    links = [*chain(4), copy("F", WIRE, url="https://f.example/1")]
    add(catalog, *links)
    take(catalog, *links)
    assert catalog.rows(f"SELECT * FROM {table}") == []


def library() -> list[Article]:
    """Copies, chains, versions, and stories alone, dated and not."""
    days = [DAY, None, DAY + timedelta(days=1)]
    made = chain(4)
    made += [
        copy(f"W{at}", lead_of(WIRE, f"lead {at}") if at else WIRE, published=days[at % 3])
        for at in range(4)
    ]
    made += [
        Article(
            text=f"{prose('page', 150)} {prose(f'page {at}', 60)}",
            title=f"Version {at}",
            source="The Quay",
            published=DAY + timedelta(days=at),
            url=f"https://quay.example/page?utm_source={at}",
        )
        for at in range(3)
    ]
    return [*made, copy("Z", prose("z", 150)), copy("Short", "Nine dead.")]


LIBRARY = library()


def state(catalog: Catalog) -> object:
    shown = [(a.id, ids(versions_of(catalog, a.id))) for a in catalog.articles()]
    return stories(catalog), sorted(shown)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> object:
    opened = Catalog.create(tmp_path_factory.mktemp("expected") / "catalog.db")
    add(opened, *LIBRARY)
    found = state(opened)
    opened.close()
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_stories_and_versions_do_not_depend_on_the_order(
    tmp_path_factory: pytest.TempPathFactory, expected: object, data: st.DataObject
) -> None:
    """Whatever comes when, together or apart, and whatever left and came back meanwhile."""
    order = data.draw(st.permutations(LIBRARY))
    sizes = data.draw(st.lists(st.integers(1, 6), min_size=3, max_size=13))
    removed = data.draw(st.lists(st.sampled_from(LIBRARY), max_size=3, unique_by=lambda a: a.id))
    opened = Catalog.create(tmp_path_factory.mktemp("order") / "catalog.db")
    left = list(order)
    for size in [*sizes, len(left)]:
        add(opened, *left[:size])
        left = left[size:]
    take(opened, *removed)
    add(opened, *removed)
    assert state(opened) == expected
    opened.close()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[Overlap]:
    """Every comparison of two texts."""
    seen: list[Overlap] = []
    true = stories_module.compare

    def noted(one: frozenset[str], two: frozenset[str]) -> Overlap:
        seen.append(true(one, two))
        return seen[-1]

    monkeypatch.setattr(stories_module, "compare", noted)
    return seen


def pages(count: int, *, words: int, furniture: int) -> list[Article]:
    """Pages of one outlet with so many words of their own and so many that all have."""
    below = prose("furniture", furniture)
    return [
        Article(text=f"{prose(at, words)} {below}", title=str(at), source="The Quay")
        for at in range(count)
    ]


def test_signatures_spare_most_comparisons(catalog: Catalog, compared: list[Overlap]) -> None:
    """Of furniture of four tenths, most pairs have a band in common."""
    add(catalog, *pages(30, words=120, furniture=80))
    assert stories(catalog) == []
    assert len(compared) < 30


def test_pages_of_one_furniture_are_compared_with_few(
    catalog: Catalog, compared: list[Overlap], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of furniture of eight tenths, signatures alone do not tell the pages apart."""
    monkeypatch.setattr(stories_module, "_MOST_FAILED", 5)
    monkeypatch.setattr(stories_module, "_CROWDED", 20)
    crowd = pages(60, words=40, furniture=160)
    add(catalog, *crowd)
    assert stories(catalog) == []
    assert 60 < len(compared) <= 5 * 60
    twin = Article(text=crowd[7].text, title="Twin", source="The Wire")
    add(catalog, twin)
    assert crowd[7].id in story_of(catalog, twin.id).members


# Versions

PAGE = "https://quay.example/toll"


def version(at: int, *, text: str = "", title: str = "The toll", **metadata: object) -> Article:
    body = text or f"The toll stands at {129 + at}. {prose('toll', 120)} {prose(f'toll {at}', 40)}"
    given_url = metadata.pop("url", PAGE)
    return Article(text=body, title=title, source="The Quay", url=given_url, **metadata)  # type: ignore[arg-type]


def live(catalog: Catalog) -> set[str]:
    return {*ids(catalog.articles())}


def test_the_newest_version_is_live_and_the_others_are_kept_whole(catalog: Catalog) -> None:
    made = [version(at, published=DAY + timedelta(days=at)) for at in range(3)]
    done = add(catalog, made[1], made[2], made[0])
    assert set(done.superseded) == {*ids(made[:2])}
    assert done.passages
    assert live(catalog) == {made[2].id}
    assert catalog.counts()[0] == 1
    assert catalog.span_of_days()[2] == 1
    for one in made:
        assert ids(versions_of(catalog, one.id)) == ids(reversed(made))
        kept = catalog.article(one.id)
        assert kept is not None
        assert kept.text == one.text
    assert catalog.spans(made[0].id) == []
    assert all(found.startswith(made[2].id) for found, _ in catalog.search('"toll"', limit=99))


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"published": DAY}, {"published": DAY + timedelta(days=1)}),
        ({"published": DAY}, {"published": DAY, "updated": DAY}),
        (
            {"published": DAY + timedelta(days=1)},
            {"published": DAY, "updated": DAY + timedelta(days=2)},
        ),
        ({"published": DAY}, {"published": datetime(2015, 11, 14, 9, tzinfo=UTC)}),
        (
            {"published": datetime(2015, 11, 14, 9, tzinfo=timezone(timedelta(hours=9)))},
            {"published": datetime(2015, 11, 14, 1, tzinfo=UTC)},
        ),
    ],
)
@pytest.mark.parametrize("turned", [True, False])
def test_newer_goes_by_what_the_articles_state(
    catalog: Catalog, older: dict[str, date], newer: dict[str, date], turned: bool
) -> None:
    made = [version(0, **older), version(1, **newer)]
    for one in reversed(made) if turned else made:
        add(catalog, one)
    assert live(catalog) == {made[1].id}


def test_without_dates_the_newer_file_is_newer_then_the_later_ingest(catalog: Catalog) -> None:
    first, second, third = version(0), version(1), version(2)
    add(catalog, second, mtime=7_000_000_000)
    add(catalog, first, mtime=3_000_000_000)
    assert live(catalog) == {second.id}
    add(catalog, third, mtime=7_000_000_000)
    assert live(catalog) == {third.id}


def test_an_older_version_comes_back_when_the_newer_one_leaves(catalog: Catalog) -> None:
    made = [version(at, published=DAY + timedelta(days=at)) for at in range(3)]
    add(catalog, *made)
    done = take(catalog, made[2])
    assert ids(done.revived) == [made[1].id]
    assert live(catalog) == {made[1].id}
    assert catalog.spans(made[1].id)
    take(catalog, made[0])
    assert live(catalog) == {made[1].id}
    assert ids(versions_of(catalog, made[1].id)) == [made[1].id]


def test_a_version_without_a_file_stays_only_under_one_that_has_one(catalog: Catalog) -> None:
    old, new = version(0), version(1)
    add(catalog, old)
    catalog.drop_file(name(old))
    add(catalog, new)
    assert ids(versions_of(catalog, new.id)) == [new.id, old.id]
    assert settled(catalog) == Settled()
    done = take(catalog, new)
    assert done.removed == (old.id,)
    assert catalog.article(old.id) is None
    assert catalog.rows("SELECT * FROM signatures") == []


def test_a_file_outranks_a_newer_date(catalog: Catalog) -> None:
    """A date corrected to an earlier one must not leave a text live that no file holds."""
    old, new = version(0, published=DAY), version(1, published=DAY - timedelta(days=1))
    add(catalog, old)
    catalog.drop_file(name(old))
    add(catalog, new)
    assert live(catalog) == {new.id}
    assert ids(versions_of(catalog, old.id)) == [new.id, old.id]


def test_a_text_that_its_file_held_once_is_not_live_for_its_date(catalog: Catalog) -> None:
    """A row that has left its table stays until it is pruned, as the earlier version it is."""
    old, new = version(0, published=DAY), version(1, published=DAY - timedelta(days=1))
    add(catalog, old)
    catalog.put_file(
        FileRecord(path=name(old), size=1, mtime_ns=1, sha256="1", left=(("", old.id),))
    )
    add(catalog, new)
    assert live(catalog) == {new.id}
    assert take(catalog, new).revived == (catalog.article(old.id),)


def test_a_text_that_no_version_is_like_leaves_with_its_file(catalog: Catalog) -> None:
    old, new = version(0), version(1, text=prose("else", 200), title="Something else")
    add(catalog, old)
    catalog.drop_file(name(old))
    assert add(catalog, new).removed == (old.id,)
    assert live(catalog) == {new.id}


@pytest.mark.parametrize("rows", [3, 30, 80])
def test_one_address_in_a_whole_column_loses_nothing(catalog: Catalog, rows: int) -> None:
    column = [version(at, text=prose(at, 90), title=f"Title {at}") for at in range(rows)]
    done = add(catalog, *column)
    assert done == Settled()
    assert live(catalog) == {*ids(column)}


def test_an_address_that_too_many_state_names_no_page(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vectorstore.versions._BELIEVED", 3)
    made = [version(at, published=DAY + timedelta(days=at)) for at in range(4)]
    add(catalog, *made[:3])
    assert live(catalog) == {made[2].id}
    assert len(add(catalog, made[3]).revived) == 2
    assert live(catalog) == {*ids(made)}


def test_a_copy_among_unrelated_articles_of_one_address_is_a_version(catalog: Catalog) -> None:
    column = [version(at, text=prose(at, 90), title=f"Title {at}") for at in range(4)]
    text = prose(0, 90).replace(prose(0, 90).split()[50], "130")
    newer = version(9, text=text, title="Title 0, corrected", published=DAY + timedelta(9999))
    add(catalog, *column, newer)
    assert live(catalog) == {newer.id, *ids(column[1:])}


def test_a_stranger_at_the_address_brings_versions_back(catalog: Catalog) -> None:
    """The address is believed only where all of its articles belong together."""
    made = [
        version(at, published=DAY, text=f"{prose('half', 80)} {prose(f'own {at}', 80)}")
        for at in range(2)
    ]
    add(catalog, *made)
    assert len(live(catalog)) == 1
    stranger = version(5, text=prose("stranger", 120), title="Letters")
    done = add(catalog, stranger)
    assert len(done.revived) == 1
    assert live(catalog) == {stranger.id, *ids(made)}
    take(catalog, stranger)
    assert len(live(catalog)) == 1


def test_one_title_makes_versions_of_a_text_written_anew(catalog: Catalog) -> None:
    made = [version(at, text=prose(f"anew {at}", 90), published=DAY) for at in range(2)]
    add(catalog, *made)
    assert len(live(catalog)) == 1


def test_one_title_in_a_whole_column_loses_nothing(catalog: Catalog) -> None:
    column = [version(at, text=prose(at, 90), title="News in brief") for at in range(20)]
    add(catalog, *column)
    assert live(catalog) == {*ids(column)}


@pytest.mark.parametrize("url", ["", "https://quay.example/", "n/a"])
def test_an_address_of_no_page_makes_no_versions(catalog: Catalog, url: str) -> None:
    made = [version(at, url=url) for at in range(2)]
    add(catalog, *made)
    assert live(catalog) == {*ids(made)}


def test_an_address_that_is_corrected_parts_the_versions(catalog: Catalog) -> None:
    old, new = version(0, published=DAY), version(1, published=DAY + timedelta(days=1))
    add(catalog, old, new)
    corrected = version(0, published=DAY, url=f"{PAGE}-of-yesterday")
    assert corrected.id == old.id
    add(catalog, corrected)
    assert live(catalog) == {old.id, new.id}


def test_a_superseded_copy_does_not_lead_and_is_no_member(catalog: Catalog) -> None:
    old = version(0, text=WIRE, published=DAY)
    new = version(1, text=f"{WIRE} {prose('more', 20)}", published=DAY + timedelta(days=2))
    other = copy("The Wire", published=DAY + timedelta(days=1))
    add(catalog, old, new, other)
    (story,) = stories(catalog)
    assert story.members == (other.id, new.id)
    assert story_of(catalog, old.id) == story
    take(catalog, new)
    (story,) = stories(catalog)
    assert story.members == (old.id, other.id)


def test_a_catalog_built_anew_keeps_the_order_of_versions(catalog: Catalog, tmp_path: Path) -> None:
    """Where only the order of ingests told newer from older, and the older has no file."""
    old, middle, new = sorted((version(at) for at in range(3)), key=lambda a: a.id, reverse=True)
    for one in (old, middle, new):
        add(catalog, one)
    catalog.drop_file(name(old))
    settled(catalog)
    anew = Catalog.create(tmp_path / "anew.db")
    for one in (old, middle, new):
        anew.add(one, cut(one))
    for one in (middle, new):
        anew.put_file(
            FileRecord(path=name(one), size=1, mtime_ns=1, sha256="0", articles=(("", one.id),))
        )
    settle(anew, earlier=catalog)
    assert ids(versions_of(anew, new.id)) == ids([new, middle, old])
    anew.close()
