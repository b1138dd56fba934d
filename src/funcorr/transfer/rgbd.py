"""A view with depth: pixels lifted to points and normals in the camera's frame."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from funcorr.errors import UserError
from funcorr.geometry.visibility import STEEPEST
from funcorr.images.arrays import plain_array

if TYPE_CHECKING:
    from typing import TypeAlias

    Given: TypeAlias = Float[np.ndarray, "..."]
else:
    Given = Any  # refused in words of our own; afterwards these are arrays

NEAREST, FARTHEST = 0.02, 20.0
"""Metres between which the middle of all depths must lie, else it is in another unit."""

WINDOW = 2
"""Normals are fitted to the (2 WINDOW + 1)^2 pixels around a point."""

RIDGE = 0.1
"""Added to the normal equations of a normal, in pixels squared: where they say nothing, slope 0."""

SUPPORT = 3
"""Neighbours, of eight, that must lie on a point's surface; flying pixels have fewer."""

SAME_RATIO = 0.05
"""Principal points off the middle by one factor in x and y, within this, tell a resized image."""


FILLING = 5
"""Neighbours, of eight, that must have depth for a hole to be filled."""


class Lifted(NamedTuple):
    """Pixels in 3D, in OpenCV camera axes.

    Attributes:
        points: N x 3 metres; meaningless where not valid.
        normals: N x 3 unit vectors that face the camera.
        valid: N, where there is a surface: no hole, no flying pixel.
    """

    points: Float[np.ndarray, "n 3"]
    normals: Float[np.ndarray, "n 3"]
    valid: Bool[np.ndarray, " n"]

    def rows(self, chosen: np.ndarray) -> Lifted:
        """Some of them."""
        return Lifted(self.points[chosen], self.normals[chosen], self.valid[chosen])


