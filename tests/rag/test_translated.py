"""Dates and figures of other languages."""

import pytest

from rag.translated import english_figures, language_by_common_words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("am 17. November 2015 stürzte es ab", "am 17 November 2015 stürzte es ab"),
        ("am 3. März", "am 3 March"),
        ("le 1er mai 2015", "le 1 May 2015"),
        ("el 17 de noviembre de 2015", "el 17 November 2015"),
        ("il 17 marzo 2015", "il 17 March 2015"),
        ("op 17 mei 2015", "op 17 May 2015"),
        ("seit März 2015, im Mai", "in March 2015, in May"),
        ("en marzo de 2015", "in March 2015"),
        ("3,5 Millionen Euro", "3.5 million Euro"),
        ("2,5 milliards", "2.5 billion"),
        ("2.500 Menschen", "2500 Menschen"),
        ("2 500 personnes", "2500 personnes"),
        ("1.234.567,89", "1234567.89"),
        ("34,5 Prozent, 34 %", "34.5 percent, 34 percent"),
        ("über 100, mindestens 20", "over 100, at least 20"),
        ("más de 100", "over 100"),
        ("Im Jahr 2015 waren es 224.", "Im Jahr 2015 waren es 224."),
        ("", ""),
    ],
)
def test_as_an_english_text_would_write_them(text: str, wanted: str) -> None:
    assert english_figures(text) == wanted


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("El avión se estrelló el 17 de noviembre de 2015.", "es"),
        ("Das Flugzeug stürzte mit den Menschen am Abend ab.", "de"),
        ("L'avion est tombé dans le Sinaï avec les passagers.", "fr"),
        ("The plane fell on the Sinai with all of its people aboard.", ""),
        ("Ada Moss met Bo Lind in Oster.", ""),
        ("", ""),
    ],
)
def test_small_words_tell_the_language(text: str, language: str) -> None:
    assert language_by_common_words(text) == language
