"""Trains the reader. Run from the project's root:

    python -m training.train

Fetches the data, mines negatives, trains, and leaves the network, a checkpoint and the learning
curve in build/reader; a run that was stopped goes on where its last checkpoint was. `--share 0.1`
trains on a fixed tenth, `--scramble` on labels that say nothing, both in folders of their own.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from rag.weights import MINILM_TOKENIZER, fetch
from training.data import MINILM, held_out, load_boolq, load_squad
from training.examples import NONE, UNKNOWN, Example, Maker, Recipe
from training.mining import mine
from training.network import Network

WORK = Path("build/reader")
BATCH, CHUNK = 64, 32
"""Examples a batch, and batches made, sorted by length and shuffled at a time."""
STEP = 32
"""Lengths are padded to multiples of this: every other length compiles the network anew."""
WARM_UP, DECAY = 0.06, 0.01
CHECKPOINT_SECONDS, WATCHED, WATCHES = 300, 400, 8
MAX_SPAN = 30


@dataclass(frozen=True, slots=True)
class Phase:
    """Examples by a recipe, and of each source the share of its questions that is asked of the
    right passage, and of a wrong one.

    Short ones first: they cost a third, and most of what is learned from them holds in long ones
    (BERT itself was trained so). `part` of what that gives is used. `frozen` layers, counted from
    below, no longer learn.
    """

    recipe: Recipe
    part: float
    frozen: int
    squad: tuple[float, float]
    boolq: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Round:
    """Phases over which the learning rate rises once, to `rate`, and falls to nothing."""

    rate: float
    phases: tuple[Phase, ...]


_SHORT, _LONG = Recipe(budget=96), Recipe(budget=256)
_MINED = Recipe(budget=256, made=0.0)
_UNTITLED = Recipe(budget=256, made=0.0, untitled=0.4, borrowed=0.5)
ROUNDS = (
    Round(
        2.5e-4,
        (
            Phase(_SHORT, part=0.73, frozen=0, squad=(0.9, 0.4), boolq=(0.0, 0.0)),
            Phase(_LONG, part=0.8, frozen=2, squad=(0.41, 0.3), boolq=(0.5, 0.5)),
        ),
    ),
    Round(2e-4, (Phase(_LONG, part=1, frozen=2, squad=(0.3, 0.2), boolq=(0.3, 0.3)),)),
    Round(1e-4, (Phase(_MINED, part=1, frozen=2, squad=(0.06, 0.05), boolq=(0.45, 0.45)),)),
    Round(1e-4, (Phase(_UNTITLED, part=1, frozen=2, squad=(0.08, 0.1), boolq=(0.05, 0.05)),)),
)
PHASES = [phase for one in ROUNDS for phase in one.phases]
SHIPPED = 3
"""Rounds that Dossier's reader has had. The fourth was tried, and docs/reader.md says why not."""


@dataclass(frozen=True, slots=True)
class Row:
    """An example to be made: of which source's which question, and of which kind."""

    source: int
    question: int
    positive: bool
    recipe: Recipe


def rows(makers: Sequence[Maker], phase: Phase, *, share: float) -> list[Row]:
    """What a phase trains on, shuffled; the same at every seed. `share` takes a part of it."""
    rng = random.Random(1 + PHASES.index(phase))  # noqa: S311
    planned = []
    for number, (maker, parts) in enumerate(zip(makers, (phase.squad, phase.boolq), strict=True)):
        for index, question in enumerate(maker.source.questions):
            title = maker.source.paragraphs[question.paragraph].title
            draw = rng.random(), rng.random(), rng.random()
            if held_out(title) or draw[0] >= share:
                continue
            for drawn, part, positive in zip(draw[1:], parts, (True, False), strict=True):
                if drawn < part:
                    planned.append(Row(number, index, positive, phase.recipe))
    rng.shuffle(planned)
    return planned[: int(len(planned) * phase.part)]


def batches(
    makers: Sequence[Maker], planned: Sequence[Row], *, seed: int
) -> Iterator[list[Example]]:
    """Batches of like length, the same ones at every run."""
    size = BATCH * CHUNK
    for start in range(0, len(planned) - BATCH + 1, size):
        rng = random.Random(seed * 1_000_003 + start)  # noqa: S311
        made = []
        for row in planned[start : start + size]:
            maker = makers[row.source]
            example: Example | None
            if row.positive:
                example = maker.positive(row.question, recipe=row.recipe, rng=rng)
            else:
                example = maker.negative(row.question, recipe=row.recipe, rng=rng)
            if example:
                made.append(example)
        made.sort(key=lambda example: len(example.ids))
        cut = [made[at : at + BATCH] for at in range(0, len(made) - BATCH + 1, BATCH)]
        rng.shuffle(cut)
        yield from cut


@dataclass(frozen=True, slots=True)
class Tensors:
    """A batch: ids, attention mask and token kinds of shape (batch, length); `allowed` says where
    an answer may lie; starts, ends and relevant of shape (batch,)."""

    ids: Tensor
    mask: Tensor
    kinds: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    relevant: Tensor


