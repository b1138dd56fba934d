"""The report of a run: its table, and frames of the best and worst trials of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from funcorr.io import atomic_path
from funcorr.simulation.directed import Directed
from funcorr.simulation.jobs import as_similarity, bodies, carried, guessed, truth
from funcorr.simulation.pictures import Film, sheet
from funcorr.simulation.predicted_poses import read_poses
from funcorr.simulation.task import Task

SHOWN = 2
"""Successes, and failures, that are shown of every row."""

UNSEEN = ("", "refused", "demonstration")
"""Failures without a trial."""

Trial = tuple[Directed, Mapping[str, Any]]
"""A directed pair, and its outcome by row."""


def write_report(task: Task, assets: Path, out: Path, seed: int, trials: Sequence[Trial]) -> None:
    """Write ``report.md`` and ``sheets/ROW.png``.

    Of every row the successes and the failures come first that it was surest of.

    Args:
        task: what was tried.
        assets: the folder of the assets.
        out: the run folder, with its ``table.md`` and ``poses/``.
        seed: of the run.
        trials: all of them.
    """
    lines = [f"# {task.name}", "", (out / "table.md").read_text(encoding="utf-8")]
    for row in dict.fromkeys(row for _, rows in trials for row in rows):
        shown = _shown(trials, row)
        if shown:
            name = f"sheets/{quote(row, safe='+')}.png"
            strips = [_strip(task, assets, out, seed, each, row) for each in shown]
            with atomic_path(out / name) as path:
                sheet(strips).save(path, "PNG")
            lines += [f"## {row}", "", f"![{row}]({quote(name)})", ""]
    with atomic_path(out / "report.md") as path:
        path.write_text("\n".join(lines), encoding="utf-8")


def _shown(trials: Sequence[Trial], row: str) -> list[Trial]:
    """The best, then the worst."""
    asked = [each for each in trials if row in each[1]]
    asked.sort(key=lambda each: -each[1][row].get("confidence", 0.0))
    good = [each for each in asked if each[1][row]["success"]]
    bad = [each for each in asked if each[1][row]["failure"] not in UNSEEN]
    return good[:SHOWN] + bad[:SHOWN]


def _strip(task: Task, assets: Path, out: Path, seed: int, trial: Trial, row: str) -> Any:
    """The trial again, watched."""
    directed, rows = trial
    a, b = bodies(assets, directed.objects)
    similarity, seeds = guessed(a, b, directed, seed)
    if row == "oracle":
        similarity, seeds = truth(a, b, directed.objects, seed)
    elif row != "chance":
        [found] = read_poses(out / "poses", [row], directed).values()
        similarity = as_similarity(found["pose"])
    film = Film()
    carried(task, a, b, directed.objects[0], similarity, seeds, film)
    function, *names = directed.objects
    outcome = rows[row]
    what = "success" if outcome["success"] else f"failed: {outcome['failure']}"
    value = outcome["measures"].get(outcome["failure"])
    size = "" if value is None else f" = {value:.3g}"
    sure = f", confidence {outcome['confidence']:.2f}" if "confidence" in outcome else ""
    return film.strip(function, f"{function}: {names[0]} to {names[1]}, {what}{size}{sure}")
