"""Bytes to characters: encodings with and without a mark, mixed ones, and mojibake undone."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.cleaning import clean_characters
from corpus.decoding import decode, repair
from corpus.errors import NotText

PATH = Path("a.txt")
ENGLISH = "The bridge will close in March.\n\n“It’s time,” she said – at the café.\n"
RUSSIAN = "Мост закроют в марте.\n\nПаромы ходят каждые десять минут, сказал мэр.\n"
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", *WIDE])
def test_unicode_with_and_without_a_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), PATH) == text


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-32-be"])
def test_a_big_endian_mark(encoding: str) -> None:
    assert decode("\ufeff".encode(encoding) + ENGLISH.encode(encoding), PATH) == ENGLISH


def test_western_text() -> None:
    assert decode(ENGLISH.encode("cp1252"), PATH) == ENGLISH


def test_a_western_line_in_a_unicode_file() -> None:
    lines = ["“Déjà vu,” — naïve".encode(), "It’s a café".encode("cp1252"), "– fin".encode()]
    assert decode(b"\n".join(lines), PATH) == "“Déjà vu,” — naïve\nIt’s a café\n– fin"


def test_a_western_sign_in_a_unicode_line() -> None:
    assert decode("“naïve” ".encode() + "caf\u00e9".encode("cp1252"), PATH) == "“naïve” café"


def test_a_unicode_file_cut_in_the_middle_of_a_sign() -> None:
    data = ("“café” " * 20).encode()[:-2]
    assert decode(data, PATH).startswith("“café” “café”")
    assert "Ã" not in decode(data, PATH)


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\xff\xfeA",
        b"\xff\xfe\0\0\0\0\0\0",
        b"\0" * 400,
        bytes(range(256)) * 8,
        b"text\0text",
    ],
)
def test_what_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data, PATH)


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(NotText):
        decode(data, PATH).encode()


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("cafÃ© and donâ€™t", "café and don’t"),
        ("â€œHelloâ€\x9d he said", "“Hello” he said"),
        ("donâ\x80\x99t go", "don’t go"),
        ("Ð\x9fÑ\x80Ð¸Ð²ÐµÑ\x82", "Привет"),
        ("The fee is Â£5", "The fee is £5"),
        ("Ã  la carte", "à la carte"),
        ("It\x92s", "It’s"),
        ("ÃƒÂ©tÃ©", "été"),
        ("sÅ‚ownik", "słownik"),
        ("a pair \ud83d\ude00 and half \ud83d", "a pair \U0001f600 and half \ufffd"),
    ],
)
def test_mojibake_is_undone(damaged: str, whole: str) -> None:
    assert repair(damaged) == whole


@pytest.mark.parametrize(
    "clean",
    [
        "naïve façade — “ok” …",
        "Š šž ÀÉ ÎÏ ÂÃ",
        "Tiếng Việt, Łódź, Αθήνα, Пётр — «да»",
        "IL Y A MARQUÉ…",
        "15½ – 3° € 5 ¢",
        "São João — “não”",
        "full：width，signs",
        "&amp; &#8217;",
        "don’t ‘quote’",
        "日本語の文章",
        "l’État",
    ],
)
def test_clean_text_is_left_alone(clean: str) -> None:
    assert repair(clean) == clean


def test_one_damaged_line_does_not_touch_another() -> None:
    assert repair("“Ça va”\ncafÃ©\nÀ bientôt…") == "“Ça va”\ncafé\nÀ bientôt…"


def test_the_articles_are_left_alone(sample: Path, seeds: Path) -> None:
    for path in [*sorted(sample.iterdir()), *sorted(seeds.glob("*.txt"))]:
        text = path.read_text("utf-8")
        assert repair(text) == text, path.name
        kept = [line.split() for line in text.replace("\u00a0", " ").split("\n")]
        assert [line.split() for line in clean_characters(text).split("\n")] == kept, path.name


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_repair_loses_no_line(text: str) -> None:
    assert repair(text).count("\n") == text.count("\n")
