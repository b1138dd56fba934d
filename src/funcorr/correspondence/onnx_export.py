"""A trained matcher as ONNX graphs, which onnxruntime runs without torch.

The folder holds:

- ``trunk.onnx``: ``images`` B x 3 x S x S (RGB in [0, 1], the object cut out as
  :class:`funcorr.images.Crop` does) to ``grid`` B x C x h x w: once per image;
- ``head.onnx``: ``grid`` 1 x C x h x w, ``points`` N x 2 (x, y pixels of the window) and ``text`` D
  to ``descriptors`` N x K (unit vectors) and, where the model finds parts, ``part`` N (probability
  of the functional part): once per function;
- ``functions.npz``: a text vector D per function;
- ``config.json``: S and what the matching of regions needs.

B and N are free; S, the side of the window, belongs to the model.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from funcorr.correspondence.descriptors import HeadExtractor
from funcorr.correspondence.model import Matcher
from funcorr.correspondence.part_matching import SMALLEST_REGION
from funcorr.correspondence.ranking import PART_BONUS, PART_THRESHOLD
from funcorr.errors import UserError, require
from funcorr.functions import check_function, function_words
from funcorr.images.crop import MARGIN
from funcorr.io import atomic_folder, write_arrays, write_json

FORMAT = "funcorr-onnx/1"

OPSET = 17
"""Of the graphs: the first with layer normalisation as one operator; onnxruntime 1.13 has it."""

TOLERANCE = 1e-4
"""Largest difference to torch, of features of length 1, with which a graph is written."""


def export_onnx(model: Matcher, out: Path, functions: Sequence[str] = ()) -> float:
    """Write the graphs of a trained matcher, and compare them with torch in onnxruntime.

    Args:
        model: with a head, on the CPU.
        out: a folder that is empty or not there.
        functions: whose text vectors go along, beside those that the model was trained on.

    Returns:
        The largest difference between a value of onnxruntime and that of torch.

    Raises:
        UserError: the model has no head, its backbone cannot be written as a graph, or the graph
            computes something else.
        MissingExtraError: onnxruntime is not installed.
    """
    runtime = require("onnxruntime", "onnx")
    extractor = model.extractor
    if not isinstance(extractor, HeadExtractor):
        raise UserError(f"{model.name} has no head; expected a trained one such as funcorr-small")
    names = list(dict.fromkeys([*extractor.functions, *map(check_function, functions)]))
    if not names:
        raise UserError(f"{model.name} does not say its functions; name some with --functions")
    texts = extractor.text_encoder.encode([function_words(name) for name in names])
    with atomic_folder(out) as folder:
        difference = _write_graphs(extractor, texts[0], folder, model.name, runtime)
        vectors = dict(zip(names, texts.cpu().numpy(), strict=True))
        write_arrays(folder / "functions.npz", **vectors)
        write_json(folder / "config.json", _config(model, extractor))
    return difference


def _config(model: Matcher, extractor: HeadExtractor) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": model.name,
        "fingerprint": extractor.fingerprint,
        "opset": OPSET,
        "input_size": extractor.input_size,
        "margin": MARGIN,
        "background": 255,
        "part_threshold": PART_THRESHOLD,
        "part_bonus": PART_BONUS,
        "part_odds": model.part_odds,
        "smallest_region": SMALLEST_REGION,
    }


def _write_graphs(
    extractor: HeadExtractor, text: Float[Tensor, " d"], folder: Path, name: str, runtime: Any
) -> float:
    side, generator = extractor.input_size, torch.Generator().manual_seed(0)
    images = torch.rand(2, 3, side, side, generator=generator)
    trunk = _Graph(_Trunk(extractor), ("images",), ("grid",), {"images": 0, "grid": 0})
    points = torch.rand(100, 2, generator=generator) * side
    found = ("descriptors", "part") if extractor.head.config.mask_head else ("descriptors",)
    head = _Graph(
        _Head(extractor),
        ("grid", "points", "text"),
        found,
        dict.fromkeys(("points", *found), 0),
    )
    try:
        grid = trunk.write(folder / "trunk.onnx", (images,))[0]
        head.write(folder / "head.onnx", (grid[:1], points, text))
    except (RuntimeError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{name} cannot be written as ONNX: {reason:.200}") from None
    difference = max(
        trunk.difference(folder / "trunk.onnx", (images[:1],), runtime),
        head.difference(folder / "head.onnx", (grid[1:], points[:7], text), runtime),
    )
    if not difference <= TOLERANCE:
        raise UserError(f"the ONNX graphs of {name} differ from torch by {difference:.1g}")
    return difference


class _Trunk(nn.Module):
    """What an image goes through once."""

    def __init__(self, extractor: HeadExtractor) -> None:
        super().__init__()
        self.extractor = extractor

    def forward(self, images: Tensor) -> Tensor:
        return self.extractor.features(images)


class _Head(nn.Module):
    """What its points go through for each function."""

    def __init__(self, extractor: HeadExtractor) -> None:
        super().__init__()
        self.head, self.side = extractor.head, extractor.input_size

    def forward(self, grid: Tensor, points: Tensor, text: Tensor) -> tuple[Tensor, ...]:
        mixed = self.head.sample(grid[0], points, (self.side, self.side))
        descriptors = self.head.condition(mixed, text)
        if not self.head.config.mask_head:
            return (descriptors,)
        return descriptors, self.head.part_logits(mixed, text, descriptors).sigmoid()


class _Graph:
    """A module whose inputs and outputs have names; ``free`` axes may have any length."""

    def __init__(
        self,
        module: nn.Module,
        inputs: Sequence[str],
        outputs: Sequence[str],
        free: dict[str, int],
    ) -> None:
        self.module, self.inputs, self.outputs = module.eval(), list(inputs), list(outputs)
        self.free = {name: {axis: "count"} for name, axis in free.items()}

    @torch.no_grad()
    def __call__(self, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        found = self.module(*arguments)
        return found if isinstance(found, tuple) else (found,)

    def write(self, path: Path, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Trace the module and write its graph; what it makes of the arguments."""
        with warnings.catch_warnings(), _shrinking_as_products():
            warnings.simplefilter("ignore")  # of the tracer: sizes are constants here, as meant
            torch.onnx.export(
                self.module,
                arguments,
                path,
                input_names=self.inputs,
                output_names=self.outputs,
                dynamic_axes=self.free,
                opset_version=OPSET,
                dynamo=False,
            )
        return self(arguments)

    def difference(self, path: Path, arguments: tuple[Tensor, ...], runtime: Any) -> float:
        """Between torch and onnxruntime, at the most."""
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        arrays = (each.numpy() for each in arguments)
        found = session.run(self.outputs, dict(zip(self.inputs, arrays, strict=True)))
        pairs = zip(found, self(arguments), strict=True)
        return max(float(np.abs(one - other.numpy()).max()) for one, other in pairs)


