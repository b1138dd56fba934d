"""Evaluation of affordance maps: run folder, cache, calibration, rows that know nothing."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from funcorr import UserError
from funcorr.affordance.data import read_agd20k, write_one_shot
from funcorr.affordance.result import AffordanceMap
from funcorr.benchmark.affordance.background_level import Calibration, fit_calibration
from funcorr.benchmark.affordance.baselines import ChanceMaps, MeanMaps
from funcorr.benchmark.affordance.evaluate import evaluate_affordance
from funcorr.benchmark.affordance.failures import signature, write_failures
from funcorr.cli.main import main
from funcorr.metrics import score_heatmap
from funcorr.train.affordance.selection import _test_examples

SIZE = (48, 40)
SPOTS = {"pour": (8, 8), "hold": (30, 38)}


def spot(x, y, width=2.6):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    for thing in ("mug", "jug"):
        for number in range(3):
            pixels = Image.fromarray(rng.integers(0, 255, (*SIZE, 3), dtype=np.uint8))
            for action, place in SPOTS.items():
                name = f"{action}/{thing}/{thing}_{number:06d}"
                for kind, image, suffix in (
                    ("egocentric", pixels, "jpg"),
                    ("GT", Image.fromarray((255 * spot(*place)).astype(np.uint8)), "png"),
                ):
                    path = tmp_path / "set/Seen/testset" / kind / f"{name}.{suffix}"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    image.save(path)
    points = {action: [place] for action, place in SPOTS.items()}
    write_one_shot(tmp_path / "set/one-shot", "mug_000009", pixels, "mug", points)
    return tmp_path / "set"


class Hazy:
    """The right place under a haze of a fifth of the peak."""

    name = "hazy"

    def __init__(self):
        self.seen = 0

    def encode(self, image):
        return image

    def predict(self, image, actions):
        self.seen += 1
        haze = np.random.default_rng(0).random(SIZE) * 0.2
        maps = np.stack([0.8 * spot(*SPOTS[action]) + haze for action in actions])
        return AffordanceMap(maps.clip(0, 1).astype(np.float32), tuple(actions), self.name)


def test_results_are_means_over_samples_with_one_prediction_per_photograph(root, tmp_path):
    model = Hazy()
    results = evaluate_affordance(root, model, tmp_path / "run")
    assert (results["samples"], results["pictures"], model.seen) == (12, 6, 6)
    samples = read_agd20k(root, "Seen")
    expected = [
        score_heatmap(model.predict(s.image, [s.action])[s.action], s.truth()) for s in samples
    ]
    for key, low_high in results["intervals"].items():
        mean = np.mean([each[key] for each in expected])
        assert results["overall"][key] == pytest.approx(mean, abs=2e-3)  # kept in half precision
        assert low_high[0] - 1e-9 <= results["overall"][key] <= low_high[1] + 1e-9
    assert set(results["per_action"]) == {"pour", "hold"}
    assert set(results["per_object"]) == {"mug", "jug"}
    assert 0 < results["separation"]["prediction"] < results["separation"]["truth"] <= 1
    with (tmp_path / "run/samples.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 12


def test_photographs_numbered_alike_under_two_actions_are_two(root, tmp_path):
    class Alone(Hazy):
        """Upside down where one action is asked for."""

        def predict(self, image, actions):
            maps = super().predict(image, actions).heatmaps
            maps = np.ascontiguousarray(maps[:, ::-1]) if len(actions) == 1 else maps
            return AffordanceMap(maps, tuple(actions), self.name)

    other = np.random.default_rng(7).integers(0, 255, (*SIZE, 3), dtype=np.uint8)
    Image.fromarray(other).save(root / "Seen/testset/egocentric/hold/mug/mug_000001.jpg")
    model = Alone()
    results = evaluate_affordance(root, model, tmp_path / "run")
    assert (results["samples"], results["pictures"], model.seen) == (12, 7, 7)
    with (tmp_path / "run/samples.csv").open() as file:
        scores = {row["id"]: float(row["kld"]) for row in csv.DictReader(file)}
    assert scores["hold/mug/mug_000001"] > scores["hold/mug/mug_000000"] + 1
    examples = _test_examples(root / "Seen")
    assert sorted(len(example.heatmaps) for example in examples) == [1, 1, 2, 2, 2, 2, 2]


def test_a_finished_run_is_not_predicted_again(root, tmp_path):
    model = Hazy()
    first = evaluate_affordance(root, model, tmp_path / "run")
    assert evaluate_affordance(root, model, tmp_path / "run") == first
    assert model.seen == 6


@pytest.mark.parametrize("changed", [{"protocol": "wsag-plsp"}, {"one_shot": "one-shot"}])
def test_another_protocol_or_calibration_keeps_every_prediction(root, tmp_path, changed):
    if "one_shot" in changed:
        changed = {"one_shot": root / changed["one_shot"]}
    model = Hazy()
    first = evaluate_affordance(root, model, tmp_path / "run")
    with pytest.raises(UserError, match="discard the results with --overwrite"):
        evaluate_affordance(root, model, tmp_path / "run", **changed)
    again = evaluate_affordance(root, model, tmp_path / "run", overwrite=True, **changed)
    assert again != first
    assert model.seen - 6 == len(changed.keys() & {"one_shot"})  # to calibrate, one picture is seen
    assert evaluate_affordance(root, Hazy(), tmp_path / "new", **changed) == again


def test_a_protocol_at_another_size_predicts_beside_what_is_there(root, tmp_path):
    model = Hazy()
    first = evaluate_affordance(root, model, tmp_path / "run")
    other = evaluate_affordance(
        root, model, tmp_path / "run", protocol="cross-view-ag-journal", overwrite=True
    )
    assert other["overall"] != first["overall"]
    assert write_failures(root, "Seen", tmp_path / "run").is_file()
    assert model.seen == 12
    assert evaluate_affordance(root, model, tmp_path / "run", overwrite=True) == first
    assert model.seen == 12


def heavier(path):
    """Other annotations in a file of the same name and size."""
    maps = np.load(path)
    np.save(path, maps[:, ::-1])


def test_the_mean_map_of_other_annotations_is_another_model(root, tmp_path):
    evaluate_affordance(root, "mean-map", tmp_path / "run")
    path = next((root / "one-shot").glob("*.npy"))
    size = path.stat().st_size
    heavier(path)
    assert path.stat().st_size == size
    with pytest.raises(UserError, match=r"another configuration \(model_fingerprint\)"):
        evaluate_affordance(root, "mean-map", tmp_path / "run")
    again = evaluate_affordance(root, "mean-map", tmp_path / "run", overwrite=True)
    assert again == evaluate_affordance(root, "mean-map", tmp_path / "new")


def test_other_pictures_and_annotations_of_the_same_names_and_sizes_are_noticed(root, tmp_path):
    evaluate_affordance(root, Hazy(), tmp_path / "run", one_shot=root / "one-shot")
    heavier(next((root / "one-shot").glob("*.npy")))
    with pytest.raises(UserError, match=r"the results of another configuration \(calibration\)"):
        evaluate_affordance(root, Hazy(), tmp_path / "run", one_shot=root / "one-shot")
    picture = next((root / "Seen/testset/egocentric").glob("*/*/*.jpg"))
    content = picture.read_bytes()
    picture.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(UserError, match=r"the predictions of another configuration \(samples"):
        evaluate_affordance(root, Hazy(), tmp_path / "run")


def test_every_row_has_a_fingerprint_of_its_content(root):
    mean = MeanMaps.from_folder(root / "one-shot")
    assert mean.fingerprint == MeanMaps.from_folder(root / "one-shot").fingerprint
    heavier(next((root / "one-shot").glob("*.npy")))
    others = {MeanMaps.from_folder(root / "one-shot").fingerprint, ChanceMaps.fingerprint}
    assert len(others | {mean.fingerprint}) == 3


def test_calibration_on_training_pictures_takes_the_haze_away(root, tmp_path):
    results = evaluate_affordance(root, Hazy(), tmp_path / "run", one_shot=root / "one-shot")
    overall = results["overall"]
    assert overall["calibrated_kld"] < overall["kld"] - 0.05
    assert overall["calibrated_sim"] > overall["sim"]


def test_the_fitted_curve_undoes_a_known_one():
    truth = spot(20, 20)
    floor, power = 0.1, 2.0
    bent = floor + (1 - floor) * truth ** (1 / power)
    bent[0, 0] = 0.0  # so that the floor is not what min-max takes away
    assert fit_calibration([(bent, truth)] * 2) == Calibration(floor, power)
    assert fit_calibration([]) == Calibration()


def test_rows_that_know_nothing(root):
    image = read_agd20k(root, "Seen")[0].image
    chance = ChanceMaps().predict(image, ["pour", "hold"])
    np.testing.assert_array_equal(chance["pour"], ChanceMaps().predict(image, ["pour"])["pour"])
    assert np.abs(chance["pour"] - chance["hold"]).max() > 0.1
    mean = MeanMaps.from_folder(root / "one-shot").predict(image, ["pour", "fly"])
    assert mean.heatmaps.shape == (2, *SIZE)
    row, column = np.unravel_index(mean["pour"].argmax(), SIZE)
    assert np.hypot(column - SPOTS["pour"][0], row - SPOTS["pour"][1]) < 2
    assert mean["fly"][38, 30] > 0.8  # the mean over all actions has both places
    assert mean["fly"][8, 8] > 0.8


@pytest.mark.parametrize(
    ("pred", "blind", "expected"),
    [
        (spot(8, 8), False, "good"),
        (spot(30, 38), True, "elsewhere"),
        (spot(8, 8), True, "blind"),
        (0.3 + 0.7 * spot(8, 8), False, "haze"),
    ],
)
def test_failure_signatures(pred, blind, expected):
    assert signature(pred, spot(8, 8), blind) == expected


def test_the_command_writes_the_run_folder_and_a_report(root, tmp_path, capsys):
    out = tmp_path / "run"
    command = ["evaluate", str(root), "--model", "mean-map", "--protocol", "agd20k"]
    main([*command, "--split", "Seen", "--out", str(out)])
    said = capsys.readouterr().out
    assert "| mean-map | KLD ↓ | SIM ↑ | NSS ↑ |" in said
    for name in ("config.json", "results.json", "table.md", "table.csv", "failures.md"):
        assert (out / name).is_file()
    assert json.loads((out / "results.json").read_text())["split"] == "Seen"
    for name, size in (("worst", (484, 8 * 184 - 4)), ("actions", (984, 2 * 184 - 4))):
        with Image.open(out / f"{name}.png") as picture:
            assert picture.size == size
    with pytest.raises(SystemExit) as stop:
        main([*command, "--split", "Other", "--out", str(tmp_path / "other")])
    assert stop.value.code == 2
    assert "no split 'Other'" in capsys.readouterr().err
