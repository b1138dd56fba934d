"""STL: triangles, binary or as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from funcorr.assets.readers.mtl import lines_of
from funcorr.assets.readers.pieces import Findings, Piece
from funcorr.assets.readers.polygons import triangulated
from funcorr.errors import UserError

BINARY = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("more", "<u2")])
HEADER = 84


def read_stl(path: Path, findings: Findings) -> list[Piece]:
    """Read an STL; each solid of a text file is a part.

    Raises:
        UserError: a file that is cut off or of another kind.
    """
    content = path.read_bytes()
    count = int.from_bytes(content[80:HEADER], "little")
    if len(content) == HEADER + count * BINARY.itemsize:
        return _binary(content, findings)
    if b"\0" in content or b"facet" not in content.lower():
        raise UserError(
            f"damaged STL: {len(content)} bytes for {count} triangles, and no text; "
            "export or download it again"
        )
    return _text(path, findings)


def _binary(content: bytes, findings: Findings) -> list[Piece]:
    table = np.frombuffer(content, BINARY, offset=HEADER)
    if b"COLOR=" in content[:80] or (table["more"] & 0x8000).any():
        findings.left_out.add("colours of STL faces")
    if not len(table):
        return []
    faces = np.arange(3 * len(table)).reshape(-1, 3)
    return [Piece("part0", table["corners"].reshape(-1, 3).astype(np.float64), faces)]


def _text(path: Path, findings: Findings) -> list[Piece]:
    solids: dict[str, tuple[list[list[float]], list[int]]] = {}
    name, vertices, sizes, corners = "", list[list[float]](), list[int](), 0
    facets = ended = 0
    for keyword, rest in lines_of(path):
        match keyword.lower():
            case "solid":
                name = rest or f"part{len(solids)}"
                vertices, sizes = solids.setdefault(name, ([], []))
            case "facet":
                facets, corners = facets + 1, 0
            case "vertex":
                vertices.append(_position(rest))
                corners += 1
            case "endfacet":
                sizes.append(corners)
                ended += 1
    if facets != ended or any(sum(s) != len(v) for v, s in solids.values()) or not solids:
        raise UserError("damaged STL: a facet is cut off; export or download it again")
    return [_solid(name, v, s, findings) for name, (v, s) in solids.items() if s]


def _position(rest: str) -> list[float]:
    try:
        x, y, z = map(float, rest.split())
    except ValueError:
        raise UserError(f"damaged STL: a vertex {rest[:60]!r}; export it again") from None
    return [x, y, z]


def _solid(name: str, vertices: list[list[float]], sizes: list[int], findings: Findings) -> Piece:
    points = np.array(vertices)
    faces, _ = triangulated(points, np.array(sizes), findings)
    return Piece(name, points, faces)
