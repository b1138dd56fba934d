"""The tab that matches two objects: what happens when a visitor does something."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funcorr.app.object_input import ObjectInputs, subject_at
from funcorr.app.panels import MODES, PIN_NAMES, paint, result_views, view_size
from funcorr.app.visit import Visit
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError, require
from funcorr.images import resize_points
from funcorr.images.point_text import parse_point

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")


class MatchTab:
    """Handlers of the tab. Each takes a visitor's key first and returns what its outputs show.

    Args:
        objects: the two images, and what is remembered of the visitors.
        folder: where files to download are written.
    """

    def __init__(self, objects: ObjectInputs, folder: Path) -> None:
        self.objects, self._folder = objects, folder

    def match(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """The images are matched and shown."""
        visit = self.objects.visit(key)
        for place, path in enumerate((path1, path2)):
            subject_at(visit, place, path)
        visit.match(function or "")
        return gr.update(visible=True), *self.view(key, mode), gr.update(visible=False, value=None)

    def match_again(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """Another function was chosen: an answer that is there is made anew."""
        if self.objects.visit(key).result is None or not path1 or not path2:
            return tuple(gr.skip() for _ in range(5))
        return self.match(key, path1, path2, function, mode)

    def view(self, key: str, mode: str) -> tuple[Any, ...]:
        """Both pictures and the table of points."""
        visit, result = self._matched(key)
        if mode not in visit.painted:
            visit.painted[mode] = paint(result, mode)
        views = result_views(result, visit.painted[mode], mode == MODES[0], visit.pins)
        return *views, f"{_remark(result)}{_table(visit, result, mode)}"

    def clicked(self, key: str, pixel: tuple[int, int], mode: str) -> tuple[Any, ...]:
        """A click on picture 1."""
        size = self._matched(key)[1].images[0].shape[:2]
        return self._pin(key, _scaled(pixel, size[1] / view_size(size)[0]), mode)

    def typed(self, key: str, text: str, mode: str) -> tuple[Any, ...]:
        """A point of image 1 in words, in pixels of the upload."""
        visit, result = self._matched(key)
        height, width = result.images[0].shape[:2]
        x, y = _scaled(parse_point(text), 1 / _scales(visit)[0])
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            raise UserError(f"the point {text.strip()} lies outside object 1's picture")
        return *self._pin(key, (x, y), mode), ""

    def cleared(self, key: str, mode: str) -> tuple[Any, ...]:
        """All points are taken back."""
        self.objects.visit(key).pins.clear()
        return self.view(key, mode)

    def prepare(self, key: str) -> Any:
        """The files of the result, at full size."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        files = self.objects.visit(key).write_files(folder)
        return gr.update(value=[str(file) for file in files], visible=True)

    def _matched(self, key: str) -> tuple[Visit, Correspondence]:
        visit = self.objects.visit(key)
        if visit.result is None:
            raise UserError("match two images first")
        return visit, visit.result

    def _pin(self, key: str, point: tuple[float, float], mode: str) -> tuple[Any, ...]:
        visit, result = self._matched(key)
        if not result.transfer([point]).inside.all():
            raise UserError("that is not on object 1: choose a point of the object")
        pins = visit.pins
        pins.append(point)
        del pins[: -len(PIN_NAMES)]
        return self.view(key, mode)


def _remark(result: Correspondence) -> str:
    """What a visitor should hear about the function; nothing where it is trained."""
    known = result.function_known
    return "" if known is None or known.remark is None else f"**{known.remark}**\n\n"


def _table(visit: Visit, result: Correspondence, mode: str) -> str:
    """The carried points as Markdown, in pixels of the uploads."""
    if mode == "Functional part" and result.part1 is None:
        return f"{result.model} predicts no functional part."
    if not visit.pins:
        return "Click a point on object 1 to see where it lands on object 2."
    moved = result.transfer(visit.pins)
    scale1, scale2 = _scales(visit)
    rows = zip(PIN_NAMES, visit.pins, moved.points, moved.confidence, strict=False)
    table = [
        f"| {name} | {_pixel(start, scale1)} | {_pixel(end, scale2)} | {sure:.2f} |"
        for name, start, end, sure in rows
    ]
    return "\n".join(["| | on object 1 | on object 2 | confidence |", "|-|-|-|-|", *table])


def _scales(visit: Visit) -> tuple[float, float]:
    """Pixels of the two uploads per pixel of the pictures that were matched."""
    assert visit.matched is not None
    first, second = (visit.upload(subject.path).scale for subject in visit.matched)
    return first, second


def _scaled(point: Any, scale: float) -> tuple[float, float]:
    x, y = resize_points(np.asarray(point, dtype=np.float64), scale)
    return float(x), float(y)


def _pixel(point: Any, scale: float) -> str:
    x, y = _scaled(point, scale)
    return f"{x:.0f}, {y:.0f}"
