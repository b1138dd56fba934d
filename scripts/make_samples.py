"""Remake ``samples/``: pictures and masks of objects that people designed, and one photograph.

    apt-get download sweethome3d-furniture
    python scripts/make_samples.py sweethome3d-furniture_1.8-1_all.deb

Each of the fifteen models is drawn once, in a pose and light of its own, on a plain light-grey
gradient. The photograph is scikit-image's ``coffee``; its cup's outline was drawn by hand.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from funcorr.assets.sweethome3d import FurnitureModel, read_models
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.lighting import random_lighting
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig

SIZE = 512
FILLED = 0.8
"""Share of the picture's side that the object's longer side takes."""

COOL = np.array([0.93, 1.0, 1.08])
"""Tint of the background: white and metal objects keep apart from it without a mask."""


@dataclass(frozen=True)
class Pose:
    """Where the camera stands (degrees, azimuth 0 on the right), image turn, and the light."""

    azimuth: float
    elevation: float
    roll: float = 0.0
    light: int = 0


POSES = {
    "coffee-mug": Pose(-35, 32, 4, 4),
    "wine-bottle": Pose(-100, 12, -14, 1),
    "bowl": Pose(-70, 35, 5, 3),
    "clothes-hanger": Pose(-70, 12, -6, 3),
    "kitchen-knife": Pose(-20, 50, 28, 11),
    "fork": Pose(-20, 55, -35, 5),
    "spoon": Pose(20, 50, -25, 6),
    "espresso-kettle": Pose(-60, 25, 0, 7),
    "scissors": Pose(-75, 66, 20, 1),
    "hammer": Pose(-80, 48, 24, 9),
    "screwdriver": Pose(-70, 40, -32, 10),
    "shovel": Pose(-40, 42, 8, 11),
    "broom": Pose(-55, 18, 30, 12),
    "soap-bottle": Pose(-90, 18, 12, 3),
    "kitchen-tool": Pose(15, 52, 40, 2),
}

CUP = (
    *((173, 108), (174, 95), (178, 81), (187, 65), (199, 51), (217, 37), (238, 26), (262, 20)),
    *((285, 18), (310, 20), (335, 26), (357, 37), (377, 52), (393, 70), (402, 87), (407, 101)),
    *((409, 115), (408, 130), (405, 145), (401, 160), (396, 175), (391, 192), (385, 205)),
    *((379, 213), (370, 223), (360, 237), (350, 248), (340, 255), (331, 262), (325, 268)),
    *((310, 278), (298, 283), (285, 285), (270, 285), (258, 282), (258, 262), (257, 247)),
    *((246, 258), (238, 271), (232, 283), (228, 295), (225, 307), (218, 308), (206, 303)),
    *((199, 297), (196, 288), (198, 275), (203, 262), (212, 247), (218, 236), (208, 230)),
    *((198, 220), (190, 205), (184, 190), (179, 165), (175, 140)),
)
"""Outline of the cup with its handle in the photograph, without spoon and saucer; (x, y) pixels."""

HEADER = """# Where the pictures come from

Remade by `scripts/make_samples.py`. The pictures of models are derived works under the license of
the model. Changes to all models: turned to z up, scaled to the catalogue's size, drawn by funcorr
with its own light and simplified materials on a plain background; the mask is the exact silhouette.

| file | title | author | license | source | changes |
|---|---|---|---|---|---|
"""

COFFEE = (
    "| `coffee.png` | Coffee cup | Rachel Michetti, courtesy of Pikolo Espresso Bar "
    "| [CC0-1.0](https://creativecommons.org/publicdomain/zero/1.0/) "
    "| scikit-image, `skimage.data.coffee` | none; mask of the cup drawn by hand |\n"
)


def main() -> None:
    """Draw every sample and the table of their sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=Path, help="sweethome3d-furniture's .deb")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "samples")
    options = parser.parse_args()
    (options.out / "masks").mkdir(parents=True, exist_ok=True)
    models = read_models(options.package)
    for model in models:
        save(options.out, model.name, *draw(model, POSES[model.name]))
    save(options.out, "coffee", *coffee())
    rows = "".join(row(model) for model in models)
    (options.out / "ATTRIBUTION.md").write_text(HEADER + rows + COFFEE, encoding="utf-8")


def draw(model: FurnitureModel, pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Picture and mask of a model."""
    scene = Scene(model.mesh.normalized())
    camera = framed(scene, pose)
    generator = np.random.default_rng(pose.light)
    buffers = scene.look(camera)
    shader = Shader(scene, ShadingConfig(supersample=3, sky_rays=12))
    rgba = shader.picture(camera, buffers, random_lighting(generator), generator)
    share = rgba[..., 3:] / 255
    picture = rgba[..., :3] * share + backdrop() * (1 - share)
    return np.round(picture).astype(np.uint8), buffers.mask


def framed(scene: Scene, pose: Pose) -> Camera:
    """A camera with the object in the middle of the picture, as large as ``FILLED`` says."""
    azimuth, elevation = np.radians(pose.azimuth), np.radians(pose.elevation)
    level = np.cos(elevation)
    eye = 3.0 * np.array([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)])
    camera = Camera.from_fov(25.0, SIZE, SIZE, look_at(eye, roll=pose.roll))
    corners = camera.project(scene.triangles.reshape(-1, 3))[0]
    low, high = corners.min(axis=0), corners.max(axis=0)
    zoom = FILLED * SIZE / (high - low).max()
    intrinsics = camera.intrinsics.copy()
    intrinsics[:2, :2] *= zoom
    middle = (low + high) / 2 - camera.intrinsics[:2, 2]
    intrinsics[:2, 2] = (SIZE - 1) / 2 - zoom * middle
    return replace(camera, intrinsics=intrinsics)


def backdrop() -> np.ndarray:
    """A cool light-grey studio gradient, brighter in the middle and at the top."""
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j]
    grey = 212 - 14 * y - 10 * (x**2 + y**2)
    return grey[..., None] * COOL


def coffee() -> tuple[np.ndarray, np.ndarray]:
    """The photograph and the hand-made mask of its cup."""
    from skimage import data

    photograph = data.coffee()
    mask = Image.new("1", photograph.shape[1::-1])
    ImageDraw.Draw(mask).polygon(CUP, fill=1, outline=1)
    return photograph, np.array(mask)


def save(out: Path, name: str, picture: np.ndarray, mask: np.ndarray) -> None:
    """Write picture and mask as PNG, as small as it goes."""
    Image.fromarray(picture).save(out / f"{name}.png", optimize=True)
    Image.fromarray(mask.astype(np.uint8) * 255).save(out / "masks" / f"{name}.png", optimize=True)


def row(model: FurnitureModel) -> str:
    """A model's line in the table of sources."""
    source = f"Debian `sweethome3d-furniture` 1.8, {model.library}.sh3f"
    return (
        f"| `{model.name}.png` | {model.title} | {author(model)} "
        f"| [{model.license}]({model.license_url}) | {source} | as above |\n"
    )


def author(model: FurnitureModel) -> str:
    """Who is to be named, by the license file of the model's library."""
    names = {
        "KatorLegaz": "Andrew Kator & Jennifer Legaz",
        "Scopia": "Emmanuel Puybaret / eTeks and Scopia Visual Interfaces Systems, s.l.",
    }
    return names.get(model.library, model.author)


if __name__ == "__main__":
    main()
