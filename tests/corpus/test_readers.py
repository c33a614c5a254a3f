"""Files to articles: the five real shapes, encodings, front matter, and everything unreadable."""

import os
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from corpus import (
    LARGEST_FILE,
    Article,
    CorpusError,
    DossierError,
    find_files,
    parse_article,
    read_article,
    read_articles,
)
from corpus.errors import (
    BadFrontMatter,
    EmptyArticle,
    FileTooLarge,
    NotText,
    UnreadableFile,
    UnsupportedFormat,
)

STORY = "The harbour bridge will close in March. Ferries run every ten minutes instead."


def parse(text: str | bytes, name: str = "a.md") -> Article:
    data = text.encode() if isinstance(text, str) else text
    return parse_article(data, path=Path(name))


def with_front_matter(block: str, story: str = STORY) -> Article:
    return parse(f"---\n{block}\n---\n\n{story}\n")


# --- the five real articles ---


@pytest.fixture(scope="module")
def real(seeds: Path) -> list[Article]:
    return [read_article(path) for path in sorted(seeds.glob("*.txt"))]


def test_the_markdown_one_states_everything(real: list[Article]) -> None:
    article = real[3]
    assert article.title.startswith("Terrorist Attacks Force Russia and the West")
    assert article.title.endswith("Talk About Collaboration")
    assert article.authors == ("Daria Litvinova",)
    assert article.published == date(2015, 11, 19)
    assert article.source == "The Moscow Times"
    assert article.url.startswith("https://www.themoscowtimes.com/2015/11/19/")
    assert article.text.startswith(article.title + "\n\nBy Daria Litvinova\n\nNovember 19, 2015")
    assert article.text[article.body_start :].startswith("Seventeen days after")
    assert "Original url" not in article.text
    assert "imedia.ru" not in article.text
    assert "](" not in article.text


def test_a_break_in_the_middle_of_a_sentence_is_healed(real: list[Article]) -> None:
    assert real[3].text.count("Russian airliner earlier.") == 1


@pytest.mark.parametrize(
    ("number", "opens", "ends"),
    [(1, "How Will the Paris", "on the World Stage?"), (2, "Paris May Have", "From The Cold")],
)
def test_titled_ones_state_nothing_else(
    real: list[Article], number: int, opens: str, ends: str
) -> None:
    article = real[number]
    title = article.title
    assert title.startswith(opens)
    assert title.endswith(ends)
    assert article.shown_title == title
    assert (article.authors, article.published, article.source, article.url) == ((), None, "", "")
    assert article.text.startswith(f"{title}\n\n")


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "The jihadists struck Paris on"), (4, "Last Friday, Paris was the")]
)
def test_untitled_ones_show_their_first_words(real: list[Article], number: int, shown: str) -> None:
    article = real[number]
    assert article.title == ""
    assert article.shown_title.startswith(shown)
    assert article.shown_title.endswith("…")
    assert (article.authors, article.published, article.body_start) == ((), None, 0)


def test_glued_alternative_texts_are_gone(real: list[Article]) -> None:
    texts = "\n\n".join(article.text for article in real)
    for caption in ("syria-civil-war", "hollandeThe", "attackFor"):
        assert caption not in texts
    for opening in ("The flood", "The President", "For the time being"):
        assert f"\n\n{opening}" in texts


def test_page_furniture_is_gone(real: list[Article]) -> None:
    assert all("Related Posts" not in article.text for article in real)


def test_ids_are_stable_and_differ(real: list[Article], seeds: Path) -> None:
    again = [read_article(path).id for path in sorted(seeds.glob("*.txt"))]
    assert again == [article.id for article in real]
    assert len(set(again)) == 5


# --- identity ---


def test_id_is_that_of_the_story_not_of_its_byline() -> None:
    one = with_front_matter("title: Bridge\nsource: The Quay\nauthor: Ada Moss")
    assert one.id == with_front_matter("title: Bridge\nsource: The Quay\nauthor: Bo Lind").id
    assert one.id == with_front_matter("title: Bridge\nsource: The Quay\ndate: 2015-11-19").id
    assert one.id != with_front_matter("title: Bridge\nsource: The Wire\nauthor: Ada Moss").id
    assert one.id != with_front_matter("title: Bridges\nsource: The Quay").id
    assert one.id != with_front_matter("title: Bridge\nsource: The Quay", STORY + " Soon.").id


def test_path_does_not_count_for_the_id() -> None:
    assert parse(STORY, "a.txt").id == parse(STORY, "b.txt").id


# --- front matter ---


