"""Cleaning takes out what a page adds, leaves prose alone, and loses nothing that it takes."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import Article, read_article
from corpus.cleaning import clean_blocks, clean_characters, mark_furniture, plain_blocks
from corpus.furniture import REASONS, is_caption
from corpus.raw import Block

LABELS = Path(__file__).parents[1] / "data" / "furniture.jsonl"


def clean(*lines: str) -> list[str]:
    """The paragraphs that are left of lines of running text."""
    text, _ = clean_blocks(mark_furniture([Block(line) for line in lines]))
    return text.split("\n\n") if text else []


def taken(*lines: str) -> list[tuple[str, str]]:
    """What was removed: (reason, words)."""
    _, removed = clean_blocks(mark_furniture([Block(line) for line in lines]))
    return [(piece.reason, piece.text) for piece in removed]


# --- furniture by its form ---

FURNITURE = {
    "related": [
        "Related Posts",
        "RELATED STORIES:",
        "Read more",
        "READ MORE:",
        "Read next »",
        "Read more: Harbour bridge to close in March",
        "More:Who is paying for the new bridge?",
        "MORE ON THE BRIDGE: Ferries to run every ten minutes",
        "See also: What the council said last year",
        "More from the harbour:",
        "You may also like",
        "You might be interested in",
        "Most read",
        "Editor's picks",
        "Trending now",
        "Recommended for you",
        "Watch: The bridge opens for a ship",
    ],
    "share": [
        "Share this article",
        "Share",
        "Tweet this",
        "Share on Facebook, Twitter and LinkedIn",
        "Facebook Twitter Email Print",
        "Share | Tweet | Pin | Email",
        "Follow us on Twitter",
        "Follow us on Facebook, X and Instagram.",
        "214 shares",
    ],
    "contact": [
        "Contact the author at a.moss@quay.example",
        "Contact Ada Moss at a.moss@quay.example.",
        "Email the reporter at ada@quay.example",
        "Follow Ada Moss on Twitter: @adamoss",
        "Contact Ada Moss: ada@quay.example. Follow her on Twitter: @adamoss.",
        "a.moss@quay.example",
        "Twitter: @adamoss",
    ],
    "cookie": [
        "We use cookies to give you the best experience on our website.",
        "This site uses cookies. By continuing to browse you accept our cookie policy.",
        "By continuing to use this site, you agree to our use of cookies.",
        "Accept all cookies",
        "Cookie settings",
        "Reject all",
    ],
    "newsletter": [
        "Sign up for our newsletter!",
        "Sign up for the Quay Weekly newsletter to receive the harbour's news",
        "Subscribe to our newsletter",
        "Subscribe now",
        "Get the latest harbour news delivered to your inbox.",
        "STAY AHEAD: Sign up for our Harbour newsletter now!",
        "A version of this story appeared in the Quay's Tides newsletter. Get it here.",
    ],
    "advertisement": [
        "Advertisement",
        "ADVERTISEMENT - SCROLL TO CONTINUE",
        "Story continues below",
        "Article continues after this advertisement",
        "Sponsored content",
        "Continue reading the main story",
        "Skip advertisement",
    ],
    "url": [
        "Original url:",
        "Original url: <https://quay.example>",
        "https://quay.example/bridge",
        "Source: https://quay.example/bridge",
    ],
    "navigation": [
        "Skip to main content",
        "Back to top",
        "Home > City > Bridges",
        "Page 3 of 7",
        "Next article",
        "Leave a comment",
        "Comments (23)",
        "View all comments",
        "5 min read",
        "Print this page",
    ],
    "copyright": [
        "© 2015 The Quay. All rights reserved.",
        "Copyright 2015 The Quay",
        "All rights reserved.",
    ],
    "credit": [
        "Ada Moss / Reuters",
        "Ada Moss/AFP/Getty Images",
        "REUTERS/Ada Moss",
        "(AP Photo/Ada Moss)",
        "Photo: Ada Moss/Reuters",
        "Photograph: Ada Moss for the Quay",
        "Photo by Ada Moss",
        "Photo credit: The Quay Archive",
        "Image copyright Getty Images",
        "Image source, Reuters",
        "Getty Images",
        "© Ada Moss / AFP",
        "Reporting by Ada Moss in Oslo; Editing by Bo Lind",
        "(Additional reporting by Ada Moss; writing by Bo Lind)",
        "Contributing: Ada Moss, The Quay; Bo Lind",
    ],
    "caption": [
        "Ships wait outside the harbour. (Photo: Ada Moss/AFP/Getty Images)",
        "The bridge opens for a ship on Monday. Ada Moss/Reuters",
        "The mayor of the harbour town Ada Moss/AFP/Getty Images",
        "Image caption The bridge at dawn, an hour before it closed",
        "FILE PHOTO: A ship passes below the bridge in March",
        "[Photo: the bridge as it was before the war]",
    ],
}


@pytest.mark.parametrize(
    ("reason", "line"), [(reason, line) for reason, lines in FURNITURE.items() for line in lines]
)
def test_furniture_goes_with_its_reason(reason: str, line: str) -> None:
    assert clean("One was there.", line, "Two were there.") == ["One was there.", "Two were there."]
    assert taken("One was there.", line, "Two were there.") == [(reason, line)]
    assert reason in REASONS


PROSE = [
    "Share prices fell for a third day.",
    "Share this, she said, and nobody will thank you.",
    "Shares",
    "Share the road, the sign says, and nobody does.",
    "Tweet by tweet, the story came apart.",
    "Facebook and Twitter said they had removed the film.",
    "Facebook",
    "Follow the money, he told them.",
    "Follow us, the soldiers shouted, and they did.",
    "Related posts were filled.",
    "Related by marriage, the two men had not spoken for years.",
    "Related: the two men are cousins.",
    "Read more books, she said.",
    "Read next to the original, the translation limps.",
    "Read more: that was the advice of every teacher.",
    "More than half of them stayed.",
    "More: that was all he ever asked for.",
    "More on that later, said the mayor.",
    "See also the report of the harbour board, which says the opposite.",
    "Watch for ice, the board said.",
    "Watch: the word came from below.",
    "Most read the letter twice.",
    "Recommended by the board, the plan failed in the council.",
    "Trending upwards since March, prices stood at their highest on Friday.",
    "You may also be fined.",
    "Advertisements fell.",
    "Advertisement, he said, is the mother of trade.",
    "Advertising",
    "Sponsored by the harbour board, the race was sailed on Sunday.",
    "Continue reading, the teacher said.",
    "Story continues to divide the town.",
    "Contact with the ship was lost at nine.",
    "Contact the police, the mayor said, before you do anything else.",
    "Contact Ada Moss and she will tell you the same.",
    "Write to the council at bridge@council.example, the mayor told residents, and wait.",
    "Email was down for an hour on Monday",
    "Email",
    "Cookies were sold at the gate.",
    "Cookies",
    "We use cookies as bait, the fisherman said.",
    "Accept all that comes, he used to say.",
    "Sign up, they told the young men, and see the world.",
    "Sign up for the newsletter, the minister joked, and the ministry will write to you daily.",
    "Subscribe to that view and you will never be surprised.",
    "Get the latest of them out of there, he shouted.",
    "Newsletter sales rose.",
    "Photo: it was all she had left.",
    "Photo by photo, the case grew.",
    "Photographs by the dozen lay on the floor.",
    "Photo finish in the harbour race",
    "Image is everything, the adviser said.",
    "Image by image the film was restored.",
    "Picture this: a bridge without a town.",
    "Credit where credit is due",
    "Credit: that is what the town needs.",
    "Caption contests are his pastime.",
    "Reuters reported that the bridge had closed.",
    "Reuters and AFP said so, too.",
    "Getty said the images were his.",
    "He bought the pictures from Getty Images.",
    "Reporting by night is dangerous.",
    "Reporting by Moss and Lind, two of the paper's best, brought the mayor down.",
    "Editing by hand takes a week.",
    "Additional reporting by the press made it worse.",
    "The Kremlin Press Service said nothing.",
    "Contributing to the delay was the ice.",
    "Home is where the harbour is.",
    "Home > sweet > home, he had carved, and that was all that was left of it, they said.",
    "Next article of the treaty: the straits.",
    "Page three of the report is missing.",
    "Comments were few.",
    "Leave a comment, he begged them, and they left.",
    "Menu prices rose.",
    "Copyright law is a maze.",
    "Copyright was the word that ended the meeting in 2015, and he left.",
    "All rights reserved to the people must be defended.",
    "Original link to the past, the bridge is loved.",
    "Print runs were cut.",
    "Back to the top of the league went the harbour boys.",
    "Skip the main course, the waiter said.",
    "Five minutes to read it, a life to forget.",
    "The 5 min read was worth it.",
    "Smoking room and/or hall",
    "The word/AP was smeared on the wall.",
    "Getting there took an hour, standing there took a day, and nobody complained.",
    "Smith (Reuters) said so.",
]


@pytest.mark.parametrize("line", PROSE)
def test_prose_that_looks_like_furniture_stays(line: str) -> None:
    lines = ("One was there.", line, "Two were there.")
    assert clean(*lines) == list(lines)
    assert taken(*lines) == []


# --- captions beside credits ---

CAPTION = "Two keepers standing beside the lamp of the old lighthouse."


@pytest.mark.parametrize("credit", ["Ada Moss / Reuters", "Harbour Press Service"])
@pytest.mark.parametrize("below", [True, False])
def test_a_credit_makes_a_caption_of_the_phrase_beside_it(credit: str, below: bool) -> None:
    pair = (credit, CAPTION) if below else (CAPTION, credit)
    lines = ("The lamp was lit on Monday.", *pair, "It was out by Friday.")
    assert clean(*lines) == [lines[0], lines[3]]
    assert {reason for reason, _ in taken(*lines)} == {"credit", "caption"}


@pytest.mark.parametrize(
    "prose",
    [
        "The keepers were standing beside the lamp.",
        "The keepers standing there said nothing.",
        "The keepers, standing there, turned away.",
        "Nothing moved.",
        "The keepers standing there: two.",
    ],
)
def test_a_sentence_beside_a_credit_is_no_caption(prose: str) -> None:
    assert clean("One was there.", "Ada Moss / Reuters", prose) == ["One was there.", prose]


def test_a_phrase_without_a_credit_stays() -> None:
    assert is_caption(CAPTION)
    assert clean("One was there.", CAPTION, "Two were there.") == [
        "One was there.",
        CAPTION,
        "Two were there.",
    ]


def test_a_press_service_alone_stays() -> None:
    lines = ["One was there.", "Harbour Press Service", "Two were there."]
    assert clean(*lines) == lines


def test_the_caption_that_leads_goes_where_the_page_shows_its_captions() -> None:
    one = ["Ada Moss / Reuters", CAPTION, "Text was here."]
    two = [*one, "Bo Lind / AFP", CAPTION]
    assert clean(CAPTION, "The story began.", *two)[0] == "The story began."
    assert clean(CAPTION, "The story began.", *one)[0] == CAPTION
    assert clean(CAPTION, "The story began.")[0] == CAPTION


def test_a_credit_at_the_end_of_a_long_paragraph_is_cut() -> None:
    prose = " ".join(["The bridge was closed and the ferries ran on."] * 8)
    assert clean(f"{prose} (Photo: Ada Moss/Reuters)") == [prose]
    assert taken(f"{prose} (Photo: Ada Moss/Reuters)") == [("credit", "(Photo: Ada Moss/Reuters)")]


# --- repeated headers ---

PAGE = "The council met on Monday and spoke of the bridge until it was dark."


def test_a_line_that_stands_again_and_again_is_a_header() -> None:
    header = "The Quay for the harbour"
    lines = [header, PAGE, header, PAGE, header]
    assert clean(*lines) == [PAGE, PAGE]
    assert taken(*lines) == [("repeated header", header)] * 3
    assert clean(*lines[:4]) == lines[:4]


@pytest.mark.parametrize(
    "again",
    [
        "We were never told.",
        "Ada Moss",
        "* * *",
        "Q:",
        "• Place of the race: the harbour",
        "Place of the race: the harbour",
        "– Ada Moss, The Quay News",
        "“The Keeper of the Lamp”",
        "The keeper of the lamp and the keeper of the bridge and both of their sons",
    ],
)
def test_a_refrain_a_speaker_or_a_row_is_no_header(again: str) -> None:
    lines = [again, PAGE, again, PAGE, again]
    assert clean(*lines) == lines


def test_lines_of_a_list_are_no_headers() -> None:
    lines = ["Best of the year", "Ada", "Best of the year", "Bo", "Best of the year", PAGE]
    assert clean(*lines) == lines


def test_a_heading_may_stand_often() -> None:
    blocks = [Block("What the council said", heading=2), Block("One was there.")] * 3
    assert not any(block.removed for block in mark_furniture(blocks))


# --- alternative text ---


@pytest.mark.parametrize(
    ("glued", "left"),
    [
        ("syria-civil-warThe flood of people grew.", "The flood of people grew."),
        ("hollandeThe President spoke.", "The President spoke."),
        ("attackFor the time being, no.", "For the time being, no."),
        ("img-01Ships waited outside.", "Ships waited outside."),
        ("IMG_2041.jpgShips waited outside.", "Ships waited outside."),
    ],
)
def test_glued_alternative_text_is_cut(glued: str, left: str) -> None:
    assert clean(glued) == [left]
    assert taken(glued) == [("alt text", glued.removesuffix(left))]


@pytest.mark.parametrize(
    "prose",
    [
        "iPhone sales fell.",
        "eBay said it would pay.",
        "macOS The system, they call it.",
        "well-known The Who played.",
        "al-Assad said no.",
        "e-mail The Times wrote.",
        "de Gaulle left.",
        "the For Sale sign stood there.",
        "McDonald’s The burger.",
        "x-ray Images were shown.",
        "theater The end.",
        "pro-iPhone users complained.",
        "non-eBay sellers gained.",
        "linkedIn and others paid.",
        "anti-American feeling grew.",
    ],
)
def test_words_with_capitals_inside_are_left_alone(prose: str) -> None:
    assert clean(prose) == [prose]


# --- nothing is lost ---


def put_back(text: str, removed: list[tuple[int, str]]) -> str:
    """The text with what was removed in its places, without its spaces."""
    out, at = [], 0
    for place, piece in removed:
        out += [text[at:place], piece]
        at = place
    return re.sub(r"\s", "", "".join([*out, text[at:]]))


LINES = st.one_of(
    st.sampled_from([line for lines in FURNITURE.values() for line in lines]),
    st.sampled_from([*PROSE, CAPTION, "syria-civil-warThe flood grew.", "the rest of it."]),
    st.text(alphabet="abAB. ,\n-Thefor/()", min_size=1).map(lambda t: " ".join(t.split())),
)


@given(st.lists(LINES.filter(bool), max_size=12), st.integers(0, 50))
def test_what_goes_is_kept_with_its_place(lines: list[str], at: int) -> None:
    text, removed = clean_blocks(mark_furniture([Block(line) for line in lines]), at=at)
    pieces = [(piece.at - at, piece.text) for piece in removed]
    assert [place for place, _ in pieces] == sorted(place for place, _ in pieces)
    assert put_back(text, pieces) == re.sub(r"\s", "", "".join(lines))
    assert {piece.reason for piece in removed} <= set(REASONS)


def test_the_place_is_that_before_which_it_stood() -> None:
    text, removed = clean_blocks(
        mark_furniture([Block(t) for t in ("One was there.", "Share", "Two were.", "Read more")]),
        at=100,
    )
    assert [text[piece.at - 100 :] for piece in removed] == ["Two were.", ""]


def test_what_the_format_marked_is_kept_with_its_reason() -> None:
    blocks = [Block("One was there."), Block("Anything at all.", removed="pull quote")]
    text, removed = clean_blocks(mark_furniture(blocks))
    assert text == "One was there."
    assert [(piece.reason, piece.text) for piece in removed] == [("pull quote", "Anything at all.")]


# --- the five real articles, every line of which was looked at ---


@pytest.fixture(scope="module")
def labels() -> dict[tuple[str, int], dict[str, str]]:
    rows = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    return {(row["file"], row["line"]): row for row in rows}


def letters(text: str) -> str:
    """Letters and digits alone, without the targets of Markdown's links."""
    return re.sub(r"[\W_]", "", re.sub(r"\]\([^)]*\)", "]", text))


