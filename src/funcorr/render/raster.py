"""Exact geometry at pixel centres: which triangle, where on it, how far away.

The first surface along each pixel's ray is found by embree where ``embreex`` is installed and by a
z-buffer in plain numpy otherwise; depth and barycentric coordinates are then worked out in float64
by the same formula, so that the two agree everywhere but at pixels that an edge passes through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Int16, Int32

from funcorr.assets.mesh import Mesh
from funcorr.errors import MissingExtraError, UserError, require
from funcorr.geometry.cameras import Camera

Tracer = Literal["auto", "embree", "numpy"]

NEAREST = 1e-3
"""Least z-depth of a vertex; surfaces that pass behind the camera are not clipped but refused."""

CANDIDATES = 200_000
"""How many (triangle, pixel) pairs the z-buffer looks at in one go."""


@dataclass(frozen=True, eq=False)
class GeometryBuffers:
    """What each pixel sees.

    Attributes:
        triangle: H x W face index, -1 where there is no surface.
        barycentric: H x W x 3 weights of the face's corners on the surface (not in the image).
        depth: H x W z-depth, 0 where there is no surface.
    """

    triangle: Int32[np.ndarray, "h w"]
    barycentric: Float[np.ndarray, "h w 3"]
    depth: Float32[np.ndarray, "h w"]

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """True on the object."""
        return self.triangle >= 0

    def parts(self, mesh: Mesh) -> Int16[np.ndarray, "h w"]:
        """H x W index into ``mesh.part_names``, -1 where there is no surface."""
        return np.where(self.mask, mesh.face_parts[self.triangle], -1).astype(np.int16)

    def interpolate(self, corners: Float[np.ndarray, "f 3 d"]) -> Float[np.ndarray, "k d"]:
        """Values given per face corner (normals, texture coordinates) at the K object pixels."""
        hit = self.mask
        return np.einsum("kc,kcd->kd", self.barycentric[hit], corners[self.triangle[hit]])


class Scene:
    """A mesh made ready to be looked at from many cameras.

    Args:
        mesh: the object.
        renderer: ``"embree"``, ``"numpy"``, or ``"auto"`` for embree where it is installed.

    Raises:
        UserError: ``renderer="embree"`` without the package, or an unknown renderer.
    """

    def __init__(self, mesh: Mesh, renderer: str = "auto") -> None:
        if renderer not in get_args(Tracer):
            raise UserError(f"unknown renderer {renderer!r}; expected auto, embree or numpy")
        self.mesh = mesh
        self.triangles = np.asarray(mesh.triangles, np.float64)
        self._embree = None if renderer == "numpy" else _embree_scene(self.triangles, renderer)

    @property
    def renderer(self) -> str:
        """``"embree"`` or ``"numpy"``."""
        return "numpy" if self._embree is None else "embree"

    @cached_property
    def face_normals(self) -> Float[np.ndarray, "f 3"]:
        """Unit normals; zero for faces without area."""
        edges = self.triangles[:, 1:] - self.triangles[:, :1]
        normals = np.cross(edges[:, 0], edges[:, 1])
        lengths = np.linalg.norm(normals, axis=1, keepdims=True)
        return normals / np.where(lengths > 0, lengths, 1)

    def look(self, camera: Camera) -> GeometryBuffers:
        """The geometry buffers of one view, at the pixel centres.

        Args:
            camera: where to look from; the whole mesh must lie in front of it.

        Raises:
            UserError: part of the mesh is behind the camera.
        """
        corners, depths = camera.project(self.triangles)
        if depths.min() < NEAREST:
            raise UserError("the camera is inside or beside the object; move it further away")
        x, y = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
        pixels = np.stack([x, y], axis=-1).astype(np.float64)
        if self._embree is None:
            found = _nearest(corners, depths, pixels.reshape(-1, 2), camera, 0.0)
            triangle = found.reshape(pixels.shape[:2])
        else:
            triangle = self._first_hits(camera, pixels, corners.reshape(-1, 2))
        return _buffers(corners, depths, pixels, triangle)

    def depth_at(self, camera: Camera, pixels: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
        """Exact z-depth at any positions ``(x, y)``; 0 without a surface and off the image."""
        corners, depths = camera.project(self.triangles)
        on_image = camera.contains(pixels)
        taken = pixels[on_image]
        if self._embree is None:
            triangle = _nearest(corners, depths, taken, camera, 0.5)
        else:
            triangle = self._trace(camera, taken)
        found = np.zeros(len(pixels))
        found[on_image] = _buffers(corners, depths, taken[None], triangle[None]).depth[0]
        return found

    def carry(
        self,
        pixels: Float[np.ndarray, "n 2"],
        camera_a: Camera,
        camera_b: Camera,
        tolerance: float = 1e-3,
    ) -> tuple[Float[np.ndarray, "n 2"], Bool[np.ndarray, " n"]]:
        """Where the surface at positions of view A lies in view B, and whether B sees it there.

        Args:
            pixels: ``(x, y)`` in view A, between pixel centres too.
            camera_a: view A.
            camera_b: view B.
            tolerance: largest difference in depth at which the surface that B sees is the same.
        """
        depth = self.depth_at(camera_a, pixels)
        points = camera_a.unproject(pixels, np.where(depth > 0, depth, 1.0))
        carried, expected = camera_b.project(points)
        found = self.depth_at(camera_b, carried)
        same = (found > 0) & (np.abs(found - expected) <= tolerance)
        return carried, (depth > 0) & same & camera_b.contains(carried)

    def blocked(
        self, origins: Float[np.ndarray, "n 3"], directions: Float[np.ndarray, "n 3"]
    ) -> Bool[np.ndarray, " n"]:
        """Whether a ray meets the object; never with the numpy renderer, which casts no shadows."""
        if self._embree is None:
            return np.zeros(len(origins), dtype=bool)
        rays = origins.astype(np.float32), directions.astype(np.float32)
        return self._embree.run(*rays, query="OCCLUDED") == 0

    def _first_hits(
        self,
        camera: Camera,
        pixels: Float[np.ndarray, "h w 2"],
        vertices: Float[np.ndarray, "n 2"],
    ) -> Int32[np.ndarray, "h w"]:
        """The first triangle along each pixel's ray; only the box around the object is traced."""
        limit = (camera.width, camera.height)
        left, top = np.clip(np.floor(vertices.min(axis=0)), 0, limit).astype(int)
        right, bottom = np.clip(np.ceil(vertices.max(axis=0)) + 1, 0, limit).astype(int)
        window = pixels[top:bottom, left:right]
        triangle = np.full(pixels.shape[:2], -1, dtype=np.int32)
        found = self._trace(camera, window.reshape(-1, 2))
        triangle[top:bottom, left:right] = found.reshape(window.shape[:2])
        return triangle

    def _trace(self, camera: Camera, pixels: Float[np.ndarray, "n 2"]) -> Int32[np.ndarray, " n"]:
        """The first triangle along each ray, -1 for none, by embree."""
        if len(pixels) == 0:
            return np.zeros(0, dtype=np.int32)
        directions = camera.directions(pixels).astype(np.float32)
        origins = np.tile(camera.center.astype(np.float32), (len(directions), 1))
        return self._embree.run(origins, directions).astype(np.int32)  # type: ignore[union-attr]


