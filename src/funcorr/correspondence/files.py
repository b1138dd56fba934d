"""The five files of a match: arrays, JSON and three pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from funcorr.correspondence.pictures import draw_dense, draw_parts
from funcorr.correspondence.result import Correspondence
from funcorr.io import to_json

FILES = ("matches.npz", "matches.json", "matches.png", "dense.png", "parts.png")
"""``parts.png`` only from models that predict parts."""


def describe(
    result: Correspondence,
    image1: str,
    image2: str,
    top: int = 10,
    points: Sequence[tuple[float, float]] = (),
) -> dict[str, Any]:
    """What ``matches.json`` holds: the best distinct matches, and given points carried over.

    Args:
        result: a match.
        image1: what to call the first image.
        image2: what to call the second.
        top: how many matches to list at the most.
        points: points (x, y) of image 1 to carry over; without any there is no ``transfers``. One
            off the object has no ``point2``.

    Raises:
        UserError: ``top`` is below 1.
    """
    best = result.readable(top)
    return {
        "function": result.function,
        "model": result.model,
        "image1": image1,
        "image2": image2,
        "matches": _matches(best),
        **({"transfers": _transfers(result, points)} if points else {}),
        "files": {},
    }


def write_match(
    result: Correspondence, report: dict[str, Any], folder: Path, shown_as: Path | None = None
) -> dict[str, Any]:
    """Write the files of a match into a folder.

    Args:
        result: a match with its pictures.
        report: of :func:`describe`; as many matches are drawn as it lists.
        folder: where to; it exists.
        shown_as: the folder that ``files`` in the report names, where the files will move there.

    Returns:
        The report with its ``files`` filled in, as written to ``matches.json``.

    Raises:
        OSError: the folder cannot be written to.
    """
    pictures = {
        "matches.png": result.draw(len(report["matches"])),
        "dense.png": draw_dense(result),
    }
    if result.part1 is not None:
        pictures["parts.png"] = draw_parts(result)
    names = [name for name in FILES if name in pictures or not name.endswith(".png")]
    report = {**report, "files": {name: str((shown_as or folder) / name) for name in names}}
    result.save(folder / "matches.npz")
    for name, picture in pictures.items():
        picture.save(folder / name)
    text = to_json(report)
    (folder / "matches.json").write_text(text, encoding="utf-8", errors="backslashreplace")
    return report


def _matches(best: Correspondence) -> list[dict[str, Any]]:
    return [
        {
            "point1": _numbers(best.points1[row]),
            "point2": _numbers(best.points2[row]),
            "confidence": round(float(best.confidence[row]), 6),
            "score": round(float(best.scores[row]), 6),
            "similarity": round(float(best.similarity[row]), 6),
            "cycle_error": round(float(best.cycle_error[row]), 3),
        }
        for row in range(len(best))
    ]


def _transfers(
    result: Correspondence, wanted: Sequence[tuple[float, float]]
) -> list[dict[str, Any]]:
    moved = result.transfer(wanted)
    return [
        {
            "point1": _numbers(start),
            "point2": _numbers(end.round(2)) if inside else None,
            "confidence": round(float(sure), 6),
            "inside": bool(inside),
        }
        for start, end, sure, inside in zip(wanted, *moved, strict=True)
    ]


def _numbers(point: Any) -> list[float]:
    return [int(value) if value == int(value) else float(value) for value in point]
