"""Path-traced pictures: where they lie, how they are lit, and what they never touch."""

import dataclasses

import numpy as np
import pytest
from test_dataset import all_bytes, mallet
from test_raster import ball, only_key

from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.store import write_asset
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render import variant
from funcorr.render.camera_poses import ViewConfig
from funcorr.render.config import PathTracing, RenderConfig
from funcorr.render.dataset import Dataset
from funcorr.render.environment import (
    TracedView,
    directions,
    drawn_environment,
    find_photographs,
    random_environment,
    read_photograph,
)
from funcorr.render.lighting import random_lighting
from funcorr.render.mitsuba import MitsubaRenderer
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig
from funcorr.render.write import render_dataset

PLAIN = PathTracing(samples=16, denoise=False, variant="scalar_rgb")


def paint(mesh, camera, environment, config=PLAIN):
    scene = Scene(mesh)
    painter = MitsubaRenderer(scene, [TracedView(camera, environment, 7)], config)
    return painter.picture(0, scene.look(camera))


def coverage(mesh, camera, fine=8):
    """Share of each pixel that the object covers, by exact rays."""
    mask = Scene(mesh).look(camera.scaled(float(fine))).mask
    return mask.reshape(camera.height, fine, camera.width, fine).mean(axis=(1, 3))


def center(weights):
    rows, columns = np.indices(weights.shape)
    return np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()


@pytest.mark.parametrize("shift", [(0.0, 0.0), (5.3, -3.6)])
def test_pictures_lie_on_the_exact_geometry(shift):
    camera = Camera.from_fov(39.6, 60, 44, look_at(np.array([0.8, -1.6, 0.9]), roll=25.0))
    moved = camera.intrinsics.copy()
    moved[:2, 2] += shift
    camera = dataclasses.replace(camera, intrinsics=moved)
    mesh = mallet().mesh
    light = np.ones((8, 16, 3), np.float32)
    alpha = paint(mesh, camera, light, dataclasses.replace(PLAIN, samples=64))[..., 3] / 255
    exact = coverage(mesh, camera)
    assert np.abs(alpha - exact).max() < 0.2
    assert np.abs(center(alpha) - center(exact)).max() < 0.02
    shifted = np.roll(exact, 1, axis=1)
    assert np.abs(alpha - exact).mean() < 0.05 * np.abs(alpha - shifted).mean()


@pytest.mark.parametrize("towards", [(1, -1, 0), (-1, -1, 0), (0, -1, 1), (0, -1, -1)])
def test_light_comes_from_the_same_side_as_in_the_raster_renderer(towards):
    camera = Camera.from_fov(39.6, 32, 32, look_at(np.array([0.0, -2.0, 0.0])))
    lighting = dataclasses.replace(only_key(towards, sky=0.1), key_spread=0.2)
    mesh = ball(roughness=1.0)
    scene = Scene(mesh)
    shader = Shader(scene, ShadingConfig(1, 16))
    expected = shader.picture(camera, scene.look(camera), lighting, np.random.default_rng(0))
    found = paint(mesh, camera, drawn_environment(lighting, 64))
    solid = found[..., 3] == 255
    agree = np.corrcoef(*(image[solid][:, 0].astype(float) for image in (expected, found)))
    assert agree[0, 1] > 0.9


def test_a_mirror_shows_the_environment_where_it_is():
    """One bright direction, seen in a flat mirror, is where the law of reflection puts it."""
    around = directions(32)
    environment = np.full((32, 64, 3), 0.02, np.float32)
    environment[10, 40] = 50.0
    towards = around[10, 40]
    camera_at = np.array([0.3, -1.5, 0.4])
    normal = towards + camera_at / np.linalg.norm(camera_at)
    plate_pose = np.linalg.inv(look_at(normal))[:3, :3]
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0.0]]) * 0.5 @ plate_pose.T
    zero = np.zeros(2, int)
    mirror = Material("mirror", (1.0, 1.0, 1.0), None, 0.05, 1.0)
    mesh = Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]]), zero, ("a",), zero, (mirror,))
    camera = Camera.from_fov(39.6, 33, 33, look_at(camera_at * 1.2))
    image = paint(mesh, camera, environment)[..., 0].astype(float)
    bright = np.where(image > 0.6 * image.max(), image, 0)
    assert np.abs(center(bright) - 16).max() < 1.5


def test_textures_stand_upright():
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[0, 0], texture[0, 1], texture[1] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    corners = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])[faces]
    zero, material = np.zeros(2, int), Material("m", (1.0, 1.0, 1.0), texture, 1.0)
    mesh = Mesh(corners, faces, zero, ("a",), zero, (material,), uv)
    camera = Camera.from_fov(39.6, 48, 48, look_at(np.array([0.0, -2.0, 0.0])))
    image = paint(mesh, camera, np.ones((8, 16, 3), np.float32))
    assert [image[y, x, :3].argmax() for y, x in ((15, 15), (15, 33), (33, 24))] == [0, 1, 2]


