"""How long reading 16 passages takes, and how best to lay the work out on the cores.

    .venv/bin/python -m benchmarks.reader --rounds 15

Passages of the demo corpus, of the length that Dossier cuts them to, read for one question. The
layouts take turns, so that a slow minute falls on all alike; ratios are to the one that is used.

    .venv/bin/python -m benchmarks.reader --float build/reader/full-1/model-fp32.onnx

reads with OpenVINO as well, where it is installed: the float32 model that a training run left.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

import rag.reader
from benchmarks._measure import ROOT
from corpus import find_files, read_article, split_passages
from rag.embedder import load_embedder
from rag.reader import load_reader
from rag.settings import Settings
from rag.types import Hit
from rag.weights import MINILM_TOKENIZER, READER, fetch

QUESTION = "How many people were killed when the airliner fell in the Sinai?"
PASSAGES = 16
MODEL = Path(rag.reader.__file__).parent / "models" / "reader" / READER.name


def passages() -> list[Hit]:
    """The longest 16 passages of the demo corpus."""
    embedder, budget = load_embedder(), Settings(_env_file=None).passage_tokens
    texts = [
        passage.text
        for path in find_files([ROOT / "corpus" / "sample"])
        for passage in split_passages(
            read_article(path), count_tokens=embedder.count_tokens, budget=budget
        )
    ]
    longest = sorted(texts, key=len, reverse=True)[:PASSAGES]
    return [
        Hit(
            rank=rank, passage_id=str(rank), article_id="", title="", source="", published=None,
            url="", path="", text=text, start=0, end=len(text), score=0.0,
        )
        for rank, text in enumerate(longest, 1)
    ]  # fmt: skip


Run = Callable[[dict[str, NDArray[np.int64]]], object]


class Batched:
    """The same model on several sessions, `batch` passages a run, padded to the longest."""

    def __init__(self, *, sessions: int, threads: int, batch: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        runs = [
            partial(
                onnxruntime.InferenceSession(
                    str(MODEL), options, providers=["CPUExecutionProvider"]
                ).run,
                None,
            )
            for _ in range(sessions)
        ]
        self._prepare(runs, batch=batch)

    def _prepare(self, runs: Sequence[Run], *, batch: int) -> None:
        self._runs, self._pool, self._batch = runs, ThreadPoolExecutor(len(runs)), batch
        self._tokenizer = Tokenizer.from_file(str(fetch(MINILM_TOKENIZER)))
        self._tokenizer.no_truncation()

    def __call__(self, question: str, hits: Sequence[Hit]) -> None:
        """Read and forget."""
        ordered = sorted((hit.text for hit in hits), key=len)
        parts = [ordered[at : at + self._batch] for at in range(0, len(ordered), self._batch)]
        list(self._pool.map(lambda n: self._run(n, question, parts[n]), range(len(parts))))

    def _run(self, number: int, question: str, texts: Sequence[str]) -> None:
        encoded = [self._tokenizer.encode(question, text) for text in texts]
        shape = len(encoded), max(sum(one.attention_mask) for one in encoded)
        ids, mask, kinds = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for row, one in enumerate(encoded):
            length = sum(one.attention_mask)
            ids[row, :length] = one.ids[:length]
            mask[row, :length] = 1
            kinds[row, :length] = one.type_ids[:length]
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}
        self._runs[number % len(self._runs)](feed)


class OpenVINO(Batched):
    """A float32 model on OpenVINO, a passage a run, as many runs at once as there are cores."""

    def __init__(self, model: Path, *, precision: str, cores: int) -> None:
        import openvino

        options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": str(cores)}
        compiled = openvino.Core().compile_model(
            str(model), "CPU", {**options, "NUM_STREAMS": str(cores)}
        )
        idle: Queue[Any] = Queue()  # a request that runs takes no other
        for _ in range(cores):
            idle.put(compiled.create_infer_request())

        def infer(feed: dict[str, NDArray[np.int64]]) -> None:
            request = idle.get()
            try:
                request.infer(feed)
            finally:
                idle.put(request)

        self._prepare([infer] * cores, batch=1)


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description="How long reading takes.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--float", type=Path, help="a float32 model, to read with OpenVINO too")
    given = parser.parse_args()
    hits, cores = passages(), os.cpu_count() or 1
    layouts: dict[str, Callable[[str, Sequence[Hit]], object]] = {
        "used: one one-thread session, a passage a run": load_reader().read,
        "one session of all threads, a passage a run": Batched(sessions=1, threads=cores, batch=1),
        "one session of all threads, all passages": Batched(
            sessions=1, threads=cores, batch=PASSAGES
        ),
    } | {
        f"{cores} one-thread sessions, {batch} a run": Batched(
            sessions=cores, threads=1, batch=batch
        )
        for batch in (1, 2, 4, 8)
    }
    if given.float:
        for precision in ("f32", "bf16"):
            name = f"OpenVINO, float32 weights in {precision}, a passage a run"
            layouts[name] = OpenVINO(given.float, precision=precision, cores=cores)
    spent: dict[str, list[float]] = {name: [] for name in layouts}
    for _ in range(given.rounds + 1):
        for name, read in layouts.items():
            began = time.perf_counter()
            read(QUESTION, hits)
            spent[name].append(time.perf_counter() - began)
    tokens = [len(load_reader()._tokenizer.encode(hit.text).ids) for hit in hits]
    print(f"{len(hits)} passages of {min(tokens)} to {max(tokens)} tokens, {cores} cores\n")
    print("| layout | median | times the one used |\n|---|---:|---:|")
    used = statistics.median(spent[next(iter(layouts))][1:])
    for name, seconds in spent.items():
        middle = statistics.median(seconds[1:])
        print(f"| {name} | {middle * 1000:.0f} ms | {middle / used:.2f} |")


if __name__ == "__main__":
    main()
