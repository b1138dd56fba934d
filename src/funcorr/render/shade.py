"""Soft shading: sky light with ambient occlusion, a shadow-casting key, highlights, textures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, UInt8

from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera
from funcorr.render.lighting import Lighting
from funcorr.render.normals import corner_normals
from funcorr.render.raster import GeometryBuffers, Scene

SHADOW_BIAS = 1e-3
"""Rays start this far off the surface (the object's longest side is 1)."""

BOUNCE = 0.4
"""Where the sky is hidden, this share of its average comes back, times the albedo."""


@dataclass(frozen=True)
class ShadingConfig:
    """How much work goes into a picture.

    Attributes:
        supersample: samples per pixel and axis; 2 smooths edges and takes four times as long.
        sky_rays: rays per sample that ask whether the sky is hidden.
    """

    supersample: int = 1
    sky_rays: int = 6

    def __post_init__(self) -> None:
        if self.supersample < 1 or self.sky_rays < 1:
            raise UserError(
                f"{self.supersample} samples and {self.sky_rays} sky rays; expected at least 1 each"
            )


@dataclass(frozen=True, eq=False)
class Surface:
    """What the shader needs to know at K visible surface points (float32).

    Attributes:
        position: K x 3, moved off the surface by the shadow bias.
        normal: K x 3 smooth normals on the viewer's side.
        to_eye: K x 3 unit directions.
        color: K x 3 linear base colour.
        roughness: K.
        metallic: K.
    """

    position: Float[np.ndarray, "k 3"]
    normal: Float[np.ndarray, "k 3"]
    to_eye: Float[np.ndarray, "k 3"]
    color: Float[np.ndarray, "k 3"]
    roughness: Float[np.ndarray, " k"]
    metallic: Float[np.ndarray, " k"]


class Shader:
    """Draws pictures of one scene.

    Without embree nothing casts shadows or hides the sky; everything else is the same.

    Args:
        scene: the object.
        config: how much work to do.
    """

    def __init__(self, scene: Scene, config: ShadingConfig | None = None) -> None:
        self.scene = scene
        self.config = config or ShadingConfig()
        normals = corner_normals(scene.mesh, scene.face_normals)
        self._corner_normals = normals.astype(np.float32)

    def picture(
        self,
        camera: Camera,
        buffers: GeometryBuffers,
        lighting: Lighting,
        generator: np.random.Generator,
    ) -> UInt8[np.ndarray, "h w 4"]:
        """An RGBA picture with straight alpha (alpha is the share of the pixel covered).

        Args:
            camera: the view.
            buffers: its geometry at the pixel centres; every pixel with a surface there gets a
                colour and some alpha, even where all finer samples miss.
            lighting: the light.
            generator: source of randomness for ray directions.
        """
        fine, factor = self.config.supersample, 1 / self.config.supersample**2
        if fine == 1:
            color = self._radiance(camera, buffers, lighting, generator)
            return to_rgba(color, buffers.mask.astype(np.float32))
        finer = camera.scaled(float(fine))
        samples = self.scene.look(finer)
        color = _pool(self._radiance(finer, samples, lighting, generator), fine)
        covered = _pool(samples.mask[..., None].astype(np.float32), fine)[..., 0]
        missed = buffers.mask & (covered == 0)
        color /= np.maximum(covered, 1)[..., None]
        if missed.any():
            thin = replace(buffers, triangle=np.where(missed, buffers.triangle, -1))
            color += self._radiance(camera, thin, lighting, generator)
        return to_rgba(color, np.where(missed, 1.0, covered).astype(np.float32) * factor)

    def _radiance(
        self,
        camera: Camera,
        buffers: GeometryBuffers,
        lighting: Lighting,
        generator: np.random.Generator,
    ) -> Float[np.ndarray, "h w 3"]:
        """Linear colour, 0 where there is no surface."""
        surface = self._surface(camera, buffers)
        light = self._diffuse_light(surface, lighting, generator)
        image = np.zeros((*buffers.mask.shape, 3), dtype=np.float32)
        matte = surface.color * (1 - surface.metallic)[:, None]
        image[buffers.mask] = matte * light + self._reflection(surface, lighting)
        return image

    def _surface(self, camera: Camera, buffers: GeometryBuffers) -> Surface:
        hit, mesh = buffers.mask, self.scene.mesh
        faces = buffers.triangle[hit]
        rows, columns = np.nonzero(hit)
        rays = camera.directions(np.stack([columns, rows], axis=1).astype(np.float64))
        position = camera.center + rays * buffers.depth[hit, None]
        to_eye = -rays / np.linalg.norm(rays, axis=1, keepdims=True)
        flat, smooth = self.scene.face_normals[faces], buffers.interpolate(self._corner_normals)
        side = np.where(np.einsum("kd,kd->k", flat, to_eye) < 0, -1.0, 1.0)[:, None]
        smooth = smooth * side / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
        color, roughness, metallic = _appearance(mesh, buffers)
        return Surface(
            (position + SHADOW_BIAS * side * flat).astype(np.float32),
            smooth.astype(np.float32),
            to_eye.astype(np.float32),
            color,
            roughness,
            metallic,
        )

    def _diffuse_light(
        self, surface: Surface, lighting: Lighting, generator: np.random.Generator
    ) -> Float[np.ndarray, "k 3"]:
        """What a white surface would return: sky, soft lamps and key, with their shadows."""
        directions = _hemisphere(surface.normal, self.config.sky_rays, generator)
        hidden = self._blocked(surface.position, directions)
        average = lighting.sky.mean(axis=0).astype(np.float32)
        bounced = BOUNCE * average * surface.color
        sky = np.where(hidden[..., None], bounced, lighting.sky_radiance(directions[..., 2]))
        open_share = (1 - 0.8 * hidden.mean(axis=0, dtype=np.float32))[:, None]
        light = sky.mean(axis=0) + open_share * lighting.lamp_light(surface.normal)
        return light + self._key_light(surface, lighting, generator)

    def _key_light(
        self, surface: Surface, lighting: Lighting, generator: np.random.Generator
    ) -> Float[np.ndarray, "k 3"]:
        towards = lighting.key.astype(np.float32)
        facing = np.clip(surface.normal @ towards, 0, 1)
        lit = np.flatnonzero(facing > 0)
        jitter = generator.standard_normal((1, len(lit), 3), dtype=np.float32)
        directions = towards + 0.5 * np.float32(lighting.key_spread) * jitter
        facing[lit] *= ~self._blocked(surface.position[lit], directions)[0]
        return facing[:, None] * lighting.key_color.astype(np.float32)

    def _reflection(self, surface: Surface, lighting: Lighting) -> Float[np.ndarray, "k 3"]:
        """Mirrored sky and lamps, weighted by Schlick's Fresnel term and dimmed by roughness."""
        cosine = np.clip(np.einsum("kd,kd->k", surface.normal, surface.to_eye), 1e-3, 1)[:, None]
        mirrored = 2 * cosine * surface.normal - surface.to_eye
        metallic, gloss = surface.metallic[:, None], (1 - surface.roughness)[:, None]
        base = 0.04 * (1 - metallic) + surface.color * metallic
        edge = np.maximum(gloss, base) - base
        fresnel = base + edge * (1 - cosine) ** 5
        hidden = self._blocked(surface.position, mirrored[None])[0][:, None]
        seen = np.where(hidden, np.float32(0.25), np.float32(1.0))
        return fresnel * seen * lighting.reflected(mirrored, surface.roughness)

    def _blocked(
        self, origins: Float[np.ndarray, "k 3"], directions: Float[np.ndarray, "r k 3"]
    ) -> np.ndarray:
        repeated = np.broadcast_to(origins, directions.shape)
        hidden = self.scene.blocked(repeated.reshape(-1, 3), directions.reshape(-1, 3))
        return hidden.reshape(directions.shape[:2])


def _hemisphere(
    normals: Float[np.ndarray, "k 3"], count: int, generator: np.random.Generator
) -> Float[np.ndarray, "r k 3"]:
    """``count`` cosine-distributed directions per normal, spread evenly, turned at random."""
    x, y, z = normals.T
    sign = np.where(z >= 0, np.float32(1), np.float32(-1))
    a = -1 / (sign + z)
    b = x * y * a
    tangent = np.stack([1 + sign * x * x * a, sign * b, -sign * x], axis=1)
    bitangent = np.stack([b, sign + y * y * a, -y], axis=1)
    turn = generator.random((2, len(normals)), dtype=np.float32)
    directions = np.empty((count, len(normals), 3), dtype=np.float32)
    for ray in range(count):
        angle = 2 * np.pi * (ray * 0.618034 + turn[0])
        squared = (ray + turn[1]) / count
        radius = np.sqrt(squared)
        directions[ray] = (
            (radius * np.cos(angle))[:, None] * tangent
            + (radius * np.sin(angle))[:, None] * bitangent
            + np.sqrt(1 - squared)[:, None] * normals
        )
    return directions


def _appearance(
    mesh: Mesh, buffers: GeometryBuffers
) -> tuple[Float[np.ndarray, "k 3"], Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Linear base colour, roughness and metallic at the object pixels."""
    index = mesh.face_materials[buffers.triangle[buffers.mask]]
    color = np.array([m.color for m in mesh.materials], np.float32)[index]
    if mesh.uv is not None:
        uv = buffers.interpolate(mesh.uv)
        for number, material in enumerate(mesh.materials):
            if material.texture is not None:
                chosen = index == number
                color[chosen] *= _texture(material.texture, uv[chosen])
    roughness = np.array([m.roughness for m in mesh.materials], np.float32)[index]
    metallic = np.array([m.metallic for m in mesh.materials], np.float32)[index]
    return linear_from_srgb(color), roughness, metallic


def _texture(
    texture: UInt8[np.ndarray, "h w 3"], uv: Float[np.ndarray, "k 2"]
) -> Float[np.ndarray, "k 3"]:
    """Bilinear look-up of a repeating texture, in [0, 1]."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_share, low_share = (x - left)[:, None], (y - top)[:, None]
    rows, columns = (top % height, (top + 1) % height), (left % width, (left + 1) % width)
    upper = texture[rows[0], columns[0]] * (1 - right_share)
    upper = upper + texture[rows[0], columns[1]] * right_share
    lower = texture[rows[1], columns[0]] * (1 - right_share)
    lower = lower + texture[rows[1], columns[1]] * right_share
    return ((upper * (1 - low_share) + lower * low_share) / 255).astype(np.float32)


def linear_from_srgb(srgb: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """Undo the sRGB encoding of values in [0, 1]."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_rgba(
    linear: Float[np.ndarray, "h w 3"], alpha: Float[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 4"]:
    """Film curve 1 - exp(-1.4 x), sRGB encoding, 8 bits."""
    film = 1 - np.exp(-1.4 * linear)
    srgb = np.where(film <= 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055)
    return np.round(np.dstack([srgb, alpha]) * 255).astype(np.uint8)


def premultiplied_to_rgba(
    color: Float[np.ndarray, "h w 3"],
    alpha: Float[np.ndarray, "h w"],
    mask: Bool[np.ndarray, "h w"],
    least: float,
) -> UInt8[np.ndarray, "h w 4"]:
    """A path tracer's linear premultiplied colours as a picture like that of :func:`to_rgba`.

    Args:
        color: linear, times alpha.
        alpha: share of the pixel covered.
        mask: pixels with an exact surface, which get some alpha at least.
        least: how much.
    """
    alpha = np.clip(np.nan_to_num(alpha), 0, 1)
    straight = np.clip(np.nan_to_num(color), 0, None) / np.maximum(alpha, least)[..., None]
    straight = np.where(alpha[..., None] > 0, straight, 0)
    return to_rgba(straight, np.where(mask, np.maximum(alpha, least), alpha))


def tinted_texture(
    texture: UInt8[np.ndarray, "h w 3"], color: tuple[float, float, float]
) -> UInt8[np.ndarray, "h w 3"]:
    """A texture times its material's base colour, for renderers that take one of the two."""
    return np.round(texture * np.array(color)).astype(np.uint8)


def _pool(image: Float[np.ndarray, "h w c"], factor: int) -> Float[np.ndarray, "h2 w2 c"]:
    """Sums over ``factor`` x ``factor`` blocks."""
    height, width, channels = image.shape
    blocks = image.reshape(height // factor, factor, width // factor, factor, channels)
    return blocks.sum(axis=(1, 3))
