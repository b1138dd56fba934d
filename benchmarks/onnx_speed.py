"""The shipped matcher in onnxruntime beside torch, one thread.

    python benchmarks/onnx_speed.py

CPU seconds (of one thread, so that other work on the machine matters less), the two taking turns;
median of the repeats after one warm-up.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
import torch
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

import funcorr
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.onnx_export import export_onnx

Calls = tuple[Callable[[], Any], Callable[[], Any]]


def seconds(calls: Calls, repeats: int) -> tuple[float, float]:
    """Median CPU seconds of two calls that take turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats + 1):
        for call, kept in zip(calls, times, strict=True):
            start = time.process_time()
            call()
            kept.append(time.process_time() - start)
    one, other = (statistics.median(kept[1:]) for kept in times)
    return one, other


def session(path: Path) -> onnxruntime.InferenceSession:
    """On one thread that does not spin."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main(model: str = "funcorr-small", points: int = 8192, repeats: int = 15) -> None:
    """Print the table.

    Args:
        model: row name or folder.
        points: through the head together.
        repeats: the median is taken over these.
    """
    torch.set_num_threads(1)
    matcher = funcorr.load_model(model, device="cpu")
    extractor = matcher.extractor
    assert isinstance(extractor, HeadExtractor)
    images = torch.rand(1, 3, extractor.input_size, extractor.input_size)
    grid, places = extractor.features(images), torch.rand(points, 2) * extractor.input_size
    text = extractor.text_encoder.encode(["pour with"])[0].numpy()
    with tempfile.TemporaryDirectory() as place:
        export_onnx(matcher, Path(place) / "onnx")
        trunk, head = (session(Path(place) / "onnx" / f"{name}.onnx") for name in ("trunk", "head"))
    inputs = {"grid": grid.numpy(), "points": places.numpy(), "text": text}
    rows: dict[str, Calls] = {
        "trunk, one image": (
            lambda: extractor.features(images),
            lambda: trunk.run(None, {"images": images.numpy()}),
        ),
        f"head, {points} points": (
            lambda: extractor.describe(grid[0], places, "pour-with"),
            lambda: head.run(None, inputs),
        ),
    }
    versions = f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}"
    table = Table("", "torch", "onnxruntime", "times", title=f"{model}, {processor()}, {versions}")
    for name, calls in rows.items():
        one, other = seconds(calls, repeats)
        table.add_row(name, f"{one:.3f}", f"{other:.3f}", f"{one / other:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    tyro.cli(main)
