"""``funcorr transfer``: two images with depth in, the motion between their parts out."""

from __future__ import annotations

import sys
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
    image1: Annotated[str, Positional, arg(metavar="IMAGE1")],
    image2: Annotated[str, Positional, arg(metavar="IMAGE2")],
    *,
    function: str,
    depth1: str,
    depth2: str,
    camera1: str,
    camera2: str,
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
        camera1: JSON with intrinsics (3 x 3) or fx, fy, cx, cy, and depth_scale.
        camera2: the same of image 2.
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
        out: folder for transfer.json, carried-NAME.json, transfer.png and scene.ply.
        rerun: write scene.rrd for the viewer rerun too (extra rerun).
        json: print what transfer.json holds, and nothing else.
        device: cpu, cuda, ...; by default a GPU if there is one.
    """
    if not 0 <= least_confidence <= 1:
        raise UserError(f"--least-confidence lies in [0, 1], got {least_confidence}")
    if rerun:
        require("rerun", extra="rerun")
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
        if found.confidence < least_confidence:
            raise UserError(
                f"the pose has a confidence of {found.confidence:.2f}, below the "
                f"{least_confidence:g} of --least-confidence; try other views or give the parts"
            )
        try:
            report = write_transfer(found, given, folder, out, rerun)
        except OSError as error:
            raise cannot_write(out, error) from None
    say_how_both_found((image1, image2), (first, second))
    print(to_json(report, not is_unicode(sys.stdout)), end="") if json else _show(report)


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
