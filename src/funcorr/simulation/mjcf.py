"""An asset as MJCF, the XML of MuJoCo: looks, convex pieces, mass, and sites for what it is for."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import trimesh

from funcorr.assets.store import list_assets, read_asset
from funcorr.io import atomic_folder
from funcorr.simulation.body import DENSITY, Body
from funcorr.simulation.scene import quaternion

FRICTION = "0.6 0.005 0.0001"
"""Sliding as in the tasks of this room; turning and rolling as MuJoCo's own."""

VISUAL, COLLISION = "2", "3"
"""Groups of geoms, as MuJoCo Menagerie has them: viewers show the one and hide the other."""


def export_mjcf(
    assets: Path | str, out: Path | str, meters: float | None = None, cache: Path | None = None
) -> int:
    """Write ``OUT/<asset>/<asset>.xml`` and ``visual.obj`` for every asset of a folder.

    A model has one free body of :data:`funcorr.simulation.body.DENSITY`, z up, in metres. Its
    convex pieces are collision geoms, the mesh itself is seen only, and every functional frame is
    a site of the function's name with the size of the functional part. MuJoCo is not needed.

    Args:
        assets: a folder of assets, as ``funcorr assets forge`` writes it.
        out: a folder that is empty or not there.
        meters: length of the longest side; by category where None.
        cache: where convex pieces are kept, see :func:`funcorr.simulation.convex.convex_pieces`.

    Returns:
        How many were written.

    Raises:
        UserError: ``out`` is not empty or cannot be written to, there are no assets, or one is
            damaged.
        MissingExtraError: manifold3d or coacd is not installed (extra ``simulation``).
    """
    names = list_assets(assets)
    with atomic_folder(out) as folder:
        for name in names:
            body = Body.of(read_asset(Path(assets) / name), meters, cache)
            (folder / name).mkdir()
            _visual(body).export(folder / name / "visual.obj", include_normals=False)
            tree = ET.ElementTree(model(body))
            ET.indent(tree)
            tree.write(folder / name / f"{name}.xml", encoding="utf-8")
    return len(names)


def model(body: Body) -> ET.Element:
    """The MJCF of a body, which reads ``visual.obj`` beside it."""
    asset = body.asset
    root = ET.Element("mujoco", model=asset.id)
    ET.SubElement(root, "compiler", meshdir=".", angle="radian")
    meshes = ET.SubElement(root, "asset")
    ET.SubElement(meshes, "mesh", name="visual", file="visual.obj", inertia="shell")
    holder = ET.SubElement(ET.SubElement(root, "worldbody"), "body", name=asset.id)
    ET.SubElement(holder, "freejoint")
    looks = {"contype": "0", "conaffinity": "0", "mass": "0", "group": VISUAL}
    ET.SubElement(holder, "geom", {"type": "mesh", "mesh": "visual", **looks})
    for number, piece in enumerate(body.pieces):
        name, vertices = f"piece-{number}", _numbers(piece * body.length)
        ET.SubElement(meshes, "mesh", name=name, vertex=vertices, inertia="convex")
        solid = {"density": f"{DENSITY:g}", "friction": FRICTION, "group": COLLISION}
        ET.SubElement(holder, "geom", {"type": "mesh", "mesh": name, **solid})
    for function, frame in asset.frames.items():
        place = _numbers(np.asarray(frame.origin) * body.length)
        turned = _numbers(quaternion(np.asarray(frame.axes)))
        size = _numbers(np.array([frame.size * body.length / 2]))
        ET.SubElement(holder, "site", name=function, pos=place, quat=turned, size=size)
    return root


def _visual(body: Body) -> trimesh.Trimesh:
    mesh = body.asset.mesh
    return trimesh.Trimesh(mesh.vertices * body.length, mesh.faces, process=False)


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6g}" for value in np.ravel(values))
