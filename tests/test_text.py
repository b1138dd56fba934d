import json
import shutil

import numpy as np
import pytest
import torch

from funcorr.errors import UserError
from funcorr.functions.prompted import PromptedEncoder, prompted
from funcorr.functions.text import TextEncoder, load_text_encoder

TEXTS = ["pour with", "hang onto a hook", "cut"]
WORDS = ["pour", "with", "hang", "onto", "a", "hook", "cut"]


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=16, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    vocabulary = {word: index for index, word in enumerate(names)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def tiny_clip(tmp_path_factory):
    from transformers import CLIPConfig, CLIPModel

    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    letters = sorted(set("".join(WORDS)))
    names = [*letters, *(f"{letter}</w>" for letter in letters)]
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: index for index, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    size = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2}
    end = vocabulary["<|endoftext|>"]
    text = {
        **size, "vocab_size": len(names), "num_attention_heads": 2, "projection_dim": 6,
        "max_position_embeddings": 32, "bos_token_id": end - 1, "eos_token_id": end,
        "pad_token_id": end,
    }  # fmt: skip
    vision = {**size, "num_attention_heads": 2, "image_size": 8, "patch_size": 4}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=6)
    config.initializer_factor = 20.0
    CLIPModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(params=["tiny_bert", "tiny_clip", "minilm"])
def encoder(request):
    tiny = request.param.startswith("tiny")
    return load_text_encoder(request.getfixturevalue(request.param) if tiny else request.param)


def test_batch_equals_single_and_vectors_are_unit(encoder):
    assert isinstance(encoder, TextEncoder)
    together = encoder.encode(TEXTS)
    alone = torch.cat([encoder.encode([text]) for text in TEXTS])
    assert together.shape == (3, encoder.dim)
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together.norm(dim=1), torch.ones(3), atol=1e-5)
    assert (together[0] - together[1]).abs().max() > 1e-3


def test_long_texts_are_cut_not_refused(encoder):
    assert encoder.encode(["hook " * 1000]).shape == (1, encoder.dim)


@pytest.mark.parametrize("texts", [[], "pour"])
def test_what_is_no_list_of_texts_is_refused(tiny_bert, texts):
    with pytest.raises(UserError, match="list of at least one text"):
        load_text_encoder(tiny_bert).encode(texts)


def test_mean_pooling_by_hand(tiny_bert):
    from transformers import BertModel

    model = BertModel.from_pretrained(tiny_bert).eval()
    ids = torch.tensor([[2, 4, 5, 3]])  # [CLS] pour with [SEP]
    with torch.no_grad():
        states = model(ids).last_hidden_state[0].double().numpy().mean(axis=0)
    expected = states / np.linalg.norm(states)
    assert np.allclose(load_text_encoder(tiny_bert).encode(["pour with"])[0], expected, atol=1e-5)


def test_padding_and_truncation_equal_transformers_own(tiny_bert):
    from transformers import BertModel, PreTrainedTokenizerFast

    file = str(tiny_bert / "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=file, pad_token="[PAD]")
    texts = ["cut", "pour with a hook", "hang onto " * 200]
    options = {"padding": True, "truncation": True, "max_length": 256}
    tokens = tokenizer(texts, return_tensors="pt", **options)
    found = load_text_encoder(tiny_bert).tokens(texts)
    assert all(torch.equal(found[key], tokens[key]) for key in ("input_ids", "attention_mask"))
    mask = tokens["attention_mask"]
    with torch.no_grad():
        model = BertModel.from_pretrained(tiny_bert).eval()
        states = model(tokens["input_ids"], attention_mask=mask).last_hidden_state
    means = torch.stack([one[real.bool()].mean(0) for one, real in zip(states, mask, strict=True)])
    expected = torch.nn.functional.normalize(means, dim=1)
    torch.testing.assert_close(load_text_encoder(tiny_bert).encode(texts), expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden_size": None}, "no BertModel|not a BertModel"),
        ({"hidden_act": "relu"}, "gelu"),
        ({"num_attention_heads": 0}, "sizes must be at least 1"),
        ({"vocab_size": -3}, "sizes must be at least 1"),
    ],
)
def test_a_config_that_is_not_berts_is_a_line(tiny_bert, tmp_path, change, words):
    content = json.loads((tiny_bert / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(content | change))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=words):
        load_text_encoder(tmp_path)


def test_a_damaged_tokenizer_is_a_line(tiny_bert, tmp_path):
    shutil.copytree(tiny_bert, tmp_path / "copy")
    (tmp_path / "copy" / "tokenizer.json").write_text("{")
    with pytest.raises(UserError, match="cannot read the tokenizer"):
        load_text_encoder(tmp_path / "copy")


