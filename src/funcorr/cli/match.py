"""``funcorr match``: two images in, matches and pictures out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.prompts import object_source, say_how_both_found
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
    mask1: str | None = None,
    mask2: str | None = None,
    box1: str | None = None,
    box2: str | None = None,
    click1: Annotated[tuple[str, ...], UseAppendAction] = (),
    click2: Annotated[tuple[str, ...], UseAppendAction] = (),
    part1: str | None = None,
    part2: str | None = None,
    model: str = "funcorr-small",
    top: int = 10,
    points: Annotated[tuple[str, ...], UseAppendAction] = (),
    out: Path = Path("funcorr-out"),
    json: Annotated[bool, FlagCreatePairsOff] = False,
    device: str | None = None,
) -> None:
    """Match two objects by function: the points of image 2 that do the job of those of image 1.

    Args:
        image1: image of the first object.
        image2: image of the second object.
        function: verb-preposition, for instance pour-with; any words are legal.
        mask1: object mask of image 1 (white on the object), or the name of a segmenter. Without it
            the alpha channel, a plain background or the best network that is here tells the object.
        mask2: object mask of image 2.
        box1: box around the object of image 1, as "x0,y0,x1,y1".
        box2: the same of image 2.
        click1: a point on the object of image 1, as "x,y", or beside it, as "x,y,out"; may be
            given several times.
        click2: the same of image 2.
        part1: mask of the functional part of image 1, where you know it, instead of the model's.
        part2: the same of image 2.
        model: a row of 'funcorr models', a model folder or a Hugging Face hub id.
        top: how many distinct matches to list and draw.
        points: points of image 1 to carry over to image 2, as "x,y" or "x,y;x,y".
        out: folder for matches.npz, matches.json, matches.png, dense.png and parts.png.
        json: print what matches.json holds, and nothing else.
        device: cpu, cuda, ...; by default a GPU if there is one.
    """
    wanted = parse_points(points)
    object1 = object_source(mask1, box1, click1, "1")
    object2 = object_source(mask2, box2, click2, "2")
    if top < 1:
        raise UserError(f"--top must be at least 1, got {top}")
    from funcorr.correspondence.files import FILES, describe, write_match

    with replaced_together(out, FILES) as folder:
        from funcorr.correspondence.registry import load_model

        matcher = load_model(model, device)
        first, second = matcher.encode(image1, object1), matcher.encode(image2, object2)
        result = matcher.match(first, second, function, part1=part1, part2=part2)
        report = describe(result, image1, image2, top, wanted)
        try:
            report = write_match(result, report, folder, shown_as=out)
        except OSError as error:
            raise cannot_write(out, error) from None
    say_how_both_found((image1, image2), (first, second))
    asked = getattr(matcher, "questions", lambda *_: (0, 0))
    if lost := sum(asked(each, result.function)[1] for each in (first, second)):
        print(
            f"note: {matcher.name} got no answer to {lost} of its questions; without one, matches "
            "are those of the plain features",
            file=sys.stderr,
        )
    if result.function_known is not None and result.function_known.remark:
        print(f"note: {result.function_known.remark}", file=sys.stderr)
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
