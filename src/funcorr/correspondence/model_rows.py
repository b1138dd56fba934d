"""The named models: the rows of the paper's Table 1 and ours, and what each needs to run."""

from __future__ import annotations

import importlib.util
import os
import shlex
from dataclasses import dataclass
from typing import NamedTuple

from funcorr.weights.heads import find_head, home
from funcorr.weights.resolver import find

VLM_URL = "FUNCORR_VLM_URL"
"""Environment variable with the address of the chat server behind the ``vlm+`` rows, up to and
with ``/v1``."""

VLM_MODEL = "FUNCORR_VLM_MODEL"
"""Environment variable with the model's name on that server; by default the last word of the row's
name."""

_SMALL = ("efficientnet-lite2", "dinov2-small-focus", "minilm")
_BASE = ("dinov2-base", "clip-vit-base-patch32")
_FUSED, _DINO, _SD = _SMALL[:2], _BASE[:1], ("stable-diffusion-1.5",)


class MissingRequirement(NamedTuple):
    """Why a model does not run here.

    Attributes:
        what: one line.
        remedy: the command that helps, or an empty string.
    """

    what: str
    remedy: str = ""


@dataclass(frozen=True)
class ModelRow:
    """A named model.

    Attributes:
        name: accepted wherever a model is.
        what: one line.
        weights: pretrained parts it needs, see ``funcorr weights list``.
        head: name of the trained head that it needs, see :func:`funcorr.weights.heads.find_head`,
            or None.
        package: an optional package and the extra that brings it, or None.
        server: it asks a chat server for boxes.
        training: what follows ``funcorr train`` to make the head, all but ``--out``; or nothing for
            heads that the package ships.
    """

    name: str
    what: str
    weights: tuple[str, ...] = ()
    head: str | None = None
    package: tuple[str, str] | None = None
    server: bool = False
    training: str = ""

    def missing(self) -> MissingRequirement | None:
        """What the model needs and this machine has not, without any download; or None."""
        found = [*self._missing()]
        if not found:
            return None
        remedies = " && ".join(lack.remedy for lack in found if lack.remedy)
        return MissingRequirement("; ".join(lack.what for lack in found), remedies)

    def _missing(self) -> list[MissingRequirement]:
        found = []
        if self.package and importlib.util.find_spec(self.package[0]) is None:
            module, extra = self.package
            found.append(
                MissingRequirement(f"{module} is not installed", f"pip install 'funcorr[{extra}]'")
            )
        if absent := [name for name in self.weights if find(name) is None]:
            fetch = f"funcorr weights fetch {' '.join(absent)}"
            found.append(MissingRequirement("its pretrained weights are not here", fetch))
        if self.server and not os.environ.get(VLM_URL):
            export = f"export {VLM_URL}=http://HOST:8000/v1"
            found.append(
                MissingRequirement("no server is named that runs its vision-language model", export)
            )
        if self.head and find_head(self.head) is None:
            out = shlex.quote(str(home(self.head)))
            train = f"funcorr train {self.training} --out {out}" if self.training else ""
            found.append(MissingRequirement("its head has not been trained", train))
        return found


def rows() -> list[ModelRow]:
    """Every named model, runnable here or not."""
    diffusers, openai = ("diffusers", "diffusion"), ("openai", "vlm")
    return [
        ModelRow("chance", "uniform random pixels of the object"),
        ModelRow("features:efficientnet-lite2", "EfficientNet-Lite2 features", _SMALL[:1]),
        ModelRow("features:dinov2-small-focus", "features of a fine-tuned ViT-S/14", _SMALL[1:2]),
        ModelRow("features:fused", "both of these, whitened", _FUSED),
        ModelRow("dino", "DINOv2-B, last three blocks, 224 px (paper)", _DINO),
        ModelRow("features:dinov2-base@448", "the same at 448 px", _DINO),
        ModelRow("sd", "Stable Diffusion 1.5 features (paper)", _SD, package=diffusers),
        ModelRow("sd-dino", "both of these (paper)", (*_SD, *_DINO), package=diffusers),
        *(
            ModelRow(f"vlm+dino:{name}", what, _DINO, package=openai, server=True)
            for name, what in (
                ("cogvlm", "dino in CogVLM's boxes of parts (paper)"),
                ("manipvqa-p", "dino in ManipVQA's boxes of parts (paper)"),
                ("manipvqa-f", "dino in ManipVQA's boxes by function (paper)"),
            )
        ),
        ModelRow(
            "vlm+dino:grounding-dino-tiny",
            "dino in a detector's boxes of parts",
            (*_DINO, "grounding-dino-tiny"),
        ),
        ModelRow("oracle+dino", "dino in the true part masks of a benchmark", _DINO),
        ModelRow("oracle+features:fused", "fused features in the same masks", _FUSED),
        ModelRow(
            "funcorr-base",
            "the paper's preset: DINOv2-B and CLIP",
            _BASE,
            "funcorr-base",
            training="correspondence DATASET --config paper",
        ),
        *(
            ModelRow(name, what, _SMALL, name)
            for name, what in (
                ("funcorr-small-functional", "functional and mask loss, no spatial loss"),
                ("funcorr-small-spatial", "spatial loss only"),
                ("funcorr-small-nomask", "functional and spatial loss, no mask"),
                ("funcorr-small-paper", "the paper's three losses only"),
                ("funcorr-small", "the shipped model: fused features, MiniLM"),
            )
        ),
        ModelRow("oracle+funcorr-small", "the same in true part masks", _SMALL, "funcorr-small"),
    ]
