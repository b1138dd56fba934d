"""``funcorr annotate``: pages in the browser on which a person says what no model knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def alignments(
    assets: Annotated[Path, tyro.conf.Positional],
    function: str,
    out: Path = Path("alignments.json"),
    count: int = 50,
    across: float = 0.85,
    seed: int = 0,
    author: str = "",
    port: int = 8080,
) -> None:
    """Bring pairs of objects together in 3D, for the ground truth of a benchmark.

    Opens a page for this machine alone. Every change is saved at once, so it can be stopped and
    taken up again; a finished file can be opened to correct it.

    Args:
        assets: folder of the collection.
        function: what the objects are aligned for, such as pour-with.
        out: the alignment file, new or old.
        count: pairs in the queue.
        across: share of pairs of two categories.
        seed: of the draw of pairs.
        author: who is said to have aligned them.
        port: of the page.
    """
    from funcorr.app.alignments.serve import AnnotateConfig, annotate

    annotate(assets, function, out, AnnotateConfig(count, across, seed, author, port))


def affordance(
    images: Annotated[tuple[Path, ...], tyro.conf.Positional],
    actions: tuple[str, ...],
    out: Path = Path("one-shot"),
    port: int = 8081,
) -> None:
    """Click where actions take place, for the one-shot training of the affordance model.

    Opens a page for this machine alone. Every click is saved at once, so it can be stopped and
    taken up again.

    Args:
        images: image files, or folders of them.
        actions: what can be marked, for instance pour hold.
        out: folder of the examples, new or begun earlier.
        port: of the page; 0 takes a free one.
    """
    from funcorr.app.folder import upload_folder
    from funcorr.app.locks import locked
    from funcorr.app.server import ServerConfig, serve

    with locked(out), upload_folder() as folder:
        from funcorr.app.affordance_annotator import AffordanceAnnotation
        from funcorr.app.affordance_page import build_affordance_page

        work = AffordanceAnnotation(images, actions, out)
        serve(build_affordance_page(work), folder, ServerConfig(port))
