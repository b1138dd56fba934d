"""The forge on disk and from the command line."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from funcorr.cli.assets import forge, show
from funcorr.errors import UserError
from funcorr.render.portrait import colored_by_part, portrait
from funcorr_forge import CATEGORIES, forge_asset, forge_many, splits
from funcorr_forge.catalogue import check_categories


def test_categories_are_found_by_any_spelling():
    assert forge_asset("l bracket", 0).id == forge_asset("L-bracket", 0).id == "L-bracket-0000"


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers(tmp_path):
    names = ["mug", "coat hanger", "kettle"]
    first = forge_many(tmp_path / "one", names, per_category=2, seed=3).ids
    second = forge_many(tmp_path / "two", names[::-1], per_category=2, seed=3, workers=2).ids
    assert list(first) == [
        "mug-0000",
        "mug-0001",
        "coat-hanger-0000",
        "coat-hanger-0001",
        "kettle-0000",
        "kettle-0001",
    ]
    assert sorted(second) == sorted(first)
    for name in first:
        for file in ("model.glb", "asset.json"):
            one, two = (tmp_path / run / name / file for run in ("one", "two"))
            assert one.read_bytes() == two.read_bytes()


def test_instances_and_seeds_differ():
    shapes = {
        forge_asset("bottle", i, s).mesh.vertices.tobytes() for i in range(4) for s in range(3)
    }
    assert len(shapes) == 12


def test_whole_assets_are_kept_and_broken_or_foreign_ones_made_anew(tmp_path):
    forge_many(tmp_path, ["hook"], per_category=3)
    files = [tmp_path / f"hook-000{i}" / "model.glb" for i in range(3)]
    content = [file.read_bytes() for file in files]
    files[0].write_bytes(b"kept")
    files[1].unlink()
    forge_many(tmp_path, ["hook"], per_category=3)
    assert [file.read_bytes() for file in files] == [b"kept", *content[1:]]
    forge_many(tmp_path, ["hook"], per_category=3, seed=5)
    assert all(file.read_bytes() != before for file, before in zip(files, content, strict=True))


def test_a_killed_forge_goes_on_and_gives_the_same_bytes(tmp_path):
    code = "import sys; from funcorr_forge import forge_many as f; f(sys.argv[1], ['hook'])"
    run = subprocess.Popen([sys.executable, "-c", code, tmp_path / "a"], stderr=subprocess.DEVNULL)
    while run.poll() is None and len(list(tmp_path.glob("a/*/asset.json"))) < 3:
        time.sleep(0.002)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    assert 3 <= len(list(tmp_path.glob("a/*/asset.json"))) < 25
    (tmp_path / "a/hook-0024").mkdir(exist_ok=True)
    (tmp_path / "a/hook-0024/.model-abcd_123.glb").write_bytes(b"half")
    assert len(forge_many(tmp_path / "a", ["hook"]).ids) == 25
    forge_many(tmp_path / "b", ["hook"])
    found = [
        {f.relative_to(tmp_path / name): f.read_bytes() for f in tmp_path.glob(f"{name}/*/*")}
        for name in "ab"
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 50


@pytest.mark.parametrize(
    "call",
    [
        lambda out: forge_asset("moon", 0),
        lambda out: forge_asset("mug", -1),
        lambda out: forge_many(out, ["mug"], per_category=0),
        lambda out: forge_many(out, ["mug"], workers=0),
        lambda out: show(out, out / "sheet.png"),
    ],
)
def test_bad_requests_are_refused(tmp_path, call):
    with pytest.raises(UserError):
        call(tmp_path)


def test_commands_forge_and_show(tmp_path, capsys):
    forge(tmp_path / "set", categories="awl,coat-hanger", per_category=1)
    assert "2 assets" in capsys.readouterr().out
    show(tmp_path / "set", tmp_path / "sheet.png", columns=2)
    from PIL import Image

    picture = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert picture.shape == (192, 384, 3)
    assert (picture.reshape(192, 2, 192, 3).min(axis=(0, 2, 3)) < 150).all()


def test_a_sheet_by_part_has_a_colour_for_each_part():
    mesh = colored_by_part(forge_asset("hammer", 0).mesh)
    assert [material.name for material in mesh.materials] == list(mesh.part_names)
    np.testing.assert_array_equal(mesh.face_materials, mesh.face_parts)
    colors = np.array([material.color for material in mesh.materials])
    apart = np.linalg.norm(colors[:, None] - colors, axis=2)[~np.eye(len(colors), dtype=bool)]
    assert apart.min() > 0.15
    plain, by_part = (np.asarray(portrait(forge_asset("hammer", 0), b, 48)) for b in (False, True))
    assert (plain != by_part).any()


def test_an_object_that_cannot_be_made_is_named_and_the_others_are_made(
    tmp_path, capsys, monkeypatch
):
    def broken(generator):
        raise ValueError("not a\nsolid")

    monkeypatch.setitem(CATEGORIES, "hook", broken)
    forge(tmp_path, categories="hook,awl", per_category=1)
    said = capsys.readouterr().out
    assert "left out hook-0000: ValueError: not a solid" in said
    assert "1 assets" in said
    with pytest.raises(UserError, match="none of 1 objects"):
        forge(tmp_path, categories="hook", per_category=1)


def test_the_split_covers_every_category_once():
    members = [category for split in splits().values() for category in split]
    assert sorted(members) == sorted(CATEGORIES)
    assert check_categories(["unseen-dev", "rake", "mug"]) == [*splits()["unseen-dev"], "mug"]
