"""How often a question that the articles answer is taken for one with a false premise.

    python -m training.premises --sample 300

SQuAD's development set as an archive: each of its questions is answered there, so that what they
take for granted did happen. Asked are those for the circumstances of something (`rag.premise`,
`rag.opposed`), or a sample of them, drawn by a hash. The rules of rag/premise.py were written with
these questions in view.
"""

import argparse
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from evaluation.archives import build_system
from evaluation.data import Dataset, Document
from evaluation.stats import bootstrap
from rag import load_settings
from rag.premise import asks_for_circumstance
from training.data import load_squad
from training.measure import say


def main(arguments: list[str] | None = None) -> None:
    """Ask, and print every question that was taken for one."""
    parser = argparse.ArgumentParser(
        prog="python -m training.premises", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--sample", type=int, default=0, help="so many of the questions; 0: all")
    parser.add_argument("--home", type=Path, default=user_cache_path("dossier") / "premises")
    given = parser.parse_args(arguments)
    source = load_squad("dev")
    documents = tuple(
        Document(doc_id=f"{number}", title=one.title, text=one.text)
        for number, one in enumerate(source.paragraphs)
    )
    asked = [one.text for one in source.questions if asks_for_circumstance(one.text)]
    asked.sort(key=lambda text: sha256(text.encode()).digest())
    asked = asked[: given.sample or None]
    dataset = Dataset(name="squad-dev", documents=documents, questions=())
    system = build_system(dataset, load_settings(llm="off", reader="off"), home=given.home)
    doubted = []
    try:
        for question in asked:
            answer = system.archive.ask(question)
            doubted.append(float(answer.kind == "false_premise"))
            if doubted[-1]:
                say(f"- {question}\n  {answer.text}")
    finally:
        system.close()
    share = bootstrap(doubted)
    say(f"{sum(doubted):.0f} of {len(asked)} doubted: {share}")


if __name__ == "__main__":
    main()
