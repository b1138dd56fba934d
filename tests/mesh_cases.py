"""The conformance set: small mesh files over every feature, with what is right for each."""

from dataclasses import dataclass, field

import DracoPy
import numpy as np
from mesh_writer import (
    BLUE,
    CUBE,
    CUBE_FACES,
    GREEN,
    QUARTERS,
    RED,
    SHEET,
    SHEET_FACES,
    SHEET_UV,
    WHITE,
    Gltf,
    obj_text,
    picture,
    ply_bytes,
    sheet,
    stl_bytes,
    stl_text,
)

CASES = {}
DRACO, MESHOPT = "KHR_draco_mesh_compression", "EXT_meshopt_compression"
MIDDLE = (1.0, 0.5, 0.0)
U = [(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)]
U_VERTICES = [(x, y, z) for z in (0, 1) for x, y in U]


@dataclass(frozen=True)
class Case:
    """What is right: a surface, or a refusal whose line has these words."""

    feature: str
    write: object
    area: float = 0.0
    extent: tuple = ()
    parts: int = 1
    faces: int | None = None
    volume: float | None = None
    colors: dict = field(default_factory=dict)
    baked: str = ""
    left: str = ""
    refused: str = ""


def case(feature, **right):
    """Keep a function that writes the file into a folder and returns its path."""

    def keep(write):
        name = f"{feature}: {write.__name__}"
        assert name not in CASES
        CASES[name] = Case(feature, write, **right)
        return write

    return keep


def several(feature, values, **right):
    """A case per value; ``right`` may be functions of the value."""

    def keep(write):
        for name, value in values.items():

            def one(folder, value=value):
                return write(folder, value)

            one.__name__ = f"{write.__name__} {name}"
            case(feature, **{k: v(value) if callable(v) else v for k, v in right.items()})(one)

    return keep


CUBE_IS = {"area": 6.0, "extent": (1, 1, 1), "volume": 1.0, "faces": 12}
SHEET_IS = {"area": 2.0, "extent": (2, 1, 0), "faces": 2}
U_IS = {"area": 30.0, "extent": (3, 3, 1), "volume": 7.0, "faces": 28}


def cube(g, name="cube.glb", **node):
    g.node(mesh=g.mesh(g.primitive()), **node)
    return lambda folder: g.glb(folder / name)


# ---- glTF: numbers ----------------------------------------------------------------------------


def quantized(g, dtype, normalized):
    """The cube in whole numbers, padded to four, and the scale that undoes it."""
    top = np.iinfo(dtype).max if normalized else 100
    low = 0 if np.dtype(dtype).kind == "u" else -top
    rows = np.zeros((8, 4), dtype)
    rows[:, :3] = np.where(CUBE > 0, top, low)
    view = g.view(rows.tobytes(), byteStride=rows.itemsize * 4)
    side = (top - low) / (top if normalized else 1)
    return g.accessor(rows[:, :3], view, normalized=normalized), 1 / side


@several(
    "quantized coordinates",
    {
        f"{'normalized ' * n}{t}": (t, n)
        for t in ("int8", "uint8", "int16", "uint16")
        for n in (True, False)
    },
    **CUBE_IS,
)
def positions(folder, value):
    g = Gltf().need("KHR_mesh_quantization")
    position, scale = quantized(g, *value)
    g.node(mesh=g.mesh(g.primitive(position=position)), scale=[scale] * 3)
    return g.glb(folder / "a.glb")


@several(
    "quantized coordinates", {"uint8": "uint8", "uint16": "uint16"}, **SHEET_IS, colors=QUARTERS
)
def texture_coordinates(folder, dtype):
    g = Gltf().need("KHR_mesh_quantization")
    uv = g.accessor((SHEET_UV * np.iinfo(dtype).max).astype(dtype), normalized=True)
    made = {"TEXCOORD_0": uv}
    material = g.material(picture())
    g.node(mesh=g.mesh(g.primitive(SHEET, SHEET_FACES, attributes=made, material=material)))
    return g.glb(folder / "a.glb")


@case("quantized coordinates", **SHEET_IS, colors=QUARTERS, baked="texture transforms")
def plain_integers_with_a_texture_transform(folder):
    g = Gltf().need("KHR_mesh_quantization", "KHR_texture_transform")
    moved = {"extensions": {"KHR_texture_transform": {"scale": [1 / 1000, 1 / 1000]}}}
    made = {"TEXCOORD_0": g.accessor((SHEET_UV * 1000).astype(np.int16))}
    material = g.material(picture(), moved)
    g.node(mesh=g.mesh(g.primitive(SHEET, SHEET_FACES, attributes=made, material=material)))
    return g.glb(folder / "a.glb")


@several(
    "index and component types",
    {"uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32},
    **CUBE_IS,
)
def indices(folder, dtype):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(faces=CUBE_FACES.astype(dtype))))
    return g.glb(folder / "a.glb")


@case("index and component types", refused="no whole numbers")
def fractions_as_indices(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(faces=CUBE_FACES.astype(np.float32))))
    return g.glb(folder / "a.glb")


@case("index and component types", refused="components 5130")
def doubles(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    g.doc["accessors"][0]["componentType"] = 5130
    return g.glb(folder / "a.glb")


@case("index and component types", refused="past the last vertex")
def index_past_the_end(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(faces=CUBE_FACES + 1)))
    return g.glb(folder / "a.glb")


@case("index and component types", **CUBE_IS)
def interleaved(folder):
    g = Gltf()
    rows = np.concatenate([np.full((8, 2), 9, np.float32), CUBE], axis=1)
    view = g.view(rows.tobytes(), byteStride=20)
    position = g.accessor(CUBE, view, byteOffset=8)
    g.node(mesh=g.mesh(g.primitive(position=position)))
    return g.glb(folder / "a.glb")


def sparse_cube(g, base, rows, dtype=np.uint16):
    """The cube, of which some rows are in the sparse part alone."""
    places = np.array(rows, dtype)
    about = {
        "count": len(rows),
        "indices": {
            "bufferView": g.view(places.tobytes()),
            "componentType": {1: 5121, 2: 5123, 4: 5125}[places.itemsize],
        },
        "values": {"bufferView": g.view(CUBE[rows].tobytes())},
    }
    if base is None:
        return g.add("accessors", componentType=5126, count=8, type="VEC3", sparse=about)
    return g.accessor(base, sparse=about)


@several(
    "sparse accessors", {"uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32}, **CUBE_IS
)
def changed_rows(folder, dtype):
    g, base = Gltf(), CUBE.copy()
    base[[1, 6]] = 77
    g.node(mesh=g.mesh(g.primitive(position=sparse_cube(g, base, [1, 6], dtype))))
    return g.glb(folder / "a.glb")


@case("sparse accessors", **CUBE_IS)
def without_a_base(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(position=sparse_cube(g, None, list(range(8))))))
    return g.glb(folder / "a.glb")


@case("sparse accessors", refused="changes values it does not have")
def row_past_the_end(folder):
    g = Gltf()
    made = sparse_cube(g, CUBE, [1, 6])
    g.doc["accessors"][made]["count"] = 5
    g.node(mesh=g.mesh(g.primitive(position=made)))
    return g.glb(folder / "a.glb")


