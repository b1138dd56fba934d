"""Every kind of input: how one is made, how it is read, and what is right about the result."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import bases
from fuzzing.mutators import (
    Rng,
    change_file,
    change_folder,
    changed_json_file,
    changed_text,
    pick,
)
from fuzzing.pictures import any_array, picture_file


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes:
        make: an input in an empty folder.
        read: reads it, may write below the second folder, and asserts what is right.
        words: the command that does the same; None where there is none.
        share: of all inputs, relative to the other kinds.
        keeps: names with this in them may stay after a refusal: work that is gone on with.
    """

    make: Callable[[Rng, Path], Any]
    read: Callable[[Any, Path], None]
    words: Callable[[Any, Path], list[Any]] | None = None
    share: float = 1.0
    keeps: str = ""


KINDS: dict[str, Kind] = {}


def kind(
    make: Callable[[Rng, Path], Any],
    words: Callable[[Any, Path], list[Any]] | None = None,
    share: float = 1.0,
    keeps: str = "",
) -> Callable[[Callable[[Any, Path], None]], Callable[[Any, Path], None]]:
    """Keep a reader as a kind named after its function."""

    def keep(read: Callable[[Any, Path], None]) -> Callable[[Any, Path], None]:
        KINDS[read.__name__.replace("_", "-")] = Kind(make, read, words, share, keeps)
        return read

    return keep


def changed_copy(base: Callable[[], Path], among: str = "**/*") -> Callable[[Rng, Path], Path]:
    """A maker of changed copies of a folder or file."""

    def make(rng: Rng, folder: Path) -> Path:
        source = base()
        if source.is_file():
            path = Path(shutil.copy(source, folder))
            change_file(rng, path)
            return path
        copy = Path(shutil.copytree(source, folder / source.name))
        change_folder(rng, copy, among)
        return copy

    return make


def _picture(name: str) -> Path:
    return bases.pictures() / name


@kind(
    picture_file,
    lambda given, out: ["match", given, _picture("b.png"), "--function", "pour-with", "--model",
                        "chance", "--out", out],
    share=3,
)  # fmt: skip
def pictures(given: Path, out: Path) -> None:
    from funcorr.images import read_image

    picture = read_image(given)
    assert picture.rgb.dtype == np.uint8
    assert picture.rgb.ndim == 3
    assert picture.rgb.shape[2] == 3
    assert min(picture.rgb.shape[:2]) >= 2
    with given.open("rb") as file:
        np.testing.assert_array_equal(read_image(file).rgb, picture.rgb)


@kind(
    picture_file,
    lambda given, out: ["match", _picture("a.png"), _picture("b.png"), "--mask1", given,
                        "--function", "pour-with", "--model", "chance", "--out", out],
    share=3,
)  # fmt: skip
def masks(given: Path, out: Path) -> None:
    from funcorr.images import read_frame, read_mask

    mask = read_mask(given, read_frame(given))
    assert mask.dtype == bool
    assert mask.any()
    np.testing.assert_array_equal(read_mask(mask, mask.shape), mask)


@kind(picture_file, share=2)
def heatmaps(given: Path, out: Path) -> None:
    from funcorr.images import read_heatmap

    found = read_heatmap(given)
    assert found.dtype == np.float32
    assert found.ndim == 2
    assert np.isfinite(found).all()
    assert 0 <= found.min() <= found.max() <= 1


@kind(lambda rng, folder: any_array(rng), share=2)
def arrays(given: Any, out: Path) -> None:
    from funcorr.errors import UserError
    from funcorr.images import read_heatmap, read_image, read_mask

    refusals = []
    for read in (
        lambda: read_image(given).rgb,
        lambda: read_mask(given, bases.SIZE),
        lambda: read_heatmap(given),
    ):
        try:
            assert read().size
        except UserError as error:
            refusals.append(error)
    if len(refusals) == 3:
        raise refusals[0]


def _mesh(rng: Rng, folder: Path) -> Path:
    source = pick(rng, bases.meshes())
    copy = Path(shutil.copytree(source.parent, folder / "meshes"))
    path = copy / source.name
    if rng.random() < 0.85:
        change_file(rng, path)
    else:
        change_folder(rng, copy)
    if rng.random() < 0.1:
        about = {"license": "CC0-1.0", "functions": ["pour-with"], "category": "mug"}
        sidecar = path.with_name(path.name + ".json")
        sidecar.write_text(json.dumps(about))
        change_file(rng, sidecar)
    return path


