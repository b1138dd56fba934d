"""A pair of a benchmark in one direction: demonstrated on A, tried on B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zlib import crc32

from funcorr.benchmark.predictions import DIRECTIONS
from funcorr.groundtruth.pairs import ImagePair


@dataclass(frozen=True)
class Directed:
    """An image pair and the way in which it is used.

    Attributes:
        pair: the image pair.
        way: ``"forward"`` (A in image 1) or ``"backward"``.
    """

    pair: ImagePair
    way: str

    @property
    def backward(self) -> bool:
        """Whether A is in image 2."""
        return self.way == DIRECTIONS[1]

    @property
    def objects(self) -> tuple[str, str, str]:
        """The function, A and B: the true pose is the same for all pictures of them."""
        names = (self.pair.asset1, self.pair.asset2)
        first, second = names[::-1] if self.backward else names
        return self.pair.function, first, second

    @property
    def file(self) -> str:
        """Name of its files."""
        return f"{quote(self.pair.id, safe=' ')}.{self.way}.json"

    @property
    def seed(self) -> int:
        """Of its draws."""
        return seed_of(f"{self.pair.id} {self.way}")


def seed_of(words: str) -> int:
    """A number that follows from words."""
    return crc32(words.encode())


def both_ways(pairs: Sequence[ImagePair]) -> list[Directed]:
    """Every pair forward and backward."""
    return [Directed(pair, way) for pair in pairs for way in DIRECTIONS]


def objects_file(objects: tuple[str, str, str]) -> str:
    """Name of the file about a function, A and B."""
    return f"{quote(' '.join(objects), safe=' ')}.json"
