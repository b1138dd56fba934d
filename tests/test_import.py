import json
import os
import struct
import unicodedata
import zlib

import numpy as np
import pytest
import trimesh
from PIL import Image

from funcorr.assets import list_assets, read_asset
from funcorr.assets.importing import ImportConfig, asset_id, import_folder
from funcorr.cli.main import main
from funcorr.errors import UserError


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "models"
    place.mkdir()
    return place


def box(size=(2.0, 4.0, 1.0)):
    mesh = trimesh.creation.box(size)
    mesh.apply_translation((5, 6, 7))
    return mesh


def failure(folder, out, **options):
    """Why the only file of a folder cannot be imported."""
    with pytest.raises(UserError) as caught:
        import_folder(folder, out, ImportConfig(**options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def textured_obj(folder, texture, library="box.mtl"):
    (folder / "box.obj").write_text(
        f"mtllib {library}\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
        "usemtl paint\nf 1/1 2/2 3/3\n"
    )
    (folder / "box.mtl").write_text(f"newmtl paint\nKd 1 1 1\nmap_Kd {texture}\n")


def rewrite_glb(path, change, lie=0):
    """Change the JSON of a GLB, and the length that it states by ``lie`` bytes."""
    data = path.read_bytes()
    [size] = struct.unpack_from("<I", data, 12)
    content = json.loads(data[20 : 20 + size])
    change(content)
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + data[20 + size :]
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body) + lie) + body)


@pytest.mark.parametrize("suffix", ["glb", "gltf", "obj", "stl", "ply"])
def test_every_format_becomes_a_centred_object_of_longest_side_one(folder, tmp_path, suffix):
    if suffix == "gltf":
        for name, content in trimesh.Scene(box()).export(file_type="gltf").items():
            (folder / name).write_bytes(content)
    else:
        box().export(folder / f"box.{suffix}")
    summary = import_folder(folder, tmp_path / "out")
    [(name, report)] = summary.imported.items()
    sides = (2.0, 1.0, 4.0) if suffix.startswith("gl") else (2.0, 4.0, 1.0)
    half = np.array(sides) / 8
    np.testing.assert_allclose(
        read_asset(tmp_path / "out" / name).mesh.bounds, [-half, half], atol=1e-6
    )
    np.testing.assert_allclose(report.extent, sides, rtol=1e-6)
    assert (report.faces, report.vertices, report.watertight, report.degenerate) == (12, 8, True, 0)


def test_up_axis_can_be_said(folder, tmp_path):
    box().export(folder / "box.stl")
    [report] = import_folder(folder, tmp_path / "out", ImportConfig(up="y")).imported.values()
    np.testing.assert_allclose(report.extent, (2, 1, 4))


