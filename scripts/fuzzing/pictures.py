"""Pictures of every mode, depth, format and orientation that Pillow can write."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from fuzzing.bases import SIZE, drawn
from fuzzing.mutators import NUMBERS, Rng, changed_bytes, changed_png, pick

FORMATS = ("png", "png", "png", "jpg", "webp", "tif", "gif", "bmp", "ppm", "ico", "jp2", "tga")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F", "La", "LAB", "HSV")


def _image(rng: Rng) -> Image.Image:
    mode = pick(rng, MODES)
    grey = np.asarray(drawn("L", int(rng.integers(256)), int(rng.integers(256))))
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * int(pick(rng, (1, 16, 257))))
    if mode in "FI":
        kind, scale = (np.float32, pick(rng, (1 / 255, 1, 257))) if mode == "F" else (np.int32, 1)
        values = (grey * float(scale)).astype(kind)
        if rng.random() < 0.2 and mode == "F":
            values[3, 4] = np.clip(pick(rng, NUMBERS), -1e38, 1e38)
        return Image.fromarray(values)
    image = drawn("RGBA", tuple(int(v) for v in rng.integers(0, 256, 4)), (255, 255, 255, 0))
    if mode == "LAB":
        return Image.new("LAB", image.size, (90, 20, 40))
    if mode == "La":
        return image.convert("LA").convert("La")
    return (image.convert("RGB") if mode in ("HSV", "YCbCr", "P") else image).convert(mode)


def picture_file(rng: Rng, folder: Path) -> Path:
    """A picture file, more often damaged than whole; by its own suffix or by another one."""
    while True:
        suffix, buffer = pick(rng, FORMATS), io.BytesIO()
        image, options = _image(rng), {}
        if rng.random() < 0.3:
            exif = Image.Exif()
            exif[0x0112] = int(rng.integers(1, 9))
            options["exif"] = exif
        if rng.random() < 0.2:
            sides = [int(rng.integers(1, 80)) for _ in range(2)]
            image = image.resize(sides, Image.Resampling.NEAREST)
        if rng.random() < 0.15 and suffix == "png" and image.mode in "LP1RGB":
            options["transparency"] = 0
        if suffix == "tif":
            options["compression"] = pick(rng, (None, "tiff_lzw", "tiff_deflate", "packbits"))
        Image.init()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image.save(buffer, Image.EXTENSION[f".{suffix}"], **options)
                break
            except Exception:
                continue  # a format that has not this mode
    content = buffer.getvalue()
    if rng.random() < 0.7:
        content = changed_png(rng, content) if suffix == "png" else changed_bytes(rng, content)
    if rng.random() < 0.05:
        suffix = pick(rng, FORMATS)
    path = folder / f"given.{suffix}"
    path.write_bytes(content)
    return path


def any_array(rng: Rng) -> object:
    """An array or tensor such as programs hand over."""
    import torch

    dtype = pick(rng, ("u1", "u1", "f4", "f8", "f2", "i4", "i8", "u2", "?", "c8", ">f4", ">u2"))
    shape = pick(
        rng,
        (SIZE, (*SIZE, 1), (*SIZE, 3), (*SIZE, 4), (3, *SIZE), (1, *SIZE), (4, *SIZE), (*SIZE, 2),
         (1, *SIZE, 3), (3, 3, 3), (3, 9, 3), (0, 5, 3), (1, 1), (5,), (), (2, 2), (4, 4, 4)),
    )  # fmt: skip
    values = rng.random(shape)
    if dtype.strip(">")[0] in "ui":
        values = np.floor(values * pick(rng, (2, 256, 256)))
    with np.errstate(all="ignore"):
        array = np.asarray(values * pick(rng, (1, 1, 1, -1, 300)))
        array = np.asarray(array.astype(dtype) if "?" not in dtype else array > 0.5)
    if rng.random() < 0.2 and array.dtype.kind == "f" and array.size:
        with np.errstate(all="ignore"):
            array.reshape(-1)[0] = pick(rng, NUMBERS)
    if rng.random() < 0.3 and array.ndim > 1:
        array = pick(rng, (array[::-1], array[:, ::-1], np.asfortranarray(array), array.T))
    choice = rng.random()
    plain = array.dtype == np.uint8 or (array.dtype.isnative and array.dtype.kind != "u")
    if choice < 0.3 and plain:
        tensor = torch.from_numpy(array.copy())
        return tensor.bfloat16() if rng.random() < 0.3 and tensor.is_floating_point() else tensor
    if choice < 0.4:
        return pick(rng, (array.tolist(), memoryview(b"abc"), np.ma.masked_array(array), object()))
    return array
