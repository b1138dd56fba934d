import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from flat_objects import BOARDS, FlatDataset
from PIL import Image
from scipy.ndimage import binary_erosion

from funcorr import UserError
from funcorr.cli.pairs import pairs as pairs_command
from funcorr.geometry.depth_sensor import DepthSensor
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
from funcorr.groundtruth.pair_geometry import GeometryConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.images import Crop

CONFIG = BuildConfig(
    per_function=8, across=0.75, image_size=None, ground_truth=GroundTruthConfig(max_points=40)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("bench") / "boards", CONFIG)


@pytest.fixture
def bench(made, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(made.path, tmp_path / "boards")


def lines(bench):
    return [json.loads(line) for line in (bench / "pairs.jsonl").read_text().splitlines()]


def rewrite(bench, pairs):
    (bench / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))


# building


def test_a_built_benchmark_has_its_shares_and_points_on_the_parts(made):
    assert made.name == "boards"
    assert made.image_size == (96, 96)
    assert made.functions == ("cut-with", "pour-with")
    kinds = Counter((pair.function, pair.within) for pair in made.pairs)
    assert kinds == {(f, w): 2 if w else 6 for f in made.functions for w in (True, False)}
    assert Counter((p.function, p.assets) for p in made.pairs).most_common(1)[0][1] <= 2
    assert len({(p.function, p.image1, p.image2) for p in made.pairs}) == len(made.pairs)
    for pair in made.pairs:
        for points, part in zip(made.ground_truth(pair), ("part1", "part2"), strict=True):
            mask = np.asarray(Image.open(made.file(pair, part))) > 127
            assert mask[tuple(points.astype(int).T[::-1])].all()


def test_image_pairs_of_the_same_assets_show_different_views(made):
    views = {}
    for pair in made.pairs:
        views.setdefault((pair.function, pair.assets), []).append((pair.image1, pair.image2))
    repeated = [pairs for pairs in views.values() if len(pairs) > 1]
    assert repeated
    for pairs in repeated:
        assert all(len(set(images)) == len(pairs) for images in zip(*pairs, strict=True))


def test_a_seed_makes_one_benchmark(made, tmp_path):
    again = build_benchmark(BOARDS, tmp_path / "boards", CONFIG)
    other = build_benchmark(BOARDS, tmp_path / "other", replace(CONFIG, seed=1), name="boards")
    assert again.fingerprint() == made.fingerprint()
    assert other.pairs != made.pairs


