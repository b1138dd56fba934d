"""The JSON and the buffers of a GLB or glTF, with every length held against the bytes there are."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from funcorr.assets.readers.gltf_extensions import check_extensions
from funcorr.assets.untrusted import referenced_file
from funcorr.errors import UserError

MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression", "MESHOPT_compression")


@dataclass(frozen=True, eq=False)
class Document:
    """A glTF 2.0 file.

    Attributes:
        path: of the file.
        content: its JSON.
        buffers: their bytes; None where an extension would have to fill them.
    """

    path: Path
    content: dict[str, Any]
    buffers: tuple[bytes | None, ...]

    def items(self, kind: str) -> list[Any]:
        """All ``meshes``, ``nodes``, ..."""
        return self.content.get(kind, [])

    def item(self, kind: str, index: int) -> Any:
        """One of them.

        Raises:
            UserError: there is none with this number.
        """
        items = self.items(kind)
        if not isinstance(index, int) or not 0 <= index < len(items):
            raise UserError(
                f"damaged glTF: number {index!r} of {len(items)} {kind}; export the file again"
            )
        return items[index]

    def view(self, index: int) -> memoryview:
        """The bytes of a buffer view.

        Raises:
            UserError: it is compressed with meshopt, or reaches past its buffer.
        """
        view = self.item("bufferViews", index)
        self.item("buffers", view["buffer"])
        content = self.buffers[view["buffer"]]
        if content is None:
            raise UserError(
                f"it is compressed with meshopt ({_meshopt(view)}), which is not read; export it "
                "without (gltfpack without -c, or through Blender 5.2 or later)"
            )
        start, size = view.get("byteOffset", 0), view["byteLength"]
        if min(start, size) < 0 or start + size > len(content):
            raise UserError("a glTF buffer view reaches past its buffer; export the file again")
        return memoryview(content)[start : start + size]


def read_document(path: Path) -> Document:
    """Open a GLB or glTF.

    Raises:
        UserError: lengths that the bytes do not bear out, another version than 2.0, a buffer that
            is missing or outside the folder, or an extension that must be understood and is not.
    """
    data = path.read_bytes()
    if path.suffix.lower() == ".glb":
        text, binary = _split_glb(data)
    else:
        text, binary = data, None
    try:
        content = json.loads(text)
        version = str(content["asset"].get("minVersion", content["asset"]["version"]))
        if version != "2.0":
            raise UserError(f"a glTF of version {version}; expected 2.0, convert it")
        check_extensions(content)
        buffers = tuple(
            _buffer(path, item, binary if number == 0 else None)
            for number, item in enumerate(content.get("buffers", ()))
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"damaged glTF: {type(error).__name__} in its description") from None
    return Document(path, content, buffers)


def content_of(path: Path, uri: str) -> bytes:
    """The bytes behind an address in the glTF ``path``: beside it, or within the address.

    Raises:
        UserError: an address outside the folder, a missing file, or data that is not base64.
    """
    if not uri.startswith("data:"):
        return referenced_file(path, unquote(uri)).read_bytes()
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True)
    except binascii.Error:
        raise UserError("a data address in the glTF is not base64; export it again") from None


def _split_glb(content: bytes) -> tuple[bytes, bytes]:
    """The JSON and the binary chunk of a GLB whose stated lengths are those of its bytes."""
    if content[:4] != b"glTF":
        raise UserError("not a GLB: it lacks the first four letters glTF")
    if len(content) < 12:
        raise UserError(f"a GLB that is cut off after {len(content)} bytes; export it again")
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


def _buffer(path: Path, item: dict[str, Any], binary: bytes | None) -> bytes | None:
    if "uri" in item:
        content = content_of(path, item["uri"])
    elif binary is None or _meshopt(item):
        if not _meshopt(item):
            raise UserError("a glTF buffer has neither an address nor a chunk; export it again")
        return None
    else:
        content = binary
    if item["byteLength"] > len(content):
        raise UserError(
            f"a buffer says it has {item['byteLength']} bytes and has {len(content)}; "
            "export or download the file again"
        )
    return content


def _meshopt(item: dict[str, Any]) -> str | None:
    """The meshopt extension that a buffer or a view has."""
    return next((name for name in MESHOPT if name in item.get("extensions", {})), None)
