"""Photographs with known poses, written as a multi-view dataset.

A view's picture is the photograph with the visible mask as its alpha, so that the background stays
in the file; depth, parts and visible surface points come from the posed mesh, where the mask says
that the object is seen. Alignments (by hand, in the coordinates of the written assets) then give
ground truth as on rendered views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from funcorr.assets.files import load_mesh
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.geometry.sampling import sample_surface
from funcorr.groundtruth.scenes.known import Photograph, SceneObject
from funcorr.images import read_frame, read_image, read_mask
from funcorr.io import replaced_together, write_json
from funcorr.render.asset import (
    depth_step,
    transforms_json,
    visible_points,
    write_points,
    write_view,
)
from funcorr.render.dataset import FORMAT, asset_ids
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
    """Write a multi-view dataset, all of it or nothing; objects that are there already are kept.

    Args:
        objects: the objects.
        photographs: their photographs.
        out: folder of the dataset.
        assets: folder for the objects as assets, for the alignment annotator; none where None.
        points: surface samples per object.

    Returns:
        Object id -> how many views it has now.

    Raises:
        UserError: a mesh or an image cannot be read, an image has an EXIF orientation, a mask is
            ambiguous or has another size than its image, or no photograph shows an object.
    """
    out, taken = Path(out), list(photographs)
    present = set(asset_ids(out))
    counts: dict[str, int] = {}
    with ExitStack() as folders:
        views = folders.enter_context(replaced_together(out))
        models = folders.enter_context(replaced_together(Path(assets))) if assets else None
        for each in objects:
            own = [photograph for photograph in taken if photograph.object_id == each.id]
            made = _asset(each)
            if models is not None:
                write_asset(made, models)
            if each.id not in present:
                counts[each.id] = _write_object(made, each, own, views / each.id, points)
        whole = len(present) + len(asset_ids(views))
        if not whole:
            raise UserError(f"no photograph shows {LEAST_PIXELS} pixels of an object")
        about = {"format": FORMAT, "generator": "photographs", "assets": whole}
        write_json(views / "dataset.json", about)
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
    asset: Asset, each: SceneObject, photographs: Sequence[Photograph], folder: Path, points: int
) -> int:
    """Write the views of one object; how many there are."""
    raw, scene = load_mesh(each.mesh, up="z"), Scene(asset.mesh)
    samples, faces = sample_surface(scene.triangles, points, np.random.default_rng(0))
    cameras = [object_camera(p, raw, _size(p.image)) for p in photographs]
    step = depth_step(cameras)
    used: list[Camera] = []
    visible = []
    for photograph, camera in zip(photographs, cameras, strict=True):
        size = camera.height, camera.width
        mask = read_mask(photograph.mask, size, may_be_empty=True)
        buffers = seen(scene.look(camera), mask)
        if buffers.mask.sum() < LEAST_PIXELS:
            continue
        rgb = read_image(photograph.image).rgb
        picture = np.dstack([rgb, buffers.mask * np.uint8(255)])
        write_view(folder, len(used), picture, buffers, asset.mesh, step)
        visible.append(visible_points(samples, camera, scene, buffers))
        used.append(camera)
    if not used:
        return 0
    normals, parts = scene.face_normals[faces], asset.mesh.face_parts[faces]
    write_points(folder, samples.astype(np.float32), normals, parts, visible)
    write_json(folder / "transforms.json", transforms_json(used, step))
    names = {"part_names": list(asset.mesh.part_names)}
    write_json(folder / "asset.json", asset.to_json() | names)
    return len(used)


def _size(path: Path) -> tuple[int, int]:
    """(width, height); masks, intrinsics and poses belong to pixels as they are stored."""
    height, width, orientation = read_frame(path)
    if orientation != 1:
        raise UserError(
            f"{path} has the EXIF orientation {orientation}, and nothing says whether mask, "
            "intrinsics and pose are of the turned image; save it without an EXIF orientation"
        )
    return width, height
