"""AGD20K, and every set in its layout: pictures in folders by action and object, heatmaps beside.

``ROOT/<split>/testset/egocentric/<action>/<object>/<stem>.jpg`` with its ground truth in
``ROOT/<split>/testset/GT/<action>/<object>/<stem>.png`` (grey, the picture's own size). The data
itself is not part of funcorr; its authors give it out on the page of their repository.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float32

from funcorr.affordance.data.action_names import object_words
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import read_frame, read_heatmap

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")

NOVEL_OBJECTS: tuple[str, ...] = (
    *("axe", "banana", "basketball", "bed", "bicycle", "broccoli", "camera", "cup", "golf clubs"),
    *("knife", "laptop", "refrigerator", "skis", "soccer ball"),
)
"""The 14 objects of the Unseen test set; AffordanceLLM's easy split holds them out too."""

AFFORDANCE_LLM: dict[str, Literal["easy", "hard"]] = {
    "affordance-llm-easy": "easy",
    "affordance-llm-hard": "hard",
}
"""Names of AffordanceLLM's splits of AGD20K -> :func:`affordance_llm_split`."""

FIRST_HARD = "javelin"
"""AffordanceLLM's hard split holds out the objects from here on by alphabet, 22 of 50."""


@dataclass(frozen=True)
class LabelledPicture:
    """A picture in the folder of an action and an object.

    Attributes:
        image: its file.
        action: canonical, ``"cut-with"``.
        object: plain words, ``"cell phone"``.
        heatmap: the file of the ground truth.
    """

    image: Path
    action: str
    object: str
    heatmap: Path

    @property
    def id(self) -> str:
        """``action/object/stem``, unique within a split."""
        return f"{self.action}/{self.object}/{self.image.stem}"

    @cached_property
    def photograph(self) -> tuple[str, str, str]:
        """Object, file name and a hash of the content: the same for a photograph under any action.

        The name alone does not tell, for a set may number the pictures of each action anew.
        """
        return self.object, self.image.name, hashlib.sha256(self.image.read_bytes()).hexdigest()

    def truth(self) -> Float32[np.ndarray, "h w"]:
        """The ground truth, see :func:`funcorr.images.read_heatmap`.

        Raises:
            UserError: it cannot be read, or has another size than its picture.
        """
        return read_heatmap(self.heatmap, read_frame(self.image))


def read_agd20k(root: str | Path, split: str) -> list[LabelledPicture]:
    """The test samples of a split, sorted by action, object and file name.

    A picture without a heatmap does not count (AGD20K has some). The same photograph may stand
    under several actions; each is a sample.

    Args:
        root: the folder that holds the splits.
        split: ``"Seen"`` or ``"Unseen"``, or what other folders there are; a key of
            :data:`AFFORDANCE_LLM` takes the test half of that split of ``"Seen"``.

    Raises:
        UserError: a folder is missing (says which), or no picture has a heatmap.
    """
    if split in AFFORDANCE_LLM:
        return affordance_llm_split(read_agd20k(root, "Seen"), AFFORDANCE_LLM[split])[1]
    base = _split_folder(root, split) / "testset"
    pictures, truths = _existing(base / "egocentric"), _existing(base / "GT")
    files = sorted(p for p in pictures.glob("*/*/*") if p.suffix.lower() in IMAGE_SUFFIXES)
    found = [
        _labelled(file, truth)
        for file in files
        if (truth := _truth(file, pictures, truths)).is_file()
    ]
    if not found:
        raise UserError(
            f"{truths} holds no heatmap of a picture in {pictures}; expected "
            "<action>/<object>/<stem>.png for <action>/<object>/<stem>.jpg"
        )
    return found


def affordance_llm_split(
    samples: Sequence[LabelledPicture], name: Literal["easy", "hard"]
) -> tuple[list[LabelledPicture], list[LabelledPicture]]:
    """AffordanceLLM's split of AGD20K's Seen test set into densely labelled training and test.

    ``easy`` holds out the objects of AGD20K's Unseen split, ``hard`` the objects from ``javelin``
    on in alphabetical order. Test pictures whose file name also occurs in training are left out.

    Args:
        samples: what :func:`read_agd20k` gives for ``"Seen"``.
        name: which split.

    Returns:
        Training and test samples.

    Raises:
        UserError: one half of the split is empty.
    """
    held_out = {
        each.object
        for each in samples
        if (each.object in NOVEL_OBJECTS if name == "easy" else each.object >= FIRST_HARD)
    }
    train = [each for each in samples if each.object not in held_out]
    known = {each.image.name for each in train}
    test = [each for each in samples if each.object in held_out and each.image.name not in known]
    if not train or not test:
        raise UserError(f"the {name} split of these {len(samples)} samples has an empty half")
    return train, test


def _split_folder(root: str | Path, split: str) -> Path:
    folder = _existing(Path(root))
    if not (folder / split).is_dir():
        found = sorted(path.parent.name for path in folder.glob("*/testset"))
        has = ", ".join(found) or "no folder with a testset"
        raise UserError(f"{folder} has no split {split!r}; it has {has}")
    return folder / split


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; expected AGD20K's layout below its root")
    return folder


def _truth(image: Path, pictures: Path, truths: Path) -> Path:
    return truths / image.relative_to(pictures).with_suffix(".png")


def _labelled(file: Path, truth: Path) -> LabelledPicture:
    action, thing = file.parent.parent.name, file.parent.name
    return LabelledPicture(file, check_function(action), object_words(thing), truth)
