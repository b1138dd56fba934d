"""The 3D side of the page: both objects apart and one over the other, with gizmos and boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.app.alignments.placement import Box, Placement, Triple
from funcorr.assets.mesh import Mesh
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.symmetry import AXES

GIZMOS = ("Object", "Box 1", "Box 2")
"""What has handles: the second object, and the boxes of the first and second."""

PLACES: dict[str, Triple] = {"first": (-1.3, 0, 0), "overlay": (0, 0, 0), "second": (1.3, 0, 0)}
EYE, TARGET, FIELD_OF_VIEW = (0.0, -4.0, 1.7), (0.0, 0.0, -0.1), 0.8
"""Camera of a wide window; the field of view is the vertical one, in radians."""

WIDE = 1.25
"""Least width by height of a window that shows all three places from there."""

PHONE, COVERED = 576, 0.6
"""In windows narrower than so many pixels, viser lays the panel over this share of the height, from
below."""

BLUE, ORANGE, AXIS = (88, 130, 200), (232, 146, 60), (200, 30, 120)
SEEN_THROUGH = 0.55
ARM = 0.65
"""How far the scale handle stands from the second object's middle, clear of the other handles."""

LEAST_AXIS = 0.3
"""Half the length of the line that shows an axis of symmetry, at the least."""

LEAST_FACTOR = 0.05
"""One drag makes the second object smaller by this factor at the most."""

OVERLAY_SIZES = (0.7, 1.25, 1.5)
"""Least, best and largest longest side of the overlay; beyond these it is drawn at another zoom."""

LABEL = -0.82
"""Height of the names under the objects."""

