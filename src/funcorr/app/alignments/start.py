"""What is known of two objects before anyone aligns them: frames, parts, symmetry."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from funcorr.app.alignments.edits import boxed, frame_of_box, region_box
from funcorr.app.alignments.placement import Box
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.sampling import sample_surface
from funcorr.geometry.symmetry import AXES
from funcorr.groundtruth.alignments import Alignment, align_frames
from funcorr.groundtruth.part_regions import PartRegion

ALIKE = 0.02
"""A turned object looks the same when 98 percent of its surface moves onto the surface by this."""

FEW, MANY = 1_000, 20_000


def has_frame(asset: Asset, function: str) -> bool:
    """Whether the asset says where and how it does the function."""
    return function in asset.frames and bool(asset.parts.get(function))


def first_alignment(first: Asset, second: Asset, function: str) -> Alignment:
    """What the page shows of a pair that nobody has aligned yet.

    Frame on frame where both objects have one; otherwise as they stand, with boxes around the parts
    that are known to serve the function, or around everything.
    """
    if has_frame(first, function) and has_frame(second, function):
        return align_frames(first, second, function)
    part1, part2 = (_known_part(asset, function) for asset in (first, second))
    frame = frame_of_box(region_box(first.mesh, part1), "none")
    return Alignment(function, first.id, second.id, np.eye(4), part1, part2, frame)


def frame_onto_frame(first: Asset, second: Asset, function: str) -> Alignment:
    """The alignment by the objects' functional frames.

    Raises:
        UserError: one of them has none.
    """
    for asset in (first, second):
        if not has_frame(asset, function):
            raise UserError(f"{asset.id} has no functional frame for {function}; lay box on box")
    return align_frames(first, second, function)


def find_symmetry(mesh: Mesh, frame: FunctionalFrame) -> str:
    """The axis of a frame about which an object may be turned without looking different.

    Returns:
        ``"axis:z"`` where any turn will do, ``"flip:z"`` where half a turn does, else ``"none"``.

    Example:
        >>> from funcorr.assets.generators import load_generator
        >>> bowl = load_generator("forge").forge_asset("bowl", 0)
        >>> find_symmetry(bowl.mesh, bowl.frames["pour-with"])
        'axis:z'
    """
    generator = np.random.default_rng(0)
    triangles = np.asarray(mesh.triangles, np.float64)
    few, many = (sample_surface(triangles, n, generator)[0] for n in (FEW, MANY))
    tree = cKDTree(many)
    for kind, angles in (("axis", (37.0, 90.0, 151.0)), ("flip", (180.0,))):
        for axis, direction in zip(AXES, frame.axes.T, strict=True):
            if all(
                _looks_alike(few, tree, frame.center, direction * np.radians(a)) for a in angles
            ):
                return f"{kind}:{axis}"
    return "none"


def _looks_alike(points: np.ndarray, tree: cKDTree, origin: np.ndarray, turn: np.ndarray) -> bool:
    turned = Rotation.from_rotvec(turn).apply(points - origin) + origin
    distance, _ = tree.query(turned)
    return float(np.quantile(distance, 0.98)) < ALIKE


def _known_part(asset: Asset, function: str) -> PartRegion:
    named = tuple(asset.parts.get(function, ()))
    return PartRegion(named) if named else boxed(Box.around(asset.mesh.triangles.reshape(-1, 3)))
