"""Both objects side by side as a GLB: seen surfaces, matches, the poses given and carried over."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import trimesh
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from funcorr.geometry.visibility import STEEPEST
from funcorr.transfer.pose import PoseTransfer
from funcorr.transfer.rgbd import RGBDView
from funcorr.transfer.scene import AXES, axis_length
from funcorr.viz.matches import PALETTE

UPRIGHT = np.diag([1.0, -1.0, -1.0, 1.0])
"""From camera axes (y down, z forward) to those of glTF (y up, z backward)."""

GAP = 0.25
"""Between the objects, in lengths of the longer one."""

MOST_POINTS = 12_000
"""Vertices of a surface; of more pixels every second, third ... row and column is taken."""

TOP = 24
"""Matches that are drawn, from best to worst of the inliers."""

MOST_POSES = 30
"""Poses that are drawn, evenly from first to last."""

THICK, THIN = 0.05, 0.004
"""Radii: of axes in their length, of matches in lengths of the longer object."""

PATH = (90, 90, 90)


def scene_glb(pose: PoseTransfer, before: Float[np.ndarray, "n 4 4"]) -> bytes:
    """A scene in metres: object 1 left, object 2 right, each as its camera sees it.

    Its nodes are ``object1``, ``object2``, ``match1`` ..., and ``x``, ``y``, ``z`` (in the colours
    of :data:`funcorr.transfer.scene.AXES`) and ``path`` of the poses, ``given-x``, ``carried-x``.

    Args:
        pose: a transfer whose correspondence has its pictures.
        before: poses in camera 1.
    """
    masks = pose.source.mask1, pose.source.mask2
    surfaces = [
        surface(view, image, mask)
        for view, image, mask in zip(pose.views, pose.source.images, masks, strict=True)
    ]
    longest = max(float(each.extents.max()) for each in surfaces)
    places = _side_by_side(surfaces, GAP * longest)
    scene = trimesh.Scene()
    for number, (each, place) in enumerate(zip(surfaces, places, strict=True), start=1):
        scene.add_geometry(each, f"object{number}", transform=place)
    for number, (color, tube) in enumerate(_matches(pose, places, THIN * longest), start=1):
        scene.add_geometry(_painted(tube, color), f"match{number}")
    chosen, length = _evenly(before, MOST_POSES), axis_length(pose)
    for name, poses, place, each in (
        ("given", chosen, places[0], length / pose.scale),
        ("carried", pose.apply(chosen), places[1], length),
    ):
        for part, color, solid in _frames(place @ poses, each):
            scene.add_geometry(_painted(solid, color), f"{name}-{part}")
    exported: bytes = scene.export(file_type="glb", tree_postprocessor=_flat)
    return exported


def surface(
    view: RGBDView, image: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "h w"] | None
) -> trimesh.Trimesh:
    """The seen surface as triangles between neighbouring pixels, with the picture on it.

    Triangles steeper than :data:`funcorr.geometry.visibility.STEEPEST` are left out.
    """
    mask = np.ones(view.size, bool) if mask is None else mask
    step = max(1, int(np.ceil(np.sqrt(mask.sum() / MOST_POINTS))))
    rows, columns = np.mgrid[0 : view.size[0] : step, 0 : view.size[1] : step]
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1)
    lifted = view.lift(pixels)
    known = (lifted.valid & mask[rows.ravel(), columns.ravel()]).reshape(rows.shape)
    depth = lifted.points[:, 2].reshape(rows.shape)
    faces = _faces(known, depth, step * STEEPEST / view.intrinsics[0, 0])
    height, width = view.size
    corner = (pixels + 0.5) / (width, height)
    uv = np.stack([corner[:, 0], 1 - corner[:, 1]], axis=1)
    material = PBRMaterial(baseColorTexture=Image.fromarray(image))
    mesh = trimesh.Trimesh(
        lifted.points, faces, visual=TextureVisuals(uv, material=material), process=False
    )
    mesh.remove_unreferenced_vertices()
    return mesh


def _faces(
    known: Bool[np.ndarray, "h w"], depth: Float[np.ndarray, "h w"], steepest: float
) -> np.ndarray:
    """Two triangles for each four neighbours, where the surface goes on."""
    number = np.arange(known.size).reshape(known.shape)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    faces = np.concatenate(
        [np.stack(each, axis=-1).reshape(-1, 3) for each in ((a, c, b), (b, c, d))]
    )
    corners = depth.ravel()[faces]
    steep = np.ptp(corners, axis=1) > steepest * corners.min(axis=1)
    return faces[known.ravel()[faces].all(axis=1) & ~steep]


def _side_by_side(
    surfaces: list[trimesh.Trimesh], gap: float
) -> tuple[Float[np.ndarray, "4 4"], Float[np.ndarray, "4 4"]]:
    """From each camera to the scene: object 1 left of the middle, object 2 right of it."""
    places = []
    for each, side in zip(surfaces, (-1, 1), strict=True):
        place = UPRIGHT.copy()
        place[:3, 3] = -UPRIGHT[:3, :3] @ each.bounds.mean(axis=0)
        place[0, 3] += side * (each.extents[0] + gap) / 2
        places.append(place)
    return places[0], places[1]


def _matches(pose: PoseTransfer, places: Any, radius: float) -> Any:
    """Colours and tubes between matched points."""
    rows = _evenly(np.flatnonzero(pose.inliers), TOP)
    ends = [
        view.lift(points[rows])
        for view, points in zip(pose.views, (pose.source.points1, pose.source.points2), strict=True)
    ]
    starts, stops = (
        each.points @ place[:3, :3].T + place[:3, 3]
        for each, place in zip(ends, places, strict=True)
    )
    for number in np.flatnonzero(ends[0].valid & ends[1].valid):
        color = PALETTE[int(number) % len(PALETTE)]
        yield color, _tube(starts[number], stops[number], radius)


def _frames(poses: Float[np.ndarray, "n 4 4"], length: float) -> Any:
    """Names, colours and solids: each axis of all poses, and the path between them."""
    for axis, color in enumerate(AXES.tolist()):
        ends = [(pose[:3, 3], pose[:3, 3] + length * pose[:3, axis]) for pose in poses]
        tubes = [_tube(start, stop, THICK * length) for start, stop in ends]
        yield "xyz"[axis], tuple(color), trimesh.util.concatenate(tubes)
    path = poses[:, :3, 3]
    steps = [
        _tube(start, stop, THICK * length / 3)
        for start, stop in pairwise(path)
        if not np.allclose(start, stop)
    ]
    if steps:
        yield "path", PATH, trimesh.util.concatenate(steps)


def _tube(
    start: Float[np.ndarray, "3"], stop: Float[np.ndarray, "3"], radius: float
) -> trimesh.Trimesh:
    return trimesh.creation.cylinder(radius, segment=np.stack([start, stop]), sections=8)


def _painted(solid: trimesh.Trimesh, color: tuple[int, ...]) -> trimesh.Trimesh:
    """In one colour of sRGB, which glTF holds as linear light."""
    light = [(each / 255) ** 2.2 for each in color]
    solid.visual = TextureVisuals(material=PBRMaterial(baseColorFactor=[*light, 1.0]))
    return solid


def _flat(tree: dict[str, Any]) -> None:
    """Materials that no light changes, seen from both sides."""
    for material in tree["materials"]:
        material["doubleSided"] = True
        material["extensions"] = {"KHR_materials_unlit": {}}
    tree["extensionsUsed"] = ["KHR_materials_unlit"]


def _evenly(rows: Any, most: int) -> Any:
    """At the most so many, from the first to the last."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]
