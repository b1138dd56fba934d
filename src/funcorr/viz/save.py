"""Pictures and figures to files and bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from funcorr.errors import UserError
from funcorr.io import atomic_path

DPI = 150
"""Of saved figures; Pillow pictures keep their pixels."""


def save(picture: Any, path: str | Path, dpi: float = DPI) -> Path:
    """Write a picture or figure, atomically; the suffix tells the kind (PNG, JPEG, PDF, SVG, ...).

    Args:
        picture: what a ``draw_*`` or ``plot_*`` function returned: a Pillow image, matplotlib
            axes (one or several; their whole figure is saved) or a figure.
        path: where to.
        dpi: resolution of figures.

    Raises:
        UserError: it is no picture, the suffix is unknown, or the place cannot be written to.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(Image.new("RGB", (4, 3)), f"{folder}/a.png").name
        'a.png'
    """
    path = Path(path)
    with atomic_path(path) as temporary:
        try:
            if isinstance(picture, Image.Image):
                picture.save(temporary)
            else:
                _figure_of(picture).savefig(temporary, dpi=dpi, bbox_inches="tight")
        except ValueError as error:
            raise UserError(f"cannot save a picture as {path.name}: {error}; try .png") from None
    return path


def to_png(picture: Any) -> bytes:
    """The same as the bytes of a PNG, for notebooks and web pages."""
    target = io.BytesIO()
    if isinstance(picture, Image.Image):
        picture.save(target, "PNG")
    else:
        _figure_of(picture).savefig(target, format="png", dpi=DPI, bbox_inches="tight")
    return target.getvalue()


def _figure_of(plot: Any) -> Any:
    first = plot
    while isinstance(first, list | tuple) or hasattr(first, "ravel"):
        first = first.ravel()[0] if hasattr(first, "ravel") else first[0]
    figure = first if hasattr(first, "savefig") else getattr(first, "figure", None)
    if figure is None:
        raise UserError(f"cannot save a {type(plot).__name__}; expected a picture, axes or figure")
    return figure