def is_whole(line: str, article: Article) -> bool:
    return letters(line) in letters(article.text)


def was_removed(line: str, kind: str, article: Article) -> bool:
    pieces = [letters(p.text) for p in article.removed if p.reason == kind]
    if kind == "alt text":
        cut = next((p for p in pieces if letters(line).startswith(p)), None)
        return cut is not None and letters(line).removeprefix(cut) in letters(article.text)
    return any(letters(line) in piece or piece in letters(line) for piece in pieces)


def test_every_labelled_line_goes_and_no_other(
    seeds: Path, labels: dict[tuple[str, int], dict[str, str]]
) -> None:
    seen = set()
    for path in sorted(seeds.glob("*.txt")):
        article = read_article(path)
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            label = labels.get((path.name, number))
            if label is None:
                assert is_whole(line, article), f"{path.name}:{number} lost words"
                continue
            seen.add((path.name, number))
            assert hashlib.sha256(line.strip().encode()).hexdigest() == label["sha256"]
            assert was_removed(line, label["kind"], article), f"{path.name}:{number} stays"
            assert not is_whole(line, article)
    assert seen == set(labels)


def test_the_sample_has_nothing_to_remove(sample: Path) -> None:
    assert {path.name: read_article(path).removed for path in sorted(sample.iterdir())} == {
        path.name: () for path in sorted(sample.iterdir())
    }


