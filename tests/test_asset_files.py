import json
import struct

import numpy as np
import pytest
import trimesh
from PIL import Image

from funcorr.assets import (
    Asset,
    Material,
    Mesh,
    list_assets,
    load_mesh,
    read_asset,
    save_glb,
    write_asset,
)
from funcorr.errors import UserError
from funcorr_forge import forge_asset


def textured_box():
    box = trimesh.creation.box((1.0, 0.6, 0.3))
    texture = np.arange(4 * 8 * 3, dtype=np.uint8).reshape(4, 8, 3)
    side = np.arange(12) // 6
    return Mesh(
        vertices=box.vertices.view(np.ndarray).astype(np.float64),
        faces=box.faces.view(np.ndarray).astype(np.int64),
        face_parts=side,
        part_names=("head", "tail"),
        face_materials=side,
        materials=(
            Material("paper", (1.0, 1.0, 1.0), texture, 0.25, 0.0),
            Material("steel", (0.2, 0.4, 0.6), None, 0.5, 1.0),
        ),
        uv=np.random.default_rng(0)
        .uniform(-1, 3, (12, 3, 2))
        .astype(np.float32)
        .astype(np.float64),
    )


def gltf(path):
    data = path.read_bytes()
    [length] = struct.unpack("<I", data[12:16])
    return json.loads(data[20 : 20 + length])


def by_centre(mesh):
    """Face rows in an order that does not depend on the file."""
    return np.lexsort(np.round(mesh.triangles.mean(axis=1), 6).T)


def test_glb_keeps_parts_materials_and_texture_coordinates(tmp_path):
    before = textured_box()
    save_glb(before, tmp_path / "box.glb")
    after = load_mesh(tmp_path / "box.glb")
    assert after.part_names == before.part_names
    one, two = by_centre(before), by_centre(after)
    np.testing.assert_allclose(
        np.sort(after.triangles[two], axis=1), np.sort(before.triangles[one], axis=1), atol=1e-6
    )
    np.testing.assert_array_equal(after.face_parts[two], before.face_parts[one])
    np.testing.assert_allclose(
        after.uv[two][before.face_parts[one] == 0],
        before.uv[one][before.face_parts[one] == 0],
        atol=1e-5,
    )
    looks = {m.name: m for m in after.materials}
    np.testing.assert_array_equal(looks["paper"].texture, before.materials[0].texture)
    np.testing.assert_allclose(looks["steel"].color, (0.2, 0.4, 0.6), atol=1e-6)
    assert [(looks[n].roughness, looks[n].metallic) for n in ("paper", "steel")] == [
        (0.25, 0),
        (0.5, 1),
    ]


def test_glb_names_parts_and_writes_the_metallic_factor(tmp_path):
    save_glb(textured_box(), tmp_path / "box.glb")
    content = gltf(tmp_path / "box.glb")
    factors = {m["name"]: m["pbrMetallicRoughness"]["metallicFactor"] for m in content["materials"]}
    assert factors == {"paper": 0.0, "steel": 1.0}
    assert {"head", "tail"} <= {node.get("name") for node in content["nodes"]}
    assert sum(len(mesh["primitives"]) for mesh in content["meshes"]) == 2


def test_a_part_of_two_materials_stays_one_part(tmp_path):
    box = textured_box()
    mixed = Mesh(
        box.vertices, box.faces, 0 * box.face_parts, ("all",), box.face_materials, box.materials
    )
    save_glb(mixed, tmp_path / "box.glb")
    after = load_mesh(tmp_path / "box.glb")
    assert after.part_names == ("all",)
    assert len(after.materials) == 2
    assert after.uv is None


def test_forged_assets_come_back_whole(tmp_path):
    before = forge_asset("kettle", 1)
    after = read_asset(write_asset(before, tmp_path))
    assert list_assets(tmp_path) == [before.id]
    assert after.to_json() == before.to_json()
    assert after.mesh.part_names == before.mesh.part_names
    counts = [np.bincount(asset.mesh.face_parts).tolist() for asset in (before, after)]
    assert counts[0] == counts[1]
    np.testing.assert_allclose(after.mesh.bounds, before.mesh.bounds, atol=1e-6)
    assert trimesh.Trimesh(after.mesh.vertices, after.mesh.faces, process=False).is_watertight


@pytest.mark.parametrize("suffix", [".obj", ".stl", ".ply"])
def test_other_formats_load_as_they_stand(tmp_path, suffix):
    solid = trimesh.creation.cone(1.0, 2.0)
    solid.export(tmp_path / f"cone{suffix}")
    mesh = load_mesh(tmp_path / f"cone{suffix}")
    np.testing.assert_allclose(mesh.bounds, solid.bounds, atol=1e-6)
    assert trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).is_watertight
    turned = load_mesh(tmp_path / f"cone{suffix}", up="y")
    assert turned.bounds[0, 1] == pytest.approx(-2.0, abs=1e-6)


def test_groups_of_an_obj_become_parts(tmp_path):
    (tmp_path / "two.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\ng lid\nf 1 2 3\ng pot\nf 1 2 4\n"
    )
    mesh = load_mesh(tmp_path / "two.obj")
    assert mesh.part_names == ("lid", "pot")
    assert len(mesh.vertices) == 4


def test_materials_of_an_obj_keep_their_colour_and_a_texture_stands_alone(tmp_path):
    Image.new("RGB", (4, 4), (10, 200, 30)).save(tmp_path / "green.png")
    (tmp_path / "two.mtl").write_text(
        "newmtl red\nKd 1 0 0\nnewmtl leaf\nKd 0.4 0.4 0.4\nmap_Kd green.png\n"
    )
    (tmp_path / "two.obj").write_text(
        "mtllib two.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nvt 0 0\nvt 1 0\nvt 0 1\n"
        "usemtl red\nf 1 2 3\nusemtl leaf\nf 1/1 2/2 4/3\n"
    )
    looks = {material.name: material for material in load_mesh(tmp_path / "two.obj").materials}
    assert looks["red"].color == (1.0, 0.0, 0.0)
    assert looks["leaf"].color == (1.0, 1.0, 1.0)
    assert looks["leaf"].texture[0, 0].tolist() == [10, 200, 30]
    assert {material.metallic for material in looks.values()} == {0.0}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.png", b"", "expected one of"),
        ("missing.glb", None, "no such file"),
        ("a.glb", b"glTF not really", "expected version 2, whole"),
        ("a.obj", b"v 0 0 0\n", "no triangles|damaged"),
        ("a.ply", b"\x00" * 40, "damaged"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_mesh(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_broken_descriptions_are_refused(tmp_path):
    folder = write_asset(forge_asset("awl", 0), tmp_path)
    (folder / "asset.json").write_text('{"id": "awl-0000"}')
    with pytest.raises(UserError, match="not the description of an asset"):
        read_asset(folder)
    with pytest.raises(UserError, match="holds no assets"):
        list_assets(folder)
    with pytest.raises(UserError, match="no such folder"):
        list_assets(tmp_path / "nowhere")


def test_nothing_half_written_stays_when_the_place_is_closed(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        save_glb(textured_box(), tmp_path / "file" / "box.glb")
    assert isinstance(forge_asset("awl", 0), Asset)
