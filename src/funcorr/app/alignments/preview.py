"""The 2D ground truth that an alignment gives, drawn on two views while it is being made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int16, UInt8
from skimage.color import lab2rgb

from funcorr.assets.mesh import Mesh
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.cameras import Camera
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.dense import (
    GroundTruthConfig,
    PartView,
    ground_truth,
    overlap,
)
from funcorr.groundtruth.part_regions import PartRegion
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.raster import Scene
from funcorr.viz.dense import position_colors

PREVIEW = GroundTruthConfig(max_points=150, max_candidates=1500)
"""Fewer points than a benchmark has, so that the preview follows the gizmo."""

VIEWS = 19
"""Sides from which an object can be looked at: the labelling directions."""

TRIED, SAMPLES, IN_SIGHT = 8, 64, 40
"""The first two views are chosen among so many pairs, those that show most of the parts in common;
by so many pixels, in views that show more than so many pixels of the part."""

SIZE, FIELD_OF_VIEW = 180, 34.0
ROUGH = GroundTruthConfig(max_points=40, max_candidates=300, min_points=5)
"""Enough to choose views by."""

LIGHT = np.array([-0.4, -0.7, 0.6]) / np.linalg.norm([-0.4, -0.7, 0.6])
PLAIN, PART, PAPER = np.array([190.0] * 3), np.array([255.0, 226.0, 170.0]), 255.0


@dataclass(frozen=True, eq=False)
class PreviewView:
    """One object from one side.

    Attributes:
        camera: where from.
        depth: z-depth, 0 where there is no surface.
        parts: index into ``part_names``, -1 where there is no surface.
        part_names: names of the object's parts.
        shade: how light each pixel is, 0 to 1.
    """

    camera: Camera
    depth: Float32[np.ndarray, "h w"]
    parts: Int16[np.ndarray, "h w"]
    part_names: tuple[str, ...]
    shade: Float[np.ndarray, "h w"]

    @cached_property
    def surface(self) -> Float[np.ndarray, "n 3"]:
        """Where the object's pixels lie on it, row by row."""
        y, x = np.nonzero(self.depth)
        pixels = np.stack([x, y], axis=1).astype(np.float64)
        return self.camera.unproject(pixels, self.depth[y, x].astype(np.float64))

    def mask(self, part: PartRegion) -> Bool[np.ndarray, "h w"]:
        """The pixels that show a functional part."""
        named = [self.part_names.index(name) for name in part.names]
        mask = np.isin(self.parts, named)
        mask[self.depth > 0] |= part.contains(self.surface)
        return mask


def preview_views(mesh: Mesh, size: int = SIZE) -> list[PreviewView]:
    """The object from the nineteen labelling directions."""
    scene = Scene(mesh)
    light = 0.45 + 0.55 * np.abs(scene.face_normals @ LIGHT)
    views = []
    config = ViewConfig(kind="labelling", size=size, fov=FIELD_OF_VIEW)
    for camera in config.cameras(np.random.default_rng(0)):
        seen = scene.look(camera)
        shade = np.where(seen.mask, light[seen.triangle], 0.0)
        views.append(PreviewView(camera, seen.depth, seen.parts(mesh), mesh.part_names, shade))
    return views


def best_views(
    first: Sequence[PreviewView], second: Sequence[PreviewView], alignment: Alignment
) -> tuple[int, int]:
    """Of the views that show the same side of the parts, the two in which most pixels are paired.

    Where no two views have a part in sight, the first ones.
    """
    one, other = alignment.frames
    sights1 = _sights(first, alignment.part1, one)
    sights2 = _sights(second, alignment.part2, other)
    shared = {
        (i, j): overlap(a, b, samples=SAMPLES)
        for i, a in sights1.items()
        for j, b in sights2.items()
    }
    promising = sorted(shared, key=lambda pair: -shared[pair])[:TRIED] or [(0, 0)]
    return max(
        promising, key=lambda pair: _paired(first[pair[0]], second[pair[1]], alignment, ROUGH)
    )


def _sights(
    views: Sequence[PreviewView], part: PartRegion, frame: FunctionalFrame
) -> dict[int, PartView]:
    """The views that show something of the part, by number."""
    seen = (PartView(view.mask(part), view.depth, view.camera, frame) for view in views)
    return {i: sight for i, sight in enumerate(seen) if sight.part.sum() > IN_SIGHT}


def draw_preview(
    first: PreviewView, second: PreviewView, alignment: Alignment
) -> tuple[UInt8[np.ndarray, "h w 3"], int]:
    """Both views side by side, parts tinted, matched pixels in one colour.

    Returns:
        The picture, and how many pixels were paired.
    """
    one, other = _part_views(first, second, alignment)
    truth = ground_truth(one, other, PREVIEW)
    pictures = [_shaded(first, one.part), _shaded(second, other.part)]
    if truth is not None:
        x, y = truth.points1.T
        colors = np.round(lab2rgb(position_colors(one.part)[y, x][None])[0] * 255)
        _dots(pictures[0], truth.points1, colors)
        _dots(pictures[1], truth.points2, colors)
    picture = np.concatenate(pictures, axis=1).round().astype(np.uint8)
    return picture, 0 if truth is None else len(truth.points1)


def _part_views(
    first: PreviewView, second: PreviewView, alignment: Alignment
) -> tuple[PartView, PartView]:
    one, other = alignment.frames
    return (
        PartView(first.mask(alignment.part1), first.depth, first.camera, one),
        PartView(second.mask(alignment.part2), second.depth, second.camera, other),
    )


def _paired(
    first: PreviewView, second: PreviewView, alignment: Alignment, config: GroundTruthConfig
) -> int:
    truth = ground_truth(*_part_views(first, second, alignment), config)
    return 0 if truth is None else len(truth.points1)


def _shaded(view: PreviewView, part: Bool[np.ndarray, "h w"]) -> Float[np.ndarray, "h w 3"]:
    color = np.where(part[..., None], PART, PLAIN) * view.shade[..., None]
    return np.where(view.depth[..., None] > 0, color, PAPER)


def _dots(
    picture: Float[np.ndarray, "h w 3"],
    points: Int[np.ndarray, "n 2"],
    colors: Float[np.ndarray, "n 3"],
) -> None:
    """Paint 3 x 3 pixels around each point."""
    height, width = picture.shape[:2]
    for dx, dy in np.ndindex(3, 3):
        x = (points[:, 0] + dx - 1).clip(0, width - 1)
        y = (points[:, 1] + dy - 1).clip(0, height - 1)
        picture[y, x] = colors
