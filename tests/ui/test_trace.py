"""What the pages show of how an answer was found."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asking import a_hit
from streamlit.testing.v1 import AppTest
from ui.driving import Open, button, checked, texts

from app_pages._trace import days_label, trace_rows, trace_summary
from rag import Answer, Considered, Filters


def answer(**given: object) -> Answer:
    return Answer(question="", standalone_question="", text="", status="answered", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "label"),
    [
        (None, ""),
        (Filters(sources=["The Quay"]), ""),
        (Filters(published_from=date(2015, 11, 16)), "since 16 November 2015"),
        (Filters(published_to=date(2015, 11, 16)), "up to 16 November 2015"),
        (
            Filters(published_from=date(2015, 11, 16), published_to=date(2015, 11, 22)),
            "16 to 22 November 2015",
        ),
    ],
)
def test_days_label(filters: Filters | None, label: str) -> None:
    assert days_label(answer(filters=filters)) == label


def test_trace_rows() -> None:
    used = a_hit("Ice.", dense_rank=2, fused_rank=1, relevance=0.834)
    left = a_hit("Fire.", rank=2, lexical_rank=9, fused_rank=30, dropped="beyond the 16")
    given = answer(trace=(Considered.of(used), Considered.of(left)))
    assert trace_summary(given) == "How it was found: 1 of 2 passages used"
    first, second = trace_rows(given)
    assert (first["Place"], first["By meaning"], first["By words"]) == (1, 2, None)
    assert (first["Together"], first["Reader"], first["Left out"]) == (1, "83%", "")
    assert (second["Place"], second["Reader"], second["Left out"]) == (None, None, "beyond the 16")


@pytest.fixture
def ask(open_page: Open, sample_home: Path) -> Callable[[str], AppTest]:
    def run(question: str) -> AppTest:
        return checked(open_page(sample_home).chat_input[0].set_value(question).run())

    return run


@pytest.mark.usefixtures("loaded_embedder", "no_cache_left")
def test_the_trace_is_behind_one_click(ask: Callable[[str], AppTest]) -> None:
    page = ask("How many people died aboard the airliner?")
    [found] = [e for e in page.expander if e.label.startswith("How it was found: 16 of ")]
    rows = found.dataframe[0].value
    assert list(rows["Place"][:16]) == list(range(1, 17))
    assert rows["Left out"][16:].all()


@pytest.mark.usefixtures("loaded_embedder", "no_cache_left")
def test_days_of_publication_can_be_taken_away(ask: Callable[[str], AppTest]) -> None:
    page = ask("What do articles since 20 November 2015 say of the airliner?")
    assert "224" not in texts(page)
    page = checked(button(page, "Published since 20 November 2015").click().run())
    first, second = page.session_state["conversation"]
    assert second.question == first.question
    assert first.answer.filters == Filters(published_from=date(2015, 11, 20))
    assert second.answer.filters is None
    assert "224" in second.text
