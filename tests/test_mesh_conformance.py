"""Every file of the conformance set is read right or refused by name."""

import re
from collections import Counter
from pathlib import Path

import mesh_cases_gltf
import mesh_cases_looks
import mesh_cases_text
import numpy as np
import pytest
from mesh_cases import CASES

from funcorr.assets.files import read_mesh_file
from funcorr.assets.importing import MAX_FACES, import_folder
from funcorr.assets.store import read_asset
from funcorr.errors import UserError

SETS = (mesh_cases_gltf, mesh_cases_looks, mesh_cases_text)
"""They fill ``CASES``."""

DOCS = Path(__file__).parent.parent / "docs" / "import.md"


def area(mesh):
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def volume(mesh):
    """Of a closed surface whose faces look outwards; negative where they look inwards."""
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    return (np.cross(a, b) * c).sum() / 6


def color_at(mesh, point):
    """What is seen at a point of the surface: bilinear, repeating, times the base colour."""
    for face, corners in enumerate(mesh.triangles):
        edges = np.stack([corners[1] - corners[0], corners[2] - corners[0]], axis=1)
        (s, t), *_ = np.linalg.lstsq(edges, point - corners[0], rcond=None)
        there = corners[0] + edges @ (s, t)
        if min(s, t, 1 - s - t) >= -1e-9 and np.allclose(there, point, atol=1e-6):
            material = mesh.materials[mesh.face_materials[face]]
            color = np.array(material.color)
            if material.texture is None:
                return color
            u, v = np.array([1 - s - t, s, t]) @ mesh.uv[face]
            return color * texel(material.texture / 255, u, v)
    raise AssertionError(f"no surface at {point}")


def texel(texture, u, v):
    height, width = texture.shape[:2]
    x, y = u * width - 0.5, (1 - v) * height - 0.5
    left, top = int(np.floor(x)), int(np.floor(y))
    color = np.zeros(3)
    for row, above in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, beside in ((left, 1 - (x - left)), (left + 1, x - left)):
            color += above * beside * texture[row % height, column % width]
    return color


def fraction(color):
    return np.array(color) / (255 if max(color) > 1 else 1)


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_read_right_or_refused_by_name(name, tmp_path):
    right = CASES[name]
    path = right.write(tmp_path)
    if right.refused:
        with pytest.raises(UserError, match=re.escape(right.refused)) as caught:
            read_mesh_file(path, "z", MAX_FACES)
        assert "\n" not in str(caught.value)
        return
    found = read_mesh_file(path, "z", MAX_FACES)
    mesh, told = found.mesh, found.findings
    assert area(mesh) == pytest.approx(right.area, rel=1e-3)
    assert len(mesh.part_names) == right.parts
    if right.extent:
        np.testing.assert_allclose(np.ptp(mesh.bounds, axis=0), right.extent, atol=2e-3)
    if right.volume is not None:
        assert volume(mesh) == pytest.approx(right.volume, rel=2e-3)
    if right.faces is not None:
        assert len(mesh.faces) == right.faces
    for point, color in right.colors.items():
        np.testing.assert_allclose(color_at(mesh, point), fraction(color), atol=0.02)
    assert right.baked in " ".join(told.baked)
    assert bool(told.baked) == bool(right.baked)
    assert right.left in " ".join(told.left_out)
    assert bool(told.left_out) == bool(right.left)


def table():
    """The rows of the documentation's table, from the set."""
    kinds = {name: "refused" if c.refused else "baked" if c.baked else "read"
             for name, c in CASES.items()}  # fmt: skip
    features = sorted({c.feature for c in CASES.values()}, key=str.lower)
    counts = Counter((CASES[name].feature, kind) for name, kind in kinds.items())
    rows = []
    for feature in features:
        numbers = [counts[feature, kind] for kind in ("read", "baked", "refused")]
        rows.append(f"| {feature} | {sum(numbers)} | " + " | ".join(map(str, numbers)) + " |")
    totals = [sum(counts[f, kind] for f in features) for kind in ("read", "baked", "refused")]
    return [*rows, f"| all | {len(CASES)} | " + " | ".join(map(str, totals)) + " |"]


def test_the_documentation_counts_the_set():
    text = DOCS.read_text(encoding="utf-8")
    start = text.index("| feature | files |")
    assert text[start:].split("\n\n")[0].splitlines()[2:] == table()


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith(("vertex colours: running float",
                                  "wrap modes: wrap mirror", "instances: turned"))])  # fmt: skip
def test_an_import_keeps_what_was_read(name, tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    right = CASES[name]
    right.write(models)
    [(asset, report)] = import_folder(models, tmp_path / "out").imported.items()
    mesh = read_asset(tmp_path / "out" / asset).mesh
    longest = max(right.extent)
    assert area(mesh) * longest**2 == pytest.approx(right.area, rel=1e-3)
    assert right.baked in " ".join(report.baked)
    for (x, y, z), color in right.colors.items():
        point = (np.array((x, -z, y)) - (1, 0, 0.5)) / longest  # y up, the middle at the origin
        np.testing.assert_allclose(color_at(mesh, point), fraction(color), atol=0.02)
