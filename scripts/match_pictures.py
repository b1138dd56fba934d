"""Write ``matches.png``, ``dense.png`` and ``parts.png`` of ``docs/images``.

Run from the root of the repository: ``python scripts/match_pictures.py``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from funcorr.cli.main import main as funcorr

IMAGES = Path("docs/images")
PICTURES = ("matches.png", "dense.png", "parts.png")
IMAGES_AND_FUNCTION = (
    *("samples/coffee.png", "samples/bowl.png", "--function", "pour-with"),
    *("--mask1", "samples/masks/coffee.png", "--top", "5"),
)
"""A photograph and a model of another kind."""


def main() -> None:
    """Match the two samples and keep the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        funcorr(["match", *IMAGES_AND_FUNCTION, "--out", folder])
        for name in PICTURES:
            shutil.copy(Path(folder) / name, IMAGES / name)


if __name__ == "__main__":
    main()
