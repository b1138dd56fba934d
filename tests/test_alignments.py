"""Alignment files: what they say about two objects, and what they refuse."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from flat_objects import BOARDS, turned
from hypothesis import given
from hypothesis import strategies as st

from funcorr import UserError
from funcorr.functions.frames import FunctionalFrame, alignment
from funcorr.groundtruth.alignments import (
    Alignment,
    align_frames,
    read_alignments,
    write_alignments,
)
from funcorr.groundtruth.part_regions import PartRegion

RIM = PartRegion(("rim",))


def similarity(degrees, scale, shift):
    matrix = turned(degrees)
    matrix[:3, :3] *= scale
    matrix[:3, 3] = shift
    return matrix


def entry(**changes):
    made = Alignment("pour-with", "mug-0", "kettle-0", similarity(30, 0.5, [0.1, 0, 0.2]), RIM, RIM)
    return made.to_json() | changes


def write(path, *entries):
    path.write_text(json.dumps({"format": "funcorr-alignments/1", "alignments": entries}))
    return path


shifts = st.tuples(*[st.floats(-2, 2)] * 3)


@given(st.floats(-180, 180), st.floats(0.1, 10), shifts)
def test_its_frames_meet_by_its_similarity(degrees, scale, shift):
    frame = FunctionalFrame.along([0.1, 0.2, 0.3], 0.4, "axis:x", x=[1, 2, 0], z=[0, 0, 1])
    made = Alignment("f", "a", "b", similarity(degrees, scale, shift), RIM, RIM, frame, "flip:y")
    np.testing.assert_allclose(alignment(*made.frames), made.similarity, atol=1e-9)
    assert [each.symmetry for each in made.frames] == ["axis:x", "flip:y"]


def test_a_file_gives_back_what_was_written(tmp_path):
    boxed = PartRegion(("lid",), (similarity(10, 0.2, [0, 0, 0.4]),))
    frame = FunctionalFrame.along([0, 0, 1], 0.4, "axis:z", z=[0, 0, 1], x=[1, 0, 0])
    move = similarity(40, 2, [1, 2, 3])
    made = Alignment(
        *("pour-with", "b", "a", move, RIM, boxed, frame),
        symmetry2="axis:z+flip:x",
        pivot2=np.array([0, 0, 0.5]),
        author="N",
        date="2026-01-31",
    )
    write_alignments(tmp_path / "a.json", [made])
    (read,) = read_alignments(tmp_path / "a.json")
    assert read.to_json() == made.to_json()


def test_a_rounded_rotation_is_made_exact(tmp_path):
    rounded = similarity(33.3, 0.7, [0, 0, 0]).round(4).tolist()
    (read,) = read_alignments(write(tmp_path / "a.json", entry(similarity=rounded)))
    matrix = read.similarity[:3, :3]
    square = matrix.T @ matrix
    np.testing.assert_allclose(square, np.eye(3) * square[0, 0], atol=1e-12)
    np.testing.assert_allclose(read.similarity, rounded, atol=1e-4)


def test_functional_frames_give_alignments():
    first, second = (BOARDS[name] for name in ("axe-0000", "knife-0000"))
    made = align_frames(first, second, "cut-with")
    assert made.key == ("cut-with", "axe-0000", "knife-0000")
    np.testing.assert_allclose(made.similarity[0], [0.25 / 0.35, 0, 0, 0.15 - 0.05 * 0.25 / 0.35])
    with pytest.raises(UserError, match="jug-0000 has no functional frame and part"):
        align_frames(first, BOARDS["jug-0000"], "cut-with")


def test_the_pivots_of_both_frames_are_kept():
    pivots = [np.array([0.1, 0, 0]), np.array([0, 0.2, 0])]
    first, second = (
        SimpleNamespace(
            id=name,
            parts={"pound-with": ("side",)},
            frames={
                "pound-with": FunctionalFrame.along(
                    [0, 0, -0.1], 0.2, "axis:z", pivot, x=[0, 0, -1], y=[0, 1, 0]
                )
            },
        )
        for name, pivot in zip(("bat", "pin"), pivots, strict=True)
    )
    for frame, pivot in zip(align_frames(first, second, "pound-with").frames, pivots, strict=True):
        np.testing.assert_allclose(frame.pivot, pivot)


def test_a_box_holds_what_lies_within_its_turned_sides():
    region = PartRegion(boxes=(similarity(45, 2, [1, 0, 0]), similarity(0, 0.2, [9, 9, 9])))
    points = np.array([[2.3, 0, 0], [2.3, 0.3, 0], [1, 0, 0.99], [1, 0, 1.01], [9, 9.09, 9]])
    assert region.contains(points).tolist() == [True, False, True, False, True]


def test_a_region_finds_its_pixels_in_a_view():
    view = BOARDS["axe-0000"].view(1)
    np.testing.assert_array_equal(PartRegion(("end",)).mask(view), view.end.part)
    found = PartRegion(boxes=(similarity(0, 0.2, [-0.4, 0, 0]),)).mask(view)
    surface = view.end.surface(np.argwhere(found)[:, ::-1])
    assert (np.abs(surface - [-0.4, 0, 0]) <= 0.1 + 1e-6).all()
    both = PartRegion(("end",), (similarity(0, 0.2, [-0.4, 0, 0]),)).mask(view)
    assert found.any()
    assert both.sum() == found.sum() + view.end.part.sum()
    with pytest.raises(UserError, match="axe-0000 has no part 'iron'"):
        PartRegion(("iron",)).mask(view)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"similarity": np.diag([1, 1, 2, 1.0]).tolist()}, "one scale and a shift"),
        ({"similarity": np.diag([1, 1, -1, 1.0]).tolist()}, "one scale and a shift"),
        ({"similarity": [[1, 0], [0, 1]]}, "expected function, asset1"),
        ({"similarity": np.full((4, 4), np.nan).tolist()}, "affine matrix"),
        ({"part1": {"names": [], "boxes": []}}, "neither"),
        ({"part2": {"boxes": [np.zeros((4, 4)).tolist()]}}, "part box is not an invertible"),
        ({"part2": {"boxes": [(np.eye(4) * 1e200).tolist()]}}, "part box is not an invertible"),
        ({"part2": {"boxes": [np.diag([1e200] * 3 + [1]).tolist()]}}, "part box is not an inv"),
        ({"part2": "rim"}, "expected function, asset1"),
        ({"function": " "}, "one of them is empty"),
        ({"symmetry2": "round"}, "unknown symmetry 'round'"),
        ({"date": "yesterday"}, "'yesterday' is not of the form"),
        ({"frame": {"origin": [0, 0, 0]}}, "functional frame needs"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, changes, message):
    file = write(tmp_path / "a.json", entry(asset1="jug-0"), entry(**changes))
    with pytest.raises(UserError, match=message) as refusal:
        read_alignments(file)
    assert "a.json, alignment 2" in str(refusal.value)


def test_files_of_another_kind_are_refused(tmp_path):
    file = tmp_path / "a.json"
    twice = write(file, entry(), entry(asset1="kettle-0", asset2="mug-0"))
    with pytest.raises(UserError, match="aligns kettle-0 and mug-0 twice for 'pour-with'"):
        read_alignments(twice)
    for content, message in (
        ('{"format": "funcorr-alignments/9"}', "this version reads"),
        ('{"format": "funcorr-alignments/1", "alignments": {}}', "lacks the list"),
        ('{"format": "funcorr-alignments/1", "alignments": [3]}', "alignment 1 is not a JSON"),
        ("[]", "has the format None"),
        ("{", "not valid JSON"),
    ):
        file.write_text(content)
        with pytest.raises(UserError, match=message):
            read_alignments(file)