def _embree_scene(triangles: Float[np.ndarray, "f 3 3"], renderer: str) -> Any:
    try:
        scenes = require("embreex.rtcore_scene", extra="render")
        meshes = require("embreex.mesh_construction", extra="render")
    except MissingExtraError:
        if renderer == "embree":
            raise
        return None
    scene = scenes.EmbreeScene(robust=True)
    meshes.TriangleMesh(scene, triangles.astype(np.float32))
    return scene


def _nearest(
    corners: Float[np.ndarray, "f 3 2"],
    depths: Float[np.ndarray, "f 3"],
    positions: Float[np.ndarray, "n 2"],
    camera: Camera,
    reach: float,
) -> Int32[np.ndarray, " n"]:
    """A z-buffer: the nearest triangle over each position, of equally near ones the first.

    Args:
        corners: of the triangles in the image.
        depths: of the corners.
        positions: ``(x, y)`` on the image, any number in a pixel.
        camera: whose image it is.
        reach: how far positions are from the centres of their pixels at most, in x and y.
    """
    cells = camera.cells(positions)
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], np.arange(camera.width * camera.height + 1))
    best = np.full(len(positions), np.inf)
    triangle = np.full(len(positions), -1, dtype=np.int32)
    for faces, pixels in _candidates(corners, camera.width, camera.height, reach):
        counts = starts[pixels + 1] - starts[pixels]
        faces, index = np.repeat(faces, counts), order[_ranges(starts[pixels], counts)]
        weights = _image_weights(corners[faces], positions[index])
        inside = (weights >= 0).all(axis=1)
        faces, index, weights = faces[inside], index[inside], weights[inside]
        depth = 1 / (weights / depths[faces]).sum(axis=1)
        ranked = np.lexsort((faces, depth, index))
        index, first = np.unique(index[ranked], return_index=True)
        faces, depth = faces[ranked[first]], depth[ranked[first]]
        nearer = depth < best[index]
        best[index[nearer]], triangle[index[nearer]] = depth[nearer], faces[nearer]
    return triangle


