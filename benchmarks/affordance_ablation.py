"""The ablation of the two constraints: paired one-shot runs, resumable one by one.

Run i of every row has the same seed and the same draw of annotated pictures, so that rows are
compared run by run. All runs share the frozen trunk, and each picture is encoded once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from affordance_trunk import EncodedOnce, random_frozen_encoder

from funcorr.affordance.data import LabelledPicture, OneShotExample, read_actions, read_agd20k
from funcorr.affordance.data.oneshot import read_one_shot
from funcorr.affordance.frozen_encoder import FrozenEncoder, load_frozen_encoder
from funcorr.affordance.head import AffordanceHead
from funcorr.affordance.model import AffordanceModel
from funcorr.benchmark.affordance.background_level import Calibration
from funcorr.benchmark.affordance.baselines import ChanceMaps, MeanMaps, Predictor
from funcorr.benchmark.affordance.evaluate import calibrate
from funcorr.benchmark.affordance.scores import (
    Score,
    Separation,
    by_picture,
    score_picture,
    summarize,
)
from funcorr.errors import UserError
from funcorr.functions.text import TextEncoder, load_text_encoder
from funcorr.io import read_json, write_json
from funcorr.metrics import HeatmapProtocol
from funcorr.run_folder import Stage, claim
from funcorr.train.affordance.config import PRESETS, AffordanceTrainConfig, CropConfig
from funcorr.train.affordance.examples import choose_shots, load_examples
from funcorr.train.affordance.training import make_trainer
from funcorr.train.trainer import Trainer

ROWS: Mapping[str, str] = {
    "BCE only": "small-bce",
    "BCE + AMI": "small-ami",
    "BCE + OLI": "small-oli",
    "BCE + AMI + OLI": "small",
}
"""Rows of the table and the training presets behind them; the first is what OOAL trains with."""

RANDOM = "BCE + AMI + OLI, random frozen trunk"
SPLITS = ("Seen", "Unseen", "New-actions", "Real-design")
"""Splits that are evaluated where the set has them; one that comes later is caught up on."""


@dataclass(frozen=True)
class AblationConfig:
    """What is run.

    Attributes:
        runs: paired runs at one shot of the rows that are compared first: BCE only and both
            constraints.
        middle_runs: of the rows between them, at most ``runs``.
        shots: shots of the rows that are repeated with more annotated pictures.
        shot_runs: runs per number of shots above one.
        iterations: optimiser steps of a run; None takes the preset's.
        versions: crops and flips per training picture.
        every: evaluate every n-th test photograph of a split.
    """

    runs: int = 10
    middle_runs: int = 5
    shots: tuple[int, ...] = (1, 2, 5, 10)
    shot_runs: int = 3
    iterations: int | None = None
    versions: int = 8
    every: int = 1

    def __post_init__(self) -> None:
        runs = (self.runs, self.middle_runs, self.shot_runs)
        if min(*runs, self.versions, self.every, *self.shots) < 1:
            raise UserError("all runs, shots, versions and every must be at least 1")

    @property
    def of_one_run(self) -> dict[str, Any]:
        """What the result of a run depends on."""
        names = ("iterations", "versions", "every")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Job:
    """One training run of one row."""

    row: str
    shots: int
    run: int

    @property
    def folder(self) -> str:
        """Its name below ``runs/``."""
        return f"{self.row.lower().replace(' ', '-').replace(',', '')}_{self.shots}-shot_{self.run}"

    def training(self, config: AblationConfig) -> AffordanceTrainConfig:
        """Seed and draw are those of the run, whatever the row."""
        preset = PRESETS[ROWS.get(self.row, "small")]
        return replace(
            preset,
            shots=self.shots,
            draw=self.run,
            seed=self.run,
            steps=config.iterations or preset.steps,
            crops=CropConfig(versions=config.versions),
        )


def jobs(config: AblationConfig) -> list[Job]:
    """All runs, most wanted first: both ends of the table, its middle, the control, more shots."""
    ends = [next(iter(ROWS)), list(ROWS)[-1]]
    middle = [row for row in ROWS if row not in ends]
    counted = ((ends, config.runs), (middle, min(config.runs, config.middle_runs)))
    once = [Job(row, 1, run) for rows, runs in counted for run in range(runs) for row in rows]
    control = [Job(RANDOM, 1, run) for run in range(min(config.runs, config.shot_runs))]
    more = [
        Job(row, shots, run)
        for run in range(config.shot_runs)
        for shots in config.shots
        if shots > 1
        for row in ends
    ]
    return once + control + more


def run_ablation(
    root: str | Path,
    out: str | Path,
    config: AblationConfig,
    report: Callable[[str], None] = lambda line: None,
) -> dict[Job, dict[str, Any]]:
    """Do the runs that are not done; ``out`` can be taken up again after any stop.

    ``out/runs/<run>`` holds a run's log, checkpoint and ``results.json`` (split -> blocks as of
    :func:`funcorr.benchmark.affordance.scores.summarize`); ``out/known`` those of the rows that
    know nothing.

    Args:
        root: a set as ``funcorr assets agd`` makes it.
        out: folder of the runs.
        config: what to run.
        report: is told the progress.

    Returns:
        The results of every run.

    Raises:
        UserError: the set is not whole, or ``out`` holds runs of another configuration.
    """
    out, bench = Path(out), Bench(Path(root), Path(out), config)
    with claim(out, Stage("runs", config.of_one_run, ["runs", "known"])):
        bench.known()
        for number, job in enumerate(todo := jobs(config), start=1):
            path = _results_path(out, job)
            if missing := bench.missing(path):
                report(f"[{number}/{len(todo)}] {job.row}, {job.shots} shot, run {job.run}")
                run = bench.drawn_job(job)
                run.trainer.run(path.parent)
                bench.add(path, missing, run.model(job.row), run.examples)
    return finished(out, config)


def finished(out: str | Path, config: AblationConfig) -> dict[Job, dict[str, Any]]:
    """The results of the runs that are done."""
    paths = {job: _results_path(Path(out), job) for job in jobs(config)}
    return {job: read_json(path, "results") for job, path in paths.items() if path.is_file()}


def known_rows(out: str | Path) -> dict[str, dict[str, Any]]:
    """The results of the rows that know nothing."""
    return {path.stem: read_json(path, "results") for path in Path(out).glob("known/*.json")}


@dataclass(frozen=True, eq=False)
class Run:
    """One head with all that it is trained on.

    Attributes:
        trainer: the head and its data.
        trunk: the frozen backbone.
        encoder: the frozen text encoder.
        examples: the annotated pictures.
        cache: folder of the features of test pictures.
    """

    trainer: Trainer[AffordanceHead]
    trunk: FrozenEncoder
    encoder: TextEncoder
    examples: list[OneShotExample]
    cache: Path

    def model(self, name: str) -> EncodedOnce:
        """A model with the head as it is now."""
        head = copy.deepcopy(self.trainer.result)
        return EncodedOnce(AffordanceModel(name, self.trunk, self.encoder, head), self.cache)


class Bench:
    """The frozen parts and the data that all runs share.

    Args:
        root: the set.
        out: features of test pictures are cached in ``out/features``, those of training pictures
            beside them in the set.
        config: what is run.
    """

    def __init__(self, root: Path, out: Path, config: AblationConfig) -> None:
        self.root, self.out, self.config = root, out, config
        self.one_shot = root / "one-shot"
        self.examples = read_one_shot(self.one_shot)
        self.actions = read_actions(self.one_shot)
        self._frozen: dict[bool, tuple[FrozenEncoder, TextEncoder]] = {}

    def missing(self, path: Path) -> list[str]:
        """Splits of the set that a file of results lacks."""
        there = read_json(path, "results") if path.is_file() else {}
        return [each for each in SPLITS if (self.root / each).is_dir() and each not in there]

    def drawn(self, config: AffordanceTrainConfig, random: bool = False) -> Run:
        """A run before its first step.

        Args:
            config: of the training; its shots and draw choose the annotated pictures.
            random: put the frozen trunk with random weights below the head.
        """
        trunk, encoder = self.frozen(random, config)
        examples = choose_shots(self.examples, config.shots, config.draw)
        cache = self.out / "features"
        data = load_examples(
            examples, self.actions, trunk, config.crops, config.loss_size, cache / "training"
        )
        trainer = make_trainer(data, trunk, encoder, config)
        return Run(trainer, trunk, encoder, examples, cache / "test")

    def drawn_job(self, job: Job) -> Run:
        """The same of a job of the table."""
        return self.drawn(job.training(self.config), job.row == RANDOM)

    def log(self, job: Job) -> Path:
        """What a run has written while training."""
        return _results_path(self.out, job).with_name("log.jsonl")

    def frozen(
        self, random: bool, config: AffordanceTrainConfig
    ) -> tuple[FrozenEncoder, TextEncoder]:
        """FrozenEncoder and text encoder, loaded once."""
        if random not in self._frozen:
            trunk = load_frozen_encoder(config.backbone, config.shape)
            trunk = random_frozen_encoder(trunk) if random else trunk
            self._frozen[random] = trunk, load_text_encoder(config.text_encoder)
        return self._frozen[random]

    def add(
        self, path: Path, splits: Sequence[str], model: Predictor, training: list[OneShotExample]
    ) -> None:
        """Add splits to a file of results: raw, and calibrated on the run's training pictures."""
        found = read_json(path, "results") if path.is_file() else {}
        calibration = calibrate(model, training)
        for split in splits:
            found[split] = summarize(*self.scored(split, model, calibration))
        write_json(path, {"calibration": asdict(calibration), **found})

    def scored(
        self, split: str, model: Predictor, calibration: Calibration | None = None
    ) -> tuple[list[Score], list[Separation]]:
        """Scores of a split's samples, and separations of its photographs."""
        scored = [
            score_picture(
                group,
                model.predict(group[0].image, [sample.action for sample in group]),
                HeatmapProtocol(),
                calibration,
            )
            for group in self.pictures(split)
        ]
        return [s for scores, _ in scored for s in scores], [each for _, each in scored if each]

    def pictures(self, split: str) -> Iterator[list[LabelledPicture]]:
        """The photographs of a split that are evaluated, with their samples."""
        return iter(by_picture(read_agd20k(self.root, split))[:: self.config.every])

    def known(self) -> None:
        """Evaluate the rows that know nothing, on the same photographs."""
        drawn = choose_shots(self.examples, 1, 0)
        for model in (ChanceMaps(), MeanMaps.from_examples(drawn)):
            path = self.out / "known" / f"{model.name}.json"
            if missing := self.missing(path):
                self.add(path, missing, model, drawn)


