"""Hand a multi-view dataset to other tools: nerfstudio and BOP.

| | camera | pixel centres | depth | unit |
|---|---|---|---|---|
| here | OpenCV, world to camera | integers | planar z, own step | longest side 1 |
| nerfstudio | OpenGL, camera to world | at .5 | planar z, 16-bit, millimetres | metres |
| BOP | OpenCV, model to camera | integers | planar z, 16-bit, ``depth_scale`` | millimetres |
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from funcorr.assets.mesh import Mesh
from funcorr.assets.store import read_asset
from funcorr.errors import UserError
from funcorr.geometry.cameras import OPENGL_FROM_OPENCV
from funcorr.io import atomic_folder, atomic_path, write_json
from funcorr.render.dataset import AssetViews, Dataset, View

Format = Literal["bop", "nerfstudio"]

BOP_DEPTH_SCALE = 0.1
"""Millimetres per step of BOP's depth pictures; 16 bits reach 6.5 m."""


def export_nerfstudio(dataset: Dataset, out: Path | str, meters: float = 1.0) -> None:
    """Write ``OUT/<asset>/`` with ``transforms.json``, ``images``, ``depth`` and ``masks``.

    Args:
        dataset: what to export.
        out: a folder that is empty or not there.
        meters: length of the objects' longest side.

    Raises:
        UserError: ``out`` is not empty or cannot be written to, or depths do not fit into 16 bits.
    """
    with atomic_folder(out) as folder:
        for asset in dataset:
            views = map(asset.view, range(asset.n_views))
            frames = [_nerfstudio_frame(view, folder / asset.id, meters) for view in views]
            content = {"camera_model": "OPENCV", "depth_unit_scale_factor": 1e-3, "frames": frames}
            write_json(folder / asset.id / "transforms.json", content)


def _nerfstudio_frame(view: View, folder: Path, meters: float) -> dict[str, Any]:
    name, camera = f"{view.index:04d}.png", view.camera
    paths = {"file_path": "images", "depth_file_path": "depth", "mask_path": "masks"}
    _copy(view.asset.folder / "rgb" / name, folder / "images" / name)
    _save(folder / "depth" / name, _steps(view, 1000 * meters))
    _save(folder / "masks" / name, view.mask.astype(np.uint8) * 255)
    pose = camera.camera_to_world @ OPENGL_FROM_OPENCV
    pose[:3, 3] *= meters
    return {
        **{key: f"{kind}/{name}" for key, kind in paths.items()},
        "transform_matrix": pose.tolist(),
        "fl_x": camera.intrinsics[0, 0],
        "fl_y": camera.intrinsics[1, 1],
        "cx": camera.intrinsics[0, 2] + 0.5,
        "cy": camera.intrinsics[1, 2] + 0.5,
        "w": camera.width,
        "h": camera.height,
    }


def export_bop(dataset: Dataset, assets: Path | str, out: Path | str, meters: float = 1.0) -> None:
    """Write BOP's scenes: ``OUT/models`` and ``OUT/train_pbr/000000``, a scene per asset.

    Args:
        dataset: what to export.
        assets: the folder that it was rendered from, for the models.
        out: a folder that is empty or not there.
        meters: length of the objects' longest side.

    Raises:
        UserError: ``out`` is not empty or cannot be written to, or an asset is missing.
    """
    with atomic_folder(out) as folder:
        _write_bop(dataset, Path(assets), folder, 1000 * meters)


def _write_bop(dataset: Dataset, assets: Path, out: Path, scale: float) -> None:
    models = {}
    for number, views in enumerate(dataset):
        mesh = read_asset(assets / views.id).mesh
        models[str(number + 1)] = _save_model(mesh, out / f"models/obj_{number + 1:06d}.ply", scale)
        _write_scene(views, out / f"train_pbr/{number:06d}", number + 1, scale)
    write_json(out / "models/models_info.json", models)
    names = {str(number + 1): name for number, name in enumerate(dataset.assets)}
    write_json(out / "models/names.json", names)
    if dataset.assets:
        write_json(out / "camera.json", _bop_camera(dataset[dataset.assets[0]].view(0)))


