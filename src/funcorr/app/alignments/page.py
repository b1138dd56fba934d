"""What happens on the page: a control is used, the alignment changes, everything is drawn again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from funcorr.app.alignments import edits
from funcorr.app.alignments.library import Library, Shown
from funcorr.app.alignments.panel import Panel
from funcorr.app.alignments.placement import Box, Placement
from funcorr.app.alignments.preview import best_views, draw_preview
from funcorr.app.alignments.session import Session
from funcorr.app.alignments.stage import Stage
from funcorr.app.alignments.start import find_symmetry, frame_onto_frame
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment
from funcorr.groundtruth.part_regions import PartRegion


class Page:
    """One server's page; all windows on it show the same pair.

    Args:
        server: a ``viser.ViserServer``.
        session: the queue.
        library: where the objects are.

    Raises:
        UserError: no pair of the queue can be read.
    """

    def __init__(self, server: Any, session: Session, library: Library) -> None:
        self._server, self._session, self._library = server, session, library
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._shown: frozenset[str] = frozenset()
        self._choose_views = True
        self._paired, self._said = 0, ""
        self._stage = Stage(server, self._dragged, self._dragged_box)
        self._panel = Panel(server, self)
        self._settle()
        server.on_client_connect(self._welcome)
        self._closing = False
        self._drawing = threading.Thread(target=self._keep_previews, daemon=True)
        self._drawing.start()

    def close(self) -> None:
        """Draw nothing any more; to be called before the server stops."""
        self._closing = True
        self._wake.set()
        self._drawing.join()

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

    def use_gizmo(self, name: str) -> None:
        """Show the handles of one thing."""
        self._stage.use(name)

    def redraw(self) -> None:
        """Draw the two views again."""
        self._wake.set()

    @property
    def _objects(self) -> tuple[Shown, Shown]:
        item = self._session.item
        return self._library.object(item.asset1), self._library.object(item.asset2)

    def _boxes(self, alignment: Alignment) -> tuple[Box, Box]:
        first, second = self._objects
        return (
            edits.region_box(first.asset.mesh, alignment.part1),
            edits.region_box(second.asset.mesh, alignment.part2),
        )

    def _dragged(self, placement: Placement, ended: bool) -> None:
        if ended:
            self.place(placement, "")
        else:
            with self._lock:
                self._show(edits.moved(self._session.alignment, placement), dragging=True)

    def _dragged_box(self, index: int, box: Box, ended: bool) -> None:
        if ended:
            self.set_box(index, box, "")
        else:
            with self._lock:
                self._show(self._with_box(self._session.alignment, index, box), dragging=True)

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
                self._said = ""
            except UserError as error:
                self._said = f"⚠ {error}"
            self._show(self._session.alignment)

    def _decide(self, act: Callable[[], None], step: int = 1) -> None:
        with self._lock:
            before = self._session.index
            try:
                act()
                self._said = ""
                self._settle(step)
            except UserError as error:
                self._session.go(before)
                self._said = f"⚠ {error}"
                self._tell()

    def _settle(self, step: int = 1) -> None:
        """Show the pair on the table, or the next one that can be read."""
        lines = self._session.settle(self._library.check, step)
        for line in lines:
            print(line, file=sys.stderr, flush=True)
        self._said = "⚠ " + "; ".join(lines) if lines else self._said
        item = self._session.item
        if self._shown != item.key:
            first, second = self._objects
            self._shown, self._choose_views = item.key, True
            self._stage.load(first.mesh, second.mesh, (item.asset1, item.asset2))
        self._show(self._session.alignment)

    def _show(self, alignment: Alignment, dragging: bool = False) -> None:
        boxes, function = self._boxes(alignment), self._session.function
        placement = Placement.from_matrix(alignment.similarity)
        self._stage.show(placement, boxes, alignment.frame, dragging)
        first, second = (", ".join(o.asset.parts.get(function, ())) for o in self._objects)
        self._panel.show(alignment, boxes, (first, second))
        self._current = alignment
        self._tell()
        self._wake.set()

    def _tell(self) -> None:
        notes = [f"{o.asset.id}: {o.note}" for o in self._objects if o.note]
        self._panel.tell(status(self._session, self._paired, [*notes, self._said]))

    def _keep_previews(self) -> None:
        """Draw the two views whenever something has changed; what is overtaken is left out."""
        while self._wake.wait() and not self._closing:
            self._wake.clear()
            with self._lock:
                alignment, (first, second) = self._current, self._objects
                choose, self._choose_views = self._choose_views, False
            if choose:
                self._panel.views = best_views(first.views, second.views, alignment)
            i, j = self._panel.views
            image, self._paired = draw_preview(first.views[i], second.views[j], alignment)
            self._panel.picture(image)
            with self._lock:
                self._tell()

    def _welcome(self, client: Any) -> None:
        self._stage.fit(client.camera)
        others = len(self._server.get_clients()) - 1
        if others > 0:
            client.add_notification(
                "This page is open elsewhere",
                f"{others} other window(s) show and change the same pair.",
                color="orange",
            )


def status(session: Session, paired: int, notes: Sequence[str]) -> str:
    """The lines at the top of the panel, as Markdown."""
    item, counts = session.item, session.counts
    said = " · ".join(f"{counts[word]} {word}" for word in ("accepted", "rejected", "skipped"))
    reason = f" ({item.reason})" if item.reason else ""
    lines = [
        f"**Pair {session.index + 1} of {len(session.items)}**: {item.decision}{reason} · {said}",
        f"**{item.asset2}** onto **{item.asset1}** for {session.function} · "
        f"{paired} pixels paired in these views",
        *(note for note in notes if note),
    ]
    if not counts["open"]:
        lines.append(f"Every pair is decided. The file is {session.out}.")
    return "\n\n".join(lines)
