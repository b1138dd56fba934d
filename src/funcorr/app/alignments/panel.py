"""The controls beside the 3D scene: what a person may set, press or type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import UInt8

from funcorr.app.alignments.editor import AlignmentEditor
from funcorr.app.alignments.placement import (
    THINNEST,
    Box,
    Placement,
    Quaternion,
    Triple,
    degrees_of,
    turn_of,
)
from funcorr.app.alignments.preview import SIZE as VIEW_SIZE
from funcorr.app.alignments.preview import VIEWS
from funcorr.app.alignments.queue import REASONS
from funcorr.app.alignments.scene_view import GIZMOS
from funcorr.geometry.symmetry import AXES
from funcorr.groundtruth.alignments import Alignment

ORDINALS = ("first", "second")
SYMMETRIES = ("none", *(f"{kind}:{axis}" for kind in ("axis", "flip") for axis in AXES))
TURNS = {"-90": -90.0, "-15": -15.0, "+15 [T]": 15.0, "+90": 90.0, "180 [H]": 180.0}
"""Words on the buttons -> degrees."""

KEYS = """
**Y** accept · **N** skip · **R** reject · **B** back · **U** undo

**F** frame on frame · **X** box on box · **T** turn by 15° · **H** by 180° · **V** next views

**1** handles of the second object · **2** **3** of the first and second box
"""

MIDDLE, SIZE, TURN = "Middle", "Size", "Turn (°)"
LENGTH, ANGLE = 0.005, 0.5
"""Steps of the fields, which show as many digits."""

DIGITS = 4
WIDTH = 370

BLUE = (8, 56, 104)
READABLE = "<style>label, [class*=markLabel] { color: #495057 !important; }</style>"
"""viser's own blue and grey are too light to be read easily."""


