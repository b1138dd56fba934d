"""Look at a mesh file from elsewhere before its parser does: what it refers to and what it claims.

Files beside the model are named in the text of OBJ, MTL, glTF and PLY. Nothing outside the model's
own folder is ever opened, and no picture is decoded whose header says that it is too large.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import struct
import warnings
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote

from funcorr.errors import UserError

MAX_TEXTURE = 8192
"""Longest side of a texture in pixels; larger ones are refused, not shrunk."""

_COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_LIBRARY = re.compile(r"mtllib\s+(\S.*)")
_COLOR_MAP = re.compile(r"^\s*map_kd\s+(.+)$", re.IGNORECASE)


def check_mesh_file(path: Path, max_faces: int) -> None:
    """Check references, textures and lengths of a GLB, glTF, OBJ or PLY; STL has none of them.

    Args:
        path: the file.
        max_faces: a glTF that claims more is refused before it is read.

    Raises:
        UserError: a reference that is absolute, leaves the folder or is missing; a texture with a
            side over :data:`MAX_TEXTURE`; a GLB or glTF with lengths that its bytes do not bear
            out.
    """
    try:
        match path.suffix.lower():
            case ".obj":
                _check_obj(path)
            case ".ply":
                _check_ply(path)
            case ".glb":
                document, binary = _split_glb(path.read_bytes())
                _check_gltf(path, document, binary, max_faces)
            case ".gltf":
                _check_gltf(path, path.read_bytes(), None, max_faces)
    except OSError as error:
        raise UserError(f"cannot read {path.name}: {error.strerror or error}") from None


def referenced_file(model: Path, name: str) -> Path:
    """The file beside ``model`` that its text calls ``name``.

    Raises:
        UserError: the name is absolute, an address, has ``..``, leads out of the folder through a
            link, or there is no such file.
    """
    plain = name.strip().strip('"')
    windows = PureWindowsPath(plain)
    if windows.anchor or windows.drive or ".." in windows.parts or re.match(r"\w+:", plain):
        raise UserError(
            f"{model.name} refers to {plain!r}, outside its folder, which is never opened; "
            "put the file beside it and name it there"
        )
    found = model.parent / plain.replace("\\", "/")
    if not found.resolve().is_relative_to(model.parent.resolve()):
        raise UserError(f"{model.name} refers to {plain!r}, a link out of its folder; copy it in")
    if not found.is_file():
        raise UserError(
            f"{model.name} refers to {plain!r}, which is missing; "
            "put the file there or remove the reference"
        )
    return found


def _check_obj(path: Path) -> None:
    with path.open(encoding="utf-8", errors="replace") as lines:
        libraries = {found[1].strip() for line in lines if (found := _LIBRARY.search(line))}
    for name in sorted(libraries):
        library = referenced_file(path, name)
        for line in library.read_text(encoding="utf-8", errors="replace").splitlines():
            if found := _COLOR_MAP.match(line):
                _check_texture_file(library, _without_options(found[1].strip()))


def _without_options(words: str) -> str:
    """The file name after MTL options such as ``-s 1 1 1`` or ``-bm 0.3``."""
    return re.sub(r"^(-\w+\s+((on|off|-?[\d.]+)\s+)*)+", "", words)


def _check_ply(path: Path) -> None:
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(4096), b""):
            words = line.decode("utf-8", "replace").strip()
            if words == "end_header":
                return
            _, found, name = words.lower().partition("texturefile")
            if found and name:
                _check_texture_file(path, words[-len(name) :].strip())


def _check_texture_file(owner: Path, name: str) -> None:
    with referenced_file(owner, name).open("rb") as file:
        _check_texture(name, file)


def _check_texture(name: str, file: io.BytesIO | io.BufferedReader) -> None:
    from PIL import Image

    too_large = UserError(
        f"the texture {name} has a side over {MAX_TEXTURE} px; shrink it to at most that"
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = Image.open(file).size
    except Image.DecompressionBombError:
        raise too_large from None
    except (OSError, ValueError, SyntaxError):
        raise UserError(f"the texture {name} is not a picture that can be read") from None
    if max(width, height) > MAX_TEXTURE:
        raise too_large


def _split_glb(content: bytes) -> tuple[bytes, bytes]:
    """The JSON and the binary chunk of a GLB whose stated lengths are those of its bytes."""
    if len(content) < 12 or content[:4] != b"glTF":
        raise UserError("not a GLB: it lacks the first four letters glTF")
    version, length = struct.unpack_from("<II", content, 4)
    if version != 2 or length != len(content):
        raise UserError(
            f"a GLB of version {version} that says it has {length} bytes and has {len(content)}; "
            "expected version 2, whole; export or download it again"
        )
    chunks: dict[bytes, bytes] = {}
    start = 12
    while start + 8 <= length:
        size, kind = struct.unpack_from("<I4s", content, start)
        if start + 8 + size > length:
            raise UserError("a GLB with a chunk longer than the file; export or download it again")
        chunks.setdefault(kind, content[start + 8 : start + 8 + size])
        start += 8 + size
    return chunks.get(b"JSON", b""), chunks.get(b"BIN\0", b"")


def _check_gltf(path: Path, document: bytes, binary: bytes | None, max_faces: int) -> None:
    try:
        content = json.loads(document)
        buffers = [_buffer(path, item, binary) for item in content.get("buffers", ())]
        _check_lengths(content, [len(buffer) for buffer in buffers], max_faces)
        _check_instances(content, max_faces)
        for number, image in enumerate(content.get("images", ())):
            name, file = _image(path, number, image, content, buffers)
            with file:
                _check_texture(name, file)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise UserError(f"damaged glTF: {type(error).__name__} in its description") from None


def _buffer(path: Path, item: dict[str, Any], binary: bytes | None) -> bytes:
    uri = item.get("uri")
    content = (binary or b"") if uri is None else _content(path, uri)
    if item["byteLength"] > len(content):
        raise UserError(
            f"a buffer says it has {item['byteLength']} bytes and has {len(content)}; "
            "export or download the file again"
        )
    return content


def _content(path: Path, uri: str) -> bytes:
    if not uri.startswith("data:"):
        return referenced_file(path, unquote(uri)).read_bytes()
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True)
    except binascii.Error:
        raise UserError("a data address in the glTF is not base64; export it again") from None


def _check_lengths(content: dict[str, Any], buffers: list[int], max_faces: int) -> None:
    views = content.get("bufferViews", [])
    for view in views:
        start, size = view.get("byteOffset", 0), view["byteLength"]
        if min(start, size) < 0 or start + size > buffers[view["buffer"]]:
            raise UserError("a glTF buffer view reaches past its buffer; export the file again")
    for accessor in content.get("accessors", ()):
        if accessor["count"] > 3 * max_faces:
            raise _too_many(max_faces)
        if "bufferView" in accessor and "extensions" not in accessor:
            _check_accessor(accessor, views[accessor["bufferView"]])


def _check_instances(content: dict[str, Any], max_faces: int) -> None:
    """A mesh counts as often as nodes show it: few bytes can ask for many faces."""
    counts = [accessor["count"] for accessor in content.get("accessors", ())]
    corners = [
        sum(counts[p.get("indices", p["attributes"]["POSITION"])] for p in mesh["primitives"])
        for mesh in content.get("meshes", ())
    ]
    shown = [corners[node["mesh"]] for node in content.get("nodes", ()) if "mesh" in node]
    if sum(shown) > 3 * max_faces:
        raise _too_many(max_faces)


def _too_many(max_faces: int) -> UserError:
    return UserError(f"it has over {max_faces} faces; simplify it or raise the limit")


def _check_accessor(accessor: dict[str, Any], view: dict[str, Any]) -> None:
    item = _COMPONENT_BYTES[accessor["componentType"]] * _COMPONENTS[accessor["type"]]
    step, start = view.get("byteStride", item), accessor.get("byteOffset", 0)
    needed = start + step * (accessor["count"] - 1) + item
    if accessor["count"] < 1 or start < 0 or needed > view["byteLength"]:
        raise UserError("a glTF accessor reaches past its buffer view; export the file again")


def _image(
    path: Path, number: int, image: dict[str, Any], content: dict[str, Any], buffers: list[bytes]
) -> tuple[str, io.BytesIO]:
    name = str(image.get("name") or f"number {number}")
    if "uri" in image:
        return name, io.BytesIO(_content(path, image["uri"]))
    view = content["bufferViews"][image["bufferView"]]
    start = view.get("byteOffset", 0)
    return name, io.BytesIO(buffers[view["buffer"]][start : start + view["byteLength"]])
