"""Slow, literal float64 versions of the metrics: what the fast ones are checked against."""

from __future__ import annotations

import math


def label_transfer(pred2, gt2, image_size, thresholds, protocol):
    errors = [math.hypot(x - u, y - v) for (x, y), (u, v) in zip(pred2, gt2, strict=True)]
    strict = protocol == "paper"
    side = max(image_size) if strict else max(image_size) - 1
    share = {k: sum(e < k if strict else e <= k for e in errors) / len(errors) for k in thresholds}
    return sum(errors) / len(errors) / side, share


def rotation_error(predicted, true, symmetry, steps=720):
    """Degrees between two rotations, the least over the turns of a symmetry, tried in steps."""
    eye = [[float(i == j) for j in range(3)] for i in range(3)]

    def times(a, b):
        return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]

    def about(axis, angle):
        i = "xyz".index(axis)
        j, k = (i + 1) % 3, (i + 2) % 3
        turned = [row[:] for row in eye]
        turned[j][j] = turned[k][k] = math.cos(angle)
        turned[k][j], turned[j][k] = math.sin(angle), -math.sin(angle)
        return turned

    turns = [eye]
    for kind, axis in (each.split(":") for each in symmetry.split("+") if each != "none"):
        count = steps if kind == "axis" else 2
        some = [about(axis, 2 * math.pi * n / count) for n in range(count)]
        turns = [times(a, b) for a in turns for b in some]
    traces = (
        sum(times(true, turn)[i][j] * predicted[i][j] for i in range(3) for j in range(3))
        for turn in turns
    )
    return math.degrees(math.acos(min(1.0, max(-1.0, (max(traces) - 1) / 2))))


def discovery(points1, points2, scores, gt1, gt2, k, cutoffs):
    """Best F1, AP, precision and recall at one threshold, by counting."""
    n = len(scores)
    order = sorted(range(n), key=lambda i: -scores[i])

    def agree(i, j):
        return math.dist(points1[i], gt1[j]) <= k and math.dist(points2[i], gt2[j]) <= k

    precision, recall = [], []
    for t in range(1, cutoffs + 1):
        top = order[: max(1, n * t // cutoffs)]
        hits = sum(any(agree(i, j) for j in range(len(gt1))) for i in top)
        found = sum(any(agree(i, j) for i in top) for j in range(len(gt1)))
        precision.append(hits / len(top))
        recall.append(found / len(gt1))
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in zip(precision, recall, strict=True)]
    ap = sum(
        (r - before) * p
        for p, r, before in zip(precision, recall, [0.0, *recall[:-1]], strict=True)
    )
    return max(f1), ap, precision, recall


def released_ranking(similarity, cycle_error, part):
    """Rows in the order of the released code: part matches first, each kind min-maxed alone."""

    def scaled(values):
        low, high = min(values), max(values)
        return [(v - low) / (high - low) if high > low else 0.0 for v in values]

    order = []
    for wanted in (True, False):
        rows = [i for i in range(len(similarity)) if (part is not None and bool(part[i])) == wanted]
        if rows:
            s, d = scaled([similarity[i] for i in rows]), scaled([cycle_error[i] for i in rows])
            scores = {i: (1 - b) * a for i, a, b in zip(rows, s, d, strict=True)}
            order += sorted(rows, key=lambda i: -scores[i])
    return order


def part_iou(predicted, exact, threshold):
    pairs = [
        (p > threshold, bool(e))
        for row, truth in zip(predicted, exact, strict=True)
        for p, e in zip(row, truth, strict=True)
    ]
    union = sum(p or e for p, e in pairs)
    return sum(p and e for p, e in pairs) / union if union else 1.0


def heatmap_scores(pred, gt, threshold=0.1, eps=1e-12):
    """KLD, SIM and NSS of two lists of rows."""
    p = [value for row in pred for value in row]
    g = [value for row in gt for value in row]
    p_sum, g_sum = math.fsum(p) + eps, math.fsum(g) + eps
    kld = math.fsum(
        b / g_sum * math.log(b / g_sum / (a / p_sum + eps) + eps) for a, b in zip(p, g, strict=True)
    )
    sim = math.fsum(min(a / p_sum, b / g_sum) for a, b in zip(p, g, strict=True))
    mean = math.fsum(p) / len(p)
    std = math.sqrt(math.fsum((a - mean) ** 2 for a in p) / len(p))
    low, high = min(g), max(g)
    inside = [(b - low) / (high - low + eps) > threshold for b in g]
    nss = math.fsum((a - mean) / (std + eps) * b for a, b in zip(p, inside, strict=True))
    return kld, sim, nss / math.fsum(b + eps for b in inside)


def plsp_scores(pred, gt):
    """KLD, SIM and NSS of two lists of rows as WSAG-PLSP counts them."""
    logits = [math.log(value / (1 - value)) for row in pred for value in row]
    total = math.fsum(math.exp(value) for value in logits)
    p = [math.exp(value) / total for value in logits]
    g = [value for row in gt for value in row]
    low, high = min(g), max(g)
    inside = [(b - low) / (high - low + 1e-12) >= 0.1 for b in g]
    g = [value / math.fsum(g) for value in g]
    kld = math.fsum(b * math.log(b / (a + 1e-10)) for a, b in zip(p, g, strict=True) if b > 0)
    sim = math.fsum(min(a, b) for a, b in zip(p, g, strict=True))
    mean = math.fsum(p) / len(p)
    std = math.sqrt(math.fsum((a - mean) ** 2 for a in p) / (len(p) - 1))
    nss = math.fsum((a - mean) / std for a, b in zip(p, inside, strict=True) if b)
    return kld, sim, nss / sum(inside) if any(inside) else math.nan
