"""The reader: does a passage answer the question, where, and how sure is that?

Our own small model (training/, its card in rag/models/reader/): the encoder of all-MiniLM-L6-v2
with a head that finds where an answer begins and ends, or that the passage holds none, and one
that judges the passage as a whole. It reads question and passage together, so it sees what the
embedder, which reads each alone, cannot.
"""

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from rag.errors import WeightsError
from rag.onnx import open_model, thread_pool
from rag.types import Hit, Reading
from rag.weights import MINILM_TOKENIZER, READER, Report, check_file, fetch

__all__ = ["MAX_TOKENS", "Calibration", "Logits", "Reader", "load_reader", "odds"]

MAX_TOKENS = 384
"""Question, title and passage together; of a longer passage the rest is not read."""
QUESTION_TOKENS, TITLE_TOKENS = 64, 24
MAX_SPAN = 30
"""Tokens of an answer at most."""
_CLS, _SEP = 101, 102
_FOLDER = Path(__file__).parent / "models" / "reader"
_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network says of one passage, before calibration.

    `starts` and `ends`, float32 of shape (1 + tokens of the passage,); the first stands for "no
    answer here". `spans` are the tokens' character offsets in the passage.
    """

    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    relevance: float
    spans: list[tuple[int, int]]

    def best(self) -> tuple[int, int, float, float]:
        """The best span: first and last token (from 0), by how much it beats "no answer here",
        and the logarithm of its share among all spans."""
        scores = self.starts[1:, None] + self.ends[None, 1:]
        possible = np.triu(np.ones_like(scores, dtype=bool)) & ~np.triu(
            np.ones_like(scores, dtype=bool), MAX_SPAN
        )
        scores = np.where(possible, scores, -np.inf)
        at = int(scores.argmax())
        first, last = divmod(at, scores.shape[1])
        best = float(scores[first, last])
        share = -math.log(float(np.exp(scores - best).sum()))
        return first, last, best - float(self.starts[0] + self.ends[0]), share


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regressions, fitted on questions that the network was not trained on.

    Each is weights and a constant: `relevance` of (relevance, margin), `null` of (margin,),
    `answer` of (relevance, margin, share).
    """

    relevance: tuple[float, ...]
    null: tuple[float, ...]
    answer: tuple[float, ...]

    @classmethod
    def read(cls, path: Path) -> "Calibration":
        """From the JSON file beside the model. Raises WeightsError."""
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            return cls(*(tuple(map(float, held[f.name])) for f in fields(cls)))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise WeightsError(f"{path}: not a calibration; install Dossier again") from error


class Reader:
    """Reads passages with a question in mind. Safe to share between threads.

    Each passage is a run of its own on one single-threaded session shared by several threads:
    int8 activations are scaled by the largest value of a run, so in a padded batch a passage's
    logits would depend on its neighbours.
    """

    def __init__(
        self,
        *,
        model: Path,
        tokenizer: Path,
        calibration: Calibration,
        threads: int | None = None,
    ) -> None:
        self._session, self._tokenizer = open_model(model, tokenizer)
        self._pool = thread_pool(threads, name="reader")
        self._calibration = calibration

    def read(self, question: str, passages: Sequence[Hit]) -> list[Reading]:
        """One reading a passage, in the order given.

        A passage of nothing but space gets a reading without answer, relevance 0.
        """
        texts = [passage.text for passage in passages]
        titles = [
            "" if passage.text.startswith(passage.title) else passage.title for passage in passages
        ]
        return [
            self._reading(hit, logits)
            for hit, logits in zip(
                passages, self.logits(question, texts, titles=titles), strict=True
            )
        ]

    def logits(self, question: str, texts: Sequence[str], *, titles: Sequence[str]) -> list[Logits]:
        """What the network says of each text under its title, uncalibrated."""
        if not texts:
            return []
        asked = self._encode([question])[0].ids[:QUESTION_TOKENS]
        heads = [
            [_CLS, *asked, _SEP, *title.ids[:TITLE_TOKENS], _SEP] for title in self._encode(titles)
        ]
        bodies = self._encode(texts)
        # Longest first, so that no thread is left alone with a long text at the end.
        order = sorted(range(len(texts)), key=lambda index: -len(bodies[index].ids))
        done = self._pool.map(
            lambda index: self._run(heads[index], bodies[index], second=len(asked) + 2), order
        )
        found: dict[int, Logits] = dict(zip(order, done, strict=True))
        return [found[index] for index in range(len(texts))]

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        encoded: list[Encoding] = self._tokenizer.encode_batch(
            list(texts), add_special_tokens=False
        )
        return encoded

    def _run(self, head: list[int], body: Encoding, *, second: int) -> Logits:
        kept = body.ids[: MAX_TOKENS - len(head) - 1]
        tokens = np.array([[*head, *kept, _SEP]], dtype=np.int64)
        kinds = np.zeros_like(tokens)
        kinds[0, second:] = 1
        feed = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": kinds,
        }
        starts, ends, relevance = self._session.run(None, feed)
        inside = [0, *range(len(head), len(head) + len(kept))]
        return Logits(
            starts[0, inside], ends[0, inside], float(relevance[0]), body.offsets[: len(kept)]
        )

    def _reading(self, hit: Hit, logits: Logits) -> Reading:
        if not logits.spans:
            return Reading(hit=hit, relevance=0.0, null=1.0)
        first, last, margin, share = logits.best()
        start, end = logits.spans[first][0], logits.spans[last][1]
        fitted = self._calibration
        return Reading(
            hit=hit,
            relevance=odds(fitted.relevance, logits.relevance, margin),
            text=hit.text[start:end],
            start=hit.start + start,
            end=hit.start + end,
            answer=odds(fitted.answer, logits.relevance, margin, share),
            null=odds(fitted.null, margin),
        )

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a reader holds a running session and cannot be pickled")


def odds(fitted: Sequence[float], *features: float) -> float:
    """The probability that a logistic regression, its weights and then its constant, gives."""
    *weights, constant = fitted
    logit = sum(w * f for w, f in zip(weights, features, strict=True)) + constant
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))


def load_reader(report: Report | None = None) -> Reader:
    """The reader on its pinned weights; one per process.

    Raises WrongHash where the model that came with this installation holds other bytes.
    """
    with _LOADING:
        return _open(fetch(MINILM_TOKENIZER, report=report))


@lru_cache(maxsize=1)
def _open(tokenizer: Path) -> Reader:
    model = _FOLDER / READER.name
    advice = "install Dossier again"
    try:
        check_file(model, READER, advice=advice)
    except OSError as error:
        raise WeightsError(f"{model} cannot be read ({error.strerror}): {advice}") from error
    return Reader(
        model=model,
        tokenizer=tokenizer,
        calibration=Calibration.read(_FOLDER / "calibration.json"),
    )
