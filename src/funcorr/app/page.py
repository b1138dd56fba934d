"""The page of ``funcorr app``: a tab that matches, a tab that shows affordances."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funcorr.app.affordance_tab import AffordanceTab, build_affordance_tab
from funcorr.app.drag import LISTEN
from funcorr.app.events import READY, visitor_key
from funcorr.app.folder import samples
from funcorr.app.match_layout import build_match_tab
from funcorr.app.match_tab import MatchTab
from funcorr.app.object_input import ObjectInputs
from funcorr.app.objects import Segmenter
from funcorr.app.transfer_layout import build_transfer_tab
from funcorr.app.transfer_tab import TransferTab
from funcorr.app.visit import RecentlyUsed, Visit
from funcorr.correspondence.model import Matcher
from funcorr.errors import require

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is first imported
if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

VISITORS = 40
"""Visitors who are remembered at once, some 30 MB each; the one idle longest is forgotten, whose
next click starts anew."""

EXAMPLES = (
    ("coffee-mug.png", "wine-bottle.png", "pour-with"),
    ("espresso-kettle.png", "soap-bottle.png", "pour-with"),
    ("kitchen-knife.png", "scissors.png", "cut-with"),
    ("spoon.png", "shovel.png", "scoop-with"),
)
"""Pairs of ``samples/``."""

SAMPLE_VIEWS = ("mug", "jug")
"""Folders of ``samples/rgbd``: of the demonstration, and of the other object."""


def build_page(
    model: Matcher,
    folder: Path,
    affordances: Callable[[], Any] | None = None,
    segmenter: Segmenter | None = None,
) -> Any:
    """The gradio Blocks of ``funcorr app``.

    Args:
        model: matches.
        folder: of the uploads, see :func:`funcorr.app.folder.upload_folder`.
        affordances: loads the affordance model, when its tab is first used; None where there is
            no such model.
        segmenter: turns clicks into a mask; by default a random walker.
    """
    visits: RecentlyUsed[str, Visit] = RecentlyUsed(VISITORS)
    views: RecentlyUsed[str, Visit] = RecentlyUsed(VISITORS)
    new_visit = partial(Visit, model, segmenter)
    match_tab = MatchTab(ObjectInputs(new_visit, visits), folder)
    transfer_tab = TransferTab(ObjectInputs(new_visit, views), folder)
    affordance_tab = None if affordances is None else AffordanceTab(affordances, folder)
    with gr.Blocks(title="funcorr", analytics_enabled=False) as page:
        gr.Markdown(
            "# funcorr\nWhich point of that other object does the same job?", elem_classes="title"
        )
        with gr.Tab("Match"):
            build_match_tab(match_tab, examples())
        with gr.Tab("Transfer"):
            build_transfer_tab(transfer_tab, sample_views())
        with gr.Tab("Affordances"):
            build_affordance_tab(affordance_tab, sample_images())

        def leave(request: gr.Request) -> None:
            for kept in (visits, views):
                kept.drop(visitor_key(request))

        page.load(None, js=LISTEN, api_visibility="private")
        page.load(None, js=READY, api_visibility="private")
        page.unload(leave)
    return page


def affordance_loader(name: str, device: str | None = None) -> Callable[[], Any] | None:
    """Loads the named affordance model later; None where it is neither shipped nor a folder."""
    from funcorr.affordance.registry import PACKAGED, load_affordance_model

    shipped = (PACKAGED / name / "config.json").is_file()
    if not shipped and not Path(name).expanduser().is_dir() and name.count("/") != 1:
        return None
    return lambda: load_affordance_model(name, device)


def examples() -> list[tuple[str, str, str]]:
    """Pairs to try, where the samples are at hand."""
    folder = samples()
    if folder is None:
        return []
    return [(str(folder / a), str(folder / b), function) for a, b, function in EXAMPLES]


def sample_views() -> list[Any]:
    """Values of all inputs of the tab in 3D, where the samples are at hand."""
    folder = samples()
    if folder is None:
        return []
    places = [folder / "rgbd" / name for name in SAMPLE_VIEWS]
    names = ("image.png", "depth.png", "camera.json")
    files = [str(place / name) for name in names for place in places]
    return [*files, "", "", str(places[0] / "pour.json"), None, "pour-with"]


def sample_images() -> list[str]:
    """Single pictures to try."""
    return sorted({path for a, b, _ in examples() for path in (a, b)})
