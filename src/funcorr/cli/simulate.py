"""``funcorr simulate``: a task in physics on the pairs of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def simulate(
    bench: Annotated[Path, tyro.conf.Positional],
    assets: Path,
    model: str,
    task: str,
    out: Path,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Carry a demonstrated action to another object and see in physics whether it works.

    Writes config.json, trials/, results.json, table.md and table.csv; a stopped run continues
    where it was. The rows oracle and chance stand beside the model.

    Args:
        bench: the benchmark folder, with depth where a model is asked (funcorr pairs --depth).
        assets: the folder of the assets that the benchmark's pairs name.
        model: a row of 'funcorr models', a model folder or a hub id; oracle or chance alone.
        task: lift, pour, hang, pound or press.
        out: the run folder.
        seed: of chance and of the robot's small errors.
        overwrite: discard what another configuration left in the run folder.
    """
    from funcorr.simulation.run import simulate as run_task

    run_task(bench, assets, model, task, out, seed, overwrite)
    print((out / "table.md").read_text(encoding="utf-8"), end="")
    for name in ("results.json", "table.md", "table.csv"):
        print(out / name)
