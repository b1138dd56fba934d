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
