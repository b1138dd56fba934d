import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from flat_objects import BOARDS, FlatDataset
from PIL import Image

from funcorr import UserError
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
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
