"""Random materials. They are drawn without a look at the category: colour tells nothing."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8
from scipy.ndimage import gaussian_filter, zoom

from funcorr.assets.mesh import Material, Mesh

SIZE = 128
REGIONS = {
    "blade": ("blade", "edge", "tip", "spine", "tines", "palm", "guard"),
    "body": (
        *("body", "base", "inside", "rim", "lip", "neck", "spout"),
        *("bowl", "mesh", "barrel", "wall", "surface", "pan"),
    ),
    "handle": ("handle", "shaft", "shoulder", "bar", "plate", "knob"),
    "head": ("head", "face", "claw", "peen", "poll", "jaws", "tail", "collar"),
    "lid": ("lid", "cap", "clip", "button", "tab"),
    "hook": ("arc", "shank", "bend", "point", "barb"),
    "stem": ("stem", "foot"),
    "grip": ("grip", "wrapper"),
}
_REGION_OF = {part: region for region, parts in REGIONS.items() for part in parts}


def paint(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """Give every part a material and the mesh texture coordinates.

    A third of the objects is of one material, most others change it from region to region (body,
    handle, blade, ...), a few from part to part.
    """
    choice = rng.random()
    if choice < 0.35:
        groups = dict.fromkeys(mesh.part_names, "all")
    elif choice < 0.9:
        groups = {part: _REGION_OF.get(part, part) for part in mesh.part_names}
    else:
        groups = {part: part for part in mesh.part_names}
    names = sorted(set(groups.values()))
    materials = tuple(random_material(rng, name) for name in names)
    index = np.array([names.index(groups[part]) for part in mesh.part_names])
    return Mesh(
        vertices=mesh.vertices,
        faces=mesh.faces,
        face_parts=mesh.face_parts,
        part_names=mesh.part_names,
        face_materials=index[mesh.face_parts],
        materials=materials,
        uv=box_uv(mesh.triangles, scale=rng.uniform(0.8, 2.0)),
    )


def box_uv(triangles: Float[np.ndarray, "f 3 3"], scale: float) -> Float[np.ndarray, "f 3 2"]:
    """Project every face along the axis that its normal is closest to."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    axis = np.abs(normal).argmax(axis=1)
    keep = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    flat = np.take_along_axis(triangles, keep[:, None, :].repeat(3, axis=1), axis=2)
    return (flat + 0.5) * scale


def random_material(rng: np.random.Generator, name: str) -> Material:
    """A material of a random kind; half of them are of one plain colour."""
    kinds: list[Callable[[np.random.Generator], UInt8[np.ndarray, "h w 3"] | None]]
    kinds = [_plain, _plain, _plain, _plain, wood, brushed, stripes, speckles, patch]
    texture = kinds[rng.integers(len(kinds))](rng)
    color = random_color(rng) if texture is None else (1.0, 1.0, 1.0)
    metal = texture is None and rng.random() < 0.25
    return Material(name, color, texture, float(rng.uniform(0.15, 0.9)), float(metal))


def random_color(rng: np.random.Generator) -> tuple[float, float, float]:
    """Often grey, white, black, steel or wood-like, else any hue."""
    family = rng.choice(["grey", "white", "dark", "warm", "any", "any"])
    hue, saturation, value = {
        "grey": (rng.uniform(0.5, 0.7), rng.uniform(0, 0.12), rng.uniform(0.4, 0.8)),
        "white": (rng.uniform(), rng.uniform(0, 0.08), rng.uniform(0.85, 0.97)),
        "dark": (rng.uniform(), rng.uniform(0, 0.3), rng.uniform(0.06, 0.25)),
        "warm": (rng.uniform(0.04, 0.12), rng.uniform(0.3, 0.75), rng.uniform(0.3, 0.85)),
        "any": (rng.uniform(), rng.uniform(0.25, 0.95), rng.uniform(0.3, 0.95)),
    }[str(family)]
    return colorsys.hsv_to_rgb(float(hue), float(saturation), float(value))


def _plain(rng: np.random.Generator) -> None:
    return None


def noise(rng: np.random.Generator, sigma: tuple[float, float]) -> Float[np.ndarray, "h w"]:
    """Periodic smooth noise in [0, 1]."""
    field = gaussian_filter(rng.standard_normal((SIZE, SIZE)), sigma, mode="wrap")
    return (field - field.min()) / np.ptp(field)


def blend(
    amount: Float[np.ndarray, "h w"],
    first: tuple[float, float, float],
    second: tuple[float, float, float],
) -> UInt8[np.ndarray, "h w 3"]:
    """Mix two colours, 8 bit."""
    mix = np.array(first) * (1 - amount[..., None]) + np.array(second) * amount[..., None]
    return (mix * 255).round().astype(np.uint8)


def wood(rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """Streaks along one direction, in browns."""
    grain = noise(rng, (1.2, 14.0))
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.integers(3, 9) * grain))
    dark = colorsys.hsv_to_rgb(
        rng.uniform(0.05, 0.1), rng.uniform(0.45, 0.75), rng.uniform(0.2, 0.5)
    )
    light = colorsys.hsv_to_rgb(
        rng.uniform(0.07, 0.12), rng.uniform(0.3, 0.6), rng.uniform(0.55, 0.9)
    )
    image = blend(rings * 0.7 + 0.3 * grain, dark, light)
    return image if rng.random() < 0.5 else image.transpose(1, 0, 2).copy()


def brushed(rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """Fine low-contrast scratches, like brushed metal."""
    base = np.array(random_color(rng))
    return blend(noise(rng, (0.6, 20.0)), tuple(base * 0.85), tuple(np.minimum(base * 1.1, 1)))


def stripes(rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """Bands of two colours across one direction."""
    count, share = rng.integers(2, 9), rng.uniform(0.15, 0.85)
    wave = (np.arange(SIZE) * count / SIZE % 1 < share).astype(float)
    field = np.broadcast_to(wave[:, None] if rng.random() < 0.5 else wave[None], (SIZE, SIZE))
    return blend(field, random_color(rng), random_color(rng))


def speckles(rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """Stone- or terrazzo-like spots, or soft clouds."""
    sigma = rng.uniform(1.0, 10.0)
    field = noise(rng, (sigma, sigma))
    hard = (field > rng.uniform(0.45, 0.65)).astype(float)
    return blend(hard if rng.random() < 0.5 else field, random_color(rng), random_color(rng))


def patch(rng: np.random.Generator) -> UInt8[np.ndarray, "h w 3"]:
    """A plain ground with label-like rectangles that hold lines of coarse marks."""
    image = np.broadcast_to(np.array(random_color(rng)), (SIZE, SIZE, 3)).copy()
    for _ in range(rng.integers(1, 4)):
        top, left = rng.integers(0, SIZE - 40, 2)
        height, width = rng.integers(20, 40, 2)
        marks = zoom(rng.random((height // 4, width // 3)), 3, order=0) > 0.6
        area = image[top : top + height, left : left + width]
        area[:] = random_color(rng)
        rows, columns = min(marks.shape[0], height - 4), min(marks.shape[1], width - 4)
        area[2 : 2 + rows, 2 : 2 + columns][marks[:rows, :columns]] = random_color(rng)
    return (image * 255).round().astype(np.uint8)
