"""The ablation of the affordance constraints as one command, resumable run by run.

    funcorr assets agd --out agd
    python benchmarks/affordance_table.py agd --out table --threads 1

Every run that is done stays done; call it again after any stop. ``table.md`` and ``checks.md``
(alignment and retrieval before and after training, curves of the estimated information) are written
from the runs that are there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import torch
import tyro

from funcorr.benchmark.affordance.ablation import AblationConfig, run_ablation
from funcorr.benchmark.affordance.ablation_table import write_ablation
from funcorr.benchmark.affordance.checks_report import write_checks


def main(
    root: Annotated[Path, tyro.conf.Positional],
    out: Path,
    config: Annotated[AblationConfig, tyro.conf.OmitArgPrefixes],
    threads: int = 1,
    only_tables: bool = False,
) -> None:
    """Run what is not done yet and write the table and the checks.

    Args:
        root: a set as ``funcorr assets agd`` makes it.
        out: folder of the runs and of the table.
        config: what is run.
        threads: of torch.
        only_tables: write the tables from the runs that are done and start none.
    """
    torch.set_num_threads(threads)
    if not only_tables:
        run_ablation(root, out, config, lambda line: print(line, file=sys.stderr, flush=True))
    print(write_ablation(root, out, config))
    print(write_checks(root, out, config))


if __name__ == "__main__":
    tyro.cli(main)
