"""What a family hands back: a labelled solid and, per function, its parts and its frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from funcorr_forge.solids import Rng, Solid
from funcorr_forge.uses import Uses


@dataclass(frozen=True)
class Blueprint:
    """One object before it is normalised and painted.

    Attributes:
        solid: the geometry with part labels.
        uses: per function name.
    """

    solid: Solid
    uses: Uses


Family = Callable[[Rng], Blueprint]
