"""The notebooks' cells run, and their outputs are there and small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def code_cells(path: Path) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_cells_run(path, tmp_path, monkeypatch, capsys):
    (tmp_path / "samples").mkdir()
    for name in ("coffee-mug.png", "wine-bottle.png"):
        picture = Image.open(ROOT / "samples" / name)
        picture.resize((128, 128)).save(tmp_path / "samples" / name)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for number, cell in enumerate(code_cells(path)):
        source = "".join(cell["source"]).replace("--size 160", "--size 64")
        exec(compile(source, f"cell {number}", "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_outputs_are_whole_and_small(path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert path.stat().st_size < 500_000
