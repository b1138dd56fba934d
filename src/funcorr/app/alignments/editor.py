"""The current pair: every control of the page ends in a change or a decision here."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from funcorr.app.alignments import edits
from funcorr.app.alignments.library import DisplayedObject, Library
from funcorr.app.alignments.placement import Box, Placement
from funcorr.app.alignments.session import Session
from funcorr.app.alignments.start import find_symmetry, frame_onto_frame
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.part_regions import PartRegion


class AlignmentEditor:
    """What a person can do; whoever shows it overrides :meth:`show` and :meth:`update_status`.

    Args:
        session: the queue.
        library: where the objects are.
    """

    def __init__(self, session: Session, library: Library) -> None:
        self._session, self._library = session, library
        self._lock = threading.RLock()
        self._message = ""

    def show(self, alignment: Alignment) -> None:
        """Draw an alignment of the current pair, which may be another than before."""
        raise NotImplementedError

    def update_status(self) -> None:
        """Say how far the work is, and the last refusal."""
        raise NotImplementedError

    def accept(self) -> None:
        """Keep the alignment and go on."""
        self._decide(self._session.accept)

    def skip(self) -> None:
        """Decide later and go on."""
        self._decide(self._session.skip)

    def reject(self, reason: str) -> None:
        """Leave the pair out and go on."""
        self._decide(lambda: self._session.reject(reason))

    def back(self) -> None:
        """The pair before."""
        self._decide(lambda: self._session.go(self._session.index - 1), step=-1)

    def undo(self) -> None:
        """Take back the last change or decision."""
        self._decide(self._session.undo)

    def place(self, placement: Placement, tag: str) -> None:
        """The second object elsewhere."""
        self._edit(lambda alignment: edits.moved(alignment, placement), tag)

    def rescale(self, scale: float) -> None:
        """The second object at another scale."""
        self._edit(lambda alignment: edits.scaled(alignment, scale), "scale")

    def turn(self, degrees: float, axis: str) -> None:
        """The second object turned about an axis of the frame."""
        self._edit(lambda alignment: edits.turned(alignment, degrees, axis))

    def frame_on_frame(self) -> None:
        """Align by the functional frames of the assets."""
        first, second = self._objects
        self._edit(lambda _: frame_onto_frame(first.asset, second.asset, self._session.function))

    def box_on_box(self) -> None:
        """Align by the boxes."""
        self._edit(lambda alignment: edits.box_on_box(alignment, *self._boxes(alignment)))

    def set_box(self, index: int, box: Box, tag: str) -> None:
        """Another box around the functional part of an object."""
        self._edit(lambda alignment: self._with_box(alignment, index, box), tag)

    def use_labels(self, index: int, wanted: bool) -> None:
        """Take the labelled parts for the functional part, or the box around them."""
        names = tuple(self._objects[index].asset.parts.get(self._session.function, ()))
        box = self._boxes(self._session.alignment)[index]
        part = PartRegion(names) if wanted and names else edits.boxed(box)
        self._edit(lambda alignment: self._with_part(alignment, index, part))

    def set_symmetry(self, index: int, symmetry: str) -> None:
        """Say how an object may be turned."""
        self._edit(lambda alignment: edits.with_symmetry(alignment, index, symmetry))

    def find_symmetry(self) -> None:
        """Work out how the objects may be turned."""
        alignment = self._session.alignment
        found = [
            find_symmetry(each.asset.mesh, frame)
            for each, frame in zip(self._objects, alignment.frames, strict=True)
        ]
        for index, symmetry in enumerate(found):
            alignment = edits.with_symmetry(alignment, index, symmetry)
        self._edit(lambda _: alignment)

    @property
    def _objects(self) -> tuple[DisplayedObject, DisplayedObject]:
        item = self._session.item
        return self._library.object(item.asset1), self._library.object(item.asset2)

    def _boxes(self, alignment: Alignment) -> tuple[Box, Box]:
        first, second = self._objects
        return (
            edits.region_box(first.asset.mesh, alignment.part1),
            edits.region_box(second.asset.mesh, alignment.part2),
        )

    def _with_box(self, alignment: Alignment, index: int, box: Box) -> Alignment:
        part = (alignment.part1, alignment.part2)[index]
        return self._with_part(alignment, index, edits.with_box(part, box))

    def _with_part(self, alignment: Alignment, index: int, part: PartRegion) -> Alignment:
        return edits.with_region(alignment, index, part, self._objects[index].asset.mesh)

    def _edit(self, change: Callable[[Alignment], Alignment], tag: str = "") -> None:
        """Change, save and draw; a refusal is said and changes nothing."""
        with self._lock:
            try:
                self._session.change(change(self._session.alignment), tag)
                self._message = ""
            except UserError as error:
                self._message = f"⚠ {error}"
            self.show(self._session.alignment)

    def _decide(self, act: Callable[[], None], step: int = 1) -> None:
        with self._lock:
            before = self._session.index
            try:
                act()
                self._message = ""
                self._show_readable(step)
            except UserError as error:
                self._session.go(before)
                self._message = f"⚠ {error}"
                self.update_status()

    def _show_readable(self, step: int = 1) -> None:
        """Show the current pair, or the next one that can be read."""
        lines = self._session.skip_unreadable(self._library.check, step)
        for line in lines:
            print(line, file=sys.stderr, flush=True)
        self._message = "⚠ " + "; ".join(lines) if lines else self._message
        self.show(self._session.alignment)
