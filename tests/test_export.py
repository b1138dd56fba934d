"""Exports read back with the other tools' conventions, against cases worked out by hand."""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image
from test_dataset import mallet

from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.geometry.cameras import Camera, look_at
from funcorr.images.rle import from_rle
from funcorr.interop.coco_dataset import export_coco
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.export import export_bop, export_nerfstudio
from funcorr.render.shade import ShadingConfig
from funcorr.render.write import render_dataset


def plate(name="plate-0000"):
    """A square of side 1 in the plane z = 0, seen from straight above and below too."""
    corners = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    mesh = Mesh(corners, faces, np.zeros(2, int), ("plate",), np.zeros(2, int))
    return Asset(name, "plate", (), {}, {}, mesh, license="CC0-1.0")


class FromAbove(ViewConfig):
    """One camera 2 above the origin, image x along world x, image y along -y; 21 pixels wide."""

    def cameras(self, generator):
        return [Camera.from_fov(60.0, 21, 21, look_at(np.array([0, 0, 2.0])))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("export")
    write_asset(plate(), place / "assets")
    config = RenderConfig(FromAbove(), ShadingConfig(1, 1), points=500)
    render_dataset(place / "assets", place / "views", config)
    write_asset(mallet("mallet-0000"), place / "assets2")
    config = RenderConfig(ViewConfig(count=3, size=48), ShadingConfig(1, 1), points=300)
    render_dataset(place / "assets2", place / "views2", config)
    return place


FOCAL = 21 / 2 / np.tan(np.radians(30))


def test_nerfstudio_by_hand(folder, tmp_path):
    export_nerfstudio(Dataset(folder / "views"), tmp_path / "ns", meters=0.5)
    content = json.loads((tmp_path / "ns/plate-0000/transforms.json").read_text())
    [frame] = content["frames"]
    # Camera 1 m above, looking down its own -z, so that its axes are the world's.
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]]
    np.testing.assert_allclose(frame["transform_matrix"], expected, atol=1e-12)
    assert (frame["cx"], frame["cy"], frame["w"], frame["h"]) == (10.5, 10.5, 21, 21)
    assert frame["fl_x"] == frame["fl_y"] == pytest.approx(FOCAL)
    assert content["camera_model"] == "OPENCV"
    depth = np.array(Image.open(tmp_path / "ns/plate-0000" / frame["depth_file_path"]))
    assert depth.dtype == np.uint16
    assert set(np.unique(depth)) == {0, 1000}  # millimetres, 0 is unknown
    assert content["depth_unit_scale_factor"] * depth[10, 10] == 1.0
    mask = np.array(Image.open(tmp_path / "ns/plate-0000" / frame["mask_path"]))
    np.testing.assert_array_equal(mask > 0, depth > 0)
    # Half a side is 0.25 m: FOCAL * 0.25 = 4.55 px either side of 10.5, edges counted from 0.
    assert np.flatnonzero(mask.any(axis=0)).tolist() == list(range(6, 15))
    assert np.array(Image.open(tmp_path / "ns/plate-0000" / frame["file_path"])).shape == (
        21,
        21,
        4,
    )


