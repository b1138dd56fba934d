"""Labelled solids and the curves they are made from."""

import numpy as np
import pytest

from funcorr_forge.curves import bezier, columns, smooth
from funcorr_forge.solids import Solid, block, lathe, plate, skin, spun, tube, without_crumbs


def test_labels_survive_booleans():
    cup = lathe(
        [(0, 0), (3, 0), (3, 5), (2, 5), (2, 1), (0, 1)], ["base", "wall", "rim", "inside", "floor"]
    )
    post = Solid.of(block((1, 1, 9), 0.1, "post").manifold, "post")
    vertices, faces, parts, names = (cup + post - block((9, 9, 1), 0.1, "cut")).labelled_mesh()
    assert names == ("cut", "floor", "inside", "post", "rim", "wall")
    radius = np.hypot(*vertices[faces[parts == names.index("wall")]].mean(axis=1)[:, :2].T)
    assert (np.abs(radius - 3) < 0.02).all()


def test_primitives_have_the_volume_of_their_formula():
    ring = lathe([(0, 0), (2, 0), (2, 3), (0, 3)], ["a"] * 3, sides=256)
    assert ring.manifold.volume() == pytest.approx(12 * np.pi, rel=1e-3)
    rod = tube(np.array([[0, 0, 0], [1, 0, 0], [4.0, 0, 0]]), [[1, 2]] * 3, "rod", sides=200)
    assert rod.manifold.volume() == pytest.approx(8 * np.pi, rel=1e-3)
    assert plate([(0, 0), (0, 2), (3, 0)], 0.5, "p").manifold.volume() == pytest.approx(1.5)


def test_a_profile_off_the_axis_is_closed_by_discs():
    names = ["bottom", "side", "top"]
    for profile in ([(2, 0), (2, 3)], [(0, 0), (2, 0), (2, 3)], [(2, 0), (2, 3), (0, 3)]):
        drum = lathe(profile, names, 64)
        assert drum.labelled_mesh()[3] == ("bottom", "side", "top")
        assert drum.manifold.volume() == pytest.approx(12 * np.pi, rel=0.01)
    cone = lathe([(0, 0), (2, 0), (0, 3)], ["bottom", "side"], 64)
    assert cone.labelled_mesh()[3] == ("bottom", "side")
    low, high = np.split(np.array(spun([(2, 0), (2, 3)], names).manifold.bounding_box()), 2)
    np.testing.assert_allclose([low, high], [(0, -2, -2), (3, 2, 2)], atol=1e-6)


def test_values_and_plane_curves_take_their_columns():
    table = columns([1, 2, 3], 0, [4, 5, 6])
    np.testing.assert_array_equal(table, [[1, 0, 4], [2, 0, 5], [3, 0, 6]])
    plane, space = bezier([(0, 1), (2, 5), (3, 0)], 7), bezier([(0, 0, 1), (2, 0, 5), (3, 0, 0)], 7)
    np.testing.assert_array_equal(plane, space)


def test_curves_meet_their_ends_and_do_not_overshoot():
    curve = bezier([(0, 0, 0), (1, 5, 0), (2, 0, 3)], 9)
    np.testing.assert_allclose(curve[[0, -1]], [(0, 0, 0), (2, 0, 3)], atol=1e-12)
    values = smooth([(0, 1), (1, 1), (2, 4), (3, 4)], np.linspace(0, 3, 50))
    assert values.min() >= 1
    assert values.max() <= 4


def test_crumbs_are_dropped_but_loose_pieces_and_open_surfaces_are_an_error():
    main, crumb = block((4, 4, 4), 0.1, "a"), block((0.1, 0.1, 0.1), 0.01, "b").moved(x=5.0)
    assert without_crumbs(main + crumb).labelled_mesh()[3] == ("a",)
    with pytest.raises(ValueError, match="2 pieces"):
        without_crumbs(main + main.moved(x=6.0))
    with pytest.raises(ValueError, match="not closed"):
        skin(np.full((3, 8, 3), np.nan), "a")
