"""Many models on one benchmark, joined into one table."""

import csv
from types import SimpleNamespace

import pytest
from flat_objects import BOARDS, KnowingModel

from funcorr import UserError, load_model
from funcorr.benchmark.comparison import run_folder
from funcorr.benchmark.run import run_rows
from funcorr.correspondence.model_rows import ModelRow
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.io import read_json

CONFIG = BuildConfig(
    per_function=4, across=0.5, image_size=None, ground_truth=GroundTruthConfig(max_points=20)
)


class BrokenModel(KnowingModel):
    name = "broken"

    def match(self, image1, image2, function):
        raise ZeroDivisionError("by | zero")


class FindingModel(KnowingModel):
    """One that predicts parts too."""

    name = "finding"

    def match(self, image1, image2, function):
        found = super().match(image1, image2, function)
        view = BOARDS[image1[0]].view(image1[1])
        part = view.part_mask(function).astype(float)
        return SimpleNamespace(**vars(found), part1=part, transfer=found.transfer)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("bench") / "boards", CONFIG)


@pytest.fixture(scope="module")
def joined(bench, tmp_path_factory):
    out = tmp_path_factory.mktemp("joined")
    said = []
    return run_rows(
        bench.path, out, ["chance", BrokenModel(), KnowingModel()], report=said.append
    ), (
        out,
        said,
    )


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_has_every_row_as_its_evaluation_says(joined):
    rows, (out, _) = joined
    assert list(rows.results) == ["chance", "knowing"]
    means = {(line["model"], line["pairs"]): line for line in table(out / "table.csv")}
    intervals = {(line["model"], line["pairs"]): line for line in table(out / "intervals.csv")}
    for name in rows.results:
        said = read_json(run_folder(out, name) / "results.json")
        for block in ("overall", "within", "across"):
            assert float(means[name, block]["ap@10"]) == said[block]["ap@10"]
            low, high = said["intervals"][block]["pck@23"]
            assert float(intervals[name, block]["pck@23 low"]) == low
            assert float(intervals[name, block]["pck@23 high"]) == high
    text = (out / "table.md").read_text()
    assert f"| knowing | {rows.results['knowing']['overall']['normalized_distance']:.3f} |" in text


def test_a_first_row_that_finds_parts_stands_beside_one_that_does_not(bench, tmp_path):
    run_rows(bench.path, tmp_path, [FindingModel(), "chance"], pages=False)
    text = (tmp_path / "table.md").read_text("utf-8")
    main, _, found = text.partition("## Predicted part masks")
    assert "| chance |" in main
    assert "Part IoU" not in main
    assert "| finding | 1.000 (1.000-1.000) |" in found
    means = {(line["model"], line["pairs"]): line for line in table(tmp_path / "table.csv")}
    assert means["finding", "overall"]["part_iou"] == "1.0"


def test_pairs_have_a_line_per_row_pair_and_direction_whose_mean_is_the_tables(bench, joined):
    rows, (out, _) = joined
    lines = table(out / "pairs.csv")
    keys = [(line["model"], line["id"], line["direction"]) for line in lines]
    expected = {
        (model, pair.id, way)
        for model in rows.results
        for pair in bench.pairs
        for way in ("forward", "backward")
    }
    assert len(keys) == len(expected)
    assert set(keys) == expected
    for model, results in rows.results.items():
        values = [float(line["best_f1@5"]) for line in lines if line["model"] == model]
        assert sum(values) / len(values) == pytest.approx(results["overall"]["best_f1@5"])
    truth = {pair.id: len(bench.ground_truth(pair)[0]) for pair in bench.pairs}
    assert all(int(line["points"]) == truth[line["id"]] for line in lines)


def test_a_failing_row_is_reported_and_the_others_go_on(joined):
    rows, (out, said) = joined
    assert [row.name for row in rows.failed] == ["broken"]
    assert "broken failed: ZeroDivisionError: by | zero" in said
    assert (
        "| broken | failed: ZeroDivisionError: by \\| zero | - |" in (out / "table.md").read_text()
    )


def test_a_second_run_predicts_nothing_again(bench, tmp_path):
    first, second = KnowingModel(), KnowingModel()
    run_rows(bench.path, tmp_path, [first])
    before = {name: (tmp_path / name).read_bytes() for name in ("table.md", "pairs.csv")}
    run_rows(bench.path, tmp_path, [second])
    assert first.calls
    assert not second.calls
    assert before == {name: (tmp_path / name).read_bytes() for name in before}


def test_a_changed_model_needs_overwrite(bench, tmp_path):
    run_rows(bench.path, tmp_path, [KnowingModel()])
    changed = KnowingModel()
    changed.fingerprint = "2"
    with pytest.raises(UserError, match=r"no row .* \(knowing: .* another configuration"):
        run_rows(bench.path, tmp_path, [changed])
    assert run_rows(bench.path, tmp_path, [changed], overwrite=True).results


def test_all_rows_are_those_of_the_models_list(bench, tmp_path, monkeypatch):
    listed = [
        ModelRow("chance", "runs"),
        ModelRow("dino", "no weights", weights=("dinov2-base",)),
        ModelRow("ours", "no head", head="funcorr-gone", training="correspondence DATASET"),
    ]
    monkeypatch.setattr("funcorr.benchmark.run.model_rows", lambda: listed)
    monkeypatch.setattr("funcorr.correspondence.model_rows.find", lambda name: None)
    rows = run_rows(bench.path, tmp_path)
    assert list(rows.results) == ["chance"]
    assert not rows.failed
    text = (tmp_path / "table.md").read_text()
    assert (
        "| dino | its pretrained weights are not here | `funcorr weights fetch dinov2-base` |"
        in text
    )
    assert "| ours | its head has not been trained | `funcorr train correspondence" in text


def test_a_row_is_named_once(bench, tmp_path):
    with pytest.raises(UserError, match="got chance more than once"):
        run_rows(bench.path, tmp_path, ["chance", load_model("chance")])


def test_the_command_writes_the_table_and_says_what_failed(bench, tmp_path, funcorr_command):
    out = tmp_path / "out"
    words = "benchmark", bench.path, "--out", out, "--rows"
    good = funcorr_command(*words, "chance, sd")
    assert good.code == 0
    assert "| chance |" in good.out
    assert "sd left out: its pretrained weights are not here" in good.err
    assert good.out.splitlines()[-1] == str(out / "table.html")
    some = funcorr_command(*words, "chance,nonesuch")
    assert some.code == 2
    assert "| chance |" in some.out
    assert "some rows failed, the table holds the others (nonesuch: unknown model" in some.err
    assert funcorr_command(*words, ",").is_refusal
    assert funcorr_command("benchmark", tmp_path / "no", "--out", out).is_refusal
