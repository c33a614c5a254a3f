"""PDF: reading order over columns, paragraphs, hyphens, running heads, titles; what is refused."""

import io
import re
from pathlib import Path

import pytest
from papers import Page, column, paper

from corpus import Article, ReadOptions
from corpus.formats.pdf import read_pdf
from corpus.raw import Raw
from corpus.readers import parse

WORDS = (
    "the harbour bridge will close in March while ferries run every ten minutes instead and the"
    " council said that repair|s of the steel cables would take until autumn because inspec|tors"
    " found rust on many of them and the engi|neers who built it had warned of the danger"
).split()
HEADLINE = "Harbour bridge to close for the spring"


def story(count: int = 14) -> list[str]:
    """Paragraphs that can be told apart, with `|` where a word may be hyphenated."""
    return [
        f"Mark{n}. Then " + " ".join(WORDS[3 * n :] + WORDS[: 5 * n % 31]) + f" end{chr(97 + n)}."
        for n in range(count)
    ]


def pages(
    columns: int, *, by_row: bool = False, foot: float = 620, gutter: float = 16
) -> list[Page]:
    """The story set in columns under a headline that crosses them, a running head and a number."""
    rest, made = story(), list[Page]()
    width = (480 - (columns - 1) * gutter) / columns
    while rest:
        number = len(made) + 1
        lines = [(60.0, 30.0, 8.0, "The Quay Daily"), (290.0, 800.0, 8.0, str(number))]
        if number == 1:
            lines.append((60, 80, 26, HEADLINE))
        for index in range(columns):
            x = 60 + index * (width + gutter)
            set_lines, rest = column(
                rest, x=x, y=120 if number == 1 else 60, width=width, foot=foot
            )
            lines += set_lines
        made.append(Page(sorted(lines, key=lambda line: line[1:2]) if by_row else lines))
    return made


def raw(data: bytes) -> Raw:
    [found] = read_pdf(io.BytesIO(data), Path("a.pdf"), ReadOptions())
    assert isinstance(found, Raw)
    return found


def article(data: bytes) -> Article:
    [found] = parse(io.BytesIO(data), path=Path("a.pdf"), options=ReadOptions())
    assert isinstance(found, Article)
    return found


def shown(data: bytes) -> list[str]:
    return [block.text for block in raw(data).blocks if not block.removed]


def removed(data: bytes) -> list[tuple[str, str]]:
    return [(block.removed, block.text) for block in raw(data).blocks if block.removed]


@pytest.mark.parametrize("by_row", [False, True], ids=["by-column", "by-row"])
@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("foot", [620, 330], ids=["a-page", "pages"])
def test_columns_are_read_one_after_another(columns: int, by_row: bool, foot: float) -> None:
    """Whatever the order in which the file prints them; each paragraph comes out whole."""
    paragraphs = shown(paper(pages(columns, by_row=by_row, foot=foot)))
    wanted = [paragraph.replace("|", "") for paragraph in story()]
    assert [text for text in paragraphs if text.startswith("Mark")] == wanted
    assert set(paragraphs) - set(wanted) <= {HEADLINE, "The Quay Daily"}


def test_columns_below_an_opening_over_both() -> None:
    opening = [
        (
            60.0,
            100.0 + 12 * n,
            10.0,
            f"Line {n} of the opening runs over both of the columns below it, all of it.",
        )
        for n in range(4)
    ]
    texts = [text.replace("|", "") for text in story(2)]
    left, _ = column(story(2)[:1], x=60, y=150, width=150)
    right, _ = column(story(2)[1:], x=226, y=150, width=150)
    found = shown(paper([Page([*opening, *left, *right])]))
    assert found[-2:] == texts


@pytest.mark.parametrize("width", [80, 90, 100, 108, 120, 130])
def test_gaps_that_run_down_by_chance_are_no_gutter(width: float) -> None:
    """A narrow justified column of wide gaps."""
    wanted = [text.partition(". ")[2] for text in story(12)]
    rest, made = wanted, list[Page]()
    while rest:
        lines, rest = column(rest, x=60, y=60, width=width)
        made.append(Page(lines))
    assert shown(paper(made)) == [text.replace("|", "") for text in wanted]


