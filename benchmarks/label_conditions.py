"""What :mod:`label_quality` measures: which answers are used, and how they are counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from funcorr.pseudolabel.asset_labels import RULES, VotingConfig
from funcorr.pseudolabel.exact_boxes import LEVELS

VIEWS, SAMPLES = (3, 6, 10, 19), (1, 2, 4, 8)
DEFAULT, RELEASED = RULES["default"], RULES["paper"]


@dataclass(frozen=True)
class Condition:
    """Which answers are used, and how they are counted."""

    way: str = "default"
    level: str = "realistic"
    views: int = 19
    samples: int = 4

    def __str__(self) -> str:
        return f"{self.way}, {self.level}, {self.views} views, {self.samples} samples"


def ways() -> dict[str, VotingConfig]:
    """From the released code to our default, a change at a time, and other choices."""
    votes, paper = RELEASED.votes, RELEASED.masks
    normalised = replace(votes, sums="normalised")
    smooth = replace(normalised, smooth=4)
    pieces = replace(smooth, pieces=0.1)
    agreed = replace(pieces, view_votes="agreed")
    return {
        "released": RELEASED,
        "+ normalised sums": VotingConfig(normalised, paper),
        "+ smoothing": VotingConfig(smooth, paper),
        "+ no small pieces": VotingConfig(pieces, paper),
        "+ one vote per view": VotingConfig(agreed, paper),
        "+ masks from points": VotingConfig(agreed),
        "default": DEFAULT,
        "default, thin parts weighted": VotingConfig(replace(DEFAULT.votes, edge_weighting=True)),
        "default, one vote per answer": VotingConfig(replace(DEFAULT.votes, view_votes="each")),
        "default, released sums": VotingConfig(replace(DEFAULT.votes, sums="released")),
        "default, no smoothing": VotingConfig(replace(DEFAULT.votes, smooth=0)),
        "default, 10 rounds of smoothing": VotingConfig(replace(DEFAULT.votes, smooth=10)),
        "default, largest piece only": VotingConfig(replace(DEFAULT.votes, pieces=1.0)),
        "default, masks by the paper": VotingConfig(DEFAULT.votes, paper),
    }


def conditions() -> list[Condition]:
    """Everything that is measured: all of the default, the other ways at realistic errors."""
    found = [Condition("default", x, n, k) for x in LEVELS for n in VIEWS for k in SAMPLES]
    found += [Condition("released", x) for x in LEVELS]
    found += [Condition("released", views=n) for n in VIEWS]
    found += [Condition("released", samples=k) for k in SAMPLES]
    found += [Condition(way) for way in ways()]
    return list(dict.fromkeys(found))


MAIN = {"released": Condition("released"), "default": Condition()}
"""What functions are judged by."""