def test_the_denoiser_removes_noise_and_keeps_the_mean():
    camera = Camera.from_fov(39.6, 40, 40, look_at(np.array([0.0, -2.0, 0.0])))
    environment = drawn_environment(random_lighting(np.random.default_rng(2)), 32)
    noisy, clean, truth = (
        paint(ball(), camera, environment, PathTracing(samples, 6, denoise, "scalar_rgb"))
        for samples, denoise in ((4, False), (4, True), (128, False))
    )
    solid = truth[..., 3] == 255
    errors = [
        np.abs(i[solid][:, :3].astype(float) - truth[solid][:, :3]).mean() for i in (noisy, clean)
    ]
    assert errors[1] < 0.5 * errors[0]


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("assets")
    write_asset(mallet("mallet-0000"), folder)
    return folder


VIEWS = ViewConfig(count=2, size=48)


def test_only_colours_differ_from_the_raster_renderer(assets, tmp_path):
    for name in ("raster", "mitsuba"):
        config = RenderConfig(VIEWS, ShadingConfig(1, 1), 500, name, tracing=PLAIN)
        render_dataset(assets, tmp_path / name, config)
    raster, photoreal = (all_bytes(tmp_path / name) for name in ("raster", "mitsuba"))
    different = {str(path) for path in raster if raster[path] != photoreal[path]}
    assert different == {
        "dataset.json",
        *(f"mallet-0000/rgb/000{number}.png" for number in range(2)),
    }
    for view in map(Dataset(tmp_path / "mitsuba")["mallet-0000"].view, range(2)):
        assert (view.alpha[view.mask] > 0).all()
        assert (view.rgb[view.mask].max(axis=1) > 0).all()


def test_path_traced_datasets_repeat_with_their_seed(assets, tmp_path):
    for name in ("one", "two"):
        config = RenderConfig(VIEWS, points=100, renderer="mitsuba", tracing=PathTracing(4))
        render_dataset(assets, tmp_path / name, config)
    assert all_bytes(tmp_path / "one") == all_bytes(tmp_path / "two")


def write_photograph(path, pixels):
    mitsuba = variant.load_mitsuba("scalar_rgb")
    mitsuba.Bitmap(pixels.astype(np.float32)).write(str(path))


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_photographs_are_read_shrunk_and_made_equally_bright(tmp_path, suffix):
    pixels = np.full((512, 1024, 3), 4.0)
    pixels[:256] = 12.0
    write_photograph(tmp_path / f"sky{suffix}", pixels)
    [path] = find_photographs(tmp_path)
    photograph = read_photograph(path)
    assert photograph.shape == (256, 512, 3)
    np.testing.assert_allclose(photograph[[0, -1], 0], [[1.5] * 3, [0.5] * 3], rtol=1e-2)
    generator = np.random.default_rng(0)
    one, two = (random_environment(generator, [path]) for _ in range(2))
    assert one.mean() != two.mean()


def test_bad_photographs_are_one_line(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        find_photographs(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no HDR photographs"):
        find_photographs(tmp_path)
    (tmp_path / "bad.exr").write_bytes(b"nonsense")
    write_photograph(tmp_path / "square.exr", np.ones((8, 8, 3)))
    write_photograph(tmp_path / "black.exr", np.zeros((8, 16, 3)))
    for name, message in (("bad", "cannot read"), ("square", "twice as wide"), ("black", "black")):
        with pytest.raises(UserError, match=message) as caught:
            read_photograph(tmp_path / f"{name}.exr")
        assert "\n" not in str(caught.value)


def test_a_wrong_llvm_falls_back_to_the_plain_variant(monkeypatch, tmp_path):
    (tmp_path / "libLLVM-99.so").write_bytes(b"not a library")
    monkeypatch.setenv(variant.LLVM, str(tmp_path / "libLLVM-99.so"))
    variant.find_llvm.cache_clear()
    try:
        assert variant.load_mitsuba("auto").variant() == "scalar_rgb"
        with pytest.raises(UserError, match="libllvm19"):
            variant.load_mitsuba("llvm_ad_rgb")
    finally:
        variant.find_llvm.cache_clear()


def test_directions_of_an_environment_cover_the_sphere():
    rays = directions(16)
    np.testing.assert_allclose(np.linalg.norm(rays, axis=-1), 1)
    assert rays[0, :, 2].min() > 0.9
    np.testing.assert_allclose(rays[8, 0, :2], [np.cos(np.pi / 32), -np.sin(np.pi / 32)], atol=0.01)


@pytest.mark.parametrize("options", [{"samples": 0}, {"bounces": 0}])
def test_senseless_work_is_refused(options):
    with pytest.raises(UserError, match="path tracing takes"):
        PathTracing(**options)


def test_the_picture_of_the_command(assets, tmp_path, funcorr_command):
    done = funcorr_command(
        "render", assets, "--out", tmp_path / "d", "--renderer", "mitsuba", "--samples", 2,
        "--views", 1, "--size", 32, "--points", 50,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert Dataset(tmp_path / "d")["mallet-0000"].view(0).rgb.any()
