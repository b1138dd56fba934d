"""Matches for a page: every image is encoded once per visitor, a new function only matched."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool

from funcorr.app.objects import Segmenter, Subject, find_object, working_copy
from funcorr.app.uploads import read_upload
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.files import describe, write_match
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Picture, mask_doubt, mask_pixels, resize_points

GRID = 10_000
"""On the page an even grid of at most this many pixels per object is matched, so that an answer
comes within a second; the files to download hold every pixel, as those of ``funcorr match``."""

IMAGES_KEPT = 6
"""Encoded images that a visitor's session remembers, about 5 MB each."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A dictionary of the entries used last; safe between threads.

    Example:
        >>> recent = Recent(2)
        >>> for name in ("a", "b", "a", "c"):
        ...     _ = recent.get(name, lambda: name.upper())
        >>> list(recent)
        ['a', 'c']
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.RLock()

    def __iter__(self) -> Any:
        return iter(list(self._entries))

    def get(self, key: K, make: Any) -> V:
        """The entry of a key, made on first use; the one used longest ago makes room."""
        with self._lock:
            if key not in self._entries:
                self._entries[key] = make()
                while len(self._entries) > self.capacity:
                    self._entries.popitem(last=False)
            self._entries.move_to_end(key)
            return self._entries[key]

    def drop(self, key: K) -> None:
        """Forget an entry, known or not."""
        with self._lock:
            self._entries.pop(key, None)


class Upload(NamedTuple):
    """An uploaded image.

    Attributes:
        picture: the working copy.
        size: (height, width) of the upload itself.
    """

    picture: Picture
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the upload per pixel of the working copy."""
        return self.size[1] / self.picture.size[1]


class Located(NamedTuple):
    """A visitor's image with its object.

    Attributes:
        picture: the working copy.
        mask: its object.
        how: in words.
        doubt: why it may be wrong, in words.
    """

    picture: Picture
    mask: Bool[np.ndarray, "h w"]
    how: str
    doubt: str | None


@dataclass
class Session:
    """What the server remembers of one visitor, and only of them.

    Attributes:
        subjects: the two images that lie on the page now.
        uploads: the images seen lately, by path.
        located: objects of the images seen lately.
        encoded: the same images after the expensive step.
        scenes: images encoded by the affordance model, by path.
        matched: the two images of the last match.
        result: the last match.
        painted: its images as they are shown, by mode.
        pins: points (x, y) of its image 1 that were clicked, in pixels of the working copy.
    """

    subjects: list[Subject | None] = field(default_factory=lambda: [None, None])
    uploads: Recent[str, Upload] = field(default_factory=lambda: Recent(IMAGES_KEPT))
    located: Recent[Subject, Located] = field(default_factory=lambda: Recent(IMAGES_KEPT))
    encoded: Recent[Subject, EncodedImage] = field(default_factory=lambda: Recent(IMAGES_KEPT))
    scenes: Recent[str, Any] = field(default_factory=lambda: Recent(IMAGES_KEPT))
    matched: tuple[Subject, Subject] | None = None
    result: Correspondence | None = None
    painted: dict[str, Any] = field(default_factory=dict)
    pins: list[tuple[float, float]] = field(default_factory=list)


class MatchBench:
    """The work behind the page of ``funcorr app``, without the page.

    Args:
        model: the matcher.
        segmenter: turns clicks into a mask, see :mod:`funcorr.app.objects`.
    """

    def __init__(self, model: Matcher, segmenter: Segmenter | None = None) -> None:
        self.model = model
        self.segmenter = segmenter

    def upload(self, session: Session, path: str) -> Upload:
        """An uploaded image, read once.

        Raises:
            UserError: it is no image, damaged, too large or no longer here.
        """

        def read() -> Upload:
            picture = read_upload(path)
            return Upload(working_copy(picture), picture.size)

        return session.uploads.get(path, read)

    def locate(self, session: Session, subject: Subject) -> Located:
        """Read an image and find its object.

        Raises:
            UserError: the image cannot be used, or nothing tells its object.
        """
        picture, size = self.upload(session, subject.path)

        def find() -> Located:
            mask, how = find_object(picture, subject, size, self.segmenter)
            doubt = None if subject.is_marked else mask_doubt(picture, mask)
            return Located(picture, mask, how, doubt)

        return session.located.get(subject, find)

    def match(self, session: Session, function: str) -> Correspondence:
        """Match the working copies of the session's images on a grid, and keep the result.

        Raises:
            UserError: an image is missing, or an image, an object or the function cannot be used.
        """
        function = check_function(function)
        subject1, subject2 = session.subjects
        if subject1 is None or subject2 is None:
            raise UserError(f"add {'an image' if subject1 or subject2 else 'two images'} first")
        first, second = self._encode(session, subject1), self._encode(session, subject2)
        result = self.model.match(first, second, function)
        if session.matched != (subject1, subject2):
            session.pins.clear()
        session.matched, session.result = (subject1, subject2), result
        session.painted.clear()
        return result

    def write_files(self, session: Session, folder: Path) -> list[Path]:
        """The files of ``funcorr match`` for the last match, made at the images' full size.

        Raises:
            UserError: nothing was matched yet, or an upload is no longer here.
        """
        if session.matched is None or session.result is None:
            raise UserError("match two images first, then there are files to download")
        (image1, mask1), (image2, mask2) = (self._full(subject) for subject in session.matched)
        result = self.model.match(image1, image2, session.result.function, mask1, mask2)
        pins = np.array(session.pins, dtype=np.float64).reshape(-1, 2)
        scale = self.upload(session, session.matched[0].path).scale
        points = [(float(x), float(y)) for x, y in resize_points(pins, scale).round(2)]
        report = describe(result, image1.name, image2.name, points=points)
        return [Path(path) for path in write_match(result, report, folder)["files"].values()]

    def _encode(self, session: Session, subject: Subject) -> EncodedImage:
        def encode() -> EncodedImage:
            picture, mask, *_ = self.locate(session, subject)
            encoded = self.model.encode(picture, mask)
            return replace(encoded, points=mask_pixels(mask, GRID))

        return session.encoded.get(subject, encode)

    def _full(self, subject: Subject) -> tuple[Picture, np.ndarray]:
        picture = read_upload(subject.path)
        return picture, find_object(picture, subject, picture.size, self.segmenter)[0]
