"""Clients of vision-language models, against a real server on the loopback address."""

import logging
import time
from dataclasses import replace

import numpy as np
import pytest
from fake_vlm import Errors, FakeVLM, Scene, brackets, fractions, json_boxes

from funcorr.errors import UserError
from funcorr.pseudolabel.answer_log import add_line, read_lines
from funcorr.pseudolabel.boxes import Box
from funcorr.pseudolabel.chat_config import ChatConfig
from funcorr.pseudolabel.chat_grounder import STYLES, ChatGrounder, find_style
from funcorr.pseudolabel.clients import (
    PartGrounder,
    PartQuery,
    RequestError,
    ServiceError,
    TextModel,
    in_parallel,
)
from funcorr.pseudolabel.framing import Framing
from funcorr.pseudolabel.openai_client import ChatModel
from funcorr.pseudolabel.prompts import Sampling

WRITERS = {
    "json": json_boxes,
    "pixels": fractions,
    "cogvlm": brackets,
    "manipvqa-p": fractions,
    "manipvqa-f": fractions,
}


def kettle(height=60, width=100) -> Scene:
    """A picture of a body and a spout."""
    rgb = np.full((height, width, 3), 255, np.uint8)
    body = np.zeros((height, width), dtype=bool)
    body[20:50, 40:80] = True
    spout = np.zeros_like(body)
    spout[25:31, 22:40] = True
    rgb[body], rgb[spout] = (120, 40, 40), (40, 40, 120)
    return Scene(rgb, {"body": body, "spout": spout})


SCENE = kettle()
SPOUT = PartQuery("spout", "A bent tube.", "kettle", "pour-with")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)


@pytest.fixture
def server():
    with FakeVLM([SCENE]) as fake:
        yield fake


def model_of(server, **settings) -> ChatModel:
    settings = {"timeout": 5.0, **settings}
    return ChatModel(ChatConfig("fake", server.url, **settings))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_finds_the_part_in_the_callers_pixels(server, style):
    server.write = WRITERS[style]
    if style == "manipvqa-f":
        server.scenes = [replace(SCENE, parts={"pour": SCENE.parts["spout"]})]
    grounder = ChatGrounder(model_of(server), style)
    answer = grounder.read(grounder.ask(SCENE.rgb, SPOUT), SCENE.rgb.shape[:2])
    assert answer.boxes[0].corners == pytest.approx((21.5, 24.5, 39.5, 30.5), abs=0.06)
    assert (len(answer.boxes), answer.malformed, answer.declined) == (1, 0, False)
    assert isinstance(grounder, PartGrounder)


def test_paper_settings_are_what_is_sent(server):
    ChatGrounder(model_of(server), "cogvlm").ask(SCENE.rgb, SPOUT)
    sent = server.seen[0]
    assert (sent["temperature"], sent["top_p"], sent["top_k"]) == (0.9, 0.95, 5)
    image, question = sent["messages"][0]["content"]
    assert image["image_url"]["url"].startswith("data:image/jpeg;base64,")
    assert '"spout - a bent tube"' in question["text"]


def test_several_boxes_and_malformed_ones_by_style(server):
    text = "[[100,300,200,500;300,300,400,500]]"
    every = ChatGrounder(model_of(server), "json").read(text, (60, 100))
    last = ChatGrounder(model_of(server), "cogvlm").read(text, (60, 100))
    assert len(every.boxes) == 2
    assert last.boxes == every.boxes[1:]
    spoilt = text + " [[1,2,3]]"
    assert len(ChatGrounder(model_of(server), "json").read(spoilt, (60, 100)).boxes) == 2
    assert ChatGrounder(model_of(server), "cogvlm").read(spoilt, (60, 100)).boxes == ()


