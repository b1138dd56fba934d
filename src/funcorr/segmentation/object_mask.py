"""The object's mask: given, or found by one of the methods that have a name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.errors import UserError
from funcorr.images import MaskLike, Picture, read_mask
from funcorr.images.shrink import enlarged, shrink_factor, shrunk
from funcorr.segmentation import networks
from funcorr.segmentation.doubt import (
    LOST_SHARE,
    mask_doubt,
    outline_doubt,
    soft_doubt,
    unsure_share,
)
from funcorr.segmentation.pieces import one_object
from funcorr.segmentation.plain import LONGEST, plain_background_mask
from funcorr.segmentation.prompt import Prompt
from funcorr.segmentation.protocol import SEGMENTERS, ObjectMask, PromptedSegmenter

AUTO = "auto"

PLAIN = "plain background"

COARSE = (
    "it was found by the shipped model's own features, which is coarse; "
    "`funcorr weights fetch u2net` finds it better"
)

REMEDY = (
    "mark it by a box or a click, pass a mask (a PNG of the same size, white on the object), an "
    "image with a transparent background, or a photo on a plain background"
)

if TYPE_CHECKING:
    MaskSource = (
        MaskLike | Prompt | Callable[[UInt8[np.ndarray, "h w 3"]], Float[np.ndarray, "h w"]]
    )
else:  # what callers bring is refused in words of its own
    MaskSource = Any


def find_object(picture: Picture, mask: MaskSource | None = AUTO) -> ObjectMask:
    """The object of a picture.

    Args:
        picture: the picture.
        mask: a mask of the picture's size (path, array, tensor, PIL image); ``"auto"`` or None for
            the alpha channel, else a plain background that leaves no doubt, else the best network
            that is here; a name of :data:`SEGMENTERS`; a :class:`Prompt`; or a callable that takes
            H x W x 3 ``uint8`` and gives H x W in [0, 1].

    Raises:
        UserError: the mask does not fit, the prompt lies outside, the method is not here, or
            nothing tells the object from its surroundings.
    """
    if mask is None or (isinstance(mask, str) and mask == AUTO):
        return _automatic(picture).doubted(_first_of(picture))
    if isinstance(mask, Prompt):
        return _prompted(picture, mask).doubted(_first_of(picture))
    if isinstance(mask, str) and not Path(mask).exists():
        if mask in SEGMENTERS:
            return _named(picture, mask).doubted(_first_of(picture))
        if not Path(mask).suffix and len(Path(mask).parts) == 1:
            raise UserError(
                f"{mask!r} is neither a mask file nor a segmenter{SEGMENTERS.hint(mask)}"
            )
    given: Any = mask
    if callable(given) and not isinstance(given, os.PathLike) and not hasattr(given, "shape"):
        name = getattr(given, "name", "your segmenter")
        soft = _checked(given(picture.rgb), picture.size, name, picture.name)
        return ObjectMask(soft > 0.5, name, soft_doubt(soft, soft > 0.5))
    return ObjectMask(read_mask(given, picture.frame), "given")


def load_segmenter(name: str) -> Any:
    """A method by its name; what follows a colon is handed to it.

    Raises:
        UserError: there is no such method, or it is not installed.
    """
    _, colon, rest = name.partition(":")
    make: Any = SEGMENTERS[name]
    return make(rest) if colon else make()


def _automatic(picture: Picture) -> ObjectMask:
    if picture.alpha_mask is not None:
        return ObjectMask(picture.alpha_mask, "alpha")
    plain = _on_plain(picture)
    if plain is not None and plain.doubt is None:
        return plain
    for network_if_here in networks.INSTALLED:
        if (network := network_if_here()) is not None:
            return _by_network(picture, network, plain)
    if plain is None:
        raise UserError(
            f"cannot tell the object from the background in {picture.name}: `funcorr weights fetch "
            f"u2net` brings a network that finds it; or {REMEDY}"
        )
    return plain


def _by_network(picture: Picture, network: Any, plain: ObjectMask | None) -> ObjectMask:
    """What the network sees, or the doubtful mask of a plain background where it is lost.

    Raises:
        UserError: it sees no object, or none for sure, and no plain background tells it.
    """
    factor = shrink_factor(picture.size, LONGEST)
    soft = network(shrunk(picture.rgb, factor))
    found = soft > 0.5
    if found.any() and unsure_share(soft, found) <= LOST_SHARE:
        return _kept(soft, picture, network.name, factor)
    if plain is not None:
        return plain
    raise UserError(
        f"cannot tell the object from the background in {picture.name}: {network.name} sees "
        f"{'nothing' if found.any() else 'no object'} for sure; {REMEDY}"
    )


def _on_plain(picture: Picture) -> ObjectMask | None:
    found = plain_background_mask(picture.rgb)
    if found is None:
        return None
    kept, others = one_object(found)
    return ObjectMask(kept, PLAIN, mask_doubt(picture, found)).doubted(_seen(others))


def _named(picture: Picture, name: str) -> ObjectMask:
    """By a segmenter's name."""
    segmenter = load_segmenter(name)
    factor = shrink_factor(picture.size, LONGEST)
    rgb = shrunk(picture.rgb, factor)
    soft = _checked(segmenter(rgb), rgb.shape[:2], name, picture.name)
    return _kept(soft, picture, name, factor)


