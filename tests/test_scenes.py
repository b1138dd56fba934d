"""Ground truth on photographs: scenes made in the layouts of BOP and HANDAL."""

import json

import numpy as np
import pytest
import trimesh
from PIL import ExifTags, Image

from funcorr import UserError
from funcorr.assets.files import load_mesh
from funcorr.assets.mesh import Mesh
from funcorr.functions import load_taxonomy
from funcorr.geometry.cameras import Camera, look_at
from funcorr.groundtruth.alignments import Alignment, read_alignments, write_alignments
from funcorr.groundtruth.part_regions import PartRegion
from funcorr.groundtruth.scenes.bop import read_bop
from funcorr.groundtruth.scenes.convert import object_camera, write_scenes
from funcorr.groundtruth.scenes.handal import KINDS, category_in, read_handal
from funcorr.render.dataset import Dataset
from funcorr.render.raster import Scene

WIDTH, HEIGHT = 96, 72
INTRINSICS = np.array([[110.0, 0, 44], [0, 112, 37], [0, 0, 1]])
EYES = {1: [(0.0, -300.0, 90.0), (60.0, -280.0, 130.0)], 2: [(-20.0, -620.0, 200.0)]}


def tool(scale):
    """A head on a handle, in millimetres, far from the origin."""
    head = trimesh.creation.box((90, 30, 30))
    head.apply_translation((0, 0, 60))
    parts = [trimesh.creation.box((18, 18, 110)), head]
    mesh = trimesh.util.concatenate(parts).subdivide()
    mesh.apply_scale(scale)
    mesh.apply_translation((0, 20, 10))
    return mesh


def write_scene(root, folder="000001", suffix=".png"):
    """Two tools of the same shape and another size; a bar hides the middle of the first image."""
    (root / "models").mkdir(parents=True)
    for number, scale in ((1, 1.0), (2, 2.0)):
        tool(scale).export(root / "models" / f"obj_{number:06d}.ply")
    scene = root / "test" / folder
    for name in ("rgb", "mask_visib"):
        (scene / name).mkdir(parents=True)
    cameras, poses, image = {}, {}, 0
    for number, eyes in EYES.items():
        mesh = load_mesh(root / "models" / f"obj_{number:06d}.ply")
        for eye in eyes:
            pose = look_at(np.array(eye), np.array([0.0, 20, 30 * number]))
            look = Scene(mesh).look(Camera(INTRINSICS, pose, WIDTH, HEIGHT))
            mask = look.mask
            mask[:, 46:50] &= image > 0
            rgb = np.where(mask[..., None], [200, 90, 40], [30, 120, 60]).astype(np.uint8)
            Image.fromarray(rgb).save(scene / "rgb" / f"{image:06d}{suffix}", quality=95)
            file = scene / "mask_visib" / f"{image:06d}_000000.png"
            Image.fromarray(mask.astype(np.uint8) * 255).save(file)
            cameras[str(image)] = {"cam_K": INTRINSICS.ravel().tolist(), "depth_scale": 1.0}
            known = {"cam_R_m2c": pose[:3, :3].ravel().tolist(), "obj_id": number}
            poses[str(image)] = [known | {"cam_t_m2c": pose[:3, 3].tolist()}]
            image += 1
    (scene / "scene_camera.json").write_text(json.dumps(cameras))
    (scene / "scene_gt.json").write_text(json.dumps(poses))
    return root


@pytest.fixture
def bop(tmp_path):
    return write_scene(tmp_path / "tools")


def photographed(bop, image):
    """The camera of an image in the coordinates of the mesh file."""
    known = json.loads((bop / "test" / "000001" / "scene_gt.json").read_text())[image][0]
    pose = np.eye(4)
    pose[:3, :3] = np.reshape(known["cam_R_m2c"], (3, 3))
    pose[:3, 3] = known["cam_t_m2c"]
    return Camera(INTRINSICS, pose, WIDTH, HEIGHT)


