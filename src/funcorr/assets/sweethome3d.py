"""Fifteen human-designed models from Debian's ``sweethome3d-furniture`` package.

They are for trying the matcher on objects that the forge did not make. Only the models in
:data:`MODELS` are ever read; the rest of the package is kept apart for evaluation. Fetch the
package without installing it by ``apt-get download sweethome3d-furniture``.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.assets.debian import read_members
from funcorr.assets.files import read_mesh_file
from funcorr.assets.mesh import Material, Mesh
from funcorr.errors import UserError

PACKAGE = "sweethome3d-furniture"

MODELS = {
    "coffee-mug": "Kator Legaz#coffee-mug",
    "wine-bottle": "Kator Legaz#red-wine-bottle-01",
    "bowl": "Kator Legaz#bowl",
    "clothes-hanger": "Kator Legaz#clothes-hanger",
    "kitchen-knife": "Blend Swap CC-BY#kitchenKnife",
    "fork": "Blend Swap CC-BY#fork",
    "spoon": "Blend Swap CC-BY#spoon",
    "espresso-kettle": "Blend Swap CC-BY#espressokettle",
    "scissors": "Blend Swap CC-0#cissors_swap",
    "hammer": "Scopia#marteau",
    "screwdriver": "Scopia#tournevis",
    "shovel": "Scopia#shovel",
    "broom": "Scopia#broom",
    "soap-bottle": "Scopia#com_bath2_jabon_pijo",
    "kitchen-tool": "Scopia#kitchen_tool1",
}
"""Our names of the models and their ids in the package's catalogues."""

LICENSES = {
    "KatorLegaz": ("CC-BY-3.0-US", "https://creativecommons.org/licenses/by/3.0/us/"),
    "BlendSwap-CC-BY": ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"),
    "BlendSwap-CC-0": ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "Scopia": ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"),
}
"""License and its address per library (``.sh3f`` file)."""

MAX_BYTES = 200_000_000
"""Of a file of a model; the fifteen have far less."""

REFLECTING = (0.04, 0.95)
"""Nothing real is blacker or whiter than this; some of the models' materials are."""

METALS = ("metal", "chrome", "iron", "steel", "cutlery", "cuttelry", "blade", "edge")
"""Materials whose name has one of these words are drawn as metal; OBJ has no such property."""


@dataclass(frozen=True, eq=False)
class FurnitureModel:
    """A model with what its license asks to be told.

    Attributes:
        name: our name, a key of :data:`MODELS`.
        title: name in the catalogue.
        author: creator in the catalogue.
        license: SPDX-like identifier.
        license_url: address of the license.
        library: the ``.sh3f`` file that holds it, without suffix.
        mesh: z up, in metres at the catalogue's size; one part per material.
    """

    name: str
    title: str
    author: str
    license: str
    license_url: str
    library: str
    mesh: Mesh


def read_models(source: Path | str, names: Collection[str] = tuple(MODELS)) -> list[FurnitureModel]:
    """Read models straight from the package, without root and without unpacking it to disk.

    Args:
        source: the ``.deb`` file, or one ``.sh3f`` library out of it.
        names: keys of :data:`MODELS`; from a single library, those that it lacks are left out.

    Raises:
        UserError: a name is not in :data:`MODELS`, or the file is missing or of another kind.
    """
    unknown = sorted(set(names) - set(MODELS))
    if unknown:
        raise UserError(
            f"no such model: {', '.join(unknown)}; expected some of {', '.join(MODELS)}"
        )
    models = []
    for library, archive in _libraries(Path(source)):
        catalogue = _catalogue(archive)
        for name in names:
            if entry := catalogue.get(MODELS[name]):
                models.append(_read_model(name, library, archive, entry))
    return sorted(models, key=lambda model: list(MODELS).index(model.name))


def _libraries(source: Path) -> Iterator[tuple[str, zipfile.ZipFile]]:
    """The libraries with models that may be used, as open zip archives."""
    if source.suffix == ".sh3f" and source.stem not in LICENSES:
        raise UserError(f"{source} is not used; expected one of {', '.join(LICENSES)}.sh3f")
    try:
        if source.suffix == ".sh3f":
            yield source.stem, zipfile.ZipFile(source)
            return
        for path, content in read_members(source, PACKAGE, _is_library):
            yield path.stem, zipfile.ZipFile(io.BytesIO(content))
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror or error}") from None
    except (zipfile.BadZipFile, ValueError):
        raise UserError(
            f"{source} is not a whole {PACKAGE} package; expected its .deb or a .sh3f"
        ) from None


