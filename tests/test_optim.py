"""The learning rate of every step, by hand."""

from __future__ import annotations

import math

import pytest

from funcorr.train.optim import OptimConfig


@pytest.mark.parametrize(
    ("step", "share"),
    [
        (0, 1 / 10),
        (4, 5 / 10),
        (9, 1),
        (10, 1),
        (35, (1 + math.cos(math.pi / 4)) / 2),  # a line would give 3/4
        (60, 1 / 2),
        (85, (1 - math.cos(math.pi / 4)) / 2),
    ],
)
def test_the_rate_warms_up_in_a_line_and_falls_as_a_cosine(step, share):
    config = OptimConfig(steps=110, learning_rate=0.3, warmup=10)
    assert config.rate(step) == pytest.approx(0.3 * share)


def test_without_decay_the_rate_stays():
    config = OptimConfig(steps=110, learning_rate=0.3, warmup=10, decay=False)
    assert [config.rate(step) for step in (10, 60, 109)] == [0.3] * 3


def test_the_state_is_written_at_its_steps_and_at_the_end():
    config = OptimConfig(steps=7, learning_rate=1, checkpoint_every=3)
    assert [step for step in range(1, 8) if config.checkpoint_after(step)] == [3, 6, 7]
