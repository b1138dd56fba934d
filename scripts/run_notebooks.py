"""Run the notebooks and keep their outputs.

    pip install nbclient ipykernel
    python scripts/run_notebooks.py [notebooks/match.ipynb ...]

Each runs in a folder of its own, with the samples beside it; the tests run the same cells without
Jupyter.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]


def is_result(output: dict[str, Any]) -> bool:
    """Whether it was printed or is the value of a cell."""
    return output["output_type"] == "execute_result" or output.get("name") == "stdout"


def main(paths: Sequence[str]) -> None:
    """Execute and rewrite notebooks, all of the repository where none is named."""
    for path in map(Path, paths or sorted((ROOT / "notebooks").glob("*.ipynb"))):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as place:
            shutil.copytree(ROOT / "samples", Path(place) / "samples")
            NotebookClient(notebook, timeout=600, resources={"metadata": {"path": place}}).execute()
        for cell in notebook.cells:
            cell.metadata.clear()
            if cell.cell_type == "code":  # progress bars are no results
                cell.outputs = [out for out in cell.outputs if is_result(out)]
        notebook.metadata = {"language_info": {"name": "python"}}
        nbformat.write(notebook, path)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
