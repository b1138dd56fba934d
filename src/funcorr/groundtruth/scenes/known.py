"""What is known of a photograph: camera, object, pose, and which pixels show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError


@dataclass(frozen=True)
class SceneObject:
    """An object of which there are photographs.

    Attributes:
        id: asset id, for instance ``"hammer-0003"``.
        category: for instance ``"hammer"``.
        mesh: its mesh file, in any unit.
        source: where it comes from.
        license: SPDX identifier.
    """

    id: str
    category: str
    mesh: Path
    source: str = ""
    license: str = "NOASSERTION"


Placed = tuple[Path, Float[np.ndarray, "4 4"]]
"""A mesh file and its pose in a photograph."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """One image of one object.

    Attributes:
        object_id: whose photograph it is.
        image: the image file; an EXIF orientation is not applied, as all that is known of a
            photograph belongs to the stored pixels.
        mask: image file, white where the object is seen.
        intrinsics: 3 x 3, pixel centres at integers.
        object_to_camera: 4 x 4 rotation and translation in the mesh's unit, OpenCV axes.
        whole: image file, white on the whole object, hidden pixels too; None where there is none.
        others: the scene's other objects, where the mask shows the object whole and they may hide
            part of it; None where the mask shows what is seen.

    Raises:
        UserError: the pose is no rigid motion, or the intrinsics are no camera's.
    """

    object_id: str
    image: Path
    mask: Path
    intrinsics: Float[np.ndarray, "3 3"]
    object_to_camera: Float[np.ndarray, "4 4"]
    whole: Path | None = None
    others: tuple[Placed, ...] | None = None

    def __post_init__(self) -> None:
        rotation, k = self.object_to_camera[:3, :3], self.intrinsics
        whole = np.isfinite(self.object_to_camera).all() and np.isfinite(k).all()
        whole = whole and np.abs(rotation).max() < 2
        if not whole or not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-3):
            raise UserError(f"the pose of {self.object_id} in {self.image} is not a rotation")
        if np.linalg.det(rotation) < 0:
            raise UserError(f"the pose of {self.object_id} in {self.image} mirrors the object")
        if not (k[0, 0] > 0 and k[1, 1] > 0 and k[1, 0] == 0 and np.allclose(k[2], [0, 0, 1])):
            raise UserError(f"the intrinsics of {self.image} are not those of a pinhole camera")
