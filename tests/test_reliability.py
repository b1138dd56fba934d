"""What the fuzz job has found: each is told in one line, and nothing is left behind."""

import importlib.util
import json
import shutil
import sys
import warnings
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from label_data import render_mallets
from made_training import CONFIG, made_assets, made_trainer, write_cache
from PIL import Image
from safetensors.torch import load_file, save_file
from test_dataset import mallet
from test_scenes import edit, write_scene

from funcorr.affordance.checkpoint import AffordanceCard
from funcorr.affordance.checkpoint import load_head as load_affordance_head
from funcorr.affordance.checkpoint import save_head as save_affordance_head
from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.shape import HeadShape
from funcorr.assets.files import read_mesh_file
from funcorr.assets.importing import import_folder
from funcorr.assets.objaverse import read_uids
from funcorr.assets.store import read_asset, write_asset
from funcorr.errors import UserError
from funcorr.functions.frames import FunctionalFrame
from funcorr.groundtruth.pairs import FORMAT, read_benchmark
from funcorr.images import read_heatmap, read_image
from funcorr.io import made_folder, read_array, read_arrays, read_json, replaced_together
from funcorr.metrics import label_transfer
from funcorr.pseudolabel.answer_log import AnswerLog
from funcorr.render.dataset import Dataset
from funcorr.run_folder import Stage, claim, log_until, read_log
from funcorr.train.cache import FeatureCache
from funcorr.train.checkpoint import load_state, save_state
from funcorr.train.curves import read_curves

ROOT = Path(__file__).resolve().parent.parent


# the fuzz job itself


@pytest.fixture(scope="module")
def fuzz():
    sys.path.insert(0, str(ROOT / "scripts"))
    spec = importlib.util.spec_from_file_location("fuzz", ROOT / "scripts" / "fuzz.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


QUICK = ("pictures", "masks", "heatmaps", "arrays", "meshes", "label-answers", "taxonomies")


@pytest.mark.parametrize("kind", QUICK)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_some_changed_files_are_read_right_or_refused(fuzz, kind, tmp_path):
    outcomes = {"right", "refused"}
    for number in range(1, 13):
        (tmp_path / str(number)).mkdir()
        assert fuzz.one(kind, 1000, number, tmp_path / str(number)) in outcomes


def test_the_job_tells_a_crash_from_a_refusal_and_sees_what_is_left(fuzz, tmp_path, monkeypatch):
    from fuzzing import kinds

    def reads(given, out):
        raise given

    def leaves(given, out):
        out.mkdir()
        raise UserError("no")

    def one(read, made):
        monkeypatch.setitem(kinds.KINDS, "made", kinds.Kind(lambda rng, folder: made, read))
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return fuzz.one("made", 0, 1, folder)

    assert one(reads, UserError("no")) == "refused"
    assert one(lambda given, out: None, None) == "right"
    with pytest.raises(KeyError):
        one(reads, KeyError("a"))
    with pytest.raises(fuzz.WrongOutcomeError, match="left out"):
        one(leaves, None)
    with pytest.raises(fuzz.WrongOutcomeError, match="of 1 characters"):
        one(reads, UserError(" "))


# arrays and JSON


def test_numbers_that_are_no_real_numbers_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.zeros(3, complex))
    with pytest.raises(UserError, match="complex128"):
        read_arrays(tmp_path / "a.npz", ("points",), "matches")
    np.save(tmp_path / "a.npy", np.array(["3"]))
    with pytest.raises(
        UserError, match=r"as heat: it is damaged, pickled or of another kind \(<U1"
    ):
        read_array(tmp_path / "a.npy", "heat")
    with pytest.raises(UserError, match="must be an array of numbers"):
        label_transfer(np.ones((1, 2), complex), np.ones((1, 2)), image_size=(9, 9))


def test_a_header_of_numpy_that_is_no_python_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content.replace(b"(3,), }", b"(3,(((("))
    with pytest.raises(UserError, match="as heat: it is damaged"):
        read_array(tmp_path / "a.npy", "heat")


def test_json_that_is_nested_too_deep_is_refused(tmp_path):
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(UserError, match="is not valid JSON"):
        read_json(tmp_path / "a.json")


# pictures


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "I;16"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_tiff_is_turned_as_its_orientation_says(tmp_path, mode, orientation):
    grey = np.zeros((40, 52), np.uint8)
    grey[5:20, 8:30], grey[30:, 40:] = 200, 255
    image = Image.fromarray(grey)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "a.png", exif=exif)
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    stored = deep if mode == "I;16" else image.convert("RGB").convert(mode)
    stored.save(tmp_path / "a.tif", exif=exif)
    expected = read_image(tmp_path / "a.png").rgb.astype(int)
    found = read_image(tmp_path / "a.tif").rgb
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1


