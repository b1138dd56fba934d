"""Evaluate an affordance model on a set in AGD20K's layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from jaxtyping import Float

from funcorr.affordance.data import LabelledPicture, OneShotExample, read_agd20k, read_one_shot
from funcorr.affordance.registry import load_affordance_model
from funcorr.affordance.result import AffordanceMap
from funcorr.benchmark.affordance.background_level import Calibration, fit_calibration
from funcorr.benchmark.affordance.baselines import ChanceMaps, MeanMaps, Predictor
from funcorr.benchmark.affordance.scores import (
    by_picture,
    score_picture,
    summarize,
    write_scores,
)
from funcorr.benchmark.progress import tracked
from funcorr.benchmark.table import write_tables
from funcorr.errors import UserError
from funcorr.io import content_hash, read_arrays, write_arrays, write_json
from funcorr.metrics import HEATMAP_PROTOCOLS, HeatmapProtocol
from funcorr.metrics.heatmap import resize_map
from funcorr.run_folder import Stage, claim

RUN_FORMAT = "funcorr-affordance-evaluation/2"


def evaluate_affordance(
    root: str | Path,
    model: Predictor | str,
    out: str | Path,
    split: str = "Seen",
    protocol: str = "agd20k",
    one_shot: str | Path | None = None,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Score a model on the test pictures of a split.

    The run folder holds ``config.json``, ``predictions/<size>/`` (an npz per photograph),
    ``results.json`` (see :func:`funcorr.benchmark.affordance.scores.summarize`), ``table.md``,
    ``table.csv`` and ``samples.csv``. A stopped run continues where it was; metrics are computed
    from the cache, which another protocol or calibration leaves as it is.

    Args:
        root: the folder of the set; ``Seen`` and ``Unseen`` are folders in it.
        model: a model, a name that :func:`funcorr.load_affordance_model` takes, ``"chance"`` or
            ``"mean-map"`` (of the training heatmaps in ``one_shot``).
        out: the run folder.
        split: folder below ``root``.
        protocol: a key of :data:`funcorr.metrics.HEATMAP_PROTOCOLS`.
        one_shot: annotated training pictures; where given, maps are also scored after a
            calibration that was fitted on them. ``mean-map`` takes ``root/one-shot`` by default.
        overwrite: discard what another configuration left in ``out``: results where the protocol
            or the calibration changed, predictions too where the model or the set did.

    Raises:
        UserError: the set is not whole, the model cannot be had, or ``out`` belongs to a run of
            another configuration.
    """
    if protocol not in HEATMAP_PROTOCOLS:
        names = ", ".join(HEATMAP_PROTOCOLS)
        raise UserError(f"unknown protocol {protocol!r} for heatmaps; expected one of {names}")
    rules, out = HEATMAP_PROTOCOLS[protocol], Path(out)
    samples = read_agd20k(root, split)
    training = read_one_shot(one_shot) if one_shot else []
    predictor = load_predictor(model, one_shot or Path(root) / "one-shot")
    stages = _predictions(predictor, samples, split), _results(protocol, training)
    with claim(out, *stages, overwrite=overwrite):
        _predict(predictor, samples, rules, out)
        calibration = calibrate(predictor, training) if training else None
        scored = [
            score_picture(group, cached_prediction(out, group, rules), rules, calibration)
            for group in by_picture(samples)
        ]
        scores = [score for found, _ in scored for score in found]
        if not scores:
            raise UserError(f"the protocol {protocol!r} leaves out every sample of {root}/{split}")
        separations = [each for _, each in scored if each]
        results = {
            "model": predictor.name,
            "set": Path(root).name,
            "split": split,
            "protocol": protocol,
            **summarize(scores, separations),
            **({"calibration": asdict(calibration)} if calibration else {}),
        }
        write_json(out / "results.json", results)
        write_tables(result_rows(results), out, first_column="samples")
        write_scores(scores, out / "samples.csv")
    return results


def load_predictor(model: Predictor | str, one_shot: str | Path) -> Predictor:
    """A model from its name; ``chance`` and ``mean-map`` are rows that know nothing."""
    if not isinstance(model, str):
        return model
    if model == ChanceMaps.name:
        return ChanceMaps()
    if model == MeanMaps.name:
        return MeanMaps.from_folder(one_shot)
    return load_affordance_model(model)


def calibrate(model: Predictor, training: Sequence[OneShotExample]) -> Calibration:
    """The background calibration of a model, from annotated training pictures only."""
    pairs: list[tuple[Float[np.ndarray, "h w"], Float[np.ndarray, "h w"]]] = []
    for example in training:
        prediction = model.predict(example.image, list(example.heatmaps))
        pairs += [(prediction[action], truth) for action, truth in example.heatmaps.items()]
    return fit_calibration(pairs)


def cached_prediction(
    run: Path, group: Sequence[LabelledPicture], rules: HeatmapProtocol
) -> AffordanceMap:
    """The maps of one photograph that an evaluation by these rules has kept in its run folder."""
    path = _prediction_path(run, group, rules)
    arrays = read_arrays(path, ("heatmaps", "actions"), "predictions")
    return AffordanceMap(arrays["heatmaps"].astype(np.float32), tuple(arrays["actions"].tolist()))


def result_rows(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Table rows: all samples, the mean over actions, then each action."""
    rows = {"all": results["overall"], "mean over actions": results["action_mean"]}
    return rows | dict(results["per_action"])


def _predict(
    model: Predictor, samples: Sequence[LabelledPicture], rules: HeatmapProtocol, out: Path
) -> None:
    groups = by_picture(samples)
    todo = [group for group in groups if not _prediction_path(out, group, rules).exists()]
    for group in tracked(todo, f"Predicting with {model.name}"):
        actions = [sample.action for sample in group]
        maps = model.predict(group[0].image, actions).heatmaps
        kept = maps if rules.size is None else np.stack([resize_map(m, rules.size) for m in maps])
        path = _prediction_path(out, group, rules)
        write_arrays(path, heatmaps=kept.astype(np.float16), actions=np.array(actions))


def _prediction_path(out: Path, group: Sequence[LabelledPicture], rules: HeatmapProtocol) -> Path:
    thing, name, content = group[0].photograph
    size = "x".join(map(str, rules.size)) if rules.size else "own-size"
    return out / "predictions" / size / quote(thing, safe=" ") / f"{name}-{content[:16]}.npz"


def _predictions(model: Predictor, samples: Sequence[LabelledPicture], split: str) -> Stage:
    files = (part for each in samples for part in (each.id, each.image, each.heatmap))
    settings = {
        "format": RUN_FORMAT,
        "model": model.name,
        "model_fingerprint": str(getattr(model, "fingerprint", "")),
        "split": split,
        "samples": content_hash(files),
    }
    return Stage("predictions", settings, ["predictions"])


def _results(protocol: str, training: Sequence[OneShotExample]) -> Stage:
    heatmaps = (
        part
        for each in training
        for action, heatmap in each.heatmaps.items()
        for part in (each.image, action, heatmap.tobytes())
    )
    settings = {"protocol": protocol, "calibration": content_hash(heatmaps)}
    return Stage("results", settings, ["results.json", "table.md", "table.csv", "samples.csv"])