def test_error_levels_of_the_server(server):
    """The fake errs as told: that is what label quality is measured with."""
    grounder = ChatGrounder(model_of(server), "json")
    exact = Box.around(SCENE.parts["spout"])

    def overlaps(**errors):
        server.errors = Errors(**errors)
        answers = [grounder.read(grounder.ask(SCENE.rgb, SPOUT), (60, 100)) for _ in range(12)]
        return [max((exact.iou(b) for b in answer.boxes), default=0.0) for answer in answers]

    assert min(overlaps()) > 0.95
    assert np.mean(overlaps(jitter=0.05)) > np.mean(overlaps(jitter=0.3))
    assert max(overlaps(wrong_part=1.0)) < 0.1
    assert overlaps(miss=1.0) == [0.0] * 12
    assert overlaps(malformed=1.0) == [0.0] * 12


@pytest.mark.parametrize("trouble", ["429", "500", "503", "disconnect", "garbage", "empty"])
def test_passing_trouble_is_tried_again(server, trouble):
    server.script = [trouble, trouble]
    model = model_of(server)
    assert model.complete("Is a kettle a vessel?") == "yes"
    assert (model.usage.requests, model.usage.answers) == (3, 1)


def test_a_hanging_server_is_left_and_asked_again(server):
    server.script = ["hang"]
    assert model_of(server, timeout=0.3).complete("?") == "yes"
    assert len(server.seen) == 2


def test_retry_after_is_honoured(server):
    server.script, server.retry_after = ["429"], "1"
    start = time.monotonic()
    assert model_of(server).complete("?") == "yes"
    assert time.monotonic() - start >= 1.0


FINAL = {
    "asks to wait an hour": ({"script": ["429"], "retry_after": "3600"}, ServiceError, "3600 s", 1),
    "no quota": ({"script": ["quota"]}, ServiceError, "no quota", 1),
    "wrong key": ({"key": "right"}, ServiceError, "FUNCORR_API_KEY", 0),
    "wrong model": ({"models": ("other",)}, ServiceError, "no model 'fake'", 0),
    "too large": ({"script": ["413"]}, RequestError, "smaller pictures", 1),
    "refused": ({"script": ["400"]}, RequestError, "told to answer 400", 1),
    "always failing": ({"script": ["500"] * 3}, RequestError, "500", 3),
    "always hanging": ({"script": ["hang"] * 3}, RequestError, "did not answer within", 3),
    "always cut": ({"script": ["disconnect"] * 3}, ServiceError, "is it running", 3),
    "never text": ({"script": ["empty"] * 3}, RequestError, "no usable answer", 3),
}


@pytest.mark.parametrize(("setting", "kind", "line", "tries"), FINAL.values(), ids=FINAL)
def test_lasting_trouble_is_one_clear_line(server, setting, kind, line, tries):
    for name, value in setting.items():
        setattr(server, name, value)
    with pytest.raises(kind, match=line) as caught:
        model_of(server, attempts=3, timeout=0.3).complete("?")
    assert "\n" not in str(caught.value)
    assert len(server.seen) == tries


def test_a_server_that_is_down_or_lacks_the_model_is_found_out_at_once(server):
    model = model_of(server)
    model.check()
    server.models = ("llava", "qwen")
    with pytest.raises(ServiceError, match="offers llava, qwen"):
        model.check()
    server.__exit__()
    with pytest.raises(ServiceError, match=r"cannot reach .* is it running"):
        model.check()
    with pytest.raises(ServiceError, match="cannot reach"):
        model_of(server, attempts=2).complete("?")


def test_the_key_stays_secret(server, monkeypatch, caplog):
    monkeypatch.setenv("FUNCORR_API_KEY", "s3cret-key")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "other-secret")
    caplog.set_level(logging.DEBUG)
    server.key = "s3cret-key"
    model = model_of(server)
    assert model.complete("?") == "yes"
    server.key = "changed"
    with pytest.raises(ServiceError) as refused:
        model.complete("?")
    told = caplog.text + str(refused.value) + repr(model.config) + repr(server.seen)
    assert "s3cret" not in told
    assert "other-secret" not in told + repr(server.headers)


