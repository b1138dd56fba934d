"""The benchmark folder: image pairs with dense ground truth, read, checked and written.

``BENCH/benchmark.json`` says what it is, ``BENCH/pairs.jsonl`` holds a line per image pair, whose
paths are relative to BENCH. Masks are 8-bit PNG, object above 127. A ground-truth file is an npz
with ``points1`` and ``points2``, N x 2 pixels (x, y) with aligned rows. Every pair is evaluated in
both directions.

Where a pair is known in 3D too, its line has ``depth1`` and ``depth2`` (16-bit PNG, 0 where there
is no surface), ``camera1`` and ``camera2`` (``intrinsics``, ``world_to_camera``, ``depth_scale`` in
metres per step) and ``frame1`` and ``frame2``: the functional frames in their cameras' coordinates
(``origin``, ``axes``, ``size``, ``symmetry``, ``object_size``; metres). The symmetry is still
declared, but the frames are turned within it to where the two cameras come closest.

``truth`` in ``benchmark.json`` says what the ground truth is: ``"dense"`` where it is absent;
``"keypoints"``, a few points per pair; ``"parts"``, points that were drawn on either part and do
not correspond. Pairs with keypoints have ``bbox1`` and ``bbox2``, the objects' boxes (left, top,
right, bottom; pixels), of which PCK takes shares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32

from funcorr.errors import UserError
from funcorr.groundtruth.pair_geometry import ObjectFrame, PairCamera, read_depth
from funcorr.images import read_frame, read_image, read_mask
from funcorr.io import atomic_path, read_arrays, read_json, write_arrays, write_json
from funcorr.metrics.checks import as_box, as_points, check_aligned

FORMAT = "funcorr-benchmark/1"
TRUTHS = ("dense", "keypoints", "parts")
_PARTS = ("part1", "part2")
_DEPTHS = ("depth1", "depth2")
_GEOMETRY = ("camera1", "camera2", "frame1", "frame2")
_BOXES = ("bbox1", "bbox2")
_OPTIONAL = (*_PARTS, *_DEPTHS, *_GEOMETRY, *_BOXES)
_PICTURES = ("image1", "image2", "mask1", "mask2", *_PARTS, *_DEPTHS)


@dataclass(frozen=True)
class ImagePair:
    """One line of ``pairs.jsonl``; paths are relative to the benchmark folder.

    Attributes:
        id: unique name of the pair.
        function: for instance ``"pour-with"``.
        image1, image2: the images.
        mask1, mask2: their object masks.
        category1, category2: categories of the objects.
        asset1, asset2: names of the objects.
        gt: npz with ``points1`` and ``points2``.
        part1, part2: masks of the functional part, or None.
        depth1, depth2: depth pictures, or None.
        camera1, camera2: JSON of a :class:`PairCamera`, or None.
        frame1, frame2: JSON of an :class:`ObjectFrame`, or None.
        bbox1, bbox2: left, top, right, bottom of the objects, or None.
    """

    id: str
    function: str
    image1: str
    image2: str
    mask1: str
    mask2: str
    category1: str
    category2: str
    asset1: str
    asset2: str
    gt: str
    part1: str | None = None
    part2: str | None = None
    depth1: str | None = None
    depth2: str | None = None
    camera1: Any = field(default=None, hash=False)
    camera2: Any = field(default=None, hash=False)
    frame1: Any = field(default=None, hash=False)
    frame2: Any = field(default=None, hash=False)
    bbox1: Any = field(default=None, hash=False)
    bbox2: Any = field(default=None, hash=False)

    @property
    def within(self) -> bool:
        """Whether both objects are of one category."""
        return self.category1 == self.category2

    @property
    def assets(self) -> tuple[str, str]:
        """The two objects in a fixed order: image pairs of the same objects share it."""
        first, second = sorted((self.asset1, self.asset2))
        return first, second

    def to_json(self) -> dict[str, Any]:
        """The keys and values of the line, without what is absent."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Benchmark:
    """A benchmark folder that was found whole.

    Attributes:
        path: the folder.
        name: what tables call it.
        image_size: (height, width) of every image, pixels.
        functions: the functions of its pairs.
        pairs: its image pairs, in the order of the file.
        license: licence of images and annotations.
        truth: ``"dense"``, ``"keypoints"`` or ``"parts"``: which metrics mean something.
    """

    path: Path
    name: str
    image_size: tuple[int, int]
    functions: tuple[str, ...]
    pairs: tuple[ImagePair, ...]
    license: str
    truth: str = "dense"

    def file(self, pair: ImagePair, key: str) -> Path:
        """Where one of the pair's files is, for instance ``file(pair, "image1")``."""
        return self.path / getattr(pair, key)

    def ground_truth(
        self, pair: ImagePair
    ) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
        """Corresponding points (x, y) on the two images, row by row.

        Raises:
            UserError: the file is damaged, holds pickled objects, lacks an array, or has points
                outside the image.
        """
        path = self.file(pair, "gt")
        arrays = read_arrays(path, ("points1", "points2"), "ground truth")
        points1, points2 = (as_points(array, f"{key} of {path}") for key, array in arrays.items())
        check_aligned(points1, points2, f"points1 and points2 of {path}")
        height, width = self.image_size
        both = np.concatenate([points1, points2])
        if (both < -0.5).any() or (both > [width - 0.5, height - 0.5]).any():
            raise UserError(
                f"{path} has points outside the image of {width} x {height} pixels; "
                "expected (x, y) with 0 at the centre of the first pixel"
            )
        return points1, points2

    @property
    def has_parts(self) -> bool:
        """Whether the functional part is marked on both images of every pair."""
        return all(pair.part1 and pair.part2 for pair in self.pairs)

    def parts(self, pair: ImagePair) -> tuple[Bool[np.ndarray, "h w"], Bool[np.ndarray, "h w"]]:
        """The functional parts of both images, where they are marked.

        Raises:
            UserError: a mask is missing, damaged, empty or of another size.
        """
        first, second = (
            read_mask(self.file(pair, key), self.image_size) for key in ("part1", "part2")
        )
        return first, second

    @property
    def has_depth(self) -> bool:
        """Whether depth, camera and functional frame of both images of every pair are known."""
        keys = (*_DEPTHS, *_GEOMETRY)
        return all(getattr(pair, key) is not None for pair in self.pairs for key in keys)

    def cameras(self, pair: ImagePair) -> tuple[PairCamera, PairCamera]:
        """The cameras of both images, where :attr:`has_depth`."""
        first, second = (PairCamera.from_json(each) for each in (pair.camera1, pair.camera2))
        return first, second

    def depths(self, pair: ImagePair) -> tuple[Float32[np.ndarray, "h w"], ...]:
        """z-depth of both images in metres, 0 where there is no surface.

        Raises:
            UserError: a depth picture is damaged.
        """
        files = (self.file(pair, key) for key in _DEPTHS)
        cameras = self.cameras(pair)
        return tuple(read_depth(f, c.depth_scale) for f, c in zip(files, cameras, strict=True))

    def frames(self, pair: ImagePair) -> tuple[ObjectFrame, ObjectFrame]:
        """The functional frames of both images in their cameras' coordinates, metres."""
        first, second = (ObjectFrame.from_json(each) for each in (pair.frame1, pair.frame2))
        return first, second

    def check_pictures(self, pairs: Iterable[ImagePair]) -> None:
        """Read every picture, mask and depth of some pairs once.

        Raises:
            UserError: one is damaged, or a mask is empty or ambiguous.
        """
        named = {(key[:-1], getattr(pair, key)) for pair in pairs for key in _PICTURES}
        for kind, name in sorted(each for each in named if each[1] is not None):
            path = self.path / name
            if kind == "image":
                read_image(path)
            elif kind == "depth":
                read_depth(path, 1.0)
            else:
                read_mask(path, self.image_size)

    def fingerprint(self) -> str:
        """SHA-256 over the two lists and every file they name: equal content, equal fingerprint."""
        digest = hashlib.sha256()
        named = (getattr(pair, key) for pair in self.pairs for key in (*_PICTURES, "gt"))
        for name in ["benchmark.json", "pairs.jsonl", *sorted(set(filter(None, named)))]:
            digest.update(hashlib.sha256((self.path / name).read_bytes()).digest())
        return digest.hexdigest()


