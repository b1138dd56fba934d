"""The paper's 3D annotations, made small in the layout of its released code."""

from itertools import product

import numpy as np
import pytest
from flat_objects import turned
from hypothesis import given
from hypothesis import strategies as st

from funcorr import UserError
from funcorr.assets.files import save_glb
from funcorr.groundtruth.alignments import read_alignments
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.groundtruth.paper_alignments import read_paper_alignments
from funcorr_forge import forge_asset

A, B = "0a1b---water bottle.glb", "9f8e---mug.glb"
NAMES = A, B


def pose(degrees, shift):
    """Turned about z, and about x by 20 degrees; moved."""
    tilt = np.eye(4)
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    tilt[1:3, 1:3] = [[c, -s], [s, c]]
    matrix = turned(degrees) @ tilt
    matrix[:3, 3] = shift
    return matrix


POSES = [pose(30, [1, 0, 0.2]), pose(-70, [-0.5, 2, 0])]
BOXES = [(POSES[0] @ pose(10, [0, 0, 0.4]), (0.5, 0.6, 0.3)), (pose(0, [-0.5, 2, 0.4]), (2, 2, 1))]


def annotate(folder, poses=POSES, boxes=BOXES, function="pick up-with"):
    """One labelled pair; the exported cube is y-up and bears its size."""
    label = folder / function / "|||".join(NAMES) / "0000"
    label.mkdir(parents=True)
    for name, where, (box, size) in zip(NAMES, poses, boxes, strict=True):
        np.save(label / f"{name}.npy", where)
        np.save(label / f"{name}_bbox.npy", box)
        corners = np.array(list(product((-0.5, 0.5), repeat=3))) * size
        lines = [f"v {x} {z} {-y}" for x, y, z in corners.tolist()]
        (label / f"{name}_bbox.obj").write_text("\n".join(["o Cube", *lines, "f 1 2 4 3", ""]))
    return label


def in_scene(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.fixture(scope="module")
def annotated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labels")
    annotate(folder)
    (pair,) = read_paper_alignments(folder)
    return pair


def test_objects_meet_as_they_do_in_the_annotated_scene(annotated):
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 3))
    assert (annotated.function, annotated.names) == ("pick-up-with", NAMES)
    np.testing.assert_allclose(
        in_scene(POSES[0], in_scene(annotated.alignment.similarity, points)),
        in_scene(POSES[1], points),
        atol=1e-9,
    )


@given(st.lists(st.tuples(*[st.floats(-0.6, 0.6)] * 3), min_size=1, max_size=20))
def test_parts_are_what_lies_in_the_boxes_of_the_scene(annotated, points):
    points = np.array(points)
    regions = annotated.alignment.part1, annotated.alignment.part2
    for region, where, (box, size) in zip(regions, POSES, BOXES, strict=True):
        local = np.abs(in_scene(np.linalg.inv(box) @ where, points)) - np.array(size) / 2
        clear = np.abs(local).min(axis=1) > 1e-6
        expected = (local <= 0).all(axis=1)
        np.testing.assert_array_equal(region.contains(points)[clear], expected[clear])


def test_from_annotations_and_meshes_to_pixels(tmp_path, funcorr_command):
    labels, meshes = tmp_path / "labels", tmp_path / "meshes"
    upright, top = [turned(40), turned(40)], np.eye(4)
    top[2, 3] = 0.4
    tops = [(each @ top, (2, 2, 0.8)) for each in upright]
    annotate(labels, upright, tops, "pour-with")
    for name in NAMES:  # one mug twice, whatever it is called
        save_glb(forge_asset("mug", 0).mesh, meshes / name / f"{name.split('---')[0]}.glb")
    file, assets, views = tmp_path / "a.json", tmp_path / "assets", tmp_path / "views"
    words = "alignments", "paper", labels, "--out", file, "--meshes", meshes, "--assets", assets
    assert "2 assets" in funcorr_command(*words).out
    (alignment,) = read_alignments(file)
    size = "--views", 3, "--size", 64, "--points", 2000, "--supersample", 1
    assert funcorr_command("render", assets, "--out", views, *size).code == 0
    bench = "--out", tmp_path / "bench", "--alignments", file, "--size", 0
    done = funcorr_command("pairs", views, *bench)
    assert done.code == 0, done.err
    for pair in read_benchmark(tmp_path / "bench").pairs:
        assert pair.assets == tuple(sorted((alignment.asset1, alignment.asset2)))
        assert {pair.category1, pair.category2} == {"water bottle", "mug"}


def test_what_is_not_such_a_set_is_refused_in_one_line(tmp_path, funcorr_command):
    label = annotate(tmp_path / "labels")
    words = "alignments", "paper", tmp_path / "labels", "--out", tmp_path / "a.json"

    def refused(message, *more):
        outcome = funcorr_command(*words, *more)
        assert outcome.is_refusal
        assert message in outcome.err

    refused("no such mesh", "--meshes", tmp_path, "--assets", tmp_path / "assets")
    refused("--meshes and --assets go together", "--meshes", tmp_path)
    box, where = label / f"{A}_bbox.obj", label / f"{B}.npy"
    text = box.read_text()
    box.write_text("v 0 0\n")
    refused("holds no box")
    box.write_text(text.replace("0.3", "0").replace("0.15", "0"))
    refused("is not an invertible 4 x 4 affine matrix")
    box.write_text(text)
    np.save(where, np.diag([1.0, 2, 1, 1]))
    refused("a rotation with one scale and a shift")
    for entries in (0, 1e200, np.nan):
        np.save(where, np.full((4, 4), entries) * np.eye(4))
        refused("no invertible 4 x 4 matrix")
    np.save(where, np.array([{"a": 1}]), allow_pickle=True)
    refused("as a pose: it is damaged")
    where.unlink()
    refused("no such file")
    with pytest.raises(UserError, match="holds no alignments"):
        read_paper_alignments(tmp_path / "nowhere")
