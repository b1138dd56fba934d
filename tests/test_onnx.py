"""The shipped matcher as ONNX graphs: the same values and the same matches, without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

import funcorr
from funcorr.correspondence import onnx_export
from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.onnx_export import export_onnx
from funcorr.errors import MissingExtraError, UserError

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def model():
    return funcorr.load_model("funcorr-small", device="cpu")


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    place = tmp_path_factory.mktemp("onnx") / "model"
    assert export_onnx(model, place, ["Open Bottle"]) < 1e-4
    return place


def run(folder, name, **inputs):
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx")
    return session.run(None, {key: value.numpy() for key, value in inputs.items()})


@pytest.mark.parametrize("count", [1, 3])
def test_trunk_and_head_are_those_of_torch_at_any_count(model, folder, count):
    extractor, generator = model.extractor, torch.Generator().manual_seed(count)
    side = extractor.input_size
    images = torch.rand(count, 3, side, side, generator=generator)
    grids = extractor.features(images)
    found = run(folder, "trunk", images=images)[0]
    np.testing.assert_allclose(found, grids.numpy(), atol=1e-4 * float(grids.abs().max()))
    points = torch.rand(17 * count, 2, generator=generator) * (side + 20) - 10  # some outside
    text = torch.from_numpy(np.load(folder / "functions.npz")["pour-with"])
    descriptors, part = run(folder, "head", grid=grids[-1:], points=points, text=text)
    expected = extractor.describe(grids[-1], points, "pour-with")
    np.testing.assert_allclose(descriptors, expected.descriptors.numpy(), atol=1e-4)
    np.testing.assert_allclose(part, expected.part.numpy(), atol=1e-4)


def test_functions_are_the_trained_ones_and_those_asked_for(model, folder):
    vectors = np.load(folder / "functions.npz")
    assert vectors.files == [*model.extractor.functions, "open-bottle"]
    words = model.extractor.text_encoder.encode(["open bottle"])[0]
    np.testing.assert_allclose(vectors["open-bottle"], words.numpy(), atol=1e-5)
    config = json.loads((folder / "config.json").read_text())
    assert config["input_size"] == model.extractor.input_size
    assert config["part_odds"] == model.part_odds


def test_the_example_finds_the_same_matches_without_torch(model, folder, tmp_path):
    words = []
    for name in ("coffee-mug", "wine-bottle"):
        for kind, place in (("rgb", "samples"), ("mask", "samples/masks")):
            path = tmp_path / f"{name}-{kind}.png"
            Image.open(ROOT / place / f"{name}.png").resize((96, 96), 0).save(path)
            words.append(str(path))
    script = ROOT / "examples" / "match_onnx.py"
    blocked = "import runpy, sys; sys.modules['torch'] = None; sys.argv = sys.argv[1:]; "
    command = [sys.executable, "-c", blocked + "runpy.run_path(sys.argv[0])", str(script)]
    done = subprocess.run(
        [*command, str(folder), *words, "pour-with"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = np.loadtxt(done.stdout.splitlines())
    result = model.match(*words[::2], "pour-with", *words[1::2], exact=True)
    assert rows.shape == (10, 5)
    np.testing.assert_array_equal(rows[:, :2], result.points1[:10])
    np.testing.assert_array_equal(rows[:, 2:4], result.points2[:10])
    np.testing.assert_allclose(rows[:, 4], result.similarity[:10], atol=6e-4)  # as printed


def test_the_example_is_short():
    assert len((ROOT / "examples/match_onnx.py").read_text().splitlines()) <= 70


class Mean(torch.nn.Module):
    """A backbone without weights."""

    input_size, name, fingerprint = 32, "mean", "mean-1"
    channels, strides, map_names = (3,), (1,), ("mean",)

    def maps(self, images):
        return (torch.nn.functional.avg_pool2d(images, 8) + 1e-3,)


class Bessel(Mean):
    """One that ONNX has no operator for."""

    def maps(self, images):
        return (torch.special.bessel_j0(images),)


def small(text_encoder, backbone, functions=("pour-with",), mask_head=True):
    shape = HeadConfig((3,), projected=4, text=384, hidden=8, descriptor=4, mask_head=mask_head)
    head = FunctionHead(shape)
    return Matcher("small", HeadExtractor(backbone, text_encoder, head, "small", functions))


def test_models_that_cannot_be_exported_are_one_line(model, tmp_path):
    words = model.extractor.text_encoder
    with pytest.raises(UserError, match="chance has no head; expected a trained one"):
        export_onnx(funcorr.load_model("chance"), tmp_path / "a")
    with pytest.raises(UserError, match=r"small cannot be written as ONNX: .*bessel_j0"):
        export_onnx(small(words, Bessel()), tmp_path / "b")
    with pytest.raises(UserError, match="does not say its functions; name some"):
        export_onnx(small(words, Mean(), ()), tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_a_head_without_parts_has_descriptors_only(model, tmp_path):
    matcher = small(model.extractor.text_encoder, Mean(), mask_head=False)
    assert export_onnx(matcher, tmp_path / "a") < 1e-4
    session = onnxruntime.InferenceSession(tmp_path / "a" / "head.onnx")
    assert [each.name for each in session.get_outputs()] == ["descriptors"]


def test_a_graph_that_computes_something_else_is_not_kept(model, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    with pytest.raises(UserError, match="the ONNX graphs of small differ from torch by"):
        export_onnx(small(model.extractor.text_encoder, Mean()), tmp_path / "c")
    assert not list(tmp_path.iterdir())


def test_the_command(funcorr_command, tmp_path, monkeypatch):
    refused = funcorr_command("export", "box-of-eggs", "--format", "onnx", "--out", tmp_path / "d")
    assert refused.is_refusal
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    words = ["export", "funcorr-small", "--format", "onnx", "--out", tmp_path / "d"]
    assert funcorr_command(*words).is_refusal
    with pytest.raises(MissingExtraError, match=r"pip install 'funcorr\[onnx\]'"):
        export_onnx(funcorr.load_model("chance"), tmp_path / "d")
    assert not list(tmp_path.iterdir())