@kind(_mesh, lambda given, out: ["assets", "import", given.parent, "--out", out], share=5)
def meshes(given: Path, out: Path) -> None:
    from funcorr.assets.files import read_mesh_file
    from funcorr.assets.importing import import_files
    from funcorr.assets.store import read_asset

    read_mesh_file(given)  # an import would make a line of any exception
    summary = import_files({given.name: (given, None)}, out)
    (asset,) = [read_asset(out / name) for name in summary.imported]
    size = np.ptp(asset.mesh.bounds, axis=0)
    assert np.isfinite(asset.mesh.vertices).all()
    np.testing.assert_allclose(size.max(), 1, rtol=1e-3)


ANSWERS = (
    "The spout is at [[100,200,300,400]].", "<think>Perhaps [0, 0, 9, 9]?</think> [[1,2,3,4]]",
    '```json\n[{"bbox_2d": [10, 20, 300, 400], "label": "spout", "score": 0.9}]\n```',
    '{"xmin": 0.1, "ymin": 0.2, "xmax": 0.5, "ymax": 0.75}', "<loc0100><loc0200><loc0300><loc0400>",
    "(10,20),(300,400)", '{"box_2d": [100, 200, 300, 400]}', "<box>10 20 30 40</box>",
    'Result [final]: {"parts": [{"part": "Spout", "look": "A tube.", "use": "guides"}]}', "yes",
    '{"bbox_xywh": [1, 2, 30, 40]}', "I cannot see a spout.", "<|channel|>final<|message|>12%, 5px",
    '[{"part": "rim", "look": "An edge.", "use": "pours"}] as said in [1]', "Name: coffee mug.",
)  # fmt: skip


def _answer(rng: Rng, folder: Path) -> str:
    text = " ".join(pick(rng, ANSWERS) for _ in range(int(rng.integers(1, 3))))
    changed = changed_text(rng, text.replace(",", ",\n").encode())
    text = changed.decode("utf-8", "surrogateescape").replace(",\n", ",")
    return text * (500 if rng.random() < 0.01 else 1)


@kind(_answer, share=4)
def label_answers(given: str, out: Path) -> None:
    from funcorr.pseudolabel.answer_text import answer_alone, read_json_answer
    from funcorr.pseudolabel.boxes import parse_boxes
    from funcorr.pseudolabel.selection.object_names import read_name
    from funcorr.pseudolabel.selection.parts import read_parts
    from funcorr.pseudolabel.selection.verify import read_verdict

    for units in ("thousandths", "pixels", "fractions"):
        for box in parse_boxes(given, (90, 120), units).boxes:
            x0, y0, x1, y1 = box.corners
            assert -0.5 <= x0 < x1 <= 119.5
            assert -0.5 <= y0 < y1 <= 89.5
    assert "<think>" not in answer_alone(given)
    read_name(given)
    read_verdict(given)
    try:
        found = read_json_answer(given)
    except ValueError:
        return
    for part in read_parts(found):
        assert all(isinstance(value, str) for value in part.values())


@kind(
    changed_copy(bases.scenes, "**/*.*"),
    lambda given, out: ["scenes", given, "--out", out],
)
def scenes(given: Path, out: Path) -> None:
    from funcorr.groundtruth.scenes.bop import read_bop
    from funcorr.groundtruth.scenes.convert import write_scenes
    from funcorr.render.dataset import Dataset

    objects, photographs = read_bop(given)
    write_scenes(objects, photographs, out, points=200)
    _use(Dataset(out))


def _use(views: Any) -> None:
    for asset in views:
        assert asset.points.xyz.shape == (len(asset.points.part), 3)
        assert isinstance(asset.frames, dict)
        for function in asset.functions:
            asset.point_mask(function)
        for index in range(asset.n_views):
            view = asset.view(index)
            assert view.rgb.shape[:2] == view.mask.shape == view.depth.shape
            assert view.rgb.shape[:2] == (view.camera.height, view.camera.width)
            for function in asset.functions:
                assert view.part_mask(function).shape == view.mask.shape
            ids, pixels = view.visible
            assert len(ids) == len(pixels)
        if asset.n_views > 1:
            asset.correspondences(0, 1)


@kind(
    changed_copy(bases.dataset),
    lambda given, out: ["export", given, "--format", "nerfstudio", "--out", out],
    share=2,
)
def datasets(given: Path, out: Path) -> None:
    from funcorr.render.dataset import Dataset

    views = Dataset(given)
    views.fingerprint()
    _use(views)


