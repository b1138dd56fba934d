"""The result of a match: which point of the other object does the same job, and how surely."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.spatial import cKDTree

from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.ranking import plain_scores
from funcorr.errors import UserError
from funcorr.functions.known import KnownFunction
from funcorr.images import ImageLike, PointsLike, read_image, read_points
from funcorr.io import read_arrays, write_arrays

if TYPE_CHECKING:
    from PIL.Image import Image

    from funcorr.viz.canvas import Images

_ARRAYS = ("points1", "points2", "scores", "similarity", "cycle_error")
_TRANSFER = ("transferred", "transfer_scores")
_MAPS = ("part1", "part2", *_TRANSFER)
_CURVES = ("calibration", "transfer_calibration")


OFF_OBJECT = 0.02
"""How far from the object a point may lie and still be carried over, as a share of the longer side
of the object's box; at least :data:`OFF_OBJECT_PIXELS`."""

OFF_OBJECT_PIXELS = 2.0

COMES_BACK = 0.1
"""Cycle error up to which a match counts as coming back, as a share of the longer side of the
object's box: those are shown first."""


class Transfer(NamedTuple):
    """Where points of image 1 land on image 2.

    Attributes:
        points: K x 2 (x, y) pixels of image 2, float32; NaN off the object.
        confidence: K values in [0, 1]: the probability that the point is right, where the model
            was calibrated; else cosine similarity times cycle consistency, clipped; 0 off the
            object.
        inside: K, whether the point lies on the object of image 1, or within 2 percent of the
            longer side of its box (at least 2 pixels) from it.
    """

    points: Float[np.ndarray, "k 2"]
    confidence: Float[np.ndarray, " k"]
    inside: Bool[np.ndarray, " k"]


