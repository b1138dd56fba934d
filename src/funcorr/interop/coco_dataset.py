"""A multi-view dataset as COCO instances: objects, and the parts that serve each function."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from funcorr.interop.coco import object_fields
from funcorr.io import atomic_folder, atomic_path, write_json
from funcorr.render.dataset import Dataset, View


def export_coco(dataset: Dataset, out: Path | str) -> None:
    """Write ``OUT/annotations.json`` and ``OUT/images/<asset>/0000.png``.

    Categories are those of the objects (``supercategory`` ``object``) and the functions
    (``function``). Every view has an annotation for its object and one per function for the parts
    that serve it, as far as they are seen: a compressed run-length mask, box and area. Licences
    are those of the assets.

    Args:
        dataset: its labeller says where parts are.
        out: a folder that is empty or not there.

    Raises:
        UserError: ``out`` is not empty or cannot be written to, or the dataset is damaged.
    """
    with atomic_folder(out) as folder:
        tables = _Tables()
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for asset in dataset:
            license = tables.license(str(asset.info.get("license", "NOASSERTION")))
            for view in map(asset.view, range(asset.n_views)):
                name, place = f"{view.index:04d}.png", folder / "images" / asset.id
                with atomic_path(place / name) as temporary:
                    shutil.copyfile(asset.folder / "rgb" / name, temporary)
                size = {"height": view.camera.height, "width": view.camera.width}
                image = {"id": len(images) + 1, "file_name": f"images/{asset.id}/{name}"}
                images.append(image | size | {"license": license})
                for kind, word, fields in _masks(view):
                    number = {"id": len(annotations) + 1, "image_id": image["id"]}
                    category = {"category_id": tables.category(kind, word)}
                    annotations.append(number | category | fields)
        content = {"images": images, "annotations": annotations, "categories": tables.categories}
        write_json(folder / "annotations.json", content | {"licenses": tables.licenses})


def _masks(view: View) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind and name of the category, and the fields, of all that is seen."""
    asset = view.asset
    named = [("object", asset.category, view.mask)]
    named += [("function", name, view.part_mask(name) & view.mask) for name in asset.functions]
    for kind, name, mask in named:
        if fields := object_fields(mask):
            yield kind, name, fields


class _Tables:
    """Categories and licences, numbered from 1 in the order in which they are met."""

    def __init__(self) -> None:
        self.categories: list[dict[str, Any]] = []
        self.licenses: list[dict[str, Any]] = []

    def category(self, kind: str, name: str) -> int:
        """The number of a category."""
        return _number(self.categories, {"name": name, "supercategory": kind})

    def license(self, name: str) -> int:
        """The number of a licence."""
        return _number(self.licenses, {"name": name})


def _number(rows: list[dict[str, Any]], fields: dict[str, Any]) -> int:
    for row in rows:
        if fields.items() <= row.items():
            return int(row["id"])
    rows.append({"id": len(rows) + 1} | fields)
    return len(rows)