def run_means(
    results: Mapping[Job, Mapping[str, Any]], row: str, shots: int, split: str, metric: str
) -> dict[int, float]:
    """Run -> mean over a split's samples."""
    return {
        job.run: float(each[split]["overall"][metric])
        for job, each in results.items()
        if (job.row, job.shots) == (row, shots)
    }


def paired_interval(
    row: Mapping[int, float], base: Mapping[int, float]
) -> tuple[float, float, float]:
    """Mean difference between paired runs and its 95 percent t-interval; NaN for one run.

    Example:
        >>> mean, low, high = paired_interval({0: 1.0, 1: 1.2}, {0: 0.9, 1: 1.1})
        >>> round(mean, 3), round(high - low, 3)
        (0.1, 0.0)
    """
    from scipy.stats import t

    both = sorted(set(row) & set(base))
    difference = np.array([row[run] - base[run] for run in both])
    if len(both) < 2:
        return float(difference.mean()) if both else float("nan"), float("nan"), float("nan")
    half = t.ppf(0.975, len(both) - 1) * difference.std(ddof=1) / np.sqrt(len(both))
    return (
        float(difference.mean()),
        float(difference.mean() - half),
        float(difference.mean() + half),
    )


def _results_path(out: Path, job: Job) -> Path:
    return out / "runs" / job.folder / "results.json"
