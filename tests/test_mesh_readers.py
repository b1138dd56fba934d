"""Readers of mesh files: polygons of any shape, forms that must agree, what is never opened."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesh_cases import CASES, U_VERTICES
from mesh_cases_gltf import cube_to_squeeze, draco, squeezed
from mesh_cases_text import u_faces
from mesh_writer import CUBE, SHEET, Gltf, obj_text, picture, sheet
from PIL import Image

from funcorr.assets.files import load_mesh, read_mesh_file
from funcorr.assets.importing import asset_id, import_folder
from funcorr.assets.mesh import Material
from funcorr.assets.readers.baking import baked
from funcorr.assets.readers.pieces import Findings, Piece
from funcorr.assets.readers.polygons import triangulated
from funcorr.assets.store import read_asset
from funcorr.assets.untrusted import read_texture
from funcorr.cli.main import main
from funcorr.errors import UserError

ANGLES = st.lists(st.floats(0.1, 1.0), min_size=3, max_size=12)


def doubled_areas(points, rows):
    a, b, c = points[rows].transpose(1, 0, 2)
    return np.cross(b - a, c - a)


@given(ANGLES, st.data())
def test_triangles_of_a_polygon_cover_it_once_from_any_corner_in_any_plane(steps, data):
    """A star-shaped polygon around the origin: no triangle turns over, the areas add up."""
    size = len(steps)
    radii = data.draw(st.lists(st.floats(0.2, 1.0), min_size=size, max_size=size))
    turn = data.draw(st.integers(0, size - 1))
    angle = np.cumsum(steps) / sum(steps) * 2 * np.pi
    flat = np.array(radii)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    if max(steps) / sum(steps) > 0.45:
        return  # the origin may lie outside
    axes = np.linalg.qr(np.random.default_rng(turn).normal(size=(3, 3)))[0][:2]
    points = np.roll(flat, turn, axis=0) @ axes
    findings = Findings()
    rows, owners = triangulated(points, np.array([size]), findings)
    x, y = flat.T
    shoelace = abs(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    parts = doubled_areas(points, rows)
    assert not findings.left_out
    assert (owners == 0).all()
    assert (parts @ np.cross(*axes) * np.sign(parts.sum(0) @ np.cross(*axes)) > -1e-9).all()
    assert np.linalg.norm(parts, axis=1).sum() == pytest.approx(shoelace, rel=1e-6)


def test_polygons_of_several_sizes_keep_their_order():
    corners = [*u_faces(1)[:1], [0, 1, 9, 8], [0, 1, 2], *u_faces(3)[1:2]]
    points = np.array(U_VERTICES, float)[np.concatenate(corners)]
    _, owners = triangulated(points, np.array([len(c) for c in corners]), Findings())
    np.testing.assert_array_equal(owners, [0] * 6 + [1] * 2 + [2] + [3] * 6)


@given(st.lists(st.integers(0, 40), min_size=9, max_size=9))
def test_colours_in_a_texture_are_those_of_the_corners(numbers):
    """At the corners exactly, and between them along the two sides from the first one."""
    colors = np.array(numbers).reshape(1, 3, 3) / 40
    piece = Piece("p", SHEET[:3].astype(float), np.array([[0, 1, 2]]), colors=colors)
    piece = replace(piece, material=Material("white", (1.0, 1.0, 1.0)))
    made = baked(piece, Findings())
    if made.material.texture is None:
        np.testing.assert_allclose(np.tile(made.material.color, (3, 1)), colors[0])
        return
    height, width = made.material.texture.shape[:2]
    for place, color in ((made.uv[0][i], colors[0][i]) for i in range(3)):
        column, row = place * (width, -height) + (-0.5, height - 0.5)
        texel = made.material.texture[round(row), round(column)]
        np.testing.assert_allclose(texel / 255, color, atol=0.5 / 255 + 1e-9)


def test_faces_in_a_run_and_one_by_one_are_the_same(tmp_path):
    rows = [(1, 2, 3), (1, 3, 4), (5, 6, 7), (1, 2, 6, 5)]
    forms = ("{0}", "{0}/{0}", "{0}//{0}", "{0}/{0}/{0}")
    head = obj_text(CUBE, []) + "".join(f"vt {i / 8} {i / 9}\nvn 0 0 1\n" for i in range(8))
    for form in forms:
        lines = ["f " + " ".join(form.format(i) for i in row) for row in rows]
        (tmp_path / "run.obj").write_text(head + "\n".join(lines) + "\n")
        (tmp_path / "one.obj").write_text(head + " # not plain\n".join(lines) + " # end\n")
        run, one = (load_mesh(tmp_path / name) for name in ("run.obj", "one.obj"))
        np.testing.assert_array_equal(run.faces, one.faces)
        assert (run.uv is None) == (one.uv is None) == ("/" not in form.replace("//", ""))
        if run.uv is not None:
            np.testing.assert_array_equal(run.uv, one.uv)


def test_names_of_parts_are_names_of_files(tmp_path):
    (tmp_path / "models").mkdir()
    text = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
    parts = ("../../lid", "a/b:c", "Henkel (links)", "#1", "#2")
    text += "".join(f"g {name}\nf 1 2 {3 + i % 2}\n" for i, name in enumerate(parts))
    (tmp_path / "models" / "a.obj").write_text(text)
    import_folder(tmp_path / "models", tmp_path / "out")
    names = read_asset(tmp_path / "out" / asset_id("a.obj")).mesh.part_names
    assert names == ("Henkel (links)", "_.._lid", "_1", "_2", "a_b_c")


def test_two_nodes_whose_names_end_in_numbers_stay_two_parts(tmp_path):
    g = Gltf()
    for number in (1, 2):
        g.node(mesh=g.mesh(g.primitive()), name=f"leg#{number}", translation=[2 * number, 0, 0])
    assert load_mesh(g.glb(tmp_path / "a.glb")).part_names == ("leg#1", "leg#2")


def test_without_the_extra_a_draco_file_names_it(tmp_path, monkeypatch):
    g = Gltf().need("KHR_draco_mesh_compression")
    g.node(mesh=g.mesh(draco(g)))
    path = g.glb(tmp_path / "a.glb")
    monkeypatch.setitem(sys.modules, "DracoPy", None)
    with pytest.raises(UserError, match=r"compressed with Draco .*funcorr\[draco\]"):
        load_mesh(path)


def test_without_the_extra_a_meshopt_file_names_it(tmp_path, monkeypatch):
    path = squeezed(cube_to_squeeze()).glb(tmp_path / "a.glb")
    monkeypatch.setitem(sys.modules, "meshopt", None)
    with pytest.raises(UserError, match=r"meshopt \(EXT_meshopt.*funcorr\[meshopt\]"):
        load_mesh(path)


def test_greys_of_sixteen_bits_keep_their_range(tmp_path):
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(tmp_path / "a.png")
    texture = read_texture("a.png", (tmp_path / "a.png").read_bytes())
    assert texture.shape == (4, 4, 3)
    assert (texture == 0x80).all()


@pytest.mark.parametrize("content", [b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b""])
def test_pictures_of_other_formats_are_never_decoded(content):
    with pytest.raises(UserError, match="not a picture that can be read"):
        read_texture("a.eps", content)


def test_what_became_of_a_file_is_printed_and_stored(tmp_path, capsys):
    (tmp_path / "models").mkdir()
    colors = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]], np.float32)
    g = Gltf(animations=[{"channels": [], "samplers": []}])
    sheet(uv=None, gltf=g, COLOR_0=colors).glb(tmp_path / "models" / "a.glb")
    main(["assets", "import", str(tmp_path / "models"), "--out", str(tmp_path / "out")])
    name = asset_id("a.glb")
    said = " ".join(capsys.readouterr().out.split())
    assert f"{name}: baked vertex colours into a texture; left out animations" in said
    report = json.loads((tmp_path / "out" / name / "asset.json").read_text())["report"]
    assert report["baked"] == ["vertex colours into a texture"]
    assert report["left_out"] == ["animations"]


def test_what_an_earlier_reader_imported_is_imported_anew(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    CASES["STL: binary"].write(tmp_path / "models")
    monkeypatch.setattr("funcorr.assets.importing.READERS", 1)
    import_folder(tmp_path / "models", tmp_path / "out")
    monkeypatch.undo()
    assert import_folder(tmp_path / "models", tmp_path / "out").imported
    assert import_folder(tmp_path / "models", tmp_path / "out").kept


def test_colours_per_vertex_of_many_faces_fit_a_texture(tmp_path):
    """A grid of 50 x 50 quads whose red runs along x and green along y."""
    size = 51
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    lines = [f"v {i} {j} 0 {i / 50} {j / 50} 0.5" for i, j in zip(x.flat, y.flat, strict=True)]
    quads = [(j * size + i + 1, j * size + i + 2, (j + 1) * size + i + 2, (j + 1) * size + i + 1)
             for j in range(50) for i in range(50)]  # fmt: skip
    lines += ["f " + " ".join(map(str, quad)) for quad in quads]
    (tmp_path / "a.obj").write_text("\n".join(lines))
    mesh = read_mesh_file(tmp_path / "a.obj").mesh
    [material] = mesh.materials
    height, width = material.texture.shape[:2]
    assert max(height, width) <= 2048
    columns = np.round(mesh.uv[..., 0] * width - 0.5).astype(int)
    rows = np.round((1 - mesh.uv[..., 1]) * height - 0.5).astype(int)
    right = np.concatenate([mesh.triangles[..., :2] / 50, np.full((5000, 3, 1), 0.5)], axis=2)
    np.testing.assert_allclose(material.texture[rows, columns] / 255, right, atol=0.003)


def test_a_damaged_texture_and_a_missing_buffer_name_the_file(tmp_path):
    g = Gltf()
    path = sheet(g.material(picture()), gltf=g).gltf(tmp_path / "a.gltf", "gone.bin")
    with pytest.raises(UserError, match=r"a\.gltf: .* refers to 'gone\.bin', which is missing"):
        load_mesh(path)
