"""One visitor's matches: every image is encoded once, a new function only matched."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Bool

from funcorr.app.objects import Segmenter, Subject, find_object, working_copy
from funcorr.app.uploads import read_upload
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.files import describe, write_match
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Picture, mask_pixels, resize_points

GRID = 10_000
"""On the page an even grid of at most this many pixels per object is matched, so that an answer
comes within a second; the files to download hold every pixel, as those of ``funcorr match``."""

IMAGES_KEPT = 6
"""Encoded images that are remembered of a visitor, about 5 MB each."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class RecentlyUsed(Generic[K, V]):
    """A dictionary of the entries used last; safe between threads.

    Example:
        >>> recent = RecentlyUsed(2)
        >>> for name in ("a", "b", "a", "c"):
        ...     _ = recent.get(name, lambda: name.upper())
        >>> list(recent)
        ['a', 'c']
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.RLock()

    def __iter__(self) -> Iterator[K]:
        return iter(list(self._entries))

    def get(self, key: K, make: Callable[[], V]) -> V:
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


class FoundObject(NamedTuple):
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


class Visit:
    """One visitor's images, matches and points.

    Args:
        model: the matcher.
        segmenter: turns clicks into a mask, see :mod:`funcorr.app.objects`.

    Attributes:
        subjects: the two images that lie on the page now.
        matched: the two images of the last match.
        result: the last match.
        painted: its images as they are shown, by mode.
        pins: points (x, y) of its image 1 that were clicked, in pixels of the working copy.
    """

    def __init__(self, model: Matcher, segmenter: Segmenter | None = None) -> None:
        self.model, self.segmenter = model, segmenter
        self.subjects: list[Subject | None] = [None, None]
        self.matched: tuple[Subject, Subject] | None = None
        self.result: Correspondence | None = None
        self.painted: dict[str, Any] = {}
        self.pins: list[tuple[float, float]] = []
        self._uploads: RecentlyUsed[str, Upload] = RecentlyUsed(IMAGES_KEPT)
        self._found: RecentlyUsed[Subject, FoundObject] = RecentlyUsed(IMAGES_KEPT)
        self._encoded: RecentlyUsed[Subject, EncodedImage] = RecentlyUsed(IMAGES_KEPT)

    def upload(self, path: str) -> Upload:
        """An uploaded image, read once.

        Raises:
            UserError: it is no image, damaged, too large or no longer here.
        """
        return self._uploads.get(path, lambda: _read(path))

    def find(self, subject: Subject) -> FoundObject:
        """The object of an image, found once.

        Raises:
            UserError: the image cannot be used, or nothing tells its object.
        """
        return self._found.get(subject, lambda: self._find(subject))

    def match(self, function: str) -> Correspondence:
        """Match the working copies of the two images on a grid, and keep the result.

        Raises:
            UserError: an image is missing, or an image, an object or the function cannot be used.
        """
        function = check_function(function)
        subject1, subject2 = self._both()
        result = self.model.match(self._encode(subject1), self._encode(subject2), function)
        if self.matched != (subject1, subject2):
            self.pins.clear()
        self.matched, self.result = (subject1, subject2), result
        self.painted.clear()
        return result

    def match_full(self, function: str) -> Correspondence:
        """Match every pixel of the two images at their full size, and keep nothing.

        Raises:
            UserError: see :meth:`match`.
        """
        return self._match_full(self._both(), check_function(function))

    def write_files(self, folder: Path) -> list[Path]:
        """The files of ``funcorr match`` for the last match, made at the images' full size.

        Raises:
            UserError: nothing was matched yet, or an upload is no longer here.
        """
        if self.matched is None or self.result is None:
            raise UserError("match two images first, then there are files to download")
        result = self._match_full(self.matched, self.result.function)
        pins = np.array(self.pins, dtype=np.float64).reshape(-1, 2)
        scale = self.upload(self.matched[0].path).scale
        points = [(float(x), float(y)) for x, y in resize_points(pins, scale).round(2)]
        name1, name2 = (Path(subject.path).name for subject in self.matched)
        report = describe(result, name1, name2, points=points)
        return [Path(path) for path in write_match(result, report, folder)["files"].values()]

    def _both(self) -> tuple[Subject, Subject]:
        subject1, subject2 = self.subjects
        if subject1 is None or subject2 is None:
            raise UserError(f"add {'an image' if subject1 or subject2 else 'two images'} first")
        return subject1, subject2

    def _match_full(self, subjects: tuple[Subject, Subject], function: str) -> Correspondence:
        (image1, mask1), (image2, mask2) = (self._full(subject) for subject in subjects)
        return self.model.match(image1, image2, function, mask1, mask2)

    def _find(self, subject: Subject) -> FoundObject:
        picture, size = self.upload(subject.path)
        found = find_object(picture, subject, size, self.segmenter)
        return FoundObject(picture, found.mask, found.source, found.doubt)

    def _encode(self, subject: Subject) -> EncodedImage:
        def encode() -> EncodedImage:
            found = self.find(subject)
            encoded = self.model.encode(found.picture, found.mask)
            return replace(encoded, points=mask_pixels(found.mask, GRID))

        return self._encoded.get(subject, encode)

    def _full(self, subject: Subject) -> tuple[Picture, np.ndarray]:
        picture = read_upload(subject.path)
        return picture, find_object(picture, subject, picture.size, self.segmenter).mask


def _read(path: str) -> Upload:
    picture = read_upload(path)
    return Upload(working_copy(picture), picture.size)
