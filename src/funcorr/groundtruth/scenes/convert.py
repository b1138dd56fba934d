"""Photographs with known poses, written as a multi-view dataset.

A view's picture is the photograph with the visible mask as its alpha, so that the background stays
in the file; depth, parts and visible surface points come from the posed mesh, where the mask says
that the object is seen. Alignments (by hand, in the coordinates of the written assets) then give
ground truth as on rendered views.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool
from PIL import Image

from funcorr.assets.files import load_mesh
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.geometry.sampling import sample_surface
from funcorr.groundtruth.scenes.known import Photograph, SceneObject
from funcorr.images import read_image
from funcorr.io import write_json
from funcorr.render.asset import (
    depth_step,
    transforms_json,
    visible_points,
    write_points,
    write_view,
)
from funcorr.render.dataset import FORMAT
from funcorr.render.raster import GeometryBuffers, Scene

LEAST_PIXELS = 100
"""Photographs that show fewer pixels of the object are left out."""


def write_scenes(
    objects: Sequence[SceneObject],
    photographs: Iterable[Photograph],
    out: Path | str,
    assets: Path | str | None = None,
    points: int = 20_000,
) -> dict[str, int]:
    """Write a multi-view dataset; objects that are there already are kept.

    Args:
        objects: the objects.
        photographs: their photographs.
        out: folder of the dataset.
        assets: folder for the objects as assets, for the alignment annotator; none where None.
        points: surface samples per object.

    Returns:
        Object id -> how many views it has now.

    Raises:
        UserError: a mesh or an image cannot be read, a mask has another size than its image, or no
            photograph shows an object.
    """
    out, taken = Path(out), list(photographs)
    counts: dict[str, int] = {}
    for each in objects:
        own = [photograph for photograph in taken if photograph.object_id == each.id]
        made = _asset(each)
        if assets is not None:
            write_asset(made, assets)
        if not (out / each.id / "asset.json").is_file():
            counts[each.id] = _write_object(made, each, own, out, points)
    if not any(out.glob("*/asset.json")):
        raise UserError(f"no photograph shows {LEAST_PIXELS} pixels of an object")
    write_json(
        out / "dataset.json",
        {
            "format": FORMAT,
            "generator": "photographs",
            "assets": len(list(out.glob("*/asset.json"))),
        },
    )
    return counts


def object_camera(photograph: Photograph, mesh: Mesh, size: tuple[int, int]) -> Camera:
    """The camera of a photograph in the normalised coordinates of its object.

    With the normalisation ``x = s m + t`` of mesh points m and the pose ``R m + p`` of the
    photograph, camera coordinates scaled by s are ``R x + s p - R t``.

    Args:
        photograph: its pose is in the unit of the mesh.
        mesh: as in the file.
        size: (width, height) of the image.
    """
    normalize = mesh.normalizing_transform()
    scale, shift = normalize[0, 0], normalize[:3, 3]
    left, _, right = np.linalg.svd(photograph.object_to_camera[:3, :3])
    pose = np.eye(4)
    pose[:3, :3] = left @ right
    pose[:3, 3] = scale * photograph.object_to_camera[:3, 3] - pose[:3, :3] @ shift
    return Camera(photograph.intrinsics, pose, *size)


def seen(buffers: GeometryBuffers, mask: Bool[np.ndarray, "h w"]) -> GeometryBuffers:
    """The buffers where the mask holds; nothing elsewhere."""
    return replace(
        buffers,
        triangle=np.where(mask, buffers.triangle, np.int32(-1)),
        depth=np.where(mask, buffers.depth, np.float32(0)),
    )


def _asset(each: SceneObject) -> Asset:
    """The object as an asset; what it is for is said by alignments."""
    return Asset(
        id=each.id,
        category=each.category,
        functions=(),
        parts={},
        frames={},
        mesh=load_mesh(each.mesh, up="z").normalized(),
        generator="photographs",
        license=each.license,
        source=each.source,
    )


def _write_object(
    asset: Asset, each: SceneObject, photographs: Sequence[Photograph], out: Path, points: int
) -> int:
    """Write the views of one object into a hidden folder and rename it; how many there are."""
    partial = out / f".{asset.id}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    raw, scene = load_mesh(each.mesh, up="z"), Scene(asset.mesh)
    samples, faces = sample_surface(scene.triangles, points, np.random.default_rng(0))
    cameras = [object_camera(p, raw, _size(p.image)) for p in photographs]
    step = depth_step(cameras)
    used: list[Camera] = []
    visible = []
    for photograph, camera in zip(photographs, cameras, strict=True):
        mask = _visible_mask(photograph.mask, (camera.height, camera.width))
        buffers = seen(scene.look(camera), mask)
        if buffers.mask.sum() < LEAST_PIXELS:
            continue
        rgb = read_image(photograph.image).rgb
        picture = np.dstack([rgb, buffers.mask * np.uint8(255)])
        write_view(partial, len(used), picture, buffers, asset.mesh, step)
        visible.append(visible_points(samples, camera, scene, buffers))
        used.append(camera)
    if not used:
        return 0
    normals, parts = scene.face_normals[faces], asset.mesh.face_parts[faces]
    write_points(partial, samples.astype(np.float32), normals, parts, visible)
    write_json(partial / "transforms.json", transforms_json(used, step))
    names = {"part_names": list(asset.mesh.part_names)}
    write_json(partial / "asset.json", asset.to_json() | names)
    partial.replace(out / asset.id)
    return len(used)


def _size(path: Path) -> tuple[int, int]:
    """(width, height) from the header alone."""
    try:
        with Image.open(path) as image:
            return image.size
    except OSError as error:
        raise UserError(f"cannot read {path} as an image: {error}") from None


def _visible_mask(path: Path, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Where the object is seen; all False where something hides all of it."""
    try:
        with Image.open(path) as image:
            values = np.asarray(image.convert("L"))
    except OSError as error:
        raise UserError(f"cannot read the mask {path}: {error}") from None
    if values.shape != size:
        found = " x ".join(map(str, values.shape[::-1]))
        raise UserError(f"{path} is {found} pixels but its image is {size[1]} x {size[0]}")
    return values > 127
