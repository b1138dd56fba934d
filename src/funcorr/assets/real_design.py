"""The fifteen human-designed models as assets: categories, parts and functional frames by hand.

The annotation is ``real_design.toml`` beside this file. The models are for evaluation: nothing was
trained, tuned or chosen on them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from funcorr.assets.partition import PartShape, draw_parts
from funcorr.assets.store import Asset
from funcorr.assets.sweethome3d import FurnitureModel, read_models
from funcorr.functions.frames import FunctionalFrame

FORMAT = "funcorr-part-annotations/1"


def real_design_assets(source: Path | str) -> list[Asset]:
    """The annotated models, from the package ``sweethome3d-furniture``.

    Args:
        source: its ``.deb`` file, or one ``.sh3f`` library out of it, which holds some of them.

    Raises:
        UserError: the file is missing or of another kind.
    """
    return [annotated(model) for model in read_models(source)]


def annotated(model: FurnitureModel) -> Asset:
    """One model with what its annotation says."""
    about = part_annotations()[model.name]
    shapes = {name: _shape(part) for name, part in about["parts"].items()}
    uses = dict(sorted(about["uses"].items()))
    return Asset(
        id=model.name,
        category=about["category"],
        functions=tuple(uses),
        parts={name: tuple(use["parts"]) for name, use in uses.items()},
        frames={name: _frame(use) for name, use in uses.items()},
        mesh=draw_parts(model.mesh.normalized(), shapes),
        generator="funcorr real-design 1",
        license=model.license,
        source=f"Debian sweethome3d-furniture 1.8, {model.library}.sh3f, {model.title}",
        attribution=f"{model.title} by {model.author}, {model.license} ({model.license_url}); "
        "changes: z up, normalised, parts cut and named",
    )


@cache
def part_annotations() -> dict[str, dict[str, Any]]:
    """The annotation of each model, as in the file."""
    text = files("funcorr.assets").joinpath("real_design.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return {name: about for name, about in content.items() if isinstance(about, dict)}


def _shape(part: dict[str, Any]) -> PartShape:
    return PartShape(
        boxes=tuple((low, high) for low, high in part.get("boxes", ())),
        tubes=tuple(part.get("tubes", ())),
        materials=tuple(part.get("materials", ())),
        facing=tuple(part["facing"]) if "facing" in part else None,
    )


def _frame(use: dict[str, Any]) -> FunctionalFrame:
    directions = {axis: use[axis] for axis in "xyz" if axis in use}
    return FunctionalFrame.along(
        use["origin"], use["size"], use.get("symmetry", "none"), **directions
    )
