"""Fetchers, on packages and libraries that are made here and tiny."""

import io
import json
import signal
import subprocess
import sys
import tarfile
import time
import types

import numpy as np
import pytest
import trimesh
from test_sweethome3d import member, package  # noqa: F401

from funcorr.assets import list_assets, read_asset
from funcorr.assets.importing import import_folder
from funcorr.assets.objaverse import read_uids
from funcorr.errors import UserError

UIDS = ["0" * 31 + digit for digit in "123"]


def test_human_designed_models_become_assets_with_their_authors(package, tmp_path, funcorr_command):  # noqa: F811
    done = funcorr_command(
        "assets", "fetch", "sweethome3d", "--out", tmp_path / "out", "--package", package
    )
    assert done.code == 0, done.err
    assert "2 assets" in done.out
    assert list_assets(tmp_path / "out") == ["bowl", "coffee-mug"]
    bowl = read_asset(tmp_path / "out" / "bowl")
    assert "Kator Legaz" in bowl.attribution
    assert np.ptp(bowl.mesh.bounds, axis=0).max() == pytest.approx(1, abs=1e-6)
    assert "Bowl by Kator Legaz" in (tmp_path / "out" / "ATTRIBUTION.md").read_text()


def test_photographs_come_out_of_the_package(tmp_path, funcorr_command):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        for name in (
            "studiolights/world/city.exr",
            "studiolights/matcap/jade.exr",
            "x/world/a.txt",
        ):
            entry = tarfile.TarInfo(f"./usr/share/blender/datafiles/{name}")
            entry.size = 3
            tar.addfile(entry, io.BytesIO(b"exr"))
    deb = tmp_path / "blender.deb"
    deb.write_bytes(b"!<arch>\n" + member("data.tar.xz", data.getvalue()))
    words = ("assets", "fetch", "hdri", "--out", tmp_path / "hdri", "--package", deb)
    assert "1 photographs" in funcorr_command(*words).out
    assert [path.name for path in (tmp_path / "hdri").iterdir()] == ["city.exr"]
    deb.write_bytes(deb.read_bytes()[:120])
    refused = funcorr_command(*words)
    assert refused.is_refusal
    assert "not a whole blender-data package" in refused.err