def tensors(examples: Sequence[Example], device: str) -> Tensors:
    """Pad to a multiple of STEP."""
    longest = max(len(example.ids) for example in examples)
    shape = len(examples), -(-longest // STEP) * STEP
    ids, mask, kinds = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    allowed = np.zeros(shape, dtype=bool)
    for row, example in enumerate(examples):
        length = len(example.ids)
        ids[row, :length] = example.ids
        mask[row, :length] = 1
        kinds[row, example.title : length] = 1
        allowed[row, [NONE, *range(example.passage, length - 1)]] = True
    labels = [(example.start, example.end, float(example.relevant)) for example in examples]
    starts, ends, relevant = zip(*labels, strict=True)
    return Tensors(
        *(torch.from_numpy(array).to(device) for array in (ids, mask, kinds, allowed)),
        torch.tensor(starts, device=device),
        torch.tensor(ends, device=device),
        torch.tensor(relevant, device=device),
    )


def loss_of(network: Any, batch: Tensors, device: str) -> Tensor:
    """Cross-entropy of both ends of the span, and of the relevance."""
    with torch.autocast(device, dtype=torch.bfloat16):
        starts, ends, relevance = network(batch.ids, batch.mask, batch.kinds)
    spans = [
        functional.cross_entropy(
            logits.float().masked_fill(~batch.allowed, -1e9), labels, ignore_index=UNKNOWN
        )
        for logits, labels in ((starts, batch.starts), (ends, batch.ends))
    ]
    relevant = functional.binary_cross_entropy_with_logits(relevance.float(), batch.relevant)
    return sum(spans) / 2 + relevant


@torch.no_grad()
def watch(network: Network, examples: Sequence[Example], device: str) -> dict[str, float]:
    """How held-out questions fare: exact spans, answerable told from not (AUC, both heads)."""
    order = sorted(examples, key=lambda example: len(example.ids))
    exact, truth, relevance, answered = [], [], [], []
    for at in range(0, len(order), BATCH):
        part = order[at : at + BATCH]
        batch = tensors(part, device)
        with torch.autocast(device, dtype=torch.bfloat16):
            starts, ends, relevant = network(batch.ids, batch.mask, batch.kinds)
        starts = starts.float().masked_fill(~batch.allowed, -1e9)
        ends = ends.float().masked_fill(~batch.allowed, -1e9)
        for row, example in enumerate(part):
            score = starts[row, 1:, None] + ends[row, None, 1:]
            possible = torch.ones_like(score, dtype=torch.bool).triu().tril(MAX_SPAN - 1)
            score = score.masked_fill(~possible, -1e9)
            first, last = (1 + at for at in divmod(int(score.argmax()), score.shape[1]))
            null = float(starts[row, NONE] + ends[row, NONE])
            if example.start > 0:
                exact.append((first, last) == (example.start, example.end))
            truth.append(example.relevant)
            answered.append(float(score.max()) - null)
            relevance.append(float(relevant[row]))
    return {
        "exact": float(np.mean(exact)),
        "auc_span": float(roc_auc_score(truth, answered)),
        "auc_relevance": float(roc_auc_score(truth, relevance)),
    }


def train(folder: Path, *, share: float, scramble: bool, seed: int, rounds: int) -> None:
    """Train to the end of so many rounds, from the last checkpoint where there is one."""
    say = _printer(time.monotonic())
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    makers = load_makers(say)
    phases = [phase for one in ROUNDS[:rounds] for phase in one.phases]
    plan = [rows(makers, phase, share=share) for phase in phases]
    steps = [len(planned) // BATCH for planned in plan]
    total = sum(steps)
    say(f"{sum(map(len, plan)):,} examples in {total:,} steps on {device}")
    watched = list(_watched(makers[0], seed=seed))

    learner = Learner(device, rates=list(_rates(steps)), folder=folder)
    if learner.step:
        say(f"Going on after step {learner.step:,}")
    saved = time.monotonic()
    for step, (frozen, examples) in enumerate(_all_batches(makers, plan, seed=seed), 1):
        if step <= learner.step:
            continue
        labelled = examples
        if scramble:
            noise = random.Random(seed * 1_000_003 + step)  # noqa: S311
            labelled = [_scrambled(example, noise) for example in examples]
        learner.learn(labelled, frozen=frozen)
        if step % max(1, total // WATCHES) == 0:
            line = {"step": step, "of": total, "loss": learner.loss}
            line |= watch(learner.network, watched, device)
            with (folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            say(", ".join(f"{k} {v:.4g}" for k, v in line.items()))
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            learner.save()
            saved = time.monotonic()
            say(f"step {step:,} of {total:,}, loss {learner.loss:.3f}")
    learner.save()
    torch.save(learner.network.state_dict(), folder / "network.pt")
    say(f"Trained: {folder / 'network.pt'}")


def _rates(steps: Sequence[int]) -> Iterator[float]:
    """The learning rate of every step, of so many in each phase: rising, then falling (linear)."""
    counts = iter(steps)
    for one in ROUNDS:
        total = sum(next(counts, 0) for _ in one.phases)
        for step in range(1, total + 1):
            yield one.rate * min(step / (WARM_UP * total), 1 - step / (total * 1.01))


def load_makers(say: Callable[[str], None]) -> list[Maker]:
    """Of SQuAD and BoolQ, with their negatives mined."""
    tokenizer = Tokenizer.from_file(str(fetch(MINILM_TOKENIZER, report=say)))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    sources = {"squad": load_squad("train", report=say), "boolq": load_boolq(report=say)}
    makers = []
    for name, source in sources.items():
        (WORK / name).mkdir(parents=True, exist_ok=True)
        makers.append(Maker(source, tokenizer, mine(source, folder=WORK / name, report=say)))
    return makers


def _all_batches(
    makers: Sequence[Maker], plan: Sequence[Sequence[Row]], *, seed: int
) -> Iterator[tuple[int, list[Example]]]:
    """Every batch of the plan, with how many layers no longer learn."""
    for number, (phase, planned) in enumerate(zip(PHASES, plan, strict=False)):
        for examples in batches(makers, planned, seed=seed + number):
            yield phase.frozen, examples


class Learner:
    """The network, its optimiser and the last checkpoint's step."""

    def __init__(self, device: str, *, rates: Sequence[float], folder: Path) -> None:
        self.network = Network.from_minilm(fetch(MINILM)).to(device)
        self.step = 0
        self._rates, self._device = rates, device
        self._losses: list[float] = []
        self._learning = [one for one in self.network.parameters() if one.requires_grad]
        self._optimizer = torch.optim.AdamW(
            self._learning, lr=rates[0], weight_decay=DECAY, fused=True
        )
        torch._dynamo.config.cache_size_limit = 32
        self._fast = torch.compile(self.network, dynamic=False)
        self._checkpoint = folder / "checkpoint.pt"
        if self._checkpoint.is_file():
            state = torch.load(self._checkpoint, map_location=device)
            self.network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
            self.step = state["done"]

    @property
    def loss(self) -> float:
        """The mean of the last 200 steps."""
        return float(np.mean(self._losses[-200:]))

    def learn(self, examples: Sequence[Example], *, frozen: int) -> None:
        """One step, at its rate."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._rates[self.step]
        self.step += 1
        for layer in self.network.layers[:frozen]:
            layer.requires_grad_(False)
        loss = loss_of(self._fast, tensors(examples, self._device), self._device)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._learning, 1.0)
        self._optimizer.step()
        self._losses.append(float(loss.detach()))

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        part = self._checkpoint.with_suffix(".part")
        state = {
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "done": self.step,
        }
        torch.save(state, part)
        part.replace(self._checkpoint)


def _watched(maker: Maker, *, seed: int) -> Iterator[Example]:
    """Questions of articles that are held out, with the right passage and with a wrong one."""
    rng = random.Random(seed)  # noqa: S311
    source = maker.source
    kept = [
        index
        for index, question in enumerate(source.questions)
        if held_out(source.paragraphs[question.paragraph].title)
    ]
    for index in rng.sample(kept, WATCHED // 2):
        yield maker.positive(index, recipe=_LONG, rng=rng)
        negative = maker.negative(index, recipe=_LONG, rng=rng)
        if negative:
            yield negative


def _scrambled(example: Example, rng: random.Random) -> Example:
    """The same text with labels that say nothing."""
    relevant = rng.random() < 0.5
    start = end = NONE
    if relevant:
        start = rng.randrange(example.passage, len(example.ids) - 1)
        end = min(start + rng.randrange(4), len(example.ids) - 2)
    return Example(example.ids, example.title, example.passage, start, end, relevant)


def _printer(begun: float) -> Callable[[str], None]:
    def say(line: str) -> None:
        sys.stdout.write(f"{(time.monotonic() - begun) / 60:6.1f} min  {line}\n")
        sys.stdout.flush()

    return say


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description="Train the reader.")
    parser.add_argument("--share", type=float, default=1.0, help="part of the questions")
    parser.add_argument("--scramble", action="store_true", help="labels that say nothing")
    parser.add_argument("--seed", type=int, default=1, help="of passages, windows and order")
    parser.add_argument("--rounds", type=int, default=SHIPPED, choices=range(1, len(ROUNDS) + 1))
    parser.add_argument("--folder", type=Path, help="where the result goes")
    options = parser.parse_args()
    name = "full" if options.share >= 1 else f"share-{options.share:g}"
    name += "-scrambled" * options.scramble + f"-{options.seed}"
    folder = options.folder or WORK / name
    train(
        folder,
        share=options.share,
        scramble=options.scramble,
        seed=options.seed,
        rounds=options.rounds,
    )


if __name__ == "__main__":
    main()
