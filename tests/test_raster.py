import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr.assets.mesh import Mesh
from funcorr.errors import UserError
from funcorr.geometry.cameras import Camera, look_at
from funcorr.render.raster import Scene


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
@given(st.integers(0, 2**31), st.booleans(), st.sampled_from(["embree", "numpy"]))
def test_buffers_agree_with_brute_force_rays(seed, centred, renderer):
    camera, mesh = camera_around(seed), soup(seed)
    offsets = np.random.default_rng(seed).uniform(-0.5, 0.5, (30, 40, 2)) * (not centred)
    buffers = Scene(mesh, renderer).look(camera, None if centred else offsets)
    wrong = 0
    for row in range(0, 30, 3):
        for column in range(0, 40, 3):
            direction = camera.directions(np.array([column, row]) + offsets[row, column])
            face, weights, depth = trace(mesh.triangles, camera.center, direction)
            if face != buffers.triangle[row, column]:
                wrong += 1
            elif face >= 0:
                np.testing.assert_allclose(buffers.depth[row, column], depth, rtol=2e-7)
                np.testing.assert_allclose(buffers.barycentric[row, column], weights, atol=1e-9)
    assert wrong <= 1


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