def test_clip_uses_the_projected_end_token(tiny_clip):
    from transformers import CLIPModel

    encoder = load_text_encoder(tiny_clip)
    ids = encoder._tokenizer(["cut", "pour with"], padding=True, return_tensors="pt")
    with torch.no_grad():
        model = CLIPModel.from_pretrained(tiny_clip).eval()
        states = model.text_model(**ids).last_hidden_state
    last = ids["attention_mask"].sum(dim=1) - 1
    expected = model.text_projection(states[torch.arange(2), last]).detach()
    expected = expected / expected.norm(dim=1, keepdim=True)
    assert torch.allclose(encoder.encode(["cut", "pour with"]), expected, atol=1e-5)


def test_minilm_knows_what_goes_together():
    golden = [-0.0175, 0.0127, -0.0047, 0.0439, -0.0343, 0.0335, 0.1441, -0.009]
    pour, spout, hammer = load_text_encoder("minilm").encode(
        ["pour with", "the spout of a kettle", "a hammer"]
    )
    assert np.allclose(pour[:8], golden, atol=1e-3)
    assert pour @ spout > pour @ hammer


def test_unknown_and_foreign_encoders_are_refused(tmp_path, tiny_bert):
    with pytest.raises(UserError, match=r"unknown text encoder 'bert-huge'.*minilm"):
        load_text_encoder("bert-huge")
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match="'t5'"):
        load_text_encoder(tmp_path)
    (tmp_path / "config.json").write_text((tiny_bert / "config.json").read_text())
    with pytest.raises(UserError, match="cannot read the weights"):
        load_text_encoder(tmp_path)


NAMES = ["hook", "pour with"]


@pytest.mark.parametrize("kind", ["tiny_bert", "tiny_clip"])
def test_without_learned_tokens_a_prompted_encoder_is_the_encoder(kind, request):
    encoder = load_text_encoder(request.getfixturevalue(kind))
    words = prompted(encoder)
    assert isinstance(words, PromptedEncoder)
    plain = words.encode(torch.zeros(0, words.width), words.prepare(NAMES))
    expected = encoder.encode([f"{name}." for name in NAMES])
    torch.testing.assert_close(torch.nn.functional.normalize(plain, dim=1), expected)


def test_learned_tokens_of_clip_act_like_words(tiny_clip):
    encoder = load_text_encoder(tiny_clip)
    words = prompted(encoder)
    ids = encoder.tokens(["cut with"])["input_ids"][0, 1:-1]
    prompt = encoder.model.text_model.embeddings.token_embedding(ids)
    found = words.encode(prompt, words.prepare(NAMES))
    expected = encoder.encode([f"cut with {name}." for name in NAMES])
    torch.testing.assert_close(torch.nn.functional.normalize(found, dim=1), expected)


@pytest.mark.parametrize("layers", [None, 1, 2])
def test_learned_tokens_of_a_sentence_encoder_get_gradients(tiny_bert, layers):
    words = prompted(load_text_encoder(tiny_bert), layers)
    names = words.prepare(NAMES)
    prompt = torch.randn(3, words.width, requires_grad=True)
    found = words.encode(prompt, names)
    alone = torch.cat([words.encode(prompt, words.prepare([name])) for name in NAMES])
    torch.testing.assert_close(found, alone)  # padding changes nothing
    found.square().sum().backward()
    assert (prompt.grad.abs().sum(1) > 0).all()


def test_encoders_that_cannot_be_prompted_are_a_line(tiny_bert, tiny_clip):
    with pytest.raises(UserError, match="has 2 layers"):
        prompted(load_text_encoder(tiny_bert), 3)
    with pytest.raises(UserError, match="takes no learned tokens"):
        prompted(load_text_encoder(tiny_clip), 1)


@pytest.mark.parametrize(
    ("folder", "changed"),
    [
        *(("tiny_bert", name) for name in ("model.safetensors", "tokenizer.json")),
        *(("tiny_clip", name) for name in ("model.safetensors", "vocab.json", "merges.txt")),
    ],
)
def test_fingerprints_follow_weights_and_tokenizer_not_the_folder(
    request, tmp_path, folder, changed
):
    folder = request.getfixturevalue(folder)
    shutil.copytree(folder, tmp_path / "copy")
    first = load_text_encoder(folder)
    copy, other = type(first)(tmp_path / "copy"), type(first)(tmp_path / "copy")
    assert first.fingerprint == copy.fingerprint
    with (tmp_path / "copy" / changed).open("ab") as file:
        file.write(b"\n")
    assert other.fingerprint != first.fingerprint
