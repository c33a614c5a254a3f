"""Whether anything that the reader was trained on is in what it is measured by.

    python -m training.overlap --data DATA

For each measuring set: how many of its questions are asked in the training data in the same words,
and how many of its texts share a run of 13 words with a paragraph there (as Brown et al., "Language
Models are Few-Shot Learners", NeurIPS 2020, looked for contamination). SQuAD's own development set
is always looked at. `--whole` looks in the files as they are, before what is for measuring is left
out of them. Exit status 1 where SQuAD's or XQuAD's texts are met again.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from evaluation.data import load_dataset
from rag.words import words
from training.data import RUN, Source, load_boolq, load_squad, mostly_in, runs

_APART = ("squad-dev", "xquad_en")
"""Sets whose texts must not be met in training; the others have Wikipedia in common with it."""


def asked(question: str) -> str:
    """A question in its bare words."""
    return " ".join(words(question))


class Trained:
    """All that the reader has seen."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.questions: set[str] = set()
        self.runs: set[int] = set()
        for source in sources:
            self.questions |= {asked(question.text) for question in source.questions}
            for paragraph in source.paragraphs:
                self.runs.update(runs(paragraph.text))

    def met(
        self, questions: Iterable[str], texts: Iterable[str]
    ) -> tuple[list[str], list[str], list[str]]:
        """The questions that were asked, the texts that share a run, and those mostly the same."""
        shared = [text for text in texts if not self.runs.isdisjoint(runs(text))]
        same = [text for text in shared if mostly_in(text, self.runs)]
        return [one for one in questions if asked(one) in self.questions], shared, same


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 1 where a text that must not be met is."""
    parser = argparse.ArgumentParser(description="Look for measuring sets in the training data.")
    parser.add_argument("--data", type=Path, help="folder with xquad_en, clapnq_dev, ...")
    parser.add_argument(
        "--whole", action="store_true", help="the training files as they are, nothing left out"
    )
    given = parser.parse_args(arguments)
    trained = Trained(
        [load_squad("train", apart=not given.whole), load_boolq(apart=not given.whole)]
    )
    dev = load_squad("dev")
    sets = {"squad-dev": ([q.text for q in dev.questions], [p.text for p in dev.paragraphs])}
    for folder in sorted(given.data.iterdir()) if given.data else ():
        if folder.is_dir():
            data = load_dataset(folder)
            questions = [question.question for question in data.questions]
            sets[folder.name] = (questions, [document.text for document in data.documents])
    failed = False
    for name, (questions, texts) in sets.items():
        again, shared, same = trained.met(questions, texts)
        sys.stdout.write(
            f"{name}: {len(again)} of {len(questions)} questions asked in training,"
            f" {len(shared)} of {len(texts)} texts share a run of {RUN} words with it,"
            f" {len(same)} of them a quarter of their runs\n"
        )
        for one in [*again[:5], *(text[:100] for text in same[:5])]:
            sys.stdout.write(f"  - {one}\n")
        failed |= name in _APART and bool(same)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
