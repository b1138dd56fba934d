"""Published sets of photographs, made small in their exact layouts, become benchmarks."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from funcorr import UserError
from funcorr.benchmark.evaluate import evaluate
from funcorr.groundtruth.pairs import read_benchmark
from funcorr.groundtruth.photographs.convert import PhotoConfig, drawn, write_photo_set
from funcorr.groundtruth.photographs.funkpoint import read_funkpoint
from funcorr.groundtruth.photographs.known import AnnotatedPhoto, Box, PhotoPair
from funcorr.groundtruth.photographs.pf_willow import read_pf_willow
from funcorr.groundtruth.photographs.soco import read_soco
from funcorr.groundtruth.photographs.spair import read_spair
from funcorr.groundtruth.photographs.umd import read_umd

WIDTH, HEIGHT = 120, 80
BOX = [30, 20, 89, 59]
POINTS = [[35, 25], [80, 50], [60, 40]]


def photo(path, exif=None):
    """A dark object at BOX on white, each pixel's column in its red, its row in its green."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    rows, columns = np.mgrid[20:60, 30:90]
    pixels[20:60, 30:90] = np.stack([columns, rows, 0 * rows], axis=-1)
    options = {} if exif is None else {"exif": exif}
    if path.suffix == ".jpg":
        options["quality"] = 95
    Image.fromarray(pixels).save(path, "PNG" if path.suffix == ".png" else "JPEG", **options)


def no_mask(picture, box):
    raise UserError("nothing is seen")


class SamePlace:
    """Carries every point to its own place, but for a shift to the right."""

    name = "same place"

    def __init__(self, shift=0.0):
        self.shift = np.array([shift, 0])

    def encode(self, image, mask=None):
        return image

    def match(self, image1, image2, function):
        points = np.array([[1.0, 2.0]])
        return SimpleNamespace(
            points1=points, points2=points, scores=np.ones(1), transfer=self.transfer
        )

    def transfer(self, points):
        return SimpleNamespace(points=points + self.shift)


def shifted(points, by):
    return [[x + by, y] for x, y in points]


@pytest.fixture
def spair(tmp_path):
    """Two bottles; a second bottle of the picture lies outside the box."""
    root = tmp_path / "SPair-71k"
    for name in ("2008_000001", "2008_000002"):
        photo(root / "JPEGImages" / "bottle" / f"{name}.jpg")
        classes = np.zeros((HEIGHT, WIDTH), np.uint8)
        classes[20:60, 30:90], classes[20:60, 100:110], classes[0, 0] = 5, 5, 255
        segmentation = root / "Segmentation" / "bottle" / f"{name}.png"
        segmentation.parent.mkdir(parents=True, exist_ok=True)
        indexed = Image.fromarray(classes, "P")
        indexed.putpalette([n for k in range(256) for n in (k, 255 - k, k)])
        indexed.save(segmentation)
    spair_pair(root / "PairAnnotation" / "test", POINTS)
    return root


def spair_pair(folder, points):
    folder.mkdir(parents=True)
    known = {
        "filename": "000001-2008_000001-2008_000002:bottle",
        "src_imname": "2008_000001.jpg",
        "trg_imname": "2008_000002.jpg",
        "src_imsize": [WIDTH, HEIGHT, 3],
        "trg_imsize": [WIDTH, HEIGHT, 3],
        "src_bndbox": BOX,
        "trg_bndbox": BOX,
        "category": "bottle",
        "src_kps": points,
        "trg_kps": shifted(points, 2),
        "kps_ids": ["0", "1", "3"],
        "viewpoint_variation": 1,
    }
    (folder / "000001-2008_000001-2008_000002:bottle.json").write_text(json.dumps(known))


def colour_at(bench, image, point):
    rgb = np.asarray(Image.open(bench.path / image).convert("RGB"))
    return rgb[round(point[1]), round(point[0])].astype(int)


def test_spair_keypoints_lie_on_the_pixels_that_they_name(spair, tmp_path):
    bench, counts = write_photo_set(read_spair(spair), tmp_path / "bench", no_mask)
    assert (bench.name, bench.truth, bench.image_size) == ("SPair-71k", "keypoints", (224, 224))
    (pair,) = bench.pairs
    assert (pair.category1, pair.function, pair.within) == ("bottle", "same-part", True)
    points1, points2 = bench.ground_truth(pair)
    for (x, y), one, two in zip(POINTS, points1, points2, strict=True):
        np.testing.assert_allclose(colour_at(bench, pair.image1, one)[:2], [x, y], atol=4)
        np.testing.assert_allclose(colour_at(bench, pair.image2, two)[:2], [x + 2, y], atol=4)
    side = 60 * 1.2
    np.testing.assert_allclose(
        np.subtract(pair.bbox1[2:], pair.bbox1[:2]), np.array([59, 39]) * 224 / side, atol=0.02
    )
    mask = np.asarray(Image.open(bench.path / pair.mask1)) > 127
    assert mask.sum() == pytest.approx(60 * 40 * (224 / side) ** 2, rel=0.02)
    assert (counts.given, counts.found, counts.boxed, counts.off) == (2, 0, 0, 0)


