"""The result of a prediction: a heatmap per action, in the caller's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.affordance.peaks import HotBox, HotPoint, hot_boxes, hot_points
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import ImageLike, read_image
from funcorr.io import read_arrays, write_arrays


@dataclass(frozen=True, eq=False)
class AffordanceMap:
    """Where on an image each action takes place.

    Attributes:
        heatmaps: A x H x W, float32 in [0, 1]: the raw sigmoid, in the caller's height and width.
        actions: A, as the caller wrote them.
        model: name of the model.
        image: H x W x 3, kept for :meth:`plot`; not saved.
    """

    heatmaps: Float[np.ndarray, "a h w"]
    actions: tuple[str, ...]
    model: str = ""
    image: UInt8[np.ndarray, "h w 3"] | None = None

    def __post_init__(self) -> None:
        if self.heatmaps.ndim != 3 or not 0 < len(self.heatmaps) == len(self.actions):
            raise UserError(
                f"heatmaps must be A x H x W, one per action, got {self.heatmaps.shape} for "
                f"{len(self.actions)} actions"
            )
        finite = np.isfinite(self.heatmaps).all()
        if not finite or self.heatmaps.min() < 0 or self.heatmaps.max() > 1:
            raise UserError("heatmaps must lie in [0, 1], without NaN")

    def __getitem__(self, action: str) -> Float[np.ndarray, "h w"]:
        """The heatmap of one action; ``_``, ``-`` and space are equal.

        Raises:
            UserError: the action was not asked for.
        """
        names = [check_function(each) for each in self.actions]
        if check_function(action) not in names:
            raise UserError(f"no heatmap of {action!r}; there are {', '.join(self.actions)}")
        return self.heatmaps[names.index(check_function(action))]

    def points(self, action: str, k: int = 5, separation: float | None = None) -> list[HotPoint]:
        """The best distinct points of an action, see :func:`hot_points`."""
        return hot_points(self[action], k, separation)

    def boxes(self, action: str, threshold: float = 0.5) -> list[HotBox]:
        """Boxes around what is hot for an action, see :func:`hot_boxes`."""
        return hot_boxes(self[action], threshold)

    def save(self, path: str | Path) -> None:
        """Write an npz with the heatmaps (float32), the actions and the model's name.

        Raises:
            UserError: the place cannot be written to.
        """
        names = {"actions": np.array(self.actions), "model": np.array(self.model)}
        write_arrays(path, heatmaps=self.heatmaps.astype(np.float32), **names)

    @classmethod
    def load(cls, path: str | Path) -> AffordanceMap:
        """Read what :meth:`save` wrote.

        Raises:
            UserError: the file is missing, damaged, holds pickled objects or lacks an array.
        """
        content = read_arrays(path, ("heatmaps", "actions", "model"), "heatmaps")
        actions = tuple(str(each) for each in content["actions"])
        return cls(content["heatmaps"].astype(np.float32), actions, str(content["model"]))

    def plot(self, path: str | Path, image: ImageLike | None = None) -> Path:
        """Draw every heatmap over the image, with a scale.

        Args:
            path: where to write the PNG.
            image: needed only after :meth:`load`, which does not bring the picture back.

        Raises:
            UserError: the picture is not at hand or of another size, or the place cannot be
                written to.
        """
        from funcorr.viz import draw_heatmaps, save

        picture = self.image if image is None else read_image(image).rgb
        if picture is None:
            raise UserError("a loaded result has no picture: pass image= to plot")
        return save(draw_heatmaps(picture, self.heatmaps, self.actions), path)

    def _repr_png_(self) -> bytes | None:
        """What notebooks show: every heatmap over the image; nothing without the picture."""
        from funcorr.viz import draw_heatmaps, to_png

        if self.image is None:
            return None
        return to_png(draw_heatmaps(self.image, self.heatmaps, self.actions))
