"""A grasp from one pixel of a view with depth: where the hand comes from and how it is turned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Real

from funcorr.errors import UserError
from funcorr.simulation.lift import WIDEST
from funcorr.simulation.task import Action
from funcorr.transfer.rgbd import RGBDView

DEEP = 0.01
"""Metres from the seen point to the point between the tips."""

AROUND = 0.03
"""Metres around the point whose surface says in which direction it is thinnest."""

FEWEST = 8


def grasp_at(
    view: RGBDView,
    pixel: Real[np.ndarray, "2"],
    object_to_camera: Float[np.ndarray, "4 4"],
    length: float,
) -> Action:
    """A grasp of what is seen at a pixel.

    The hand comes along the ray of sight; its jaws close in the direction, square to the ray, in
    which the seen surface around the point is thinnest, about the middle of its extent there.

    Args:
        view: depth and camera.
        pixel: (x, y).
        object_to_camera: normalised coordinates of the object to metres in the camera.
        length: of the object's longest side in the simulation, metres.

    Returns:
        The grasp in normalised coordinates.

    Raises:
        UserError: too little of a surface is seen there.
    """
    rows, columns = np.nonzero(view.depth)
    lifted = view.lift(np.stack([columns, rows], axis=1))
    near = np.hypot(columns - pixel[0], rows - pixel[1])
    into = np.linalg.inv(object_to_camera)
    points = length * (lifted.points @ into[:3, :3].T + into[:3, 3])
    target = points[np.where(lifted.valid, near, np.inf).argmin()]
    approach = target - length * into[:3, 3]
    approach /= np.linalg.norm(approach)
    close = lifted.valid & (np.linalg.norm(points - target, axis=1) < AROUND)
    if close.sum() < FEWEST:
        raise UserError(f"{close.sum()} points are seen around the pixel; expected {FEWEST}")
    flat = points[close] - target
    flat -= np.outer(flat @ approach, approach)
    thin = _thinnest(flat, approach)
    along = flat @ thin
    middle = target + (along.min() + along.max()) / 2 * thin + DEEP * approach
    pose = np.eye(4)
    pose[:3, :3] = np.stack([np.cross(thin, approach), thin, approach], axis=1)
    pose[:3, 3] = middle / length
    return Action(pose, WIDEST)


def _thinnest(
    flat: Float[np.ndarray, "n 3"], normal: Float[np.ndarray, "3"]
) -> Float[np.ndarray, "3"]:
    """The direction in a plane in which points spread least."""
    spread = flat - flat.mean(axis=0)
    _, axes = np.linalg.eigh(spread.T @ spread + len(flat) * np.outer(normal, normal))
    found: Float[np.ndarray, "3"] = axes[:, 0] - axes[:, 0] @ normal * normal
    return found / np.linalg.norm(found)
