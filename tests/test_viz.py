"""Pictures: what lies where, in which colour."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from skimage.color import lab2rgb

from funcorr.affordance import AffordanceMap
from funcorr.correspondence.pictures import draw_dense, draw_parts, paint_dense, paint_parts
from funcorr.correspondence.ranking import PART_BONUS
from funcorr.correspondence.result import Correspondence
from funcorr.errors import UserError
from funcorr.images import mask_pixels, read_image
from funcorr.viz import (
    captioned,
    dotted,
    draw_heatmaps,
    draw_matches,
    draw_points,
    draw_sheet,
    paint_heatmap,
    plot_curves,
    plot_images,
    plot_matches,
    plot_outlines,
    point_colors,
    readable_separation,
    save,
    thumbnail,
)
from funcorr.viz.canvas import WIDTH, lay_out
from funcorr.viz.close_up import SCENE, SCENE_GAP, Window, window_around
from funcorr.viz.dense import HUES, position_colors
from funcorr.viz.matches import PALETTE, badge_radius
from funcorr.viz.parts import RAMP

SIZE = (60, 90)


def mirrored_pair(parts=False):
    """A grey slab and its mirror image, every pixel matched with its mirror."""
    mask = np.zeros(SIZE, bool)
    mask[15:45, 10:60] = True
    rgb = np.where(mask[..., None], 120, 255).astype(np.uint8).repeat(3, axis=2)
    points1 = mask_pixels(mask)
    points2 = points1.copy()
    points2[:, 0] = SIZE[1] - 1 - points2[:, 0]
    part = np.where(mask, 0.1, 0).astype(np.float32)
    part[15:45, 40:60] = 0.9
    in_part = part[points1[:, 1].astype(int), points1[:, 0].astype(int)] > 0.5
    order = np.argsort(~in_part, kind="stable") if parts else np.arange(len(points1))
    ones = np.ones(len(points1), np.float32)
    scores = 0.8 * ones + (PART_BONUS * in_part[order].astype(np.float32) if parts else 0)
    return Correspondence(
        points1[order],
        points2[order],
        scores,
        ones * np.float32(0.8),
        ones * 0,
        "pour-with",
        "demo",
        part if parts else None,
        part[:, ::-1] if parts else None,
        rgb,
        rgb[:, ::-1],
        mask,
        mask[:, ::-1],
    )


OBJECTS = [mirrored_pair().mask1, mirrored_pair().mask2]
WINDOWS = [window_around(mask, SIZE) for mask in OBJECTS]


def panels(picture, caption="x", footer=0):
    """The two images out of a picture, on white where it does not show them."""
    shapes = [window.cut(mask).shape for window, mask in zip(WINDOWS, OBJECTS, strict=True)]
    canvas, *places = lay_out(*shapes, caption, footer + SCENE)
    assert picture.size == canvas.size
    pixels = np.asarray(picture).astype(int)
    return [_in_its_scene(pixels, *each) for each in zip(places, WINDOWS, strict=True)]


def _in_its_scene(pixels, place, window):
    height, width = (round(side * place.scale) for side in SIZE)
    scene = np.full((height, width, 3), 255)
    left, top = (round(edge * place.scale) for edge in window[:2])
    shown = pixels[place.top : place.top + place.size[1], place.left : place.left + place.size[0]]
    space = scene[top : top + len(shown), left : left + shown.shape[1]]
    space[:] = shown[: len(space), : space.shape[1]]
    return scene


@pytest.mark.parametrize(
    "shapes", [((60, 90), (60, 90)), ((300, 40), (50, 500)), ((900, 2), (2, 2))]
)
def test_the_panels_are_equally_high_and_inside_the_canvas(shapes):
    canvas, first, second = lay_out(*shapes)
    assert canvas.width == WIDTH
    assert first.size[1] == second.size[1]
    assert first.left >= 0
    assert first.left + first.size[0] < second.left
    assert second.left + second.size[0] <= WIDTH
    assert canvas.height <= 900


def test_a_match_ends_on_its_two_pixels_in_one_colour():
    rgb1, rgb2 = np.full((60, 90, 3), 255, np.uint8), np.full((120, 80, 3), 255, np.uint8)
    points1, points2 = np.array([[70.0, 10.0], [5.0, 50.0]]), np.array([[12.0, 110.0], [60.0, 7.0]])
    picture = draw_matches((rgb1, rgb2), (points1, points2), numbers=False)
    _, panel1, panel2 = lay_out(rgb1.shape, rgb2.shape)
    for panel, points in ((panel1, points1), (panel2, points2)):
        for rank, (x, y) in enumerate(panel.place(points).round().astype(int)):
            assert picture.getpixel((int(x), int(y))) == PALETTE[rank]
    numbered = draw_matches((rgb1, rgb2), (points1, points2))
    assert np.abs(np.asarray(numbered).astype(int) - np.asarray(picture)).max() > 0


def test_separated_matches_have_dots_that_do_not_touch():
    points = mask_pixels(OBJECTS[0])
    shown = WINDOWS[0].cut(OBJECTS[0]).shape
    _, panel, _ = lay_out(shown, shown)
    assert readable_separation(points, points) * panel.scale > 2 * badge_radius(panel.size[1])


def large_scene():
    """A white slab a tenth as wide as its grey scene, and a pixel of it."""
    rgb, mask = np.full((800, 1200, 3), 120, np.uint8), np.zeros((800, 1200), bool)
    mask[500:600, 900:1020] = True
    rgb[mask] = 250
    return rgb, mask, np.array([[910.0, 520.0]])


def test_matches_show_the_objects_large_and_the_scenes_small():
    rgb, mask, point = large_scene()
    picture = draw_matches((rgb, rgb), (point, point), (mask, mask), numbers=False)
    window = window_around(mask, rgb.shape)
    assert window == Window(885, 485, 1035, 615)
    _, *places = lay_out(*[window.cut(mask).shape] * 2)
    assert picture.height == places[0].top + places[0].size[1] + SCENE + 12
    pixels = np.asarray(picture).astype(int)
    for place in places:
        x, y = place.place(window.shift(point))[0].round().astype(int)
        assert tuple(pixels[y, x]) == PALETTE[0]
        shown = pixels[place.top : place.top + place.size[1]]
        shown = shown[:, place.left : place.left + place.size[0]]
        assert 0.5 < (shown.min(axis=2) > 240).mean() < 0.7
        top = place.top + place.size[1] + SCENE_GAP
        small = pixels[top : top + SCENE - SCENE_GAP, place.left : place.left + 210]
        assert (small.min(axis=2) > 240).mean() < 0.05
        assert (small[95, 165] > 240).all()  # the slab, at 960, 543 of 1200 x 800
        assert (small[5, 5] == 120).all()


def test_objects_that_fill_their_scenes_need_no_small_ones():
    rgb, mask = np.full((80, 90, 3), 120, np.uint8), np.ones((80, 90), bool)
    point = np.array([[10.0, 20.0]])
    cut = draw_matches((rgb, rgb), (point, point), (mask, mask))
    assert cut.size == draw_matches((rgb, rgb), (point, point)).size


def test_pictures_are_cropped_by_points_where_no_mask_is_known(tmp_path):
    rgb, mask, point = large_scene()
    by_mask = draw_matches((rgb, rgb), (point, point), (mask, mask))
    pixels = mask_pixels(mask).astype(float)
    by_points = draw_matches((rgb, rgb), (point, point), (pixels, pixels))
    assert (np.asarray(by_mask) == np.asarray(by_points)).all()
    result = mirrored_pair()
    result.plot(tmp_path / "a.png")
    result.save(tmp_path / "a.npz")
    loaded = Correspondence.load(tmp_path / "a.npz")
    loaded.plot(tmp_path / "b.png", result.image1, result.image2)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("side", range(4))
def test_a_window_stays_inside_its_image(side):
    mask = np.zeros((60, 90), bool)
    mask[20:50, [0, 5, 84, 40][side] : [6, 41, 90, 44][side]] = True
    mask = mask if side < 3 else np.roll(mask, 10, axis=0)
    left, top, right, bottom = window_around(mask, mask.shape)
    assert 0 <= left < right <= 90
    assert 0 <= top < bottom <= 60
    assert mask[top:bottom, left:right].sum() == mask.sum()
    assert min(right - left, bottom - top) >= 0.6 * max(right - left, bottom - top)
    assert (right - left) * (bottom - top) < mask.size


@pytest.mark.parametrize(("height", "radius"), [(50, 12), (500, 14), (900, 20)])
def test_numbers_grow_with_the_panels(height, radius):
    assert badge_radius(height) == pytest.approx(radius)


def test_colours_by_position_differ_along_both_axes():
    colors = position_colors(mirrored_pair().mask1)
    lightness, _, b = np.moveaxis(colors[15:45, 10:60], -1, 0)
    assert (np.diff(b, axis=1) > 0).all()
    assert (np.diff(lightness, axis=0) < 0).all()
    assert HUES[0] < 0 < HUES[1]


def test_dense_carries_each_colour_to_its_match():
    first, second = panels(draw_dense(mirrored_pair()))
    height, width = first.shape[:2]
    inside = np.s_[
        round(height * 0.3) : round(height * 0.7), round(width * 0.15) : round(width * 0.6)
    ]
    carried_back = second[:, ::-1][inside]
    assert np.abs(first[inside] - carried_back).mean() < 4
    assert np.abs(first[inside] - second[inside]).mean() > 20


def test_dense_paints_only_the_part():
    for side, mirror in zip(
        panels(draw_dense(mirrored_pair(parts=True))), (False, True), strict=True
    ):
        image = side[:, ::-1] if mirror else side
        colourful = np.ptp(image, axis=2) > 30
        middle = colourful[image.shape[0] // 2]
        columns = np.flatnonzero(middle) / image.shape[1] * SIZE[1]
        assert columns.min() == pytest.approx(40, abs=1)
        assert columns.max() == pytest.approx(60, abs=1)


def test_dense_is_paler_far_from_any_match_and_where_unsure():
    result = mirrored_pair()
    left = result.points1[:, 0] < 20
    rows = np.flatnonzero(left)
    few = Correspondence(
        result.points1[rows],
        result.points2[rows],
        result.scores[rows],
        result.similarity[rows],
        result.cycle_error[rows],
        "pour-with",
        "demo",
        image1=result.image1,
        image2=result.image2,
        mask1=result.mask1,
        mask2=result.mask2,
    )
    _, second = panels(draw_dense(few))
    row = np.ptp(second[second.shape[0] // 2], axis=1)
    matched, far = round(75 / 90 * len(row)), round(33 / 90 * len(row))
    assert row[matched] > 2 * row[far]


def test_parts_show_the_probability_and_its_legend():
    picture = draw_parts(mirrored_pair(parts=True))
    first, second = panels(picture, footer=44)
    height, width = first.shape[:2]
    likely, unlikely = (first[height // 2, round(x / 90 * width)] for x in (50, 25))
    assert np.abs(likely - RAMP[-1]).max() < 45
    assert np.abs(unlikely - RAMP[0]).max() < 45
    assert (second[height // 2, width - 1 - round(50 / 90 * width)] == likely).all()
    legend = np.asarray(picture)[-40].astype(int)
    for color in (RAMP[0], RAMP[-1]):
        assert (np.abs(legend - color).max(axis=1) < 3).any()


def test_what_cannot_be_drawn_is_said(tmp_path):
    mirrored_pair(parts=True).save(tmp_path / "a.npz")
    loaded = Correspondence.load(tmp_path / "a.npz")
    for draw in (draw_dense, draw_parts):
        with pytest.raises(UserError, match="no pictures"):
            draw(loaded)
    with pytest.raises(UserError, match="predicts no functional part"):
        draw_parts(mirrored_pair())


@pytest.mark.parametrize("size", [(2, 2), (3, 400), (2500, 31)])
def test_any_size_can_be_drawn(size):
    rgb, mask = np.full((*size, 3), 90, np.uint8), np.ones(size, bool)
    corner = np.array([[size[1] - 1, size[0] - 1]], np.float32)
    one = np.ones(1, np.float32)
    part = np.full(size, 0.7, np.float32)
    result = Correspondence(
        corner, corner, one, one, one, "cut-with", "demo", part, part, rgb, rgb, mask, mask
    )
    for picture in (draw_dense(result), draw_parts(result)):
        assert isinstance(picture, Image.Image)
        assert picture.width == WIDTH


@pytest.fixture
def pyplot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_plots_go_into_given_axes_and_come_back(pyplot):
    result = mirrored_pair(parts=True)
    figure, grid = pyplot.subplots(3, 2)
    painted = (result.images, paint_dense(result), paint_parts(result))
    for row, images in zip(grid, painted, strict=True):
        assert list(plot_images(images, row)) == list(row)
        assert all(ax.images[0].get_array().shape == (*SIZE, 3) for ax in row)
    assert pyplot.get_fignums() == [figure.number]


def test_matches_can_be_laid_over_dense_colours(pyplot):
    best = mirrored_pair().readable(4)
    axes = plot_images(paint_dense(mirrored_pair()))
    plot_matches((best.points1, best.points2), axes)
    assert [len(ax.images) for ax in axes] == [1, 1]
    first, second = ([text.xy for text in ax.texts] for ax in axes)
    assert len(first) == 4
    for (x1, y1), (x2, y2) in zip(first, second, strict=True):
        assert (SIZE[1] - 1 - x1, y1) == (x2, y2)
    assert len(axes[0].figure.artists) == 4
    plot_matches((best.points1, best.points2), axes, lines=False)
    assert len(axes[0].figure.artists) == 4


def test_outlines_run_where_the_part_ends(pyplot):
    result = mirrored_pair(parts=True)
    axes = plot_images(result.images)
    plot_outlines((result.part1, np.full(SIZE, 0.2)), axes)
    x, y = axes[0].collections[0].get_paths()[0].vertices.T
    assert (x.min(), x.max()) == pytest.approx((39.5, 59.5), abs=0.5)
    assert (y.min(), y.max()) == pytest.approx((14.5, 44.5), abs=0.5)
    assert not axes[1].collections


def test_a_heatmap_is_hottest_at_its_peak():
    grey, heatmap = np.full((*SIZE, 3), 128, np.uint8), np.zeros(SIZE, np.float32)
    heatmap[20, 70] = 0.3
    warmth = paint_heatmap(grey, heatmap).astype(int) @ [1, 0, -1]
    assert np.unravel_index(warmth.argmax(), SIZE) == (20, 70)
    with pytest.raises(UserError, match="the heatmaps are 60 x 90"):
        draw_heatmaps(grey, heatmap.T[None], ["pour"])


def test_a_plot_without_room_for_its_images_is_refused(pyplot):
    with pytest.raises(UserError, match="2 images need as many axes"):
        plot_images(mirrored_pair().images, pyplot.subplots()[1])


def test_saved_pictures_are_whole_files(tmp_path, pyplot):
    picture = draw_dense(mirrored_pair())
    assert read_image(save(picture, tmp_path / "a.png")).size == picture.size[::-1]
    figure = save(plot_images([picture], titles=["x"]), tmp_path / "b.png", dpi=50)
    assert read_image(figure).size[1] > 100
    with pytest.raises(UserError, match="cannot save a picture"):
        save(picture, tmp_path / "a.nonsense")
    with pytest.raises(UserError, match="expected a picture, axes or figure"):
        save("words", tmp_path / "c.png")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "b.png"}


def test_notebooks_show_a_result_as_a_picture(tmp_path):
    result = mirrored_pair()
    assert Image.open(io.BytesIO(result._repr_png_())).width == WIDTH
    result.save(tmp_path / "a.npz")
    loaded = Image.open(io.BytesIO(Correspondence.load(tmp_path / "a.npz")._repr_png_()))
    assert loaded.width == WIDTH
    assert len(np.unique(np.asarray(loaded).reshape(-1, 3), axis=0)) > 3
    grey, heat = np.full((*SIZE, 3), 128, np.uint8), np.full((2, *SIZE), 0.5, np.float32)
    shown = AffordanceMap(heat, ("pour", "hold"), "demo", grey)
    drawn = draw_heatmaps(grey, heat, ("pour", "hold"))
    assert Image.open(io.BytesIO(shown._repr_png_())).size == drawn.size
    assert AffordanceMap(heat, ("pour", "hold"))._repr_png_() is None


def test_dots_lie_on_their_points():
    points = np.array([[20.0, 30.0], [70.0, 12.0]])
    drawn = np.asarray(draw_points(np.full((*SIZE, 3), 255, np.uint8), points, labels=["", ""]))
    for rank, (x, y) in enumerate(points.astype(int)):
        assert tuple(drawn[y, x]) == PALETTE[rank]
    assert (drawn[:, 40:60] == 255).all()


def test_many_points_are_dots_without_a_rim():
    points, colors = np.array([[20.0, 30.0], [23.0, 30.0]]), ((200, 0, 0), (0, 0, 200))
    grey = np.full((*SIZE, 3), 128, np.uint8)
    drawn = np.asarray(draw_points(grey, points, ["", ""], colors, radius=1.5, rim=0)).astype(int)
    assert [tuple(drawn[30, x]) for x in (20, 23)] == list(colors)
    assert (drawn.min(axis=2) <= 128).all()


def test_dots_stay_on_their_points_at_another_size():
    points, colors = np.array([[20.0, 30.0], [70.0, 12.0]]), ((200, 0, 0), (0, 0, 200))
    white = np.full((*SIZE, 3), 255, np.uint8)
    drawn = np.asarray(dotted(white, points, colors, longest=2 * SIZE[1], radius=2.0))
    assert drawn.shape == (2 * SIZE[0], 2 * SIZE[1], 3)
    for color, (x, y) in zip(colors, (2 * points).astype(int), strict=True):
        assert tuple(drawn[y, x]) == color


def test_points_have_the_colours_of_dense_pictures():
    mask = mirrored_pair().mask1
    corners = np.array([[10.0, 15.0], [59.0, 15.0], [10.0, 44.0], [59.0, 44.0]])
    expected = lab2rgb(position_colors(mask)[[15, 15, 44, 44], [10, 59, 10, 59]][None])[0] * 255
    np.testing.assert_allclose(point_colors(corners), expected, atol=1)


def test_a_sheet_holds_its_tiles_in_rows_and_words_stay_off_them():
    tiles = [Image.new("RGB", (30, 20), color) for color in ("red", "lime", "blue")]
    sheet = draw_sheet(tiles, columns=2, gap=4)
    assert [sheet.getpixel(place) for place in ((0, 0), (34, 0), (0, 24))] == [
        tile.getpixel((0, 0)) for tile in tiles
    ]
    assert sheet.getpixel((32, 10)) == sheet.getpixel((40, 30)) == (255, 255, 255)
    uneven = draw_sheet([tiles[0], Image.new("RGB", (40, 50)), tiles[1]], columns=2, gap=4)
    assert uneven.size == (84, 74)  # rows of 50 and 20, columns of 40
    assert uneven.getpixel((0, 54)) == tiles[1].getpixel((0, 0))
    named = np.asarray(captioned(tiles[0], "red"))
    assert (named[-20:] == tiles[0].getpixel((0, 0))).all()
    assert named[:-20].min() < 128
    assert thumbnail(np.asarray(tiles[0]), 15).shape == (10, 15, 3)


def test_curves_are_means_that_keep_a_straight_line(pyplot):
    steps = np.arange(100)
    ax = plot_curves({"loss": (steps, 3.0 * steps)}, pyplot.subplots()[1], windows=10)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(y, 3.0 * (x - 4.5))
    assert (x[0], x[-1]) == (9, 99)
