"""Matching inside given part masks, and the evaluation that gives them."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from funcorr import UserError, load_model
from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.run import run_rows
from funcorr.correspondence.descriptors import PointDescriptors
from funcorr.correspondence.model import Matcher

SIZE = 32


class Place:
    """A point's features are its own x: plain matching is by column."""

    input_size = SIZE
    fingerprint = "place"

    def features(self, images):
        return images.mean(1, keepdim=True)

    def describe(self, features, points, function):
        angle = points[:, 0] / SIZE
        return PointDescriptors(torch.stack([angle.cos(), angle.sin()], 1), None)


class Halves(Place):
    """The same, and the left half is the part."""

    def describe(self, features, points, function):
        found = super().describe(features, points, function)
        return found._replace(part=(points[:, 0] < SIZE / 2).float())


def square(left, right, top=4, bottom=28):
    mask = np.zeros((SIZE, SIZE), bool)
    mask[top:bottom, left:right] = True
    return mask


IMAGE = np.full((SIZE, SIZE, 3), 90, np.uint8)
OBJECT, LEFT, RIGHT = square(4, 28), square(4, 10), square(20, 28)


def guided():
    """A matcher that evaluation gives the true parts."""
    return Matcher("guided", Place(), given=["part"])


def encoded(matcher, part):
    return matcher.encode(IMAGE, OBJECT, part)


def test_part_goes_to_part_and_rest_to_rest_parts_first():
    matcher = guided()
    found = matcher.match(encoded(matcher, LEFT), encoded(matcher, RIGHT), "cut-with")
    columns1, rows1 = found.points1.astype(int).T
    columns2, rows2 = found.points2.astype(int).T
    np.testing.assert_array_equal(LEFT[rows1, columns1], RIGHT[rows2, columns2])
    assert LEFT[rows1, columns1][: LEFT.sum()].all()
    assert found.part1.astype(bool).tolist() == LEFT.tolist()


def test_a_plain_matcher_that_is_known_the_parts_does_the_same():
    given = guided()
    expected = given.match(encoded(given, LEFT), encoded(given, RIGHT), "cut-with")
    plain = Matcher("plain", Place())
    known = plain.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT, part1=LEFT, part2=RIGHT)
    np.testing.assert_array_equal(known.points2, expected.points2)
    np.testing.assert_array_equal(known.scores, expected.scores)
    with pytest.raises(UserError, match="the part mask is 8 x 8 pixels but its image is 32 x 32"):
        plain.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT, part1=np.ones((8, 8), bool))
    with pytest.raises(UserError, match="outside the object"):
        plain.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT, part2=square(29, 32))


def test_one_part_that_is_known_goes_with_one_that_is_predicted():
    head = Matcher("head", Halves())
    known = head.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT, part1=RIGHT)
    assert known.part1.astype(bool).tolist() == RIGHT.tolist()
    columns, rows = known.points1.astype(int).T
    np.testing.assert_array_equal(RIGHT[rows, columns], known.points2[:, 0] < SIZE / 2)


def test_one_known_part_needs_another():
    plain = Matcher("plain", Place())
    with pytest.raises(UserError, match="predicts no functional part; give both parts"):
        plain.match(encoded(plain, LEFT), plain.encode(IMAGE, OBJECT), "cut-with")


def test_a_part_may_be_added_to_an_encoded_image_and_reaches_batches():
    plain = Matcher("plain", Place())
    image = plain.encode(IMAGE, OBJECT)
    left, right = plain.encode(image, part=LEFT), plain.encode(image, part=RIGHT)
    assert image.part is None
    assert left.features is image.features
    [batched] = plain.match_batch([(left, right, "cut-with")])
    single = plain.match(image, image, "cut-with", part1=LEFT, part2=RIGHT)
    np.testing.assert_array_equal(batched.points2, single.points2)
    np.testing.assert_array_equal(batched.scores, single.scores)
    assert repr(left) == "EncodedImage(the image, 32 x 32, object of 576 pixels, part of 144 known)"


class Corner(Place):
    """The same, and a corner too small to be matched apart is surely the part."""

    def describe(self, features, points, function):
        found = super().describe(features, points, function)
        return found._replace(part=torch.where((points < 6).all(1), 0.9, 0.2))


