"""Changes to files that are whole: bytes, text, JSON, arrays, PNG chunks, safetensors."""

from __future__ import annotations

import io
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Rng = np.random.Generator

INTEGERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63)
NUMBERS = (*INTEGERS, -1, 0.5, -0.0, 1e-40, 1e38, 1e308, float("nan"), float("inf"), -float("inf"))
WORDS = (
    "", " ", "a", "../x", "/", "a/b", "\\", ".", "..", "\0", "\n", "\ufeff", "é", "日本", "😀",
    "\udcff", "nan", "-1", "1e999", "true", "null", "%2e", "x" * 300, "none", "axis:z", "exact",
)  # fmt: skip
VALUES: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": None}, *NUMBERS, *WORDS)


def pick(rng: Rng, choices: Any) -> Any:
    """One of a sequence."""
    return choices[int(rng.integers(len(choices)))]


def changed_bytes(rng: Rng, content: bytes) -> bytes:
    """One to four of: bits flipped, cut off, pieces removed, doubled, overwritten or inserted."""
    found = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        if not found:
            break
        start = int(rng.integers(len(found)))
        length = min(int(2 ** rng.uniform(0, 8)), len(found) - start)
        match int(rng.integers(7)):
            case 0:
                found[start] ^= 1 << int(rng.integers(8))
            case 1:
                del found[start:]
            case 2:
                del found[start : start + length]
            case 3:
                found[start:start] = found[start : start + length]
            case 4:
                found[start : start + length] = rng.bytes(length)
            case 5:
                form = pick(rng, ("<I", ">I", "<H", ">H", "<f", ">d"))
                number = pick(rng, INTEGERS[:9] if form[1] == "H" else INTEGERS[:12])
                new = struct.pack(form, number)
                found[start : start + len(new)] = new
            case _:
                found[start : start + length] = bytes([pick(rng, (0, 255, 32, 10))]) * length
    return bytes(found)


def changed_text(rng: Rng, content: bytes) -> bytes:
    """Lines removed, doubled or swapped, a number or word replaced, or an odd sign put in."""
    text = content.decode("utf-8", "surrogateescape")
    for _ in range(int(rng.integers(1, 4))):
        lines = text.split("\n")
        one, other = (int(rng.integers(len(lines))) for _ in range(2))
        match int(rng.integers(6)):
            case 0:
                del lines[one]
            case 1:
                lines.insert(one, lines[other])
            case 2:
                lines[one], lines[other] = lines[other], lines[one]
            case 3:
                lines[one] = _replaced(rng, lines[one], r"-?\d+\.?\d*(?:[eE][-+]?\d+)?", NUMBERS)
            case 4:
                lines[one] = _replaced(rng, lines[one], r"\w+", WORDS)
            case _:
                place = int(rng.integers(len(lines[one]) + 1))
                lines[one] = lines[one][:place] + pick(rng, WORDS) + lines[one][place:]
        text = "\n".join(lines)
    return text.encode("utf-8", "surrogateescape")


def _replaced(rng: Rng, line: str, pattern: str, choices: Any) -> str:
    found = list(re.finditer(pattern, line))
    if not found:
        return line
    match = pick(rng, found)
    return line[: match.start()] + str(pick(rng, choices)) + line[match.end() :]


def changed_json(rng: Rng, value: Any) -> Any:
    """A JSON value with one to three of its nodes replaced, removed, renamed or nested."""
    value = json.loads(json.dumps(value))
    for _ in range(int(rng.integers(1, 4))):
        places = list(_places(value))
        if not places:
            return pick(rng, VALUES)
        holder, key = pick(rng, places)
        match int(rng.integers(6)):
            case 0 | 1:
                holder[key] = pick(rng, VALUES)
            case 2:
                del holder[key]
            case 3 if isinstance(holder, dict):
                holder[pick(rng, WORDS)] = holder.pop(key)
            case 3:
                holder.insert(key, holder[key])
            case 4:
                holder[key] = _scaled(rng, holder[key])
            case _:
                holder[key] = pick(rng, ([holder[key]], {"a": holder[key]}, str(holder[key])))
    return pick(rng, VALUES) if rng.random() < 0.02 else value


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in list(items):
        yield value, key
        if isinstance(entry, dict | list):
            yield from _places(entry)


