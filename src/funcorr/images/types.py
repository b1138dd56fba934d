"""What callers may hand over as a mask, a heatmap or points.

At run time the aliases are ``Any``: the readers refuse what they cannot use in words of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike
    from typing import BinaryIO, TypeAlias

    import numpy as np
    from numpy.typing import ArrayLike
    from PIL import Image
    from torch import Tensor

    MaskLike: TypeAlias = str | PathLike[str] | BinaryIO | Image.Image | np.ndarray | Tensor
    HeatmapLike: TypeAlias = MaskLike
    PointsLike: TypeAlias = ArrayLike
else:
    MaskLike = HeatmapLike = PointsLike = Any

__all__ = ["HeatmapLike", "MaskLike", "PointsLike"]
