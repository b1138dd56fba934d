"""Wavefront OBJ: polygons with groups, objects, materials and colours per vertex."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from funcorr.assets.mesh import Material
from funcorr.assets.readers.mtl import (
    ObjLook,
    library_names,
    lines_of,
    read_library,
    without_comment,
)
from funcorr.assets.readers.pieces import Findings, Piece, finite
from funcorr.assets.readers.polygons import triangulated
from funcorr.assets.untrusted import referenced_file
from funcorr.errors import UserError

CURVED = frozenset({"cstype", "curv", "curv2", "surf", "bzp", "bsp", "cdc", "res"})
FORMS = tuple(
    re.compile(rf"(?:{form} )++")
    for form in (r"\d++", r"\d++//\d++", r"\d++/\d++", r"\d++/\d++/\d++")
)
"""Corners of faces: vertex, with normal, with texture coordinate, with both."""
COLUMNS = (1, 2, 2, 3)
TEXTURED = (2, 3)
IGNORED = frozenset(
    {
        *("vn", "vp", "s", "mg", "bevel", "c_interp", "d_interp", "lod", "shadow_obj", "trace_obj"),
        *("con", "ctech", "stech", "deg", "bmat", "step", "parm", "trim", "hole", "scrv", "sp"),
        *("end", "maplib", "csh"),
    }
)


Section = tuple[str, str, str, bool]
"""Object, group, material, and whether its faces have texture coordinates."""


def _whole() -> array[int]:
    return array("q")


def _fractions() -> array[float]:
    return array("d")


@dataclass
class _Lines:
    """What the lines of a file say, in their order.

    Attributes:
        vertices: x, y and z of each.
        colors: r, g and b of each vertex that has them.
        coordinates: u and v of each texture coordinate.
        corners: vertex per face corner.
        textured: texture coordinate per face corner, -1 for none.
        sizes: corners per face.
        owners: index into ``sections`` per face.
        sections: of faces, in order.
        libraries: material libraries.
    """

    vertices: array[float] = field(default_factory=_fractions)
    colors: array[float] = field(default_factory=_fractions)
    coordinates: array[float] = field(default_factory=_fractions)
    corners: array[int] = field(default_factory=_whole)
    textured: array[int] = field(default_factory=_whole)
    sizes: array[int] = field(default_factory=_whole)
    owners: array[int] = field(default_factory=_whole)
    sections: dict[Section, int] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)


def read_obj(path: Path, findings: Findings) -> list[Piece]:
    """Read an OBJ with its material libraries.

    A part is an object or group, or one for each material where it has several; without objects
    and groups a part is a material.

    Raises:
        UserError: a line that cannot be read, curved surfaces, an index that the file does not
            have, or a library or texture that is missing, outside the folder or damaged.
    """
    lines = _read_lines(path, findings)
    looks: dict[str, ObjLook] = {}
    for name in dict.fromkeys(lines.libraries):
        for material, look in read_library(referenced_file(path, name), findings).items():
            looks.setdefault(material, look)
    if not lines.sizes:
        return []
    return _pieces(lines, looks, findings)


def _read_lines(path: Path, findings: Findings) -> _Lines:
    lines, state, run = _Lines(), {"o": "", "g": "", "usemtl": ""}, list[str]()
    for keyword, rest in lines_of(path):
        if keyword in ("f", "fo"):
            run.append(rest)
            continue
        _add_faces(lines, run, state)
        run.clear()
        try:
            if keyword == "v":
                _add_vertex(lines, [float(word) for word in rest.partition("#")[0].split()])
            elif keyword == "vt":
                u, v = (*map(float, rest.partition("#")[0].split()[:2]), 0.0)[:2]
                lines.coordinates.extend((u, v))
            elif keyword in state:
                state[keyword] = rest
            elif keyword == "mtllib":
                lines.libraries += library_names(path.parent, rest)
            else:
                _other(keyword, findings)
        except ValueError:
            raise _bad_line(f"{keyword} {rest}") from None
    _add_faces(lines, run, state)
    return lines


def _bad_line(line: str) -> UserError:
    return UserError(f"a line {line[:60]!r} that is not of the OBJ format; export it again")


def _add_vertex(lines: _Lines, numbers: list[float]) -> None:
    x, y, z, *more = numbers
    lines.vertices.extend((x, y, z))
    if len(more) >= 3:
        lines.colors.extend(more[-3:])  # after a weight, if there is one


def _other(keyword: str, findings: Findings) -> None:
    if keyword in CURVED:
        raise UserError(f"it has curved surfaces ({keyword}); export it as polygons")
    if keyword == "call":
        raise UserError("it takes in another file (call); export it as one file")
    if keyword in ("l", "p"):
        findings.left_out.add({"l": "lines", "p": "points"}[keyword])
    elif keyword == "usemap":
        findings.left_out.add("textures without a material (usemap)")
    elif keyword not in IGNORED:
        findings.left_out.add(f"lines {keyword[:20]!r}")


def _add_faces(lines: _Lines, run: list[str], state: dict[str, str]) -> None:
    """Faces that follow each other: all at once where they are of one plain form."""
    if not run:
        return
    text = " ".join(run) + " "
    form = next((number for number, form in enumerate(FORMS) if form.fullmatch(text)), None)
    if form is None:
        for line in run:
            _add_face(lines, line, state)
        return
    table = np.fromstring(text.replace("/", " "), np.int64, sep=" ").reshape(-1, COLUMNS[form])
    if table.min() < 1:
        raise _bad_line("f ... 0 ...")
    none = np.full(len(table), -1, np.int64)
    lines.corners.frombytes((table[:, 0] - 1).tobytes())
    lines.textured.frombytes((table[:, 1] - 1 if form in TEXTURED else none).tobytes())
    lines.sizes.extend(line.count(" ") + 1 for line in run)
    lines.owners.extend([_section(lines, state, form in TEXTURED)] * len(run))


def _add_face(lines: _Lines, line: str, state: dict[str, str]) -> None:
    vertices, coordinates = len(lines.vertices) // 3, len(lines.coordinates) // 2
    words, textured = line.partition("#")[0].split(), True
    for word in words:
        vertex, _, others = word.partition("/")
        coordinate = others.partition("/")[0]
        try:
            lines.corners.append(_index(int(vertex), vertices))
            lines.textured.append(_index(int(coordinate), coordinates) if coordinate else -1)
        except ValueError:
            raise _bad_line(f"f {line}") from None
        textured &= bool(coordinate)
    lines.sizes.append(len(words))
    lines.owners.append(_section(lines, state, textured))


def _section(lines: _Lines, state: dict[str, str], textured: bool) -> int:
    section = (state["o"], state["g"], state["usemtl"], textured)
    return lines.sections.setdefault(section, len(lines.sections))


def _index(number: int, count: int) -> int:
    """From 1 on, or back from the last one so far; 0 and what lies before the first are refused."""
    index = number - 1 if number > 0 else number + count
    if number == 0 or index < 0:
        raise UserError(f"a face refers to number {number} of {count}; export the file again")
    return index


def _pieces(lines: _Lines, looks: dict[str, ObjLook], findings: Findings) -> list[Piece]:
    vertices = np.array(lines.vertices).reshape(-1, 3)
    coordinates = np.array(lines.coordinates).reshape(-1, 2)
    corners, textured = np.array(lines.corners, np.int64), np.array(lines.textured, np.int64)
    _check(corners, len(vertices), "vertices")
    _check(textured, len(coordinates), "texture coordinates")
    colors = _colors(lines, findings)
    rows, polygon = triangulated(vertices[corners], np.array(lines.sizes, np.int64), findings)
    owners = np.array(lines.owners, np.int64)[polygon]
    order = np.argsort(owners, kind="stable")
    groups = np.split(rows[order], np.cumsum(np.bincount(owners))[:-1])
    names = _part_names(list(lines.sections))
    pieces = []
    for (_, _, material, lies), name, chosen in zip(lines.sections, names, groups, strict=True):
        look = _look(material, looks, lies, colors is not None, findings)
        used, faces = np.unique(corners[chosen], return_inverse=True)
        pieces.append(
            Piece(
                name,
                vertices[used],
                faces.reshape(-1, 3),
                look.material,
                look.uv(coordinates[textured[chosen]]) if lies else None,
                None if colors is None else colors[corners[chosen]],
                (look.wrap, look.wrap),
            )
        )
    return pieces


def _look(
    name: str, looks: dict[str, ObjLook], lies: bool, colored: bool, findings: Findings
) -> ObjLook:
    """The material of a section; without texture coordinates, its texture's mean colour."""
    look = looks.get(name) or looks.get(without_comment(name))
    if look is None:
        if name:
            findings.left_out.add(f"the material {name!r}, which no library has")
        plain = Material(name or "plain")
        return ObjLook(replace(plain, color=(1.0, 1.0, 1.0)) if colored else plain)
    texture = look.material.texture
    if texture is None or lies:
        return look
    findings.left_out.add("textures without coordinates")
    r, g, b = (texture.reshape(-1, 3).mean(axis=0) / 255).tolist()
    return ObjLook(replace(look.material, color=(r, g, b), texture=None))


def _colors(lines: _Lines, findings: Findings) -> Float[np.ndarray, "v 3"] | None:
    """Colours per vertex, which some programs write after the position, up to 1 or up to 255."""
    if not lines.colors:
        return None
    if len(lines.colors) < len(lines.vertices):
        findings.left_out.add("colours that only some vertices have")
        return None
    colors = finite(np.array(lines.colors).reshape(-1, 3), "colours")
    return colors / 255 if colors.max() > 1 else colors


def _check(index: Int[np.ndarray, " c"], count: int, kind: str) -> None:
    if len(index) and index.max() >= count:
        raise UserError(
            f"a face refers to number {index.max() + 1} of {count} {kind}; export the file again"
        )


def _part_names(sections: list[Section]) -> list[str]:
    """Object and group; also the material where they have several, or alone without them."""
    places = ["_".join(word for word in section[:2] if word) for section in sections]
    materials: dict[str, set[str]] = {}
    for place, section in zip(places, sections, strict=True):
        materials.setdefault(place, set()).add(section[2])
    return [
        "_".join(word for word in (place, material if len(materials[place]) > 1 else "") if word)
        if place
        else material or "part0"
        for place, (_, _, material, _) in zip(places, sections, strict=True)
    ]