def _candidates(
    corners: Float[np.ndarray, "f 3 2"], width: int, height: int, reach: float
) -> Iterator[tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]]:
    """Pairs of a triangle and a pixel in its bounding box, in chunks of bounded size."""
    limit = np.array([width - 1, height - 1])
    low = np.clip(np.ceil(corners.min(axis=1) - reach), 0, limit + 1).astype(int)
    high = np.clip(np.floor(corners.max(axis=1) + reach), -1, limit).astype(int)
    size = np.maximum(high - low + 1, 0)
    counts = size.prod(axis=1)
    used = np.flatnonzero(counts)
    chunk = np.cumsum(counts[used]) // CANDIDATES
    for faces in np.split(used, np.flatnonzero(np.diff(chunk)) + 1):
        repeated = np.repeat(faces, counts[faces])
        index = _ranges(np.zeros_like(faces), counts[faces])
        rows, columns = np.divmod(index, size[repeated, 0])
        yield repeated, (low[repeated, 1] + rows) * width + low[repeated, 0] + columns


def _ranges(starts: Int[np.ndarray, " n"], counts: Int[np.ndarray, " n"]) -> Int[np.ndarray, " m"]:
    """``counts[i]`` numbers from ``starts[i]`` on, one range after another."""
    return np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


def _image_weights(
    corners: Float[np.ndarray, "n 3 2"], positions: Float[np.ndarray, "n 2"]
) -> Float[np.ndarray, "n 3"]:
    """Barycentric coordinates in the image plane; NaN for triangles without area there."""
    (ax, ay), (bx, by), (px, py) = (
        (corners[:, 1] - corners[:, 0]).T,
        (corners[:, 2] - corners[:, 0]).T,
        (positions - corners[:, 0]).T,
    )
    area = ax * by - ay * bx
    area = np.where(area != 0, area, np.nan)
    second, third = (px * by - py * bx) / area, (ax * py - ay * px) / area
    return np.stack([1 - second - third, second, third], axis=1)


def _buffers(
    corners: Float[np.ndarray, "f 3 2"],
    depths: Float[np.ndarray, "f 3"],
    pixels: Float[np.ndarray, "h w 2"],
    triangle: Int32[np.ndarray, "h w"],
) -> GeometryBuffers:
    """Depth and barycentric coordinates of the hits, perspective-correct, in float64.

    With image-plane weights l_k and corner depths Z_k: z = 1 / sum(l_k / Z_k), and the weights on
    the surface are l_k z / Z_k.
    """
    hit = triangle >= 0
    faces = triangle[hit]
    weights = np.clip(np.nan_to_num(_image_weights(corners[faces], pixels[hit]), nan=1 / 3), 0, 1)
    shares = weights / weights.sum(axis=1, keepdims=True) / depths[faces]
    z = 1 / shares.sum(axis=1)
    barycentric = np.zeros((*triangle.shape, 3))
    barycentric[hit] = shares * z[:, None]
    depth = np.zeros(triangle.shape, dtype=np.float32)
    depth[hit] = z
    return GeometryBuffers(triangle, barycentric, depth)
