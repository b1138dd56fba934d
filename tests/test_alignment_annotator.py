"""The 3D alignment annotator without a browser: geometry, queue, undo, autosave, previews."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import trimesh
from hypothesis import given
from hypothesis import strategies as st

from funcorr.app.alignments import edits
from funcorr.app.alignments.display import display_mesh, display_note
from funcorr.app.alignments.library import Library
from funcorr.app.alignments.placement import Box, Placement, degrees_of, turn_of
from funcorr.app.alignments.preview import best_views, draw_preview
from funcorr.app.alignments.queue import assets_for, draw_pairs
from funcorr.app.alignments.session import Session
from funcorr.app.alignments.start import find_symmetry, first_alignment
from funcorr.app.locks import locked
from funcorr.assets.importing import import_folder
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import write_asset
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import align_frames, read_alignments, write_alignments
from funcorr_forge import forge_asset

FUNCTION = "pour-with"
NAMES = ("bowl-0000", "kettle-0000", "mug-0000")
PAIRS = [("mug-0000", "bowl-0000"), ("mug-0000", "kettle-0000"), ("bowl-0000", "kettle-0000")]

finite = st.floats(-2, 2)
placements = st.builds(
    Placement,
    st.tuples(finite, finite, finite),
    st.builds(turn_of, st.tuples(*[st.floats(-170, 170)] * 3)),
    st.floats(0.05, 20),
)


@pytest.fixture(scope="module")
def objects():
    return {f"{name}-0000": forge_asset(name, 0) for name in ("bowl", "kettle", "mug")}


@pytest.fixture(scope="module")
def assets(objects, tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    for asset in objects.values():
        write_asset(asset, folder)
    return folder


@pytest.fixture
def start(objects):
    return lambda a, b: first_alignment(objects[a], objects[b], FUNCTION)


@pytest.fixture
def session(tmp_path, start):
    with Session(tmp_path / "a.json", FUNCTION, PAIRS, start, "A. Person", "2026-01-31") as opened:
        yield opened


def shifted(alignment, x):
    placement = Placement.from_matrix(alignment.similarity)
    return edits.moved(alignment, replace(placement, position=(x, 0.0, 0.0)))


def where(session):
    return session.alignment.similarity[0, 3]


@given(placements)
def test_placements_and_matrices_are_the_same(placement):
    again = Placement.from_matrix(placement.matrix)
    np.testing.assert_allclose(again.matrix, placement.matrix, atol=1e-9)
    turn = replace(placement, wxyz=turn_of(degrees_of(placement.wxyz)))
    np.testing.assert_allclose(turn.matrix, placement.matrix, atol=1e-6)


@given(placements, st.floats(-360, 360), st.floats(0.1, 5))
def test_turning_and_scaling_keep_the_point_they_are_about(placement, degrees, scale):
    point, axis = np.array([0.3, -0.2, 0.5]), np.array([0.0, 3.0, 4.0])
    there = np.linalg.inv(placement.matrix) @ [*point, 1]
    changed = placement.turned(degrees, axis, point).scaled(scale, point)
    np.testing.assert_allclose((changed.matrix @ there)[:3], point, atol=1e-6)
    assert changed.scale == pytest.approx(scale)
    back = placement.turned(degrees, axis, point).turned(-degrees, axis, point)
    np.testing.assert_allclose(back.matrix, placement.matrix, atol=1e-6)


@given(placements, st.tuples(*[st.floats(0.01, 2)] * 3), st.tuples(finite, finite, finite))
def test_a_box_keeps_its_far_corner_while_the_near_one_is_dragged(placement, size, corner):
    box = Box(placement.position, placement.wxyz, size)
    np.testing.assert_allclose(Box.from_matrix(box.matrix).matrix, box.matrix, atol=1e-6)
    dragged = box.with_corner(corner)
    far = np.array([-0.5, -0.5, -0.5, 1])
    np.testing.assert_allclose(dragged.matrix @ far, box.matrix @ far, atol=1e-6)
    grown = box.with_corner(tuple(np.array(box.corner) + box.axes @ [0.1, 0.2, 0.3]))
    np.testing.assert_allclose(np.array(grown.size) - size, [0.1, 0.2, 0.3], atol=1e-6)


def test_frames_and_parts_of_the_assets_are_what_a_pair_starts_from(objects, start):
    mug, bowl = objects["mug-0000"], objects["bowl-0000"]
    expected = align_frames(mug, bowl, FUNCTION)
    np.testing.assert_allclose(start(mug.id, bowl.id).similarity, expected.similarity)
    bare = [replace(each, frames={}, parts={}) for each in (mug, bowl)]
    unknown = first_alignment(*bare, FUNCTION)
    np.testing.assert_allclose(unknown.similarity, np.eye(4))
    assert unknown.part1.contains(mug.mesh.vertices).all()
    sides = np.ptp(mug.mesh.bounds, axis=0)
    np.testing.assert_allclose(edits.region_box(mug.mesh, unknown.part1).size, 1.05 * sides)


def test_box_on_box_lays_middle_on_middle_and_longest_side_on_longest(start):
    first = Box((0.1, 0.2, 0.3), turn_of((10.0, 20.0, 30.0)), (0.2, 0.1, 0.4))
    second = Box((-0.3, 0.0, 0.1), turn_of((0.0, 90.0, 0.0)), (0.1, 0.05, 0.2))
    laid = edits.box_on_box(start(*PAIRS[0]), first, second).similarity @ second.matrix
    np.testing.assert_allclose(laid, first.matrix, atol=1e-9)


def test_a_frame_follows_the_box_that_it_was_made_from(objects):
    bare = [replace(objects[name], frames={}) for name in PAIRS[0]]
    alignment = first_alignment(*bare, FUNCTION)
    box = Box((0.1, 0.0, 0.4), turn_of((0.0, 30.0, 0.0)), (0.3, 0.3, 0.1))
    changed = edits.with_region(alignment, 0, edits.boxed(box), bare[0].mesh)
    np.testing.assert_allclose(changed.frame.origin, box.position)
    np.testing.assert_allclose(changed.frame.axes, box.axes)
    kept = align_frames(objects[PAIRS[0][0]], objects[PAIRS[0][1]], FUNCTION)
    same = edits.with_region(kept, 0, edits.boxed(box), bare[0].mesh)
    np.testing.assert_allclose(same.frame.origin, kept.frame.origin)


def test_symmetry_is_found_where_it_is(objects):
    frames = {name: each.frames[FUNCTION] for name, each in objects.items()}
    assert find_symmetry(objects["bowl-0000"].mesh, frames["bowl-0000"]) == "axis:z"
    assert find_symmetry(objects["kettle-0000"].mesh, frames["kettle-0000"]) == "none"


def test_pairs_are_mostly_across_categories_and_spread_over_the_assets():
    categories = {f"{kind}-{i}": kind for kind in ("mug", "jug", "cup") for i in range(6)}
    pairs = draw_pairs(categories, 40, across=0.85, seed=3)
    assert pairs == draw_pairs(categories, 40, across=0.85, seed=3)
    assert len({frozenset(pair) for pair in pairs}) == 40
    assert sum(categories[a] != categories[b] for a, b in pairs) == 34
    uses = np.unique(np.array(pairs).ravel(), return_counts=True)[1]
    assert len(uses) == 18
    assert np.ptp(uses) <= 4
    assert len(draw_pairs({"mug-1": "mug", "mug-2": "mug"}, 10)) == 1


def test_accepted_pairs_are_in_the_alignment_file_at_once(session):
    session.change(shifted(session.alignment, 0.25))
    assert not session.out.exists()
    session.accept()
    [saved] = read_alignments(session.out)
    assert (saved.asset1, saved.asset2, saved.author, saved.date) == (
        *PAIRS[0],
        "A. Person",
        "2026-01-31",
    )
    assert saved.similarity[0, 3] == 0.25
    session.skip()
    session.reject("part missing")
    assert session.counts == {"accepted": 1, "skipped": 1, "rejected": 1}
    assert len(read_alignments(session.out)) == 1


def test_a_sitting_that_is_cut_off_is_taken_up_where_it_was(session, start):
    session.accept()
    session.change(shifted(session.alignment, 0.5))
    session._lock.release()  # as when the process dies
    with Session(session.out, FUNCTION, PAIRS, start) as again:
        assert [item.decision for item in again.items] == ["accepted", "open", "open"]
        assert (again.index, where(again)) == (1, 0.5)


def test_an_old_file_is_corrected_and_the_rest_of_it_stays(tmp_path, start):
    out = tmp_path / "old.json"
    other = replace(start(*PAIRS[0]), function="scoop-with")
    write_alignments(out, [other, start(*PAIRS[1])])
    with Session(out, FUNCTION, PAIRS, start, "B. Person") as session:
        assert session.items[0].decision == "accepted"
        session.go(0)
        session.change(shifted(session.alignment, -0.5))
    first, second = read_alignments(out)
    assert first.to_json() == other.to_json()
    assert (second.similarity[0, 3], second.author) == (-0.5, "B. Person")


def test_undo_takes_back_changes_and_decisions_on_the_page_and_in_the_file(session):
    began = where(session)
    for x in (0.1, 0.2, 0.3):
        session.change(shifted(session.alignment, x), "fields")  # one drag, one step
    session.change(shifted(session.alignment, 0.4))
    session.accept()
    session.undo()
    assert (session.index, where(session), session.item.decision) == (0, 0.4, "open")
    assert read_alignments(session.out) == ()
    session.undo()
    assert where(session) == pytest.approx(0.3)
    session.undo()
    assert where(session) == pytest.approx(began)
    session.undo()
    assert not session.can_undo


def test_a_second_annotator_is_told_and_a_change_from_elsewhere_is_not_overwritten(session, start):
    with pytest.raises(UserError, match="open in another annotator"):
        Session(session.out, FUNCTION, PAIRS, start)
    session.accept()
    write_alignments(session.out, [])
    with pytest.raises(UserError, match="changed by another program"):
        session.accept()
    assert read_alignments(session.out) == ()
    assert session.item.decision == "open"


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("a.json", '{"format": "funcorr-alignments/9", "alignments": []}', "funcorr-alignments/9"),
        ("a.json", "{", "not valid JSON"),
        ("a.pour-with.queue.json", '{"format": "x"}', "this version reads"),
        (
            "a.pour-with.queue.json",
            '{"format": "funcorr-annotation-queue/1", "function": "cut-with"}',
            "is about 'cut-with'",
        ),
        (
            "a.pour-with.queue.json",
            '{"format": "funcorr-annotation-queue/1", "function": "pour-with", "pairs": [3]}',
            "damaged",
        ),
    ],
)
def test_files_of_another_kind_are_refused_and_left_alone(tmp_path, start, file, content, line):
    (tmp_path / file).write_text(content)
    for _ in range(2):  # the lock is given back
        with pytest.raises(UserError, match=line):
            Session(tmp_path / "a.json", FUNCTION, PAIRS, start)
    assert (tmp_path / file).read_text() == content


def test_rejecting_needs_a_reason(session):
    with pytest.raises(UserError, match="needs a reason"):
        session.reject(" ")
    assert session.item.decision == "open"


def test_an_object_that_cannot_be_read_is_passed_over_with_a_line(assets, tmp_path):
    shutil.copytree(assets, tmp_path / "assets")
    (tmp_path / "assets" / "bowl-0000" / "model.glb").write_bytes(b"glTF?")
    library = Library(tmp_path / "assets", FUNCTION)
    with Session(tmp_path / "a.json", FUNCTION, PAIRS, library.start) as session:
        [line] = session.skip_unreadable(library.check)
        assert "left out mug-0000 and bowl-0000" in line
        assert "cut off" in line
        assert (session.index, session.items[0].decision) == (1, "skipped")
        session.accept()
        with pytest.raises(UserError, match="no pair is left"):
            session.skip_unreadable(library.check)


def test_the_preview_pairs_pixels_and_follows_the_alignment(assets, start):
    library = Library(assets, FUNCTION)
    mug, bowl = (library.object(name).views for name in PAIRS[0])
    alignment = start(*PAIRS[0])
    i, j = best_views(mug, bowl, alignment)
    picture, paired = draw_preview(mug[i], bowl[j], alignment)
    assert picture.shape == (180, 360, 3)
    assert paired > 50
    apart = shifted(alignment, 5.0)
    plain, none = draw_preview(mug[i], bowl[j], apart)
    assert none == 0
    coloured = np.ptp(picture.astype(int), axis=2) > 60
    assert coloured[:, :180].sum() > 100 < coloured[:, 180:].sum()
    assert not (np.ptp(plain.astype(int), axis=2) > 90).any()


def test_large_meshes_are_thinned_out_for_display_only():
    side = 300
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, side), np.linspace(-0.5, 0.5, side))
    vertices = np.stack([x, y, 0.1 * np.sin(9 * x)], axis=-1).reshape(-1, 3)
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.concatenate([corner[:, None] + [0, 1, side], corner[:, None] + [1, side + 1, side]])
    parts = (vertices[faces[:, 0], 0] > 0).astype(np.int64)
    mesh = Mesh(vertices, faces, parts, ("left", "right"), np.zeros_like(parts))
    light = display_mesh(mesh, max_faces=20_000)
    assert 5_000 < len(light.faces) <= 20_000
    np.testing.assert_allclose(light.bounds, mesh.bounds, atol=0.01)
    right = light.triangles[light.face_parts == 1].mean(axis=1)
    assert right[:, 0].min() > -0.02
    assert "display only" in display_note(mesh, light)
    assert display_mesh(mesh, len(faces)) is mesh


def test_a_large_object_of_the_queue_is_drawn_lighter_and_aligned_as_it_is(assets, tmp_path):
    folder = tmp_path / "assets"
    shutil.copytree(assets, folder)
    (tmp_path / "files").mkdir()
    trimesh.creation.icosphere(subdivisions=5).export(tmp_path / "files" / "ball.ply")
    [ball] = import_folder(tmp_path / "files", folder).imported
    exact, light = (Library(folder, FUNCTION, max_faces=n) for n in (30_000, 2_000))
    shown = light.object(ball)
    assert shown.note.startswith("20,480 triangles, drawn with")
    assert "for display only, the asset is unchanged" in shown.note
    assert 500 < len(shown.mesh.faces) <= 2_000
    np.testing.assert_allclose(np.linalg.norm(shown.mesh.vertices, axis=1), 0.5, atol=0.01)
    for seen, whole in zip(shown.views, exact.object(ball).views, strict=True):
        assert ((seen.depth > 0) != (whole.depth > 0)).mean() < 0.02
    assert light.start("mug-0000", ball).to_json() == exact.start("mug-0000", ball).to_json()


def test_bad_usage_is_one_line(funcorr_command, assets, tmp_path):
    words = ("annotate", "alignments", assets, "--out", tmp_path / "a.json")
    for more, line in (
        (("--function", "pour-with", "--count", 0), "at least 1 pair"),
        (("--function", "sew-with"), "an alignment needs two"),
        (("--function", "pour-with", "--port", 99999), "1 to 65535"),
    ):
        outcome = funcorr_command(*words, *more)
        assert outcome.is_refusal
        assert line in outcome.err
    with locked(tmp_path / "a.json"):
        outcome = funcorr_command(*words, "--function", "pour-with")
    assert outcome.is_refusal
    assert "open in another annotator" in outcome.err
    (tmp_path / "a.json").write_text(json.dumps({"format": "funcorr-alignments/0"}))
    outcome = funcorr_command(*words, "--function", "pour-with")
    assert outcome.is_refusal
    assert "funcorr-alignments/0" in outcome.err


def test_objects_without_known_functions_may_be_aligned_too(assets, tmp_path, objects):
    shutil.copytree(assets, tmp_path / "assets")
    write_asset(
        replace(objects["mug-0000"], id="thing", category="", functions=()), tmp_path / "assets"
    )
    assert set(assets_for(tmp_path / "assets", FUNCTION)) == {*NAMES, "thing"}
