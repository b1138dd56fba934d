"""One-shot examples as the trainer sees them: versions, their features and their heatmaps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL import Image
from rich.progress import track
from torch import Tensor

from funcorr.affordance.data import OneShotExample
from funcorr.affordance.frozen_encoder import FrozenEncoder, FrozenFeatures
from funcorr.images import read_image
from funcorr.train.affordance.config import CropConfig
from funcorr.weights.pretrained import read_tensors, write_tensors


@dataclass(frozen=True)
class Version:
    """A window of an image, in shares of its width and height, mirrored or not."""

    left: float
    top: float
    side: float
    mirrored: bool

    def apply(self, image: Image.Image, size: int) -> Image.Image:
        """Cut out, squeezed to a square, antialiased."""
        width, height = image.size
        right, bottom = self.left + self.side, self.top + self.side
        box = (self.left * width, self.top * height, right * width, bottom * height)
        cut = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
        return cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if self.mirrored else cut


@dataclass(frozen=True, eq=False)
class Examples:
    """All versions of all training images.

    Attributes:
        features: maps of I x V images, image by image.
        heat: I x V x A x S x S ground truth in [0, 1].
        labels: I, row of ``objects``.
        objects: categories.
        actions: A names.
    """

    features: FrozenFeatures
    heat: Float[Tensor, "i v a s s"]
    labels: Int[Tensor, " i"]
    objects: tuple[str, ...]
    actions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.heat)

    @property
    def versions(self) -> int:
        """Of each image."""
        return self.heat.shape[1]

    def rows(self, images: Sequence[int], versions: Sequence[int]) -> FrozenFeatures:
        """Features of chosen versions, in float32."""
        at = torch.tensor(images) * self.versions + torch.tensor(versions)
        token = self.features.class_token
        chosen = FrozenFeatures(
            tuple(each[at] for each in self.features.maps), None if token is None else token[at]
        )
        return chosen.float()


def load_examples(
    examples: Sequence[OneShotExample],
    actions: Sequence[str],
    trunk: FrozenEncoder,
    crops: CropConfig,
    size: int,
    cache: Path,
) -> Examples:
    """Features (from the cache where they are) and heatmaps of every version.

    Args:
        examples: annotated images.
        actions: order of the channels.
        trunk: frozen backbone.
        crops: versions.
        size: side of the heatmaps.
        cache: folder of cached features; one file per image, by its content.
    """
    drawn = [draw_versions(example.image.stem, crops) for example in examples]
    both = list(zip(examples, drawn, strict=True))
    features = [
        _features(example.image, versions, trunk, cache)
        for example, versions in track(both, description="features", transient=True)
    ]
    heat = [_heat(example, versions, actions, size) for example, versions in both]
    objects = tuple(sorted({example.object for example in examples}))
    tokens = [each.class_token for each in features if each.class_token is not None]
    return Examples(
        FrozenFeatures(
            tuple(torch.cat(maps) for maps in zip(*(f.maps for f in features), strict=True)),
            torch.cat(tokens) if tokens else None,
        ),
        torch.from_numpy(np.stack(heat)),
        torch.tensor([objects.index(example.object) for example in examples]),
        objects,
        tuple(actions),
    )


def draw_versions(name: str, crops: CropConfig) -> list[Version]:
    """The fixed versions of an image: the whole, then random windows; every other one mirrored."""
    digest = hashlib.sha256(f"{name}/{crops.seed}".encode()).digest()
    generator = np.random.default_rng(int.from_bytes(digest[:8]))
    corners = generator.uniform(0, 1 - crops.side, size=(crops.versions, 2))
    windows = [
        Version(float(left), float(top), crops.side, index % 2 == 1)
        for index, (left, top) in enumerate(corners)
    ]
    return [Version(0.0, 0.0, 1.0, False), *windows[1:]]


def choose_shots(
    examples: Sequence[OneShotExample], shots: int | None, draw: int
) -> list[OneShotExample]:
    """``shots`` examples of every object, another choice per ``draw``; None takes all."""
    if shots is None:
        return list(examples)
    by_object: dict[str, list[OneShotExample]] = {}
    for example in examples:
        by_object.setdefault(example.object, []).append(example)
    chosen: list[OneShotExample] = []
    for name in sorted(by_object):
        order = np.random.default_rng([draw, len(chosen)]).permutation(len(by_object[name]))
        chosen += [by_object[name][index] for index in sorted(order[:shots])]
    return chosen


def _features(
    image: Path, versions: list[Version], trunk: FrozenEncoder, cache: Path
) -> FrozenFeatures:
    settings = json.dumps([trunk.fingerprint, [asdict(version) for version in versions]])
    key = hashlib.sha256(settings.encode() + image.read_bytes()).hexdigest()[:24]
    path = cache / f"{key}.safetensors"
    if not path.is_file():
        picture = Image.fromarray(read_image(image).rgb)
        side = max(backbone.input_size for backbone in trunk.backbones)
        cuts = [np.asarray(version.apply(picture, side)) for version in versions]
        made = trunk.encode(cuts)
        tensors = {f"map{index:02d}": maps for index, maps in enumerate(made.maps)}
        if made.class_token is not None:
            tensors["token"] = made.class_token
        write_tensors(path, tensors)
    stored = read_tensors(path)
    token = stored.pop("token", None)
    return FrozenFeatures(tuple(stored[name] for name in sorted(stored)), token)


def _heat(
    example: OneShotExample, versions: list[Version], actions: Sequence[str], size: int
) -> Float[np.ndarray, "v a s s"]:
    heat = np.zeros((len(versions), len(actions), size, size), np.float32)
    for action, heatmap in example.heatmaps.items():
        picture = Image.fromarray(heatmap)
        for index, version in enumerate(versions):
            heat[index, actions.index(action)] = np.asarray(version.apply(picture, size))
    return heat.clip(0, 1)
