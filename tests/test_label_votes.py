"""Boxes to votes to masks: against slow references, and on objects whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from funcorr.errors import UserError
from funcorr.functions.taxonomy import Part
from funcorr.geometry.sampling import sample_surface
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.part_masks import MaskConfig, closed, drawn_mask, paper_mask
from funcorr.pseudolabel.surface_graph import SurfaceGraph
from funcorr.pseudolabel.votes import (
    ViewAnswers,
    VoteConfig,
    Votes,
    count_votes,
    point_scores,
    select_points,
)

PLAIN = VoteConfig(smooth=0, pieces=0, edge_weighting=False)


def cube(count=1500, seed=0) -> SurfaceGraph:
    """Points on a cube."""
    import trimesh

    mesh = trimesh.creation.box()
    points, faces = sample_surface(mesh.triangles, count, np.random.default_rng(seed))
    return SurfaceGraph(points.astype("f4"), mesh.face_normals[faces].astype("f4"))


CUBE = cube()
ids = st.lists(st.integers(0, 29), unique=True, max_size=30)
sides = st.tuples(*[st.integers(0, 9)] * 4)


@given(
    st.lists(st.tuples(ids, st.lists(st.lists(sides, max_size=2), max_size=3)), max_size=3),
    st.integers(0, 9),
)
def test_votes_are_counted_as_a_loop_counts_them(views, seed):
    generator = np.random.default_rng(seed)
    answered, inside, answers = [], [0] * 30, [0] * 30
    for seen, drawn in views:
        pixels = generator.uniform(0, 12, (len(seen), 2)).astype("f4")
        texts = tuple(tuple(Box(a, b, a + w + 1, b + h + 1) for a, b, w, h in t) for t in drawn)
        answered.append(ViewAnswers(np.array(seen, int), pixels, texts))
        for point, (x, y) in zip(seen, pixels, strict=True):
            answers[point] += len(texts)
            inside[point] += sum(
                any(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in boxes) for boxes in texts
            )
    votes = count_votes(30, answered)
    assert votes.inside.tolist() == inside
    assert votes.answers.tolist() == answers


def test_normalised_votes_do_not_favour_what_is_seen_often():
    votes = Votes(np.repeat([4, 8, 0], 500), np.repeat([4, 40, 0], 500))
    scores = point_scores(votes, CUBE, VoteConfig(smooth=0))
    assert scores[::500].tolist() == pytest.approx([1, 0.2, 0])
    released = point_scores(votes, CUBE, VoteConfig(sums="released", smooth=0))
    assert released[::500].tolist() == [0.5, 1, 0]


@pytest.mark.parametrize("count", [0, 7])
def test_votes_that_say_nothing_select_nothing(count):
    votes = Votes(np.full(1500, count), np.full(1500, 9))
    scores = point_scores(votes, CUBE, VoteConfig())
    assert not scores.any()
    assert not select_points(scores, votes, CUBE, PLAIN).any()


def test_no_threshold_is_below_the_floor():
    """Otsu alone would part the weak votes from none; the floor keeps only the strong ones."""
    scores = np.repeat([0.0, 0.2, 1.0], [750, 740, 10]).astype(np.float32)
    votes = Votes(np.ones(1500, int), np.ones(1500, int))
    for floor, selected in ((0.0, 750), (0.4, 10)):
        chosen = select_points(scores, votes, CUBE, VoteConfig(floor=floor, pieces=0))
        assert chosen.sum() == selected


def test_thin_places_are_the_edges_of_a_cube():
    to_edge = np.sort(0.5 - np.abs(CUBE.xyz), axis=1)[:, 1]
    assert CUBE.thinness[to_edge < 0.02].mean() > 0.8
    assert CUBE.thinness[to_edge > 0.2].max() < 0.05


def test_smoothing_stays_on_its_side_of_a_sheet():
    """Two sheets back to back, as the inside and outside of a cup."""
    grid = np.stack(np.meshgrid(np.arange(20), np.arange(20)), axis=-1).reshape(-1, 2) / 20
    sheets = [np.column_stack([grid, np.full(400, z)]) for z in (0, 1e-3)]
    up = np.tile([0, 0, 1], (400, 1))
    graph = SurfaceGraph(
        np.concatenate(sheets).astype("f4"), np.concatenate([-up, up]).astype("f4")
    )
    values = np.repeat([1.0, 0.0], 400)
    assert graph.smoothed(values, 5) == pytest.approx(values)
    spike = np.zeros(800)
    spike[210] = 1
    spread = graph.smoothed(spike, 2)
    assert 0 < spread.max() < 0.5
    assert not spread[400:].any()


def test_small_pieces_go():
    far, near = CUBE.xyz[:, 2] > 0.4, CUBE.xyz[:, 2] < -0.3
    both = far | near
    smaller, larger = sorted((far, near), key=np.sum)
    assert (CUBE.large_pieces(both, 0.1) == both).all()
    assert (CUBE.large_pieces(both, 1.0) == larger).all()
    assert smaller.any()


@pytest.mark.parametrize("setting", [{"smooth": -1}, {"pieces": 2}, {"floor": 1}], ids=str)
def test_senseless_votes_are_refused(setting):
    with pytest.raises(UserError, match="got"):
        VoteConfig(**setting)


def heat(size=98):
    """A map of points one per pixel on a disc, and scores that fall away from its upper left."""
    rows, columns = np.indices((size, size))
    disc = np.hypot(rows - size / 2, columns - size / 2) < 0.4 * size
    shown = np.where(disc, np.cumsum(disc).reshape(disc.shape) - 1, -1)
    scores = np.exp(-np.hypot(rows - 0.35 * size, columns - 0.3 * size) / (0.12 * size))
    return shown, scores[disc].astype("f4")


def test_paper_masks_follow_the_released_rules():
    shown, scores = heat()
    config = MaskConfig(blur=0, fine_closing=0, fewest=0)
    image = np.where(shown >= 0, scores[shown], 0)
    levelled = np.maximum(image, config.floor)
    expected = (image > 0) & (levelled > threshold_otsu(levelled, nbins=256))
    mask = paper_mask(shown, scores, config, small=True)
    assert (mask != expected).mean() < 0.01
    few = paper_mask(shown, scores, MaskConfig(fewest=10**6, fine_closing=0), small=True)
    assert (few == (image > config.fallback)).all()


def test_paper_masks_close_gaps_and_stay_on_the_object():
    shown, scores = heat()
    holes = (scores > 0.6) & (np.arange(len(scores)) % 7 > 0)
    mask = paper_mask(shown, holes.astype("f4"), MaskConfig())
    solid = paper_mask(shown, (scores > 0.6).astype("f4"), MaskConfig())
    assert (mask & solid).sum() > 0.85 * (mask | solid).sum()
    assert not mask[shown < 0].any()


def test_closing_fills_gaps_up_to_its_size_and_ignores_the_border():
    mask = np.zeros((20, 30), bool)
    mask[:, :10] = mask[:, 14:] = True
    assert closed(mask, 2).all()
    assert (closed(mask, 1) == mask).all()
    assert (closed(mask, 0) == mask).all()


def test_drawn_masks_show_selected_points_only():
    shown, scores = heat()
    assert (
        drawn_mask(shown, scores > 0.5) == np.where(shown >= 0, scores[shown] > 0.5, False)
    ).all()


def test_a_taxonomy_part_is_thin_by_its_edge_flag():
    votes = Votes(np.full(1500, 4), np.full(1500, 4))
    config = VoteConfig(edge_weighting=True, smooth=0)
    part = Part("rim", "A line.", edge=True)
    assert np.allclose(
        point_scores(votes, CUBE, config, part.edge),
        (CUBE.thinness - CUBE.thinness.min()) / np.ptp(CUBE.thinness),
        atol=1e-5,
    )
    assert not point_scores(votes, CUBE, config, thin=False).any()
