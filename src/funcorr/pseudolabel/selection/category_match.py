"""From a name to the category that means the same, by a text encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from funcorr.functions.text import TextEncoder
from funcorr.pseudolabel.selection.tables import NO, YES, Row

COLUMNS = ("uid", "caption", "name", "category", "similarity", "matched")

BATCH = 256


def match_names(
    rows: Sequence[Row], categories: Sequence[str], encoder: TextEncoder, threshold: float
) -> list[Row]:
    """The table of matches: each name with the nearest category and how near it is.

    Args:
        rows: of the table of names; those without a name are left out.
        categories: to choose from.
        encoder: its cosine is the measure.
        threshold: names at least this near count as matched.
    """
    named = [row for row in rows if row["name"].strip()]
    names = list(dict.fromkeys(row["name"].strip().lower() for row in named))
    if not names:
        return []
    known = _encode([category.lower() for category in categories], encoder)
    similarity = np.concatenate(
        [_encode(names[i : i + BATCH], encoder) @ known.T for i in range(0, len(names), BATCH)]
    )
    best = dict(zip(names, similarity.argmax(axis=1).tolist(), strict=True))
    nearness = dict(zip(names, similarity.max(axis=1).tolist(), strict=True))
    matched = []
    for row in named:
        name = row["name"].strip().lower()
        entry = {
            "category": categories[best[name]],
            "similarity": f"{nearness[name]:.3f}",
            "matched": YES if nearness[name] >= threshold else NO,
        }
        matched.append({**row, **entry})
    return matched


def _encode(texts: Sequence[str], encoder: TextEncoder) -> Float[np.ndarray, "n d"]:
    return encoder.encode(texts).double().cpu().numpy()