# ---- glTF: primitives -------------------------------------------------------------------------

STRIP = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0], [2, 0, 0], [2, 1, 0]], np.float32)
FAN = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], np.float32)


@several(
    "primitive modes",
    {
        "triangles without indices": (4, SHEET[SHEET_FACES.reshape(-1)], None),
        "strip": (5, STRIP, np.arange(6, dtype=np.uint16)),
        "strip without indices": (5, STRIP, None),
        "strip with a repeated corner": (
            5,
            STRIP,
            np.array([0, 1, 2, 3, 3, 2, 2, 3, 4, 5], np.uint16),
        ),
        "fan": (6, FAN, np.arange(4, dtype=np.uint8)),
        "fan without indices": (6, FAN, None),
    },
    area=2.0,
    extent=(2, 1, 0),
    faces=lambda v: {5: 4, 6: 2, 4: 2}[v[0]] if v[2] is None or len(v[2]) != 10 else None,
)
def mode(folder, value):
    kind, vertices, faces = value
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(vertices, faces, mode=kind)))
    return g.glb(folder / "a.glb")


@case("primitive modes", area=2.0, extent=(2, 1, 0), faces=4, left="lines")
def a_strip_looks_one_way_and_lines_are_left_out(folder):
    g = Gltf()
    lines = g.primitive(CUBE, None, mode=1)
    g.node(mesh=g.mesh(g.primitive(STRIP, None, mode=5), lines))
    return g.glb(folder / "a.glb")


@several(
    "primitive modes",
    {"points": 0, "lines": 1, "loop": 2, "line strip": 3},
    refused=lambda v: "points" if v == 0 else "lines",
)
def nothing_but(folder, kind):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(CUBE, None, mode=kind)))
    return g.glb(folder / "a.glb")


@case("primitive modes", refused="mode 7")
def unknown_mode(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(mode=7)))
    return g.glb(folder / "a.glb")


@case("primitive modes", refused="7 corners")
def corners_to_spare(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(faces=np.arange(7, dtype=np.uint8))))
    return g.glb(folder / "a.glb")


# ---- glTF: nodes ------------------------------------------------------------------------------


@case("nodes and scenes", area=24.0, extent=(2, 2, 2), volume=8.0)
def a_chain_of_transforms(folder):
    g = Gltf()
    half = 0.5**0.5
    low = g.node(False, mesh=g.mesh(g.primitive()), scale=[1, 2, 2], translation=[9, 0, 0])
    g.node(children=[low], rotation=[0, 0, half, half], scale=[2, 1, 1])
    return g.glb(folder / "a.glb")


@case("nodes and scenes", area=2 * (2 + 3 + 6), extent=(2, 3, 1), volume=6.0)
def a_matrix(folder):
    g = Gltf()
    matrix = [0, 3, 0, 0, -2, 0, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]
    return cube(g, matrix=matrix)(folder)


@several(
    "nodes and scenes",
    {"mirrored": [-1, 1, 1], "mirrored twice": [-1, -1, 1], "mirrored three times": [-1, -1, -1]},
    **CUBE_IS,
)
def a_node(folder, scale):
    return cube(Gltf(), scale=scale)(folder)


@case("nodes and scenes", area=12.0, extent=(4, 1, 1), parts=2, volume=2.0)
def one_mesh_shown_by_two_nodes(folder):
    g = Gltf()
    mesh = g.mesh(g.primitive())
    g.node(mesh=mesh, name="left")
    g.node(mesh=mesh, name="right", translation=[3, 0, 0])
    return g.glb(folder / "a.glb")


@case("nodes and scenes", area=12.0, extent=(4, 1, 1), parts=2)
def two_materials_in_a_mesh_are_two_parts(folder):
    g = Gltf()
    one, two = (g.material(name=name) for name in ("steel", "wood"))
    other = g.primitive(CUBE + np.float32([3, 0, 0]), material=two)
    g.node(mesh=g.mesh(g.primitive(material=one), other), name="knife")
    return g.glb(folder / "a.glb")


@case("nodes and scenes", **CUBE_IS, left="scenes beside")
def the_second_of_two_scenes(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()), scale=[5, 5, 5])
    g.doc["scenes"].append({"nodes": [g.node(False, mesh=0)]})
    g.doc["scene"] = 1
    return g.glb(folder / "a.glb")


