"""PLY: polygons with colours and texture coordinates per vertex or face, in its three encodings."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from funcorr.assets.mesh import Material
from funcorr.assets.readers.pieces import Findings, Piece, finite
from funcorr.assets.readers.polygons import triangulated
from funcorr.assets.untrusted import read_texture, referenced_file
from funcorr.errors import UserError

CODES = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")
OLD_NAMES = ("char", "uchar", "short", "ushort", "int", "uint", "float", "double")
TYPES = {
    **dict(zip(OLD_NAMES, CODES, strict=True)),
    **{np.dtype(code).name: code for code in CODES},
}
ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}
RGB = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
UV = (("texture_u", "texture_v"), ("u", "v"), ("s", "t"))
OTHER_SURFACES = ("tristrips", "tristrip", "triangle_strips")


@dataclass(frozen=True)
class _Property:
    """A column of an element: a number per row, or a list where ``count`` is its length's type."""

    name: str
    type: str
    count: str = ""


@dataclass(frozen=True, eq=False)
class _Lists:
    """A column of lists: their values one after the other, and their lengths."""

    values: Shaped[np.ndarray, " n"]
    sizes: Int[np.ndarray, " rows"]


@dataclass(frozen=True, eq=False)
class _Header:
    """What stands before ``end_header``."""

    encoding: str
    elements: dict[str, tuple[int, tuple[_Property, ...]]]
    texture: str | None
    length: int


Columns = dict[str, Shaped[np.ndarray, " rows"] | _Lists]


def read_ply(path: Path, findings: Findings) -> list[Piece]:
    """Read a PLY; it is one part.

    Raises:
        UserError: a damaged file, triangle strips, or a texture that is missing, outside the folder
            or damaged.
    """
    content = path.read_bytes()
    header = _read_header(content)
    try:
        with np.errstate(invalid="raise"):
            elements = _read_elements(header, content)
        return _pieces(path, header, elements, findings)
    except (ValueError, IndexError, KeyError, ArithmeticError) as error:
        raise UserError(f"damaged PLY: {type(error).__name__}; export the file again") from None


def _pieces(
    path: Path, header: _Header, elements: Mapping[str, Columns], findings: Findings
) -> list[Piece]:
    if strips := [name for name in OTHER_SURFACES if name in elements]:
        raise UserError(f"its faces are triangle strips ({strips[0]}); export it as triangles")
    vertex, face = elements.get("vertex", {}), elements.get("face", {})
    lists = next((face[n] for n in ("vertex_indices", "vertex_index") if n in face), None)
    if "edge" in elements:
        findings.left_out.add("edges")
    if not isinstance(lists, _Lists) or not len(lists.sizes):
        return []
    vertices = np.stack([_column(vertex, axis).astype(np.float64) for axis in "xyz"], axis=1)
    corners = lists.values.astype(np.int64)
    if corners.min() < 0 or corners.max() >= len(vertices):
        raise UserError("damaged PLY: a face with a vertex it does not have; export it again")
    rows, polygon = triangulated(vertices[corners], lists.sizes.astype(np.int64), findings)
    faces = corners[rows]
    texture, uv = None, _uv(vertex, face, lists, rows, faces)
    if header.texture is not None and uv is not None:
        file = referenced_file(path, header.texture)
        texture = read_texture(header.texture, file.read_bytes())
    elif header.texture is not None:
        findings.left_out.add("textures without coordinates")
    _tell(vertex, face, findings)
    colors = _colors(vertex, faces, face, polygon)
    white = (1.0, 1.0, 1.0)
    plain = Material("plain") if colors is None and texture is None else Material("plain", white)
    material = Material("plain", plain.color, texture)
    return [Piece("part0", vertices, faces, material, None if texture is None else uv, colors)]


def _colors(
    vertex: Columns, faces: Int[np.ndarray, "f 3"], face: Columns, polygon: Int[np.ndarray, " f"]
) -> Float[np.ndarray, "f 3 3"] | None:
    """Of the vertices, else of the faces."""
    for columns, rows in ((vertex, faces), (face, polygon[:, None].repeat(3, axis=1))):
        for names in RGB:
            if set(names) <= set(columns):
                found = np.stack([_column(columns, name) for name in names], axis=1)
                return finite(found / _top(found), "colours")[rows]
    return None


