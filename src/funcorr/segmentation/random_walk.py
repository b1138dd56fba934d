"""Random walks from marked pixels, with what is thought of every pixel beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image

from funcorr.segmentation.prompt import Prompt

STIFFNESS = 300.0
"""How hard colour edges are to cross (``beta`` of scikit-image's random walker, whose default is
130); found by eye on the sample photographs."""

LEAST = 1e-6
"""Least weight of an edge between neighbours."""

TRUST = 0.1
"""Weight of what is thought of a pixel beforehand, beside weights of up to 1 to its neighbours."""

WALK_SIDE = 192
"""Longer side at which walks are made: an answer within about half a second."""

CLICK_RADIUS = 2
"""A click marks so many pixels around it at the size of the walks."""


def walked(
    rgb: UInt8[np.ndarray, "h w 3"],
    prior: Float[np.ndarray, "h w"] | None,
    prompt: Prompt | None = None,
) -> Float[np.ndarray, "h w"]:
    """What is thought of every pixel, moved to the edges of colours, with clicks and a box obeyed.

    Args:
        rgb: a picture of any size; walks are made on a small copy.
        prior: in [0, 1]; None where nothing is thought beforehand.
        prompt: lies on the picture. Without a box the picture's rim counts as surroundings, but
            where the prior says otherwise.
    """
    size = rgb.shape[:2]
    scale = min(WALK_SIDE / max(size), 1.0)
    height, width = (max(round(side * scale), 2) for side in size)
    small = np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.BOX))
    thought = None if prior is None else resized(prior, (height, width))
    seeds = np.zeros((height, width), int)
    if prompt is not None:
        moved = prompt.moved(0, 0, scale)
        seeds = _seeds(moved, (height, width), thought)
    return resized(random_walk(small, seeds, thought), size)


def resized(values: Float[np.ndarray, "h w"], size: tuple[int, ...]) -> Float[np.ndarray, "h2 w2"]:
    """A map in [0, 1] at another (height, width)."""
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC)).clip(0, 1)


def _seeds(
    prompt: Prompt, size: tuple[int, int], thought: Float[np.ndarray, "h w"] | None
) -> Int[np.ndarray, "h w"]:
    """1 on the object, 2 on its surroundings, 0 where unknown; later clicks win."""
    seeds = np.where(prompt.possible(size), 0, 2)
    if prompt.box is None:
        rim = np.ones(size, bool)
        rim[1:-1, 1:-1] = False
        seeds[rim if thought is None else rim & (thought < 0.5)] = 2
    rows, columns = np.ogrid[: size[0], : size[1]]
    for click in prompt.clicks:
        near = (rows - click.y) ** 2 + (columns - click.x) ** 2 <= CLICK_RADIUS**2
        near[click.pixel(size)] = True
        seeds[near] = 1 if click.inside else 2
    return seeds


def random_walk(
    rgb: UInt8[np.ndarray, "h w 3"],
    seeds: Int[np.ndarray, "h w"],
    prior: Float[np.ndarray, "h w"] | None = None,
) -> Float[np.ndarray, "h w"]:
    """How likely a walk from each pixel reaches the object first (Grady 2005, 2006).

    Minimises ``sum w_ij (x_i - x_j)^2 + TRUST sum (x_i - prior_i)^2`` with x fixed at the seeds and
    ``w_ij = exp(-STIFFNESS |c_i - c_j|^2 / (10 s sqrt(3)))`` between neighbours of colours c in
    [0, 1], s their standard deviation.

    Args:
        rgb: a small picture: every pixel is an unknown.
        seeds: 1 on the object, 2 on its surroundings, 0 where unknown.
        prior: in [0, 1]; nothing is thought beforehand where None.
    """
    from scipy import sparse
    from scipy.sparse.linalg import splu

    weights = _laplacian(rgb / 255.0)
    free = np.flatnonzero(seeds.ravel() == 0)
    fixed = np.flatnonzero(seeds.ravel())
    values = (seeds.ravel() == 1).astype(np.float64)
    rows = weights[free]
    system, right = rows[:, free], -rows[:, fixed] @ values[fixed]
    if prior is not None:
        system = system + TRUST * sparse.identity(len(free))
        right = right + TRUST * prior.ravel()[free]
    if len(free):
        symmetric = {"SymmetricMode": True}
        factors = splu(system.tocsc(), "MMD_AT_PLUS_A", 0.0, options=symmetric)
        values[free] = factors.solve(right)
    return values.reshape(seeds.shape).clip(0, 1)


def _laplacian(colors: Float[np.ndarray, "h w 3"]) -> Any:
    """The graph Laplacian of 4-neighbours, sparse."""
    from scipy import sparse

    indices = np.arange(colors.shape[0] * colors.shape[1]).reshape(colors.shape[:2])
    scale = STIFFNESS / (10 * max(float(colors.std()), 1e-3) * 3**0.5)
    ends, weights = [], []
    for axis in (0, 1):
        difference = (np.diff(colors, axis=axis) ** 2).sum(axis=2)
        weights.append((np.exp(-scale * difference) + LEAST).ravel())
        last = indices.shape[axis] - 1
        first, second = (indices.take(range(k, last + k), axis) for k in (0, 1))
        ends.append(np.stack([first.ravel(), second.ravel()]))
    (a, b), w = np.concatenate(ends, axis=1), np.concatenate(weights)
    graph = sparse.coo_array((w, (a, b)), shape=(indices.size,) * 2).tocsr()
    graph = graph + graph.T
    return (sparse.diags_array(graph.sum(axis=1)) - graph).tocsr()
