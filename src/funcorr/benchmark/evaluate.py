"""Evaluate one model on one benchmark: predictions into a cache, metrics from the cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

import numpy as np
from jaxtyping import Float

from funcorr.benchmark.encoding import Encoder, partners_together
from funcorr.benchmark.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.benchmark.scores import THRESHOLDS, Case, score, summarize, write_cases
from funcorr.benchmark.table import result_rows, write_tables
from funcorr.errors import UserError
from funcorr.metrics.checks import as_points, as_scores, check_aligned
from funcorr.metrics.transfer import PROTOCOLS
from funcorr.runs import read_arrays, read_json, write_arrays, write_json

RUN_FORMAT = "funcorr-evaluation/1"
DIRECTIONS = ("forward", "backward")
"""From image 1 to image 2, and back."""

"""The two ways of an image pair, as predictions are named."""

_ARRAYS = ("points1", "points2", "scores", "transferred")


@runtime_checkable
class Model(Protocol):
    """What evaluation asks of a model; :class:`funcorr.correspondence.model.Matcher` offers it.

    A model may also have a ``fingerprint``, a string that changes with its weights or settings: it
    guards the cache against two models of one name. What else it may ask to be told about an
    image: :class:`funcorr.benchmark.encoding.Encoder`.
    """

    name: str

    def encode(self, image: Any, mask: Any = None) -> Any:
        """The expensive step, once per image."""

    def match(self, image1: Any, image2: Any, function: str) -> Any:
        """Every object pixel of image 1 with its match: ``points1``, ``points2``, ``scores``."""

    def label_transfer(
        self, image1: Any, image2: Any, function: str, points: Float[np.ndarray, "k 2"]
    ) -> Float[np.ndarray, "k 2"]:
        """Carry part points of image 1 over to image 2."""


def evaluate(
    bench_path: str | Path,
    model: Model | str,
    out: str | Path,
    overwrite: bool = False,
    protocol: str = "paper",
) -> dict[str, Any]:
    """Score a model on every pair of a benchmark, in both directions.

    The run folder holds ``config.json``, ``predictions/`` (an npz per directed pair),
    ``results.json``, ``table.md``, ``table.csv`` and ``pairs.csv`` (every metric of every directed
    pair). A run that was stopped continues where it
    was; metrics are always computed from the cached predictions. Discovery scores every object
    pixel; label transfer carries the ground-truth points.

    Args:
        bench_path: the benchmark folder.
        model: a model, or a name that :func:`funcorr.load_model` takes.
        out: the run folder.
        overwrite: discard what another config left in ``out``.
        protocol: ``"paper"`` or ``"released-code"``, see
            :func:`funcorr.metrics.label_transfer`.

    Returns:
        What ``results.json`` holds. ``overall``, ``within`` and ``across`` (categories) and each
        ``per_function`` block have ``normalized_distance``, ``pck@k``, ``best_f1@k`` and ``ap@k``
        for k = 23, 15, 10, 5: means over directed pairs, None where there is no such pair.
        ``pooled`` has the label transfer metrics as means over all points. ``intervals`` has the
        95 percent bootstrap interval over asset pairs of every mean of the first three blocks.
        ``pairs`` counts image pairs.

    Raises:
        UserError: the benchmark is not whole, the model cannot be had, or ``out`` belongs to a
            run with another config.
    """
    if protocol not in PROTOCOLS:
        raise UserError(f"unknown protocol {protocol!r}; expected one of {', '.join(PROTOCOLS)}")
    benchmark, out = read_benchmark(bench_path), Path(out)
    if isinstance(model, str):
        from funcorr.correspondence.registry import load_model

        model = load_model(model)
    _claim(out, _config(benchmark, model, protocol), overwrite)
    predict(benchmark, model, out)
    cases = list(_scored(benchmark, out, protocol))
    results = {
        "model": model.name,
        "benchmark": benchmark.name,
        "protocol": protocol,
        **summarize(cases),
    }
    write_json(out / "results.json", results)
    write_tables(result_rows(results), out)
    write_cases(cases, out / "pairs.csv")
    return results


def predict(benchmark: Benchmark, model: Model, out: Path) -> None:
    """Fill ``out/predictions`` with the directed pairs that are not there yet.

    Raises:
        UserError: a file cannot be used, or the model gave something that is no prediction.
    """
    todo = [
        pair
        for pair in benchmark.pairs
        if not all(prediction_path(out, pair, way).exists() for way in DIRECTIONS)
    ]
    encoded = Encoder(benchmark, model)
    for pair in _progress(partners_together(todo), f"Predicting with {model.name}"):
        images = encoded(pair, 1), encoded(pair, 2)
        for way, points in zip(DIRECTIONS, benchmark.ground_truth(pair), strict=True):
            arrays = _predict_one(model, *images, pair.function, points)
            _check_prediction(arrays, len(points), f"{model.name} on pair {pair.id!r} ({way})")
            write_arrays(prediction_path(out, pair, way), **arrays)
            images = images[::-1]


def prediction_path(out: Path, pair: ImagePair, way: str) -> Path:
    """Where the prediction of a pair is kept; ``way`` is ``"forward"`` or ``"backward"``."""
    return out / "predictions" / f"{quote(pair.id, safe=' ')}.{way}.npz"


def read_prediction(out: Path, pair: ImagePair, way: str, queries: int) -> dict[str, np.ndarray]:
    """A kept prediction: ``points1``, ``points2``, ``scores`` and ``transferred``.

    Args:
        out: the run folder.
        pair: the image pair.
        way: ``"forward"`` or ``"backward"``.
        queries: how many points were to be carried over.

    Raises:
        UserError: the file is damaged, pickled, or holds what cannot be scored.
    """
    path = prediction_path(out, pair, way)
    arrays = read_arrays(path, _ARRAYS, "predictions")
    _check_prediction(arrays, queries, f"{path} (delete it to predict again)")
    return arrays


def _config(benchmark: Benchmark, model: Model, protocol: str) -> dict[str, Any]:
    return {
        "format": RUN_FORMAT,
        "model": model.name,
        "model_fingerprint": str(getattr(model, "fingerprint", "")),
        "benchmark": benchmark.name,
        "benchmark_fingerprint": benchmark.fingerprint(),
        "protocol": protocol,
        "thresholds": list(THRESHOLDS),
    }


def _claim(out: Path, config: dict[str, Any], overwrite: bool) -> None:
    """Make ``out`` the run folder of ``config``, or refuse."""
    file = out / "config.json"
    if file.exists():
        found = read_json(file, "config")
        if found == config:
            return
        if not overwrite:
            _check_version(found, out)
            changed = [key for key in config if found.get(key) != config[key]]
            raise UserError(
                f"{out} holds a run with another config ({', '.join(changed) or 'unknown keys'}); "
                "choose another folder or pass --overwrite"
            )
        shutil.rmtree(out / "predictions", ignore_errors=True)
        for name in ("results.json", "table.md", "table.csv", "pairs.csv"):
            (out / name).unlink(missing_ok=True)
    elif (out / "predictions").exists():
        raise UserError(f"{out} has predictions without a config.json; choose another folder")
    write_json(file, config)


def _check_version(found: Any, out: Path) -> None:
    version = found.get("format") if isinstance(found, dict) else None
    if version != RUN_FORMAT:
        raise UserError(
            f"{out} holds a run of the format {version!r}, this version writes {RUN_FORMAT!r}; "
            "choose another folder or pass --overwrite"
        )


def _predict_one(
    model: Model, image1: Any, image2: Any, function: str, points: Float[np.ndarray, "k 2"]
) -> dict[str, np.ndarray]:
    match = model.match(image1, image2, function)
    carried = model.label_transfer(image1, image2, function, points)
    arrays = (match.points1, match.points2, match.scores, carried)
    return dict(zip(_ARRAYS, map(np.asarray, arrays), strict=True))


def _check_prediction(arrays: Mapping[str, np.ndarray], queries: int, whose: str) -> None:
    """Refuse what cannot be scored, before it is kept or after it was read."""
    try:
        points1, points2, carried = (
            as_points(arrays[name], name) for name in ("points1", "points2", "transferred")
        )
        check_aligned(points1, points2, "points1 and points2")
        as_scores(arrays["scores"], "scores", len(points1))
    except UserError as error:
        raise UserError(f"{whose}: {error}") from None
    if len(carried) != queries:
        raise UserError(f"{whose}: {queries} points were to be carried over, got {len(carried)}")


def _scored(benchmark: Benchmark, out: Path, protocol: str) -> Iterator[Case]:
    for pair in _progress(benchmark.pairs, "Scoring"):
        gt1, gt2 = benchmark.ground_truth(pair)
        for way, first, second in zip(DIRECTIONS, (gt1, gt2), (gt2, gt1), strict=True):
            prediction = read_prediction(out, pair, way, len(first))
            values = score(prediction, first, second, benchmark.image_size, protocol)
            yield Case(pair, len(first), values, way)


def _progress(items: Sequence[ImagePair], title: str) -> Iterator[ImagePair]:
    from rich.console import Console
    from rich.progress import track

    return iter(track(items, title, console=Console(stderr=True), transient=True))
