"""Render one asset: its pictures, exact geometry and matched surface points.

See :mod:`funcorr.render.dataset` for what is in the files.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int
from PIL import Image

from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError
from funcorr.geometry.cameras import OPENGL_FROM_OPENCV, Camera
from funcorr.geometry.sampling import sample_surface
from funcorr.geometry.visibility import points_in_front
from funcorr.io import file_name, write_json
from funcorr.render.config import RenderConfig
from funcorr.render.raster import GeometryBuffers, Scene
from funcorr.render.renderers import make_renderer

if TYPE_CHECKING:
    from funcorr.assets.store import Asset

SURFACE_TOLERANCE = 1e-4
"""A surface point is visible if the exact depth at its pixel position is its own, up to this."""

ATTEMPTS = 8
"""How many points of a pixel are tried, until one is seen."""

MAX_PARTS = 255
"""Part indices are stored in 8 bits, 0 for none."""


def render_asset(
    asset: Asset,
    folder: Path | str,
    config: RenderConfig | None = None,
    fingerprint: str | None = None,
) -> None:
    """Render one asset into ``folder``, which is made; the same bytes for the same seed and id.

    Args:
        asset: the object.
        folder: where its views go.
        config: what to render.
        fingerprint: of the asset's files, kept in ``asset.json`` to notice when they change.

    Raises:
        UserError: the mesh has too many parts, no area, or reaches the camera.
    """
    config, folder = config or RenderConfig(), Path(folder)
    mesh = asset.mesh
    if len(mesh.part_names) > MAX_PARTS:
        raise UserError(f"{asset.id} has {len(mesh.part_names)} parts; at most {MAX_PARTS} fit")
    generator = np.random.default_rng([config.seed, zlib.crc32(asset.id.encode())])
    for_cameras, for_points, for_pictures = generator.spawn(3)
    cameras = config.views.cameras(for_cameras)
    scene = Scene(mesh, config.tracer)
    points, faces = sample_surface(scene.triangles, config.points, for_points)
    points = points.astype(np.float32)
    depth_scale = depth_step(cameras)
    painter = make_renderer(scene, cameras, for_pictures.spawn(len(cameras)), config)
    visible = []
    for number, camera in enumerate(cameras):
        buffers = scene.look(camera)
        picture = painter.picture(number, buffers)
        write_view(folder, number, picture, buffers, mesh, depth_scale)
        visible.append(visible_points(points.astype(np.float64), camera, scene, buffers))
    write_points(folder, points, scene.face_normals[faces], mesh.face_parts[faces], visible)
    write_json(folder / "transforms.json", transforms_json(cameras, depth_scale))
    about = {**asset.to_json(), "part_names": list(mesh.part_names)}
    write_json(folder / "asset.json", about | ({"fingerprint": fingerprint} if fingerprint else {}))


def write_view(
    folder: Path,
    number: int,
    picture: np.ndarray,
    buffers: GeometryBuffers,
    mesh: Mesh,
    depth_scale: float,
) -> None:
    """Write picture, depth, parts and the exact part masks of one view."""
    name = f"{number:04d}.png"
    parts = buffers.parts(mesh)
    _save_png(folder / "rgb" / name, picture)
    _save_png(folder / "depth" / name, np.round(buffers.depth / depth_scale).astype(np.uint16))
    _save_png(folder / "parts" / name, (parts + 1).astype(np.uint8))
    for index, part in enumerate(mesh.part_names):
        mask = (parts == index).astype(np.uint8) * 255
        _save_png(folder / "labels" / "exact" / file_name(part) / name, mask)


def _save_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, compress_level=1)


def depth_step(cameras: Sequence[Camera]) -> float:
    """Depth units per step so that the far side of any centred object fits into 16 bits."""
    farthest = max(float(np.linalg.norm(camera.center)) for camera in cameras) + 0.9
    return farthest / 65535


def visible_points(
    points: Float[np.ndarray, "n 3"], camera: Camera, scene: Scene, buffers: GeometryBuffers
) -> tuple[Int[np.ndarray, " k"], Float[np.ndarray, "k 2"]]:
    """Points that are seen, at most one per pixel, by the exact depth at their own position.

    Of those seen in one pixel it is the one of the lowest number, so that two views choose alike
    and share as many points as they can. (The paper's code takes the one nearest to the pixel's
    centre, of those that an earlier view has taken if there are any.)

    Returns:
        Their numbers and positions ``(x, y)``, in row-major order of the pixels.
    """
    ids, pixels, depth = points_in_front(points, camera)
    cells = camera.cells(pixels)
    order = np.argsort(cells, kind="stable")
    order = order[buffers.mask.ravel()[cells[order]]]
    next_one = np.flatnonzero(np.diff(cells[order], prepend=-1))
    last = np.append(next_one[1:], len(order))
    seen = np.full(len(next_one), -1)
    for _ in range(ATTEMPTS):
        waiting = np.flatnonzero((seen < 0) & (next_one < last))
        tried = order[next_one[waiting]]
        distance = np.abs(scene.depth_at(camera, pixels[tried]) - depth[tried])
        seen[waiting] = np.where(distance <= SURFACE_TOLERANCE, tried, -1)
        next_one[waiting] += 1
    chosen = seen[seen >= 0]
    return ids[chosen], pixels[chosen]


def write_points(
    folder: Path,
    points: np.ndarray,
    normals: np.ndarray,
    parts: np.ndarray,
    visible: Sequence[tuple[np.ndarray, np.ndarray]],
) -> None:
    """Write the surface samples, and which of them each view shows."""
    normals, parts = normals.astype(np.float32), parts.astype(np.int16)
    np.savez(folder / "points.npz", xyz=points, normal=normals, part=parts)
    np.savez(
        folder / "visible.npz",
        point=np.concatenate([ids for ids, _ in visible]).astype(np.int32),
        pixel=np.concatenate([pixels for _, pixels in visible]).astype(np.float32),
        start=np.cumsum([0, *(len(ids) for ids, _ in visible)]),
    )


def transforms_json(cameras: Sequence[Camera], depth_scale: float) -> dict[str, Any]:
    """Keys of nerfstudio (OpenGL axes, pixel centres at .5) beside our own cameras."""
    frames = []
    for number, camera in enumerate(cameras):
        intrinsics = camera.intrinsics
        frames.append(
            {
                "file_path": f"rgb/{number:04d}.png",
                "depth_file_path": f"depth/{number:04d}.png",
                "transform_matrix": (camera.camera_to_world @ OPENGL_FROM_OPENCV).tolist(),
                "fl_x": intrinsics[0, 0],
                "fl_y": intrinsics[1, 1],
                "cx": intrinsics[0, 2] + 0.5,
                "cy": intrinsics[1, 2] + 0.5,
                "w": camera.width,
                "h": camera.height,
                "intrinsics": intrinsics.tolist(),
                "world_to_camera": camera.world_to_camera.tolist(),
            }
        )
    return {"camera_model": "OPENCV", "depth_unit_scale_factor": depth_scale, "frames": frames}
