"""The ablation on coloured squares: pairing, resuming, splits that come later, tables, checks."""

from dataclasses import replace

import affordance_ablation as ablation
import affordance_checks as checks
import affordance_forms as forms
import numpy as np
import pytest
import torch
from affordance_ablation import (
    RANDOM,
    ROWS,
    AblationConfig,
    Bench,
    Job,
    jobs,
    paired_interval,
    run_ablation,
)
from affordance_checks import write_checks
from affordance_grounding import area_scores
from affordance_table import write_ablation
from affordance_trunk import random_frozen_encoder
from PIL import Image
from test_affordance import Colours

from funcorr import UserError
from funcorr.affordance.constraints import Constraint
from funcorr.affordance.data import heatmap_from_points, write_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder
from funcorr.affordance.shape import HeadShape
from funcorr.functions.text import load_text_encoder
from funcorr.train.affordance import training
from funcorr.train.affordance.config import PRESETS, CropConfig

KINDS = {"mug": ((220, 40, 20), "drink"), "knife": ((20, 60, 220), "cut")}
CONFIG = AblationConfig(runs=1, shots=(1, 2), shot_runs=1, iterations=2, versions=1)
SHAPE = HeadShape(
    class_channels=None, fused=8, text=384, prompt_tokens=2, prompt_layers=1, grid=8, layers=1,
    heads=4, feedforward=16,
)  # fmt: skip


def picture(kind, number):
    """A square whose colour tells the action, and where the action is."""
    color, action = KINDS[kind]
    generator = np.random.default_rng([number, len(kind)])
    rgb = np.full((40, 40, 3), 240, np.uint8)
    x, y = generator.integers(4, 26, 2)
    rgb[y : y + 10, x : x + 10] = color
    return rgb, {action: [(int(x) + 5, int(y) + 5)]}


def add_test_pictures(root, split):
    for kind in KINDS:
        for number in range(100, 103):
            rgb, points = picture(kind, number)
            for action, clicks in points.items():
                heat = np.round(255 * heatmap_from_points(clicks, (40, 40))).astype(np.uint8)
                name = f"{action}/{kind}/{kind}_{number:06d}"
                for place, pixels in ((f"egocentric/{name}.jpg", rgb), (f"GT/{name}.png", heat)):
                    path = root / split / "testset" / place
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path, monkeypatch):
    for kind in KINDS:
        for number in range(2):
            rgb, points = picture(kind, number)
            write_one_shot(tmp_path / "set/one-shot", f"{kind}_{number:06d}", rgb, kind, points)
    add_test_pictures(tmp_path / "set", "Unseen")
    base = replace(PRESETS["small-bce"], shape=SHAPE, batch=2, loss_size=16, precision="fp32")
    ami, oli = Constraint(0.1), Constraint(0.1)
    presets = {
        "small-bce": base,
        "small-ami": replace(base, ami=ami),
        "small-oli": replace(base, oli=oli),
        "small": replace(base, ami=ami, oli=oli),
    }
    monkeypatch.setattr(ablation, "PRESETS", presets)
    frozen = FrozenEncoder([Colours()], SHAPE.grid), load_text_encoder("minilm")
    monkeypatch.setattr(Bench, "frozen", lambda *_: frozen)
    return tmp_path / "set"


def test_every_row_has_the_same_runs_and_the_base_comes_first():
    todo = jobs(AblationConfig(runs=2, middle_runs=1, shots=(1, 5), shot_runs=1))
    assert [job.row for job in todo[:4]] == ["BCE only", "BCE + AMI + OLI"] * 2
    assert {(job.shots, job.run) for job in todo if job.row == "BCE only"} == {
        (1, 0), (1, 1), (5, 0)
    }  # fmt: skip
    assert sum(job.row == RANDOM for job in todo) == 1
    assert sum(job.row == "BCE + AMI" for job in todo) == 1
    assert len({job.folder for job in todo}) == len(todo)
    trainings = [Job(row, 1, 0).training(CONFIG) for row in ROWS]
    assert {(each.seed, each.draw, each.steps) for each in trainings} == {(0, 0, 2)}
    assert [each.ami.weight > 0 for each in trainings] == [False, True, False, True]
    with pytest.raises(UserError, match="at least 1"):
        AblationConfig(runs=0)


def test_runs_are_done_once_and_later_splits_are_caught_up_on(root, tmp_path, monkeypatch):
    told = []
    first = run_ablation(root, tmp_path / "out", CONFIG, told.append)
    assert len(told) == len(first) == len(jobs(CONFIG))
    table = write_ablation(root, tmp_path / "out", CONFIG).read_text()
    for wanted in ("| BCE + AMI + OLI | 1 |", "| chance | - |", "| mean-map | - |", "OOAL (2024)"):
        assert wanted in table
    assert "## Unseen, more shots" in table

    told.clear()
    assert run_ablation(root, tmp_path / "out", CONFIG, told.append) == first
    assert told == []

    more = set(jobs(replace(CONFIG, shot_runs=2))) - set(jobs(CONFIG))
    with monkeypatch.context() as patch:
        patch.setattr(ablation, "jobs", lambda _: [*first, next(iter(more))])
        grown = run_ablation(root, tmp_path / "out", replace(CONFIG, shot_runs=2))
    assert len(grown) == len(first) + 1

    add_test_pictures(root, "Real-design")
    monkeypatch.setattr(ablation.Trainer, "step", lambda *_: pytest.fail("trained again"))
    again = run_ablation(root, tmp_path / "out", CONFIG)
    for job, results in again.items():
        assert results["Unseen"] == first[job]["Unseen"]
        assert results["Real-design"]["overall"] == pytest.approx(results["Unseen"]["overall"])
    with pytest.raises(UserError, match="another config"):
        run_ablation(root, tmp_path / "out", replace(CONFIG, iterations=3))