@case("nodes and scenes", **CUBE_IS)
def no_scenes_at_all(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    del g.doc["scenes"], g.doc["scene"]
    return g.glb(folder / "a.glb")


@case("nodes and scenes", **CUBE_IS)
def no_scene_is_chosen(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    del g.doc["scene"]
    return g.glb(folder / "a.glb")


@case("nodes and scenes", **CUBE_IS, left="hidden nodes")
def hidden_nodes(folder):
    g = Gltf().need("KHR_node_visibility")
    hidden = {"KHR_node_visibility": {"visible": False}}
    below = g.node(False, mesh=g.mesh(g.primitive()), translation=[9, 0, 0])
    g.node(children=[below], extensions=hidden)
    g.node(mesh=0)
    return g.glb(folder / "a.glb")


@case("nodes and scenes", **CUBE_IS)
def levels_of_detail(folder):
    g = Gltf(extensionsUsed=["MSFT_lod"])
    coarse = g.node(False, mesh=g.mesh(g.primitive(SHEET, SHEET_FACES)))
    g.node(mesh=g.mesh(g.primitive()), extensions={"MSFT_lod": {"ids": [coarse]}})
    del g.doc["scenes"], g.doc["scene"]
    return g.glb(folder / "a.glb")


@case("nodes and scenes", refused="two parents")
def a_node_with_two_parents(folder):
    g = Gltf()
    low = g.node(False, mesh=g.mesh(g.primitive()))
    g.node(children=[low])
    g.node(children=[low])
    return g.glb(folder / "a.glb")


@case("nodes and scenes", refused="its own ancestor")
def a_circle_of_nodes(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()), children=[1])
    g.node(False, children=[0])
    return g.glb(folder / "a.glb")


@case("nodes and scenes", refused="number 7 of 1 meshes")
def a_mesh_that_is_not_there(folder):
    g = Gltf()
    g.mesh(g.primitive())
    g.node(mesh=7)
    return g.glb(folder / "a.glb")


@case("nodes and scenes", refused="no triangles")
def an_empty_scene(folder):
    g = Gltf()
    g.mesh(g.primitive())
    return g.glb(folder / "a.glb")


def instanced(**lists):
    g = Gltf().need("EXT_mesh_gpu_instancing")
    attributes = {
        name: g.accessor(values, normalized=values.dtype.kind == "i")
        for name, values in lists.items()
    }
    about = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    g.node(mesh=g.mesh(g.primitive()), extensions=about)
    return g


@case("instances", area=18.0, extent=(5, 1, 1), volume=3.0, faces=36)
def moved_instances(folder):
    places = np.array([[0, 0, 0], [2, 0, 0], [4, 0, 0]], np.float32)
    return instanced(TRANSLATION=places).glb(folder / "a.glb")


@case("instances", area=2 * (2 * (2 + 3 + 6)), extent=(13, 3, 1), volume=12.0, faces=24)
def turned_and_scaled_instances(folder):
    turn = np.array([[0, 0, 0, 32767], [0, 0, 23170, 23170]], np.int16)
    size = np.array([[2, 3, 1], [3, -2, 1]], np.float32)
    places = np.array([[0, 0, 0], [11, 0, 0]], np.float32)
    return instanced(TRANSLATION=places, ROTATION=turn, SCALE=size).glb(folder / "a.glb")


@case("instances", refused="different lengths")
def lists_of_different_lengths(folder):
    places, size = np.zeros((3, 3), np.float32), np.ones((2, 3), np.float32)
    return instanced(TRANSLATION=places, SCALE=size).glb(folder / "a.glb")


@case("instances", refused="over 2000000 faces")
def a_million_instances(folder):
    g = instanced(TRANSLATION=np.zeros((2, 3), np.float32))
    accessor = g.doc["nodes"][0]["extensions"]["EXT_mesh_gpu_instancing"]["attributes"]
    g.doc["accessors"][accessor["TRANSLATION"]].update(count=10**6)
    return g.glb(folder / "a.glb")


# ---- glTF: poses ------------------------------------------------------------------------------


def skinned(joints, weights, places, bind=None, **node):
    """The cube of which each vertex follows joints at given places."""
    g = Gltf()
    bones = [g.node(translation=list(place)) for place in places]
    skin = {"joints": bones}
    if bind is not None:
        skin["inverseBindMatrices"] = g.accessor(np.array(bind, np.float32).reshape(-1, 16))
    made = {
        "JOINTS_0": g.accessor(joints),
        "WEIGHTS_0": g.accessor(weights, normalized=weights.dtype.kind == "u"),
    }
    g.add("skins", **skin)
    g.node(mesh=g.mesh(g.primitive(attributes=made)), skin=0, **node)
    return g


TOP = (CUBE[:, 1] > 0).astype(np.uint8)
ONE = np.eye(4)[:1].repeat(8, axis=0)
BY_HEIGHT = np.stack([1 - TOP, TOP, 0 * TOP, 0 * TOP], axis=1)


@several(
    "skins",
    {
        "uint8": (np.uint8, np.float32),
        "uint16": (np.uint16, np.float32),
        "weights of uint8": (np.uint8, np.uint8),
        "weights of uint16": (np.uint8, np.uint16),
    },
    area=2 * (1 + 3 + 3),
    extent=(1, 3, 1),
    volume=3.0,
    baked="skins",
)
def stretched(folder, types):
    joints = np.tile(np.array([0, 1, 0, 0], types[0]), (8, 1))
    top = 1 if types[1] is np.float32 else np.iinfo(types[1]).max
    g = skinned(
        joints, (BY_HEIGHT * float(top)).astype(types[1]), [(0, 0, 0), (0, 2, 0)], scale=[7, 7, 7]
    )
    return g.glb(folder / "a.glb")


@case("skins", area=2 * (1 + 2 + 2), extent=(1, 2, 1), volume=2.0, baked="skins")
def blended_with_bind_matrices(folder):
    joints = np.tile(np.array([0, 1, 0, 0], np.uint8), (8, 1))
    weights = np.where(TOP[:, None] == 1, [0.25, 0.75, 0, 0], [1.0, 0, 0, 0]).astype(np.float32)
    bind = np.tile(np.eye(4), (2, 1, 1))
    bind[1, 3, 1] = -2 / 3  # column by column: y of the translation
    return skinned(joints, weights, [(0, 0, 0), (0, 2, 0)], bind).glb(folder / "a.glb")


@case("skins", refused="a skin with joints")
def a_joint_that_is_not_there(folder):
    joints = np.full((8, 4), 3, np.uint8)
    return skinned(joints, ONE.astype(np.float32), [(0, 0, 0)]).glb(folder / "a.glb")


@case("skins", refused="a skin with joints")
def no_weight_at_all(folder):
    joints, weights = np.zeros((8, 4), np.uint8), np.zeros((8, 4), np.float32)
    return skinned(joints, weights, [(0, 0, 0)]).glb(folder / "a.glb")


def morphed(folder, mesh, node, delta=None):
    g = Gltf()
    shift = np.zeros((8, 3), np.float32)
    shift[TOP == 1, 1] = 2
    target = {"POSITION": g.accessor(shift) if delta is None else delta(g, shift)}
    g.node(mesh=g.mesh(g.primitive(targets=[target]), **mesh), **node)
    return g.glb(folder / "a.glb")


TALL = {"area": 2 * (1 + 2 + 2), "extent": (1, 2, 1), "volume": 2.0, "baked": "morph"}


@case("morph targets", **TALL)
def weights_of_the_mesh(folder):
    return morphed(folder, {"weights": [0.5]}, {})


@case("morph targets", **TALL)
def weights_of_the_node_win(folder):
    return morphed(folder, {"weights": [1.0]}, {"weights": [0.5]})


@case("morph targets", **CUBE_IS, left="morph targets")
def weights_of_zero(folder):
    return morphed(folder, {"weights": [0]}, {})


@case("morph targets", **TALL)
def a_quantized_target(folder):
    def delta(g, shift):
        return g.accessor((shift / 2 * 127).astype(np.int8), normalized=True)

    return morphed(folder, {}, {"weights": [1.0]}, delta)


@case("morph targets", **TALL)
def a_sparse_target(folder):
    def delta(g, shift):
        rows = np.flatnonzero(TOP).astype(np.uint8)
        about = {
            "count": 4,
            "indices": {"bufferView": g.view(rows.tobytes()), "componentType": 5121},
            "values": {"bufferView": g.view(shift[rows].tobytes())},
        }
        return g.add("accessors", componentType=5126, count=8, type="VEC3", sparse=about)

    return morphed(folder, {"weights": [0.5]}, {}, delta)


# ---- glTF: compression ------------------------------------------------------------------------


def draco(g, fallback=False, **more):
    """A cube that Draco compresses, as a primitive."""
    packed = DracoPy.encode(CUBE, CUBE_FACES, quantization_bits=14, **more)
    number = DracoPy.decode(packed).attributes[0]["unique_id"]
    made = DracoPy.decode(packed)
    about = {"bufferView": g.view(packed), "attributes": {"POSITION": number}}
    if fallback:
        return g.primitive(extensions={DRACO: about})
    count, corners = len(made.attributes[0]["data"]), 3 * len(made.faces)
    position = g.add("accessors", componentType=5126, count=count, type="VEC3")
    index = g.add("accessors", componentType=5125, count=corners, type="SCALAR")
    return {"attributes": {"POSITION": position}, "indices": index, "extensions": {DRACO: about}}


@several(
    "Draco", {"level 0": {"compression_level": 0}, "level 10": {"compression_level": 10}}, **CUBE_IS
)
def compressed(folder, options):
    g = Gltf().need(DRACO)
    g.node(mesh=g.mesh(draco(g, **options)))
    return g.glb(folder / "a.glb")


@case("Draco", area=12.0, extent=(4, 1, 1), volume=2.0, parts=2)
def beside_a_plain_part(folder):
    g = Gltf().need(DRACO)
    g.node(mesh=g.mesh(g.primitive()), name="body")
    g.node(mesh=g.mesh(draco(g)), name="handle", translation=[3, 0, 0])
    return g.glb(folder / "a.glb")


@case("Draco", **CUBE_IS)
def with_the_same_uncompressed(folder):
    g = Gltf(extensionsUsed=[DRACO])
    g.node(mesh=g.mesh(draco(g, fallback=True)))
    return g.glb(folder / "a.glb")


@case("Draco", refused="cannot be decoded")
def bytes_that_are_not_dracos(folder):
    g = Gltf().need(DRACO)
    made = draco(g)
    made["extensions"][DRACO]["bufferView"] = g.view(b"DRACO" + bytes(90))
    g.node(mesh=g.mesh(made))
    return g.glb(folder / "a.glb")


@case("Draco", refused="not what the file says")
def counts_that_lie(folder):
    g = Gltf().need(DRACO)
    made = draco(g)
    g.doc["accessors"][made["attributes"]["POSITION"]]["count"] += 1
    g.node(mesh=g.mesh(made))
    return g.glb(folder / "a.glb")


def meshopt(folder, name, uri=None):
    """Buffer 1 holds the numbers, or is to be filled by the decoder."""
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    data, g.data = g.data, b"squeezed"
    second = {"byteLength": len(data), "extensions": {name: {"fallback": True}}}
    if uri is None:
        g.need(name, "KHR_mesh_quantization")
    else:
        (folder / uri).write_bytes(data)
        second["uri"] = uri
    for view in g.doc["bufferViews"]:
        view.update(buffer=1, extensions={name: {"buffer": 0, "mode": "ATTRIBUTES"}})
    g.doc["buffers"] = [{"byteLength": 8}, second]
    return g.glb(folder / "a.glb")


@several(
    "meshopt",
    {name: name for name in (MESHOPT, "KHR_meshopt_compression")},
    refused=lambda name: name,
)
def squeezed(folder, name):
    return meshopt(folder, name)


@case("meshopt", **CUBE_IS)
def with_a_fallback(folder):
    return meshopt(folder, MESHOPT, "plain.bin")


# ---- glTF: extensions -------------------------------------------------------------------------


@several(
    "extensions",
    {
        name: name
        for name in (
            "KHR_techniques_webgl",
            "KHR_gaussian_splatting",
            "EXT_mesh_primitive_restart",
            "MPEG_accessor_timed",
            "VENDOR_made_up",
        )
    },
    refused=lambda name: name,
)
def needed_and_not_known(folder, name):
    return cube(Gltf().need(name))(folder)


@several(
    "extensions",
    {
        name: name
        for name in ("KHR_materials_transmission", "KHR_materials_unlit", "KHR_materials_variants")
    },
    **CUBE_IS,
    left=lambda name: name,
)
def finer_looks(folder, name):
    return cube(Gltf().need(name))(folder)


@case("extensions", **CUBE_IS, left="VENDOR_made_up")
def in_use_and_not_known(folder):
    return cube(Gltf(extensionsUsed=["VENDOR_made_up"]))(folder)


@case("extensions", **CUBE_IS)
def lights_and_notes(folder):
    return cube(Gltf().need("KHR_lights_punctual", "KHR_xmp_json_ld"))(folder)


@case("extensions", refused="KHR_gaussian_splatting")
def splats_alone(folder):
    g = Gltf(extensionsUsed=["KHR_gaussian_splatting"])
    about = {"KHR_gaussian_splatting": {"kernel": "ellipse"}}
    g.node(mesh=g.mesh(g.primitive(CUBE, None, mode=0, extensions=about)))
    return g.glb(folder / "a.glb")


@several("extensions", {"1.0": "1.0", "3.0": "3.0"}, refused=lambda v: f"version {v}")
def other_versions(folder, version):
    return cube(Gltf(asset={"version": version}))(folder)


# ---- glTF: looks ------------------------------------------------------------------------------

LINEAR_HALF = (188 / 255,) * 3
"""What half the light is in sRGB."""


@case("colours and textures", **SHEET_IS, colors={MIDDLE: LINEAR_HALF})
def a_linear_colour(folder):
    g = Gltf()
    return sheet(g.material(pbr={"baseColorFactor": [0.5029, 0.5029, 0.5029, 1]}), gltf=g).glb(
        folder / "a.glb"
    )


@case("colours and textures", **SHEET_IS, colors={MIDDLE: (0.5, 0.5, 0.5)})
def a_colour_that_trimesh_wrote(folder):
    g = Gltf(asset={"version": "2.0", "generator": "https://github.com/mikedh/trimesh"})
    return sheet(g.material(pbr={"baseColorFactor": [0.5, 0.5, 0.5, 1]}), gltf=g).glb(
        folder / "a.glb"
    )


@several(
    "colours and textures",
    {
        "PNG": {},
        "JPEG": {"quality": 100, "subsampling": 0},
        "WEBP": {"lossless": True},
        "BMP": {},
        "TIFF": {},
        "GIF": {},
    },
    **SHEET_IS,
    colors=QUARTERS,
)
def a_picture(folder, options):
    kind = {2: "JPEG", 1: "WEBP", 0: "PNG"}[len(options)]
    g = Gltf()
    return sheet(g.material(picture(kind, **options)), gltf=g).glb(folder / "a.glb")


@several(
    "colours and textures",
    {
        "webp": ("EXT_texture_webp", "WEBP"),
        "dds": ("MSFT_texture_dds", "DDS"),
        "avif": ("EXT_texture_avif", "AVIF"),
    },
    **SHEET_IS,
    colors=QUARTERS,
)
def a_texture_of_an_extension(folder, value):
    name, kind = value
    g = Gltf().need(name)
    options = {"DDS": {}, "WEBP": {"lossless": True}, "AVIF": {"quality": 100}}[kind]
    material = g.material(picture(kind, **options))
    source = g.doc["textures"][0].pop("source")
    g.doc["textures"][0]["extensions"] = {name: {"source": source}}
    return sheet(material, gltf=g).glb(folder / "a.glb")


@case("colours and textures", **SHEET_IS, colors=QUARTERS)
def basis_with_a_fallback(folder):
    g = Gltf(extensionsUsed=["KHR_texture_basisu"])
    material = g.material(picture())
    g.doc["textures"][0]["extensions"] = {"KHR_texture_basisu": {"source": 9}}
    return sheet(material, gltf=g).glb(folder / "a.glb")


@case("colours and textures", refused="KHR_texture_basisu")
def basis_alone(folder):
    g = Gltf().need("KHR_texture_basisu")
    material = g.material(picture())
    del g.doc["textures"][0]["source"]
    g.doc["textures"][0]["extensions"] = {"KHR_texture_basisu": {"source": 0}}
    return sheet(material, gltf=g).glb(folder / "a.glb")


@case("colours and textures", refused="not a picture")
def a_picture_that_is_cut_off(folder):
    g = Gltf()
    return sheet(g.material(picture()[:-30]), gltf=g).glb(folder / "a.glb")


@case("colours and textures", **SHEET_IS, colors={MIDDLE: RED}, left="specular colours")
def specular_glossiness(folder):
    g = Gltf().need("KHR_materials_pbrSpecularGlossiness")
    about = {"diffuseFactor": [1, 0, 0, 1], "glossinessFactor": 0.25}
    material = g.add("materials", extensions={"KHR_materials_pbrSpecularGlossiness": about})
    return sheet(material, gltf=g).glb(folder / "a.glb")


@several(
    "colours and textures",
    {
        "BLEND": ({"alphaMode": "BLEND"}, "transparency"),
        "MASK": ({"alphaMode": "MASK"}, "transparency"),
        "emission": ({"emissiveFactor": [0, 1, 0]}, "emission"),
        "normal map": ({"normalTexture": {"index": 0}}, "normal maps"),
        "occlusion map": ({"occlusionTexture": {"index": 0}}, "occlusion maps"),
    },
    **SHEET_IS,
    colors=QUARTERS,
    left=lambda v: v[1],
)
def told(folder, value):
    g = Gltf()
    return sheet(g.material(picture(), **value[0]), gltf=g).glb(folder / "a.glb")


@case("colours and textures", **SHEET_IS, colors={MIDDLE: WHITE}, baked="their mean")
def a_map_of_metal_and_roughness(folder):
    g = Gltf()
    material = g.material(picture())
    about = g.doc["materials"][material]["pbrMetallicRoughness"]
    about["metallicRoughnessTexture"] = about.pop("baseColorTexture")
    return sheet(material, gltf=g).glb(folder / "a.glb")


@case("colours and textures", **SHEET_IS, colors={MIDDLE: WHITE}, left="without coordinates")
def a_texture_without_coordinates(folder):
    g = Gltf()
    return sheet(g.material(picture()), uv=None, gltf=g).glb(folder / "a.glb")


@several(
    "second texture coordinates",
    {
        "textureInfo": {"texCoord": 1},
        "transform": {"texCoord": 0, "extensions": {"KHR_texture_transform": {"texCoord": 1}}},
    },
    **SHEET_IS,
    colors=QUARTERS,
)
def chosen_by(folder, info):
    g = Gltf()
    material = g.material(picture(), info)
    return sheet(material, uv=0 * SHEET_UV, gltf=g, TEXCOORD_1=SHEET_UV).glb(folder / "a.glb")


def quarters(*colors):
    return dict(zip(QUARTERS, colors, strict=True))


@several(
    "texture transforms",
    {
        "offset": ({"offset": [0.5, 0]}, (GREEN, RED, WHITE, BLUE)),
        "offset along v": ({"offset": [0, 0.5]}, (BLUE, WHITE, RED, GREEN)),
        "scale": ({"scale": [2, 1]}, (RED, RED, BLUE, BLUE)),
        "mirror": ({"offset": [1, 0], "scale": [-1, 1]}, (GREEN, RED, WHITE, BLUE)),
        # the example of the extension: the lower left quarter, turned
        "rotation": ({"offset": [0, 1], "rotation": np.pi / 2, "scale": [0.5, 0.5]}, (BLUE,) * 4),
        "quarter turn": ({"offset": [0, 1], "rotation": np.pi / 2}, (BLUE, RED, WHITE, GREEN)),
    },
    **SHEET_IS,
    baked="texture transforms",
    colors=lambda v: quarters(*v[1]),
)
def transformed(folder, value):
    moved = dict(value[0])
    if moved.get("scale") == [2, 1]:  # u runs from 0 to 2, so that each half shows the whole width
        moved["offset"] = [0.75, 0]
        value = (moved, value[1])
    g = Gltf().need("KHR_texture_transform")
    material = g.material(picture(), {"extensions": {"KHR_texture_transform": moved}})
    return sheet(material, gltf=g).glb(folder / "a.glb")


WIDE = SHEET_UV * 2  # u and v from 0 to 2
REPEAT, MIRROR, CLAMP = 10497, 33648, 33071


def wrapped(kind):
    """Colours at some places of the sheet by the definition of the wrap modes."""
    found = {}
    for x in (0.1, 0.3, 0.7, 0.9, 1.1, 1.3, 1.7, 1.9):
        for y in (0.05, 0.15, 0.35, 0.45, 0.55, 0.65, 0.85, 0.95):
            u, v = x, 2 * (1 - y)
            u, v = (
                (t % 1 if kind == REPEAT else 1 - abs(1 - t % 2) if kind == MIRROR else min(t, 1))
                for t in (u, v)
            )
            found[x, y, 0.0] = ((RED, GREEN), (BLUE, WHITE))[int(v >= 0.5)][int(u >= 0.5)]
    return found


@several(
    "wrap modes",
    {
        "repeat": (REPEAT, (WHITE, WHITE, WHITE, WHITE), ""),
        "mirror": (MIRROR, (WHITE, BLUE, GREEN, RED), "mirror"),
        "clamp": (CLAMP, (RED, GREEN, BLUE, WHITE), "clamp"),
    },
    **SHEET_IS,
    baked=lambda v: v[2],
    colors=lambda v: wrapped(v[0]),
)
def wrap(folder, value):
    g = Gltf()
    material = g.material(picture(), sampler={"wrapS": value[0], "wrapT": value[0]})
    return sheet(material, uv=WIDE, gltf=g).glb(folder / "a.glb")


@case("wrap modes", **SHEET_IS, colors=QUARTERS)
def clamp_that_is_not_used(folder):
    g = Gltf()
    material = g.material(picture(), sampler={"wrapS": CLAMP, "wrapT": MIRROR})
    return sheet(material, gltf=g).glb(folder / "a.glb")


@case("wrap modes", refused="wrap mode clamp")
def clamp_far_away(folder):
    g = Gltf()
    material = g.material(picture(), sampler={"wrapS": CLAMP})
    return sheet(material, uv=SHEET_UV * 1000, gltf=g).glb(folder / "a.glb")


ENDS = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]], np.float32)  # red to blue along x
RUN = {(x, 0.5, 0): None for x in (0.2, 0.6, 1.0, 1.4, 1.8)}


