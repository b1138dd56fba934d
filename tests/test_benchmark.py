import json
import shutil
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from flat_objects import BOARDS, FlatDataset, KnowingModel
from PIL import Image

from funcorr import UserError
from funcorr.benchmark.build import build_benchmark
from funcorr.benchmark.draws import BuildConfig
from funcorr.benchmark.encoding import Encoder, partners_together
from funcorr.benchmark.evaluate import evaluate, prediction_path
from funcorr.benchmark.ground_truth import GroundTruthConfig
from funcorr.benchmark.pairs import ImagePair, read_benchmark
from funcorr.benchmark.scores import Case, score, summarize
from funcorr.benchmark.table import comma_separated, markdown
from funcorr.images import Crop

CONFIG = BuildConfig(
    per_function=8, across=0.75, image_size=None, ground_truth=GroundTruthConfig(max_points=40)
)
KEYS = ["normalized_distance"] + [
    f"{metric}@{k}" for metric in ("pck", "best_f1", "ap") for k in (23, 15, 10, 5)
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("bench") / "boards", CONFIG)


@pytest.fixture
def bench(made, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(made.path, tmp_path / "boards")


def pictures(bench):
    return {image for pair in bench.pairs for image in (pair.image1, pair.image2)}


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
    with pytest.raises(UserError, match="holds a benchmark already"):
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
    "as an image": text_as_image,
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


# evaluating


def test_a_knowing_model_is_near_perfect_and_chance_is_not(made, tmp_path):
    best = evaluate(made.path, KnowingModel(), tmp_path / "knowing")
    chance = evaluate(made.path, "chance", tmp_path / "chance")
    assert best["overall"]["pck@23"] > 0.99
    assert best["overall"]["ap@15"] > 0.95
    assert best["overall"]["normalized_distance"] < 0.01 < chance["overall"]["normalized_distance"]
    for key in KEYS[1:]:
        assert chance["overall"][key] < best["overall"][key]


def test_the_run_folder_holds_what_was_returned(made, tmp_path):
    results = evaluate(made.path, KnowingModel(), tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == results
    assert set(results) == {
        *("model", "benchmark", "protocol", "pairs", "overall", "within", "across"),
        *("per_function", "pooled", "intervals"),
    }
    assert (results["model"], results["benchmark"], results["pairs"]) == ("knowing", "boards", 16)
    for block in (results["overall"], results["within"], results["per_function"]["cut-with"]):
        assert list(block) == KEYS
    low, high = results["intervals"]["overall"]["ap@10"]
    assert 0 <= low <= results["overall"]["ap@10"] <= high <= 1
    table = (tmp_path / "table.csv").read_text().splitlines()
    assert table[0].split(",") == ["pairs", *KEYS]
    assert [line.split(",")[0] for line in table[1:]] == [
        *("overall", "within", "across", "cut-with", "pour-with")
    ]
    assert (tmp_path / "table.md").read_text().count("\n") == 7


def test_a_stopped_run_continues_and_a_finished_one_is_only_read(made, tmp_path):
    class Stopping(KnowingModel):
        def encode(self, image, mask=None):
            if self.calls == 5:
                raise KeyboardInterrupt
            return super().encode(image, mask)

    with pytest.raises(KeyboardInterrupt):
        evaluate(made.path, Stopping(), tmp_path / "a")
    assert not (tmp_path / "a" / "results.json").exists()
    model = KnowingModel()
    resumed = evaluate(made.path, model, tmp_path / "a")
    again = KnowingModel()
    assert resumed == evaluate(made.path, again, tmp_path / "b")
    assert 0 < model.calls < again.calls
    evaluate(made.path, again, tmp_path / "a")
    assert again.calls == len(pictures(made))


def test_pictures_are_encoded_once_with_few_in_memory(made):
    hub, spokes = "hub.png", [f"spoke-{n}.png" for n in range(6)]
    far = [("x.png", "y.png"), ("y.png", "z.png")]
    named = [*zip([hub] * 6, spokes, strict=True), *far]
    order = [0, 6, 1, 2, 7, 3, 4, 5]
    first = made.pairs[0]
    pairs = [
        replace(first, id=str(n), image1=named[n][0], image2=named[n][1], category2=f"c{n}")
        for n in order
    ]
    walked = partners_together(pairs)
    assert sorted(pair.id for pair in walked) == sorted(pair.id for pair in pairs)
    told = []

    class Counting:
        name = "counting"
        needs_category = True

        def encode(self, image, mask, category):
            told.append((image.name, category))
            return image.name

    encoded = Encoder(made, Counting(), kept=2)
    for pair in walked:
        assert (encoded(pair, 1), encoded(pair, 2)) == (pair.image1, pair.image2)
    assert len(told) == len(set(told)) == 11  # ten pictures, y.png in two categories
    assert {category for image, category in told if image == hub} == {first.category1}


def test_another_config_is_refused_unless_overwritten(made, bench, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path / "run")
    changed = KnowingModel()
    changed.fingerprint = "2"
    with pytest.raises(UserError, match=r"another config \(model_fingerprint\)"):
        evaluate(made.path, changed, tmp_path / "run")
    with pytest.raises(UserError, match=r"another config \(protocol\)"):
        evaluate(made.path, KnowingModel(), tmp_path / "run", protocol="released-code")
    truth(points1=POINT, points2=POINT)(bench)
    with pytest.raises(UserError, match=r"another config \(benchmark_fingerprint\)"):
        evaluate(bench, KnowingModel(), tmp_path / "run")

    def stop(*_):
        raise KeyboardInterrupt

    changed.encode = stop
    with pytest.raises(KeyboardInterrupt):
        evaluate(made.path, changed, tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / "results.json").exists()
    del changed.encode
    evaluate(made.path, changed, tmp_path / "run", overwrite=True)
    assert changed.calls == len(pictures(made))


def test_a_damaged_prediction_and_a_foreign_folder_are_refused(made, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path)
    prediction_path(tmp_path, made.pairs[3], "backward").write_bytes(b"PK")
    with pytest.raises(UserError, match="as predictions: it is damaged"):
        evaluate(made.path, KnowingModel(), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    for other in (config | {"format": "funcorr-evaluation/0"}, ["another", "kind"]):
        (tmp_path / "config.json").write_text(json.dumps(other))
        with pytest.raises(UserError, match="this version writes 'funcorr-evaluation/1'"):
            evaluate(made.path, KnowingModel(), tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(UserError, match=r"predictions without a config\.json"):
        evaluate(made.path, KnowingModel(), tmp_path)
    with pytest.raises(UserError, match="unknown protocol"):
        evaluate(made.path, KnowingModel(), tmp_path, protocol="mine")


GOOD = {"points1": np.ones((4, 2)), "points2": np.ones((4, 2)), "scores": np.ones(4)}
WRONG = {
    "scores holds NaN": {"scores": np.array([1, 2, np.nan, 3])},
    "points1 and points2": {"points2": np.ones((3, 2))},
    "one number per point": {"scores": np.ones(3)},
    "were to be carried over, got 2": {"transferred": np.ones((2, 2))},
    "transferred holds NaN": {"transferred": np.full((40, 2), np.nan)},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_cannot_be_scored_is_refused_before_it_is_kept_and_after(made, tmp_path, message):
    answer = GOOD | WRONG[message]

    class Wrong(KnowingModel):
        def match(self, image1, image2, function):
            return SimpleNamespace(**{name: answer[name] for name in GOOD})

        def label_transfer(self, image1, image2, function, points):
            return answer.get("transferred", points)

    with pytest.raises(UserError, match=rf"knowing on pair '.*' \(forward\): .*{message}") as error:
        evaluate(made.path, Wrong(), tmp_path)
    assert "\n" not in str(error.value)
    assert not list((tmp_path / "predictions").glob("*"))


def test_a_spoilt_prediction_is_refused_by_name(made, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path)
    path = prediction_path(tmp_path, made.pairs[3], "backward")
    for content, message in (
        (GOOD | WRONG["scores holds NaN"] | {"transferred": np.ones((9, 2))}, "scores holds NaN"),
        (GOOD | {"transferred": np.array([{}])}, "pickled"),
        (GOOD, "lacks 'transferred"),
    ):
        np.savez(path, **content)
        with pytest.raises(UserError, match=message) as error:
            evaluate(made.path, KnowingModel(), tmp_path)
        assert path.name in str(error.value)
    path.unlink()
    assert evaluate(made.path, KnowingModel(), tmp_path)["pairs"] == len(made.pairs)


def test_ids_become_file_names_that_cannot_leave_the_folder(made, tmp_path):
    pair = replace(made.pairs[0], id="../../a b/c")
    assert prediction_path(tmp_path, pair, "forward").parent == tmp_path / "predictions"


def test_the_command_prints_the_table(made, tmp_path, capsys):
    from funcorr.cli.evaluate import evaluate as command

    command(made.path, "chance", tmp_path)
    out = capsys.readouterr().out
    assert out.startswith("| chance | Norm. dist. ↓ | PCK@23 ↑")
    assert str(tmp_path / "results.json") in out


# scores and tables


def case(asset, category, value, points, function="cut-with"):
    pair = ImagePair(
        *(f"{asset}{category}{value}", function, "", "", "", ""),
        *("mug", category, "mug-0000", asset, ""),
    )
    return Case(pair, points, {"normalized_distance": value, "ap@5": value})


def test_means_are_per_directed_pair_and_pooled_ones_per_point():
    cases = [case("a", "mug", 0.0, 30), case("b", "pan", 0.3, 10), case("c", "pan", 0.9, 10)]
    results = summarize(cases)
    assert results["overall"] == pytest.approx({"normalized_distance": 0.4, "ap@5": 0.4})
    assert results["within"]["ap@5"] == 0
    assert results["across"]["ap@5"] == pytest.approx(0.6)
    assert results["pooled"] == pytest.approx({"normalized_distance": 0.24})
    assert summarize(cases[1:])["within"] == {"normalized_distance": None, "ap@5": None}
    assert summarize(cases[1:])["intervals"]["within"]["ap@5"] is None


def test_intervals_draw_asset_pairs_not_image_pairs():
    rng = np.random.default_rng(0)
    values = rng.random(60)
    apart = summarize([case(f"a{i}", "pan", v, 1) for i, v in enumerate(values)])
    low, high = apart["intervals"]["overall"]["ap@5"]
    width = 2 * 1.96 * values.std() / np.sqrt(60)
    assert high - low == pytest.approx(width, rel=0.1)
    one = summarize([case("a", "pan", v, 1) for v in values])
    assert one["intervals"]["overall"]["ap@5"] == pytest.approx([values.mean()] * 2)


def test_thresholds_grow_with_the_image():
    rng = np.random.default_rng(0)
    gt1, gt2, points1, points2 = rng.integers(0, 224, (4, 50, 2)).astype(float)
    points1[:30], points2[:30] = gt1[:30] + 4, gt2[:30] - 3
    small = {"points1": points1, "points2": points2, "scores": rng.random(50)}
    small["transferred"] = gt2 + 6
    large = {k: v * (1 if k == "scores" else 2) for k, v in small.items()}
    expected = score(small, gt1, gt2, (200, 224))
    assert score(large, gt1 * 2, gt2 * 2, (400, 448)) == pytest.approx(expected)
    assert list(expected) == KEYS
    assert (expected["pck@5"], expected["pck@10"]) == (0, 1)


def test_tables_keep_order_and_show_absent_values():
    rows = {
        "ours": {"best_f1@23": 0.12345, "ap@23": None},
        "dino": {"best_f1@23": 1.0, "ap@23": 0.0},
    }
    assert markdown(rows, "model").splitlines() == [
        "| model | Best F1@23 ↑ | AP@23 ↑ |",
        "|---|---:|---:|",
        "| ours | 0.123 | - |",
        "| dino | 1.000 | 0.000 |",
    ]
    assert comma_separated(rows, "model").splitlines() == [
        "model,best_f1@23,ap@23",
        "ours,0.12345,",
        "dino,1.0,0.0",
    ]