_EDGES = [(a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit]
_CUBE = np.array([[a & 1, a >> 1 & 1, a >> 2 & 1] for a in range(8)]) - 0.5


class SceneView:
    """The scene of a viser server.

    Args:
        server: a ``viser.ViserServer``.
        on_move: called with the second object's new placement, and whether the drag has ended.
        on_box: called with 0 or 1, the object's new box, and whether the drag has ended.
    """

    def __init__(
        self,
        server: Any,
        on_move: Callable[[Placement, bool], None],
        on_box: Callable[[int, Box, bool], None],
    ) -> None:
        self._scene = server.scene
        self._on_move, self._on_box = on_move, on_box
        self._placement = Placement()
        self._boxes = [Box((0.0, 0.0, 0.0), Placement().wxyz, (1.0, 1.0, 1.0))] * 2
        for name, position in PLACES.items():
            self._scene.add_frame(f"/{name}", show_axes=False, position=position)
        self._resting = Placement()
        self._meshes: dict[str, Any] = {}
        self._lines: dict[str, Any] = {}
        self._add_gizmos()
        self.use(GIZMOS[0])
        server.initial_camera.position = EYE
        server.initial_camera.look_at = TARGET
        server.initial_camera.fov = FIELD_OF_VIEW

    def fit(self, camera: Any) -> None:
        """Show all three places in a narrow window too, and on a phone above the panel.

        Args:
            camera: the window's ``viser.CameraHandle``.
        """
        if camera.aspect >= WIDE:
            return
        away = (np.array(EYE) - TARGET) * WIDE / camera.aspect
        half = float(np.linalg.norm(away)) * np.tan(FIELD_OF_VIEW / 2)
        drop = COVERED * half if camera.image_width < PHONE else 0.0
        target = np.array(TARGET) - [0.0, 0.0, drop]
        camera.position = tuple(target + away)
        camera.look_at = tuple(target)

    def load(self, first: Mesh, second: Mesh, names: tuple[str, str]) -> None:
        """Show another pair."""
        self._corners = [_box_corners(Box.around(mesh.vertices)) for mesh in (first, second)]
        self._zoom = Placement(scale=0.0)
        self._add_mesh("/first/mesh", first, BLUE)
        self._add_mesh("/second/mesh", second, ORANGE)
        self._add_mesh("/overlay/first", first, BLUE)
        self._add_mesh("/overlay/second", second, ORANGE, SEEN_THROUGH)
        for place, text in zip(PLACES, (names[0], "second on first", names[1]), strict=True):
            self._scene.add_label(
                f"/{place}/name", text, position=(0.0, 0.0, LABEL), anchor="top-center"
            )

    def show(
        self,
        placement: Placement,
        boxes: tuple[Box, Box],
        frame: FunctionalFrame,
        dragging: bool = False,
    ) -> None:
        """Draw an alignment of the pair that is shown.

        Args:
            placement: of the second object.
            boxes: around the functional parts, each in its object's coordinates.
            frame: on the first object.
            dragging: a gizmo is in the annotator's hand; none is moved from here.
        """
        self._placement, self._boxes = placement, list(boxes)
        if not dragging:
            self._fit()
        for name, place in (("first", Placement()), ("second", placement)):
            mesh, seen = self._meshes[f"/overlay/{name}"], self._zoomed(place)
            _pose(mesh, seen.position, seen.wxyz)
            mesh.scale = seen.scale
        self._show_boxes(placement, boxes)
        self._show_axis(frame)
        if not dragging:
            self._place_gizmos()

    def use(self, gizmo: str) -> None:
        """Show the handles of one of :data:`GIZMOS`."""
        for name, handles in self._gizmos.items():
            for handle in handles:
                handle.visible = name == gizmo

    def _add_mesh(
        self, name: str, mesh: Mesh, color: tuple[int, int, int], opacity: float | None = None
    ) -> None:
        self._meshes[name] = self._scene.add_mesh_simple(
            name,
            mesh.vertices.astype(np.float32),
            mesh.faces.astype(np.uint32),
            color=color,
            opacity=opacity,
            flat_shading=True,
            side="double",
            cast_shadow=False,
            receive_shadow=False,
        )

    def _draw_lines(
        self, name: str, points: Float[np.ndarray, "n 2 3"], color: tuple[int, int, int]
    ) -> None:
        drawn = points.astype(np.float32)
        if name in self._lines:
            self._lines[name].points = drawn
        else:
            self._lines[name] = self._scene.add_line_segments(
                name, points=drawn, colors=color, thickness=2.0, thickness_units="screen"
            )

    def _show_boxes(self, placement: Placement, boxes: tuple[Box, Box]) -> None:
        wires = {
            "/first/box": (boxes[0].matrix, BLUE),
            "/second/box": (boxes[1].matrix, ORANGE),
            "/overlay/box 1": (self._zoom.matrix @ boxes[0].matrix, BLUE),
            "/overlay/box 2": (self._zoomed(placement).matrix @ boxes[1].matrix, ORANGE),
        }
        for name, (matrix, color) in wires.items():
            self._draw_lines(name, _carried(matrix, _CUBE)[np.array(_EDGES)], color)

    def _show_axis(self, frame: FunctionalFrame) -> None:
        """A line along the axis about which the first object may be turned freely."""
        kind, _, axis = min(frame.symmetry.split("+")).partition(":")
        direction = frame.axes[:, AXES.index(axis or "z")]
        half = direction * max(frame.size, LEAST_AXIS)
        ends = np.stack([frame.center - half, frame.center + half])
        self._draw_lines("/overlay/axis", _carried(self._zoom.matrix, ends)[None], AXIS)
        self._lines["/overlay/axis"].visible = kind != "none"

    def _add_gizmos(self) -> None:
        add = self._scene.add_transform_controls
        move = add("/overlay/gizmo", scale=0.45, depth_test=False)
        size = add(
            "/overlay/scale",
            scale=0.3,
            active_axes=(True, False, False),
            disable_sliders=True,
            disable_rotations=True,
            depth_test=False,
        )
        self._gizmos: dict[str, tuple[Any, Any]] = {GIZMOS[0]: (move, size)}
        move.on_update(lambda event: self._moved(event.phase == "end"))
        size.on_update(lambda event: self._scaled(event.phase == "end"))
        for i, station in enumerate(("first", "second")):
            self._add_box_gizmo(i, station)

    def _add_box_gizmo(self, i: int, station: str) -> None:
        add = self._scene.add_transform_controls
        middle = add(f"/{station}/gizmo", scale=0.35, depth_test=False)
        corner = add(f"/{station}/corner", scale=0.2, disable_rotations=True, depth_test=False)
        self._gizmos[GIZMOS[i + 1]] = (middle, corner)

        def moved(ended: bool) -> None:
            self._on_box(i, Box(*_pose_of(middle), self._boxes[i].size), ended)

        def resized(ended: bool) -> None:
            self._on_box(i, self._boxes[i].with_corner(_pose_of(corner)[0]), ended)

        middle.on_update(lambda event: moved(event.phase == "end"))
        corner.on_update(lambda event: resized(event.phase == "end"))

    def _fit(self) -> None:
        """Choose the zoom of the overlay anew where the two objects are too large or too small."""
        both = np.concatenate(
            [self._corners[0], _carried(self._placement.matrix, self._corners[1])]
        )
        low, high = both.min(axis=0), both.max(axis=0)
        longest = float((high - low).max())
        least, best, largest = OVERLAY_SIZES
        if not least <= longest * self._zoom.scale <= largest:
            middle = -(low + high) / 2 * best / longest
            x, y, z = middle.tolist()
            self._zoom = Placement((x, y, z), scale=best / longest)

    def _zoomed(self, placement: Placement) -> Placement:
        return Placement.from_matrix(self._zoom.matrix @ placement.matrix)

    def _moved(self, ended: bool) -> None:
        seen = Placement(*_pose_of(self._gizmos[GIZMOS[0]][0]), self._zoomed(self._placement).scale)
        matrix = np.linalg.inv(self._zoom.matrix) @ seen.matrix
        self._on_move(Placement.from_matrix(matrix), ended)

    def _scaled(self, ended: bool) -> None:
        start = self._resting
        here = np.array(_pose_of(self._gizmos[GIZMOS[0]][1])[0]) - self._zoomed(start).position
        arm = float(here @ start.matrix[:3, 0]) / start.scale
        scale = start.scale * max(arm / ARM, LEAST_FACTOR)
        self._on_move(start.scaled(scale, np.array(start.position)), ended)

    def _place_gizmos(self) -> None:
        seen = self._zoomed(self._placement)
        self._resting = self._placement
        move, size = self._gizmos[GIZMOS[0]]
        _pose(move, seen.position, seen.wxyz)
        end = np.array(seen.position) + seen.matrix[:3, 0] / seen.scale * ARM
        _pose(size, tuple(end.tolist()), seen.wxyz)
        for name, box in zip(GIZMOS[1:], self._boxes, strict=True):
            middle, corner = self._gizmos[name]
            _pose(middle, box.position, box.wxyz)
            _pose(corner, box.corner, box.wxyz)


def _box_corners(box: Box) -> Float[np.ndarray, "8 3"]:
    return _carried(box.matrix, _CUBE)


def _carried(
    matrix: Float[np.ndarray, "4 4"], points: Float[np.ndarray, "n 3"]
) -> Float[np.ndarray, "n 3"]:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _pose(handle: Any, position: tuple[float, ...], wxyz: tuple[float, ...]) -> None:
    handle.position, handle.wxyz = position, wxyz


def _pose_of(handle: Any) -> tuple[Triple, tuple[float, float, float, float]]:
    x, y, z = (float(v) for v in handle.position)
    w, i, j, k = (float(v) for v in handle.wxyz)
    return (x, y, z), (w, i, j, k)
