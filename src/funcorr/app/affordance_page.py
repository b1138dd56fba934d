"""The page of ``funcorr annotate affordance``: an image to click on, actions, and the way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from funcorr.app.affordance_annotator import AffordanceAnnotation
from funcorr.app.events import LIGHT, READY, on, picture_view, point_input, visitor_key
from funcorr.errors import UserError, require
from funcorr.images.point_text import parse_point

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

ONE_BY_ONE = {**LIGHT, "concurrency_limit": 1}
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
        return self._do(key, lambda: self.work.add(*self.work.pixel(*pixel)), action)

    def type(self, key: str, text: str, action: str) -> tuple[Any, ...]:
        """A point in words."""
        return *self._do(key, lambda: self.work.add(*parse_point(text)), action), ""

    def choose(self, key: str, action: str) -> tuple[Any, ...]:
        """Another action."""
        return self._do(key, lambda: None, action)

    def rename(self, key: str, name: str) -> tuple[Any, ...]:
        """What the object is."""
        return self._do(key, lambda: self.work.rename(name))

    def undo(self, key: str, action: str) -> tuple[Any, ...]:
        """The last point is taken back."""
        return self._do(key, self.work.undo, action)

    def clear(self, key: str, action: str) -> tuple[Any, ...]:
        """All points of the action are taken back."""
        return self._do(key, self.work.clear, action)

    def forward(self, key: str) -> tuple[Any, ...]:
        """The next image."""
        return self._do(key, lambda: self.work.move(1))

    def back(self, key: str) -> tuple[Any, ...]:
        """The image before."""
        return self._do(key, lambda: self.work.move(-1))

    def leave(self, key: str) -> None:
        """The window was closed: another may go on."""
        if self.holder == key:
            self.holder = None

    def _do(
        self, key: str, change: Callable[[], None], action: str | None = None
    ) -> tuple[Any, ...]:
        """Make a change, about the action that the window shows, and show what came of it."""
        self._hold(key)
        if action is not None:
            if action not in self.work.actions:
                raise UserError(f"{action!r} is not among the actions of this page")
            self.work.action = action
        change()
        return self.show(key)

    def _hold(self, key: str) -> None:
        """Only one window may work."""
        if self.holder not in (None, key):
            raise UserError(
                "this folder is being annotated in another window; close that one first"
            )
        self.holder = key


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
        on(blocks.load, page.show, [], shown, ONE_BY_ONE)
        on(picture.select, page.click, [action], shown, ONE_BY_ONE, click=True)
        on(typed.submit, page.type, [typed, action], [*shown, typed], ONE_BY_ONE)
        on(action.input, page.choose, [action], shown, ONE_BY_ONE)
        on(name.submit, page.rename, [name], shown, ONE_BY_ONE)
        on(undo.click, page.undo, [action], shown, ONE_BY_ONE)
        on(clear.click, page.clear, [action], shown, ONE_BY_ONE)
        on(back.click, page.back, [], shown, ONE_BY_ONE)
        on(forward.click, page.forward, [], shown, ONE_BY_ONE)

        def leave(request: gr.Request) -> None:
            page.leave(visitor_key(request))

        blocks.load(None, js=READY, api_visibility="private")
        blocks.unload(leave)
    return blocks
