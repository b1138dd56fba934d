"""The page of ``funcorr annotate affordance``: an image to click on, actions, and the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funcorr.app.affordance_annotator import AffordanceAnnotation
from funcorr.app.events import LIGHT, READY, on, picture_view, point_input, visitor_key
from funcorr.app.typed_points import parse_point
from funcorr.errors import UserError, require

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

ALONE = {**LIGHT, "concurrency_limit": 1}
"""One change after the other."""


class AffordancePage:
    """Handlers of the page; one browser window at a time works on a folder.

    Args:
        work: what is annotated.
    """

    def __init__(self, work: AffordanceAnnotation) -> None:
        self.work = work
        self.holder: str | None = None

    def show(self, key: str) -> tuple[Any, ...]:
        """Progress, object, actions, picture."""
        self._hold(key)
        work, here = self.work, self.work.here()
        choices = [
            (f"{action} ({len(here[action])})" if action in here else action, action)
            for action in work.actions
        ]
        return (
            f"**{work.progress()}** · {work.images[work.place].name}",
            work.objects[work.stem],
            gr.update(choices=choices, value=work.action),
            work.view(),
        )

    def click(self, key: str, pixel: tuple[int, int], action: str) -> tuple[Any, ...]:
        """A point on the picture."""
        self._hold(key, action)
        self.work.add(*self.work.pixel(*pixel))
        return self.show(key)

    def type(self, key: str, text: str, action: str) -> tuple[Any, ...]:
        """A point in words."""
        self._hold(key, action)
        self.work.add(*parse_point(text))
        return *self.show(key), ""

    def choose(self, key: str, action: str) -> tuple[Any, ...]:
        """Another action."""
        self._hold(key, action)
        return self.show(key)

    def rename(self, key: str, name: str) -> tuple[Any, ...]:
        """What the object is."""
        self._hold(key)
        self.work.rename(name)
        return self.show(key)

    def undo(self, key: str, action: str) -> tuple[Any, ...]:
        """The last point is taken back."""
        self._hold(key, action)
        self.work.undo()
        return self.show(key)

    def clear(self, key: str, action: str) -> tuple[Any, ...]:
        """All points of the action are taken back."""
        self._hold(key, action)
        self.work.clear()
        return self.show(key)

    def forward(self, key: str) -> tuple[Any, ...]:
        """The next image."""
        self._hold(key)
        self.work.move(1)
        return self.show(key)

    def back(self, key: str) -> tuple[Any, ...]:
        """The image before."""
        self._hold(key)
        self.work.move(-1)
        return self.show(key)

    def leave(self, key: str) -> None:
        """The window was closed: another may go on."""
        if self.holder == key:
            self.holder = None

    def _hold(self, key: str, action: str | None = None) -> None:
        """Only one window may work; what it does is about the action that it shows."""
        if self.holder not in (None, key):
            raise UserError(
                "this folder is being annotated in another window; close that one first"
            )
        self.holder = key
        if action is not None:
            if action not in self.work.actions:
                raise UserError(f"{action!r} is not among the actions of this page")
            self.work.action = action


def build_affordance_page(work: AffordanceAnnotation) -> Any:
    """The gradio Blocks of ``funcorr annotate affordance``."""
    page = AffordancePage(work)
    with gr.Blocks(title="funcorr annotate", analytics_enabled=False) as blocks:
        gr.Markdown(
            "# Where does it take place?\nChoose an action and click on the picture; "
            "every click is saved at once.",
            elem_classes="title",
        )
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=300):
                picture = picture_view("picture-outline", "the image to click on")
            with gr.Column(scale=2, min_width=280):
                progress = gr.Markdown(elem_id="progress")
                name = gr.Textbox(label="Object", max_lines=1, elem_id="object")
                action = gr.Radio(list(work.actions), label="Action", elem_id="action")
                typed = point_input("Or type a point")
                with gr.Row():
                    undo = gr.Button("Undo", min_width=100, elem_id="undo")
                    clear = gr.Button("Clear action", min_width=100, elem_id="clear")
                with gr.Row():
                    back = gr.Button("Back", min_width=100, elem_id="back")
                    forward = gr.Button("Next", variant="primary", min_width=100, elem_id="next")
                gr.Markdown(f"Saved in `{work.out}`", elem_classes="status")
        shown = [progress, name, action, picture]
        on(blocks.load, page.show, [], shown, ALONE)
        on(picture.select, page.click, [action], shown, ALONE, click=True)
        on(typed.submit, page.type, [typed, action], [*shown, typed], ALONE)
        on(action.input, page.choose, [action], shown, ALONE)
        on(name.submit, page.rename, [name], shown, ALONE)
        on(undo.click, page.undo, [action], shown, ALONE)
        on(clear.click, page.clear, [action], shown, ALONE)
        on(back.click, page.back, [], shown, ALONE)
        on(forward.click, page.forward, [], shown, ALONE)

        def leave(request: gr.Request) -> None:
            page.leave(visitor_key(request))

        blocks.load(None, js=READY, api_visibility="private")
        blocks.unload(leave)
    return blocks
