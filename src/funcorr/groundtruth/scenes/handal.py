"""Scenes of the HANDAL dataset: a folder in BOP's layout per category, JPEG images.

``ROOT/handal_dataset_hammers/`` holds ``models/`` and the splits ``train``, ``test`` and
``dynamic``. HANDAL is under CC-BY-NC-SA-4.0. The paper mended some scans by hand first: mugs, pots
and pans are closed in the scan where they are hollow in reality.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.groundtruth.scenes.bop import read_bop
from funcorr.groundtruth.scenes.known import Photograph, SceneObject
from funcorr.io import read_json

PREFIX = "handal_dataset_"
ABOUT = ("HANDAL", "CC-BY-NC-SA-4.0")
"""Its name and license."""

KINDS = {
    "adjustable_wrenches": "adjustable wrench",
    "combinational_wrenches": "combination wrench",
    "fixed_joint_pliers": "fixed joint pliers",
    "hammers": "hammer",
    "ladles": "ladle",
    "locking_pliers": "locking pliers",
    "measuring_cups": "measuring cup",
    "mugs": "mug",
    "power_drills": "power drill",
    "ratchets": "ratchet",
    "screwdrivers": "screwdriver",
    "slip_joint_pliers": "slip joint pliers",
    "spatulas": "spatula",
    "strainers": "strainer",
    "whisks": "whisk",
}
"""The folders of one kind of object, without their prefix. ``utensils`` and ``pots_pans`` hold
several kinds."""

Categories = Mapping[str, Mapping[str, str]]
"""A folder without its prefix -> the number of an object -> its category."""


def read_handal(
    root: Path | str, split: str = "test", every: int = 1, categories: Categories | None = None
) -> tuple[list[SceneObject], list[Photograph]]:
    """The objects and photographs of one split, of all categories that are there.

    Args:
        root: the folder that holds ``handal_dataset_*``, or one of these.
        split: ``"train"``, ``"test"`` or ``"dynamic"``.
        every: take one image in so many of each scene.
        categories: of the objects in folders that hold several kinds; goes before the folder's own.

    Raises:
        UserError: no category folder, an object whose category nothing says, or a file is missing
            or damaged.
    """
    root = Path(root)
    here = [root] if root.name.startswith(PREFIX) else sorted(root.glob(f"{PREFIX}*"))
    folders = [folder for folder in here if (folder / split).is_dir()]
    if not folders:
        raise UserError(f"{root} has no folder {PREFIX}*/{split} of the HANDAL dataset")
    given = categories or {}
    if unknown := sorted({*given} - {folder.name.removeprefix(PREFIX) for folder in folders}):
        raise UserError(
            f"the categories name {unknown[0]!r}, and {root} has no {PREFIX}{unknown[0]}"
        )
    objects: list[SceneObject] = []
    photographs: list[Photograph] = []
    for folder in folders:
        found, taken = read_bop(folder, split, every, category_in(folder.name, given), *ABOUT)
        objects += found
        photographs += taken
    return objects, photographs


def category_in(folder: str, categories: Categories) -> Callable[[int], str]:
    """From the number of an object in a folder to its category.

    Example:
        >>> category_in("handal_dataset_measuring_cups", {})(3)
        'measuring cup'
        >>> category_in("handal_dataset_utensils", {"utensils": {"3": "spoon"}})(3)
        'spoon'
    """
    name = folder.removeprefix(PREFIX)

    def category(number: int) -> str:
        found = categories.get(name, {}).get(str(number)) or KINDS.get(name)
        if found is None:
            raise UserError(
                f"{folder} holds several kinds of objects; name those of its object {number}: "
                f'--categories FILE with {{"{name}": {{"{number}": "CATEGORY", ...}}}}'
            )
        return found

    return category


def read_categories(path: Path | str) -> Categories:
    """Read a table of categories.

    Raises:
        UserError: it cannot be read or is no such table.
    """
    table: Any = read_json(path, "table of categories")
    folders = table.values() if isinstance(table, dict) else [None]
    if not all(
        isinstance(each, dict) and all(isinstance(name, str) and name for name in each.values())
        for each in folders
    ):
        raise UserError(f'{path} is not a table such as {{"utensils": {{"1": "fork"}}}}')
    return table  # type: ignore[no-any-return]
