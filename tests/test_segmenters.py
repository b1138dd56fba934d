"""Networks that tell objects: U2-Net, the shipped trunk, what is installed, and their order."""

from __future__ import annotations

import importlib
import json
import sys
import types
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny_models import save_dinov2, save_sam

import funcorr
from funcorr.errors import MissingWeightsError, UserError
from funcorr.images import Picture, read_image
from funcorr.segmentation import SEGMENTERS, Prompt, Segmenter, find_object, networks, trunk, u2net
from funcorr.segmentation.object_mask import load_segmenter
from funcorr.segmentation.pieces import one_object
from funcorr.segmentation.u2net import Block, U2Net, U2NetConfig, U2NetSegmenter
from funcorr.weights import convert

RNG = np.random.default_rng(0)
BUSY = RNG.integers(0, 255, (60, 80, 3)).astype(np.uint8)
PLAIN = np.full((60, 80, 3), 240, np.uint8)
PLAIN[20:40, 20:40] = (30, 90, 160)
HERE = np.zeros((60, 80), bool)
HERE[20:40, 20:40] = True

TINY = U2NetConfig(
    (Block(3, 2, 4), Block(2, 2, 4), Block(3, 2, 6, True)), (Block(2, 2, 4), Block(3, 2, 4))
)


def save_u2net(folder, config=TINY):
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    save_file(U2Net(config).state_dict(), folder / "model.safetensors")
    sides = {
        side: [vars(block) for block in getattr(config, side)] for side in ("encoder", "decoder")
    }
    (folder / "config.json").write_text(json.dumps({"model_type": "u2net", **sides}))
    return folder


def seen(name, mask, sure=0.95):
    """A network that sees one thing whatever it looks at."""

    def network(rgb):
        return np.where(mask, np.float32(sure), np.float32(0.02))

    network.name = name
    return lambda: network


@pytest.fixture
def installed(monkeypatch):
    def install(*networks_if_here):
        monkeypatch.setattr(networks, "INSTALLED", networks_if_here)

    return install


# -- U2-Net


def test_a_folder_with_u2net_is_a_segmenter(tmp_path):
    segmenter = U2NetSegmenter(save_u2net(tmp_path / "net"), "cpu")
    assert isinstance(segmenter, Segmenter)
    rgb = RNG.integers(0, 255, (41, 67, 3)).astype(np.uint8)
    soft = segmenter(rgb)
    assert soft.shape == (41, 67)
    assert 0 <= soft.min() < soft.max() <= 1
    np.testing.assert_array_equal(soft, segmenter(rgb))


def test_the_published_layout_has_the_layers_that_conversion_names():
    with torch.device("meta"):
        network = U2Net(U2NetConfig.from_json(convert.U2NET_CONFIG))
    state = network.state_dict()
    layers = list(convert._u2net_layers())
    assert sorted(state) == sorted(f"{name}.{k}" for name in layers for k in ("weight", "bias"))
    assert sum(tensor.numel() for tensor in state.values()) == 43_981_069
    assert state["encoder.0.entry.weight"].shape == (64, 3, 3, 3)
    assert state["decoder.4.up.5.weight"].shape == (64, 32, 3, 3)


def test_an_onnx_file_is_read_as_the_network_that_runs_it(tmp_path, monkeypatch):
    """Exported from a tiny network by torch's own names, the tensors come back by ours."""
    import onnx

    network = U2Net(TINY)
    config = {
        side: [vars(block) for block in getattr(TINY, side)] for side in ("encoder", "decoder")
    }
    monkeypatch.setattr(convert, "U2NET_CONFIG", config)
    order, state = [], network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *_, name=name: order.append(name))
    network(torch.zeros(1, 3, 32, 32))
    nodes, tensors = [], []
    for number, name in enumerate(order):
        for kind in ("weight", "bias"):
            array = state[f"{name}.{kind}"].numpy()
            tensors.append(onnx.numpy_helper.from_array(array, f"{number}{kind}"))
        inputs = ["x", f"{number}weight", f"{number}bias"]
        nodes.append(onnx.helper.make_node("Conv", inputs, [f"y{number}"]))
    graph = onnx.helper.make_graph(nodes, "u2net", [], [], tensors)
    content = onnx.helper.make_model(graph).SerializeToString()
    convert.convert_u2net({"u2net.onnx": content}, tmp_path)
    again = U2NetSegmenter(tmp_path, "cpu")._network.state_dict()
    for name, tensor in state.items():
        torch.testing.assert_close(again[name], tensor)


@pytest.mark.parametrize(
    "content", [{}, {"encoder": [{}], "decoder": []}, {"encoder": [], "decoder": []}]
)
def test_a_foreign_folder_is_one_line(tmp_path, content):
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match="not a U2-Net's"):
        U2NetSegmenter(tmp_path)


