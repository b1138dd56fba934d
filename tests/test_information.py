"""Estimators of mutual information: on Gaussians whose information is known, and their rules."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from funcorr.affordance.constraints import (
    Constraint,
    area_information,
    cell_information,
    information,
    map_information,
    object_information,
    soft_overlap,
)
from funcorr.affordance.information import ESTIMATORS, infonce
from funcorr.errors import UserError

RHO = 0.9
KNOWN = -0.5 * math.log(1 - RHO**2)  # nats, of two standard normals correlated by RHO


def gaussian_pairs(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    x, noise = torch.randn(2, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return x, RHO * x + math.sqrt(1 - RHO**2) * noise


def log_ratio(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """log p(x, y) / p(x) p(y) for all pairs: the best critic there is."""
    x, y = x[:, None], y[None]
    quadratic = (RHO**2 * (x**2 + y**2) - 2 * RHO * x * y) / (2 * (1 - RHO**2))
    return KNOWN - quadratic


def own_partner(n: int) -> torch.Tensor:
    return torch.eye(n, dtype=torch.bool)


@pytest.mark.parametrize(
    ("name", "shift", "expected"),
    [("donsker-varadhan", 0.0, KNOWN), ("nwj", 1.0, KNOWN), ("infonce", 0.0, KNOWN)],
)
def test_the_best_critic_gives_the_known_information(name, shift, expected) -> None:
    pairs = own_partner(3000)
    found = ESTIMATORS[name](log_ratio(*gaussian_pairs(3000)) + shift, pairs, ~pairs)
    assert found.item() == pytest.approx(expected, abs=0.05)


def test_jensen_shannon_gives_twice_the_divergence() -> None:
    """Against numerical integration of the divergence over a grid."""
    at = torch.linspace(-6, 6, 601, dtype=torch.float64)
    ratio = log_ratio(at, at)
    normal = torch.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    product = normal[:, None] * normal[None]
    joint = product * ratio.exp()
    cell = (at[1] - at[0]) ** 2
    mixed = (joint + product) / 2
    divergence = cell * (torch.xlogy(joint, joint / mixed) + torch.xlogy(product, product / mixed))
    pairs = own_partner(3000)
    found = ESTIMATORS["jensen-shannon"](log_ratio(*gaussian_pairs(3000)), pairs, ~pairs)
    assert found.item() == pytest.approx(divergence.sum().item(), abs=0.02)


@pytest.mark.parametrize("name", ["infonce", "donsker-varadhan", "nwj"])
def test_a_worse_critic_gives_less(name) -> None:
    pairs = own_partner(1000)
    shift = 1.0 if name == "nwj" else 0.0
    best = log_ratio(*gaussian_pairs(1000))
    worse = ESTIMATORS[name](0.5 * best + shift, pairs, ~pairs)
    assert worse < ESTIMATORS[name](best + shift, pairs, ~pairs)


@given(n=st.integers(2, 9), scale=st.floats(0, 50), seed=st.integers(0, 99))
def test_infonce_is_bounded_by_the_logarithm_of_the_candidates(n, scale, seed) -> None:
    scores = scale * torch.randn(n, n, generator=torch.Generator().manual_seed(seed))
    pairs = own_partner(n)
    assert infonce(scores, pairs, ~pairs) <= math.log(n) + 1e-5


def test_infonce_with_one_positive_is_cross_entropy() -> None:
    scores = torch.randn(6, 6, dtype=torch.float64)
    pairs = own_partner(6)
    expected = math.log(6) - F.cross_entropy(scores, torch.arange(6))
    torch.testing.assert_close(infonce(scores, pairs, ~pairs), expected)


def test_two_positives_of_a_row_do_not_compete() -> None:
    """Raising one leaves the gradient of the other as it was."""
    pairs = torch.tensor([[True, True, False, False]])
    gradients = []
    for other in (0.0, 8.0):
        scores = torch.tensor([[1.0, other, 0.5, -0.5]], requires_grad=True)
        infonce(scores, pairs, ~pairs).backward()
        gradients.append(scores.grad[0, 0].item())
    assert gradients[0] == pytest.approx(gradients[1])
    assert gradients[0] > 0


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_one_sided_batches_give_finite_gradients(name, share) -> None:
    scores = torch.randn(4, 3, requires_grad=True)
    pairs = torch.full((4, 3), bool(share))
    ESTIMATORS[name](scores, pairs, ~pairs).backward()
    assert torch.isfinite(scores.grad).all()


def made_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two images of four cells, three actions; cell c of image b is the unit vector of its use."""
    text = torch.eye(3, 5)
    heat = torch.zeros(2, 3, 4)
    heat[0, 0, 0] = heat[0, 1, 1] = heat[1, 2, 3] = 1.0
    cells = torch.eye(5)[3].expand(2, 4, 5).clone()
    cells[0, 0], cells[0, 1], cells[1, 3] = text
    return cells, text, heat


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_aligned_areas_hold_more_information_than_swapped_ones(estimator) -> None:
    cells, text, heat = made_batch()
    form = Constraint(weight=1, estimator=estimator, temperature=0.5)
    right = area_information(cells, text, heat, form)
    wrong = area_information(cells, text[[1, 2, 0]], heat, form)
    assert right > wrong + 0.1


