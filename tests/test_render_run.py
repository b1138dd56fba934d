"""Runs that are broken off, gone on with, or meet a bad disk: nothing is lost."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_dataset import CONFIG, all_bytes, assets, dataset, mallet  # noqa: F401

from funcorr.assets.store import write_asset
from funcorr.errors import UserError
from funcorr.render.dataset import Dataset
from funcorr.render.write import render_dataset

# ruff: noqa: F811


def test_resume_renders_what_has_changed_again(assets, tmp_path):
    source, out = tmp_path / "assets", tmp_path / "data"
    shutil.copytree(assets, source)
    render_dataset(source, out, CONFIG)
    before = all_bytes(out)
    flat = mallet("mallet-0001").mesh.transformed(np.diag([0.5, 1, 1, 1]))
    write_asset(replace(mallet("mallet-0001"), mesh=flat), source)
    report = render_dataset(source, out, CONFIG, resume=True)
    assert (report.rendered, report.skipped) == (("mallet-0001",), ("mallet-0000", "mallet-0002"))
    after = all_bytes(out)
    changed = {path.parts[0] for path in before if before[path] != after.get(path)}
    assert changed == {"mallet-0001"}
    assert set(before) == set(after)


def test_a_dataset_of_an_earlier_version_can_be_gone_on_with(assets, tmp_path):
    out = tmp_path / "data"
    render_dataset(assets, out, CONFIG)
    info = json.loads((out / "dataset.json").read_text())
    for newer in ("tracer", "tracing", "photographs"):
        del info["config"][newer]
    del info["config"]["views"]["tilt"]
    info["config"]["renderer"] = "auto"
    (out / "dataset.json").write_text(json.dumps(info))
    assert len(render_dataset(assets, out, CONFIG, resume=True).skipped) == 3
    with pytest.raises(UserError, match="another configuration"):
        render_dataset(assets, out, replace(CONFIG, tracer="numpy"), resume=True)


def test_a_killed_run_goes_on_and_gives_the_same_bytes(dataset, assets, tmp_path):
    """The whole process group dies while an asset is being written."""
    code = (
        "import sys\nfrom test_dataset import CONFIG\n"
        "from funcorr.render.write import render_dataset\n"
        "render_dataset(sys.argv[1], sys.argv[2], CONFIG)"
    )
    out, here = tmp_path / "data", str(Path(__file__).parent)
    run = subprocess.Popen(
        [sys.executable, "-c", code, assets, out],
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    while run.poll() is None and not list(out.glob(".mallet-0001.partial/rgb/*.png")):
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert (out / "mallet-0000" / "asset.json").exists()
    assert not (out / "mallet-0001").exists()
    render_dataset(assets, out, CONFIG, resume=True)
    assert all_bytes(out) == all_bytes(dataset.path)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_full_or_read_only_disk_is_one_line_and_loses_nothing(
    assets, tmp_path, monkeypatch, error
):
    out, save = tmp_path / "data", Image.Image.save
    written = []

    def fail_later(self, path, *args, **kwargs):
        written.append(path)
        if len(written) > 25:
            raise OSError(error, os.strerror(error))
        save(self, path, *args, **kwargs)

    monkeypatch.setattr(Image.Image, "save", fail_later)
    with pytest.raises(UserError, match=f"cannot write.*{os.strerror(error)}"):
        render_dataset(assets, out, CONFIG)
    assert Dataset(out).assets == ["mallet-0000"]
    assert not list(out.glob(".*"))
    monkeypatch.undo()
    assert len(render_dataset(assets, out, CONFIG, resume=True).rendered) == 2
