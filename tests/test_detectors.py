"""Detectors in this process, as tiny random models saved to a folder."""

import json

import numpy as np
import pytest
import torch
from label_data import VIEWS, render_mallets

from funcorr.errors import UserError
from funcorr.pseudolabel.clients import PartGrounder, PartQuery, in_parallel
from funcorr.pseudolabel.detectors import Detector, DetectorConfig
from funcorr.render.dataset import Dataset

SPOUT = PartQuery("spout", category="kettle")
TINY_TEXT = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
WORDS = ["spout", "of", "a", "kettle", "photo", "locate", "in", "the", "image", "."]


def save_tokenizer(folder, specials, **names):
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: index for index, word in enumerate([*specials, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=specials[0]))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token=specials[0], pad_token=specials[1], **names
    )
    fast.save_pretrained(folder)
    return len(fast)


def owlv2(folder):
    from transformers import Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil

    size = save_tokenizer(folder, ["<unk>", "<pad>"])
    text = {**TINY_TEXT, "num_attention_heads": 2, "vocab_size": size}
    config = Owlv2Config(
        text_config={**text, "max_position_embeddings": 8},
        vision_config={**TINY_TEXT, "num_attention_heads": 2, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    model = Owlv2ForObjectDetection(config)
    torch.nn.init.zeros_(model.class_head.logit_scale.weight)  # random scales saturate the scores
    torch.nn.init.zeros_(model.class_head.logit_shift.weight)
    model.save_pretrained(folder)
    Owlv2ImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)


def grounding_dino(folder):
    from transformers import (
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessorPil,
        SwinConfig,
    )

    size = save_tokenizer(folder, ["[UNK]", "[PAD]"])
    swin = SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 1, 1],
        window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )
    config = GroundingDinoConfig(
        backbone_config=swin,
        text_config={
            **TINY_TEXT,
            "model_type": "bert",
            "num_attention_heads": 2,
            "vocab_size": size,
        },
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=10,
    )
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    small = {"shortest_edge": 64, "longest_edge": 128}
    GroundingDinoImageProcessorPil(size=small).save_pretrained(folder)


def florence2(folder):
    from transformers import (
        CLIPImageProcessorPil,
        Florence2Config,
        Florence2ForConditionalGeneration,
    )

    locations = [f"<loc_{bin}>" for bin in range(1000)]
    size = save_tokenizer(
        folder,
        ["<unk>", "<pad>", "<s>", "</s>"],
        bos_token="<s>",
        eos_token="</s>",
        additional_special_tokens=["<image>", *locations],
    )
    config = Florence2Config(
        text_config={
            "model_type": "bart",
            "d_model": 16,
            "encoder_layers": 1,
            "decoder_layers": 1,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
            "encoder_ffn_dim": 32,
            "decoder_ffn_dim": 32,
            "vocab_size": size,
            "pad_token_id": 1,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "decoder_start_token_id": 3,
            "forced_eos_token_id": 3,
        },
        vision_config={
            "depths": [1, 1],
            "patch_size": [7, 3],
            "patch_stride": [4, 2],
            "patch_padding": [3, 1],
            "patch_prenorm": [False, True],
            "embed_dim": [8, 16],
            "num_heads": [1, 1],
            "num_groups": [1, 1],
            "window_size": 4,
            "projection_dim": 16,
        },
        image_token_id=4 + len(WORDS),
    )
    Florence2ForConditionalGeneration(config).save_pretrained(folder)
    images = CLIPImageProcessorPil(
        size={"height": 32, "width": 32}, do_center_crop=False, image_seq_length=17
    )
    images.save_pretrained(folder)


FAMILIES = {"owlv2": owlv2, "grounding-dino": grounding_dino, "florence2": florence2}


@pytest.fixture(scope="module", params=FAMILIES.values(), ids=FAMILIES)
def folder(request, tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("detector")
    request.param(folder)
    return folder


def picture():
    return np.random.default_rng(0).integers(0, 255, (30, 50, 3), dtype=np.uint8)


def test_a_detector_answers_within_the_picture_and_always_the_same(folder):
    detector = Detector(folder, "cpu", DetectorConfig(threshold=0.0, most=3))
    assert isinstance(detector, PartGrounder)
    text = detector.ask(picture(), SPOUT)
    assert text == detector.ask(picture(), SPOUT)
    answer = detector.read(text, (30, 50))
    assert answer.declined == (not answer.boxes)
    assert all(box.clipped((30, 50)) == box for box in answer.boxes)
    assert len(answer.boxes) <= 3
    if detector.family != "florence2":
        scores = [entry["score"] for entry in json.loads(text)]
        assert scores == sorted(scores, reverse=True)
        assert len(answer.boxes) == len(scores) > 0


def test_the_words_and_the_picture_matter(folder):
    detector = Detector(folder, "cpu", DetectorConfig(threshold=0.0, most=3))
    if detector.family == "florence2":
        assert detector._phrase(SPOUT) == "Locate spout of a kettle in the image."
        return
    text = detector.ask(picture(), SPOUT)
    assert text != detector.ask(picture(), PartQuery("image"))
    assert text != detector.ask(255 - picture(), SPOUT)


def test_many_threads_get_the_answers_of_one(folder):
    detector = Detector(folder, "cpu", DetectorConfig(threshold=0.0, most=3))
    queries = [PartQuery(word) for word in WORDS[:4]] * 2
    answers = dict(in_parallel(lambda q: detector.ask(picture(), q), queries, concurrency=8))
    assert answers == {query: detector.ask(picture(), query) for query in queries}


def test_settings_tell_fingerprints_apart(folder):
    one, two = (Detector(folder, "cpu", DetectorConfig(most=most)).fingerprint for most in (1, 2))
    assert one != two


def test_nothing_above_the_threshold_means_not_there(tmp_path):
    owlv2(tmp_path)
    detector = Detector(tmp_path, "cpu", DetectorConfig(threshold=0.9999))
    answer = detector.read(detector.ask(picture(), SPOUT), (30, 50))
    assert (answer.boxes, answer.malformed, answer.declined) == ((), 0, True)


def test_a_detector_labels_a_dataset(tmp_path, funcorr_command):
    owlv2(tmp_path / "tiny")
    dataset = render_mallets(tmp_path, count=1)
    words = ("label", dataset, "--labeller", "owl", "--views", "all")
    outcome = funcorr_command(*words, "--model", f"detector:{tmp_path / 'tiny'}")
    assert outcome.code == 0, outcome.err
    assert "1 assets labelled" in outcome.out
    assert "incomplete" not in outcome.out
    assert len(Dataset(dataset, "owl")) == 1
    log = dataset / "mallet-0000/labels/owl/answers.jsonl"
    assert len(log.read_text().splitlines()) == VIEWS  # one answer a view, whatever --samples says


def test_folders_that_hold_no_detector(tmp_path):
    owlv2(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(UserError, match=r"expected tokenizer.json"):
        Detector(tmp_path, "cpu")
    (tmp_path / "config.json").write_text('{"model_type": "resnet"}')
    with pytest.raises(UserError, match="'resnet' model; expected one of grounding-dino"):
        Detector(tmp_path, "cpu")
    with pytest.raises(UserError, match="at least one box"):
        DetectorConfig(most=0)
