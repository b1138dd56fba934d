"""The paper's own 3D annotations, in the layout of its released code, as an alignment file.

``ANNOTATIONS/<function>/<A>|||<B>/0000/`` holds four 4 x 4 matrices and two meshes: ``<A>.npy`` and
``<B>.npy``, the poses of the objects in the scene in which a person aligned them, and for each
object a box around its functional part, ``<A>_bbox.obj`` with its pose ``<A>_bbox.npy``. The scene
is z-up, the boxes' meshes are y-up. Objects are normalised as ours are: centred, longest side 1.
Their meshes are ``MESHES/<A>/<uid>.glb``, where asset names are ``<uid>---<category>.glb``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.assets.importing import ImportSummary, asset_id, import_files
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.paper_sets import SEPARATOR, Kind, category_of
from funcorr.groundtruth.part_regions import PartRegion
from funcorr.io import read_array

FARTHEST = 1e9
"""Entries of a pose are smaller, whatever its unit."""

Y_UP_TO_Z_UP = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.float64)


@dataclass(frozen=True)
class AnnotatedPair:
    """One folder of the paper's 3D annotations.

    Attributes:
        function: for instance ``"pick-up-with"``.
        names: of the two objects, as the annotations spell them.
        alignment: what the folder says; its assets go by our ids.
    """

    function: str
    names: tuple[str, str]
    alignment: Alignment


def read_paper_alignments(annotations: Path | str) -> list[AnnotatedPair]:
    """Read a folder of 3D annotations; of several labels of a pair the first (as the paper does).

    Raises:
        UserError: nothing is found, or a file is missing, damaged or of another form.
    """
    found = list(_pairs(Path(annotations)))
    if not found:
        raise UserError(f"{annotations} holds no alignments; expected <function>/<A>|||<B>/<0000>")
    return found


def import_paper_meshes(
    pairs: Sequence[AnnotatedPair], meshes: Path | str, out: Path | str, kind: Kind = "objaverse"
) -> ImportSummary:
    """Import the objects that annotations speak of, with category and functions, as assets.

    Args:
        pairs: the annotations.
        meshes: folder with a folder per object.
        out: the collection to make; ``funcorr render`` takes it.
        kind: how names tell the category.

    Raises:
        UserError: a mesh is missing, or none could be imported.
    """
    functions: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for name in pair.names:
            functions[name].add(pair.function)
    files: dict[str, tuple[Path, Mapping[str, Any]]] = {}
    for name, used in sorted(functions.items()):
        file = Path(meshes) / name / f"{name.split('---')[0].removesuffix('.glb')}.glb"
        if not file.is_file():
            raise UserError(f"no such mesh: {file}; expected <meshes>/<asset>/<uid>.glb")
        about = {"category": category_of(name, kind), "functions": sorted(used), "source": name}
        files[name] = file, about
    return import_files(files, out)


def _pairs(annotations: Path) -> Iterator[AnnotatedPair]:
    for folder in sorted(annotations.glob(f"*/*{SEPARATOR}*")):
        labels = sorted(path for path in folder.iterdir() if path.is_dir())
        if not labels:
            raise UserError(f"{folder} is empty; expected a folder 0000 with poses and boxes")
        first, _, second = folder.name.partition(SEPARATOR)
        function = folder.parent.name.replace(" ", "-")
        names = first, second
        yield AnnotatedPair(function, names, _alignment(labels[0], function, names))


def _alignment(label: Path, function: str, names: tuple[str, str]) -> Alignment:
    first, second = (_pose(label / f"{name}.npy") for name in names)
    boxes = [_box(label, name, pose) for name, pose in zip(names, (first, second), strict=True)]
    try:
        return Alignment(
            function,
            asset_id(names[0]),
            asset_id(names[1]),
            similarity=np.linalg.solve(first, second),
            part1=PartRegion(boxes=(boxes[0],)),
            part2=PartRegion(boxes=(boxes[1],)),
            author="the paper's annotators",
        )
    except UserError as error:
        raise UserError(f"{label}: {error}") from None


def _box(label: Path, name: str, pose: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The box of a part in coordinates of its object, as :class:`PartRegion` has it.

    The mesh is a cube that was moved, turned and scaled; of another mesh, the box around it.
    """
    corners = _corners(label / f"{name}_bbox.obj")
    low, high = corners.min(axis=0), corners.max(axis=0)
    place = np.eye(4)
    place[:3, :3], place[:3, 3] = np.diag(high - low), (low + high) / 2
    in_scene = _pose(label / f"{name}_bbox.npy") @ Y_UP_TO_Z_UP @ place
    return np.linalg.solve(pose, in_scene)


def _pose(file: Path) -> Float[np.ndarray, "4 4"]:
    pose = read_array(file, "a pose").astype(np.float64)
    measured = (np.abs(pose) < FARTHEST).all()
    if pose.shape != (4, 4) or not measured or abs(np.linalg.det(pose)) < 1e-12:
        raise UserError(f"{file} holds no invertible 4 x 4 matrix but {pose.shape} numbers")
    return pose


def _corners(file: Path) -> Float[np.ndarray, "n 3"]:
    """The vertices of an OBJ file; nothing else of it is read."""
    try:
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
        corners = np.array([line[1:4] for line in lines if line[:1] == ["v"]], np.float64)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read the box {file}: {error}") from None
    if corners.shape[1:] != (3,) or not np.isfinite(corners).all():
        raise UserError(f"{file} holds no box: expected lines 'v x y z'")
    return corners
