"""The trainable part of the affordance model: learned prompt, fusion and decoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.affordance.decoder import GuidedDecoder, match_cells
from funcorr.affordance.fusion import Fused, LayerFusion
from funcorr.affordance.shape import HeadShape
from funcorr.functions.prompted import Names, PromptedEncoder


class AffordanceHead(nn.Module):
    """Frozen maps and names of actions in, a heatmap per action out.

    Nothing here belongs to a name: the prompt is shared by all actions, and names come in with
    every call, so that a name never trained on gives a map of its own.
    """

    def __init__(self, shape: HeadShape) -> None:
        super().__init__()
        self.shape = shape
        self.prompt = nn.Parameter(0.02 * torch.randn(shape.prompt_tokens, shape.prompt_width))
        self.text_norm = nn.LayerNorm(shape.text)
        self.fusion = LayerFusion(shape)
        self.decoder = GuidedDecoder(shape)

    def text(self, encoder: PromptedEncoder, names: Names) -> Float[Tensor, "a d"]:
        """Features of actions (F^t in the paper): prompt and name through the encoder, normed."""
        return self.text_norm(encoder.encode(self.prompt, names))

    def fuse(self, maps: Sequence[Tensor], class_token: Tensor | None = None) -> Fused:
        """The half that does not depend on the actions; see :class:`LayerFusion`."""
        return self.fusion(maps, class_token)

    def read(self, text: Float[Tensor, "a d"], image: Fused) -> Float[Tensor, "b a d"]:
        """What each action looks for on each image (class-aware text features in the paper)."""
        return self.decoder(text, image)

    def logits(self, aware: Float[Tensor, "b a d"], image: Fused) -> Float[Tensor, "b a g g"]:
        """Log-odds on the grid, from what :meth:`read` and :meth:`fuse` gave."""
        cells = match_cells(aware, image)
        return cells.unflatten(2, (self.shape.grid, self.shape.grid))


def heatmaps(
    logits: Float[Tensor, "b a rows columns"], size: tuple[int, int]
) -> Float[Tensor, "b a h w"]:
    """Sigmoid, then bilinear to ``size`` = (height, width), in this order (as OOAL)."""
    return F.interpolate(logits.float().sigmoid(), size, mode="bilinear", align_corners=False)
