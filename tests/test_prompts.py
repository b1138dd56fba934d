"""Boxes and clicks: what they may be, and the object that they mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr import Prompt
from funcorr.errors import UserError
from funcorr.images import read_image
from funcorr.segmentation import find_object, networks
from funcorr.segmentation.random_walk import TRUST, random_walk

RNG = np.random.default_rng(0)


def disc(height, width, x, y, radius):
    rows, columns = np.ogrid[:height, :width]
    return (columns - x) ** 2 + (rows - y) ** 2 < radius**2


LEFT, RIGHT = disc(90, 140, 35, 45, 20), disc(90, 140, 105, 45, 20)
HOLE = disc(90, 140, 35, 45, 7)
RGB = RNG.integers(90, 150, (90, 140, 3)).astype(np.uint8)
RGB[LEFT & ~HOLE], RGB[RIGHT] = (230, 40, 30), (30, 40, 230)


def overlap(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "a box, or at least one click on the object"),
        ({"clicks": [(3, 4, False)]}, "at least one click on the object"),
        ({"box": (5, 5, 5, 9)}, "5, 5, 5, 9 has no area"),
        ({"box": (9, 5, 5, 9)}, "left < right"),
        ({"box": (1, 2, 3)}, "four numbers"),
        ({"box": (1, 2, 3, float("nan"))}, "four numbers"),
        ({"box": 7}, "four numbers"),
        ({"clicks": [(1, 2, 3, 4)]}, "a click is x, y"),
        ({"clicks": [(1, 2, "yes")]}, "a click is x, y"),
        ({"clicks": [1, 2]}, "a click is x, y"),
        ({"clicks": [("a", 2)]}, "a click is x, y"),
        ({"box": (0, 0, 9, 9), "clicks": [(10, 4)]}, "10, 4 on the object lies outside the box"),
    ],
)
def test_a_prompt_that_means_nothing_is_a_line(options, said):
    with pytest.raises(UserError, match=said):
        Prompt(**options)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (
            Prompt(clicks=[(140, 3)]),
            "140, 3 lies outside .* 140 x 90 pixels; expected x in 0 to 139",
        ),
        (Prompt(clicks=[(5, 5), (5, -1, False)]), "5, -1 lies outside"),
        (Prompt(box=(150, 0, 160, 9)), "the box 150, 0, 160, 9 lies outside"),
        (Prompt(box=(0, -9, 10, -0.5)), "lies outside"),
    ],
)
def test_a_prompt_beside_the_picture_is_a_line(prompt, said):
    with pytest.raises(UserError, match=said):
        find_object(read_image(RGB), prompt)


@pytest.mark.parametrize(("x", "truth"), [(22, LEFT & ~HOLE), (105, RIGHT)])
def test_a_click_chooses_one_of_two_objects_and_keeps_its_hole(x, truth):
    found = find_object(read_image(RGB), Prompt(clicks=[(x, 45)]))
    assert found.source == "clicks"
    assert found.doubt is None
    assert overlap(found.mask, truth) > 0.85
    assert not found.mask[LEFT if truth is RIGHT else RIGHT].any()


@pytest.mark.parametrize("box", [(12, 22, 58, 68), (-30, 22, 58, 68)])
def test_a_box_keeps_what_is_in_it(box):
    found = find_object(read_image(RGB), Prompt(box=box))
    assert found.source == "box"
    assert overlap(found.mask, LEFT & ~HOLE) > 0.8
    assert not found.mask[:, 60:].any()
    both = find_object(read_image(RGB), Prompt(box=box, clicks=[(22, 45), (35, 45, False)]))
    assert both.source == "box and clicks"
    assert overlap(both.mask, LEFT & ~HOLE) > 0.9


def test_a_click_beside_the_object_takes_away():
    without = Prompt(clicks=[(22, 45), (48, 45, False)])
    mask = find_object(read_image(RGB), without).mask
    assert mask[45, 22]
    assert not mask[45, 48]


@pytest.mark.parametrize("asked", [Prompt(clicks=[(22, 45)]), Prompt(box=(12, 22, 58, 68))])
def test_what_the_network_sees_there_is_the_object(monkeypatch, asked):
    """Also what colours would never join."""
    object_ = disc(90, 140, 35, 45, 26)

    def network(rgb):
        rows, columns = len(rgb), rgb.shape[1]
        at = (rgb[..., 0].astype(int) * 0 + 1) * object_.any()
        whole = (rows, columns) == object_.shape
        return at * (object_ if whole else disc(rows, columns, columns / 2, rows / 2, 26)) * 0.9

    monkeypatch.setattr(networks, "u2net_if_here", lambda: network)
    found = find_object(read_image(RGB), asked)
    assert overlap(found.mask, object_ & asked.possible((90, 140))) > 0.85
    assert found.mask[45, 35]


def test_where_the_network_sees_nothing_the_clicks_tell(monkeypatch):
    looked = []

    def network(rgb):
        looked.append(rgb.shape[:2])
        return np.zeros(rgb.shape[:2])

    monkeypatch.setattr(networks, "u2net_if_here", lambda: network)
    found = find_object(read_image(RGB), Prompt(clicks=[(105, 45)]))
    assert looked == [(90, 140), (45, 70), (22, 35)] or looked[0] == (90, 140)
    assert len(looked) == 3
    assert overlap(found.mask, RIGHT) > 0.9


def test_a_method_that_follows_no_prompt_says_so():
    with pytest.raises(UserError, match="plain follows neither boxes nor clicks"):
        find_object(read_image(RGB), Prompt(clicks=[(22, 45)], method="plain"))


@given(
    rows=st.integers(2, 7),
    columns=st.integers(2, 7),
    seed=st.integers(0, 99),
    thought=st.booleans(),
)
def test_the_walks_solve_their_equations(rows, columns, seed, thought):
    """Against the dense equations in float64."""
    generator = np.random.default_rng(seed)
    rgb = generator.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
    seeds = generator.choice([0, 0, 0, 1, 2], (rows, columns))
    seeds[0, 0], seeds[-1, -1] = 1, 2
    prior = generator.random((rows, columns)) if thought else None
    np.testing.assert_allclose(random_walk(rgb, seeds, prior), dense(rgb, seeds, prior), atol=2e-3)


def dense(rgb, seeds, prior):
    colors, n = rgb.reshape(-1, 3) / 255, seeds.size
    places = np.indices(seeds.shape).reshape(2, -1).T
    scale = 300 / (10 * colors.std() * np.sqrt(3))
    matrix, right = np.zeros((n, n)), np.zeros(n)
    for i in range(n):
        for j in range(n):
            if np.abs(places[i] - places[j]).sum() == 1:
                weight = np.exp(-scale * ((colors[i] - colors[j]) ** 2).sum()) + 1e-6
                matrix[i, j] -= weight
                matrix[i, i] += weight
        if prior is not None:
            matrix[i, i] += TRUST
            right[i] = TRUST * prior.flat[i]
        if seeds.flat[i]:
            matrix[i], right[i] = np.eye(n)[i], seeds.flat[i] == 1
    return np.linalg.solve(matrix, right).reshape(seeds.shape)
