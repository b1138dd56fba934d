"""Changes of an alignment, one per control of the page: an alignment in, another one out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from funcorr.app.alignments.placement import Box, Placement
from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.symmetry import AXES
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.part_regions import PartRegion


def moved(alignment: Alignment, placement: Placement) -> Alignment:
    """The second object elsewhere."""
    return replace(alignment, similarity=placement.matrix)


def turned(alignment: Alignment, degrees: float, axis: str) -> Alignment:
    """The second object turned about an axis of the frame on the first.

    Args:
        alignment: as it is.
        degrees: right-handed.
        axis: ``"x"``, ``"y"`` or ``"z"``.
    """
    direction = alignment.frame.axes[:, AXES.index(axis)]
    placement = Placement.from_matrix(alignment.similarity)
    return moved(alignment, placement.turned(degrees, direction, alignment.frame.origin))


def scaled(alignment: Alignment, scale: float) -> Alignment:
    """The second object at another scale; what lies on the frame's origin stays there.

    Raises:
        UserError: the scale is not above 0.
    """
    placement = Placement.from_matrix(alignment.similarity)
    return moved(alignment, placement.scaled(scale, alignment.frame.origin))


def box_on_box(alignment: Alignment, first: Box, second: Box) -> Alignment:
    """The second object's box laid on the first's: middles, axes and longest sides."""
    return replace(alignment, similarity=box_onto_box(first, second))


def boxed(box: Box) -> PartRegion:
    """The functional part is what this box holds."""
    return PartRegion((), (box.matrix,))


def with_box(part: PartRegion, box: Box) -> PartRegion:
    """A part with its first box replaced; labelled parts alone give way to the box."""
    return PartRegion(part.names, (box.matrix, *part.boxes[1:])) if part.boxes else boxed(box)


def region_box(mesh: Mesh, part: PartRegion) -> Box:
    """The box to show for a part: its own, or the one around its named parts.

    Raises:
        UserError: the mesh has no part of one of the names.
    """
    if part.boxes:
        return Box.from_matrix(part.boxes[0])
    if unknown := sorted(set(part.names) - set(mesh.part_names)):
        raise UserError(f"it has no part {unknown[0]!r}; its parts: {', '.join(mesh.part_names)}")
    named = [mesh.part_names.index(name) for name in part.names]
    return Box.around(mesh.triangles[np.isin(mesh.face_parts, named)].reshape(-1, 3))


def with_symmetry(alignment: Alignment, index: int, symmetry: str) -> Alignment:
    """Another symmetry of the first (0) or second (1) object, about the axes of the frame."""
    if index:
        return replace(alignment, symmetry2=symmetry)
    return replace(alignment, frame=replace(alignment.frame, symmetry=symmetry))


def with_region(alignment: Alignment, index: int, part: PartRegion, mesh: Mesh) -> Alignment:
    """Another functional part of the first (0) or second (1) object, whose mesh is given.

    A frame that lies in the middle of the first object's box stays there.
    """
    if index:
        return replace(alignment, part2=part)
    old, new = (region_box(mesh, each) for each in (alignment.part1, part))
    follows = np.allclose(alignment.frame.origin, old.position, atol=1e-9)
    frame = frame_of_box(new, alignment.frame.symmetry) if follows else alignment.frame
    return replace(alignment, part1=part, frame=frame)


def box_onto_box(first: Box, second: Box) -> Float[np.ndarray, "4 4"]:
    """The similarity that lays the second box on the first: middles, axes and longest sides."""
    scale = max(first.size) / max(second.size)
    matrix = np.eye(4)
    matrix[:3, :3] = scale * first.axes @ second.axes.T
    matrix[:3, 3] = np.array(first.position) - matrix[:3, :3] @ np.array(second.position)
    return matrix


def frame_of_box(box: Box, symmetry: str) -> FunctionalFrame:
    """A frame in the middle of a box, along its sides."""
    return FunctionalFrame(np.array(box.position), box.axes, max(box.size), symmetry)
