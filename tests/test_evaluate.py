"""Evaluating one model: run folder, resumption, refusals, means and tables."""

import json
import shutil
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from flat_objects import BOARDS, KnowingModel
from test_benchmark import CONFIG

import funcorr
from funcorr import UserError, metrics
from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.benchmark.predictions import prediction_path
from funcorr.benchmark.scores import Case, score, summarize
from funcorr.benchmark.table import comma_separated, markdown
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.pairs import ImagePair, read_benchmark

KEYS = ["normalized_distance"] + [
    f"{metric}@{k}" for metric in ("pck", "best_f1", "ap") for k in (23, 15, 10, 5)
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("bench") / "boards", CONFIG)


def pictures(bench):
    return {image for pair in bench.pairs for image in (pair.image1, pair.image2)}


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
        given = ("category",)

        def encode(self, image, mask, category):
            told.append((image.name, category))
            return image.name

    encoded = Encoder(made, Counting(), kept=2)
    for pair in walked:
        assert (encoded(pair, 1), encoded(pair, 2)) == (pair.image1, pair.image2)
    assert len(told) == len(set(told)) == 11  # ten pictures, y.png in two categories
    assert {category for image, category in told if image == hub} == {first.category1}


def test_another_model_or_benchmark_is_refused_unless_overwritten(made, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path / "run")
    changed = KnowingModel()
    changed.fingerprint = "2"
    line = r'the predictions of another configuration \(model_fingerprint: "1" -> "2"\)'
    with pytest.raises(UserError, match=line):
        evaluate(made.path, changed, tmp_path / "run")
    other = build_benchmark(BOARDS, tmp_path / "boards", replace(CONFIG, seed=1))
    with pytest.raises(UserError, match=r"another configuration \(benchmark_fingerprint\)"):
        evaluate(other.path, KnowingModel(), tmp_path / "run")

    def stop(*_):
        raise KeyboardInterrupt

    changed.encode = stop
    with pytest.raises(KeyboardInterrupt):
        evaluate(made.path, changed, tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / "results.json").exists()
    del changed.encode
    evaluate(made.path, changed, tmp_path / "run", overwrite=True)
    assert changed.calls == len(pictures(made))


def test_another_protocol_keeps_every_prediction(made, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path / "run")
    again = KnowingModel()
    line = r'the results of another configuration \(protocol: "paper" -> "released-code"\); .*'
    with pytest.raises(UserError, match=line + "discard the results with --overwrite"):
        evaluate(made.path, again, tmp_path / "run", protocol="released-code")
    results = evaluate(made.path, again, tmp_path / "run", overwrite=True, protocol="released-code")
    assert not again.calls
    assert results == evaluate(made.path, again, tmp_path / "new", protocol="released-code")
    assert json.loads((tmp_path / "run/results.json").read_text()) == results


@pytest.mark.parametrize(
    "content", [None, "", '{"format": "funcorr-evalu', '["a list"]', '{"format": "old/0"}']
)
def test_what_a_refusal_says_works(made, tmp_path, content):
    """No config.json, or one that is empty, half written, of another kind or of another version."""
    expected = evaluate(made.path, KnowingModel(), tmp_path)
    config = tmp_path / "config.json"
    config.write_text(content) if content is not None else config.unlink()
    line = r"choose another folder, or discard the predictions with --overwrite$"
    with pytest.raises(UserError, match=line):
        evaluate(made.path, KnowingModel(), tmp_path)
    model = KnowingModel()
    assert evaluate(made.path, model, tmp_path, overwrite=True) == expected
    assert model.calls


def test_a_damaged_prediction_and_an_unknown_protocol_are_refused(made, tmp_path):
    evaluate(made.path, KnowingModel(), tmp_path)
    prediction_path(tmp_path, made.pairs[3], "backward").write_bytes(b"PK")
    with pytest.raises(UserError, match="as predictions: it is damaged"):
        evaluate(made.path, KnowingModel(), tmp_path)
    with pytest.raises(UserError, match="unknown protocol"):
        evaluate(made.path, KnowingModel(), tmp_path, protocol="mine")


