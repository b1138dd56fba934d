"""Rooms import only rooms below them, so that each can be read, tested and moved alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import funcorr

SOURCE = Path(funcorr.__file__).parent

BASE = {"errors", "io", "parallel", "registry", "run_folder", "__init__"}
"""What every room may import; ``__init__`` stands for the version."""

DATA = {"geometry", "functions"}
FEATURES = {"weights", "images", "features", "functions"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "io": set(),
    "parallel": set(),
    "registry": set(),
    "run_folder": set(),
    "images": set(),
    "geometry": set(),
    "metrics": {"geometry"},
    "weights": set(),
    "functions": {"weights", "geometry"},
    "features": {"weights", "images"},
    "viz": {"images", "functions"},
    "assets": DATA,
    "render": {*DATA, "assets"},
    "segmentation": {"weights", "images", "features"},
    "pseudolabel": {*DATA, "weights", "images", "assets", "render", "viz"},
    "affordance": {*FEATURES, "segmentation", "viz"},
    "correspondence": {*FEATURES, "segmentation", "geometry", "pseudolabel", "viz"},
    "transfer": {"geometry", "images", "viz", "correspondence"},
    "interop": {"images", "correspondence", "render"},
    "train": {*FEATURES, *DATA, "metrics", "render", "affordance", "correspondence", "viz"},
    "groundtruth": {*DATA, "assets", "render", "images", "metrics", "affordance"},
    "benchmark": {
        *DATA,
        *FEATURES,
        *("metrics", "affordance", "correspondence", "viz", "train", "groundtruth", "transfer"),
    },
    "simulation": {
        *(*DATA, "weights", "assets", "groundtruth"),
        *("render", "viz", "images", "features", "affordance", "correspondence"),
        *("transfer", "benchmark"),
    },
}
"""Room -> the rooms it may import, also of rooms to come; ``cli`` and ``app`` may import all."""


def name_of(path: Path) -> str:
    """Its module, a package for its ``__init__.py``."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(SOURCE.rglob("*.py"))}


@cache
def imports(module: str) -> frozenset[str]:
    """Modules of the package that a file imports: at its top, later, or for types alone."""
    return frozenset(_imports(MODULES[module])) - {module}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield from {whole if whole in MODULES else str(node.module)} & set(MODULES)
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & set(MODULES)


def room_of(module: str) -> str:
    return (*module.split("."), "__init__")[1]


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_lies_below_it(room):
    allowed = ALLOWED[room] | BASE | {room}
    for module in MODULES:
        if room_of(module) == room:
            above = {other for other in imports(module) if room_of(other) not in allowed}
            assert not above, f"{module} imports {', '.join(sorted(above))}"


def test_no_files_import_each_other_in_a_circle():
    try:
        TopologicalSorter({module: imports(module) for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_every_room_has_its_place():
    rooms = {p.stem for p in SOURCE.iterdir() if p.is_dir() or p.suffix == ".py"}
    unplaced = (
        rooms - set(ALLOWED) - {"__init__", "__main__", "cli", "app", "__pycache__", "models"}
    )
    assert not unplaced


def test_the_table_has_no_circle():
    below: dict[str, set[str]] = {}
    for room, others in ALLOWED.items():  # listed from the bottom to the top
        assert others <= set(below), f"{room} is listed before something that it imports"
        below[room] = others


def test_late_imports_and_those_for_types_count():
    assert {"funcorr.viz", "funcorr.viz.canvas"} <= imports("funcorr.correspondence.result")