def _uv(
    vertex: Columns,
    face: Columns,
    lists: _Lists,
    rows: Int[np.ndarray, "f 3"],
    faces: Int[np.ndarray, "f 3"],
) -> Float[np.ndarray, "f 3 2"] | None:
    """Of the face corners, else of the vertices."""
    found = face.get("texcoord")
    if isinstance(found, _Lists):
        if (found.sizes != 2 * lists.sizes).any():
            raise UserError("damaged PLY: faces with too few texture coordinates; export it again")
        return found.values.astype(np.float64).reshape(-1, 2)[rows]
    for names in UV:
        if set(names) <= set(vertex):
            columns = [_column(vertex, name).astype(np.float64) for name in names]
            return np.stack(columns, axis=1)[faces]
    return None


def _tell(vertex: Columns, face: Columns, findings: Findings) -> None:
    for columns in (vertex, face):
        number, alpha = columns.get("texnumber"), columns.get("alpha")
        if isinstance(number, np.ndarray) and number.any():
            raise UserError("it has several textures (texnumber), which are not read; use OBJ")
        if isinstance(alpha, np.ndarray) and len(alpha) and alpha.min() < _top(alpha):
            findings.left_out.add("transparency")


def _top(values: Shaped[np.ndarray, "..."]) -> float:
    """What stands for 1: of whole numbers the largest of their type, but of wide ones 255."""
    if values.dtype.kind == "f" or values.dtype.itemsize == 4:
        return 255.0 if values.max() > 1 else 1.0
    return float(np.iinfo(values.dtype).max)


def _column(columns: Columns, name: str) -> Shaped[np.ndarray, " rows"]:
    column = columns[name]
    if isinstance(column, _Lists):
        raise UserError(f"damaged PLY: {name} is a list; export the file again")
    return column


def _read_header(content: bytes) -> _Header:
    if not content.startswith(b"ply"):
        raise UserError("damaged PLY: it does not begin with the letters ply")
    encoding, texture, length, last = "", None, 0, ""
    elements: dict[str, tuple[int, tuple[_Property, ...]]] = {}
    for line in io.BytesIO(content):
        length += len(line)
        words = line.decode("utf-8", "replace").split()
        match words:
            case ["format", encoding, *_]:
                pass
            case ["comment", word, *name] if word.lower() == "texturefile":
                texture = texture or " ".join(name)
            case ["element", last, count] if count.isdigit():
                elements[last] = (int(count), ())
            case ["property", *about] if last:
                rows, properties = elements[last]
                elements[last] = (rows, (*properties, _property(about)))
            case ["end_header"]:
                break
            case [] | ["ply" | "comment" | "obj_info", *_]:
                pass
            case _:
                raise _bad_line(words)
    else:
        raise UserError("damaged PLY: its header has no end; export or download it again")
    if encoding not in ("ascii", *ORDERS):
        raise UserError(f"a PLY of the kind {encoding!r}; expected ascii or {', '.join(ORDERS)}")
    return _Header(encoding, elements, texture, length)


def _property(words: list[str]) -> _Property:
    match words:
        case ["list", count, kind, name] if {count, kind} <= set(TYPES):
            return _Property(name, kind, count)
        case [kind, name] if kind in TYPES:
            return _Property(name, kind)
    raise _bad_line(["property", *words])


def _bad_line(words: list[str]) -> UserError:
    return UserError(f"damaged PLY: a header line {' '.join(words)[:60]!r}; export it again")


def _read_elements(header: _Header, content: bytes) -> dict[str, Columns]:
    elements: dict[str, Columns] = {}
    words = content[header.length :].split() if header.encoding == "ascii" else []
    start = 0 if header.encoding == "ascii" else header.length
    for name, (count, properties) in header.elements.items():
        if not properties:
            elements[name] = {}
        elif header.encoding == "ascii":
            elements[name], start = _ascii_element(words, start, count, properties)
        else:
            order = ORDERS[header.encoding]
            elements[name], start = _binary_element(content, start, count, properties, order)
    return elements