def test_a_heatmap_of_numbers_beyond_float32_is_refused_without_a_warning():
    with pytest.raises(UserError, match="must hold values from 0 to 1"):
        read_heatmap(np.array([[1e308, 0.5], [0.1, 0.2]]))


# meshes and assets


def test_a_mesh_as_large_as_numbers_go_is_no_warning(tmp_path):
    corners = [(0, 0, 0), (1e200, 0, 0), (1e200, 1e200, 0), (0, 1e200, 0)]
    lines = [f"v {x} {y} {z}" for x, y, z in corners]
    (tmp_path / "a.obj").write_text("\n".join([*lines, "f 1 2 3 4"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(UserError):
            assert np.isfinite(read_mesh_file(tmp_path / "a.obj").mesh.vertices).all()


def test_an_import_of_nothing_makes_no_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.stl").write_text("solid")
    with pytest.raises(UserError, match="none of 1 files"):
        import_folder(tmp_path / "in", tmp_path / "deep" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("change", [{"id": 3}, {"category": None}, {"license": {}}])
def test_an_asset_whose_texts_are_none_is_refused(tmp_path, change):
    folder = write_asset(mallet(), tmp_path)
    about = json.loads((folder / "asset.json").read_text())
    (folder / "asset.json").write_text(json.dumps(about | change))
    with pytest.raises(UserError, match="is not the description of an asset"):
        read_asset(folder)


def test_a_frame_of_huge_numbers_is_refused_without_a_warning():
    with pytest.raises(UserError, match="must be orthonormal"):
        FunctionalFrame(np.zeros(3), np.eye(3) * 1e200, 1.0)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_list_of_uids_by_a_spreadsheet(tmp_path, mark):
    (tmp_path / "a.csv").write_text(f"{mark}uid,category\n{'0' * 32},mug\n", encoding="utf-8")
    assert {uid: each.category for uid, each in read_uids(tmp_path / "a.csv").items()} == {
        "0" * 32: "mug"
    }
    (tmp_path / "a.json").write_text("[[1]]")
    with pytest.raises(UserError, match="is not a uid"):
        read_uids(tmp_path / "a.json")


# datasets


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render_mallets(tmp_path_factory.mktemp("mallets"), 1)


@pytest.fixture
def mallets(rendered, tmp_path):
    return Path(shutil.copytree(rendered, tmp_path / "data")) / "mallet-0000"


def changed(path, **values):
    """Write an npz with some of its arrays changed by functions."""
    with np.load(path) as arrays:
        found = {name: values.get(name, lambda each: each)(arrays[name]) for name in arrays}
    np.savez(path, **found)


def reframed(folder, **values):
    path = folder / "transforms.json"
    content = json.loads(path.read_text())
    content["frames"][0] |= values
    path.write_text(json.dumps(content))


def use(dataset):
    (asset,) = Dataset(dataset)
    view = asset.view(0)
    _ = view.rgb, view.depth, view.mask, view.visible, asset.point_mask("pound-with")
    return asset.correspondences(0, 1)


BROKEN = {
    "camera of words": lambda f: reframed(f, intrinsics="wide"),
    "camera of another shape": lambda f: reframed(f, world_to_camera=[[1, 0], [0, 1]]),
    "camera without a width": lambda f: reframed(f, w=None),
    "picture of another size": lambda f: Image.new("RGBA", (9, 9)).save(f / "rgb/0000.png"),
    "picture without alpha": lambda f: Image.new("RGB", (64, 64)).save(f / "rgb/0000.png"),
    "chunk cut off": lambda f: (f / "rgb/0000.png").write_bytes(
        b"\x89PNG\r\n\x1a\n\0\0\0\3IHDRabc\x76\x85\x95\x2f"
    ),
    "points of two numbers": lambda f: changed(f / "points.npz", xyz=lambda a: a[:, :2]),
    "points that are NaN": lambda f: changed(f / "points.npz", xyz=lambda a: a * np.nan),
    "views that start nowhere": lambda f: changed(f / "visible.npz", start=lambda a: a[:1]),
    "a point that is not there": lambda f: changed(f / "visible.npz", point=lambda a: a + 5000),
    "a point twice": lambda f: changed(f / "visible.npz", point=lambda a: a * 0),
    "names that are numbers": lambda f: (f / "asset.json").write_text(
        (f / "asset.json").read_text().replace('"grip end"', "3")
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_damaged_dataset_is_told_with_its_remedy(mallets, how):
    BROKEN[how](mallets)
    with pytest.raises(UserError, match=r"remove .* and render again with --resume"):
        use(mallets.parent)


# scenes


def test_a_refused_scene_leaves_nothing_and_the_mended_command_runs(tmp_path, funcorr_command):
    bop, out, assets = write_scene(tmp_path / "tools"), tmp_path / "views", tmp_path / "assets"
    mask = bop / "test/000001/mask_visib/000002_000000.png"  # of the second object
    whole = mask.read_bytes()
    mask.write_bytes(whole[: len(whole) // 2])
    words = ("scenes", bop, "--out", out, "--assets", assets)
    assert funcorr_command(*words).is_refusal
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tools"]
    mask.write_bytes(whole)
    assert funcorr_command(*words).code == 0
    assert len(Dataset(out)) == len(list(assets.iterdir())) == 2


def test_masks_of_scenes_are_read_by_the_one_rule(tmp_path, funcorr_command):
    bop = write_scene(tmp_path / "tools")
    first = sorted((bop / "test/000001/mask_visib").iterdir())
    plain, ones = tmp_path / "plain", tmp_path / "ones"
    assert funcorr_command("scenes", bop, "--out", plain).code == 0
    for path in first:
        Image.fromarray(np.asarray(Image.open(path)) // 255).save(path)
    assert funcorr_command("scenes", bop, "--out", ones).code == 0
    views = [Dataset(folder)["object-0001"].view(0) for folder in (plain, ones)]
    np.testing.assert_array_equal(*(view.mask for view in views))


@pytest.mark.parametrize("distance", [0.25, 0, -250])
def test_a_scene_whose_object_is_not_before_the_camera_names_the_picture(
    tmp_path, funcorr_command, distance
):
    bop = write_scene(tmp_path / "tools")
    place = [0, 0, distance]
    edit(bop, "scene_gt.json", lambda content: content["0"][0].update(cam_t_m2c=place))
    done = funcorr_command("scenes", bop, "--out", tmp_path / "views")
    assert done.is_refusal
    assert "rgb/000000.png, object-0001: the camera is inside" in done.err
    assert "pose and mesh in one unit" in done.err


def test_a_scene_without_intrinsics_is_refused(tmp_path, funcorr_command):
    bop = write_scene(tmp_path / "tools")
    edit(bop, "scene_camera.json", lambda content: content["0"].update(cam_K=["a"] * 9))
    assert funcorr_command("scenes", bop, "--out", tmp_path / "views").is_refusal


def test_functions_of_a_benchmark_that_are_no_list_are_refused(tmp_path):
    head = {"format": FORMAT, "name": "", "image_size": [9, 9], "pairs": 0, "license": ""}
    (tmp_path / "benchmark.json").write_text(json.dumps(head | {"functions": 3}))
    with pytest.raises(UserError, match="functions is no list"):
        read_benchmark(tmp_path)


# training


def test_damaged_lines_of_a_log_are_dropped(tmp_path):
    log = tmp_path / "log.jsonl"
    whole = [b'{"step": 0, "total": 1.5}', b'{"step": 1, "total": 0.5}']
    odd = [b"\xff\xfe", b'{"step": 1', b'{"total": 3}', b'{"step": "1"}', b"[1]", b'{"step": [2]}']
    log.write_bytes(b"\n".join([whole[0], *odd, whole[1], b'{"step": 2, "tot']))
    assert [row["step"] for row in read_log(log)] == [0, 1]
    assert read_curves(log)["total"][1].tolist() == [1.5, 0.5]
    assert json.loads(log_until(log, 1).read_text()) == {"step": 0, "total": 1.5}


@pytest.fixture
def trained(tmp_path):
    write_cache(tmp_path / "cache", ["a0", "a1", "a2"])
    trainer = made_trainer(made_assets(), FeatureCache(tmp_path / "cache"), CONFIG)
    trainer.step(0, trainer.loader.example(0))
    state = trainer.head, trainer.optimizer.optimizer
    save_state(tmp_path / "state.safetensors", *state, 1)
    return tmp_path / "state.safetensors", state


def test_a_checkpoint_without_its_step_or_with_other_moments_is_refused(trained):
    path, state = trained
    assert load_state(path, *state) == 1
    tensors = load_file(path)
    moment = next(name for name in tensors if name.startswith("exp_avg."))
    for content, metadata in (
        (tensors, None),
        (tensors, {"step": "one"}),
        (tensors | {moment: tensors[moment].reshape(-1)[:1]}, {"step": "1"}),
    ):
        save_file(content, path, metadata)
        with pytest.raises(UserError, match="delete it to start afresh"):
            load_state(path, *state)


@pytest.mark.parametrize("change", [{"name": 3}, {"head": {"dropout": 255}}, {"head": 7}])
def test_a_model_folder_of_odd_values_is_refused(tmp_path, change):
    shape = HeadShape(map_channels=(4, 4), text=4, grid=2, layers=1, heads=2)
    card = AffordanceCard("tiny", "b", "t", shape)
    save_affordance_head(tmp_path, AffordanceHead(shape), card)
    head, _ = load_affordance_head(tmp_path)
    assert not any(parameter.is_meta for parameter in head.parameters())
    config = json.loads((tmp_path / "config.json").read_text())
    for key, value in change.items():
        config[key] = config[key] | value if isinstance(value, dict) else value
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="cannot load the model"):
        load_affordance_head(tmp_path)


def test_a_head_with_values_that_are_no_numbers_is_refused(tmp_path):
    shape = HeadShape(map_channels=(4, 4), text=4, grid=2, layers=1, heads=2)
    head = AffordanceHead(replace(shape))
    head.prompt.data[0] = np.nan
    save_affordance_head(tmp_path, head, AffordanceCard("tiny", "b", "t", shape))
    with pytest.raises(UserError, match="prompt has values that are no finite numbers"):
        load_affordance_head(tmp_path)


# answers of models


@pytest.mark.parametrize(
    "change", [{"view": []}, {"part": {}}, {"window": [0, 1]}, {"window": 3}, {"text": None}]
)
def test_an_answer_of_odd_values_is_told(tmp_path, change):
    line = {"view": 0, "part": "a", "window": [0, 0, 9, 9], "zoomed": False, "text": ""}
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n")
    assert len(AnswerLog(tmp_path / "a.jsonl")) == 1
    (tmp_path / "a.jsonl").write_text(json.dumps(line | change) + "\n")
    with pytest.raises(UserError, match="are damaged"):
        AnswerLog(tmp_path / "a.jsonl")


@pytest.mark.parametrize("usage", ["none", {"prompt_tokens": "7"}, {"prompt_tokens": {}}, [1]])
def test_a_server_that_counts_oddly_is_an_answer_all_the_same(fuzz, usage):
    from fuzzing import bases

    from funcorr.pseudolabel.chat_config import ChatConfig
    from funcorr.pseudolabel.openai_client import ChatModel

    reply = bases.REPLY | {"usage": usage}
    with bases.replying(json.dumps(reply).encode()) as url:
        model = ChatModel(ChatConfig("vlm", url))
        assert model.complete("where?") == '{"boxes": [[1, 2, 3, 4]]}'
        assert model.usage.prompt_tokens == 0


# nothing is left behind


def test_folders_made_for_nothing_go_again(tmp_path):
    (tmp_path / "there").mkdir()
    for name in ("there", "new/deep"):
        with pytest.raises(KeyError), made_folder(tmp_path / name):
            raise KeyError
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_run_that_wrote_nothing_leaves_no_record(tmp_path):
    stage = Stage("run", {"seed": 1}, ["*.txt"])
    with pytest.raises(UserError), claim(tmp_path / "run", stage):
        raise UserError("no")
    assert list(tmp_path.iterdir()) == []

    def work():
        with claim(tmp_path / "run", stage):
            (tmp_path / "run" / "a.txt").write_text("progress")
            raise UserError("no")

    with pytest.raises(UserError):
        work()
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"a.txt", "config.json"}


def test_folders_and_files_move_together(tmp_path):
    out = tmp_path / "out"
    with replaced_together(out) as folder:
        (folder / "a").mkdir()
        (folder / "a" / "old.txt").touch()

    def refused():
        with replaced_together(out) as folder:
            (folder / "b.txt").touch()
            raise UserError("no")

    with pytest.raises(UserError):
        refused()
    assert [path.name for path in out.rglob("*")] == ["a", "old.txt"]
    with replaced_together(out) as folder:
        (folder / "a").mkdir()
        (folder / "a" / "new.txt").touch()
    assert [path.name for path in out.rglob("*")] == ["a", "new.txt"]
