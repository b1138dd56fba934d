import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from funcorr.cli.assets import forge, show
from funcorr.errors import UserError
from funcorr.functions import load_taxonomy
from funcorr.geometry.sampling import sample_surface
from funcorr.render.contact_sheet import colored_by_part, portrait
from funcorr_forge import CATEGORIES, forge_asset, forge_many, splits
from funcorr_forge.build import check_categories
from funcorr_forge.solids import (
    Solid,
    bezier,
    block,
    lathe,
    plate,
    skin,
    smooth,
    tube,
    without_crumbs,
)

PER_CATEGORY = 5


@pytest.fixture(scope="module")
def assets():
    return {(c, i): forge_asset(c, i, seed=1) for c in CATEGORIES for i in range(PER_CATEGORY)}


def part_faces(asset, function):
    wanted = [asset.mesh.part_names.index(part) for part in asset.parts[function]]
    return np.isin(asset.mesh.face_parts, wanted)


@pytest.mark.parametrize("category", CATEGORIES)
def test_objects_are_whole_solids_of_unit_size(assets, category):
    for index in range(PER_CATEGORY):
        mesh = assets[category, index].mesh
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        assert solid.is_watertight
        assert solid.is_winding_consistent
        assert solid.volume > 0
        assert solid.body_count == 1
        low, high = mesh.bounds
        np.testing.assert_allclose(low, -high, atol=1e-7)
        assert (high - low).max() == pytest.approx(1)


@pytest.mark.parametrize("category", CATEGORIES)
def test_parts_and_frames_belong_together(assets, category):
    for index in range(PER_CATEGORY):
        asset = assets[category, index]
        used = np.unique(asset.mesh.face_parts)
        assert used.tolist() == list(range(len(asset.mesh.part_names)))
        assert asset.functions == tuple(asset.parts) == tuple(asset.frames)
        for function, frame in asset.frames.items():
            faces = part_faces(asset, function)
            assert 0 < faces.sum() < len(faces)
            surface = trimesh.Trimesh(asset.mesh.vertices, asset.mesh.faces[faces], process=False)
            points = np.concatenate([surface.vertices, surface.triangles_center])
            distance, _ = cKDTree(points).query(frame.origin)
            assert distance < frame.size, (asset.id, function)


def test_the_mouth_of_a_mug_is_its_rim(assets):
    for index in range(PER_CATEGORY):
        asset = assets["mug", index]
        frame = asset.frames["pour-with"]
        rim = asset.mesh.triangles[part_faces(asset, "pour-with")].reshape(-1, 3)
        top = rim[rim[:, 2] > rim[:, 2].max() - 1e-4]
        np.testing.assert_allclose(frame.axes[:, 2], [0, 0, 1], atol=1e-12)
        np.testing.assert_allclose(top.mean(axis=0), frame.origin, atol=0.02)
        assert np.ptp(rim[:, 1]) == pytest.approx(frame.size, rel=0.05)
        handle = asset.mesh.triangles[part_faces(asset, "hang-onto")].reshape(-1, 3).mean(axis=0)
        assert (handle - frame.origin) @ frame.axes[:, 0] < 0  # it pours away from the handle


def test_edges_lie_on_the_cutting_side(assets):
    for category in ("knife", "cleaver", "axe", "saw"):
        for index in range(PER_CATEGORY):
            asset = assets[category, index]
            frame = asset.frames["cut-with"]
            edge = asset.mesh.part_names.index("edge")
            points = asset.mesh.triangles[asset.mesh.face_parts == edge].reshape(-1, 3)
            local = (points - frame.origin) @ frame.axes / frame.size
            assert local[:, 1].mean() < 0
            assert np.ptp(local[:, 0]) == pytest.approx(1, abs=0.15)


def test_faces_of_hammers_look_at_the_target(assets):
    for index in range(PER_CATEGORY):
        asset = assets["hammer", index]
        frame = asset.frames["pound-with"]
        whole = trimesh.Trimesh(asset.mesh.vertices, asset.mesh.faces, process=False)
        ahead = frame.axes[:, 0]
        assert not whole.contains([frame.origin + 1e-3 * ahead])[0]
        assert whole.contains([frame.origin - 1e-2 * ahead])[0]