def test_checks_compare_the_drawn_and_the_trained_head(root, tmp_path, monkeypatch):
    two = dict(list(ROWS.items())[:2])
    for module in (ablation, checks):
        monkeypatch.setattr(module, "ROWS", two)
    short = AblationConfig(runs=1, shots=(1,), shot_runs=1, iterations=20, versions=1)
    run_ablation(root, tmp_path / "out", short)
    text = write_checks(root, tmp_path / "out", short).read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| BCE")]
    assert [row[2].strip() for row in rows] == ["before", "after"] * len(two)
    aligned = [float(row[3]) for row in rows]
    assert aligned[3] > aligned[2] + 0.02  # the affordance constraint does what it says
    with Image.open(tmp_path / "out/information.png") as curves:
        assert curves.width > 1000


def test_a_training_run_is_checked_by_a_script(root, tmp_path, monkeypatch, capsys):
    trunk, run = FrozenEncoder([Colours()], SHAPE.grid), tmp_path / "run"
    for module in (training, checks):
        monkeypatch.setattr(module, "load_frozen_encoder", lambda *_: trunk)
    config = replace(ablation.PRESETS["small"], steps=20, crops=CropConfig(versions=1))
    training.train_affordance(root / "one-shot", run, config)
    checks.main(run, root)
    said = capsys.readouterr().out
    before, after = (line.split("|") for line in said.splitlines() if "| run" in line)
    assert (before[2].strip(), after[2].strip()) == ("before", "after")
    assert float(after[3]) > float(before[3]) + 0.02
    assert before[7] == after[7]  # the trunk is frozen
    assert (run / "checks/information.png").is_file()


def test_forms_are_compared_run_by_run(root, tmp_path, monkeypatch, capsys):
    short = replace(ablation.PRESETS["small-bce"], steps=2, crops=CropConfig(versions=1))
    stronger = replace(short, ami=Constraint(0.3))
    monkeypatch.setattr(forms, "FORMS", {"BCE only": short, "areas": stronger})
    monkeypatch.setattr(forms, "SPLIT", "Unseen")
    names = ("BCE only", "areas")
    forms.main(root, tmp_path / "out", draws=(0, 1), forms=names, every=1)
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line[:1] == "|"]
    base, other = rows[-2:]
    assert base[1:3] == ["BCE only", "2"]
    assert other[1:3] == ["areas", "2"]
    assert " to " in other[3]
    monkeypatch.setattr(forms, "_scored", lambda *_: pytest.fail("trained again"))
    forms.main(root, tmp_path / "out", draws=(0, 1), forms=names, every=1)
    assert capsys.readouterr().out.splitlines()[-2:] == lines[-2:]


def test_area_scores_by_hand():
    texts = torch.eye(3)
    areas = torch.tensor([[1.0, 0, 0], [0, 0.6, 0.8]])
    margin, hit = area_scores(areas, texts, ["a", "b", "c"], ["a", "b"], [["a", "b"], ["b"]])
    assert margin == pytest.approx(((1 - 0) + (0.6 - (0 + 0.8) / 2)) / 2)
    assert hit == pytest.approx(0.5)


def test_paired_intervals():
    base = {0: 1.0, 1: 2.0, 2: 3.0}
    mean, low, high = paired_interval({0: 0.8, 1: 1.9, 2: 2.7, 9: 0.0}, base)
    assert mean == pytest.approx(-0.2)
    assert (low, high) == pytest.approx(
        (-0.2 - 4.3027 * 0.1 / 3**0.5, -0.2 + 4.3027 * 0.1 / 3**0.5), abs=1e-4
    )
    assert np.isnan(paired_interval({0: 0.8}, base)[1])


class Convolved:
    """A backbone with a network of its own."""

    name, input_size, channels, fingerprint = "convolved", 16, (4,), "trained"
    map_names, strides = ("network",), (1,)

    def __init__(self):
        self.network = torch.nn.Conv2d(3, 4, 3)

    @torch.no_grad()
    def maps(self, images):
        return (self.network(images),)


def test_the_control_has_the_same_networks_with_other_weights():
    trained = FrozenEncoder([Convolved()], 8)
    image = [np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)]
    before = trained.encode(image).maps[0]
    drawn, again = random_frozen_encoder(trained), random_frozen_encoder(trained)
    assert torch.equal(trained.encode(image).maps[0], before)
    assert not torch.allclose(drawn.encode(image).maps[0], before)
    assert torch.equal(drawn.encode(image).maps[0], again.encode(image).maps[0])
    assert drawn.fingerprint != trained.fingerprint  # so that their features are never mixed
