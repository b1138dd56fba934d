"""Names of functions, and the words behind them."""

from __future__ import annotations

import re
from typing import Any

from funcorr.errors import UserError

LONGEST = 64
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def check_function(name: Any) -> str:
    """The canonical form of a function name; ``pour_with`` and ``pour with`` are ``pour-with``.

    Any lower-case words are legal, whether the taxonomy knows them or not.

    Raises:
        UserError: it is empty, too long, not text, or has other signs than letters and digits.

    Example:
        >>> check_function("pour_with")
        'pour-with'
    """
    shape = "a function is lower-case words joined by hyphens, for instance pour-with"
    if not isinstance(name, str):
        raise UserError(f"a function is text, got {type(name).__name__}; {shape}")
    words = re.split(r"[-_\s]+", name.strip())
    legal = all(_WORD.fullmatch(word) and word == word.lower() for word in words)
    if not legal or len(name) > LONGEST:
        shown = name if len(name) <= LONGEST else name[:LONGEST] + "..."
        raise UserError(f"unusable function {shown!r}: {shape}")
    return "-".join(words)


def function_words(name: str) -> str:
    """The words that a text encoder reads: ``"pour-with"`` -> ``"pour with"``.

    Raises:
        UserError: the name is not usable, see :func:`check_function`.
    """
    return check_function(name).replace("-", " ")
