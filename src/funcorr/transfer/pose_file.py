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
from funcorr.transfer.poses import as_poses

FORMAT = "funcorr-poses/1"

UNITS = {"m": 1.0, "mm": 0.001}

ORDERS = ("xyzw", "wxyz")

GEOMETRY = {"matrix", "position", "quaternion"}
"""Keys of a pose that are carried over; the others stay as they are."""


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

    Each pose has a ``matrix`` (4 x 4), or a ``position`` and a ``quaternion``.

    Args:
        path: the file.
        frame: that it must be given in.

    Raises:
        UserError: it is damaged, in another frame or an unknown unit, names no order of its
            quaternions, or a pose is not rigid.
    """
    content = read_json(path, "file of poses")
    if not isinstance(content, dict) or not isinstance(content.get("poses"), list):
        raise UserError(f'{path} is no file of poses; expected {{"frame", "unit", "poses": [...]}}')
    if content.get("frame") != frame:
        raise UserError(
            f"the poses of {path} are in the frame {content.get('frame')!r}; expected {frame!r}, "
            "the camera of the first image (x right, y down, z forward)"
        )
    if content.get("unit") not in UNITS:
        raise UserError(f'{path} must say its "unit", m or mm; got {content.get("unit")!r}')
    entries = content["poses"]
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UserError(f"{path} holds no poses; expected a list of objects with a matrix each")
    order = content.get("quaternion_order")
    try:
        poses = as_poses(np.stack([_matrix(entry, order) for entry in entries]))
    except (UserError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"a pose of {path} cannot be read: {error}") from None
    poses[:, :3, 3] *= UNITS[content["unit"]]
    others = ({k: v for k, v in entry.items() if k not in GEOMETRY} for entry in entries)
    return PoseFile(frame, poses, tuple(others))


def _matrix(entry: dict[str, Any], order: Any) -> Float[np.ndarray, "4 4"]:
    if "matrix" in entry:
        return np.array(entry["matrix"], dtype=np.float64).reshape(4, 4)
    if not {"position", "quaternion"} <= set(entry):
        raise UserError("expected a matrix, or position and quaternion")
    if order not in ORDERS:
        raise UserError(f'"quaternion_order" must be xyzw or wxyz; got {order!r}')
    quaternion = np.array(entry["quaternion"], dtype=np.float64).reshape(4)
    if order == "wxyz":
        quaternion = np.roll(quaternion, -1)
    if not abs(np.linalg.norm(quaternion) - 1) < 1e-3:
        raise UserError("a quaternion must have length 1")
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
    matrix[:3, 3] = np.array(entry["position"], dtype=np.float64).reshape(3)
    return matrix
