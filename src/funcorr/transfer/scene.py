"""What was carried over, in 3D: coloured points in the frame of camera 2."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.errors import require
from funcorr.transfer.pose import PoseTransfer

CARRIED = (0, 114, 178)
"""Colour of part 1 where it lands on object 2."""

AXES = np.array([(213, 94, 0), (0, 158, 115), (0, 114, 178)], np.uint8)
"""Colours of x, y and z."""

STEPS = 40
"""Points along an axis."""


class Cloud(NamedTuple):
    """Points with colours.

    Attributes:
        points: N x 3 metres.
        colors: N x 3.
    """

    points: Float[np.ndarray, "n 3"]
    colors: UInt8[np.ndarray, "n 3"]


def clouds(pose: PoseTransfer, carried: Float[np.ndarray, "n 4 4"]) -> dict[str, Cloud]:
    """Object 2 in its colours, part 1 carried onto it, and the carried poses as axes."""
    result, (view1, view2) = pose.source, pose.views
    image2 = result.images[1]
    mask = np.ones(view2.size, bool) if result.mask2 is None else result.mask2
    rows, columns = np.nonzero(mask)
    pixels = np.stack([columns, rows], axis=1).astype(np.float64)
    object2 = view2.lift(pixels)
    colors2 = image2[rows, columns][object2.valid]
    part1 = view1.lift(result.points1[pose.inliers])
    moved = pose.apply_points(part1.points[part1.valid])
    return {
        "object2": Cloud(object2.points[object2.valid], colors2),
        "part1": Cloud(moved, np.tile(np.array(CARRIED, np.uint8), (len(moved), 1))),
        "poses": _axes(carried, axis_length(pose)),
    }


def axis_length(pose: PoseTransfer) -> float:
    """Half the spread of what was matched on object 2, in metres."""
    points = pose.views[1].lift(pose.source.points2[pose.inliers]).points
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def write_ply(parts: dict[str, Cloud], path: Path) -> None:
    """All clouds as one binary PLY file."""
    points = np.concatenate([cloud.points for cloud in parts.values()])
    colors = np.concatenate([cloud.colors for cloud in parts.values()])
    fields = [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("r", "u1"), ("g", "u1"), ("b", "u1")]
    table = np.empty(len(points), fields)
    table["x"], table["y"], table["z"] = points.T
    table["r"], table["g"], table["b"] = colors.T
    names = ("float x", "float y", "float z", "uchar red", "uchar green", "uchar blue")
    header = ["ply", "format binary_little_endian 1.0", "comment metres, axes of camera 2"]
    header += [f"element vertex {len(points)}", *(f"property {name}" for name in names)]
    path.write_bytes("\n".join([*header, "end_header", ""]).encode() + table.tobytes())


def write_rrd(parts: dict[str, Cloud], path: Path) -> None:
    """A recording for the viewer rerun, one entity per cloud.

    Raises:
        MissingExtraError: the package ``rerun-sdk`` is not installed (extra ``rerun``).
    """
    rerun = require("rerun", extra="rerun")
    recording = rerun.RecordingStream("funcorr")
    recording.save(str(path))
    recording.log("/", rerun.ViewCoordinates.RDF, static=True)
    for name, cloud in parts.items():
        recording.log(name, rerun.Points3D(cloud.points, colors=cloud.colors), static=True)
    recording.disconnect()


def _axes(poses: Float[np.ndarray, "n 4 4"], length: float) -> Cloud:
    along = np.linspace(0, length, STEPS)
    points = poses[:, None, None, :3, 3] + (
        poses[:, :3, :3].transpose(0, 2, 1)[:, :, None] * along[:, None]
    )
    colors = np.broadcast_to(AXES[None, :, None], points.shape)
    return Cloud(points.reshape(-1, 3), np.ascontiguousarray(colors).reshape(-1, 3))
