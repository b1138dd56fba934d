"""The head: the paper's size, its factored first layer, its files."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from funcorr.correspondence.checkpoint import HeadCard, load_head, save_head
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.errors import UserError
from funcorr.features.grid import bilinear_sample, on_finest_grid

TINY = HeadConfig((6, 10), shared_projection=False, projected=8, text=5, hidden=12, descriptor=4)


PARTED = replace(TINY, part_width=8)


def tiny_maps(count: int = 2) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(0)
    return (
        torch.randn(count, 6, 4, 5, generator=generator),
        torch.randn(count, 10, 8, 10, generator=generator),
    )


def test_the_paper_preset_has_the_papers_number_of_parameters() -> None:
    head = FunctionHead(HeadConfig())
    assert sum(p.numel() for p in head.parameters()) == 2_754_820


@pytest.mark.parametrize("config", [TINY, PARTED])
def test_projecting_the_grid_equals_projecting_the_points(config: HeadConfig) -> None:
    torch.manual_seed(0)
    head = FunctionHead(config).eval()
    maps = tiny_maps(1)
    points = torch.tensor([[0.0, 0.0], [31.5, 7.25], [50.0, 40.0]])
    sampled = [bilinear_sample(each, points, (48, 60)) for each in on_finest_grid(maps)]
    found = head.sample(head.image_grid(maps)[0], points, (48, 60))
    torch.testing.assert_close(found, head.mix(sampled), atol=1e-6, rtol=0)


def test_the_split_first_layer_equals_the_plain_mlp() -> None:
    torch.manual_seed(0)
    head = FunctionHead(TINY).eval()
    mixed, text = torch.randn(3, 8), torch.randn(5)
    assert head.hidden_layer is not None
    weight = torch.cat([head.image_layer.weight, head.text_layer.weight], dim=1)
    joined = torch.cat([F.normalize(mixed, dim=1), text.expand(3, -1)], dim=1)
    hidden = F.relu(joined @ weight.T + head.text_layer.bias)
    expected = F.normalize(head.last_layer(F.relu(head.hidden_layer(hidden))), dim=1)
    torch.testing.assert_close(head.condition(mixed, text), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("config", [TINY, PARTED, replace(TINY, mask_head=False)], ids=str)
def test_what_a_function_adds_to_the_image_halves_equals_the_whole(config) -> None:
    torch.manual_seed(0)
    head = FunctionHead(config).eval()
    mixed = torch.randn(3, config.mixed)
    halves = head.image_halves(mixed)
    for text in torch.randn(2, 5):
        descriptors, logits = head.describe(halves, text)
        assert torch.equal(descriptors, head.condition(mixed, text))
        if config.mask_head:
            assert torch.equal(logits, head.part_logits(mixed, text, descriptors))
        else:
            assert logits is None


def test_a_batch_of_maps_equals_single_maps() -> None:
    head = FunctionHead(TINY)
    maps = tiny_maps()
    both = head.image_grid(maps)
    for index in range(2):
        alone = head.image_grid(tuple(m[index : index + 1] for m in maps))[0]
        torch.testing.assert_close(both[index], alone, atol=1e-5, rtol=0)


def test_another_function_gives_other_features() -> None:
    head = FunctionHead(TINY)
    mixed = head.image_grid(tiny_maps(1))[0, :, 0, 0]
    first, second = (head.condition(mixed, text) for text in (torch.zeros(5), torch.ones(5)))
    assert not torch.allclose(first, second)


def test_a_part_mlp_of_its_own_and_the_descriptors_do_not_touch_each_other() -> None:
    torch.manual_seed(0)
    head = FunctionHead(PARTED)
    mixed, text = torch.randn(3, PARTED.mixed, requires_grad=True), torch.randn(5)
    descriptors = head.condition(mixed, text)
    own, rest = mixed[:, : PARTED.projected], mixed[:, PARTED.projected :]
    torch.testing.assert_close(descriptors, head.condition(own, text))
    logits = head.part_logits(mixed, text, descriptors)
    assert head.part is not None
    alone = head.part.part_logits(rest, text, head.part.condition(rest, text))
    torch.testing.assert_close(logits, alone)
    logits.sum().backward()
    touched = {name for name, p in head.named_parameters() if p.grad is not None}
    assert touched
    assert all(name.startswith("part.") for name in touched)
    assert head.mask_layer is None


def test_a_part_mlp_needs_a_mask_head() -> None:
    with pytest.raises(UserError, match="part_width"):
        replace(PARTED, mask_head=False)
    with pytest.raises(UserError, match="part_width"):
        replace(TINY, part_width=-1)
    with pytest.raises(UserError, match="hidden_layers"):
        replace(TINY, hidden_layers=3)


@pytest.mark.parametrize("config", [TINY, PARTED])
def test_saved_and_loaded_heads_agree(tmp_path: Path, config: HeadConfig) -> None:
    head = FunctionHead(config).eval()
    save_head(tmp_path, head, HeadCard("tiny", "fused", "minilm", config, {"steps": 1}))
    loaded, card = load_head(tmp_path)
    assert card == HeadCard("tiny", "fused", "minilm", config, {"steps": 1})
    torch.testing.assert_close(loaded.image_grid(tiny_maps()), head.image_grid(tiny_maps()))


def test_half_precision_files_change_little(tmp_path: Path) -> None:
    head = FunctionHead(TINY).eval()
    save_head(tmp_path, head, HeadCard("tiny", "fused", "minilm", TINY, {}), half=True)
    loaded, _ = load_head(tmp_path)
    torch.testing.assert_close(
        loaded.image_grid(tiny_maps()), head.image_grid(tiny_maps()), atol=2e-3, rtol=0
    )


def test_a_head_of_another_shape_is_refused(tmp_path: Path) -> None:
    save_head(tmp_path, FunctionHead(TINY), HeadCard("tiny", "fused", "minilm", TINY, {}))
    config = (tmp_path / "config.json").read_text().replace('"hidden": 12', '"hidden": 13')
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(UserError, match="cannot load the model") as caught:
        load_head(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_truncated_head_is_refused(tmp_path: Path) -> None:
    save_head(tmp_path, FunctionHead(TINY), HeadCard("tiny", "fused", "minilm", TINY, {}))
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(UserError, match="cannot load the model"):
        load_head(tmp_path)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(UserError, match="cannot write"):
            save_head(tmp_path, FunctionHead(TINY), HeadCard("tiny", "fused", "minilm", TINY, {}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_unequal_maps_cannot_share_a_projection() -> None:
    with pytest.raises(UserError, match="equal channels"):
        HeadConfig((6, 10))
