"""The paper's own evaluation sets, in the layout of its released code, as a benchmark folder.

``ANNOTATIONS/<function>/<A>|||<B>|||<0000>/trial_<t>/<asset>|||<view>.png.npy`` holds N x 2 whole
numbers (row, column) in the 224-pixel picture, a file per object with aligned rows. The pictures
are ``IMAGES/<asset>/rgb_images_processed/<view>.png`` and ``object_masks_processed/<view>.png``.
``selected_annotations_seen.json`` names the trials that a person accepted:
``{function: {"A|||B": [trial, ...]}}``. Asset names are ``<uid>---<category>.glb`` (Objaverse) or
``<category>---<id>`` (HANDAL, underscores for spaces).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from funcorr.errors import UserError
from funcorr.groundtruth.pairs import (
    Benchmark,
    ImagePair,
    read_benchmark,
    write_benchmark,
    write_ground_truth,
)
from funcorr.io import atomic_folder, atomic_path, read_array, read_json

SEPARATOR, NAME_SEPARATOR = "|||", "---"
"""Between the objects of a pair; between the two halves of an object's name."""

Kind = Literal["objaverse", "handal"]


def import_paper_set(
    annotations: Path | str,
    images: Path | str,
    out: Path | str,
    kind: Kind = "objaverse",
    selected: Path | str | None = None,
    name: str | None = None,
) -> Benchmark:
    """Write one of the paper's sets as a benchmark folder.

    Args:
        annotations: folder with a folder per function.
        images: folder with a folder of processed pictures per asset.
        out: the benchmark folder to make, empty or not there.
        kind: how asset names tell the category.
        selected: the list of accepted trials; all trials where None.
        name: what tables call the benchmark; the folder's name where None.

    Raises:
        UserError: ``out`` is taken, nothing is found, or a file is missing or of another form.
    """
    annotations, images = Path(annotations), Path(images)
    accepted = None if selected is None else read_json(selected, "list of selected annotations")
    with atomic_folder(out) as folder:
        pairs = [
            _write_pair(trial, function, number, images, folder, kind)
            for function, trials in _trials(annotations, accepted)
            for number, trial in enumerate(trials)
        ]
        if not pairs:
            raise UserError(
                f"{annotations} holds no annotations; expected "
                "<function>/<A>|||<B>|||<0000>/trial_<t>"
            )
        lines: list[tuple[ImagePair, dict[str, Any]]] = [(pair, {}) for pair in pairs]
        name = name or Path(out).resolve().name
        write_benchmark(folder, lines, name, license="NOASSERTION", paper_set=kind)
    return read_benchmark(out)


def category_of(asset: str, kind: Kind) -> str:
    """The category in an asset's name.

    Raises:
        UserError: the name is of another form.

    Example:
        >>> category_of("0a1b---water bottle.glb", "objaverse")
        'water bottle'
        >>> category_of("fixed_joint_pliers---3", "handal")
        'fixed joint pliers'
    """
    first, separator, last = asset.removesuffix(".glb").partition(NAME_SEPARATOR)
    category = (last if kind == "objaverse" else first).replace("_", " ").strip()
    if not (separator and category):
        form = "<uid>---<category>.glb" if kind == "objaverse" else "<category>---<id>"
        raise UserError(f"the asset {asset!r} names no category; expected {form}")
    return category


def _trials(annotations: Path, accepted: Any) -> Iterator[tuple[str, list[Path]]]:
    """Function by function, the folders of its trials, sorted; only accepted ones."""
    for function in sorted(path for path in annotations.glob("*") if path.is_dir()):
        found = sorted(function.glob(f"*{SEPARATOR}*/trial_*"))
        if accepted is not None:
            chosen = _chosen(accepted, function.name)
            found = [trial for trial in found if _key(trial) in chosen]
        yield function.name.replace(" ", "-"), found


def _chosen(accepted: Any, function: str) -> set[tuple[str, ...]]:
    """The accepted trials of a function: both assets and the number of the trial."""
    try:
        return {
            (*pair.split(SEPARATOR)[:2], str(trial))
            for pair, trials in accepted.get(function, {}).items()
            for trial in trials
        }
    except (AttributeError, TypeError):
        raise UserError(
            "the list of selected annotations is not {function: {pair: [trial, ...]}}"
        ) from None


def _key(trial: Path) -> tuple[str, ...]:
    return (*trial.parent.name.split(SEPARATOR)[:2], trial.name.removeprefix("trial_"))


def _write_pair(
    trial: Path, function: str, number: int, images: Path, out: Path, kind: Kind
) -> ImagePair:
    names = trial.parent.name.split(SEPARATOR)[:2]
    pair_id = f"{function}-{number:04d}"
    files: dict[str, str] = {"gt": f"gt/{pair_id}.npz"}
    objects: dict[str, str] = {}
    points = []
    for i, asset in enumerate(names, start=1):
        objects[f"asset{i}"], objects[f"category{i}"] = asset, category_of(asset, kind)
        file = _points_file(trial, asset)
        view = file.name.removeprefix(f"{asset}{SEPARATOR}").removesuffix(".npy")
        stem = f"{re.sub(r'[^A-Za-z0-9.-]+', '_', asset)}-{view}"
        for key, folder in (("image", "rgb_images_processed"), ("mask", "object_masks_processed")):
            files[f"{key}{i}"] = f"{key}s/{stem}"
            _copy(images / asset / folder / view, out / files[f"{key}{i}"])
        points.append(_read_points(file))
    if len(points[0]) != len(points[1]):
        raise UserError(f"{trial} pairs {len(points[0])} pixels with {len(points[1])}")
    write_ground_truth(out / files["gt"], *points)
    return ImagePair(id=pair_id, function=function, **objects, **files)


def _points_file(trial: Path, asset: str) -> Path:
    found = [f for f in sorted(trial.glob("*.npy")) if f.name.startswith(asset + SEPARATOR)]
    if len(found) != 1:
        raise UserError(f"{trial} has {len(found)} files of points for {asset!r}; expected one")
    return found[0]


def _read_points(file: Path) -> Float[np.ndarray, "n 2"]:
    """(row, column) to (x, y)."""
    rows = read_array(file, "points of an object").astype(np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2:
        raise UserError(f"{file} has the shape {rows.shape}; expected N x 2 (row, column)")
    return rows[:, ::-1]


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the picture {source}: {error.strerror}") from None
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)