@kind(
    changed_copy(bases.assets),
    lambda given, out: ["render", given, "--out", out, "--views", 1, "--size", 32, "--points", 99,
                        "--supersample", 1],
)  # fmt: skip
def assets(given: Path, out: Path) -> None:
    from funcorr.assets.store import list_assets, read_asset

    for name in list_assets(given):
        asset = read_asset(given / name)
        json.dumps(asset.to_json())
        assert isinstance(asset.id, str)
        assert all(isinstance(part, str) for parts in asset.parts.values() for part in parts)


@kind(
    changed_copy(bases.alignments),
    lambda given, out: ["pairs", bases.dataset(), "--alignments", given, "--out", out,
                        "--size", 0, "--per-function", 1],
    share=2,
)  # fmt: skip
def alignments(given: Path, out: Path) -> None:
    from funcorr.groundtruth.alignments import read_alignments, write_alignments

    read = read_alignments(given)
    for each in read:
        assert np.isfinite(each.similarity).all()
        assert len(each.frames) == 2
    write_alignments(out / "again.json", read)
    assert len(read_alignments(out / "again.json")) == len(read)


@kind(
    changed_copy(bases.benchmark),
    lambda given, out: ["evaluate", given, "--model", "chance", "--out", out],
    share=2,
)
def benchmarks(given: Path, out: Path) -> None:
    from funcorr.groundtruth.pairs import read_benchmark
    from funcorr.images import read_image, read_mask

    bench = read_benchmark(given)
    bench.fingerprint()
    for pair in bench.pairs:
        points1, points2 = bench.ground_truth(pair)
        assert points1.shape == points2.shape
        if pair.part1 and pair.part2:
            bench.parts(pair)
        for number in (1, 2):
            picture = read_image(bench.file(pair, f"image{number}"))
            read_mask(bench.file(pair, f"mask{number}"), picture.frame)


def _run(rng: Rng, folder: Path) -> Path:
    run = Path(shutil.copytree(bases.evaluated(), folder / "run"))
    change_folder(rng, run)
    return run


@kind(
    _run,
    lambda given, out: ["evaluate", bases.benchmark(), "--model", "chance", "--out", given],
    keeps="run/predictions",
)
def run_folders(given: Path, out: Path) -> None:
    from funcorr.benchmark.evaluate import evaluate
    from funcorr.benchmark.paired_tests import compare, read_scores

    if (given / "pairs.csv").exists():
        scores = read_scores(given / "pairs.csv")
        compare(scores, read_scores(bases.evaluated() / "pairs.csv"))
    assert evaluate(bases.benchmark(), "chance", given)["pairs"] == 4


@kind(
    changed_copy(bases.taxonomy),
    lambda given, out: ["functions", "list", "--taxonomy", given],
    share=2,
)
def taxonomies(given: Path, out: Path) -> None:
    from funcorr.functions.taxonomy import load_taxonomy

    taxonomy = load_taxonomy(given)
    assert all(function.meaning for function in taxonomy.functions.values())


@kind(changed_copy(bases.matches), share=2)
def matches(given: Path, out: Path) -> None:
    from funcorr.affordance.result import AffordanceMap
    from funcorr.correspondence.result import Correspondence

    result = Correspondence.load(given / "matches.npz")
    moved = result.transfer([[10, 20]])
    assert 0 <= moved.confidence[0] <= 1
    assert 0 < len(result.top(5)) <= 5
    assert str(result)
    heatmaps = AffordanceMap.load(given / "heatmaps.npz")
    for action in heatmaps.actions:
        heatmaps.points(action)
        heatmaps.boxes(action)
    result.save(out / "again.npz")
    again = Correspondence.load(out / "again.npz")
    np.testing.assert_array_equal(again.points2, result.points2)


@kind(changed_copy(bases.heads), share=2)
def model_folders(given: Path, out: Path) -> None:
    import torch

    from funcorr.affordance.checkpoint import load_head as load_affordance_head
    from funcorr.correspondence.checkpoint import load_head

    head, card = load_head(given / "correspondence")
    assert all(torch.isfinite(each).all() for each in head.parameters())
    assert all(isinstance(word, str) for word in (card.name, card.backbone, card.text_encoder))
    affordance, _ = load_affordance_head(given / "affordance")
    assert all(torch.isfinite(each).all() for each in affordance.parameters())


