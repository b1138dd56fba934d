"""Loaders of published data, on tiny made files in the same layout."""

import pytest
from PIL import Image

from funcorr import UserError
from funcorr.affordance.data import affordance_llm_split, read_agd20k
from funcorr.images import read_heatmap


def put(path, size=(6, 4), value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


@pytest.fixture
def agd(tmp_path):
    test = tmp_path / "Seen" / "testset"
    for place in (
        "hold/cell_phone/cell_phone_000001",
        "cut_with/knife/knife_000007",
        "hold/knife/knife_000007",
        "hold/apple/apple_000003",
        "hold/wine_glass/wine_glass_000009",
    ):
        put(test / "egocentric" / f"{place}.jpg")
        put(test / "GT" / f"{place}.png", value=51)
    put(test / "egocentric/hold/apple/apple_000004.jpg")  # without ground truth
    put(test / "GT/hold/apple/apple_000005.png")  # without picture
    (test / "egocentric/hold/apple/.DS_Store").write_bytes(b"")
    return tmp_path


def test_only_pictures_with_ground_truth_count(agd):
    samples = read_agd20k(agd, "Seen")
    assert [each.id for each in samples] == [
        "cut-with/knife/knife_000007",
        "hold/apple/apple_000003",
        "hold/cell phone/cell_phone_000001",
        "hold/knife/knife_000007",
        "hold/wine glass/wine_glass_000009",
    ]
    heatmap = samples[0].truth()
    assert heatmap.shape == (4, 6)
    assert heatmap.max() == pytest.approx(0.2)


def test_affordance_llm_holds_objects_out(agd):
    samples = read_agd20k(agd, "Seen")
    train, test = affordance_llm_split(samples, "easy")
    assert {each.object for each in test} == {"knife"}
    assert {each.object for each in train} == {"apple", "cell phone", "wine glass"}
    _, test = affordance_llm_split(samples, "hard")
    assert {each.object for each in test} == {"knife", "wine glass"}


def test_affordance_llm_leaves_out_test_files_known_from_training(agd):
    for kind, suffix in (("egocentric", "jpg"), ("GT", "png")):
        put(agd / "Seen/testset" / kind / f"hold/knife/apple_000003.{suffix}")
    _, test = affordance_llm_split(read_agd20k(agd, "Seen"), "easy")
    assert {each.image.name for each in test} == {"knife_000007.jpg"}


def test_what_is_missing_is_named(agd):
    with pytest.raises(UserError, match=r"no split 'Unseen'; it has Seen"):
        read_agd20k(agd, "Unseen")
    with pytest.raises(UserError, match="no such folder"):
        read_agd20k(agd / "nowhere", "Seen")
    with pytest.raises(UserError, match="empty half"):
        affordance_llm_split(read_agd20k(agd, "Seen")[1:2], "easy")
    for path in (agd / "Seen/testset/GT").rglob("*.png"):
        path.unlink()
    with pytest.raises(UserError, match="holds no heatmap"):
        read_agd20k(agd, "Seen")
    with pytest.raises(UserError, match="no such file"):
        read_heatmap(agd / "gone.png")


def test_the_splits_of_affordance_llm_have_names(agd, tmp_path, funcorr_command):
    assert {each.object for each in read_agd20k(agd, "affordance-llm-easy")} == {"knife"}
    hard = read_agd20k(agd, "affordance-llm-hard")
    assert {each.object for each in hard} == {"knife", "wine glass"}
    words = (
        "evaluate",
        agd,
        "--model",
        "chance",
        "--protocol",
        "agd20k",
        "--out",
        tmp_path / "run",
    )
    run = funcorr_command(*words, "--split", "affordance-llm-hard")
    assert run.code == 0, run.err
    assert "samples" in (tmp_path / "run" / "table.md").read_text("utf-8")
