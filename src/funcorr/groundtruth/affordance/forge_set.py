"""A rendered affordance set in AGD20K's layout, made from the forge: ``funcorr assets agd``.

``OUT/<split>/testset/egocentric/<action>/<object>/<object>_000100.jpg`` with its heatmap in
``OUT/<split>/testset/GT/...png``, as in AGD20K; a picture stands under each of its actions.
``OUT/<split>/trainset/egocentric`` holds the training pictures without heatmaps, and
``OUT/one-shot`` annotated pictures of the base objects, the same for all splits: ten of each, of
which a one-shot run draws one. The splits:

- ``Seen``: other instances of the 33 base objects;
- ``Unseen``: 13 objects that were never trained, the forge's ``unseen-test``;
- ``Unseen-dev``: 14 more, the forge's ``unseen-dev``, for decisions;
- ``New-actions``: the test pictures of all objects under four verbs that were never trained.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from funcorr.affordance.data import heatmap_from_points, write_one_shot
from funcorr.affordance.data.action_names import action_folder, object_folder
from funcorr.assets.generators import AssetGenerator, load_generator
from funcorr.errors import UserError
from funcorr.groundtruth.affordance.actions import NEW_ACTIONS
from funcorr.groundtruth.affordance.composite import (
    Cutout,
    Scene,
    busy_background,
    compose,
    plain_background,
)
from funcorr.groundtruth.affordance.cutouts import SMALLEST_PART, cutout
from funcorr.io import atomic_path, read_json, write_json
from funcorr.run_folder import Stage, claim

FORMAT = "funcorr-agd/1"
RECORD = "dataset.json"
FIRST_TEST = 100
"""Number of the first test instance of each object; training instances count from 0."""

BASE_OBJECTS: tuple[str, ...] = (
    *("axe", "bottle", "bowl", "broom", "carabiner", "cleaver", "colander", "crowbar", "fork"),
    *("glass", "hammer", "hoe", "hook", "jug", "kettle", "knife", "ladle", "marker", "mug"),
    *("paintbrush", "pan", "pen", "pickaxe", "rolling pin", "screwdriver", "shovel", "spatula"),
    *("spoon", "strainer", "tongs", "tray", "tweezers", "whisk"),
)
"""33 of the forge's training categories, chosen so that every trained action has two or more."""


@dataclass(frozen=True)
class AgdConfig:
    """What the set holds.

    Attributes:
        objects: the base objects.
        shots: annotated training pictures per base object.
        seen: test pictures per base object.
        unseen: test pictures per novel object.
        size: side of the pictures in pixels.
        views: views among which a training picture is chosen (the one with most actions).
        seed: of everything.
    """

    objects: tuple[str, ...] = BASE_OBJECTS  # AGD20K: 50 Seen, 33 in its Unseen split
    shots: int = 10  # OOAL: 1
    seen: int = 6
    unseen: int = 10
    size: int = 224  # AGD20K: photographs of all sizes, squashed to 224
    views: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.shots, self.seen, self.unseen, self.views) < 1 or not self.objects:
            raise UserError("shots, seen, unseen and views must be at least 1, with some objects")
        if self.size < 64:
            raise UserError(f"pictures of {self.size} pixels; expected 64 or more")


@dataclass(frozen=True)
class AgdSummary:
    """What was made.

    Attributes:
        path: the folder of the set.
        test: split -> number of (picture, action) samples.
        actions: trained actions.
        objects: split -> number of objects.
    """

    path: Path
    test: dict[str, int]
    actions: tuple[str, ...]
    objects: dict[str, int]


def make_agd(out: str | Path, config: AgdConfig | None = None) -> AgdSummary:
    """Make the set; the same config gives the same bytes, and a stopped build goes on.

    Raises:
        UserError: an unknown object, no forge, or ``out`` holds something else.
    """
    out, config, forge = Path(out), config or AgdConfig(), load_generator("forge")
    settings = {"format": FORMAT, "config": asdict(config)}
    with claim(out, Stage("affordance set", settings, ["*"]), record=RECORD):
        info = read_json(out / RECORD, "affordance set")
        if "test" not in info:
            info = _build(out, config, info, forge)
    return AgdSummary(out, info["test"], tuple(info["actions"]), info["objects"])


def _build(
    out: Path, config: AgdConfig, info: dict[str, Any], forge: AssetGenerator
) -> dict[str, Any]:
    splits = forge.splits()
    novel = {"Unseen": splits["unseen-test"], "Unseen-dev": splits["unseen-dev"]}
    groups = {"Seen": config.objects, **novel}
    cache = out / ".cutouts"
    train = _cutouts(forge, config.objects, range(config.shots), config.views, config, cache)
    actions = _write_train(out, train, config)
    counts: dict[str, int] = defaultdict(int)
    for split, objects in groups.items():
        count = config.seen if split == "Seen" else config.unseen
        numbers = range(FIRST_TEST, FIRST_TEST + count)
        test = _cutouts(forge, objects, numbers, 2, config, cache)
        for folder in write_test(out, split, test, actions, config):
            counts[folder] += 1
    done = {**info, "license": "CC0-1.0", "actions": list(actions), "test": dict(counts)}
    done["objects"] = {split: len(objects) for split, objects in groups.items()}
    write_json(out / RECORD, done)
    shutil.rmtree(cache)
    return done


