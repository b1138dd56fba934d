"""Every picture is encoded once per run, with few of them in memory at any time."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import Any

from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark, ImagePair

KEPT = 16
"""Encoded pictures in memory; in the order of :func:`partners_together` more save nothing."""


def partners_together(pairs: Sequence[ImagePair]) -> list[ImagePair]:
    """The same pairs, those that share a picture close to each other.

    A depth-first walk: after a pair come the pairs that share a picture with it.

    Args:
        pairs: in any order.
    """
    sharing: dict[str, list[int]] = defaultdict(list)
    for number, pair in enumerate(pairs):
        for image in (pair.image1, pair.image2):
            sharing[image].append(number)
    left = dict.fromkeys(range(len(pairs)))
    order: list[ImagePair] = []
    ahead: list[int] = []
    while left:
        ahead = ahead or [next(iter(left))]
        number = ahead.pop()
        if number in left:
            del left[number]
            order.append(pairs[number])
            ahead += [other for image in _images(order[-1]) for other in sharing[image]]
    return order


def _images(pair: ImagePair) -> tuple[str, str]:
    return pair.image1, pair.image2


class Encoder:
    """Encodes the pictures of a benchmark's pairs with one model.

    What a model gets beside image and mask is its own wish: with ``"part"`` in its ``given`` the
    true mask of the functional part (``part=``), with ``"category"`` what the object is.

    Args:
        benchmark: where the pictures lie.
        model: anything with ``encode``.
        kept: how many encoded pictures stay in memory.
    """

    def __init__(self, benchmark: Benchmark, model: Any, kept: int = KEPT) -> None:
        self._benchmark, self._model, self._most = benchmark, model, kept
        self._kept: OrderedDict[tuple[str, ...], Any] = OrderedDict()

    def __call__(self, pair: ImagePair, number: int) -> Any:
        """Image 1 or 2 of a pair, encoded now or before.

        Raises:
            UserError: the model needs part masks that the pair lacks, or a file cannot be read.
        """
        named = self._named(pair, number)
        key = tuple(named.values())
        if key not in self._kept:
            self._kept[key] = self._encode(named)
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _named(self, pair: ImagePair, number: int) -> dict[str, str]:
        wanted = ("image", "mask", *getattr(self._model, "given", ()))
        named = {key: getattr(pair, f"{key}{number}") for key in wanted}
        if "part" in named and named["part"] is None:
            raise UserError(
                f"{self._model.name} needs the masks of functional parts, but pair {pair.id!r} of "
                f"{self._benchmark.path} has no part{number}; add it to pairs.jsonl or leave the "
                "model out"
            )
        return named

    def _encode(self, named: dict[str, str]) -> Any:
        folder = self._benchmark.path
        given = {
            key: value if key == "category" else folder / value for key, value in named.items()
        }
        return self._model.encode(given.pop("image"), given.pop("mask"), **given)
