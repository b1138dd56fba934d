"""The affordance model: an image once, a heatmap per action."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from funcorr.affordance.frozen_encoder import FrozenEncoder, FrozenFeatures
from funcorr.affordance.head import AffordanceHead, heatmaps
from funcorr.affordance.result import AffordanceMap
from funcorr.errors import UserError
from funcorr.functions import function_words
from funcorr.functions.prompted import prompted
from funcorr.functions.text import TextEncoder
from funcorr.images import ImageLike, Picture, read_image
from funcorr.io import content_hash
from funcorr.segmentation import MaskSource, ObjectMask, find_object

PLAIN = 2
"""Images whose grey levels span no more than this show nothing."""


@dataclass(frozen=True, eq=False)
class EncodedScene:
    """An image after the expensive step; good for any actions and any head on this trunk.

    Attributes:
        picture: the caller's image.
        features: what the frozen trunk made of it.
        fingerprint: of the trunk.
        found: which pixels are the object that is asked about; the whole image where None.
    """

    picture: Picture
    features: FrozenFeatures
    fingerprint: str
    found: ObjectMask | None = None

    def on_object(self, maps: Float[Tensor, "a h w"]) -> Float[np.ndarray, "a h w"]:
        """Maps in [0, 1] as arrays, 0 beside the object."""
        values = maps.clamp_(0, 1).cpu().numpy()
        if self.found is not None:
            values *= self.found.mask
        return values


class AffordanceModel:
    """Heatmaps of actions on images.

    The whole image is seen, squeezed to the backbone's square as in OOAL; no mask is needed.

    Args:
        name: what results and tables call the model.
        trunk: the frozen backbone.
        text_encoder: the frozen text encoder.
        head: the trained part.
    """

    def __init__(
        self, name: str, trunk: FrozenEncoder, text_encoder: TextEncoder, head: AffordanceHead
    ) -> None:
        self.name = name
        self.trunk, self.text_encoder = trunk, text_encoder
        self.head = head.eval().requires_grad_(False)
        self._encoder = prompted(text_encoder, head.shape.prompt_layers)
        self._texts: dict[str, Tensor] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def fingerprint(self) -> str:
        """Changes with whatever changes a map: trunk, text encoder and head."""
        parts = [self.trunk.fingerprint, self.text_encoder.fingerprint, repr(self.head.shape)]
        weights = (tensor.cpu().numpy().tobytes() for tensor in self.head.state_dict().values())
        return content_hash([*parts, *weights])

    def encode(
        self, image: ImageLike | EncodedScene, mask: MaskSource | None = None
    ) -> EncodedScene:
        """Run the backbone: the expensive step, once per image.

        Args:
            image: what :func:`funcorr.images.read_image` takes; an :class:`EncodedScene` passes
                through.
            mask: the object that is asked about, where the image shows several: a mask, a
                :class:`funcorr.Prompt`, ``"auto"``, a segmenter's name or a callable. Maps are 0
                beside it. The whole image where None.

        Raises:
            UserError: the image is not usable, is of one colour all over, or was encoded by a
                model on another backbone.
        """
        if isinstance(image, EncodedScene):
            if image.fingerprint != self.trunk.fingerprint:
                raise UserError(
                    f"the image {image.picture.name} was encoded for another backbone than that "
                    f"of {self.name}; encode it with this model"
                )
            if mask is not None:
                raise UserError("an encoded image has its mask already; pass mask to encode")
            return image
        picture = read_image(image)
        if int(picture.rgb.max()) - int(picture.rgb.min()) <= PLAIN:
            raise UserError(
                f"{picture.name} is of one colour all over; expected an image of an object"
            )
        found = None if mask is None else find_object(picture, mask)
        features = self.trunk.encode([picture.rgb])
        return EncodedScene(picture, features, self.trunk.fingerprint, found)

    @torch.no_grad()
    def predict(
        self,
        image: ImageLike | EncodedScene,
        actions: Sequence[str],
        mask: MaskSource | None = None,
    ) -> AffordanceMap:
        """Where on the image each action takes place.

        The backbone runs once, whatever the number of actions, and the map of an action does not
        depend on the others that are asked for.

        Args:
            image: as :meth:`encode` takes it, or its result.
            actions: verbs, ``"pour"`` or ``"drink with"``; any words are legal, whether trained on
                or not; ``_``, ``-`` and space are equal.
            mask: the object that is asked about, as :meth:`encode` takes it.

        Raises:
            UserError: the image or an action is not usable, or there are no actions.

        Example::

            aff = funcorr.load_affordance_model("funcorr-afford-small")
            amap = aff.predict("mug.png", actions=["pour", "hold"])
            amap.heatmaps.shape  # 2 x H x W
        """
        scene = self.encode(image, mask)
        maps = scene.on_object(heatmaps(self._logits(scene, actions), scene.picture.size)[0])
        return AffordanceMap(maps, tuple(actions), self.name, scene.picture.rgb)

    def predict_each(
        self, image: ImageLike | EncodedScene, actions: Sequence[str]
    ) -> Iterator[AffordanceMap]:
        """The maps of :meth:`predict` one after the other: one at a time is in memory.

        Args:
            image: see :meth:`predict`.
            actions: see :meth:`predict`.

        Raises:
            UserError: see :meth:`predict`.
        """
        scene = self.encode(image)
        with torch.no_grad():
            logits = self._logits(scene, actions)
        for index, action in enumerate(actions):
            maps = scene.on_object(heatmaps(logits[:, [index]], scene.picture.size)[0])
            yield AffordanceMap(maps, (action,), self.name, scene.picture.rgb)

    def _logits(
        self, scene: EncodedScene, actions: Sequence[str]
    ) -> Float[Tensor, "1 a rows columns"]:
        if isinstance(actions, str) or len(actions) == 0:
            raise UserError(
                f"actions is a list of at least one verb, such as ['pour'], got {actions!r}"
            )
        text = torch.stack([self._text(action) for action in actions])
        fused = self.head.fuse(*scene.features.float().to(text.device))
        return self.head.logits(self.head.read(text, fused), fused)

    def _text(self, action: str) -> Float[Tensor, " d"]:
        words = function_words(action)
        if words not in self._texts:
            names = self._encoder.prepare([words])
            self._texts[words] = self.head.text(self._encoder, names)[0]
        return self._texts[words]
