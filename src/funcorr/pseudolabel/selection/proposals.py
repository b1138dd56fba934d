"""Functions, and the kinds of objects that have them, asked of a language model.

The paper's section 3.1: common functions, then many categories for each function, deduplicated and
filtered by a person. Three steps, each a file in one folder: ``functions.csv``, ``categories.csv``
and ``proposed.toml``, an extra taxonomy whose list ``proposed`` pairs functions with categories.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path

from funcorr.errors import UserError
from funcorr.functions.names import LONGEST, check_function, function_words
from funcorr.functions.taxonomy import FORMAT
from funcorr.functions.text import TextEncoder
from funcorr.io import atomic_path
from funcorr.pseudolabel.clients import TextModel
from funcorr.pseudolabel.selection.cached_answers import CachedTextModel, ask_all
from funcorr.pseudolabel.selection.object_names import read_name
from funcorr.pseudolabel.selection.parts import one_line, quoted
from funcorr.pseudolabel.selection.tables import YES, Row, is_yes, read_table, write_table

FUNCTION_COLUMNS = ("function", "meaning", "duplicate_of", "keep")
CATEGORY_COLUMNS = ("function", "category", "duplicate_of", "keep")
FILES = ("functions.csv", "categories.csv", "proposed.toml")
PAIRING = "proposed"

PLACES = ("a kitchen", "a workshop", "a garden", "a bathroom", "an office", "a camp site")
"""A question for each: one question alone brings few functions."""

FUNCTION_EXAMPLES = """\
pour with: Let what is inside flow out over a mouth, a rim or a spout.
pound with: Strike with a heavy, blunt face.
hang onto: Hold the weight of something that hangs."""

_MARK = re.compile(r"^\s*(?:[-*\u2022]|\d+[.)])?\s*")


@dataclass(frozen=True)
class Proposed:
    """What a step did.

    Attributes:
        path: the file that it wrote.
        summary: one line.
        problems: a line per question that came to nothing.
    """

    path: Path
    summary: str
    problems: tuple[str, ...] = ()


def propose(
    folder: Path,
    model: Callable[[], TextModel],
    encoder: Callable[[], TextEncoder],
    threshold: float = 0.85,
    concurrency: int = 16,
) -> Proposed:
    """Take the first step whose file is missing.

    Args:
        folder: of the files; a person edits them in between.
        model: makes the language model when one is needed.
        encoder: makes the text encoder that finds duplicates.
        threshold: names whose cosine is at least this are marked as duplicates.
        concurrency: most questions under way together.

    Raises:
        UserError: all steps are done, a table is damaged, or the model is of no use.
    """
    if not -1 <= threshold <= 1:
        raise UserError(f"a threshold of {threshold}; a cosine lies between -1 and 1")
    functions, categories, taxonomy = (folder / name for name in FILES)
    if not functions.exists():
        asked = CachedTextModel(model(), folder / "answers.jsonl")
        rows, problems = ask_functions(asked, concurrency)
        rows = with_duplicates(rows, "function", encoder(), threshold)
        write_table(functions, FUNCTION_COLUMNS, rows)
        return Proposed(functions, f"{len(rows)} functions proposed", tuple(problems))
    kept = kept_functions(functions)
    if not categories.exists():
        asked = CachedTextModel(model(), folder / "answers.jsonl")
        rows, problems = ask_categories(list(kept), asked, concurrency)
        rows = with_duplicates(rows, "category", encoder(), threshold)
        write_table(categories, CATEGORY_COLUMNS, rows)
        count = len({row["category"] for row in rows})
        return Proposed(categories, f"{count} categories proposed", tuple(problems))
    if taxonomy.exists():
        raise UserError(f"{taxonomy} is there already; delete it to write it anew from the tables")
    pairing = kept_pairing(categories, kept)
    write_pairing(taxonomy, kept, pairing)
    count = len({category for members in pairing.values() for category in members})
    return Proposed(taxonomy, f"{len(pairing)} functions of {count} categories")


def function_prompt(place: str) -> str:
    """What the model is asked about the functions of things in a place."""
    return (
        f"Which things can be done with the objects of {place}? Name twenty different functions "
        "that a part of an object serves, each as a verb with its preposition and a sentence, one "
        f"to a line, nothing else. For example:\n{FUNCTION_EXAMPLES}\nFunctions:"
    )


def category_prompt(function: str) -> str:
    """What the model is asked about the objects of a function."""
    words = function_words(function)
    return (
        f"Which kinds of hand-held objects can one {words}? Think of those made for it and of "
        "those that would do. Give a comprehensive list of plain common names of one to three "
        "words in the singular, one to a line, nothing else. Objects:"
    )


def read_functions(answer: str) -> dict[str, str]:
    r"""Meaning by function, of the lines ``name: sentence`` in an answer.

    Example:
        >>> read_functions("Sure!\n1. **Pour With**: Lets a liquid out.\n- pry with: Levers.")
        {'pour-with': 'Lets a liquid out.', 'pry-with': 'Levers.'}
    """
    found: dict[str, str] = {}
    for line in answer.splitlines():
        name, colon, meaning = _MARK.sub("", line, count=1).partition(":")
        meaning = one_line(meaning).strip("* ")
        usable = len(name) <= LONGEST and len(name.split()) <= 3 and any(map(str.isalpha, name))
        if colon and meaning and usable:
            found.setdefault(check_function(name), meaning)
    return found


def read_categories(answer: str) -> list[str]:
    r"""The names in an answer, a line or a comma apart.

    Example:
        >>> read_categories("1. A kettle\n2. Watering can, jug")
        ['kettle', 'watering can', 'jug']
    """
    said = (_MARK.sub("", each, count=1) for each in re.split(r"[\n,;]", answer))
    names = (read_name(each) for each in said if not each.rstrip().endswith(":"))
    return list(dict.fromkeys(name for name in names if name))


def ask_functions(model: CachedTextModel, concurrency: int) -> tuple[list[Row], list[str]]:
    """Rows of function and meaning, and a line per place that brought none."""
    prompts = {place: function_prompt(place) for place in PLACES}
    answers, failed = ask_all(model.complete, prompts.values(), concurrency, "functions")
    found: dict[str, str] = {}
    problems = []
    for place, prompt in prompts.items():
        said = read_functions(answers.get(prompt, ""))
        found = {**said, **found}
        if not said:
            problems.append(f"{place}: {failed.get(prompt, 'the answer names no function')}")
    rows = [{"function": name, "meaning": meaning} for name, meaning in sorted(found.items())]
    return rows, problems


def ask_categories(
    functions: Sequence[str], model: CachedTextModel, concurrency: int
) -> tuple[list[Row], list[str]]:
    """Rows of function and category, and a line per function that brought none."""
    prompts = {function: category_prompt(function) for function in functions}
    answers, failed = ask_all(model.complete, prompts.values(), concurrency, "categories")
    rows: list[Row] = []
    problems = []
    for function, prompt in prompts.items():
        names = read_categories(answers.get(prompt, ""))
        rows += [{"function": function, "category": name} for name in names]
        if not names:
            problems.append(f"{function}: {failed.get(prompt, 'the answer names no object')}")
    return rows, problems


def with_duplicates(
    rows: Sequence[Row], column: str, encoder: TextEncoder, threshold: float
) -> list[Row]:
    """The rows, each with ``keep`` and the name before it that it means the same as, if any."""
    same = near_duplicates([row[column] for row in rows], encoder, threshold)
    return [{**row, "duplicate_of": same.get(row[column], ""), "keep": YES} for row in rows]


def near_duplicates(names: Sequence[str], encoder: TextEncoder, threshold: float) -> dict[str, str]:
    """The first name that is at least so near, by name; names that stand alone are left out."""
    distinct = list(dict.fromkeys(names))
    if not distinct:
        return {}
    vectors = encoder.encode([name.replace("-", " ") for name in distinct]).double().cpu()
    cosines = (vectors @ vectors.T).numpy()
    alone: list[int] = []
    same: dict[str, str] = {}
    for i, name in enumerate(distinct):
        nearest = max(alone, key=lambda j: cosines[i, j], default=None)
        if nearest is not None and cosines[i, nearest] >= threshold:
            same[name] = distinct[nearest]
        else:
            alone.append(i)
    return same


def kept_functions(path: Path) -> dict[str, str]:
    """Meaning by function, of the rows that a person keeps; duplicates are left out.

    Raises:
        UserError: the table is damaged, or keeps nothing.
    """
    rows = read_table(path, FUNCTION_COLUMNS, unique=("function",))
    kept = {check_function(row["function"]): one_line(row["meaning"]) for row in _kept(rows)}
    for name, meaning in kept.items():
        if not meaning:
            raise UserError(f"{path}: {name} has no meaning; write a sentence, or no in keep")
    _check_some(kept, path)
    return kept


def kept_pairing(path: Path, functions: Mapping[str, str]) -> dict[str, list[str]]:
    """Categories by function, of the rows that a person keeps.

    A duplicate counts as the category that it means the same as.

    Raises:
        UserError: the table is damaged or keeps nothing, or a function is not in that of functions.
    """
    rows = read_table(path, CATEGORY_COLUMNS, unique=("function", "category"))
    pairing: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if (function := check_function(row["function"])) not in functions:
            raise UserError(f"{path}: {function} is not among the functions that are kept")
        if is_yes(row["keep"], f"keep of {row['category']}"):
            pairing[function].add(one_line(row["duplicate_of"]) or one_line(row["category"]))
    _check_some(pairing, path)
    return {name: sorted(members) for name, members in sorted(pairing.items())}


def write_pairing(
    path: Path, meanings: Mapping[str, str], pairing: Mapping[str, Sequence[str]]
) -> None:
    """Write the extra taxonomy that ``funcorr assets select --pairing proposed`` reads."""
    lines = [f"format = {quoted(FORMAT)}", "", "[functions]"]
    lines += [f"{quoted(name)}.meaning = {quoted(meanings[name])}" for name in pairing]
    lines += ["", f"[lists.{PAIRING}]"]
    for name, members in pairing.items():
        lines.append(f"{quoted(name)} = [{', '.join(map(quoted, members))}]")
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _kept(rows: Sequence[Row]) -> list[Row]:
    return [
        row
        for row in rows
        if is_yes(row["keep"], f"keep of {row['function']}") and not row["duplicate_of"].strip()
    ]


def _check_some(kept: Sized, path: Path) -> None:
    if not kept:
        raise UserError(f"{path} keeps nothing; write yes in the column keep of what is wanted")
