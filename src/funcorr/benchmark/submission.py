"""Results that others can check: runs on a frozen set, scored again from their predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from funcorr.benchmark.evaluate import RUN_FORMAT, score_run
from funcorr.errors import UserError
from funcorr.groundtruth.frozen import FrozenSet, frozen_set
from funcorr.groundtruth.pairs import Benchmark, read_benchmark
from funcorr.io import read_json, write_json

FORMAT = "funcorr-submission/1"
FILE = "submission.json"
SETTINGS = ("format", "model", "model_fingerprint", "benchmark_fingerprint", "protocol")
BLOCKS = ("overall", "within", "across", "per_function", "intervals")

TOLERANCE = 1e-9
"""How far a mean may lie from the one that its predictions give."""


def check_submission(run: Path, bench: Path) -> dict[str, Any]:
    """Check the run folder of ``funcorr evaluate`` and write ``submission.json`` into it.

    Args:
        run: the run folder, with its predictions.
        bench: the frozen set that it was made on.

    Returns:
        What the file holds: model, set, protocol, fingerprints and the blocks of ``results.json``.

    Raises:
        UserError: the set is no frozen one, the run was made on another, something of it is
            missing, or its results are not those of its predictions.
    """
    benchmark = read_benchmark(bench)
    frozen = check_frozen(benchmark)
    config = read_json(run / "config.json", "configuration of an evaluation")
    results = read_json(run / "results.json", "results of an evaluation")
    _check_config(config, frozen, run)
    again, _ = score_run(benchmark, config["model"], run, config["protocol"])
    said = {key: value for key, value in results.items() if key != "questions"}
    if wrong := differences(said, again):
        raise UserError(
            f"{run}/results.json is not what its predictions give ({wrong[0]}"
            f"{f' and {len(wrong) - 1} more' if wrong[1:] else ''}); evaluate again"
        )
    submission = {
        **{key: config[key] for key in SETTINGS},
        "format": FORMAT,
        "benchmark": frozen.name,
        "version": frozen.version,
        "pairs": results["pairs"],
        **{key: results[key] for key in BLOCKS},
    }
    write_json(run / FILE, submission)
    return submission


def read_submission(path: Path) -> dict[str, Any]:
    """A file of :func:`check_submission`.

    Raises:
        UserError: it is missing, damaged, of another format, or lacks a key.
    """
    content = read_json(path, "submission")
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path} is no submission of the format {FORMAT}")
    wanted = (*SETTINGS, "benchmark", "version", "pairs", *BLOCKS)
    if missing := [key for key in wanted if key not in content]:
        raise UserError(f"{path} lacks {', '.join(missing)}")
    return content


def check_frozen(benchmark: Benchmark) -> FrozenSet:
    """The frozen set that a folder holds.

    Raises:
        UserError: there is none of its name, or its content is another.
    """
    frozen = frozen_set(benchmark.name)
    if benchmark.fingerprint() != frozen.fingerprint:
        raise UserError(
            f"{benchmark.path} is called {benchmark.name} but is not the frozen set; get that by "
            f"funcorr benchmark fetch {benchmark.name}"
        )
    return frozen


def differences(said: Any, true: Any, where: str = "") -> list[str]:
    """Where the numbers of two nested results differ, as dotted names."""
    if isinstance(true, Mapping):
        if not isinstance(said, Mapping):
            return [where]
        keys = sorted({*said, *true})
        return [
            line
            for key in keys
            for line in differences(said.get(key), true.get(key), f"{where}.{key}".lstrip("."))
        ]
    if isinstance(true, (list, tuple)) and isinstance(said, (list, tuple)):
        if len(said) != len(true):
            return [where]
        both = enumerate(zip(said, true, strict=True))
        return [line for i, (a, b) in both for line in differences(a, b, f"{where}[{i}]")]
    if isinstance(said, float | int) and isinstance(true, float | int):
        return [] if math.isclose(said, true, rel_tol=0, abs_tol=TOLERANCE) else [where]
    return [] if said == true else [where]


def _check_config(config: Any, frozen: FrozenSet, run: Path) -> None:
    missing = [key for key in SETTINGS if not isinstance(config, dict) or key not in config]
    if missing:
        raise UserError(f"{run}/config.json lacks {', '.join(missing)}; evaluate again")
    if config["format"] != RUN_FORMAT:
        raise UserError(f"{run} is of the format {config['format']}, expected {RUN_FORMAT}")
    if config["benchmark_fingerprint"] != frozen.fingerprint:
        raise UserError(f"{run} was made on another set than the frozen {frozen.name}")
