"""A head to a folder or a stand-in for the hub and back, with its card."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import huggingface_hub
import pytest

import funcorr
from funcorr.correspondence.checkpoint import load_head, save_head
from funcorr.errors import MissingWeightsError, UserError
from funcorr.weights.heads import PACKAGED


@pytest.fixture(scope="module")
def model():
    return funcorr.load_model("funcorr-small-spatial", device="cpu")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A folder per repository and revision; what was asked of it."""
    asked = []

    class Api:
        def __init__(self, token=None):
            asked.append(("token", token))

        def create_repo(self, repo_id, private=None, exist_ok=False):
            asked.append(("create", repo_id, private, exist_ok))
            return SimpleNamespace(repo_id=repo_id)

        def upload_folder(self, repo_id, folder_path, commit_message):
            shutil.copytree(folder_path, tmp_path / "hub" / repo_id / "main")
            return SimpleNamespace(commit_url=f"hub/{repo_id}/{commit_message}")

    def snapshot_download(repository, revision=None, token=None, allow_patterns=(), **_):
        asked.append(("get", repository, revision, token, tuple(allow_patterns)))
        folder = tmp_path / "hub" / repository / (revision or "main")
        if not folder.is_dir():
            raise huggingface_hub.errors.LocalEntryNotFoundError("nothing there")
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    for name in ("FUNCORR_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return asked


def test_a_folder_gives_the_same_model_back(model, tmp_path):
    folder = model.save_pretrained(tmp_path / "mine", license="mit")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["README.md", "config.json", "model.safetensors"]
    again = funcorr.TrainedMatcher.from_pretrained(folder, device="cpu")
    assert again.fingerprint == model.fingerprint
    assert (again.name, again.card) == (model.name, model.card)
    assert funcorr.load_model(folder, device="cpu").fingerprint == model.fingerprint
    with pytest.raises(UserError, match="mine is not empty"):
        model.save_pretrained(folder)


def test_a_model_goes_to_the_hub_and_comes_back(model, hub):
    address = model.push_to_hub("someone/spatial", private=True, token="t", message="first")
    assert address == "hub/someone/spatial/first"
    assert hub == [("token", "t"), ("create", "someone/spatial", True, True)]
    wanted = ("config.json", "model.safetensors", "README.md")
    again = funcorr.TrainedMatcher.from_pretrained("someone/spatial", token="u", device="cpu")
    assert hub[-1] == ("get", "someone/spatial", None, "u", wanted)
    assert again.fingerprint == model.fingerprint
    named = funcorr.load_model("someone/spatial", device="cpu")
    assert (named.name, named.fingerprint) == (again.name, again.fingerprint)
    with pytest.raises(MissingWeightsError, match="cannot get the model someone/spatial from"):
        funcorr.TrainedMatcher.from_pretrained("someone/spatial", revision="v2")
    assert hub[-1][2] == "v2"


def test_the_card_is_the_models_own_with_metadata_and_an_example(model, hub, tmp_path):
    model.push_to_hub("someone/spatial", license="mit")
    path = tmp_path / "hub/someone/spatial/main/README.md"
    card = huggingface_hub.ModelCard.load(path)
    assert (card.data.library_name, card.data.license) == ("funcorr", "mit")
    own = (PACKAGED / "funcorr-small-spatial" / "README.md").read_text()
    assert own.strip() in card.text
    assert 'load_model("someone/spatial")' in card.text
    twice = funcorr.TrainedMatcher.from_pretrained("someone/spatial", device="cpu")
    twice.push_to_hub("other/copy")
    copied = huggingface_hub.ModelCard.load(tmp_path / "hub/other/copy/main/README.md")
    assert copied.data.license is None
    assert copied.text == card.text.replace("someone/spatial", "other/copy")


def test_a_head_without_a_card_gets_one_from_its_config(model, tmp_path):
    head, card = load_head(PACKAGED / "funcorr-small-spatial")
    save_head(tmp_path / "run", head, card)
    fresh = funcorr.TrainedMatcher.from_pretrained(tmp_path / "run", device="cpu")
    text = (fresh.save_pretrained(tmp_path / "out") / "README.md").read_text()
    for said in ("# funcorr-small-spatial", "`fused`, frozen", "functional part | no", "pour-with"):
        assert said in text


def test_what_cannot_be_written_is_one_line(model, hub, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", refuse)
    with pytest.raises(UserError, match=r"someone/x \(no route to host\): check .*`hf auth login`"):
        model.push_to_hub("someone/x")
    monkeypatch.setenv("FUNCORR_OFFLINE", "1")
    with pytest.raises(UserError, match="someone/x is not written: FUNCORR_OFFLINE"):
        model.push_to_hub("someone/x")
    folder = model.save_pretrained(tmp_path / "gone")
    lost = funcorr.TrainedMatcher.from_pretrained(folder, device="cpu")
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match="is gone since the model was loaded; load it again"):
        lost.save_pretrained(tmp_path / "other")
    assert not (tmp_path / "other").exists()
