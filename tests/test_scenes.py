"""Ground truth on photographs: scenes made in the layouts of BOP and HANDAL."""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image

from funcorr import UserError
from funcorr.assets.files import load_mesh
from funcorr.geometry.cameras import Camera, look_at
from funcorr.groundtruth.alignments import Alignment, read_alignments, write_alignments
from funcorr.groundtruth.part_regions import PartRegion
from funcorr.groundtruth.scenes.bop import read_bop
from funcorr.groundtruth.scenes.convert import object_camera, write_scenes
from funcorr.groundtruth.scenes.handal import category_of, read_handal
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
    assert counts == {"object-0001": 2, "object-0002": 1}
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
    assert write_scenes(objects, photographs, tmp_path / "views") == {}  # nothing done twice


def test_a_normalised_camera_sees_what_the_photograph_saw(bop):
    (each, _), (photograph, *_) = read_bop(bop)
    mesh = load_mesh(each.mesh)
    camera = object_camera(photograph, mesh, (WIDTH, HEIGHT))
    in_photograph, _ = photographed(bop, "0").project(mesh.vertices)
    pixels, _ = camera.project(mesh.normalized().vertices)
    np.testing.assert_allclose(pixels, in_photograph, atol=1e-6)


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
    names = {f"handal_dataset_{n}": n for n in ("hammers", "fixed_joint_pliers", "ladles")}
    assert [category_of(n) for n in names] == ["hammer", "fixed joint pliers", "ladle"]
    with pytest.raises(UserError, match="no folder handal_dataset_"):
        read_handal(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda b: (b / "test/000001/scene_gt.json").unlink(), "no scenes in BOP's layout"),
        (lambda b: (b / "models/obj_000002.ply").unlink(), "no such model"),
        (lambda b: (b / "test/000001/rgb/000001.png").unlink(), "no such image"),
        (lambda b: (b / "test/000001/mask_visib/000001_000000.png").unlink(), "no such visible"),
        (lambda b: edit(b, "scene_camera.json", lambda c: c.pop("1")), "expected cam_K"),
        (lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(obj_id="x")), "obj_id"),
        (
            lambda b: edit(b, "scene_gt.json", lambda c: c["0"][0].update(cam_R_m2c=[2.0] * 9)),
            "is not a rotation",
        ),
        (
            lambda b: edit(b, "scene_camera.json", lambda c: c["0"].update(cam_K=[0.0] * 9)),
            "not those of a pinhole",
        ),
        (
            lambda b: Image.new("L", (9, 9)).save(b / "test/000001/mask_visib/000000_000000.png"),
            "is 9 x 9 pixels but its image is 96 x 72",
        ),
        (
            lambda b: (b / "test/000001/mask_visib/000000_000000.png").write_text("x"),
            "000000_000000.png is not an image that can be read",
        ),
    ],
)
def test_a_spoilt_scene_is_refused_in_one_line(bop, tmp_path, funcorr_command, spoil, message):
    spoil(bop)
    refused = funcorr_command("scenes", bop, "--out", tmp_path / "views")
    assert refused.is_refusal
    assert message in refused.err
