"""From where an object is looked at: random views to train on, nineteen fixed ones to label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera, look_at
from funcorr.geometry.sampling import sphere_band

LABELLING_RINGS = ((-58, 2, 108), (-32, 5, 36), (0, 5, 0), (32, 5, 36), (58, 2, 18))
"""Elevation, number of views and first azimuth (degrees) of the rings of labelling views."""

SMALLEST_IMAGE, LARGEST_IMAGE = 8, 8192


@dataclass(frozen=True)
class ViewConfig:
    """Cameras around an object that is centred and has a longest side of 1.

    Attributes:
        kind: ``"random"``, or ``"labelling"`` for nineteen fixed directions.
        count: how many random views; ignored for labelling.
        size: side of the square images in pixels.
        radius: distance from the object's centre.
        fov: field of view in degrees; the default is that of Blender, used in the paper.
        elevation: band of random elevations in degrees.
        uniform_in: ``"area"``, or ``"angle"`` as in the paper (denser near the band's edges).
        radius_jitter: random change of the radius, as a share of it.
        fov_jitter: random change of the field of view, as a share of it.
        roll: largest random turn of the image in degrees.
        tilt: largest random lean of the object in degrees, in any direction, the same in all its
            views; the cameras are carried along, so that object coordinates stay as they are. The
            paper's labelling views turn the object at random.
    """

    kind: Literal["random", "labelling"] = "random"
    count: int = 20
    size: int = 224
    radius: float = 2.0
    fov: float = 39.6
    elevation: tuple[float, float] = (-60.0, 60.0)
    uniform_in: Literal["area", "angle"] = "area"
    radius_jitter: float = 0.0
    fov_jitter: float = 0.0
    roll: float = 0.0
    tilt: float = 0.0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UserError(f"{self.count} views; expected at least 1")
        if not SMALLEST_IMAGE <= self.size <= LARGEST_IMAGE:
            raise UserError(
                f"an image size of {self.size} pixels; expected {SMALLEST_IMAGE} to {LARGEST_IMAGE}"
            )
        if not (0 <= self.radius_jitter < 1 and 0 <= self.fov_jitter < 1):
            raise UserError("radius_jitter and fov_jitter are shares; expected 0 up to below 1")
        if self.radius * (1 - self.radius_jitter) < 0.9:
            raise UserError(
                f"a camera radius of {self.radius:g} with jitter {self.radius_jitter:g} comes "
                "closer than 0.9, into the object; choose a larger radius"
            )
        if not 0 <= self.tilt <= 180:
            raise UserError(f"a tilt of {self.tilt:g} degrees; expected 0 to 180")
        if not -90 <= self.elevation[0] <= self.elevation[1] <= 90:
            raise UserError("elevation must rise from at least -90 to at most 90 degrees")

    def cameras(self, generator: np.random.Generator) -> list[Camera]:
        """The cameras of one object.

        Example:
            >>> len(ViewConfig(kind="labelling").cameras(np.random.default_rng(0)))
            19
        """
        directions = self._directions(generator)
        drawn = generator.uniform(-1, 1, (len(directions), 3))
        lean = _lean(self.tilt, generator)
        return [
            Camera.from_fov(
                self.fov * (1 + self.fov_jitter * zoom),
                self.size,
                self.size,
                look_at(
                    direction * self.radius * (1 + self.radius_jitter * away), roll=self.roll * turn
                )
                @ lean,
            )
            for direction, (zoom, away, turn) in zip(directions, drawn.tolist(), strict=True)
        ]

    def _directions(self, generator: np.random.Generator) -> Float[np.ndarray, "n 3"]:
        if self.kind == "labelling":
            return labelling_directions()
        return sphere_band(self.count, self.elevation, generator, self.uniform_in)


def _lean(largest: float, generator: np.random.Generator) -> Float[np.ndarray, "4 4"]:
    """A turn about a random horizontal axis by at most ``largest`` degrees."""
    heading, share = generator.uniform(0, 2 * np.pi), generator.uniform(0, 1)
    axis = np.array([np.cos(heading), np.sin(heading), 0.0])
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(np.radians(largest) * share * axis).as_matrix()
    return matrix


def labelling_directions() -> Float[np.ndarray, "19 3"]:
    """Nineteen unit directions in five rings, like those of the paper's labelling views."""
    angles = [
        (np.radians(elevation), np.radians(first + 360 * step / count))
        for elevation, count, first in LABELLING_RINGS
        for step in range(count)
    ]
    up, around = np.array(angles).T
    return np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], axis=1)
