"""Rooms import only rooms below them, so that each can be read, tested and moved alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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
    "metrics": set(),
    "geometry": set(),
    "weights": set(),
    "functions": {"weights"},
    "features": {"weights", "images"},
    "assets": DATA,
    "render": {*DATA, "assets"},
    "pseudolabel": {*DATA, "weights", "images", "assets", "render"},
    "affordance": FEATURES,
    "correspondence": {*FEATURES, "geometry", "pseudolabel"},
    "viz": {"images", "functions"},
    "transfer": {"geometry", "correspondence"},
    "train": {*FEATURES, *DATA, "metrics", "render", "affordance", "correspondence", "viz"},
    "groundtruth": {*DATA, "assets", "render", "images", "metrics", "affordance"},
    "benchmark": {
        *DATA,
        *FEATURES,
        *("metrics", "affordance", "correspondence", "viz", "train", "groundtruth", "transfer"),
    },
}
"""Room -> the rooms it may import, also of rooms to come; ``cli`` and ``app`` may import all."""

LATER = {("correspondence", "viz"), ("affordance", "viz"), ("viz", "correspondence")}
"""Imported inside a function: a result can draw itself, a row can ask a part finder."""


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Rooms that a file imports, and whether it does so at the top of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "funcorr":
            names = [f"funcorr.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for package, _, rest in (name.partition(".") for name in names):
            if package == "funcorr":
                yield room_of(rest.split(".")[0]), node in tree.body


def room_of(name: str) -> str:
    there = (SOURCE / name).is_dir() or (SOURCE / f"{name}.py").is_file()
    return name if name and there else "__init__"


def files_of(room: str) -> list[Path]:
    return [*(SOURCE / room).rglob("*.py"), *SOURCE.glob(f"{room}.py")]


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_lies_below_it(room):
    allowed = ALLOWED[room] | BASE | {room}
    for file in files_of(room):
        for other, at_top in imports(file):
            later = (room, other) in LATER and not at_top
            assert other in allowed or later, f"{file.relative_to(SOURCE)} imports {other}"


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