@dataclass(frozen=True, eq=False)
class RGBDView:
    """Depth that lies on a picture, and its camera.

    Attributes:
        depth: H x W z-depth in metres, float64; 0 = none. NaN is read as none.
        intrinsics: 3 x 3 in pixels of this resolution, integer coordinates at pixel centres.
        depth_scale: metres of one unit of the depth that is given (0.001 for millimetres).

    Raises:
        UserError: the depth is no H x W array, negative or infinite, in another unit, or empty; the
            intrinsics are no pinhole camera, transposed or of another resolution.

    Example:
        >>> K = np.array([[500, 0, 319.5], [0, 500, 239.5], [0, 0, 1]])
        >>> view = RGBDView(np.full((480, 640), 800, np.uint16), K, depth_scale=0.001)
        >>> view.lift(np.array([[319, 239]])).points.round(4).tolist()
        [[-0.0008, -0.0008, 0.8]]
    """

    depth: Given
    intrinsics: Given
    depth_scale: InitVar[float] = 1.0

    def __post_init__(self, depth_scale: float) -> None:
        depth = _read_depth(self.depth, depth_scale)
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "intrinsics", _read_intrinsics(self.intrinsics, depth.shape))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.depth.shape
        return height, width

    def rays(self, pixels: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 3"]:
        """Directions through pixels (x, y), their z 1."""
        ones = np.ones((len(pixels), 1))
        return np.hstack([pixels, ones]) @ np.linalg.inv(self.intrinsics).T

    def project(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
        """Points in front of the camera to pixels (x, y)."""
        image = points @ self.intrinsics.T
        return image[:, :2] / image[:, 2:]

    def lift(self, pixels: Any) -> Lifted:
        """Points and normals at pixels.

        A hole takes the median of its neighbours if :data:`FILLING` of eight have depth. What fewer
        than :data:`SUPPORT` of them continue, no steeper than
        :data:`funcorr.geometry.visibility.STEEPEST`, is a flying pixel and not valid. A plane in
        space has inverse depth linear in the pixels, so the normal is a linear fit of inverse depth
        over the neighbours on the same surface.

        Args:
            pixels: N x 2 (x, y), rounded to whole pixels.

        Raises:
            UserError: pixels lie off the image.
        """
        whole = np.rint(np.asarray(pixels, dtype=np.float64)).astype(int).reshape(-1, 2)
        height, width = self.size
        if len(whole) and not ((whole >= 0) & (whole < (width, height))).all():
            raise UserError(
                f"pixels lie off the depth of {width} x {height}; expected one of the image's size"
            )
        around = _neighbours(self.depth, whole)
        middle = self._filled(around)
        near = self._near(around, middle)
        supported = (middle > 0) & (near[:, _TOUCHING].sum(axis=1) >= SUPPORT)
        points = self.rays(whole.astype(np.float64)) * middle[:, None]
        return Lifted(points, self._normals(points, around, near), supported)

    def _filled(self, around: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
        """The depth in the middle, or of a hole the median of what touches it, if most do."""
        middle = around[:, _CENTER].copy()
        most = (around[:, _TOUCHING] > 0).sum(axis=1) >= FILLING
        holes = np.flatnonzero((middle == 0) & most)
        touching = around[holes][:, _TOUCHING]
        middle[holes] = np.nanmedian(np.where(touching > 0, touching, np.nan), axis=1)
        return middle

    @property
    def _steepest(self) -> float:
        return STEEPEST / min(self.intrinsics[0, 0], self.intrinsics[1, 1])

    def _near(
        self, around: Float[np.ndarray, "n k"], middle: Float[np.ndarray, " n"]
    ) -> Bool[np.ndarray, "n k"]:
        """Which neighbours continue the surface of the middle."""
        reach = np.abs(_OFFSETS).max(axis=1).clip(1) * self._steepest
        return (around > 0) & (np.abs(around - middle[:, None]) <= middle[:, None] * reach)

    def _normals(
        self,
        points: Float[np.ndarray, "n 3"],
        around: Float[np.ndarray, "n k"],
        near: Bool[np.ndarray, "n k"],
    ) -> Float[np.ndarray, "n 3"]:
        """Unit normals by a linear fit of inverse depth, flat where the neighbours form a line."""
        design = np.hstack([_OFFSETS, np.ones((len(_OFFSETS), 1))])
        depth = points[:, 2:].clip(1e-9)
        relative = np.where(near, depth / np.where(near, around, 1) - 1, 0)  # of inverse depth
        products = (design[:, :, None] * design[:, None]).reshape(-1, 9)
        left = (near @ products).reshape(-1, 3, 3) + RIDGE * np.eye(3)
        slopes = np.linalg.solve(left, (relative @ design)[..., None])[:, :2, 0]
        slopes = slopes @ self.intrinsics[:2, :2]  # per unit of x / z and y / z
        away = np.hstack([slopes, 1 - (slopes * points[:, :2] / depth).sum(1, keepdims=True)])
        away /= np.abs(away).max(axis=1, keepdims=True)  # squares of huge slopes overflow
        return -away / np.linalg.norm(away, axis=1, keepdims=True)


_SIDE = np.arange(-WINDOW, WINDOW + 1)
_OFFSETS = np.stack(np.meshgrid(_SIDE, _SIDE), axis=-1).reshape(-1, 2)
_TOUCHING = np.abs(_OFFSETS).max(axis=1) == 1
_CENTER = len(_OFFSETS) // 2


def _neighbours(
    depth: Float[np.ndarray, "h w"], pixels: Int[np.ndarray, "n 2"]
) -> Float[np.ndarray, "n k"]:
    """Depths of the window around each pixel; 0 off the image."""
    padded = np.pad(depth, WINDOW)
    x, y = (pixels[:, None] + _OFFSETS + WINDOW).transpose(2, 0, 1)
    return padded[y, x]


def _read_depth(given: Any, scale: float) -> Float[np.ndarray, "h w"]:
    """Metres, 0 where there is none."""
    given = plain_array(given, "depth")
    if given.ndim == 3 and 1 in (given.shape[0], given.shape[2]):
        given = given.reshape(given.shape[:2] if given.shape[2] == 1 else given.shape[1:])
    if given.ndim != 2 or given.dtype.kind not in "uif":
        raise UserError(f"depth must be H x W numbers; got {given.dtype} {given.shape}")
    if not (np.isfinite(scale) and scale > 0):
        raise UserError(f"depth_scale must be the metres of one unit of depth; got {scale}")
    with np.errstate(all="ignore"):  # signalling NaN; what becomes infinite is refused
        depth = np.nan_to_num(given.astype(np.float64), posinf=np.inf, neginf=-np.inf) * scale
    if not (np.isfinite(depth).all() and (depth >= 0).all()):
        raise UserError("depth must be finite and not negative, 0 or NaN where there is none")
    if not depth.any():
        raise UserError("the depth has no value anywhere: every pixel is 0 or NaN")
    _check_unit(float(np.median(depth[depth > 0])), scale)
    return depth


def _check_unit(middle: float, scale: float) -> None:
    if middle > FARTHEST:
        raise UserError(
            f"half of the depth lies beyond {middle:g} m: is it in millimetres? pass "
            f"depth_scale={scale / 1000:g} for those, or the metres of one unit"
        )
    if middle < NEAREST:
        raise UserError(
            f"half of the depth lies nearer than {middle:g} m; depth_scale, now {scale:g}, must be "
            "the metres of one unit of depth"
        )


def _read_intrinsics(given: Any, size: tuple[int, ...]) -> Float[np.ndarray, "3 3"]:
    try:
        K = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        K = np.zeros(0)
    if K.shape != (3, 3) or not np.isfinite(K).all():
        raise UserError("intrinsics must be 3 x 3 finite numbers: fx 0 cx, 0 fy cy, 0 0 1")
    if np.allclose(K[:2, 2], 0) and (K[2, :2] > 1).all():
        raise UserError("the intrinsics are transposed: cx and cy belong in the last column")
    if not (np.allclose(K[2], [0, 0, 1]) and K[1, 0] == 0 and K[0, 0] > 0 and K[1, 1] > 0):
        raise UserError(
            f"these intrinsics are no pinhole camera: expected fx 0 cx, 0 fy cy, 0 0 1, all in "
            f"pixels; got {K.tolist()}"
        )
    if (K[:2, 2] <= 1).all() and (K[:2, 2] > 0).all():
        raise UserError(
            "the intrinsics are shares of the picture; multiply fx and cx by its width, fy and cy "
            "by its height"
        )
    _check_resolution(K, size)
    return K


def _check_resolution(K: Float[np.ndarray, "3 3"], size: tuple[int, ...]) -> None:
    """Refuse a principal point off the picture, or off its middle by one factor in x and y."""
    height, width = size
    middle = (K[:2, 2] + 0.5) / (width / 2, height / 2)
    one_factor = abs(middle[0] / middle[1] - 1) < SAME_RATIO if (middle > 0).all() else False
    resized = one_factor and not 0.7 < middle.mean() < 1.4
    if resized or not ((middle > 0) & (middle < 2)).all():
        seems = f"; they seem to be of {2 * K[0, 2] + 1:.0f} x {2 * K[1, 2] + 1:.0f}"
        raise UserError(
            f"the intrinsics are of another resolution than the depth of {width} x {height}: their "
            f"principal point is ({K[0, 2]:g}, {K[1, 2]:g}){seems * bool(one_factor)}; scale fx, "
            "fy, cx and cy with the image"
        )
