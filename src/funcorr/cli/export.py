"""``funcorr export``: a multi-view dataset for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def export(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    format: Literal["bop", "nerfstudio"],
    assets: Path | None = None,
    meters: float = 1.0,
) -> None:
    """Export a multi-view dataset to nerfstudio or to BOP.

    Args:
        dataset: folder, as ``funcorr render`` writes it.
        out: a folder that is empty or not there.
        format: nerfstudio (a transforms.json per asset) or bop (models and scenes).
        assets: the folder that the dataset was rendered from; BOP needs its models.
        meters: length of the objects' longest side.
    """
    from funcorr.errors import UserError
    from funcorr.render.dataset import Dataset
    from funcorr.render.export import export_bop, export_nerfstudio

    if meters <= 0:
        raise UserError(f"a length of {meters:g} m; expected more than 0")
    views = Dataset(dataset)
    if format == "nerfstudio":
        export_nerfstudio(views, out, meters)
    elif assets is None:
        raise UserError("BOP needs the models: pass --assets, the folder that was rendered")
    else:
        export_bop(views, assets, out, meters)
    print(f"{out}: {len(views)} assets exported to {format}")