def _scaled(rng: Rng, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return pick(rng, VALUES)
    return value * pick(rng, (-1, 0, 2, 1000, 0.001, 1.5)) + pick(rng, (0, 0, 1, -1))


def changed_json_file(rng: Rng, content: bytes) -> bytes:
    """A JSON file with changed nodes; now and then with changed text or bytes."""
    if rng.random() < 0.2:
        return pick(rng, (changed_text, changed_bytes))(rng, content)
    return json.dumps(changed_json(rng, json.loads(content))).encode("utf-8", "surrogatepass")


def changed_json_lines(rng: Rng, content: bytes) -> bytes:
    """A file of JSON lines with one line's nodes changed, or changed as text."""
    lines = content.split(b"\n")
    number = int(rng.integers(len(lines)))
    if rng.random() < 0.3 or not lines[number]:
        return changed_text(rng, content)
    lines[number] = changed_json_file(rng, lines[number])
    return b"\n".join(lines)


def changed_array(rng: Rng, array: np.ndarray) -> np.ndarray:
    """Another shape, type, byte order or size, NaN or other odd values, nothing, or objects."""
    match int(rng.integers(9)):
        case 0:
            return array.astype(pick(rng, ("u1", "i2", "<i8", ">f4", "f2", "f8", "c8", "?", "U3")))
        case 1:
            return array.reshape(-1)[: int(rng.integers(array.size + 1))]
        case 2:
            return array[None] if rng.random() < 0.5 else array[..., None]
        case 3:
            return array.T
        case 4 if array.size and array.dtype.kind == "f":
            array = array.copy()
            array.reshape(-1)[int(rng.integers(array.size))] = pick(rng, NUMBERS)
            return array
        case 5:
            return array[: len(array) // 2] if array.ndim else array
        case 6:
            return np.zeros((0, *array.shape[1:]), array.dtype)
        case 7:
            return np.array({"a": 1}, dtype=object)
        case _ if array.size and array.dtype.kind in "iu":
            array = array.copy()
            limits = np.iinfo(array.dtype)
            place = int(rng.integers(array.size))
            array.reshape(-1)[place] = pick(rng, (limits.min, limits.max, 0))
            return array
        case _:
            return array * 0


def changed_npz(rng: Rng, content: bytes) -> bytes:
    """An npz with arrays changed, removed or renamed; now and then with changed bytes."""
    if rng.random() < 0.25:
        return changed_bytes(rng, content)
    with np.load(io.BytesIO(content)) as loaded:
        arrays = dict(loaded)
    for _ in range(int(rng.integers(1, 3))):
        name = pick(rng, sorted(arrays))
        match int(rng.integers(8)):
            case 0 if len(arrays) > 1:
                del arrays[name]
            case 1:
                arrays[f"{name}2"] = arrays.pop(name)
            case _:
                with np.errstate(all="ignore"):
                    arrays[name] = _quietly(changed_array, rng, arrays[name])
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def changed_npy(rng: Rng, content: bytes) -> bytes:
    """An npy with a changed array; now and then with changed bytes."""
    if rng.random() < 0.25:
        return changed_bytes(rng, content)
    buffer = io.BytesIO()
    np.save(buffer, _quietly(changed_array, rng, np.load(io.BytesIO(content))), allow_pickle=True)
    return buffer.getvalue()


def _quietly(change: Callable[..., np.ndarray], rng: Rng, array: np.ndarray) -> np.ndarray:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return change(rng, array)
        except (ValueError, TypeError):
            return array


def changed_png(rng: Rng, content: bytes) -> bytes:
    """A PNG whose chunks are changed, removed, doubled or swapped, with right checksums."""
    if rng.random() < 0.3 or not content.startswith(b"\x89PNG"):
        return changed_bytes(rng, content)
    chunks, place = [], 8
    while place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        chunks.append([content[place + 4 : place + 8], content[place + 8 : place + 8 + length]])
        place += 12 + length
    number = int(rng.integers(len(chunks)))
    match int(rng.integers(5)):
        case 0 if len(chunks) > 1:
            del chunks[number]
        case 1:
            chunks.insert(number, chunks[number])
        case 2:
            chunks.insert(int(rng.integers(len(chunks))), chunks.pop(number))
        case _:
            chunks[number][1] = changed_bytes(rng, chunks[number][1])
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def changed_glb(rng: Rng, content: bytes) -> bytes:
    """A GLB whose description is changed, with right lengths; or its bytes."""
    if rng.random() < 0.25 or content[:4] != b"glTF":
        return changed_bytes(rng, content)
    (length,) = struct.unpack("<I", content[12:16])
    described, rest = content[20 : 20 + length], content[20 + length :]
    if rng.random() < 0.2 and len(rest) > 8:
        rest = rest[:8] + changed_bytes(rng, rest[8:])[: len(rest) - 8].ljust(len(rest) - 8, b"\0")
    else:
        described = changed_json_file(rng, described)
    described += b" " * (-len(described) % 4)
    head = struct.pack("<4sIIII", b"glTF", 2, 20 + len(described) + len(rest), len(described), 0)
    return head[:16] + b"JSON" + described + rest


def changed_safetensors(rng: Rng, content: bytes) -> bytes:
    """A safetensors file with a changed header or changed bytes."""
    if rng.random() < 0.5:
        return changed_bytes(rng, content)
    (length,) = struct.unpack("<Q", content[:8])
    header = json.dumps(changed_json(rng, json.loads(content[8 : 8 + length]))).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


BY_SUFFIX: dict[str, Callable[[Rng, bytes], bytes]] = {
    ".json": changed_json_file,
    ".gltf": changed_json_file,
    ".jsonl": changed_json_lines,
    ".npz": changed_npz,
    ".npy": changed_npy,
    ".png": changed_png,
    ".glb": changed_glb,
    ".safetensors": changed_safetensors,
    ".toml": changed_text,
    ".csv": changed_text,
    ".obj": changed_text,
    ".mtl": changed_text,
}


def change_file(rng: Rng, path: Path) -> None:
    """Change a file in place, by what its name says it is; one in ten as plain bytes."""
    content = path.read_bytes()
    change = BY_SUFFIX.get(path.suffix, changed_bytes)
    if rng.random() < 0.1:
        change = changed_bytes
    try:
        changed = change(rng, content)
    except Exception:  # it was changed before and is no longer of its kind
        changed = changed_bytes(rng, content)
    path.write_bytes(changed)


def change_folder(rng: Rng, folder: Path, among: str = "**/*") -> None:
    """Change one to two files of a folder, or remove, empty or exchange one."""
    files = sorted(path for path in folder.glob(among) if path.is_file())
    for _ in range(int(rng.integers(1, 3))):
        path = pick(rng, files)
        if not path.is_file():
            continue
        match int(rng.integers(14)):
            case 0:
                path.unlink()
            case 1:
                path.write_bytes(b"")
            case 2:
                other = pick(rng, files)
                path.write_bytes(other.read_bytes() if other.is_file() else b"x")
            case 3:
                path.unlink()
                path.mkdir()
            case _:
                change_file(rng, path)
