"""Markers that nobody can guess."""

import pytest
from asking import a_hit

from rag.labels import labels_in, passage_labels, without_labels

HITS = [a_hit("The harbour closed.", name=str(number)) for number in range(50)]


def test_labels_differ_and_stay() -> None:
    labels = passage_labels("Who?", HITS)
    assert len(set(labels)) == len(HITS)
    assert labels == passage_labels("Who?", HITS)
    assert labels != passage_labels("What?", HITS)
    assert labels[:10] != passage_labels("Who?", HITS[:10])
    assert labels_in("".join(f"[{label}]" for label in labels)) == labels


@pytest.mark.parametrize(
    ("text", "found", "bare"),
    [
        ("It is so [k42].", ["k42"], "It is so."),
        ("It is so [K42, p17][k42].", ["k42", "p17"], "It is so."),
        ("It is so [1-3].", ["1", "2", "3"], "It is so."),
        ("It is so [ 7 ; 9 ].", ["7", "9"], "It is so."),
        ("It is so [passage k42].", ["k42"], "It is so."),
        ("It is so [1-900].", ["1"], "It is so."),
        ("He [the mayor] went [sic].", [], "He [the mayor] went [sic]."),
        ("[2015] was long.", [], "[2015] was long."),
    ],
)
def test_markers_are_found(text: str, found: list[str], bare: str) -> None:
    assert labels_in(text) == found
    assert without_labels(text) == bare
