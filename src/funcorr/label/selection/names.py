"""From a caption to the short name of the object, by a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from funcorr.label.selection.asking import KeptModel, ask_all
from funcorr.label.selection.tables import Row

COLUMNS = ("uid", "caption", "name")

ROLE = "You name everyday objects. You answer with a name only."
MOST_WORDS = 4


def name_prompt(caption: str) -> str:
    """What the model is asked about one caption."""
    return (
        f"Someone describes a 3D model like this: {caption.strip()}\n"
        "What single object is it? Give its plain common name in one to three words, without "
        "colour, material or style."
    )


def read_name(answer: str) -> str:
    """The name in an answer: its first line without article, quotes and full stop; or nothing.

    Example:
        >>> read_name("**A Coffee Mug.**")
        'coffee mug'
        >>> read_name("I am sorry, but the description does not say what it is")
        ''
    """
    first = next((line for line in answer.splitlines() if line.strip()), "")
    words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", first.lower())
    if words and words[0] in ("a", "an", "the"):
        words = words[1:]
    return " ".join(words) if len(words) <= MOST_WORDS else ""


def name_objects(
    captions: Sequence[Row], model: KeptModel, at_once: int
) -> tuple[list[Row], list[str]]:
    """The table of names, and a line per object that has none."""
    prompts = [name_prompt(row["caption"]) for row in captions]
    answers, failed = ask_all(lambda p: model.complete(p, ROLE), prompts, at_once, "naming")
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