def edit(bop, name, change):
    file = bop / "test" / "000001" / name
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def test_views_lie_on_the_normalised_mesh_where_the_mask_holds(bop, tmp_path):
    objects, photographs = read_bop(bop, license="CC0-1.0")
    assert [each.id for each in objects] == ["object-0001", "object-0002"]
    counts = write_scenes(objects, photographs, tmp_path / "views", tmp_path / "assets", 2000)
    assert counts.views == {"object-0001": 2, "object-0002": 1}
    asset = Dataset(tmp_path / "views")["object-0001"]
    mesh = load_mesh(tmp_path / "assets" / "object-0001" / "model.glb")
    assert np.ptp(mesh.bounds, axis=0).max() == pytest.approx(1)
    view = asset.view(0)
    assert not view.mask[:, 46:50].any()
    assert view.mask.sum() > 400
    assert (view.rgb[~view.mask][:, 1] > 80).all()  # the background stays in the picture
    np.testing.assert_array_equal(view.alpha > 0, view.mask)
    raw = load_mesh(bop / "models" / "obj_000001.ply")
    in_millimetres = Scene(raw).look(photographed(bop, "0")).depth * view.mask
    expected = in_millimetres * raw.normalizing_transform()[0, 0]
    np.testing.assert_allclose(view.depth, expected, atol=1e-3)
    ids, seen = view.visible
    projected, _ = view.camera.project(asset.points.xyz[ids].astype(float))
    np.testing.assert_allclose(seen, projected, atol=1e-3)
    again = write_scenes(objects, photographs, tmp_path / "views")
    assert (again.views, again.kept) == ({}, 2)  # nothing done twice


def test_a_normalised_camera_sees_what_the_photograph_saw(bop):
    (each, _), (photograph, *_) = read_bop(bop)
    mesh = load_mesh(each.mesh)
    camera = object_camera(photograph, mesh, (WIDTH, HEIGHT))
    in_photograph, _ = photographed(bop, "0").project(mesh.vertices)
    pixels, _ = camera.project(mesh.normalized().vertices)
    np.testing.assert_allclose(pixels, in_photograph, atol=1e-6)