def run(low, high):
    """Colours between two ends along the sheet."""
    return {p: tuple(np.array(low) + (np.array(high) - low) * p[0] / 2) for p in RUN}


@several(
    "vertex colours",
    {
        "float": ENDS,
        "uint8": (ENDS * 255).astype(np.uint8),
        "uint16": (ENDS * 65535).astype(np.uint16),
    },
    **SHEET_IS,
    colors=run((1, 0, 0), (0, 0, 1)),
    baked="vertex colours",
)
def running(folder, colors):
    g = Gltf()
    made = g.accessor(colors, normalized=colors.dtype.kind == "u")
    g.node(mesh=g.mesh(g.primitive(SHEET, SHEET_FACES, attributes={"COLOR_0": made})))
    return g.glb(folder / "a.glb")


@case("vertex colours", **SHEET_IS, colors={MIDDLE: GREEN})
def one_colour(folder):
    g = Gltf()
    green = np.tile(np.array([0, 1, 0, 1], np.float32), (4, 1))
    return sheet(uv=None, gltf=g, COLOR_0=green).glb(folder / "a.glb")


@case("vertex colours", **SHEET_IS, colors={MIDDLE: LINEAR_HALF}, left="transparency")
def linear_and_transparent(folder):
    g = Gltf()
    grey = np.tile(np.array([0.5029, 0.5029, 0.5029, 0.3], np.float32), (4, 1))
    return sheet(uv=None, gltf=g, COLOR_0=grey).glb(folder / "a.glb")


