"""Whole files of every kind, made once; the fuzzers change copies of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread

import mesh_cases_gltf
import mesh_cases_looks
import mesh_cases_text
import numpy as np
import torch
from flat_objects import BOARDS
from label_data import render_mallets, write_mallets
from made_training import CONFIG, made_assets, made_trainer, write_cache
from mesh_cases import CASES
from PIL import Image, ImageDraw
from test_paper_alignments import annotate
from test_paper_sets import A, B
from test_scenes import write_scene

from funcorr.affordance.checkpoint import AffordanceCard
from funcorr.affordance.checkpoint import save_head as save_affordance_head
from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.result import AffordanceMap
from funcorr.affordance.shape import HeadShape
from funcorr.benchmark.evaluate import evaluate
from funcorr.correspondence.checkpoint import HeadCard, save_head
from funcorr.correspondence.confidence import Calibration
from funcorr.correspondence.head import FunctionHead, HeadConfig
from funcorr.correspondence.registry import load_model
from funcorr.groundtruth.alignments import align_frames, write_alignments
from funcorr.groundtruth.build import build_benchmark
from funcorr.groundtruth.dense import GroundTruthConfig
from funcorr.groundtruth.pair_sampling import BuildConfig
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.shade import ShadingConfig
from funcorr.train.cache import FeatureCache
from funcorr.train.checkpoint import save_state

SIZE = 40, 52
"""Height and width of the pictures."""

MESH_SETS = (mesh_cases_gltf, mesh_cases_looks, mesh_cases_text)
"""They fill ``CASES``."""


def _new() -> Path:
    return Path(mkdtemp(prefix="base-"))


def drawn(mode: str = "RGB", ink: object = (30, 90, 160), paper: object = "white") -> Image.Image:
    """An object on a plain ground."""
    image = Image.new(mode, SIZE[::-1], paper)
    ImageDraw.Draw(image).ellipse((8, 10, 30, 34), fill=ink)
    return image


@cache
def pictures() -> Path:
    """a.png, b.png, mask.png."""
    folder = _new()
    drawn().save(folder / "a.png")
    drawn(ink=(160, 90, 30)).save(folder / "b.png")
    drawn("L", 255, 0).save(folder / "mask.png")
    return folder


@cache
def meshes() -> list[Path]:
    """A folder per case of the conformance set, with the file's name in ``name``."""
    root, found = _new(), []
    for number, case in enumerate(CASES.values()):
        folder = root / f"{number:04d}"
        folder.mkdir()
        model = Path(case.write(folder))
        if sum(f.stat().st_size for f in folder.iterdir()) < 300_000:
            found.append(model)
    return found


@cache
def scenes() -> Path:
    """A scene in BOP's layout."""
    return write_scene(_new() / "tools")


@cache
def dataset() -> Path:
    """A multi-view dataset of two mallets; beside it their assets."""
    config = RenderConfig(ViewConfig(count=2, size=48), ShadingConfig(1, 1), points=300)
    return render_mallets(_new(), 2, config)


@cache
def assets() -> Path:
    """Two assets."""
    folder = _new() / "assets"
    write_mallets(folder, 2)
    return folder


@cache
def alignments() -> Path:
    """An alignment file."""
    views, path = Dataset(dataset()), _new() / "a.json"
    write_alignments(path, [align_frames(views["mallet-0000"], views["mallet-0001"], "pound-with")])
    return path


@cache
def benchmark() -> Path:
    """A benchmark folder of a few pairs."""
    truth = GroundTruthConfig(min_points=5, max_points=12)
    config = BuildConfig(per_function=2, across=0.5, image_size=None, ground_truth=truth)
    return build_benchmark(BOARDS, _new() / "boards", config).path


@cache
def evaluated() -> Path:
    """The run folder of an evaluation of :func:`benchmark`."""
    out = _new() / "run"
    evaluate(benchmark(), "chance", out)
    return out


@cache
def matches() -> Path:
    """matches.npz and heatmaps.npz."""
    folder = _new()
    a, b, mask = (pictures() / name for name in ("a.png", "b.png", "mask.png"))
    load_model("chance").match(a, b, "pour-with", mask1=mask, mask2=mask).save(
        folder / "matches.npz"
    )
    maps = np.linspace(0, 1, 2 * 6 * 7, dtype=np.float32).reshape(2, 6, 7)
    AffordanceMap(maps, ("pour", "hold"), "demo").save(folder / "heatmaps.npz")
    return folder


