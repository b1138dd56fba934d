"""The objects of a collection as the page needs them, kept while they are in use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from funcorr.app.alignments.display import MAX_FACES, display_mesh, display_note
from funcorr.app.alignments.edits import region_box
from funcorr.app.alignments.preview import PreviewView, preview_views
from funcorr.app.alignments.queue import Item
from funcorr.app.alignments.start import first_alignment
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, read_asset
from funcorr.groundtruth.alignments import Alignment

KEPT = 12
"""Objects whose meshes and views stay in memory."""


@dataclass(frozen=True, eq=False)
class DisplayedObject:
    """An object and what is drawn of it.

    Attributes:
        asset: as it is on the disk.
        max_faces: most triangles to draw.
    """

    asset: Asset
    max_faces: int = MAX_FACES

    @cached_property
    def mesh(self) -> Mesh:
        """What the page draws: the asset's mesh, or a lighter one."""
        return display_mesh(self.asset.mesh, self.max_faces)

    @cached_property
    def views(self) -> list[PreviewView]:
        """What the previews are made from."""
        return preview_views(self.mesh)

    @property
    def note(self) -> str:
        """What to say of the drawing, or nothing."""
        return display_note(self.asset.mesh, self.mesh)


class Library:
    """A folder of assets, read one by one as pairs come up.

    Args:
        folder: of the collection.
        function: what they are aligned for.
        max_faces: larger meshes are drawn lighter.
    """

    def __init__(self, folder: Path | str, function: str, max_faces: int = MAX_FACES) -> None:
        self.folder, self.function, self.max_faces = Path(folder), function, max_faces
        self.object = lru_cache(KEPT)(self._read)
        self._first_alignment = lru_cache(KEPT)(first_alignment)

    def start(self, asset1: str, asset2: str) -> Alignment:
        """The first alignment of two assets.

        Raises:
            UserError: one of them cannot be read.
        """
        first, second = self.object(asset1).asset, self.object(asset2).asset
        return self._first_alignment(first, second, self.function)

    def check(self, item: Item) -> None:
        """See that a pair can be shown.

        Raises:
            UserError: an object cannot be read, or lacks a part that its alignment names.
        """
        first, second = (self.object(name).asset for name in (item.asset1, item.asset2))
        if item.alignment is not None:
            region_box(first.mesh, item.alignment.part1)
            region_box(second.mesh, item.alignment.part2)

    def _read(self, name: str) -> DisplayedObject:
        return DisplayedObject(read_asset(self.folder / name), self.max_faces)
