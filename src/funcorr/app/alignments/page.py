"""The page of the annotator: what the editor holds, drawn on a viser server."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from funcorr.app.alignments import edits
from funcorr.app.alignments.editor import AlignmentEditor
from funcorr.app.alignments.library import Library
from funcorr.app.alignments.panel import Panel
from funcorr.app.alignments.placement import Box, Placement
from funcorr.app.alignments.preview import best_views, draw_preview
from funcorr.app.alignments.scene_view import SceneView
from funcorr.app.alignments.session import Session
from funcorr.groundtruth.alignments import Alignment


class Page(AlignmentEditor):
    """One server's page; all windows on it show the same pair.

    Args:
        server: a ``viser.ViserServer``.
        session: the queue.
        library: where the objects are.

    Raises:
        UserError: no pair of the queue can be read.
    """

    def __init__(self, server: Any, session: Session, library: Library) -> None:
        super().__init__(session, library)
        self._server = server
        self._wake = threading.Event()
        self._displayed: frozenset[str] = frozenset()
        self._choose_views, self._paired, self._closing = True, 0, False
        self._scene_view = SceneView(server, self._dragged, self._dragged_box)
        self._panel = Panel(server, self, self._scene_view.use, self._wake.set)
        self._show_readable()
        server.on_client_connect(self._welcome)
        self._drawing = threading.Thread(target=self._keep_previews, daemon=True)
        self._drawing.start()

    def close(self) -> None:
        """Draw nothing any more; to be called before the server stops."""
        self._closing = True
        self._wake.set()
        self._drawing.join()

    def show(self, alignment: Alignment, dragging: bool = False) -> None:
        """Draw an alignment of the current pair.

        Args:
            alignment: the one to draw.
            dragging: a gizmo is in the annotator's hand.
        """
        item, (first, second) = self._session.item, self._objects
        if self._displayed != item.key:
            self._displayed, self._choose_views = item.key, True
            self._scene_view.load(first.mesh, second.mesh, (item.asset1, item.asset2))
        boxes, placement = self._boxes(alignment), Placement.from_matrix(alignment.similarity)
        self._scene_view.show(placement, boxes, alignment.frame, dragging)
        function = self._session.function
        labelled1, labelled2 = (", ".join(o.asset.parts.get(function, ())) for o in self._objects)
        self._panel.show(alignment, boxes, (labelled1, labelled2))
        self._current = alignment
        self.update_status()
        self._wake.set()

    def update_status(self) -> None:
        """Show the lines at the top of the panel."""
        notes = [f"{o.asset.id}: {o.note}" for o in self._objects if o.note]
        self._panel.set_status(status(self._session, self._paired, [*notes, self._message]))

    def _dragged(self, placement: Placement, ended: bool) -> None:
        if ended:
            self.place(placement, "")
        else:
            with self._lock:
                self.show(edits.moved(self._session.alignment, placement), dragging=True)

    def _dragged_box(self, index: int, box: Box, ended: bool) -> None:
        if ended:
            self.set_box(index, box, "")
        else:
            with self._lock:
                self.show(self._with_box(self._session.alignment, index, box), dragging=True)

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
                self.update_status()

    def _welcome(self, client: Any) -> None:
        self._scene_view.fit(client.camera)
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
