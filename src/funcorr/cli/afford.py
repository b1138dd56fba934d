"""``funcorr afford``: an image and verbs in, heatmaps out."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.prompts import object_source, say_how_found
from funcorr.cli.streams import is_unicode
from funcorr.errors import UserError
from funcorr.io import cannot_write, replaced_together, to_json

if TYPE_CHECKING:
    from funcorr.affordance import AffordanceMap

FILES = ("heatmap_*.npy", "heatmap_*.png", "overlay.png", "affordance.json")
"""What the out folder holds."""


def afford(
    image: Annotated[str, Positional, arg(metavar="IMAGE")],
    *,
    action: Annotated[tuple[str, ...], UseAppendAction],
    mask: str | None = None,
    box: str | None = None,
    click: Annotated[tuple[str, ...], UseAppendAction] = (),
    model: str = "funcorr-afford-small",
    top: int = 3,
    threshold: float = 0.5,
    out: Path = Path("funcorr-out"),
    json: Annotated[bool, FlagCreatePairsOff] = False,
    device: str | None = None,
) -> None:
    """Find where on an image actions take place: a heatmap per verb.

    Args:
        image: the image; no mask is needed.
        action: a verb, such as pour or "drink with"; may be given several times. Any words are
            legal, and _, - and space are equal.
        mask: mask of the object that is asked about, or a segmenter's name, such as auto; the maps
            are 0 beside it.
        box: around the object that is asked about, as "x0,y0,x1,y1".
        click: on the object that is asked about, as "x,y", or beside it, as "x,y,out"; may be given
            several times.
        model: funcorr-afford-small, a model folder or a Hugging Face hub id.
        top: how many distinct points to list per action.
        threshold: share of a heatmap's peak above which regions get a box.
        out: folder for heatmap_ACTION.npy and .png, overlay.png and affordance.json.
        json: print what affordance.json holds, and nothing else.
        device: cpu, cuda, ...; by default a GPU if there is one.
    """
    if not action:
        raise UserError("name at least one action, for instance --action pour")
    if top < 1:
        raise UserError(f"--top must be at least 1, got {top}")
    if not 0 < threshold <= 1:
        raise UserError(f"--threshold is a share of the peak in (0, 1], got {threshold}")
    meant = object_source(mask, box, click)
    with replaced_together(out, FILES) as folder:
        import numpy as np

        from funcorr.affordance import load_affordance_model
        from funcorr.functions import check_function
        from funcorr.viz.canvas import for_drawing
        from funcorr.viz.heatmap import draw_heatmaps

        asked = list({check_function(each): each for each in action}.values())
        loaded = load_affordance_model(model, device)
        scene = loaded.encode(image, meant)
        report: dict[str, Any] = {
            "image": image,
            "model": loaded.name,
            "size": list(scene.picture.size),
            "actions": [],
            "files": {name: str(out / name) for name in _names(asked)},
        }
        small = []
        try:
            for result in loaded.predict_each(scene, asked):
                report["actions"].append(_places(result, top, threshold))
                small.append(_write_map(result, folder))
            overlay = draw_heatmaps(for_drawing(scene.picture.rgb), np.stack(small), asked)
            overlay.save(folder / "overlay.png")
            text = to_json(report)
            path = folder / "affordance.json"
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise cannot_write(out, error) from None
    if scene.found is not None:
        say_how_found(image, scene.found.source, scene.found.doubt, "--click, --box or --mask")
    print(to_json(report, not is_unicode(sys.stdout)), end="") if json else _show(report)


def file_stem(action: str) -> str:
    """How an action is written in file names.

    Example:
        >>> file_stem("drink with"), file_stem("pick/carry")
        ('drink_with', 'pick_carry')
    """
    return re.sub(r"[^\w'\u2019-]+", "_", action).strip("_")


def _names(actions: Sequence[str]) -> list[str]:
    """The files that are written."""
    stems = [f"heatmap_{file_stem(action)}" for action in actions]
    maps = [f"{stem}{kind}" for stem in stems for kind in (".npy", ".png")]
    return [*maps, "overlay.png", "affordance.json"]


def _places(result: AffordanceMap, top: int, threshold: float) -> dict[str, Any]:
    [action] = result.actions
    return {
        "action": action,
        "peak": round(float(result[action].max()), 6),
        "points": [
            {"point": [point.x, point.y], "score": round(point.score, 6)}
            for point in result.points(action, top)
        ],
        "boxes": [
            {"box": list(box[:4]), "score": round(box.score, 6), "area": box.area}
            for box in result.boxes(action, threshold)
        ],
    }


def _write_map(result: AffordanceMap, folder: Path) -> Any:
    """Write the files of one action; its heatmap at the size at which it is drawn."""
    import numpy as np

    from funcorr.viz.canvas import for_drawing
    from funcorr.viz.heatmap import heatmap_picture

    [action], [heatmap] = result.actions, result.heatmaps
    stem = f"heatmap_{file_stem(action)}"
    np.save(folder / f"{stem}.npy", heatmap, allow_pickle=False)
    heatmap_picture(heatmap).save(folder / f"{stem}.png")
    return for_drawing(heatmap)


def _show(report: dict[str, Any]) -> None:
    """The terminal's version of the report: a short table, then the files."""
    from rich.console import Console
    from rich.table import Table

    table = Table("action", "best point", "score", "boxes", title=report["model"])
    for entry in report["actions"]:
        best = entry["points"][0]
        place = ", ".join(map(str, best["point"]))
        table.add_row(entry["action"], place, f"{best['score']:.3f}", str(len(entry["boxes"])))
    Console().print(table)
    for path in report["files"].values():
        print(path)