def read_benchmark(path: str | Path) -> Benchmark:
    """Read a benchmark folder and check that all of it is there and fits together.

    Raises:
        UserError: the folder or a file is missing or damaged, the format is of another version, an
            id occurs twice, a picture has another size, or ground truth lies outside the image.
    """
    path = Path(path)
    head = _read_head(path)
    pairs = tuple(_read_pairs(path / "pairs.jsonl"))
    benchmark = Benchmark(
        path=path,
        name=str(head["name"]),
        image_size=_image_size(head["image_size"], path),
        functions=tuple(map(str, head["functions"])),
        pairs=pairs,
        license=str(head["license"]),
        truth=str(head.get("truth", "dense")),
    )
    _check_lists(benchmark, head["pairs"])
    for pair in pairs:
        _check_files(benchmark, pair)
    return benchmark


def write_ground_truth(path: Path, points1: np.ndarray, points2: np.ndarray) -> None:
    """Write one ground-truth file, atomically."""
    write_arrays(path, points1=points1.astype(np.float32), points2=points2.astype(np.float32))


def write_benchmark(
    path: Path,
    pairs: Sequence[tuple[ImagePair, Mapping[str, Any]]],
    name: str,
    license: str,
    **notes: Any,
) -> None:
    """Write ``pairs.jsonl`` and, last, ``benchmark.json``: without it a folder is no benchmark.

    Args:
        path: the benchmark folder, in which the pairs' files are already.
        pairs: each pair with further keys of its line, which readers ignore.
        name: what tables call it.
        license: licence of images and annotations.
        **notes: further keys of ``benchmark.json``, for instance how it was made.

    Raises:
        UserError: what was written is no whole benchmark.
    """
    first, _ = pairs[0]
    width, height = _picture_size(path / first.image1, first.id)
    with atomic_path(path / "pairs.jsonl") as temporary:
        lines = (json.dumps({**pair.to_json(), **extra}) + "\n" for pair, extra in pairs)
        temporary.write_text("".join(lines), encoding="utf-8")
    head = {
        "format": FORMAT,
        "name": name,
        "image_size": [height, width],
        "functions": sorted({pair.function for pair, _ in pairs}),
        "pairs": len(pairs),
        "license": license,
    }
    write_json(path / "benchmark.json", head | notes)
    read_benchmark(path)


