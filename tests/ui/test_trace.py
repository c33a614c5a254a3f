"""What the pages show of how an answer was found."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from asking import a_hit
from streamlit.testing.v1 import AppTest
from ui.driving import Open, answered, button, checked, kept, texts
from ui.driving import ask as asked

from app_pages._trace import days_label, matching_titles, trace_rows, trace_summary
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
        return asked(open_page(sample_home), question)

    return run


@pytest.mark.usefixtures("loaded_embedder", "no_cache_left")
def test_the_trace_is_behind_one_click_and_says_why_not(
    ask: Callable[[str], AppTest], sample_home: Path
) -> None:
    page = ask("How many people died aboard the airliner?")
    assert [e for e in page.expander if e.label.startswith("How it was found: 16 of ")]
    assert not page.dataframe
    [exchange] = kept(sample_home).exchanges
    page.session_state[f"trace-{exchange.id}"] = True
    page = checked(page.run())
    rows = page.dataframe[0].value
    assert list(rows["Place"][:16]) == list(range(1, 17))
    assert rows["Left out"][16:].all()
    used = exchange.answer.citations[0].article_id
    page = checked(page.selectbox(key=f"why-{exchange.id}").set_value(used).run())
    assert "Used: " in texts(page)
    assert len(page.dataframe) == 2


def test_titles_to_choose_from() -> None:
    titles = {str(n): f"Harbour news {n}" for n in range(80)}
    assert list(matching_titles(titles, "")) == [str(n) for n in range(50)]
    assert matching_titles(titles, "NEWS  77") == {"77": "Harbour news 77"}


@pytest.mark.usefixtures("loaded_embedder", "no_cache_left")
def test_days_of_publication_can_be_taken_away(
    ask: Callable[[str], AppTest], sample_home: Path
) -> None:
    page = ask("What do articles since 20 November 2015 say of the airliner?")
    assert "224" not in texts(page)
    [first] = kept(sample_home).exchanges
    page = answered(checked(button(page, "Published since 20 November 2015").click().run()))
    [second] = kept(sample_home).exchanges
    assert second.question == first.question
    assert first.answer.filters == Filters(published_from=date(2015, 11, 20))
    assert second.answer.filters is None
    assert "224" in second.text