@contextmanager
def _shrinking_as_products() -> Iterator[None]:
    """Write antialiased shrinking as two matrix products, its weights as constants.

    ONNX has an antialiased resize, but onnxruntime's (1.32) is off by up to 3 percent.
    """
    name = "aten::_upsample_bilinear2d_aa"

    def symbolic(graph: Any, images: Any, size: Any, corners: Any, scales: Any) -> Any:
        from torch.onnx import symbolic_helper

        now = symbolic_helper._get_tensor_sizes(images)[2:]
        target = symbolic_helper._maybe_get_const(size, "is")
        rows, columns = (_shrinking(*each) for each in zip(now, target, strict=True))
        narrow = graph.op("MatMul", images, graph.op("Constant", value_t=columns.T.contiguous()))
        return graph.op("MatMul", graph.op("Constant", value_t=rows), narrow)

    torch.onnx.register_custom_op_symbolic(name, symbolic, OPSET)
    try:
        yield
    finally:
        torch.onnx.unregister_custom_op_symbolic(name, OPSET)


def _shrinking(length: int, target: int) -> Float[Tensor, "m n"]:
    """The matrix that shrinks one side of an image, as :func:`resize_map` does."""
    unit = torch.eye(length)[None, None]
    return F.interpolate(unit, (target, length), mode="bilinear", antialias=True)[0, 0]
