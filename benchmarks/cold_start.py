"""Whole commands from the shell to their files: CPU seconds and memory, in one run.

    python benchmarks/cold_start.py
    python benchmarks/cold_start.py --baseline ../earlier   # another checkout, turn by turn

Rows: `import torch`, which every command pays (the reference), `funcorr match` of two samples, of a
pair of 12 megapixels, of 48 megapixels with a sample, and `funcorr afford` on 48 megapixels. One
thread.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import tyro
from PIL import Image
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"


def enlarged(name: str, side: int, folder: Path) -> str:
    """A sample on wide paper of 4 : 3, as a JPEG of a camera's size."""
    sample = Image.open(SAMPLES / f"{name}.png").convert("RGB")
    paper = Image.new("RGB", (side * 4 // 3, side), sample.getpixel((2, 2)))
    paper.paste(sample.resize((side, side), Image.Resampling.BICUBIC), (side // 6, 0))
    path = folder / f"{name}-{side}.jpg"
    paper.save(path, quality=92)
    return str(path)


def commands(folder: Path) -> dict[str, list[str]]:
    """What follows ``python`` in each row."""
    mug, bottle = (str(SAMPLES / f"{name}.png") for name in ("coffee-mug", "wine-bottle"))
    camera = [enlarged(name, 3000, folder) for name in ("coffee-mug", "wine-bottle")]
    large = enlarged("coffee-mug", 6000, folder)
    match, to = ["-m", "funcorr", "match"], ["--out", str(folder / "out")]
    pour = ["--function", "pour-with", *to]
    return {
        "import torch": ["-c", "import torch"],
        "match, two samples": [*match, mug, bottle, *pour],
        "match, 12 megapixels each": [*match, *camera, *pour],
        "match, 48 megapixels and a sample": [*match, large, bottle, *pour],
        "afford, 48 megapixels": ["-m", "funcorr", "afford", large, "--action", "pour", *to],
    }


def cost(words: list[str], checkout: Path) -> tuple[str, str]:
    """CPU seconds and peak MB of a process."""
    paths = [str(checkout / "src"), str(checkout / "forge" / "src")]
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *words], env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(process.stderr.read().decode() if process.stderr else words)
    seconds, peak = used.ru_utime + used.ru_stime, used.ru_maxrss
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a child starts as its parent
    return f"{seconds:.2f}", f"{peak / 1000:,.0f}" if peak > inherited else "-"


def main(baseline: Path | None = None) -> None:
    """Print the table.

    Args:
        baseline: a checkout of another version to compare with.
    """
    places = [ROOT] if baseline is None else [baseline, ROOT]
    names = ["now"] if baseline is None else ["baseline", "now"]
    table = Table("", *(f"{name}: {what}" for name in names for what in ("CPU s", "MB")))
    with tempfile.TemporaryDirectory() as folder:
        for row, words in commands(Path(folder)).items():
            table.add_row(row, *(text for place in places for text in cost(words, place)))
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
