"""The files of a transfer: numbers, carried poses, a picture and a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from funcorr.errors import UserError
from funcorr.io import to_json
from funcorr.transfer.pose import PoseTransfer
from funcorr.transfer.pose_file import PoseFile
from funcorr.transfer.rgbd import RGBDView
from funcorr.transfer.scene import AXES, axis_length, clouds, write_ply, write_rrd
from funcorr.viz.canvas import INK, Pen, lay_out, paste

if TYPE_CHECKING:
    from PIL.Image import Image

FILES = ("transfer.json", "carried-*.json", "transfer.png", "scene.ply", "scene.rrd")
"""``scene.rrd`` only where it is asked for."""

FORMAT = "funcorr-transfer/1"

FAR = 2.0
"""Sizes of object 1 within which one of the poses is expected."""


def describe(pose: PoseTransfer) -> dict[str, Any]:
    """What ``transfer.json`` holds."""
    axis = pose.free_axis
    return {
        "format": FORMAT,
        "function": pose.source.function,
        "model": pose.source.model,
        "from": "camera1",
        "to": "camera2",
        "axes": "x right, y down, z forward",
        "unit": "m",
        "quaternion_order": "xyzw",
        "matrix": pose.matrix.tolist(),
        "rigid": pose.rigid.tolist(),
        "quaternion": Rotation.from_matrix(pose.rotation).as_quat().tolist(),
        "translation": pose.translation.tolist(),
        "scale": pose.scale,
        "inliers": int(pose.inliers.sum()),
        "matches": len(pose.source),
        "residual": pose.residual,
        "confidence": pose.confidence,
        "free_axis": None
        if axis is None
        else {"point": axis.point.tolist(), "direction": axis.direction.tolist()},
        "files": {},
    }


def write_transfer(
    pose: PoseTransfer,
    given: Mapping[str, PoseFile],
    folder: Path,
    shown_as: Path,
    rerun: bool = False,
    about: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Write all files into a folder.

    Args:
        pose: a transfer whose correspondence has its pictures.
        given: poses in camera 1 by the name of their file.
        folder: where to; it exists.
        shown_as: the folder that ``files`` names.
        rerun: whether to write ``scene.rrd``.
        about: what ``transfer.json`` is to say beside the pose.

    Returns:
        What was written to ``transfer.json``.

    Raises:
        MissingExtraError: ``rerun`` without its package.
        OSError: the folder cannot be written to.
    """
    carried = {f"carried-{name}.json": carry(pose, poses) for name, poses in given.items()}
    for name, poses in carried.items():
        (folder / name).write_text(to_json(poses.to_json()), encoding="utf-8")
    before = poses_or_axes(pose, given)
    after = pose.apply(before)
    draw_transfer(pose, before, after).save(folder / "transfer.png")
    parts = clouds(pose, after)
    write_ply(parts, folder / "scene.ply")
    if rerun:
        write_rrd(parts, folder / "scene.rrd")
    names = ["transfer.json", *carried, "transfer.png", "scene.ply", *["scene.rrd"] * rerun]
    about = {**about, "hint": hint_far(pose, given)}
    report = {**describe(pose), **about, "files": {name: str(shown_as / name) for name in names}}
    (folder / "transfer.json").write_text(to_json(report), encoding="utf-8")
    return report


def carry(pose: PoseTransfer, given: PoseFile) -> PoseFile:
    """The poses of a file in the frame of camera 2.

    Raises:
        UserError: they are not in that of camera 1.
    """
    if given.frame != "camera1":
        raise UserError(f"poses in the frame {given.frame!r} cannot be carried; expected 'camera1'")
    return replace(given, frame="camera2", poses=pose.apply(given.poses))


def hint_far(pose: PoseTransfer, given: Mapping[str, PoseFile]) -> str | None:
    """What to say where no pose comes near object 1, as when its axes are not the camera's."""
    lifted = pose.views[0].lift(pose.source.points1)
    seen = lifted.points[lifted.valid]
    size = float(np.linalg.norm(np.ptp(seen, axis=0)))
    places = [poses.poses[:, :3, 3] for poses in given.values()]
    nearest = min((float(cKDTree(seen).query(each)[0].min()) for each in places), default=0.0)
    if nearest <= FAR * size:
        return None
    return (
        f"no pose comes nearer than {nearest:.2f} m to object 1, which is {size:.2f} m large: are "
        "they in the axes of camera 1, x right, y down, z forward?"
    )


def draw_transfer(
    pose: PoseTransfer, before: Float[np.ndarray, "n 4 4"], after: Float[np.ndarray, "n 4 4"]
) -> Image:
    """Both images with the poses as axes (x orange, y green, z blue) and the path between them."""
    images = pose.source.images
    canvas, *panels = lay_out(images[0].shape, images[1].shape)
    paste(canvas, panels, images)
    pen, length = Pen(canvas), axis_length(pose)
    lengths = length / pose.scale, length
    for panel, view, poses, along in zip(panels, pose.views, (before, after), lengths, strict=True):
        if len(poses) > 1:
            path = view.project(poses[poses[:, 2, 3] > 0, :3, 3])
            pen.line(panel.place(path), INK, 2.0)
        for each in poses[poses[:, 2, 3] > along]:
            _draw_axes(pen, panel, view, each, along)
    pen.apply()
    return canvas


def _draw_axes(
    pen: Pen, panel: Any, view: RGBDView, pose: Float[np.ndarray, "4 4"], length: float
) -> None:
    for axis, color in zip(pose[:3, :3].T, AXES.tolist(), strict=True):
        ends = np.stack([pose[:3, 3], pose[:3, 3] + length * axis])
        pen.line(panel.place(view.project(ends)), tuple(color), 3.0)


def poses_or_axes(pose: PoseTransfer, given: Mapping[str, PoseFile]) -> Float[np.ndarray, "n 4 4"]:
    """All poses of some files; without any, the axes of camera 1 in the middle of the part."""
    if given:
        return np.concatenate([poses.poses for poses in given.values()])
    axes = np.eye(4)
    axes[:3, 3] = pose.pivot
    return axes[None]
