"""The tab that matches two objects: what happens when a visitor does something."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funcorr.app.bench import Located, MatchBench, Recent, Session
from funcorr.app.events import HEAVY, LIGHT, lay_out_examples, on
from funcorr.app.match_layout import (
    INVITATION,
    OBJECT,
    Answer,
    Side,
    lay_out_answer,
    lay_out_question,
    lay_out_side,
)
from funcorr.app.objects import Mark, Subject
from funcorr.app.panels import (
    MODES,
    PIN_NAMES,
    outline_view,
    paint,
    plain_view,
    result_views,
    view_size,
)
from funcorr.app.typed_points import parse_point
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError, require
from funcorr.images import resize_points

if TYPE_CHECKING:
    import gradio as gr
else:
    gr = require("gradio", extra="app")

Sessions = Recent[str, Session]


class MatchTab:
    """Handlers of the tab. Each takes a visitor's key first and returns what its outputs show.

    Args:
        bench: does the work.
        sessions: what is remembered of each visitor.
        folder: where files to download are written.
    """

    def __init__(self, bench: MatchBench, sessions: Sessions, folder: Path) -> None:
        self.bench, self.sessions, self.folder = bench, sessions, folder

    def uploaded(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """An image was added or taken away."""
        session = self._session(key)
        if path is None:
            session.subjects[place] = None
            return INVITATION, gr.update(open=False), None
        return self._say(session, place, lambda subject: subject, path)

    def masked(self, key: str, path: str | None, mask: str | None, place: int) -> tuple[Any, ...]:
        """A mask was added or taken away."""
        return self._say(self._session(key), place, lambda old: replace(old, mask=mask), path)

    def marked(
        self, key: str, click: tuple[int, int], path: str | None, meaning: str, place: int
    ) -> tuple[Any, ...]:
        """A click on the outline picture."""
        session = self._session(key)
        if path is None:
            raise UserError("add an image first")
        width, height = view_size(self.bench.upload(session, path).picture.size)
        mark = Mark((click[0] + 0.5) / width, (click[1] + 0.5) / height, meaning == OBJECT)
        return self._say(
            session, place, lambda old: replace(old, marks=(*old.marks, mark), mask=None), path
        )

    def undone(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """The last click is taken back."""
        return self._say(
            self._session(key), place, lambda old: replace(old, marks=old.marks[:-1]), path
        )

    def restarted(self, key: str, path: str | None, place: int) -> tuple[Any, ...]:
        """All clicks are taken back."""
        return self._say(
            self._session(key), place, lambda old: Subject(old.path, (), old.mask), path
        )

    def match(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """The images are matched and shown."""
        session = self._session(key)
        for place, path in enumerate((path1, path2)):
            self._subject(session, place, path)
        self.bench.match(session, function or "")
        return gr.update(visible=True), *self.view(key, mode), gr.update(visible=False, value=None)

    def match_again(
        self, key: str, path1: str | None, path2: str | None, function: str | None, mode: str
    ) -> tuple[Any, ...]:
        """Another function was chosen: an answer that is there is made anew."""
        if self._session(key).result is None or not path1 or not path2:
            return tuple(gr.skip() for _ in range(5))
        return self.match(key, path1, path2, function, mode)

    def view(self, key: str, mode: str) -> tuple[Any, ...]:
        """Both pictures and the table of points."""
        session = self._session(key)
        result = self._result(session)
        if mode not in session.painted:
            session.painted[mode] = paint(result, mode)
        numbered = mode == MODES[0]
        views = result_views(result, session.painted[mode], numbered, session.pins)
        return *views, self._points(session, result, mode)

    def clicked(self, key: str, click: tuple[int, int], mode: str) -> tuple[Any, ...]:
        """A click on picture 1."""
        size = self._size1(self._session(key))
        return self._pin(key, _scaled(click, size[1] / view_size(size)[0]), mode)

    def typed(self, key: str, text: str, mode: str) -> tuple[Any, ...]:
        """A point of image 1 in words, in pixels of the upload."""
        session = self._session(key)
        height, width = self._size1(session)
        x, y = _scaled(parse_point(text), 1 / self._scales(session)[0])
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            raise UserError(f"the point {text.strip()} lies outside object 1's picture")
        return *self._pin(key, (x, y), mode), ""

    def cleared(self, key: str, mode: str) -> tuple[Any, ...]:
        """All points are taken back."""
        self._session(key).pins.clear()
        return self.view(key, mode)

    def prepare(self, key: str) -> Any:
        """The files of the result, at full size."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        files = self.bench.write_files(self._session(key), folder)
        return gr.update(value=[str(file) for file in files], visible=True)

    def _session(self, key: str) -> Session:
        return self.sessions.get(key, Session)

    def _subject(self, session: Session, place: int, path: str | None) -> Subject | None:
        """The image at a place, with what was said about it as long as it is the same file."""
        known = session.subjects[place]
        if path is None or known is None or known.path != path:
            session.subjects[place] = None if path is None else Subject(path)
        return session.subjects[place]

    def _say(
        self, session: Session, place: int, change: Callable[[Subject], Subject], path: str | None
    ) -> tuple[Any, ...]:
        """Status, tools and outline of an image after something was said about it."""
        known = self._subject(session, place, path)
        if known is None:
            raise UserError("add an image first")
        subject = session.subjects[place] = change(known)
        try:
            located = self.bench.locate(session, subject)
        except UserError as error:
            return self._lost(session, subject, error)
        tools = gr.update(open=True) if located.doubt else gr.skip()
        return _found(located), tools, outline_view(located, subject.marks)

    def _lost(self, session: Session, subject: Subject, error: UserError) -> tuple[Any, ...]:
        """No object: say why, and open the tools where clicks can help."""
        try:
            picture = self.bench.upload(session, subject.path).picture
        except UserError:
            return f"**{error}**", gr.update(open=False), None
        if subject.mask is None:
            status = "**The background is not plain.** Click on the object below to mark it."
        else:
            status = f"**{error}**"
        return status, gr.update(open=True), plain_view(picture.rgb, subject.marks)

    def _result(self, session: Session) -> Correspondence:
        if session.result is None:
            raise UserError("match two images first")
        return session.result

    def _size1(self, session: Session) -> tuple[int, int]:
        image = self._result(session).image1
        assert image is not None
        return image.shape[0], image.shape[1]

    def _scales(self, session: Session) -> tuple[float, float]:
        """Pixels of the two uploads per pixel of the pictures that were matched."""
        assert session.matched is not None
        first, second = (self.bench.upload(session, s.path).scale for s in session.matched)
        return first, second

    def _pin(self, key: str, point: tuple[float, float], mode: str) -> tuple[Any, ...]:
        pins = self._session(key).pins
        pins.append(point)
        del pins[: -len(PIN_NAMES)]
        return self.view(key, mode)

    def _points(self, session: Session, result: Correspondence, mode: str) -> str:
        if mode == "Functional part" and result.part1 is None:
            return f"{result.model} predicts no functional part."
        if not session.pins:
            return "Click a point on object 1 to see where it lands on object 2."
        moved = result.transfer(session.pins)
        scale1, scale2 = self._scales(session)
        rows = zip(PIN_NAMES, session.pins, moved.points, moved.confidence, strict=False)
        table = [
            f"| {name} | {_pixel(start, scale1)} | {_pixel(end, scale2)} | {sure:.2f} |"
            for name, start, end, sure in rows
        ]
        return "\n".join(["| | on object 1 | on object 2 | confidence |", "|-|-|-|-|", *table])


