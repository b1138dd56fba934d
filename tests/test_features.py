import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from funcorr.correspondence.descriptors import FeatureExtractor
from funcorr.errors import MissingWeightsError, UserError
from funcorr.features import Backbone, bilinear_sample, concatenate_maps, load_backbone, registry
from funcorr.features.backbone import check_images
from funcorr.features.efficientnet import EfficientNetConfig, EfficientNetLite, Stage
from funcorr.features.fused import save_fused
from funcorr.features.grid import bilinear_sample_batch, resize_map
from funcorr.features.vision_transformer import ViTConfig
from funcorr.features.whitening import Moments, Whitening, fit_whitening
from funcorr.io import write_json
from funcorr.weights.convert import fold_efficientnet

TINY = EfficientNetConfig(
    8, (Stage(1, 6, 1, 1, 3), Stage(2, 8, 2, 2, 5), Stage(2, 10, 1, 2, 3, offset=3.0))
)


def waves(height, width):
    """A smooth image that differs along x, along y and between channels."""
    y, x = torch.arange(height)[:, None] / height, torch.arange(width)[None] / width
    return torch.stack([(torch.sin(9 * x + 4 * y * k) + 1) / 2 for k in (1, 2, 3)])[None]


def published_state(config):
    """Random weights under the names of the published checkpoint, batch norms unfolded."""
    generator = torch.Generator().manual_seed(0)
    state = {}

    def layer(conv, norm, out, inner, kernel):
        scale = (inner * kernel * kernel) ** -0.5
        state[f"{conv}.weight"] = torch.randn(out, inner, kernel, kernel, generator=generator)
        state[f"{conv}.weight"] *= scale
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"{norm}.{part}"] = torch.rand(out, generator=generator) + 0.5

    layer("_conv_stem", "_bn0", config.stem, 3, 3)
    width, index = config.stem, 0
    for stage in config.stages:
        for _ in range(stage.repeats):
            block, inner = f"_blocks.{index}.", width * stage.expand
            if stage.expand > 1:
                layer(f"{block}_expand_conv", f"{block}_bn0", inner, width, 1)
            layer(f"{block}_depthwise_conv", f"{block}_bn1", inner, 1, stage.kernel)
            layer(f"{block}_project_conv", f"{block}_bn2", stage.channels, inner, 1)
            width, index = stage.channels, index + 1
    return state


