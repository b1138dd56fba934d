"""``funcorr evaluate``: one model on one benchmark, of correspondence or of affordance."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

HEATMAPS = ("agd20k", "cross-view-ag-journal", "wsag-plsp")


def evaluate(
    bench: Annotated[Path, tyro.conf.Positional],
    model: str,
    out: Path,
    overwrite: bool = False,
    protocol: Literal[
        "paper", "released-code", "agd20k", "cross-view-ag-journal", "wsag-plsp"
    ] = "paper",
    split: str = "Seen",
    one_shot: Path | None = None,
) -> None:
    """Score a model on every image pair of a benchmark, or on affordance heatmaps.

    Writes config.json, predictions/, results.json, table.md and table.csv; a stopped run continues
    where it was. Heatmaps get a report with the worst pictures too (failures.md).

    Args:
        bench: the benchmark folder; for heatmaps the folder with Seen and Unseen.
        model: a row of 'funcorr models', a model folder or a hub id; for heatmaps an affordance
            model, chance or mean-map.
        out: the run folder.
        overwrite: discard what another configuration left in the run folder: results of another
            protocol, and predictions only where the model or the benchmark is another.
        protocol: of correspondence: the paper's definitions of label transfer, or those of its
            released code. Of affordance heatmaps: agd20k (as LOCATE and OOAL score), or the
            variants of Cross-View-AG's journal version or of WSAG-PLSP.
        split: of the affordance set: Seen, Unseen, affordance-llm-easy or affordance-llm-hard.
        one_shot: folder of annotated training pictures; heatmaps are then also scored with their
            background calibrated on them.
    """
    from funcorr.benchmark.table import markdown, result_rows

    if protocol in HEATMAPS:
        from funcorr.benchmark.affordance.evaluate import evaluate_affordance
        from funcorr.benchmark.affordance.evaluate import result_rows as heatmap_rows
        from funcorr.benchmark.affordance.failures import write_failures

        results = evaluate_affordance(bench, model, out, split, protocol, one_shot, overwrite)
        for sample, value in results.get("constant_truths", {}).items():
            print(f"hint: the heatmap of {sample} is {value:g} everywhere", file=sys.stderr)
        print(write_failures(bench, split, out))
        rows: Mapping[str, Any] = heatmap_rows(results)
    else:
        from funcorr.benchmark.evaluate import evaluate as evaluate_pairs

        results = evaluate_pairs(bench, model, out, overwrite, protocol)
        rows = result_rows(results)
    print(markdown(rows, first_column=results["model"]), end="")
    for name in ("results.json", "table.md", "table.csv"):
        print(out / name)
