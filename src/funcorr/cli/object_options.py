"""What commands on two images have in common: options, the match, and what is said of it."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from tyro.conf import UseAppendAction, arg

from funcorr.cli.prompts import object_source, say_how_found

if TYPE_CHECKING:
    from funcorr.correspondence.encoded_image import EncodedImage
    from funcorr.correspondence.model import Matcher
    from funcorr.correspondence.result import Correspondence


@dataclass(frozen=True, kw_only=True)
class ObjectOptions:
    """Which object is meant in each of two images, and who matches them.

    Attributes:
        mask1: object mask of image 1 (white on the object), or the name of a segmenter. Without it
            the alpha channel, a plain background or the best network that is here tells the object.
        mask2: the same of image 2.
        box1: box around the object of image 1, as "x0,y0,x1,y1".
        box2: the same of image 2.
        click1: a point on the object of image 1, as "x,y", or beside it, as "x,y,out"; may be
            given several times.
        click2: the same of image 2.
        part1: mask of the functional part of image 1, where you know it, instead of the model's.
        part2: the same of image 2.
        model: a row of 'funcorr models', a model folder or a Hugging Face hub id.
        device: cpu, cuda, ...; by default a GPU if there is one.
    """

    mask1: str | None = None
    mask2: str | None = None
    box1: str | None = None
    box2: str | None = None
    click1: Annotated[tuple[str, ...], UseAppendAction] = ()
    click2: Annotated[tuple[str, ...], UseAppendAction] = ()
    part1: str | None = None
    part2: str | None = None
    model: str = "funcorr-small"
    device: str | None = None

    def given(self) -> dict[str, Any]:
        """What is said of the objects, by its option."""
        said = asdict(self)
        return {f"--{name}": said[name] for name in said if name[-1] in "12" and said[name]}

    def match(self, image1: str, image2: str, function: str) -> PairMatch:
        """Load the model, find the objects, match them.

        Raises:
            UserError: an option, an image or the function is not usable.
        """
        object1 = object_source(self.mask1, self.box1, self.click1, "1")
        object2 = object_source(self.mask2, self.box2, self.click2, "2")
        from funcorr.correspondence.registry import load_model

        matcher = load_model(self.model, self.device)
        first, second = matcher.encode(image1, object1), matcher.encode(image2, object2)
        result = matcher.match(first, second, function, part1=self.part1, part2=self.part2)
        return PairMatch((image1, image2), (first, second), matcher, result)


Flat = arg(name="")
"""Marks a parameter whose fields are options of the command itself, without a prefix."""


class PairMatch(NamedTuple):
    """A match, and what it was made from.

    Attributes:
        images: what the user calls them.
        encoded: the same, encoded.
        matcher: the model.
        result: the match.
    """

    images: tuple[str, str]
    encoded: tuple[EncodedImage, EncodedImage]
    matcher: Matcher
    result: Correspondence

    def say_notes(self) -> None:
        """Say on stderr what is not plain to see: found objects, lost answers, unknown words."""
        for number, (image, each) in enumerate(zip(self.images, self.encoded, strict=True), 1):
            helps = f"--click{number}, --box{number} or --mask{number}"
            say_how_found(image, each.mask_source, each.mask_doubt, helps)
        for note in (self._lost_answers(), self._remark()):
            if note is not None:
                print(f"note: {note}", file=sys.stderr)

    def _lost_answers(self) -> str | None:
        asked = getattr(self.matcher, "questions", lambda *_: (0, 0))
        lost = sum(asked(each, self.result.function)[1] for each in self.encoded)
        if not lost:
            return None
        return (
            f"{self.matcher.name} got no answer to {lost} of its questions; without one, matches "
            "are those of the plain features"
        )

    def _remark(self) -> str | None:
        known = self.result.function_known
        return None if known is None else known.remark