# --- paragraphs ---


def test_a_broken_sentence_is_joined() -> None:
    lines = ("The council met on Monday and spoke about", "the bridge.", "then it closed.")
    assert clean(*lines) == [
        "The council met on Monday and spoke about the bridge.",
        "then it closed.",
    ]


def test_a_sentence_that_furniture_broke_is_joined_and_the_place_kept() -> None:
    lines = ("The council met on Monday and spoke about", "Advertisement", "the bridge.")
    text, removed = clean_blocks(mark_furniture([Block(line) for line in lines]))
    assert text == "The council met on Monday and spoke about the bridge."
    assert text[removed[0].at :] == "the bridge."


def test_what_is_not_a_broken_sentence_stays_apart() -> None:
    lines = ["Short line", "and another.", "The council met on Monday and closed", "The bridge"]
    assert clean(*lines) == lines


def test_blank_lines_part_paragraphs() -> None:
    assert plain_blocks("One.\n\nTwo.\n \t\n\nThree.") == ["One.", "Two.", "Three."]


def test_hard_wrapping_is_joined() -> None:
    assert plain_blocks("The bridge will\nclose in March.\nFerries run.\n\nEnd.") == [
        "The bridge will close in March. Ferries run.",
        "End.",
    ]


def test_a_line_a_paragraph() -> None:
    assert plain_blocks("One sentence.\nAnother “one.”\nA third") == [
        "One sentence.",
        "Another “one.”",
        "A third",
    ]


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n"])
def test_no_blocks(text: str) -> None:
    assert plain_blocks(text) == []


