"""The answer alone: what a model wrote, without its thoughts and out of its wrapping.

Boxes, JSON and plain text are all read from what :func:`answer_alone` leaves.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NAMES = (
    r"(?:[a-z]+[:_])?(?:think|thinking|thoughts?|thought_process|reasoning|reflection|rationale|"
    r"analysis|scratchpad)"
)
_OPENED = rf"<\|?{_NAMES}(?:\s[^<>]*)?\|?>|\[think\]|◁think▷|<\|begin_of_thought\|>|<unused94>"
_CLOSED = rf"<(?:\|?/|\|?end_){_NAMES}\s*\|?>|\[/think\]|◁/think▷|<\|end_of_thought\|>|<unused95>"
_CHANNEL = r"<\|channel\|?>(?:analysis|commentary|thought).*?(?:<\|end\|>|<channel\|>|$)"
_THOUGHT = re.compile(f"(?:{_OPENED}).*?(?:{_CLOSED})|{_CHANNEL}", re.IGNORECASE | re.DOTALL)
_OPEN, _CLOSE = (re.compile(marks, re.IGNORECASE) for marks in (_OPENED, _CLOSED))
_WRAPPED = re.compile(
    r"<(answer|conclusion)>(.*?)(?:</\1>|$)"
    r"|<\|begin_of_(box|solution)\|>(.*?)(?:<\|end_of_\3\|>|$)"
    r"|<\|channel\|>(final)<\|message\|>(.*?)(?:<\|(?:return|end)\|>|$)",
    re.IGNORECASE | re.DOTALL,
)
_FENCE = re.compile(r"```\w*\s*([\[{].*?)(?:```|$)", re.DOTALL)
_THOUGHT_HEADING, _ANSWER_HEADING = (
    re.compile(rf"^[#*_ >-]*(?:{words})[*_ ]*(?::[*_ ]*|$)", re.IGNORECASE | re.MULTILINE)
    for words in (
        "thinking|thoughts?(?: process)?|(?:step[- ]by[- ]step )?reasoning|analysis",
        "(?:(?:the|my|final) )*(?:answer|result|output)",
    )
)
_BRACKET = re.compile(r"[\[{]")
_CONTROL = re.compile(r"<\|(?:im_end|eot_id|return|end|endoftext|end_of_text)\|>|</s>\s*$")


def answer_alone(text: str) -> str:
    """What a model wrote, without reasoning blocks; empty where a thought was cut off.

    Taken out are the blocks that models in use put around their thoughts (``<think>``,
    ``<thinking>``, ``<reasoning>``, ``<seed:think>``, ``[THINK]``, ``◁think▷``,
    ``<|begin_of_thought|>``, the channels of gpt-oss), also where a chat template swallowed the
    opening mark, and what stands between the headings ``Reasoning:`` and ``Answer:``.
    ``<answer>``, ``<|begin_of_box|>`` and fences around JSON are unwrapped, without the prose
    beside them.

    Example:
        >>> answer_alone("<think>Perhaps [0, 0, 9, 9]?</think> [[1,2,3,4]]")
        '[[1,2,3,4]]'
        >>> answer_alone("<think>Perhaps [0, 0, 9")
        ''
    """
    text = _CLOSE.split(_THOUGHT.sub(" ", text))[-1]
    text = _below_headings(_OPEN.split(text)[0])
    for wrapping in (_WRAPPED, _FENCE):
        if wrapped := list(wrapping.finditer(text)):
            text = "\n".join(match[match.lastindex or 0] for match in wrapped)
    return _CONTROL.sub("", text).strip()


def _below_headings(text: str) -> str:
    """Without what stands under a heading of thoughts and above the last one of an answer."""
    thought = _THOUGHT_HEADING.search(text)
    answers = list(_ANSWER_HEADING.finditer(text, thought.end())) if thought else []
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
