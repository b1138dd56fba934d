"""Mesh files written by hand, so that no library's habits come in."""

import base64
import io
import json
import struct

import numpy as np
from PIL import Image

CODES = {"int8": 5120, "uint8": 5121, "int16": 5122, "uint16": 5123, "uint32": 5125,
         "float32": 5126}  # fmt: skip
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)

CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) / 2
CUBE_FACES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
     [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.uint32)  # fmt: skip
SHEET = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], np.float32)
SHEET_FACES = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
SHEET_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)  # v down
QUARTERS = {(0.5, 0.75, 0): RED, (1.5, 0.75, 0): GREEN, (0.5, 0.25, 0): BLUE, (1.5, 0.25, 0): WHITE}
"""Middles of the quarters of the sheet, and their colours in :func:`picture`."""


def picture(kind="PNG", **options):
    """Red and green above blue and white, 16 x 16 pixels."""
    small = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    out = io.BytesIO()
    Image.fromarray(small.repeat(8, axis=0).repeat(8, axis=1)).save(out, kind, **options)
    return out.getvalue()


class Gltf:
    """A glTF under construction."""

    def __init__(self, **fields):
        self.data = b""
        self.doc = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}], **fields}

    def add(self, kind, **item):
        self.doc.setdefault(kind, []).append(item)
        return len(self.doc[kind]) - 1

    def view(self, content, **more):
        self.data += b"\0" * (-len(self.data) % 4)
        start, self.data = len(self.data), self.data + content
        return self.add("bufferViews", buffer=0, byteOffset=start, byteLength=len(content), **more)

    def accessor(self, values, view=None, **more):
        values = np.asarray(values)
        width = 1 if values.ndim == 1 else values.shape[1]
        if view is None:
            view = self.view(np.ascontiguousarray(values).tobytes())
        return self.add("accessors", bufferView=view, componentType=CODES[values.dtype.name],
                        count=len(values), type=KINDS[width], **more)  # fmt: skip

    def primitive(self, vertices=CUBE, faces=CUBE_FACES, position=None, **fields):
        attributes = fields.pop("attributes", {})
        made = {"attributes": {"POSITION": position if position is not None else
                               self.accessor(vertices), **attributes}, **fields}  # fmt: skip
        return made if faces is None else {**made, "indices": self.accessor(faces.reshape(-1))}

    def mesh(self, *primitives, **fields):
        return self.add("meshes", primitives=list(primitives), **fields)

    def node(self, shown=True, **fields):
        index = self.add("nodes", **fields)
        if shown:
            self.doc["scenes"][0]["nodes"].append(index)
        return index

    def material(self, texture=None, info=None, sampler=None, **fields):
        """A material; of a texture ``fields`` go beside it."""
        about = dict(fields.pop("pbr", {}), metallicFactor=0)
        if texture is not None:
            image = self.add("images", bufferView=self.view(texture), mimeType="image/png")
            more = {} if sampler is None else {"sampler": self.add("samplers", **sampler)}
            about["baseColorTexture"] = {
                "index": self.add("textures", source=image, **more), **(info or {})}  # fmt: skip
        return self.add("materials", pbrMetallicRoughness=about, **fields)

    def need(self, *names):
        self.doc["extensionsUsed"] = self.doc["extensionsRequired"] = list(names)
        return self

    def glb(self, path):
        self.doc.setdefault("buffers", [{"byteLength": len(self.data)}])
        text = json.dumps(self.doc).encode()
        text += b" " * (-len(text) % 4)
        data = self.data + b"\0" * (-len(self.data) % 4)
        body = struct.pack("<I4s", len(text), b"JSON") + text
        body += struct.pack("<I4s", len(data), b"BIN\0") + data
        path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)
        return path

    def gltf(self, path, uri=None):
        """The JSON, and the buffer beside it, or in it where no ``uri`` is given."""
        name = uri or "data:application/octet-stream;base64," + base64.b64encode(self.data).decode()
        self.doc["buffers"] = [{"byteLength": len(self.data), "uri": name}]
        path.write_text(json.dumps(self.doc))
        return path


def sheet(material=None, uv=SHEET_UV, gltf=None, **attributes):
    """A sheet of 2 x 1 with texture coordinates and other attributes."""
    g = gltf or Gltf()
    made = {name: g.accessor(values) for name, values in attributes.items()}
    if uv is not None:
        made.setdefault("TEXCOORD_0", g.accessor(uv))
    more = {} if material is None else {"material": material}
    g.node(mesh=g.mesh(g.primitive(SHEET, SHEET_FACES, attributes=made, **more)))
    return g


def obj_text(vertices, faces, between=""):
    """An OBJ of polygons, with indices from 0 here."""
    lines = [f"v {x} {y} {z}\n" for x, y, z in np.asarray(vertices).tolist()]
    rows = ["f " + " ".join(str(i + 1) for i in face) + "\n" for face in faces]
    return "".join([*lines, between, *rows])


def ply_bytes(vertices, faces, form="ascii", vertex=(), face=(), header=""):
    """A PLY; ``vertex`` and ``face`` are further columns (name, type, values)."""
    head = f"ply\nformat {form} 1.0\n{header}element vertex {len(vertices)}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += "".join(f"property {kind} {name}\n" for name, kind, _ in vertex)
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
    head += "".join(f"property {kind} {name}\n" for name, kind, _ in face) + "end_header\n"
    codes = {"uchar": "B", "float": "f", "ushort": "H", "list uchar float": "f"}
    order = ">" if "big" in form else "<"
    out = [head.encode()]
    for number, xyz in enumerate(np.asarray(vertices, float).tolist()):
        more = [(codes[kind], values[number]) for _, kind, values in vertex]
        out.append(_row([("f", x) for x in xyz] + more, form, order))
    for number, corners in enumerate(faces):
        row = [("B", len(corners)), *(("i", int(i)) for i in corners)]
        for _, kind, values in face:
            items = np.atleast_1d(values[number]).tolist()
            row += [("B", len(items))] if kind.startswith("list") else []
            row += [(codes[kind], item) for item in items]
        out.append(_row(row, form, order))
    return b"".join(out)


def _row(items, form, order):
    if form == "ascii":
        return (" ".join(str(value) for _, value in items) + "\n").encode()
    return b"".join(struct.pack(order + code, value) for code, value in items)


def stl_bytes(triangles, colour=0):
    """A binary STL."""
    rows = [struct.pack("<12fH", 0, 0, 0, *np.ravel(t), colour) for t in triangles]
    return b"made by hand".ljust(80) + struct.pack("<I", len(rows)) + b"".join(rows)


def stl_text(polygons, name="solid"):
    """A text STL; facets may have any number of corners."""
    lines = [f"solid {name}"]
    for polygon in polygons:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += [f"vertex {x} {y} {z}" for x, y, z in np.asarray(polygon).tolist()]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, f"endsolid {name}"]) + "\n"
