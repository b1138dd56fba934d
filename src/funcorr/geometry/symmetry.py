"""Turns that leave a function as it is: ``none``, ``axis:z``, ``flip:y``, or several with ``+``."""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError

AXES = "xyz"
_TURN = r"(?:axis|flip):[xyz]"
_SYMMETRY = re.compile(rf"none|{_TURN}(?:\+{_TURN})*")


def check_symmetry(symmetry: str) -> None:
    """Refuse what is no symmetry.

    Raises:
        UserError: another form, or more than one free axis.
    """
    if not _SYMMETRY.fullmatch(symmetry) or symmetry.count("axis") > 1:
        raise UserError(
            f"unknown symmetry {symmetry!r}; expected none, axis:x|y|z or flip:x|y|z, "
            "or flips and at most one axis joined by +"
        )


def free_axis(symmetry: str) -> str:
    """The axis of free turning, or nothing.

    Example:
        >>> free_axis("flip:z+axis:x"), free_axis("flip:z")
        ('x', '')
    """
    return next((turn[-1] for turn in symmetry.split("+") if turn.startswith("axis")), "")


def flips(symmetry: str) -> list[Float[np.ndarray, "3 3"]]:
    """All products of the half turns, the identity first."""
    turns = [np.eye(3)]
    for half in (each for each in symmetry.split("+") if each.startswith("flip")):
        turns += [turn(half[-1], np.pi) @ each for each in turns]
    return turns


def turn(axis: str, angle: float) -> Float[np.ndarray, "3 3"]:
    """The rotation by ``angle`` radians about one of the axes."""
    i = AXES.index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    matrix = np.eye(3)
    matrix[j, j] = matrix[k, k] = np.cos(angle)
    matrix[k, j], matrix[j, k] = np.sin(angle), -np.sin(angle)
    return matrix


def best_turn(between: Float[np.ndarray, "3 3"], axis: str) -> Float[np.ndarray, "3 3"]:
    """The turn about ``axis`` that maximises ``trace(turn @ between)``."""
    i = AXES.index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    angle = np.arctan2(between[j, k] - between[k, j], between[j, j] + between[k, k])
    return turn(axis, float(angle))
