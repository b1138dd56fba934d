"""The tab that matches two objects: what happens when a visitor does something."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funcorr.app.objects import Click, Subject
from funcorr.app.panels import (
    MEANINGS,
    MODES,
    PIN_NAMES,
    outline_view,
    paint,
    result_views,
    view_size,
)
from funcorr.app.visit import FoundObject, RecentlyUsed, Visit
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError, require
from funcorr.images import resize_points
from funcorr.images.point_text import parse_point

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

INVITATION = "One object on a plain or transparent background works at once."


class MatchTab:
    """Handlers of the tab. Each takes a visitor's key first and returns what its outputs show.

    Args:
        new_visit: begins what is remembered of a visitor.
        visits: of the visitors seen lately.
        folder: where files to download are written.
    """

    def __init__(
        self, new_visit: Callable[[], Visit], visits: RecentlyUsed[str, Visit], folder: Path
    ) -> None:
        self._new_visit, self._visits, self._folder = new_visit, visits, folder

    def uploaded(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """An image was added or taken away."""
        if path is None:
            self._visit(key).subjects[place] = None
            return INVITATION, gr.update(open=False), None
        return self._change(key, path, place, lambda subject: subject)

    def masked(self, key: str, path: str | None, mask: str | None, place: int) -> tuple[Any, ...]:
        """A mask was added or taken away."""
        return self._change(key, path, place, lambda old: replace(old, mask=mask))

    def marked(
        self, key: str, pixel: tuple[int, int], path: str | None, meaning: str, place: int
    ) -> tuple[Any, ...]:
        """A click on the outline picture."""
        if path is None:
            raise UserError("add an image first")
        width, height = view_size(self._visit(key).upload(path).picture.size)
        click = Click((pixel[0] + 0.5) / width, (pixel[1] + 0.5) / height, meaning == MEANINGS[0])
        return self._change(
            key, path, place, lambda old: replace(old, marks=(*old.marks, click), mask=None)
        )

    def undone(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """The last click is taken back."""
        return self._change(key, path, place, lambda old: replace(old, marks=old.marks[:-1]))

    def restarted(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """All clicks are taken back."""
        return self._change(key, path, place, lambda old: replace(old, marks=()))

    def match(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """The images are matched and shown."""
        visit = self._visit(key)
        for place, path in enumerate((path1, path2)):
            _subject(visit, place, path)
        visit.match(function or "")
        return gr.update(visible=True), *self.view(key, mode), gr.update(visible=False, value=None)

    def match_again(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """Another function was chosen: an answer that is there is made anew."""
        if self._visit(key).result is None or not path1 or not path2:
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
        self._visit(key).pins.clear()
        return self.view(key, mode)

    def prepare(self, key: str) -> Any:
        """The files of the result, at full size."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        files = self._visit(key).write_files(folder)
        return gr.update(value=[str(file) for file in files], visible=True)

    def _visit(self, key: str) -> Visit:
        return self._visits.get(key, self._new_visit)

    def _matched(self, key: str) -> tuple[Visit, Correspondence]:
        visit = self._visit(key)
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

    def _change(
        self, key: str, path: str | None, place: int, change: Callable[[Subject], Subject]
    ) -> tuple[Any, ...]:
        """Status, tools and outline of an image after something was said about it."""
        visit = self._visit(key)
        known = _subject(visit, place, path)
        if known is None:
            raise UserError("add an image first")
        subject = visit.subjects[place] = change(known)
        try:
            found = visit.find(subject)
        except UserError as error:
            return _not_found(visit, subject, error)
        tools = gr.update(open=True) if found.doubt else gr.skip()
        return _found(found), tools, outline_view(found.picture.rgb, found.mask, subject.marks)


def _subject(visit: Visit, place: int, path: str | None) -> Subject | None:
    """The image at a place, with what was said about it as long as it is the same file."""
    known = visit.subjects[place]
    if path is None or known is None or known.path != path:
        visit.subjects[place] = None if path is None else Subject(path)
    return visit.subjects[place]


def _found(found: FoundObject) -> str:
    if found.doubt is not None:
        return (
            f"**Is this the object? By {found.how}, {found.doubt}.** Click below where the "
            "outline is wrong, or upload a mask."
        )
    return f"Object found by {found.how}; it covers {found.mask.mean():.0%} of the picture."


def _not_found(visit: Visit, subject: Subject, error: UserError) -> tuple[Any, ...]:
    """Say why, and open the tools where clicks can help."""
    try:
        picture = visit.upload(subject.path).picture
    except UserError:
        return f"**{error}**", gr.update(open=False), None
    status = f"**{error}**"
    if subject.mask is None:
        status = "**The background is not plain.** Click on the object below to mark it."
    return status, gr.update(open=True), outline_view(picture.rgb, None, subject.marks)


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
