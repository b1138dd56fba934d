"""The losses against slow float64 versions written from the paper's equations."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from funcorr.correspondence.losses import (
    aligned_loss,
    functional_loss,
    mask_loss,
    spatial_loss,
)
from funcorr.correspondence.losses.functional import FunctionalForm

FORMS = get_args(FunctionalForm)
SIZES = st.integers(1, 8)
T = 0.1


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    raw = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return torch.nn.functional.normalize(raw, dim=-1).requires_grad_()


def slow_functional(part1, rest1, part2, rest2, form):
    total = 0.0
    for pair in range(len(part1)):
        rows = 0.0
        for a in range(part1.shape[1]):
            for b in range(part2.shape[1]):
                anchor = part1[pair, b] if form == "released" else part1[pair, a]
                negatives = [anchor @ r / T for r in rest2[pair]]
                negatives += [part2[pair, b] @ r / T for r in rest1[pair]]
                if form == "released":
                    negatives += [rest1[pair, b] @ r / T for r in rest2[pair]]
                if form == "text":  # each as much as one of R negatives
                    every = torch.stack([q @ r / T for q in rest1[pair] for r in rest2[pair]])
                    negatives.append(torch.log(torch.exp(every).sum() / rest1.shape[1]))
                positive = part1[pair, a] @ part2[pair, b] / T
                rows += torch.logsumexp(torch.stack([positive, *negatives]), 0) - positive
        total += rows / (part1.shape[1] * part2.shape[1])
    return total / len(part1)


def slow_spatial(view1, view2):
    total = 0.0
    for pair in range(len(view1)):
        for q in range(view1.shape[1]):
            logits = torch.stack([view1[pair, q] @ other / T for other in view2[pair]])
            total += torch.logsumexp(logits, 0) - logits[q]
    return total / (len(view1) * view1.shape[1])


@settings(deadline=None, max_examples=25)
@given(pairs=st.integers(1, 3), parts=SIZES, rests=SIZES, d=SIZES, seed=st.integers(0, 99))
@pytest.mark.parametrize("form", FORMS)
def test_functional_loss_equals_the_equation(form, pairs, parts, rests, d, seed) -> None:
    rests = parts if form == "released" else rests
    fast_in = [unit(pairs, n, d, seed=seed + k) for k, n in enumerate((parts, rests, parts, rests))]
    slow_in = [x.detach().clone().requires_grad_() for x in fast_in]
    fast, slow = functional_loss(*fast_in, T, form), slow_functional(*slow_in, form)
    fast.backward()
    slow.backward()
    torch.testing.assert_close(fast, slow, rtol=1e-8, atol=1e-8)
    for x, y in zip(fast_in, slow_in, strict=True):  # torch's softplus is a line above 20
        torch.testing.assert_close(x.grad, y.grad, rtol=1e-7, atol=1e-7)


@settings(deadline=None, max_examples=25)
@given(pairs=st.integers(1, 3), n=SIZES, d=SIZES, seed=st.integers(0, 99))
@pytest.mark.parametrize("symmetric", [False, True])
def test_spatial_loss_equals_the_equation(symmetric, pairs, n, d, seed) -> None:
    fast_in = [unit(pairs, n, d, seed=seed), unit(pairs, n, d, seed=seed + 1)]
    slow_in = [x.detach().clone().requires_grad_() for x in fast_in]
    fast, slow = spatial_loss(*fast_in, symmetric=symmetric), slow_spatial(*slow_in)
    if symmetric:
        slow = (slow + slow_spatial(*slow_in[::-1])) / 2
    fast.backward()
    slow.backward()
    torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-10)
    for x, y in zip(fast_in, slow_in, strict=True):
        torch.testing.assert_close(x.grad, y.grad, rtol=1e-8, atol=1e-10)


def slow_mask(part, rest):
    ones = sum(-torch.log(1 / (1 + torch.exp(-x))) for x in part.flatten()) / part.numel()
    zeros = sum(-torch.log(1 - 1 / (1 + torch.exp(-x))) for x in rest.flatten()) / rest.numel()
    return (ones + zeros) / 2


@settings(deadline=None, max_examples=25)
@given(pairs=st.integers(1, 3), parts=SIZES, rests=SIZES, seed=st.integers(0, 99))
def test_mask_loss_equals_the_balanced_cross_entropy(pairs, parts, rests, seed) -> None:
    generator = torch.Generator().manual_seed(seed)
    fast_in = [
        (4 * torch.randn(pairs, n, generator=generator, dtype=torch.float64)).requires_grad_()
        for n in (parts, rests)
    ]
    slow_in = [x.detach().clone().requires_grad_() for x in fast_in]
    fast, slow = mask_loss(*fast_in), slow_mask(*slow_in)
    fast.backward()
    slow.backward()
    torch.testing.assert_close(fast, slow, rtol=1e-9, atol=1e-9)
    for x, y in zip(fast_in, slow_in, strict=True):
        torch.testing.assert_close(x.grad, y.grad, rtol=1e-7, atol=1e-9)


def test_pulling_parts_together_lowers_the_functional_loss() -> None:
    part, rest = unit(1, 4, 8), unit(1, 4, 8, seed=3)
    same = functional_loss(part, rest, part, rest)
    assert same < functional_loss(part, rest, rest, part)


def test_only_the_printed_equation_is_blind_to_rests_that_look_alike() -> None:
    part, rest = torch.zeros(2, 1, 4, 8, dtype=torch.float64)
    part[..., 0], rest[..., 1] = 1, 1
    alike, opposite = (
        {form: float(functional_loss(part, rest, part, other, T, form)) for form in FORMS}
        for other in (rest, -rest)
    )
    assert alike["paper"] == opposite["paper"]
    assert alike["released"] > opposite["released"]
    assert alike["text"] > opposite["text"]


def test_the_text_form_reads_both_images_alike() -> None:
    part1, rest1, part2, rest2 = (unit(2, 5, 8, seed=k) for k in range(4))
    there = functional_loss(part1, rest1, part2, rest2, T, "text")
    back = functional_loss(part2, rest2, part1, rest1, T, "text")
    torch.testing.assert_close(there, back)


def slow_aligned(part1, rest1, part2, rest2, distances):
    means = []
    for own, other, rest, d in (
        (part1, part2, rest2, distances),
        (part2, part1, rest1, distances.transpose(1, 2)),
    ):
        for pair in range(len(own)):
            terms = []
            for a in range(own.shape[1]):
                if d[pair, a].min() >= 0.1:
                    continue
                weights = torch.exp(-(d[pair, a] ** 2) / (2 * 0.03**2))
                logits = torch.stack([own[pair, a] @ y / T for y in (*other[pair], *rest[pair])])
                logs = logits - torch.logsumexp(logits, 0)
                terms.append(-(weights / weights.sum() * logs[: other.shape[1]]).sum())
            means.append(torch.stack(terms).mean() if terms else torch.zeros(()))
    return torch.stack([mean.double() for mean in means]).mean()


@settings(deadline=None, max_examples=25)
@given(pairs=st.integers(1, 3), parts=SIZES, rests=SIZES, d=SIZES, seed=st.integers(0, 99))
def test_aligned_loss_equals_its_formula(pairs, parts, rests, d, seed) -> None:
    fast_in = [unit(pairs, n, d, seed=seed + k) for k, n in enumerate((parts, rests, parts, rests))]
    slow_in = [x.detach().clone().requires_grad_() for x in fast_in]
    generator = torch.Generator().manual_seed(seed)
    apart = torch.rand(pairs, parts, parts, generator=generator, dtype=torch.float64) * 0.3
    apart[0, 0] = torch.inf
    fast, slow = aligned_loss(*fast_in, apart), slow_aligned(*slow_in, apart)
    torch.testing.assert_close(fast, slow.to(fast), rtol=1e-9, atol=1e-9)
    if slow.requires_grad:
        fast.backward()
        slow.backward()
        for x, y in zip(fast_in, slow_in, strict=True):
            expected = torch.zeros_like(x) if y.grad is None else y.grad
            torch.testing.assert_close(x.grad, expected, rtol=1e-8, atol=1e-10)


def test_aligned_loss_without_partners_is_zero() -> None:
    x = unit(1, 3, 4)
    assert aligned_loss(x, x, x, x, torch.full((1, 3, 3), torch.inf)) == 0
