"""Which object is meant, as people type it: a mask, a segmenter's name, a box, clicks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from funcorr.errors import UserError

OUTSIDE = "out"
"""Ends a click that lies beside the object."""

SAYS_ITSELF = ("given", "alpha", "plain background", "box", "clicks", "box and clicks")
"""Sources that need no word where nothing speaks against the mask."""


def object_source(
    mask: str | None, box: str | None, clicks: Sequence[str], suffix: str = "", option: str = "mask"
) -> Any:
    """What ``encode`` takes as its mask.

    Args:
        mask: a file or a segmenter's name.
        box: ``x0,y0,x1,y1``.
        clicks: ``x,y`` or ``x,y,out``, several joined by ``;``.
        suffix: of the options, for messages: ``"1"`` for ``--click1``.
        option: that gives the mask, for messages.

    Raises:
        UserError: these are no box and clicks, or a mask file comes with them.

    Example:
        >>> object_source(None, None, ["3,4", "9,9,out"]).clicks[1]
        Click(x=9.0, y=9.0, inside=False)
        >>> object_source("cup.png", None, ())
        'cup.png'
    """
    if box is None and not clicks:
        return mask
    from funcorr.segmentation import SEGMENTERS, Prompt

    given = "--box" if box is not None else "--click"
    is_method = mask is None or mask == "auto" or (mask in SEGMENTERS and not Path(mask).exists())
    if not is_method:
        raise UserError(
            f"--{option}{suffix} says which pixels are the object, so {given}{suffix} has nothing "
            "to say; drop one of the two"
        )
    try:
        corners = None if box is None else tuple(box.split(","))
        marked = [_click(text) for given in clicks for text in given.split(";")]
        return Prompt(corners, marked, mask or "auto")
    except UserError as error:
        raise UserError(f"{given}{suffix}: {error}") from None


def say_how_found(image: str, source: str, doubt: str | None, helps: str) -> None:
    """Say on stderr how an object was found, where that is not plain to see.

    Args:
        image: whose object it is.
        source: who said which pixels are the object.
        doubt: why that may be wrong.
        helps: options that say it better.
    """
    if doubt:
        line = f"hint: is that the object in {image}? By {source}: {doubt}; {helps} helps"
        print(line, file=sys.stderr)
    elif source not in SAYS_ITSELF:
        print(f"note: the object in {image} was found by {source}", file=sys.stderr)


def say_hint(hint: str | None) -> None:
    """Say on stderr what looks odd, where something does."""
    if hint is not None:
        print(f"hint: {hint}", file=sys.stderr)


def _click(text: str) -> tuple[Any, ...]:
    words = [word.strip() for word in text.split(",")]
    inside = words[-1] != OUTSIDE
    if len(words) != 3 - inside:
        raise UserError(f'a click is "x,y" in pixels, "x,y,out" beside the object; got {text!r}')
    return (*words[:2], inside)