def _ascii_element(
    words: list[bytes], start: int, count: int, properties: tuple[_Property, ...]
) -> tuple[Columns, int]:
    if not any(item.count for item in properties):
        stop = start + count * len(properties)
        if stop > len(words):
            raise ValueError("cut off")
        table = np.array(words[start:stop], dtype=np.float64).reshape(count, -1)
        return {p.name: table[:, i].astype(TYPES[p.type]) for i, p in enumerate(properties)}, stop
    values: list[list[bytes]] = [[] for _ in properties]
    sizes: list[list[int]] = [[] for _ in properties]
    for _ in range(count):
        for number, item in enumerate(properties):
            size = int(words[start]) if item.count else 1
            start += bool(item.count)
            if size < 0 or start + size > len(words):
                raise ValueError("cut off")
            values[number] += words[start : start + size]
            sizes[number].append(size)
            start += size
    return {
        item.name: _as_column(item, np.array(v, np.float64).astype(TYPES[item.type]), s)
        for item, v, s in zip(properties, values, sizes, strict=True)
    }, start


def _as_column(
    item: _Property, values: Shaped[np.ndarray, " n"], sizes: list[int]
) -> Shaped[np.ndarray, " rows"] | _Lists:
    return _Lists(values, np.array(sizes, np.int64)) if item.count else values


def _binary_element(
    content: bytes, start: int, count: int, properties: tuple[_Property, ...], order: str
) -> tuple[Columns, int]:
    """All rows at once where every list is as long as in the first row, else row by row."""
    if not count:
        return {p.name: _as_column(p, np.zeros(0, TYPES[p.type]), []) for p in properties}, start
    lengths = _row(content, start, properties, order)[1]
    fields: list[tuple[str, str, tuple[int, ...]]] = []
    for number, (item, length) in enumerate(zip(properties, lengths, strict=True)):
        if item.count:
            fields.append((f"n{number}", order + TYPES[item.count], ()))
        fields.append((f"v{number}", order + TYPES[item.type], (length,)))
    dtype = np.dtype(fields)
    stop = start + count * dtype.itemsize
    if dtype.itemsize and stop <= len(content):
        table = np.frombuffer(content, dtype, count, start)
        if all((table[f"n{i}"] == n).all() for i, n in enumerate(lengths) if properties[i].count):
            return {
                item.name: _as_column(item, table[f"v{i}"].reshape(-1), [lengths[i]] * count)
                for i, item in enumerate(properties)
            }, stop
    return _row_by_row(content, start, count, properties, order)


def _row_by_row(
    content: bytes, start: int, count: int, properties: tuple[_Property, ...], order: str
) -> tuple[Columns, int]:
    values: list[list[bytes]] = [[] for _ in properties]
    sizes: list[list[int]] = [[] for _ in properties]
    for _ in range(count):
        row, lengths, start = _row(content, start, properties, order)
        for number, (part, length) in enumerate(zip(row, lengths, strict=True)):
            values[number].append(part)
            sizes[number].append(length)
    return {
        item.name: _as_column(item, np.frombuffer(b"".join(v), order + TYPES[item.type]), s)
        for item, v, s in zip(properties, values, sizes, strict=True)
    }, start


def _row(
    content: bytes, start: int, properties: tuple[_Property, ...], order: str
) -> tuple[list[bytes], list[int], int]:
    """The bytes of each property in a row, how many values they are, and where the row ends."""
    parts, lengths = [], []
    for item in properties:
        length = 1
        if item.count:
            kind = np.dtype(order + TYPES[item.count])
            length = int(np.frombuffer(content, kind, 1, start)[0])
            start += kind.itemsize
        stop = start + length * np.dtype(TYPES[item.type]).itemsize
        if length < 0 or stop > len(content):
            raise ValueError("cut off")
        parts.append(content[start:stop])
        lengths.append(length)
        start = stop
    return parts, lengths, start
