"""``hold-by``: every grip of the forge has a frame, and nobody gets it unasked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from funcorr.assets.mesh import Mesh
from funcorr.groundtruth.affordance.actions import action_parts
from funcorr.groundtruth.framed_assets import chosen_functions
from funcorr_forge import CATEGORIES, build, forge_asset
from funcorr_forge.holds import PARTS, hold_use
from funcorr_forge.solids import block, union

HELD = 2


@pytest.fixture(scope="module")
def assets():
    return {(name, i): forge_asset(name, i, seed=1) for name in CATEGORIES for i in range(HELD)}


def held(assets, *categories):
    """Objects that have the function, with the corners of the held part in units of its frame."""
    for (category, _), asset in assets.items():
        if "hold-by" in asset.frames and (not categories or category in categories):
            frame, mesh = asset.frames["hold-by"], asset.mesh
            [part] = asset.parts["hold-by"]
            corners = mesh.triangles[mesh.face_parts == mesh.part_names.index(part)]
            yield asset, frame, (corners.reshape(-1, 3) - frame.origin) @ frame.axes / frame.size


def test_whatever_has_a_grip_or_a_handle_is_held_by_it(assets):
    for asset in assets.values():
        grips = [part for part in PARTS if part in asset.mesh.part_names]
        assert asset.parts.get("hold-by", ()) == tuple(grips[:1]), asset.id
    assert len({asset.category for asset, *_ in held(assets)}) > 60


def test_x_runs_along_the_grip_and_the_origin_is_its_middle(assets):
    for asset, frame, local in held(assets):
        np.testing.assert_allclose(np.linalg.det(frame.axes), 1, atol=1e-9)
        near = local[np.abs(local[:, 0]) <= 0.5 + 1e-6]
        assert np.ptp(near[:, 0]) == pytest.approx(1, abs=1e-3), asset.id
        assert near[:, 0].min() == pytest.approx(-0.5, abs=1e-3), asset.id
        assert 0 < frame.size <= 1.5, asset.id


def test_no_grip_is_longer_across_than_along(assets):
    for asset, frame, local in held(assets):
        arch = frame.axes[2, 2] > 0.9 and abs(frame.axes[2, 0]) < 0.1  # held by its top
        if frame.pivot is None and asset.category not in ("pliers", "tongs", "chopsticks"):
            across = np.ptp(local, axis=0)[1:].max()
            assert across < (2 if arch else 1.05), asset.id


def test_tools_are_held_with_x_to_the_end_that_works(assets):
    tools = ("hammer", "knife", "screwdriver", "spoon", "axe", "pan", "toothbrush", "rake")
    for asset, frame, _ in held(assets, *tools):
        assert frame.axes[0, 0] > 0.9, asset.id
        assert frame.axes[2, 2] > 0.9, asset.id
        assert frame.origin[0] < 0, asset.id


def test_handles_beside_the_body_point_away_from_it(assets):
    for asset, frame, _ in held(assets, "mug", "jug", "cup", "teapot", "kettle", "basket", "tray"):
        body = asset.mesh.triangles.mean(axis=(0, 1))
        assert (frame.origin - body) @ frame.axes[:, 2] > 0, asset.id
        if abs(frame.axes[2, 2]) > 0.9:  # above the body: a bar that lies
            assert abs(frame.axes[2, 0]) < 0.3, asset.id
    for asset, frame, local in held(assets, "mug"):
        assert frame.axes[2, 0] > 0.9, asset.id
        bar = local[np.abs(local[:, 0]) < 0.15]
        assert bar[:, 2].max() < 0.35, asset.id  # on the bar, not in the hole


def test_two_alike_grips_are_one_frame_and_a_half_turn(assets):
    for asset, frame, _ in held(assets, "pot", "rolling pin", "colander"):
        assert frame.pivot is not None, asset.id
        assert "flip" in frame.symmetry, asset.id
        turned = 2 * frame.pivot - frame.origin
        assert np.linalg.norm(turned - frame.origin) > 0.3, asset.id


def test_what_is_round_about_its_grip_may_be_turned(assets):
    for _, frame, _ in held(assets, "awl", "screwdriver", "rolling pin", "baseball bat"):
        assert frame.symmetry.startswith("axis:x")
    for _, frame, _ in held(assets, "hammer", "mug", "spoon", "saw"):
        assert frame.symmetry == "none"


def box(name, size, **place):
    return block(size, 0.1, name).moved(**place)


def mesh_of(*solids):
    vertices, faces, parts, names = union(*solids).labelled_mesh()
    none = np.zeros(len(faces), np.int64)
    return Mesh(vertices.astype(float), faces.astype(int), parts.astype(int), names, none)


def test_the_rule_on_a_made_object():
    body = box("body", (4, 4, 6))
    bar = box("handle", (1, 1, 4), x=-4)
    arms = [box("handle", (3, 1, 1), x=-3, z=z) for z in (-1.5, 1.5)]
    [(name, use)] = hold_use(mesh_of(body, bar, *arms)).items()
    assert (name, use.parts) == ("hold-by", ("handle",))
    np.testing.assert_allclose(use.frame.axes, [[0, 0, -1], [0, 1, 0], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(use.frame.origin, [-4, 0, 0], atol=0.05)
    assert use.frame.size == pytest.approx(4, abs=0.05)
    assert hold_use(mesh_of(body)) == {}


@pytest.mark.parametrize("name", ["hammer", "mug", "pot"])
def test_shape_paint_and_other_functions_are_as_without_it(assets, monkeypatch, name):
    monkeypatch.setattr(build, "hold_use", lambda mesh: {})
    plain, made = forge_asset(name, 0, seed=1), assets[name, 0]
    assert set(made.functions) == {*plain.functions, "hold-by"}
    for field in dataclasses.fields(plain.mesh):
        values = [np.asarray(getattr(each.mesh, field.name)) for each in (plain, made)]
        if values[0].dtype != object:
            assert values[0].tobytes() == values[1].tobytes(), field.name
    for function in plain.functions:
        frames = [each.frames[function].to_json() for each in (plain, made)]
        assert frames[0] == frames[1]
        assert plain.parts[function] == made.parts[function]


def test_nothing_is_made_of_it_unless_it_is_asked_for():
    known = {"hold-by": {}, "pour-with": {}}
    assert chosen_functions((), known) == ["pour-with"]
    assert chosen_functions(("hold-by",), known) == ["hold-by"]
    functions = {"hold-by": ("handle",), "pour-with": ("rim",)}
    plain = action_parts("mug", {"pour-with": ("rim",)}, ("handle", "rim"))
    assert list(action_parts("mug", functions, ("handle", "rim")).items()) == list(plain.items())
