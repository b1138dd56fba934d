"""The JSON and the buffers of a GLB or glTF, with every length held against the bytes there are."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from funcorr.assets.readers.gltf_extensions import check_extensions
from funcorr.assets.readers.gltf_meshopt import decoded, meshopt_in
from funcorr.assets.untrusted import referenced_file
from funcorr.errors import UserError


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
    _decoded: dict[int, memoryview] = field(default_factory=dict)

    @property
    def holds_meshopt(self) -> bool:
        """Whether views were decoded so far."""
        return bool(self._decoded)

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
        """The bytes of a buffer view, decoded where meshopt compresses it.

        A file may hold the same numbers uncompressed, for readers without meshopt; then they are
        read.

        Raises:
            UserError: it reaches past its buffer, or is compressed and cannot be decoded.
        """
        view = self.item("bufferViews", index)
        self.item("buffers", view["buffer"])
        if self.buffers[view["buffer"]] is not None:
            return self._bytes(view)
        if index not in self._decoded:
            name = meshopt_in(view)
            if name is None:
                raise UserError("a glTF buffer has neither an address nor a chunk; export it again")
            packed = view["extensions"][name]
            self._decoded[index] = decoded(name, packed, self._bytes(packed), view["byteLength"])
        return self._decoded[index]

    def _bytes(self, place: dict[str, Any]) -> memoryview:
        """The bytes of a view or of what is compressed in its place."""
        self.item("buffers", place["buffer"])
        content = self.buffers[place["buffer"]]
        start, size = place.get("byteOffset", 0), place["byteLength"]
        if content is None or min(start, size) < 0 or start + size > len(content):
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
    elif binary is None or meshopt_in(item):
        if not meshopt_in(item):
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
