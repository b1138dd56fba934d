"""From a category and a number to a finished asset, and many of them onto the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from funcorr.assets.generators import GenerationReport
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, is_whole, write_asset
from funcorr.errors import UserError
from funcorr.parallel import Engine, run_tasks
from funcorr_forge.catalogue import CATEGORIES, check_categories, maker
from funcorr_forge.holds import hold_use
from funcorr_forge.materials import paint
from funcorr_forge.registry import Blueprint
from funcorr_forge.solids import without_crumbs


def forge_asset(category: str, index: int, seed: int = 0) -> Asset:
    """Make one object; the same arguments give the same bytes on any number of workers.

    Args:
        category: a key of ``CATEGORIES`` or a kind of another package.
        index: which object of the category.
        seed: of the whole collection.

    Raises:
        UserError: no such category, or a negative number.

    Example:
        >>> asset = forge_asset("mug", 0)
        >>> asset.id, asset.parts["hang-onto"]
        ('mug-0000', ('handle',))
    """
    if index < 0 or seed < 0:
        raise UserError(f"index and seed must be 0 or more, got {index} and {seed}")
    [category] = check_categories([category])
    shape_rng, paint_rng = _generators(category, index, seed)
    blueprint = maker(category)(shape_rng)
    mesh = _mesh(blueprint)
    matrix = mesh.normalizing_transform()
    uses = dict(sorted((hold_use(mesh) | blueprint.uses).items()))
    present = set(mesh.part_names)
    return Asset(
        id=asset_id(category, index),
        category=category,
        functions=tuple(uses),
        parts={
            name: tuple(part for part in use.parts if part in present) for name, use in uses.items()
        },
        frames={name: use.frame.transformed(matrix) for name, use in uses.items()},
        mesh=paint(mesh.transformed(matrix), paint_rng),
        seed=seed,
        generator=f"funcorr-forge {version('funcorr-forge')}",
        license="CC0-1.0",
        source="funcorr forge",
        attribution="",
    )


def forge_many(
    out: Path | str,
    categories: Iterable[str] | None = None,
    per_category: int = 25,
    seed: int = 0,
    workers: int = 1,
    engine: Engine = "processes",
) -> GenerationReport:
    """Make many assets under ``out``, a folder each; those that are whole already are kept.

    An object that cannot be made is reported and left out.

    Args:
        out: the folder of the collection.
        categories: names of kinds, families or splits; all of the forge where None.
        per_category: how many of each.
        seed: of the whole collection.
        workers: processes.
        engine: see :func:`funcorr.parallel.run_tasks`.

    Raises:
        UserError: an unknown category, a count below 1, a place that cannot be written to, or
            nothing could be made.
    """
    if per_category < 1 or workers < 1:
        raise UserError(f"need at least 1 per category and 1 worker, got {per_category}, {workers}")
    names = check_categories(CATEGORIES if categories is None else categories)
    jobs = {
        asset_id(name, index): (Path(out).absolute(), name, index, seed)
        for name in names
        for index in range(per_category)
    }
    results = run_tasks(_forge_to_disk, jobs, workers, engine, "forging")
    failed = {name: str(problem) for name, problem in results if problem is not None}
    if len(failed) == len(jobs):
        name, problem = next(iter(failed.items()))
        raise UserError(f"none of {len(failed)} objects could be made; {name}: {problem}")
    return GenerationReport(tuple(name for name in jobs if name not in failed), failed)


def asset_id(category: str, index: int) -> str:
    """``"coat hanger"``, 7 -> ``"coat-hanger-0007"``."""
    return f"{category.replace(' ', '-')}-{index:04d}"


def _forge_to_disk(out: Path, category: str, index: int, seed: int) -> str | None:
    """Make one asset unless it is there; what went wrong with it, if anything."""
    if is_whole(out / asset_id(category, index), seed):
        return None
    try:
        asset = forge_asset(category, index, seed)
    except Exception as error:  # one shape that cannot be built must not end the run
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    write_asset(asset, out)
    return None


def _generators(category: str, index: int, seed: int) -> list[np.random.Generator]:
    """Independent generators for shape and paint, from a hash that no process can change."""
    digest = hashlib.sha256(f"{category}/{index}".encode()).digest()
    root = np.random.SeedSequence([seed, int.from_bytes(digest[:8], "little")])
    return [np.random.default_rng(child) for child in root.spawn(2)]


def _mesh(blueprint: Blueprint) -> Mesh:
    vertices, faces, parts, names = without_crumbs(blueprint.solid).labelled_mesh()
    return Mesh(
        vertices=vertices.astype(np.float64),
        faces=faces.astype(np.int64),
        face_parts=parts.astype(np.int64),
        part_names=names,
        face_materials=np.zeros(len(faces), dtype=np.int64),
    )
