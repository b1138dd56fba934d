"""Points as people type them."""

from __future__ import annotations

import math

from funcorr.errors import UserError


def parse_point(text: str) -> tuple[float, float]:
    """Read ``x, y``.

    Raises:
        UserError: these are not two finite numbers.

    Example:
        >>> parse_point("120, 45.5")
        (120.0, 45.5)
    """
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise UserError(f"a point is two numbers, x, y, in pixels; got {text!r}") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise UserError(f"a point is two finite numbers, x, y, in pixels; got {text!r}")
    return x, y
