"""Rows that know nothing: what a table must beat."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from funcorr.affordance.data import OneShotExample, heatmap_from_points, read_one_shot
from funcorr.affordance.result import AffordanceMap
from funcorr.functions import check_function
from funcorr.images import ImageLike, Picture, read_image
from funcorr.io import content_hash
from funcorr.metrics import agd20k_map

CLICKS = 6


@runtime_checkable
class Predictor(Protocol):
    """What evaluation asks of a model: the affordance model offers it, and so does your own.

    It may also have a ``fingerprint``, a string that changes with its weights or settings: it
    guards kept predictions against two models of one name.
    """

    name: str

    def encode(self, image: Any) -> Any:
        """The expensive step, once per picture."""

    def predict(self, image: ImageLike, actions: Sequence[str]) -> AffordanceMap:
        """A heatmap per action at the picture's size."""


class ChanceMaps:
    """A map as if somebody had clicked at random: blurred points, drawn anew per action."""

    name = "chance"
    fingerprint = f"{CLICKS} clicks"

    def encode(self, image: ImageLike) -> Picture:
        """Only the picture's size counts."""
        return read_image(image)

    def predict(self, image: ImageLike, actions: Sequence[str]) -> AffordanceMap:
        """The same maps whenever the same picture file is asked for."""
        picture = read_image(image)
        maps = [self._map(picture, check_function(action)) for action in actions]
        return AffordanceMap(np.stack(maps), tuple(actions), self.name)

    def _map(self, picture: Picture, action: str) -> Float[np.ndarray, "h w"]:
        key = f"{Path(picture.name).name}/{action}"
        generator = np.random.default_rng(zlib.crc32(key.encode()))
        height, width = picture.size
        points = generator.uniform((0, 0), (width - 1, height - 1), (CLICKS, 2))
        return heatmap_from_points(points, picture.size)


class MeanMaps:
    """The mean heatmap of an action over the training pictures, wherever the object is.

    Args:
        heatmaps: action -> the training heatmaps. Actions that were never trained get the mean of
            all.
    """

    name = "mean-map"

    def __init__(self, heatmaps: Mapping[str, Iterable[Float[np.ndarray, "_ _"]]]) -> None:
        squared = {action: [agd20k_map(m) for m in maps] for action, maps in heatmaps.items()}
        self._means: dict[str, np.ndarray] = {a: np.mean(m, axis=0) for a, m in squared.items()}
        self._any: np.ndarray = np.mean([m for maps in squared.values() for m in maps], axis=0)

    @property
    def fingerprint(self) -> str:
        """Of the maps."""
        maps = ((name, mean.tobytes()) for name, mean in sorted(self._means.items()))
        return content_hash([*(part for each in maps for part in each), self._any.tobytes()])

    @classmethod
    def from_folder(cls, one_shot: str | Path) -> MeanMaps:
        """From a folder of one-shot examples."""
        return cls.from_examples(read_one_shot(one_shot))

    @classmethod
    def from_examples(cls, examples: Sequence[OneShotExample]) -> MeanMaps:
        """From annotated training pictures."""
        found: dict[str, list[np.ndarray]] = {}
        for example in examples:
            for action, heatmap in example.heatmaps.items():
                found.setdefault(action, []).append(heatmap)
        return cls(found)

    def encode(self, image: ImageLike) -> Picture:
        """Only the picture's size counts."""
        return read_image(image)

    def predict(self, image: ImageLike, actions: Sequence[str]) -> AffordanceMap:
        """The mean maps, stretched to the picture."""
        size = read_image(image).size
        names = [check_function(action) for action in actions]
        means = [self._means.get(name, self._any) for name in names]
        maps = np.stack([agd20k_map(mean, size) for mean in means]).astype(np.float32)
        return AffordanceMap(maps, tuple(actions), self.name)
