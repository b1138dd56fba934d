"""The matcher around a extractor whose answer is known: colours that encode position."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from funcorr.correspondence.affine_prior import AffinePriorConfig
from funcorr.correspondence.chance import ChanceMatcher
from funcorr.correspondence.descriptors import FeatureExtractor, PointDescriptors
from funcorr.correspondence.model import Matcher
from funcorr.errors import UserError
from funcorr.features.grid import bilinear_sample


class Colours:
    """Descriptors are the input's colours; the left half of the window is the part, if asked."""

    input_size = 96

    def __init__(self, parts: bool = False, fingerprint: str = "colours") -> None:
        self.parts, self.fingerprint, self.encoded = parts, fingerprint, 0

    def features(self, images: torch.Tensor) -> torch.Tensor:
        self.encoded += len(images)
        return images

    def describe(
        self, features: torch.Tensor, points: torch.Tensor, function: str
    ) -> PointDescriptors:
        colours = bilinear_sample(features[None], points, (96, 96)) - 0.5
        part = (points[:, 0] < 48).float() * 0.8 + 0.1 if self.parts else None
        return PointDescriptors(torch.nn.functional.normalize(colours, dim=1), part)


def picture(
    left: int, top: int, size: tuple[int, int] = (70, 110), side: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """A square whose colour directions are all different, somewhere in an image."""
    rgb = np.full((*size, 3), 255, np.uint8)
    mask = np.zeros(size, bool)
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    square = np.stack([x, y, 1 - x * y], axis=2) * 200 + 20
    rgb[top : top + side, left : left + side] = square
    mask[top : top + side, left : left + side] = True
    return rgb, mask


def test_a_shifted_object_is_found_in_the_callers_pixels() -> None:
    matcher = Matcher("colours", Colours())
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9, size=(60, 120))
    result = matcher.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    assert len(result) == mask1.sum()
    moved = result.points2 - result.points1
    assert np.abs(moved - (58, -11)).max() <= 1.5
    assert np.abs(np.median(moved, axis=0) - (58, -11)).max() == 0
    carried = result.transfer([[10, 30]]).points
    assert np.abs(carried - (68, 19)).max() <= 1.5


def test_results_lie_on_the_masks_and_fall_in_score() -> None:
    matcher = Matcher("colours", Colours())
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9)
    result = matcher.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    for points, mask in ((result.points1, mask1), (result.points2, mask2)):
        assert points.dtype == np.float32
        assert mask[points[:, 1].astype(int), points[:, 0].astype(int)].all()
    assert (np.diff(result.scores) <= 0).all()
    diagonal = np.hypot(*mask1.shape)
    expected = (1 - result.cycle_error / diagonal) * result.similarity
    np.testing.assert_allclose(result.scores, expected, atol=1e-6)


def test_part_goes_to_part_and_ranks_first() -> None:
    matcher = Matcher("colours", Colours(parts=True))
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9)
    result = matcher.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    in_part1 = _at(result.part1, result.points1) > 0.5
    in_part2 = _at(result.part2, result.points2) > 0.5
    assert (in_part1 == in_part2).all()
    assert in_part1[: in_part1.sum()].all()
    assert result.scores[in_part1].min() > 1 >= result.scores[~in_part1].max()
    assert result.part1.shape == mask1.shape
    assert not result.part1[~mask1].any()


def test_the_odds_of_the_part_rank_the_matches_but_are_no_confidence() -> None:
    class Graded(Colours):
        def describe(self, features, points, function):
            found = super().describe(features, points, function)
            return PointDescriptors(found.descriptors, (points[:, 0] / 60).clamp(0, 1))

    pair = [picture(10, 10), picture(40, 20)]
    images = [rgb for rgb, _ in pair]
    masks = {f"mask{number}": mask for number, (_, mask) in enumerate(pair, start=1)}
    paper = Matcher("paper", Graded()).match(*images, "cut-with", **masks)
    odds = Matcher("odds", Graded(), part_odds=0.1).match(*images, "cut-with", **masks)
    for name in ("points1", "points2", "confidence"):
        rows = [np.lexsort(result.points1.T) for result in (paper, odds)]
        values = [
            getattr(result, name)[row] for result, row in zip((paper, odds), rows, strict=True)
        ]
        np.testing.assert_array_equal(*values)
    inside = _at(odds.part1, odds.points1) > 0.5
    np.testing.assert_array_equal(odds.scores > 1, inside)
    assert inside[: inside.sum()].all()
    p = np.stack([_at(odds.part1, odds.points1), _at(odds.part2, odds.points2)]).clip(1e-4, 0.9999)
    weighed = 0.1 * np.log(p / (1 - p)).sum(axis=0)
    expected = odds.plain_scores + np.where(inside, 2 + weighed, np.minimum(weighed, 0))
    np.testing.assert_allclose(odds.scores, expected, atol=1e-3)


