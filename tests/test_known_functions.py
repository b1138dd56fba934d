"""Words that were trained, words that are close, words that are far, and what is said of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

import funcorr
from funcorr.functions.known import KnownFunction, nearest_function
from funcorr.functions.text import load_text_encoder

TRAINED = ("cut-with", "hang-onto", "pour-with", "press-with")


@pytest.fixture(scope="module")
def encoder():
    return load_text_encoder("minilm")


@pytest.mark.parametrize(
    ("asked", "nearest", "said"),
    [
        ("pour-with", "pour-with", None),
        ("poor-with", "pour-with", "poor-with is no trained function; did you mean pour-with?"),
        (
            "slice-with",
            "cut-with",
            "no trained function, but cut-with is close to it (similarity 0.7",
        ),
        (
            "pour",
            "pour-with",
            "pour is no trained function, but pour-with is close to it (similarity 0.9",
        ),
        (
            "balance-upon",
            "hang-onto",
            "far from all that are (the nearest is hang-onto, similarity 0.",
        ),
    ],
)
def test_what_is_said_of_a_function(encoder, asked, nearest, said):
    known = nearest_function(asked, TRAINED, encoder)
    assert known.nearest == nearest
    assert known.is_trained == (said is None)
    assert (known.remark is None) if said is None else (said in known.remark)
    assert known.is_close == (said is None or "far" not in said)


def test_the_similarity_is_the_cosine_of_the_texts(encoder):
    known = nearest_function("slice-with", TRAINED, encoder)
    a, b = encoder.encode(["slice with", "cut with"])
    assert known.similarity == pytest.approx(float(a @ b), abs=1e-5)
    assert nearest_function("cut-with", TRAINED, encoder).similarity == 1
    with pytest.raises(funcorr.UserError, match="cosine"):
        KnownFunction("a", "b", 3.0)


def test_a_result_knows_it_also_when_it_is_loaded(scene, tmp_path):
    model = funcorr.load_model()
    assert model.name == "funcorr-small"
    result = model.match(scene / "a.png", scene / "b.png", "Poor With")
    assert (result.function, result.function_known.nearest) == ("poor-with", "pour-with")
    result.save(tmp_path / "matches.npz")
    loaded = funcorr.Correspondence.load(tmp_path / "matches.npz")
    assert loaded.function_known.nearest == "pour-with"
    assert loaded.function_known.similarity == pytest.approx(result.function_known.similarity)
    assert model.match(scene / "a.png", scene / "b.png", "pour with").function_known.is_trained
    plain = funcorr.load_model("chance").match(scene / "a.png", scene / "b.png", "pour-with")
    assert plain.function_known is None


def test_the_command_says_it_and_json_stays_json(funcorr_command, scene):
    words = ("match", scene / "a.png", scene / "b.png", "--out", scene / "out", "--json")
    done = funcorr_command(*words, "--function", "poor-with")
    assert done.code == 0
    assert "did you mean pour-with?" in done.err
    assert json.loads(done.out)["function"] == "poor-with"
    assert "trained" not in funcorr_command(*words, "--function", "Pour With").err


def test_shipped_models_list_what_they_were_trained_on():
    from funcorr.correspondence.checkpoint import load_head
    from funcorr.weights.heads import PACKAGED

    for folder in PACKAGED.glob("funcorr-small*"):
        _, card = load_head(folder)
        assert "pour-with" in card.functions
        assert "apply-torque-with" not in card.functions  # no kind that was trained has it
        assert list(card.functions) == sorted(card.functions)
        assert np.unique(card.functions).size == len(card.functions) == 22
