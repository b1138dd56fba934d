"""Features of Stable Diffusion's UNet through diffusers: no compiled dependency."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float

from funcorr.errors import UserError, require
from funcorr.features.backbone import check_images
from funcorr.features.grid import resize_to_multiple
from funcorr.io import file_hash
from funcorr.weights.pretrained import pick_device, quiet_transformers


@dataclass(frozen=True)
class DiffusionConfig:
    """What changes the features.

    Attributes:
        timestep: how much noise the image gets before the UNet sees it.
        prompt: what the UNet is told about the image.
        blocks: which blocks of the decoder give a map, coarsest first.
        noise_seed: of the one noise pattern that every image gets.
        noise_side: its side in latent pixels; it is stretched to the image's latent.
    """

    timestep: int = 100  # paper: 100
    prompt: str = ""  # paper: no text; the extractor it uses makes up a caption with a network
    blocks: tuple[int, ...] = (0, 1, 2)  # paper: three levels
    noise_seed: int = 42
    noise_side: int = 64


class DiffusionBackbone:
    """Decoder maps of a noised image; see :class:`~funcorr.features.backbone.Backbone`.

    A map is what enters the last layer of a decoder block. At the recommended 960 pixels the three
    maps of Stable Diffusion 1.5 have 15, 30 and 60 cells a side.

    Args:
        folder: a Stable Diffusion pipeline in diffusers' layout, as ``save_pretrained`` writes it
            (``unet``, ``vae``, ``scheduler``, ``text_encoder``, ``tokenizer``), safetensors only.
        name: what to call it.
        input_size: recommended side of the square input, in pixels.
        device: where to run; None takes a GPU if there is one.
        config: timestep, prompt, blocks and noise.

    Raises:
        UserError: the folder cannot be read as such a pipeline, or has no such block.
        MissingExtraError: diffusers is not installed.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        input_size: int = 960,
        device: str | torch.device | None = None,
        config: DiffusionConfig | None = None,
    ) -> None:
        self.name, self.input_size, self.config = name, input_size, config or DiffusionConfig()
        self._folder, self._device = folder, pick_device(device)
        diffusers = require("diffusers", extra="diffusion")
        self._hooked = threading.Lock()  # a hook hears the calls of every thread
        self._unet = self._part(diffusers.UNet2DConditionModel, "unet")
        self._vae = self._part(diffusers.AutoencoderKL, "vae")
        self._scheduler = _read(diffusers.DDPMScheduler.from_pretrained, folder, "scheduler")
        self._text = self._embedded(self.config.prompt)
        if not set(self.config.blocks) <= set(range(len(self._unet.up_blocks))):
            raise UserError(
                f"{name} has the decoder blocks 0 to {len(self._unet.up_blocks) - 1}, "
                f"got {self.config.blocks}"
            )
        halvings = len(self._vae.config.block_out_channels) + len(self._unet.up_blocks) - 2
        self._coarsest = 2**halvings
        self.map_names = tuple(f"up{number}" for number in self.config.blocks)
        widths = self._unet.config.block_out_channels[::-1]
        self.channels = tuple(widths[number] for number in self.config.blocks)
        self.strides = tuple(self._coarsest // 2**number for number in self.config.blocks)

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the weights and with anything else that changes the maps."""
        digest = hashlib.sha256(repr(asdict(self.config)).encode())
        for file in sorted(self._folder.glob("*/*")):
            if file.suffix in (".json", ".safetensors", ".txt"):
                digest.update(file_hash(file).digest())
        return digest.hexdigest()[:16]

    @torch.no_grad()
    def maps(self, images: Float[torch.Tensor, "b 3 h w"]) -> tuple[torch.Tensor, ...]:
        """Decoder maps, coarsest first; the UNet's coarsest stride divides the stretched image."""
        check_images(images)
        images = resize_to_multiple(images.to(self._device), self._coarsest)
        latents = self._vae.encode(2 * images - 1).latent_dist.mean
        latents = latents * self._vae.config.scaling_factor
        time = torch.tensor([self.config.timestep], device=self._device).expand(len(images))
        noisy = self._scheduler.add_noise(latents, self._noise(latents), time)
        found: dict[int, torch.Tensor] = {}
        with self._hooked, ExitStack() as stack:
            for number in self.config.blocks:
                layer = _layers(self._unet.up_blocks[number])[-2]
                stack.enter_context(layer.register_forward_hook(_keep(found, number)))
            self._unet(noisy, time, self._text.expand(len(images), -1, -1))
        return tuple(found[number] for number in self.config.blocks)

    def _noise(self, latents: torch.Tensor) -> torch.Tensor:
        side = self.config.noise_side
        generator = torch.Generator().manual_seed(self.config.noise_seed)
        noise = torch.randn(1, latents.shape[1], side, side, generator=generator).to(latents)
        stretched = F.interpolate(noise, latents.shape[-2:], mode="bicubic", align_corners=False)
        return stretched.expand_as(latents)

    def _part(self, kind: Any, name: str) -> Any:
        options = {"torch_dtype": torch.float32, "use_safetensors": True}
        options["low_cpu_mem_usage"] = False  # without it, a word of advice to install accelerate
        model = _read(kind.from_pretrained, self._folder, name, **options)
        return model.eval().requires_grad_(False).to(self._device)

    @torch.no_grad()
    def _embedded(self, prompt: str) -> Float[torch.Tensor, "1 t d"]:
        from transformers import CLIPTextModel, CLIPTokenizerFast

        tokenizer = _read(CLIPTokenizerFast.from_pretrained, self._folder, "tokenizer")
        options = {"dtype": torch.float32, "use_safetensors": True}
        encoder = _read(CLIPTextModel.from_pretrained, self._folder, "text_encoder", **options)
        longest = encoder.config.max_position_embeddings
        words = tokenizer(
            prompt, padding="max_length", max_length=longest, truncation=True, return_tensors="pt"
        )
        return encoder(words.input_ids).last_hidden_state.to(self._device)


def _layers(block: Any) -> Any:
    """The layers of a decoder block: each ends with attention where the block has any."""
    return getattr(block, "attentions", None) or block.resnets


def _keep(found: dict[int, torch.Tensor], number: int) -> Callable[..., None]:
    def hook(module: Any, given: Any, output: Any) -> None:
        found[number] = output if isinstance(output, torch.Tensor) else output[0]

    return hook


def _read(load: Callable[..., Any], folder: Path, part: str, **options: Any) -> Any:
    try:
        with quiet_transformers():
            return load(folder, subfolder=part, local_files_only=True, **options)
    except Exception as error:  # a damaged or foreign folder fails in many ways
        raise UserError(
            f"cannot read {folder / part} ({type(error).__name__}); expected a Stable Diffusion "
            "pipeline in diffusers' layout with safetensors"
        ) from None