@cache
def heads() -> Path:
    """Two tiny heads: correspondence/ and affordance/."""
    folder = _new()
    shape = HeadConfig(map_channels=(4, 4), text=2, projected=4, hidden=4, descriptor=4)
    card = HeadCard(
        "tiny", "b", "t", shape, {}, Calibration(1.0, 0.0, 0.1), functions=("cut-with",)
    )
    save_head(folder / "correspondence", FunctionHead(shape), card)
    small = HeadShape(map_channels=(4, 4), text=4, grid=2, layers=1, heads=2)
    save_affordance_head(
        folder / "affordance", AffordanceHead(small), AffordanceCard("tiny", "b", "t", small)
    )
    return folder


@cache
def training() -> Path:
    """A checkpoint, a log and a cache of features."""
    folder = _new()
    write_cache(folder / "cache", ["a0", "a1", "a2"])
    trainer = made_trainer(made_assets(), FeatureCache(folder / "cache"), CONFIG)
    trainer.step(0, trainer.loader.example(0))
    save_state(folder / "checkpoint.safetensors", trainer.head, trainer.optimizer.optimizer, 1)
    lines = [{"step": step, "total": 1.5, "mask": 0.5} for step in range(6)]
    (folder / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "config.json").write_text(json.dumps({"seed": 0, "views": {"size": 64}}))
    return folder


@cache
def one_shot() -> Path:
    """Two one-shot examples."""
    from funcorr.affordance.data.oneshot import write_one_shot

    folder = _new()
    for stem in ("mug_1", "mug_2"):
        write_one_shot(folder, stem, pictures() / "a.png", "mug", {"pour": [[12, 20]]})
    return folder


@cache
def answers() -> Path:
    """The answers of a model, as lines of JSON."""
    path = _new() / "answers.jsonl"
    line = {"view": 0, "part": "head", "window": [0, 0, 48, 48], "zoomed": False, "text": "[]"}
    path.write_text("".join(json.dumps({**line, "view": n}) + "\n" for n in range(3)))
    return path


@cache
def tables() -> Path:
    """Tables and lists that people write."""
    folder, uid = _new(), [f"{n:032x}" for n in range(3)]
    (folder / "uids.csv").write_text("uid,category\n" + "".join(f"{u},mug\n" for u in uid))
    (folder / "uids.txt").write_text("\n".join(uid) + "\n")
    (folder / "uids.json").write_text(json.dumps({"mug": uid}))
    (folder / "captions.csv").write_text("".join(f'{u},"a mug, blue"\n' for u in uid))
    part = "category,function,part,look,use\nmug,pour-with,rim,The upper edge.,guides\n"
    (folder / "parts.csv").write_text(part)
    return folder


@cache
def published() -> Path:
    """AGD20K, UMD, the paper's sets and its alignments, each of a few files."""
    from scipy.io import savemat

    folder = _new()
    test = folder / "agd/Seen/testset"
    for place in ("hold/mug/mug_1", "pour/mug/mug_2"):
        for kind, mode in (("egocentric", ".jpg"), ("GT", ".png")):
            (test / kind / place).parent.mkdir(parents=True, exist_ok=True)
            drawn("L", 200, 0).save(test / kind / f"{place}{mode}")
    labels = (np.asarray(drawn("L", 3, 0))).astype(np.uint8)
    for tool in ("mug_01", "cup_01"):
        place = folder / "umd/tools" / tool
        place.mkdir(parents=True)
        drawn().save(place / f"{tool}_1_rgb.jpg")
        savemat(place / f"{tool}_1_label.mat", {"gt_label": labels})
    annotate(folder / "aligned")
    for asset in (A, B):
        for kind in ("rgb_images_processed", "object_masks_processed"):
            (folder / "images" / asset / kind).mkdir(parents=True)
            drawn("L", 255, 0).save(folder / "images" / asset / kind / "0003.png")
    trial = folder / "seen/pick up-with" / f"{A}|||{B}|||0000" / "trial_0"
    trial.mkdir(parents=True)
    for asset in (A, B):
        np.save(trial / f"{asset}|||0003.png.npy", np.array([[3, 20], [4, 21], [30, 7]]))
    (folder / "selected.json").write_text(json.dumps({"pick up-with": {f"{A}|||{B}": [0]}}))
    return folder