def test_every_function_is_served_by_three_categories(assets):
    made = {}
    for (category, _), asset in assets.items():
        for function in asset.functions:
            made.setdefault(function, set()).add(category)
    known = load_taxonomy().functions
    assert set(made) == set(known)
    assert {name: n for name in known if (n := len(made[name])) < 3} == {}
    assert len(CATEGORIES) >= 45


def local_points(asset, function):
    """Vertices of the serving parts in units and axes of the functional frame."""
    frame = asset.frames[function]
    points = asset.mesh.triangles[part_faces(asset, function)].reshape(-1, 3)
    return (points - frame.origin) @ frame.axes / frame.size


def of_function(assets, function, *categories):
    chosen = [a for a in assets.values() if function in a.functions]
    return [a for a in chosen if not categories or a.category in categories]


def test_tips_that_write_and_pierce_are_the_foremost_point(assets):
    straight = {"pen", "pencil", "marker", "crayon", "awl", "screwdriver", "dagger", "sword"}
    for function in ("write-with", "pierce-with"):
        for asset in of_function(assets, function, *straight):
            frame = asset.frames[function]
            ahead = (asset.mesh.vertices - frame.origin) @ frame.axes[:, 0]
            assert abs(ahead.max()) < 0.05 * frame.size, asset.id


def test_bristles_end_at_the_contact_face_and_run_along_the_row(assets):
    for asset in of_function(assets, "brush-with"):
        points = local_points(asset, "brush-with")
        assert abs(points[:, 2].max()) < 0.25, asset.id
        assert np.ptp(points[:, 0]) == pytest.approx(1, abs=0.35), asset.id


def test_what_rolls_is_round_about_its_axis(assets):
    for asset in of_function(assets, "roll-onto"):
        points = local_points(asset, "roll-onto")
        assert points[:, 0].min() > -0.75, asset.id
        assert points[:, 0].max() < 0.75, asset.id
        across = np.ptp(points[:, 1:], axis=0)
        assert across[0] == pytest.approx(across[1], rel=0.25), asset.id


def test_pulling_ends_have_their_contact_ahead_of_the_hollow(assets):
    for asset in of_function(assets, "pull-with"):
        assert local_points(asset, "pull-with")[:, 2].max() > 0.15, asset.id


def test_gripping_ends_lie_on_both_sides_of_the_frame(assets):
    for asset in of_function(assets, "pick-up-with"):
        points = local_points(asset, "pick-up-with")
        near = points[np.abs(points[:, 0]) < 0.5]
        assert near[:, 1].min() < 0 < near[:, 1].max(), asset.id
        assert np.abs(points[:, 2]).max() < 0.5, asset.id


def test_sieves_have_many_holes(assets):
    for asset in of_function(assets, "sift-with"):
        solid = trimesh.Trimesh(asset.mesh.vertices, asset.mesh.faces, process=False)
        assert solid.euler_number < -60, asset.id