def test_sizes_that_suggest_mixed_units_are_told(folder, tmp_path, capsys):
    for name, scale in (("metres", 0.1), ("inches", 4.0), ("millimetres", 100.0)):
        trimesh.creation.box((scale, scale / 2, scale)).export(folder / f"{name}.stl")
    main(["assets", "import", str(folder), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert f"{asset_id('metres.stl')} is 0.1 long and {asset_id('millimetres.stl')} is 100" in said
    extents = [np.ptp(read_asset(place.parent).mesh.bounds, axis=0).max()
               for place in (tmp_path / "out").glob("*/asset.json")]  # fmt: skip
    np.testing.assert_allclose(extents, 1)
    (folder / "millimetres.stl").unlink()
    main(["assets", "import", str(folder), "--out", str(tmp_path / "other")])
    assert "units" not in capsys.readouterr().out


def test_open_surface_and_faces_without_area_are_told(folder, tmp_path):
    (folder / "sheet.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 2 0 0\nf 1 2 3\nf 1 2 4\n")
    [(name, report)] = import_folder(folder, tmp_path).imported.items()
    assert (report.faces, report.degenerate, report.watertight) == (1, 1, False)
    assert json.loads((tmp_path / name / "asset.json").read_text())["report"]["degenerate"] == 1


def test_licence_comes_from_the_sidecar_before_the_options(folder, tmp_path):
    (folder / "cups").mkdir()
    box().export(folder / "cups" / "a.stl")
    box().export(folder / "b.stl")
    about = {"license": "CC0-1.0", "source": "https://example.org/a", "category": "mug"}
    (folder / "cups" / "a.stl.json").write_text(json.dumps({**about, "functions": ["pour-with"]}))
    config = ImportConfig("bowl", license="MIT", attribution="by us")
    import_folder(folder, tmp_path / "out", config)
    one = read_asset(tmp_path / "out" / asset_id("cups/a.stl"))
    two = read_asset(tmp_path / "out" / asset_id("b.stl"))
    assert {key: getattr(one, key) for key in about} == about
    assert (one.functions, one.attribution) == (("pour-with",), "by us")
    assert (two.category, two.license, two.source) == ("bowl", "MIT", "b.stl")


def test_ids_are_safe_and_distinct():
    names = ["con.obj", "CON.obj", "a/b.stl", "a-b.stl", "日本.ply", "x" * 300 + ".glb", "...obj"]
    ids = [asset_id(name) for name in names]
    assert len({name.lower() for name in ids}) == len(names)
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in ids)
    assert max(map(len, ids)) < 64
    assert asset_id("caf\u00e9.obj") == asset_id("cafe\u0301.obj")


def test_a_second_run_keeps_what_is_whole_and_unchanged(folder, tmp_path):
    for name in ("a", "b", "c"):
        box().export(folder / f"{name}.stl")
    out = folder / "out"
    first = import_folder(folder, out)
    (out / asset_id("a.stl") / "asset.json").unlink()
    box((1, 1, 1)).export(folder / "b.stl")
    second = import_folder(folder, out)
    assert len(first.imported) == 3
    assert set(second.imported) == {asset_id("a.stl"), asset_id("b.stl")}
    assert second.kept == (asset_id("c.stl"),)


def test_a_bad_file_is_named_and_the_others_are_imported(folder, tmp_path, capsys):
    box().export(folder / "good.stl")
    (folder / "bad.glb").write_bytes(b"nonsense")
    main(["assets", "import", str(folder), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().out
    assert "left out bad.glb: not a GLB" in said
    assert "1 assets imported, 0 were there already, 1 files left out" in said
    assert list_assets(tmp_path / "out") == [asset_id("good.stl")]


def test_nothing_imported_is_an_error_of_one_line(folder, tmp_path, capsys):
    (folder / "bad.obj").write_text("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    with pytest.raises(SystemExit) as caught:
        main(["assets", "import", str(folder), "--out", str(tmp_path / "out")])
    assert caught.value.code == 2
    assert "none of 1 files could be imported; bad.obj" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "NaN"),
        ("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "none of its faces has an area"),
        ("v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "no extent"),
        ("v 0 0 0\n", "bad.obj"),
        ("", "bad.obj"),
    ],
)
def test_a_mesh_that_is_no_surface_is_refused(folder, tmp_path, text, reason):
    (folder / "bad.obj").write_text(text)
    assert reason in failure(folder, tmp_path / "out")


@pytest.mark.parametrize("suffix", ["glb", "stl"])
def test_too_many_faces_are_refused(folder, tmp_path, suffix):
    box().export(folder / f"box.{suffix}")
    assert "raise the limit" in failure(folder, tmp_path / "out", max_faces=11)
    assert import_folder(folder, tmp_path / "out", ImportConfig(max_faces=12)).imported


def test_a_mesh_shown_many_times_counts_many_times(folder, tmp_path):
    box().export(folder / "box.glb")
    nodes = [{"mesh": 0, "name": f"n{i}"} for i in range(50)]
    rewrite_glb(
        folder / "box.glb",
        lambda c: c.update(nodes=nodes, scenes=[{"nodes": list(range(50))}], scene=0),
    )
    assert "over 599 faces" in failure(folder, tmp_path / "out", max_faces=599)


def test_textures_are_kept(folder, tmp_path):
    Image.new("RGB", (8, 4), "red").save(folder / "red.png")
    textured_obj(folder, "red.png")
    [(name, report)] = import_folder(folder, tmp_path / "out").imported.items()
    assert report.textures == 1
    [material] = read_asset(tmp_path / "out" / name).mesh.materials
    assert material.texture is not None
    assert (material.texture == (255, 0, 0)).all()


@pytest.mark.parametrize(
    "texture",
    ["/etc/hostname", "../secret.png", "a\\..\\..\\secret.png", "C:\\x.png", "http://h/x.png"],
)
def test_textures_outside_the_folder_are_never_opened(folder, tmp_path, texture):
    Image.new("RGB", (2, 2)).save(tmp_path / "secret.png")
    textured_obj(folder, texture)
    assert "outside its folder" in failure(folder, tmp_path / "out")
    textured_obj(folder, "x.png", library=texture)
    assert "outside its folder" in failure(folder, tmp_path / "out")


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "secret.png")
    (folder / "inside.png").symlink_to(tmp_path / "secret.png")
    textured_obj(folder, "inside.png")
    assert "a link out of its folder" in failure(folder, tmp_path / "out")


@pytest.mark.parametrize("apart", [False, True])
def test_names_in_latin_1_and_with_accents_apart_are_found(folder, tmp_path, apart):
    textured_obj(folder, "gr\u00fcn.png", "b\u00e4r.mtl")
    (folder / "box.mtl").rename(folder / "b\u00e4r.mtl")
    for name in ("box.obj", "b\u00e4r.mtl"):
        text = (folder / name).read_text()
        (folder / name).write_bytes(text.encode("utf-8" if apart else "latin-1"))
    Image.new("RGB", (2, 2), (0, 255, 0)).save(folder / "gr\u00fcn.png")
    for path in [*folder.iterdir()]:
        spelled = unicodedata.normalize("NFD", path.name).encode()
        path.rename(folder / os.fsdecode(spelled if apart else path.name.encode("latin-1")))
    (folder / "box.obj").rename(folder / os.fsdecode(b"k\xe4se.obj"))
    out = tmp_path / "out"
    main(["assets", "import", str(folder), "--out", str(out)])
    (place,) = out.iterdir()
    (material,) = read_asset(place).mesh.materials
    assert material.texture[0, 0].tolist() == [0, 255, 0]
    assert json.loads((place / "asset.json").read_text())["source"] == os.fsdecode(b"k\xe4se.obj")
    assert not import_folder(folder, out).imported


def test_a_missing_texture_is_refused(folder, tmp_path):
    textured_obj(folder, "gone.png")
    assert "'gone.png', which is missing" in failure(folder, tmp_path / "out")


@pytest.mark.parametrize("side", [8193, 30000])
def test_a_huge_texture_is_refused_before_it_is_decoded(folder, tmp_path, side):
    Image.new("RGB", (1, 1)).save(folder / "huge.png")
    data = bytearray((folder / "huge.png").read_bytes())
    struct.pack_into(">II", data, 16, side, side)
    struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    (folder / "huge.png").write_bytes(data)
    textured_obj(folder, "huge.png")
    assert "over 8192 px" in failure(folder, tmp_path / "out")


def test_a_huge_texture_inside_a_glb_is_refused(folder, tmp_path):
    material = trimesh.visual.material.PBRMaterial(baseColorTexture=Image.new("RGB", (8193, 1)))
    mesh = box()
    mesh.visual = trimesh.visual.TextureVisuals(uv=np.zeros((8, 2)), material=material)
    mesh.export(folder / "box.glb")
    assert "over 8192 px" in failure(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "lie", "reason"),
    [
        (lambda c: None, 4, "says it has"),
        (lambda c: c["buffers"][0].update(byteLength=10**9), 0, "a buffer says"),
        (lambda c: c["bufferViews"][0].update(byteLength=10**6), 0, "buffer view reaches past"),
        (lambda c: c["accessors"][0].update(count=10**4), 0, "accessor reaches past"),
        (lambda c: c["accessors"][0].update(count=10**12), 0, "faces"),
        (lambda c: c["buffers"][0].update(uri="../x.bin"), 0, "outside its folder"),
        (lambda c: c["buffers"][0].update(uri="%2e%2e/x.bin"), 0, "outside its folder"),
        (lambda c: c.update(buffers=[{}]), 0, "damaged glTF"),
    ],
)
def test_a_glb_that_lies_is_refused(folder, tmp_path, change, lie, reason):
    box().export(folder / "box.glb")
    rewrite_glb(folder / "box.glb", change, lie)
    assert reason in failure(folder, tmp_path / "out")


def test_a_place_that_cannot_be_written_to_is_said_first(folder, tmp_path):
    (folder / "bad.stl").write_bytes(b"")
    (tmp_path / "file").write_text("")
    assert failure(folder, tmp_path / "file").startswith("cannot write")


@pytest.mark.parametrize("content", ["[]", "{", '{"license": 3}', '{"functions": "pour-with"}'])
def test_a_bad_sidecar_is_refused(folder, tmp_path, content):
    box().export(folder / "box.stl")
    (folder / "box.stl.json").write_text(content)
    assert "box.stl.json" in failure(folder, tmp_path / "out")


def test_an_imported_asset_can_be_rendered(folder, tmp_path):
    from funcorr.render.camera_poses import ViewConfig
    from funcorr.render.config import RenderConfig
    from funcorr.render.dataset import Dataset
    from funcorr.render.shade import ShadingConfig
    from funcorr.render.write import render_dataset

    Image.new("RGB", (8, 4), "red").save(folder / "red.png")
    textured_obj(folder, "red.png")
    box().export(folder / "box.stl")
    import_folder(folder, tmp_path / "out")
    config = RenderConfig(ViewConfig(count=2, size=32), ShadingConfig(1, 1), points=100)
    report = render_dataset(tmp_path / "out", tmp_path / "views", config)
    assert not report.failed
    views = Dataset(tmp_path / "views")
    assert all(views[name].view(0).mask.any() for name in views.assets)