def _read_head(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise UserError(f"no such benchmark folder: {path}")
    head = read_json(path / "benchmark.json", "benchmark")
    found = head.get("format") if isinstance(head, dict) else None
    if found != FORMAT:
        raise UserError(f"{path} has the format {found!r}; this version reads {FORMAT!r}")
    missing = [k for k in ("name", "image_size", "functions", "pairs", "license") if k not in head]
    if missing:
        raise UserError(f"{path / 'benchmark.json'} lacks {', '.join(missing)}")
    if head.get("truth", "dense") not in TRUTHS:
        raise UserError(
            f"{path / 'benchmark.json'} has the truth {head['truth']!r}; expected one of "
            f"{', '.join(TRUTHS)}"
        )
    if not isinstance(head["functions"], list):
        raise UserError(f"{path / 'benchmark.json'}: functions is no list of names")
    return head


def _image_size(value: Any, path: Path) -> tuple[int, int]:
    try:
        height, width = map(int, value)
    except (TypeError, ValueError):
        height = width = 0
    if min(height, width) < 1:
        raise UserError(
            f"{path / 'benchmark.json'} has image_size {value!r}; expected [height, width]"
        )
    return height, width


def _read_pairs(path: Path) -> Iterator[ImagePair]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the list of pairs {path}: {error}") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _parse_pair(line, f"{path}, line {number}")


def _parse_pair(line: str, where: str) -> ImagePair:
    try:
        content = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f"{where} is not valid JSON: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{where} is not a JSON object with the keys of a pair")
    names = [field.name for field in fields(ImagePair)]
    missing = [name for name in names if name not in _OPTIONAL and content.get(name) is None]
    if missing:
        raise UserError(f"{where} lacks {', '.join(missing)}")
    given = {name: content[name] for name in names if content.get(name) is not None}
    for name in given.keys() & set(_GEOMETRY):
        if not isinstance(given[name], dict):
            raise UserError(f"{where} has a {name} that is no JSON object")
    for name in given.keys() & set(_BOXES):
        given[name] = as_box(given[name], f"{name} in {where}")
    kept = (*_GEOMETRY, *_BOXES)
    return ImagePair(**{k: v if k in kept else str(v) for k, v in given.items()})


def _check_lists(benchmark: Benchmark, count: Any) -> None:
    if not benchmark.pairs:
        raise UserError(f"the benchmark {benchmark.path} has no pairs")
    if count != len(benchmark.pairs):
        raise UserError(
            f"{benchmark.path} announces {count} pairs but pairs.jsonl has "
            f"{len(benchmark.pairs)}; is it cut off?"
        )
    seen: set[str] = set()
    for pair in benchmark.pairs:
        if pair.id in seen:
            raise UserError(f"{benchmark.path} has the pair id {pair.id!r} twice; ids are unique")
        seen.add(pair.id)
        if pair.function not in benchmark.functions:
            raise UserError(
                f"pair {pair.id!r} has the function {pair.function!r}, which the functions of "
                f"{benchmark.path / 'benchmark.json'} lack"
            )


def _check_files(benchmark: Benchmark, pair: ImagePair) -> None:
    height, width = benchmark.image_size
    for key in _PICTURES:
        if getattr(pair, key) is None:
            continue
        file = benchmark.file(pair, key)
        found = _picture_size(file, pair.id)
        if found != (width, height):
            raise UserError(
                f"{file} is {found[0]} x {found[1]} pixels, expected {width} x {height} as "
                f"benchmark.json says (pair {pair.id!r}); pictures are never resized"
            )
    benchmark.ground_truth(pair)
    if benchmark.truth == "keypoints" and None in (pair.bbox1, pair.bbox2):
        raise UserError(f"pair {pair.id!r} of {benchmark.path} has keypoints and no bbox1, bbox2")
    if benchmark.truth == "parts" and None in (pair.part1, pair.part2):
        raise UserError(f"pair {pair.id!r} of {benchmark.path} has no part1, part2")
    for key in _GEOMETRY:
        if (content := getattr(pair, key)) is not None:
            _check_geometry(content, key, f"{key} of pair {pair.id!r} in {benchmark.path}")


def _check_geometry(content: Any, key: str, whose: str) -> None:
    try:
        (PairCamera if key.startswith("camera") else ObjectFrame).from_json(content)
    except UserError as error:
        raise UserError(f"{whose}: {error}") from None


def _picture_size(path: Path, pair: str) -> tuple[int, int]:
    """(width, height) from the header alone; the pixels are read, and checked, when needed."""
    try:
        height, width, _ = read_frame(path)
    except UserError as error:
        raise UserError(f"{error} (pair {pair!r})") from None
    return width, height
