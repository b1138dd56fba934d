"""Where the meshes of a glTF stand: scenes, nodes, instances, joints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from funcorr.assets.readers.gltf_accessors import numbers
from funcorr.assets.readers.gltf_document import Document
from funcorr.assets.readers.pieces import Findings, finite
from funcorr.errors import UserError

INSTANCING = "EXT_mesh_gpu_instancing"


@dataclass(frozen=True, eq=False)
class Placed:
    """A node that shows a mesh.

    Attributes:
        index: of the node.
        node: its JSON.
        matrices: to the scene's axes, one per instance.
    """

    index: int
    node: dict[str, Any]
    matrices: Float[np.ndarray, "i 4 4"]


@dataclass(eq=False)
class Nodes:
    """The tree of nodes.

    Attributes:
        document: the file.
        world: node -> matrix to the scene's axes.
    """

    document: Document
    world: dict[int, Float[np.ndarray, "4 4"]] = field(init=False)

    def __post_init__(self) -> None:
        nodes = self.document.items("nodes")
        children = [child for node in nodes for child in node.get("children", ())]
        if len(set(children)) < len(children):
            raise UserError("damaged glTF: a node with two parents; export the file again")
        self.world = {}
        queue = [(root, np.eye(4)) for root in range(len(nodes)) if root not in set(children)]
        while queue:
            index, above = queue.pop()
            node = self.document.item("nodes", index)
            self.world[index] = above @ _matrix(node)
            queue += [(child, self.world[index]) for child in node.get("children", ())]
        if len(self.world) < len(nodes):
            raise UserError("damaged glTF: a node is its own ancestor; export the file again")

    def shown(self, findings: Findings) -> Iterator[Placed]:
        """The nodes with meshes that the file's own scene shows.

        Raises:
            UserError: no such scene, or instances of another form.
        """
        queue, seen = self._roots(findings), set[int]()
        while queue:
            index = queue.pop()
            node = self.document.item("nodes", index)
            if index in seen:
                continue
            seen.add(index)
            about = node.get("extensions", {})
            if not about.get("KHR_node_visibility", {}).get("visible", True):
                findings.left_out.add("hidden nodes")
                continue
            queue += node.get("children", ())
            if "mesh" in node:
                yield Placed(index, node, self._matrices(index, about.get(INSTANCING), findings))

    def _roots(self, findings: Findings) -> list[int]:
        scenes = self.document.items("scenes")
        if len(scenes) > 1:
            findings.left_out.add("scenes beside the file's own")
        if scenes:
            scene = self.document.item("scenes", self.document.content.get("scene", 0))
            return list(scene.get("nodes", ()))
        nodes = self.document.items("nodes")
        below = {child for node in nodes for child in node.get("children", ())}
        coarser = {
            index
            for node in nodes
            for index in node.get("extensions", {}).get("MSFT_lod", {}).get("ids", ())
        }
        return [index for index in range(len(nodes)) if index not in below | coarser]

    def _matrices(
        self, index: int, instancing: dict[str, Any] | None, findings: Findings
    ) -> Float[np.ndarray, "i 4 4"]:
        if instancing is None:
            return self.world[index][None]
        findings.kept.add("instances")
        found = {
            name: numbers(self.document, accessor, findings).astype(np.float64)
            for name, accessor in instancing["attributes"].items()
            if name in ("TRANSLATION", "ROTATION", "SCALE")
        }
        lengths = {len(values) for values in found.values()}
        if len(lengths) != 1:
            raise UserError(f"damaged glTF: {INSTANCING} with lists of different lengths")
        rows = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        local = [_composed(r.get("TRANSLATION"), r.get("ROTATION"), r.get("SCALE")) for r in rows]
        return self.world[index] @ np.stack(local)


def _matrix(node: dict[str, Any]) -> Float[np.ndarray, "4 4"]:
    """To the axes of the parent."""
    if "matrix" in node:
        matrix = _numbers(node["matrix"], 16).reshape(4, 4).T
        if not np.allclose(matrix[3], (0, 0, 0, 1), atol=1e-6):
            raise UserError("damaged glTF: a node's matrix is not affine; export the file again")
        return matrix
    return _composed(node.get("translation"), node.get("rotation"), node.get("scale"))


def _composed(translation: Any, rotation: Any, scale: Any) -> Float[np.ndarray, "4 4"]:
    """Scale, then the rotation of an xyzw quaternion, then translation; None is none of it."""
    matrix = np.eye(4)
    if rotation is not None:
        matrix[:3, :3] = _rotation(_numbers(rotation, 4))
    if scale is not None:
        matrix[:3, :3] *= _numbers(scale, 3)
    if translation is not None:
        matrix[:3, 3] = _numbers(translation, 3)
    return matrix


def _numbers(values: Any, count: int) -> Float[np.ndarray, " count"]:
    return finite(np.array(values, float).reshape(count), "transforms")


def _rotation(quaternion: Float[np.ndarray, "4"]) -> Float[np.ndarray, "3 3"]:
    length = np.linalg.norm(quaternion)
    if not length > 0:
        raise UserError("damaged glTF: a rotation of length 0; export the file again")
    x, y, z, w = quaternion / length
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