def _cutouts(
    forge: AssetGenerator,
    objects: Sequence[str],
    numbers: range,
    views: int,
    config: AgdConfig,
    cache: Path,
) -> list[Cutout]:
    from rich.console import Console
    from rich.progress import track

    jobs = [(name, number) for name in objects for number in numbers]
    shown = track(jobs, "rendering", console=Console(stderr=True), transient=True)
    assets = ((forge.forge_asset(name, number, config.seed), number) for name, number in shown)
    return [
        cutout(asset, asset.id, number, views, config.size, config.seed, cache)
        for asset, number in assets
    ]


def _write_train(out: Path, cutouts: Sequence[Cutout], config: AgdConfig) -> tuple[str, ...]:
    """Annotated and plain training pictures; the trained actions."""
    names = {action for each in cutouts for action in each.actions} - set(NEW_ACTIONS)
    actions = tuple(sorted(names))
    for each in cutouts:
        generator = _generator(each, config)
        background = (plain_background, busy_background)[each.number % 2]
        scene = compose(each, (), background(config.size, generator), generator)
        points = _clicks(scene, [a for a in actions if a in each.actions], generator)
        if not points:
            continue
        array = write_one_shot(
            out / "one-shot", _stem(each), scene.rgb, each.object, points, actions
        )
        for split in ("Seen", "Unseen"):
            for action in points:
                _place(array.with_suffix(".jpg"), _folder(out, split, "trainset", action, each))
    return actions


def write_test(
    out: Path,
    split: str,
    cutouts: Sequence[Cutout],
    actions: Sequence[str],
    config: AgdConfig,
    new: Sequence[str] = NEW_ACTIONS,
) -> Iterator[str]:
    """Write test pictures and heatmaps of a split; yields each split that gets a sample.

    There is a picture per cutout. Samples of the actions ``new`` go to the split ``New-actions``;
    actions that are neither there nor among the trained ``actions`` are left out.
    """
    for index, each in enumerate(cutouts):
        generator = _generator(each, config)
        mode = each.number % 3
        others = _others(index, cutouts, generator) if mode == 2 else ()
        background = (busy_background if mode else plain_background)(config.size, generator)
        scene = compose(each, others, background, generator)
        wanted = [action for action in each.actions if action in (*actions, *new)]
        for action, points in _clicks(scene, wanted, generator).items():
            folder = "New-actions" if action in new else split
            _save(scene.rgb, _folder(out, folder, "testset", action, each), quality=95)
            heatmap = heatmap_from_points(points, scene.owner.shape)
            truth = _folder(out, folder, "testset", action, each, "GT").with_suffix(".png")
            _save(np.round(255 * heatmap).astype(np.uint8), truth)
            yield folder


def _others(
    index: int, cutouts: Sequence[Cutout], generator: np.random.Generator
) -> tuple[Cutout, ...]:
    """Two or three objects of other categories."""
    rest = [each for each in cutouts if each.object != cutouts[index].object]
    count = min(len(rest), int(generator.integers(2, 4)))
    return tuple(rest[i] for i in generator.choice(len(rest), count, replace=False))


def _clicks(
    scene: Scene, actions: Sequence[str], generator: np.random.Generator
) -> dict[str, Float[np.ndarray, "k 2"]]:
    """Clicked-like points per action that can be seen on the main object."""
    main = scene.cutouts[-1]
    visible = scene.owner == len(scene.cutouts) - 1
    points = {}
    for action in actions:
        own = visible & np.isin(scene.parts, main.serving(action))
        if own.sum() >= SMALLEST_PART:
            points[action] = _sampled(scene.region(action), generator)
    return points


def _sampled(
    region: Bool[np.ndarray, "h w"], generator: np.random.Generator
) -> Float[np.ndarray, "k 2"]:
    """Three to twelve points (x, y), more in larger regions, spread like a person's clicks.

    Each point is the one of ten random candidates that lies farthest from the points before it.
    """
    pixels = np.argwhere(region)[:, ::-1].astype(np.float64)
    chosen = [pixels[generator.integers(len(pixels))]]
    for _ in range(int(np.clip(len(pixels) / SMALLEST_PART, 3, 12)) - 1):
        candidates = pixels[generator.integers(len(pixels), size=10)]
        gaps = np.linalg.norm(candidates[:, None] - np.array(chosen), axis=2).min(axis=1)
        chosen.append(candidates[gaps.argmax()])
    return np.array(chosen)


def _generator(each: Cutout, config: AgdConfig) -> np.random.Generator:
    return np.random.default_rng([config.seed, zlib.crc32(_stem(each).encode())])


def _stem(each: Cutout) -> str:
    return f"{object_folder(each.object)}_{each.number:06d}"


def _folder(
    out: Path, split: str, part: str, action: str, each: Cutout, kind: str = "egocentric"
) -> Path:
    """The picture's place in AGD20K's layout."""
    folder = out / split / part / kind / action_folder(action) / object_folder(each.object)
    return folder / f"{_stem(each)}.jpg"


def _save(pixels: np.ndarray, path: Path, **options: Any) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, **options)


def _place(source: Path, target: Path) -> None:
    """The same file in a second place: a hard link, or a copy where there are none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
