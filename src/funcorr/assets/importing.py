"""Import mesh files from elsewhere: GLB, glTF, OBJ, STL and PLY become assets.

Each file becomes one object, centred, longest side 1, z up, with equal vertices merged and faces
without area removed; ``asset.json`` tells in ``report`` what was found, and what of the file was
kept, baked and left out. See :mod:`funcorr.assets.untrusted` for what is never opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from funcorr.assets.files import SUFFIXES, MeshFile, read_mesh_file
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import SPLITS, Asset, is_whole, write_asset
from funcorr.errors import UserError
from funcorr.io import file_hash, made_folder, read_json
from funcorr.parallel import Engine, LostTask, run_tasks

READERS = 2
"""Version of the readers: what an earlier one imported is imported anew."""

MAX_FACES = 2_000_000
MAX_PARTS = 255
"""Parts that a dataset can tell apart; an object with more becomes one part."""

MIXED_UNITS = 200.0
"""Objects of one collection whose sizes differ by more than this are said to be in mixed units."""

NO_LICENSE = "NOASSERTION"
"""The SPDX word for a licence that nobody has stated."""


@dataclass(frozen=True)
class ImportConfig:
    """What is not in the files themselves.

    Attributes:
        category: where a sidecar file names none.
        up: up axis of the files; None is y for GLB and glTF and z for the others.
        license: SPDX identifier, where a sidecar file names none.
        attribution: the line that the licence asks for, where a sidecar file has none.
        max_faces: files with more triangles are refused.
    """

    category: str = "object"
    up: Literal["y", "z"] | None = None
    license: str = NO_LICENSE
    attribution: str = ""
    max_faces: int = MAX_FACES

    def __post_init__(self) -> None:
        if self.max_faces < 1:
            raise UserError(f"a limit of {self.max_faces} faces; expected at least 1")


@dataclass(frozen=True)
class MeshReport:
    """What was found in a file.

    Attributes:
        faces: triangles that were kept.
        vertices: distinct ones.
        watertight: every edge has two faces.
        textures: distinct textures.
        degenerate: faces without area, which were removed.
        extent: sides of the bounding box in the file's own unit, z up.
        parts: nodes, groups or materials of the file.
        kept: features of the file that are read as they are.
        baked: features that became plain vertices, texture coordinates, colours or pictures.
        left_out: features that the asset does not have.
        fingerprint: of the file, its sidecar and the configuration; another one is imported anew.
    """

    faces: int
    vertices: int
    watertight: bool
    textures: int
    degenerate: int
    extent: tuple[float, float, float]
    parts: int
    kept: tuple[str, ...]
    baked: tuple[str, ...]
    left_out: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True)
class ImportSummary:
    """What a run did.

    Attributes:
        imported: id -> report of assets that were written now.
        kept: ids that were there already.
        failed: path under the folder -> reason.
    """

    imported: dict[str, MeshReport]
    kept: tuple[str, ...]
    failed: dict[str, str]

    @property
    def mixed_units(self) -> str | None:
        """A line that says so if sizes differ so much that their units seem to."""
        sides = {name: max(report.extent) for name, report in self.imported.items()}
        if not sides or max(sides.values()) < MIXED_UNITS * min(sides.values()):
            return None
        small, large = (choose(sides, key=sides.__getitem__) for choose in (min, max))
        return (
            f"{small} is {sides[small]:.3g} long and {large} is {sides[large]:.3g}: perhaps their "
            "units differ; each was scaled to a longest side of 1"
        )


def import_folder(
    folder: Path | str,
    out: Path | str,
    config: ImportConfig | None = None,
    workers: int = 1,
    engine: Engine = "processes",
) -> ImportSummary:
    """Import every mesh file below a folder; a file that cannot be imported is left out.

    A file ``mug.obj`` may have a sidecar ``mug.obj.json`` with any of ``license``, ``source``,
    ``attribution``, ``category``, ``functions``, ``split`` (of
    :data:`funcorr.assets.store.SPLITS`) and ``caption``. Assets that are there already from the
    same file, sidecar and configuration are kept.

    Args:
        folder: searched with all folders below it, hidden ones left out.
        out: the collection; files below it are not imported.
        config: what is not in the files.
        workers: processes.
        engine: see :func:`funcorr.parallel.run_tasks`.

    Raises:
        UserError: no such folder, no mesh files in it, none that could be imported, or a place that
            cannot be written to.
    """
    folder, out = Path(folder).absolute(), Path(out).absolute()
    files = {p.relative_to(folder).as_posix(): (p, None) for p in mesh_files(folder, out)}
    return import_files(files, out, config, workers, engine)


def import_files(
    files: Mapping[str, tuple[Path, Mapping[str, Any] | None]],
    out: Path | str,
    config: ImportConfig | None = None,
    workers: int = 1,
    engine: Engine = "processes",
) -> ImportSummary:
    """Import files by name, each with what a sidecar would say of it; None where it has one.

    Raises:
        UserError: none could be imported, or ``out`` cannot be written to.
    """
    config, out = config or ImportConfig(), Path(out).absolute()
    jobs = {name: (path, name, about, out, config) for name, (path, about) in files.items()}
    with made_folder(out):
        found = dict(run_tasks(_import_or_say_why, jobs, workers, engine, "importing"))
        reports = {name: found[name] for name in files}
        imported = {asset_id(n): r for n, r in reports.items() if isinstance(r, MeshReport)}
        kept = tuple(asset_id(name) for name, report in reports.items() if report is None)
        failed = {n: str(r) for n, r in reports.items() if isinstance(r, str | LostTask)}
        if len(failed) == len(files):
            name, reason = next(iter(failed.items()))
            raise UserError(f"none of {len(files)} files could be imported; {name}: {reason}")
    return ImportSummary(imported, kept, failed)


def mesh_files(folder: Path, out: Path) -> list[Path]:
    """The mesh files below ``folder`` in order of their names, without those below ``out``.

    Raises:
        UserError: no such folder, or none in it.
    """
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; expected one with {', '.join(SUFFIXES)} files")
    found = sorted(path for path in _walk(folder, out) if path.suffix.lower() in SUFFIXES)
    if not found:
        raise UserError(f"{folder} holds no mesh files; expected {', '.join(SUFFIXES)}")
    return found


def asset_id(name: str) -> str:
    """A folder name that is legal and distinct everywhere, the same for the same path.

    Args:
        name: path of the file under the imported folder, with forward slashes.

    Example:
        >>> asset_id("Mugs/Café 2.obj")
        'mugs-cafe-2-d5dd2c82'
    """
    composed = unicodedata.normalize("NFC", name)
    letters = unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", letters.rpartition(".")[0]).strip("-")[-48:].strip("-")
    content = composed.encode(errors="surrogateescape")  # a name may be no UTF-8
    return f"{stem or 'asset'}-{hashlib.sha256(content).hexdigest()[:8]}"


def _walk(folder: Path, out: Path) -> Iterator[Path]:
    collection = out.resolve()
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [
            name
            for name in folders
            if not name.startswith((".", "__MACOSX")) and (here / name).resolve() != collection
        ]
        yield from (here / name for name in files if not name.startswith("."))


def _import_or_say_why(
    path: Path, name: str, about: Mapping[str, Any] | None, out: Path, config: ImportConfig
) -> MeshReport | str | None:
    """The report of a file that was imported, None for one that was there, or what is wrong."""
    try:
        return _import_one(path, name, about, out, config)
    except Exception as error:  # one bad file must not end the run
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        return " ".join(reason.split())


def _import_one(
    path: Path, name: str, about: Mapping[str, Any] | None, out: Path, config: ImportConfig
) -> MeshReport | None:
    if not path.is_file():
        raise UserError(f"no such file: {path}")
    if about is None:
        about = _read_sidecar(path.with_name(path.name + ".json"))
    fingerprint = _fingerprint(path, about, config)
    if _is_imported(out / asset_id(name), fingerprint):
        return None
    found = read_mesh_file(path, config.up, config.max_faces)
    mesh, report = _clean(found, config.max_faces, fingerprint)
    asset = Asset(
        id=asset_id(name),
        category=about.get("category", config.category),
        functions=tuple(sorted(about.get("functions", ()))),
        parts={},
        frames={},
        mesh=mesh,
        generator="import",
        license=about.get("license", config.license),
        source=about.get("source", name),
        attribution=about.get("attribution", config.attribution),
        split=about.get("split", ""),
    )
    caption = {"caption": about["caption"]} if "caption" in about else {}
    write_asset(asset, out, {**caption, "report": asdict(report)})
    return report


def _is_imported(place: Path, fingerprint: str) -> bool:
    try:
        if not is_whole(place):
            return False
        content = read_json(place / "asset.json", "asset")
    except UserError:
        return False
    return content.get("report", {}).get("fingerprint") == fingerprint


def _fingerprint(path: Path, about: Mapping[str, Any], config: ImportConfig) -> str:
    digest = file_hash(path)
    digest.update(json.dumps(about, sort_keys=True).encode())
    digest.update(f"{config} {READERS}".encode())
    return digest.hexdigest()


def _read_sidecar(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = read_json(path, "sidecar")
    if not isinstance(content, dict):
        raise UserError(f"{path.name} is not a JSON object with license, source, attribution, ...")
    for key in ("license", "source", "attribution", "category", "caption"):
        if not isinstance(content.get(key, ""), str):
            raise UserError(f"{path.name}: {key} is {content[key]!r}; expected a text")
    if content.get("split", "") not in ("", *SPLITS):
        raise UserError(
            f"{path.name}: split is {content['split']!r}; expected one of {', '.join(SPLITS)}"
        )
    functions = content.get("functions", [])
    if not (isinstance(functions, list) and all(isinstance(name, str) for name in functions)):
        raise UserError(f"{path.name}: functions is {functions!r}; expected a list of names")
    return content


def _clean(found: MeshFile, max_faces: int, fingerprint: str) -> tuple[Mesh, MeshReport]:
    """The normalised mesh without faces that have no area, and what was found."""
    mesh, findings = _with_plain_names(found.mesh), found.findings
    if len(mesh.faces) > max_faces:
        raise UserError(
            f"it has {len(mesh.faces)} faces and the limit is {max_faces}; "
            "simplify it or raise the limit"
        )
    extent = np.ptp(mesh.bounds, axis=0)
    mesh = mesh.normalized()
    solid = _areas(mesh) > 1e-12
    if not solid.any():
        raise UserError("none of its faces has an area; expected a surface")
    cleaned = _one_part_if_many(_with_faces(mesh, solid)).normalized()
    report = MeshReport(
        faces=len(cleaned.faces),
        vertices=len(np.unique(cleaned.faces)),
        watertight=_is_watertight(cleaned),
        textures=sum(material.texture is not None for material in cleaned.materials),
        degenerate=int((~solid).sum()),
        extent=(float(extent[0]), float(extent[1]), float(extent[2])),
        parts=len(mesh.part_names),
        kept=tuple(sorted(findings.kept)),
        baked=tuple(sorted(findings.baked)),
        left_out=tuple(sorted(findings.left_out)),
        fingerprint=fingerprint,
    )
    return cleaned, report


def _areas(mesh: Mesh) -> np.ndarray:
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def _with_faces(mesh: Mesh, chosen: np.ndarray) -> Mesh:
    return replace(
        mesh,
        faces=mesh.faces[chosen],
        face_parts=mesh.face_parts[chosen],
        face_materials=mesh.face_materials[chosen],
        uv=None if mesh.uv is None else mesh.uv[chosen],
    )


def _with_plain_names(mesh: Mesh) -> Mesh:
    """Parts named by letters, digits and ``_ -.()``: their labels are files of these names."""
    plain = [re.sub(r"[^\w .()-]+", "_", name).strip(" .") or "part" for name in mesh.part_names]
    names = tuple(dict.fromkeys(plain))
    index = np.array([names.index(name) for name in plain])
    return replace(mesh, face_parts=index[mesh.face_parts], part_names=names)


def _one_part_if_many(mesh: Mesh) -> Mesh:
    if len(mesh.part_names) <= MAX_PARTS:
        return mesh
    return replace(mesh, face_parts=np.zeros_like(mesh.face_parts), part_names=("body",))


def _is_watertight(mesh: Mesh) -> bool:
    """Whether every edge belongs to exactly two faces."""
    edges = np.sort(mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    keys = edges[:, 0].astype(np.int64) * len(mesh.vertices) + edges[:, 1]
    return bool((np.unique(keys, return_counts=True)[1] == 2).all())