@pytest.mark.parametrize("name", ["u2net", "trunk"])
def test_weights_that_are_not_here_are_named(name, tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    monkeypatch.setenv("FUNCORR_OFFLINE", "1")
    u2net.load_u2net.cache_clear()
    trunk.load_trunk.cache_clear()
    with pytest.raises(MissingWeightsError, match="funcorr weights fetch"):
        find_object(read_image(BUSY), name)


def test_what_is_in_the_cache_is_used_by_itself_and_nothing_is_fetched(tmp_path, monkeypatch):
    fresh = importlib.util.find_spec("funcorr.segmentation.networks")
    module = importlib.util.module_from_spec(fresh)
    fresh.loader.exec_module(module)
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    assert [here() for here in module.INSTALLED] == [None, None]
    save_u2net(tmp_path / "weights" / "u2net")
    save_dinov2(tmp_path / "weights" / "dinov2-small-focus")
    u2net.load_u2net.cache_clear()
    trunk.load_trunk.cache_clear()
    assert [here().name for here in module.INSTALLED] == ["u2net", "trunk"]
    u2net.load_u2net.cache_clear()
    trunk.load_trunk.cache_clear()


# -- the shipped trunk


@pytest.fixture
def tiny_trunk(tmp_path, monkeypatch):
    save_dinov2(tmp_path / "weights" / trunk.WEIGHTS)
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    return trunk.TrunkSegmenter("cpu")


def halves(monkeypatch, segmenter, left, right):
    """Make the trunk see two textures, ``right`` where the picture is bright."""

    def cells(rgb):
        grey = rgb[::4, ::4].mean(axis=2) > 128
        return np.where(grey[..., None], right, left).astype(np.float64)

    monkeypatch.setattr(segmenter, "_cells", cells)


def test_the_trunk_takes_what_its_rim_is_not(tiny_trunk, monkeypatch):
    halves(monkeypatch, tiny_trunk, np.eye(8)[0], np.eye(8)[1])
    rgb = np.full((80, 120, 3), 20, np.uint8)
    rgb[24:56, 40:80] = 230
    assert (tiny_trunk(rgb) > 0.5).sum() == pytest.approx(32 * 40, rel=0.2)
    known = np.zeros((80, 120), bool)
    known[30, 50] = True
    grown = tiny_trunk.grown(rgb, np.ones((80, 120), bool), known) > 0.5
    assert (grown & (rgb[..., 0] > 128)).sum() > 0.9 * 32 * 40
    assert grown.sum() < 1.2 * 32 * 40


def test_a_real_trunk_gives_a_soft_mask(tiny_trunk):
    soft = tiny_trunk(BUSY)
    assert soft.shape == (60, 80)
    assert 0 <= soft.min() <= soft.max() <= 1


def test_clicks_ask_the_trunk_where_no_network_is(tiny_trunk, monkeypatch):
    halves(monkeypatch, tiny_trunk, np.eye(8)[0], np.eye(8)[1])
    rgb = np.full((80, 120, 3), 20, np.uint8)
    rgb[24:56, 40:80] = 230
    monkeypatch.setattr(networks, "trunk_if_here", lambda: tiny_trunk)
    for prompt in (Prompt(clicks=[(50, 30)]), Prompt(box=(38, 22, 82, 58))):
        found = find_object(read_image(rgb), prompt)
        assert (found.mask & (rgb[..., 0] > 128)).sum() > 0.9 * found.mask.sum()


# -- the chain


def test_a_plain_background_without_a_doubt_asks_no_network(installed):
    installed(seen("u2net", ~HERE))
    assert find_object(read_image(PLAIN)).source == "plain background"


def test_a_network_that_is_lost_leaves_a_doubtful_plain_background(installed):
    rgb = np.full((60, 80, 3), 250, np.uint8)
    rgb[15:30, 20:60], rgb[30:47, 20:60] = 215, 238
    installed(seen("u2net", HERE, 0.4))
    assert find_object(read_image(rgb)).source == "plain background"


def test_a_doubtful_plain_background_asks_the_network(installed):
    rgb = np.full((60, 80, 3), 250, np.uint8)
    rgb[15:30, 20:60], rgb[30:47, 20:60] = 215, 238  # half of it hardly differs
    alone = find_object(read_image(rgb))
    assert (alone.source, "hardly differs" in alone.doubt) == ("plain background", True)
    installed(seen("u2net", HERE))
    found = find_object(read_image(rgb))
    assert (found.source, found.doubt) == ("u2net", None)
    np.testing.assert_array_equal(found.mask, HERE)


def test_the_first_network_that_is_here_is_asked(installed):
    installed(lambda: None, seen("trunk", HERE), seen("u2net", ~HERE))
    found = find_object(read_image(BUSY))
    assert found.source == "trunk"
    assert "weights fetch u2net" in found.doubt


@pytest.mark.parametrize(("mask", "sure"), [(HERE, 0.4), (np.ones((60, 80), bool), 0.6)])
def test_a_network_that_sees_nothing_for_sure_is_a_line(installed, mask, sure):
    installed(seen("u2net", mask, sure))
    with pytest.raises(
        UserError, match=r"u2net sees (no object|nothing) for sure; mark it by a box"
    ):
        find_object(read_image(BUSY))


def test_a_network_that_is_half_sure_goes_on_with_a_doubt(installed):
    soft = np.where(HERE, 0.9, 0.02)
    soft[44:56, 50:62] = 0.4
    installed(lambda: type("Net", (), {"name": "u2net", "__call__": lambda self, rgb: soft})())
    found = find_object(read_image(BUSY))
    assert found.doubt == "much of it may or may not be the object"
    np.testing.assert_array_equal(found.mask, HERE)


def test_an_encoded_image_tells_source_and_doubt_of_every_method(installed):
    model = funcorr.load_model("chance")
    two = HERE.copy()
    two[20:30, 60:70] = True
    installed(seen("u2net", two))
    encoded = model.encode(BUSY)
    assert encoded.mask_source == "u2net"
    assert encoded.mask_doubt == "2 objects seen; the larger was taken, a click chooses another"
    np.testing.assert_array_equal(encoded.mask, HERE)
    clicked = model.encode(PLAIN, Prompt(clicks=[(30, 30)]))
    assert (clicked.mask_source, clicked.mask_doubt) == ("clicks", None)


def test_an_object_cut_by_the_border_is_said():
    rgb = PLAIN.copy()
    rgb[15:45, :40] = (30, 90, 160)
    found = find_object(read_image(rgb), lambda rgb: (rgb[..., 0] < 100) * 1.0)
    assert found.doubt == "it reaches the edge of the picture"


def test_one_object_is_kept_with_its_hole_and_pieces_beside_it():
    mask = np.zeros((100, 120), bool)
    mask[10:60, 10:60], mask[25:45, 25:45] = True, False
    mask[10:60, 63:66] = True  # beside it
    near = mask.copy()
    mask[80:95, 80:95] = True
    mask[97, 2] = True  # dust
    kept, others = one_object(mask)
    np.testing.assert_array_equal(kept, near)
    assert others == 1
    large, _ = one_object(np.repeat(np.repeat(mask, 9, 0), 9, 1))
    np.testing.assert_array_equal(large[4::9, 4::9], near)


# -- names and packages


def test_a_name_that_is_neither_file_nor_method_is_a_line():
    with pytest.raises(UserError, match=r"'u2nett' is neither .* did you mean u2net\?"):
        find_object(Picture(BUSY), "u2nett")
    assert {"plain", "trunk", "u2net", "rembg", "rembg:", "sam:"} <= set(SEGMENTERS.names)


def test_rembg_that_is_not_installed_is_a_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "rembg", None)
    with pytest.raises(UserError, match="pip install 'rembg"):
        find_object(read_image(BUSY), "rembg")


