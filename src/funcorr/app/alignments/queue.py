"""Which pairs of objects are to be aligned, and what has been decided about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from funcorr.assets.store import list_assets
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment
from funcorr.io import read_json, write_json

FORMAT = "funcorr-annotation-queue/1"

Decision = Literal["open", "accepted", "skipped", "rejected"]

REASONS = ("no common function", "broken object", "part missing", "same object", "other")
"""Why pairs are rejected."""


@dataclass(frozen=True, eq=False)
class Item:
    """A pair of the queue.

    Attributes:
        asset1: id of the first object.
        asset2: id of the second object, which is moved onto the first.
        decision: what the annotator said.
        reason: why it was rejected, or nothing.
        alignment: as far as it has got; None while nobody has touched it.
    """

    asset1: str
    asset2: str
    decision: Decision = "open"
    reason: str = ""
    alignment: Alignment | None = None

    @property
    def key(self) -> frozenset[str]:
        """The two objects, whichever comes first."""
        return frozenset((self.asset1, self.asset2))


def assets_for(folder: Path | str, function: str) -> dict[str, str]:
    """Ids and categories of the objects that have a function, or of whose functions none is known.

    Raises:
        UserError: there are fewer than two.
    """
    found = {}
    for name in list_assets(folder):
        content = read_json(Path(folder) / name / "asset.json", "asset")
        functions = content.get("functions") if isinstance(content, dict) else None
        if not functions or function in functions:
            found[name] = str(content.get("category", "")) if isinstance(content, dict) else ""
    if len(found) < 2:
        raise UserError(
            f"{folder} has {len(found)} assets for {function!r}; an alignment needs two"
        )
    return found


def draw_pairs(
    categories: Mapping[str, str], count: int, across: float = 0.85, seed: int = 0
) -> list[tuple[str, str]]:
    """Pairs to align: drawn evenly over the assets, mostly across categories.

    Args:
        categories: category by asset id.
        count: pairs wanted; fewer where there are not so many.
        across: share of pairs of two categories.
        seed: of the draw.

    Example:
        >>> draw_pairs({"mug-1": "mug", "mug-2": "mug", "jug-1": "jug"}, 2, across=1.0)
        [('mug-2', 'jug-1'), ('jug-1', 'mug-1')]
    """
    names = [str(name) for name in np.random.default_rng(seed).permutation(sorted(categories))]
    steps = range(1, len(names) // 2 + 1)
    turns = ((a, names[(i + step) % len(names)]) for step in steps for i, a in enumerate(names))
    kinds: dict[bool, dict[frozenset[str], tuple[str, str]]] = {True: {}, False: {}}
    for a, b in turns:
        kinds[categories[a] == categories[b]].setdefault(frozenset((a, b)), (a, b))
        if len(kinds[False]) >= count and len(kinds[True]) >= count:
            break
    others, alike = list(kinds[False].values()), list(kinds[True].values())
    wanted = min(round(across * count), len(others))
    wanted = max(wanted, min(count - len(alike), len(others)))
    chosen = others[:wanted] + alike[: count - wanted]
    return [chosen[i] for i in np.random.default_rng(seed).permutation(len(chosen))]


def read_queue(path: Path, function: str) -> list[Item]:
    """Decisions and unfinished alignments of an earlier sitting; nothing where there was none.

    Raises:
        UserError: the file is damaged, of another version or about another function.
    """
    if not path.exists():
        return []
    content = read_json(path, "annotation queue")
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise UserError(f"{path} has the format {found!r}; this version reads {FORMAT!r}")
    if content.get("function") != function:
        raise UserError(f"{path} is about {content.get('function')!r}, not about {function!r}")
    try:
        return [_item(entry) for entry in content["pairs"]]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UserError(f"{path} is damaged: {type(error).__name__} {error}") from None


def write_queue(path: Path, function: str, items: Sequence[Item]) -> None:
    """Write what the alignment file has no place for, atomically."""
    pairs = [_entry(item) for item in items]
    write_json(path, {"format": FORMAT, "function": function, "pairs": pairs})


def merged(
    drawn: Sequence[tuple[str, str]], earlier: Sequence[Item], finished: Sequence[Alignment]
) -> list[Item]:
    """The queue: finished pairs, pairs of an earlier sitting, then newly drawn ones, each once."""
    items: dict[frozenset[str], Item] = {}
    for item in _in_order(drawn, earlier, finished):
        items.setdefault(item.key, item)
    return list(items.values())


def _in_order(
    drawn: Sequence[tuple[str, str]], earlier: Sequence[Item], finished: Sequence[Alignment]
) -> Iterator[Item]:
    yield from (Item(each.asset1, each.asset2, "accepted", "", each) for each in finished)
    yield from (item for item in earlier if item.decision != "accepted")
    yield from (Item(a, b) for a, b in drawn)


def _entry(item: Item) -> dict[str, Any]:
    keeps = item.alignment is not None and item.decision != "accepted"
    return {
        "asset1": item.asset1,
        "asset2": item.asset2,
        "decision": item.decision,
        "reason": item.reason,
        "alignment": item.alignment.to_json() if keeps and item.alignment else None,
    }


def _item(entry: Mapping[str, Any]) -> Item:
    decision, draft = entry["decision"], entry.get("alignment")
    if decision not in get_args(Decision):
        raise ValueError(f"unknown decision {decision!r}")
    alignment = None if draft is None else Alignment.from_json(draft)
    texts = str(entry["asset1"]), str(entry["asset2"])
    return Item(*texts, decision, str(entry.get("reason", "")), alignment)