def test_categories_are_found_by_any_spelling():
    assert forge_asset("l bracket", 0).id == forge_asset("L-bracket", 0).id == "L-bracket-0000"


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers(tmp_path):
    names = ["mug", "coat hanger", "kettle"]
    first = forge_many(tmp_path / "one", names, per_category=2, seed=3).ids
    second = forge_many(tmp_path / "two", names[::-1], per_category=2, seed=3, workers=2).ids
    assert list(first) == [
        "mug-0000",
        "mug-0001",
        "coat-hanger-0000",
        "coat-hanger-0001",
        "kettle-0000",
        "kettle-0001",
    ]
    assert sorted(second) == sorted(first)
    for name in first:
        for file in ("model.glb", "asset.json"):
            one, two = (tmp_path / run / name / file for run in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()


def test_instances_and_seeds_differ():
    shapes = {
        forge_asset("bottle", i, s).mesh.vertices.tobytes() for i in range(4) for s in range(3)
    }
    assert len(shapes) == 12


def test_whole_assets_are_kept_and_broken_or_foreign_ones_made_anew(tmp_path):
    forge_many(tmp_path, ["hook"], per_category=3)
    files = [tmp_path / f"hook-000{i}" / "model.glb" for i in range(3)]
    content = [file.read_bytes() for file in files]
    files[0].write_bytes(b"kept")
    files[1].unlink()
    forge_many(tmp_path, ["hook"], per_category=3)
    assert [file.read_bytes() for file in files] == [b"kept", *content[1:]]
    forge_many(tmp_path, ["hook"], per_category=3, seed=5)
    assert all(file.read_bytes() != before for file, before in zip(files, content, strict=True))


def test_a_killed_forge_goes_on_and_gives_the_same_bytes(tmp_path):
    code = "import sys; from funcorr_forge import forge_many as f; f(sys.argv[1], ['hook'])"
    run = subprocess.Popen([sys.executable, "-c", code, tmp_path / "a"], stderr=subprocess.DEVNULL)
    while run.poll() is None and len(list(tmp_path.glob("a/*/asset.json"))) < 3:
        time.sleep(0.002)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    assert 3 <= len(list(tmp_path.glob("a/*/asset.json"))) < 25
    (tmp_path / "a/hook-0024").mkdir(exist_ok=True)
    (tmp_path / "a/hook-0024/.model-abcd_123.glb").write_bytes(b"half")
    assert len(forge_many(tmp_path / "a", ["hook"]).ids) == 25
    forge_many(tmp_path / "b", ["hook"])
    found = [
        {f.relative_to(tmp_path / name): f.read_bytes() for f in tmp_path.glob(f"{name}/*/*")}
        for name in "ab"
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 50


def test_colour_tells_little_and_often_one_material_covers_all(assets):
    single = [len(asset.mesh.materials) == 1 for asset in assets.values()]
    textured = [m.texture is not None for a in assets.values() for m in a.mesh.materials]
    assert 0.2 < np.mean(single) < 0.6
    assert 0.3 < np.mean(textured) < 0.8


@pytest.mark.parametrize(
    "call",
    [
        lambda out: forge_asset("moon", 0),
        lambda out: forge_asset("mug", -1),
        lambda out: forge_many(out, ["mug"], per_category=0),
        lambda out: forge_many(out, ["mug"], workers=0),
        lambda out: show(out, out / "sheet.png"),
    ],
)
def test_bad_requests_are_refused(tmp_path, call):
    with pytest.raises(UserError):
        call(tmp_path)


def test_commands_forge_and_show(tmp_path, capsys):
    forge(tmp_path / "set", categories="awl,coat-hanger", per_category=1)
    assert "2 assets" in capsys.readouterr().out
    show(tmp_path / "set", tmp_path / "sheet.png", columns=2)
    from PIL import Image

    picture = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert picture.shape == (192, 384, 3)
    assert (picture.reshape(192, 2, 192, 3).min(axis=(0, 2, 3)) < 150).all()


def test_a_sheet_by_part_has_a_colour_for_each_part():
    mesh = colored_by_part(forge_asset("hammer", 0).mesh)
    assert [material.name for material in mesh.materials] == list(mesh.part_names)
    np.testing.assert_array_equal(mesh.face_materials, mesh.face_parts)
    colors = np.array([material.color for material in mesh.materials])
    apart = np.linalg.norm(colors[:, None] - colors, axis=2)[~np.eye(len(colors), dtype=bool)]
    assert apart.min() > 0.15
    plain, by_part = (np.asarray(portrait(forge_asset("hammer", 0), b, 48)) for b in (False, True))
    assert (plain != by_part).any()


def test_an_object_that_cannot_be_made_is_named_and_the_others_are_made(
    tmp_path, capsys, monkeypatch
):
    def broken(generator):
        raise ValueError("not a\nsolid")

    monkeypatch.setitem(CATEGORIES, "hook", broken)
    forge(tmp_path, categories="hook,awl", per_category=1)
    said = capsys.readouterr().out
    assert "left out hook-0000: ValueError: not a solid" in said
    assert "1 assets" in said
    with pytest.raises(UserError, match="none of 1 objects"):
        forge(tmp_path, categories="hook", per_category=1)


def test_labels_survive_booleans():
    cup = lathe(
        [(0, 0), (3, 0), (3, 5), (2, 5), (2, 1), (0, 1)], ["base", "wall", "rim", "inside", "floor"]
    )
    post = Solid.of(block((1, 1, 9), 0.1, "post").manifold, "post")
    vertices, faces, parts, names = (cup + post - block((9, 9, 1), 0.1, "cut")).labelled_mesh()
    assert names == ("cut", "floor", "inside", "post", "rim", "wall")
    radius = np.hypot(*vertices[faces[parts == names.index("wall")]].mean(axis=1)[:, :2].T)
    assert (np.abs(radius - 3) < 0.02).all()


def test_primitives_have_the_volume_of_their_formula():
    ring = lathe([(0, 0), (2, 0), (2, 3), (0, 3)], ["a"] * 3, sides=256)
    assert ring.manifold.volume() == pytest.approx(12 * np.pi, rel=1e-3)
    rod = tube(np.array([[0, 0, 0], [1, 0, 0], [4.0, 0, 0]]), [[1, 2]] * 3, "rod", sides=200)
    assert rod.manifold.volume() == pytest.approx(8 * np.pi, rel=1e-3)
    assert plate([(0, 0), (0, 2), (3, 0)], 0.5, "p").manifold.volume() == pytest.approx(1.5)


def test_curves_meet_their_ends_and_do_not_overshoot():
    curve = bezier([(0, 0, 0), (1, 5, 0), (2, 0, 3)], 9)
    np.testing.assert_allclose(curve[[0, -1]], [(0, 0, 0), (2, 0, 3)], atol=1e-12)
    values = smooth([(0, 1), (1, 1), (2, 4), (3, 4)], np.linspace(0, 3, 50))
    assert values.min() >= 1
    assert values.max() <= 4


def test_crumbs_are_dropped_but_loose_pieces_and_open_surfaces_are_an_error():
    main, crumb = block((4, 4, 4), 0.1, "a"), block((0.1, 0.1, 0.1), 0.01, "b").moved(x=5.0)
    assert without_crumbs(main + crumb).labelled_mesh()[3] == ("a",)
    with pytest.raises(ValueError, match="2 pieces"):
        without_crumbs(main + main.moved(x=6.0))
    with pytest.raises(ValueError, match="not closed"):
        skin(np.full((3, 8, 3), np.nan), "a")


def test_the_split_covers_every_category_once():
    members = [category for split in splits().values() for category in split]
    assert sorted(members) == sorted(CATEGORIES)
    assert check_categories(["unseen-dev", "rake", "mug"]) == [*splits()["unseen-dev"], "mug"]


def test_turns_about_a_pivot_bring_the_part_onto_itself(assets):
    """What a symmetry says of both ends and all sides is true of the surface."""
    checked = set()
    for (category, _), asset in assets.items():
        for function, frame in asset.frames.items():
            if frame.pivot is None:
                continue
            surface = asset.mesh.triangles[part_faces(asset, function)].astype(np.float64)
            few, many = (
                sample_surface(surface, n, np.random.default_rng(0))[0] for n in (300, 10_000)
            )
            tree = cKDTree(many)
            for turn in frame.symmetry.split("+"):
                kind, axis = turn.split(":")
                angle = np.pi if kind == "flip" else 1.0
                rotation = Rotation.from_rotvec(angle * frame.axes[:, "xyz".index(axis)])
                moved = rotation.apply(few - frame.pivot) + frame.pivot
                assert np.quantile(tree.query(moved)[0], 0.9) < 0.08, (category, function, turn)
            checked.add(category)
    assert {"baseball bat", "cutting board", "log", "mallet", "pipe", "plate", "tray"} <= checked