def test_the_odds_of_a_part_raise_no_match_that_is_not_between_parts():
    ranked, plain = Matcher("ranked", Corner(), part_odds=0.5), Matcher("plain", Corner())
    image = ranked.encode(IMAGE, OBJECT)
    found = ranked.match(image, image, "cut-with")
    expected = plain.match(image, image, "cut-with")
    assert not found.between_parts.any()
    scores = dict(zip(map(tuple, found.points1), found.scores, strict=True))
    odds = np.zeros(len(expected))
    for points in (expected.points1, expected.points2):
        corner = (image.crop.to_crop(points) < 6).all(1)
        assert 0 < corner[: image.mask.sum()].sum() < len(points)
        odds += np.where(corner, np.log(0.9 / 0.1), np.log(0.2 / 0.8))
    assert odds.max() > 0
    for pixel, score, each in zip(expected.points1, expected.scores, odds, strict=True):
        assert scores[tuple(pixel)] == pytest.approx(score + 0.5 * min(each, 0), abs=1e-4)


@pytest.mark.parametrize(
    "pairs",
    [[IMAGE, IMAGE, "cut-with"], [(IMAGE, IMAGE)], [((IMAGE, OBJECT), (IMAGE, OBJECT))], ["abc"]],
    ids=["flat", "no function", "masks beside", "text"],
)
def test_a_batch_of_another_form_is_shown_the_form(pairs):
    with pytest.raises(UserError, match=r"takes a list of \(image1, image2, function\)"):
        Matcher("plain", Place()).match_batch(pairs)


def test_label_transfer_stays_in_the_part_of_the_other_image():
    matcher = guided()
    result = matcher.match(encoded(matcher, LEFT), encoded(matcher, RIGHT), "cut-with")
    carried = result.transfer([[3.6, 8.2], [27.4, 9.0]])
    assert carried.points[:, 0].tolist() == [20, 27]
    assert carried.inside.all()


def test_a_tiny_part_is_matched_apart_because_it_was_given():
    part = square(4, 9, 10, 13)
    given, plain = guided(), Matcher("plain", Place())
    for found in (
        given.match(encoded(given, part), encoded(given, RIGHT), "cut-with"),
        plain.match(IMAGE, IMAGE, "cut-with", OBJECT, OBJECT, part1=part, part2=RIGHT),
    ):
        assert found.between_parts.sum() == part.sum() < 16
        columns, rows = found.points2[found.between_parts].astype(int).T
        assert RIGHT[rows, columns].all()
    back = given.match(encoded(given, RIGHT), encoded(given, part), "cut-with")
    columns, rows = back.points2[back.between_parts].astype(int).T
    assert part[rows, columns].all()
    landed = back.transfer(np.argwhere(RIGHT)[:, ::-1]).points.round().astype(int)
    assert part[landed[:, 1], landed[:, 0]].all()


def test_what_a_plain_matcher_encoded_is_refused():
    with pytest.raises(UserError, match="another model"):
        guided().encode(Matcher("plain", Place()).encode(IMAGE, OBJECT))
    with pytest.raises(UserError, match="pixels but its image"):
        guided().encode(IMAGE, OBJECT, LEFT[:-1])


def make_bench(folder, parts=True):
    """One pair: the part moves from the left end to the right end."""
    pictures = {"image": IMAGE, "mask": OBJECT, "part1": LEFT, "part2": RIGHT}
    for name, pixels in pictures.items():
        Image.fromarray(pixels if pixels.ndim == 3 else pixels.astype(np.uint8) * 255).save(
            folder / f"{name}.png"
        )
    points = np.argwhere(LEFT)[:, ::-1].astype(np.float32)
    np.savez(folder / "gt.npz", points1=points, points2=points + np.float32([16, 0]))
    pair = {"id": "a", "function": "cut-with", "gt": "gt.npz"}
    for i in (1, 2):
        pair |= {f"image{i}": "image.png", f"mask{i}": "mask.png"}
        pair |= {f"category{i}": "board", f"asset{i}": f"board-{i}"}
        pair |= {f"part{i}": f"part{i}.png"} if parts else {}
    (folder / "pairs.jsonl").write_text(json.dumps(pair) + "\n")
    head = {"format": "funcorr-benchmark/1", "name": "ends", "image_size": [SIZE, SIZE]}
    head |= {"functions": ["cut-with"], "pairs": 1, "license": "CC0-1.0"}
    (folder / "benchmark.json").write_text(json.dumps(head))
    return folder


