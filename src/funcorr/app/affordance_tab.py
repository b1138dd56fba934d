"""The tab that shows where on an object actions take place."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funcorr.app.events import HEAVY, lay_out_examples, on
from funcorr.app.objects import working_copy
from funcorr.app.panels import view_size
from funcorr.app.uploads import image_input, read_upload
from funcorr.app.visit import RecentlyUsed
from funcorr.errors import UserError, require
from funcorr.io import write_json
from funcorr.viz import paint_heatmap

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

ACTIONS = ("pour", "hold", "cut", "drink_with", "open", "lift", "push", "sit_on", "hit", "wash")
"""Offered first; any other verb can be typed."""

MOST_ACTIONS = 12

IMAGES_KEPT = 60
"""Encoded images that are remembered, of all visitors together, about 5 MB each. A visitor may only
name files of their own, see :mod:`funcorr.app.guards`."""

ABSENT = (
    "The affordance model is not part of this installation. `funcorr train affordance` trains one; "
    "`funcorr app --affordance-model FOLDER` shows it here."
)


class AffordanceTab:
    """Handlers of the tab.

    Args:
        load: loads the model; called at the first question.
        folder: where files to download are written.
    """

    def __init__(self, load: Callable[[], Any], folder: Path) -> None:
        self._load, self._folder = load, folder
        self._encoded: RecentlyUsed[str, Any] = RecentlyUsed(IMAGES_KEPT)

    @cached_property
    def model(self) -> Any:
        """The affordance model; it is asked by one visitor after the other."""
        return self._load()

    def predict(
        self, _key: str, path: str | None, actions: Sequence[str] | None
    ) -> tuple[Any, ...]:
        """A picture per action, and the files."""
        if path is None:
            raise UserError("add an image first")
        wanted = list(dict.fromkeys(action.strip().lower() for action in actions or ()))
        if not 0 < len(wanted) <= MOST_ACTIONS:
            raise UserError(f"choose 1 to {MOST_ACTIONS} actions, got {len(wanted)}")
        encoded = self._encoded.get(
            path, lambda: self.model.encode(working_copy(read_upload(path)))
        )
        result = self.model.predict(encoded, wanted)
        size = view_size(result.image.shape[:2])
        pictures = [
            (paint_heatmap(result.image, heatmap, size), f"{action}: peak {heatmap.max():.2f}")
            for action, heatmap in zip(result.actions, result.heatmaps, strict=True)
        ]
        return gr.update(value=pictures, visible=True), gr.update(
            value=self._files(result), visible=True
        )

    def _files(self, result: Any) -> list[str]:
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        result.save(folder / "heatmaps.npz")
        result.plot(folder / "overlay.png")
        places = [
            {"action": action, "points": [point._asdict() for point in result.points(action)]}
            for action in result.actions
        ]
        size = list(result.heatmaps.shape[1:])
        report = {"model": result.model, "size": size, "actions": places}
        write_json(folder / "affordance.json", report)
        return [str(folder / name) for name in ("heatmaps.npz", "affordance.json", "overlay.png")]


def build_affordance_tab(tab: AffordanceTab | None, samples: Sequence[str]) -> None:
    """Lay the tab out in the current page and connect it.

    Args:
        tab: its handlers; without a model the tab says so.
        samples: pictures to try.
    """
    if tab is None:
        gr.Markdown(ABSENT, elem_id="no-affordances")
        return
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            upload = image_input(
                label="Image",
                sources=["upload", "clipboard"],
                height=300,
                elem_id="scene-upload",
            )
            actions = gr.Dropdown(
                list(ACTIONS),
                value=["pour", "hold"],
                multiselect=True,
                allow_custom_value=True,
                label="Actions",
                info="Choose several, or type your own and press Enter",
                elem_id="actions",
            )
            button = gr.Button("Show", variant="primary", elem_id="show")
            if samples:
                lay_out_examples([[path] for path in samples], [upload])
        with gr.Column(scale=2, min_width=300):
            gallery = gr.Gallery(
                label="Where each action takes place",
                columns=2,
                format="jpeg",
                interactive=False,
                visible=False,
                object_fit="contain",
                buttons=["fullscreen"],
                elem_id="heatmaps",
            )
            files = gr.Files(label="Download", interactive=False, visible=False)
    on(button.click, tab.predict, [upload, actions], [gallery, files], HEAVY)
