"""Figures that others published on AGD20K itself: to stand beside ours, never among them."""

from __future__ import annotations

from typing import NamedTuple

from funcorr.benchmark.table import grid


class Published(NamedTuple):
    """KLD, SIM and NSS on both splits; None where nothing was found."""

    method: str
    supervision: str
    seen: tuple[float, float, float] | None
    unseen: tuple[float, float, float] | None


PUBLISHED: tuple[Published, ...] = (
    Published("Cross-View-AG (2022)", "weak", (1.538, 0.334, 0.927), (1.787, 0.285, 0.829)),
    Published("LOCATE (2023)", "weak", (1.226, 0.401, 1.177), (1.405, 0.372, 1.157)),
    Published("WSMA (2024)", "weak", (1.176, 0.416, 1.247), (1.335, 0.382, 1.220)),
    Published("INTRA (2024)", "weak", (1.199, 0.407, 1.239), (1.365, 0.375, 1.209)),
    Published("OOAL (2024)", "one-shot", (0.740, 0.577, 1.745), (1.070, 0.461, 1.503)),
    Published("arXiv 2509.17074 (2025)", "one-shot", (0.719, 0.581, 1.787), None),
    Published("PanoAffordanceNet (2026)", "one-shot", (0.739, 0.616, 1.750), (1.185, 0.475, 1.419)),
)
"""As printed or quoted; OOAL's Seen NSS is from memory. This family picks its checkpoint on the
test set, and reports one seed and one draw of examples."""


def published_table() -> str:
    """A markdown table of :data:`PUBLISHED`."""
    lines = [["method (published)", "supervision", "Seen KLD/SIM/NSS", "Unseen KLD/SIM/NSS"]]
    lines += [[p.method, p.supervision, _cell(p.seen), _cell(p.unseen)] for p in PUBLISHED]
    return grid(lines, numbers=False)


def _cell(values: tuple[float, float, float] | None) -> str:
    return "not found" if values is None else " / ".join(f"{value:.3f}" for value in values)