@kind(changed_copy(bases.training), share=1.5)
def training_runs(given: Path, out: Path) -> None:
    from funcorr.run_folder import Stage, claim, log_until
    from funcorr.train.cache import FeatureCache
    from funcorr.train.checkpoint import load_state
    from funcorr.train.curves import read_curves

    stage = Stage("run", {"seed": 0, "views": {"size": 64}}, ["checkpoint.safetensors"])
    with claim(given, stage, overwrite=False):
        if (given / "checkpoint.safetensors").exists():
            assert load_state(given / "checkpoint.safetensors", *bases.zero_head()) >= 0
        if (given / "log.jsonl").exists():
            log_until(given / "log.jsonl", 3)
        read_curves(given / "log.jsonl")
    for name in ("a0", "a1", "a2"):
        for entry in range(3):
            FeatureCache(given / "cache").maps(name, entry)


@kind(changed_copy(bases.one_shot))
def one_shot_folders(given: Path, out: Path) -> None:
    from funcorr.affordance.data.oneshot import read_actions, read_one_shot

    read_actions(given)
    for example in read_one_shot(given):
        for heatmap in example.heatmaps.values():
            assert np.isfinite(heatmap).all()
            assert 0 <= heatmap.min() <= heatmap.max() <= 1


@kind(changed_copy(bases.answers))
def answer_logs(given: Path, out: Path) -> None:
    from funcorr.pseudolabel.answer_log import AnswerLog
    from funcorr.pseudolabel.boxes import parse_boxes

    log = AnswerLog(given)
    for view in range(3):
        for answer in log.about(view, "head"):
            parse_boxes(answer.text, answer.window[3:1:-1])


@kind(changed_copy(bases.tables))
def tables(given: Path, out: Path) -> None:
    from funcorr.assets import objaverse
    from funcorr.pseudolabel.selection.parts import read_part_table
    from funcorr.pseudolabel.selection.tables import read_captions, read_table

    for name in ("uids.csv", "uids.txt", "uids.json"):
        assert all(len(uid) == 32 for uid in objaverse.read_uids(given / name))
    read_captions(given / "captions.csv")
    objaverse.read_captions(given / "captions.csv")
    read_part_table(given / "parts.csv")
    read_table(given / "uids.csv", ("uid", "category"))


@kind(
    changed_copy(bases.published),
    lambda given, out: ["paper-set", given / "seen", "--images", given / "images", "--out", out],
)
def published_sets(given: Path, out: Path) -> None:
    from funcorr.affordance.data import read_agd20k
    from funcorr.groundtruth.paper_alignments import read_paper_alignments
    from funcorr.groundtruth.paper_sets import import_paper_set
    from funcorr.groundtruth.photographs.umd import read_umd

    for sample in read_agd20k(given / "agd", "Seen"):
        assert sample.truth().ndim == 2
    for pair in read_umd(given / "umd/tools", 1).pairs:
        assert pair.first.mask().ndim == 2
    read_paper_alignments(given / "aligned")
    selected = given / "selected.json"
    import_paper_set(given / "seen", given / "images", out, selected=selected)


@kind(changed_copy(bases.sittings))
def annotations(given: Path, out: Path) -> None:
    from funcorr.app.affordance_annotator import AffordanceAnnotation
    from funcorr.app.alignments.queue import read_queue

    for item in read_queue(given / "queue.json", "pound-with"):
        assert isinstance(item.asset1, str)
    page = AffordanceAnnotation([given / "a.png"], ["pour"], given / "clicks")
    assert page.progress()
    if (given / "a.png").is_file():
        page.view()


@kind(lambda rng, folder: changed_json_file(rng, json.dumps(bases.REPLY).encode()))
def server_replies(given: bytes, out: Path) -> None:
    from funcorr.pseudolabel.chat_config import ChatConfig
    from funcorr.pseudolabel.openai_client import ChatModel

    with bases.replying(given) as url:
        model = ChatModel(ChatConfig("vlm", url, attempts=1))
        assert model.complete("where?").strip()
        assert isinstance(model.complete_json("where?"), dict | list)
        assert model.usage.answers >= 2


@kind(changed_copy(bases.pretrained), share=0.5)
def pretrained_folders(given: Path, out: Path) -> None:
    import torch

    from funcorr.features import load_backbone
    from funcorr.features.backbone import finite_maps

    backbone = load_backbone(str(given))
    maps = finite_maps(backbone, torch.zeros(1, 3, backbone.input_size, backbone.input_size))
    assert all(torch.isfinite(each).all() for each in maps)