@case("vertex colours", **SHEET_IS, colors=run((0, 0, 0), (0, 0, 1)), baked="vertex colours")
def times_the_base_colour(folder):
    g = Gltf()
    material = g.material(pbr={"baseColorFactor": [0, 1, 1, 1]})
    return sheet(material, uv=None, gltf=g, COLOR_0=ENDS).glb(folder / "a.glb")


@case("vertex colours", **SHEET_IS, colors=quarters(RED, (0, 0, 0), (0, 0, 0), RED))
def one_colour_over_a_texture(folder):
    g = Gltf()
    red = np.tile(np.array([1, 0, 0], np.float32), (4, 1))
    return sheet(g.material(picture()), gltf=g, COLOR_0=red).glb(folder / "a.glb")


@case("vertex colours", **SHEET_IS, colors=QUARTERS, left="beside a texture")
def running_over_a_texture(folder):
    g = Gltf()
    return sheet(g.material(picture()), gltf=g, COLOR_0=ENDS).glb(folder / "a.glb")


@case("containers", **CUBE_IS)
def a_buffer_beside_it(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    (folder / "a b.bin").write_bytes(g.data)
    return g.gltf(folder / "a.gltf", "a%20b.bin")


@case("containers", **SHEET_IS, colors=QUARTERS)
def everything_in_the_text(folder):
    g = Gltf()
    return sheet(g.material(picture()), gltf=g).gltf(folder / "a.gltf")


@case("containers", refused="neither an address nor a chunk")
def a_second_buffer_without_content(folder):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive()))
    g.doc["buffers"] = [{"byteLength": len(g.data)}, {"byteLength": 9}]
    return g.glb(folder / "a.glb")


