"""The shape of an affordance head."""

from __future__ import annotations

from dataclasses import dataclass

from funcorr.errors import UserError


@dataclass(frozen=True)
class HeadShape:
    """Sizes of the trainable part; the defaults are those of OOAL, on DINOv2-B and CLIP ViT-B/16.

    Attributes:
        map_channels: channels of the backbone's maps (OOAL: the last three blocks).
        class_channels: length of the backbone's class token. None pools the maps instead, see
            :class:`funcorr.affordance.fusion.LayerFusion`.
        fused: channels in which the maps are added (OOAL: 768).
        text: length of the text encoder's vectors, and of all features from there on.
        prompt_width: length of a learned token.
        prompt_tokens: how many there are (OOAL: 8).
        prompt_layers: see :func:`funcorr.functions.prompted.prompted` (OOAL: None).
        grid: cells per side of the fused map (OOAL: 16).
        layers: of the decoder (OOAL: 2).
        heads: of its attention (OOAL: 8).
        feedforward: width of its hidden layer (OOAL: 2048).
        dropout: in the decoder (OOAL: 0.1).
    """

    map_channels: tuple[int, ...] = (768, 768, 768)
    class_channels: int | None = 768
    fused: int = 768
    text: int = 512
    prompt_width: int = 512
    prompt_tokens: int = 8
    prompt_layers: int | None = None
    grid: int = 16
    layers: int = 2
    heads: int = 8
    feedforward: int = 2048
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.text % self.heads or min(self.grid, self.layers, self.heads) < 1:
            raise UserError(
                "grid, layers and heads must be at least 1 and heads must divide the text's "
                f"{self.text}; got {self.grid}, {self.layers} and {self.heads}"
            )
