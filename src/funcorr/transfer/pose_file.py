"""JSON files of poses, which say their frame, their unit and the order of their quaternions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.io import read_json
from funcorr.transfer.pose_entry import GEOMETRY, read_entry
from funcorr.transfer.poses import as_poses
from funcorr.transfer.rgbd import FARTHEST, NEAREST

FORMAT = "funcorr-poses/1"

UNITS = {"m": 1.0, "mm": 0.001}


@dataclass(frozen=True, eq=False)
class PoseFile:
    """Named poses: a grasp, way points, or a trajectory.

    Attributes:
        frame: what they are given in: ``"camera1"``, ``"camera2"``.
        poses: N x 4 x 4 rigid, in metres.
        others: per pose what else the file says of it: name, time, gripper width.
    """

    frame: str
    poses: Float[np.ndarray, "n 4 4"]
    others: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """What the file holds; each pose as matrix, and as position and quaternion."""
        quaternions = Rotation.from_matrix(self.poses[:, :3, :3]).as_quat()
        return {
            "format": FORMAT,
            "frame": self.frame,
            "unit": "m",
            "quaternion_order": "xyzw",
            "poses": [
                {
                    **other,
                    "matrix": pose.round(9).tolist(),
                    "position": pose[:3, 3].round(9).tolist(),
                    "quaternion": quaternion.round(9).tolist(),
                }
                for other, pose, quaternion in zip(
                    self.others, self.poses, quaternions, strict=True
                )
            ],
        }


def read_poses(path: Path | str, frame: str) -> PoseFile:
    """Read a file of poses.

    Each pose has a ``matrix`` (4 x 4 or 3 x 4), or a ``position`` and a ``quaternion``, see
    :func:`funcorr.transfer.pose_entry.read_entry`.

    Args:
        path: the file.
        frame: that it must be given in.

    Raises:
        UserError: it is damaged, in another frame or an unknown unit, names no order of its
            quaternions, or a pose is not rigid; all lie behind the camera, or so far or near that
            they are in another unit.
    """
    content = read_json(path, "file of poses")
    if not isinstance(content, dict) or not isinstance(content.get("poses"), list):
        raise UserError(f'{path} is no file of poses; expected {{"frame", "unit", "poses": [...]}}')
    if content.get("frame") != frame:
        raise UserError(
            f"the poses of {path} are in the frame {content.get('frame')!r}; expected {frame!r}, "
            "the camera of the first image (x right, y down, z forward)"
        )
    if content.get("unit") not in (*UNITS,):
        raise UserError(f'{path} must say its "unit", m or mm; got {content.get("unit")!r}')
    entries = content["poses"]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UserError(f"{path} holds no poses; expected a list of objects with a matrix each")
    order = content.get("quaternion_order")
    try:
        poses = as_poses(np.stack([read_entry(entry, order) for entry in entries]))
    except UserError as error:
        raise UserError(f"a pose of {path} cannot be read: {error}") from None
    poses[:, :3, 3] *= UNITS[content["unit"]]
    _check_places(poses[:, :3, 3], path)
    others = ({k: v for k, v in entry.items() if k not in GEOMETRY} for entry in entries)
    return PoseFile(frame, poses, tuple(others))


def _check_places(positions: Float[np.ndarray, "n 3"], path: Path | str) -> None:
    """Refuse poses where no camera sees them."""
    far = float(np.median(np.linalg.norm(positions, axis=1)))
    if far > FARTHEST or 0 < far < NEAREST:
        raise UserError(
            f'the poses of {path} lie {far:.3g} m from the camera: is "unit" right? It is that of '
            "the positions, m or mm"
        )
    if (positions[:, 2] < 0).all():
        raise UserError(
            f"all poses of {path} lie behind the camera, whose axes are x right, y down, z "
            "forward; from OpenGL, Blender or ARKit multiply by diag(1, -1, -1, 1) from the left"
        )
