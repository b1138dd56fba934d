"""Grasps from one pixel: how the hand is turned, and an affordance model judged by lifting."""

from __future__ import annotations

import json

import numpy as np
import pytest

from funcorr.affordance.result import AffordanceMap
from funcorr.assets.store import write_asset
from funcorr.cli.main import main
from funcorr.errors import UserError
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.pair_geometry import GeometryConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.images import read_mask
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.write import render_dataset
from funcorr.simulation.grasp_points import DEEP, grasp_at
from funcorr.simulation.grasp_run import nearest, simulate_grasps
from funcorr.transfer.rgbd import RGBDView
from funcorr_forge import forge_asset

LENGTH = 0.2


def stick(angle: float) -> RGBDView:
    """A strip 2 cm wide and 20 cm long, half a metre before the camera, turned in its plane."""
    y, x = np.mgrid[:96, :96] - 47.5
    across = -np.sin(angle) * x + np.cos(angle) * y
    along = np.cos(angle) * x + np.sin(angle) * y
    seen = (np.abs(across) <= 2) & (np.abs(along) <= 20)
    return RGBDView(np.where(seen, 0.5, 0.0), np.array([[100, 0, 47.5], [0, 100, 47.5], [0, 0, 1]]))


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.2])
def test_jaws_close_across_a_stick_from_where_it_is_seen(angle):
    to_camera = np.diag([LENGTH, LENGTH, LENGTH, 1.0])
    to_camera[:3, 3] = 0, 0, 0.5
    grasp = grasp_at(stick(angle), np.array([47.5, 47.5]), to_camera, LENGTH)
    across = np.array([-np.sin(angle), np.cos(angle), 0])
    assert abs(grasp.rotation[:, 1] @ across) > np.cos(np.radians(6))
    assert np.linalg.det(grasp.rotation) == pytest.approx(1)
    assert grasp.rotation[2, 2] == pytest.approx(1, abs=1e-3)
    assert grasp.origin * LENGTH == pytest.approx([0, 0, DEEP], abs=0.004)


def test_the_grasp_is_about_the_middle_of_the_thickness():
    to_camera = np.eye(4)
    edge = grasp_at(stick(0.0), np.array([47.0, 46.0]), to_camera, 1.0)
    assert edge.origin[1] == pytest.approx(0, abs=0.003)


def test_a_lone_pixel_is_no_place_to_grasp():
    depth = np.zeros((96, 96))
    depth[40:43, 40:43] = 0.5
    view = RGBDView(depth, np.array([[5000, 0, 47.5], [0, 5000, 47.5], [0, 0, 1]]))
    with pytest.raises(UserError, match="points are seen around the pixel; expected 8"):
        grasp_at(view, np.array([41.0, 41.0]), np.eye(4), 500.0)


def test_the_nearest_pixel_of_a_mask():
    mask = np.zeros((5, 8), bool)
    mask[1, 6] = mask[4, 0] = True
    assert nearest(mask, np.array([7.0, 0.0])).tolist() == [6, 1]


class Holding:
    """Heat on the functional part alone, or on everything else."""

    fingerprint = "1"

    def __init__(self, bench, right):
        self.bench, self.right, self.asked = bench, right, 0
        self.name = "right" if right else "wrong"

    def predict(self, image, actions, mask):
        self.asked += 1
        [part] = {
            getattr(pair, f"part{number}")
            for pair in self.bench.pairs
            for number in (1, 2)
            if image.name == getattr(pair, f"image{number}").rsplit("/")[-1]
        }
        part = read_mask(self.bench.path / part, self.bench.image_size)
        middle = nearest(part, np.argwhere(part)[:, ::-1].mean(axis=0))
        y, x = np.mgrid[: part.shape[0], : part.shape[1]]
        far = np.hypot(x - middle[0], y - middle[1]) / 1000
        heat = (1 - far if self.right else far).astype(np.float32)
        return AffordanceMap(heat[None], tuple(actions), self.name)


@pytest.fixture(scope="module")
def brushes(tmp_path_factory):
    """Pictures of two toothbrushes with depth, and where they are held."""
    root = tmp_path_factory.mktemp("brushes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCORR_CACHE", str(root / "cache"))
        for index in (0, 1):
            write_asset(forge_asset("toothbrush", index), root / "set-assets")
        views = RenderConfig(views=ViewConfig(count=3, size=128), points=2000)
        render_dataset(root / "set-assets", root / "views", views)
        config = BuildConfig(per_function=1, across=0, image_size=128)
        yield build_benchmark(
            Dataset(root / "views"),
            root / "set",
            config,
            functions=("hold-by",),
            geometry=GeometryConfig(),
        )


def test_a_right_peak_lifts_where_a_wrong_one_does_not(brushes, tmp_path):
    right, wrong = Holding(brushes, True), Holding(brushes, False)
    rows = simulate_grasps(brushes.path, right, tmp_path / "right")["overall"]
    assert list(rows) == ["oracle", "chance", "box", "right"]
    assert rows["oracle"]["successes"] > 0
    assert rows["right"]["success"] == 1
    assert (
        simulate_grasps(brushes.path, wrong, tmp_path / "wrong")["overall"]["wrong"]["success"] < 1
    )
    asked = right.asked
    assert simulate_grasps(brushes.path, right, tmp_path / "right")["overall"] == rows
    assert right.asked == asked
    assert json.loads((tmp_path / "right" / "results.json").read_text())["task"] == "grasp"


def test_grasp_takes_one_model(brushes, tmp_path, capsys):
    words = ["--task", "grasp", "--out", str(tmp_path / "run"), "--model", "a", "b"]
    with pytest.raises(SystemExit) as stop:
        main(["simulate", str(brushes.path), *words])
    assert stop.value.code == 2
    assert "grasp takes one affordance model, got a, b" in capsys.readouterr().err
