"""The conformance set, glTF: numbers, primitives, nodes, poses, compression, extensions."""

import DracoPy
import numpy as np
from mesh_cases import CUBE_IS, DRACO, MESHOPT, SHEET_IS, case, several
from mesh_writer import CUBE, CUBE_FACES, QUARTERS, SHEET, SHEET_FACES, SHEET_UV, Gltf, picture
from meshopt import encode_filter_exp, encode_gltf_buffer


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


@case("nodes and scenes", refused="affine")
def a_matrix_with_perspective(folder):
    return cube(Gltf(), matrix=[1, 0, 0, 0.1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])(folder)


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


def squeezed(g, kinds=("ATTRIBUTES", "TRIANGLES"), name=MESHOPT, spoil=lambda packed: None):
    """Buffer 0 holds the views as meshopt compresses them; buffer 1 is to be filled with them."""
    g.need(name, "KHR_mesh_quantization")
    plain, g.data = g.data, b""
    version = int(name.startswith("KHR"))
    for view, accessor, kind in zip(g.doc["bufferViews"], g.doc["accessors"], kinds, strict=True):
        values = np.frombuffer(plain, np.uint8, view["byteLength"], view["byteOffset"])
        mode, _, filter_ = kind.partition(" ")
        stride = view["byteLength"] // accessor["count"]
        rows = values.reshape(-1, stride)
        if mode != "ATTRIBUTES":
            rows = rows.view(np.uint16 if stride == 2 else np.uint32)
        if filter_:
            rows = encode_filter_exp(rows.view(np.float32), 20)
        data = encode_gltf_buffer(rows, mode, version)
        packed = {"buffer": 0, "byteOffset": len(g.data), "byteLength": len(data), "mode": mode,
                  "byteStride": stride, "count": accessor["count"]}  # fmt: skip
        packed |= {"filter": filter_} if filter_ else {}
        spoil(packed)
        g.data += data
        view.update(buffer=1, extensions={name: packed})
    filled = {"byteLength": len(plain), "extensions": {name: {"fallback": True}}}
    g.doc["buffers"] = [{"byteLength": len(g.data)}, filled]
    return g


def cube_to_squeeze(faces=CUBE_FACES):
    g = Gltf()
    g.node(mesh=g.mesh(g.primitive(faces=faces)))
    return g


@several("meshopt", {name: name for name in (MESHOPT, "KHR_meshopt_compression")}, **CUBE_IS)
def by(folder, name):
    return squeezed(cube_to_squeeze(), name=name).glb(folder / "a.glb")


@several(
    "meshopt",
    {
        "triangles of 16 bits": (("ATTRIBUTES", "TRIANGLES"), np.uint16),
        "a sequence of indices": (("ATTRIBUTES", "INDICES"), np.uint32),
        "an exponential filter": (("ATTRIBUTES EXPONENTIAL", "TRIANGLES"), np.uint32),
    },
    **CUBE_IS,
)
def with_(folder, value):
    kinds, dtype = value
    return squeezed(cube_to_squeeze(CUBE_FACES.astype(dtype)), kinds).glb(folder / "a.glb")


@case("meshopt", **CUBE_IS)
def quantized_too(folder):
    g = Gltf()
    position, scale = quantized(g, "int16", True)
    g.node(mesh=g.mesh(g.primitive(position=position)), scale=[scale] * 3)
    return squeezed(g).glb(folder / "a.glb")


@several(
    "meshopt",
    {
        "bytes": lambda packed: packed.update(byteLength=packed["byteLength"] - 9),
        "a mode": lambda packed: packed.update(mode="STRIPS"),
        "a count": lambda packed: packed.update(count=packed["count"] * 2**28),
    },
    refused="cannot be decoded",
)
def wrong(folder, spoil):
    return squeezed(cube_to_squeeze(), spoil=spoil).glb(folder / "a.glb")


@case("meshopt", refused="reaches past its buffer")
def past_the_end(folder):
    g = squeezed(cube_to_squeeze(), spoil=lambda packed: packed.update(byteLength=9999))
    return g.glb(folder / "a.glb")


@case("meshopt", refused="neither an address nor a chunk")
def a_view_that_says_nothing(folder):
    g = squeezed(cube_to_squeeze())
    del g.doc["bufferViews"][0]["extensions"]
    return g.glb(folder / "a.glb")


@case("meshopt", **CUBE_IS)
def with_a_fallback(folder):
    g = cube_to_squeeze()
    (folder / "plain.bin").write_bytes(g.data)
    squeezed(g).doc["buffers"][1]["uri"] = "plain.bin"
    g.data = b"x" * len(g.data)
    return g.glb(folder / "a.glb")


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


@case("extensions", refused="no triangles, only None")
def a_name_that_is_none(folder):
    return Gltf(extensionsUsed=[None, "VENDOR_made_up"]).glb(folder / "a.glb")


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
