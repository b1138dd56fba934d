"""A model's scores on some pairs of a benchmark, kept in memory: for sweeps and screenings."""

from __future__ import annotations

from rich.progress import track

from funcorr.benchmark.image_encoding import Encoder, partners_together
from funcorr.benchmark.predictions import DIRECTIONS, predict_one
from funcorr.benchmark.scores import Case, score
from funcorr.correspondence.model import Matcher
from funcorr.groundtruth.pairs import Benchmark, ImagePair


def evenly(benchmark: Benchmark, count: int) -> list[ImagePair]:
    """That many pairs, evenly taken from the list, those that share a picture together."""
    every = benchmark.pairs
    count = min(count, len(every))
    return partners_together([every[k * len(every) // count] for k in range(count)])


def cases(model: Matcher, benchmark: Benchmark, count: int) -> list[Case]:
    """Both directions of some pairs, scored by the paper's protocol.

    Args:
        model: whose matches.
        benchmark: where the pairs are.
        count: how many of them, evenly taken.
    """
    encoded, found = Encoder(benchmark, model), []
    for pair in track(evenly(benchmark, count), f"scoring {model.name}", transient=True):
        images, truth = (encoded(pair, 1), encoded(pair, 2)), benchmark.ground_truth(pair)
        for way in DIRECTIONS:
            prediction = predict_one(model, *images, pair.function, truth[0])
            values = score(prediction, *truth, benchmark.image_size)
            found.append(Case(pair, len(truth[0]), values, way))
            images, truth = images[::-1], truth[::-1]
    return found
