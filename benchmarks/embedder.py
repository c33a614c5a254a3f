"""Our embedder beside sentence-transformers: texts per second, and how alike the vectors are.

    make bench                                                  prints the tables
    .venv-bench/bin/python -m benchmarks.embedder --write       puts them into docs/benchmarks.md

The contenders live in processes of their own, because the thread pools of torch and ONNX Runtime
disturb each other, and take turns (A B C A B C), so that a slow minute falls on all of them alike.

That is not enough where other programs want the processor too: torch parts every operation among
its threads and waits for the last one, so that it suffers far more from a neighbour than we do
(ten times slower, seen), and the comparison would flatter us. So a turn during which others took
more than a tenth of the processor is taken again, and torch may also run the other way: a thread
for each text, as we do.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection

from benchmarks import _measure
from benchmarks._measure import PAGE, ROOT, machine_busy, quiet, spread
from benchmarks.contenders import MAKERS, Vectors, peer_folder
from corpus import find_files, read_article, sentence_spans, split_passages
from rag.embedder import OnnxEmbedder
from rag.settings import Settings
from rag.weights import MINILM_MODEL, MINILM_TOKENIZER, fetch


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to embed: which worker, and the texts in one run."""

    name: str
    worker: str
    batch: int


PACKAGES = ("onnxruntime", "torch", "sentence-transformers", "transformers")
OURS = Contender("Dossier: int8 on ONNX Runtime, one text a run", "ours", 1)
PEERS = (
    Contender("sentence-transformers: fp32 on torch, batches of 32 (its default)", "peer", 32),
    Contender("the same, batches of 4, a thread for each batch", "peer split", 4),
    Contender("the same, one text a run, a thread for each text", "peer split", 1),
)
PADDED = (
    Contender("our model, padded batches of 4 of like length", "padded", 4),
    Contender("our model, padded batches of 32 of like length", "padded", 32),
)


# -- Taking turns ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn took; `others` is the share of the processor that other programs had."""

    seconds: float
    others: float
    vectors: Vectors


def _serve(kind: str, threads: int, pipe: Connection) -> None:
    embed = MAKERS[kind](threads)
    while True:
        texts, batch = pipe.recv()
        busy, own, start = machine_busy(), time.process_time(), time.perf_counter()
        vectors = embed(texts, batch)
        seconds = time.perf_counter() - start
        foreign = machine_busy() - busy - (time.process_time() - own)
        pipe.send(Turn(seconds, foreign / seconds / (os.cpu_count() or 1), vectors))


class Workers:
    """A process for each kind of contender; one works at a time, the others wait."""

    def __init__(self, pipes: dict[str, Connection]) -> None:
        self._pipes = pipes

    def turn(self, contender: Contender, texts: list[str]) -> Turn:
        """One turn, whatever else the machine does."""
        pipe = self._pipes[contender.worker]
        pipe.send((texts, contender.batch))
        done: Turn = pipe.recv()
        return done

    def quiet_turn(self, contender: Contender, texts: list[str], *, tries: int) -> Turn:
        """The first turn that the machine did not disturb, else the least disturbed one."""
        return quiet(lambda: self.turn(contender, texts), tries=tries)


