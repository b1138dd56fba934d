"""Pinhole cameras: OpenCV axes (x right, y down, z forward), pixel centres at integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from funcorr.errors import UserError

OPENGL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
"""Turns OpenCV camera axes into OpenGL ones (x right, y up, z backward), and back."""


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera without distortion.

    A world point X is seen at pixel ``(x, y)`` with z-depth ``d``, where
    ``d (x, y, 1) = intrinsics @ (world_to_camera @ (X, 1))[:3]``.

    Attributes:
        intrinsics: 3 x 3, in pixels; a camera that looks along its axis has cx = (width - 1) / 2.
        world_to_camera: 4 x 4 rigid transform into OpenCV camera axes.
        width, height: of the image, in pixels.
    """

    intrinsics: Float[np.ndarray, "3 3"]
    world_to_camera: Float[np.ndarray, "4 4"]
    width: int
    height: int

    @classmethod
    def from_fov(
        cls, fov: float, width: int, height: int, world_to_camera: Float[np.ndarray, "4 4"]
    ) -> Camera:
        """A camera with square pixels from the field of view of the image's longer side.

        Args:
            fov: degrees, between the outer edges of the first and last pixel.
            width: image width in pixels.
            height: image height in pixels.
            world_to_camera: 4 x 4, as :func:`look_at` returns.

        Raises:
            UserError: the field of view is not between 0 and 180 degrees.

        Example:
            >>> camera = Camera.from_fov(90.0, 224, 224, np.eye(4))
            >>> float(camera.intrinsics[0, 0].round(9)), float(camera.intrinsics[0, 2])
            (112.0, 111.5)
        """
        if not 0 < fov < 180:
            raise UserError(f"a field of view of {fov:g} degrees; expected one between 0 and 180")
        focal = max(width, height) / 2 / np.tan(np.radians(fov) / 2)
        intrinsics = np.diag([focal, focal, 1.0])
        intrinsics[:2, 2] = (width - 1) / 2, (height - 1) / 2
        return cls(intrinsics, np.asarray(world_to_camera, float), width, height)

    @property
    def rotation(self) -> Float[np.ndarray, "3 3"]:
        """World axes to camera axes."""
        return self.world_to_camera[:3, :3]

    @property
    def center(self) -> Float[np.ndarray, "3"]:
        """Where the camera stands, in world coordinates."""
        return -self.rotation.T @ self.world_to_camera[:3, 3]

    @property
    def camera_to_world(self) -> Float[np.ndarray, "4 4"]:
        """The inverse of ``world_to_camera``."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.rotation.T, self.center
        return matrix

    def project(
        self, points: Float[np.ndarray, "*n 3"]
    ) -> tuple[Float[np.ndarray, "*n 2"], Float[np.ndarray, "*n"]]:
        """World points to pixels ``(x, y)`` and z-depths (negative behind the camera).

        Pixels of points in the camera's own plane are infinite or NaN.
        """
        local = _apply(self.rotation, points) + self.world_to_camera[:3, 3]
        image = _apply(self.intrinsics, local)
        with np.errstate(divide="ignore", invalid="ignore"):
            return image[..., :2] / image[..., 2:], local[..., 2]

    def directions(self, pixels: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 3"]:
        """World directions of the rays through pixels, scaled so that their z-depth is 1."""
        ones = np.ones((*pixels.shape[:-1], 1))
        local = _apply(np.linalg.inv(self.intrinsics), np.concatenate([pixels, ones], axis=-1))
        return _apply(self.rotation.T, local)

    def unproject(
        self, pixels: Float[np.ndarray, "*n 2"], depth: Float[np.ndarray, "*n"]
    ) -> Float[np.ndarray, "*n 3"]:
        """Pixels ``(x, y)`` with z-depths to world points; the inverse of :meth:`project`."""
        return self.center + self.directions(pixels) * depth[..., None]

    def contains(self, pixels: Float[np.ndarray, "n 2"]) -> np.ndarray:
        """Whether each pixel position lies on the image, [-0.5, W - 0.5) x [-0.5, H - 0.5)."""
        return np.all((pixels >= -0.5) & (pixels < (self.width - 0.5, self.height - 0.5)), axis=-1)

    def cells(self, pixels: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " n"]:
        """Row-major number of the pixel that each position on the image lies in."""
        columns, rows = np.floor(pixels + 0.5).astype(np.int64).T
        return rows * self.width + columns

    def scaled(self, factor: float) -> Camera:
        """The same view at ``factor`` times the resolution: x becomes (x + 0.5) factor - 0.5."""
        resize = np.diag([factor, factor, 1.0])
        resize[:2, 2] = (factor - 1) / 2
        size = round(self.width * factor), round(self.height * factor)
        return Camera(resize @ self.intrinsics, self.world_to_camera, *size)


def _apply(
    matrix: Float[np.ndarray, "3 3"], vectors: Float[np.ndarray, "*n 3"]
) -> Float[np.ndarray, "*n 3"]:
    """``matrix @ vector`` for each; not by BLAS, whose threads cost far more than this takes."""
    return np.einsum("ij,...j->...i", matrix, vectors)


def look_at(
    eye: Float[np.ndarray, "3"],
    target: Float[np.ndarray, "3"] | None = None,
    up: Float[np.ndarray, "3"] | None = None,
    roll: float = 0.0,
) -> Float[np.ndarray, "4 4"]:
    """The world-to-camera matrix of a camera at ``eye`` that looks at ``target``.

    Args:
        eye: position of the camera.
        target: what it looks at; the origin by default.
        up: direction that points upwards in the image; world z by default. Seen straight from
            above or below, world y takes its place.
        roll: degrees by which the image content turns clockwise.

    Raises:
        UserError: ``eye`` and ``target`` are the same point.

    Example:
        >>> look_at(np.array([0.0, -2.0, 0.0])).round(9)[:3, 3].tolist()
        [0.0, 0.0, 2.0]
    """
    eye = np.asarray(eye, float)
    forward = (np.zeros(3) if target is None else np.asarray(target, float)) - eye
    distance = np.linalg.norm(forward)
    if distance == 0:
        raise UserError("the camera stands on the point it looks at; move one of them")
    forward /= distance
    right = np.cross(forward, np.array([0.0, 0.0, 1.0]) if up is None else up)
    if np.linalg.norm(right) < 1e-9:
        right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(forward, right), forward])
    angle = np.radians(roll)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    axes[:2] = turn @ axes[:2]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = axes, -axes @ eye
    return matrix
