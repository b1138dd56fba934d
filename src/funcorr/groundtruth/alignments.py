"""Alignment files: pairs of objects brought together in 3D so that their functional parts meet.

An alignment is what a person, or a pair of functional frames, says about two objects and a
function; everything else of the ground truth follows from it. The file is JSON:

```json
{"format": "funcorr-alignments/1",
 "alignments": [{"function": "pour-with", "asset1": "mug-0007", "asset2": "kettle-0001",
   "similarity": [[1, 0, 0, 0.1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
   "part1": {"names": ["rim"], "boxes": []},
   "part2": {"names": [],
             "boxes": [[[0.2, 0, 0, 0], [0, 0.2, 0, 0], [0, 0, 0.1, 0.4], [0, 0, 0, 1]]]},
   "frame": {"origin": [0, 0, 0.4], "axes": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "size": 0.5,
             "symmetry": "axis:z"},
   "symmetry2": "none", "author": "A. Name", "date": "2026-01-31", "note": ""}]}
```

Coordinates are those of the assets: centred, longest side 1, z up. ``similarity`` takes points of
the second object to the first. A part is the union of named parts and of boxes; a box is the 4 x 4
matrix that takes the cube [-0.5, 0.5]^3 to its place. ``frame`` lies on the first object and may be
left out; it says about which axes the pair may be turned freely, see :class:`FunctionalFrame`;
``pivot2`` is that of the second object, and may be left out like its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Date
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame, alignment
from funcorr.groundtruth.part_regions import PartRegion, check_affine
from funcorr.io import read_json, write_json

FORMAT = "funcorr-alignments/1"

EXACT = 1e-9
"""A similarity that is off by less stays as it is: reading and writing change no digit."""

ROUNDED = 1e-3
"""A similarity may be off by this much, as after rounding; it is replaced by the nearest one."""


@runtime_checkable
class FramedAsset(Protocol):
    """What an automatic alignment needs to know of an object."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Per function the names of the parts that serve it."""

    @property
    def frames(self) -> Mapping[str, FunctionalFrame]:
        """Per function its functional frame."""


def whole_object() -> FunctionalFrame:
    """The frame of an alignment that says nothing about symmetry: the first object's own axes."""
    return FunctionalFrame(np.zeros(3), np.eye(3), 1.0)


