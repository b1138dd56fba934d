from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr.assets.mesh import Material, Mesh
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render import normals
from funcorr.render.lighting import Lighting, random_lighting
from funcorr.render.normals import corner_normals
from funcorr.render.raster import Scene
from funcorr.render.shade import Shader, ShadingConfig


def soup(seed, count=40):
    """Random triangles, some tiny, some large, that pass through each other."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([0.03, 0.2, 0.6], size=(count, 1, 1))
    corners = rng.uniform(-0.4, 0.4, (count, 1, 3)) + spread * rng.uniform(-0.5, 0.5, (count, 3, 3))
    parts = rng.integers(0, 3, count)
    faces = np.arange(3 * count).reshape(-1, 3)
    return Mesh(corners.reshape(-1, 3), faces, parts, ("a", "b", "c"), np.zeros(count, int))


def camera_around(seed, width=40, height=30):
    eye = np.random.default_rng(seed).normal(size=3)
    return Camera.from_fov(39.6, width, height, look_at(2 * eye / np.linalg.norm(eye), roll=17.0))


def trace(triangles, origin, direction):
    """Nearest hit of one ray by solving a 3 x 3 system per triangle: (face, weights, depth)."""
    best = (-1, np.zeros(3), np.inf)
    for face, (a, b, c) in enumerate(triangles):
        system = np.stack([b - a, c - a, -direction], axis=1)
        if abs(np.linalg.det(system)) < 1e-15:
            continue
        u, v, t = np.linalg.solve(system, origin - a)
        if min(u, v, 1 - u - v) >= 0 and 0 < t < best[2]:
            best = (face, np.array([1 - u - v, u, v]), t)
    return best


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["embree", "numpy"]))
def test_buffers_agree_with_brute_force_rays(seed, renderer):
    camera, mesh = camera_around(seed), soup(seed)
    buffers = Scene(mesh, renderer).look(camera)
    wrong = 0
    for row in range(0, 30, 3):
        for column in range(0, 40, 3):
            direction = camera.directions(np.array([float(column), row]))
            face, weights, depth = trace(mesh.triangles, camera.center, direction)
            if face != buffers.triangle[row, column]:
                wrong += 1
            elif face >= 0:
                np.testing.assert_allclose(buffers.depth[row, column], depth, rtol=2e-7)
                np.testing.assert_allclose(buffers.barycentric[row, column], weights, atol=1e-9)
    assert wrong <= 1


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["embree", "numpy"]))
def test_depth_at_any_position_agrees_with_brute_force_rays(seed, renderer):
    """Many positions in one pixel, and some off the image."""
    camera, mesh = camera_around(seed), soup(seed)
    pixels = np.random.default_rng(seed).uniform((-4, -4), (44, 34), (150, 2))
    pixels[:20] = 20 + pixels[:20] / 100
    found = Scene(mesh, renderer).depth_at(camera, pixels)
    rays = camera.directions(pixels)
    truth = np.array([trace(mesh.triangles, camera.center, ray)[2] for ray in rays])
    truth = np.where(camera.contains(pixels) & np.isfinite(truth), truth, 0)
    assert (np.abs(found - truth) > 1e-6).sum() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_both_renderers_see_the_same(seed):
    camera, mesh = camera_around(seed, 160, 120), soup(seed, 400)
    embree, plain = (Scene(mesh, renderer).look(camera) for renderer in ("embree", "numpy"))
    same = embree.triangle == plain.triangle
    assert same.mean() > 0.999
    np.testing.assert_allclose(embree.depth[same], plain.depth[same], rtol=1e-6)
    assert embree.mask.mean() > 0.05


def test_buffers_describe_one_surface():
    camera, mesh = camera_around(3), soup(3)
    buffers = Scene(mesh).look(camera)
    hit = buffers.mask
    rows, columns = np.nonzero(hit)
    pixels = np.stack([columns, rows], axis=1).astype(float)
    points = camera.unproject(pixels, buffers.depth[hit].astype(float))
    np.testing.assert_allclose(buffers.interpolate(mesh.triangles), points, atol=1e-6)
    np.testing.assert_array_equal(buffers.parts(mesh)[hit], mesh.face_parts[buffers.triangle[hit]])
    assert (buffers.parts(mesh)[~hit] == -1).all()
    assert (buffers.depth[~hit] == 0).all()


def test_pixel_centres_are_integers():
    """A square whose edges run at x = 9.5 and 19.5, y = 4.5 and 9.5 covers 10 x 5 pixels."""
    camera = Camera.from_fov(60.0, 40, 30, np.eye(4))
    pixels = np.array([[9.5, 4.5], [19.5, 4.5], [19.5, 9.5], [9.5, 9.5]])
    vertices = camera.unproject(pixels, np.full(4, 2.0))
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    mesh = Mesh(vertices, faces, np.zeros(2, int), ("a",), np.zeros(2, int))
    expected = np.zeros((30, 40), dtype=bool)
    expected[5:10, 10:20] = True
    for renderer in ("embree", "numpy"):
        np.testing.assert_array_equal(Scene(mesh, renderer).look(camera).mask, expected)


def test_rays_are_blocked_only_by_what_lies_ahead():
    faces = np.array([[0, 1, 2]])
    corners = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0.0]])
    scene = Scene(Mesh(corners, faces, np.zeros(1, int), ("a",), np.zeros(1, int)), "embree")
    origins = np.array([[0, 0, 1], [0, 0, 1], [0, 0, -1.0]])
    directions = np.array([[0, 0, -1], [0, 0, 1], [0.1, 0, 1.0]])
    assert scene.blocked(origins, directions).tolist() == [True, False, True]


def test_misuse_is_one_line():
    with pytest.raises(UserError, match="unknown renderer 'cuda'"):
        Scene(soup(0), "cuda")
    inside = Camera.from_fov(60.0, 8, 8, look_at(np.array([0.0, -0.1, 0.0])))
    with pytest.raises(UserError, match="further away"):
        Scene(soup(0)).look(inside)


def test_without_embree_the_numpy_renderer_takes_over(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "embreex.rtcore_scene", None)
    assert Scene(soup(0)).renderer == "numpy"
    with pytest.raises(UserError, match=r"funcorr\[render\]"):
        Scene(soup(0), "embree")


def ball(color=(0.8, 0.8, 0.8), **look):
    import trimesh

    sphere = trimesh.creation.icosphere(4, 0.5)
    faces = np.asarray(sphere.faces, int)
    zero = np.zeros(len(faces), int)
    material = Material("m", color, **look)
    return Mesh(np.asarray(sphere.vertices, float), faces, zero, ("ball",), zero, (material,))


def draw(mesh, supersample=1, lighting=None, renderer="auto", seed=0):
    camera = Camera.from_fov(39.6, 48, 48, look_at(np.array([0.0, -2.0, 0.0])))
    scene = Scene(mesh, renderer)
    buffers = scene.look(camera)
    light = lighting or random_lighting(np.random.default_rng(1))
    shader = Shader(scene, ShadingConfig(supersample, 4))
    return shader.picture(camera, buffers, light, np.random.default_rng(seed)), buffers


def only_key(direction, sky=0.0):
    direction = np.array(direction, float) / np.linalg.norm(direction)
    none = np.zeros((0, 3))
    return Lighting(np.full((3, 3), sky), none, none, np.zeros(0), direction, np.ones(3), 0.01)


def test_the_side_that_faces_the_light_is_bright_and_the_other_dark():
    image, _ = draw(ball(roughness=1.0), lighting=only_key([1, -1, 0]))
    assert image[24, 34, :3].min() > 150
    assert image[24, 9, :3].max() < 40


def test_something_in_between_casts_a_shadow():
    shield = np.array([[-1, 0.0, 0.8], [1, 0.0, 0.8], [0, 0.8, 0.8], [0, -0.8, 0.8]])
    mesh = ball(roughness=1.0)
    covered = Mesh(
        np.concatenate([mesh.vertices, shield]),
        np.concatenate([mesh.faces, len(mesh.vertices) + np.array([[0, 1, 2], [0, 1, 3]])]),
        *(np.zeros(len(mesh.faces) + 2, int), ("a",), np.zeros(len(mesh.faces) + 2, int)),
        mesh.materials,
    )
    light = only_key([0, -0.2, 1])
    open_ball, _ = draw(covered, lighting=light, renderer="numpy")
    shaded, _ = draw(covered, lighting=light, renderer="embree")
    assert open_ball[16, 24, 0] > 100
    assert shaded[16, 24, 0] < 60


def test_the_sky_is_hidden_where_surfaces_meet():
    """The floor next to a wall is darker than the floor in the open."""
    floor = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0.0]])
    wall = floor[:, [0, 2, 1]] + [0, 0.5, 0.5]
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])
    zero = np.zeros(4, int)
    mesh = Mesh(np.concatenate([floor, wall]), faces, zero, ("a",), zero)
    scene, camera = Scene(mesh), Camera.from_fov(40.0, 64, 64, look_at(np.array([0, -0.1, 2.0])))
    shader = Shader(scene, ShadingConfig(1, 64))
    light = only_key([0, 0, -1], sky=0.5)
    image = shader.picture(camera, scene.look(camera), light, np.random.default_rng(0))
    rows = camera.project(np.array([[0, 0.47, 0], [0, -0.4, 0.0]]))[0][:, 1].round().astype(int)
    near, far = (image[row, 28:36, 0].astype(float).mean() for row in rows)
    assert near < far - 15


def test_supersampling_gives_alpha_by_coverage_and_keeps_every_mask_pixel():
    image, buffers = draw(ball(), supersample=2)
    alpha = image[..., 3]
    assert set(np.unique(alpha)) == {0, 64, 128, 191, 255}
    assert (alpha[buffers.mask] > 0).all()
    assert abs(alpha.sum() / 255 - buffers.mask.sum()) < 0.02 * buffers.mask.sum()
    assert (image[buffers.mask][:, :3].max(axis=1) > 20).all()


def test_needles_thinner_than_the_samples_still_get_a_colour():
    needle = np.array([[-0.5, 0, -1e-5], [0.5, 0, -1e-5], [0.5, 0, 1e-5], [-0.5, 0, 1e-5]])
    zero = np.zeros(2, int)
    mesh = Mesh(needle, np.array([[0, 1, 2], [0, 2, 3]]), zero, ("a",), zero)
    camera = Camera.from_fov(39.6, 33, 33, look_at(np.array([0.0, -2.0, 0.0])))
    scene = Scene(mesh)
    buffers = scene.look(camera)
    light = random_lighting(np.random.default_rng(0))
    shader = Shader(scene, ShadingConfig(2, 4))
    image = shader.picture(camera, buffers, light, np.random.default_rng(0))
    assert buffers.mask.sum() > 15
    assert (image[buffers.mask] > 0).all()


def test_textures_stand_upright_and_metal_takes_its_colour_from_the_surroundings():
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[0, 0], texture[0, 1], texture[1] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    corners = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])[faces]
    zero, material = np.zeros(2, int), Material("m", (1.0, 1.0, 1.0), texture, 1.0)
    image, _ = draw(Mesh(corners, faces, zero, ("a",), zero, (material,), uv))
    assert image[15, 15, :3].argmax() == 0
    assert image[15, 33, :3].argmax() == 1
    assert image[33, 24, :3].argmax() == 2
    light = only_key([0, 0, 1], sky=0.0)
    metal, _ = draw(ball(metallic=1.0, roughness=0.2), lighting=light)
    matte, _ = draw(ball(roughness=1.0), lighting=light)
    assert np.median(metal[..., 0][metal[..., 3] > 0]) < np.median(matte[..., 0][matte[..., 3] > 0])


def test_pictures_repeat_with_their_seed():
    first, again, other = (draw(ball(), seed=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_normals_are_smooth_on_a_ball_and_sharp_on_a_box(monkeypatch):
    import trimesh

    scene = Scene(ball())
    radial = scene.triangles / np.linalg.norm(scene.triangles, axis=2, keepdims=True)
    smooth = corner_normals(scene.mesh, scene.face_normals)
    np.testing.assert_allclose(smooth, radial, atol=5e-3)
    loose = scene.triangles.reshape(-1, 3)  # every corner has a vertex of its own
    apart = replace(scene.mesh, vertices=loose, faces=np.arange(len(loose)).reshape(-1, 3))
    monkeypatch.setattr(normals, "PAIRS", 500)
    np.testing.assert_array_equal(corner_normals(apart, scene.face_normals), smooth)
    box, none = trimesh.creation.box(), np.zeros(12, int)
    mesh = Mesh(np.array(box.vertices), np.array(box.faces), none, ("a",), none)
    flat = corner_normals(mesh, np.asarray(box.face_normals))
    np.testing.assert_allclose(flat, np.repeat(box.face_normals[:, None], 3, axis=1), atol=1e-9)