def test_without_apt_get_the_package_must_be_given(tmp_path, funcorr_command, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = funcorr_command("assets", "fetch", "hdri", "--out", tmp_path / "hdri")
    assert refused.is_refusal
    assert "--package" in refused.err


@pytest.fixture
def objaverse(tmp_path, monkeypatch):
    """A library of two objects; the third uid cannot be downloaded."""
    paths = {}
    for uid in UIDS[:2]:
        paths[uid] = str(tmp_path / f"{uid}.glb")
        trimesh.creation.box((1, 2, 3)).export(paths[uid])
    note = {"name": "Box", "license": "by", "user": {"username": "ann"}, "viewerUrl": "https://x/1"}
    library = types.ModuleType("objaverse")
    library.load_annotations = lambda uids: {UIDS[0]: note}
    library.load_objects = lambda uids, download_processes: {
        u: paths[u] for u in uids if u in paths
    }
    monkeypatch.setitem(sys.modules, "objaverse", library)


LISTS = {
    "uids.json": json.dumps({"mug": UIDS[:1], "bowl": UIDS[1:]}),
    "selected.csv": "uid,category,split\n"
    + "".join(
        f"{uid},{kind},train\n" for uid, kind in zip(UIDS, ("mug", "bowl", "bowl"), strict=True)
    ),
}


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.usefixtures("objaverse")
def test_objaverse_objects_carry_licence_author_category_and_caption(
    tmp_path, funcorr_command, listed
):
    (tmp_path / listed).write_text(LISTS[listed])
    (tmp_path / "captions.csv").write_text(f'{UIDS[0]},"a box, red"\n')
    words = ["assets", "fetch", "objaverse", "--out", tmp_path / "out", "--uids"]
    words += [tmp_path / listed, "--captions", tmp_path / "captions.csv"]
    done = funcorr_command(*words)
    assert "2 assets imported, 0 were there already, 1 files left out" in done.out, done.err
    assert f"left out bowl/{UIDS[2]}.glb: no such file" in done.out
    bowl, mug = (read_asset(tmp_path / "out" / name) for name in list_assets(tmp_path / "out"))
    assert (mug.category, mug.license, mug.source) == ("mug", "CC-BY-4.0", "https://x/1")
    assert mug.attribution.startswith("Box by ann")
    assert (bowl.category, bowl.license) == ("bowl", "NOASSERTION")
    about = json.loads((tmp_path / "out" / mug.id / "asset.json").read_text())
    assert about["caption"] == "a box, red"
    assert "0 assets imported, 2 were there already" in funcorr_command(*words).out


def test_objaverse_is_installed_as_the_line_says_and_the_same_command_works(
    tmp_path, funcorr_command, monkeypatch, request
):
    (tmp_path / "uids.json").write_text(LISTS["uids.json"])
    out = tmp_path / "out"
    words = ("assets", "fetch", "objaverse", "--uids", tmp_path / "uids.json", "--out", out)
    with monkeypatch.context() as gone:
        gone.setitem(sys.modules, "objaverse", None)
        refused = funcorr_command(*words)
    assert refused.code == 2
    assert "pip install 'funcorr[objaverse]'" in refused.err
    assert not out.exists()
    request.getfixturevalue("objaverse")
    assert "2 assets imported" in funcorr_command(*words).out


PAPER = {
    "train_split.json": ("train", [f"{UIDS[0]}---water bottle.glb", f"{UIDS[1]}---gavel.glb"]),
    "test_split.json": ("test", [f"{UIDS[0]}---water bottle.glb", f"{UIDS[1]}---gavel.glb"]),
    "unseen_test_split.json": ("unseen", [f"{UIDS[0]}---letter opener.glb"]),
}


@pytest.mark.parametrize("name", PAPER)
@pytest.mark.usefixtures("objaverse")
def test_the_papers_lists_are_read_as_they_are_published(tmp_path, funcorr_command, name):
    split, entries = PAPER[name]
    (tmp_path / name).write_text(json.dumps(entries))
    expected = {e.split("---")[0]: (e.split("---")[1][:-4], split) for e in entries}
    assert read_uids(tmp_path / name) == expected
    words = ("assets", "fetch", "objaverse", "--out", tmp_path / "out", "--uids", tmp_path / name)
    assert f"{len(entries)} assets imported" in funcorr_command(*words).out
    assets = [read_asset(tmp_path / "out" / each) for each in list_assets(tmp_path / "out")]
    assert {(a.category, a.split) for a in assets} == {*expected.values()}


def test_verified_assets_are_read_as_they_are_published(tmp_path):
    (tmp_path / "verified_assets.json").write_text(
        json.dumps({"CD case": UIDS[:2], "mug": UIDS[2:]})
    )
    found = read_uids(tmp_path / "verified_assets.json")
    assert {uid: each.category for uid, each in found.items()} == dict(
        zip(UIDS, ("CD case", "CD case", "mug"), strict=True)
    )
    assert {each.split for each in found.values()} == {""}


@pytest.mark.usefixtures("objaverse")
def test_the_split_of_a_selection_is_kept_and_chooses(tmp_path, funcorr_command):
    (tmp_path / "selected.csv").write_text(
        f"uid,category,split\n{UIDS[0]},mug,train\n{UIDS[1]},bowl,test\n"
    )
    words = ("assets", "fetch", "objaverse", "--uids", tmp_path / "selected.csv", "--out")
    assert "2 assets imported" in funcorr_command(*words, tmp_path / "all").out
    assets = [read_asset(tmp_path / "all" / each) for each in list_assets(tmp_path / "all")]
    assert {a.category: a.split for a in assets} == {"mug": "train", "bowl": "test"}
    assert "1 assets imported" in funcorr_command(*words, tmp_path / "one", "--split", "test").out
    assert [read_asset(p.parent).category for p in tmp_path.glob("one/*/asset.json")] == ["bowl"]
    refused = funcorr_command(*words, tmp_path / "none", "--split", "unseen")
    assert refused.is_refusal
    assert "has no objects of the split 'unseen'" in refused.err


@pytest.mark.parametrize("source", ["sweethome3d", "hdri"])
def test_flags_of_another_source_are_refused(tmp_path, funcorr_command, source):
    words = ("assets", "fetch", source, "--out", tmp_path / "out", "--split", "train")
    refused = funcorr_command(*words)
    assert refused.is_refusal
    assert f"not for {source}" in refused.err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("u.json", json.dumps([UIDS[0], UIDS[0]]), "has an object twice"),
        ("u.csv", f"uid,category,split\n{'0' * 32},mug,dev\n", "unknown split 'dev'"),
        ("u.json", '["mug---3"]', "32 hexadecimal digits"),
        ("u.txt", "not-a-uid", "32 hexadecimal digits"),
        ("u.txt", "", "32 hexadecimal digits"),
        ("u.json", '{"mug": 3}', "list of uids"),
        ("u.json", "{", "cannot read the uids"),
        ("u.csv", "uid,kind\n", "32 hexadecimal digits"),
        ("u.csv", f"uid,kind\n{'0' * 32},mug\n", "lacks the column 'category'"),
        ("gone.txt", None, "cannot read the uids"),
    ],
)
@pytest.mark.usefixtures("objaverse")
def test_bad_lists_of_uids_are_one_line(tmp_path, funcorr_command, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content)
    words = ("assets", "fetch", "objaverse", "--out", tmp_path / "out")
    refused = funcorr_command(*words, "--uids", tmp_path / name)
    assert refused.is_refusal
    assert message in refused.err
    assert "--uids" in funcorr_command(*words).err


