"""Which categories a model may be trained on, and which are held out."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def splits() -> dict[str, tuple[str, ...]]:
    """The committed split of the forge's categories.

    Models are trained on ``train`` and ``train-more``; decisions are taken on ``unseen-dev``;
    ``unseen-test`` is run once per shipped model.

    Example:
        >>> "mug" in splits()["train"], "cup" in splits()["unseen-test"]
        (True, True)
    """
    content = tomllib.loads((files(__package__) / "split.toml").read_text(encoding="utf-8"))
    return {name: tuple(categories) for name, categories in content.items()}
