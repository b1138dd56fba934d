"""What a family hands back: a labelled solid and, per function, its parts and its frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple



from funcorr.functions.frames import FunctionalFrame
from funcorr_forge.solids import Rng, Solid


class Use(NamedTuple):
    """One function of an object: the parts that serve it and the frame it happens in."""

    parts: tuple[str, ...]
    frame: FunctionalFrame


@dataclass(frozen=True)
class Blueprint:
    """One object before it is normalised and painted.

    Attributes:
        solid: the geometry with part labels.
        uses: per function name.
    """

    solid: Solid
    uses: dict[str, Use]


Family = Callable[[Rng], Blueprint]
