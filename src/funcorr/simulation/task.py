"""What a task is: where it is demonstrated, how it is tried, and what counts as success."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.geometry.rotations import nearest_rotations
from funcorr.simulation.body import Body
from funcorr.simulation.scene import Scene

Measures = dict[str, float]
Watch = Callable[[Scene], None]


@dataclass(frozen=True)
class Criterion:
    """A limit that a measure of a trial has to keep.

    Attributes:
        measure: its name.
        at_least: lowest value that is a success.
        at_most: highest value that is a success.
    """

    measure: str
    at_least: float = -np.inf
    at_most: float = np.inf

    def holds(self, measures: Mapping[str, float]) -> bool:
        """Whether the measure was taken and keeps the limit."""
        return self.at_least <= measures.get(self.measure, np.nan) <= self.at_most


@dataclass(frozen=True, eq=False)
class Action:
    """What is demonstrated on an object: a pose of the tool, and how wide a gripper is open.

    Attributes:
        pose: 4 x 4, from the tool's coordinates to those of the object; the tool's unit and
            handedness are the task's.
        opening: of the jaws in metres.
    """

    pose: Float[np.ndarray, "4 4"]
    opening: float = 0.08

    @property
    def origin(self) -> Float[np.ndarray, "3"]:
        """Of the tool."""
        return self.pose[:3, 3]

    @property
    def rotation(self) -> Float[np.ndarray, "3 3"]:
        """The nearest rotation to the pose's linear part."""
        return nearest_rotations(self.pose[:3, :3])

    def carried(self, similarity: Float[np.ndarray, "4 4"]) -> Action:
        """The action on another object."""
        return Action(similarity @ self.pose, self.opening)


Attempt = Callable[[Body, str, Action, Watch | None], Measures]
"""Body, function, action in the body's normalised coordinates, watcher -> measures.

An attempt that cannot go on returns the measures it has; what is missing is no success.
"""


@dataclass(frozen=True)
class Task:
    """A task in physics.

    Attributes:
        name: ``"lift"``.
        functions: which functions it can be tried on; all where empty.
        demonstrations: in functional frames (unit: the frame's size), the first that works is
            taken.
        criteria: all must hold, in the order in which a failure is named.
        attempt: one trial.
    """

    name: str
    functions: tuple[str, ...]
    demonstrations: tuple[Action, ...]
    criteria: tuple[Criterion, ...]
    attempt: Attempt

    def failure(self, measures: Mapping[str, float]) -> str:
        """The first measure that was taken and is off limits, or that is missing; or nothing."""
        broken = [each.measure for each in self.criteria if not each.holds(measures)]
        taken = [name for name in broken if name in measures]
        return (taken or broken or [""])[0]


def along(origin: tuple[float, float, float], opening: float = 0.08, **directions: Any) -> Action:
    """An action at a point of a functional frame, with two directions of the tool's axes."""
    from funcorr.functions.frames import FunctionalFrame

    return Action(FunctionalFrame.along(origin, 1.0, **directions).matrix, opening)
