"""Material libraries of OBJ files."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.assets.mesh import Material
from funcorr.assets.readers.pieces import Findings, Wrap
from funcorr.assets.untrusted import read_texture, referenced_file
from funcorr.errors import UserError

_COMMENT = re.compile(r"\s#(?:\s.*)?$")
"""Behind names, which may have a ``#`` in them, a comment starts with one that stands alone."""

SWITCHES = ("-clamp", "-blendu", "-blendv", "-cc")
ONE_WORD = ("-bm", "-boost", "-texres", "-imfchan", "-type")
UP_TO_THREE = ("-s", "-o", "-t")
LEFT_OUT = {
    "d": "transparency",
    "tr": "transparency",
    "map_d": "transparency",
    "map_ks": "specular maps",
    "map_ns": "specular maps",
    "map_bump": "bump maps",
    "bump": "bump maps",
    "norm": "normal maps",
    "disp": "displacement maps",
    "map_disp": "displacement maps",
    "map_ke": "emission",
    "map_ka": "ambient maps",
    "map_pr": "maps of metal and roughness",
    "map_pm": "maps of metal and roughness",
    "refl": "reflection maps",
    "decal": "decals",
}


@dataclass(frozen=True, eq=False)
class ObjLook:
    """A material and how its texture lies on texture coordinates.

    Attributes:
        material: base colour and texture.
        scale: factor of (u, v), before ``offset`` is added.
        offset: added to (u, v).
        wrap: what the texture shows outside [0, 1].
    """

    material: Material
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    wrap: Wrap = "repeat"

    def uv(self, coordinates: Float[np.ndarray, "f 3 2"]) -> Float[np.ndarray, "f 3 2"]:
        """Texture coordinates where the texture lies plainly."""
        return coordinates * self.scale + self.offset


@dataclass(frozen=True)
class _TextureLine:
    """A ``map_Kd`` line: file and options."""

    name: str
    options: dict[str, list[str]] = field(default_factory=dict)

    def pair(self, option: str, default: float) -> tuple[float, float]:
        """The first two numbers of an option; what it does not give is the default."""
        numbers = [float(word) for word in self.options.get(option, ())][:2]
        u, v = numbers + [default] * (2 - len(numbers))
        return u, v


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """Keyword and rest of each line of an OBJ or MTL file, without comments.

    The text is UTF-8, else Latin-1; a backslash at the end of a line continues it.

    Raises:
        UserError: the file is not text.
    """
    content = path.read_bytes()
    if b"\0" in content:
        raise UserError(f"{path.name} is not a text file; expected OBJ or MTL in UTF-8 or Latin-1")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\\" in text:
        text = re.sub(r"\\[ \t]*\r?\n", " ", text)
    for line in io.StringIO(text, newline=None):
        keyword, _, rest = line.strip().replace("\t", " ").partition(" ")
        if keyword and not keyword.startswith("#"):
            yield keyword, rest.strip()


def without_comment(name: str) -> str:
    """A name without the comment that may stand behind it."""
    return _COMMENT.sub("", name)


def library_names(folder: Path, rest: str) -> list[str]:
    """The files that a ``mtllib`` line names: one with spaces in its name, or several."""
    plain = rest.strip('"')
    if len(plain) < 256 and (folder / plain).is_file():
        return [plain]
    rest = without_comment(rest)
    return re.findall(r'".+?"|\S.*?\.mtl(?=\s|$)|\S+', rest, re.IGNORECASE)


def read_library(path: Path, findings: Findings) -> dict[str, ObjLook]:
    """Materials by name; the first of two with one name counts.

    Raises:
        UserError: a number or an option that cannot be read, or a texture that is missing, outside
            the folder, too large or damaged.
    """
    blocks: dict[str, dict[str, str]] = {}
    block: dict[str, str] = {}
    for keyword, rest in lines_of(path):
        if keyword.lower() == "newmtl":
            block = {}
            blocks.setdefault(rest, block)
        else:
            block[keyword.lower()] = rest
    pictures: dict[str, UInt8[np.ndarray, "h w 3"]] = {}
    try:
        return {name: _look(path, name, b, pictures, findings) for name, b in blocks.items()}
    except (ValueError, IndexError):
        raise UserError(f"{path.name} has a line that cannot be read; export it again") from None


