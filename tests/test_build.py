"""Benchmarks from alignment files, the choice of views, and the sheets for checking."""

import json
from collections import Counter
from copy import copy
from dataclasses import replace

import numpy as np
import pytest
from flat_objects import BOARDS, FlatDataset, box, flat_view
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from funcorr import UserError
from funcorr.benchmark.gt_sheets import write_check_sheets
from funcorr.groundtruth.alignments import align_frames
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
from funcorr.groundtruth.framed_assets import framed_assets
from funcorr.groundtruth.pair_sampling import BuildConfig, draw_asset_pairs, keep_share
from funcorr.groundtruth.view_selection import PartViews, choose_view_pairs

CONFIG = BuildConfig(per_function=6, image_size=None, ground_truth=GroundTruthConfig(max_points=40))
PAIRS = [("axe-0000", "knife-0000"), ("knife-0001", "axe-0001"), ("axe-0000", "axe-0001")]


def alignments(function="cut-with"):
    return [align_frames(BOARDS[a], BOARDS[b], function) for a, b in PAIRS]


def test_only_aligned_assets_are_paired(tmp_path):
    made = build_benchmark(BOARDS, tmp_path / "bench", CONFIG, alignments=alignments())
    found = Counter((pair.asset1, pair.asset2) for pair in made.pairs)
    assert made.functions == ("cut-with",)
    assert found == dict.fromkeys(PAIRS, 2)
    for pair in made.pairs:
        for points, key in zip(made.ground_truth(pair), ("part1", "part2"), strict=True):
            part = np.asarray(Image.open(made.file(pair, key))) > 127
            assert part[tuple(points.astype(int).T[::-1])].all()


def test_an_alignment_by_hand_equals_that_of_the_frames(tmp_path):
    """Everything but the drawn order comes from the alignment."""
    two = FlatDataset({name: BOARDS[name] for name in PAIRS[0]})
    by_frames = build_benchmark(two, tmp_path / "a", CONFIG, functions=["cut-with"])
    by_file = build_benchmark(two, tmp_path / "b", CONFIG, alignments=alignments()[:1])

    def truth(made):
        lines = (made.path / "pairs.jsonl").read_text().splitlines()
        views = [(line["view1"], line["view2"]) for line in map(json.loads, lines)]
        return dict(zip(views, map(made.ground_truth, made.pairs), strict=True))

    one, other = truth(by_frames), truth(by_file)
    assert set(one) & set(other)
    for views in set(one) & set(other):
        np.testing.assert_array_equal(one[views], other[views])


def test_alignments_of_assets_that_are_not_there_are_refused(tmp_path):
    two = FlatDataset({name: BOARDS[name] for name in PAIRS[0]})
    with pytest.raises(UserError, match="speaks of 'knife-0001', which the dataset lacks"):
        build_benchmark(two, tmp_path / "bench", CONFIG, alignments=alignments())


def test_drawn_asset_pairs_keep_the_shares():
    framed = framed_assets({name: BOARDS[name] for name in BOARDS.assets})["pour-with"]
    pairs = draw_asset_pairs(framed, "pour-with", BuildConfig(per_function=10, across=0.8))
    kinds = Counter(framed[a].category == framed[b].category for a, b in pairs)
    assert kinds == {False: 8, True: 2}
    assert len(set(pairs)) == len(pairs)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.text("aw", min_size=1, max_size=9), min_size=1),
    st.sampled_from([0.5, 0.7, 0.85, 1.0]),
)
def test_a_set_keeps_its_share_and_every_function_a_pair(kinds, share):
    found = {name: [(kind, name, i) for i, kind in enumerate(text)] for name, text in kinds.items()}
    kept = keep_share(found, lambda pair: pair[0] == "w", share)
    assert all(kept.values())
    for name, pairs in found.items():
        assert [p for p in kept[name] if p[0] == "a"] == [p for p in pairs if p[0] == "a"]
        assert set(kept[name]) <= set(pairs)
    across = [pair for pairs in kept.values() for pair in pairs if pair[0] == "a"]
    within = [pair for pairs in kept.values() for pair in pairs if pair[0] == "w"]
    if not across:
        assert kept == found
    elif len(within) > round(len(across) * (1 - share) / share):
        assert all(len(pairs) == 1 or pairs[0][0] == "a" for pairs in kept.values() if pairs)
        assert len(within) == sum("a" not in text for text in kinds.values())


def test_functions_of_one_category_do_not_fill_a_set(tmp_path):
    """Jugs pour alone: of their pairs only as many stay as the share allows."""
    config = replace(CONFIG, per_function=4, across=0.75)
    axes = {name: BOARDS[name] for name in ("axe-0000", "axe-0001", "knife-0000")}
    both = FlatDataset(axes | {"jug-0000": BOARDS["jug-0000"]})
    for name in axes:
        both.by_id[name].frames = {"cut-with": both.by_id[name].frames["cut-with"]}
    twin = copy(both.by_id["jug-0000"])
    twin.id, both.by_id["jug-0001"] = "jug-0001", twin
    both.assets = list(both.by_id)
    made = build_benchmark(both, tmp_path / "bench", config)
    kinds = Counter((pair.function, pair.within) for pair in made.pairs)
    assert kinds == {("cut-with", False): 3, ("pour-with", True): 1}


def views_of(*regions):
    return [flat_view(region) for region in regions]


def choose(first, second, best_views=1, weight=0.5):
    seen = PartViews(min_points=5)
    visible = seen.most_visible(first), seen.most_visible(second)
    rng = np.random.default_rng(0)
    return choose_view_pairs(first, second, visible, best_views, weight, 0.03, rng)


def test_partners_show_much_of_the_part_and_the_same_of_it():
    first = views_of(box(-0.1, 0.0), box(-0.4, 0.0))
    large_elsewhere, small_same, nothing = box(0.05, 0.5), box(-0.4, -0.05), box(5, 6)
    second = views_of(nothing, large_elsewhere, small_same)
    assert choose(first, second) == [(1, 2)]
    assert choose(first, second, weight=0.0) == [(1, 1)]
    assert choose(first, views_of(nothing)) == []


def test_views_are_repeated_as_late_as_possible():
    views = views_of(*[box(-0.4, 0.4)] * 3)
    pairs = choose(views, views, best_views=3)
    assert len(set(pairs)) == 9
    for third in (pairs[:3], pairs[3:6], pairs[6:]):
        assert all(len(set(side)) == 3 for side in zip(*third, strict=True))


def test_a_check_sheet_shows_matched_pixels_in_one_colour(tmp_path):
    made = build_benchmark(BOARDS, tmp_path / "bench", CONFIG, alignments=alignments()[:1])
    (sheet,) = write_check_sheets(made, tmp_path / "check")
    assert sheet.name == "cut-with.png"
    pixels = np.asarray(Image.open(sheet).convert("RGB")).astype(int)
    colored = np.ptp(pixels, axis=2) > 80
    left, right = (
        {tuple(color) for color in half[mask]}
        for half, mask in ((pixels[:, s], colored[:, s]) for s in (slice(0, 224), slice(224, 448)))
    )
    assert len(left & right) > 10


@pytest.mark.parametrize("name", ["across", "overlap_weight"])
def test_shares_lie_between_0_and_1(name):
    with pytest.raises(UserError, match=f"{name} is a share from 0 to 1, got 85"):
        BuildConfig(**{name: 85.0})
