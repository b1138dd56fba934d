"""``funcorr simulate``: a task in physics on the pairs of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from funcorr.errors import UserError


def simulate(
    bench: Annotated[Path, tyro.conf.Positional],
    model: tuple[str, ...],
    task: str,
    out: Path,
    assets: Path | None = None,
    seed: int = 0,
    workers: int = 1,
    engine: Literal["processes", "ray"] = "processes",
    overwrite: bool = False,
) -> None:
    """Carry a demonstrated action to another object and see in physics whether it works.

    Writes config.json, poses/, oracle/, trials/, results.json, table.md, table.csv and report.md
    with pictures of the best and worst trials; a stopped run continues where it was. The rows
    oracle and chance stand beside every model.

    Args:
        bench: the benchmark folder, with depth where a model is asked (funcorr pairs --depth).
        model: rows of 'funcorr models', model folders or hub ids; box; oracle or chance alone. For
            the task grasp one affordance model.
        task: lift, pour, hang, pound or press; or grasp: lift where an affordance model says hold.
        out: the run folder.
        assets: the folder of the assets that the benchmark's pairs name; by default NAME-assets
            beside the benchmark NAME, NAME-exact or NAME-sensor.
        seed: of chance and of the robot's small errors.
        workers: processes that simulate.
        engine: processes on this machine, or the Ray cluster of RAY_ADDRESS.
        overwrite: discard what another configuration left in the run folder.
    """
    from funcorr.simulation.grasp_run import simulate_grasps
    from funcorr.simulation.run import simulate as run_task

    if task == "grasp":
        if len(model) != 1:
            raise UserError(f"grasp takes one affordance model, got {', '.join(model)}")
        simulate_grasps(bench, model[0], out, assets, seed, overwrite)
    else:
        run_task(bench, model, task, out, assets, seed, workers, engine, overwrite)
    print((out / "table.md").read_text(encoding="utf-8"), end="")
    for name in ("results.json", "table.md", "table.csv", "report.md"):
        if (out / name).exists():
            print(out / name)
