"""SAM and SAM 2 of transformers: the object that a box or clicks mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image

from funcorr.segmentation.prompt import Prompt
from funcorr.weights.heads import from_hub
from funcorr.weights.pretrained import by_model_type, load_pretrained, pick_device

_KINDS = {"sam": "SamModel", "sam2": "Sam2Model"}
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class SamSegmenter:
    """A SAM or SAM 2; see :class:`~funcorr.segmentation.protocol.PromptedSegmenter`.

    SAM sees the picture with its longer side at the model's size, SAM 2 stretched to a square, as
    they were trained. Without a prompt it is asked for what lies in a box a little smaller than the
    picture.

    Args:
        model: a folder with ``config.json`` and ``model.safetensors``, or a repository of the
            Hugging Face hub.

    Raises:
        UserError: the folder holds another model.
        MissingWeightsError: the repository cannot be reached.
    """

    def __init__(self, model: str, device: str | torch.device | None = None) -> None:
        import transformers

        folder = Path(model).expanduser()
        if not folder.is_dir():
            folder = from_hub(model)
        kind = by_model_type(folder, _KINDS)
        self.name, self._device = f"sam:{model}", pick_device(device)
        self._model = load_pretrained(getattr(transformers, kind), folder, self._device)
        self._keeps_shape = kind == "SamModel"
        self._side = int(self._model.config.prompt_encoder_config.image_size)

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """What lies in the middle of the picture."""
        height, width = rgb.shape[:2]
        inset = (0.05 * width, 0.05 * height, 0.95 * width, 0.95 * height)
        return self.prompted(rgb, Prompt(box=inset))

    @torch.no_grad()
    def prompted(self, rgb: UInt8[np.ndarray, "h w 3"], prompt: Prompt) -> Float[np.ndarray, "h w"]:
        """The best of its proposals for the prompt, by its own estimate."""
        height, width = rgb.shape[:2]
        across, down = self._side / width, self._side / height
        if self._keeps_shape:
            across = down = min(across, down)
        size = round(height * down), round(width * across)
        scale = torch.tensor([across, down])
        asked: dict[str, Any] = {}
        if prompt.box is not None:
            corners = (torch.tensor(prompt.box).reshape(2, 2) + 0.5) * scale
            asked["input_boxes"] = corners.reshape(1, 1, 4).to(self._device)
        if prompt.clicks:
            places = torch.tensor([(click.x, click.y) for click in prompt.clicks])
            asked["input_points"] = ((places + 0.5) * scale)[None, None].to(self._device)
            inside = [int(click.inside) for click in prompt.clicks]
            asked["input_labels"] = torch.tensor(inside)[None, None].to(self._device)
        found = self._model(self._pixels(rgb, size), **asked)
        best = int(found.iou_scores.flatten().argmax())
        logits = found.pred_masks.flatten(0, 2)[None, [best]].float()
        square = (self._side, self._side)
        logits = F.interpolate(logits, square, mode="bilinear")[..., : size[0], : size[1]]
        logits = F.interpolate(logits, (height, width), mode="bilinear")
        return torch.sigmoid(logits[0, 0]).cpu().numpy()

    def _pixels(
        self, rgb: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]
    ) -> Float[torch.Tensor, "1 3 s s"]:
        """The picture at (height, width), normalised, padded right and below to a square."""
        small = Image.fromarray(rgb).resize(size[::-1], Image.Resampling.BILINEAR)
        values = ((np.asarray(small, np.float32) / 255 - _MEAN) / _STD).astype(np.float32)
        image = torch.from_numpy(values).movedim(2, 0)
        padded = F.pad(image, (0, self._side - size[1], 0, self._side - size[0]))
        return padded[None].to(self._device)
