"""What the forge makes: whole solids, and frames that lie on their parts as the rules say."""

import numpy as np
import pytest
import trimesh
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from funcorr.functions import load_taxonomy
from funcorr.geometry.sampling import sample_surface
from funcorr_forge import CATEGORIES, forge_asset

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


def test_colour_tells_little_and_often_one_material_covers_all(assets):
    single = [len(asset.mesh.materials) == 1 for asset in assets.values()]
    textured = [m.texture is not None for a in assets.values() for m in a.mesh.materials]
    assert 0.2 < np.mean(single) < 0.6
    assert 0.3 < np.mean(textured) < 0.8


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
