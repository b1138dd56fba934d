"""Answers as models really write them: thoughts, wrappings, prose and damage around what counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcorr.pseudolabel.answer_text import answer_alone, read_json_answer
from funcorr.pseudolabel.boxes import parse_boxes

ANSWER = '{"parts": ["rim"]}'
GUESS = '[1] {"parts": ["lid"]} [[0, 0, 999, 999]] I cannot see it.'

WRAPPED = {
    "nothing": "{answer}",
    "think": "<think>\n{guess}\n</think>\n\n{answer}",
    "capitals": "<Think>{guess}</Think>{answer}",
    "thinking": "<thinking>{guess}</thinking> {answer}",
    "reasoning": "<reasoning>{guess}</reasoning>{answer}",
    "seed": "<seed:think>{guess}</seed:think>{answer}",
    "magistral": "[THINK]{guess}[/THINK]{answer}",
    "kimi": "◁think▷{guess}◁/think▷{answer}",
    "openthinker": "<|begin_of_thought|>{guess}<|end_of_thought|>"
    "<|begin_of_solution|>{answer}<|end_of_solution|>",
    "gpt-oss": "<|channel|>analysis<|message|>{guess}<|end|><|start|>assistant"
    "<|channel|>final<|message|>{answer}<|return|>",
    "gemma": "<|channel>thought\n{guess}<channel|>{answer}",
    "glm": "<think>{guess}</think>So: <|begin_of_box|>{answer}<|end_of_box|>",
    "answer tags": "<think>{guess}</think><answer>{answer}</answer>",
    "reflection": "<reflection>{guess}</reflection>{answer}",
    "named": '<thought_process id="1">{guess}</thought_process>{answer}',
    "bars": "<|thinking|>{guess}<|/thinking|>{answer}",
    "start and end": "<|start_think|>{guess}<|end_think|>{answer}",
    "medgemma": "<unused94>thought\n{guess}<unused95>{answer}",
    "headings": "**Reasoning:** {guess}\n\n**Final answer:** {answer}",
    "headings of Markdown": "## Analysis\n{guess}\n## Answer\n{answer}",
    "last heading alone": "Perhaps {guess}\nFinal answer: {answer}",
    "chain of thought": "<chain_of_thought>{guess}</chain_of_thought>{answer}",
    "monologue": "<internal_monologue>{guess}</internal_monologue>{answer}",
    "plan": "<plan>{guess}</plan>{answer}",
    "start in the mark": "<|reasoning_start|>{guess}<|reasoning_end|>{answer}",
    "escaped marks": "&lt;think&gt;{guess}&lt;/think&gt;{answer}",
    "open-webui": '<details type="reasoning"><summary>3 s</summary>{guess}</details>{answer}',
    "gpt-oss without its marks": "analysisWe have {guess} assistantanalysisOr{guess}"
    "assistantfinal{answer}",
    "gpt-oss, JSON asked for": "<|channel|>analysis<|message|>{guess}<|end|><|start|>assistant"
    "<|channel|>final <|constrain|>json<|message|>{answer}<|return|>",
    "boxed": r"{guess} so \boxed{{answer}}",
    "boxed twice": r"\boxed{{guess}} no, \boxed{\text{{answer}}}",
    "two thoughts": "<think>{guess}</think><think>{guess}</think>{answer}",
    "a thought in a thought": "<think>{guess}<think>{guess}</think>{guess}</think>{answer}",
    "opening mark in the template": "{guess}\n</think>\n{answer}",
    "empty thought": "<think>\n\n</think>\n\n{answer}",
    "end of turn": "{answer}<|im_end|>",
    "end of turn of phi": "{answer}<|end|>",
}


def written(form, answer):
    return form.replace("{guess}", GUESS).replace("{answer}", answer)


@pytest.mark.parametrize("form", WRAPPED.values(), ids=WRAPPED)
def test_the_answer_alone_is_read(form):
    assert answer_alone(written(form, "Yes, a rim.")) == "Yes, a rim."
    assert read_json_answer(written(form, ANSWER)) == {"parts": ["rim"]}
    answer = parse_boxes(written(form, "[[100,200,300,400]]"), (1000, 1000))
    assert [box.corners for box in answer.boxes] == [(99.5, 199.5, 299.5, 399.5)]
    assert (answer.malformed, answer.declined) == (0, False)
    assert parse_boxes(written(form, "I cannot see a rim."), (9, 9)).declined


CUT_OFF = {
    "think": "<think>{guess}",
    "after a word": "Let me see. <think>{guess}",
    "magistral": "[THINK]{guess}",
    "gpt-oss": "<|channel|>analysis<|message|>{guess}",
    "gpt-oss without its marks": "analysisWe have {guess}",
    "second thought": "<think>{guess}</think><think>{guess}",
    "only a thought": "<think>{guess}</think>",
}


@pytest.mark.parametrize("form", CUT_OFF.values(), ids=CUT_OFF)
def test_a_thought_is_no_answer(form):
    text = written(form, "")
    answer = parse_boxes(text, (1000, 1000))
    assert (answer.boxes, answer.malformed, answer.declined) == ((), 0, False)
    with pytest.raises(ValueError, match="no JSON"):
        read_json_answer(text)


JSON_ANSWERS = {
    "prose in brackets": f"Result [final]: {ANSWER}",
    "prose in braces": f"The part {{the upper one}} is {ANSWER}",
    "a footnote": f"As said [1], it is {ANSWER} [2].",
    "prose that is not closed": f"[sic: {ANSWER}",
    "a fence": f"```json\n{ANSWER}\n```",
    "python before it": f"{{parts: ['lid']}} is no JSON, this is: {ANSWER}",
    "an example before a fence": f'Like {{"part": "x"}}:\n```json\n{ANSWER}\n```\nAnything else?',
    "twice": f'{ANSWER} or, longer, {{"parts": ["rim", "lid"]}}',
}


@pytest.mark.parametrize("text", JSON_ANSWERS.values(), ids=JSON_ANSWERS)
def test_json_among_prose(text):
    assert read_json_answer(text) == {"parts": ["rim"]}


@pytest.mark.parametrize(
    "thought",
    [
        '"reasoning": "perhaps [0, 0, 999, 999] or \\"[1, 2, 3, 4]\\""',
        '"thought": "xmin: 0, ymin: 0, xmax: 9, ymax: 9"',
        '"reasoning_steps": ["[0, 0, 9, 9]?", "no, (1, 2), (30, 40)"]',
        '"final_rationale": "", "explanation": "left of [0, 0, 9, 9]"',
    ],
)
def test_thoughts_in_json_do_not_count(thought):
    text = f'{{{thought}, "bbox": [100, 200, 300, 400], "parts": ["rim"]}}'
    found = parse_boxes(text, (1000, 1000))
    assert [box.corners for box in found.boxes] == [(99.5, 199.5, 299.5, 399.5)]
    assert found.malformed == 0
    assert read_json_answer(text)["parts"] == ["rim"]
    cut = f"[{{{thought}"[:-3]
    assert parse_boxes(cut, (1000, 1000)).boxes == ()


def test_a_list_where_nothing_else_is_there():
    assert read_json_answer('Here [as asked]: ["rim", "lid"]') == ["rim", "lid"]
    assert read_json_answer('[1] says: [{"part": "rim"}]') == [{"part": "rim"}]


NO_JSON = {
    "nothing": "",
    "prose": "none [at all]",
    "cut off": '{"parts": ["rim"',
    "cut off after a whole list": '{"parts": ["rim"], "looks": ',
    "cut off in a word": '[{"parts": ["rim"]}, {"pa',
    "damaged further on": '{"parts": ["rim"], look: 3}',
    "single quotes": "{'parts': ['rim']}",
    "half a sign": '{"parts": ["\\ud83d"]}',
    "a loop": '{"box_2d": [100, 200, 300,' * 5000,
    "keys without quotes": '{parts: ["rim"]}',
}


@pytest.mark.parametrize("text", NO_JSON.values(), ids=NO_JSON)
def test_what_is_no_json(text):
    with pytest.raises(ValueError, match=r"JSON|Expecting|Unterminated|surrogates"):
        read_json_answer(text)


@given(st.text(alphabet='<think>/|[]{}"answer: 12,', max_size=60))
def test_any_text_is_read_or_refused(text):
    alone = answer_alone(text)
    assert answer_alone(alone) == alone
    parse_boxes(text, (20, 30))
    try:
        value = read_json_answer(text)
    except ValueError:
        return
    assert isinstance(value, dict | list)