def _write_scene(views: AssetViews, folder: Path, number: int, scale: float) -> None:
    cameras, truth, about = {}, {}, {}
    for view in map(views.view, range(views.n_views)):
        name, key = f"{view.index:06d}", str(view.index)
        rotation = view.camera.rotation.ravel().tolist()
        translation = (view.camera.world_to_camera[:3, 3] * scale).tolist()
        cameras[key] = {
            "cam_K": view.camera.intrinsics.ravel().tolist(),
            "depth_scale": BOP_DEPTH_SCALE,
            "cam_R_w2c": rotation,
            "cam_t_w2c": translation,
        }
        truth[key] = [{"obj_id": number, "cam_R_m2c": rotation, "cam_t_m2c": translation}]
        about[key] = [_seen(view)]
        _save(folder / f"rgb/{name}.png", view.on_background(np.array([0, 0, 0], np.uint8)))
        _save(folder / f"depth/{name}.png", _steps(view, scale / BOP_DEPTH_SCALE))
        for kind in ("mask", "mask_visib"):
            _save(folder / f"{kind}/{name}_000000.png", view.mask.astype(np.uint8) * 255)
    for name, content in (("camera", cameras), ("gt", truth), ("gt_info", about)):
        write_json(folder / f"scene_{name}.json", content)


def _seen(view: View) -> dict[str, Any]:
    """BOP's ``scene_gt_info``; a box is (x, y, last x - x, last y - y)."""
    rows, columns = np.nonzero(view.mask)
    count = len(rows)
    whole, _ = view.camera.project(view.asset.points.xyz.astype(np.float64))
    low, high = np.round(whole.min(axis=0)).astype(int), np.round(whole.max(axis=0)).astype(int)
    box: Any = [-1, -1, -1, -1]
    if count:
        box = [columns.min(), rows.min(), np.ptp(columns), np.ptp(rows)]
    return {
        "bbox_obj": [*low.tolist(), *(high - low).tolist()],
        "bbox_visib": [int(value) for value in box],
        "px_count_all": count,
        "px_count_valid": count,
        "px_count_visib": count,
        "visib_fract": 1.0 if count else 0.0,
    }


def _bop_camera(view: View) -> dict[str, Any]:
    matrix, camera = view.camera.intrinsics, view.camera
    focal = {"fx": matrix[0, 0], "fy": matrix[1, 1], "cx": matrix[0, 2], "cy": matrix[1, 2]}
    size = {"width": camera.width, "height": camera.height}
    return {**focal, **size, "depth_scale": BOP_DEPTH_SCALE}


def _save_model(mesh: Mesh, path: Path, scale: float) -> dict[str, float]:
    """Write a model in millimetres; BOP's ``models_info`` of it."""
    import trimesh
    from scipy.spatial import ConvexHull

    vertices = mesh.vertices * scale
    with atomic_path(path) as temporary:
        shape = trimesh.Trimesh(vertices, mesh.faces, process=False)
        temporary.write_bytes(shape.export(file_type="ply"))
    used = vertices[np.unique(mesh.faces)]
    hull = used[ConvexHull(used, qhull_options="QJ").vertices]
    diameter = max(float(np.linalg.norm(hull - point, axis=1).max()) for point in hull)
    low, size = used.min(axis=0), np.ptp(used, axis=0)
    info = {"diameter": diameter}
    info |= {f"min_{axis}": float(value) for axis, value in zip("xyz", low, strict=True)}
    return info | {f"size_{axis}": float(value) for axis, value in zip("xyz", size, strict=True)}


def _steps(view: View, steps_per_unit: float) -> np.ndarray:
    steps = np.round(view.depth.astype(np.float64) * steps_per_unit)
    if steps.max() > 65535:
        raise UserError("depths do not fit into 16 bits; make the objects smaller with --meters")
    return steps.astype(np.uint16)


def _save(path: Path, pixels: np.ndarray) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")


def _copy(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
