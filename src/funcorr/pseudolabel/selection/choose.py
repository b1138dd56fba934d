"""The objects that are used: at most so many per category, divided into train and test."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence

from funcorr.pseudolabel.selection.tables import Row, is_yes

COLUMNS = ("uid", "category", "split")


def choose_objects(
    review: Sequence[Row], unseen: Collection[str], cap: int, test_share: float, seed: int
) -> list[Row]:
    """The table of chosen objects.

    The order in which objects are taken is a hash of seed and uid, so that objects that come or go
    do not move the others between train and test more than the counts ask.

    Args:
        review: the table of decisions.
        unseen: categories whose objects are all kept out of training.
        cap: most objects of a category.
        test_share: share of each category that is for testing.
        seed: of the order.
    """
    kept: dict[str, list[Row]] = defaultdict(list)
    for row in review:
        if is_yes(row["keep"], f"keep of {row['uid']}"):
            kept[row["category"]].append(row)
    chosen = []
    for category, rows in sorted(kept.items()):
        taken = sorted(rows, key=lambda row: _place(seed, row["uid"]))[:cap]
        tested = round(test_share * len(taken))
        for i, row in enumerate(taken):
            split = "unseen" if category in unseen else "test" if i < tested else "train"
            chosen.append({**row, "split": split})
    return sorted(chosen, key=lambda row: (row["category"], row["split"], row["uid"]))


def _place(seed: int, uid: str) -> str:
    return hashlib.sha256(f"{seed}/{uid}".encode()).hexdigest()