class Panel:
    """The widgets of a viser server.

    Args:
        server: a ``viser.ViserServer``.
        editor: does what is asked.
        use_gizmo: shows the handles of one of :data:`GIZMOS`.
        redraw: draws the two views again.
    """

    def __init__(
        self,
        server: Any,
        editor: AlignmentEditor,
        use_gizmo: Callable[[str], None],
        redraw: Callable[[], None],
    ) -> None:
        self._gui, self._editor = server.gui, editor
        self._use_gizmo, self._redraw = use_gizmo, redraw
        self._placement = Placement()
        self._boxes = [Box((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (1.0, 1.0, 1.0))] * 2
        self._gui.configure_theme(show_logo=False, show_share_button=False, brand_color=BLUE)
        self._gui.main_panel.dock_right()
        self._gui.main_panel.set_width(WIDTH)
        self._status = self._gui.add_markdown("")
        self._picture = self._gui.add_image(np.full((VIEW_SIZE, 2 * VIEW_SIZE, 3), 255, np.uint8))
        self._views = [self._view_slider(name) for name in ORDINALS]
        self._decisions()
        self._placing()
        self._parts = [self._part(i) for i in range(2)]
        self._symmetry()
        with self._gui.add_folder("Keys"):
            self._gui.add_markdown(KEYS)
        self._gui.add_html(READABLE)

    @property
    def views(self) -> tuple[int, int]:
        """The chosen views of the first and second object."""
        first, second = (int(slider.value) for slider in self._views)
        return first, second

    @views.setter
    def views(self, numbers: tuple[int, int]) -> None:
        for slider, number in zip(self._views, numbers, strict=True):
            slider.value = number

    def set_status(self, status: str) -> None:
        """Show the lines at the top."""
        self._status.content = status

    def picture(self, image: UInt8[np.ndarray, "h w 3"]) -> None:
        """Show the two views."""
        self._picture.image = image

    def show(self, alignment: Alignment, boxes: tuple[Box, Box], labelled: tuple[str, str]) -> None:
        """Put an alignment into the fields.

        Args:
            alignment: the current one.
            boxes: around the functional parts.
            labelled: names of the labelled parts of each object, or nothing.
        """
        self._placement = Placement.from_matrix(alignment.similarity)
        self._boxes = list(boxes)
        _set(self._position, self._placement.position)
        _set(self._degrees, degrees_of(self._placement.wxyz))
        self._scale.value = round(self._placement.scale, 4)
        regions = (alignment.part1, alignment.part2)
        for fields, box, part, names in zip(self._parts, boxes, regions, labelled, strict=True):
            _set(fields[MIDDLE], box.position)
            _set(fields[SIZE], box.size)
            _set(fields[TURN], degrees_of(box.wxyz))
            fields["labelled"].disabled = not names
            fields["labelled"].value = not part.boxes
            fields["names"].content = f"labelled: {names or 'nothing'}"
        for field, symmetry in zip(
            self._symmetries, (alignment.frame.symmetry, alignment.symmetry2), strict=True
        ):
            field.options = tuple(dict.fromkeys([*SYMMETRIES, symmetry]))
            field.value = symmetry

    def _view_slider(self, name: str) -> Any:
        slider = self._gui.add_slider(f"View of {name}", 0, VIEWS - 1, 1, 0)
        _on_user_change(slider, self._redraw)
        return slider

    def _decisions(self) -> None:
        editor = self._editor
        accept = self._gui.add_button("Accept [Y]", color="green")
        accept.on_click(lambda _: editor.accept())
        self._hotkey("Accept", "Y", editor.accept)  # Enter would press the focused button too
        reason = self._gui.add_dropdown("Reject because", REASONS)
        self._group(
            "Or", {"Reject [R]": lambda: editor.reject(reason.value), "Skip [N]": editor.skip}
        )
        self._group("Before", {"Back [B]": editor.back, "Undo [U]": editor.undo})
        self._hotkey("Next views", "V", self._next_views)

    def _placing(self) -> None:
        editor = self._editor
        handles = {
            f"{name} [{i}]": partial(self._use_gizmo, name) for i, name in enumerate(GIZMOS, 1)
        }
        self._group("Handles", handles)
        with self._gui.add_folder("Second object"):
            self._position = self._vector("Position", LENGTH, self._place)
            self._degrees = self._vector(TURN, ANGLE, self._place)
            self._scale = self._gui.add_number("Scale", 1.0, min=0.01, step=0.01)
            _on_user_change(self._scale, lambda: editor.rescale(self._scale.value))
            snaps = {"Frame [F]": editor.frame_on_frame, "Box [X]": editor.box_on_box}
            self._group("Lay on first", snaps)
            axis = self._gui.add_dropdown("Turn about", ("z", "y", "x"))
            turns = {word: partial(self._turn, degrees, axis) for word, degrees in TURNS.items()}
            self._group("by (°)", turns)

    def _part(self, index: int) -> dict[str, Any]:
        editor = self._editor
        with self._gui.add_folder(f"Part of the {ORDINALS[index]}"):
            fields = {
                "names": self._gui.add_markdown(""),
                "labelled": self._gui.add_checkbox("Use labelled", False),
            }
            for name, step in ((MIDDLE, LENGTH), (SIZE, LENGTH), (TURN, ANGLE)):
                least = (THINNEST,) * 3 if name == SIZE else None
                fields[name] = self._vector(name, step, lambda: self._set_box(index), least)
        labelled = fields["labelled"]
        _on_user_change(labelled, lambda: editor.use_labels(index, labelled.value))
        return fields

    def _symmetry(self) -> None:
        editor = self._editor
        with self._gui.add_folder("Symmetry"):
            self._symmetries = [self._gui.add_dropdown(name, SYMMETRIES) for name in ORDINALS]
            find = self._gui.add_button("Find out")
        find.on_click(lambda _: editor.find_symmetry())
        first, second = self._symmetries
        _on_user_change(first, lambda: editor.set_symmetry(0, first.value))
        _on_user_change(second, lambda: editor.set_symmetry(1, second.value))

    def _turn(self, degrees: float, axis: Any) -> None:
        self._editor.turn(degrees, axis.value)

    def _place(self) -> None:
        old = self._placement
        position = _entered(self._position, old.position)
        turn = _entered_turn(self._degrees, old.wxyz)
        self._editor.place(Placement(position, turn, old.scale), "fields")

    def _set_box(self, index: int) -> None:
        fields, old = self._parts[index], self._boxes[index]
        middle, size = _entered(fields[MIDDLE], old.position), _entered(fields[SIZE], old.size)
        box = Box(middle, _entered_turn(fields[TURN], old.wxyz), size)
        self._editor.set_box(index, box, f"fields of box {index}")

    def _next_views(self) -> None:
        first, second = self.views
        self.views = (first + 1) % VIEWS, (second + 1) % VIEWS
        self._redraw()

    def _vector(
        self, name: str, step: float, act: Callable[[], None], least: Triple | None = None
    ) -> Any:
        field = self._gui.add_vector3(name, least or (0.0, 0.0, 0.0), min=least, step=step)
        _on_user_change(field, act)
        return field

    def _group(self, label: str, actions: Mapping[str, Callable[[], None]]) -> None:
        """Buttons in a row; a word that ends in a letter or digit in brackets has that hotkey."""
        buttons = self._gui.add_button_group(label, tuple(actions))
        buttons.on_click(lambda event: actions[event.target.value]())
        for word, act in actions.items():
            if word.endswith("]"):
                self._hotkey(f"{label} {word}", word[-2], act)

    def _hotkey(self, label: str, key: str, act: Callable[[], None]) -> None:
        command = self._gui.add_command(label, hotkey=key)
        command.on_trigger(lambda _: act())


def _on_user_change(field: Any, act: Callable[[], None]) -> None:
    """Call when a person has changed a field, not when the page has."""
    field.on_update(lambda event: act() if event.client is not None else None)


def _set(field: Any, values: Triple) -> None:
    x, y, z = (round(value, DIGITS) + 0.0 for value in values)
    field.value = (x, y, z)


def _entered(field: Any, filled: Triple) -> Triple:
    """The numbers in a field; one that shows what it was filled with, rounded, is that number."""
    slack = 0.51 * field.step
    x, y, z = (
        old if abs(float(new) - old) < slack else float(new)
        for new, old in zip(field.value, filled, strict=True)
    )
    return x, y, z


def _entered_turn(field: Any, filled: Quaternion) -> Quaternion:
    """The same for angles in degrees and the turn that they stand for."""
    degrees = degrees_of(filled)
    entered = _entered(field, degrees)
    return filled if entered == degrees else turn_of(entered)