def fake_rembg(asked):
    def new_session(model):
        if model == "unknown":
            raise ValueError("No session class found")
        return f"session of {model}"

    def remove(data, session, only_mask):
        asked.append((session, only_mask))
        return (HERE * 255).astype(np.uint8)

    return types.SimpleNamespace(new_session=new_session, remove=remove)


def test_an_installed_rembg_gives_its_mask(monkeypatch):
    asked = []
    monkeypatch.setitem(sys.modules, "rembg", fake_rembg(asked))
    found = find_object(read_image(BUSY), "rembg:isnet-general-use")
    assert asked == [("session of isnet-general-use", True)]
    assert found.source == "rembg:isnet-general-use"
    np.testing.assert_array_equal(found.mask, HERE)
    assert load_segmenter("rembg").name == "rembg:u2net"
    with pytest.raises(UserError, match="rembg has no model 'unknown'"):
        load_segmenter("rembg:unknown")


@pytest.mark.parametrize("kind", ["sam", "sam2"])
def test_sam_answers_boxes_and_clicks(kind, tmp_path):
    folder = save_sam(tmp_path / kind, kind)
    segmenter = load_segmenter(f"sam:{folder}")
    assert isinstance(segmenter, Segmenter)
    asked = (
        Prompt(box=(10, 10, 40, 50)),
        Prompt(clicks=[(30, 30)]),
        Prompt(clicks=[(30, 30), (70, 5, False)]),
        Prompt(box=(10, 10, 40, 50), clicks=[(30, 30)]),
    )
    answers = [segmenter.prompted(BUSY, prompt) for prompt in asked]
    for soft in answers:
        assert (soft.shape, soft.dtype) == ((60, 80), np.float32)
        assert 0 <= soft.min() < soft.max() <= 1
    for first, second in pairwise(answers):
        assert not np.allclose(first, second)
    assert segmenter(BUSY).shape == (60, 80)


def test_sam_follows_the_prompt_in_the_chain(tmp_path, monkeypatch):
    folder = save_sam(tmp_path / "sam", "sam")
    monkeypatch.setattr(
        "funcorr.segmentation.sam.SamSegmenter.prompted", lambda self, rgb, prompt: HERE * 0.9
    )
    found = find_object(read_image(BUSY), Prompt(clicks=[(30, 30)], method=f"sam:{folder}"))
    assert found.source == f"clicks, sam:{folder}"
    np.testing.assert_array_equal(found.mask, HERE)


def test_another_model_than_sam_is_a_line(tmp_path):
    with pytest.raises(UserError, match="expected one of sam, sam2"):
        load_segmenter(f"sam:{save_dinov2(tmp_path / 'dino')}")
