"""One demonstration carried to many views, each into a folder of its own; a rerun goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import funcorr
from funcorr.correspondence.encoded_image import EncodedImage
from funcorr.correspondence.model import Matcher
from funcorr.errors import UserError
from funcorr.io import cannot_write, content_hash, read_json, replaced_together
from funcorr.transfer.demonstration import Demonstration, ViewFiles
from funcorr.transfer.files import FILES, write_transfer
from funcorr.transfer.pose import PoseTransfer, transfer_pose


@dataclass(frozen=True)
class CarryConfig:
    """How a demonstration is carried over.

    Attributes:
        function: what the object is for.
        model: row, folder or hub id of the matcher.
        depth_scale: metres of one unit of depth, before what the cameras say.
        least_confidence: poses below it are refused.
        rerun: whether to write ``scene.rrd``.
    """

    function: str
    model: str = "funcorr-small"
    depth_scale: float | None = None
    least_confidence: float = 0.0
    rerun: bool = False


class Carried(NamedTuple):
    """What became of one view.

    Attributes:
        name: of the view, and of its folder.
        report: what its ``transfer.json`` holds; None where there is none.
        problem: why not.
        kept: whether it was there already.
    """

    name: str
    report: dict[str, Any] | None
    problem: str | None = None
    kept: bool = False


class CarryOver:
    """A demonstration on its way to many views; its picture is encoded once.

    Args:
        demonstration: what was done.
        config: how it is carried over.
        load: gives the matcher; called when the first view needs it.
    """

    def __init__(
        self, demonstration: Demonstration, config: CarryConfig, load: Callable[[], Matcher]
    ) -> None:
        self.demonstration, self.config, self._load = demonstration, config, load
        self.view = demonstration.view.read(config.depth_scale)

    @cached_property
    def matcher(self) -> Matcher:
        """Loaded once."""
        return self._load()

    @cached_property
    def encoded(self) -> EncodedImage:
        """The picture of the demonstration."""
        return self.matcher.encode(self.demonstration.view.image, self.demonstration.view.mask)

    def to_each(self, views: Sequence[ViewFiles], out: Path) -> Iterator[Carried]:
        """Carry it to every view.

        A view whose results are those of the same files and settings is kept. One that cannot be
        used is reported; what an earlier run wrote for it goes, so that nobody acts on it.

        Args:
            views: where to.
            out: folder, in which each view gets one of its name.

        Raises:
            UserError: the demonstration itself cannot be used, or ``out`` cannot be written to.
        """
        for files in views:
            folder, key = out / files.name, self._key(files)
            known = _known(folder, key)
            if known is not None:
                yield Carried(files.name, known, kept=True)
                continue
            encoded = self.encoded
            try:
                yield Carried(files.name, self._carry(encoded, files, folder, key))
            except UserError as error:
                _discard(folder)
                yield Carried(files.name, None, str(error))

    def _carry(
        self, encoded: EncodedImage, files: ViewFiles, folder: Path, key: str
    ) -> dict[str, Any]:
        view = files.read(self.config.depth_scale)
        second = self.matcher.encode(files.image, files.mask)
        part1, part2 = self.demonstration.view.part, files.part
        result = self.matcher.match(encoded, second, self.config.function, part1=part1, part2=part2)
        found = transfer_pose(result, self.view, view)
        check_confidence(found, self.config.least_confidence)
        about = {"view": files.name, "mask_doubt": second.mask_doubt, "inputs": key}
        with replaced_together(folder, FILES) as new:
            try:
                given, rerun = self.demonstration.poses, self.config.rerun
                return write_transfer(found, given, new, folder, rerun, about)
            except OSError as error:
                raise cannot_write(folder, error) from None

    @cached_property
    def _common(self) -> str:
        """A fingerprint of the demonstration, the settings and the model."""
        settings = json.dumps(asdict(self.config)) + funcorr.__version__
        model = Path(self.config.model)
        weights = sorted(path for path in model.rglob("*") if path.is_file())
        return content_hash([settings, *weights, *self.demonstration.paths])

    def _key(self, files: ViewFiles) -> str:
        """A fingerprint of all that its results depend on."""
        return content_hash([self._common, *files.paths])


def check_confidence(pose: PoseTransfer, least: float) -> None:
    """See that a pose is sure enough.

    Raises:
        UserError: its confidence is below ``least``.
    """
    if pose.confidence < least:
        raise UserError(
            f"the pose has a confidence of {pose.confidence:.2f}, below the {least:g} of "
            "--least-confidence; try other views or give the parts"
        )


def _known(folder: Path, key: str) -> dict[str, Any] | None:
    """The report of an earlier run, if all it names is there and made of the same."""
    try:
        report = read_json(folder / "transfer.json")
    except UserError:
        return None
    if not isinstance(report, dict) or report.get("inputs") != key:
        return None
    return report if all((folder / name).is_file() for name in report["files"]) else None


def _discard(folder: Path) -> None:
    for path in [path for pattern in FILES for path in folder.glob(pattern)]:
        path.unlink(missing_ok=True)
    with suppress(OSError):  # it holds other files
        folder.rmdir()
