"""Photographs with known poses, written as a multi-view dataset.

A view's picture is the photograph with the visible mask as its alpha, so that the background stays
in the file; depth, parts and visible surface points come from the posed mesh, where the mask says
that the object is seen. Of a mask that shows the object whole, the pixels that the scene's other
objects hide are taken away. Alignments (by hand, in the coordinates of the written assets) then
give ground truth as on rendered views.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import maximum_filter

from funcorr.assets.files import load_mesh
from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.geometry.sampling import sample_surface
from funcorr.groundtruth.scenes.counts import SceneCounts
from funcorr.groundtruth.scenes.known import Photograph, SceneObject
from funcorr.groundtruth.scenes.pixels import stored_mask, stored_picture, stored_size
from funcorr.io import made_folder, write_json
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

LEAST_ON_MESH, SLACK = 0.8, 0.01
"""Photographs of whose mask a smaller share lies on the posed mesh are left out; by this share of
the image's diagonal beside it is still on it."""

MESHES_KEPT = 16
"""So many meshes are kept for the next photograph."""

TOO_SMALL, OFF_THE_MESH = f"fewer than {LEAST_PIXELS} pixels seen", "mask off the posed mesh"


def write_scenes(
    objects: Sequence[SceneObject],
    photographs: Iterable[Photograph],
    out: Path | str,
    assets: Path | str | None = None,
    points: int = 20_000,
) -> SceneCounts:
    """Write a multi-view dataset; objects that are there already are kept.

    A refusal takes back what this call has written.

    Args:
        objects: the objects.
        photographs: their photographs.
        out: folder of the dataset.
        assets: folder for the objects as assets, for the alignment annotator; none where None.
        points: surface samples per object.

    Returns:
        What became of the photographs.

    Raises:
        UserError: a mesh or an image cannot be read, a mask has another size or orientation than
            its image, or no photograph can be used.
    """
    out, taken = Path(out), list(photographs)
    writer = _Writer(out, points)
    with made_folder(out), made_folder(Path(assets or out)), _taken_back() as new:
        for each in objects:
            own = [photograph for photograph in taken if photograph.object_id == each.id]
            made = _asset(each, writer.scene_of(each.mesh).mesh)
            if (out / each.id / "asset.json").is_file():
                writer.counts.kept += 1
            else:
                new.append(out / each.id)
                writer.write(made, each.mesh, own)
            if assets is not None:
                new += [] if Path(assets, each.id).exists() else [Path(assets, each.id)]
                write_asset(made, assets)
        _finish(out, taken, writer.counts)
    return writer.counts


@contextmanager
def _taken_back() -> Iterator[list[Path]]:
    """A list of folders that go again when the block refuses."""
    new: list[Path] = []
    try:
        yield new
    except UserError:
        for folder in new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _finish(out: Path, taken: Sequence[Photograph], counts: SceneCounts) -> None:
    """Count the pictures used and say that the dataset is whole."""
    counts.pictures = len({p.image for p in taken if p.object_id in counts.views})
    if not any(out.glob("*/asset.json")):
        raise UserError(
            f"no photograph can be used ({counts}); expected masks, intrinsics and poses that "
            "belong to the stored pixels of the images"
        )
    write_json(
        out / "dataset.json",
        {
            "format": FORMAT,
            "generator": "photographs",
            "assets": len(list(out.glob("*/asset.json"))),
        },
    )


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
    pose = _rigid(photograph.object_to_camera)
    pose[:3, 3] = scale * pose[:3, 3] - pose[:3, :3] @ shift
    return Camera(photograph.intrinsics, pose, *size)


def seen(buffers: GeometryBuffers, mask: Bool[np.ndarray, "h w"]) -> GeometryBuffers:
    """The buffers where the mask holds; nothing elsewhere."""
    return replace(
        buffers,
        triangle=np.where(mask, buffers.triangle, np.int32(-1)),
        depth=np.where(mask, buffers.depth, np.float32(0)),
    )


def _lies_on(mask: Bool[np.ndarray, "h w"], other: Bool[np.ndarray, "h w"]) -> bool:
    """Whether nearly all of a mask lies on or beside another one."""
    reach = round(SLACK * float(np.hypot(*mask.shape)))
    beside = maximum_filter(other, size=2 * reach + 1)
    return bool((mask & beside).sum() >= LEAST_ON_MESH * mask.sum())


def _is_filled(photograph: Photograph, silhouette: Bool[np.ndarray, "h w"]) -> bool:
    """Whether the posed mesh is no larger than the whole object, where a mask shows that."""
    if photograph.whole is None:
        return True
    return _lies_on(silhouette, stored_mask(photograph.whole, photograph.image))