# ---- OBJ --------------------------------------------------------------------------------------


def u_faces(turn=0):
    bottom = [(i + turn) % 8 for i in range(7, -1, -1)]
    top = [8 + (i + turn) % 8 for i in range(8)]
    return [bottom, top, *([i, (i + 1) % 8, (i + 1) % 8 + 8, i + 8] for i in range(8))]


@several("OBJ polygons", {str(i): i for i in range(8)}, **U_IS)
def concave_from_corner(folder, turn):
    (folder / "a.obj").write_text(obj_text(U_VERTICES, u_faces(turn)))
    return folder / "a.obj"


@several("OBJ polygons", {str(i): i for i in range(4)}, area=2.0, faces=2)
def a_concave_quad_from_corner(folder, turn):
    arrow = [(0, 0, 0), (2, 2, 0), (0, 1, 0), (-2, 2, 0)]
    (folder / "a.obj").write_text(obj_text(arrow, [[(i + turn) % 4 for i in range(4)]]))
    return folder / "a.obj"


@case("OBJ polygons", area=2 * 50 * np.sin(np.pi / 50) * np.cos(np.pi / 50) / 2 / 2, faces=98)
def a_star_of_a_hundred_corners(folder):
    angle = np.arange(100) * np.pi / 50
    inner = np.cos(np.pi / 50) / 2
    radius = np.where(np.arange(100) % 2, inner, 1.0)
    star = np.stack([radius * np.cos(angle), 0 * angle, radius * np.sin(angle)], axis=1)
    (folder / "a.obj").write_text(obj_text(np.roll(star, 1, axis=0), [range(100)]))
    return folder / "a.obj"


@case("OBJ polygons", **{**CUBE_IS, "faces": 16}, colors={})
def corners_on_straight_edges(folder):
    extra = [(0, -0.5, -0.5), (0, 0.5, -0.5)]
    faces = [
        [0, 1, 3, 2],
        [4, 6, 7, 5],
        [0, 8, 4, 5, 1],
        [2, 3, 7, 6, 9],
        [9, 6, 4, 8, 0, 2],
        [1, 5, 7, 3],
    ]
    (folder / "a.obj").write_text(obj_text([*CUBE.tolist(), *extra], faces))
    return folder / "a.obj"


@case("OBJ polygons", area=4 - 1, extent=(2, 2, 0))
def a_hole_with_a_bridge(folder):
    corners = [
        (0, 0, 0),
        (2, 0, 0),
        (2, 2, 0),
        (0, 2, 0),
        (0.5, 0.5, 0),
        (0.5, 1.5, 0),
        (1.5, 1.5, 0),
        (1.5, 0.5, 0),
    ]
    ring = [0, 1, 2, 3, 0, 4, 5, 6, 7, 4]
    (folder / "a.obj").write_text(obj_text(corners, [ring]))
    return folder / "a.obj"


@case("OBJ polygons", area=1.0, left="cross themselves")
def a_bow_tie(folder):
    tie = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]
    (folder / "a.obj").write_text(obj_text(tie, [range(4)]))
    return folder / "a.obj"


@case("OBJ polygons", refused="less than three corners")
def a_face_of_two_corners(folder):
    (folder / "a.obj").write_text(obj_text(SHEET, [[0, 1, 2], [0, 1]]))
    return folder / "a.obj"


def obj(folder, text, **files):
    (folder / "a.obj").write_bytes(text if isinstance(text, bytes) else text.encode())
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    return folder / "a.obj"


V = "v 0 0 0\nv 2 0 0\nv 2 1 0\nv 0 1 0\n"
VT = "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
FT = "f 1/1 2/2 3/3 4/4\n"
PAINTED = {**SHEET_IS, "colors": {MIDDLE: GREEN}}
PAINT = "newmtl paint\nKd 0 1 0\n"


@several(
    "OBJ indices",
    {
        "relative": V + "f -4 -3 -2 -1\n",
        "with all": V + VT + "vn 0 0 1\nf 1/1/1 2/2/1 3/3/1 4/4/1\n",
        "with normals": V + "vn 0 0 1\nf 1//1 2//1 3//1 4//1\n",
        "of mixed form": V + VT + "f 1/1 2/2 3\nf 1 3 4\n",
        "before the vertices": "f 1 2 3 4\n" + V,
        "with comments": V + "f 1 2 3 # one\nf 1 3 4 # two\n",
        "of the old keyword": V + "fo 1 2 3 4\n",
        "on a continued line": V + "f 1 2 \\\n 3 4\n",
        "with tabs": V.replace(" ", "\t") + "f\t1\t2  3 4\n",
        "with carriage returns": (V + "f 1 2 3 4\n").replace("\n", "\r\n"),
        "with old Macintosh lines": (V + "f 1 2 3 4\n").replace("\n", "\r"),
        "with a byte order mark": "\ufeff" + V + "f 1 2 3 4\n",
    },
    **SHEET_IS,
)
def corners(folder, text):
    return obj(folder, text)


