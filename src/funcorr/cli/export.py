"""``funcorr export``: a multi-view dataset, assets or a trained model for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from funcorr.errors import UserError


def export(
    source: Annotated[str, tyro.conf.Positional],
    out: Path,
    format: Literal["bop", "coco", "mjcf", "nerfstudio", "onnx"],
    assets: Path | None = None,
    meters: float | None = None,
    functions: str = "",
) -> None:
    """Export a multi-view dataset to nerfstudio, BOP or COCO, assets to MJCF, or a model to ONNX.

    Args:
        source: a dataset's folder, as ``funcorr render`` writes it; for MJCF a folder of assets;
            for ONNX a model with a head, as ``funcorr match --model`` takes it.
        out: a folder that is empty or not there.
        format: nerfstudio (a transforms.json per asset), bop (models and scenes), coco (masks of
            objects and functional parts), mjcf (bodies for MuJoCo, with sites for the functions)
            or onnx (graphs of the trunk and the head).
        assets: the folder that the dataset was rendered from; BOP needs its models.
        meters: length of the objects' longest side; 1 by default, for MJCF that of the category.
        functions: for ONNX, functions to add to those that the model was trained on, separated by
            commas.
    """
    if meters is not None and meters <= 0:
        raise UserError(f"a length of {meters:g} m; expected more than 0")
    if format == "onnx":
        _export_model(source, out, functions)
    elif format == "mjcf":
        from funcorr.simulation.mjcf import export_mjcf

        print(f"{out}: {export_mjcf(source, out, meters)} assets exported to mjcf")
    else:
        _export_dataset(Path(source), out, format, assets, 1.0 if meters is None else meters)


def _export_model(name: str, out: Path, functions: str) -> None:
    from funcorr.correspondence.onnx_export import export_onnx
    from funcorr.correspondence.registry import load_model

    words = [each for each in functions.split(",") if each.strip()]
    difference = export_onnx(load_model(name, device="cpu"), out, words)
    print(f"{out}: {name} exported to onnx, at most {difference:.0e} from torch")


def _export_dataset(
    dataset: Path, out: Path, format: str, assets: Path | None, meters: float
) -> None:
    from funcorr.interop.coco_dataset import export_coco
    from funcorr.render.dataset import Dataset
    from funcorr.render.export import export_bop, export_nerfstudio

    views = Dataset(dataset)
    if format == "nerfstudio":
        export_nerfstudio(views, out, meters)
    elif format == "coco":
        export_coco(views, out)
    elif assets is None:
        raise UserError("BOP needs the models: pass --assets, the folder that was rendered")
    else:
        export_bop(views, assets, out, meters)
    print(f"{out}: {len(views)} assets exported to {format}")