def test_the_area_is_weighted_by_its_heatmap() -> None:
    """A slow reference for one image, float64, without background."""
    generator = torch.Generator().manual_seed(0)
    cells = torch.randn(1, 6, 4, dtype=torch.float64, generator=generator)
    text = torch.randn(2, 4, dtype=torch.float64, generator=generator)
    heat = torch.tensor([[[0, 0.2, 0.8, 0, 0, 0], [0, 0, 0, 0, 1.0, 0.5]]], dtype=torch.float64)
    areas = [sum(w * c for w, c in zip(row, cells[0], strict=True)) / row.sum() for row in heat[0]]
    scores = [[(F.cosine_similarity(a, t, dim=0) / 0.1).item() for t in text] for a in areas]
    rows = [math.log(2) + s[i] - math.log(sum(map(math.exp, s))) for i, s in enumerate(scores)]
    columns = [list(column) for column in zip(*scores, strict=True)]
    rows += [math.log(2) + s[i] - math.log(sum(map(math.exp, s))) for i, s in enumerate(columns)]
    found = area_information(cells, text, heat, Constraint(weight=1, background=False))
    assert found.item() == pytest.approx(sum(rows) / 4, rel=1e-5)


def test_areas_that_coincide_are_positives_together() -> None:
    """With hold and swing at one place, moving one text to the other costs nothing."""
    cells, _, heat = made_batch()
    heat[0, 1] = heat[0, 0]
    form = Constraint(weight=1, overlap=0.5)
    same = torch.eye(5)[[0, 0, 2]]
    apart = torch.eye(5)[[0, 1, 2]]
    together = area_information(cells, same, heat, form)
    assert together > area_information(cells, apart, heat, form)
    rivals = area_information(cells, same, heat, Constraint(weight=1, overlap=1.0))
    assert soft_overlap(heat[:1, 0], heat[:1])[0].tolist() == [1.0, 1.0, 0.0]
    assert rivals == together  # coinciding exactly is an overlap of one


