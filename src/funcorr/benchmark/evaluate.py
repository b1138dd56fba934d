"""Evaluate one model on one benchmark: predictions into a cache, metrics from the cache."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.benchmark.poses import POSE, rgbd_views, score_pose
from funcorr.benchmark.predictions import (
    DIRECTIONS,
    PART,
    Model,
    check_prediction,
    predict_one,
    prediction_path,
    read_prediction,
)
from funcorr.benchmark.progress import tracked
from funcorr.benchmark.questions import Tally, answered, sentence
from funcorr.benchmark.scores import (
    THRESHOLDS,
    Case,
    score,
    score_keypoints,
    score_parts,
    summarize,
    write_cases,
)
from funcorr.benchmark.table import result_rows, write_tables
from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark, ImagePair, read_benchmark
from funcorr.io import write_arrays, write_json
from funcorr.metrics import part_iou
from funcorr.metrics.transfer import PROTOCOLS
from funcorr.run_folder import Stage, claim

RUN_FORMAT = "funcorr-evaluation/3"


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
    pair). A run that was stopped continues where it was; metrics are always computed from the
    cached predictions, which another protocol leaves as they are. Discovery scores every object
    pixel; label transfer carries the ground-truth points; predicted part masks are scored where
    the benchmark has the exact ones.

    Args:
        bench_path: the benchmark folder.
        model: a model, or a name that :func:`funcorr.load_model` takes.
        out: the run folder.
        overwrite: discard what another configuration left in ``out``: results where the protocol
            changed, predictions too where the model or the benchmark did.
        protocol: ``"paper"`` or ``"released-code"``, see
            :func:`funcorr.metrics.label_transfer`.

    Returns:
        What ``results.json`` holds. ``overall``, ``within`` and ``across`` (categories) and each
        ``per_function`` block have ``normalized_distance``, ``pck@k``, ``best_f1@k`` and ``ap@k``
        for k = 23, 15, 10, 5, and ``part_iou`` where both the model and the benchmark mark parts;
        where the benchmark's truth is keypoints, ``pck_box@0.1`` and ``pck_box@0.05``
        (:func:`funcorr.metrics.keypoint_pck`) instead of F1 and AP, where it is parts,
        ``part_hits`` (:func:`funcorr.metrics.part_hits`) alone;
        with depth ``rotation_deg``, ``translation``, ``pose@5``, ``pose@10`` and ``pose@20``
        (:func:`funcorr.benchmark.poses.score_pose`): means over directed pairs, None where there
        is no such pair.
        ``pooled`` has the label transfer metrics as means over all points. ``intervals`` has the
        95 percent bootstrap interval over asset pairs of every mean of the first three blocks.
        ``pairs`` counts image pairs. Of a model that asks another one, ``questions`` says how many
        were ``asked`` about pictures, and how many stayed ``unanswered``.

    Raises:
        UserError: the benchmark is not whole, the model cannot be had, too many of its questions
            got no answer, or ``out`` belongs to a run of another configuration.
    """
    if protocol not in PROTOCOLS:
        raise UserError(f"unknown protocol {protocol!r}; expected one of {', '.join(PROTOCOLS)}")
    benchmark, out = read_benchmark(bench_path), Path(out)
    if isinstance(model, str):
        from funcorr.correspondence.registry import load_model

        model = load_model(model)
    with claim(out, *_stages(benchmark, model, protocol), overwrite=overwrite):
        predict(benchmark, model, out)
        questions = answered(benchmark, out, model.name)
        results, cases = score_run(benchmark, model.name, out, protocol)
        results |= {"questions": questions} if questions else {}
        write_json(out / "results.json", results)
        write_tables(result_rows(results), out, note=sentence(results))
        write_cases(cases, out / "pairs.csv")
    return results


def score_run(
    benchmark: Benchmark, model: str, out: Path, protocol: str
) -> tuple[dict[str, Any], list[Case]]:
    """What ``results.json`` holds of the predictions in a run folder, and every directed pair.

    Raises:
        UserError: a prediction is missing or damaged.
    """
    cases = list(_scored(benchmark, out, protocol))
    heading = {"model": model, "benchmark": benchmark.name, "protocol": protocol}
    return {**heading, **summarize(cases)}, cases


def predict(benchmark: Benchmark, model: Model, out: Path) -> None:
    """Fill ``out/predictions`` with the directed pairs that are not there yet.

    Ends early where the model asks in vain, see :mod:`funcorr.benchmark.questions`.

    Raises:
        UserError: a file cannot be used, or the model gave something that is no prediction.
    """
    todo = [
        pair
        for pair in benchmark.pairs
        if not all(prediction_path(out, pair, way).exists() for way in DIRECTIONS)
    ]
    benchmark.check_pictures(todo)
    encoded, tally = Encoder(benchmark, model), Tally()
    for pair in tracked(partners_together(todo), f"Predicting with {model.name}"):
        images = encoded(pair, 1), encoded(pair, 2)
        views = rgbd_views(benchmark, pair) if benchmark.has_depth else None
        for way, points in zip(DIRECTIONS, benchmark.ground_truth(pair), strict=True):
            arrays = predict_one(model, *images, pair.function, points, views)
            check_prediction(arrays, len(points), f"{model.name} on pair {pair.id!r} ({way})")
            write_arrays(prediction_path(out, pair, way), **arrays)
            images, views = images[::-1], views and views[::-1]
            tally.add(arrays)
        if tally.in_vain:
            return


def _stages(benchmark: Benchmark, model: Model, protocol: str) -> tuple[Stage, Stage]:
    predictions = {
        "format": RUN_FORMAT,
        "model": model.name,
        "model_fingerprint": str(getattr(model, "fingerprint", "")),
        "benchmark": benchmark.name,
        "benchmark_fingerprint": benchmark.fingerprint(),
    }
    results = {"protocol": protocol, "thresholds": list(THRESHOLDS)}
    written = "results.json", "table.md", "table.csv", "pairs.csv"
    return Stage("predictions", predictions, ["predictions"]), Stage("results", results, written)


def _scored(benchmark: Benchmark, out: Path, protocol: str) -> Iterator[Case]:
    marked = benchmark.has_parts
    for pair in tracked(benchmark.pairs, "Scoring"):
        truth = benchmark.ground_truth(pair)
        parts = benchmark.parts(pair) if marked else (None, None)
        frames = benchmark.frames(pair) if benchmark.has_depth else ()
        for way, part in zip(DIRECTIONS, parts, strict=True):
            prediction = read_prediction(out, pair, way, len(truth[0]))
            values = _values(benchmark, pair, way, prediction, truth, protocol)
            if part is not None and PART in prediction:
                values["part_iou"] = part_iou(prediction[PART], part)
            if frames:
                values |= score_pose(prediction[POSE], *frames)
            yield Case(pair, len(truth[0]), values, way)
            truth, frames = truth[::-1], frames[::-1]


def _values(
    benchmark: Benchmark,
    pair: ImagePair,
    way: str,
    prediction: Mapping[str, np.ndarray],
    truth: Sequence[np.ndarray],
    protocol: str,
) -> dict[str, float]:
    """The metrics that the benchmark's truth bears."""
    target = 1 - DIRECTIONS.index(way)
    if benchmark.truth == "parts":
        return score_parts(prediction, benchmark.parts(pair)[target])
    if benchmark.truth == "keypoints":
        box = (pair.bbox1, pair.bbox2)[target]
        return score_keypoints(prediction, truth[1], box, benchmark.image_size, protocol)
    return score(prediction, truth[0], truth[1], benchmark.image_size, protocol)
