"""Which of the functions that a model was trained on the user may have meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from funcorr.errors import UserError
from funcorr.functions.names import function_words
from funcorr.functions.text import TextEncoder

CLOSE = 0.7
"""Cosine of MiniLM above which words mean nearly the same: ``slice with`` and ``cut with`` have
.74, ``pour`` and ``pour with`` .90, but ``hold by`` and ``press with`` .49."""

MISSPELT = 0.8
"""Least similarity of spelling (difflib's ratio) that is taken for a slip of the pen."""


@dataclass(frozen=True)
class KnownFunction:
    """The trained function that is nearest to the one that was asked for.

    Attributes:
        name: the function that was asked for.
        nearest: the trained function that means, or is spelt, most nearly the same.
        similarity: cosine of the two in the model's text encoder; 1 where they are the same.
    """

    name: str
    nearest: str
    similarity: float

    def __post_init__(self) -> None:
        if not -1.001 <= self.similarity <= 1.001:
            raise UserError(f"a cosine lies in [-1, 1], got {self.similarity}")

    @property
    def is_trained(self) -> bool:
        """Whether the model was trained on exactly this function."""
        return self.name == self.nearest

    @property
    def is_close(self) -> bool:
        """Whether the model was trained on this function or on one that is nearly the same."""
        return self.is_trained or self.is_misspelt or self.similarity >= CLOSE

    @property
    def is_misspelt(self) -> bool:
        """Whether it looks like a slip of the pen."""
        near = get_close_matches(self.name, [self.nearest], n=1, cutoff=MISSPELT)
        return bool(near) and not self.is_trained

    @property
    def remark(self) -> str | None:
        """What a user should hear about it, in one line; None where it was trained."""
        if self.is_trained:
            return None
        if self.is_misspelt:
            return f"{self.name} is no trained function; did you mean {self.nearest}?"
        if self.is_close:
            return (
                f"{self.name} is no trained function, but {self.nearest} is close to it "
                f"(similarity {self.similarity:.2f} of 1)"
            )
        return (
            f"{self.name} is no trained function and far from all that are (the nearest is "
            f"{self.nearest}, similarity {self.similarity:.2f} of 1): expect less of the parts"
        )


def nearest_function(name: str, trained: Sequence[str], encoder: TextEncoder) -> KnownFunction:
    """The trained function nearest to a name: the same, one spelt nearly so, or by meaning.

    Args:
        name: as :func:`funcorr.functions.check_function` gives it.
        trained: at least one function.
        encoder: of the model.
    """
    if name in trained:
        return KnownFunction(name, name, 1.0)
    vectors = encoder.encode([function_words(each) for each in (name, *trained)])
    cosines = dict(zip(trained, (vectors[1:] @ vectors[0]).tolist(), strict=True))
    spelt = get_close_matches(name, trained, n=1, cutoff=MISSPELT)
    nearest = spelt[0] if spelt else max(trained, key=cosines.__getitem__)
    return KnownFunction(name, nearest, max(-1.0, min(1.0, cosines[nearest])))