def _prompted(picture: Picture, prompt: Prompt) -> ObjectMask:
    prompt.check(picture.size, picture.name)
    factor = shrink_factor(picture.size, LONGEST)
    rgb, moved = shrunk(picture.rgb, factor), prompt.moved(0, 0, 1 / factor)
    if prompt.method == AUTO:
        from funcorr.segmentation.prompted import follow_prompt

        soft = follow_prompt(rgb, moved, networks.u2net_if_here(), networks.trunk_if_here())
        return _followed(_kept(soft, picture, prompt.said, factor, bool(prompt.clicks)), picture)
    segmenter = load_segmenter(prompt.method)
    if not isinstance(segmenter, PromptedSegmenter):
        raise UserError(
            f"the segmenter {prompt.method} follows neither boxes nor clicks; leave it out, or use "
            "one that does, such as sam:FOLDER"
        )
    soft = _checked(segmenter.prompted(rgb, moved), rgb.shape[:2], prompt.method, picture.name)
    source = f"{prompt.said}, {prompt.method}"
    return _followed(_kept(soft, picture, source, factor, bool(prompt.clicks)), picture)


def _followed(found: ObjectMask, picture: Picture) -> ObjectMask:
    """What a prompt gave, with what its outline says against it."""
    return found.doubted(None if found.doubt else outline_doubt(picture.rgb, found.mask))


def _kept(
    soft: Float[np.ndarray, "h w"],
    picture: Picture,
    source: str,
    factor: int,
    chosen: bool = False,
) -> ObjectMask:
    """One object of a soft mask, at the picture's size, with its doubt; all where it was chosen."""
    found = soft > 0.5
    if not found.any():
        raise UserError(f"the segmenter {source} sees no object in {picture.name}; {REMEDY}")
    kept, others = (found, 0) if chosen else one_object(found)
    doubt = soft_doubt(np.where(found & ~kept, 0, soft), kept)
    mask = ObjectMask(enlarged(kept, factor, picture.size), source, doubt).doubted(_seen(others))
    return mask.doubted(COARSE) if source == "trunk" else mask


def _seen(others: int) -> str | None:
    if not others:
        return None
    return f"{others + 1} objects seen; the larger was taken, a click chooses another"


def _first_of(picture: Picture) -> str | None:
    if picture.frames < 2:
        return None
    return f"the first of {picture.frames} pictures of the file was taken"


def _checked(made: Any, size: tuple[int, ...], name: str, picture: str) -> np.ndarray:
    soft = np.asarray(made)
    if soft.shape != size or soft.dtype.kind not in "bf":
        raise UserError(
            f"the segmenter {name} gave {soft.dtype} of {soft.shape} for {picture}; expected "
            f"floats in [0, 1] of {size}"
        )
    if not np.isfinite(soft).all() or soft.min() < 0 or soft.max() > 1:
        raise UserError(f"the segmenter {name} gave values outside [0, 1] for {picture}")
    if not (soft > 0.5).any():
        raise UserError(f"the segmenter {name} sees no object in {picture}; pass a mask")
    return soft