@contextmanager
def started(threads: int) -> Iterator[Workers]:
    """The workers, ended afterwards."""
    # The tokenizers of both sides take their threads from here; nobody asks a hub for anything.
    os.environ.update(
        RAYON_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads), HF_HUB_OFFLINE="1"
    )
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for kind in MAKERS:
        pipes[kind], theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(kind, threads, theirs), daemon=True)
        process.start()
        theirs.close()
        processes.append(process)
    try:
        yield Workers(pipes)
    finally:
        for process in processes:
            process.terminate()
            process.join()


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender did: texts per second, how many times ours was as fast, disturbance."""

    contender: Contender
    rates: list[float]
    ratios: list[float]
    others: float


def race(
    workers: Workers, contenders: Sequence[Contender], texts: list[str], *, rounds: int, tries: int
) -> list[Row]:
    """Rounds after a warm-up; the first contender is the one that all are held to."""
    turns: dict[Contender, list[Turn]] = {contender: [] for contender in contenders}
    for contender in contenders:
        workers.turn(contender, texts[:32])
    for number in range(rounds):
        for contender in contenders:
            turns[contender].append(workers.quiet_turn(contender, texts, tries=tries))
        told = ", ".join(f"{len(texts) / found[-1].seconds:.0f}" for found in turns.values())
        worst = max(found[-1].others for found in turns.values())
        print(f"  round {number + 1}: {told} a second; others took up to {worst:.0%}", flush=True)
    rates = {one: [len(texts) / turn.seconds for turn in found] for one, found in turns.items()}
    return [
        Row(
            contender,
            found,
            [mine / its for mine, its in zip(rates[contenders[0]], found, strict=True)],
            max(turn.others for turn in turns[contender]),
        )
        for contender, found in rates.items()
    ]


# -- Texts and tables ------------------------------------------------------------------------------


def sample_texts() -> tuple[list[str], list[str]]:
    """The demo corpus as it is embedded: its passages, and its single sentences."""
    embedder = OnnxEmbedder(model=fetch(MINILM_MODEL), tokenizer=fetch(MINILM_TOKENIZER))
    budget = Settings.model_fields["passage_tokens"].default
    passages, sentences = [], []
    for path in find_files(ROOT / "corpus" / "sample"):
        article = read_article(path)
        cut = split_passages(article, count_tokens=embedder.count_tokens, budget=budget)
        passages += [passage.embedded for passage in cut]
        sentences += [article.text[start:end] for start, end in sentence_spans(article.text)]
    return passages, sentences


def cosines(left: Vectors, right: Vectors) -> str:
    """Mean and least cosine of vectors of the same texts, in words."""
    each = (left * right).sum(axis=1)
    return f"{each.mean():.4f} on average, {each.min():.4f} at least"


def table(rows: Sequence[Row]) -> str:
    """Markdown: rates and ratios, median (least to most)."""
    cells = []
    for place, row in enumerate(rows):
        ratio = f"{spread(row.ratios, 2)} times" if place else ""
        cells.append([row.contender.name, spread(row.rates), ratio])
    return _measure.table(["", "texts a second", "Dossier is faster by"], cells)


def report(*, threads: int, rounds: int, count: int, tries: int) -> str:
    """Run everything; the page's section in Markdown."""
    passages, sentences = sample_texts()
    peer_folder()
    many = list(islice(cycle(passages), count))
    short = list(islice(cycle(sentences), 2 * count))
    field = (OURS, *PEERS, *PADDED)
    with started(threads) as workers:
        print(f"{len(many)} passages ({len(passages)} distinct)")
        by_passage = race(workers, field, many, rounds=rounds, tries=tries)
        print(f"{len(short)} sentences ({len(sentences)} distinct)")
        by_sentence = race(workers, field, short, rounds=rounds, tries=tries)
        kinds = (passages, sentences)
        own = [workers.turn(OURS, texts).vectors for texts in kinds]
        original = [workers.turn(PEERS[0], texts).vectors for texts in kinds]
        mixed = {way: [workers.turn(way, texts).vectors for texts in kinds] for way in PADDED}
    disturbed = max(row.others for row in (*by_passage, *by_sentence))
    drift = [
        f"| {way.batch} | {cosines(own[0], found[0])} | {cosines(own[1], found[1])} |"
        for way, found in mixed.items()
    ]
    fidelity = (
        "Cosine between our vector and that of the fp32 original for the same text: "
        f"{cosines(own[0], original[0])} over the passages; "
        f"{cosines(own[1], original[1])} over the sentences."
    )
    neighbours = (
        "Cosine between the vectors of one text on its own and in a padded batch. The int8 "
        "activations are scaled by the largest value of a run, so that neighbours tell:"
    )
    return f"""\
## The embedder

`python -m benchmarks.embedder`, a part of `make bench`; the module says how it measures.
{_measure.machine(PACKAGES)}; {threads} threads for each contender. \
{rounds} rounds in turns; median (least to most). \
Other programs had at most {disturbed:.0%} of the processor during a turn that counts.

Passages of the demo corpus ({len(passages)} distinct, {len(many)} a round):

{table(by_passage)}

Single sentences ({len(sentences)} distinct, {len(short)} a round):

{table(by_sentence)}

{fidelity}

{neighbours}

| batch | passages | sentences |
|---|---|---|
{chr(10).join(drift)}
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare our embedder with its peers.")
    parser.add_argument("--threads", type=int, default=2, help="for each contender (2)")
    parser.add_argument("--rounds", type=int, default=5, help="of each comparison (5)")
    parser.add_argument("--texts", type=int, default=240, help="passages in a round (240)")
    parser.add_argument("--tries", type=int, default=10, help="of a disturbed turn (10)")
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    section = report(
        threads=given.threads, rounds=given.rounds, count=given.texts, tries=given.tries
    )
    print(f"\n{section}")
    if given.write:
        _measure.write("embedder", section)


if __name__ == "__main__":
    main()
