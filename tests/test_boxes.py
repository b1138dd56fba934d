"""Boxes, and reading them out of the answers of models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.errors import UserError
from funcorr.pseudolabel.boxes import Box, parse_boxes

SIZE = (400, 800)  # height, width
WHERE = (99.5, 39.5, 299.5, 319.5)  # left 1/8, top 1/10, right 3/8, bottom 8/10

GOOD_ANSWERS = {
    "double brackets": "[[125,100,375,800]]",
    "leading zeros": "The spout [[125,100,375,0800]] is on the left.",
    "spaces": "[ [ 125 , 100 , 375 , 800 ] ]",
    "fractions": "[0.125, 0.1, 0.375, 0.8]",
    "fractions without zeros": "(.125, .1, .375, .8)",
    "per cent": "[12.5%, 10%, 37.5%, 80%]",
    "qwen": '```json\n[{"bbox_2d": [125, 100, 375, 800], "label": "spout"}]\n```',
    "single quotes": "{'box': [125, 100, 375, 800],}",
    "numbers as strings": '{"bbox": ["125", "100", "375", "800"]}',
    "gemini": '[{"box_2d": [100, 125, 800, 375], "label": "spout"}]',
    "gemini without underscores": '{"box2d": [100, 125, 800, 375]}',
    "corners in tags of their own": "<x1>125</x1><y1>100</y1><x2>375</x2><y2>800</y2>",
    "corners by name": '{"xmin": 125, "ymin": 100, "xmax": 375, "ymax": 800}',
    "corners by name, y first": '{"y_min": 100, "x_min": 125, "y_max": 800, "x_max": 375}',
    "counted from 1": '{"box": {"x1": 125, "y1": 100, "x2": 375, "y2": 800}}',
    "counted from 0": "x0=125 y0=100 x1=375 y1=800",
    "words": "left: 125, top: 100, right: 375, bottom: 800",
    "corner and size": '{"x": 125, "y": 100, "width": 250, "height": 700}',
    "centre and size": '{"cx": 250, "cy": 450, "w": 250, "h": 700}',
    "list of corner and size": '{"xywh": [125, 100, 250, 700]}',
    "pair of corners": "<|box_start|>(125,100),(375,800)<|box_end|>",
    "pair of lists": "[[125, 100], [375, 800]]",
    "corners in prose": "It reaches from (125, 100) to (375, 800).",
    "bare numbers": "125, 100, 375, 800",
    "tags": "<box>[[125, 100, 375, 800]]</box>",
    "pixels said": "[100px, 40px, 300px, 320px]",
    "truncated after the box": '[{"bbox_2d": [125, 100, 375, 800], "label": "spo',
    "corner and size by key": '[{"bbox_xywh": [125, 100, 250, 700]}]',
    "fractions by key": '{"bbox_xywh_norm": [0.125, 0.1, 0.25, 0.7]}',
    "centre by key": '{"bbox_cxcywh": [250, 450, 250, 700]}',
    "order by key": '{"bbox_yxyx": [100, 125, 800, 375]}',
    "the usual order by key": '{"bbox_xyxy": [125, 100, 375, 800]}',
    "seed": "<bbox>125 100 375 800</bbox>",
    "minicpm": "<ref>spout</ref><box>125 100 375 800</box>",
    "corners in tags": "<box>(125,100),(375,800)</box>",
    "deepseek": "<|ref|>spout<|/ref|><|det|>[[125, 100, 375, 800]]<|/det|>",
    "glm": "The spout: <|begin_of_box|>[[125,100,375,800]]<|end_of_box|>",
    "named corners": '{"top_left": {"x": 125, "y": 100}, "bottom_right": {"x": 375, "y": 800}}',
    "named corner lists": '{"top_left": [125, 100], "bottom_right": [375, 800]}',
    "full-width signs": "\uff08125\uff0c100\uff09\uff0c\uff08375\uff0c800\uff09",
    "after a thought": "<think>[0, 0, 999, 999]?</think>[[125,100,375,800]]",
    "in answer tags": "<think>x1=1</think><answer>[125, 100, 375, 800]</answer>",
    "prose in brackets": "Result [final]: [125, 100, 375, 800]",
    "order in prose": "bbox (x, y, w, h): [125, 100, 250, 700]",
    "order behind": "[125, 100, 250, 700], given as [x, y, width, height]",
    "y first in prose": "[ymin, xmin, ymax, xmax] = [100, 125, 800, 375]",
    "y first, counted": "In [y0, x0, y1, x1] form: [100, 125, 800, 375]",
    "format beside it": '{"bbox": [125, 100, 250, 700], "format": "xywh"}',
    "format before it": '{"bbox_format": "yxyx", "bbox": [100, 125, 800, 375]}',
    "a key against the format": "As xywh or so: " + '{"bbox_xyxy": [125, 100, 375, 800]}',
    "names of a centre": '{"center_x": 250, "center_y": 450, "width": 250, "height": 700}',
    "corners in words": "Its top-left corner is (125, 100) and the bottom-right is (375, 800).",
    "a formula": r"\[ \boxed{[125, 100, 375, 800]} \]",
    "brackets of Markdown": r"\[125, 100, 375, 800\]",
    "prose beside a fence": "The kettle is [0, 0, 999, 999].\n```json\n[[125, 100, 375, 800]]\n```",
    "said twice": "[[125,100,375,800]] I mean [[125,100,375,800]]",
}


@pytest.mark.parametrize("text", GOOD_ANSWERS.values(), ids=GOOD_ANSWERS)
def test_every_way_of_writing_a_box(text):
    answer = parse_boxes(text, SIZE)
    assert [box.corners for box in answer.boxes] == [pytest.approx(WHERE)]
    assert (answer.malformed, answer.declined) == (0, False)


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("spout<loc_125><loc_100><loc_375><loc_800>", 1),
        (
            "spout<|box_start|><125><100><375><800><|box_end|>",
            1,
        ),
        ("<loc0102><loc0128><loc0819><loc0384>", 1),
    ],
)
def test_location_tokens(text, tolerance):
    (box,) = parse_boxes(text, SIZE).boxes
    assert box.corners == pytest.approx(WHERE, abs=tolerance)


def test_pixels_where_the_model_counts_pixels():
    (box,) = parse_boxes('[{"bbox_2d": [100, 40, 300, 320]}]', SIZE, units="pixels").boxes
    assert box.corners == pytest.approx(WHERE)


BOTH = [(79.5, 79.5, 159.5, 159.5), (399.5, 199.5, 799.5, 399.5)]
SEVERAL_ANSWERS = {
    "semicolon": "[[100,200,200,400;500,500,1000,1000]]",
    "one by one": "a [[100,200,200,400]] and b [[500,500,1000,1000]]",
    "json": '[{"box": [100,200,200,400]}, {"box": [500,500,1000,1000]}]',
    "one key": '{"box_2d": [[200,100,400,200], [500,500,1000,1000]]}',
    "names": '[{"x1":100,"y1":200,"x2":200,"y2":400},{"x1":500,"y1":500,"x2":1000,"y2":1000}]',
    "pairs": "(100,200),(200,400) (500,500),(1000,1000)",
}


@pytest.mark.parametrize("text", SEVERAL_ANSWERS.values(), ids=SEVERAL_ANSWERS)
def test_several_boxes_in_order(text):
    answer = parse_boxes(text, SIZE)
    assert [box.corners for box in answer.boxes] == [pytest.approx(box) for box in BOTH]
    assert answer.malformed == 0


MALFORMED = {
    "three numbers": ("[[125,100,375]]", 0),
    "five numbers": ("[[125,100,375,800,900]]", 0),
    "cut off": ("[[125,100,375", 0),
    "cut off within a number, perhaps": ("[[125,100,375,80", 0),
    "upside down": ("[[375,800,125,100]]", 0),
    "no area": ("[[125,100,125,100]]", 0),
    "outside": ("[[125,100,375,1800]]", 0),
    "negative": ("[[-125,100,375,800]]", 0),
    "a hole": ("[125, 100, ?, 800]", 0),
    "half the names": ('{"xmin": 125, "ymin": 100, "xm', 0),
    "half the tokens": ("<loc_125><loc_100><loc_375>", 0),
    "one corner": ("(125, 100)", 0),
    "too large to be a number": ("[1e999, 1, 2, 3]", 0),
    "a point of molmo": ('<point x="50" y="20" alt="rim">rim</point>', 0),
    "points of molmo": ('<points x1="12" y1="10" x2="37" y2="80" alt="rim">rim</points>', 0),
    "good and bad": ("[[125,100,375,800]] [[1,2,3]]", 1),
    "eight in one": ("[125,100,375,800,1,2,3,4]", 0),
}


@pytest.mark.parametrize(("text", "boxes"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_boxes_are_counted_not_guessed(text, boxes):
    answer = parse_boxes(text, SIZE)
    assert (len(answer.boxes), answer.malformed, answer.declined) == (boxes, 1, False)


def test_corners_just_outside_are_pulled_back():
    (box,) = parse_boxes("[[-5,0,1000,1015]]", SIZE).boxes
    assert box.corners == (-0.5, -0.5, 799.5, 399.5)


NOTHING = {
    "refusal": ("I'm sorry, but I can't help with that.", True),
    "not there": ("There is no spout in this picture.", True),
    "not visible": ("The handle is not visible from here.", True),
    "empty list": ("[]", True),
    "empty list in a fence": ("```json\n[]\n```", True),
    "null": ('{"box": null}', True),
    "chatter": ("The spout is a bent tube (see above) [1].", False),
    "empty": ("", False),
    "newline": ("\n", False),
    "scores only": ('{"scores": [0.1, 0.2, 0.3, 0.4]}', False),
    "size of the image": ("The image has width=224 and height=224.", False),
}


@pytest.mark.parametrize(("text", "declined"), NOTHING.values(), ids=NOTHING)
def test_answers_without_boxes(text, declined):
    answer = parse_boxes(text, SIZE)
    assert (answer.boxes, answer.malformed, answer.declined) == ((), 0, declined)


def test_score_beside_the_box():
    text = '[{"box": [0.1, 0.1, 0.2, 0.2], "score": 0.7}, {"score": 0.4, "box": [0, 0, 1, 1]}]'
    assert [box.score for box in parse_boxes(text, SIZE).boxes] == [0.7, 0.4]


fraction = st.integers(0, 999)


@given(fraction, fraction, st.integers(1, 500), st.integers(1, 500), st.sampled_from(["", "%"]))
def test_what_was_written_is_read(x0, y0, width, height, percent):
    x1, y1 = min(x0 + width, 1000), min(y0 + height, 1000)
    numbers = [f"{n / 10}%" if percent else str(n) for n in (x0, y0, x1, y1)]
    if not percent and max(x1, y1) == 1:
        return  # all ones and zeros: fractions
    (box,) = parse_boxes(f"Here: [[{','.join(numbers)}]].", SIZE).boxes
    expected = [x0 * 0.8 - 0.5, y0 * 0.4 - 0.5, x1 * 0.8 - 0.5, y1 * 0.4 - 0.5]
    assert box.corners == pytest.approx(expected)


@given(st.text(st.sampled_from("[](){}<>0123456789.,;:-% \n\"'xyloc_box"), max_size=300))
def test_no_text_breaks_the_parser(text):
    for box in parse_boxes(text, SIZE, units="pixels").boxes:
        assert box.clipped(SIZE) == box


def test_long_garbage_takes_no_time():
    for text in ("[" * 9_000, "[1," * 9_000, "1," * 20_000, "x=1 " * 9_000, "(1,2)" * 9_000):
        parse_boxes(text, SIZE)


def test_box_of_a_mask_holds_exactly_its_pixels():
    mask = np.zeros((6, 9), dtype=bool)
    mask[2:4, 3:8] = True
    box = Box.around(mask)
    rows, columns = np.indices(mask.shape)
    inside = box.contains(np.stack([columns, rows], -1).reshape(-1, 2).astype(float))
    assert (inside.reshape(mask.shape) == mask).all()
    assert (box.width, box.height, box.area, box.center) == (5, 2, 10, (5, 2.5))


def test_box_clipping_and_overlap():
    box = Box(-5, -5, 4.5, 4.5)
    assert box.clipped((10, 10)) == Box(-0.5, -0.5, 4.5, 4.5)
    assert Box(20, 20, 30, 30).clipped((10, 10)) is None
    assert box.iou(box) == 1
    assert box.iou(Box(5, 5, 6, 6)) == 0


@pytest.mark.parametrize("corners", [(1, 1, 1, 2), (2, 1, 1, 2), (0, 0, float("nan"), 1)])
def test_impossible_boxes_are_refused(corners):
    with pytest.raises(UserError, match="a box"):
        Box(*corners)


def test_empty_mask_has_no_box():
    with pytest.raises(UserError, match="empty mask"):
        Box.around(np.zeros((3, 3), dtype=bool))
