"""Predictions of a model on a benchmark, kept in a run folder: an npz per directed pair."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

import numpy as np
from jaxtyping import Float

from funcorr.benchmark.poses import POSE, POSE_CONFIDENCE, predicted_pose
from funcorr.correspondence.ranking import PART_THRESHOLD
from funcorr.errors import UserError, mended
from funcorr.groundtruth.pairs import ImagePair
from funcorr.io import read_arrays
from funcorr.metrics.checks import as_map, as_points, as_scores, as_similarity, check_aligned

DIRECTIONS = ("forward", "backward")
"""The two ways of an image pair: from image 1 to image 2, and back."""

PART = "part"
"""The array of a prediction that marks the predicted part of the image it starts from."""

CYCLE = ("similarity", "cycle_error")
"""Arrays of a prediction from which the released code's ranking is computed."""

QUESTIONS = "questions"
"""The array of a prediction that says how many questions were asked about the image it starts from,
and how many of them got no answer."""

_ARRAYS = ("points1", "points2", "scores", "transferred")


@runtime_checkable
class Model(Protocol):
    """What evaluation asks of a model; :class:`funcorr.correspondence.model.Matcher` offers it.

    A model may also have a ``fingerprint``, a string that changes with its weights or settings: it
    guards the cache against two models of one name. What else it may ask for beside an image:
    :class:`funcorr.benchmark.image_encoding.Encoder`. Where its matches have ``part1``, the
    probability that a pixel of image 1 belongs to the functional part, that is scored too. A model
    that asks another one has ``questions(image, function)``: how many it asked about an image, and
    how many of them got no answer.
    """

    name: str

    def encode(self, image: Any, mask: Any = None) -> Any:
        """The expensive step, once per image."""

    def match(self, image1: Any, image2: Any, function: str) -> Any:
        """Every object pixel of image 1 with its match: ``points1``, ``points2``, ``scores``.

        And ``transfer``, which carries K x 2 points of image 1 over to image 2: its result has
        ``points``, NaN where there is no answer.
        """


def prediction_path(out: Path, pair: ImagePair, way: str) -> Path:
    """Where the prediction of a pair is kept; ``way`` is ``"forward"`` or ``"backward"``."""
    return out / "predictions" / f"{quote(pair.id, safe=' ')}.{way}.npz"


def predicted_again(path: Path) -> AbstractContextManager[None]:
    """A refusal of a prediction says what mends it."""
    return mended(f"delete {path.name} to predict again")


def read_prediction(out: Path, pair: ImagePair, way: str, queries: int) -> dict[str, np.ndarray]:
    """A kept prediction: ``points1``, ``points2``, ``scores`` and ``transferred``.

    With ``part``, H x W bool, where the model predicts the functional part of the image that the
    prediction starts from; with ``similarity`` and ``cycle_error`` of every match where its result
    has them; with ``pose`` and ``pose_confidence`` where the benchmark has depth.

    Args:
        out: the run folder.
        pair: the image pair.
        way: ``"forward"`` or ``"backward"``.
        queries: how many points were to be carried over.

    Raises:
        UserError: the file is damaged, pickled, or holds what cannot be scored.
    """
    path = prediction_path(out, pair, way)
    optional = [PART, *CYCLE, POSE, POSE_CONFIDENCE]
    with predicted_again(path):
        arrays = read_arrays(path, _ARRAYS, "predictions", optional=optional)
        check_prediction(arrays, queries, str(path))
    return arrays


def predict_one(
    model: Model,
    image1: Any,
    image2: Any,
    function: str,
    points: Float[np.ndarray, "k 2"],
    views: tuple[Any, Any] | None = None,
) -> dict[str, np.ndarray]:
    """What a model says about one direction of an image pair, as :func:`read_prediction` has it.

    A part that the model was given is no prediction. Where the ``views`` of both images are given,
    their depth and cameras, the pose is predicted too.
    """
    match = model.match(image1, image2, function)
    arrays = (match.points1, match.points2, match.scores, match.transfer(points).points)
    prediction = dict(zip(_ARRAYS, map(np.asarray, arrays), strict=True))
    found = {name: getattr(match, name, None) for name in CYCLE}
    prediction |= {name: np.asarray(values) for name, values in found.items() if values is not None}
    if views is not None:
        prediction |= predicted_pose(match, views)
    asked = getattr(model, "questions", None)
    if asked is not None:
        prediction[QUESTIONS] = np.array(asked(image1, function))
    part = None if "part" in getattr(model, "given", ()) else getattr(match, "part1", None)
    return prediction if part is None else prediction | {PART: np.asarray(part) > PART_THRESHOLD}


def check_prediction(arrays: Mapping[str, np.ndarray], queries: int, whose: str) -> None:
    """Refuse what cannot be scored, before it is kept or after it was read."""
    try:
        points1, points2 = (as_points(arrays[name], name) for name in ("points1", "points2"))
        carried = as_points(_answered(arrays["transferred"]), "transferred")
        check_aligned(points1, points2, "points1 and points2")
        for name in ("scores", *(each for each in CYCLE if each in arrays)):
            as_scores(arrays[name], name, len(points1))
        if PART in arrays:
            as_map(arrays[PART], PART)
        if POSE in arrays and not np.isnan(arrays[POSE]).all():
            as_similarity(arrays[POSE], POSE)
    except UserError as error:
        raise UserError(f"{whose}: {error}") from None
    if len(carried) != queries:
        raise UserError(f"{whose}: {queries} points were to be carried over, got {len(carried)}")


def _answered(points: np.ndarray) -> np.ndarray:
    """The same with a pixel in the place of no answer (NaN)."""
    numbers = points.dtype.kind == "f"
    return np.where(np.isnan(points).all(-1, keepdims=True), 0, points) if numbers else points