@dataclass(frozen=True, eq=False)
class Alignment:
    """Two objects in functionally equivalent poses.

    Attributes:
        function: for instance ``"pour-with"``.
        asset1, asset2: ids of the two objects.
        similarity: 4 x 4 rotation, uniform scale and translation, points of asset2 to asset1.
        part1, part2: their functional parts.
        frame: on the first object; its symmetry says which turns leave the first object's function
            as it is.
        symmetry2: which turns, about the same axes, leave the second object's function as it is.
        pivot2: on the second object, what those turns leave in place, where it is not the origin.
        author: who aligned them, or what.
        date: when, as ``YYYY-MM-DD``; may be empty.

    Raises:
        UserError: the matrix is no similarity, the function is empty, or the date is none.
    """

    function: str
    asset1: str
    asset2: str
    similarity: Float[np.ndarray, "4 4"]
    part1: PartRegion
    part2: PartRegion
    frame: FunctionalFrame = field(default_factory=whole_object)
    symmetry2: str = "none"
    pivot2: Float[np.ndarray, "3"] | None = None
    author: str = ""
    date: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.function.strip() or not self.asset1 or not self.asset2:
            raise UserError("an alignment needs a function and two assets; one of them is empty")
        object.__setattr__(self, "similarity", _nearest_similarity(self.similarity))
        _ = self.frames  # refuses an unknown symmetry
        if self.date:
            try:
                Date.fromisoformat(self.date)
            except ValueError:
                raise UserError(f"the date {self.date!r} is not of the form 2026-01-31") from None

    @property
    def frames(self) -> tuple[FunctionalFrame, FunctionalFrame]:
        """The frames that the alignment brings together, each in its object's coordinates."""
        second = self.frame.transformed(np.linalg.inv(self.similarity))
        return self.frame, replace(second, symmetry=self.symmetry2, pivot=self.pivot2)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it aligns: function, first and second asset."""
        return self.function, self.asset1, self.asset2

    def to_json(self) -> dict[str, Any]:
        """The entry of the file."""
        return {
            "function": self.function,
            "asset1": self.asset1,
            "asset2": self.asset2,
            "similarity": self.similarity.tolist(),
            "part1": self.part1.to_json(),
            "part2": self.part2.to_json(),
            "frame": self.frame.to_json(),
            "symmetry2": self.symmetry2,
            "author": self.author,
            "date": self.date,
            "note": self.note,
        } | ({} if self.pivot2 is None else {"pivot2": self.pivot2.tolist()})

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Alignment:
        """Read what :meth:`to_json` wrote; ``frame`` and the texts may be left out.

        Raises:
            UserError: a key is missing or a value is of another kind.
        """
        try:
            frame, pivot2 = content.get("frame"), content.get("pivot2")
            return cls(
                similarity=np.array(content["similarity"], np.float64).reshape(4, 4),
                part1=PartRegion.from_json(content["part1"]),
                part2=PartRegion.from_json(content["part2"]),
                frame=whole_object() if frame is None else FunctionalFrame.from_json(frame),
                symmetry2=str(content.get("symmetry2", "none")),
                pivot2=None if pivot2 is None else np.array(pivot2, np.float64).reshape(3),
                **{key: str(content[key]) for key in ("function", "asset1", "asset2")},
                **{key: str(content.get(key, "")) for key in ("author", "date", "note")},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                "expected function, asset1, asset2, similarity (4 x 4), part1 and part2: "
                f"{type(error).__name__} {error}"
            ) from None


def align_frames(
    first: FramedAsset, second: FramedAsset, function: str, date: str = ""
) -> Alignment:
    """The alignment of two objects whose functional frames are known.

    Raises:
        UserError: one of them has no frame or no part for the function.
    """
    for asset in (first, second):
        if function not in asset.frames or not asset.parts.get(function):
            raise UserError(f"{asset.id} has no functional frame and part for {function!r}")
    one, two = first.frames[function], second.frames[function]
    return Alignment(
        function,
        first.id,
        second.id,
        similarity=alignment(one, two),
        part1=PartRegion(tuple(first.parts[function])),
        part2=PartRegion(tuple(second.parts[function])),
        frame=one,
        symmetry2=two.symmetry,
        pivot2=two.pivot,
        author="functional frames",
        date=date,
    )


def read_alignments(path: Path | str) -> tuple[Alignment, ...]:
    """Read an alignment file.

    Raises:
        UserError: it is missing, damaged or of another version, an entry is wrong, or a pair of
            assets has two alignments for one function.
    """
    content = read_json(path, "alignment file")
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise UserError(f"{path} has the format {found!r}; this version reads {FORMAT!r}")
    entries = content.get("alignments")
    if not isinstance(entries, list):
        raise UserError(f"{path} lacks the list 'alignments'")
    read = []
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, alignment {number}"
        if not isinstance(entry, dict):
            raise UserError(f"{where} is not a JSON object with the keys of an alignment")
        try:
            read.append(Alignment.from_json(entry))
        except UserError as error:
            raise UserError(f"{where}: {error}") from None
    _check_unique(read, path)
    return tuple(read)


def write_alignments(path: Path | str, alignments: Sequence[Alignment]) -> None:
    """Write an alignment file, atomically.

    Raises:
        UserError: a pair of assets has two alignments for one function, or the place cannot be
            written to.
    """
    _check_unique(alignments, path)
    write_json(path, {"format": FORMAT, "alignments": [each.to_json() for each in alignments]})


def _check_unique(alignments: Iterable[Alignment], path: Path | str) -> None:
    seen: set[tuple[str, ...]] = set()
    for each in alignments:
        key = (each.function, *sorted((each.asset1, each.asset2)))
        if key in seen:
            raise UserError(f"{path} aligns {' and '.join(key[1:])} twice for {key[0]!r}")
        seen.add(key)


def _nearest_similarity(matrix: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The matrix with its rotation made exact; numbers in files are rounded."""
    check_affine(matrix, "an alignment")
    left, sizes, right = np.linalg.svd(matrix[:3, :3])
    scale = float(sizes.mean())
    if np.ptp(sizes) > ROUNDED * scale or np.linalg.det(matrix[:3, :3]) < 0:
        raise UserError("an alignment is a rotation with one scale and a shift; got another matrix")
    if np.ptp(sizes) <= EXACT * scale:
        return matrix
    exact = matrix.astype(np.float64)
    exact[:3, :3] = scale * left @ right
    return exact