def test_label_transfer_looks_only_in_the_predicted_part() -> None:
    matcher = Matcher("colours", Colours(parts=True))
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9)
    result = matcher.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    assert result.transfer([44, 40]).points[0, 0] < 63 + 20 + 1


def test_a_layout_carries_points_with_their_part() -> None:
    """Noise in the pictures scatters matches; the part as a whole still says where they go."""
    rng = np.random.default_rng(0)
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9)
    noisy = [np.clip(rgb + rng.normal(0, 25, rgb.shape), 0, 255) for rgb in (rgb1, rgb2)]
    rgb1, rgb2 = (rgb.astype(np.uint8) for rgb in noisy)
    points = np.stack(np.meshgrid(np.arange(7, 22, 2), np.arange(22, 58, 2)), -1).reshape(-1, 2)
    off = {}
    for parts in (True, False):
        for layout in (None, AffinePriorConfig()):
            matcher = Matcher("colours", Colours(parts), layout=layout)
            result = matcher.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
            landed = result.transfer(points).points
            miss = np.linalg.norm(landed - points - (58, -11), axis=1).mean()
            off[parts, layout is None] = miss
    assert off[True, False] < 0.5 * off[True, True]
    assert off[False, False] == off[False, True], "without parts there is nothing to lay"


def test_batch_equals_loop_and_encodes_each_image_once(tmp_path) -> None:
    paths = []
    for index, left in enumerate((5, 63)):
        rgb, mask = picture(left, 12)
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(np.dstack([rgb, mask.astype(np.uint8) * 255])).save(paths[-1])
    extractor = Colours()
    matcher = Matcher("colours", extractor)
    triples = [(*paths, "cut-with"), (*paths[::-1], "pour_with"), (*paths, "hold-by")]
    results = matcher.match_batch(triples)
    assert extractor.encoded == 2
    assert [r.function for r in results] == ["cut-with", "pour-with", "hold-by"]
    for result, triple in zip(results, triples, strict=True):
        alone = matcher.match(*triple)
        assert np.array_equal(result.points2, alone.points2)
        np.testing.assert_allclose(result.scores, alone.scores, atol=1e-5)


def test_encoded_images_serve_many_functions() -> None:
    extractor = Colours()
    matcher = Matcher("colours", extractor)
    one, two = matcher.encode(*picture(5, 20)), matcher.encode(*picture(63, 9))
    for function in ("cut-with", "pour-with", "hang-onto"):
        matcher.match(one, two, function)
    assert extractor.encoded == 2


def test_another_models_encoding_is_refused() -> None:
    encoded = Matcher("colours", Colours()).encode(*picture(5, 20))
    other = Matcher("other", Colours(fingerprint="other"))
    with pytest.raises(UserError, match="another model"):
        other.match(encoded, encoded, "cut-with")


def test_large_objects_are_matched_on_an_even_grid() -> None:
    mask = np.ones((400, 500), bool)
    rgb = np.random.default_rng(0).integers(0, 255, (400, 500, 3), dtype=np.uint8)
    result = Matcher("colours", Colours(parts=True)).match(
        rgb, picture(5, 20)[0], "cut-with", mask1=mask, mask2=picture(5, 20)[1]
    )
    assert 40_000 < len(result) <= 60_000
    assert result.part1.shape == mask.shape
    assert (result.part1 > 0).all()


def test_a_mask_of_one_pixel_gives_one_row() -> None:
    rgb, mask = picture(5, 20)
    dot = np.zeros_like(mask)
    dot[30, 10] = True
    result = Matcher("colours", Colours()).match(rgb, rgb, "cut-with", mask1=dot, mask2=mask)
    assert result.points1.tolist() == [[10.0, 30.0]]


def test_chance_is_uniform_and_repeatable() -> None:
    (rgb1, mask1), (rgb2, mask2) = picture(5, 20), picture(63, 9)
    first = ChanceMatcher().match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    again = ChanceMatcher().match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    assert np.array_equal(first.points2, again.points2)
    assert np.abs(first.points2.mean(axis=0) - (63 + 19.5, 9 + 19.5)).max() < 1.5
    seeded = ChanceMatcher(seed=1)
    assert seeded.fingerprint != ChanceMatcher().fingerprint
    other = seeded.match(rgb1, rgb2, "cut-with", mask1=mask1, mask2=mask2)
    assert not np.array_equal(first.points2, other.points2)


def _at(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return values[points[:, 1].astype(int), points[:, 0].astype(int)]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_features_that_are_no_numbers_are_refused_and_not_matched(value):
    class Damaged:
        name, fingerprint, map_names = "damaged", "damaged-1", ("map",)
        channels, strides, input_size = (2,), (8,), 32

        def maps(self, images):
            maps = images.new_ones(len(images), 2, 4, 4)
            maps[:, 0, 1, 2] = value
            return (maps,)

    image = np.full((20, 20, 3), 90, np.uint8)
    with pytest.raises(UserError, match="backbone damaged have NaN or infinite values"):
        Matcher("m", FeatureExtractor(Damaged())).encode(image, np.ones((20, 20), bool))
