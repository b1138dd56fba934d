"""EfficientNet-Lite as a dense feature extractor: 50 layers of torch, no model zoo needed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import nn

from funcorr.errors import UserError
from funcorr.features.backbone import check_images
from funcorr.features.grid import resize_to_multiple
from funcorr.io import read_json
from funcorr.weights.pretrained import folder_fingerprint, load_tensors, pick_device


@dataclass(frozen=True)
class Stage:
    """A run of inverted residual blocks; only the first has the stride and the new width.

    Attributes:
        expand: widening factor inside a block.
        channels: output width.
        repeats: number of blocks.
        stride: of the first block.
        kernel: side of the depthwise kernels.
        offset: input pixels by which a cell looks right of and below its own centre. "Same"
            padding puts the odd row and column on one side at every stride, and training makes up
            for only a part of it. Measured on the trained weights, with mirrored photos.
    """

    expand: int
    channels: int
    repeats: int
    stride: int
    kernel: int
    offset: float = 0.0


@dataclass(frozen=True)
class EfficientNetConfig:
    """Widths and depths of one EfficientNet-Lite."""

    stem: int
    stages: tuple[Stage, ...]

    @property
    def blocks(self) -> Iterator[tuple[Stage, int]]:
        """The stage and the stride of every block."""
        for stage in self.stages:
            yield stage, stage.stride
            yield from [(stage, 1)] * (stage.repeats - 1)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> EfficientNetConfig:
        """Read the content of ``config.json``.

        Raises:
            UserError: keys are missing or of another model.
        """
        try:
            stages = tuple(Stage(**stage) for stage in content["stages"])
            return cls(int(content["stem"]), stages)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"config.json is not an EfficientNet-Lite's: it needs stem and stages ({error})"
            ) from None


class SameConv(nn.Conv2d):
    """Convolution whose output is ``ceil(size / stride)``; the odd padding goes right and below."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad like TensorFlow's "same", then convolve."""
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        rows, columns = (
            max((math.ceil(size / stride) - 1) * stride + kernel - size, 0) for size in x.shape[2:]
        )
        if rows or columns:
            x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return super().forward(x)


class InvertedResidual(nn.Module):
    """1 x 1 expansion, depthwise convolution, 1 x 1 projection; the input added where it fits."""

    def __init__(self, width: int, expand: int, channels: int, stride: int, kernel: int) -> None:
        super().__init__()
        inner = width * expand
        self.expand = SameConv(width, inner, 1) if expand > 1 else None
        self.depthwise = SameConv(inner, inner, kernel, stride, groups=inner)
        self.project = SameConv(inner, channels, 1)
        self.residual = stride == 1 and width == channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Batch norms are folded into the convolutions; the activation is ReLU6."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """Stem and the first ``depth`` inverted residual blocks."""

    def __init__(self, config: EfficientNetConfig, depth: int) -> None:
        super().__init__()
        self.stem = SameConv(3, config.stem, 3, stride=2)
        self.blocks = nn.ModuleList()
        width = config.stem
        for stage, stride in islice(config.blocks, depth):
            block = InvertedResidual(width, stage.expand, stage.channels, stride, stage.kernel)
            self.blocks.append(block)
            width = stage.channels

    def forward(self, x: torch.Tensor, blocks: Sequence[int]) -> tuple[torch.Tensor, ...]:
        """Outputs of the blocks numbered ``blocks`` (from 0), in that order."""
        x = F.relu6(self.stem(x))
        outputs = {}
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in blocks:
                outputs[index] = x
        return tuple(outputs[index] for index in blocks)


class EfficientNetBackbone:
    """Dense maps of chosen blocks; see :class:`~funcorr.features.backbone.Backbone`.

    Maps are moved by the measured offset of their stage, so that a cell shows what lies under it.
    For Lite2 that raises nearest-neighbour matching of blocks 14 and 19 (within 14 of 448 pixels)
    from 36 to 42 percent between a photo and itself turned by 180 degrees, 85 to 90 mirrored.

    Args:
        folder: ``config.json`` and ``model.safetensors`` with folded batch norms.
        name: what to call it.
        blocks: block numbers from 0. Of Lite2, 14 (stride 16, 120 channels) is the best for
            matching and 19 (stride 32, 208 channels) for parts.
        input_size: recommended side of the square input, in pixels.
        device: where to run; None takes a GPU if there is one.

    Raises:
        UserError: the folder holds another model, or a block does not exist.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "efficientnet-lite2",
        blocks: tuple[int, ...] = (14, 19),
        input_size: int = 352,
        device: str | torch.device | None = None,
    ) -> None:
        self.name, self.blocks, self.input_size = name, tuple(blocks), input_size
        self._folder, self._device = folder, pick_device(device)
        content = read_json(folder / "config.json", "model config")
        self._config = EfficientNetConfig.from_json(content)
        stages, steps = zip(*self._config.blocks, strict=True)
        if not self.blocks or not set(self.blocks) <= set(range(len(stages))):
            raise UserError(f"{name} has the blocks 0 to {len(stages) - 1}, got {self.blocks}")
        self._model = EfficientNetLite(self._config, depth=max(self.blocks) + 1)
        load_tensors(self._model, folder)
        self._model.eval().requires_grad_(False).to(self._device)
        self.map_names = tuple(f"block{index}" for index in self.blocks)
        self.channels = tuple(stages[index].channels for index in self.blocks)
        self.strides = tuple(2 * math.prod(steps[: index + 1]) for index in self.blocks)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the weights and with anything else that changes the maps."""
        return folder_fingerprint(self._folder, {"blocks": self.blocks})

    @torch.no_grad()
    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> tuple[torch.Tensor, ...]:
        """Outputs of the chosen blocks, whose coarsest stride divides the stretched image."""
        check_images(images)
        images = resize_to_multiple(images.to(self._device), max(self.strides))
        outputs = self._model((images * 255 - 127) / 128, self.blocks)
        stages = [stage for stage, _ in self._config.blocks]
        return tuple(
            _move(output, stages[block].offset / stride)
            for output, block, stride in zip(outputs, self.blocks, self.strides, strict=True)
        )


def _move(maps: torch.Tensor, cells: float) -> torch.Tensor:
    """Move the content right and down by a share of a cell, the border repeated."""
    if cells == 0:
        return maps
    padded = F.pad(maps, (1, 0, 1, 0), mode="replicate")
    moved = torch.lerp(padded[..., 1:], padded[..., :-1], cells)
    return torch.lerp(moved[..., 1:, :], moved[..., :-1, :], cells)
