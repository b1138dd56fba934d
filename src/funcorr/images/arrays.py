"""Arrays and tensors of any float or integer type, in either layout, as plain numpy arrays."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from funcorr.errors import UserError

CHANNELS = (1, 3, 4)

LAYOUTS = "H x W, H x W x 1, 3 or 4, or 3 x H x W, 8-bit or float in [0, 1]"


def as_array(source: Any, what: str) -> np.ndarray:
    """A numpy array of bool, integers or floats, all finite.

    Args:
        source: a numpy array, a torch tensor on any device, or what offers ``__array__``.
        what: what it is to be, with its article, for messages.

    Raises:
        UserError: it is none of these, empty, or holds NaN.
    """
    array = plain_array(source, what)
    if array.dtype.kind not in "buif" or array.size == 0:
        shape = " x ".join(map(str, array.shape)) or "no axes"
        raise UserError(f"cannot use an array of {array.dtype} with shape {shape} as {what}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UserError(f"the array given as {what} holds NaN or infinite values")
    return array


def channels_last(array: np.ndarray, what: str) -> np.ndarray:
    """H x W or H x W x C, C one of 1, 3 and 4, from either layout; a batch of one is taken apart.

    Args:
        array: H x W, H x W x C or C x H x W.
        what: for messages.

    Raises:
        UserError: another shape, or one that both layouts fit.

    Example:
        >>> channels_last(np.zeros((3, 40, 60)), "an image").shape
        (40, 60, 3)
    """
    while array.ndim > 3 and len(array) == 1:
        array = array[0]
    if array.ndim == 2:
        return array
    shape = " x ".join(map(str, array.shape))
    if array.ndim == 3:
        last, first = (_fits(array.shape, axis) for axis in (2, 0))
        if last and first:
            raise UserError(
                f"the array of {shape} given as {what} can be read in two ways; expected "
                "H x W x 3 or 3 x H x W with other sides than 1, 3 and 4"
            )
        if last or first:
            return array if last else array.transpose(1, 2, 0)
    raise UserError(f"cannot use {array.dtype} {shape} as {what}; expected {LAYOUTS}")


def _fits(shape: tuple[int, ...], axis: int) -> bool:
    """Whether an axis may be that of the channels."""
    sides = [side for place, side in enumerate(shape) if place != axis]
    return shape[axis] in CHANNELS and min(sides) > 1


def plain_array(source: Any, what: str) -> np.ndarray:
    """A numpy array of any content, in the machine's byte order.

    Args:
        source: a numpy array, a torch tensor on any device, or what offers ``__array__``.
        what: what it is to be, with its article, for messages.

    Raises:
        UserError: it is none of these, or masked.
    """
    if hasattr(source, "detach"):
        source = _from_tensor(source, what)
    elif not isinstance(source, np.ndarray) and hasattr(source, "__array__"):
        source = _from_other(source, what)
    if not isinstance(source, np.ndarray):
        raise UserError(
            f"cannot use {type(source).__name__} as {what}; expected a path, an open binary file, "
            "a PIL image, an array or a tensor"
        )
    if isinstance(source, np.ma.MaskedArray):
        raise UserError(f"cannot use a masked array as {what}; fill it first")
    if (source.dtype.kind == "V" and "float" in source.dtype.name) or source.dtype == np.float16:
        source = source.astype(np.float32)
    return source if source.dtype.isnative else source.astype(source.dtype.newbyteorder("="))


def _from_other(source: Any, what: str) -> np.ndarray:
    """From another library's array, which may be on a device or gone."""
    try:
        return np.asarray(source)
    except Exception as error:  # each library raises kinds of its own
        _unusable(source, what, error)


def _unusable(source: Any, what: str, error: Exception) -> NoReturn:
    reason = " ".join(str(error).split())[:120]
    raise UserError(f"cannot use this {type(source).__name__} as {what}: {reason}") from None


def _from_tensor(tensor: Any, what: str) -> np.ndarray:
    """From any device; bfloat16, half and 8-bit floats become float32, which holds them all."""
    try:
        tensor = tensor.detach().cpu()
        if tensor.is_floating_point() and tensor.element_size() < 4:
            tensor = tensor.float()
        return np.asarray(tensor.resolve_conj().resolve_neg().numpy())
    except (AttributeError, RuntimeError, TypeError, NotImplementedError) as error:
        _unusable(tensor, what, error)
