"""The conformance set, OBJ, PLY and STL."""

import numpy as np
from mesh_cases import (
    CLAMP,
    CUBE_IS,
    ENDS,
    MIDDLE,
    SHEET_IS,
    U_IS,
    U_VERTICES,
    case,
    quarters,
    run,
    several,
    wrapped,
)
from mesh_writer import (
    BLUE,
    CUBE,
    CUBE_FACES,
    GREEN,
    QUARTERS,
    RED,
    SHEET,
    SHEET_FACES,
    WHITE,
    obj_text,
    picture,
    ply_bytes,
    stl_bytes,
    stl_text,
)

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
        "a comment behind it": ("mtllib a.mtl # the lost one\n", {}),
        "another case": ("mtllib A.MTL\n", {}),
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


@case("OBJ materials", **PAINTED)
def a_comment_behind_the_name_of_a_material(folder):
    return obj(folder, "mtllib a.mtl\n" + V + "usemtl paint # red\nf 1 2 3 4\n", a_mtl=PAINT)


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


@case("OBJ textures", **SHEET_IS, colors=QUARTERS)
def a_texture_in_a_folder_of_another_case(folder):
    (folder / "maps").mkdir()
    return textured(folder, "Maps\\A.PNG", name="maps/a.png")


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


@case("PLY colours", **SHEET_IS, colors={MIDDLE: RED}, left="transparency")
def half_transparent(folder):
    names = ("red", "green", "blue", "alpha")
    columns = [(n, "uchar", [v] * 4) for n, v in zip(names, (255, 0, 0, 99), strict=True)]
    return ply(folder, SHEET, [range(4)], "binary_big_endian", columns)


@case("PLY colours", **SHEET_IS, colors={MIDDLE: (1.0, 0.5, 0.0)})
def of_sixteen_bits(folder):
    values = {"red": 65535, "green": 32768, "blue": 0}
    columns = [(name, "ushort", [value] * 4) for name, value in values.items()]
    return ply(folder, SHEET, [range(4)], "binary_little_endian", columns)


@case("PLY colours", refused="several textures")
def several_textures(folder):
    return ply(folder, SHEET, SHEET_FACES, "ascii", (), [("texnumber", "uchar", [0, 1])])


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
