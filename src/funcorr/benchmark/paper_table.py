"""The figures of Table 1 of the paper, to stand beside ours where the benchmark is the paper's.

Weakly-Supervised Learning of Dense Functional Correspondences (Stojanov, Zhao et al., ICCV 2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from funcorr.errors import UserError
from funcorr.io import read_json

COLUMNS = ("normalized_distance", "pck@23", "pck@10", "best_f1@23", "best_f1@10", "ap@23", "ap@10")
"""The metrics of Table 1, in its order."""

TABLE_1: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "objaverse": {
        "chance": (0.310, 0.165, 0.046, 0.416, 0.176, 0.256, 0.093),
        "dino": (0.212, 0.381, 0.148, 0.578, 0.281, 0.381, 0.130),
        "sd": (0.268, 0.298, 0.126, 0.479, 0.231, 0.267, 0.097),
        "sd-dino": (0.227, 0.376, 0.161, 0.563, 0.301, 0.341, 0.144),
        "vlm+dino:cogvlm": (0.180, 0.416, 0.158, 0.678, 0.333, 0.556, 0.188),
        "vlm+dino:manipvqa-p": (0.223, 0.346, 0.130, 0.575, 0.269, 0.418, 0.134),
        "vlm+dino:manipvqa-f": (0.272, 0.259, 0.093, 0.528, 0.244, 0.320, 0.097),
        "functional only": (0.228, 0.287, 0.094, 0.575, 0.233, 0.441, 0.112),
        "spatial only": (0.204, 0.470, 0.227, 0.610, 0.369, 0.412, 0.211),
        "full, no mask loss": (0.170, 0.486, 0.227, 0.768, 0.470, 0.685, 0.338),
        "full": (0.172, 0.480, 0.223, 0.774, 0.471, 0.684, 0.330),
    },
    "handal": {
        "chance": (0.313, 0.170, 0.045, 0.417, 0.167, 0.248, 0.087),
        "dino": (0.206, 0.408, 0.159, 0.589, 0.294, 0.382, 0.138),
        "sd": (0.259, 0.309, 0.127, 0.503, 0.238, 0.285, 0.101),
        "sd-dino": (0.220, 0.385, 0.163, 0.577, 0.301, 0.343, 0.142),
        "vlm+dino:cogvlm": (0.172, 0.440, 0.169, 0.695, 0.350, 0.561, 0.198),
        "vlm+dino:manipvqa-p": (0.204, 0.398, 0.153, 0.600, 0.295, 0.420, 0.148),
        "vlm+dino:manipvqa-f": (0.256, 0.309, 0.114, 0.575, 0.281, 0.368, 0.126),
        "functional only": (0.200, 0.336, 0.115, 0.652, 0.283, 0.532, 0.148),
        "spatial only": (0.203, 0.472, 0.228, 0.708, 0.353, 0.382, 0.182),
        "full, no mask loss": (0.152, 0.516, 0.249, 0.775, 0.476, 0.691, 0.344),
        "full": (0.153, 0.501, 0.235, 0.808, 0.502, 0.730, 0.360),
    },
}
"""Set to row to figures. The baselines carry the names of our rows."""


def paper_figures(benchmark: Path) -> dict[str, dict[str, float]]:
    """Table 1 on the set that a benchmark was made from, or nothing.

    Args:
        benchmark: its folder. ``benchmark.json`` says ``"paper_set": "objaverse"`` or
            ``"handal"`` where its pairs are those of the paper.

    Raises:
        UserError: it names a set that the paper does not have.
    """
    named = read_json(benchmark / "benchmark.json", "benchmark").get("paper_set")
    if named is None:
        return {}
    if named not in TABLE_1:
        raise UserError(
            f"{benchmark / 'benchmark.json'} has paper_set {named!r}; expected one of "
            f"{', '.join(TABLE_1)}"
        )
    rows = TABLE_1[named].items()
    return {f"{name} (paper)": dict(zip(COLUMNS, row, strict=True)) for name, row in rows}
