"""What lies where on the tab that matches two objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from funcorr.app.panels import MODES
from funcorr.app.uploads import image_input
from funcorr.errors import require
from funcorr.functions import load_taxonomy

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

OBJECT, BACKGROUND = "Object", "Background"
"""What a click on the outline means."""

INVITATION = "One object on a plain or transparent background works at once."


class Side(NamedTuple):
    """The components of one image."""

    upload: Any
    status: Any
    details: Any
    outline: Any
    meaning: Any
    undo: Any
    restart: Any
    mask: Any


class Question(NamedTuple):
    """What is asked."""

    function: Any
    button: Any


class Answer(NamedTuple):
    """The components of the result."""

    box: Any
    mode: Any
    view1: Any
    view2: Any
    points: Any
    typed: Any
    clear: Any
    prepare: Any
    files: Any


def lay_out_side(label: str) -> Side:
    """An upload, what was found on it, and the tools to correct that."""
    key = label.lower().replace(" ", "")
    with gr.Column(min_width=300):
        upload = image_input(
            label=label,
            sources=["upload", "clipboard"],
            height=300,
            elem_id=f"{key}-upload",
        )
        status = gr.Markdown(INVITATION, elem_id=f"{key}-status", elem_classes="status")
        with gr.Accordion("Correct the outline", open=False, elem_id=f"{key}-details") as details:
            outline, meaning, undo, restart = _outline(label, key)
            mask = image_input(
                label="Or upload a mask, white on the object",
                sources=["upload"],
                height=140,
                elem_id=f"{key}-mask",
            )
    return Side(upload, status, details, outline, meaning, undo, restart, mask)


def lay_out_question() -> Question:
    """The function and the button."""
    with gr.Row(elem_classes="actions"):
        function = gr.Dropdown(
            list(load_taxonomy().functions),
            value="pour-with",
            allow_custom_value=True,
            label="Function",
            info="Choose one or type your own, for instance stir-with",
            scale=4,
            elem_id="function",
        )
        button = gr.Button("Match", variant="primary", scale=1, min_width=160, elem_id="match")
    return Question(function, button)


def lay_out_answer() -> Answer:
    """Two pictures to click on, the carried points, and the files."""
    with gr.Column(visible=False, elem_id="answer") as box:
        mode = gr.Radio(list(MODES), value=MODES[0], show_label=False, container=False)
        with gr.Row(equal_height=False):
            view1 = _view("Object 1: click a point", "view1")
            view2 = _view("Object 2: where it lands", "view2")
        points = gr.Markdown(elem_id="points")
        with gr.Row(elem_classes="actions"):
            typed = gr.Textbox(
                label="Or type a point of object 1",
                placeholder="x, y in pixels, then Enter",
                max_lines=1,
                scale=3,
                min_width=300,
                elem_id="typed",
            )
            clear = gr.Button("Clear points", scale=1, min_width=140, elem_id="clear")
            prepare = gr.Button("Prepare files", scale=1, min_width=140, elem_id="prepare")
        files = gr.Files(
            label="Every pixel at full size, as from funcorr match",
            interactive=False,
            visible=False,
            elem_id="files",
        )
    return Answer(box, mode, view1, view2, points, typed, clear, prepare, files)


def _outline(label: str, key: str) -> tuple[Any, Any, Any, Any]:
    gr.Markdown("Click where the outline is wrong. A click marks:", elem_classes="hint")
    meaning = gr.Radio(
        [OBJECT, BACKGROUND],
        value=OBJECT,
        show_label=False,
        container=False,
        elem_id=f"{key}-meaning",
    )
    outline = gr.Image(
        interactive=False,
        format="jpeg",
        height=300,
        buttons=[],
        show_label=False,
        elem_id=f"{key}-outline",
        alt_text=f"{label} with its outline",
    )
    with gr.Row():
        undo = gr.Button("Undo click", size="sm", min_width=90)
        restart = gr.Button("Start over", size="sm", min_width=90)
    return outline, meaning, undo, restart


def _view(label: str, name: str) -> Any:
    return gr.Image(
        label=label,
        interactive=False,
        format="jpeg",
        buttons=["fullscreen"],
        min_width=280,
        elem_id=name,
        alt_text=label,
    )
