"""Blocked mutual nearest neighbours against the plain product."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funcorr.correspondence import matching
from funcorr.correspondence.matching import mutual_nearest
from funcorr.errors import UserError


@pytest.fixture(params=["as one", "in tiles"], autouse=True)
def product(request, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small sets both ways."""
    if request.param == "in tiles":
        monkeypatch.setattr(matching, "SMALL_PRODUCT", 0)


def unit(n: int, d: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(n, d, generator=generator), dim=1)


def smooth(side: int, d: int, seed: int) -> torch.Tensor:
    """Descriptors that change slowly, as interpolated maps do: many near-ties."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, d, 6, 6, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")
    return torch.nn.functional.normalize(fine[0].flatten(1).T, dim=1)


def assert_nearest(a: torch.Tensor, b: torch.Tensor, precision: str) -> None:
    """Every chosen partner is as good as the best one in float64, up to float32 rounding."""
    found = mutual_nearest(a, b, precision)
    exact = a.double() @ b.double().T
    rows = torch.arange(len(a))
    assert (exact.amax(1) - exact[rows, found.forward]).max() < 1e-6
    assert (exact.amax(0) - exact[found.backward, torch.arange(len(b))]).max() < 1e-6
    torch.testing.assert_close(
        found.similarity.double(), exact[rows, found.forward], atol=1e-6, rtol=0
    )


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(n=st.integers(1, 700), m=st.integers(1, 700), d=st.integers(1, 24), seed=st.integers(0, 999))
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_equals_the_plain_product(precision, n, m, d, seed) -> None:
    assert_nearest(unit(n, d, seed), unit(m, d, seed + 1), precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_equals_the_plain_product_over_many_tiles(precision) -> None:
    assert_nearest(smooth(66, 32, 0), smooth(61, 32, 1), precision)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_partners_that_all_point_away_are_still_compared(precision) -> None:
    """Nothing that fills up a block may win over negative similarities."""
    away = -unit(1, 8, 0) + 0.1 * unit(matching.COLUMN_GROUP + 3, 8, 1)
    assert_nearest(unit(1, 8, 0), torch.nn.functional.normalize(away, dim=1), precision)


def test_bf16_finds_what_fp32_finds() -> None:
    a, b = unit(3000, 64, 0), unit(2900, 64, 1)
    exact, fast = mutual_nearest(a, b), mutual_nearest(a, b, "bf16")
    assert torch.equal(exact.forward, fast.forward)
    assert torch.equal(exact.backward, fast.backward)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize(("n", "m"), [(5, 7), (1500, 2600)])
def test_ties_go_to_the_lowest_row(precision, n, m) -> None:
    a, b = unit(1, 16, 0).expand(n, -1), unit(1, 16, 1).expand(m, -1)
    found = mutual_nearest(a, b, precision)
    assert not found.forward.any()
    assert not found.backward.any()


def test_duplicates_resolve_to_their_first_copy() -> None:
    b = unit(1400, 32, 0)
    doubled = torch.cat([b, b])
    found = mutual_nearest(b, doubled)
    assert torch.equal(found.forward, torch.arange(1400))


def test_swapping_the_sets_swaps_the_directions() -> None:
    a, b = unit(900, 32, 0), unit(1100, 32, 1)
    assert torch.equal(mutual_nearest(a, b).forward, mutual_nearest(b, a).backward)


def test_tile_shape_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = unit(1300, 32, 0), unit(2100, 32, 1)
    expected = mutual_nearest(a, b)
    monkeypatch.setattr(matching, "SMALL_PRODUCT", 0)
    monkeypatch.setattr(matching, "TILE_ROWS", 256)
    monkeypatch.setattr(matching, "TILE_COLUMNS", 512)
    monkeypatch.setattr(matching, "PEAK_VALUES", 4096)
    found = mutual_nearest(a, b)
    assert torch.equal(found.forward, expected.forward)
    assert torch.equal(found.backward, expected.backward)


def test_group_maxima_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tensor of N x M values is ever made: the largest is a tile or the held maxima."""
    largest = 0
    original = torch.Tensor.new_empty

    def spy(self, *size, **kwargs):
        nonlocal largest
        made = original(self, *size, **kwargs)
        largest = max(largest, made.numel())
        return made

    monkeypatch.setattr(torch.Tensor, "new_empty", spy)
    mutual_nearest(unit(6000, 8, 0), unit(6000, 8, 1))
    assert 0 < largest <= matching.TILE_ROWS * matching.TILE_COLUMNS


@pytest.mark.parametrize(
    ("a", "b"), [((0, 4), (3, 4)), ((3, 4), (0, 4)), ((3, 4), (3, 5))], ids=str
)
def test_unusable_sets_are_refused(a, b) -> None:
    with pytest.raises(UserError, match="two non-empty sets"):
        mutual_nearest(torch.zeros(a), torch.zeros(b))