def _look(
    library: Path,
    name: str,
    block: dict[str, str],
    pictures: dict[str, UInt8[np.ndarray, "h w 3"]],
    findings: Findings,
) -> ObjLook:
    _tell(block, findings)
    plain = Material(name)
    if "kd" in block:
        plain = replace(plain, color=_color(block["kd"]))
    if "pr" in block:
        plain = replace(plain, roughness=float(block["pr"].split()[0]))
    if "pm" in block:
        plain = replace(plain, metallic=float(block["pm"].split()[0]))
    if "map_kd" not in block:
        return ObjLook(plain)
    line = _texture_line(block["map_kd"])
    if line.name not in pictures:
        content = referenced_file(library, line.name).read_bytes()
        pictures[line.name] = read_texture(line.name, content)
    texture = _with_gain(pictures[line.name], line, findings)
    if "-t" in line.options:
        findings.left_out.add("turbulence of textures")
    scale, offset = line.pair("-s", 1.0), line.pair("-o", 0.0)
    if (scale, offset) != ((1.0, 1.0), (0.0, 0.0)):
        findings.baked.add("texture transforms into coordinates")
    wrap: Wrap = "clamp" if line.options.get("-clamp") == ["on"] else "repeat"
    material = replace(plain, color=(1.0, 1.0, 1.0), texture=texture)
    return ObjLook(material, scale, offset, wrap)


def _color(rest: str) -> tuple[float, float, float]:
    words = rest.split()
    if words[0].lower() in ("spectral", "xyz"):
        raise UserError(f"a colour Kd {rest!r}; expected three numbers from 0 to 1")
    numbers = [float(word) for word in words[:3]]
    if len(numbers) < 3:
        numbers = numbers[:1] * 3
    r, g, b = np.clip(numbers, 0, 1).tolist()
    return r, g, b


def _texture_line(rest: str) -> _TextureLine:
    """Options with their values, then a file name, which may have spaces."""
    options: dict[str, list[str]] = {}
    rest = without_comment(rest)
    while rest.startswith("-"):
        option, _, rest = rest.partition(" ")
        rest = rest.lstrip()
        if option in UP_TO_THREE:
            limit = 3
        elif option == "-mm":
            limit = 2
        elif option in SWITCHES or option in ONE_WORD:
            limit = 1
        else:
            raise UserError(f"a texture option {option!r}, which is not of the MTL format")
        values: list[str] = []
        while len(values) < limit and (limit == 1 or _is_number(rest.partition(" ")[0])):
            word, _, rest = rest.partition(" ")
            values.append(word)
            rest = rest.lstrip()
        options[option] = values
    if not rest:
        raise UserError("a texture line of a material names no file; add it or remove the line")
    return _TextureLine(rest, options)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _with_gain(
    texture: UInt8[np.ndarray, "h w 3"], line: _TextureLine, findings: Findings
) -> UInt8[np.ndarray, "h w 3"]:
    """Base and gain of ``-mm`` in the picture itself."""
    if "-mm" not in line.options:
        return texture
    findings.baked.add("base and gain of textures")
    base, gain = (*map(float, line.options["-mm"]), 1.0)[:2] if line.options["-mm"] else (0.0, 1.0)
    return np.round(np.clip(texture / 255 * gain + base, 0, 1) * 255).astype(np.uint8)


def _tell(block: dict[str, str], findings: Findings) -> None:
    """Say what of a material is left out."""
    for keyword, words in LEFT_OUT.items():
        if keyword not in block:
            continue
        opaque = {"d": 1.0, "tr": 0.0}.get(keyword)
        if opaque is None or float(block[keyword].split()[-1]) != opaque:
            findings.left_out.add(words)
    if any(_is_number(word) and float(word) > 0 for word in block.get("ke", "").split()):
        findings.left_out.add("emission")