def test_bop_by_hand(folder, tmp_path):
    export_bop(Dataset(folder / "views"), folder / "assets", tmp_path / "bop", meters=0.5)
    scene = tmp_path / "bop/train_pbr/000000"
    camera, truth, info = (
        json.loads((scene / f"scene_{name}.json").read_text())["0"]
        for name in ("camera", "gt", "gt_info")
    )
    np.testing.assert_allclose(camera["cam_K"], [FOCAL, 0, 10, 0, FOCAL, 10, 0, 0, 1], atol=1e-12)
    assert truth[0]["obj_id"] == 1
    np.testing.assert_allclose(truth[0]["cam_R_m2c"], [1, 0, 0, 0, -1, 0, 0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(truth[0]["cam_t_m2c"], [0, 0, 1000], atol=1e-9)
    depth = np.array(Image.open(scene / "depth/000000.png"))
    assert camera["depth_scale"] * depth[10, 10] == pytest.approx(1000)
    assert info[0]["bbox_visib"] == [6, 6, 8, 8]
    assert info[0]["px_count_visib"] == 81
    assert (np.array(Image.open(scene / "mask_visib/000000_000000.png")) > 0).sum() == 81
    assert np.array(Image.open(scene / "rgb/000000.png")).shape == (21, 21, 3)
    model = json.loads((tmp_path / "bop/models/models_info.json").read_text())["1"]
    assert model["diameter"] == pytest.approx(500 * np.sqrt(2), rel=1e-4)
    assert (model["min_x"], model["size_y"], model["size_z"]) == (-250, 500, 0)


def test_bop_models_project_onto_their_masks(folder, tmp_path):
    """With BOP's numbers alone: K (R X + t), X in millimetres from the PLY."""
    export_bop(Dataset(folder / "views2"), folder / "assets2", tmp_path / "bop")
    scene = tmp_path / "bop/train_pbr/000000"
    model = trimesh.load(tmp_path / "bop/models/obj_000001.ply", process=False)
    cameras, truth = (
        json.loads((scene / f"scene_{name}.json").read_text()) for name in ("camera", "gt")
    )
    assert len(cameras) == 3
    for key, camera in cameras.items():
        [pose] = truth[key]
        local = model.vertices @ np.reshape(pose["cam_R_m2c"], (3, 3)).T + pose["cam_t_m2c"]
        image = local @ np.reshape(camera["cam_K"], (3, 3)).T
        x, y = (image[:, :2] / image[:, 2:]).T
        mask = np.array(Image.open(scene / f"mask/{int(key):06d}_000000.png")) > 0
        rows, columns = np.nonzero(mask)
        np.testing.assert_allclose(
            [x.min(), x.max(), y.min(), y.max()],
            [columns.min(), columns.max(), rows.min(), rows.max()],
            atol=1.0,
        )


def test_coco_by_hand(folder, tmp_path, funcorr_command):
    out = tmp_path / "coco"
    done = funcorr_command("export", folder / "views", "--out", out, "--format", "coco")
    assert done.code == 0, done.err
    content = json.loads((out / "annotations.json").read_text())
    [image], [plain] = content["images"], content["annotations"]
    assert (image["height"], image["width"]) == (21, 21)
    assert np.array(Image.open(out / image["file_name"])).shape == (21, 21, 4)
    assert plain["bbox"] == [6, 6, 9, 9]
    assert plain["area"] == 81
    assert content["categories"] == [{"id": 1, "name": "plate", "supercategory": "object"}]
    assert content["licenses"] == [{"id": image["license"], "name": "CC0-1.0"}]


def test_coco_has_objects_and_the_parts_of_each_function(folder, tmp_path):
    dataset = Dataset(folder / "views2")
    export_coco(dataset, tmp_path / "coco")
    content = json.loads((tmp_path / "coco/annotations.json").read_text())
    names = {row["id"]: (row["supercategory"], row["name"]) for row in content["categories"]}
    asset = dataset["mallet-0000"]
    wanted = {("object", asset.category), *(("function", name) for name in asset.functions)}
    assert set(names.values()) == wanted
    assert len({row["id"] for row in content["annotations"]}) == len(content["annotations"])
    for image, view in zip(content["images"], map(asset.view, range(3)), strict=True):
        found = {
            names[row["category_id"]]: from_rle(row["segmentation"])
            for row in content["annotations"]
            if row["image_id"] == image["id"]
        }
        np.testing.assert_array_equal(found.pop(("object", asset.category)), view.mask)
        for name in asset.functions:
            seen = found.pop(("function", name), np.zeros_like(view.mask))
            np.testing.assert_array_equal(seen, view.part_mask(name) & view.mask)
        assert not found


def test_the_command_and_its_refusals(folder, tmp_path, funcorr_command):
    done = funcorr_command(
        "export", folder / "views", "--out", tmp_path / "ns", "--format", "nerfstudio"
    )
    assert done.code == 0, done.err
    assert "1 assets exported" in done.out
    words = ["export", folder / "views", "--out", tmp_path / "x", "--format", "bop"]
    assert "--assets" in funcorr_command(*words).err
    words[3] = tmp_path / "ns"
    refused = funcorr_command(*words, "--assets", folder / "assets")
    assert refused.is_refusal
    assert "not empty" in refused.err
    assert "more than 0" in funcorr_command(*words, "--meters", 0).err


@pytest.mark.parametrize("kind", ["nerfstudio", "bop"])
def test_a_refusal_on_the_way_leaves_nothing_and_the_mended_command_runs(
    kind, folder, tmp_path, funcorr_command
):
    out = tmp_path / "new" / "far"
    words = ["export", folder / "views", "--format", kind, "--assets", folder / "assets"]
    refused = funcorr_command(*words, "--out", out, "--meters", 99)
    assert refused.is_refusal
    assert "16 bits; make the objects smaller with --meters" in refused.err
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    done = funcorr_command(*words, "--out", out, "--meters", 0.2)
    assert done.code == 0, done.err
    assert [path.name for path in out.parent.iterdir()] == ["far"]
