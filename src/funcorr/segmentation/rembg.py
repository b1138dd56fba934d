"""An installed ``rembg`` (https://github.com/danielgatis/rembg) as a segmenter."""

from __future__ import annotations

from importlib import import_module

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.errors import MissingExtraError, UserError


class RembgSegmenter:
    """One of rembg's models, which rembg itself fetches on first use.

    Args:
        model: as rembg calls it, for instance ``"isnet-general-use"``.

    Raises:
        MissingExtraError: rembg is not installed, or is no release with sessions.
        UserError: it cannot make a session of that model.
    """

    def __init__(self, model: str) -> None:
        self.name = f"rembg:{model}"
        try:
            rembg = import_module("rembg")
            new_session, self._remove = rembg.new_session, rembg.remove
        except (ImportError, AttributeError, SystemExit) as error:
            raise MissingExtraError(
                f"the segmenter {self.name} needs the package rembg, which cannot be used here "
                f"({type(error).__name__}): pip install 'rembg[cpu]'"
            ) from None
        try:
            self._session = new_session(model)
        except Exception as error:  # an unknown model, no network, a damaged file
            raise UserError(
                f"rembg has no model {model!r} to give ({type(error).__name__}: {error!s:.200})"
            ) from None

    def __call__(self, rgb: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w"]:
        """Its mask."""
        mask = np.asarray(self._remove(rgb, session=self._session, only_mask=True))
        return mask.reshape(rgb.shape[:2]).astype(np.float32) / 255