GOOD = {"points1": np.ones((4, 2)), "points2": np.ones((4, 2)), "scores": np.ones(4)}
WRONG = {
    "scores holds NaN": {"scores": np.array([1, 2, np.nan, 3])},
    "points1 and points2": {"points2": np.ones((3, 2))},
    "one number per point": {"scores": np.ones(3)},
    "were to be carried over, got 2": {"transferred": np.ones((2, 2))},
    "transferred holds NaN": {"transferred": np.array([[np.nan, 1.0]] * 40)},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_cannot_be_scored_is_refused_before_it_is_kept_and_after(made, tmp_path, message):
    answer = GOOD | WRONG[message]

    class Wrong(KnowingModel):
        def match(self, image1, image2, function):
            arrays = {name: answer[name] for name in GOOD}
            return SimpleNamespace(transfer=self.transfer, **arrays)

        def transfer(self, points):
            return SimpleNamespace(points=answer.get("transferred", points))

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


def test_thresholds_are_those_of_the_longer_side():
    """On 112 x 448 pixels, 23 stands for 46: a point 30 off is right."""
    gt = np.array([[10.0, 10.0], [300.0, 90.0]])
    off = gt + np.array([30, 0])
    prediction = {"transferred": off, "points1": gt, "points2": off, "scores": np.ones(2)}
    values = score(prediction, gt, gt, (112, 448))
    assert values["pck@23"] == 1
    assert values["pck@10"] == 0


def test_the_protocol_reaches_label_transfer_and_leaves_discovery_alone():
    gt = np.arange(40.0).reshape(20, 2)
    prediction = {"points1": gt, "points2": gt + np.array([3, 4]), "scores": np.arange(20.0)}
    prediction["transferred"] = gt + np.array([6, 8])
    paper, released = (
        score(prediction, gt, gt, (224, 224), protocol) for protocol in ("paper", "released-code")
    )
    assert (paper["pck@10"], released["pck@10"]) == (0, 1)
    assert paper["normalized_distance"] == pytest.approx(10 / 224)
    assert released["normalized_distance"] == pytest.approx(10 / 223)
    assert all(paper[key] == released[key] for key in KEYS if key.startswith(("best", "ap")))


def test_the_released_ranking_is_used_where_the_prediction_allows_it():
    """The match with the better raw score has the larger cycle error of two similar ones."""
    gt = np.array([[10.0, 10.0]])
    prediction = {"points1": np.array([[10.0, 10], [90, 90]]), "transferred": gt}
    prediction |= {"points2": prediction["points1"], "scores": np.array([0.80, 0.79])}
    far = {"similarity": np.array([0.9, 0.95]), "cycle_error": np.array([5.0, 0.0])}
    paper, released = (
        score(prediction | far, gt, gt, (224, 224), name) for name in ("paper", "released-code")
    )
    assert paper["ap@5"] == 1
    assert released["ap@5"] == 0.5
    assert score(prediction, gt, gt, (224, 224), "released-code")["ap@5"] == 1


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


def test_where_a_model_has_no_answer_it_misses_by_the_side(made, tmp_path):
    class Silent(KnowingModel):
        def carry(self, image1, image2, function, points):
            return np.full((len(points), 2), np.nan)

        def match(self, image1, image2, function):
            found = KnowingModel().match(image1, image2, function)
            return replace(found, carry=partial(self.carry, image1, image2, function))

    results = evaluate(made.path, Silent(), tmp_path)["overall"]
    assert results["normalized_distance"] == pytest.approx(1)
    assert results["pck@23"] == 0


class Spy:
    """Offers what is public of a model, and nothing else."""

    def __init__(self, inner):
        self._inner, self.asked = inner, set()

    def __getattr__(self, name):
        self.asked.add(name)
        return getattr(self._inner, name)


def test_an_evaluation_is_what_a_user_gets_from_the_public_methods(made, tmp_path):
    bench = shutil.copytree(made.path, tmp_path / "bench")
    lines = (bench / "pairs.jsonl").read_text().splitlines(keepends=True)
    (bench / "pairs.jsonl").write_text(lines[0] + lines[-1])
    head = json.loads((bench / "benchmark.json").read_text())
    (bench / "benchmark.json").write_text(json.dumps(head | {"pairs": 2}))
    made = read_benchmark(bench)
    model = funcorr.load_model("funcorr-small")
    spy = Spy(model)
    results = evaluate(bench, spy, tmp_path / "run")["overall"]
    public = {"name", "fingerprint", "given", "encode", "match", "questions"}
    assert {"encode", "match"} <= spy.asked <= public
    distances, hits = [], []
    for pair in made.pairs:
        truth = made.ground_truth(pair)
        images = (
            (made.path / pair.image1, made.path / pair.mask1),
            (
                made.path / pair.image2,
                made.path / pair.mask2,
            ),
        )
        for (a, b), (here, there) in ((images, truth), (images[::-1], truth[::-1])):
            result = model.match(a[0], b[0], pair.function, mask1=a[1], mask2=b[1])
            score = metrics.label_transfer(
                result.transfer(here).points, there, made.image_size, [23 * 96 / 224]
            )
            distances.append(score["normalized_distance"])
            hits += score["pck"].values()
    assert results["normalized_distance"] == pytest.approx(np.mean(distances))
    assert results["pck@23"] == pytest.approx(np.mean(hits))
