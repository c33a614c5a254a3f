"""The measure of copies: it finds the real pairs that share text, and judges made ones."""

from pathlib import Path

import pytest
from prose import prose

from corpus import Article
from evaluation.copies import MADE, alike, greatest, made_pairs, main
from evaluation.texts import real_articles
from rag import DossierError

WIRE = prose("wire", 120)
HEAD, TAIL = " ".join(WIRE.split()[:70]), " ".join(WIRE.split()[70:])


def article(outlet: str, text: str) -> Article:
    return Article(text=text, title=f"As {outlet} has it", source=outlet)


def test_pairs_that_share_text_are_found_with_their_kind() -> None:
    wire, quay = article("Wire", WIRE), article("Quay", f"{WIRE} {prose('more', 12)}")
    again = Article(text=f"{HEAD} {prose('new', 50)}", title="Again", source="Wire")
    other = article("Post", prose("other", 120))
    pairs = alike([wire, quay, again, other, wire], least=0.3)
    found = {frozenset((p.first.title, p.second.title)): p for p in pairs}
    copies = found[frozenset((wire.title, quay.title))]
    assert copies.copies
    assert not copies.one_outlet
    background = found[frozenset((wire.title, again.title))]
    assert background.one_outlet
    assert not background.copies
    assert other.title not in {title for names in found for title in names}
    assert greatest(pairs, one_outlet=False) == 1
    assert greatest(pairs, one_outlet=True) == pytest.approx(66 / 116)
    assert alike([wire, again], least=0.9) == []


def test_a_few_words_in_common_are_no_pair() -> None:
    line = prose("line", 26)
    assert alike([article("A", line), article("B", f"{line} {TAIL}")], least=0.3)
    short = " ".join(line.split()[:23])
    texts = article("A", f"{short} of"), article("B", f"{short} {TAIL}")
    assert alike(texts, least=0.3) == []


def test_made_pairs_are_judged_and_come_of_the_seed_alone() -> None:
    articles = [article("A", prose(seed, 130)) for seed in range(6)]
    kinds = {k.name: k for k in made_pairs(articles, words=120, pairs=10, seed=1)}
    assert list(kinds) == list(MADE)
    lead, corrected = kinds["lead of 20% written anew"], kinds["figures corrected: 1"]
    assert lead.containment == pytest.approx(0.8, abs=0.04)
    assert (lead.two_outlets, lead.one_outlet) == (1, 0)
    assert corrected.containment > 0.95
    assert (corrected.two_outlets, corrected.one_outlet) == (1, 1)
    assert kinds["one of 3 briefs on a page"].containment == 1
    assert kinds["one of 3 briefs on a page"].two_outlets == 0
    assert kinds["other story, 60% furniture"].two_outlets == 0
    again = made_pairs(reversed(articles), words=120, pairs=10, seed=1)
    assert again == list(kinds.values())
    with pytest.raises(DossierError, match="3 articles of 120 words and there are 2"):
        made_pairs(articles[:2], words=120, pairs=1, seed=1)


def test_ramdocs_items_are_read_as_articles(tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    documents = '{"text": "The quay is open.", "type": "correct", "answer": "open"}'
    items.write_text(
        f'{{"question": "Is it?", "documents": [{documents}], "gold_answers": ["open"]}}\n',
        encoding="utf-8",
    )
    assert [a.text for a in real_articles([items])] == ["The quay is open."]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a", WIRE), ("b", WIRE.upper()), ("c", prose("c")), ("d", prose("d"))):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    command = ["--articles", str(tmp_path), "--words", "100", "--pairs", "2"]
    assert main([*command, "--details"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("4 articles\n")
    assert f"100.0% 100.0% one outlet, copies: {tmp_path / 'a.txt'} | {tmp_path / 'b.txt'}\n" in out
    assert all(name in out for name in MADE)
    assert main([*command, "--words", "1000"]) == 1
    assert "there are 0" in capsys.readouterr().err
    assert main(["--articles", str(tmp_path / "none.jsonl")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
