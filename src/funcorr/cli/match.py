"""``funcorr match``: two images in, matches and pictures out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.object_options import Flat, ObjectOptions
from funcorr.cli.streams import is_unicode
from funcorr.errors import UserError
from funcorr.io import cannot_write, replaced_together, to_json

SHOWN = ("point1", "point2", "confidence", "cycle_error")
"""Columns of the tables on the terminal; the scores are in the files."""


def match(
    image1: Annotated[str, Positional, arg(metavar="IMAGE1")],
    image2: Annotated[str, Positional, arg(metavar="IMAGE2")],
    *,
    function: str,
    objects: Annotated[ObjectOptions, Flat],
    top: int = 10,
    points: Annotated[tuple[str, ...], UseAppendAction] = (),
    out: Path = Path("funcorr-out"),
    json: Annotated[bool, FlagCreatePairsOff] = False,
) -> None:
    """Match two objects by function: the points of image 2 that do the job of those of image 1.

    Args:
        image1: image of the first object.
        image2: image of the second object.
        function: verb-preposition, for instance pour-with; any words are legal.
        objects: which objects are meant, and who matches them.
        top: how many distinct matches to list and draw.
        points: points of image 1 to carry over to image 2, as "x,y" or "x,y;x,y".
        out: folder for matches.npz, matches.json, matches.png, dense.png and parts.png.
        json: print what matches.json holds, and nothing else.
    """
    wanted = parse_points(points)
    if top < 1:
        raise UserError(f"--top must be at least 1, got {top}")
    from funcorr.correspondence.files import FILES, describe, write_match

    with replaced_together(out, FILES) as folder:
        matched = objects.match(image1, image2, function)
        report = describe(matched.result, image1, image2, top, wanted)
        try:
            report = write_match(matched.result, report, folder, shown_as=out)
        except OSError as error:
            raise cannot_write(out, error) from None
    matched.say_notes()
    print(to_json(report, not is_unicode(sys.stdout)), end="") if json else _show(report)


def parse_points(texts: Sequence[str]) -> list[tuple[float, float]]:
    """Read ``x,y`` and ``x,y;x,y``.

    Raises:
        UserError: something is not a pair of finite numbers.

    Example:
        >>> parse_points(["1,2;3.5,4"])
        [(1.0, 2.0), (3.5, 4.0)]
    """
    from funcorr.images.point_text import parse_point

    try:
        return [parse_point(text.strip()) for given in texts for text in given.split(";")]
    except UserError as error:
        raise UserError(f'--points takes "x,y" or "x,y;x,y": {error}') from None


def _show(report: dict[str, Any]) -> None:
    """The terminal's version of the report: short tables, then the files."""
    from rich.console import Console

    console = Console()
    console.print(_table(f"{report['function']}, {report['model']}", report["matches"]))
    if "transfers" in report:
        console.print(_table("given points, carried over", report["transfers"]))
    for path in report["files"].values():
        print(path)
    if "parts.png" not in report["files"]:
        print(f"no parts.png: {report['model']} predicts no functional part")
    print(f"{_sentence(report)}\nopen {report['files']['matches.png']}")


def _sentence(report: dict[str, Any]) -> str:
    """The outcome in plain words."""
    best, count = report["matches"][0], len(report["matches"])
    start, end = (_cell(best[key]) for key in ("point1", "point2"))
    matches = "1 distinct match" if count == 1 else f"{count} distinct matches"
    return f"{matches} for {report['function']}; the best takes ({start}) to ({end})."


def _table(title: str, rows: Sequence[dict[str, Any]]) -> Any:
    from rich.table import Table

    keys = [key for key in SHOWN if key in rows[0]]
    table = Table("#", *(key.replace("_", " ") for key in keys), title=title)
    for column in table.columns:
        column.justify = "right"
    for number, row in enumerate(rows, start=1):
        table.add_row(str(number), *(_cell(row[key]) for key in keys))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "off the object"
    if isinstance(value, list):
        return ", ".join(f"{number:g}" for number in value)
    return f"{value:.3f}"
