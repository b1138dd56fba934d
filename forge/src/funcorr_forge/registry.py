"""Kinds of objects by name: the decorator ``kind`` registers the function that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from funcorr.errors import UserError
from funcorr_forge.curves import Rng
from funcorr_forge.solids import Solid
from funcorr_forge.uses import Uses


@dataclass(frozen=True)
class Blueprint:
    """One object before it is normalised and painted.

    Attributes:
        solid: the geometry with part labels, in any unit of length.
        uses: what it is good for, as :func:`funcorr_forge.uses.use` makes it.
    """

    solid: Solid
    uses: Uses


Maker = Callable[[Rng], Blueprint]


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Attributes:
        name: as in ``asset.json``.
        family: of kinds of one form.
        make: one object from random numbers.
    """

    name: str
    family: str
    make: Maker


KINDS: dict[str, Kind] = {}
"""All kinds whose module has been imported."""


def kind(name: str, family: str) -> Callable[[Maker], Maker]:
    """Register the decorated function as the maker of a kind of object.

    Args:
        name: of the kind; a space, ``-`` and ``_`` are equal.
        family: kinds of one form, which can be asked for together.

    Raises:
        UserError: another function makes a kind of this name.

    Example:
        >>> from funcorr_forge.solids import block
        >>> from funcorr_forge.uses import use
        >>> @kind("paving stone", family="blocks")
        ... def paving_stone(rng):
        ...     high = rng.uniform(2, 4)
        ...     body = block((10, 10, high), 0.2, "base")
        ...     return Blueprint(body, use("press", "base", (0, 0, -high / 2), 10, "flip:x"))
    """

    def register(make: Maker) -> Maker:
        for known in KINDS.values():
            old = known.make
            same = (old.__module__, old.__qualname__) == (make.__module__, make.__qualname__)
            if plain(known.name) == plain(name) and not same:
                raise UserError(
                    f"the kind {name!r} of {make.__module__} is known already, {old.__module__} "
                    "makes it; give yours another name"
                )
        KINDS[name] = Kind(name, family, make)
        return make

    return register


def plain(name: str) -> str:
    """A name without regard to case, ``-`` and ``_``."""
    return name.strip().lower().replace("-", " ").replace("_", " ")
