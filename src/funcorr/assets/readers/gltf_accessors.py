"""Numbers of a glTF: accessors of every type, sparse ones, and Draco's."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from funcorr.assets.readers.gltf_document import Document
from funcorr.assets.readers.pieces import Findings
from funcorr.errors import UserError, require

DTYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
DRACO = "KHR_draco_mesh_compression"

Arrays = dict[str, Shaped[np.ndarray, "n k"]]


def numbers(
    document: Document,
    index: int,
    findings: Findings,
    values: Shaped[np.ndarray, "n k"] | None = None,
) -> Float[np.ndarray, "n k"]:
    """The values of an accessor, one row each; normalized integers become [0, 1] or [-1, 1].

    Args:
        document: the file.
        index: of the accessor.
        findings: told what kind it is.
        values: what an extension puts in the place of those that are stored.

    Raises:
        UserError: an unknown type, or one that reaches past its buffer view.
    """
    accessor = document.item("accessors", index)
    if values is None:
        values = _stored(document, accessor, findings)
    if values.dtype.kind == "f":
        return values
    findings.kept.add("integer attributes")
    if not accessor.get("normalized"):
        return values.astype(np.float64)
    return np.maximum(values / np.iinfo(values.dtype).max, -1.0)


def integers(document: Document, index: int, findings: Findings) -> Int[np.ndarray, "n k"]:
    """The values of an accessor of whole numbers.

    Raises:
        UserError: it holds fractions, or reaches past its buffer view.
    """
    values = _stored(document, document.item("accessors", index), findings)
    if values.dtype.kind == "f":
        raise UserError("damaged glTF: indices that are no whole numbers; export the file again")
    return values.astype(np.int64)


def draco_arrays(
    document: Document, primitive: dict[str, Any], findings: Findings
) -> tuple[Arrays, Int[np.ndarray, "f 3"]] | None:
    """Attributes and faces of a primitive that Draco compresses, or None where it does not.

    A file may hold the same numbers uncompressed, for readers without Draco; then they are read.

    Raises:
        UserError: the extra ``draco`` is not installed, or the bytes are not Draco's.
    """
    packed = primitive.get("extensions", {}).get(DRACO)
    position = document.item("accessors", primitive["attributes"]["POSITION"])
    if packed is None or "bufferView" in position:
        return None
    try:
        library = require("DracoPy", extra="draco")
    except UserError as error:
        raise UserError(f"it is compressed with Draco ({DRACO}): {error}") from None
    try:
        mesh = library.decode(bytes(document.view(packed["bufferView"])))
        faces = np.asarray(mesh.faces, np.int64).reshape(-1, 3)
        found = {int(a["unique_id"]): np.asarray(a["data"]) for a in mesh.attributes}
        arrays = {name: found[number] for name, number in packed["attributes"].items()}
    except UserError:
        raise
    except Exception as error:  # the decoder's own kinds
        raise UserError(
            f"its {DRACO} data cannot be decoded ({type(error).__name__}); "
            "export the file again, or without Draco"
        ) from None
    _check_counts(document, primitive, arrays, len(faces))
    findings.kept.add("Draco compression")
    return arrays, faces


def _check_counts(
    document: Document, primitive: dict[str, Any], arrays: Arrays, faces: int
) -> None:
    """The accessors of a compressed primitive state how much is in it."""
    stated = [document.item("accessors", primitive["attributes"][name])["count"] for name in arrays]
    whole = stated == [len(array) for array in arrays.values()]
    if "indices" in primitive:
        whole &= document.item("accessors", primitive["indices"])["count"] == 3 * faces
    if not whole or primitive.get("mode", 4) != 4:
        raise UserError(
            f"its {DRACO} data is not what the file says of it; export the file again, "
            "or without Draco"
        )


def _stored(
    document: Document, accessor: dict[str, Any], findings: Findings
) -> Shaped[np.ndarray, "n k"]:
    count, kind = accessor["count"], accessor["componentType"]
    if kind not in DTYPES or accessor["type"] not in COMPONENTS:
        raise UserError(
            f"a glTF accessor of type {accessor['type']} with components {kind}, which is not "
            "read; export the file again with plain types"
        )
    dtype, width = np.dtype(DTYPES[kind]), COMPONENTS[accessor["type"]]
    if "bufferView" in accessor:
        values = _rows(document, accessor, dtype, width, count)
    else:
        values = np.zeros((count, width), dtype)
    if "sparse" not in accessor:
        return values
    findings.kept.add("sparse accessors")
    return _with_sparse(document, accessor["sparse"], values)


def _with_sparse(
    document: Document, sparse: dict[str, Any], values: Shaped[np.ndarray, "n k"]
) -> Shaped[np.ndarray, "n k"]:
    places, changed = sparse["indices"], sparse["values"]
    dtype = np.dtype(DTYPES[places["componentType"]])
    rows = _rows(document, places, dtype, 1, sparse["count"])[:, 0].astype(np.int64)
    if len(rows) and not 0 <= rows.min() <= rows.max() < len(values):
        raise UserError("a sparse glTF accessor changes values it does not have; export it again")
    values = values.copy()
    values[rows] = _rows(document, changed, values.dtype, values.shape[1], sparse["count"])
    return values


def _rows(
    document: Document, place: dict[str, Any], dtype: np.dtype, width: int, count: int
) -> Shaped[np.ndarray, "n k"]:
    """``count`` rows out of a buffer view, which may have other things between them."""
    content = document.view(place["bufferView"])
    item = dtype.itemsize * width
    step = document.item("bufferViews", place["bufferView"]).get("byteStride", item)
    start = place.get("byteOffset", 0)
    if count < 1 or start < 0 or step < item or start + step * (count - 1) + item > len(content):
        raise UserError("a glTF accessor reaches past its buffer view; export the file again")
    return np.ndarray((count, width), dtype, content, start, (step, dtype.itemsize))