def test_import_is_the_same_with_workers_and_after_a_broken_run(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        trimesh.creation.box((1, 1 + number, 1)).export(tmp_path / "in" / f"{number}.stl")
    one = import_folder(tmp_path / "in", tmp_path / "one")
    broken = tmp_path / "two" / next(iter(one.imported))
    broken.mkdir(parents=True)
    (broken / "model.glb").write_bytes(b"half")
    (broken / ".asset-0_abcdef.json").write_bytes(b"half")
    two = import_folder(tmp_path / "in", tmp_path / "two", workers=2)
    assert (two.imported, two.failed) == (one.imported, {})
    assert {path.name for path in broken.iterdir()} == {"asset.json", "model.glb"}
    for path in (tmp_path / "one").rglob("*.*"):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_a_killed_import_goes_on_and_gives_the_same_bytes(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(40):
        trimesh.creation.box((1, 1 + number, 1)).export(tmp_path / "in" / f"{number:02d}.stl")
    out = tmp_path / "out"
    code = "import sys; from funcorr.assets.importing import import_folder as f; f(*sys.argv[1:])"
    run = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "in", out], stderr=subprocess.DEVNULL
    )
    while run.poll() is None and len(list(out.glob("*/asset.json"))) < 3:
        time.sleep(0.002)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    done = len(list(out.glob("*/asset.json")))
    summary = import_folder(tmp_path / "in", out)
    assert 3 <= len(summary.kept) == done < 40
    assert len(summary.imported) == 40 - done
    import_folder(tmp_path / "in", tmp_path / "whole")
    for path in (tmp_path / "whole").rglob("*.*"):
        assert path.read_bytes() == (out / path.relative_to(tmp_path / "whole")).read_bytes()
    assert len(list(out.glob("*/*"))) == 80


def test_bad_captions_are_one_line(tmp_path):
    from funcorr.assets.objaverse import read_captions

    (tmp_path / "c.csv").write_text("a,b,c\n")
    with pytest.raises(UserError, match="two columns"):
        read_captions(tmp_path / "c.csv")
