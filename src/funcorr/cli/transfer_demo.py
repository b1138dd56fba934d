"""``funcorr transfer --demo``: one demonstration to the objects of many views."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funcorr.cli.prompts import say_hint
from funcorr.cli.streams import is_unicode
from funcorr.cli.tables import print_table
from funcorr.errors import UserError
from funcorr.io import to_json, write_json

if TYPE_CHECKING:
    from funcorr.correspondence.model import Matcher
    from funcorr.transfer.carry_over import Carried, CarryConfig

FORMAT = "funcorr-transfers/1"

KEYS = ("confidence", "scale", "inliers", "residual", "free_axis", "mask_doubt")
"""Of a view's report, repeated in ``transfers.json``."""


def carry_to_views(
    demo: Path | None,
    to: Sequence[Path],
    out: Path,
    config: CarryConfig,
    json: bool,
    device: str | None,
) -> None:
    """Carry a demonstration to the views of several folders, and say what became of each.

    Args:
        demo: folder of the demonstration.
        to: folders of views.
        out: gets a folder for each view, and ``transfers.json``.
        config: how it is carried over.
        json: print what ``transfers.json`` holds instead of a table.
        device: of the model.

    Raises:
        UserError: the demonstration cannot be used, or a view is left out; the others are done.
    """
    if demo is None or not to:
        raise UserError("--demo FOLDER needs --to FOLDER..., and the other way round")
    from funcorr.transfer.carry_over import Carried, CarryOver
    from funcorr.transfer.demonstration import find_all_views, find_demonstration

    def load() -> Matcher:
        from funcorr.correspondence.registry import load_model

        return load_model(config.model, device)

    carrying = CarryOver(find_demonstration(demo), config, load)
    views, problems = find_all_views(to)
    carried = [Carried(name, None, problem) for name, problem in problems.items()]
    carried += carrying.to_each(views, out)
    report = {
        "format": FORMAT,
        "function": config.function,
        "model": config.model,
        "demonstration": str(demo),
        "transfers": [_entry(each, out) for each in carried],
    }
    write_json(out / "transfers.json", report)
    if json:
        print(to_json(report, not is_unicode(sys.stdout)), end="")
    else:
        _show(carried, config.function, out)
    say_hint(next((each.report["hint"] for each in carried if each.report), None))
    left_out = [each for each in carried if each.report is None]
    if left_out:
        which = "; ".join(f"{each.name}: {each.problem}" for each in left_out)
        raise UserError(f"{len(left_out)} of {len(carried)} views are left out ({which})")


def _entry(carried: Carried, out: Path) -> dict[str, Any]:
    folder = None if carried.report is None else str(out / carried.name)
    values = {key: (carried.report or {}).get(key) for key in KEYS}
    return {"view": carried.name, "folder": folder, "problem": carried.problem, **values}


def _show(carried: Sequence[Carried], function: str, out: Path) -> None:
    print_table(
        f"{function} in {out}",
        ("view", "confidence", "scale", "inliers", "residual mm", "remark"),
        [_row(each) for each in carried],
    )


def _row(carried: Carried) -> tuple[str, ...]:
    found = carried.report
    if found is None:
        return (carried.name, "", "", "", "", "left out")
    turn = "any turn about the free axis" if found["free_axis"] else ""
    doubt = "doubtful outline" if found["mask_doubt"] else ""
    return (
        carried.name,
        f"{found['confidence']:.2f}",
        f"{found['scale']:.2f}",
        f"{found['inliers']:,}",
        f"{found['residual'] * 1000:.1f}",
        ", ".join(filter(None, ("was there" * carried.kept, turn, doubt))),
    )
