"""U2-Net (Qin et al., 2020): the salient object of a photograph, as plain torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import nn

from funcorr.errors import UserError
from funcorr.io import read_json
from funcorr.weights.pretrained import load_tensors, pick_device
from funcorr.weights.resolver import resolve

NAME = "u2net"

INPUT_SIZE = 320
"""Side of the square that the network was trained on, whatever the picture's shape."""

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Block:
    """One residual U-block.

    Attributes:
        levels: convolutions on its way down.
        inner: channels inside.
        outer: channels of its input convolution and of its result.
        dilated: whether the way down widens by dilation instead of pooling.
    """

    levels: int
    inner: int
    outer: int
    dilated: bool = False


@dataclass(frozen=True)
class U2NetConfig:
    """The blocks on the way down and, from the bottom, on the way up."""

    encoder: tuple[Block, ...]
    decoder: tuple[Block, ...]

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> U2NetConfig:
        """Read the content of ``config.json``.

        Raises:
            UserError: keys are missing or of another model.
        """
        try:
            sides = (tuple(Block(**each) for each in content[s]) for s in ("encoder", "decoder"))
            config = cls(*sides)
        except (KeyError, TypeError) as error:
            raise UserError(
                f"config.json is not a U2-Net's: it needs encoder and decoder ({error})"
            ) from None
        if len(config.encoder) != len(config.decoder) + 1:
            raise UserError("config.json is not a U2-Net's: one block more goes down than up")
        return config


class ResidualUBlock(nn.Module):
    """A small U-Net whose result is added to its input convolution (RSU)."""

    def __init__(self, block: Block, channels: int) -> None:
        super().__init__()
        self._dilated, levels, inner = block.dilated, block.levels, block.inner
        widen = [2**k if block.dilated else 1 for k in range(levels - 1)]
        widen.append(2 ** (levels - 1) if block.dilated else 2)
        self.entry = _conv(channels, block.outer)
        self.down = nn.ModuleList(
            _conv(inner if k else block.outer, inner, widen[k]) for k in range(levels)
        )
        self.up = nn.ModuleList(
            _conv(2 * inner, inner if k else block.outer, widen[k])
            for k in reversed(range(levels - 1))
        )

    def forward(self, x: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b d h w"]:
        """The block's result, of its input's height and width."""
        entry = F.relu(self.entry(x))
        ways = [F.relu(self.down[0](entry))]
        for number, layer in enumerate(self.down[1:], start=1):
            pooled = not self._dilated and number < len(self.down) - 1
            ways.append(F.relu(layer(_pool(ways[-1]) if pooled else ways[-1])))
        found = ways.pop()
        for layer in self.up:
            beside = ways.pop()
            found = F.relu(layer(torch.cat([_resized(found, beside), beside], dim=1)))
        return found + entry


class U2Net(nn.Module):
    """The network: a U-Net of U-blocks, whose levels' saliency maps are fused."""

    def __init__(self, config: U2NetConfig) -> None:
        super().__init__()
        widths = [3, *(block.outer for block in config.encoder)]
        self.encoder = nn.ModuleList(map(ResidualUBlock, config.encoder, widths))
        from_below = [widths[-1], *(block.outer for block in config.decoder)]
        wide = [a + b for a, b in zip(from_below, widths[-2:0:-1], strict=False)]
        self.decoder = nn.ModuleList(map(ResidualUBlock, config.decoder, wide))
        sides = [*reversed(config.decoder), config.encoder[-1]]
        self.sides = nn.ModuleList(nn.Conv2d(block.outer, 1, 3, padding=1) for block in sides)
        self.fuse = nn.Conv2d(len(sides), 1, 1)

    def forward(self, images: Float[torch.Tensor, "b 3 h w"]) -> Float[torch.Tensor, "b h w"]:
        """The fused saliency in [0, 1] of ImageNet-normalised images."""
        ways = [self.encoder[0](images)]
        for block in self.encoder[1:]:
            ways.append(block(_pool(ways[-1])))
        levels = [ways.pop()]
        for block in self.decoder:
            beside = ways.pop()
            levels.append(block(torch.cat([_resized(levels[-1], beside), beside], dim=1)))
        maps = [side(level) for side, level in zip(self.sides, reversed(levels), strict=True)]
        return torch.sigmoid(self.fuse(torch.cat([_resized(m, images) for m in maps], dim=1)))[:, 0]


class U2NetSegmenter:
    """A U2-Net folder as a :class:`~funcorr.segmentation.protocol.Segmenter`."""

    name = NAME

    def __init__(self, folder: Path, device: str | torch.device | None = None) -> None:
        config = U2NetConfig.from_json(read_json(folder / "config.json", "model config"))
        self._device = pick_device(device)
        with torch.device("meta"):
            network = U2Net(config)
        network = network.to_empty(device="cpu")
        load_tensors(network, folder)
        self._network = network.eval().requires_grad_(False).to(self._device)

    @torch.no_grad()
    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """Saliency, resized to the picture; the picture is read stretched to a square."""
        square = Image.fromarray(rgb).resize((INPUT_SIZE,) * 2, Image.Resampling.LANCZOS)
        values = np.asarray(square, np.float32) / max(int(np.asarray(square).max()), 1)
        normal = ((values - _MEAN) / _STD).astype(np.float32)
        image = torch.from_numpy(normal).movedim(2, 0)[None].to(self._device)
        soft = Image.fromarray(self._network(image)[0].cpu().numpy())
        full = soft.resize(rgb.shape[1::-1], Image.Resampling.BILINEAR)
        return np.asarray(full).clip(0, 1)


@lru_cache(maxsize=1)
def load_u2net() -> U2NetSegmenter:
    """The published network, fetched when it is not here yet; read once per process.

    Raises:
        MissingWeightsError: the weights are neither here nor reachable.
    """
    return U2NetSegmenter(resolve(NAME))


def _conv(inputs: int, outputs: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)


def _pool(x: torch.Tensor) -> torch.Tensor:
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


def _resized(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return F.interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)
