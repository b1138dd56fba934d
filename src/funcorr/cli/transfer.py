"""``funcorr transfer``: two images with depth in, the motion between their parts out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.object_options import Flat, ObjectOptions
from funcorr.cli.prompts import say_hint
from funcorr.cli.streams import is_unicode
from funcorr.errors import UserError, require
from funcorr.io import cannot_write, replaced_together, to_json

if TYPE_CHECKING:
    from funcorr.transfer.pose_file import PoseFile


def transfer(
    image1: Annotated[str | None, Positional, arg(metavar="IMAGE1")] = None,
    image2: Annotated[str | None, Positional, arg(metavar="IMAGE2")] = None,
    *,
    function: str,
    objects: Annotated[ObjectOptions, Flat],
    depth1: str | None = None,
    depth2: str | None = None,
    camera1: str | None = None,
    camera2: str | None = None,
    demo: Path | None = None,
    to: tuple[Path, ...] = (),
    depth_scale: float | None = None,
    pose: Annotated[tuple[Path, ...], UseAppendAction] = (),
    least_confidence: float = 0.0,
    out: Path = Path("funcorr-out"),
    rerun: Annotated[bool, FlagCreatePairsOff] = False,
    json: Annotated[bool, FlagCreatePairsOff] = False,
) -> None:
    """Carry grasps, way points and trajectories from one object to another that has the function.

    Args:
        image1: image of the object of the demonstration.
        image2: image of the other object.
        function: verb-preposition, for instance pour-with; any words are legal.
        objects: which objects are meant, and who matches them.
        depth1: depth on image 1: 16-bit PNG, npy, or npz with the array depth.
        depth2: the same of image 2.
        camera1: JSON with intrinsics (3 x 3) or fx, fy, cx, cy, and depth_scale; or YAML of ROS.
        camera2: the same of image 2.
        demo: folder of a demonstration in the place of image 1 and its options: image.png,
            depth.png, camera.json, other JSON files of poses, and mask.png, part.png if known.
        to: with --demo, one or more folders of views in the place of image 2: the same without
            poses; masks/NAME.png if they show several objects.
        depth_scale: metres of one unit of depth, before what the cameras' files say.
        pose: JSON file of poses in the frame of camera 1; may be given several times.
        least_confidence: refuse a pose of a lower confidence.
        out: folder for transfer.json, carried-NAME.json, transfer.png and scene.ply; with --demo it
            gets one for each view, and transfers.json. The same command again goes on.
        rerun: write scene.rrd for the viewer rerun too (extra rerun).
        json: print what transfer.json holds, and nothing else.
    """
    if not 0 <= least_confidence <= 1:
        raise UserError(f"--least-confidence lies in [0, 1], got {least_confidence}")
    if rerun:
        require("rerun", extra="rerun")
    needed = {
        "IMAGE1": image1,
        "IMAGE2": image2,
        "--depth1": depth1,
        "--depth2": depth2,
        "--camera1": camera1,
        "--camera2": camera2,
    }
    if demo is not None or to:
        from funcorr.cli.transfer_demo import carry_to_views
        from funcorr.transfer.carry_over import CarryConfig

        _refuse_beside_demo({**needed, "--pose": pose, **objects.given()})
        config = CarryConfig(function, objects.model, depth_scale, least_confidence, rerun)
        carry_to_views(demo, to, out, config, json, objects.device)
        return
    image1, image2, depth1, depth2, camera1, camera2 = _all_given(needed)
    from funcorr.transfer.carry_over import check_confidence
    from funcorr.transfer.files import FILES, write_transfer
    from funcorr.transfer.pose import transfer_pose
    from funcorr.transfer.read_view import read_view

    given = _read_poses(pose)
    views = (
        read_view(depth1, camera1, depth_scale, image1),
        read_view(depth2, camera2, depth_scale, image2),
    )
    with replaced_together(out, FILES) as folder:
        matched = objects.match(image1, image2, function)
        found = transfer_pose(matched.result, *views)
        check_confidence(found, least_confidence)
        try:
            report = write_transfer(found, given, folder, out, rerun)
        except OSError as error:
            raise cannot_write(out, error) from None
    matched.say_notes()
    say_hint(report["hint"])
    print(to_json(report, not is_unicode(sys.stdout)), end="") if json else _show(report)


def _all_given(needed: Mapping[str, str | None]) -> list[str]:
    """What a pair of images needs.

    Raises:
        UserError: some of it is not there.
    """
    missing = [name for name, value in needed.items() if value is None]
    if missing:
        raise UserError(
            f"{', '.join(missing)} must be given too; or --demo FOLDER --to FOLDER..., which hold "
            "image, depth and camera"
        )
    return [value for value in needed.values() if value is not None]


def _refuse_beside_demo(given: Mapping[str, Any]) -> None:
    """See that nothing is given twice.

    Raises:
        UserError: something is.
    """
    both = [name for name, value in given.items() if value]
    if both:
        raise UserError(f"{both[0]} has no place beside --demo and --to, whose folders hold it")


def _read_poses(paths: tuple[Path, ...]) -> dict[str, PoseFile]:
    """By the stem of their file.

    Raises:
        UserError: two files have one name.
    """
    from funcorr.transfer.pose_file import read_poses

    found = {path.stem: read_poses(path, "camera1") for path in paths}
    if len(found) < len(paths):
        raise UserError("two files of --pose have one name; rename one of them")
    return found


def _show(report: dict[str, Any]) -> None:
    print(
        f"{report['function']}: scale {report['scale']:.2f}, {report['inliers']:,} inliers, "
        f"residual {report['residual'] * 1000:.1f} mm, confidence {report['confidence']:.2f}"
    )
    if report["free_axis"] is not None:
        print("any turn about its free axis does the same job (see free_axis)")
    for path in report["files"].values():
        print(path)