def test_many_at_once_but_not_more_than_allowed(server):
    server.latency = 0.2
    model = model_of(server, concurrency=16)
    answers = list(in_parallel(model.complete, map(str, range(96)), concurrency=24))
    assert {text for _, text in answers} == {"yes"}
    assert len(answers) == len(server.seen) == 96
    assert 8 < server.most_at_once <= 16


def test_rate_limit(server):
    model = model_of(server, per_minute=600)
    start = time.monotonic()
    list(in_parallel(model.complete, "abcdef", concurrency=6))
    assert time.monotonic() - start >= 0.5


def test_tokens_and_cost_add_up(server):
    server.texts = lambda prompt: "one two three"
    model = model_of(server, price_in=2.0, price_out=10.0)
    list(in_parallel(model.complete, "abcd", concurrency=4))
    assert (model.usage.prompt_tokens, model.usage.answer_tokens) == (400, 12)
    assert model.usage.cost == pytest.approx((400 * 2 + 12 * 10) / 1e6)


def test_json_answers(server):
    answers = iter(['{"parts": ["sp', "certainly", 'Here: {"parts": ["spout"]} as asked'])
    server.texts = lambda prompt: next(answers)
    model = model_of(server)
    assert model.complete_json("Which parts?") == {"parts": ["spout"]}
    assert isinstance(model, TextModel)
    server.texts = lambda prompt: "no"
    with pytest.raises(RequestError, match="no JSON in 3 answers"):
        model.complete_json("Which parts?")


def choice(content, ended="stop", **more):
    message = {"role": "assistant", "content": content, **more}
    return {"index": 0, "message": message, "finish_reason": ended}


TOOL = {"id": "1", "type": "function", "function": {"name": "box", "arguments": "[]"}}
NO_ANSWERS = {
    "cut off": (choice("[[1,2,3,4]], [[5,", "length"), "cut off"),
    "cut off in a thought": (choice("<think>[[1,2,3,4]]", "length"), "cut off"),
    "only a thought": (choice("<think>[[1,2,3,4]]</think>"), "only thoughts"),
    "reasoning field": (choice("", reasoning_content="[[1,2,3,4]]"), "only thoughts"),
    "reasoning field of ollama": (choice("", reasoning="[[1,2,3,4]]"), "only thoughts"),
    "cut off by google": (choice("[[1,2,3,4]], [[5,", "MAX_TOKENS"), "cut off"),
    "broken off": (choice("[[1,2,3,4]], [[5,", "insufficient_system_resource"), "broke it off"),
    "tool call": (choice(None, "tool_calls", tool_calls=[TOOL]), "tool call"),
    "words before a tool call": (choice("[1,2,3,4]?", "stop", tool_calls=[TOOL]), "tool call"),
    "cut off by mistral": (choice("[[1,2,3,4]], [[5,", "model_length"), "cut off"),
    "filtered": (choice("[[1,2,3,4]], [[5,", "content_filter"), "filter"),
    "no text": (choice("  \n"), "no text"),
    "a thought in pieces": (choice([{"type": "thinking", "thinking": "[1,2]"}]), "no text"),
    "pieces of another kind": (choice([{"type": "text"}]), "no text"),
    "no message": ({"index": 0, "finish_reason": "stop"}, "no text"),
}


