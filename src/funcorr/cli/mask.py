"""``funcorr mask``: images in, masks of their objects out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.prompts import object_source, say_how_found
from funcorr.cli.streams import is_unicode
from funcorr.errors import UserError
from funcorr.io import cannot_write, replaced_together, to_json

REPORT = "masks.json"


def mask(
    images: Annotated[tuple[str, ...], Positional, arg(metavar="IMAGE")],
    *,
    out: Path = Path("funcorr-out"),
    method: str = "auto",
    box: str | None = None,
    click: Annotated[tuple[str, ...], UseAppendAction] = (),
    json: Annotated[bool, FlagCreatePairsOff] = False,
) -> None:
    """Tell objects from their surroundings: a mask per image, which method, how doubtful.

    Args:
        images: one or more images.
        out: folder for NAME.mask.png (255 on the object) and masks.json.
        method: auto (alpha, else a plain background, else the best network that is here), plain,
            trunk, u2net, rembg, rembg:MODEL, sam:FOLDER, or a segmenter of another package.
        box: around the object, as "x0,y0,x1,y1"; of one image.
        click: on the object, as "x,y", or beside it, as "x,y,out"; may be given several times, of
            one image.
        json: print what masks.json holds, and nothing else.
    """
    source = object_source(method, box, click, option="method")
    if not images:
        raise UserError("name at least one image")
    if source is not method and len(images) > 1:
        raise UserError(f"a box or clicks are of one image, got {len(images)} images")
    names = [f"{Path(image).stem}.mask.png" for image in images]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"several images would be written as {twice[0]}; take them one by one")
    report: dict[str, Any] = {"masks": []}
    with replaced_together(out, [REPORT]) as folder:
        for image, name in zip(images, names, strict=True):
            report["masks"].append(_found(image, source, folder / name, out / name))
        text = to_json(report)
        try:
            (folder / REPORT).write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise cannot_write(out, error) from None
    print(to_json(report, not is_unicode(sys.stdout)), end="") if json else _show(report)


def _found(image: str, source: Any, path: Path, shown_as: Path) -> dict[str, Any]:
    """Write one mask; its entry of the report."""
    import numpy as np
    from PIL import Image

    from funcorr.images import read_image
    from funcorr.segmentation import find_object

    found = find_object(read_image(image), source)
    try:
        Image.fromarray(found.mask.astype(np.uint8) * 255).save(path)
    except OSError as error:
        raise cannot_write(shown_as, error) from None
    rows, columns = (np.flatnonzero(found.mask.any(axis=axis)) for axis in (1, 0))
    return {
        "image": image,
        "mask": str(shown_as),
        "method": found.source,
        "doubt": found.doubt,
        "share": round(float(found.mask.mean()), 4),
        "box": [int(end) for end in (columns[0], rows[0], columns[-1], rows[-1])],
    }


def _show(report: dict[str, Any]) -> None:
    """The terminal's version of the report: a line per image, doubts below it."""
    for entry in report["masks"]:
        print(f"{entry['mask']}: {entry['share']:.1%} of {entry['image']}, by {entry['method']}")
        if entry["doubt"]:
            helps = "--click, --box or --method"
            say_how_found(entry["image"], entry["method"], entry["doubt"], helps)