def unfolded(state, config, x):
    """The published network in float64, one operation after the other."""
    state = {name: value.double() for name, value in state.items()}

    def layer(x, conv, norm, stride=1, groups=1):
        weight, pads = state[f"{conv}.weight"], []
        for size in (x.shape[3], x.shape[2]):
            total = max((math.ceil(size / stride) - 1) * stride + weight.shape[-1] - size, 0)
            pads += [total // 2, total - total // 2]
        x = F.conv2d(F.pad(x, pads), weight, stride=stride, groups=groups)
        parts = [state[f"{norm}.{p}"] for p in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *parts, eps=1e-3)

    x = F.relu6(layer(x.double(), "_conv_stem", "_bn0", 2))
    outputs = []
    for stage in config.stages:
        for repeat in range(stage.repeats):
            block, y = f"_blocks.{len(outputs)}.", x
            if stage.expand > 1:
                y = F.relu6(layer(y, f"{block}_expand_conv", f"{block}_bn0"))
            stride = stage.stride if repeat == 0 else 1
            y = layer(y, f"{block}_depthwise_conv", f"{block}_bn1", stride, y.shape[1])
            y = layer(F.relu6(y), f"{block}_project_conv", f"{block}_bn2")
            x = x + y if stride == 1 and x.shape == y.shape else y
            outputs.append(x)
    return outputs


@pytest.fixture(scope="module")
def efficientnet_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("efficientnet")
    save_file(fold_efficientnet(published_state(TINY)), folder / "model.safetensors")
    write_json(folder / "config.json", {"model_type": "efficientnet-lite", **asdict(TINY)})
    return folder


@pytest.fixture(scope="module")
def dinov2_folder(tmp_path_factory):
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=12, num_hidden_layers=4, num_attention_heads=2, image_size=28, patch_size=7,
        mlp_ratio=2, initializer_range=0.3,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("dinov2")
    Dinov2Model(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def fused_folder(tmp_path_factory, dinov2_folder):
    folder = tmp_path_factory.mktemp("fused")
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(3, 50, 12, generator=generator) + 1
    names = [f"{dinov2_folder}@28"]
    save_fused(folder, names, [fit_whitening([each]) for each in rows], "random rows")
    return folder


@pytest.fixture(params=["efficientnet_folder", "dinov2_folder", "fused_folder"])
def tiny(request):
    folder = request.getfixturevalue(request.param)
    options = {"blocks": (1, 3)} if request.param == "efficientnet_folder" else {}
    return load_backbone(folder, **options)


@pytest.mark.parametrize("size", [(28, 28), (21, 35), (33, 20)])
def test_any_size_and_batch_equals_single(tiny, size):
    assert isinstance(tiny, Backbone)
    images = torch.rand(3, 3, *size, generator=torch.Generator().manual_seed(1))
    together = tiny.maps(images)
    singles = [tiny.maps(image[None]) for image in images]
    assert tuple(each.shape[1] for each in together) == tiny.channels
    assert len(tiny.map_names) == len(tiny.strides) == len(together)
    for index, each in enumerate(together):
        alone = torch.cat([single[index] for single in singles])
        assert torch.allclose(each, alone, atol=1e-5)
        assert not each.requires_grad


def test_map_sizes_follow_the_strides(efficientnet_folder, dinov2_folder):
    image = waves(33, 20)
    network = load_backbone(efficientnet_folder, blocks=(3, 0))
    assert network.strides == (8, 2)
    assert [tuple(each.shape[2:]) for each in network.maps(image)] == [(5, 3), (20, 12)]
    transformer = load_backbone(dinov2_folder, layers=(2,))
    assert transformer.strides == (7,)
    assert tuple(transformer.maps(image)[0].shape) == (1, 12, 5, 3)


@pytest.mark.parametrize("size", [(32, 32), (31, 45)])
def test_folded_efficientnet_equals_the_published_form(size):
    state = published_state(TINY)
    network = EfficientNetLite(TINY, depth=4)
    network.load_state_dict(fold_efficientnet(state))
    image = waves(*size) * 2 - 1
    for ours, slow in zip(network(image, range(4)), unfolded(state, TINY, image), strict=True):
        assert torch.allclose(ours.double(), slow, atol=1e-5)


def test_dinov2_equals_transformers_own_forward(dinov2_folder):
    from transformers import Dinov2Model

    image = waves(28, 42)
    model = Dinov2Model.from_pretrained(dinov2_folder).eval()
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = (image - mean[:, None, None]) / std[:, None, None]
    with torch.no_grad():
        output = model(pixels, output_hidden_states=True)
    grid = output.last_hidden_state[:, 1:].transpose(1, 2).reshape(1, 12, 4, 6)
    last = load_backbone(dinov2_folder, layers=(-1,), final_norm=True)
    assert torch.allclose(last.maps(image)[0], grid, atol=1e-5)
    second = load_backbone(dinov2_folder, layers=(2,)).maps(image)[0]
    hidden = output.hidden_states[2][:, 1:].transpose(1, 2).reshape(1, 12, 4, 6)
    assert torch.allclose(second, hidden, atol=1e-5)


def test_layers_above_the_highest_are_not_run(dinov2_folder):
    backbone = load_backbone(dinov2_folder, layers=(1, 2))
    assert len(backbone._model.encoder.layer) == 2
    assert load_backbone(dinov2_folder).map_names == ("layer2", "layer3", "layer4")


def test_fingerprints_follow_whatever_changes_the_maps(dinov2_folder, efficientnet_folder):
    prints = [
        load_backbone(dinov2_folder).fingerprint,
        load_backbone(dinov2_folder, layers=(1,)).fingerprint,
        load_backbone(dinov2_folder, layers=(1,), final_norm=True).fingerprint,
        load_backbone(efficientnet_folder, blocks=(1,)).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    larger = load_backbone(f"{dinov2_folder}@56")
    assert larger.fingerprint == prints[0]
    sizes = {FeatureExtractor(each).fingerprint for each in (larger, load_backbone(dinov2_folder))}
    assert len(sizes) == 2  # what one has encoded is nothing to the other


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resnet", {}, "unknown backbone 'resnet'.*efficientnet-lite2"),
        ("fused@big", {}, "expected a size in pixels after @"),
        ("{dinov2}", {"layers": (5,)}, "layers 1 to 4"),
        ("{dinov2}", {"layers": (0,)}, "layers 1 to 4"),
        ("{efficientnet}", {"blocks": (4,)}, "blocks 0 to 3"),
        ("{dinov2}", {"device": "nowhere"}, "device 'nowhere' is not usable"),
    ],
)
def test_bad_requests_are_one_line(name, options, message, dinov2_folder, efficientnet_folder):
    name = name.format(dinov2=dinov2_folder, efficientnet=efficientnet_folder)
    with pytest.raises(UserError, match=message):
        load_backbone(name, **options)


def test_damaged_and_foreign_folders_are_refused(tmp_path, efficientnet_folder, dinov2_folder):
    (tmp_path / "model.safetensors").write_bytes(b"not safetensors")
    for folder, message in (
        (efficientnet_folder, "get a whole copy"),
        (dinov2_folder, "cannot read"),
    ):
        (tmp_path / "config.json").write_text((folder / "config.json").read_text())
        with pytest.raises(UserError, match=message):
            load_backbone(tmp_path, **({"blocks": (1,)} if folder == efficientnet_folder else {}))
    for config, kind in (
        ('{"model_type": "vgg"}', "'vgg'"),
        ('{"model_type": ["vgg"]}', "'vgg'"),
        ("[]", "a None model"),
    ):
        (tmp_path / "config.json").write_text(config)
        with pytest.raises(UserError, match=kind):
            load_backbone(tmp_path)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.zeros(3, 8, 8), "B x 3 x H x W"),
        (torch.zeros(1, 4, 8, 8), "B x 3 x H x W"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), "uint8"),
        (torch.full((1, 3, 8, 8), math.nan), "NaN"),
    ],
)
def test_what_is_no_image_batch_is_refused(images, message):
    with pytest.raises(UserError, match=message):
        check_images(images)


