"""Is it really one of these? The language model says yes or no."""

from __future__ import annotations

import re
from collections.abc import Sequence

from funcorr.pseudolabel.selection.cached_answers import CachedTextModel, ask_all
from funcorr.pseudolabel.selection.tables import Row, is_yes

COLUMNS = ("uid", "caption", "category", "verified")

UNCLEAR = "unclear"
"""Neither yes nor no; counts as no until a person writes yes."""

ROLE = "You check whether a label fits an object. You answer yes or no."
TRIES = 3  # released code: up to 5 tries of one wording, drawn anew
"""How often the model is asked before the answer counts as unclear, each time more firmly."""


EXAMPLES = (
    ("a small wooden boat with two oars", "rowing boat", "yes"),
    ("a harbour with many boats and houses", "rowing boat", "no"),
    ("a blue backpack with black straps", "suitcase", "no"),
)
"""Worked examples: another kind, and a scene, are no."""


def verify_prompt(caption: str, category: str, attempt: int = 0) -> str:
    """What the model is asked about one object."""
    task = (
        "Say of each description whether it is of one object of the kind that is asked for, and "
        "not of a scene, a part or a picture of one. Answer yes or no."
    )
    firmly = "The answer has to be the one word yes or the one word no. " * attempt
    shown = [_question(said, kind) + f" {verdict}" for said, kind, verdict in EXAMPLES]
    return "\n\n".join([task, *shown, firmly + _question(" ".join(caption.split()), category)])


def read_verdict(answer: str) -> str:
    """``yes``, ``no`` or ``unclear``, by the first line of an answer.

    Example:
        >>> read_verdict("Yes, it is."), read_verdict("NO"), read_verdict("yes and no")
        ('yes', 'no', 'unclear')
    """
    first = next((line for line in answer.splitlines() if line.strip()), "")
    said = set(re.findall(r"\b(yes|no)\b", first.lower()))
    return said.pop() if len(said) == 1 else UNCLEAR


def verify_matches(
    rows: Sequence[Row], model: CachedTextModel, concurrency: int
) -> tuple[list[Row], list[str]]:
    """The table of verdicts on matched objects, and a line per object without a clear one."""
    matched = [row for row in rows if is_yes(row["matched"], f"matched of {row['uid']}")]
    verdicts = dict.fromkeys(range(len(matched)), UNCLEAR)
    failed: dict[str, str] = {}
    for attempt in range(TRIES):
        prompts = {
            i: verify_prompt(matched[i]["caption"], matched[i]["category"], attempt)
            for i, verdict in verdicts.items()
            if verdict == UNCLEAR
        }
        answers, failed = ask_all(
            lambda prompt: model.complete(prompt, ROLE), prompts.values(), concurrency, "verifying"
        )
        verdicts |= {i: read_verdict(answers.get(prompt, "")) for i, prompt in prompts.items()}
    table = [{**row, "verified": verdicts[i]} for i, row in enumerate(matched)]
    reason = next(iter(failed.values()), "no clear yes or no")
    return table, [f"{row['uid']}: {reason}" for row in table if row["verified"] == UNCLEAR]


def _question(caption: str, category: str) -> str:
    return f"Description: {caption}\nKind: {category}\nAnswer:"


def counts_as(verdict: str, where: str) -> bool:
    """Whether an object goes on to the review."""
    plain = verdict.strip().lower()
    return plain != UNCLEAR and is_yes(plain, where)
