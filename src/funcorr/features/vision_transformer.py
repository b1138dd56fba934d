"""DINOv2's vision transformer: a few layers of torch, no model zoo needed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.errors import UserError
from funcorr.weights.pretrained import UnfilledLinear

Tokens = Float[Tensor, "b n c"]

LARGEST = 8192
"""Of every size in the configuration; the largest published model has 1,536 channels."""


@dataclass(frozen=True)
class ViTConfig:
    """What ``config.json`` of a ``Dinov2Model`` says about its shape; defaults as published.

    Attributes:
        hidden_size: channels of a token.
        num_hidden_layers: how many layers.
        num_attention_heads: per layer.
        mlp_ratio: hidden width of a layer's MLP in widths of a token.
        image_size: side of the training images in pixels; the position embeddings are theirs.
        patch_size: side of a patch in pixels.
        layer_norm_eps: of every LayerNorm.
        qkv_bias: whether queries, keys and values have biases.
        use_swiglu_ffn: gated MLPs (the giant model).
        hidden_act: activation of the others.
    """

    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    mlp_ratio: int = 4
    image_size: int = 224
    patch_size: int = 14
    layer_norm_eps: float = 1e-6
    qkv_bias: bool = True
    use_swiglu_ffn: bool = False
    hidden_act: str = "gelu"

    def __post_init__(self) -> None:
        sizes = [getattr(self, field.name) for field in fields(self) if field.type == "int"]
        usable = min(sizes) >= 1 and max(sizes) <= LARGEST
        if not usable or self.hidden_act != "gelu" or self.hidden_size % self.num_attention_heads:
            raise UserError(
                f"config.json is of no Dinov2Model: expected sizes from 1 to {LARGEST:,}, "
                "hidden_act gelu, and a hidden_size that the heads divide"
            )

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> ViTConfig:
        """Read the content of ``config.json``; what is not about the shape is left aside.

        Raises:
            UserError: it is another model's.
        """
        known = {field.name: field.default for field in fields(cls)}
        given = {name: value for name, value in content.items() if name in known}
        for name, value in given.items():
            if type(value) is not type(known[name]):
                raise UserError(
                    f"config.json is of no Dinov2Model: {name} is {value!r}, expected a value "
                    f"like {known[name]!r}"
                )
        return cls(**given)


class VisionTransformer(nn.Module):
    """Patches to tokens, and the first ``depth`` layers; named as in a ``Dinov2Model``'s file."""

    def __init__(self, config: ViTConfig, depth: int) -> None:
        super().__init__()
        self.embeddings = _Embeddings(config)
        self.encoder = _Encoder(config, depth)
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> list[Tokens]:
        """The class token and the patches' after every layer.

        Args:
            images: standardised; the patch size divides their sides.
        """
        tokens, found = self.embeddings(images), []
        for layer in self.encoder.layer:
            tokens = layer(tokens)
            found.append(tokens)
        return found


class _Encoder(nn.Module):
    def __init__(self, config: ViTConfig, depth: int) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_Layer(config) for _ in range(depth))


class _Patches(nn.Module):
    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(3, width, side, side)


class _Embeddings(nn.Module):
    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        width, self.side = config.hidden_size, config.image_size // config.patch_size
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, self.side**2 + 1, width))
        self.patch_embeddings = _Patches(width, config.patch_size)

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Tokens:
        grid = self.patch_embeddings.projection(images)
        patches = grid.flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(patches.shape[0], -1, -1), patches], dim=1)
        return tokens + self._positions(*map(int, grid.shape[-2:]))  # ints also in a traced graph

    def _positions(self, rows: int, columns: int) -> Tokens:
        """Stretched bicubically from the grid of the training images."""
        if (rows, columns) == (self.side, self.side):
            return self.position_embeddings
        own, patches = self.position_embeddings[:, :1], self.position_embeddings[:, 1:]
        grid = patches.unflatten(1, (self.side, self.side)).permute(0, 3, 1, 2)
        grid = F.interpolate(grid, (rows, columns), mode="bicubic", align_corners=False)
        return torch.cat([own, grid.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)


class _Layer(nn.Module):
    """Attention, then an MLP; each behind a LayerNorm, scaled per channel, added."""

    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.norm1 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.attention = _Attention(config)
        self.layer_scale1 = _Scale(width)
        self.norm2 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.mlp = (_GatedMLP if config.use_swiglu_ffn else _MLP)(width, width * config.mlp_ratio)
        self.layer_scale2 = _Scale(width)

    def forward(self, tokens: Tokens) -> Tokens:
        tokens = self.layer_scale1(self.attention(self.norm1(tokens))) + tokens
        return self.layer_scale2(self.mlp(self.norm2(tokens))) + tokens


class _Attention(nn.Module):
    def __init__(self, config: ViTConfig) -> None:
        super().__init__()
        width, self.heads = config.hidden_size, config.num_attention_heads
        self.attention = nn.ModuleDict(
            {
                name: UnfilledLinear(width, width, bias=config.qkv_bias)
                for name in ("query", "key", "value")
            }
        )
        self.output = nn.ModuleDict({"dense": UnfilledLinear(width, width)})

    def forward(self, tokens: Tokens) -> Tokens:
        split = (
            layer(tokens).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in self.attention.values()
        )
        attended = F.scaled_dot_product_attention(*split)
        return self.output["dense"](attended.transpose(1, 2).flatten(2))


class _Scale(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lambda1 = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tokens) -> Tokens:
        return tokens * self.lambda1


class _MLP(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = UnfilledLinear(width, hidden), UnfilledLinear(hidden, width)

    def forward(self, tokens: Tokens) -> Tokens:
        return self.fc2(F.gelu(self.fc1(tokens)))


class _GatedMLP(nn.Module):
    """Two thirds of the hidden width, rounded up to a multiple of 8, gated by a SiLU."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        hidden = (int(hidden * 2 / 3) + 7) // 8 * 8
        self.weights_in, self.weights_out = (
            UnfilledLinear(width, 2 * hidden),
            UnfilledLinear(hidden, width),
        )

    def forward(self, tokens: Tokens) -> Tokens:
        gate, value = self.weights_in(tokens).chunk(2, dim=-1)
        return self.weights_out(F.silu(gate) * value)
