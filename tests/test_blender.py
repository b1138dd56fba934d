"""The job protocol with Blender, done by a worker that only pretends to be Blender."""

import ast
import json
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from test_dataset import mallet

import funcorr
from funcorr.assets.store import write_asset
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.blender import COMMAND, WORKER, write_job
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import PathTracing, RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.environment import TracedView
from funcorr.render.raster import Scene
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset

PRETENDER = """#!{python}
import json, os, sys
import numpy as np
folder = os.path.dirname(sys.argv[-1])
job = json.load(open(sys.argv[-1]))
assert sys.argv[1].endswith("blender_worker.py") and job["format"] == "funcorr-blender-job/1"
arrays = np.load(os.path.join(folder, "object.npz"))
assert arrays["corners"].shape == arrays["normals"].shape == (len(arrays["material"]), 3, 3)
for view in job["views"]:
    environment = np.load(os.path.join(folder, view["environment"]))
    assert environment.shape[1] == 2 * environment.shape[0]
    pixels = np.full((view["height"], view["width"], 4), 0.25, np.float32)
    pixels[..., 3] = 0.5
    np.save(os.path.join(folder, view["out"]), pixels)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Writes a program that stands in for a Python with bpy."""

    def write(text):
        path = tmp_path / "pretender"
        path.write_text(text.format(python=sys.executable))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv(COMMAND, str(path))

    return write


@pytest.fixture
def assets(tmp_path):
    write_asset(mallet("mallet-0000"), tmp_path / "assets")
    return tmp_path / "assets"


CONFIG = RenderConfig(ViewConfig(count=2, size=32), ShadingConfig(1, 1), 100, renderer="blender")


def test_pictures_come_back_and_geometry_stays_exact(program, assets, tmp_path):
    program(PRETENDER)
    render_dataset(assets, tmp_path / "data", CONFIG)
    view, scene = Dataset(tmp_path / "data")["mallet-0000"].view(1), Scene(mallet().mesh)
    assert (view.alpha == 128).all()
    expected = 1 - np.exp(-1.4 * 0.5)  # 0.25 premultiplied at alpha 0.5
    srgb = 1.055 * expected ** (1 / 2.4) - 0.055
    np.testing.assert_allclose(view.rgb, srgb * 255, atol=1)
    assert (view.mask == scene.look(view.camera).mask).mean() > 0.998


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!{python}\nimport sys\nsys.exit('no GPU, no CPU')\n", "exit code 1: no GPU, no CPU"),
        ("#!{python}\n", "left no picture 0000.npy"),
    ],
)
def test_a_failing_blender_is_one_line(program, assets, tmp_path, funcorr_command, text, message):
    program(text)
    words = ("--views", 1, "--size", 32, "--points", 50, "--renderer", "blender")
    refused = funcorr_command("render", assets, "--out", tmp_path / "data", *words)
    assert refused.code == 2
    assert message in refused.err
    assert refused.err.count("\n") <= 2  # the progress bar, and the error


def test_no_blender_is_one_line(assets, tmp_path, monkeypatch):
    monkeypatch.delenv(COMMAND, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(funcorr.errors.UserError, match=COMMAND):
        render_dataset(assets, tmp_path / "data", CONFIG)
    monkeypatch.setenv(COMMAND, str(tmp_path / "gone"))
    with pytest.raises(funcorr.errors.UserError, match="cannot start"):
        render_dataset(assets, tmp_path / "other", CONFIG)


def test_blender_is_named_as_the_line_says_and_the_same_command_works(
    program, assets, tmp_path, funcorr_command, monkeypatch
):
    words = ("render", assets, "--out", tmp_path / "data", "--renderer", "blender")
    words += ("--views", 2, "--size", 32, "--points", 100, "--supersample", 1)
    path = os.environ["PATH"]
    monkeypatch.delenv(COMMAND, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = funcorr_command(*words)
    assert refused.code == 2
    assert f"set {COMMAND} to the program" in refused.err
    assert not (tmp_path / "data").exists()
    monkeypatch.setenv("PATH", path)
    program(PRETENDER)
    assert funcorr_command(*words).code == 0
    assert Dataset(tmp_path / "data")["mallet-0000"].n_views == 2


def test_the_job_says_where_the_camera_is(tmp_path):
    """By Blender's own rules: shift in widths, the camera looks along -z with y up."""
    camera = Camera.from_fov(60.0, 40, 30, look_at(np.array([0, 0, 2.0])))
    moved = camera.intrinsics + np.array([[0, 0, 4], [0, 0, -3], [0, 0, 0]])
    camera = Camera(moved, camera.world_to_camera, 40, 30)
    light = np.ones((4, 8, 3), np.float32)
    write_job(tmp_path, Scene(mallet().mesh), [TracedView(camera, light, 5)], PathTracing(8))
    job = json.loads((tmp_path / "job.json").read_text())
    [view] = job["views"]
    assert (job["samples"], view["seed"], view["width"], view["height"]) == (8, 5, 40, 30)
    np.testing.assert_allclose(
        view["camera_to_world"], np.eye(4) + 2 * np.eye(4)[[2]].T @ [[0, 0, 0, 1]]
    )
    assert view["focal_per_width"] == pytest.approx(1 / 2 / np.tan(np.radians(30)))
    assert (view["shift_x"], view["shift_y"]) == pytest.approx((-4 / 40, -3 / 40))
    assert [look["metallic"] for look in job["materials"]] == [0.0, 1.0]


def test_the_library_never_imports_blender_nor_the_worker():
    for path in Path(funcorr.__file__).parent.rglob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module)
        assert "funcorr.render.blender_worker" not in names
        assert path == WORKER or "bpy" not in names
