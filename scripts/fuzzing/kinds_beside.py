"""Kinds that are given beside pictures: depth, cameras, poses, boxes and clicks, COCO files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import bases
from fuzzing.kinds import changed_copy, kind
from fuzzing.mutators import Rng, change_file, changed_text, pick


def _transfer(given: Path, out: Path, *more: Any) -> list[Any]:
    """The command, with the files of ``given`` in place of the whole ones."""
    files = {
        option: given / name if (given / name).exists() else bases.rgbd() / name
        for option, name in (
            ("--depth1", "a-depth.png"), ("--depth2", "b-depth.png"),
            ("--camera1", "a.json"), ("--camera2", "b.json"), ("--pose", "grasp.json"),
        )
    }  # fmt: skip
    words = [word for option in files.items() for word in option]
    pictures = bases.rgbd() / "a.png", bases.rgbd() / "b.png"
    plain = ["--function", "pour-with", "--model", "chance", "--out", out]
    return ["transfer", *pictures, *plain, *words, *more]


def _view(rng: Rng, folder: Path) -> Path:
    """Depth and camera; one of the two is changed, or both."""
    for name in ("a-depth.png", "a-depth.npy", "a-depth.npz", "a.json", "numbers.json", "a.png"):
        shutil.copy(bases.rgbd() / name, folder)
    change_file(rng, folder / pick(rng, ("a-depth.png", "a-depth.npy", "a-depth.npz")))
    change_file(rng, folder / pick(rng, ("a.json", "a.json", "numbers.json", "a-depth.png")))
    return folder


@kind(_view, _transfer, share=2)
def depth_views(given: Path, out: Path) -> None:
    from funcorr.errors import UserError
    from funcorr.transfer.read_view import read_view

    refusals, forms = [], [(d, c) for d in (".png", ".npy", ".npz") for c in ("a", "numbers")]
    for depth, camera in forms:
        try:
            view = read_view(given / f"a-depth{depth}", given / f"{camera}.json", None,
                             given / "a.png")  # fmt: skip
        except UserError as error:
            refusals.append(error)
            continue
        assert np.isfinite(view.depth).all()
        assert view.depth.min() >= 0
        assert 0.01 < np.median(view.depth[view.depth > 0]) < 21
        lifted = view.lift(np.argwhere(view.depth > 0)[:50, ::-1])
        assert np.isfinite(lifted.points[lifted.valid]).all()
    if len(refusals) == len(forms):
        raise refusals[0]


@kind(changed_copy(lambda: bases.rgbd() / "grasp.json"),
      lambda given, out: _transfer(given.parent, out))  # fmt: skip
def pose_files(given: Path, out: Path) -> None:
    _poses(given)


@kind(changed_copy(lambda: bases.rgbd() / "way.json"))
def trajectories(given: Path, out: Path) -> None:
    _poses(given)


def _poses(given: Path) -> None:
    from funcorr.transfer.pose_file import read_poses

    read = read_poses(given, "camera1")
    turns = read.poses[:, :3, :3]
    assert np.isfinite(read.poses).all()
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=0.01)
    again = json.loads(json.dumps(read.to_json()))
    assert len(again["poses"]) == len(read.others) == len(read.poses)


BOXES = ("10,8,40,30", "-1,-1,60,60", "0.5,.5,51,39", "9,9,10,10", "1e1,4,30,31", "40,30,10,8", "x")
CLICKS = ("20,20", "12,10", "5,5,out", "20,20;45,36,out", "51,39", "52,40", "1,2,3", ";", "nan,3")


def _prompt(rng: Rng, folder: Path) -> dict[str, Any]:
    def text(choices: tuple[str, ...]) -> str:
        chosen = pick(rng, choices)
        if rng.random() < 0.25:
            chosen = changed_text(rng, chosen.encode()).decode("utf-8", "surrogateescape")
        return str(chosen).replace("\0", "")

    box = text(BOXES) if rng.random() < 0.6 else None
    count = int(rng.integers(0 if box else 1, 3))
    return {"box": box, "clicks": [text(CLICKS) for _ in range(count)]}


def _mask(given: dict[str, Any], out: Path) -> list[Any]:
    box = [] if given["box"] is None else [f"--box={given['box']}"]
    clicks = [f"--click={click}" for click in given["clicks"]]
    return ["mask", bases.pictures() / "a.png", "--out", out, *box, *clicks]


@kind(_prompt, _mask, share=2)
def boxes_and_clicks(given: dict[str, Any], out: Path) -> None:
    from funcorr.cli.prompts import object_source

    prompt = object_source(None, given["box"], given["clicks"])
    prompt.check(bases.SIZE, "a.png")
    possible = prompt.possible(bases.SIZE)
    assert possible.any()
    assert all(possible[click.pixel(bases.SIZE)] for click in prompt.clicks if click.inside)
    moved = prompt.moved(3, 4, 2.0)
    assert len(moved.clicks) == len(prompt.clicks)


@kind(changed_copy(bases.coco), share=2)
def coco_files(given: Path, out: Path) -> None:
    from funcorr.errors import UserError
    from funcorr.interop.coco import keypoints_from_coco, masks_from_coco
    from funcorr.io import read_json

    content = read_json(given, "COCO file")
    refusals = []
    for name in ("a.png", "b.png"):
        try:
            points = keypoints_from_coco(content, name)
            assert points.shape == (len(points), 2)
            assert (np.isnan(points) | (np.abs(points) <= 1e6)).all()
        except UserError as error:
            refusals.append(error)
        try:
            assert all(mask.dtype == bool for mask in masks_from_coco(content, name))
        except UserError as error:
            refusals.append(error)
    if len(refusals) == 4:
        raise refusals[0]
