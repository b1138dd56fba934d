"""The tab that carries poses over in 3D: what happens when a visitor asks for it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funcorr.app.object_input import ObjectInputs, subject_at
from funcorr.app.uploads import own_words
from funcorr.errors import UserError, require
from funcorr.io import write_json
from funcorr.transfer.demonstration import FRAME
from funcorr.transfer.files import hint_far, poses_or_axes, write_transfer
from funcorr.transfer.pose import PoseTransfer, transfer_pose
from funcorr.transfer.pose_file import PoseFile, read_poses
from funcorr.transfer.read_view import read_view
from funcorr.transfer.rgbd import RGBDView
from funcorr.transfer.scene_glb import scene_glb

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

DEPTH_FILES = (".png", ".tif", ".tiff", ".npy")
"""No npz: a small one can hold an array that fills the memory."""

CAMERA_FILES = (".json", ".yaml", ".yml")

SCENE = "scene.glb"


class TransferTab:
    """Handlers of the tab.

    Args:
        objects: the two images, and what is remembered of the visitors.
        folder: where files to look at and to download are written.
    """

    def __init__(self, objects: ObjectInputs, folder: Path) -> None:
        self.objects, self._folder = objects, folder

    def carry(
        self,
        key: str,
        image1: str | None,
        image2: str | None,
        depth1: str | None,
        depth2: str | None,
        camera1: str | None,
        camera2: str | None,
        typed1: str,
        typed2: str,
        poses: str | None,
        unit: float | None,
        function: str | None,
    ) -> tuple[Any, ...]:
        """What the pose is in words, a picture, the files, and the scene in 3D.

        Raises:
            UserError: something is missing or cannot be used.
        """
        visit, folder = self.objects.visit(key), Path(tempfile.mkdtemp(dir=self._folder))
        for place, path in enumerate((image1, image2)):
            subject_at(visit, place, path)
        first = _view(1, image1, depth1, camera1, typed1, unit, folder)
        second = _view(2, image2, depth2, camera2, typed2, unit, folder)
        given = _poses(poses)
        result = visit.match_full(function or "")
        pose = transfer_pose(result, first, second)
        files = _write(pose, given, folder)
        return (
            gr.update(visible=True),
            _words(pose, given),
            str(folder / "transfer.png"),
            gr.update(value=[str(path) for path in files], visible=True),
            str(folder / SCENE),
        )


def _view(
    number: int,
    image: str | None,
    depth: str | None,
    camera: str | None,
    typed: str,
    unit: float | None,
    folder: Path,
) -> RGBDView:
    if depth is None or not (camera or typed.strip()):
        lacking = "depth" if depth is None else "camera"
        raise UserError(f"add the {lacking} of object {number} first")
    _check_kind(depth, DEPTH_FILES, "depth")
    if camera is None:
        path = folder / f"camera{number}.json"
        write_json(path, _typed_camera(typed))
        camera = str(path)
    _check_kind(camera, CAMERA_FILES, "camera")
    try:
        with own_words(depth, camera):
            return read_view(depth, camera, unit or None, image)
    except UserError as error:
        said = str(error).replace("by --depth-scale", "in the field Depth unit")
        raise UserError(f"object {number}: {said}") from None


def _typed_camera(text: str) -> dict[str, float]:
    numbers = [word for word in re.split(r"[\s,;]+", text.strip()) if word]
    try:
        fx, fy, cx, cy = map(float, numbers)
    except ValueError:
        raise UserError(f"a camera is four numbers, fx, fy, cx, cy; got {text.strip()!r}") from None
    return {"fx": fx, "fy": fy, "cx": cx, "cy": cy}


def _poses(path: str | None) -> dict[str, PoseFile]:
    if path is None:
        return {}
    _check_kind(path, (".json",), "poses")
    with own_words(path):
        return {Path(path).stem: read_poses(path, FRAME)}


def _check_kind(path: str, kinds: Sequence[str], what: str) -> None:
    if Path(path).suffix.lower() not in kinds:
        raise UserError(f"{Path(path).name} is no {what} that is read here; send {kinds[0]}")


def _write(pose: PoseTransfer, given: dict[str, PoseFile], folder: Path) -> list[Path]:
    report = write_transfer(pose, given, folder, folder)
    (folder / SCENE).write_bytes(scene_glb(pose, poses_or_axes(pose, given)))
    return [*map(Path, report["files"].values()), folder / SCENE]


def _words(pose: PoseTransfer, given: dict[str, PoseFile]) -> str:
    about = (
        f"**Confidence {pose.confidence:.2f}** that it is right within 10 degrees and 10 % of the "
        f"object. Object 2 is {pose.scale:.2f} times as large; {pose.inliers.sum():,} matches "
        f"agree within {pose.residual * 1000:.1f} mm."
    )
    if pose.free_axis is not None:
        about += " Any turn about its axis does the same job."
    hint = hint_far(pose, given)
    return about if hint is None else f"{about}\n\n**Hint: {hint}**"
