"""Looks of a glTF: base colour, its texture and how it lies, roughness and metal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.assets.mesh import Material
from funcorr.assets.readers.gltf_document import Document, content_of
from funcorr.assets.readers.pieces import Findings, Wrap
from funcorr.assets.untrusted import read_texture
from funcorr.errors import UserError

SPECULAR_GLOSSINESS = "KHR_materials_pbrSpecularGlossiness"
TEXTURE_SOURCES = ("EXT_texture_webp", "EXT_texture_avif", "MSFT_texture_dds")
WRAPS: dict[int, Wrap] = {10497: "repeat", 33648: "mirror", 33071: "clamp"}


@dataclass(frozen=True, eq=False)
class Look:
    """A material and how its texture lies.

    Attributes:
        material: base colour, texture, roughness, metal.
        coordinates: name of the attribute with the texture coordinates.
        transform: 2 x 3 matrix from (u, v, 1) to texture coordinates, v down.
        wrap: outside [0, 1].
    """

    material: Material
    coordinates: str = "TEXCOORD_0"
    transform: Float[np.ndarray, "2 3"] | None = None
    wrap: tuple[Wrap, Wrap] = ("repeat", "repeat")

    def uv(
        self, attributes: Mapping[str, Float[np.ndarray, "n k"]]
    ) -> Float[np.ndarray, "n 2"] | None:
        """Texture coordinates per vertex, v up; None where the primitive has none."""
        found = attributes.get(self.coordinates)
        if found is None:
            return None
        if found.shape[1] != 2:
            raise UserError("damaged glTF: texture coordinates that are no pairs; export it again")
        if self.transform is not None:
            found = found @ self.transform[:, :2].T + self.transform[:, 2]
        return np.stack([found[:, 0], 1 - found[:, 1]], axis=1).astype(np.float64)


@dataclass(eq=False)
class Looks:
    """The materials of a file, each read once."""

    document: Document
    findings: Findings
    _pictures: dict[int, UInt8[np.ndarray, "h w 3"]] = field(default_factory=dict)
    _looks: dict[int, Look] = field(default_factory=dict)

    def of(self, primitive: dict[str, Any]) -> Look:
        """The look of a primitive."""
        index = primitive.get("material")
        if index is None:
            white = (1.0, 1.0, 1.0)
            colored = "COLOR_0" in primitive["attributes"]
            return Look(Material("plain", white) if colored else Material("plain"))
        if index not in self._looks:
            self._looks[index] = self._look(self.document.item("materials", index))
        return self._looks[index]

    def _look(self, content: dict[str, Any]) -> Look:
        self._tell(content)
        old = content.get("extensions", {}).get(SPECULAR_GLOSSINESS)
        if old is None:
            about = content.get("pbrMetallicRoughness", {})
            factor, base = about.get("baseColorFactor"), about.get("baseColorTexture")
            roughness, metallic = self._surface(about)
        else:
            self.findings.left_out.add("specular colours")
            factor, base = old.get("diffuseFactor"), old.get("diffuseTexture")
            roughness, metallic = 1.0 - float(old.get("glossinessFactor", 1.0)), 0.0
        color = self.display((1.0, 1.0, 1.0) if factor is None else factor[:3])
        name = content.get("name") or "material"
        material = Material(str(name), color, None, roughness, metallic)
        return Look(material) if base is None else self._textured(material, base)

    def display(self, linear: Any) -> tuple[float, float, float]:
        """A colour of the file in sRGB.

        Colours of the standard are linear; the files that trimesh writes, and so those of this
        package, hold sRGB.
        """
        values = np.clip(np.array(linear, float).reshape(3), 0, 1)
        r, g, b = values if self.holds_srgb else srgb_from_linear(values)
        return float(r), float(g), float(b)

    @cached_property
    def holds_srgb(self) -> bool:
        """Whether trimesh wrote the file."""
        return "mikedh/trimesh" in str(self.document.content["asset"].get("generator"))

    def _surface(self, about: dict[str, Any]) -> tuple[float, float]:
        """Roughness and metal; of a map, its mean."""
        roughness = float(about.get("roughnessFactor", 1.0))
        metallic = float(about.get("metallicFactor", 1.0))
        if "metallicRoughnessTexture" in about:
            self.findings.baked.add("maps of metal and roughness into their mean")
            picture = self._picture(about["metallicRoughnessTexture"])[0]
            _, green, blue = picture.reshape(-1, 3).mean(axis=0) / 255
            roughness, metallic = roughness * float(green), metallic * float(blue)
        return roughness, metallic

    def _textured(self, material: Material, info: dict[str, Any]) -> Look:
        picture, wrap = self._picture(info)
        moved = info.get("extensions", {}).get("KHR_texture_transform", {})
        number = moved.get("texCoord", info.get("texCoord", 0))
        if number:
            self.findings.kept.add(f"texture coordinates of set {number}")
        material = Material(
            material.name, material.color, picture, material.roughness, material.metallic
        )
        return Look(material, f"TEXCOORD_{number}", self._transform(moved), wrap)

    def _transform(self, moved: dict[str, Any]) -> Float[np.ndarray, "2 3"] | None:
        """Scale, then rotation (from v down towards u), then offset."""
        if not {"offset", "rotation", "scale"} & set(moved):
            return None
        self.findings.baked.add("texture transforms into coordinates")
        angle = float(moved.get("rotation", 0.0))
        sine, cosine = math.sin(angle), math.cos(angle)
        turn = np.array([[cosine, sine], [-sine, cosine]])
        scale = np.array(moved.get("scale", (1.0, 1.0)), float).reshape(2)
        offset = np.array(moved.get("offset", (0.0, 0.0)), float).reshape(2, 1)
        return np.concatenate([turn * scale, offset], axis=1)

    def _picture(
        self, info: dict[str, Any]
    ) -> tuple[UInt8[np.ndarray, "h w 3"], tuple[Wrap, Wrap]]:
        texture = self.document.item("textures", info["index"])
        others = texture.get("extensions", {})
        source = next(
            (others[name]["source"] for name in TEXTURE_SOURCES if name in others),
            texture.get("source"),
        )
        if source is None:
            raise UserError(
                f"a texture of the kind {', '.join(others) or 'unknown'}, which is not read; "
                "export the file with PNG or JPEG textures"
            )
        if source not in self._pictures:
            self._pictures[source] = self._decoded(source)
        sampler = self.document.item("samplers", texture["sampler"]) if "sampler" in texture else {}
        wrap = WRAPS[sampler.get("wrapS", 10497)], WRAPS[sampler.get("wrapT", 10497)]
        return self._pictures[source], wrap

    def _decoded(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        image = self.document.item("images", index)
        name = str(image.get("name") or image.get("uri", f"number {index}")[:80])
        if "uri" in image:
            return read_texture(name, content_of(self.document.path, image["uri"]))
        return read_texture(name, bytes(self.document.view(image["bufferView"])))

    def _tell(self, content: dict[str, Any]) -> None:
        """Say what of a material is left out."""
        left = self.findings.left_out
        if content.get("alphaMode", "OPAQUE") != "OPAQUE":
            left.add("transparency")
        if "normalTexture" in content:
            left.add("normal maps")
        if "occlusionTexture" in content:
            left.add("occlusion maps")
        if "emissiveTexture" in content or any(content.get("emissiveFactor", ())):
            left.add("emission")


def srgb_from_linear(linear: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
    """The sRGB encoding of values in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