def save_turned(file, orientation, suffix=".png"):
    """The same stored pixels with an EXIF orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    with Image.open(file) as image:
        image.load()
    file.unlink()
    image.save(file.with_suffix(suffix), exif=exif)


def shown(views):
    """Picture and mask of each view."""
    return {
        f"{path.parent.parent.name}/{path.name}": np.asarray(Image.open(path)).tolist()
        for path in views.glob("*/rgb/*.png")
    }


@pytest.fixture
def expected(bop, tmp_path):
    write_scenes(*read_bop(bop), tmp_path / "expected", points=500)
    return shown(tmp_path / "expected")


@pytest.mark.parametrize(("suffix", "mask_too"), [(".png", False), (".tif", True)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_exif_orientation_turns_neither_picture_nor_mask(
    bop, expected, tmp_path, orientation, suffix, mask_too
):
    for file in list((bop / "test/000001/rgb").iterdir()):
        save_turned(file, orientation, suffix)
    for file in list((bop / "test/000001/mask_visib").iterdir()) * mask_too:
        save_turned(file, orientation)
    write_scenes(*read_bop(bop), tmp_path / "views", points=500)
    assert shown(tmp_path / "views") == expected


def test_masks_of_0_and_1_are_read(bop, expected, tmp_path):
    for file in (bop / "test/000001/mask_visib").iterdir():
        Image.fromarray(np.asarray(Image.open(file)) // 255).save(file)
    write_scenes(*read_bop(bop), tmp_path / "views", points=500)
    assert shown(tmp_path / "views") == expected


def two_in_a_picture(root):
    """Tool 1 stands before tool 2; masks show them whole. Returns what is seen of each."""
    write_scene(root)
    scene = root / "test" / "000001"
    meshes = [load_mesh(root / "models" / f"obj_{number:06d}.ply") for number in (1, 2)]
    poses = [look_at(np.array([0.0, -300, 90]), np.array([0.0, 20, 30]))] * 2
    poses[1] = poses[1].copy()
    poses[1][:3, 3] += [30, 10, 400]
    placed = [m.transformed(pose) for m, pose in zip(meshes, poses, strict=True)]
    corners = np.concatenate([mesh.triangles for mesh in placed])
    owner = np.repeat([0, 1], [len(mesh.faces) for mesh in placed])
    faces = np.arange(len(corners) * 3).reshape(-1, 3)
    both = Mesh(corners.reshape(-1, 3), faces, owner, ("tool 1", "tool 2"), owner * 0)
    camera = Camera(INTRINSICS, np.eye(4), WIDTH, HEIGHT)
    parts = Scene(both).look(camera).parts(both)
    seen = {1: parts == 0, 2: parts == 1}
    (scene / "mask").mkdir()
    known = []
    for place, (pose, mesh) in enumerate(zip(poses, placed, strict=True)):
        whole = Scene(mesh).look(camera).mask
        Image.fromarray(whole).save(scene / "mask" / f"000000_{place:06d}.png")
        pose_of = {"cam_R_m2c": pose[:3, :3].ravel().tolist(), "cam_t_m2c": pose[:3, 3].tolist()}
        known.append(pose_of | {"obj_id": place + 1})
    (scene / "mask_visib/000000_000000.png").unlink()
    edit(root, "scene_gt.json", lambda c: (c.clear(), c.update({"0": known})))
    return seen


def test_without_mask_visib_the_other_objects_hide_and_it_is_said(tmp_path, funcorr_command):
    seen = two_in_a_picture(tmp_path / "tools")
    done = funcorr_command("scenes", tmp_path / "tools", "--out", tmp_path / "views")
    assert done.code == 0, done.err
    views = Dataset(tmp_path / "views")
    whole = np.asarray(Image.open(tmp_path / "tools/test/000001/mask/000000_000001.png"))
    assert 100 < seen[2].sum() < whole.sum() - 100
    for number, mask in seen.items():
        np.testing.assert_array_equal(views[f"object-{number:04d}"].view(0).mask, mask)
    assert done.out.splitlines()[-1] == (
        f"{tmp_path / 'views'}: pictures read: 1, objects: 2, views: 2, left out: 0, "
        "no mask_visib, hidden pixels computed: 2"
    )


def scale_intrinsics(root, *factors):
    k = np.diag([*factors, 1.0]) @ INTRINSICS
    edit(
        root,
        "scene_camera.json",
        lambda c: [v.update(cam_K=k.ravel().tolist()) for v in c.values()],
    )


@pytest.mark.parametrize("factors", [(1.25, 1.25), (0.8, 0.8), (0.5, 0.5)])
def test_intrinsics_of_another_resolution_are_refused(bop, tmp_path, factors):
    scale_intrinsics(bop, *factors)
    with pytest.raises(UserError, match="mask off the posed mesh: 3"):
        write_scenes(*read_bop(bop), tmp_path / "views", points=500)


@pytest.mark.parametrize("visible", [True, False])
def test_a_posed_mesh_larger_than_the_whole_mask_is_refused(tmp_path, visible):
    root = tmp_path / "tools"
    two_in_a_picture(root)
    scene = root / "test/000001"
    for mask in (scene / "mask").iterdir():
        if visible:
            mask.with_name("x").write_bytes(mask.read_bytes())
            mask.with_name("x").replace(scene / "mask_visib" / mask.name)
    write_scenes(*read_bop(root), tmp_path / "right", points=500)
    longer = np.array([[165.0, 0, 44], [0, 168, 37], [0, 0, 1]])
    values = longer.ravel().tolist()
    edit(root, "scene_camera.json", lambda c: [v.update(cam_K=values) for v in c.values()])
    with pytest.raises(UserError, match="mask off the posed mesh: 2"):
        write_scenes(*read_bop(root), tmp_path / "views", points=500)


def test_a_little_off_is_not_off_the_mesh(bop, tmp_path):
    def push(content):
        content["0"][0]["cam_t_m2c"][0] += 2

    edit(bop, "scene_gt.json", push)
    counts = write_scenes(*read_bop(bop), tmp_path / "views", points=500)
    assert counts.views == {"object-0001": 2, "object-0002": 1}


def test_an_object_behind_the_camera_hides_nothing_and_is_left_out(tmp_path, funcorr_command):
    two_in_a_picture(tmp_path / "tools")
    edit(
        tmp_path / "tools",
        "scene_gt.json",
        lambda content: content["0"][1].update(cam_t_m2c=[0, 0, -400]),
    )
    masks = tmp_path / "tools/test/000001/mask"
    Image.new("1", (WIDTH, HEIGHT)).save(masks / "000000_000001.png")
    done = funcorr_command("scenes", tmp_path / "tools", "--out", tmp_path / "views")
    assert done.code == 0, done.err
    mask = np.asarray(Image.open(masks / "000000_000000.png"))
    np.testing.assert_array_equal(Dataset(tmp_path / "views")["object-0001"].view(0).mask, mask)
    assert "left out: 1, fewer than 100 pixels seen: 1" in done.out


def test_the_last_line_counts_what_was_left_out_and_why(bop, tmp_path, funcorr_command):
    masks = bop / "test/000001/mask_visib"
    Image.new("L", (WIDTH, HEIGHT)).save(masks / "000000_000000.png")
    aside = np.zeros((HEIGHT, WIDTH), np.uint8)
    aside[:, :20] = 255
    Image.fromarray(aside).save(masks / "000002_000000.png")
    words = "scenes", bop, "--out", tmp_path / "views"
    assert funcorr_command(*words).out.splitlines()[-1] == (
        f"{tmp_path / 'views'}: pictures read: 3, objects: 1, views: 1, left out: 2, "
        "fewer than 100 pixels seen: 1, mask off the posed mesh: 1"
    )
    assert "pictures read: 1, objects: 0, views: 0, left out: 1" in funcorr_command(*words).out
    assert funcorr_command(*words).out.endswith("objects there already: 1\n")
    Image.fromarray(aside).save(masks / "000001_000000.png")
    refused = funcorr_command("scenes", bop, "--out", tmp_path / "none")
    assert refused.is_refusal
    assert "no photograph can be used (pictures read: 3" in refused.err
    assert not (tmp_path / "none").exists()


def test_aligned_photographs_make_a_benchmark(bop, tmp_path, funcorr_command):
    made = funcorr_command("scenes", bop, "--out", tmp_path / "views", "--assets", tmp_path / "a")
    assert made.code == 0, made.err
    head = PartRegion(
        boxes=(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0.5, 0.4], [0, 0, 0, 1.0]]),)
    )
    alignment = Alignment("pound-with", "object-0001", "object-0002", np.eye(4), head, head)
    write_alignments(tmp_path / "a.json", [alignment])
    words = ("--alignments", tmp_path / "a.json", "--size", 0, "--keep-background")
    made = funcorr_command("pairs", tmp_path / "views", "--out", tmp_path / "bench", *words)
    assert made.code == 0, made.err
    views = Dataset(tmp_path / "views")
    for line in (tmp_path / "bench" / "pairs.jsonl").read_text().splitlines():
        pair = json.loads(line)
        with np.load(tmp_path / "bench" / pair["gt"]) as points:
            points1, points2 = points["points1"], points["points2"]
        first, second = (views[pair[f"asset{i}"]].view(pair[f"view{i}"]) for i in (1, 2))
        depth = first.depth[points1[:, 1].astype(int), points1[:, 0].astype(int)]
        surface = first.camera.unproject(points1.astype(float), depth.astype(float))
        expected, _ = second.camera.project(surface)
        assert np.median(np.linalg.norm(expected - points2, axis=1)) < 1
        image = np.asarray(Image.open(tmp_path / "bench" / pair["image1"]))
        assert image[0, 0].tolist() == [30, 120, 60]


def test_alignments_are_made_where_assets_have_frames(bop, tmp_path, funcorr_command):
    write_scenes(*read_bop(bop), tmp_path / "views")
    frame = {"origin": [0, 0, 0.4], "axes": np.eye(3).tolist(), "size": 0.5, "symmetry": "none"}
    for file in (tmp_path / "views").glob("*/asset.json"):
        about = json.loads(file.read_text())
        use = {"frames": {"pound-with": frame}, "parts": {"pound-with": about["part_names"]}}
        file.write_text(json.dumps(about | use | {"functions": ["pound-with"]}))
    words = ("alignments", "make", tmp_path / "views", "--out", tmp_path / "a.json")
    made = funcorr_command(*words)
    assert made.code == 0, made.err
    (read,) = read_alignments(tmp_path / "a.json")
    assert read.key == ("pound-with", "object-0001", "object-0002")
    np.testing.assert_allclose(read.similarity, np.eye(4), atol=1e-12)
    refused = funcorr_command(*words, "--function", "sit-on")
    assert refused.is_refusal
    assert "no asset of the dataset has a functional frame for 'sit-on'" in refused.err


def test_handal_has_a_folder_per_category_and_jpeg_images(tmp_path, funcorr_command):
    write_scene(tmp_path / "handal_dataset_measuring_cups", suffix=".jpg")
    objects, photographs = read_handal(tmp_path, every=2)
    assert [each.id for each in objects] == ["measuring-cup-0001", "measuring-cup-0002"]
    assert {each.license for each in objects} == {"CC-BY-NC-SA-4.0"}
    assert [photograph.image.name for photograph in photographs] == ["000000.jpg", "000002.jpg"]
    out = "--out", tmp_path / "views", "--layout", "handal", "--every", 2
    assert funcorr_command("scenes", tmp_path, *out).code == 0
    views = Dataset(tmp_path / "views")
    assert {asset.category for asset in views} == {"measuring cup"}
    assert views["measuring-cup-0002"].view(0).mask.sum() > 100
    with pytest.raises(UserError, match="no folder handal_dataset_"):
        read_handal(tmp_path / "elsewhere")


def test_every_kind_of_handal_is_in_the_taxonomy():
    kinds = [category_in(f"handal_dataset_{folder}", {})(1) for folder in KINDS]
    assert len({*kinds}) == len(kinds) == 15
    known = {kind: load_taxonomy().find_category(kind) for kind in kinds}
    assert all(known.values())
    assert known["fixed joint pliers"].name == "pliers"
    assert known["ratchet"].name == "wrench"
    assert known["measuring cup"].name == "cup"


def test_folders_of_several_kinds_need_a_table(tmp_path, funcorr_command):
    for folder in ("utensils", "pots_pans", "mugs"):
        write_scene(tmp_path / f"handal_dataset_{folder}", suffix=".jpg")

    def scenes(table, *words):
        (tmp_path / "c.json").write_text(json.dumps(table))
        given = ("--categories", tmp_path / "c.json", *words)
        out = "--out", tmp_path / "views", "--layout", "handal"
        return funcorr_command("scenes", tmp_path, *out, *given)

    pots = {"pots_pans": {"1": "pot", "2": "pan"}}
    for table, message in (
        (pots, "handal_dataset_utensils holds several kinds of objects; name those of its object"),
        ({**pots, "pans": {}}, "the categories name 'pans'"),
        ({"1": "fork"}, "is not a table such as"),
        ({"utensils": {"1": 3}}, "is not a table such as"),
    ):
        refused = scenes(table)
        assert refused.is_refusal
        assert message in refused.err
    assert not (tmp_path / "views").exists()
    table = {**pots, "utensils": {"1": "fork", "2": "spoon"}}
    assert "HANDAL has its own licence" in scenes(table, "--license", "MIT").err
    assert scenes(table).code == 0
    found = {asset.id: asset.category for asset in Dataset(tmp_path / "views")}
    assert found == {
        "fork-0001": "fork",
        "spoon-0002": "spoon",
        "pot-0001": "pot",
        "pan-0002": "pan",
        "mug-0001": "mug",
        "mug-0002": "mug",
    }


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda b: (b / "test/000001/scene_gt.json").unlink(), "no scenes in BOP's layout"),
        (lambda b: (b / "models/obj_000002.ply").unlink(), "no such model"),
        (lambda b: (b / "test/000001/rgb/000001.png").unlink(), "no such image"),
        (lambda b: (b / "test/000001/mask_visib/000001_000000.png").unlink(), "no such visible"),
        (lambda b: edit(b, "scene_camera.json", lambda c: c.pop("1")), "expected cam_K"),
        (lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(obj_id="x")), "obj_id"),
        (lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(obj_id=1.5)), "obj_id"),
        (
            lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(cam_R_m2c=[2.0] * 9)),
            "is not a rotation",
        ),
        (
            lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(cam_R_m2c=[1e300] * 9)),
            "is not a rotation",
        ),
        (
            lambda b: edit(b, "scene_camera.json", lambda c: c["0"].update(cam_K=[0.0] * 9)),
            "not those of a pinhole",
        ),
        (
            lambda b: edit(
                b,
                "scene_camera.json",
                lambda c: c["0"].update(cam_K=[110.0, 0, 44, 9, 112, 37, 0, 0, 1]),
            ),
            "not those of a pinhole",
        ),
        (
            lambda b: Image.new("L", (9, 9)).save(b / "test/000001/mask_visib/000000_000000.png"),
            "is 9 x 9 pixels but its image is 96 x 72",
        ),
        (
            lambda b: save_turned(b / "test/000001/mask_visib/000001_000000.png", 3),
            "has the EXIF orientation 3 but its image 1; save the mask without one",
        ),
        (
            lambda b: (
                save_turned(b / "test/000001/rgb/000001.png", 6),
                Image.new("L", (72, 96)).save(b / "test/000001/mask_visib/000001_000000.png"),
            ),
            "is 72 x 96 pixels but its image is 96 x 72; its EXIF orientation 6 is not applied",
        ),
        (
            lambda b: (b / "test/000001/mask_visib/000000_000000.png").write_text("x"),
            "is not an image that can be read",
        ),
    ],
)
def test_a_spoilt_scene_is_refused_in_one_line(bop, tmp_path, funcorr_command, spoil, message):
    spoil(bop)
    words = "--out", tmp_path / "views", "--assets", tmp_path / "assets"
    refused = funcorr_command("scenes", bop, *words)
    assert refused.is_refusal
    assert message in refused.err
    assert not (tmp_path / "views").exists()
    assert not (tmp_path / "assets").exists()
