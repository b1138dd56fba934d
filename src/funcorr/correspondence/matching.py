"""Mutual nearest neighbours by cosine, in blocks: memory does not grow with N x M.

The product of the two descriptor sets is walked tile by tile. Of each tile only the largest value
per row and column group and per column and row group is kept, which serves both directions in one
pass. The winning group of each descriptor is then multiplied again, alone, to find the winner in
it: a few percent of the work of the full product. Of small sets, where that would be much of the
work, the product is made as one on the CPU.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from funcorr.errors import UserError

Precision = Literal["fp32", "bf16"]

TILE_ROWS, TILE_COLUMNS = 512, 4096
"""A tile holds 8 MiB of float32 values; smaller and larger ones measured slower."""

COLUMN_GROUP = 256
"""Columns among which the first pass does not tell the winner of a row."""

PEAK_VALUES = 2**21
"""How many group maxima are held per direction (8 MiB): bounds the memory at any N and M."""

SMALL_PRODUCT = 2**22
"""Products of at most so many values (16 MiB) are made as one on the CPU: 2,048 x 2,048."""

TIE = 2e-7
"""Similarities closer than this are equal; float32 products of unit vectors differ by less."""

BF16_ERROR = 2.0**-7
"""Bound on the bfloat16 error of a cosine: 2**-9 for each factor, 2**-9 for the result, rounded
up to a power of two. Groups this close to the best are checked again in float32."""


class MutualNearest(NamedTuple):
    """Nearest neighbours in both directions.

    Attributes:
        forward: N, for each row of the first set its best row of the second (ties: the lowest).
        similarity: N, their cosine.
        backward: M, for each row of the second set its best row of the first.
    """

    forward: Int[Tensor, " n"]
    similarity: Float[Tensor, " n"]
    backward: Int[Tensor, " m"]


@torch.no_grad()
def mutual_nearest(
    a: Float[Tensor, "n d"],
    b: Float[Tensor, "m e"],
    precision: Precision = "fp32",
) -> MutualNearest:
    """Best partner of every descriptor of ``a`` in ``b`` and the other way round.

    Args:
        a: N x D unit vectors.
        b: M x D unit vectors.
        precision: of the first pass over large sets; ``"bf16"`` is faster where the processor
            multiplies bfloat16 natively, and near-ties are settled in float32, so that the answer
            stays that of ``"fp32"``.

    Raises:
        UserError: a set is empty or the descriptor lengths differ.

    Example:
        >>> a = torch.eye(3)
        >>> mutual_nearest(a, a.flip(0)).forward.tolist()
        [2, 1, 0]
    """
    if len(a) == 0 or len(b) == 0 or a.shape[1] != b.shape[1]:
        raise UserError(
            "matching needs two non-empty sets of descriptors of one length, "
            f"got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    if len(a) * len(b) <= SMALL_PRODUCT and a.device.type == "cpu":
        return _of_small_sets(a, b)
    low = torch.bfloat16 if precision == "bf16" else torch.float32
    slack = BF16_ERROR if precision == "bf16" else 2 * TIE
    columns = -(-len(b) // COLUMN_GROUP)
    stripe = max(PEAK_VALUES // columns // TILE_ROWS, 1) * TILE_ROWS
    row_group = (len(a) * len(b) // PEAK_VALUES // TILE_ROWS + 1) * TILE_ROWS
    buffer = a.new_empty(TILE_ROWS * TILE_COLUMNS, dtype=low)
    column_peaks = buffer.new_full((-(-len(a) // row_group), len(b)), -torch.inf)
    forward, similarity = [], []
    for top in range(0, len(a), stripe):
        queries = a[top : top + stripe]
        row_peaks = buffer.new_empty(len(queries), columns)
        for row in range(0, len(queries), TILE_ROWS):
            group = column_peaks[(top + row) // row_group]
            _tile_row(queries[row : row + TILE_ROWS].to(low), b, buffer, row_peaks[row:], group)
        winner, best = _settle(queries, b, row_peaks, COLUMN_GROUP, slack)
        forward.append(winner)
        similarity.append(best)
    backward, _ = _settle(b, a, column_peaks.T, row_group, slack)
    return MutualNearest(torch.cat(forward), torch.cat(similarity), backward)


def _of_small_sets(a: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> MutualNearest:
    product = torch.mm(a, b.T).numpy()
    (forward, similarity), (backward, _) = _winners(product, 1), _winners(product, 0)
    return MutualNearest(*map(torch.from_numpy, (forward, similarity, backward)))


def _winners(
    product: Float[np.ndarray, "n m"], axis: int
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Along an axis, the first index of the largest value, ties included, and that value."""
    best = product.max(axis, keepdims=True)
    found = np.divmod(np.flatnonzero(product >= best - np.float32(TIE)), product.shape[1])
    winner = np.empty(best.size, np.int64)
    winner[found[1 - axis][::-1]] = found[axis][::-1]
    return winner, best.ravel()


def _tile_row(
    rows: Float[Tensor, "r d"],
    b: Float[Tensor, "m d"],
    buffer: Float[Tensor, " size"],
    row_peaks: Float[Tensor, "_ groups"],
    column_peaks: Float[Tensor, " m"],
) -> None:
    """One row of tiles: fill in the maxima of its rows, raise those of the columns."""
    for left in range(0, len(b), TILE_COLUMNS):
        chunk = b[left : left + TILE_COLUMNS].to(rows.dtype)
        missing = -len(chunk) % COLUMN_GROUP
        chunk = torch.nn.functional.pad(chunk, (0, 0, 0, missing)) if missing else chunk
        product = buffer[: len(rows) * len(chunk)].view(len(rows), len(chunk))
        torch.mm(rows, chunk.T, out=product)
        product[:, len(chunk) - missing :] = -torch.inf
        first, count = left // COLUMN_GROUP, len(chunk) // COLUMN_GROUP
        groups = product.view(len(rows), count, COLUMN_GROUP)
        row_peaks[: len(rows), first : first + count] = groups.amax(2)
        known = column_peaks[left : left + len(chunk) - missing]
        torch.maximum(known, product.amax(0)[: len(known)], out=known)


def _settle(
    queries: Float[Tensor, "n d"],
    targets: Float[Tensor, "m d"],
    peaks: Float[Tensor, "n g"],
    group: int,
    slack: float,
) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
    """The winner of each query among the groups whose peak is within ``slack`` of the best."""
    best = queries.new_full((len(queries),), -torch.inf)
    winner = torch.zeros(len(queries), dtype=torch.long, device=queries.device)
    open_groups = peaks.float() >= peaks.amax(1, keepdim=True).float() - slack
    for number, open_group in enumerate(open_groups.T):
        start = number * group
        block = targets[start : start + group]
        for asking in open_group.nonzero()[:, 0].split(max(TILE_ROWS * TILE_COLUMNS // group, 1)):
            product = queries[asking] @ block.T
            value = product.amax(1)
            better = value > best[asking] + TIE
            improved = asking[better]
            best[improved] = value[better]
            winner[improved] = _first_true(product >= value[:, None] - TIE)[better] + start
    return winner, best


def _first_true(matrix: Bool[Tensor, "n m"]) -> Int[Tensor, " n"]:
    """Column of the first True in each row."""
    if matrix.device.type == "cpu":  # numpy promises the first one, and is ten times faster
        return torch.from_numpy(matrix.numpy().argmax(1))
    return matrix.to(torch.uint8).argmax(1)