def _is_library(path: PurePosixPath) -> bool:
    return path.suffix == ".sh3f" and path.stem in LICENSES


def _catalogue(archive: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    """Catalogue entries by id; the file has lines ``key#number=value``."""
    try:
        text = archive.read("PluginFurnitureCatalog.properties").decode("latin-1")
    except KeyError:
        raise ValueError("no catalogue") from None
    entries: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        field, hash_sign, number = key.partition("#")
        if equals and hash_sign:
            entries.setdefault(number, {})[field] = value
    return {entry["id"]: entry for entry in entries.values() if "id" in entry}


def _read_model(
    name: str, library: str, archive: zipfile.ZipFile, entry: dict[str, str]
) -> FurnitureModel:
    license_name, url = LICENSES[library]
    try:
        mesh = _sized(_read_obj(archive, entry["model"].lstrip("/")), entry)
        title, author = entry["name"], entry["creator"]
    except UserError as error:
        raise UserError(f"{library}.sh3f, model {name}: {error}") from None
    except Exception as error:  # whatever the parser makes of a damaged model
        raise UserError(
            f"{library}.sh3f, model {name}: damaged ({type(error).__name__}); get the package again"
        ) from None
    return FurnitureModel(name, title, author, license_name, url, library, mesh)


def _sized(mesh: Mesh, entry: dict[str, str]) -> Mesh:
    """Turned as the catalogue says, scaled to its size in metres, y up changed to z up."""
    matrix = np.eye(4)
    if rotation := entry.get("modelRotation"):
        matrix[:3, :3] = np.array(rotation.split(), float).reshape(3, 3)
    turned = mesh.transformed(matrix)
    extent = np.ptp(turned.bounds, axis=0)
    size = np.array([float(entry[side]) / 100 for side in ("width", "height", "depth")])
    upright = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0.0]])
    matrix = np.eye(4)
    matrix[:3, :3] = upright * (size / np.where(extent > 0, extent, 1))
    return turned.transformed(matrix)


def _read_obj(archive: zipfile.ZipFile, path: str) -> Mesh:
    """The model with what lies beside it, checked like any file from elsewhere."""
    import trimesh

    with tempfile.TemporaryDirectory() as place:
        for member in archive.infolist():
            folder, _, name = member.filename.rpartition("/")
            if folder == path.rpartition("/")[0] and name not in ("", ".", ".."):
                if member.file_size > MAX_BYTES:
                    raise UserError(f"{name} has over {MAX_BYTES} bytes; expected a small model")
                Path(place, name).write_bytes(archive.read(member))
        model = Path(place, path.rpartition("/")[2])
        read_mesh_file(model)
        scene = trimesh.load_scene(model, process=False)
        return _join(list(scene.geometry.values()))


def _join(pieces: list[Any]) -> Mesh:
    """One mesh from trimesh geometries, a part and a material for each."""
    offsets = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    faces = [piece.faces + offset for piece, offset in zip(pieces, offsets, strict=False)]
    index = np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces])
    materials = tuple(_material(piece.visual.material) for piece in pieces)
    return Mesh(
        np.concatenate([piece.vertices for piece in pieces]).astype(float),
        np.concatenate(faces).astype(int),
        index,
        tuple(f"{material.name}-{number}" for number, material in enumerate(materials)),
        index,
        materials,
        np.concatenate([_corner_uv(piece) for piece in pieces]),
    )


def _corner_uv(piece: Any) -> Float[np.ndarray, "f 3 2"]:
    if piece.visual.uv is None:
        return np.zeros((len(piece.faces), 3, 2))
    return np.asarray(piece.visual.uv, float)[piece.faces]


def _material(material: Any) -> Material:
    """An OBJ material; the shininess exponent n becomes roughness (2 / (n + 2)) ** 0.25."""
    color = np.clip(np.asarray(material.diffuse, float)[:3] / 255, *REFLECTING)
    metallic = any(word in material.name.lower() for word in METALS)
    texture = None
    if material.image is not None:
        texture, color = np.array(material.image.convert("RGB")), np.ones(3)
    glossy = np.asarray(material.specular, float)[:3].max() > 10
    roughness = (2 / (float(material.glossiness) + 2)) ** 0.25 if glossy else 0.9
    if metallic and color.max() < 0.7:
        color = color * 0.7 / max(color.max(), 0.1)
    return Material(
        material.name, tuple(color.tolist()), texture, float(roughness), float(metallic)
    )