@pytest.mark.parametrize(("reply", "line"), NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_is_asked_again_and_counted(server, reply, line):
    server.replies = [reply, reply]
    model = model_of(server)
    assert model.complete("?") == "yes"
    assert (model.usage.requests, model.usage.answers, model.usage.unusable) == (3, 1, 2)
    server.replies = [reply, reply]
    with pytest.raises(RequestError, match=f"no usable answer: .*{line}"):
        model_of(server, attempts=2).complete("?")


def test_the_answer_is_handed_over_without_thoughts(server):
    pieces = [{"type": "thinking", "thinking": "No?"}, {"type": "text", "text": "Yes."}]
    server.replies = [choice("<think>No?</think>\nYes."), choice(pieces)]
    server.replies += [choice("Yes.", reasoning_content="No?")]
    model = model_of(server)
    assert [model.complete("?") for _ in range(3)] == ["Yes."] * 3


def test_half_a_sign_in_an_answer_can_be_written_down(server, tmp_path):
    server.replies = [choice("a rim \ud83d")]
    answer = model_of(server).complete("?")
    add_line(tmp_path / "answers.jsonl", {"text": answer})
    assert read_lines(tmp_path / "answers.jsonl") == [{"text": "a rim ?"}]


def test_in_parallel_hands_over_request_errors_and_stops_at_others():
    def ask(number):
        if number == 3:
            raise RequestError("this one not")
        if number == 200:
            raise ServiceError("down")
        return number

    outcomes = dict(in_parallel(ask, range(10), concurrency=2))
    assert isinstance(outcomes.pop(3), RequestError)
    assert all(number == answer for number, answer in outcomes.items())
    asked = []
    with pytest.raises(ServiceError):
        list(in_parallel(lambda n: asked.append(n) or ask(n), iter(range(100_000)), concurrency=2))
    assert len(asked) < 220


def test_answers_under_way_are_not_lost_when_the_server_dies():
    def ask(number):
        if number == 5:
            raise ServiceError("down")
        time.sleep(0.05)
        asked.append(number)
        return number

    asked: list[int] = []
    kept: list[tuple] = []
    with pytest.raises(ServiceError):
        kept.extend(in_parallel(ask, range(1000), concurrency=4))
    assert sorted(number for number, _ in kept) == sorted(asked)
    assert 4 < len(asked) < 20


@pytest.mark.parametrize("size", [(60, 100), (101, 33), (40, 40), (12, 300)])
@pytest.mark.parametrize("framing", [Framing(), Framing(square=False), Framing(longest=100)])
def test_framing_and_back(size, framing):
    """A coloured rectangle is found in the framed picture and comes back to its place."""
    height, width = size
    box = Box(1.5, 0.5, width - 3.5, height - 1.5)
    rgb = np.full((height, width, 3), 255, np.uint8)
    rgb[1 : height - 1, 2 : width - 3] = 0
    framed = framing.apply(rgb)
    plan = framing.plan(size)
    assert framed.shape[:2] == plan.sent
    back = plan.to_picture(Box.around(framed[..., 0] < 128))
    shrink = max(plan.canvas) / max(plan.sent)
    assert back.corners == pytest.approx(box.corners, abs=1e-9 if shrink == 1 else shrink)


def test_boxes_in_the_padding_are_malformed():
    grounder_plan = Framing().plan((50, 100))
    assert grounder_plan.to_picture(Box(0, 0, 99, 20)) is None


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://host/v1",
        "http://",
        "http://me:word@host/v1",
        "http://h/v1?key=word",
    ],
)
def test_impossible_addresses(url):
    with pytest.raises(UserError, match="address") as refusal:
        ChatConfig("fake", url)
    assert "word@" not in str(refusal.value)
    assert "=word" not in str(refusal.value)


def test_unknown_style_lists_the_known():
    with pytest.raises(UserError, match="cogvlm, manipvqa-p"):
        find_style("gpt")


def test_styles_that_never_vary_are_drawn_as_in_the_paper_the_others_as_they_are():
    drawn = {name: style.drawn().sampling.temperature for name, style in STYLES.items()}
    own = {"cogvlm": 0.9, "manipvqa-p": 0.1, "manipvqa-f": 0.1}
    assert drawn == {"json": 0.9, "pixels": 0.9, **own}
    assert STYLES["cogvlm"].drawn(0.2).sampling == Sampling(0.2, 0.95, 5)


def test_fingerprints_tell_settings_apart(server):
    model, style = model_of(server), STYLES["json"]
    changed = [
        style,
        STYLES["pixels"],
        replace(style, sampling=Sampling(temperature=0.5)),
        replace(style, framing=Framing(longest=64)),
    ]
    prints = [ChatGrounder(model, style).fingerprint for style in changed]
    assert len(set(prints)) == len(prints)
    assert ChatGrounder(model_of(server, concurrency=2), style).fingerprint == prints[0]
