"""``funcorr photographs``: published sets of annotated photographs become benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from funcorr.errors import UserError

if TYPE_CHECKING:
    from funcorr.groundtruth.photographs.known import PhotoSet

Layout = Literal["spair", "pf-willow", "soco", "funkpoint", "umd"]


def photographs(
    src: Annotated[Path, tyro.conf.Positional],
    out: Path,
    layout: Layout,
    split: str | None = None,
    annotations: Path | None = None,
    every: int = 50,
    per_function: int = 500,
    function: str | None = None,
    size: int = 224,
    seed: int = 0,
    name: str | None = None,
) -> None:
    """Make a benchmark of a published set of annotated photographs.

    Sets of keypoints are scored by what a few points can say: label transfer, and PCK in shares of
    the object's box; UMD, which marks parts alone, by the share of matches that stay on the part.
    Where the set has no mask, the object is found in its box. HANDAL's photographs have poses:
    'funcorr scenes --layout handal' reads them.

    Args:
        src: the set's folder as it is published: SPair-71k, PF-dataset, SOCOv1, FunKPoint's folder
            of actions, UMD's folder tools.
        out: the benchmark folder to make.
        layout: which set it is.
        split: of SPair-71k: trn, val or test (which is taken where none is named); of SOCO: cross
            (taken), intra, train or test.
        annotations: folder of pair annotations to take instead of SPair-71k's: that of SPair-U.
        every: of UMD: take one photograph in so many of each tool.
        per_function: pairs of each function at most, drawn at random; 0 takes all.
        function: what models are asked on every pair, instead of what the set says.
        size: side of the pictures, cut around their objects.
        seed: of the draw.
        name: what tables call the benchmark; by default the set's name.
    """
    import numpy as np

    from funcorr.groundtruth.photographs.convert import PhotoConfig, write_photo_set
    from funcorr.groundtruth.photographs.known import Box
    from funcorr.images import Picture
    from funcorr.segmentation import Prompt, find_object

    def find_mask(picture: Picture, box: Box) -> np.ndarray:
        height, width = picture.size
        inside = (max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height))
        return find_object(picture, Prompt(box=inside)).mask

    config = PhotoConfig(size, per_function, function, seed)
    photos = read_set(src, layout, split, annotations, every)
    made, counts = write_photo_set(photos, out, find_mask, config, name)
    for each in made.functions:
        chosen = [pair for pair in made.pairs if pair.function == each]
        within = sum(pair.within for pair in chosen)
        print(f"{each}: {len(chosen)} image pairs, {len(chosen) - within} across categories")
    print(f"{made.path}: {counts}")


def read_set(
    src: Path, layout: Layout, split: str | None, annotations: Path | None, every: int
) -> PhotoSet:
    """What the set's reader makes of the folder.

    Raises:
        UserError: an option belongs to another set, or the folder is not laid out like this one.
    """
    from funcorr.groundtruth.photographs import funkpoint, pf_willow, soco, spair, umd

    if annotations is not None and layout != "spair":
        raise UserError("--annotations is for the layout of SPair-71k")
    if split is not None and layout not in ("spair", "soco"):
        raise UserError(f"the set {layout} has no splits; leave --split out")
    if layout == "spair":
        return spair.read_spair(src, split or "test", annotations)
    if layout == "pf-willow":
        return pf_willow.read_pf_willow(src)
    if layout == "soco":
        return soco.read_soco(src, split or "cross")
    if layout == "funkpoint":
        return funkpoint.read_funkpoint(src)
    return umd.read_umd(src, every)
