"""Tasks in physics: the right pose does the job, and each criterion catches a wrong one."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from funcorr.assets.mesh import Mesh
from funcorr.assets.store import Asset, write_asset
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.geometry.symmetry import flips, free_axis, turn
from funcorr.simulation.body import Body
from funcorr.simulation.convex import convex_pieces
from funcorr.simulation.hang import HANG
from funcorr.simulation.lift import LIFT
from funcorr.simulation.pictures import FRAMES, SIZE, Film
from funcorr.simulation.pour import POUR
from funcorr.simulation.similarities import chance, oracle
from funcorr.simulation.strike import POUND, PRESS, off_blow
from funcorr.simulation.summary import summarize, wilson
from funcorr.simulation.task import Action, Criterion
from funcorr.simulation.tasks import task_named
from funcorr.simulation.trial import demonstrated, tried
from funcorr.viz.image_grid import CAPTION
from funcorr_forge import forge_asset
from funcorr_forge.solids import Solid, block, lathe

X, Y, Z = np.eye(3)


@pytest.fixture(scope="module", autouse=True)
def pieces_here(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUNCORR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@cache
def forged(category: str) -> Body:
    return Body.of(forge_asset(category, 0))


def made(solid: Solid, function: str, part: str, frame: FunctionalFrame, name: str) -> Asset:
    vertices, faces, parts, names = solid.labelled_mesh()
    ids = parts.astype(np.int64)
    mesh = Mesh(vertices.astype(float), faces.astype(np.int64), ids, names, 0 * ids)
    matrix = mesh.normalizing_transform()
    frames = {function: frame.transformed(matrix)}
    return Asset(name, name, (function,), {function: (part,)}, frames, mesh.transformed(matrix))


@cache
def bar() -> Body:
    """A bar along x whose middle third is the grip."""
    ends = block((4, 1.2, 1.2), 0.05, "end").moved(x=-4) + block((4, 1.2, 1.2), 0.05, "end").moved(
        x=4
    )
    frame = FunctionalFrame.along((0, 0, 0), 1.0, x=(1, 0, 0), z=(0, 0, 1))
    asset = made(ends + block((4.1, 1.2, 1.2), 0.05, "grip"), "pull-with", "grip", frame, "bar")
    return Body.of(asset, 0.2)


def grasp(x: float, z: float = 0.0, angle: float = 0.0) -> Action:
    """From above on the bar at x, jaws along y."""
    turn = FunctionalFrame.along((x, 0, z), 1.0, z=(0, 0, -1), y=(np.sin(angle), np.cos(angle), 0))
    return Action(turn.matrix)


def test_a_grasp_at_the_grip_lifts_the_bar():
    outcome = tried(LIFT, bar(), "pull-with", grasp(0.0))
    assert outcome.success
    assert outcome.tries == 2
    assert outcome.measures["raised"] == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize(
    ("action", "criterion"),
    [
        (grasp(0.0, z=-0.2), "start_penetration"),  # the palm is in the bar
        (grasp(0.0, angle=np.pi / 2), "start_penetration"),  # the jaws are in it
        (grasp(0.35), "on_part"),  # the end of the bar is not its grip
        (grasp(0.0, z=0.12), "on_part"),  # above the bar
    ],
)
def test_a_wrong_grasp_fails_its_criterion(action, criterion):
    outcome = tried(LIFT, bar(), "pull-with", action)
    assert not outcome.success
    assert outcome.failure == criterion


def test_a_thin_light_rod_stays_between_jaws_that_press_hard():
    rod = block((10, 0.4, 0.4), 0.05, "grip").moved(x=4)
    frame = FunctionalFrame.along((0, 0, 0), 1.0, x=(1, 0, 0), z=(0, 0, 1))
    body = Body.of(made(rod, "pull-with", "grip", frame, "rod"), 0.16)
    assert tried(LIFT, body, "pull-with", grasp(-0.2)).success


def test_what_slips_out_of_the_jaws_is_not_lifted():
    roof = lathe([(1.5, 0), (0.02, 1.2)], "grip", 24)
    frame = FunctionalFrame.along((0, 0, 1.0), 1.0, x=(1, 0, 0), z=(0, 0, 1))
    body = Body.of(made(roof, "pull-with", "grip", frame, "cone"), 0.1)
    turn = FunctionalFrame.along((0, 0, 0.1), 1.0, z=(0, 0, -1), y=(0, 1, 0))
    assert tried(LIFT, body, "pull-with", Action(turn.matrix)).failure == "raised"


def test_what_hangs_down_from_the_jaws_is_tilted():
    long = block((10, 0.6, 0.6), 0.05, "grip")
    frame = FunctionalFrame.along((0, 0, 0), 1.0, x=(1, 0, 0), z=(0, 0, 1))
    body = Body.of(made(long, "pull-with", "grip", frame, "rod"), 0.5)
    outcome = tried(LIFT, body, "pull-with", grasp(0.46))
    assert not outcome.success
    assert outcome.measures["tilt"] > 45


def moved(action: Action, shift=(0, 0, 0), turn: FunctionalFrame | None = None) -> Action:
    pose = action.pose.copy()
    if turn is not None:
        pose[:3, :3] = action.rotation @ turn.axes
    pose[:3, 3] += shift
    return Action(pose, action.opening)


def pouring(category: str) -> Action:
    body = forged(category)
    return POUR.demonstrations[0].carried(body.asset.frames["pour-with"].matrix)


@pytest.mark.parametrize("category", ["mug", "cup"])
def test_a_vessel_pours_over_its_lip(category):
    outcome = tried(POUR, forged(category), "pour-with", pouring(category))
    assert outcome.success
    assert outcome.measures["kept"] >= 0.9


def test_a_lip_believed_far_off_misses_the_cup():
    action = moved(pouring("mug"), (0.5, 0.0, 0.0))
    assert tried(POUR, forged("mug"), "pour-with", action).failure == "in_cup"


def test_a_mouth_believed_at_the_side_spills():
    over = FunctionalFrame.along((0, 0, 0), 1.0, x=(0, 0, -1), z=(-1, 0, 0))
    action = moved(pouring("mug"), turn=over)
    assert tried(POUR, forged("mug"), "pour-with", action).failure in ("kept", "cup_contact")


def test_a_vessel_that_runs_into_the_cup_has_failed():
    action = moved(pouring("mug"), (-0.7, 0.0, -0.2))
    assert tried(POUR, forged("mug"), "pour-with", action).failure == "cup_contact"


def test_a_solid_block_holds_nothing_to_pour():
    frame = FunctionalFrame.along((0, 0, 0.5), 1.0, x=(1, 0, 0), z=(0, 0, 1))
    body = Body.of(made(block((1, 1, 1), 0.01, "rim"), "pour-with", "rim", frame, "cube"), 0.1)
    action = POUR.demonstrations[0].carried(body.asset.frames["pour-with"].matrix)
    assert tried(POUR, body, "pour-with", action).failure == "filled"


def hanging(height: float = 0.25) -> Action:
    frame = forged("hook").asset.frames["hang-onto"]
    return Action(frame.matrix @ FunctionalFrame.along((0, 0, height), 1.0, y=Y, z=Z).matrix)


def test_a_hook_hangs_on_the_peg():
    outcome = tried(HANG, forged("hook"), "hang-onto", hanging())
    assert outcome.success
    assert outcome.measures["dropped"] > 0  # it came to rest on the peg
    assert outcome.measures["speed"] < 0.01


def test_a_hook_led_past_the_peg_drops():
    assert tried(HANG, forged("hook"), "hang-onto", hanging(1.5)).failure == "dropped"


def test_a_hook_upside_down_drops():
    turned = hanging().pose @ np.diag([-1.0, 1, -1, 1])
    assert tried(HANG, forged("hook"), "hang-onto", Action(turned)).failure == "dropped"


def test_a_peg_that_starts_inside_the_object_is_no_hanging():
    along_bar = Action(FunctionalFrame.along((-0.5, 0, 0), 1.0, y=X, z=Z).matrix)
    assert tried(HANG, bar(), "pull-with", along_bar).failure == "start_penetration"


def test_what_lies_on_the_peg_with_another_part_is_no_hanging():
    hook = forged("hook").asset
    other = next(name for name in hook.mesh.part_names if name not in hook.parts["hang-onto"])
    parts = {"hang-onto": (other,)}
    body = Body(replace(hook, parts=parts), 0.16, forged("hook").pieces)
    assert tried(HANG, body, "hang-onto", hanging()).failure == "on_part"


def striking(shift=(0, 0, 0), x=X, y=Y) -> Action:
    frame = forged("hammer").asset.frames["pound-with"]
    return Action(frame.matrix @ FunctionalFrame.along(shift, 1.0, x=x, y=y).matrix)


@pytest.mark.parametrize("task", [POUND, PRESS], ids=lambda task: task.name)
def test_a_hammers_face_drives_what_it_strikes(task):
    outcome = tried(task, forged("hammer"), "pound-with", striking())
    assert outcome.success
    assert 0.02 < outcome.measures["driven"] < 0.031


@pytest.mark.parametrize(
    ("action", "criterion"),
    [
        (striking((-2.0, 0, 0)), "start_penetration"),  # the face is believed far inside
        (striking(x=-X), "start_penetration"),  # struck backwards: the head is in the way
        (striking(x=X + 0.6 * Y, y=Y - 0.6 * X), "obliquity"),
        (striking((0.25, 0, 0)), "driven"),  # believed too far out
    ],
    ids=["inside", "backwards", "oblique", "short"],
)
def test_a_wrong_blow_fails_its_criterion(action, criterion):
    outcome = tried(POUND, forged("hammer"), "pound-with", action)
    assert not outcome.success
    assert outcome.failure == criterion


def test_a_blow_with_the_edge_of_the_part_is_no_blow():
    plate = block((1, 6, 6), 0.05, "face")
    frame = FunctionalFrame.along((0.5, 0, 0), 1.0, x=X, y=Y)
    body = Body.of(made(plate, "pound-with", "face", frame, "plate"), 0.1)
    right = Action(body.asset.frames["pound-with"].matrix)
    assert tried(POUND, body, "pound-with", right).success
    edge = Action(FunctionalFrame.along((0, 0.5, 0), 1.0, x=Y, y=-X).matrix)
    outcome = tried(POUND, body, "pound-with", edge)
    assert (outcome.failure, outcome.measures["on_part"]) == ("turned", 1.0)
    assert outcome.measures["obliquity"] < 5


@given(
    st.integers(0, 1000), st.sampled_from(["none", "axis:x", "axis:z", "flip:y", "axis:x+flip:z"])
)
def test_a_blow_is_measured_against_all_that_do_the_job(seed, symmetry):
    rng = np.random.default_rng(seed)
    axes = Rotation.random(rng=rng).as_matrix()
    frame = FunctionalFrame(np.zeros(3), axes, 1.0, symmetry)
    blow = rng.normal(size=3)
    blow /= np.linalg.norm(blow)
    turns = [turn(free_axis(symmetry), each) for each in np.linspace(0, 2 * np.pi, 721)]
    turns = turns if free_axis(symmetry) else [np.eye(3)]
    allowed = [axes @ each @ flip[:, 0] for each in turns for flip in flips(symmetry)]
    nearest = np.degrees(np.arccos(np.clip(np.max(allowed @ blow), -1, 1)))
    assert off_blow(frame, blow) == pytest.approx(nearest, abs=0.6)


def test_a_blow_with_another_part_is_no_blow():
    hammer = forged("hammer").asset
    body = Body(replace(hammer, parts={"pound-with": ("handle",)}), 0.25, forged("hammer").pieces)
    assert tried(POUND, body, "pound-with", striking()).failure == "on_part"


def test_a_mugs_handle_is_lifted_and_carried_to_another():
    mug = forged("mug")
    action = demonstrated(LIFT, mug, "hang-onto")
    assert action is not None
    here = action.carried(oracle(mug.asset, mug.asset, "hang-onto"))
    assert tried(LIFT, mug, "hang-onto", here, (3, 4)).success


def test_the_same_seed_gives_the_same_trial():
    first, again = (tried(POUR, forged("cup"), "pour-with", pouring("cup"), (7,)) for _ in "ab")
    other = tried(POUR, forged("cup"), "pour-with", pouring("cup"), (8,))
    assert first == again
    assert isinstance(other.success, bool)


def test_chance_puts_the_frame_on_the_surface_in_its_own_size():
    mug = forged("mug").asset
    rng = np.random.default_rng(0)
    guess = chance(mug, bar().asset, "pour-with", rng)
    assert np.allclose(guess[:3, :3].T @ guess[:3, :3], np.eye(3))
    place = np.abs(guess[:3, :3] @ mug.frames["pour-with"].origin + guess[:3, 3])
    high = bar().asset.mesh.bounds[1]
    assert np.isclose(place, high, atol=0.01).any()
    assert (place <= high + 1e-6).all()


def test_pieces_are_convex_and_fill_the_solid_but_not_its_cavity():
    mug = forged("mug")
    frame = mug.asset.frames["pour-with"]
    middle = frame.origin - 0.3 * frame.axes[:, 2] + [0.01, 0.007, 0]
    hulls = [ConvexHull(piece) for piece in mug.pieces]
    inside = [bool((h.equations @ np.append(middle, 1) <= 0).all()) for h in hulls]
    assert not any(inside)
    assert sum(h.volume for h in hulls) < 0.15


def test_pieces_are_kept_by_content(tmp_path):
    mesh = bar().asset.mesh
    first = convex_pieces(mesh, tmp_path)
    [kept] = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    again = convex_pieces(mesh, tmp_path)
    assert kept.stat().st_mtime_ns == written
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    convex_pieces(mesh.transformed(np.diag([0.9, 1, 1, 1])), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_an_open_surface_is_closed_by_coacd(tmp_path):
    mesh = bar().asset.mesh
    open_mesh = Mesh(
        mesh.vertices,
        mesh.faces[:-2],
        mesh.face_parts[:-2],
        mesh.part_names,
        mesh.face_materials[:-2],
    )
    pieces = convex_pieces(open_mesh, tmp_path)
    volume = sum(ConvexHull(piece).volume for piece in pieces)
    assert volume == pytest.approx(sum(ConvexHull(p).volume for p in bar().pieces), rel=0.2)


def test_parts_are_told_by_the_nearest_surface():
    points = np.array([[0.0, 0.05, 0.0], [0.45, 0.05, 0.0]])
    assert bar().on_part(points, "pull-with").tolist() == [True, False]


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_holds_the_share_and_narrows(successes, trials):
    successes = min(successes, trials)
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials <= high + 1e-12 <= 1 + 1e-12
    narrow = wilson(4 * successes, 4 * trials)
    assert narrow[1] - narrow[0] < high - low


def outcome(success: bool, failure: str = "") -> dict:
    return {"success": success, "failure": failure, "measures": {}, "tries": 2}


def test_only_pairs_whose_oracle_succeeds_count():
    outcomes = [
        {"oracle": outcome(True), "chance": outcome(False, "kept")},
        {"oracle": outcome(False, "in_cup")},
        {"oracle": outcome(True), "chance": outcome(True)},
    ]
    named = [{"function": "f", "asset1": "a", "asset2": name} for name in "bcb"]
    records = [each | {"rows": rows} for each, rows in zip(named, outcomes, strict=True)]
    rows = summarize(records)["overall"]
    assert (rows["oracle"]["objects"], rows["chance"]["objects"]) == (2, 1)
    assert (rows["oracle"]["successes"], rows["oracle"]["trials"]) == (2, 3)
    assert (rows["chance"]["successes"], rows["chance"]["trials"]) == (1, 2)
    assert rows["chance"]["failures"] == {"kept": 1}


def test_a_measure_that_was_not_taken_is_no_success():
    assert not Criterion("raised", at_least=0.08).holds({})
    assert LIFT.failure({"start_penetration": 0.01}) == "start_penetration"


def test_an_unknown_task_and_function_are_named():
    with pytest.raises(UserError, match="unknown task 'fly'; expected one of lift"):
        task_named("fly")
    with pytest.raises(UserError, match="bar has no functional frame for 'cut-with'"):
        tried(LIFT, bar(), "cut-with", grasp(0.0))


def test_a_film_shows_the_last_try_with_its_part_in_colour():
    film = Film()
    found = tried(PRESS, forged("hammer"), "pound-with", striking((0.25, 0, 0)), watch=film)
    assert found.tries == 2
    times = [frame.time for frame in film.frames]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(0.5, abs=0.06)
    strip = film.strip("pound-with", "short")
    assert strip.size == (FRAMES * (SIZE + 2) - 2, SIZE + CAPTION)
    pixels = np.asarray(strip)[CAPTION:, :SIZE].reshape(-1, 3).astype(int)
    orange = pixels[:, 0] - pixels[:, 2] > 60
    grey = (np.ptp(pixels, axis=1) < 25) & (pixels[:, 0] < 230)
    assert 20 < orange.sum() < grey.sum()
    assert (np.asarray(strip)[CAPTION:, :SIZE] != np.asarray(strip)[CAPTION:, -SIZE:]).any()


def test_a_try_that_never_began_leaves_an_empty_strip():
    assert Film().strip("pour-with", "filled").height > CAPTION


def test_an_asset_is_read_as_a_body(tmp_path):
    from funcorr.simulation.body import load_body

    folder = write_asset(bar().asset, tmp_path)
    assert json.loads((folder / "asset.json").read_text())["id"] == "bar"
    assert len(load_body(folder).pieces) == len(bar().pieces)
