"""The poses that models give on a benchmark, kept by row and directed pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.benchmark.progress import tracked
from funcorr.benchmark.run import shared_maps
from funcorr.features.memory import MapMemory
from funcorr.groundtruth.pairs import Benchmark
from funcorr.io import read_json, write_json
from funcorr.simulation.directed import Directed
from funcorr.simulation.similarities import Similarity, boxed, predicted

BOX = "box"
"""The row of boxes around what the depths show; it needs no model."""


def predict_poses(
    benchmark: Benchmark, models: Mapping[str, Any], pairs: Sequence[Directed], out: Path
) -> None:
    """Fill ``out`` with the poses that are not there yet; models on one backbone share its maps.

    Args:
        benchmark: with depth, cameras and functional frames.
        models: row -> model, None for :data:`BOX`.
        pairs: whose poses are asked for.
        out: gets ``ROW/PAIR.WAY.json`` with ``pose`` (4 x 4 between normalised objects, null where
            refused) and ``confidence``.
    """
    memory = MapMemory()
    for row, model in models.items():
        todo = [each for each in pairs if not pose_file(out, row, each).exists()]
        encoder = Encoder(benchmark, model)
        with shared_maps(model, memory):
            for directed in tracked(_together(todo), f"Poses of {row}"):
                pose, sure = _pose(benchmark, model, encoder, directed)
                kept = None if np.isnan(pose).any() else pose.tolist()
                write_json(pose_file(out, row, directed), {"pose": kept, "confidence": sure})


def _pose(
    benchmark: Benchmark, model: Any, encoder: Encoder, directed: Directed
) -> tuple[Similarity, float]:
    pair, back = directed.pair, directed.backward
    if model is None:
        return boxed(benchmark, pair, back), 1.0
    images = [encoder(pair, number) for number in ((2, 1) if back else (1, 2))]
    return predicted(benchmark, pair, model.match(*images, pair.function), back)


def read_poses(out: Path, rows: Sequence[str], directed: Directed) -> dict[str, Any]:
    """Row -> ``pose`` and ``confidence`` of a directed pair."""
    return {row: read_json(pose_file(out, row, directed), "pose") for row in rows}


def pose_file(out: Path, row: str, directed: Directed) -> Path:
    """Where a pose is kept."""
    return out / quote(row, safe="+") / directed.file


def _together(pairs: Sequence[Directed]) -> list[Directed]:
    """Those that share a picture close to each other."""
    ways: dict[str, list[Directed]] = {}
    for each in pairs:
        ways.setdefault(each.pair.id, []).append(each)
    order = partners_together([ways[name][0].pair for name in ways])
    return [each for pair in order for each in ways[pair.id]]
