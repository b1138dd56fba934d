"""``funcorr scenes``: photographs with known poses become a multi-view dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def scenes(
    src: Annotated[Path, tyro.conf.Positional],
    out: Path,
    layout: Literal["bop", "handal"] = "bop",
    split: str = "test",
    every: int = 1,
    categories: Path | None = None,
    assets: Path | None = None,
    license: str = "NOASSERTION",
) -> None:
    """Write photographs of known objects as a multi-view dataset, for ground truth on real images.

    Needed of each image: intrinsics, pose and mesh of the object, and a mask of what is seen of it.
    Then align the objects (funcorr annotate) and make pairs (funcorr pairs --alignments).

    Args:
        src: the scenes: a dataset in BOP's layout, or the folder of HANDAL's categories.
        out: folder of the dataset to make; objects that are there already are kept.
        layout: how the scenes are laid out.
        split: which folder of scenes to take.
        every: take one image in so many of each scene; neighbours in a film are alike.
        categories: JSON file with the categories of objects: of BOP's layout, which names none,
            {"1": "hammer"}; of HANDAL's, by folder, {"utensils": {"1": "fork"}}.
        assets: folder for the objects as assets, which the alignment annotator opens.
        license: SPDX identifier of a BOP dataset's images and models.
    """
    from funcorr.errors import UserError
    from funcorr.groundtruth.scenes.bop import read_bop
    from funcorr.groundtruth.scenes.convert import write_scenes
    from funcorr.groundtruth.scenes.handal import read_categories, read_handal
    from funcorr.io import read_json

    if layout == "handal":
        if license != "NOASSERTION":
            raise UserError("HANDAL has its own licence; --license is for BOP's layout")
        kinds = read_categories(categories) if categories else None
        objects, photographs = read_handal(src, split, every, kinds)
    else:
        names = {} if categories is None else read_json(categories, "table of categories")
        if not (isinstance(names, dict) and all(isinstance(n, str) for n in names.values())):
            raise UserError(f'{categories} is not a table such as {{"1": "hammer"}}')
        objects, photographs = read_bop(
            src, split, every, lambda number: str(names.get(str(number), "object")), license=license
        )
    counts = write_scenes(objects, photographs, out, assets)
    for name, count in counts.views.items():
        print(f"{name}: {count} views")
    print(f"{out}: {counts}")
