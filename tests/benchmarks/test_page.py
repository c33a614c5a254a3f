"""The benchmark of the page: what it counts as lost or wrong, and how it says so."""

from dataclasses import replace

import pytest

from benchmarks.page import Crowd, Shown, Visits, growth, log_faults, lost, section

MEMORY = [(0.0, 200_000_000), (20.0, 580_000_000), (40.0, 600_000_000), (120.0, 606_000_000)]
VISITS = Visits(
    started=[1.0, 3.0, 2.0],
    painted=[0.5, 0.4, 0.6],
    usable=[5.0, 5.5, 4.5],
    first_answer=[9.0, 8.0, 10.0],
    again_painted=[0.3],
    again_usable=[0.9],
    answers=[1.0, 2.0],
    citations=[0.2] * 9 + [0.9],
)
CROWD = Crowd(
    users=10,
    seconds=120.0,
    asked=80,
    finished=80,
    lost=[],
    page_faults=[],
    log_faults=[],
    answers=[2.0],
    citations=[],
    searches=7,
    reloads=20,
    memory=MEMORY,
)


def test_a_question_is_lost_without_a_whole_answer() -> None:
    shown = [
        Shown("Who\u2060 spoke?\nThe mayor\u00a0did.", True),
        Shown("Where was it?\nSearching …", False),
        Shown("When?\nBroken off: the server was stopped while this was being answered.", True),
    ]
    assert lost(["Who spoke?"], shown) == []
    assert lost(["Where was it?", "Who spoke?", "When?", "Why?"], shown) == [
        "Where was it?",
        "When?",
        "Why?",
    ]


def test_one_answer_serves_one_question() -> None:
    assert lost(["Who spoke?"] * 2, [Shown("Who spoke? The mayor.", True)]) == ["Who spoke?"]


def test_faults_in_a_log() -> None:
    log = (
        "  URL: http://127.0.0.1:8501\n"
        "Uncaught app execution\n"
        "Traceback (most recent call last):\n"
        '  File "app.py", line 3, in draw\n'
        "    raise ValueError\n"
        "ValueError: no such page\n"
        "ERROR of another kind\n"
        "search: nothing found\n"
    )
    assert log_faults(log) == ["ValueError: no such page", "ERROR of another kind"]
    assert log_faults("URL: http://127.0.0.1:8501\n") == []


def test_memory_counts_from_when_the_models_are_loaded() -> None:
    assert growth(MEMORY) == pytest.approx(0.01)


def test_the_section_says_which_aims_were_missed() -> None:
    told = section(VISITS, CROWD, others=0.03, load=(0.1, 2.0))
    assert "| first visit: first paint | 0.50 (0.40 to 0.60) | under 2: met |" in told
    assert (
        "| the same, from the start of the server | 6.50 (6.00 to 8.50) | under 6: missed |" in told
    )
    assert "| click on a citation (10), p50 / p95 | 0.20 / 0.90 | under 0.3: met |" in told
    assert "| questions lost | 0 | 0: met |" in told
    assert "| +1.0% | under 10%: met |" in told
    assert "200 at the start, 580 after 20 s" in told
    assert "upper bounds" not in told


def test_the_section_owns_up() -> None:
    worse = replace(CROWD, lost=["Who?"], log_faults=["ValueError"], memory=[*MEMORY, (130, 9**10)])
    told = section(VISITS, worse, others=0.5, load=(4.0, 6.0))
    assert "| questions lost | 1 | 0: missed |" in told
    assert "| errors on the page / in the log | 0 / 1 | 0: missed |" in told
    assert "under 10%: missed" in told
    assert "50% of the processor" in told
    assert "upper bounds" in told