def _rigid(pose: Float[np.ndarray, "4 4"]) -> Float[np.ndarray, "4 4"]:
    """The pose with the nearest exact rotation: files round."""
    left, _, right = np.linalg.svd(pose[:3, :3])
    exact = pose.copy()
    exact[:3, :3] = left @ right
    return exact


def _asset(each: SceneObject, mesh: Mesh) -> Asset:
    """The object as an asset; what it is for is said by alignments."""
    return Asset(
        id=each.id,
        category=each.category,
        functions=(),
        parts={},
        frames={},
        mesh=mesh.normalized(),
        generator="photographs",
        license=each.license,
        source=each.source,
    )


class _Writer:
    """Writes objects one by one and counts."""

    def __init__(self, out: Path, points: int) -> None:
        self.out, self.points, self.counts = out, points, SceneCounts()
        self.scene_of = lru_cache(MESHES_KEPT)(lambda mesh: Scene(load_mesh(mesh, up="z")))

    def write(self, asset: Asset, mesh: Path, photographs: Sequence[Photograph]) -> None:
        """Write into a hidden folder and rename it; nothing stays where no view can be made."""
        partial = self.out / f".{asset.id}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        try:
            count = self._write_views(partial, asset, mesh, photographs)
            if count:
                partial.replace(self.out / asset.id)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.counts.views[asset.id] = count

    def _write_views(
        self, folder: Path, asset: Asset, mesh: Path, photographs: Sequence[Photograph]
    ) -> int:
        raw, scene = self.scene_of(mesh).mesh, Scene(asset.mesh)
        samples, faces = sample_surface(scene.triangles, self.points, np.random.default_rng(0))
        cameras = [object_camera(p, raw, stored_size(p.image)[::-1]) for p in photographs]
        step = depth_step(cameras)
        used: list[Camera] = []
        visible = []
        for photograph, camera in zip(photographs, cameras, strict=True):
            buffers = self._buffers(photograph, camera, scene, raw)
            if buffers is None:
                continue
            rgb = stored_picture(photograph.image)
            picture = np.dstack([rgb, buffers.mask * np.uint8(255)])
            write_view(folder, len(used), picture, buffers, asset.mesh, step)
            visible.append(visible_points(samples, camera, scene, buffers))
            used.append(camera)
            self.counts.whole_masks += photograph.others is not None
        if used:
            normals, parts = scene.face_normals[faces], asset.mesh.face_parts[faces]
            write_points(folder, samples.astype(np.float32), normals, parts, visible)
            write_json(folder / "transforms.json", transforms_json(used, step))
            names = {"part_names": list(asset.mesh.part_names)}
            write_json(folder / "asset.json", asset.to_json() | names)
        return len(used)

    def _buffers(
        self, photograph: Photograph, camera: Camera, scene: Scene, raw: Mesh
    ) -> GeometryBuffers | None:
        """What is seen of the object; None, and counted, where the photograph is left out."""
        mask = stored_mask(photograph.mask, photograph.image)
        if mask.sum() < LEAST_PIXELS:  # not looked for: it may be behind the camera
            self.counts.left_out[TOO_SMALL] += 1
            return None
        try:
            whole = scene.look(camera)
        except UserError as error:
            raise UserError(
                f"{photograph.image}, {photograph.object_id}: {error}; expected pose and mesh in "
                "one unit, and the object before the camera"
            ) from None
        if not _lies_on(mask, whole.mask) or not _is_filled(photograph, whole.mask):
            self.counts.left_out[OFF_THE_MESH] += 1
            return None
        buffers = seen(whole, mask)
        if photograph.others:
            depth = whole.depth / raw.normalizing_transform()[0, 0]
            buffers = seen(buffers, ~self._hidden(photograph, depth))
        if buffers.mask.sum() < LEAST_PIXELS:
            self.counts.left_out[TOO_SMALL] += 1
            return None
        return buffers

    def _hidden(
        self, photograph: Photograph, depth: Float[np.ndarray, "h w"]
    ) -> Bool[np.ndarray, "h w"]:
        """Where another object stands before this one, whose depth is in the unit of the poses."""
        hidden = np.zeros(depth.shape, dtype=bool)
        for mesh, pose in photograph.others or ():
            scene = self.scene_of(mesh)
            camera = Camera(photograph.intrinsics, _rigid(pose), *depth.shape[::-1])
            if camera.project(scene.mesh.vertices)[1].max() <= 0:
                continue
            other = scene.look(camera).depth
            hidden |= (other > 0) & (other < depth)
        return hidden
