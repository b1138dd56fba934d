"""Stable Diffusion features and the rows made of them, on a small random pipeline."""

import contextlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from flat_objects import KnowingModel
from tiny_models import save_dinov2, save_stable_diffusion

from funcorr import UserError, load_model
from funcorr.correspondence.pairwise import (
    FeatureGroup,
    PairwiseFeatureExtractor,
    PairwiseFeatureMatcher,
    co_pca,
)
from funcorr.features import Backbone, load_backbone
from funcorr.features.diffusion import DiffusionBackbone, DiffusionConfig
from funcorr.features.memory import MapMemory, RememberingBackbone


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_stable_diffusion(tmp_path_factory.mktemp("sd") / "pipeline")


@pytest.fixture(scope="module")
def backbone(folder):
    return DiffusionBackbone(folder, "sd", 192, "cpu")


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 128, 192, generator=torch.Generator().manual_seed(0))


def test_it_is_a_backbone_with_three_levels(backbone, pictures):
    assert isinstance(backbone, Backbone)
    maps = backbone.maps(pictures)
    assert [tuple(m.shape) for m in maps] == [(2, 24, 2, 3), (2, 24, 4, 6), (2, 16, 8, 12)]
    assert backbone.strides == (64, 32, 16)
    assert backbone.channels == (24, 24, 16)
    assert backbone.map_names == ("up0", "up1", "up2")


def test_two_visitors_at_once_get_the_maps_of_their_own_pictures(folder, pictures):
    backbone = DiffusionBackbone(folder, "sd", 192, "cpu")
    alone = [backbone.maps(picture[None]) for picture in pictures]
    both = threading.Barrier(2)

    def wait_for_the_other(*_):
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.3)

    backbone._unet.register_forward_pre_hook(wait_for_the_other)
    backbone._unet.register_forward_hook(wait_for_the_other)
    with ThreadPoolExecutor(2) as visitors:
        together = list(visitors.map(backbone.maps, pictures.split(1)))
    for expected, found in zip(alone, together, strict=True):
        assert all(torch.equal(*maps) for maps in zip(expected, found, strict=True))


