"""What mends a damaged dataset, said in the lines that refuse it."""

from __future__ import annotations

from pathlib import Path


def check(right: object, what: str) -> None:
    """Raise a ValueError that names what is wrong."""
    if not right:
        raise ValueError(what)


def made_again(folder: Path | str) -> str:
    """What mends the folder of an asset."""
    return f"remove {folder} and render again with --resume (photographs: run funcorr scenes again)"


def label_again(labels: Path) -> str:
    """What mends a folder of labels."""
    return f"remove {labels / 'labels.json'} and label again"
