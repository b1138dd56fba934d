"""Scenes in the layout of the BOP benchmark.

``ROOT/models/obj_000001.ply`` (millimetres) and, per scene, ``ROOT/SPLIT/000001/`` with ``rgb/``
(or ``gray/``), ``mask_visib/000000_000000.png`` (image number, number of the object in the image),
``scene_camera.json`` (``cam_K``) and ``scene_gt.json`` (``cam_R_m2c``, ``cam_t_m2c``, ``obj_id``).
Without a file in ``mask_visib/`` the one in ``mask/`` counts, which shows the object whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from funcorr.errors import UserError
from funcorr.groundtruth.scenes.known import Photograph, Placed, SceneObject
from funcorr.io import read_json

IMAGE_FOLDERS, SUFFIXES = ("rgb", "gray"), (".jpg", ".png", ".tif", ".jpeg")
MODEL_FOLDERS, MODEL_SUFFIXES = ("models", "models_eval"), (".ply", ".glb", ".obj")


def read_bop(
    root: Path | str,
    split: str = "test",
    every: int = 1,
    category: Callable[[int], str] = lambda number: "object",
    source: str | None = None,
    license: str = "NOASSERTION",
) -> tuple[list[SceneObject], list[Photograph]]:
    """The objects and photographs of one split.

    Args:
        root: the dataset's folder.
        split: its folder of scenes, for instance ``"test"``.
        every: take one image in so many of each scene: neighbours in a film are alike.
        category: from the number of an object to its category.
        source: what the dataset is called; the folder's name where None.
        license: of images and models.

    Returns:
        Those objects that have photographs, and the photographs, in the order of scenes and images.

    Raises:
        UserError: a folder, file or key is missing or damaged.
    """
    root, name = Path(root), source or Path(root).name
    if every < 1:
        raise UserError(f"every must be at least 1, got {every}")
    scenes = sorted(path.parent for path in root.glob(f"{split}/*/scene_gt.json"))
    if not scenes:
        raise UserError(f"{root} has no scenes in BOP's layout: {split}/000001/scene_gt.json")
    objects: dict[int, SceneObject] = {}
    photographs = []
    for scene in scenes:
        for number, photograph in _photographs(root, scene, every, category):
            photographs.append(photograph)
            if number not in objects:
                about = photograph.object_id, category(number), _model(root, number)
                objects[number] = SceneObject(*about, name, license)
    return [objects[number] for number in sorted(objects)], photographs


def object_id(number: int, category: str = "object") -> str:
    """The asset id of an object.

    Example:
        >>> object_id(3, "measuring cup")
        'measuring-cup-0003'
    """
    return f"{category.replace(' ', '-').replace('_', '-')}-{number:04d}"


def _photographs(
    root: Path, scene: Path, every: int, category: Callable[[int], str]
) -> Iterator[tuple[int, Photograph]]:
    cameras = read_json(scene / "scene_camera.json", "cameras of a scene")
    poses = read_json(scene / "scene_gt.json", "poses of a scene")
    try:
        for image in sorted(poses, key=int)[::every]:
            intrinsics = np.array(cameras[image]["cam_K"], np.float64).reshape(3, 3)
            for place, known in enumerate(poses[image]):
                number = _number(known)
                mask, whole = _masks(scene, int(image), place)
                others = [other for other in poses[image] if other is not known]
                yield (
                    number,
                    Photograph(
                        object_id(number, category(number)),
                        _image(scene, int(image)),
                        mask,
                        intrinsics,
                        _pose(known),
                        whole,
                        _placed(root, others) if mask == whole else None,
                    ),
                )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(
            f"{scene} is not a scene in BOP's layout: {type(error).__name__} {error}; expected "
            "cam_K in scene_camera.json and obj_id, cam_R_m2c, cam_t_m2c in scene_gt.json"
        ) from None


def _number(known: Mapping[str, Any]) -> int:
    """Of an object; 1.5 is none."""
    return int(str(known["obj_id"]))


def _pose(known: Mapping[str, Any]) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = np.array(known["cam_R_m2c"], np.float64).reshape(3, 3)
    pose[:3, 3] = np.array(known["cam_t_m2c"], np.float64).reshape(3)
    return pose


def _placed(root: Path, known: list[Mapping[str, Any]]) -> tuple[Placed, ...]:
    return tuple((_model(root, _number(each)), _pose(each)) for each in known)


def _image(scene: Path, number: int) -> Path:
    return _first(
        [scene / f / f"{number:06d}{s}" for f in IMAGE_FOLDERS for s in SUFFIXES], "image"
    )


def _masks(scene: Path, number: int, place: int) -> tuple[Path, Path | None]:
    """The mask of what is seen, and that of the whole object where there is one."""
    name = f"{number:06d}_{place:06d}.png"
    mask = _first([scene / "mask_visib" / name, scene / "mask" / name], "visible mask")
    whole = scene / "mask" / name
    return mask, whole if whole.is_file() else None


def _model(root: Path, number: int) -> Path:
    """The mesh beside the splits, or a folder higher where several datasets share it."""
    names = [
        place / folder / f"obj_{number:06d}{suffix}"
        for place in (root, root.parent)
        for folder in MODEL_FOLDERS
        for suffix in MODEL_SUFFIXES
    ]
    return _first(names, "model")


def _first(paths: list[Path], what: str) -> Path:
    for path in paths:
        if path.is_file():
            return path
    raise UserError(f"no such {what}: {paths[0]} (nor under another of BOP's names)")