def test_spair_u_names_other_annotations(spair, tmp_path):
    spair_pair(tmp_path / "SPair-U" / "test", POINTS[:2])
    photos = read_spair(spair, annotations=tmp_path / "SPair-U")
    assert photos.name == "SPair-U"
    assert len(photos.pairs[0].first.points) == 2
    with pytest.raises(UserError, match="val has no pair annotations of SPair-71k"):
        read_spair(spair, "val")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("src_kps", [], "has no keypoints"),
        ("src_kps", [[1, None]], "has no keypoints"),
        ("trg_kps", [[1, 2]], "joins 3 keypoints with 1"),
        ("src_bndbox", [5, 5, 5, 9], "expected left, top, right, bottom"),
        ("src_imname", None, "lacks src_imname"),
    ],
)
def test_a_damaged_annotation_is_refused(spair, key, value, says):
    (file,) = (spair / "PairAnnotation" / "test").iterdir()
    known = json.loads(file.read_text())
    if value is None:
        del known[key]
    else:
        known[key] = value
    file.write_text(json.dumps(known))
    with pytest.raises(UserError, match=says):
        read_spair(spair)


def test_keypoints_off_the_mask_are_kept_and_counted(spair, tmp_path):
    for file in (spair / "Segmentation" / "bottle").iterdir():
        classes = np.zeros((HEIGHT, WIDTH), np.uint8)
        classes[20:60, 50:90] = 5
        Image.fromarray(classes).save(file)
    bench, counts = write_photo_set(read_spair(spair), tmp_path / "bench", no_mask)
    assert (counts.off, counts.points) == (2, 6)
    (pair,) = bench.pairs
    mask = np.asarray(Image.open(bench.path / pair.mask1)) > 127
    for x, y in bench.ground_truth(pair)[0].round().astype(int):
        assert mask[y, x]


def test_without_a_mask_the_object_is_found_in_its_box_or_the_box_is_taken(spair, tmp_path):
    for file in (spair / "Segmentation" / "bottle").iterdir():
        file.unlink()
    asked = []

    def left_half(picture, box):
        asked.append(box)
        return np.arange(WIDTH) < 60 + np.zeros((HEIGHT, 1))

    bench, counts = write_photo_set(read_spair(spair), tmp_path / "found", left_half)
    assert asked == [Box(*BOX)] * 2
    assert counts.found == 2
    mask = np.asarray(Image.open(bench.path / bench.pairs[0].mask1)) > 127
    assert 0.4 < mask.mean() / (60 * 40 / 72**2) < 0.7
    bench, counts = write_photo_set(read_spair(spair), tmp_path / "boxed", no_mask)
    assert (counts.found, counts.boxed) == (0, 2)
    assert "2 boxes" in str(counts)