def test_front_matter_in_full() -> None:
    article = with_front_matter(
        "title: Bridge to close\nsource: The Quay\nsection: City\npublished: 2015-11-19\n"
        "authors:\n  - Ada Moss\n  - Bo Lind\nurl: https://quay.example/bridge"
    )
    assert article.title == "Bridge to close"
    assert (article.source, article.section) == ("The Quay", "City")
    assert article.authors == ("Ada Moss", "Bo Lind")
    assert article.published == date(2015, 11, 19)
    assert article.url == "https://quay.example/bridge"
    assert article.text[article.body_start :] == STORY
    opening = article.text[: article.body_start]
    assert opening == "Bridge to close\n\nBy Ada Moss and Bo Lind\n\nThe Quay, 19 November 2015\n\n"


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("2015-11-19", date(2015, 11, 19)),
        ("19 November 2015", date(2015, 11, 19)),
        ("2015-11-19T08:30:00Z", datetime(2015, 11, 19, 8, 30, tzinfo=UTC)),
        (
            "2015-11-19T23:30:00+03:00",
            datetime(2015, 11, 19, 23, 30, tzinfo=timezone(timedelta(hours=3))),
        ),
        ("someday", None),
        ("2999-01-01", None),
        ("1599-12-31", None),
        ("[2015, 11]", None),
        ("null", None),
    ],
)
def test_dates_in_front_matter(stated: str, published: date | None) -> None:
    article = with_front_matter(f"title: Bridge\ndate: {stated}")
    assert article.published == published
    assert type(article.published) is type(published)


def test_a_zone_is_kept_and_counts_for_the_day() -> None:
    article = with_front_matter("date: 2015-11-19T00:30:00+03:00")
    assert isinstance(article.published, datetime)
    assert article.published.utcoffset() == timedelta(hours=3)
    assert article.day == date(2015, 11, 19)


@pytest.mark.parametrize(
    ("stated", "authors"),
    [
        ("author: Ada Moss", ("Ada Moss",)),
        ("byline: By Ada Moss and Bo Lind", ("Ada Moss", "Bo Lind")),
        ("authors: [Ada Moss, Bo Lind]", ("Ada Moss", "Bo Lind")),
        ("authors: Ada Moss, Bo Lind & Cy Orr", ("Ada Moss", "Bo Lind", "Cy Orr")),
        ("authors: []", ()),
        ("author: null", ()),
        ("author: {name: Ada}", ()),
    ],
)
def test_authors_in_front_matter(stated: str, authors: tuple[str, ...]) -> None:
    assert with_front_matter(stated).authors == authors


def test_null_states_nothing() -> None:
    article = with_front_matter("title: null\nsource: ~\nsection:")
    assert (article.title, article.source, article.section) == ("", "", "")


@pytest.mark.parametrize(
    ("block", "where"),
    [
        ("title: 'Bridge", r"\(line \d\)"),
        ("title: Bridge\nsource: [a", r"\(line \d\)"),
        ("a: &x [1]\nb: [*x, *x]", r"\(line 3\)"),
        ("title: !!python/object/apply:os.system ['true']", r"\(line 2\)"),
        ("title: !!int ''", r"\(line 2\)"),
        ("date: !!timestamp never", r"\(line 2\)"),
    ],
)
def test_front_matter_that_does_not_parse(block: str, where: str) -> None:
    with pytest.raises(BadFrontMatter, match=rf"^a\.md: .*not valid YAML {where}$"):
        with_front_matter(block)


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise("abcdefghi")]
    with pytest.raises(BadFrontMatter):
        with_front_matter("\n".join(lines))


@pytest.mark.parametrize("block", ["just a line", "- a\n- b", ""])
def test_a_block_that_is_no_mapping_is_text(block: str) -> None:
    article = with_front_matter(block)
    assert article.text.endswith(STORY)
    assert (article.authors, article.published) == ((), None)


def test_a_rule_without_an_end_is_text() -> None:
    assert STORY in parse(f"---\n\n{STORY}\n").text


# --- encodings ---


POLISH = "Prezydent ogłosił, że wojna się skończyła. Żołnierze wrócili do domów w całej Łodzi."
ACCENTS = "Le président a déclaré que la trêve était finie à Orléans. Il reviendra très tôt."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (("\ufeff" + STORY).encode(), STORY),
        (STORY.encode("utf-16"), STORY),
        (ACCENTS.encode("utf-16-be"), ACCENTS),
        (b"\xfe\xff" + ACCENTS.encode("utf-16-be"), ACCENTS),
        (ACCENTS.encode("latin-1"), ACCENTS),
        ("Café open.".encode("latin-1"), "Café open."),
        ("The “quoted” café — so naïve.".encode("cp1252"), "The “quoted” café — so naïve."),
        ("Президент заявил в понедельник, что операция продолжится.".encode("cp1251"), "Президент"),
        (POLISH.encode("cp1250"), POLISH),
        (STORY.replace(" ", "\r\n", 1).encode(), STORY),
        ("cafe\u0301 open".encode(), "café open"),
    ],
)
def test_encodings(data: bytes, text: str) -> None:
    assert parse(data, "a.txt").text.startswith(text)