@case("OBJ indices", area=4.0, extent=(5, 1, 0), parts=2)
def relative_after_the_first_object(folder):
    second = V.replace("v 0", "v 3").replace("v 2", "v 5")
    return obj(folder, f"o one\n{V}f -4 -3 -2 -1\no two\n{second}f -4 -3 -2 -1\n")


@several(
    "OBJ indices",
    {"0": "f 0 1 2\n", "9": "f 1 2 9\n", "-9": "f -9 1 2\n", "x": "f 1 2 x\n"},
    refused=lambda v: "a face refers" if "9" in v else "0" if "0" in v else "'f 1 2 x",
)
def out_of_reach(folder, line):
    return obj(folder, V + line)


@several(
    "OBJ parts",
    {
        "objects": ("o a\nf 1 2 3\no b\nf 1 3 4\n", 2),
        "groups": ("g a\nf 1 2 3\ng b\nf 1 3 4\n", 2),
        "a group twice": ("g a\nf 1 2 3\ng b\nf 1 3 4\ng a\nf 3 2 1\n", 2),
        "groups in an object": ("o a\ng x\nf 1 2 3\ng y\nf 1 3 4\n", 2),
        "materials": ("usemtl a\nf 1 2 3\nusemtl b\nf 1 3 4\n", 2),
        "materials in an object": ("o a\nusemtl x\nf 1 2 3\nusemtl y\nf 1 3 4\n", 2),
        "nothing said": ("f 1 2 3\nf 1 3 4\n", 1),
        "smoothing groups": ("s 1\nf 1 2 3\ns off\nf 1 3 4\n", 1),
    },
    area=lambda v: 3.0 if "3 2 1" in v[0] else 2.0,
    parts=lambda v: v[1],
    left=lambda v: "no library has" if "usemtl" in v[0] else "",
)
def parts_by(folder, value):
    return obj(folder, V + value[0])


@several(
    "OBJ materials",
    {
        "two libraries in a line": ("mtllib other.mtl a.mtl\n", {"other_mtl": "newmtl x\n"}),
        "two lines": ("mtllib other.mtl\nmtllib a.mtl\n", {"other_mtl": "newmtl x\nKd 1 0 0\n"}),
        "the first of two": ("mtllib a.mtl other.mtl\n", {"other_mtl": "newmtl paint\nKd 1 0 0\n"}),
        "quotes": ('mtllib "a.mtl"\n', {}),
        "after a comment": ("# mtllib lost.mtl\nmtllib a.mtl\n", {}),
    },
    **PAINTED,
)
def libraries(folder, value):
    line, files = value
    return obj(folder, line + V + "usemtl paint\nf 1 2 3 4\n", a_mtl=PAINT, **files)


@case("OBJ materials", **PAINTED)
def spaces_in_the_name_of_a_library(folder):
    (folder / "my paint.mtl").write_text(PAINT)
    return obj(folder, "mtllib my paint.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n")


@several(
    "OBJ materials",
    {
        "Latin-1": ("latin-1", "latin-1"),
        "UTF-8": ("utf-8", "utf-8"),
        "one of each": ("latin-1", "utf-8"),
    },
    **PAINTED,
)
def names_in(folder, codes):
    text = "mtllib a.mtl\n" + V + "usemtl Gr\u00fcn\nf 1 2 3 4\n"
    library = PAINT.replace("paint", "Gr\u00fcn")
    return obj(folder, text.encode(codes[0]), a_mtl=library.encode(codes[1]))


@several(
    "OBJ materials",
    {"one number": "Kd 1\n", "a comment": "Kd 1 1 1 # white\n", "old case": "KD 1 1 1\n"},
    **SHEET_IS,
    colors={MIDDLE: WHITE},
)
def a_colour_with(folder, line):
    library = "newmtl paint\n" + line
    return obj(folder, "mtllib a.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n", a_mtl=library)


@case("OBJ materials", **SHEET_IS, left="'gone'")
def a_material_that_no_library_has(folder):
    return obj(folder, "mtllib a.mtl\n" + V + "usemtl gone\nf 1 2 3 4\n", a_mtl=PAINT)


@case("OBJ materials", refused="lost.mtl")
def a_library_that_is_missing(folder):
    return obj(folder, "mtllib a.mtl lost.mtl\n" + V + "f 1 2 3 4\n", a_mtl=PAINT)


@several("OBJ materials", {"d": "d 0.5\n", "Tr": "Tr 0.4\n"}, **PAINTED, left="transparency")
def transparent_by(folder, line):
    return obj(folder, "mtllib a.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n", a_mtl=PAINT + line)


@several(
    "OBJ materials",
    {"-q": "map_Kd -q 1 a.png", "no file": "map_Kd -s 1 1 1", "words": "Kd red"},
    refused=lambda v: "-q" if "-q" in v else "line",
)
def lines_that_are_not_mtl(folder, line):
    return obj(
        folder,
        "mtllib a.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n",
        a_mtl="newmtl paint\n" + line + "\n",
    )


def textured(folder, line, coordinates=VT, name="a.png"):
    (folder / name).write_bytes(picture())
    return obj(
        folder,
        "mtllib a.mtl\n" + V + coordinates + "usemtl paint\n" + FT,
        a_mtl=f"newmtl paint\nKd 0.1 0.1 0.1\nmap_Kd {line}\n",
    )


@several(
    "OBJ textures",
    {
        "plain": "a.png",
        "with options that change nothing": "-blendu on -blendv on -bm 1 -cc off -texres 64 a.png",
        "with -clamp off": "-clamp off a.png",
        "in quotes": '"a.png"',
        "with a backslash": ".\\a.png",
    },
    **SHEET_IS,
    colors=QUARTERS,
)
def map_kd(folder, line):
    return textured(folder, line)


@several(
    "OBJ textures",
    {
        "-o": ("-o 0.5 0 0 a.png", (GREEN, RED, WHITE, BLUE)),
        "-o of one number": ("-o 0.5 a.png", (GREEN, RED, WHITE, BLUE)),
        "-s and -o": ("-s 0.5 0.5 1 -o 0 0.5 0 a.png", (RED, RED, RED, RED)),
        "-s of two numbers": ("-s 1 -1 a.png", (BLUE, WHITE, RED, GREEN)),
    },
    **SHEET_IS,
    baked="texture transforms",
    colors=lambda v: quarters(*v[1]),
)
def map_kd_moved(folder, value):
    return textured(folder, value[0])


@case("OBJ textures", **SHEET_IS, colors=wrapped(CLAMP), baked="clamp")
def map_kd_with_clamp_on(folder):
    # the sheet's top left is (0, 0) of WIDE, v down: so v up runs from -1 to 1
    return textured(folder, "-clamp on a.png", "vt 0 -1\nvt 2 -1\nvt 2 1\nvt 0 1\n")


@case(
    "OBJ textures",
    **SHEET_IS,
    baked="base and gain",
    colors=quarters((1, 0.5, 0.5), (0.5, 1, 0.5), (0.5, 0.5, 1), (1, 1, 1)),
)
def map_kd_with_base_and_gain(folder):
    return textured(folder, "-mm 0.5 0.5 a.png")


