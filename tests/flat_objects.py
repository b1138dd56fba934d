"""Objects drawn on the plane z = 0: the true map between any two views has a closed form."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from funcorr.functions.frames import FunctionalFrame, view_alignment
from funcorr.geometry.cameras import Camera, look_at
from funcorr.groundtruth.dense import PartView
from funcorr.render.dataset import AssetViews, Dataset, View

SIZE = 48
FRAME = FunctionalFrame(np.zeros(3), np.eye(3), 1.0)


def flat_view(region, eye=(0.0, 0.1, 2.0), frame=FRAME, size=SIZE):
    """A view of the plane z = 0, of which the part is where ``region(x, y)`` holds."""
    camera = Camera.from_fov(40.0, size, size, look_at(np.array(eye)))
    rows, columns = np.indices((size, size))
    rays = camera.directions(np.stack([columns, rows], axis=-1).astype(float))
    depth = -camera.center[2] / rays[..., 2]
    x, y, _ = np.moveaxis(camera.center + rays * depth[..., None], -1, 0)
    return PartView(region(x, y), depth, camera, frame)


def box(low_x, high_x, low_y=-0.25, high_y=0.3):
    return lambda x, y: (low_x < x) & (x < high_x) & (low_y < y) & (y < high_y)


def turned(degrees):
    angle = np.radians(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return matrix


class FlatView(View):
    """A view of a dataset, without files: the object is a board, its part one end of it."""

    def __init__(self, asset, board, end):
        self.asset, self.board, self.end = asset, board, end

    alpha = property(lambda self: self.mask * np.uint8(255))
    camera = property(lambda self: self.end.camera)
    depth = property(lambda self: np.where(self.mask, self.end.depth, 0).astype(np.float32))
    mask = property(lambda self: self.board.part)
    parts = property(lambda self: np.where(self.end.part, 0, np.where(self.mask, 1, -1)))
    rgb = property(lambda self: np.full((*self.mask.shape, 3), 90, np.uint8))

    def part_mask(self, function):
        return self.end.part


class FlatAsset(AssetViews):
    """A board of which one end, ``end`` long, cuts and pours."""

    def __init__(self, category, end, functions=("cut-with", "pour-with")):
        self.id, self.category, self.end, self.n_views = "board", category, end, 3
        self.info = {"license": "CC0-1.0"}
        frame = FunctionalFrame(np.array([0.4 - end, 0, 0]), np.eye(3), end)
        self.frames = dict.fromkeys(functions, frame)
        self.functions, self.part_names = functions, ("end", "rest")
        self.parts = dict.fromkeys(functions, ("end",))

    def view(self, index):
        eye = np.array([0.3 * index - 0.3, 0.2 * index, 1.6])
        frame = next(iter(self.frames.values()))
        regions = box(-0.4, 0.4), box(0.4 - self.end, 0.4)
        return FlatView(self, *(flat_view(region, eye, frame, size=96) for region in regions))


class FlatDataset(Dataset):
    """The given assets, by id."""

    def __init__(self, by_id):
        self.by_id = {name: copy(asset) for name, asset in by_id.items()}
        self.assets = list(by_id)
        for name, asset in self.by_id.items():
            asset.id = name

    def __getitem__(self, asset_id):
        return self.by_id[asset_id]


BOARDS = FlatDataset(
    {
        "axe-0000": FlatAsset("axe", 0.25),
        "axe-0001": FlatAsset("axe", 0.3),
        "jug-0000": FlatAsset("jug", 0.28, ("pour-with",)),
        "knife-0000": FlatAsset("knife", 0.35),
        "knife-0001": FlatAsset("knife", 0.4),
    }
)


class KnowingModel:
    """A model that knows every board: matches by alignment, the functional end first."""

    name = "knowing"
    fingerprint = "1"

    def __init__(self):
        self.calls = 0

    def encode(self, image, mask=None):
        self.calls += 1
        asset, _, view = image.stem.rpartition("-")
        return asset, int(view)

    def match(self, image1, image2, function):
        view = BOARDS[image1[0]].view(image1[1])
        points1 = np.argwhere(view.mask)[:, ::-1]
        score = view.part_mask(function)[view.mask].astype(float)
        return Matches(points1, self.label_transfer(image1, image2, function, points1), score)

    def label_transfer(self, image1, image2, function, points):
        (first, frame1), (second, frame2) = (
            (BOARDS[asset].view(view), BOARDS[asset].frames[function])
            for asset, view in (image1, image2)
        )
        cameras = second.camera.world_to_camera, first.camera.world_to_camera
        move = view_alignment(frame2, frame1, *cameras)
        surface = first.end.surface(points.astype(int)) @ move[:3, :3].T + move[:3, 3]
        return second.camera.project(surface)[0].round()


@dataclass(frozen=True)
class Matches:
    points1: np.ndarray
    points2: np.ndarray
    scores: np.ndarray
