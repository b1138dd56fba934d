"""From a caption to the short name of the object, by a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from funcorr.pseudolabel.selection.cached_answers import CachedTextModel, ask_all
from funcorr.pseudolabel.selection.tables import Row

COLUMNS = ("uid", "caption", "name")

ROLE = "You name everyday objects. You answer with a name only."
MOST_WORDS = 4

EXAMPLES = {
    "a rusty red box for tools with a metal grip": "toolbox",
    "low poly model of a small wooden boat with two oars": "rowing boat",
    "a blue backpack with black straps, photographed from behind": "backpack",
}
"""Worked examples: without them small models describe, or chat."""


_LABEL = re.compile(
    r"^\W*(?:(?:the|final|short|common|plain|object'?s?) )*(?:name|answer|object|output)\W*:"
)
_OF_SENTENCES = {"is", "are", "was", "it", "it's", "this", "that", "i", "i'm", "sorry", "cannot"}


def name_prompt(caption: str) -> str:
    """What the model is asked about one caption."""
    task = (
        "Give the object of each description its plain common name: one to three words, no "
        "colour, no material, no style."
    )
    shown = [f"Description: {said}\nName: {name}" for said, name in EXAMPLES.items()]
    return "\n\n".join([task, *shown, f"Description: {' '.join(caption.split())}\nName:"])


def read_name(answer: str) -> str:
    """The name in an answer: its first line without article, quotes and full stop; or nothing.

    A label before it, as in ``Final answer: mug``, is dropped; a sentence is no name.

    Example:
        >>> read_name("**A Coffee Mug.**")
        'coffee mug'
        >>> read_name("I am sorry, but the description does not say what it is")
        ''
    """
    first = next((line for line in answer.splitlines() if line.strip()), "")
    words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", _LABEL.sub("", first.lower()))
    if words and words[0] in ("a", "an", "the"):
        words = words[1:]
    is_name = len(words) <= MOST_WORDS and not _OF_SENTENCES & set(words)
    return " ".join(words) if is_name else ""


def name_objects(
    captions: Sequence[Row], model: CachedTextModel, concurrency: int
) -> tuple[list[Row], list[str]]:
    """The table of names, and a line per object that has none."""
    prompts = [name_prompt(row["caption"]) for row in captions]
    answers, failed = ask_all(lambda p: model.complete(p, ROLE), prompts, concurrency, "naming")
    rows = [
        {**row, "name": read_name(answers.get(prompt, ""))}
        for row, prompt in zip(captions, prompts, strict=True)
    ]
    lines = [
        f"{row['uid']}: {failed.get(prompt, 'the answer is no name')}"
        for row, prompt in zip(rows, prompts, strict=True)
        if not row["name"]
    ]
    return rows, lines
