"""The tasks by name."""

from __future__ import annotations

from funcorr.errors import UserError
from funcorr.simulation.hang import HANG
from funcorr.simulation.lift import LIFT
from funcorr.simulation.pour import POUR
from funcorr.simulation.strike import POUND, PRESS
from funcorr.simulation.task import Task

TASKS = {task.name: task for task in (LIFT, POUR, HANG, POUND, PRESS)}


def task_named(name: str) -> Task:
    """One of :data:`TASKS`.

    Raises:
        UserError: no such task.
    """
    if name not in TASKS:
        raise UserError(f"unknown task {name!r}; expected one of {', '.join(TASKS)}")
    return TASKS[name]
