import io
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from funcorr.assets.sweethome3d import MODELS, read_models
from funcorr.errors import UserError

CATALOGUE = """id=SweetHome3D#KatorLegazModels
id#1=Kator Legaz#bowl
name#1=Bowl
model#1=/katorlegaz/bowl/bowl.obj
width#1=40
depth#1=20
height#1=10
creator#1=Kator Legaz
id#2=Kator Legaz#coffee-mug
name#2=Coffee mug
model#2=/katorlegaz/mug/mug.obj
width#2=10
depth#2=20
height#2=30
modelRotation#2=1 0 0 0 0 1 0 -1 0
creator#2=Kator Legaz
id#3=Kator Legaz#secret
name#3=Not to be read
model#3=/katorlegaz/secret/secret.obj
width#3=1
depth#3=1
height#3=1
creator#3=Kator Legaz
"""

OBJ = """mtllib {name}.mtl
v 0 0 0
v 4 0 0
v 0 2 0
v 0 0 6
vt 0 0
vt 1 0
vt 0 1
usemtl Chrome
f 1/1 2/2 3/3
usemtl Paint
f 1/1 2/2 4/3
"""

MTL = """newmtl Chrome
Kd 0.2 0.2 0.1
Ks 1 1 1
Ns 198
newmtl Paint
Kd 0.5 0.5 0.5
Ks 0 0 0
Ns 10
map_Kd {name}.png
"""


def library(changed=()):
    content, picture = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (4, 2), (9, 99, 199)).save(picture, "PNG")
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", CATALOGUE.encode("latin-1"))
        for name in ("bowl", "mug"):
            folder = f"katorlegaz/{name}/{name}"
            archive.writestr(f"{folder}.obj", OBJ.format(name=name))
            archive.writestr(f"{folder}.mtl", MTL.format(name=name))
            archive.writestr(f"{folder}.png", picture.getvalue())
        for name, text in changed:
            archive.writestr(name, text)
    return content.getvalue()


def member(name, content):
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
    return header + content + b"\n" * (len(content) % 2)


@pytest.fixture
def package(tmp_path):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        for name, content in (("KatorLegaz", library()), ("Reallusion", b"never opened")):
            entry = tarfile.TarInfo(f"./usr/share/sweethome3d/furniture/{name}.sh3f")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    path = tmp_path / "furniture.deb"
    members = (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"))
    packed = b"".join(member(*each) for each in members) + member("data.tar.xz", data.getvalue())
    path.write_bytes(b"!<arch>\n" + packed)
    return path


def test_models_come_upright_at_the_size_of_the_catalogue(package):
    mug, bowl = read_models(package)
    assert (mug.name, mug.title, bowl.name) == ("coffee-mug", "Coffee mug", "bowl")
    assert bowl.author == "Kator Legaz"
    assert (bowl.license, bowl.library) == ("CC-BY-3.0-US", "KatorLegaz")
    np.testing.assert_allclose(np.ptp(bowl.mesh.bounds, axis=0), [0.4, 0.2, 0.1])
    np.testing.assert_allclose(np.ptp(mug.mesh.bounds, axis=0), [0.1, 0.2, 0.3])
    top = bowl.mesh.vertices[bowl.mesh.vertices[:, 2].argmax()]
    np.testing.assert_allclose(top, [0, 0, 0.1], atol=1e-12)
    front = bowl.mesh.vertices[bowl.mesh.vertices[:, 1].argmin()]
    np.testing.assert_allclose(front, [0, -0.2, 0], atol=1e-12)


def test_materials_become_parts_with_texture_and_metal(package):
    mesh = read_models(package, ["bowl"])[0].mesh
    looks = {
        name.rpartition("-")[0]: m for name, m in zip(mesh.part_names, mesh.materials, strict=True)
    }
    assert set(looks) == {"Chrome", "Paint"}
    assert looks["Chrome"].metallic == 1
    assert looks["Chrome"].roughness == pytest.approx(0.316, abs=0.01)
    assert looks["Paint"].metallic == 0
    assert looks["Paint"].texture.shape == (2, 4, 3)
    assert tuple(looks["Paint"].texture[0, 0]) == (9, 99, 199)
    assert mesh.uv.min() == 0
    assert mesh.uv.max() == 1


def test_a_single_library_gives_what_it_has(tmp_path):
    path = tmp_path / "KatorLegaz.sh3f"
    path.write_bytes(library())
    assert [model.name for model in read_models(path)] == ["coffee-mug", "bowl"]


def test_only_the_named_models_are_ever_read(package):
    assert len(MODELS) == 15
    with pytest.raises(UserError, match="no such model: secret"):
        read_models(package, ["secret"])


@pytest.mark.parametrize("content", [b"", b"text", b"!<arch>\n", b"!<arch>\n" + b"x" * 60])
@pytest.mark.parametrize("suffix", [".deb", ".sh3f"])
def test_other_files_are_one_line(tmp_path, content, suffix):
    path = tmp_path / f"KatorLegaz{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a whole sweethome3d-furniture package"):
        read_models(path)


def test_cut_short_or_missing_is_one_line(package, tmp_path):
    package.write_bytes(package.read_bytes()[:-200])
    with pytest.raises(UserError, match="not a whole"):
        read_models(package)
    with pytest.raises(UserError, match="cannot read"):
        read_models(tmp_path / "nowhere.deb")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("bowl.obj", OBJ.format(name="../bowl/bowl"), "outside its folder"),
        ("bowl.obj", OBJ.format(name="/etc/passwd"), "outside its folder"),
        ("bowl.mtl", MTL.format(name="../../secret"), "outside its folder"),
        ("bowl.mtl", MTL.format(name="gone"), "which is missing"),
        ("bowl.png", b"no picture", "not a picture"),
        ("bowl.obj", "v 0 0 0\n", "holds no triangles"),
        ("../catalogue", "model#1=/../../etc/passwd", "not a mesh file"),
    ],
)
def test_a_hostile_or_damaged_model_is_one_line(tmp_path, file, content, said):
    path, changed = tmp_path / "KatorLegaz.sh3f", [(f"katorlegaz/bowl/{file}", content)]
    if file == "../catalogue":
        catalogue = CATALOGUE.replace("model#1=/katorlegaz/bowl/bowl.obj", content)
        changed = [("PluginFurnitureCatalog.properties", catalogue)]
    path.write_bytes(library(changed))
    with pytest.raises(UserError, match=f"KatorLegaz.sh3f, model bowl: .*{said}") as caught:
        read_models(path, ["bowl"])
    assert "\n" not in str(caught.value)


def test_a_library_of_unknown_license_is_not_read(tmp_path):
    path = tmp_path / "Reallusion.sh3f"
    path.write_bytes(library())
    with pytest.raises(UserError, match="expected one of"):
        read_models(path)
