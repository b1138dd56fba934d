"""The affordance model on made backbones: decoder, prompts, predictions, results, its files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from funcorr import Prompt
from funcorr.affordance import AffordanceMap, registry
from funcorr.affordance.checkpoint import AffordanceCard, load_head, save_head
from funcorr.affordance.decoder import GuidedAttention
from funcorr.affordance.frozen_encoder import FrozenEncoder
from funcorr.affordance.fusion import Fused, LayerFusion
from funcorr.affordance.head import AffordanceHead, heatmaps
from funcorr.affordance.model import AffordanceModel
from funcorr.affordance.registry import load_affordance_model
from funcorr.affordance.shape import HeadShape
from funcorr.errors import UserError
from funcorr.functions.text import load_text_encoder

SHAPE = HeadShape(
    map_channels=(3, 3), class_channels=None, fused=8, text=384, prompt_width=384,
    prompt_tokens=2, prompt_layers=1, grid=4, layers=2, heads=4, feedforward=16,
)  # fmt: skip


class Colours:
    """A backbone of plain colours: the image itself, small, in two sizes."""

    name, fingerprint, input_size = "colours", "colours", 16
    map_names, channels, strides = ("fine", "coarse"), (3, 3), (2, 4)
    calls = 0

    def maps(self, images):
        self.calls += 1
        pool = torch.nn.functional.avg_pool2d
        return pool(images, 2), pool(images, 4)


@pytest.fixture(scope="module")
def model() -> AffordanceModel:
    torch.manual_seed(0)
    head = AffordanceHead(SHAPE)
    return AffordanceModel("tiny", FrozenEncoder([Colours()], 4), load_text_encoder("minilm"), head)


@pytest.fixture
def picture() -> np.ndarray:
    rgb = np.full((30, 50, 3), 255, np.uint8)
    rgb[5:20, 30:45] = (200, 40, 10)
    return rgb


def test_heatmaps_have_the_size_of_the_image(model, picture) -> None:
    result = model.predict(picture, ["pour", "hold", "pick up"])
    assert result.heatmaps.shape == (3, 30, 50)
    assert result.heatmaps.dtype == np.float32
    assert 0 <= result.heatmaps.min() < result.heatmaps.max() <= 1
    assert result.actions == ("pour", "hold", "pick up")


def test_ten_actions_take_one_backbone_pass_and_equal_one_by_one(model, picture) -> None:
    actions = ["pour", "hold", "cut", "open", "lift", "press", "stir", "dig", "hang", "juggle"]
    backbone = model.trunk.backbones[0]
    before = backbone.calls
    together = model.predict(picture, actions)
    assert backbone.calls == before + 1
    scene = model.encode(picture)
    for action, heatmap in zip(actions, together.heatmaps, strict=True):
        alone = model.predict(scene, [action]).heatmaps[0]
        np.testing.assert_allclose(heatmap, alone, atol=1e-5)


def test_maps_are_0_beside_the_object_that_is_asked_about(model, picture) -> None:
    mask = np.zeros((30, 50), bool)
    mask[5:20, 30:45] = True
    whole = model.predict(picture, ["pour"]).heatmaps
    masked = model.predict(picture, ["pour"], mask=Prompt(clicks=[(37, 12)])).heatmaps
    np.testing.assert_array_equal(masked, whole * mask)
    [each] = model.predict_each(model.encode(picture, mask), ["pour"])
    np.testing.assert_array_equal(each.heatmaps, masked)
    with pytest.raises(UserError, match="has its mask already"):
        model.encode(model.encode(picture), mask)


def test_spellings_are_equal_and_other_verbs_are_not(model, picture) -> None:
    result = model.predict(picture, ["pick_up", "pick-up", "pick up", "juggle"])
    same, other = result.heatmaps[:3], result.heatmaps[3]
    np.testing.assert_array_equal(same[0], same[1])
    np.testing.assert_array_equal(same[0], same[2])
    assert np.abs(same[0] - other).max() > 1e-4
    np.testing.assert_array_equal(result["pick up"], result["pick_up"])


def test_a_saved_head_holds_no_names_and_predicts_the_same(model, picture, tmp_path) -> None:
    card = AffordanceCard("tiny", "colours", "minilm", SHAPE)
    save_head(tmp_path, model.head, card)
    head, loaded = load_head(tmp_path)
    assert loaded == card
    again = AffordanceModel("tiny", model.trunk, load_text_encoder("minilm"), head)
    for actions in (["pour"], ["never trained", "on this"]):
        expected = model.predict(picture, actions).heatmaps
        np.testing.assert_array_equal(again.predict(picture, actions).heatmaps, expected)


@pytest.mark.parametrize(
    ("actions", "line"),
    [([], "at least one"), ("pour", "list"), (["pour", " > "], "unusable"), ([""], "unusable")],
)
def test_unusable_actions_are_a_line(model, picture, actions, line) -> None:
    with pytest.raises(UserError, match=line):
        model.predict(picture, actions)


def test_an_image_of_nothing_is_a_line(model) -> None:
    with pytest.raises(UserError, match="one colour"):
        model.predict(np.full((20, 20, 3), 130, np.uint8), ["pour"])


def test_heads_on_one_trunk_share_scenes_and_have_fingerprints_of_their_own(model, picture) -> None:
    torch.manual_seed(1)
    words = load_text_encoder("minilm")
    other = AffordanceModel("tiny", model.trunk, words, AffordanceHead(SHAPE))
    assert other.predict(model.encode(picture), ["pour"]).heatmaps.shape == (1, 30, 50)
    same = AffordanceModel("same", model.trunk, words, model.head)
    assert same.fingerprint == model.fingerprint != other.fingerprint
    words.fingerprint = "retrained"  # cached on the encoder
    assert same.fingerprint != model.fingerprint


def test_an_image_of_another_trunk_is_refused(model, picture) -> None:
    scene = replace(model.encode(picture), fingerprint="other")
    with pytest.raises(UserError, match="another backbone"):
        model.predict(scene, ["pour"])


@pytest.mark.parametrize(("rule", "said"), [("last", "mine"), ("test", "picked on the test set")])
def test_a_model_picked_on_the_test_set_says_so_in_its_name(
    model, tmp_path, monkeypatch, rule, said
) -> None:
    training = {"config": {"select": rule}}
    save_head(tmp_path, model.head, AffordanceCard("mine", "colours", "minilm", SHAPE, training))
    monkeypatch.setattr(registry, "load_frozen_encoder", lambda *_: model.trunk)
    name = load_affordance_model(tmp_path).name
    assert said in name
    assert (name == "mine") == (rule == "last")


def test_an_unknown_model_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown affordance model"):
        load_affordance_model("funcorr-afford-huge")
    (tmp_path / "config.json").write_text('{"format": "funcorr-head/1"}')
    with pytest.raises(UserError, match="no model of this kind"):
        load_affordance_model(tmp_path)


def test_guided_attention_equals_its_formula() -> None:
    """One head at a time, in loops."""
    torch.manual_seed(1)
    layer = GuidedAttention(8, heads=2, dropout=0.0).double()
    text, cells, summary = torch.randn(3, 8), torch.randn(5, 8), torch.randn(8)
    text, cells, summary = text.double(), cells.double(), summary.double()
    query, key, value = layer.query(text), layer.key(cells), layer.value(cells)
    guide = layer.query(summary)
    halves = (slice(0, 4), slice(4, 8))
    allowed = sum(key[:, h] @ guide[h] / math.sqrt(4) for h in halves) / 2
    found = torch.zeros(3, 8, dtype=torch.float64)
    for h in halves:
        weights = (query[:, h] @ key[:, h].T / math.sqrt(4)).softmax(-1)
        found[:, h] = (weights * allowed.sigmoid()) @ value[:, h]
    expected = layer.output(found)
    actual = layer(text[None], Fused(cells[None], summary[None]))[0]
    torch.testing.assert_close(actual, expected)


def test_without_a_class_token_a_learned_query_pools_the_cells() -> None:
    torch.manual_seed(2)
    fusion = LayerFusion(SHAPE)
    maps = torch.rand(2, 2, 3, 4, 4)
    plain = fusion(list(maps), None).summary
    with torch.no_grad():
        fusion.pooling.weight.zero_()
    mean = fusion(list(maps), None).summary
    tokens = [layer(m.flatten(2).mT) for layer, m in zip(fusion.map_layers, maps, strict=True)]
    torch.testing.assert_close(mean, fusion.summary(sum(tokens).mean(1) / 2))
    assert (plain - mean).abs().max() > 1e-4


def test_the_sigmoid_comes_before_the_resize() -> None:
    logits = torch.tensor([-8.0, 8.0]).reshape(1, 1, 1, 2)
    assert heatmaps(logits, (1, 4))[0, 0, 0].tolist() == pytest.approx(
        [3.35e-4, 0.25017, 0.74983, 0.99966], abs=1e-4
    )


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    heat = np.random.default_rng(0).random((2, 6, 9), dtype=np.float32)
    AffordanceMap(heat, ("pour", "pick up"), "tiny").save(tmp_path / "map.npz")
    again = AffordanceMap.load(tmp_path / "map.npz")
    np.testing.assert_array_equal(again.heatmaps, heat)
    assert (again.actions, again.model) == (("pour", "pick up"), "tiny")
    with pytest.raises(UserError, match="pass image="):
        again.plot(tmp_path / "x.png")
    with pytest.raises(UserError, match="9 x 6"):
        again.plot(tmp_path / "x.png", np.zeros((6, 8, 3), np.uint8))


@pytest.mark.parametrize("broken", [np.full((1, 4, 4), np.nan), np.full((1, 4, 4), 1.5)])
def test_heatmaps_outside_the_unit_range_are_refused(broken) -> None:
    with pytest.raises(UserError, match=r"\[0, 1\]"):
        AffordanceMap(broken.astype(np.float32), ("pour",))


def test_points_and_boxes_of_two_blobs() -> None:
    heat = np.zeros((60, 80), np.float32)
    y, x = np.mgrid[:60, :80]
    for left, top, high in ((20, 15, 0.4), (60, 45, 0.3)):
        heat = np.maximum(heat, high * np.exp(-((x - left) ** 2 + (y - top) ** 2) / 18))
    result = AffordanceMap(heat[None].astype(np.float32), ("hold",))
    assert [(p.x, p.y) for p in result.points("hold", k=5)][:2] == [(20, 15), (60, 45)]
    boxes = result.boxes("hold", threshold=0.5)
    assert [(b.left + b.right, b.top + b.bottom) for b in boxes] == [(40, 30), (120, 90)]
    assert boxes[0].area > boxes[1].area > 5
    assert boxes[0].right - boxes[0].left + 1 == 7  # exp(-9/18) > 0.5 > exp(-16/18)
    assert len(result.boxes("hold", threshold=0.9)) == 1
    with pytest.raises(UserError, match="share of the peak"):
        result.boxes("hold", threshold=0)


@pytest.fixture
def tiny_model(model, monkeypatch) -> AffordanceModel:
    monkeypatch.setattr("funcorr.affordance.load_affordance_model", lambda *_: model)
    return model


def test_the_command_writes_heatmaps_and_json(
    tiny_model, picture, tmp_path, funcorr_command
) -> None:
    Image.fromarray(picture).save(tmp_path / "a.png")
    out = tmp_path / "out"
    words = ("afford", tmp_path / "a.png", "--action", "pour", "--action", "pick up", "--out", out)
    outcome = funcorr_command(*words, "--json")
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert report == json.loads((out / "affordance.json").read_text())
    names = {"heatmap_pour.npy", "heatmap_pour.png", "heatmap_pick_up.npy", "heatmap_pick_up.png"}
    assert {path.name for path in out.iterdir()} == names | {"overlay.png", "affordance.json"}
    heat = np.load(out / "heatmap_pour.npy", allow_pickle=False)
    assert heat.shape == (30, 50)
    x, y = report["actions"][0]["points"][0]["point"]
    assert heat[y, x] == pytest.approx(heat.max(), abs=1e-6)
    with Image.open(out / "heatmap_pour.png") as drawn:
        assert drawn.size == (50, 30)
    funcorr_command("afford", tmp_path / "a.png", "--action", "cut", "--out", out)
    assert not (out / "heatmap_pour.npy").exists()


@pytest.mark.parametrize("words", [(), ("--action", " > "), ("--action", "pour", "--top", "0")])
def test_the_command_refuses_in_one_line(
    tiny_model, picture, tmp_path, funcorr_command, words
) -> None:
    Image.fromarray(picture).save(tmp_path / "a.png")
    assert funcorr_command("afford", tmp_path / "a.png", *words, "--out", tmp_path / "o").is_refusal
    assert not (tmp_path / "o").exists()