def test_an_exif_orientation_does_not_move_keypoints(spair, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(spair / "JPEGImages" / "bottle" / "2008_000001.jpg", exif)
    bench, _ = write_photo_set(read_spair(spair), tmp_path / "bench", no_mask)
    (pair,) = bench.pairs
    found = colour_at(bench, pair.image1, bench.ground_truth(pair)[0][1])
    np.testing.assert_allclose(found[:2], POINTS[1], atol=4)


def test_pf_willow(tmp_path):
    root = tmp_path / "PF-dataset"
    names = ["PF-dataset/winebottle(wC)/a_001.png", "PF-dataset/winebottle(wC)/b_002.png"]
    for name in names:
        photo(tmp_path / name)
    x1, y1 = np.linspace(35, 80, 10), np.linspace(25, 55, 10)
    head = [f"{axis}{end}{n}" for end in "AB" for axis in "XY" for n in range(1, 11)]
    lines = [["imageA", "imageB", *head], [*names, *x1, *y1, *(x1 + 1), *y1]]
    with (root / "test_pairs_pf.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(lines)
    photos = read_pf_willow(root)
    (pair,) = photos.pairs
    assert (pair.first.category, pair.second.asset) == ("winebottle", "winebottle(wC)-b_002")
    np.testing.assert_allclose(pair.first.points, np.stack([x1, y1], axis=1))
    np.testing.assert_allclose(pair.second.box, (36, 25, 81, 55))
    bench, counts = write_photo_set(photos, tmp_path / "bench", no_mask)
    assert counts.boxed == 2
    assert len(bench.ground_truth(bench.pairs[0])[0]) == 10
    with (root / "test_pairs_pf.csv").open("a") as stream:
        stream.write("a,b,1,2\n")
    with pytest.raises(UserError, match="line 3 has 4 columns; expected 42"):
        read_pf_willow(root)
    with pytest.raises(UserError, match="cannot read the list of pairs"):
        read_pf_willow(tmp_path)


def soco_keypoints(*named):
    return [
        {
            "id": n,
            "name": name,
            "pos": place,
            "concept_id": n,
            "concept_name": name,
            "kind": "functional",
            "shared": True,
        }
        for n, (name, place) in enumerate(named)
    ]


@pytest.fixture
def soco(tmp_path):
    root = tmp_path / "SOCOv1"
    for category in ("mug", "kettle"):
        photo(root / "Images" / category / f"{category}_1.JPEG")
    folder = root / "PairAnnotations" / "cross" / "mug-kettle"
    folder.mkdir(parents=True)
    for number, shared in enumerate((["handle_top", "rim"], [])):
        known = {
            "pair_id": number,
            "pair_group": "mug-kettle",
            "src_category": "mug",
            "trg_category": "kettle",
            "src_image": "mug_1.JPEG",
            "trg_image": "kettle_1.JPEG",
            "src_imsize": [WIDTH, HEIGHT],
            "trg_imsize": [WIDTH, HEIGHT],
            "src_bndbox": BOX,
            "trg_bndbox": BOX,
            "src_keypoints": soco_keypoints(("rim", [40, 30]), ("handle_top", [80, 50])),
            "trg_keypoints": soco_keypoints(
                ("handle_top", [70, 45]), ("lid", [50, 25]), ("rim", [35, 28])
            ),
            "semantic_overlap": shared,
            "concept_matches": [
                {"concept_name": "rim", "src_keypoints": ["rim"], "trg_keypoints": ["rim"]}
            ],
        }
        (folder / f"{number:06d}.json").write_text(json.dumps(known))
    return root


def test_soco_joins_keypoints_by_name_across_categories(soco, tmp_path):
    (pair,) = read_soco(soco).pairs  # the other one shares nothing
    assert pair.first.points.tolist() == [[80, 50], [40, 30]]
    assert pair.second.points.tolist() == [[70, 45], [35, 28]]
    bench, _ = write_photo_set(read_soco(soco), tmp_path / "bench", no_mask)
    assert not bench.pairs[0].within
    assert bench.license == "CC-BY-4.0"
    with pytest.raises(UserError, match="no split 'val'; expected one of cross"):
        read_soco(soco, "val")
    with pytest.raises(UserError, match="no pair annotations of SOCO"):
        read_soco(soco, "train")


def test_soco_names_that_are_not_there_are_refused(soco):
    file = soco / "PairAnnotations" / "cross" / "mug-kettle" / "000000.json"
    file.write_text(file.read_text().replace('"handle_top", "rim"]', '"spout"]'))
    with pytest.raises(UserError, match="lacks a keypoint that both pictures share: 'spout'"):
        read_soco(soco)


@pytest.fixture
def funkpoint(tmp_path):
    root = tmp_path / "funkpoint"
    for action in ("Mash_Pound", "Scoop"):
        folder = root / action
        for kind, names in (
            ("references", ["01__mug__0001"]),
            ("tests", ["01__shoe__1", "02__mug__2"]),
        ):
            lines = []
            for number, name in enumerate(names):
                path = folder / kind / f"{name}.png"
                photo(path)
                places = [((x + 0.5) / WIDTH, (y + 0.5) / HEIGHT) for x, y in POINTS]
                known = {
                    "action": action,
                    "action_slug": action,
                    "role": kind[:-1],
                    "rank": number + 1,
                    "object_category": name.split("__")[1],
                    "difficulty": "manual",
                    "dataset_image_path": f"{action}/{kind}/{name}.png",
                    "was_reflected": 0,
                }
                for n, (x, y) in enumerate(places, start=1):
                    known |= {f"p{n}_x": x, f"p{n}_y": y}
                if name == "02__mug__2":
                    known |= {"p2_x": "", "p2_y": ""}
                lines.append(known)
            with (folder / f"{kind}.csv").open("w", newline="") as stream:
                writer = csv.DictWriter(stream, lines[0].keys())
                writer.writeheader()
                writer.writerows(lines)
    return root


def test_funkpoint_pairs_every_reference_with_every_test(funkpoint, tmp_path):
    photos = read_funkpoint(funkpoint)
    assert [pair.function for pair in photos.pairs] == ["pound-with"] * 2 + ["scoop-with"] * 2
    whole, partly = photos.pairs[:2]
    np.testing.assert_allclose(whole.second.points, POINTS)
    np.testing.assert_allclose(partly.first.points, [POINTS[0], POINTS[2]])
    assert partly.first.box == whole.first.box  # one photograph, one window
    bench, _ = write_photo_set(photos, tmp_path / "bench", no_mask)
    assert bench.functions == ("pound-with", "scoop-with")
    assert [pair.within for pair in bench.pairs] == [False, True] * 2
    with pytest.raises(UserError, match="has no actions of FunKPoint"):
        read_funkpoint(tmp_path)


def test_funkpoint_lists_without_their_columns_are_refused(funkpoint):
    (funkpoint / "Scoop" / "tests.csv").write_text("image,x\na.png,3\n")
    with pytest.raises(UserError, match="lacks a column: object_category"):
        read_funkpoint(funkpoint)


@pytest.fixture
def umd(tmp_path):
    root = tmp_path / "tools"
    for tool, label in (("knife_01", 2), ("knife_02", 2), ("spoon_01", 3)):
        for view in (1, 2):
            stem = root / tool / f"{tool}_{view:08d}"
            photo(stem.with_name(f"{stem.name}_rgb.jpg"))
            labels = np.zeros((HEIGHT, WIDTH), np.uint8)
            labels[20:60, 30:60], labels[20:60, 60:90] = 1, label
            savemat(str(stem) + "_label.mat", {"gt_label": labels})
            savemat(str(stem) + "_label_rank.mat", {"gt_label": np.zeros((HEIGHT, WIDTH, 7))})
    return root


def test_umd_pairs_different_tools_that_share_a_part(umd, tmp_path):
    photos = read_umd(umd, every=2)
    pairs = [(p.function, p.first.asset, p.second.asset) for p in photos.pairs]
    assert pairs == [
        ("cut-with", "knife_01", "knife_02"),
        ("hold-by", "knife_01", "knife_02"),
        ("hold-by", "knife_01", "spoon_01"),
        ("hold-by", "knife_02", "spoon_01"),
    ]
    bench, counts = write_photo_set(photos, tmp_path / "bench", no_mask)
    assert bench.truth == "parts"
    assert counts.given == 3
    part = bench.parts(bench.pairs[0])[0]
    points1, points2 = bench.ground_truth(bench.pairs[0])
    assert all(part[int(y), int(x)] for x, y in points1)
    assert len(points1) == len(points2) > 100
    held = bench.parts(bench.pairs[1])[0]
    assert not (part & held).any()
    with pytest.raises(UserError, match="has no labels of the UMD set"):
        read_umd(tmp_path)
    with pytest.raises(UserError, match="every must be at least 1"):
        read_umd(umd, every=0)


def test_damaged_umd_labels_are_refused(umd):
    savemat(umd / "knife_01" / "knife_01_00000001_label.mat", {"gt_label": np.full((8, 8), 9)})
    with pytest.raises(UserError, match="no H x W map of the numbers 0 to 7"):
        read_umd(umd)
    (umd / "knife_01" / "knife_01_00000001_label.mat").write_bytes(b"no matrix at all")
    with pytest.raises(UserError, match="cannot read the labels"):
        read_umd(umd)


def test_only_metrics_that_the_truth_bears_are_printed(spair, umd, tmp_path, funcorr_command):
    for photos, name in ((read_spair(spair), "keypoints"), (read_umd(umd), "parts")):
        write_photo_set(photos, tmp_path / name, no_mask)
    results = evaluate(tmp_path / "keypoints", SamePlace(), tmp_path / "run")
    assert [*results["overall"]] == [
        "normalized_distance",
        *(f"pck@{k}" for k in (23, 15, 10, 5)),
        "pck_box@0.1",
        "pck_box@0.05",
    ]
    assert results["overall"]["pck_box@0.1"] == results["pooled"]["pck_box@0.1"] == 1
    pixels = 59 * 224 / 72  # longer side of the box
    off = evaluate(
        tmp_path / "keypoints", SamePlace(0.11 * pixels - 2 * 224 / 72), tmp_path / "off"
    )
    forward, backward = 0.11 * pixels - 2 * 2 * 224 / 72, 0.11 * pixels
    assert abs(forward) < 0.1 * pixels < backward
    assert off["overall"]["pck_box@0.1"] == 0.5
    assert "PCK of the box@0.1 ↑" in (tmp_path / "run" / "table.md").read_text()
    results = evaluate(tmp_path / "parts", SamePlace(), tmp_path / "run-parts")
    assert [*results["overall"]] == ["part_hits"]
    assert results["overall"]["part_hits"] == 1
    half = evaluate(tmp_path / "parts", SamePlace(15 * 224 / 72), tmp_path / "run-half")
    assert 0.4 < half["overall"]["part_hits"] < 0.6
    chance = evaluate(tmp_path / "parts", "chance", tmp_path / "run-chance")
    assert chance["overall"]["part_hits"] == pytest.approx(0.5, abs=0.15)
    for name in ("keypoints", "parts"):
        words = ["benchmark", tmp_path / name, "--out", tmp_path / f"table-{name}"]
        outcome = funcorr_command(*words, "--rows", "chance")
        assert outcome.code == 0, outcome.err
        table = (tmp_path / f"table-{name}" / "table.md").read_text()
        assert "F1" not in table
        assert "AP@" not in table


def test_the_command_makes_a_benchmark(spair, tmp_path, funcorr_command):
    words = ["photographs", spair, "--layout", "spair", "--out", tmp_path / "bench"]
    outcome = funcorr_command(*words, "--function", "pour-with", "--size", "96")
    assert outcome.code == 0, outcome.err
    assert "pour-with: 1 image pairs, 0 across categories" in outcome.out
    assert "2 of the set, 0 found, 0 boxes; 0 of 6 keypoints lay off them" in outcome.out
    assert read_benchmark(tmp_path / "bench").image_size == (96, 96)
    for options, says in (
        (["--layout", "umd", "--split", "test"], "umd has no splits"),
        (["--layout", "soco", "--annotations", "x"], "--annotations is for the layout of SPair"),
    ):
        outcome = funcorr_command("photographs", spair, "--out", tmp_path / "b", *options)
        assert outcome.code == 2
        assert says in outcome.err


def test_the_command_finds_objects_in_their_boxes(spair, tmp_path, funcorr_command):
    for file in (spair / "Segmentation" / "bottle").iterdir():
        file.unlink()
    outcome = funcorr_command(
        "photographs", spair, "--layout", "spair", "--out", tmp_path / "bench"
    )
    assert "0 of the set, 2 found" in outcome.out, outcome.err


def test_a_draw_takes_so_many_pairs_of_each_function():
    known = AnnotatedPhoto(Path("mug.png"), "mug", "mug-1", Box(0, 0, 1, 1))
    pairs = [
        PhotoPair(f"{f}-{n}", f, known, known) for n in range(30) for f in ("a-with", "b-with")
    ]
    chosen = drawn(pairs, PhotoConfig(per_function=4))
    assert [pair.function for pair in chosen] == ["a-with"] * 4 + ["b-with"] * 4
    assert drawn(pairs, PhotoConfig(per_function=4)) == chosen
    assert drawn(pairs, PhotoConfig(per_function=4, seed=1)) != chosen
    assert len(drawn(pairs, PhotoConfig(per_function=0))) == 60
    for wrong in ({"size": 8}, {"per_function": -1}):
        with pytest.raises(UserError, match="must"):
            PhotoConfig(**wrong)


def test_benchmarks_whose_truth_lacks_what_it_needs_are_refused(spair, tmp_path):
    bench, _ = write_photo_set(read_spair(spair), tmp_path / "bench", no_mask)
    lines, head = bench.path / "pairs.jsonl", bench.path / "benchmark.json"
    whole = json.loads(lines.read_text())
    for change, says in (
        ({"bbox2": None}, "has keypoints and no bbox1, bbox2"),
        ({"bbox1": [4, 4, 4, 8]}, "bbox1 in .* must be left, top, right, bottom"),
    ):
        lines.write_text(json.dumps(whole | change) + "\n")
        with pytest.raises(UserError, match=says):
            read_benchmark(bench.path)
    lines.write_text(json.dumps(whole) + "\n")
    for truth, says in (("parts", "has no part1, part2"), ("guesses", "has the truth 'guesses'")):
        head.write_text(json.dumps(json.loads(head.read_text()) | {"truth": truth}))
        with pytest.raises(UserError, match=says):
            read_benchmark(bench.path)
