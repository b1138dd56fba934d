"""Whitening of features: what is common to all points is removed, rare directions count more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float

from funcorr.errors import UserError

REGULARIZER = 0.03
"""Share of the mean eigenvalue that is added to every eigenvalue."""

POWER = 0.25
"""Exponent of the division; 0.5 would be full whitening, which amplifies noise."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """Statistics of one map's features over many object points.

    Attributes:
        mean: C.
        basis: C x C, principal directions as columns.
        eigenvalues: C variances along them.
    """

    mean: Float[torch.Tensor, " c"]
    basis: Float[torch.Tensor, "c c"]
    eigenvalues: Float[torch.Tensor, " c"]

    def apply(self, maps: Float[torch.Tensor, "b c h w"]) -> Float[torch.Tensor, "b c h w"]:
        """Whiten every cell and give it unit length.

        ``y = U^T (x - m) / (l + 0.03 mean(l))^0.25``, then ``y / |y|``, with mean m, basis U and
        eigenvalues l.
        """
        mean, basis, eigenvalues = (
            each.to(maps) for each in (self.mean, self.basis, self.eigenvalues)
        )
        scale = (eigenvalues + REGULARIZER * eigenvalues.mean()) ** -POWER
        centred = maps - mean[:, None, None]
        return F.normalize(torch.einsum("bchw,cd->bdhw", centred, basis * scale), dim=1)


class Moments:
    """Mean and covariance of rows of length ``channels``, which come in batches; in float64."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self._sum = torch.zeros(channels, dtype=torch.float64)
        self._products = torch.zeros(channels, channels, dtype=torch.float64)

    def add(self, rows: Float[torch.Tensor, "n c"]) -> None:
        """Count n more rows."""
        values = rows.detach().cpu().double()
        self.count += len(values)
        self._sum += values.sum(dim=0)
        self._products += values.T @ values

    def whitening(self) -> Whitening:
        """Eigen-decompose the covariance, largest variance first.

        Raises:
            UserError: fewer than two rows were added.
        """
        if self.count < 2:
            raise UserError(f"whitening needs at least two feature rows, got {self.count}")
        mean = self._sum / self.count
        covariance = self._products / self.count - torch.outer(mean, mean)
        eigenvalues, basis = torch.linalg.eigh(covariance)
        eigenvalues, basis = eigenvalues.flip(0).clamp_min(0), basis.flip(1)
        return Whitening(mean.float(), basis.float(), eigenvalues.float())


def fit_whitening(batches: Iterable[Float[torch.Tensor, "_ c"]]) -> Whitening:
    """Statistics of one map's features from batches of rows, in one pass.

    Raises:
        UserError: fewer than two rows.

    Example:
        >>> spread = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
        >>> fit_whitening([spread[:2], spread[2:]]).eigenvalues.tolist()
        [4.5, 0.5]
    """
    moments: Moments | None = None
    for rows in batches:
        moments = moments or Moments(rows.shape[1])
        moments.add(rows)
    return (moments or Moments(1)).whitening()
