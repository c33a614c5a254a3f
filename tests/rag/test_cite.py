"""Citations: their numbers and the quote under each."""

import pytest
from asking import a_hit

from rag.cite import CitationList, find_quote, markers, without_markers

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