def test_maps_are_those_of_the_pipeline_at_timestep_100_without_words(folder, pictures):
    """The pipeline's own parts, called one by one; its features caught at the concatenations."""
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(
        folder, local_files_only=True, safety_checker=None
    )
    pipe.unet.eval()
    backbone = DiffusionBackbone(folder, "sd", 192, "cpu")
    image, caught = pictures[:1], {}
    for number, block in enumerate(pipe.unet.up_blocks[:3]):
        block.resnets[-1].register_forward_pre_hook(
            lambda module, given, number=number: caught.update({number: given[0]})
        )
    with torch.no_grad():
        latents = pipe.vae.encode(2 * image - 1).latent_dist.mode() * 0.18215
        noise = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(42))
        noise = F.interpolate(noise, latents.shape[-2:], mode="bicubic")
        alpha = pipe.scheduler.alphas_cumprod[100]
        noisy = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
        ids = pipe.tokenizer("", padding="max_length", max_length=16, return_tensors="pt").input_ids
        pipe.unet(noisy, 100, pipe.text_encoder(ids).last_hidden_state)
    for number, found in enumerate(backbone.maps(image)):
        expected = caught[number][:, : found.shape[1]]  # what comes before the skip connection
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_a_batch_gives_what_its_images_give(backbone, pictures):
    together = backbone.maps(pictures)
    alone = [backbone.maps(picture[None]) for picture in pictures]
    for number, level in enumerate(together):
        torch.testing.assert_close(level, torch.cat([m[number] for m in alone]), atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", [(1, 9), (6, 2)])
def test_features_lie_where_the_picture_changes(backbone, cell):
    plain = torch.rand(1, 3, 128, 192, generator=torch.Generator().manual_seed(1))
    changed = plain.clone()
    row, column = cell
    patch = changed[:, :, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
    patch.copy_(1 - patch)
    before, after = (backbone.maps(image)[-1][0] for image in (plain, changed))
    found = divmod(int((after - before).norm(dim=0).argmax()), 12)
    assert np.abs(np.subtract(found, cell)).max() <= 1


def test_timestep_words_and_weights_are_in_the_fingerprint(folder, tmp_path, backbone):
    prints = {backbone.fingerprint}
    for config in (DiffusionConfig(timestep=50), DiffusionConfig(prompt="a mug")):
        prints.add(DiffusionBackbone(folder, "sd", 192, "cpu", config).fingerprint)
    assert len(prints) == 3
    assert DiffusionBackbone(folder, "again", 192, "cpu").fingerprint == backbone.fingerprint


def test_a_folder_that_is_no_pipeline_is_refused(folder, tmp_path):
    broken = shutil.copytree(folder, tmp_path / "broken")
    (broken / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"no")
    with pytest.raises(UserError, match=r"cannot read .*unet") as error:
        DiffusionBackbone(broken, "broken", device="cpu")
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="decoder blocks 0 to 3"):
        DiffusionBackbone(folder, "sd", device="cpu", config=DiffusionConfig(blocks=(7,)))
    assert isinstance(load_backbone(folder, "cpu"), DiffusionBackbone)


# co-PCA


def test_co_pca_keeps_the_directions_of_largest_variance_of_both_maps():
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([5.0, 0.1, 3.0, 0.1])[:, None, None]
    first, second = (1 + torch.randn(4, 5, 6, generator=generator) * spread for _ in range(2))
    cells = torch.cat([first.flatten(1), second.flatten(1)], 1).double().numpy()
    directions = np.linalg.svd(cells - cells.mean(1, keepdims=True))[0][:, :2]
    for reduced, whole in zip(co_pca(first, second, 2), (first, second), strict=True):
        expected = directions.T @ whole.flatten(1).double().numpy()
        np.testing.assert_allclose(np.abs(reduced.flatten(1).numpy()), np.abs(expected), atol=1e-4)
    assert co_pca(first, second, 9)[0] is first


def test_full_rank_co_pca_keeps_every_cosine():
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(2, 3, 3, generator=generator) for _ in range(2))
    padded = [torch.cat([m, torch.zeros(1, 3, 3)]) for m in (first, second)]
    reduced = co_pca(*padded, 2)
    before, after = (
        F.normalize(a.flatten(1), dim=0).T @ F.normalize(b.flatten(1), dim=0)
        for a, b in (padded, reduced)
    )
    torch.testing.assert_close(before, after, atol=1e-5, rtol=0)


class Ramps:
    """A backbone whose map says which column and row a cell is in."""

    name, map_names, fingerprint = "ramps", ("ramps",), "ramps"
    channels, strides, input_size = (2,), (4,), 64
    calls = 0

    def maps(self, images):
        self.calls += len(images)
        angles = torch.linspace(0.1, 1.4, 16)
        x, y = angles.expand(16, 16), angles[:, None].expand(16, 16)
        one = torch.stack([x.cos(), x.sin(), 0.3 * y.cos(), 0.3 * y.sin()])
        return (one.expand(len(images), -1, -1, -1),)


IMAGE = np.full((40, 52, 3), 90, np.uint8)
MASK = np.zeros((40, 52), bool)
MASK[6:34, 10:38] = True


def test_a_joint_matcher_matches_by_common_features():
    matcher = PairwiseFeatureMatcher("ramps", PairwiseFeatureExtractor([FeatureGroup(Ramps(), 3)]))
    images = [matcher.encode(IMAGE, MASK) for _ in range(2)]
    found = matcher.match(*images, "cut-with")
    np.testing.assert_array_equal(found.points1, found.points2)
    back = matcher.match(*images[::-1], "cut-with")
    np.testing.assert_array_equal(back.points1, back.points2)
    points = np.array([[12.0, 8.0], [30.0, 20.0]])
    np.testing.assert_array_equal(found.transfer(points).points, points)
    other = PairwiseFeatureMatcher("other", PairwiseFeatureExtractor([FeatureGroup(Ramps(), 2)]))
    with pytest.raises(UserError, match="another model"):
        other.match(images[0], images[1], "cut-with")


