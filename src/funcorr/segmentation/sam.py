"""SAM and SAM 2 of transformers: the object that a box or clicks mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8

from funcorr.errors import UserError
from funcorr.segmentation.prompt import Prompt
from funcorr.weights.heads import from_hub
from funcorr.weights.pretrained import by_model_type, load_pretrained, pick_device

_KINDS = {
    "sam": ("SamModel", "SamImageProcessor", "SamProcessor"),
    "sam2": ("Sam2Model", "Sam2ImageProcessor", "Sam2Processor"),
}


class SamSegmenter:
    """A SAM or SAM 2 folder; see :class:`~funcorr.segmentation.protocol.PromptedSegmenter`.

    Without a prompt it is asked for what lies in a box a little smaller than the picture.

    Args:
        model: a folder that transformers reads, or a repository of the Hugging Face hub.

    Raises:
        UserError: there is no such folder, or it holds another model.
        MissingWeightsError: the repository cannot be reached.
    """

    def __init__(self, model: str, device: str | torch.device | None = None) -> None:
        import transformers

        folder = Path(model).expanduser()
        if not folder.is_dir():
            folder = from_hub(model)
        names = by_model_type(folder, _KINDS)
        kind, _, processor = (getattr(transformers, name) for name in names)
        self.name, self._device = f"sam:{model}", pick_device(device)
        self._model = load_pretrained(kind, folder, self._device)
        try:
            self._processor: Any = processor.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise UserError(
                f"{folder} has no processor that can be read ({type(error).__name__}); expected "
                "its preprocessor_config.json beside config.json"
            ) from None

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """What lies in the middle of the picture."""
        height, width = rgb.shape[:2]
        inset = (0.05 * width, 0.05 * height, 0.95 * width, 0.95 * height)
        return self.prompted(rgb, Prompt(box=inset))

    @torch.no_grad()
    def prompted(self, rgb: UInt8[np.ndarray, "h w 3"], prompt: Prompt) -> Float[np.ndarray, "h w"]:
        """The best of its proposals for the prompt, by its own estimate."""
        asked: dict[str, Any] = {}
        if prompt.box is not None:
            asked["input_boxes"] = [[list(prompt.box)]]
        if prompt.clicks:
            asked["input_points"] = [[[[x, y] for x, y, _ in prompt.clicks]]]
            asked["input_labels"] = [[[int(inside) for *_, inside in prompt.clicks]]]
        inputs = self._processor(images=rgb, return_tensors="pt", **asked).to(self._device)
        sizes = [
            inputs.pop(key) for key in ("original_sizes", "reshaped_input_sizes") if key in inputs
        ]
        found = self._model(
            **{k: v.float() if v.is_floating_point() else v for k, v in inputs.items()}
        )
        [proposals] = self._processor.post_process_masks(
            found.pred_masks.cpu(), *(size.tolist() for size in sizes), binarize=False
        )
        best = int(found.iou_scores.flatten().argmax())
        return torch.sigmoid(proposals.flatten(0, 1)[best].float()).numpy()