@case("OBJ textures", **SHEET_IS, colors=QUARTERS)
def spaces_in_the_name_of_a_texture(folder):
    return textured(folder, "-s 1 1 1 my green leaf.png", name="my green leaf.png")


@case("OBJ textures", **SHEET_IS, left="without coordinates")
def a_texture_and_no_coordinates(folder):
    (folder / "a.png").write_bytes(picture())
    return obj(
        folder,
        "mtllib a.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n",
        a_mtl="newmtl paint\nmap_Kd a.png\n",
    )


@several(
    "OBJ textures",
    {
        "bump": "map_Bump a.png",
        "norm": "norm a.png",
        "d": "map_d a.png",
        "Ks": "map_Ks a.png",
        "Ke": "map_Ke a.png",
    },
    **PAINTED,
    left=lambda v: {
        "map_Bump": "bump",
        "norm": "normal",
        "map_d": "transparency",
        "map_Ks": "specular",
        "map_Ke": "emission",
    }[v.split()[0]],
)
def other_maps(folder, line):
    return obj(
        folder, "mtllib a.mtl\n" + V + "usemtl paint\nf 1 2 3 4\n", a_mtl=PAINT + line + "\n"
    )


@several(
    "OBJ vertex colours",
    {
        "up to 1": ("1 0 0", "0 0 1"),
        "up to 255": ("255 0 0", "0 0 255"),
        "after a weight": ("1.0 1 0 0", "1.0 0 0 1"),
    },
    **SHEET_IS,
    colors=run((1, 0, 0), (0, 0, 1)),
    baked="vertex colours",
)
def after_the_position(folder, ends):
    red, blue = ends
    lines = [f"v {x} {y} 0 {blue if x else red}\n" for x, y in ((0, 0), (2, 0), (2, 1), (0, 1))]
    return obj(folder, "".join(lines) + "f 1 2 3 4\n")


@several(
    "OBJ other content",
    {
        "curves": "cstype bezier\ndeg 3\ncurv 0 1 1 2 3\n",
        "call": "call other.obj\n",
        "nonsense": "v 1 2\n",
        "decimal commas": "v 1,5 2,5 3,5\n",
    },
    refused=lambda v: v.split("\n")[0].split()[0],
)
def not_read(folder, lines):
    return obj(folder, V + lines + "f 1 2 3 4\n")


@several(
    "OBJ other content",
    {"lines": "l 1 2 3\n", "points": "p 1\n"},
    **SHEET_IS,
    left=lambda v: {"l": "lines", "p": "points"}[v[0]],
)
def left_out(folder, line):
    return obj(folder, V + line + "f 1 2 3 4\n")


# ---- PLY and STL ------------------------------------------------------------------------------

FORMS = {"ascii": "ascii", "little": "binary_little_endian", "big": "binary_big_endian"}


def ply(folder, *args, **options):
    (folder / "a.ply").write_bytes(ply_bytes(*args, **options))
    return folder / "a.ply"


@several("PLY", FORMS, **CUBE_IS)
def triangles(folder, form):
    return ply(folder, CUBE, CUBE_FACES, form)


@several("PLY", FORMS, **U_IS)
def concave(folder, form):
    return ply(folder, U_VERTICES, u_faces(1), form)


@several("PLY colours", FORMS, **SHEET_IS, colors=run((1, 0, 0), (0, 0, 1)), baked="vertex colours")
def of_vertices(folder, form):
    columns = [
        (name, "uchar", (ENDS[:, i] * 255).astype(int).tolist())
        for i, name in enumerate(("red", "green", "blue"))
    ]
    return ply(folder, SHEET, [range(4)], form, columns)


@case("PLY colours", **SHEET_IS, colors={MIDDLE: (0, 0.5, 1)})
def fractions(folder):
    columns = [("red", "float", [0] * 4), ("green", "float", [0.5] * 4), ("blue", "float", [1] * 4)]
    return ply(folder, SHEET, [range(4)], "ascii", columns)


@case(
    "PLY colours",
    **SHEET_IS,
    colors={(1.5, 0.2, 0): RED, (0.5, 0.8, 0): BLUE},
    baked="vertex colours",
)
def of_faces(folder):
    columns = [("red", "uchar", [255, 0]), ("green", "uchar", [0, 0]), ("blue", "uchar", [0, 255])]
    return ply(folder, SHEET, SHEET_FACES, "binary_little_endian", (), columns)


@case("PLY colours", **SHEET_IS, colors=QUARTERS)
def a_texture_over_faces(folder):
    (folder / "a.png").write_bytes(picture())
    uv = [[[0, 0], [1, 0], [1, 1], [0, 1]]]
    columns = [("texcoord", "list uchar float", [np.ravel(uv[0])])]
    return ply(folder, SHEET, [range(4)], "ascii", (), columns, "comment TextureFile a.png\n")


@case("PLY colours", **SHEET_IS, colors=QUARTERS)
def a_texture_over_vertices(folder):
    (folder / "a.png").write_bytes(picture())
    columns = [("s", "float", [0, 1, 1, 0]), ("t", "float", [0, 0, 1, 1])]
    return ply(folder, SHEET, SHEET_FACES, "ascii", columns, (), "comment TextureFile a.png\n")


@case("PLY", refused="tristrips")
def strips(folder):
    text = ply_bytes(SHEET, SHEET_FACES).replace(b"element face", b"element tristrips")
    (folder / "a.ply").write_bytes(text)
    return folder / "a.ply"


@several("PLY", FORMS, refused="damaged PLY")
def cut_off(folder, form):
    (folder / "a.ply").write_bytes(ply_bytes(CUBE, CUBE_FACES, form)[:-9])
    return folder / "a.ply"


@case("PLY", refused="no triangles")
def points_alone(folder):
    return ply(folder, CUBE, [])


def stl(folder, content):
    (folder / "a.stl").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "a.stl"


@case("STL", **CUBE_IS)
def binary(folder):
    return stl(folder, stl_bytes(CUBE[CUBE_FACES]))


@case("STL", **CUBE_IS, left="colours of STL faces")
def binary_with_colours(folder):
    return stl(folder, stl_bytes(CUBE[CUBE_FACES], 0x801F))


@case("STL", **CUBE_IS)
def text(folder):
    return stl(folder, stl_text(CUBE[CUBE_FACES], "a vertex of a solid"))


@case("STL", area=12.0, extent=(4, 1, 1), parts=2, volume=2.0)
def text_of_two_solids(folder):
    two = CUBE + np.array([3, 0, 0], np.float32)
    return stl(folder, stl_text(CUBE[CUBE_FACES], "a") + stl_text(two[CUBE_FACES], "b"))


@case("STL", **U_IS)
def text_with_polygons(folder):
    points = np.array(U_VERTICES, float)
    return stl(folder, stl_text([points[list(face)] for face in u_faces(1)]))


@several(
    "STL",
    {"binary": stl_bytes(CUBE[CUBE_FACES])[:-9], "text": stl_text(CUBE[CUBE_FACES])[:-50]},
    refused="damaged STL",
)
def is_cut_off(folder, content):
    return stl(folder, content)
