"""Success rates with Wilson intervals, as JSON and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.io import atomic_path

CONFIDENCE = 1.959963984540054
"""Standard deviations of a 95 percent interval."""

COLUMNS = ("function", "row", "successes", "trials", "objects", "success", "low", "high")


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 percent interval of a share after Wilson, without continuity correction.

    Example:
        >>> [round(x, 3) for x in wilson(8, 10)]
        [0.49, 0.943]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, CONFIDENCE**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = CONFIDENCE * np.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    half = float(half / (1 + z2 / trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def summarize(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Success per row over the directed pairs that count: those where the oracle succeeds.

    Args:
        records: of directed pairs: ``function``, ``asset1``, ``asset2`` and ``rows``, an outcome
            per row, those of others than the oracle where it succeeds.
    """
    functions = sorted({each["function"] for each in records})
    by_function = {name: [r for r in records if r["function"] == name] for name in functions}
    return {
        "directed_pairs": len(records),
        "overall": _rows(records),
        "per_function": {name: _rows(chosen) for name, chosen in by_function.items()},
    }


def _rows(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    counted = [each for each in records if each["rows"]["oracle"]["success"]]
    return {
        name: _row(records if name == "oracle" else counted, name)
        for name in (counted or records)[0]["rows"]
    }


def _row(records: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    outcomes = [each["rows"][name] for each in records]
    successes = sum(bool(each["success"]) for each in outcomes)
    failures = Counter(each["failure"] for each in outcomes if not each["success"])
    return {
        "successes": successes,
        "trials": len(outcomes),
        "objects": len({(each["asset1"], each["asset2"]) for each in records}),
        "success": successes / len(outcomes) if outcomes else None,
        "interval": list(wilson(successes, len(outcomes))),
        "failures": dict(failures.most_common()),
    }


def write_summary(results: Mapping[str, Any], folder: Path) -> None:
    """Write ``table.md`` and ``table.csv``."""
    lines = [
        _cells(function, row, values)
        for function, rows in {"all": results["overall"], **results["per_function"]}.items()
        for row, values in rows.items()
    ]
    with atomic_path(folder / "table.csv") as path:
        rows = [",".join(cells) for cells in ([*COLUMNS], *lines)]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with atomic_path(folder / "table.md") as path:
        path.write_text(markdown(lines), encoding="utf-8")


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """The table for people; ``lines`` as in ``table.csv``."""
    head = [f"| {' | '.join(COLUMNS)} |", "|---|---|" + "---:|" * (len(COLUMNS) - 2)]
    return "\n".join([*head, *(f"| {' | '.join(cells)} |" for cells in lines)]) + "\n"


def _cells(function: str, row: str, values: Mapping[str, Any]) -> list[str]:
    share = "" if values["success"] is None else f"{values['success']:.3f}"
    low, high = (f"{each:.3f}" for each in values["interval"])
    counts = [str(values[name]) for name in ("successes", "trials", "objects")]
    return [function, row, *counts, share, low, high]
