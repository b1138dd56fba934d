"""A demonstration, and views that it is carried to: folders of files with fixed names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from funcorr.errors import UserError
from funcorr.transfer.pose_file import PoseFile, read_poses
from funcorr.transfer.read_view import read_view
from funcorr.transfer.rgbd import RGBDView

FRAME = "camera1"
"""What the poses of a demonstration are given in."""

PICTURE = (("image", "rgb", "color"), (".png", ".jpg", ".jpeg", ".webp"))
DEPTH = (("depth",), (".png", ".tif", ".tiff", ".npy", ".npz"))
CAMERA = (("camera", "camera_info"), (".json", ".yaml", ".yml"))
"""Names without suffix, and suffixes, of which one file lies in the folder of a view."""


@dataclass(frozen=True)
class ViewFiles:
    """One object in an RGB-D view.

    Attributes:
        name: of its results: the folder's, and after a slash the mask's where it has several.
        image: the picture.
        depth: on it.
        camera: of both.
        mask: of the object; None where it is to be found.
        part: of its functional part, where that is known.
    """

    name: str
    image: Path
    depth: Path
    camera: Path
    mask: Path | None = None
    part: Path | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files that are there."""
        given = (self.image, self.depth, self.camera, self.mask, self.part)
        return tuple(path for path in given if path is not None)

    def read(self, depth_scale: float | None = None) -> RGBDView:
        """Its depth and camera.

        Raises:
            UserError: see :func:`funcorr.transfer.read_view.read_view`.
        """
        return read_view(self.depth, self.camera, depth_scale, self.image)


@dataclass(frozen=True, eq=False)
class Demonstration:
    """What was done with one object.

    Attributes:
        view: of the object.
        poses: by the name of their file.
        paths: all its files.
    """

    view: ViewFiles
    poses: Mapping[str, PoseFile]
    paths: tuple[Path, ...]


def find_demonstration(folder: Path) -> Demonstration:
    """The view of a folder, and the poses of all its other JSON files.

    Raises:
        UserError: see :func:`find_views`; it shows several objects, or a file is none of poses.
    """
    views = find_views(folder)
    if len(views) > 1:
        raise UserError(f"{folder} has masks of {len(views)} objects; a demonstration is with one")
    [view] = views
    files = [path for path in sorted(folder.glob("*.json")) if path != view.camera]
    if not files:
        raise UserError(f"{folder} has no poses; expected a JSON file of them beside its camera")
    poses = {path.stem: read_poses(path, FRAME) for path in files}
    return Demonstration(view, poses, (*view.paths, *files))


def find_all_views(folders: Iterable[Path]) -> tuple[list[ViewFiles], dict[str, str]]:
    """The views of several folders.

    Returns:
        The views, and by the name of a folder why it cannot be used.

    Raises:
        UserError: two folders have one name.
    """
    views: list[ViewFiles] = []
    problems: dict[str, str] = {}
    for folder in folders:
        try:
            views += find_views(folder)
        except UserError as error:
            problems[folder.name] = str(error)
    names = [view.name for view in views]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"two folders of --to have one name, {twice}; rename one of them")
    return views, problems


def find_views(folder: Path) -> list[ViewFiles]:
    """What a folder shows: an object, or one for each of ``masks/NAME.png``.

    It holds ``image.png``, ``depth.png`` and ``camera.json``, or others of :data:`PICTURE`,
    :data:`DEPTH` and :data:`CAMERA`; where they are known ``mask.png`` and ``part.png``, or
    ``masks/NAME.png`` and ``parts/NAME.png`` of several objects.

    Raises:
        UserError: it is no folder, lacks a file, or has two for one.
    """
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; expected one with image, depth and camera")
    name = folder.resolve().name
    image, depth, camera = (_only(folder, *kind) for kind in (PICTURE, DEPTH, CAMERA))
    masks = sorted((folder / "masks").glob("*.png"))
    if not masks:
        alone = (_if_there(folder / "mask.png"), _if_there(folder / "part.png"))
        return [ViewFiles(name, image, depth, camera, *alone)]
    return [
        ViewFiles(
            f"{name}/{mask.stem}",
            image,
            depth,
            camera,
            mask,
            _if_there(folder / "parts" / mask.name),
        )
        for mask in masks
    ]


def _only(folder: Path, names: tuple[str, ...], kinds: tuple[str, ...]) -> Path:
    places = (folder / f"{name}{kind}" for name in names for kind in kinds)
    found = [path for path in places if path.is_file()]
    if not found:
        raise UserError(
            f"{folder} lacks {names[0]}{kinds[0]} ({', '.join(names)}; {' '.join(kinds)})"
        )
    if len(found) > 1:
        raise UserError(f"{folder} has {found[0].name} and {found[1].name}; keep one of them")
    return found[0]


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
