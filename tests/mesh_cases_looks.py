"""The conformance set, glTF: colours, textures, containers."""

import numpy as np
from mesh_cases import (
    CLAMP,
    CUBE_IS,
    ENDS,
    MIDDLE,
    MIRROR,
    REPEAT,
    SHEET_IS,
    case,
    quarters,
    run,
    several,
    wrapped,
)
from mesh_writer import (
    BLUE,
    GREEN,
    QUARTERS,
    RED,
    SHEET,
    SHEET_FACES,
    SHEET_UV,
    WHITE,
    Gltf,
    picture,
    sheet,
)

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
