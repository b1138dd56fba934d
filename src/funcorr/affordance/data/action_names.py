"""Names of actions and objects, and the class lists of AGD20K.

Actions are lower-case words joined by hyphens, like functions (``cut-with``); folders and files of
the datasets join them by underscores. Objects are plain words (``cell phone``).
"""

from __future__ import annotations

import re

from funcorr.errors import UserError
from funcorr.functions import check_function

_SEEN = """
beat boxing brush-with carry catch cut cut-with drag drink-with eat hit hold jump kick lie-on lift
look-out open pack peel pick-up pour push ride sip sit-on stick stir swing take-photo talk-on
text-on throw type-on wash write
"""
_SEEN_ONLY = "beat boxing brush-with drag lift look-out pack stir talk-on text-on write"

AGD20K_SEEN: tuple[str, ...] = tuple(_SEEN.split())
"""The 36 actions of AGD20K's Seen split, in the order of the channels of one-shot files."""

AGD20K_UNSEEN: tuple[str, ...] = tuple(a for a in AGD20K_SEEN if a not in _SEEN_ONLY.split())
"""The 25 actions of the Unseen split. All of them are trained: there the objects are new."""

_NUMBER = re.compile(r"_\d+$")


def action_folder(action: str) -> str:
    """The folder that holds an action in AGD20K's layout.

    Example:
        >>> action_folder("cut-with")
        'cut_with'
    """
    return check_function(action).replace("-", "_")


def object_folder(name: str) -> str:
    """The folder that holds an object: ``"cell phone"`` -> ``"cell_phone"``.

    Raises:
        UserError: the name is empty or holds a slash.
    """
    words = object_words(name)
    if not words or {"/", "\\"} & set(words) or words.startswith("."):
        raise UserError(f"unusable object name {name!r}; expected words, for instance 'cell phone'")
    return words.replace(" ", "_")


def object_words(name: str) -> str:
    """An object as plain words.

    Example:
        >>> object_words("cell_phone")
        'cell phone'
    """
    return " ".join(re.split(r"[-_\s]+", name.strip()))


def object_of_stem(stem: str) -> str:
    """The object that a file is named after, as plain words.

    Example:
        >>> object_of_stem("cell_phone_000123")
        'cell phone'
    """
    return object_words(_NUMBER.sub("", stem))
