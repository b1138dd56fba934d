"""One-shot affordance examples by clicking: the work behind ``funcorr annotate affordance``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from funcorr.affordance.data.action_names import object_of_stem, object_words
from funcorr.affordance.data.oneshot import heatmap_from_points, write_one_shot
from funcorr.app.objects import working_copy
from funcorr.app.panels import VIEW_SIDE, view_size
from funcorr.errors import UserError
from funcorr.functions import check_function
from funcorr.images import Picture, read_image, resize_points
from funcorr.io import read_json, remove_leftovers, write_json
from funcorr.viz import draw_points, paint_heatmap, thumbnail

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
FORMAT = "funcorr-clicks/1"
CLICKS = "clicks.json"
"""Beside the examples: the points behind the heatmaps, so that work can be taken up again."""

Point = tuple[float, float]


class AffordanceAnnotation:
    """Images in a row, and the points clicked on them per action; saved after every change.

    Args:
        images: image files, or folders of them.
        actions: what can be marked.
        out: folder of the one-shot examples; one that was begun earlier is taken up again.

    Raises:
        UserError: there are no images or actions, two images have one name, or ``out`` holds
            something else.
    """

    def __init__(self, images: Sequence[Path], actions: Sequence[str], out: Path) -> None:
        self.images = find_images(images)
        self.actions = list(dict.fromkeys(map(check_function, actions)))
        if not self.actions:
            raise UserError("name at least one action, for instance --actions pour hold")
        self.out = out
        self.points: dict[str, dict[str, list[Point]]] = {}
        self.objects = {image.stem: object_of_stem(image.stem) for image in self.images}
        remove_leftovers(out)
        unsaved = self._read_clicks()
        if unsaved in self.objects:
            self._save(unsaved)
        self.action = self.actions[0]
        unmarked = [n for n, image in enumerate(self.images) if image.stem not in self.points]
        self.place = unmarked[0] if unmarked else 0

    @property
    def stem(self) -> str:
        """Name of the image at hand."""
        return self.images[self.place].stem

    def picture(self) -> Picture:
        """The image at hand."""
        return read_image(self.images[self.place])

    def here(self) -> dict[str, list[Point]]:
        """Points of the image at hand, by action; an action without points is not in it."""
        return self.points.get(self.stem, {})

    def progress(self) -> str:
        """How far the work is, in words."""
        return f"Image {self.place + 1} of {len(self.images)}, {len(self.points)} marked"

    def add(self, x: float, y: float) -> None:
        """Mark a pixel of the image at hand for the action at hand.

        Raises:
            UserError: it lies outside the image, or the place cannot be written to.
        """
        heatmap_from_points([(x, y)], self.picture().size)
        self.points.setdefault(self.stem, {}).setdefault(self.action, []).append((x, y))
        self._save(self.stem)

    def undo(self) -> None:
        """Take back the last point of the action at hand."""
        self._keep(self.here().get(self.action, [])[:-1])

    def clear(self) -> None:
        """Take back all points of the action at hand."""
        self._keep([])

    def move(self, step: int) -> None:
        """Go to another image; the first and the last are the ends."""
        self.place = min(max(self.place + step, 0), len(self.images) - 1)

    def rename(self, name: str) -> None:
        """Say what the object at hand is.

        Raises:
            UserError: the name is empty.
        """
        if not object_words(name):
            raise UserError("the object needs a name, for instance cell phone")
        self.objects[self.stem] = object_words(name)
        if self.here():
            self._save(self.stem)

    def view(self) -> Image.Image:
        """The image with the heatmap and the points of the action at hand."""
        picture = working_copy(self.picture())
        size = view_size(picture.size)
        points = np.array(self.here().get(self.action, []), np.float64).reshape(-1, 2)
        if len(points) == 0:
            return Image.fromarray(thumbnail(picture.rgb, VIEW_SIDE))
        scale = picture.size[1] / self.picture().size[1]
        heatmap = heatmap_from_points(resize_points(points, scale), picture.size)
        painted = paint_heatmap(picture.rgb, heatmap, size)
        shown = resize_points(points, size[0] / self.picture().size[1])
        return draw_points(painted, shown, [""] * len(points), ((20, 20, 20),))

    def pixel(self, x: float, y: float) -> Point:
        """The image's pixel behind a pixel of :meth:`view`."""
        size = self.picture().size
        ends = resize_points(np.array([x, y], np.float64), size[1] / view_size(size)[0])
        return float(ends[0]), float(ends[1])

    def _keep(self, points: list[Point]) -> None:
        here = self.points.setdefault(self.stem, {})
        here[self.action] = points
        if not points:
            del here[self.action]
        if not here:
            del self.points[self.stem]
        self._save(self.stem)

    def _save(self, stem: str) -> None:
        """Clicks first: an example that a killed process left unsaved is saved by the next."""
        self._write_clicks({"unsaved": stem})
        if points := self.points.get(stem):
            image = next(image for image in self.images if image.stem == stem)
            write_one_shot(self.out, stem, image, self.objects[stem], points, self.actions)
        else:
            for suffix in (".npy", ".jpg"):
                (self.out / f"{stem}{suffix}").unlink(missing_ok=True)
        self._write_clicks({})

    def _write_clicks(self, more: dict[str, str]) -> None:
        objects = {stem: self.objects[stem] for stem in self.points}
        content = {"format": FORMAT, "objects": objects, "points": self.points, **more}
        write_json(self.out / CLICKS, content)

    def _read_clicks(self) -> str | None:
        """Take up earlier work; the image whose example may be of earlier clicks, if one is."""
        path = self.out / CLICKS
        if not path.is_file():
            if next(self.out.glob("*.npy"), None) is not None:
                raise UserError(
                    f"{self.out} holds examples that were not made by clicking here; "
                    "choose another --out"
                )
            return None
        content = read_json(path, "file of clicks")
        try:
            if content["format"] != FORMAT:
                raise KeyError("format")
            self.objects |= {str(k): str(v) for k, v in content["objects"].items()}
            self.points = {
                stem: {
                    check_function(a): [(float(x), float(y)) for x, y in points]
                    for a, points in per.items()
                }
                for stem, per in content["points"].items()
            }
            return str(content["unsaved"]) if "unsaved" in content else None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UserError(
                f"{path} is no file of clicks ({FORMAT}); choose another --out"
            ) from None


def find_images(places: Sequence[Path]) -> list[Path]:
    """Image files, in order of their names within each folder.

    Raises:
        UserError: there are none, one is missing, or two share a name.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise UserError(f"no such file or folder: {place}")
        inside = sorted(place.iterdir()) if place.is_dir() else [place]
        found += [path for path in inside if path.suffix.lower() in SUFFIXES]
    if not found:
        raise UserError(f"no images there; expected files that end in {', '.join(SUFFIXES)}")
    stems = [path.stem for path in found]
    twice = next((stem for stem in stems if stems.count(stem) > 1), None)
    if twice is not None:
        raise UserError(f"two images are called {twice}; rename one, examples go by that name")
    return found
