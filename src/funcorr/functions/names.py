"""Names of functions, and the words behind them."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from funcorr.errors import UserError

LONGEST = 64
_WORDS = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def check_function(name: Any) -> str:
    """The canonical form of a function name: its words in lower case, joined by hyphens.

    Case, spaces, underscores, hyphens and punctuation make no difference, nor does the way in which
    Unicode writes a letter (NFKC). Any words are legal, whether the taxonomy knows them or not.

    Raises:
        UserError: it is not text, has no word, or is longer than :data:`LONGEST` characters.

    Example:
        >>> check_function("Pour_With!")
        'pour-with'
    """
    shape = "expected words such as pour-with"
    if not isinstance(name, str):
        raise UserError(f"a function is text, got {type(name).__name__}; {shape}")
    words = _WORDS.findall(normalize("NFKC", name).lower())
    canonical = "-".join(words)
    if not words or len(canonical) > LONGEST:
        shown = name if len(name) <= LONGEST else name[:LONGEST] + "..."
        raise UserError(f"unusable function {shown!r}: {shape}, {LONGEST} characters at most")
    return canonical


def function_words(name: str) -> str:
    """The words that a text encoder reads: ``"pour-with"`` -> ``"pour with"``.

    Raises:
        UserError: the name is not usable, see :func:`check_function`.
    """
    return check_function(name).replace("-", " ")
