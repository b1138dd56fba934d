"""Parts drawn onto meshes, and the annotation of the human-designed models."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.partition import PartShape, cut_at_plane, draw_parts
from funcorr.assets.real_design import annotated, part_annotations
from funcorr.assets.sweethome3d import MODELS, FurnitureModel
from funcorr.functions.taxonomy import load_taxonomy

TETRAHEDRON = Mesh(
    np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]),
    np.zeros(4, int),
    ("all",),
    np.array([0, 0, 1, 1]),
    (Material("wood"), Material("iron")),
    np.tile(np.array([[0.0, 0], [1, 0], [0, 1]]), (4, 1, 1)),
)


def area(mesh):
    edges = mesh.triangles[:, 1:] - mesh.triangles[:, :1]
    return np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) / 2


@given(st.integers(0, 2), st.floats(-0.2, 1.2))
def test_a_cut_leaves_the_surface_and_its_looks_as_they_are(axis, value):
    cut = cut_at_plane(TETRAHEDRON, axis, value, np.ones(4, bool))
    side = cut.triangles[..., axis] - value
    assert ((side.min(axis=1) > -1e-8) | (side.max(axis=1) < 1e-8)).all()
    for material in (0, 1):
        before, after = (m.face_materials == material for m in (TETRAHEDRON, cut))
        total = area(TETRAHEDRON)[before].sum()
        assert area(cut)[after].sum() == pytest.approx(total)
    volume = np.linalg.det(cut.triangles).sum() / 6
    assert volume == pytest.approx(1 / 6)  # all faces still look outwards
    assert np.linalg.det(cut.uv[:, 1:] - cut.uv[:, :1]).sum() / 2 == pytest.approx(2)


def test_parts_are_cut_at_boxes_and_the_later_one_wins():
    shapes = {
        "iron": PartShape(materials=("iron",)),
        "foot": PartShape(boxes=(([-1, -1, -1], [2, 2, 0.25]),)),
        "core": PartShape(tubes=((0.0, 0.0, 0.2, 0.5, 1.0),)),
    }
    mesh = draw_parts(TETRAHEDRON, shapes)
    assert mesh.part_names == ("rest", "iron", "foot", "core")
    middle = mesh.triangles.mean(axis=1)
    np.testing.assert_array_equal(mesh.face_parts == 2, middle[:, 2] < 0.25)
    np.testing.assert_array_equal(
        mesh.face_parts == 3, (middle[:, 2] > 0.5) & (np.hypot(*middle[:, :2].T) <= 0.2)
    )
    above = mesh.face_parts[(middle[:, 2] > 0.25) & (mesh.face_parts != 3)]
    assert set(above) == {0, 1}


def test_a_part_may_be_the_faces_that_look_one_way():
    everything = ([-1.0, -1, -1], [2.0, 2, 2])
    mesh = draw_parts(TETRAHEDRON, {"under": PartShape((everything,), facing=(0.0, 0, -1))})
    assert mesh.face_parts.tolist() == [1, 0, 0, 0]


def test_the_annotation_speaks_of_every_model_in_the_taxonomys_words():
    taxonomy, notes = load_taxonomy(), part_annotations()
    assert set(notes) == set(MODELS)
    functions = Counter()
    for about in notes.values():
        known = taxonomy.categories[about["category"]].uses
        for function, use in about["uses"].items():
            functions[function] += 1
            assert set(use["parts"]) & set(known[function])
            assert set(use["parts"]) <= set(about["parts"])
    assert len([f for f, count in functions.items() if count > 1]) >= 10


@pytest.mark.parametrize("name", MODELS)
def test_an_annotation_makes_an_asset(name):
    """On a block with the bounds of no model: frames and shapes are read and are whole."""
    steps = np.linspace(-0.5, 0.5, 9)
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    vertices = np.concatenate([corners + np.array([0, 0, z]) for z in steps])
    square = np.array([[0, 1, 2], [0, 2, 3]])
    faces = np.concatenate([square + 4 * i for i in range(len(steps))])
    index = np.zeros(len(faces), int)
    mesh = Mesh(vertices, faces, index, ("all",), index)
    model = FurnitureModel(name, "Title", "Author", "CC0-1.0", "https://x", "Library", mesh)
    asset = annotated(model)
    assert set(asset.functions) == set(asset.frames) == set(asset.parts)
    assert area(asset.mesh).sum() == pytest.approx(area(mesh.normalized()).sum())
    assert "Title by Author, CC0-1.0" in asset.attribution
    for frame in asset.frames.values():
        assert np.abs(frame.origin).max() <= 0.5
        assert 0.01 < frame.size <= 1
