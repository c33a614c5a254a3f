"""Opening an ONNX model with its tokenizer, as the embedder and the reader both do."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnxruntime
from tokenizers import Tokenizer

from rag.errors import WeightsError

__all__ = ["open_model", "thread_pool"]


def open_model(model: Path, tokenizer: Path) -> tuple[onnxruntime.InferenceSession, Tokenizer]:
    """A session of one thread, to be shared by several, and a tokenizer that pads and cuts nothing.

    Raises WeightsError where either does not load.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        loaded = Tokenizer.from_file(str(tokenizer))
    except Exception as error:
        raise WeightsError(f"{model}: the model does not load ({error})") from error
    loaded.no_padding()
    loaded.no_truncation()
    return session, loaded


def thread_pool(threads: int | None, *, name: str) -> ThreadPoolExecutor:
    """As many threads as asked for, else one for each core."""
    return ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix=name)