def test_evaluation_gives_the_true_parts_to_models_that_need_them(tmp_path):
    bench = make_bench(tmp_path)
    given = evaluate(bench, guided(), tmp_path / "guided")["overall"]
    plain = evaluate(bench, Matcher("plain", Place()), tmp_path / "plain")["overall"]
    assert given["normalized_distance"] < plain["normalized_distance"]
    assert given["ap@23"] > plain["ap@23"]


class LeftHalf(Place):
    """Takes the left half of every picture for the functional part."""

    def describe(self, features, points, function):
        return PointDescriptors(
            super().describe(features, points, function).descriptors, 0.6 * (points[:, 0] < 16)
        )


def test_predicted_parts_are_scored_in_the_image_a_direction_starts_from(tmp_path):
    bench, model = make_bench(tmp_path), Matcher("left", LeftHalf())
    results = evaluate(bench, model, tmp_path / "left")
    # of a half of 12 columns the true part has 6 on image 1, and none on image 2
    assert results["overall"]["part_iou"] == pytest.approx((6 / 12 + 0) / 2)
    assert results["across"]["part_iou"] is None
    assert results["per_function"]["cut-with"]["part_iou"] == results["overall"]["part_iou"]
    with (tmp_path / "left" / "pairs.csv").open(newline="") as stream:
        lines = {line["direction"]: line for line in csv.DictReader(stream)}
    assert float(lines["forward"]["part_iou"]) == pytest.approx(0.5)
    assert float(lines["backward"]["part_iou"]) == 0
    assert evaluate(bench, model, tmp_path / "left") == results


def test_parts_that_were_known_or_cannot_be_checked_are_not_scored(tmp_path):
    bench = make_bench(tmp_path)
    known = evaluate(bench, guided(), tmp_path / "guided")
    assert "part_iou" not in known["overall"]
    bare = make_bench(tmp_path, parts=False)
    blind = evaluate(bare, Matcher("left", LeftHalf()), tmp_path / "left")
    assert "part_iou" not in blind["overall"]


def test_rows_with_part_masks_have_a_table_of_their_own(tmp_path):
    bench, out = make_bench(tmp_path), tmp_path / "out"
    models = [Matcher("plain", Place()), Matcher("left", LeftHalf())]
    joined = run_rows(bench, out, models)
    assert list(joined.finders) == ["left"]
    assert not any("part_iou" in each.metric for row in joined.differences.values() for each in row)
    text = (out / "table.md").read_text()
    section = text.partition("## Predicted part masks")[2]
    assert "| left | 0.250 (0.250-0.250) | 0.250 (0.250-0.250) | - |" in section
    assert "| plain |" not in section
    assert "Part IoU" not in text.partition("## Predicted part masks")[0]
    with (out / "table.csv").open(newline="") as stream:
        means = {(line["model"], line["pairs"]): line for line in csv.DictReader(stream)}
    assert means["plain", "overall"]["part_iou"] == ""
    assert float(means["left", "overall"]["part_iou"]) == pytest.approx(0.25)
    assert "<h2>Predicted part masks</h2>" in (out / "table.html").read_text()


def test_a_benchmark_without_part_masks_is_refused_by_name(tmp_path):
    bench = make_bench(tmp_path, parts=False)
    with pytest.raises(UserError, match=r"guided needs the masks .* pair 'a' .* no part1"):
        evaluate(bench, guided(), tmp_path / "guided")


def test_names_of_oracles():
    model = load_model("oracle+features:efficientnet-lite2")
    assert model.given == ("part",)
    assert model.name == "oracle+features:efficientnet-lite2"
    with pytest.raises(UserError, match=r"unknown model 'oracle\+chance'.*oracle\+funcorr-small"):
        load_model("oracle+chance")
    with pytest.raises(UserError, match="unknown model 'nonsense'"):
        load_model("oracle+nonsense")


def test_the_oracle_of_a_head_matches_its_features_inside_the_true_part():
    head, known = load_model("funcorr-small"), load_model("oracle+funcorr-small")
    assert known.given == ("part",)
    assert (known.layout, known.part_odds) == (head.layout, head.part_odds)
    assert known.fingerprint != head.fingerprint
    image = known.encode(IMAGE, OBJECT, LEFT)
    found = known.match(image, image, "pour-with")
    assert found.part1.astype(bool).tolist() == LEFT.tolist()
    plain = head.match(head.encode(IMAGE, OBJECT), head.encode(IMAGE, OBJECT), "pour-with")
    assert found.similarity.max() == pytest.approx(plain.similarity.max(), abs=1e-5)
