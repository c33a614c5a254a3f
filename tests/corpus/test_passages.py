"""Passages: exact spans, whole sentences, and a budget counted by the embedder's own tokenizer."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus import Article, Passage, find_files, read_article, sentence_spans, split_passages
from rag.embedder import MAX_TOKENS, OnnxEmbedder

PROSE = st.text(
    alphabet=st.one_of(
        st.sampled_from("aebT.!?,;:'’“”()[]-—/0139 \n"),
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
    ),
    max_size=600,
)
# The session's embedder is one object for all examples, which is what the check warns of.
examples = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def real_tokens(embedder: OnnxEmbedder, text: str) -> int:
    """What the model would be fed: counted apart from the code under test."""
    return len(embedder._tokenizer.encode(text).ids)


def cut(article: Article, embedder: OnnxEmbedder, budget: int = 200) -> list[Passage]:
    passages = split_passages(article, count_tokens=embedder.count_tokens, budget=budget)
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip()
        # The head is not embedded with the story, so that a corrected byline changes no vector.
        whole = passage.end <= article.body_start
        body = article.text[
            passage.start if whole else max(passage.start, article.body_start) : passage.end
        ]
        assert passage.embedded.endswith(body)
        assert passage.article_id == article.id
        assert passage.tokens == real_tokens(embedder, passage.embedded)
        assert passage.tokens <= budget
    for left, right in pairwise(passages):
        assert left.end <= right.start
        assert article.text[left.end : right.start].strip() == ""
    # Nothing is lost.
    kept = "".join(passage.text for passage in passages)
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", article.text)
    return passages


# --- sentences ---


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Moss met Dr. Lind. They spoke.", ["Mr. Moss met Dr. Lind.", "They spoke."]),
        ("The U.S. and the E.U. agreed on it.", ["The U.S. and the E.U. agreed on it."]),
        ("One paragraph\n\nwithout a stop", ["One paragraph", "without a stop"]),
        ("  Spaced.   Out.  ", ["Spaced.", "Out."]),
        ("It cost 3.5 million. Much.", ["It cost 3.5 million.", "Much."]),
        ("", []),
        ("\n\n \n", []),
        ("They should:\n\ngo;\n\nstay.\n\nSo.", ["They should:\n\ngo;\n\nstay.", "So."]),
        ("They should:\n\ngo. Or stay.", ["They should:\n\ngo.", "Or stay."]),
        ("They said:\n\nGo.\n\nstay.", ["They said:", "Go.", "stay."]),
        ("They said: go;\n\nstay.", ["They said: go;", "stay."]),
        ("They said:\n\ngo;\n\nstay", ["They said:", "go;", "stay"]),
        ("They said:\n\ngo;\n\nStay.", ["They said:", "go;", "Stay."]),
        ("One:\n\nTwo:\n\ngo.", ["One:", "Two:\n\ngo."]),
        ("Beirut, 12 November 2015. A bomb. So.", ["Beirut, 12 November 2015. A bomb.", "So."]),
        ("Nov. 12, 2015. A bomb.", ["Nov. 12, 2015. A bomb."]),
        ("New York, May 2015.\n\nA bomb.", ["New York, May 2015.", "A bomb."]),
        ("He left in May 2015. She stayed.", ["He left in May 2015.", "She stayed."]),
        (f"They {'x' * 990}:\n\ngo;\n\nstay.", [f"They {'x' * 990}:", "go;", "stay."]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[a:b] for a, b in sentence_spans(text)] == sentences


def test_sentences_of_a_part_have_offsets_into_the_whole() -> None:
    text = "One. Two. Three."
    assert list(sentence_spans(text, start=5)) == [(5, 9), (10, 16)]
    assert list(sentence_spans(text, start=5, end=9)) == [(5, 9)]


@pytest.mark.parametrize("text", ["word " * 3000, "x" * 9001])
def test_an_endless_sentence_is_cut(text: str) -> None:
    spans = list(sentence_spans(text))
    assert len(spans) > 2
    assert all(b - a <= 4000 for a, b in spans)
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")


@examples
@given(PROSE)
def test_sentence_spans_are_in_order_and_lose_nothing(text: str) -> None:
    spans = list(sentence_spans(text))
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


# --- passages ---


@pytest.mark.parametrize("budget", [32, 64, 200, MAX_TOKENS])
def test_the_sample_is_cut_into_whole_sentences(
    sample: Path, embedder: OnnxEmbedder, budget: int
) -> None:
    for path in find_files(sample):
        article = read_article(path)
        sentences = list(sentence_spans(article.text))
        starts, ends = {a for a, _ in sentences}, {b for _, b in sentences}
        for passage in cut(article, embedder, budget):
            if budget > 64:  # below, long sentences are rightly cut
                assert passage.start in starts
                assert passage.end in ends


def test_real_articles(seeds: Path, embedder: OnnxEmbedder) -> None:
    for path in find_files(seeds):
        assert len(cut(read_article(path), embedder)) > 1


def test_the_title_stands_before_each_once(embedder: OnnxEmbedder) -> None:
    text = "Bridge to close\n\n" + "The council met and spoke about the bridge. " * 40
    article = Article(text=text.strip(), title="Bridge to close", body_start=17)
    first, *rest = cut(article, embedder, 64)
    assert first.text.startswith("Bridge to close\n\nThe council")
    assert first.embedded == "Bridge to close\n" + first.text[17:]
    assert rest
    assert all(passage.embedded == f"Bridge to close\n{passage.text}" for passage in rest)


def test_passages_are_filled(embedder: OnnxEmbedder) -> None:
    article = Article(text="The council met about the bridge. " * 60)
    sizes = [passage.tokens for passage in cut(article, embedder, 64)]
    assert all(size > 64 - 9 for size in sizes[:-1])


def test_a_huge_title_is_left_out(embedder: OnnxEmbedder) -> None:
    article = Article(text="The bridge closes. " * 60, title="Long title words " * 60)
    assert all(passage.embedded == passage.text for passage in cut(article, embedder, 64))


@pytest.mark.parametrize(
    "text",
    [
        "and so the council spoke of bridges " * 80,
        "x" * 5000,
        "c3VwZXI+/w==" * 800,
        "漢字仮名" * 900,
        "e\u0301\u0323" * 900,
        "a" * 99 + "." + "b" * 300,
        "🚆" * 600,
        "Short one. " + "word,word;" * 400 + " Short two.",
    ],
)
def test_over_long_sentences_and_endless_words(text: str, embedder: OnnxEmbedder) -> None:
    for budget in (32, 200):
        cut(Article(text=text.strip(), title="Bridge"), embedder, budget)


@examples
@given(text=PROSE, title=st.text(alphabet="ab T.é漢", max_size=40), budget=st.integers(32, 256))
def test_any_text_is_cut_within_any_budget(
    embedder: OnnxEmbedder, text: str, title: str, budget: int
) -> None:
    cut(Article(text=text.strip(), title=title.strip()), embedder, budget)


def repeating(article: Article, embedder: OnnxEmbedder, budget: int, overlap: int) -> list[Passage]:
    """Cut with an overlap; what `cut` checks of one without, but for the repeated sentences."""
    passages = split_passages(
        article, count_tokens=embedder.count_tokens, budget=budget, overlap=overlap
    )
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text
        assert passage.tokens == real_tokens(embedder, passage.embedded) <= budget
    for left, right in pairwise(passages):
        assert left.start < right.start
        assert left.end < right.end
        assert article.text[left.end : right.start].strip() == ""
    return passages


def test_whole_sentences_are_repeated(embedder: OnnxEmbedder) -> None:
    numbered = " ".join(f"The council met {number} times about it." for number in range(40))
    passages = repeating(Article(text=numbered, title="Bridge"), embedder, 64, 2)
    assert len(passages) > 4
    for left, right in pairwise(passages):
        shared = numbered[right.start : left.end]
        assert len(list(sentence_spans(shared))) == 2
        assert shared.startswith("The council")
        assert shared.endswith("it.")


def test_a_long_sentence_leaves_no_room_to_repeat_it(embedder: OnnxEmbedder) -> None:
    long = "The council " + "met and " * 25 + "left."
    article = Article(text=f"{long} {long} Short one. {long}")
    first, second, third = repeating(article, embedder, 64, 1)
    assert first.end < second.start
    assert third.text.startswith("Short one.")
    assert second.text.endswith("Short one.")


def test_the_head_is_not_repeated(embedder: OnnxEmbedder) -> None:
    head = "Bridge to close\n\nBy Ada Moss."
    text = f"{head}\n\n" + "The council met and spoke about the bridge. " * 12
    article = Article(text=text.strip(), title="Bridge to close", body_start=len(head) + 2)
    _, *rest = repeating(article, embedder, 48, 5)
    assert rest
    assert not any("Ada Moss" in passage.text for passage in rest)


@examples
@given(
    text=PROSE,
    title=st.text(alphabet="ab T.é漢", max_size=40),
    budget=st.integers(32, 256),
    overlap=st.integers(1, 5),
)
def test_any_text_is_cut_with_any_overlap(
    embedder: OnnxEmbedder, text: str, title: str, budget: int, overlap: int
) -> None:
    repeating(Article(text=text.strip(), title=title.strip()), embedder, budget, overlap)


def test_without_the_title_the_cuts_stay(embedder: OnnxEmbedder) -> None:
    article = Article(text="The council met about the bridge. " * 40, title="Bridge to close")
    with_title = cut(article, embedder, 64)
    without = split_passages(article, count_tokens=embedder.count_tokens, budget=64, titled=False)
    assert [passage.id for passage in without] == [passage.id for passage in with_title]
    assert all(passage.embedded == passage.text for passage in without)
    assert [p.tokens for p in without] == [real_tokens(embedder, p.embedded) for p in without]


def test_ids_come_from_content(embedder: OnnxEmbedder) -> None:
    article = Article(text="The bridge closes. " * 60)
    ids = [passage.id for passage in cut(article, embedder, 64)]
    assert ids == [passage.id for passage in cut(Article(text=article.text), embedder, 64)]
    assert len(set(ids)) == len(ids)


def test_no_text_no_passages(embedder: OnnxEmbedder) -> None:
    assert cut(Article(text=""), embedder) == []
