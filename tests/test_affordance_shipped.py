"""The affordance model in the package: it loads, it answers as it did, verbs change the map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import funcorr
from funcorr.affordance import AffordanceModel

SAMPLES = Path(__file__).parent.parent / "samples"
GOLDEN = Path(__file__).parent / "golden" / "funcorr-afford-small.json"
ASKED = {"coffee-mug": ["pour", "hold"], "kitchen-knife": ["cut", "hold"]}


@pytest.fixture(scope="module")
def model() -> AffordanceModel:
    return funcorr.load_affordance_model("funcorr-afford-small", device="cpu")


def shrunk(heatmap: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(heatmap).resize((8, 8), Image.Resampling.BOX))


def coarse(model: AffordanceModel, name: str, actions: list[str]) -> np.ndarray:
    """Heatmaps of a sample as an 8 x 8 grid, to be stored again when the model is trained anew."""
    return np.stack([*map(shrunk, model.predict(SAMPLES / f"{name}.png", actions).heatmaps)])


def test_it_answers_as_it_did(model: AffordanceModel) -> None:
    golden = json.loads(GOLDEN.read_text())
    assert golden.keys() == ASKED.keys()
    for name, actions in ASKED.items():
        for found, stored in zip(coarse(model, name, actions), golden[name], strict=True):
            np.testing.assert_allclose(found, stored, rtol=0, atol=0.02 * np.max(stored))


def test_the_mug_is_held_at_the_handle_and_pours_over_the_rim(model: AffordanceModel) -> None:
    """The handle is on the left; the rim lies right of it and above the middle."""
    pour, hold = coarse(model, "coffee-mug", ASKED["coffee-mug"])
    places = np.arange(8)
    column = [(h.sum(0) * places).sum() / h.sum() for h in (hold, pour)]
    row = [(h.sum(1) * places).sum() / h.sum() for h in (hold, pour)]
    assert column[0] + 0.5 < column[1]
    assert row[1] + 0.5 < row[0]


def test_a_verb_that_was_never_trained_has_a_map_of_its_own(model: AffordanceModel) -> None:
    slice_, hold = coarse(model, "kitchen-knife", ["slice with", "hold"])
    assert np.abs(slice_ / slice_.max() - hold / hold.max()).max() > 0.1


if __name__ == "__main__":  # store the golden answers of a newly trained model
    loaded = funcorr.load_affordance_model("funcorr-afford-small", device="cpu")
    answers = {
        name: coarse(loaded, name, actions).round(5).tolist() for name, actions in ASKED.items()
    }
    GOLDEN.write_text(json.dumps(answers))