def build_match_tab(tab: MatchTab, examples: Sequence[Sequence[str]]) -> None:
    """Lay the tab out in the current page and connect it.

    Args:
        tab: its handlers.
        examples: triples of image 1, image 2 and function to try.
    """
    with gr.Row(equal_height=False):
        sides = [lay_out_side("Object 1"), lay_out_side("Object 2")]
    question = lay_out_question()
    answer = lay_out_answer()
    for place, side in enumerate(sides):
        _connect_side(tab, side, place)
    _connect_answer(tab, answer)
    asked = [sides[0].upload, sides[1].upload, question.function]
    shown = [answer.box, answer.view1, answer.view2, answer.points, answer.files]
    on(question.button.click, tab.match, [*asked, answer.mode], shown, HEAVY, scroll=True)
    on(question.function.input, tab.match_again, [*asked, answer.mode], shown, HEAVY)
    if examples:
        chosen = lay_out_examples(examples, asked)
        on(chosen.then, tab.match, [*asked, answer.mode], shown, HEAVY, scroll=True)


def _connect_side(tab: MatchTab, side: Side, place: int) -> None:
    shown = [side.status, side.details, side.outline]
    marked = [side.upload, side.meaning]
    on(side.upload.change, partial(tab.uploaded, place=place), [side.upload], shown, LIGHT)
    on(side.mask.change, partial(tab.masked, place=place), [side.upload, side.mask], shown, LIGHT)
    on(side.outline.select, partial(tab.marked, place=place), marked, shown, LIGHT, click=True)
    on(side.undo.click, partial(tab.undone, place=place), [side.upload], shown, LIGHT)
    on(side.restart.click, partial(tab.restarted, place=place), [side.upload], shown, LIGHT)


def _connect_answer(tab: MatchTab, answer: Answer) -> None:
    shown = [answer.view1, answer.view2, answer.points]
    on(answer.mode.change, tab.view, [answer.mode], shown, LIGHT)
    on(answer.view1.select, tab.clicked, [answer.mode], shown, LIGHT, click=True)
    on(answer.typed.submit, tab.typed, [answer.typed, answer.mode], [*shown, answer.typed], LIGHT)
    on(answer.clear.click, tab.cleared, [answer.mode], shown, LIGHT)
    on(answer.prepare.click, tab.prepare, [], [answer.files], HEAVY)


def _found(located: Located) -> str:
    if located.doubt is not None:
        return (
            f"**Is this the object? By {located.how}, {located.doubt}.** Click below where the "
            "outline is wrong, or upload a mask."
        )
    share = located.mask.mean()
    return f"Object found by {located.how}; it covers {share:.0%} of the picture."


def _scaled(point: Any, scale: float) -> tuple[float, float]:
    x, y = resize_points(np.asarray(point, dtype=np.float64), scale)
    return float(x), float(y)


def _pixel(point: Any, scale: float) -> str:
    x, y = _scaled(point, scale)
    return f"{x:.0f}, {y:.0f}"
