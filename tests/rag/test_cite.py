"""Citations: their numbers, the quote under each, and the checks."""

import pytest
from asking import a_hit

from rag.cite import (
    CitationList,
    check_names,
    check_quotes,
    check_values,
    find_quote,
    markers,
    without_markers,
)

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


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("He said “The harbour closed in March”.", True),
        ('He said "the harbour closed in March."', True),
        ("He said “the harbour\n closed in March,” he said.", True),
        ("He said “the harbour closed in May”.", False),
        ("“It had served 2,500 ships”, but “the harbour reopened in June”.", False),
        ("The “so-called” harbour.", None),
        ("No quotation at all.", None),
    ],
)
def test_check_quotes(sentence: str, passed: bool | None) -> None:
    check = check_quotes(sentence, ["Other.", TEXT])
    assert (check and check.passed) is passed
    if passed is False:
        assert check is not None
        assert "not verbatim" in check.detail


def test_apostrophes_and_dashes_may_differ_in_a_quotation() -> None:
    source = "She said: ‘It’s over — we’re going home by co\u2011operation’."
    check = check_quotes("“It's over – we're going home by co-operation”", [source])
    assert check is not None
    assert check.passed


@pytest.mark.parametrize(
    ("sentence", "passed", "detail"),
    [
        ("It served 2500 ships.", True, ""),
        ("Two thousand five hundred ships.", True, ""),
        ("It served 2,501 ships.", False, "2501"),
        ("It closed on 3 May.", True, ""),
        ("It closed on May 3, 1999.", True, ""),
        ("It closed on 3 May 1998.", False, "3.5."),
        ("It closed on 4 May.", False, "4.5."),
        ("It closed in 1999.", True, ""),
        ("It closed in 1998 after 2,500 ships.", False, "1998"),
        ("It closed.", None, ""),
        ("One of them left.", None, ""),
    ],
)
def test_check_values(sentence: str, passed: bool | None, detail: str) -> None:
    check = check_values(sentence, ["It had served 2,500 ships.", "On 3 May 1999 it closed."])
    assert (check and check.passed) is passed
    assert detail in (check.detail if check else "")


@pytest.mark.parametrize(
    ("sentence", "passed"),
    [
        ("Yesterday Bo Lind wept.", True),
        ("Mr. Lind's tears fell.", True),
        ("The LIND house.", True),
        ("Yesterday Ada Lind wept.", False),
        ("The ferry sank in Malta.", False),
        ("Nobody was there.", None),
    ],
)
def test_check_names(sentence: str, passed: bool | None) -> None:
    check = check_names(sentence, [TEXT])
    assert (check and check.passed) is passed
    if passed is False:
        assert check is not None
        assert check.detail.startswith("not in the cited source: ")
