"""What lies where on the tab that carries poses over in 3D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funcorr.app.events import HEAVY, LIGHT, on, picture_view
from funcorr.app.match_layout import function_input
from funcorr.app.object_input import lay_out_image
from funcorr.app.transfer_tab import CAMERA_FILES, DEPTH_FILES, TransferTab
from funcorr.app.uploads import file_input
from funcorr.errors import require

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

ABOUT = (
    "A demonstration with object 1, seen by an RGB-D camera: where does the same grasp or motion "
    "go on object 2? Depth lies on its picture, pixel by pixel."
)

LEGEND = (
    "Left object 1 with the given poses, right object 2 with those carried over; lines are matches."
    " Axes: x orange, y green, z blue. Drag to turn, scroll to zoom."
)

FILE_HEIGHT = 110

GROUND = (0.88, 0.90, 0.93, 1.0)
"""Colour of the scene's background, on which white and black objects stand out."""


def build_transfer_tab(tab: TransferTab, sample: Sequence[Any]) -> None:
    """Lay the tab out in the current page and connect it.

    Args:
        tab: its handlers.
        sample: values of all inputs, to try it.
    """
    gr.Markdown(ABOUT, elem_classes="hint")
    fill = gr.Button("Fill in a sample", size="sm", visible=bool(sample), elem_id="rgbd-samples")
    with gr.Row(equal_height=False):
        images, depths, cameras, typed = zip(
            *(_lay_out_view(tab, n) for n in range(2)), strict=True
        )
    with gr.Row():
        poses = _file("Poses in the frame of camera 1, if there are any", (".json",), "rgbd-poses")
        unit = gr.Number(
            None,
            label="Depth unit in metres",
            info="Where the camera does not say: 0.001 for millimetres",
            min_width=200,
            elem_id="rgbd-unit",
        )
    with gr.Row(elem_classes="actions"):
        function = function_input("rgbd-function")
        button = gr.Button("Carry over", variant="primary", min_width=160, elem_id="carry")
    inputs = [*images, *depths, *cameras, *typed, poses, unit, function]
    shown, scene = _lay_out_result()
    model = gr.State()
    on(fill.click, lambda _key: tuple(sample), [], inputs, LIGHT)
    done = on(button.click, tab.carry, inputs, [*shown, model], HEAVY, scroll=True)
    # gradio draws no scene that comes in the event which shows the box around it
    on(done.success, lambda _key, path: path, [model], [scene], LIGHT)


def _lay_out_view(tab: TransferTab, place: int) -> tuple[Any, ...]:
    """Picture, depth, camera as a file and camera as numbers."""
    with gr.Column(min_width=300):
        image = lay_out_image(tab.objects, f"Object {place + 1}", place, prefix="rgbd-")
        with gr.Row():
            depth = _file(f"Depth {place + 1}, 16-bit PNG", DEPTH_FILES, f"rgbd-depth{place + 1}")
            camera = _file(f"Camera {place + 1}", CAMERA_FILES, f"rgbd-camera{place + 1}")
        typed = gr.Textbox(
            "",
            label=f"Or type camera {place + 1}",
            placeholder="fx, fy, cx, cy in pixels",
            max_lines=1,
            elem_id=f"rgbd-typed{place + 1}",
        )
    return image, depth, camera, typed


def _file(label: str, kinds: Sequence[str], name: str) -> Any:
    return file_input(
        label=label, file_types=list(kinds), height=FILE_HEIGHT, min_width=200, elem_id=name
    )


def _lay_out_result() -> tuple[list[Any], Any]:
    """What carrying over fills, and the scene in 3D."""
    with gr.Column(visible=False, elem_id="rgbd-answer") as box:
        words = gr.Markdown(elem_id="rgbd-words")
        scene = gr.Model3D(
            label="Scene",
            display_mode="solid",
            clear_color=GROUND,
            height=420,
            interactive=False,
            elem_id="rgbd-scene",
        )
        gr.Markdown(LEGEND, elem_classes="hint")
        picture = picture_view("rgbd-picture", "Both pictures with the poses drawn on them")
        files = gr.Files(
            label="As from funcorr transfer",
            interactive=False,
            visible=False,
            elem_id="rgbd-files",
        )
    return [box, words, picture, files], scene
