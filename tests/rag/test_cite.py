"""Citations: their numbers and the quote under each."""

import pytest
from asking import a_hit

from rag.cite import CitationList, find_quote, find_quotes, markers, sources_of, without_markers

TEXT = "The harbour closed in March. It had served 2,500 ships. Bo Lind wept."


@pytest.mark.parametrize(
    ("text", "wanted", "rest"),
    [
        ("Closed [1].", [1], "Closed."),
        ("Closed [2][1][2]", [2, 1], "Closed"),
        ("Closed [1, 2; 3].", [1, 2, 3], "Closed."),
        ("Closed [1-3] [5–6].", [1, 2, 3, 5, 6], "Closed."),
        ("Closed [3-1].", [3, 1], "Closed."),
        ("Closed [ 1 ].", [1], "Closed."),
        ("Closed [0].", [0], "Closed."),
        ("In March [2015] he [sic] left [].", [], "In March [2015] he [sic] left []."),
    ],
)
def test_markers(text: str, wanted: list[int], rest: str) -> None:
    assert markers(text) == wanted
    assert without_markers(text) == rest


def test_the_same_quote_has_one_number() -> None:
    hit = a_hit(TEXT, start=100)
    cited = CitationList()
    assert cited.add(hit, 100, 128) == 1
    assert cited.add(hit, 129, 155) == 2
    assert cited.add(a_hit(TEXT, start=100), 100, 128) == 1
    assert cited.add(a_hit(TEXT, start=100, name="b"), 100, 128) == 3
    assert [c.quote for c in cited.items] == [TEXT[:28], TEXT[29:55], TEXT[:28]]
    assert [c.number for c in cited.items] == [1, 2, 3]
    assert cited.items[0].passage == TEXT


@pytest.mark.parametrize(
    ("statement", "quote", "share"),
    [
        ("In March the harbour was closed", "The harbour closed in March.", 1.0),
        ("2,500 came", "It had served 2,500 ships.", 0.0),
        ("Lind wept, twice", "Bo Lind wept.", 2 / 3),
        ("", "The harbour closed in March.", 0.0),
    ],
)
def test_find_quote(statement: str, quote: str, share: float) -> None:
    start, end, held = find_quote(statement, a_hit(TEXT, start=50))
    assert TEXT[start - 50 : end - 50] == quote
    assert held == pytest.approx(share)


def found(statement: str, text: str = TEXT, **given: object) -> list[str]:
    return [quote.text for quote in find_quotes(statement, [a_hit(text, start=50)], **given)]


@pytest.mark.parametrize(
    ("statement", "quotes"),
    [
        ("The harbour closed.", ["The harbour closed in March."]),
        ("The harbour served 2,500 ships.", ["It had served 2,500 ships."]),
        (
            "The harbour closed in March after it had served 2,500 ships.",
            ["The harbour closed in March.", "It had served 2,500 ships."],
        ),
        # No word but the figure is in the sentence that has it.
        ("The harbour closed on 2,500 people.", ["The harbour closed in March."]),
        ("Nothing of that kind.", ["The harbour closed in March."]),
    ],
)
def test_find_quotes(statement: str, quotes: list[str]) -> None:
    assert sorted(found(statement)) == sorted(quotes)


def test_no_hit_gives_no_quotes() -> None:
    assert find_quotes("The harbour closed.", []) == []


def test_a_statement_of_two_sentences_without_values_cites_both() -> None:
    text = "The harbour closed for good. Its old cranes were sold. Bo Lind wept."
    assert found("The harbour closed for good and old cranes were sold.", text) == [
        "The harbour closed for good.",
        "Its old cranes were sold.",
    ]


def test_a_sentence_that_tells_a_name_gives_no_figure() -> None:
    text = "Bo Lind, 34, leads the port. He will rebuild every old quay."
    hit = a_hit(text, start=50)
    quotes = find_quotes("Bo Lind will rebuild every old quay.", [hit])
    assert len(quotes) == 2
    [source] = sources_of(quotes, [hit])
    assert "34" not in source.text
    assert "34" in source.named


def test_a_quotation_beyond_the_passage_has_its_own_paragraph() -> None:
    whole = f"{' ' * 50}{TEXT}\n\nMore. “Gone with the ice,” he said. End.\n\nLast."
    hit = a_hit(TEXT, start=50)
    [quote] = find_quotes("“Gone with the ice.”", [hit], wholes=[whole])
    assert whole[quote.start : quote.end] == quote.text == "“Gone with the ice,” he said."
    assert quote.hit.text == "More. “Gone with the ice,” he said. End."
