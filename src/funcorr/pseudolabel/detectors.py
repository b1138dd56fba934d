"""Open-vocabulary detectors in this process: Grounding DINO, OWLv2, Florence-2.

They are part grounders like the chat models, with one answer per question (nothing is drawn by
chance). Only the detectors' PIL image processors are used, which need no torchvision.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from funcorr.errors import UserError
from funcorr.io import read_json
from funcorr.pseudolabel.boxes import Box, BoxAnswer, parse_boxes
from funcorr.pseudolabel.clients import PartQuery
from funcorr.pseudolabel.number_groups import Units

SMALLEST = 1.0
"""Pixels; narrower boxes hold nothing."""


@dataclass(frozen=True)
class DetectorConfig:
    """What counts as a detection.

    Attributes:
        threshold: least score; None takes the usual one of the model (0.25 Grounding DINO, 0.1
            OWLv2; Florence-2 gives no scores).
        most: best boxes kept per question.
    """

    threshold: float | None = None
    most: int = 1

    def __post_init__(self) -> None:
        if self.most < 1:
            raise UserError(f"a detector keeps at least one box per question, got {self.most}")


@dataclass(frozen=True)
class _Kind:
    """One model family of transformers, by the names of its classes there."""

    model: str
    image_processor: str
    phrase: str
    units: Units = "pixels"
    threshold: float = 0.0


_KINDS = {
    "grounding-dino": _Kind(
        "GroundingDinoForObjectDetection", "GroundingDinoImageProcessorPil", "{}.", "pixels", 0.25
    ),
    "owlv2": _Kind(
        "Owlv2ForObjectDetection", "Owlv2ImageProcessorPil", "a photo of a {}", "pixels", 0.1
    ),
    "florence2": _Kind(
        "Florence2ForConditionalGeneration",
        "CLIPImageProcessorPil",
        "Locate {} in the image.",
        "thousandths",
    ),
}


class Detector:
    """A ``PartGrounder`` from a model folder in transformers' layout.

    May be called from many threads; one question is answered at a time, for tokenizers cannot be
    shared and every answer takes the whole processor anyway.

    Args:
        source: the folder (``config.json``, ``model.safetensors``, ``preprocessor_config.json``,
            ``tokenizer.json``), or a name that the weights resolver knows.
        device: where to run; None takes a GPU if there is one.
        config: what counts as a detection.

    Raises:
        UserError: the folder holds another kind of model, or is damaged.
        MissingWeightsError: a known name whose weights are neither here nor reachable.
    """

    def __init__(
        self,
        source: str | Path,
        device: str | None = None,
        config: DetectorConfig | None = None,
    ) -> None:
        from funcorr.weights.pretrained import folder_fingerprint, pick_device
        from funcorr.weights.resolver import resolve

        folder = resolve(source)
        self.family = read_json(folder / "config.json", "model config").get("model_type", "")
        if self.family not in _KINDS:
            raise UserError(
                f"{folder} holds a {self.family!r} model; expected one of {', '.join(_KINDS)}"
            )
        self.config = config or DetectorConfig()
        self.name = Path(source).name
        self._kind = _KINDS[self.family]
        self._device = pick_device(device)
        self._lock = threading.Lock()
        self._model, self._images, self._tokenizer = _load(folder, self._kind, self._device)
        settings = {"detector": repr(self._kind), "config": repr(self.config)}
        self._weights = folder_fingerprint(folder, settings)

    @property
    def fingerprint(self) -> str:
        """Of weights and settings."""
        return hashlib.sha256(f"{self.name} {self._weights}".encode()).hexdigest()[:16]

    def ask(self, image: UInt8[np.ndarray, "h w 3"], query: PartQuery) -> str:
        """Detections as JSON in pixels, best first; Florence-2: its text with location tokens."""
        import torch
        from PIL import Image

        picture = Image.fromarray(image)
        with self._lock, torch.inference_mode():
            if self.family == "florence2":
                return self._generate(picture, self._phrase(query))
            return self._detect(picture, self._phrase(query))

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The boxes of an answer, in pixels of the image of (height, width)."""
        answer = parse_boxes(text, size, self._kind.units)
        return BoxAnswer(answer.boxes[: self.config.most], answer.malformed, not answer.boxes)

    def _phrase(self, query: PartQuery) -> str:
        whole = f" of a {query.category}" if query.category else ""
        return self._kind.phrase.format(f"{query.part}{whole}".lower())

    def _detect(self, picture: Any, phrase: str) -> str:
        words = self._tokenizer(phrase, return_tensors="pt", **self._text_options())
        shown = self._images(picture, return_tensors="pt")
        outputs = self._model(**words.to(self._device), **shown.to(self._device))
        size = (picture.height, picture.width)
        threshold = self.config.threshold
        (found,) = self._images.post_process_object_detection(
            outputs,
            threshold=self._kind.threshold if threshold is None else threshold,
            target_sizes=[size],
        )
        boxes = _boxes(found["boxes"].tolist(), found["scores"].tolist(), size)
        return _written(boxes[: self.config.most])

    def _text_options(self) -> dict[str, Any]:
        if self.family != "owlv2":
            return {"truncation": True, "max_length": 256}
        longest = self._model.config.text_config.max_position_embeddings
        return {"padding": "max_length", "truncation": True, "max_length": longest}

    def _generate(self, picture: Any, phrase: str) -> str:
        seen = self._images.image_seq_length * "<image>"
        bos, eos = self._tokenizer.bos_token, self._tokenizer.eos_token
        text = f"{seen}{bos}{phrase}{eos}"
        words = self._tokenizer(text, return_tensors="pt", add_special_tokens=False)
        pixels = self._images(picture, return_tensors="pt")["pixel_values"].to(self._device)
        answer = self._model.generate(
            **words.to(self._device), pixel_values=pixels, max_new_tokens=64, do_sample=False
        )
        return self._tokenizer.decode(answer[0], skip_special_tokens=False)


def _load(folder: Path, kind: _Kind, device: Any) -> tuple[Any, Any, Any]:
    """Model, image processor and tokenizer of a folder."""
    import transformers

    from funcorr.weights.pretrained import load_pretrained, quiet_transformers

    model = load_pretrained(getattr(transformers, kind.model), folder, device)
    try:
        with quiet_transformers():
            images = getattr(transformers, kind.image_processor).from_pretrained(
                folder, local_files_only=True
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # missing and damaged files fail in many ways
        raise UserError(
            f"cannot read the tokenizer or image settings in {folder} ({type(error).__name__}); "
            "expected tokenizer.json, tokenizer_config.json and preprocessor_config.json"
        ) from None
    return model, images, tokenizer


def _boxes(
    corners: Sequence[Sequence[float]], scores: Sequence[float], size: tuple[int, int]
) -> list[Box]:
    """Edges counted from the picture's top left corner as boxes inside it, best first."""
    found = [
        Box(x0 - 0.5, y0 - 0.5, x1 - 0.5, y1 - 0.5, score).clipped(size)
        for (x0, y0, x1, y1), score in zip(corners, scores, strict=True)
        if min(x1 - x0, y1 - y0) >= SMALLEST
    ]
    kept = [box for box in found if box and min(box.width, box.height) >= SMALLEST]
    return sorted(kept, key=lambda box: -box.score)


def _written(boxes: Sequence[Box]) -> str:
    """The stored form, which :func:`parse_boxes` reads."""
    return json.dumps(
        [
            {"box": [round(edge + 0.5, 2) for edge in box.corners], "score": round(box.score, 4)}
            for box in boxes
        ]
    )