def test_cells_and_texts_equal_their_formula_in_loops() -> None:
    """Two images, three cells, two actions; InfoNCE written out, float64."""
    generator = torch.Generator().manual_seed(3)
    aware, cells = torch.randn(2, 2, 2, 4, dtype=torch.float64, generator=generator).unbind()
    cells = torch.cat([cells, cells[:, :1] - 1], dim=1)
    heat = torch.tensor([[[0.5, 1.0, 0], [0, 0, 0]], [[0, 1.0, 0], [0, 0.2, 0.8]]]).double()

    def critic(b: int, a: int, image: int, cell: int) -> float:
        return (aware[b, a] @ cells[image, cell]).item() / 2

    texts = []
    for b, a in ((0, 0), (1, 0), (1, 1)):
        others = [(1 - b, n) for n in range(3) if heat[1 - b, a, n] == 0]
        drawn = [critic(b, a, *each) for each in [(b, n) for n in range(3)] + others]
        for n in range(3):
            own = critic(b, a, b, n)
            term = math.log(1 + len(drawn)) + own - math.log(sum(map(math.exp, [own, *drawn])))
            texts.append((term, (heat[b, a, n] / heat[b, a].sum()).item()))
    names = []
    for b in range(2):
        for n in range(3):
            warmest = heat[b, :, n].max()
            cold = [critic(b, a, b, n) for a in range(2) if heat[b, a, n] < 0.5 * warmest]
            for a in range(2):
                own = critic(b, a, b, n)
                term = math.log(1 + len(cold)) + own - math.log(sum(map(math.exp, [own, *cold])))
                names.append((term, heat[b, a, n].item()))
    expected = sum(sum(t * w for t, w in each) / sum(w for _, w in each) for each in (texts, names))
    found = cell_information(aware, cells, heat, Constraint(weight=1, level="cells"))
    assert found.item() == pytest.approx(expected / 2, rel=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_texts_that_find_their_cells_hold_more_information(estimator) -> None:
    cells, text, heat = made_batch()
    form = Constraint(weight=1, estimator=estimator)
    aware = 4 * text.expand(2, -1, -1)
    right = cell_information(aware, cells, heat, form)
    assert right > cell_information(aware[:, [1, 2, 0]], cells, heat, form) + 0.1


@pytest.mark.parametrize("cells", [3, 400])
def test_the_map_as_critic_equals_its_formula_in_value_and_gradient(cells) -> None:
    """In float64: log(N + 1) minus the cross-entropy, minus what the doubled positive takes."""
    generator = torch.Generator().manual_seed(cells)
    logits, heat = torch.rand(2, 2, 2, cells, dtype=torch.float64, generator=generator).unbind()
    logits = (6 * logits - 3).requires_grad_()
    heat[1, 0] = 0
    predicted = logits.sigmoid() ** (1 / 0.8)
    q = predicted / predicted.sum(2, keepdim=True)
    p = heat / heat.sum(2, keepdim=True).clamp_min(1e-12)
    rows = (p * (q / (1 + q)).log()).sum(2)[heat.sum(2) > 0]
    expected = math.log(cells + 1) + rows.mean()
    (wanted,) = torch.autograd.grad(expected, logits)
    found = map_information(logits, heat, Constraint(1, "map", temperature=0.8))
    (gradient,) = torch.autograd.grad(found, logits)
    assert found.item() == pytest.approx(expected.item(), abs=2e-6)
    assert torch.allclose(gradient, wanted, rtol=1e-4, atol=1e-7)
    assert wanted.abs().max() > 1e-3


def test_an_image_without_the_action_does_not_count_in_the_map() -> None:
    logits, heat = torch.zeros(2, 3, 4), torch.zeros(2, 3, 4)
    heat[0, 1, 2] = 1.0
    other = logits.clone()
    other[1] = 5.0
    form = Constraint(weight=1, level="map", temperature=1)
    assert map_information(logits, heat, form) == map_information(other, heat, form)
    assert map_information(logits, heat * 0, form) == 0


def test_object_information_looks_at_the_category() -> None:
    objects = torch.eye(4, 6)
    labels = torch.tensor([2, 0, 2])
    form = Constraint(weight=1)
    right = object_information(objects[labels], objects, labels, form)
    wrong = object_information(objects[labels], objects, (labels + 1) % 4, form)
    assert right > 1.0 > wrong
    assert right == information(objects[labels], objects, F.one_hot(labels, 4).bool(), form)


@pytest.mark.parametrize("wrong", [{"weight": -1.0}, {"temperature": 0.0}, {"overlap": 2.0}])
def test_senseless_constraints_are_refused(wrong) -> None:
    with pytest.raises(UserError):
        Constraint(**wrong)
