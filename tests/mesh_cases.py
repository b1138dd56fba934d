"""The conformance set of mesh files: what is right for a file, and what its cases share."""

from dataclasses import dataclass, field

import numpy as np
from mesh_writer import BLUE, GREEN, QUARTERS, RED, WHITE

CASES = {}
DRACO, MESHOPT = "KHR_draco_mesh_compression", "EXT_meshopt_compression"
MIDDLE = (1.0, 0.5, 0.0)
U = [(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)]
U_VERTICES = [(x, y, z) for z in (0, 1) for x, y in U]


@dataclass(frozen=True)
class Case:
    """What is right: a surface, or a refusal whose line has these words."""

    feature: str
    write: object
    area: float = 0.0
    extent: tuple = ()
    parts: int = 1
    faces: int | None = None
    volume: float | None = None
    colors: dict = field(default_factory=dict)
    baked: str = ""
    left: str = ""
    refused: str = ""


def case(feature, **right):
    """Keep a function that writes the file into a folder and returns its path."""

    def keep(write):
        name = f"{feature}: {write.__name__}"
        assert name not in CASES
        CASES[name] = Case(feature, write, **right)
        return write

    return keep


def several(feature, values, **right):
    """A case per value; ``right`` may be functions of the value."""

    def keep(write):
        for name, value in values.items():

            def one(folder, value=value):
                return write(folder, value)

            one.__name__ = f"{write.__name__} {name}"
            case(feature, **{k: v(value) if callable(v) else v for k, v in right.items()})(one)

    return keep


CUBE_IS = {"area": 6.0, "extent": (1, 1, 1), "volume": 1.0, "faces": 12}
SHEET_IS = {"area": 2.0, "extent": (2, 1, 0), "faces": 2}
U_IS = {"area": 30.0, "extent": (3, 3, 1), "volume": 7.0, "faces": 28}

REPEAT, MIRROR, CLAMP = 10497, 33648, 33071
ENDS = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]], np.float32)  # red to blue along x
RUN = {(x, 0.5, 0): None for x in (0.2, 0.6, 1.0, 1.4, 1.8)}


def quarters(*colors):
    return dict(zip(QUARTERS, colors, strict=True))


def wrapped(kind):
    """Colours at some places of the sheet by the definition of the wrap modes."""
    found = {}
    for x in (0.1, 0.3, 0.7, 0.9, 1.1, 1.3, 1.7, 1.9):
        for y in (0.05, 0.15, 0.35, 0.45, 0.55, 0.65, 0.85, 0.95):
            u, v = x, 2 * (1 - y)
            u, v = (
                (t % 1 if kind == REPEAT else 1 - abs(1 - t % 2) if kind == MIRROR else min(t, 1))
                for t in (u, v)
            )
            found[x, y, 0.0] = ((RED, GREEN), (BLUE, WHITE))[int(v >= 0.5)][int(u >= 0.5)]
    return found


def run(low, high):
    """Colours between two ends along the sheet."""
    return {p: tuple(np.array(low) + (np.array(high) - low) * p[0] / 2) for p in RUN}
