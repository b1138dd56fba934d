"""The model that ships in the package: it loads, it knows parts, and it answers as it did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import funcorr
from funcorr.correspondence.model import Matcher
from funcorr.functions.text import SentenceEncoder
from funcorr.weights.heads import PACKAGED

SAMPLES = Path(__file__).parent.parent / "samples"
GOLDEN = Path(__file__).parent / "golden" / "funcorr-small.json"


@pytest.fixture(scope="module")
def model() -> Matcher:
    return funcorr.load_model("funcorr-small", device="cpu")


def encoded(model: Matcher, name: str):
    return model.encode(SAMPLES / f"{name}.png", SAMPLES / "masks" / f"{name}.png")


def small(model: Matcher, name: str, side: int = 160):
    """A sample shrunk, so that matching takes no time."""
    from PIL import Image

    picture = Image.open(SAMPLES / f"{name}.png").convert("RGB").resize((side, side))
    mask = Image.open(SAMPLES / "masks" / f"{name}.png").convert("L").resize((side, side), 0)
    return model.encode(picture, mask)


def describe(model: Matcher) -> dict[str, list[list[float]]]:
    """Where some points land; to be stored again when the model is trained anew."""
    pairs = {"pour-with": ("coffee-mug", "wine-bottle"), "cut-with": ("kitchen-knife", "scissors")}
    golden = {}
    for function, names in pairs.items():
        result = model.match(*(small(model, name) for name in names), function, exact=True)
        best = result.top(5, separation=8)
        golden[function] = np.column_stack([best.points1, best.points2, best.scores]).tolist()
    return golden


def test_it_answers_as_it_did(model: Matcher) -> None:
    golden = json.loads(GOLDEN.read_text())
    found = describe(model)
    assert found.keys() == golden.keys()
    for function, rows in golden.items():
        answers, stored = np.array(found[function]), np.array(rows)
        np.testing.assert_array_equal(answers[:, :4], stored[:, :4])  # pixels
        np.testing.assert_allclose(answers[:, 4], stored[:, 4], rtol=0.005)  # scores


def test_the_part_is_the_working_end(model: Matcher) -> None:
    """The knife's blade, the fork's tines, the spoon's bowl; not their handles."""
    for name, function, working_end in (
        ("kitchen-knife", "cut-with", np.s_[:, 260:]),
        ("fork", "poke-with", np.s_[:160, :]),
        ("spoon", "scoop-with", np.s_[:, 330:]),
    ):
        image = encoded(model, name)
        part = model.match(image, image, function).part1
        assert part is not None
        inside = part > 0.5
        assert inside[working_end].sum() > 0.9 * inside.sum() > 100


def test_an_object_matches_itself(model: Matcher) -> None:
    image = small(model, "hammer")
    result = model.match(image, image, "pound-with")
    assert np.linalg.norm(result.points1 - result.points2, axis=1).max() < 1.5


def test_another_function_is_another_part(model: Matcher) -> None:
    image = small(model, "coffee-mug")
    parts = [model.match(image, image, f).part1 for f in ("pour-with", "hang-onto")]
    assert np.abs(parts[0] - parts[1]).max() > 0.5


def test_batch_equals_loop(model: Matcher) -> None:
    mug, bottle = small(model, "coffee-mug"), small(model, "wine-bottle")
    pair = [(mug, bottle, "pour-with"), (bottle, mug, "pour-with")]
    for result, (a, b, function) in zip(model.match_batch(pair), pair, strict=True):
        alone = model.match(a, b, function)
        np.testing.assert_allclose(result.scores, alone.scores, atol=1e-5)
        assert (result.points2 == alone.points2).all()


def test_unknown_words_are_a_legal_function(model: Matcher) -> None:
    image = small(model, "spoon")
    assert model.match(image, image, "taste-with").function == "taste-with"


@pytest.mark.parametrize("changed", [{"part_odds": 0.0}, {"layout": None}])
def test_a_setting_of_the_card_changes_the_fingerprint(model: Matcher, tmp_path, changed) -> None:
    card = json.loads((PACKAGED / model.name / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(card | changed))
    shutil.copy(PACKAGED / model.name / "model.safetensors", tmp_path)
    assert funcorr.load_model(tmp_path, device="cpu").fingerprint != model.fingerprint


def test_a_text_encoder_of_other_content_changes_the_fingerprint(
    model: Matcher, monkeypatch
) -> None:
    monkeypatch.setattr(SentenceEncoder, "fingerprint", "retrained")
    assert funcorr.load_model(model.name, device="cpu").fingerprint != model.fingerprint


if __name__ == "__main__":  # store the golden answers of a newly trained model
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(describe(funcorr.load_model("funcorr-small", device="cpu"))))