def test_fused_without_statistics_says_how_to_make_them(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "SHIPPED", tmp_path)
    with pytest.raises(MissingWeightsError, match=r"fit_whitening\.py"):
        load_backbone("fused")


def test_fused_maps_are_the_parts_whitened(fused_folder, dinov2_folder):
    fused = load_backbone(fused_folder)
    image = waves(56, 56)
    part = load_backbone(dinov2_folder)
    small = F.interpolate(image, (28, 28), mode="bilinear", antialias=True)
    whitening = fused._whitenings[1]
    mean, basis, values = (
        each.double().numpy() for each in (whitening.mean, whitening.basis, whitening.eigenvalues)
    )
    cells = part.maps(small)[1][0].flatten(1).T.double().numpy()
    slow = (cells - mean) @ basis / (values + 0.03 * values.mean()) ** 0.25
    slow /= np.linalg.norm(slow, axis=1, keepdims=True)
    assert np.allclose(fused.maps(image)[1][0].flatten(1).T, slow, atol=1e-4)
    assert fused.input_size == 28
    assert load_backbone(f"{fused_folder}@56").strides == (14, 14, 14)


def test_whitening_statistics_equal_numpy():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(400, 5, generator=generator) @ torch.randn(5, 5, generator=generator) + 9
    whitening = fit_whitening(rows.split(37))
    covariance = np.cov(rows.double().numpy().T, bias=True)
    basis, values = whitening.basis.double().numpy(), whitening.eigenvalues.double().numpy()
    assert np.allclose(whitening.mean, rows.double().mean(dim=0), atol=1e-5)
    assert np.allclose(basis * values @ basis.T, covariance, atol=1e-4)
    assert (np.diff(values) <= 0).all()
    with pytest.raises(UserError, match="at least two"):
        Moments(3).whitening()