@dataclass(frozen=True, eq=False, repr=False)
class Correspondence:
    """Every object pixel of image 1 with its match on image 2, best first.

    Pixels are ``(x, y)``, x right, y down, integers at pixel centres, in the caller's images.

    Attributes:
        points1: N x 2 object pixels of image 1 (all of them up to 60,000, else an even grid).
        points2: N x 2 their matches, integer pixels inside the mask of image 2.
        scores: N, falling: ``(1 - cycle_error / diagonal of image 1) * similarity`` (section 5.1
            of the paper; the division by the diagonal is our reading, the paper gives no unit).
            Where the model predicts part masks, matches between parts get +2 and rank first;
            among themselves the odds of the part may weigh in (``part_odds`` of the model).
        similarity: N cosine similarities.
        cycle_error: N pixels of image 1: distance between a point and the match of its match.
        function: the function asked for, for instance ``"pour-with"``.
        model: name of the model that made it.
        part1: H1 x W1 probability that a pixel belongs to the functional part, or None.
        part2: the same for image 2.
        image1: H1 x W1 x 3 picture, kept for :meth:`plot`; not saved.
        image2: the same for image 2.
        mask1: H1 x W1 object mask, kept for :meth:`plot`; not saved.
        mask2: the same for image 2.
        calibration: what the scores mean, where the model knows that.
        transfer_calibration: the same for ``transfer_scores``.
        function_known: the trained function nearest to the one asked for; None for models that
            ignore the function.
        transferred: N x 2 where label transfer carries ``points1``: into the functional part of
            image 2, parts laid on each other as wholes; None where there is no part, then it is
            ``points2``.
        transfer_scores: N, similarity times cycle consistency of these.
    """

    points1: Float[np.ndarray, "n 2"]
    points2: Float[np.ndarray, "n 2"]
    scores: Float[np.ndarray, " n"]
    similarity: Float[np.ndarray, " n"]
    cycle_error: Float[np.ndarray, " n"]
    function: str
    model: str
    part1: Float[np.ndarray, "h1 w1"] | None = None
    part2: Float[np.ndarray, "h2 w2"] | None = None
    image1: UInt8[np.ndarray, "h1 w1 3"] | None = None
    image2: UInt8[np.ndarray, "h2 w2 3"] | None = None
    mask1: Bool[np.ndarray, "h1 w1"] | None = None
    mask2: Bool[np.ndarray, "h2 w2"] | None = None
    calibration: Calibration | None = None
    function_known: KnownFunction | None = None
    transferred: Float[np.ndarray, "n 2"] | None = None
    transfer_scores: Float[np.ndarray, " n"] | None = None
    transfer_calibration: Calibration | None = None

    def __post_init__(self) -> None:
        n = len(self.points1)
        if n == 0:
            raise UserError("a correspondence needs at least one match, got none")
        shapes = [getattr(self, name).shape for name in _ARRAYS]
        if shapes != [(n, 2), (n, 2), (n,), (n,), (n,)]:
            raise UserError(
                "points1 and points2 must be N x 2, scores, similarity and cycle_error N; "
                f"got {', '.join(map(str, shapes))}"
            )
        if not all(np.isfinite(getattr(self, name)).all() for name in _ARRAYS):
            raise UserError("a correspondence holds NaN or infinite values; expected finite ones")
        if (np.diff(self.scores) > 0).any():
            raise UserError("the rows of a correspondence must be in order of falling score")

    def __len__(self) -> int:
        return len(self.points1)

    def __repr__(self) -> str:
        parts = f", {self.between_parts.sum():,} between parts" if self.part1 is not None else ""
        return f"Correspondence({self.function}, {len(self):,} matches{parts}, by {self.model})"

    @property
    def images(self) -> Images:
        """The two pictures.

        Raises:
            UserError: the result was loaded from a file, which keeps none.
        """
        if self.image1 is None or self.image2 is None:
            raise UserError("a loaded result has no pictures; draw it where the match is made")
        return self.image1, self.image2

    @property
    def plain_scores(self) -> Float[np.ndarray, " n"]:
        """N, the scores without what the functional part adds, in [-1, 1]."""
        if self.part1 is None:
            return self.scores
        height, width = self.part1.shape
        return plain_scores(self.similarity, self.cycle_error, (height, width))

    @property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """N, how surely each match is right, in [0, 1]; see :class:`Transfer`."""
        return _confidence(self.plain_scores, self.calibration)

    @property
    def between_parts(self) -> Bool[np.ndarray, " n"]:
        """N, which matches are between functional parts; none where the parts are unknown."""
        return self.scores > 1

    def top(self, k: int = 10, separation: float = 5.0) -> Correspondence:
        """The best ``k`` distinct matches, greedily from the best score down.

        Where there are matches between functional parts, only those.

        Args:
            k: how many at the most; fewer come back where object or parts are too small.
            separation: least distance in pixels between any two of them, in image 1 and in
                image 2 (the paper's figures use 5).

        Raises:
            UserError: ``k`` is below 1 or ``separation`` is negative.
        """
        if k < 1 or not separation >= 0:
            raise UserError(f"top needs k >= 1 and separation >= 0, got {k} and {separation}")
        free = self.between_parts if self.between_parts.any() else np.ones(len(self), dtype=bool)
        chosen: list[int] = []
        while len(chosen) < k and free.any():
            index = int(free.argmax())
            chosen.append(index)
            for points in (self.points1, self.points2):
                free &= np.linalg.norm(points - points[index], axis=1) >= separation
            free[index] = False
        return self._rows(np.array(chosen))

    def readable(self, k: int = 10) -> Correspondence:
        """The best ``k`` matches that lie far enough apart to be told from one another drawn.

        Of those between functional parts, where there are such, only those whose match comes back
        to within a tenth of the object: others may well be wrong.

        Raises:
            UserError: ``k`` is below 1.
        """
        from funcorr.viz import readable_separation

        separation = readable_separation(self.points1, self.points2)
        back = self.cycle_error <= COMES_BACK * self._extent
        sure = np.flatnonzero(self.between_parts & back)
        return (self._rows(sure) if len(sure) else self).top(k, separation)

    def transfer(self, points: PointsLike) -> Transfer:
        """Carry points of image 1 over to image 2: the label transfer of every table.

        Where the model knows the functional parts, a point goes into the part of image 2, with the
        other points of its part; else it takes its own match. A point on the object takes the
        answer of its own pixel, one beside it that of the nearest.

        Args:
            points: K x 2 (x, y), or one (x, y).

        Raises:
            UserError: the points are not finite K x 2 numbers.

        Example:
            >>> one = np.ones(1, np.float32)
            >>> pixel = np.array([[3, 4]], np.float32)
            >>> match = Correspondence(pixel, pixel + 1, one, one, one * 0, "cut-with", "demo")
            >>> match.transfer([[3, 4]]).points.tolist()
            [[4.0, 5.0]]
            >>> match.transfer([[90, 4]]).inside.tolist()
            [False]
        """
        query = read_points(points)
        distance, _ = self._tree.query(query)
        row = [min(tied) for tied in self._tree.query_ball_point(query, distance * (1 + 1e-9))]
        inside = distance <= self._reach
        landed, scores, curve = self.points2, self.plain_scores, self.calibration
        if self.transferred is not None and self.transfer_scores is not None:
            landed, scores = self.transferred, self.transfer_scores
            curve = self.transfer_calibration
        return Transfer(
            np.where(inside[:, None], landed[row], np.float32(np.nan)),
            np.where(inside, _confidence(scores[row], curve), np.float32(0)),
            inside,
        )

    def save(self, path: str | Path) -> None:
        """Write ``matches.npz``: the arrays, function and model, and the parts where known.

        Raises:
            UserError: the place cannot be written to.
        """
        content: dict[str, Any] = {name: getattr(self, name) for name in _ARRAYS}
        content |= {"function": np.array(self.function), "model": np.array(self.model)}
        content |= {k: v for k in _MAPS if (v := getattr(self, k)) is not None}
        for name in _CURVES:
            if (curve := getattr(self, name)) is not None:
                content[name] = np.array(astuple(curve))
        if self.function_known is not None:
            content["nearest_function"] = np.array(self.function_known.nearest)
            content["function_similarity"] = np.array(self.function_known.similarity)
        write_arrays(path, **content)

    @classmethod
    def load(cls, path: str | Path) -> Correspondence:
        """Read what :meth:`save` wrote.

        Raises:
            UserError: the file is missing, truncated, holds pickled objects or lacks an array.
        """
        wanted = (*_ARRAYS, "function", "model")
        optional = (*_MAPS, *_CURVES, "nearest_function", "function_similarity")
        content = read_arrays(path, wanted, "matches", optional=optional)
        curves = [Calibration(*content.pop(k)) if k in content else None for k in _CURVES]
        function, model = (str(content.pop(name)) for name in ("function", "model"))
        nearest = content.pop("nearest_function", None)
        similarity = content.pop("function_similarity", None)
        known = None
        if nearest is not None and similarity is not None:
            known = KnownFunction(function, str(nearest), float(similarity))
        arrays = {name: values.astype(np.float32) for name, values in content.items()}
        return cls(
            **arrays,
            function=function,
            model=model,
            calibration=curves[0],
            transfer_calibration=curves[1],
            function_known=known,
        )

    def plot(
        self,
        path: str | Path,
        image1: ImageLike | None = None,
        image2: ImageLike | None = None,
        k: int = 10,
    ) -> Path:
        """Draw the ``k`` best matches that lie far enough apart to be told from one another.

        Args:
            path: where to write the PNG.
            image1: needed only after :meth:`load`, which does not bring the pictures back.
            image2: the same.
            k: how many matches to draw.

        Raises:
            UserError: the pictures are not at hand, or the place cannot be written to.
        """
        from funcorr.viz import save

        shown = [
            kept if given is None else read_image(given).rgb
            for kept, given in ((self.image1, image1), (self.image2, image2))
        ]
        if any(each is None for each in shown):
            raise UserError("a loaded result has no pictures: pass image1= and image2= to plot")
        return save(replace(self, image1=shown[0], image2=shown[1]).draw(k), path)

    def draw(self, k: int = 10) -> Image:
        """The picture that :meth:`plot` writes.

        Raises:
            UserError: the result was loaded from a file, which keeps no pictures.
        """
        from funcorr.viz import draw_matches

        best = self.readable(k)
        objects = (
            self.points1 if self.mask1 is None else self.mask1,
            self.points2 if self.mask2 is None else self.mask2,
        )
        return draw_matches(self.images, (best.points1, best.points2), objects)

    def _repr_png_(self) -> bytes:
        """What notebooks show: the ten best distinct matches; a loaded result has silhouettes."""
        from funcorr.viz import silhouette, to_png

        if self.image1 is not None and self.image2 is not None:
            return to_png(self.draw())
        first = silhouette(self.points1, self.part1)
        second = silhouette(self.points2, self.part2)
        return to_png(replace(self, image1=first, image2=second).draw())

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points1)

    @cached_property
    def _extent(self) -> float:
        """Longer side of the box of image 1's object."""
        return float(np.ptp(self.points1, axis=0).max()) + 1

    @cached_property
    def _reach(self) -> float:
        """How far from the nearest matched point a point is still on the object."""
        some = self.points1[:: max(len(self) // 1000, 1)]
        between = self._tree.query(some, k=min(2, len(self)))[0].reshape(len(some), -1)[:, -1]
        gap = max(float(np.median(between)) - 1, 0) / np.sqrt(2)
        return max(OFF_OBJECT * self._extent, OFF_OBJECT_PIXELS) + gap

    def _rows(self, rows: np.ndarray) -> Correspondence:
        aligned = (name for name in (*_ARRAYS, *_TRANSFER) if getattr(self, name) is not None)
        return replace(self, **{name: getattr(self, name)[rows] for name in aligned})


def _confidence(
    scores: Float[np.ndarray, " n"], calibration: Calibration | None
) -> Float[np.ndarray, " n"]:
    sure = scores.clip(0, 1) if calibration is None else calibration(scores)
    return sure.astype(np.float32)
