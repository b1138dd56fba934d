"""Ask a model about a part in a view: the whole view first, then closer where the part is small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Shaped
from PIL import Image

from funcorr.errors import UserError
from funcorr.pseudolabel.answer_log import Answer, AnswerLog
from funcorr.pseudolabel.box_agreement import agreed_box, hull
from funcorr.pseudolabel.boxes import Box, BoxAnswer
from funcorr.pseudolabel.clients import PartGrounder, PartQuery
from funcorr.pseudolabel.openai_client import Usage
from funcorr.render.dataset import View

WHITE = np.full(3, 255, dtype=np.uint8)

ALMOST_ALL = 0.8
"""A window that takes this share of the view's side shows hardly more than the view itself."""


@dataclass(frozen=True)
class AskConfig:
    """How often and how closely a model is asked; the defaults are the paper's.

    Attributes:
        samples: answers wanted per part and view. An answer counts if it has a box, or says that
            the part is not there (paper: only if it has a box).
        attempts: most questions per part and view, for answers that cannot be read.
        zoom: side of the window around a small part, in units of the longer side of its box.
        enlarge: show windows as large as views (paper: as small as they are).
    """

    samples: int = 4
    attempts: int = 8
    zoom: float = 1.5
    enlarge: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= self.attempts:
            raise UserError(
                f"samples lie between 1 and attempts, got {self.samples} of {self.attempts}"
            )
        if self.zoom < 1:
            raise UserError(f"a window holds at least the box, so zoom >= 1, got {self.zoom}")


@dataclass(frozen=True)
class Window:
    """A square piece of a view, or all of it.

    Attributes:
        left: first column.
        top: first row.
        width: columns.
        height: rows.
    """

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, box: Box, size: tuple[int, int], zoom: float) -> Window | None:
        """The window around a small part; None where it would show almost the whole view.

        It is shifted, not cut off, at the view's border (the paper cuts it off).
        """
        side = max(1, round(zoom * max(box.width, box.height)))
        if side >= ALMOST_ALL * min(size):
            return None
        low = (round(center - (side - 1) / 2) for center in box.center)
        left, top = (min(max(x, 0), n - side) for x, n in zip(low, size[::-1], strict=True))
        return cls(left, top, side, side)

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """(left, top, width, height)."""
        return self.left, self.top, self.width, self.height

    def cut(self, pixels: Shaped[np.ndarray, "h w *c"]) -> Shaped[np.ndarray, "h2 w2 *c"]:
        """The pixels in the window, of a picture or of a mask."""
        return pixels[self.top : self.top + self.height, self.left : self.left + self.width]

    def shown_size(self, size: tuple[int, int], enlarge: bool) -> tuple[int, int]:
        """(height, width) at which the window of a view of (height, width) is shown."""
        scale = max(size) / max(self.height, self.width) if enlarge else 1.0
        return round(self.height * scale), round(self.width * scale)

    def to_view(self, box: Box, shown: tuple[int, int]) -> Box:
        """A box of the shown picture, of (height, width), in pixels of the view."""
        scale = (self.width / shown[1], self.height / shown[0])
        return box.resized(scale, (self.left, self.top))


@runtime_checkable
class ViewGrounder(Protocol):
    """What labelling asks: a :class:`PictureGrounder`, or one that knows more than the picture."""

    @property
    def name(self) -> str:
        """For tables and folders."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the answers would."""

    def ask(
        self, view: View, query: PartQuery, window: Window, shown: tuple[int, int], attempt: int
    ) -> str:
        """The answer as it came; errors as those of ``PartGrounder.ask``."""

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The boxes of an answer, in pixels of the shown picture of (height, width)."""


@dataclass(frozen=True)
class PictureGrounder:
    """Shows a :class:`PartGrounder` views on white (the released code: on the stored colour).

    Attributes:
        grounder: the model.
    """

    grounder: PartGrounder

    @property
    def name(self) -> str:
        """Of the model."""
        return self.grounder.name

    @property
    def fingerprint(self) -> str:
        """Of the model."""
        return self.grounder.fingerprint

    @property
    def usage(self) -> Usage | None:
        """What a model on a server has taken; None for models without a meter."""
        return getattr(self.grounder, "usage", None)

    def ask(
        self, view: View, query: PartQuery, window: Window, shown: tuple[int, int], attempt: int
    ) -> str:
        """The answer as it came."""
        picture = Image.fromarray(window.cut(view.on_background(WHITE)))
        if picture.size != shown[::-1]:
            picture = picture.resize(shown[::-1], Image.Resampling.BICUBIC)
        return self.grounder.ask(np.array(picture), query)

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The boxes of an answer."""
        return self.grounder.read(text, size)


@dataclass(frozen=True)
class Asker:
    """Asks one model, by one config, and reads what it answered."""

    grounder: ViewGrounder
    config: AskConfig

    def ask(self, view: View, query: PartQuery, small: bool, log: AnswerLog) -> None:
        """Ask until there are answers enough; what the log holds already is not asked again.

        Args:
            view: where to look.
            query: what for.
            small: look closer where the answers about the whole view agree.
            log: keeps every answer as soon as it is there.

        Raises:
            ServiceError: the model cannot be used at all.
            RequestError: a request failed for good.
        """
        size = (view.camera.height, view.camera.width)
        self._sample(view, query, Window(0, 0, size[1], size[0]), False, log)
        if small and (window := self._closer(view, query.part, log)):
            self._sample(view, query, window, True, log)

    def answers(self, view: View, part: str, log: AnswerLog) -> tuple[tuple[Box, ...], ...]:
        """The boxes of each answer that counts, in pixels of the view.

        Closer answers, if any has a box, take the place of those about the whole view. Nothing is
        returned where fewer than the wanted number count: such a view is left out, as in the paper.
        """
        for zoomed in (True, False):
            read = self._counted(view, part, zoomed, log)[: self.config.samples]
            if len(read) == self.config.samples and (any(read) or not zoomed):
                return tuple(read)
        return ()

    def unreadable(self, view: View, part: str, log: AnswerLog) -> int:
        """How many answers about a part in a view do not count."""
        return sum(
            len(log.about(view.index, part, zoomed)) - len(self._counted(view, part, zoomed, log))
            for zoomed in (True, False)
        )

    def _sample(
        self, view: View, query: PartQuery, window: Window, zoomed: bool, log: AnswerLog
    ) -> None:
        size = (view.camera.height, view.camera.width)
        shown = window.shown_size(size, self.config.enlarge)
        while len(self._counted(view, query.part, zoomed, log)) < self.config.samples:
            attempt = len(log.about(view.index, query.part, zoomed))
            if attempt >= self.config.attempts:
                return
            text = self.grounder.ask(view, query, window, shown, attempt)
            log.add(Answer(view.index, query.part, window.corners, zoomed, text))

    def _counted(
        self, view: View, part: str, zoomed: bool, log: AnswerLog
    ) -> list[tuple[Box, ...]]:
        size = (view.camera.height, view.camera.width)
        counted = []
        for answer in log.about(view.index, part, zoomed):
            window = Window(*answer.window)
            shown = window.shown_size(size, self.config.enlarge)
            read = self.grounder.read(answer.text, shown)
            if read.boxes or read.declined:
                counted.append(tuple(window.to_view(box, shown) for box in read.boxes))
        return counted

    def _closer(self, view: View, part: str, log: AnswerLog) -> Window | None:
        hulls = [hull(boxes) for boxes in self._counted(view, part, False, log) if boxes]
        if not hulls:
            return None
        size = (view.camera.height, view.camera.width)
        return Window.around(agreed_box(hulls), size, self.config.zoom)
