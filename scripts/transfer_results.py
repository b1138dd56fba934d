"""Remake the tables of pose transfer in docs/results/transfer.md: every row on sets with depth.

    python scripts/transfer_results.py data/forge-unseen-dev-exact data/forge-unseen-dev-sensor
    python scripts/transfer_results.py    # the page from what is there

Each set is evaluated into RESULTS/<name of the set> as `funcorr benchmark` does it, with two rows
more: the true matches, and the matches of funcorr-small moved to where their pose takes them. What
stands between `<!-- pose NAME -->` and `<!-- end of pose NAME -->` on the page is replaced.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from funcorr import Correspondence
from funcorr.benchmark.comparison import run_folder
from funcorr.benchmark.evaluate import Model
from funcorr.benchmark.paired_tests import read_scores
from funcorr.benchmark.poses import POSE, POSE_CONFIDENCE, rgbd_views
from funcorr.benchmark.run import run_rows
from funcorr.benchmark.table import grid
from funcorr.correspondence.registry import load_model
from funcorr.errors import UserError
from funcorr.groundtruth.pairs import Benchmark, read_benchmark
from funcorr.images import read_mask
from funcorr.io import read_arrays, read_json
from funcorr.transfer.pose import transfer_pose
from funcorr.transfer.rgbd import RGBDView

PAGE = Path(__file__).parents[1] / "docs" / "results" / "transfer.md"
REFINED = "funcorr-small"
ROWS = (
    *("chance", "features:fused", "funcorr-small-functional", "funcorr-small-spatial"),
    *(REFINED, "oracle+funcorr-small"),
)
SHARES = ("pose@5", "pose@10", "pose@20")
MATCHING = ("pck@23", "pck@15", "pck@10", "pck@5")
LEAST = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
"""Confidences from which on the poses are counted."""

_MASKS = ("mask1", "mask2")


class ExactMatches:
    """The ground truth as a model: what matching without error, and the exact parts, would give."""

    name = "exact matches"
    given = ("part",)

    def __init__(self, benchmark: Benchmark) -> None:
        self.fingerprint = benchmark.fingerprint()
        self._known: dict[tuple[str, str, str], Correspondence] = {}
        for pair in benchmark.pairs:
            truth = [np.rint(p).astype(np.float32) for p in benchmark.ground_truth(pair)]
            masks = [read_mask(benchmark.file(pair, k), benchmark.image_size) for k in _MASKS]
            parts = [part.astype(np.float32) for part in benchmark.parts(pair)]
            names = _stem(pair.image1), _stem(pair.image2)
            one = np.ones(len(truth[0]), np.float32)
            for i, j in ((0, 1), (1, 0)):
                self._known[names[i], names[j], pair.function] = Correspondence(
                    *(truth[i], truth[j], one, one, 0 * one, pair.function, self.name),
                    *(parts[i], parts[j]),
                    mask1=masks[i],
                    mask2=masks[j],
                )

    def encode(self, image: Path, mask: Any = None, part: Any = None) -> str:
        """The picture's name."""
        return _stem(image)

    def match(self, image1: str, image2: str, function: str) -> Correspondence:
        """The ground truth of the pair."""
        return self._known[image1, image2, function]


class RefinedMatches:
    """A model with depth: its matches, moved to where the pose that they give takes them."""

    def __init__(self, name: str, benchmark: Benchmark) -> None:
        self._model = load_model(name)
        self.name = f"{name}, refined"
        self.fingerprint = str(getattr(self._model, "fingerprint", ""))
        self._views: dict[str, RGBDView] = {}
        for pair in benchmark.pairs:
            names = _stem(pair.image1), _stem(pair.image2)
            self._views |= zip(names, rgbd_views(benchmark, pair), strict=True)

    def encode(self, image: Path, mask: Any = None) -> tuple[str, Any]:
        """The picture's name, and what the model knows of it."""
        return _stem(image), self._model.encode(image, mask)

    def match(
        self, image1: tuple[str, Any], image2: tuple[str, Any], function: str
    ) -> Correspondence:
        """The refined matches; those of the model where there is no pose."""
        result = self._model.match(image1[1], image2[1], function)
        views = self._views[image1[0]], self._views[image2[0]]
        try:
            return transfer_pose(result, *views).correspondence
        except UserError:
            return result


def _stem(path: str | Path) -> str:
    return Path(path).stem