def test_a_build_that_was_broken_off_leaves_nothing_behind(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise UserError(f"{_[0]} is odd")

    monkeypatch.setattr("funcorr.groundtruth.build.write_benchmark", broken)
    with pytest.raises(UserError, match=re.escape(f"{tmp_path / 'boards'} is odd")):
        build_benchmark(BOARDS, tmp_path / "boards", CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_one_function_is_drawn_alike_with_and_without_the_others(made, tmp_path):
    alone = build_benchmark(BOARDS, tmp_path / "cut", CONFIG, functions=["cut-with"])
    assert alone.pairs == tuple(pair for pair in made.pairs if pair.function == "cut-with")


def test_views_are_cropped_around_their_objects(made, tmp_path):
    config = replace(CONFIG, image_size=120)
    cropped = build_benchmark(BOARDS, tmp_path / "cropped", config, functions=["cut-with"])
    assert cropped.image_size == (120, 120)
    for pair, plain in zip(cropped.pairs, made.pairs, strict=False):
        masks = [
            np.asarray(Image.open(b.file(p, "mask1"))) > 127
            for b, p in ((made, plain), (cropped, pair))
        ]
        rows, columns = np.nonzero(masks[1])
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(100, abs=2)
        expected = Crop.around(masks[0], 120).to_crop(made.ground_truth(plain)[0])
        points = cropped.ground_truth(pair)[0]
        np.testing.assert_allclose(points, expected, atol=1e-4)
        part = np.asarray(Image.open(cropped.file(pair, "part1"))) > 127
        assert part[tuple((points + 0.5).astype(int).T[::-1])].all()
        image = np.asarray(Image.open(cropped.file(pair, "image1")))
        assert (image[~masks[1]] > 85).all()
        assert image[0, 0].tolist() == [255, 255, 255]


@pytest.fixture(scope="module", params=[None, 120], ids=["plain", "cropped"])
def deep(request, tmp_path_factory):
    config = replace(CONFIG, image_size=request.param, per_function=3)
    folder = tmp_path_factory.mktemp("deep") / "boards"
    return build_benchmark(BOARDS, folder, config, geometry=GeometryConfig(meters=0.2))


def lifted(points, depth, camera):
    """Points in the world, metres; a board lies on its plane z = 0."""
    z = depth[tuple(np.round(points).astype(int).T[::-1])]
    rays = np.column_stack([points, np.ones(len(points))]) @ np.linalg.inv(camera.intrinsics).T
    return (rays * z[:, None] - camera.world_to_camera[:3, 3]) @ camera.world_to_camera[:3, :3]


def test_depth_and_cameras_put_every_pixel_onto_its_object(deep):
    assert deep.has_depth
    for pair in deep.pairs:
        geometry = zip(deep.depths(pair), deep.cameras(pair), ("mask1", "mask2"), strict=True)
        for depth, camera, key in geometry:
            mask = np.asarray(Image.open(deep.file(pair, key))) > 127
            assert depth.dtype == np.float32
            rows, columns = np.nonzero(depth)
            assert mask[rows, columns].mean() > 0.97
            assert np.count_nonzero(depth) >= 0.97 * np.count_nonzero(mask)
            points = lifted(np.stack([columns, rows], axis=1).astype(float), depth, camera)
            inner = binary_erosion(depth > 0, iterations=3)[rows, columns]
            assert np.abs(points[inner, 2]).max() < 2e-5  # metres
            assert np.abs(points[:, 2]).max() < 5e-4  # the rim has no neighbour on one side
            assert np.abs(points[:, 0]).max() == pytest.approx(0.08, abs=0.004)  # 0.4 of 0.2 m


def test_frames_in_the_cameras_put_ground_truth_together(deep):
    for pair in deep.pairs:
        first, second = deep.frames(pair)
        assert first.object_size == second.object_size == 0.2
        cameras, depths = deep.cameras(pair), deep.depths(pair)
        world = [
            lifted(np.round(p), d, c)
            for p, d, c in zip(deep.ground_truth(pair), depths, cameras, strict=True)
        ]
        seen = [
            w @ c.world_to_camera[:3, :3].T + c.world_to_camera[:3, 3]
            for w, c in zip(world, cameras, strict=True)
        ]
        motion = second.frame.matrix @ np.linalg.inv(first.frame.matrix)
        carried = seen[0] @ motion[:3, :3].T + motion[:3, 3]
        assert np.linalg.norm(carried - seen[1], axis=1).max() < 0.2 * 0.2  # max_distance and size


def test_what_is_not_asked_for_is_not_written(made, tmp_path):
    assert not made.has_depth
    assert not (made.path / "depth").exists()
    assert not {"depth1", "camera1", "frame1"} & set(lines(made.path)[0])
    with pytest.raises(UserError, match="0 m; expected more than 0"):
        GeometryConfig(meters=0)
    with pytest.raises(UserError, match="--sensor is the noise of --depth"):
        pairs_command(tmp_path, tmp_path / "bench", sensor=True)


def test_a_sensor_adds_noise_to_each_picture_once(deep, tmp_path):
    config = replace(
        CONFIG, image_size=None if deep.image_size == (96, 96) else 120, per_function=3
    )
    noisy, again = (
        build_benchmark(
            BOARDS, tmp_path / name / "boards", config, geometry=GeometryConfig(0.2, DepthSensor())
        )
        for name in "ab"
    )
    assert noisy.fingerprint() == again.fingerprint()
    for pair, clean in zip(noisy.pairs, deep.pairs, strict=True):
        assert (pair.gt, pair.frame1) == (clean.gt, clean.frame1)
        error = (noisy.depths(pair)[0] - deep.depths(clean)[0])[deep.depths(clean)[0] > 0]
        assert 0.0005 < np.median(np.abs(error)) < 0.004


def test_depths_are_checked_as_depths_and_not_as_masks(deep, tmp_path):
    """Masks of many levels are refused; a depth has as many as its object is deep."""
    shutil.copytree(deep.path, tmp_path / "copy")
    made = read_benchmark(tmp_path / "copy")
    steps = np.tile(np.linspace(1, 65535, 96).astype(np.uint16), (96, 1))
    Image.fromarray(steps).save(made.file(made.pairs[0], "depth1"))
    made.check_pictures(made.pairs)
    Image.fromarray(np.zeros((96, 96, 3), np.uint8)).save(made.file(made.pairs[0], "depth1"))
    with pytest.raises(UserError, match="no depth picture"):
        made.check_pictures(made.pairs)


def test_a_changed_depth_is_another_benchmark(deep, tmp_path):
    bench = shutil.copytree(deep.path, tmp_path / "bench")
    assert read_benchmark(bench).fingerprint() == deep.fingerprint()
    Image.fromarray(np.ones(deep.image_size, np.uint16)).save(bench / lines(bench)[0]["depth1"])
    assert read_benchmark(bench).fingerprint() != deep.fingerprint()


def changed(key, **change):
    def spoil(bench):
        pairs = lines(bench)
        pairs[0][key] = {k: v for k, v in (pairs[0][key] | change).items() if v is not None}
        rewrite(bench, pairs)

    return spoil


SPOILT_GEOMETRY = {
    "no such file: .*gone.png": lambda bench: first(depth1="gone.png")(bench),
    "camera1 of pair 'cut-with-0000' .*: a camera needs": changed("camera1", intrinsics=None),
    "line 1 has a camera2 that is no JSON object": lambda bench: first(camera2="hole")(bench),
    "a camera needs intrinsics .*ValueError": changed("camera1", intrinsics=[1, 2, 3]),
    "transposed": changed("camera1", intrinsics=[[9, 0, 0], [0, 9, 0], [4, 4, 1]]),
    "focal lengths above 0": changed("camera1", intrinsics=[[9, 0, 4], [0, -9, 4], [0, 0, 1]]),
    "no 4 x 4 rigid": changed("camera2", world_to_camera=np.diag([2, 1, 1, 1]).tolist()),
    "depth_scale is metres per step": changed("camera2", depth_scale=0),
    "frame1 of pair 'cut-with-0000' .*: a functional frame needs": changed("frame1", axes=None),
    "unknown symmetry": changed("frame2", symmetry="round"),
    "needs object_size": changed("frame2", object_size=None),
    "object_size is a length above 0": changed("frame1", object_size=-1),
}


@pytest.mark.parametrize("message", SPOILT_GEOMETRY)
def test_spoilt_geometry_is_refused_in_one_line(deep, tmp_path, message):
    bench = shutil.copytree(deep.path, tmp_path / "bench")
    SPOILT_GEOMETRY[message](bench)
    with pytest.raises(UserError, match=message) as error:
        read_benchmark(bench)
    assert "\n" not in str(error.value)


def test_a_colour_picture_is_no_depth(deep, tmp_path):
    bench = shutil.copytree(deep.path, tmp_path / "bench")
    Image.new("RGB", deep.image_size[::-1]).save(bench / lines(bench)[0]["depth1"])
    spoilt = read_benchmark(bench)
    with pytest.raises(UserError, match="no depth picture; expected one channel"):
        spoilt.depths(spoilt.pairs[0])


def test_one_kind_of_pair_fills_in_for_the_other(tmp_path):
    axes = FlatDataset({k: BOARDS[k] for k in ("axe-0000", "axe-0001")})
    only_within = build_benchmark(axes, tmp_path / "a", CONFIG, functions=["cut-with"])
    assert [pair.within for pair in only_within.pairs] == [True, True]
    across = replace(CONFIG, across=0.0)
    jug = FlatDataset({k: BOARDS[k] for k in ("jug-0000", "axe-0000")})
    only_across = build_benchmark(jug, tmp_path / "b", across, functions=["pour-with"])
    assert [pair.within for pair in only_across.pairs] == [False, False]


def test_building_refuses_what_it_cannot_do(made, tmp_path):
    with pytest.raises(UserError, match="is not empty; choose another folder, or empty it"):
        build_benchmark(BOARDS, made.path, CONFIG)
    with pytest.raises(UserError, match="no asset of the dataset has a functional frame for 'sit'"):
        build_benchmark(BOARDS, tmp_path / "a", CONFIG, functions=["sit"])
    with pytest.raises(UserError, match="no two views have ground truth"):
        build_benchmark(FlatDataset({"a": BOARDS["axe-0000"]}), tmp_path / "b", CONFIG)
    with pytest.raises(UserError, match="across is a share"):
        BuildConfig(across=85.0)


# reading


def test_unknown_keys_are_ignored_and_parts_may_be_absent(bench):
    pairs = lines(bench)
    for pair in pairs:
        pair["weather"] = "fine"
        del pair["part1"], pair["part2"]
    rewrite(bench, pairs)
    assert read_benchmark(bench).pairs[0].part1 is None


def head(**change):
    def spoil(bench):
        content = json.loads((bench / "benchmark.json").read_text()) | change
        (bench / "benchmark.json").write_text(json.dumps(content))

    return spoil


def first(**change):
    def spoil(bench):
        pairs = lines(bench)
        pairs[0] |= change
        rewrite(bench, pairs)

    return spoil


def truth(**arrays):
    def spoil(bench):
        np.savez(bench / lines(bench)[0]["gt"], **arrays)

    return spoil


def smaller_mask(bench):
    Image.new("L", (95, 96)).save(bench / lines(bench)[0]["mask1"])


def cut_npz(bench):
    path = bench / lines(bench)[0]["gt"]
    path.write_bytes(path.read_bytes()[:200])


def text_as_image(bench):
    (bench / lines(bench)[0]["image2"]).write_text("not a picture")


POINT = np.ones((3, 2))
SPOILT = {
    "no such benchmark folder": shutil.rmtree,
    "cannot read the benchmark": lambda bench: (bench / "benchmark.json").unlink(),
    "not valid JSON": lambda bench: (bench / "benchmark.json").write_text("{"),
    "this version reads 'funcorr-benchmark/1'": head(format="funcorr-benchmark/2"),
    "expected .height, width.": head(image_size=96),
    "which the functions of": head(functions=["cut-with"]),
    "announces 17 pairs but pairs.jsonl has 16": head(pairs=17),
    "has no pairs": lambda bench: rewrite(bench, []),
    "line 16 is not valid JSON": lambda bench: (bench / "pairs.jsonl").write_text(
        (bench / "pairs.jsonl").read_text()[:-30]
    ),
    "line 1 lacks gt": first(gt=None),
    "'pour-with-0000' twice": first(id="pour-with-0000"),
    "no such file: .*gone.png": first(image1="gone.png"),
    "is 95 x 96 pixels, expected 96 x 96": smaller_mask,
    "is not an image that can be read": text_as_image,
    "no such file: .*gone.npz": first(gt="gone.npz"),
    "damaged": cut_npz,
    "pickled": truth(points1=np.array([{}]), points2=np.array([{}])),
    "lacks .*points2": truth(points1=POINT),
    "must have one shape": truth(points1=POINT, points2=POINT[:2]),
    "must be N x 2": truth(points1=POINT[:0], points2=POINT[:0]),
    "outside the image": truth(points1=POINT, points2=POINT * 95.6),
    "NaN": truth(points1=POINT, points2=POINT * np.nan),
}


@pytest.mark.parametrize("message", SPOILT)
def test_a_spoilt_benchmark_is_refused_in_one_line(bench, message):
    SPOILT[message](bench)
    with pytest.raises(UserError, match=message) as error:
        read_benchmark(bench)
    assert "\n" not in str(error.value)
