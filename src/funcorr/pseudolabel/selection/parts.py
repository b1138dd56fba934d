"""Which parts of an object do what: asked of a language model, merged, written as a taxonomy."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.functions.names import function_words
from funcorr.functions.taxonomy import FORMAT, MOST_PARTS
from funcorr.io import atomic_path
from funcorr.pseudolabel.selection.cached_answers import CachedTextModel, ask_all
from funcorr.pseudolabel.selection.tables import Row, read_table

COLUMNS = ("category", "function", "part", "look", "use")

ROLE = (
    "You tell a robot which part of an object touches or handles the thing that is worked on. A "
    "robot arm is bolted to the object, so where a human hand would hold it does not matter and is "
    "never the answer, unless holding is itself the task."
)

EXAMPLES = """\
Object: saw. Task: cut with.
Good: [{"part": "teeth", "look": "The jagged lower edge of the blade.", "use": "bite into wood"}]
Bad: [{"part": "handle", ...}] because that is where a hand holds the saw.

Object: watering can. Task: pour with.
Good: [{"part": "rose", "look": "The pierced cap on the long tube.", "use": "rains"}]
Bad: [{"part": "grip", ...}] because no water passes there.

Object: boot. Task: pound with.
Good: [{"part": "heel", "look": "The thick block under the sole.", "use": "hits the nail"}]
Bad: [{"part": "shaft", ...}] because it is soft and a hand holds it there.

Object: umbrella. Task: hang onto.
Good: [{"part": "crook", "look": "The curved end of the stick.", "use": "goes over a rail"}]
Here the held part is right, for it is what hangs.
"""

_PART = re.compile(r"[a-z]+( [a-z]+)?")


def part_prompt(category: str, function: str) -> str:
    """What the model is asked about a kind of object and a function."""
    return (
        f"{EXAMPLES}\nObject: {category}. Task: {function_words(function)}.\n"
        f"Name the one to {MOST_PARTS} parts that do the task. Answer with a JSON list as in the "
        "good examples: part is one or two lower-case words, look is one sentence on what the part "
        "looks like and where it is, use is a clause on what it does in this task."
    )


def merge_prompt(category: str, part: str, descriptions: Sequence[str]) -> str:
    """What the model is asked where a part was described several times."""
    listed = "\n".join(f"- {look}" for look in descriptions)
    return (
        f"These sentences all describe the {part} of a {category}:\n{listed}\n"
        "Write one sentence of at most 25 words on what it looks like and where it is."
    )


def read_parts(answer: Any) -> list[Row]:
    """The parts in an answer; what is malformed is left out.

    Example:
        >>> read_parts([{"part": "Spout", "look": "A bent tube.", "use": "guides"}, {"part": 3}])
        [{'part': 'spout', 'look': 'A bent tube.', 'use': 'guides'}]
    """
    listed = answer.get("parts", [answer]) if isinstance(answer, dict) else answer
    parts: dict[str, Row] = {}
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        name, look, use = (one_line(entry.get(key)) for key in ("part", "look", "use"))
        name = re.sub(r"[-_]+", " ", name.lower())
        if _PART.fullmatch(name) and look:
            parts.setdefault(name, {"part": name, "look": look, "use": _use(use)})
    return list(parts.values())[:MOST_PARTS]


def ask_parts(
    pairs: Sequence[tuple[str, str]], model: CachedTextModel, concurrency: int
) -> tuple[list[Row], list[str]]:
    """The table of parts, a row per (category, function, part), and a line per pair without one."""
    prompts = {pair: part_prompt(*pair) for pair in pairs}
    answers, failed = ask_all(
        lambda prompt: model.complete_json(prompt, ROLE), prompts.values(), concurrency, "parts"
    )
    rows: list[Row] = []
    lines = []
    for (category, function), prompt in prompts.items():
        parts = read_parts(answers.get(prompt))
        rows += [{"category": category, "function": function, **part} for part in parts]
        if not parts:
            reason = failed.get(prompt, "the answer names no part")
            lines.append(f"{category}, {function}: {reason}")
    return rows, lines


def read_part_table(path: Path) -> list[Row]:
    """Read the table of parts, which a person may have edited.

    Raises:
        UserError: the file is missing or no such table, or a part has no name or look.
    """
    rows = read_table(path, COLUMNS, unique=("category", "function", "part"))
    for row in rows:
        if not (_PART.fullmatch(row["part"]) and one_line(row["look"])):
            raise UserError(
                f"{path}, {row['category']}, {row['function']}: expected a part of one or two "
                f"lower-case words and its look, got {row['part']!r} and {row['look']!r}"
            )
    return rows


def merge_descriptions(
    rows: Sequence[Row], model: CachedTextModel, concurrency: int
) -> dict[tuple[str, str], str]:
    """One description per (category, part); several become one by the model, or the longest."""
    descriptions: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        said = descriptions[row["category"], row["part"]]
        if (look := one_line(row["look"])) not in said:
            said.append(look)
    prompts = {key: merge_prompt(*key, said) for key, said in descriptions.items() if len(said) > 1}
    answers, _ = ask_all(
        lambda prompt: model.complete(prompt), prompts.values(), concurrency, "merging"
    )
    merged = {key: one_line(answers.get(prompt)) for key, prompt in prompts.items()}
    return {key: merged.get(key) or max(said, key=len) for key, said in descriptions.items()}


def write_taxonomy(
    path: Path,
    rows: Sequence[Row],
    descriptions: Mapping[tuple[str, str], str],
    meanings: Mapping[str, str],
) -> None:
    """Write a taxonomy file that a person reviews and ``load_taxonomy(extra=...)`` reads.

    Args:
        path: the TOML file.
        rows: the table of parts.
        descriptions: description by (category, part).
        meanings: sentence by function.
    """
    lines = [
        "# Made by a language model; read it before use. Name parts that fill little of a picture",
        "# in small = [...] and thin ones such as rims in edge = [...], below their category.",
        f"format = {quoted(FORMAT)}",
    ]
    if meanings:
        lines += ["", "[functions]"]
        lines += [f"{quoted(name)}.meaning = {quoted(text)}" for name, text in meanings.items()]
    for category in sorted({row["category"] for row in rows}):
        lines += ["", f"[categories.{quoted(category)}]"]
        lines += [
            f"parts.{quoted(part)} = {quoted(look)}"
            for (owner, part), look in sorted(descriptions.items())
            if owner == category
        ]
        lines += [
            f"uses.{quoted(row['function'])}.{quoted(row['part'])} = {quoted(_use(row['use']))}"
            for row in rows
            if row["category"] == category
        ]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _use(text: str) -> str:
    return one_line(text) or "does the work"


def quoted(text: str) -> str:
    """Text as a TOML string."""
    return json.dumps(text, ensure_ascii=False)


def one_line(text: Any) -> str:
    """Text on one line of printable characters; nothing where it is no text."""
    if not isinstance(text, str):
        return ""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