def test_bytes_that_are_not_utf8_far_down() -> None:
    said = "Президент заявил в понедельник, что операция продолжится."
    data = b"Plain words. " * 8000 + said.encode("cp1251")
    assert parse(data, "a.txt").text.endswith(said)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        b"words\0and more words",
        bytes(byte for byte in range(1, 256)) * 20,
        b"\xff\xfeH\0i\0\xd8",
    ],
)
def test_binary_content_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match=r"^photo\.txt: "):
        parse(data, "photo.txt")


@pytest.mark.parametrize("data", [b"", b"\n \t\n", b"\xef\xbb\xbf", "\u200b\u00ad\n".encode()])
def test_nothing_to_read(data: bytes) -> None:
    with pytest.raises(EmptyArticle, match="holds no text"):
        parse(data, "a.txt")


@pytest.mark.parametrize("text", ["By Ada Moss", "---\ntitle: Bridge\n---\n", "![x](y.png)"])
def test_no_story(text: str) -> None:
    with pytest.raises(EmptyArticle):
        parse(text)


# --- Markdown under the name .txt, addresses ---


def test_a_heading_line_tells_markdown_in_a_txt() -> None:
    article = parse(f"# Bridge to close\n\n{STORY} See [the plan](https://x.example).", "a.txt")
    assert article.title == "Bridge to close"
    assert article.text.endswith("See the plan.")


def test_the_address_gives_the_date_where_no_line_does() -> None:
    article = parse(f"{STORY}\n\n<https://quay.example/2015/11/19/bridge>", "a.txt")
    assert article.url == "https://quay.example/2015/11/19/bridge"
    assert article.published == date(2015, 11, 19)
    assert article.source == "quay.example"
    assert article.text == STORY


# --- files that cannot be read ---


def test_errors_say_the_path_and_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "gone.txt"
    with pytest.raises(CorpusError) as caught:
        read_article(path)
    assert isinstance(caught.value, DossierError)
    assert caught.value.path == path
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("target", ["nowhere.txt", "loop.txt"])
def test_dangling_and_looping_links(tmp_path: Path, target: str) -> None:
    (tmp_path / "loop.txt").symlink_to(tmp_path / target)
    [path] = find_files(tmp_path)
    with pytest.raises(UnreadableFile, match=r"No such file|Too many levels"):
        list(read_articles(path))


def test_a_folder_named_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    (tmp_path / "x.txt" / "inner.txt").write_text(STORY)
    assert [path.name for path in find_files(tmp_path)] == ["inner.txt"]
    with pytest.raises(UnreadableFile, match="is a folder"):
        list(read_articles(tmp_path / "x.txt"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    caught: list[Exception] = []

    def read() -> None:
        try:
            list(read_articles(tmp_path / "pipe.txt"))
        except UnreadableFile as error:
            caught.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(30)
    assert len(caught) == 1
    assert "not a regular file" in str(caught[0])


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(FileTooLarge, match="200 MB is over the limit of 20 MB"):
        read_article(path)
    path.write_text(STORY)
    assert len(STORY) < LARGEST_FILE
    with pytest.raises(FileTooLarge):
        read_article(path, limit=len(STORY) - 1)
    assert read_article(path, limit=len(STORY)).text == STORY


def test_other_formats_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x")
    assert list(find_files(path)) == [path]
    with pytest.raises(UnsupportedFormat, match=r"\.md, .*\.txt"):
        read_article(path)


# --- finding files ---


def test_find_files_in_order_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b/2.md", "b/1.TXT", "a.txt", ".hidden.txt", ".git/x.txt", "notes.png", "c/n.rst"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(STORY)
    found = [str(path.relative_to(tmp_path)) for path in find_files(tmp_path)]
    assert found == ["a.txt", "b/1.TXT", "b/2.md"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(STORY)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to(tmp_path, target_is_directory=True)
    assert [path.name for path in find_files(tmp_path)] == ["a.txt"]


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    (tmp_path / "a.txt").write_text(STORY)
    listed = os.scandir

    def refuse(path: os.PathLike[str]) -> object:  # the superuser is refused nothing
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert list(find_files(tmp_path)) == [tmp_path / "a.txt", locked]