def main() -> None:
    """Evaluate the sets that are named, then write the page from all results there are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", help="benchmark folders with depth")
    parser.add_argument("--out", type=Path, default=Path("data/results"))
    parser.add_argument("--rows", default=",".join(ROWS), help="names with commas between them")
    parser.add_argument("--overwrite", action="store_true", help="discard runs of other configs")
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    for bench in options.sets:
        benchmark = read_benchmark(bench)
        rows: list[str | Model] = [*options.rows.split(","), ExactMatches(benchmark)]
        if REFINED in rows:
            rows.append(RefinedMatches(REFINED, benchmark))
        run_rows(bench, options.out / benchmark.name, rows, options.overwrite, report=print)
    options.page.write_text(with_tables(options.page.read_text("utf-8"), options.out), "utf-8")
    print(options.page)


def with_tables(page: str, results: Path) -> str:
    """The page with the tables of every set that it has a place for and ``results`` knows."""
    for name in re.findall(r"<!-- end of pose (\S+) -->", page):
        if not (results / name / "table.md").is_file():
            print(f"no results of {name} in {results}: its tables stay as they are")
            continue
        made = "\n\n".join(tables(results / name))
        start, end = f"<!-- pose {name} -->\n", f"<!-- end of pose {name} -->"
        before, _, rest = page.partition(start)
        page = f"{before}{start}\n{made}\n\n{end}" + rest.partition(end)[2]
    return page


def tables(folder: Path) -> Iterator[str]:
    """How many pairs; the rows with their intervals; pose@10 by confidence and per function."""
    with (folder / "table.csv").open(encoding="utf-8", newline="") as stream:
        names = [row["model"] for row in csv.DictReader(stream) if row["pairs"] == "overall"]
    runs = {name: run_folder(folder, name) for name in names}
    results = {name: read_json(run / "results.json") for name, run in runs.items()}
    first = results[names[0]]
    yield f"{first['pairs']} image pairs, each in both directions."
    yield grid([_HEADER, *(_cells(name, runs[name], results[name]) for name in names)]).strip()
    yield grid([["from confidence", *names], *_by_confidence(runs)]).strip()
    yield grid([["model", *MATCHING], *_matching(results)]).strip()
    lines = [["pose@10", *names]]
    for function in first["per_function"]:
        blocks = (results[name]["per_function"][function] for name in names)
        lines.append([function, *(f"{block['pose@10']:.2f}" for block in blocks)])
    yield grid(lines).strip()


_HEADER = [
    *("model", *(f"{key} ↑" for key in SHARES)),
    *("Median rotation, degrees ↓", "Median translation ↓", "Refused"),
]


def _cells(name: str, run: Path, results: Mapping[str, Any]) -> list[str]:
    ends, means = results["intervals"]["overall"], results["overall"]
    shares = (f"{means[key]:.3f} ({ends[key][0]:.3f}-{ends[key][1]:.3f})" for key in SHARES)
    values = read_scores(run / "pairs.csv").values.values()
    turn, shift = (np.median([v[key] for v in values]) for key in ("rotation_deg", "translation"))
    return [name, *shares, f"{turn:.1f}", f"{shift:.3f}", f"{_refused(run):.2f}"]


def _by_confidence(runs: Mapping[str, Path]) -> Iterator[list[str]]:
    """Per least confidence: how many of the poses that reach it are right, and their share."""
    graded = {name: _graded(run) for name, run in runs.items()}
    for least in LEAST:
        cells = [f"{least:g}"]
        for confidence, right in graded.values():
            kept = confidence >= least
            cells.append(f"{right[kept].mean():.2f} of {kept.mean():.2f}" if kept.any() else "-")
        yield cells


def _graded(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of every directed pair: confidence, and pose@10."""
    rows = read_scores(run / "pairs.csv").values
    files = [run / "predictions" / f"{quote(pair, safe=' ')}.{way}.npz" for pair, way in rows]
    found = [read_arrays(file, [POSE_CONFIDENCE], "predictions") for file in files]
    confidence = np.array([float(each[POSE_CONFIDENCE]) for each in found])
    return confidence, np.array([each["pose@10"] for each in rows.values()])


def _matching(results: Mapping[str, Any]) -> Iterator[list[str]]:
    """How well the matches themselves carry points, in the pictures."""
    for name, each in results.items():
        yield [name, *(f"{each['overall'][key]:.3f}" for key in MATCHING)]


def _refused(run: Path) -> float:
    """Share of the directed pairs without a pose."""
    files = sorted((run / "predictions").glob("*.npz"))
    poses = [read_arrays(file, [POSE], "predictions")[POSE] for file in files]
    return float(np.mean([np.isnan(pose).any() for pose in poses]))


if __name__ == "__main__":
    main()
