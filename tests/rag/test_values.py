"""Numbers, dates and names: one normal form for each way of writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.values import (
    Day,
    counted,
    days,
    months,
    names,
    number_spans,
    numbers,
    quantities,
    weekdays,
    without_dates,
    years,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("129", {129}),
        ("2,500 people", {2500}),
        ("1,234,567.89", {1_234_567.89}),
        ("3.5 million", {3_500_000}),
        ("a 3.5-million budget", {3_500_000}),
        ("£1.2bn, $5m and 200k", {1_200_000_000, 5_000_000, 200_000}),
        ("twenty-nine", {29}),
        ("twenty nine", {29}),
        ("one hundred and twenty-nine", {129}),
        ("One Hundred Twenty-Nine", {129}),
        ("two thousand and fifteen", {2015}),
        ("three million five hundred thousand", {3_500_000}),
        ("a hundred", {100}),
        ("a million", {1_000_000}),
        ("half a million", {500_000}),
        ("a dozen, two dozen, half a dozen; dozens", {12, 24, 6}),
        ("three and a half million", {3_500_000}),
        ("12 hundred", {1200}),
        ("two and three", {2, 3}),
        ("between fifty thousand and sixty thousand", {50_000, 60_000}),
        ("30-40 people", {30, 40}),
        ("5%", {5}),
        ("zero", {0}),
        ("129. Then 130, and 131", {129, 130, 131}),
        ("in 2015", {2015}),
        ("hundreds of thousands, a few million", set()),
        ("one of them; no one", set()),
        ("a hundred and one", {101}),
        ("A320, MH17", set()),
        ("often, seventy-seven", {77}),
        ("attention, weight", set()),
        ("17 November 2015", set()),
        ("on Nov. 13, 89 died", {89}),
        ("", set()),
    ],
)
def test_numbers(text: str, wanted: set[float]) -> None:
    assert numbers(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("at least 3.5 million of 2,500", ["3.5 million", "2,500"]),
        ("some one hundred and twenty-nine people", ["one hundred and twenty-nine"]),
        ("half a million men", ["half a million"]),
        ("one of the million", []),
        ("On 13 November 89 died", ["89"]),
    ],
)
def test_number_spans_are_those_of_the_numbers(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end in number_spans(text)] == wanted


@given(st.integers(2, 10**9))
def test_grouped_digits_are_the_number(number: int) -> None:
    assert numbers(f"It was {number:,}.") == {number}


@given(st.text("ahundretoswif lmy-,.0123456789", max_size=60))
def test_every_span_holds_just_its_number(text: str) -> None:
    spans = number_spans(text)
    assert {value for start, end in spans for value in numbers(text[start:end])} == numbers(text)
    assert all(text[start:end].strip() == text[start:end] for start, end in spans)


@pytest.mark.parametrize(
    "text",
    [
        "17 November 2015",
        "17 Nov. 2015",
        "17th of November 2015",
        "17th of November, 2015",
        "November 17, 2015",
        "Nov. 17 2015",
        "NOV 17th, 2015",
        "2015-11-17",
    ],
)
def test_one_day_in_every_form(text: str) -> None:
    assert days(f"It was on {text}, they said") == [Day(11, 17, 2015)]
    assert numbers(text) == years(text) == set()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Nov. 17", [Day(11, 17)]),
        ("Sept 3 and 4 May", [Day(9, 3), Day(5, 4)]),
        ("SEPT. 11, 2001", [Day(9, 11, 2001)]),
        ("June 2015", []),
        ("the 17th", []),
        ("32 May", []),
        ("2015-13-40", []),
        ("Novembers 17", []),
    ],
)
def test_days(text: str, wanted: list[Day]) -> None:
    assert days(text) == wanted


def test_days_match_where_both_can_be_the_same() -> None:
    assert Day(11, 17).matches(Day(11, 17, 2015))
    assert Day(11, 17, 2015).matches(Day(11, 17))
    assert not Day(11, 17, 2014).matches(Day(11, 17, 2015))
    assert not Day(11, 17).matches(Day(11, 18))


def test_years_stand_outside_dates() -> None:
    text = "In 1999, and on 4 May 2001; about 2,015 people in 2020, 2050.5, 1234"
    assert years(text) == {1999, 2020}


@given(st.text("Nov. 1234567890-dMay ,\n", max_size=80))
def test_blanking_dates_keeps_offsets(text: str) -> None:
    rest = without_dates(text)
    assert len(rest) == len(text)
    assert all(new in (old, " ") for new, old in zip(rest, text, strict=True))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ada Moss said so.", ["Ada Moss"]),
        ("The harbour master, Bo Lind, left.", ["Bo Lind"]),
        ("Then John left.", ["John"]),
        ("Harbours closed. Ships waited.", []),
        ("FSB officers came.", ["FSB"]),
        ("McDonald spoke", ["McDonald"]),
        ("In Paris, Mr. Hollande spoke.", ["Paris", "Hollande"]),
        ("Dr. Ada Moss left with Gen. Lind", ["Ada Moss", "Lind"]),
        ("J. K. Rowling wrote to J.R. Ewing.", ["J. K. Rowling", "J.R. Ewing"]),
        ("He saw Ada Moss's car and Lind’s.", ["Ada Moss", "Lind"]),
        ("the airport Charles de Gaulle", ["Charles de Gaulle"]),
        ("the Bank of England", ["Bank of England"]),
        ("a strike on al-Raqqa and Al-Hasakah", ["al-Raqqa", "Al-Hasakah"]),
        ("Where did Émile Zola live?", ["Émile Zola"]),
        ("She met Åsa Öberg.", ["Åsa Öberg"]),
        ("On Friday President Moss spoke on Monday.", ["President Moss"]),
        ("Monday was calm. May came.", []),
        ("He told The Moscow Times.", ["Moscow Times"]),
        ("the US fleet and us", ["US"]),
        ("“Harbours closed,” said Moss.", ["Moss"]),
        ("I think he and I left", []),
        ("Moss, and then Moss", ["Moss"]),
        ("", []),
    ],
)
def test_names(text: str, wanted: list[str]) -> None:
    assert names(text) == wanted


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("34 percent, 34%, 34 per cent, 34-percent, 34pc", ["%"] * 5),
        ("3 to 5 percent", ["?", "%"]),
        ("from 34 percent to 30", ["%", "?"]),
        ("5 percentage points", ["?"]),
        ("34 people, or 5 percent", ["", "%"]),
        ("US$5m, £3bn, 7 million euros, 5 rubles", ["$", "£", "€", "₽"]),
        ("12 ships", [""]),
    ],
)
def test_units(text: str, units: list[str]) -> None:
    assert [quantity.unit for quantity in quantities(text)] == units


def test_what_is_counted() -> None:
    assert counted("34 people and 2,500 other ships, 12 of the ships, 7 and 8.") == {
        "peopl": {34},
        "ship": {2500, 12},
    }


@pytest.mark.parametrize(
    ("text", "strict", "loose"),
    [
        ("in March", {3}, {3}),
        ("March 2015 and last May", {3, 5}, {3, 5}),
        ("on 3 March", set(), {3}),
        ("Theresa May said so in June", {6}, {5, 6}),
        ("in May Street and in June 3", set(), {5, 6}),
        ("it may march", set(), set()),
    ],
)
def test_months(text: str, strict: set[int], loose: set[int]) -> None:
    assert months(text) == strict
    assert months(text, loose=True) == loose


def test_weekdays() -> None:
    assert weekdays("On Monday, Sundays and a sunday") == {0, 6}
