"""Tries of one action: three times with small errors of the robot, two must succeed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from funcorr.errors import UserError
from funcorr.simulation.body import Body
from funcorr.simulation.task import Action, Measures, Task, Watch

TRIES = 3
NEEDED = 2
SHIFT = 0.001
"""Metres by which a try is off, in a random direction."""

TURN = 1.0
"""Degrees by which it is off, about a random axis."""


@dataclass(frozen=True)
class Outcome:
    """What became of an action.

    Attributes:
        success: :data:`NEEDED` of :data:`TRIES` tries kept all criteria.
        failure: the criterion that the last failed try broke, or "".
        measures: of the last try.
        tries: how many were made; no more than settle the matter.
    """

    success: bool
    failure: str = ""
    measures: Measures = field(default_factory=dict)
    tries: int = 0


def tried(
    task: Task,
    body: Body,
    function: str,
    action: Action,
    seed: Sequence[int] = (0,),
    watch: Watch | None = None,
) -> Outcome:
    """Try an action on a body; the same seed gives the same outcome.

    Args:
        task: what is tried.
        body: the object.
        function: whose part is to be used.
        action: in the object's normalised coordinates.
        seed: of the errors, see :data:`SHIFT` and :data:`TURN`.
        watch: is shown every try.

    Raises:
        UserError: the object does not have the function.
    """
    if function not in body.asset.frames:
        raise UserError(f"{body.asset.id} has no functional frame for {function!r}")
    failures: list[str] = []
    for number in range(TRIES):
        rng = np.random.default_rng([*seed, number])
        measures = task.attempt(body, function, _disturbed(action, body.length, rng), watch)
        failures.append(task.failure(measures))
        good = failures.count("")
        if NEEDED in (good, len(failures) - good):
            break
    broken = next((each for each in reversed(failures) if each), "")
    return Outcome(good >= NEEDED, "" if good >= NEEDED else broken, measures, len(failures))


@lru_cache(maxsize=512)
def demonstrated(task: Task, body: Body, function: str) -> Action | None:
    """The first of a task's demonstrations that works on an object, in its coordinates."""
    for demonstration in task.demonstrations:
        action = demonstration.carried(body.asset.frames[function].matrix)
        if tried(task, body, function, action).success:
            return action
    return None


def _disturbed(action: Action, length: float, rng: np.random.Generator) -> Action:
    from scipy.spatial.transform import Rotation

    axis, shift = (each / np.linalg.norm(each) for each in rng.standard_normal((2, 3)))
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(np.radians(TURN) * axis).as_matrix() @ action.rotation
    pose[:3, 3] = action.origin + SHIFT / length * shift
    return Action(pose, action.opening)