@given(st.lists(st.text(alphabet="abAB. ,\n-Thefor", min_size=1)))
def test_plain_blocks_keep_every_word(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert " ".join(plain_blocks(text)).split() == text.split()


# --- characters ---


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("so\u00adft zero\u200bwidth \ufeffmark", "soft zerowidth mark"),
        ("right\u202eleft\u2066x\u2069 \u061cmark", "rightleftx mark"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("a\x00b\x07c d", "a b c d"),
        ("no\u00a0break\u2009thin\t\ttab  two", "no break thin tab two"),
        ("e\u0301", "é"),
        ("line\u2028paragraph\u2029end", "line\nparagraph\n\nend"),
        ("“quotes” — stay…", "“quotes” — stay…"),
        ("don’t co\u2011operate", "don’t co\u2011operate"),
        ("the \ufb01rst e\ufb00ort", "the first effort"),
        ("cafÃ© donâ€™t", "café don’t"),
        ("It\x92s", "It’s"),
        ("full：width", "full：width"),
        ("&amp; stays", "&amp; stays"),
    ],
)
def test_characters(raw: str, plain: str) -> None:
    assert clean_characters(raw) == plain


@settings(max_examples=40)
@given(st.text())
def test_cleaning_characters_twice_changes_nothing(raw: str) -> None:
    once = clean_characters(raw)
    assert clean_characters(once) == once
    once.encode()
