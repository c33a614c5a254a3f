"""Turns a trained network into a reader. Run from the project's root:

    python -m training.export build/reader/full-1

Leaves the network as ONNX in float32 and int8 in that folder, with the calibration fitted on
questions of held-out articles, one half to fit and the other to print how far the odds hold.
`--install` puts the int8 model into rag/models/reader and prints what rag/weights.py must say.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from rag.reader import Calibration, Reader, odds
from rag.weights import MINILM_TOKENIZER, fetch
from training.calibrate import fit, judge, reliability
from training.data import load_squad
from training.mining import mine
from training.network import Network

__all__ = ["calibrated", "export"]

SHIPPED = Path("rag/models/reader")


def export(weights: Path, *, to: Path) -> tuple[Path, Path]:
    """`model-fp32.onnx` and `model.onnx` (int8) in the folder `to`."""
    network = Network()
    network.load_state_dict(torch.load(weights, map_location="cpu"))
    network.eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    outputs = ["starts", "ends", "relevance"]
    shape = {0: "batch", 1: "length"}
    axes = dict.fromkeys([*names, *outputs[:2]], shape) | {outputs[2]: {0: "batch"}}
    example = torch.ones(2, 16, dtype=torch.long)
    to.mkdir(parents=True, exist_ok=True)
    full, small = to / "model-fp32.onnx", to / "model.onnx"
    torch.onnx.export(
        network,
        (example, example, torch.zeros_like(example)),
        str(full),
        input_names=names,
        output_names=outputs,
        dynamic_axes=axes,
        dynamo=False,
        opset_version=17,
    )
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        # The heads keep float32: they are small, and what they say is compared across passages.
        # The quantiser makes a product of what was a Gemm, and looks for it by its new name.
        heads = [
            node.name + ending
            for node in onnx.load(str(prepared)).graph.node
            if any(head in node.name for head in ("/span/", "/pool/", "/relevance/"))
            for ending in ("", "_MatMul")
        ]
        quantize_dynamic(
            str(prepared),
            str(small),
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=heads,
        )
    return full, small


def calibrated(folder: Path, *, mined: Path) -> Calibration:
    """Fit the calibration of the int8 model in a folder, and print how far it holds."""
    nothing = Calibration((1.0, 0.0, 0.0), (-1.0, 0.0), (0.0, 1.0, 0.0, 0.0))
    reader = Reader(
        model=folder / "model.onnx", tokenizer=fetch(MINILM_TOKENIZER), calibration=nothing
    )
    source = load_squad("train")
    judged = list(judge(reader, source, mine(source, folder=mined, report=say)))
    half = len(judged) // 2
    found, rest = fit(judged[:half]), judged[half:]
    for what, said, truth in (
        ("relevance", [odds(found.relevance, j.relevance, j.margin) for j in rest], "holds"),
        ("answer", [odds(found.answer, j.relevance, j.margin, j.share) for j in rest], "right"),
    ):
        say(f"{what}: odds, mean said, share so, count")
        for low, high, mean, so, count in reliability(said, [getattr(j, truth) for j in rest]):
            say(f"  {low:.2f} to {high:.2f}  {mean:.3f}  {so:.3f}  {count}")
    return found


def say(line: str) -> None:
    """To standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Export, calibrate and, where asked, install."""
    parser = argparse.ArgumentParser(description="Turn a trained network into a reader.")
    parser.add_argument("folder", type=Path, help="what a training run left")
    parser.add_argument("--install", action="store_true", help="make it Dossier's own")
    given = parser.parse_args()
    for path in export(given.folder / "network.pt", to=given.folder):
        say(f"{path}: {path.stat().st_size:,} bytes")
    found = calibrated(given.folder, mined=given.folder.parent / "squad")
    kept = given.folder / "calibration.json"
    kept.write_text(json.dumps(asdict(found), indent=1) + "\n")
    say(kept.read_text())
    if given.install:
        SHIPPED.mkdir(parents=True, exist_ok=True)
        for name in ("model.onnx", "calibration.json"):
            shutil.copy(given.folder / name, SHIPPED / name)
        data = (SHIPPED / "model.onnx").read_bytes()
        say(f'READER: sha256="{hashlib.sha256(data).hexdigest()}", size={len(data):_}')


if __name__ == "__main__":
    main()
