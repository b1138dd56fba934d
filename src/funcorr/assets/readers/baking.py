"""Looks that a :class:`~funcorr.assets.mesh.Mesh` has no field for, turned into plain textures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from funcorr.assets.readers.pieces import Findings, Piece, Wrap
from funcorr.assets.untrusted import MAX_TEXTURE
from funcorr.errors import UserError

ATLAS = 2048
"""Side in pixels of a texture of vertex colours; more where two texels per face need it."""


def baked(piece: Piece, findings: Findings) -> Piece:
    """The piece without colours per corner, its texture repeating outside [0, 1].

    Raises:
        UserError: a texture that does not repeat is asked for too far outside [0, 1].
    """
    return _with_colors_baked(_with_repeating_texture(piece, findings), findings)


def _with_colors_baked(piece: Piece, findings: Findings) -> Piece:
    """Colours per corner become the material's colour where they are one, else a texture."""
    if piece.colors is None:
        return piece
    colors = np.clip(piece.colors * np.array(piece.material.color), 0, 1)
    tones = np.round(colors * 255).astype(np.uint8).reshape(-1, 9)
    if (tones.reshape(-1, 3) == tones[0, :3]).all():
        r, g, b = map(float, colors[0, 0])
        findings.kept.add("vertex colours")
        return replace(piece, material=replace(piece.material, color=(r, g, b)), colors=None)
    if piece.material.texture is not None:
        findings.left_out.add("vertex colours beside a texture")
        return replace(piece, colors=None)
    findings.baked.add("vertex colours into a texture")
    texture, uv = _color_atlas(tones.reshape(-1, 3, 3))
    material = replace(piece.material, color=(1.0, 1.0, 1.0), texture=texture)
    return replace(piece, material=material, uv=uv, colors=None)


def _color_atlas(
    tones: UInt8[np.ndarray, "f 3 3"],
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "f 3 2"]]:
    """A texture with a block per plain colour or face, and where the corners of faces lie in it.

    The corners a, b, c of a face are the centres of three outer texels of its block, and between
    them the colours run as they do between vertices: exactly, but for the cells that the side from
    b to c cuts, whose outer texel cannot be darker than black or lighter than white. Blocks are as
    large as :data:`ATLAS` allows, so that this is little.
    """
    packed = tones.astype(np.int64) @ (1 << 16, 1 << 8, 1)
    plain = (packed == packed[:, :1]).all(axis=1)
    keys = np.where(plain, packed[:, 0], (1 << 24) + np.arange(len(tones)))
    _, first, index = np.unique(keys, return_index=True, return_inverse=True)
    columns = int(np.ceil(np.sqrt(len(first))))
    rows = -(-len(first) // columns)
    side = 2 if plain.all() else max(2, min(16, ATLAS // columns))
    texture = np.zeros((rows * columns, side, side, 3), np.uint8)
    texture[: len(first)] = _blocks(tones[first].astype(np.float32), side)
    texture = texture.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4)
    row, column = np.divmod(index.reshape(-1, 1), columns)
    x = side * column + np.array([0.5, side - 0.5, 0.5])
    y = side * row + np.array([0.5, 0.5, side - 0.5])
    uv = np.stack([x / (side * columns), 1 - y / (side * rows)], axis=2)
    return texture.reshape(side * rows, side * columns, 3), uv


def _blocks(tones: Float[np.ndarray, "n 3 3"], side: int) -> UInt8[np.ndarray, "n side side 3"]:
    a, b, c = tones[:, :, None, None].transpose(1, 0, 2, 3, 4)
    right, down = np.meshgrid(*2 * [np.linspace(0, 1, side, dtype=np.float32)])
    mixed = a + (b - a) * right[..., None] + (c - a) * down[..., None]
    return np.round(np.clip(mixed, 0, 255)).astype(np.uint8)


def _with_repeating_texture(piece: Piece, findings: Findings) -> Piece:
    texture, uv = piece.material.texture, piece.uv
    if texture is None or uv is None:
        return piece
    for axis, wrap in enumerate(piece.wrap):
        if wrap != "repeat" and (uv[..., axis].min() < 0 or uv[..., axis].max() > 1):
            findings.baked.add(f"wrap mode {wrap} into a texture")
            texture, uv = _extended(texture, uv, axis, wrap)
    return replace(piece, material=replace(piece.material, texture=texture), uv=uv)


def _extended(
    texture: UInt8[np.ndarray, "h w 3"], uv: Float[np.ndarray, "f 3 2"], axis: int, wrap: Wrap
) -> tuple[UInt8[np.ndarray, "h2 w2 3"], Float[np.ndarray, "f 3 2"]]:
    """The texture continued along u or v as far as it is asked for, and the new coordinates."""
    along = np.swapaxes(texture, 0, 1) if axis == 0 else texture[::-1]  # first entry at u or v = 0
    size = len(along)
    before, after = 0, size
    if wrap == "clamp":
        low, high = uv[..., axis].min(), uv[..., axis].max()
        before, after = (int(np.ceil(max(0.0, x) * size)) + 1 for x in (-low, high - 1))
    if before + size + after > MAX_TEXTURE:
        raise UserError(
            f"a texture with wrap mode {wrap} would need a side over {MAX_TEXTURE} px to cover "
            "its texture coordinates; bake it into coordinates within 0 and 1"
        )
    mode = "edge" if wrap == "clamp" else "symmetric"
    longer = np.pad(along, ((before, after), (0, 0), (0, 0)), mode=mode)  # type: ignore[call-overload]
    moved = uv.copy()
    moved[..., axis] = (uv[..., axis] * size + before) / len(longer)
    return np.swapaxes(longer, 0, 1) if axis == 0 else longer[::-1], moved
