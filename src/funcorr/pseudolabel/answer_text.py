"""The answer alone: what a model wrote, without its thoughts and out of its wrapping.

Boxes, JSON and plain text are all read from what :func:`answer_alone` leaves.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NAMES = (
    r"(?:[a-z]+[:_])*(?:(?:ant)?think(?:ing)?|thoughts?(?:_process)?|(?:chain|train)_of_thoughts?|"
    r"reason(?:ing)?|reflections?|rationale|analysis|scratchpad|cot|monologue|plan(?:ning)?|"
    r"observations?|critique)(?:_scratchpad|_content)?"
)
_OPENED = (
    rf"<\|?{_NAMES}(?:_start)?(?:\s[^<>]*)?\|?>|\[think\]|◁think▷|<\|begin_of_thought\|>|<unused94>|"
    r"<details[^<>]*>"
)
_CLOSED = (
    rf"<(?:\|?/|\|?end_){_NAMES}\s*\|?>|<\|?{_NAMES}_end\|?>|\[/think\]|◁/think▷|"
    r"<\|end_of_thought\|>|<unused95>|</details>"
)
_CHANNEL = (
    r"<\|channel\|?>(?:analysis|commentary|thought).*?(?:<\|end\|>|<channel\|>|$)"
    r"|^\s*(?-i:analysis(?=[A-Z\"\[{]))(?:.*assistantfinal|.*)"
)
_THOUGHT = re.compile(f"(?:{_OPENED}).*?(?:{_CLOSED})|{_CHANNEL}", re.IGNORECASE | re.DOTALL)
_OPEN, _CLOSE = (re.compile(marks, re.IGNORECASE) for marks in (_OPENED, _CLOSED))
_WRAPPED = re.compile(
    r"<(answer|conclusion)>(.*?)(?:</\1>|$)"
    r"|<\|begin_of_(box|solution)\|>(.*?)(?:<\|end_of_\3\|>|$)"
    r"|<\|channel\|>(final)(?:[^<]|<\|constrain\|>)*<\|message\|>(.*?)(?:<\|(?:return|end)\|>|$)",
    re.IGNORECASE | re.DOTALL,
)
_FENCE = re.compile(r"```\w*\s*([\[{].*?)(?:```|$)", re.DOTALL)
_THOUGHT_HEADING, _ANSWER_HEADING, _LAST_HEADING = (
    re.compile(rf"^[#*_ >-]*(?:{words})[*_ ]*(?::[*_ ]*|$)", re.IGNORECASE | re.MULTILINE)
    for words in (
        "thinking|thoughts?(?: process)?|(?:step[- ]by[- ]step )?reasoning|analysis",
        "(?:(?:the|my|final) )*(?:answer|result|output)",
        "(?:(?:the|my) )?final (?:answer|result|output)",
    )
)
_STRING = r'"(?:[^"\\]|\\.)*(?:"|$)'
_THOUGHT_KEY = re.compile(
    rf'("(?:{_NAMES}|explanation|justification|steps)(?:_\w+)?"\s*:\s*)'
    rf"(?:{_STRING}|\[\s*(?:{_STRING}[\s,]*)+(?:\]|$))",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{")
_BRACKET = re.compile(r"[\[{]")
_CONTROL = re.compile(r"<\|(?:im_end|eot_id|return|end|endoftext|end_of_text)\|>|</s>\s*$")


def answer_alone(text: str) -> str:
    """What a model wrote, without reasoning blocks; empty where a thought was cut off.

    Taken out are the blocks that models in use put around their thoughts (``<think>``,
    ``<thinking>``, ``<reasoning>``, ``<seed:think>``, ``[THINK]``, ``◁think▷``,
    ``<|begin_of_thought|>``, ``<details>``, the channels of gpt-oss), also where a chat template
    swallowed the opening mark, and what stands between the headings ``Reasoning:`` and
    ``Answer:`` or above ``Final answer:``. ``<answer>``, ``<|begin_of_box|>``, LaTeX's ``boxed``
    and fences around JSON are unwrapped, without the prose beside them. In JSON, the texts of
    ``"reasoning"`` and its kin are emptied.

    Example:
        >>> answer_alone("<think>Perhaps [0, 0, 9, 9]?</think> [[1,2,3,4]]")
        '[[1,2,3,4]]'
        >>> answer_alone("<think>Perhaps [0, 0, 9")
        ''
    """
    text = text.replace("&lt;", "<").replace("&gt;", ">")
    text = _CLOSE.split(_THOUGHT.sub(" ", text))[-1]
    text = _below_headings(_OPEN.split(text)[0])
    for wrapping in (_WRAPPED, _FENCE):
        if wrapped := list(wrapping.finditer(text)):
            text = "\n".join(match[match.lastindex or 0] for match in wrapped)
    return _CONTROL.sub("", _THOUGHT_KEY.sub(r'\1""', _unboxed(text))).strip()


def _unboxed(text: str) -> str:
    """What stands in LaTeX's last ``boxed``, or all where there is none."""
    boxed = list(_BOXED.finditer(text))
    if not boxed:
        return text
    start = boxed[-1].end()
    return re.sub(r"^\\text\s*\{(.*)\}$", r"\1", text[start : _end_of_prose(text, start - 1) - 1])


def _below_headings(text: str) -> str:
    """Without what stands under a heading of thoughts and above the last one of an answer."""
    thought = _THOUGHT_HEADING.search(text)
    heading, start = (_ANSWER_HEADING, thought.end()) if thought else (_LAST_HEADING, 0)
    answers = list(heading.finditer(text, start))
    return text[answers[-1].end() :] if answers else text


def read_json_answer(text: str) -> Any:
    """The JSON object or list in an answer, whatever prose, thoughts or fences surround it.

    Brackets of the prose do not count, and objects go before lists of plain values, such as the
    ``[1]`` of a footnote.

    Raises:
        ValueError: there is none, it is cut off or damaged, or it has signs that are no Unicode.

    Example:
        >>> read_json_answer('Result [final]: ```json {"parts": ["rim"]} ``` Anything else?')
        {'parts': ['rim']}
    """
    text, start, found = answer_alone(text), 0, []
    while bracket := _BRACKET.search(text, start):
        start = bracket.start()
        try:
            value, start = json.JSONDecoder().raw_decode(text, start)
            found.append(value)
        except json.JSONDecodeError as error:  # at once: prose; further on: damaged JSON
            if text[start + 1 : error.pos].strip() or error.pos >= len(text):
                raise
            start = _end_of_prose(text, start)
        except RecursionError:
            raise ValueError("JSON that is nested too deep") from None
    if not found:
        raise ValueError("no JSON object or list in the answer")
    chosen = next((value for value in found if _holds_objects(value)), found[0])
    json.dumps(chosen, ensure_ascii=False).encode()  # half a sign, "\\ud83d", is an error here
    return chosen


def _holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or any(isinstance(each, dict) for each in value)


def _end_of_prose(text: str, start: int) -> int:
    """Behind the bracket that closes the one at ``start``, or behind that one where none does."""
    opened, closed = text[start], {"[": "]", "{": "}"}[text[start]]
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == opened) - (text[place] == closed)
        if depth == 0:
            return place + 1
    return start + 1