def test_two_visitors_of_one_model_get_their_own_pairs():
    """A thread that comes between the making of a pair's features and their use."""
    matcher = PairwiseFeatureMatcher("ramps", PairwiseFeatureExtractor([FeatureGroup(Ramps(), 3)]))
    images = [matcher.encode(IMAGE, MASK) for _ in range(4)]
    together, between = matcher._together, threading.Event()

    def slow(first, second):
        maps = together(first, second)
        if not between.is_set():
            between.set()
            other = threading.Thread(target=matcher._paired, args=images[2:])
            other.start()
            other.join()
        return maps

    matcher._together = slow
    ready = matcher._paired(*images[:2])
    assert [each.points is image.points for each, image in zip(ready, images[:2], strict=True)]
    assert ready[0].picture is images[0].picture
    again = matcher._paired(images[1], images[0])
    assert again[0].picture is images[1].picture


def test_rows_of_the_paper_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_CACHE", str(tmp_path))
    weights = tmp_path / "weights"
    shutil.copytree(folder, weights / "stable-diffusion-1.5")
    save_dinov2(weights / "dinov2-base")
    both = load_model("sd-dino", "cpu")
    assert [group.backbone.input_size for group in both.extractor.groups] == [960, 840]
    assert [group.components for group in both.extractor.groups] == [256, None]
    assert both.extractor.groups[1].backbone.layers == (2,)
    for group, size in zip(both.extractor.groups, (128, 112), strict=True):
        group.backbone.input_size = size
    groups = [FeatureGroup(g.backbone, g.components and 8) for g in both.extractor.groups]
    joint = PairwiseFeatureExtractor(groups)
    small = PairwiseFeatureMatcher("sd-dino", joint)
    ready = small._paired(small.encode(IMAGE, MASK), small.encode(IMAGE, MASK))
    halves = ready[0].features.split([24, 32])  # 8 of each of three levels, and DINOv2's 32
    for half in halves:
        torch.testing.assert_close(half.norm(dim=0), torch.full((8, 8), 0.5**0.5))
    images = [small.encode(IMAGE, MASK) for _ in range(2)]
    assert small.match(*images, "cut-with").similarity.min() > 0.999
    assert load_model("sd", "cpu").name == "sd"


# maps kept for several models


def test_a_memory_computes_each_picture_once_and_changes_nothing(pictures):
    memory, plain = MapMemory(), Ramps()
    one, two = RememberingBackbone(plain, memory), RememberingBackbone(plain, memory)
    assert isinstance(one, Backbone)
    expected = Ramps().maps(pictures)
    for _ in range(2):
        for each in (one, two):
            torch.testing.assert_close(each.maps(pictures), expected)
    assert plain.calls == 2
    assert one.maps(pictures[:1])[0].shape[0] == 1
    one.maps(pictures.flip(0))
    assert plain.calls == 2


def test_maps_kept_twice_under_one_key_count_once():
    memory, maps = MapMemory(most_bytes=100), (torch.zeros(20),)
    for _ in range(3):
        memory.keep(("a", "b"), maps)
    memory.keep(("c", "d"), (torch.zeros(5),))
    assert memory.get(("a", "b")) is not None
    assert memory.get(("c", "d")) is not None


def test_a_full_memory_forgets_the_oldest(pictures):
    plain = Ramps()
    small = RememberingBackbone(plain, MapMemory(most_bytes=4 * 16 * 16 * 4))
    small.maps(pictures)
    small.maps(pictures[1:])
    assert plain.calls == 2
    small.maps(pictures[:1])
    assert plain.calls == 3


def test_rows_of_a_benchmark_share_the_maps_while_they_run():
    from funcorr.benchmark.run import shared_maps
    from funcorr.correspondence.descriptors import FeatureExtractor

    memory, plain = MapMemory(), Ramps()
    models = [PairwiseFeatureExtractor([FeatureGroup(plain)]), FeatureExtractor(plain)]
    picture = torch.rand(1, 3, 64, 64)
    for extractor in models:
        with shared_maps(type("Model", (), {"extractor": extractor}), memory):
            extractor.features(picture)
    with shared_maps(KnowingModel(), memory):
        pass
    assert plain.calls == 1
    assert models[0].groups[0].backbone is plain
    assert models[1].backbone is plain
