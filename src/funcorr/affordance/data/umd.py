"""The UMD part affordance data set: tools on a turntable, an affordance per pixel.

``ROOT/tools/<tool>_<NN>/<stem>_rgb.jpg`` with ``<stem>_label.mat`` (MATLAB, ``gt_label`` H x W with
values 0 to 7), and the lists ``category_split.txt`` (instances) and ``novel_split.txt`` (whole
categories) with a 1 (training) or 2 (test) before each tool. The data is not part of funcorr.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool
from PIL import Image

from funcorr.affordance.data.action_names import object_words
from funcorr.errors import UserError

AFFORDANCES: tuple[str, ...] = (
    *("grasp", "cut", "scoop", "contain", "pound", "support", "wrap-grasp"),
)
"""Label value minus one -> affordance; 0 is background."""

_LISTS = {"category": "category_split.txt", "novel": "novel_split.txt"}


@dataclass(frozen=True)
class ToolPicture:
    """One labelled picture of a tool.

    Attributes:
        image: the colour picture.
        labels: its ``_label.mat`` (or a ``_label.png`` with the same values).
        tool: the category in plain words, ``"turner"``.
    """

    image: Path
    labels: Path
    tool: str

    def masks(self, ladle_scoops: bool = False) -> dict[str, Bool[np.ndarray, "h w"]]:
        """Affordance -> H x W pixels; only those that occur.

        Args:
            ladle_scoops: count what a ladle contains as scoop, as AffCorrs and OOAL do.

        Raises:
            UserError: the labels cannot be read, or hold other values than 0 to 7.
        """
        values = _read_labels(self.labels)
        if ladle_scoops and self.tool == "ladle":
            contain, scoop = AFFORDANCES.index("contain") + 1, AFFORDANCES.index("scoop") + 1
            values = np.where(values == contain, scoop, values)
        return {
            name: values == number
            for number, name in enumerate(AFFORDANCES, start=1)
            if (values == number).any()
        }


def read_umd(
    root: str | Path,
    split: Literal["category", "novel"] = "category",
    part: Literal["train", "test"] = "test",
    step: int = 1,
) -> list[ToolPicture]:
    """Pictures of one half of a split, sorted.

    Args:
        root: the folder that holds ``tools``.
        split: by instance within categories, or by category.
        part: which half.
        step: take every n-th picture of a tool; people labelled every third, and labels between
            them are interpolated.

    Raises:
        UserError: a folder or list is missing, a list names nothing, or ``step`` is below 1.
    """
    if step < 1:
        raise UserError(f"a step of {step} pictures; expected 1 or more")
    root = Path(root)
    if not (root / "tools").is_dir():
        raise UserError(f"no such folder: {root / 'tools'}; expected UMD's tools in it")
    tools = _listed(root / _LISTS[split], 1 if part == "train" else 2)
    found = [each for tool in tools for each in _pictures(root / "tools" / tool)[::step]]
    if not found:
        raise UserError(f"{root / 'tools'} holds no labelled picture of {split}/{part}")
    return found


def _listed(path: Path, wanted: int) -> list[str]:
    """The tools with this number before them."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(f"cannot read the list {path}; UMD comes with it") from None
    return sorted(
        tool
        for number, tool in re.findall(r"^\s*(\d)\s+(\S+)", text, re.M)
        if int(number) == wanted
    )


def _pictures(folder: Path) -> list[ToolPicture]:
    tool = object_words(re.sub(r"_\d+$", "", folder.name))
    pairs = (
        (image, image.with_name(image.name.replace("_rgb.jpg", suffix)))
        for image in sorted(folder.glob("*_rgb.jpg"))
        for suffix in ("_label.mat", "_label.png")
    )
    return [ToolPicture(image, labels, tool) for image, labels in pairs if labels.is_file()]


def _read_labels(path: Path) -> np.ndarray:
    from scipy.io import loadmat

    try:
        if path.suffix == ".mat":
            values = np.asarray(loadmat(path, variable_names=["gt_label"])["gt_label"])
        else:
            with Image.open(path) as image:
                values = np.asarray(image)
        if values.ndim != 2 or not np.isin(values, range(len(AFFORDANCES) + 1)).all():
            raise ValueError(values.shape)
    except Exception as error:  # scipy's reader raises many kinds on a broken file
        raise UserError(
            f"{path} is not a label map of UMD: expected H x W values from 0 to 7 "
            f"({type(error).__name__})"
        ) from None
    return values