@cache
def rgbd() -> Path:
    """Of a and b: picture, depth in three formats, camera; a grasp and a trajectory."""
    from rgbd_scenes import make_pair, similarity

    folder, pair = _new(), make_pair(similarity((0, 0, 10)))
    for name, view, mask in zip("ab", pair.views, pair.masks, strict=True):
        shade = np.where(mask, 255 * view.depth / view.depth.max(), 0).astype(np.uint8)
        alpha = 255 * mask.astype(np.uint8)
        Image.fromarray(np.dstack([shade, shade, shade, alpha])).save(folder / f"{name}.png")
        Image.fromarray(np.round(view.depth * 1000).astype(np.uint16)).save(
            folder / f"{name}-depth.png"
        )
        np.save(folder / f"{name}-depth.npy", view.depth.astype(np.float32))
        np.savez(folder / f"{name}-depth.npz", depth=view.depth)
        camera = {"intrinsics": view.intrinsics.tolist(), "depth_scale": 0.001}
        (folder / f"{name}.json").write_text(json.dumps(camera))
    (folder / "numbers.json").write_text(
        json.dumps({"fx": 170.0, "fy": 170.0, "cx": 47.5, "cy": 47.5, "depth_scale": 1})
    )
    about = {"frame": "camera1", "unit": "m", "quaternion_order": "xyzw"}
    grasp = {"name": "grasp", "matrix": similarity((9, 0, 0)).tolist(), "width": 0.05}
    way = [{"position": [0, 0, t / 9], "quaternion": [0, 0, 0, 1], "time": t} for t in range(3)]
    for name, poses in (("grasp", [grasp]), ("way", way)):
        (folder / f"{name}.json").write_text(json.dumps(about | {"poses": poses}))
    return folder


@cache
def coco() -> Path:
    """Keypoints and run-length masks of two images."""
    from funcorr.interop.coco import to_coco

    a, b, mask = (pictures() / name for name in ("a.png", "b.png", "mask.png"))
    found = load_model("chance").match(a, b, "pour-with", mask1=mask, mask2=mask)
    path = _new() / "coco.json"
    path.write_text(json.dumps(to_coco(found, ("a.png", "b.png"))))
    return path


@cache
def taxonomy() -> Path:
    """A taxonomy of a user's own."""
    path = _new() / "mine.toml"
    path.write_text(
        'format = "funcorr-taxonomy/1"\n[functions.stir-with]\nmeaning = "move a liquid about"\n'
        '[categories.paddle]\nsmall = ["blade"]\n[categories.paddle.parts]\n'
        'blade = "The flat end."\n[categories.paddle.uses.stir-with]\nblade = "moves it"\n'
        '[lists.mine]\nstir-with = ["paddle"]\n'
    )
    return path


def zero_head() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """A fresh head and optimiser of the shape of :func:`training`'s checkpoint."""
    trainer = made_trainer(made_assets(), FeatureCache(training() / "cache"), CONFIG)
    return trainer.head, trainer.optimizer.optimizer


@cache
def sittings() -> Path:
    """What the two annotators keep."""
    from funcorr.app.affordance_annotator import AffordanceAnnotation
    from funcorr.app.alignments.queue import Item, write_queue
    from funcorr.groundtruth.alignments import read_alignments

    folder, (aligned,) = _new(), read_alignments(alignments())
    drawn().save(folder / "a.png")
    AffordanceAnnotation([folder / "a.png"], ["pour"], folder / "clicks").add(12, 20)
    items = [Item("a", "b", "rejected", "other"), Item(*aligned.key[1:], "open", "", aligned)]
    write_queue(folder / "queue.json", "pound-with", items)
    return folder


@cache
def pretrained() -> Path:
    """A tiny DINOv2."""
    from tiny_models import save_dinov2

    return save_dinov2(_new(), layers=3)


REPLY = {
    "id": "1", "object": "chat.completion", "created": 0, "model": "vlm",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {
        "role": "assistant", "content": '<think>Hm.</think> {"boxes": [[1, 2, 3, 4]]}'}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip
"""What a chat server answers."""


@cache
def _server() -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(_server().reply)))
            self.end_headers()
            self.wfile.write(_server().reply)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def replying(reply: bytes) -> Iterator[str]:
    """The address of a chat server that gives this reply to all questions."""
    _server().reply = reply
    yield f"http://127.0.0.1:{_server().server_port}/v1"