def test_a_headline_is_the_title() -> None:
    found = article(paper(pages(2)))
    assert found.title == HEADLINE
    assert found.published is None  # the file's own date is not the article's


def test_running_heads_and_page_numbers_are_kept_apart() -> None:
    taken = removed(paper(pages(2, foot=330)))
    assert ("running head", "The Quay Daily") in taken
    assert [text for why, text in taken if why == "page number"] == ["1", "2", "3"][
        : len(taken) // 2
    ]
    assert len(taken) >= 4


def test_a_year_in_the_text_is_no_page_number() -> None:
    lines = [
        (50.0, 90.0 + 14 * n, 11.0, f"In line {n} stand some words that go on") for n in range(30)
    ]
    lines.append((50.0, 90.0 + 14 * 15.0 + 7, 11.0, "1999"))
    assert removed(paper([Page(lines)])) == []


def test_a_stamp_across_the_page_is_kept_apart() -> None:
    data = paper(
        [
            Page(
                [(60, 100 + 14 * n, 11, f"Some words of line {n} stand here.") for n in range(9)],
                turned="DRAFT",
            )
        ]
    )
    assert removed(data) == [("stamp", "DRAFT")]
    assert "DRAFT" not in " ".join(shown(data))


def test_footnotes_do_not_cut_a_sentence_in_two() -> None:
    first = [
        (60.0, 500.0 + 14 * n, 11.0, "Some words of the story that goes on and") for n in range(12)
    ]
    note = [(60.0, 720.0, 7.0, "1 A note in small type stands at the foot.")]
    second = [(60.0, 60.0, 11.0, "on over the page to its end.")]
    text = shown(paper([Page(first + note), Page(second)]))
    assert text[0].endswith("goes on and on over the page to its end.")
    assert text[-1] == "1 A note in small type stands at the foot."


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "joined"),
    [
        ("the inspec-", "tors came", "", "the inspectors came"),
        ("the co-", "operation was", "", "the cooperation was"),
        ("the co-", "operation was", "a co-operation there", "the co-operation was"),
        ("the co-", "operation was", "a cooperation there", "the cooperation was"),
        ("a self-", "made man", "", "a self-made man"),
        ("an Anglo-", "Saxon word", "", "an Anglo-Saxon word"),
        ("about 10-", "20 people", "", "about 10-20 people"),
        ("a man -", "said to be", "", "a man - said to be"),
    ],
)
def test_hyphens_at_the_end_of_a_line(before: str, after: str, elsewhere: str, joined: str) -> None:
    lines = [
        f"It is told of {before}",
        f"{after} and of more",
        f"and {elsewhere} too.",
        "The end came.",
    ]
    text = shown(paper([Page([(60, 100 + 14 * n, 11, line) for n, line in enumerate(lines)])]))
    assert joined in " ".join(text)


def test_ligatures_are_letters() -> None:
    import matplotlib as mpl

    font = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    page = Page([(60, 100, 11, "The ﬁrst ﬂood of the oﬃce was ﬁne.")])
    assert "The first flood of the office was fine." in shown(
        paper([page], font="Deja", font_file=str(font))
    )


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Microsoft Word - bridge.doc", HEADLINE),
        ("untitled", HEADLINE),
        ("bridge_final.indd", HEADLINE),
        (HEADLINE.upper(), HEADLINE.upper()),
        ("Another thing altogether", HEADLINE),
    ],
)
def test_a_title_in_the_properties_counts_where_the_page_bears_it_out(
    given: str, title: str
) -> None:
    assert raw(paper(pages(1), title=given)).stated["title"] == title


def test_an_author_in_the_properties_counts_where_the_page_bears_it_out() -> None:
    page = Page([(60, 100, 11, "By Ada Moss"), (60, 130, 11, "The bridge will close in March.")])
    assert raw(paper([page], author="Ada Moss")).stated["authors"] == "Ada Moss"
    assert raw(paper([page], author="Bo Lind")).stated["authors"] == ""


def test_a_page_that_lies_down_is_read() -> None:
    data = paper(pages(1))
    turned = re.sub(rb"/Type /Page\n", b"/Type /Page\n/Rotate 90\n", data)
    assert turned != data
    assert shown(turned) == shown(data)
