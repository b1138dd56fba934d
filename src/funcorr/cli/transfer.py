"""``funcorr transfer``: two images with depth in, the motion between their parts out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from funcorr.cli.prompts import object_source, say_how_both_found
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
    depth1: str | None = None,
    depth2: str | None = None,
    camera1: str | None = None,
    camera2: str | None = None,
    demo: Path | None = None,
    to: tuple[Path, ...] = (),
    depth_scale: float | None = None,
    pose: Annotated[tuple[Path, ...], UseAppendAction] = (),
    mask1: str | None = None,
    mask2: str | None = None,
    box1: str | None = None,
    box2: str | None = None,
    click1: Annotated[tuple[str, ...], UseAppendAction] = (),
    click2: Annotated[tuple[str, ...], UseAppendAction] = (),
    part1: str | None = None,
    part2: str | None = None,
    least_confidence: float = 0.0,
    model: str = "funcorr-small",
    out: Path = Path("funcorr-out"),
    rerun: Annotated[bool, FlagCreatePairsOff] = False,
    json: Annotated[bool, FlagCreatePairsOff] = False,
    device: str | None = None,
) -> None:
    """Carry grasps, way points and trajectories from one object to another that has the function.

    Args:
        image1: image of the object of the demonstration.
        image2: image of the other object.
        function: verb-preposition, for instance pour-with; any words are legal.
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
        mask1: object mask of image 1, or the name of a segmenter.
        mask2: object mask of image 2.
        box1: box around the object of image 1, as "x0,y0,x1,y1".
        box2: the same of image 2.
        click1: a point on the object of image 1, as "x,y", or beside it, as "x,y,out"; may be
            given several times.
        click2: the same of image 2.
        part1: mask of the functional part of image 1, where you know it.
        part2: the same of image 2.
        least_confidence: refuse a pose of a lower confidence.
        model: a row of 'funcorr models', a model folder or a Hugging Face hub id.
        out: folder for transfer.json, carried-NAME.json, transfer.png and scene.ply; with --demo it
            gets one for each view, and transfers.json. The same command again goes on.
        rerun: write scene.rrd for the viewer rerun too (extra rerun).
        json: print what transfer.json holds, and nothing else.
        device: cpu, cuda, ...; by default a GPU if there is one.
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

        prompts = {"--box1": box1, "--box2": box2, "--click1": click1, "--click2": click2}
        masks = {"--mask1": mask1, "--mask2": mask2, "--part1": part1, "--part2": part2}
        _refuse_beside_demo({**needed, "--pose": pose, **masks, **prompts})
        config = CarryConfig(function, model, depth_scale, least_confidence, rerun)
        carry_to_views(demo, to, out, config, json, device)
        return
    image1, image2, depth1, depth2, camera1, camera2 = _all_given(needed)
    from funcorr.transfer.carry_over import check_confidence
    from funcorr.transfer.files import FILES, write_transfer
    from funcorr.transfer.pose import transfer_pose
    from funcorr.transfer.read_view import read_view

    object1 = object_source(mask1, box1, click1, "1")
    object2 = object_source(mask2, box2, click2, "2")
    given = _read_poses(pose)
    views = read_view(depth1, camera1, depth_scale), read_view(depth2, camera2, depth_scale)
    with replaced_together(out, FILES) as folder:
        from funcorr.correspondence.registry import load_model

        matcher = load_model(model, device)
        first, second = matcher.encode(image1, object1), matcher.encode(image2, object2)
        result = matcher.match(first, second, function, part1=part1, part2=part2)
        found = transfer_pose(result, *views)
        check_confidence(found, least_confidence)
        try:
            report = write_transfer(found, given, folder, out, rerun)
        except OSError as error:
            raise cannot_write(out, error) from None
    say_how_both_found((image1, image2), (first, second))
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
