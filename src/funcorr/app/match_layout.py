"""What lies where on the tab that matches two objects, and which handler answers what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funcorr.app.events import HEAVY, LIGHT, lay_out_examples, on, picture_view, point_input
from funcorr.app.match_tab import MatchTab
from funcorr.app.object_input import lay_out_image
from funcorr.app.panels import MODES
from funcorr.errors import require
from funcorr.functions import load_taxonomy

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")


def build_match_tab(tab: MatchTab, examples: Sequence[Sequence[str]]) -> None:
    """Lay the tab out in the current page and connect it.

    Args:
        tab: its handlers.
        examples: triples of image 1, image 2 and function to try.
    """
    with gr.Row(equal_height=False):
        uploads = [lay_out_image(tab.objects, f"Object {n + 1}", n) for n in range(2)]
    with gr.Row(elem_classes="actions"):
        function = function_input("function")
        button = gr.Button("Match", variant="primary", scale=1, min_width=160, elem_id="match")
    mode, shown = _lay_out_result(tab)
    inputs = [*uploads, function]
    on(button.click, tab.match, [*inputs, mode], shown, HEAVY, scroll=True)
    on(function.input, tab.match_again, [*inputs, mode], shown, HEAVY)
    if examples:
        chosen = lay_out_examples(examples, inputs)
        on(chosen.then, tab.match, [*inputs, mode], shown, HEAVY, scroll=True)


def function_input(name: str) -> Any:
    """A choice of functions, to which any other words can be typed.

    Args:
        name: of the HTML element.
    """
    return gr.Dropdown(
        list(load_taxonomy().functions),
        value="pour-with",
        allow_custom_value=True,
        label="Function",
        info="Choose one or type your own, for instance stir-with",
        scale=4,
        elem_id=name,
    )


def _lay_out_result(tab: MatchTab) -> tuple[Any, list[Any]]:
    """Two pictures to click on, the carried points, and the files.

    Returns:
        The choice of what the pictures show, and what a match fills.
    """
    view = {"show_label": True, "buttons": ["fullscreen"], "min_width": 280}
    with gr.Column(visible=False, elem_id="answer") as box:
        mode = gr.Radio(list(MODES), value=MODES[0], show_label=False, container=False)
        with gr.Row(equal_height=False):
            labels = ("Object 1: click a point", "Object 2: where it lands")
            view1, view2 = (
                picture_view(name, label, label=label, **view)
                for name, label in zip(("view1", "view2"), labels, strict=True)
            )
        points = gr.Markdown(elem_id="points")
        with gr.Row(elem_classes="actions"):
            typed = point_input("Or type a point of object 1", scale=3, min_width=300)
            clear = gr.Button("Clear points", scale=1, min_width=140, elem_id="clear")
            prepare = gr.Button("Prepare files", scale=1, min_width=140, elem_id="prepare")
        files = gr.Files(
            label="Every pixel at full size, as from funcorr match",
            interactive=False,
            visible=False,
            elem_id="files",
        )
    shown = [view1, view2, points]
    on(mode.change, tab.view, [mode], shown, LIGHT)
    on(view1.select, tab.clicked, [mode], shown, LIGHT, click=True)
    on(typed.submit, tab.typed, [typed, mode], [*shown, typed], LIGHT)
    on(clear.click, tab.cleared, [mode], shown, LIGHT)
    on(prepare.click, tab.prepare, [], [files], HEAVY)
    return mode, [box, *shown, files]
