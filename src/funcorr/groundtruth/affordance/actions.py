"""Actions of forge objects: which parts of an object are where an action takes place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from funcorr.functions import default_functions

VERBS = {"apply-torque-with": "turn"}
"""Functions whose plain verb is not their name without the preposition."""

GRIPS = (
    ("handle", "grip"),
    ("shank", "spine", "stem"),
    ("body", "barrel", "bark"),
    ("rim", "wall", "shoulder", "plate", "surface"),
)
"""Where one holds an object: its parts from the first of these groups that it has any of."""

DRUNK_FROM = ("mug", "cup", "glass", "bottle", "can", "bowl")
MOUTHS = ("rim", "opening")
LIDS = ("lid", "cap", "tab", "gate")
HOLLOWS = ("inside", "opening")

NEW_ACTIONS = ("peel", "spread", "turn", "wedge")
"""Actions that are tested but never trained: in the forge few base objects or none have them."""


def verb(function: str) -> str:
    """The action that a function stands for.

    Example:
        >>> verb("pour-with"), verb("pick-up-with"), verb("apply-torque-with")
        ('pour', 'pick-up', 'turn')
    """
    return VERBS.get(function) or function.removesuffix("-with").removesuffix("-onto")


def action_parts(
    category: str, functions: Mapping[str, Sequence[str]], part_names: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The parts that serve each action of an object.

    Every function of the paper gives its verb with its own parts. Four plain verbs follow from the
    parts' names: ``hold`` (grip, see :data:`GRIPS`), ``open`` (lids, caps, gates), ``fill`` (the
    hollow inside) and, for what one drinks from, ``drink`` (the mouth).

    Example:
        >>> action_parts("mug", {"pour-with": ("rim",)}, ("body", "handle", "inside", "rim"))
        {'pour': ('rim',), 'hold': ('handle',), 'fill': ('inside',), 'drink': ('rim',)}
    """
    names = tuple(part_names)

    def present(group: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in group)

    grip = next((found for group in GRIPS if (found := present(group))), ())
    plain = {"hold": grip, "open": present(LIDS), "fill": present(HOLLOWS)}
    if category in DRUNK_FROM:
        plain["drink"] = present(MOUTHS)
    served = {verb(name): tuple(functions[name]) for name in default_functions(functions)}
    return {action: parts for action, parts in {**served, **plain}.items() if parts}
