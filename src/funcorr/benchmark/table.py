"""Tables of results: markdown to read, CSV to compute with."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from funcorr.io import atomic_path

Block = Mapping[str, float | None]

_TITLES = {
    "normalized_distance": "Norm. dist. ↓",
    "pck": "PCK",
    "pck_box": "PCK of the box",
    "best_f1": "Best F1",
    "ap": "AP",
    "part_iou": "Part IoU ↑",
    "part_hits": "On the part ↑",
    "rotation_deg": "Rotation, degrees ↓",
    "translation": "Translation ↓",
    "pose": "Pose",
    "kld": "KLD ↓",
    "sim": "SIM ↑",
    "nss": "NSS ↑",
    "calibrated_kld": "KLD, calibrated ↓",
    "calibrated_sim": "SIM, calibrated ↑",
    "calibrated_nss": "NSS, calibrated ↑",
}


def result_rows(results: Mapping[str, Any]) -> dict[str, Block]:
    """The blocks of ``results.json`` as table rows: overall, within, across, then per function."""
    rows: dict[str, Block] = {name: results[name] for name in ("overall", "within", "across")}
    return rows | dict(results["per_function"])


def write_tables(
    rows: Mapping[str, Block], folder: Path, first_column: str = "pairs", note: str = ""
) -> None:
    """Write ``table.md`` and ``table.csv`` with one line per row.

    Args:
        rows: row name to values; the first row decides the columns.
        folder: where the two files go.
        first_column: title of the column with the names.
        note: a line under ``table.md``.
    """
    for name, text in (
        ("table.md", markdown(rows, first_column) + (f"\n{note}\n" if note else "")),
        ("table.csv", comma_separated(rows, first_column)),
    ):
        with atomic_path(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


def markdown(rows: Mapping[str, Block], first_column: str = "pairs") -> str:
    """A markdown table, three decimals, the best direction as an arrow in each title.

    Example:
        >>> print(markdown({"overall": {"pck@23": 0.5, "ap@23": None}}), end="")
        | pairs | PCK@23 ↑ | AP@23 ↑ |
        |---|---:|---:|
        | overall | 0.500 | - |
    """
    keys = columns(rows)
    lines = [[first_column, *map(title, keys)]]
    lines += [[name, *(number(block[key]) for key in keys)] for name, block in rows.items()]
    return grid(lines)


def grid(lines: Sequence[Sequence[str]], numbers: bool = True) -> str:
    """Cells as a markdown table, the first line its header; numbers stand to the right."""
    ruler = "|---|" + ("---:|" if numbers else "---|") * (len(lines[0]) - 1)
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], ruler, *text[1:]]) + "\n"


def comma_separated(rows: Mapping[str, Block], first_column: str = "pairs") -> str:
    """The same as CSV with full precision; empty where there is no value."""
    keys = columns(rows)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([first_column, *keys])
    writer.writerows([name, *(block[key] for key in keys)] for name, block in rows.items())
    return stream.getvalue()


def columns(rows: Mapping[str, Block]) -> Sequence[str]:
    """The metrics, in the order of the first row."""
    return list(next(iter(rows.values())))


def title(key: str) -> str:
    """What readers call a metric: ``"best_f1@23"`` is ``"Best F1@23 ↑"``."""
    metric, _, threshold = key.partition("@")
    return f"{_TITLES[metric]}@{threshold} ↑" if threshold else _TITLES[metric]


def number(value: float | None) -> str:
    """Three decimals, or a dash where nothing was measured."""
    return "-" if value is None else f"{value:.3f}"