def test_fused_refuses_statistics_of_other_maps(fused_folder, dinov2_folder, tmp_path):
    small = Whitening(torch.zeros(2), torch.eye(2), torch.ones(2))
    save_fused(tmp_path, [str(dinov2_folder)], [small] * 3, "wrong")
    with pytest.raises(UserError, match="whitening for maps of"):
        load_backbone(tmp_path)


def slow_bilinear(grid, x, y, height, width):
    """One point, written out."""
    rows, columns = grid.shape[1:]
    column = min(max((x + 0.5) * columns / width - 0.5, 0), columns - 1)
    row = min(max((y + 0.5) * rows / height - 0.5, 0), rows - 1)
    left, top = int(column), int(row)
    right, bottom = min(left + 1, columns - 1), min(top + 1, rows - 1)
    u, v = column - left, row - top
    upper = grid[:, top, left] * (1 - u) + grid[:, top, right] * u
    lower = grid[:, bottom, left] * (1 - u) + grid[:, bottom, right] * u
    return upper * (1 - v) + lower * v


@settings(max_examples=50, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 6)),
    st.tuples(st.integers(1, 40), st.integers(1, 50)),
    st.lists(st.tuples(st.floats(-5, 60), st.floats(-5, 60)), min_size=1, max_size=5),
)
def test_sampling_equals_the_slow_form(cells, size, points):
    grid = torch.randn(3, *cells, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    pixels = torch.tensor(points, dtype=torch.float64)
    fast = bilinear_sample(grid[None], pixels, size)
    slow = [slow_bilinear(grid.numpy(), x, y, *size) for x, y in points]
    assert np.allclose(fast, slow, atol=1e-9)
    assert torch.equal(fast, bilinear_sample(grid, pixels, size))
    twice = bilinear_sample_batch(torch.stack([grid, -grid]), torch.stack([pixels] * 2), size)
    assert torch.equal(twice, torch.stack([fast, -fast]))


def test_sampling_knows_x_from_y():
    grid = torch.zeros(2, 3, 4)  # over 6 rows x 16 columns of pixels
    grid[0], grid[1] = torch.arange(4.0), torch.arange(3.0)[:, None]
    sampled = bilinear_sample(grid, torch.tensor([[9.5, 0.5], [5.5, 4.5]]), (6, 16))
    assert torch.allclose(sampled, torch.tensor([[2.0, 0.0], [1.0, 2.0]]), atol=1e-6)
    with pytest.raises(UserError, match="one map"):
        bilinear_sample(torch.zeros(2, 1, 3, 4), torch.zeros(1, 2), (6, 16))


def test_resizing_up_equals_sampling_at_the_pixels():
    grid = torch.randn(1, 2, 3, 4, generator=torch.Generator().manual_seed(3))
    y, x = torch.meshgrid(torch.arange(9.0), torch.arange(20.0), indexing="ij")
    sampled = bilinear_sample(grid, torch.stack([x, y], dim=-1).reshape(-1, 2), (9, 20))
    assert torch.allclose(resize_map(grid, (9, 20))[0].flatten(1).T, sampled, atol=1e-5)


def test_concatenated_maps_have_equal_say():
    coarse, fine = torch.rand(2, 3, 2, 2) * 100, torch.rand(2, 5, 4, 6)
    joined = concatenate_maps([coarse, fine])
    assert joined.shape == (2, 8, 4, 6)
    assert torch.allclose(joined[:, :3].norm(dim=1), torch.full((2, 4, 6), 0.5**0.5), atol=1e-5)
    assert torch.allclose(joined[:, 3:], F.normalize(fine, dim=1) * 0.5**0.5, atol=1e-6)
    assert concatenate_maps([coarse, fine], size=(3, 3)).shape == (2, 8, 3, 3)


def test_focus_golden():
    """From onnxruntime on the published file: tokens after block 10, then the final LayerNorm."""
    found = load_backbone("dinov2-small-focus").maps(waves(112, 140))[0]
    expected = [-2.1495, 26.1946, -0.2261, -1.9991, -0.3255, -2.2441, 1.0057, 3.0524]
    assert found.shape == (1, 384, 8, 10)
    numbers = [*found[0, :4, 2, 7].tolist(), *found[0, 100:104, 5, 1].tolist()]
    assert np.allclose(numbers, expected, atol=1e-3)


def test_efficientnet_lite2_golden():
    """From the published checkpoint, batch norms unfolded, sampled at cell centre - offset."""
    blocks = load_backbone("efficientnet-lite2").maps(waves(128, 160))
    expected = (
        [0.7145, -2.4677, -1.2833, -0.8056, 0.0751, 5.9427, 1.3156, -3.7309],
        [-0.6254, 4.5547, -4.7148, -7.7355, 11.2077, 3.0496, 4.6209, 6.3103],
    )
    assert [tuple(each.shape) for each in blocks] == [(1, 120, 8, 10), (1, 208, 4, 5)]
    for found, (row, column), golden in zip(blocks, ((2, 7), (1, 3)), expected, strict=True):
        assert np.allclose(found[0, :8, row, column], golden, atol=1e-3)


def test_efficientnet_cells_show_what_lies_under_them(efficientnet_folder):
    state, image = published_state(TINY), waves(24, 40)
    raw = unfolded(state, TINY, (image * 255 - 127) / 128)[3]
    y, x = torch.meshgrid(torch.arange(3.0), torch.arange(5.0), indexing="ij")
    centres = torch.stack([x, y], dim=-1).reshape(-1, 2).double() * 8 + 3.5
    expected = bilinear_sample(raw, centres - 3.0, (24, 40))
    found = load_backbone(efficientnet_folder, blocks=(3,)).maps(image)[0][0].flatten(1).T
    assert torch.allclose(found.double(), expected, atol=1e-3, rtol=1e-4)


def test_efficientnet_mirrors_agree_better_for_the_offset():
    """The reason for the offset: a mirrored image gives mirrored features."""
    from skimage.data import astronaut

    image = torch.from_numpy(astronaut()).permute(2, 0, 1)[None] / 255
    backbone = load_backbone("efficientnet-lite2", blocks=(19,))
    agreement = []
    for offset in (True, False):
        if not offset:
            stages = tuple(replace(stage, offset=0.0) for stage in backbone._config.stages)
            backbone._config = replace(backbone._config, stages=stages)
        here, there = backbone.maps(image)[0], backbone.maps(image.flip(3))[0].flip(3)
        mean = here.mean(dim=(2, 3), keepdim=True)
        agreement.append(F.cosine_similarity(here - mean, there - mean).mean())
    assert agreement[0] > agreement[1] + 0.05


def test_gated_mlps_equal_transformers_own(tmp_path):
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=12, num_hidden_layers=2, num_attention_heads=3, image_size=28, patch_size=7,
        mlp_ratio=2, initializer_range=0.3, use_swiglu_ffn=True, qkv_bias=False,
        layerscale_value=0.5,
    )  # fmt: skip
    model = Dinov2Model(config).eval()
    model.save_pretrained(tmp_path)
    network = load_backbone(tmp_path, layers=(-1,), final_norm=True)
    image = waves(28, 28)
    with torch.no_grad():
        tokens = model((image - network._mean) / network._std).last_hidden_state
    expected = tokens[:, 1:].transpose(1, 2).reshape(1, 12, 4, 4)
    torch.testing.assert_close(network.maps(image)[0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "change", [{"hidden_size": "wide"}, {"hidden_act": "relu"}, {"num_attention_heads": 5}], ids=str
)
def test_a_config_that_is_no_vision_transformers_is_a_line(dinov2_folder, tmp_path, change):
    content = json.loads((dinov2_folder / "config.json").read_text())
    write_json(tmp_path / "config.json", content | change)
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"config\.json is"):
        load_backbone(tmp_path)


@pytest.mark.parametrize(
    "change", [{"hidden_size": -6}, {"num_attention_heads": 0}, {"image_size": 10**9}]
)
def test_sizes_of_no_transformer_are_refused(change):
    with pytest.raises(UserError, match="expected sizes from 1 to 8,192"):
        ViTConfig.from_json({"model_type": "dinov2"} | change)
