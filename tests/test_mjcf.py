"""``funcorr export --format mjcf``: MuJoCo reads what is written."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from funcorr.assets.store import read_asset, write_asset
from funcorr.simulation.body import DENSITY
from funcorr_forge import forge_asset


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A hook and a hammer of 20 cm."""
    from funcorr.simulation.mjcf import export_mjcf

    place = tmp_path_factory.mktemp("mjcf")
    for category in ("hook", "hammer"):
        write_asset(forge_asset(category, 0), place / "assets")
    assert export_mjcf(place / "assets", place / "out", 0.2, place / "cache") == 2
    return place


@pytest.fixture(params=["hook-0000", "hammer-0000"])
def loaded(request, exported):
    name = request.param
    model = mujoco.MjModel.from_xml_path(str(exported / "out" / name / f"{name}.xml"))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return read_asset(exported / "assets" / name), model, data


def test_every_function_is_a_site_in_its_frame(loaded):
    asset, model, data = loaded
    assert model.nsite == len(asset.frames) > 0
    for function, frame in asset.frames.items():
        site = data.site(function)
        np.testing.assert_allclose(site.xpos, 0.2 * np.asarray(frame.origin), atol=1e-5)
        np.testing.assert_allclose(site.xmat.reshape(3, 3), frame.axes, atol=1e-5)
        assert model.site(function).size[0] == pytest.approx(0.1 * frame.size, rel=1e-4)


def test_it_weighs_what_its_solid_does_and_only_its_pieces_touch(loaded):
    asset, model, _ = loaded
    weight = DENSITY * 0.2**3 * volume(asset.mesh)
    assert model.body(asset.id).mass[0] == pytest.approx(weight, rel=0.1)
    seen = model.geom_group == 2
    assert seen.sum() == 1
    assert (model.geom_contype[seen] == 0).all()
    assert (model.geom_contype[~seen] == 1).all()
    vertices = model.mesh_vert[: model.mesh_vertnum[0]]
    assert np.ptp(vertices, axis=0).max() == pytest.approx(0.2, rel=1e-3)


def volume(mesh):
    a, b, c = mesh.triangles.transpose(1, 0, 2)
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


def test_it_falls_without_a_fault(loaded):
    _, model, data = loaded
    for _ in range(50):
        mujoco.mj_step(model, data)
    assert data.qpos[2] < 0
    assert np.isfinite(data.qpos).all()
    turned = Rotation.from_quat(np.roll(data.qpos[3:7], -1)).magnitude()
    assert turned < 1e-3


def test_the_command_and_what_it_refuses(funcorr_command, exported, tmp_path, monkeypatch):
    monkeypatch.setenv("FUNCORR_CACHE", str(exported))
    words = ["export", exported / "assets", "--format", "mjcf", "--out"]
    done = funcorr_command(*words, tmp_path / "out", "--meters", 0.2)
    assert done.code == 0, done.err
    assert "2 assets exported to mjcf" in done.out
    assert (tmp_path / "out" / "hook-0000" / "visual.obj").is_file()
    assert "not empty" in funcorr_command(*words, exported / "out").err
    assert "more than 0" in funcorr_command(*words, tmp_path / "x", "--meters", 0).err
    nothing = funcorr_command("export", tmp_path, "--format", "mjcf", "--out", tmp_path / "y")
    assert nothing.is_refusal
