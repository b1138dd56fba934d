"""What an object is good for: one rule per function makes its parts and its frame.

A rule says in which directions a function happens, as :mod:`funcorr.functions.frames` does; a kind
of object gives the parts that serve it, the point and the size::

    uses = use("pour scoop", "rim", (0, 0, height), 2 * radius, "axis:z")
    uses |= use("hang", "handle", middle, size, z=BACK, x=UP)

The rules are those of objects as they are made: tools lie along x, the end that works forward and
edges down; vessels stand upright, their lip or spout forward.
"""

from __future__ import annotations

from typing import NamedTuple

from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr_forge.curves import ASIDE, DOWN, FORWARD, UP, Numbers

RULES: dict[str, dict[str, Numbers]] = {
    "pour-with": {"z": UP, "x": FORWARD},
    "sift-with": {"z": UP, "x": FORWARD},
    "scoop-with": {"x": FORWARD, "z": UP},
    "dig-with": {"x": FORWARD, "z": UP},
    "lift-with": {"x": FORWARD, "z": UP},
    "mix-with": {"x": FORWARD, "z": UP},
    "pierce-with": {"x": FORWARD, "z": UP},
    "poke-with": {"x": FORWARD, "z": UP},
    "write-with": {"x": FORWARD, "z": UP},
    "pry-with": {"x": FORWARD, "z": UP},
    "apply-torque-with": {"x": FORWARD, "z": ASIDE},
    "pick-up-with": {"x": FORWARD, "z": ASIDE},
    "cut-with": {"x": FORWARD, "y": UP},
    "spread-with": {"x": FORWARD, "y": UP},
    "peel-with": {"x": FORWARD, "y": UP},
    "scrape-with": {"x": DOWN, "y": FORWARD},
    "wedge-with": {"x": DOWN, "y": FORWARD},
    "pound-with": {"x": DOWN, "y": ASIDE},
    "press-with": {"x": DOWN, "y": ASIDE},
    "hang-onto": {"z": DOWN, "x": FORWARD},
    "pull-with": {"z": FORWARD, "x": DOWN},
    "brush-with": {"z": FORWARD, "x": ASIDE},
    "sweep-with": {"z": FORWARD, "x": ASIDE},
    "roll-onto": {"x": FORWARD, "z": UP},
    "hold-by": {"x": FORWARD, "z": UP},
}
"""Function -> the usual directions of two axes; the first is kept, the other made square to it."""

FUNCTIONS = {name.rpartition("-")[0]: name for name in RULES}
MIDDLE = (0, 0, 0)
BOTH_SIDES = "flip:x+flip:y"
"""Of a flat thing: the half turns about x and y change nothing."""

ENDS_ALIKE = "axis:x+flip:z"
"""Of a bar along x: any turn about it, and the half turn that swaps its ends."""


class Use(NamedTuple):
    """One function of an object: the parts that serve it and the frame it happens in."""

    parts: tuple[str, ...]
    frame: FunctionalFrame


Uses = dict[str, Use]
"""Function -> its use."""


def use(
    functions: str,
    parts: str,
    at: Numbers,
    size: float | int,
    symmetry: str = "none",
    pivot: Numbers | None = None,
    **directions: Numbers,
) -> Uses:
    """What some parts do at one place.

    Args:
        functions: short names with spaces between them: ``"cut"`` is ``cut-with``, ``"hang"``
            ``hang-onto``.
        parts: names with spaces between them.
        at: the point of the function.
        size: length of the functional part.
        symmetry: turns that change nothing, see :class:`FunctionalFrame`.
        pivot: what those turns leave in place; the point itself where None.
        **directions: of axes other than usual; two stand for the rule's two.

    Raises:
        UserError: no such function.

    Example:
        >>> use("cut spread", "blade edge", (5, 0, 1), 10)["spread-with"].parts
        ('blade', 'edge')
    """
    uses = {}
    for short in functions.split():
        if short not in FUNCTIONS:
            raise UserError(f"no function {short!r}; expected one of {', '.join(FUNCTIONS)}")
        name = FUNCTIONS[short]
        axes = directions if len(directions) == 2 else RULES[name] | directions
        frame = FunctionalFrame.along(at, size, symmetry, pivot, **axes)
        uses[name] = Use(tuple(parts.split()), frame)
    return uses


def point_uses(
    functions: str, end: float, reach: float, parts: str = "tip", flat: bool = False
) -> Uses:
    """What a point at (end, 0, 0) does, ``reach`` long, round or with flat sides at +-y."""
    symmetry, side = ("flip:x", ASIDE) if flat else ("axis:x", UP)
    return use(functions, parts, (end, 0, 0), reach, symmetry, x=FORWARD, z=side)


def opening_uses(functions: str, parts: str, z: float, size: float, symmetry: str = "none") -> Uses:
    """What an opening does that looks upwards at height ``z``."""
    return use(functions, parts, (0, 0, z), size, symmetry, z=UP, x=FORWARD)


def roll_along(start: float, stop: float, part: str = "body", ends_alike: bool = False) -> Uses:
    """Roll along a round side from ``start`` to ``stop`` on the x axis."""
    symmetry = ENDS_ALIKE if ends_alike else "axis:x"
    return use("roll", part, ((start + stop) / 2, 0, 0), stop - start, symmetry)


def roll_upright(low: float, high: float) -> Uses:
    """Roll along the body's side from ``low`` to ``high``; the mouth is above."""
    return use("roll", "body", (0, 0, (low + high) / 2), high - low, "axis:x", x=UP, z=FORWARD)


def side_blow(parts: str, x: float, radius: float, middle: float | None = None) -> Uses:
    """Pound with any side of a bar at ``x``; its ends are alike about ``middle``."""
    pivot = (x if middle is None else middle, 0, 0)
    symmetry = "axis:z" if middle is None else "axis:z+flip:x"
    return use("pound", parts, (x, 0, -radius), 2 * radius, symmetry, pivot)


def end_uses(functions: str, x: float, radius: float, middle: float | None = None) -> Uses:
    """What the flat end at ``x`` does forwards, or the other one, alike about ``middle``."""
    pivot = None if middle is None else (middle, 0, 0)
    symmetry = "axis:x" if middle is None else ENDS_ALIKE
    return use(functions, "end", (x, 0, 0), 2 * radius, symmetry, pivot, x=FORWARD, y=ASIDE)


def end_blow(x: float, size: float) -> Uses:
    """Pound with the end of a block at ``x`` or with the other one."""
    return use("pound", "end", (x, 0, 0), size, "flip:x+flip:z", MIDDLE, x=FORWARD)


def lift_over(parts: str, x: float, z: float, width: float, symmetry: str) -> Uses:
    """Lift with the edge at (x, 0, z); turns about the middle bring other edges there."""
    return use("lift", parts, (x, 0, z), width, symmetry, MIDDLE)


def press_down(z: float, size: float, symmetry: str, parts: str = "base") -> Uses:
    """Press with the side at height ``z``; the turns are about the middle of the object."""
    return use("press", parts, (0, 0, z), size, symmetry, MIDDLE)
