"""Tables and curves of :mod:`label_quality`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from label_conditions import MAIN, SAMPLES, VIEWS, Condition, ways

from funcorr.benchmark.scores import bootstrap_means
from funcorr.pseudolabel.exact_boxes import LEVELS

Row = dict[str, Any]

CHOSEN_ON = frozenset(
    {
        *("awl", "broom", "cleaver", "crowbar", "flashlight", "grappling-hook", "hook", "ladle"),
        *("pan", "plate", "saw", "spatula", "tongs"),
    }
)
"""The kinds of object that the default was chosen on; it is judged on the others too."""


def mean(rows: Iterable[Row], name: object) -> float:
    """Over the rows that have the figure."""
    values = [row[str(name)] for row in rows if row[str(name)] is not None]
    return float(np.mean(values)) if values else float("nan")


def gain(rows: Sequence[Row], first: object, second: object) -> str:
    """Mean of the first minus the second with its 95 percent interval, drawn over objects."""
    both = [r for r in rows if r[str(first)] is not None and r[str(second)] is not None]
    values = np.array([[r[str(first)] - r[str(second)]] for r in both])
    objects = np.unique([r["asset"] for r in both], return_inverse=True)[1]
    low, high = np.percentile(bootstrap_means(values, objects, seed=0)[:, 0], [2.5, 97.5])
    return f"{values.mean():+.3f} ({low:+.3f}, {high:+.3f})"


def lines(head: Sequence[str], body: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    cells = [[f"{c:.3f}" if isinstance(c, float) else str(c) for c in row] for row in body]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *cells])


def tables(rows: Sequence[Row]) -> str:
    """What ``pseudo-labels.md`` shows."""
    fresh = [row for row in rows if row["asset"].rpartition("-")[0] not in CHOSEN_ON]
    levels, steps = list(LEVELS), list(ways())

    def over(name: Callable[[Any], object], xs: Iterable[Any] = levels) -> list[float]:
        return [mean(rows, name(x)) for x in xs]

    ladder = zip(steps, [None, *steps[: steps.index("default")], *["default"] * 99], strict=False)
    kinds = {"small": "small", "thin": "thin", "other": ""}
    groups = {name: [row for row in rows if row["kind"] == kind] for name, kind in kinds.items()}
    shown = {
        "box": "box, realistic, 4 samples",
        **MAIN,
        "with weighting": Condition("default, thin parts weighted"),
    }
    return "\n\n".join(
        [
            lines(
                ["", *levels],
                [
                    ["one box", *over(lambda x: f"box, {x}, 1 samples")],
                    ["box that four agree on", *over(lambda x: f"box, {x}, 4 samples")],
                    ["masks, released", *over(lambda x: Condition("released", x))],
                    ["masks, default", *over(lambda x: Condition("default", x))],
                ],
            ),
            *(
                lines(
                    [f"{level}: samples", *(f"{n} views" for n in VIEWS)],
                    [[k, *over(partial(_at, level, samples=k), VIEWS)] for k in SAMPLES],
                )
                for level in levels
            ),
            lines(
                ["released: views", *map(str, VIEWS), "samples", *map(str, SAMPLES)],
                [
                    [
                        "IoU",
                        *over(lambda n: Condition("released", views=n), VIEWS),
                        "",
                        *over(lambda k: Condition("released", samples=k), SAMPLES),
                    ]
                ],
            ),
            lines(
                ["way of counting", "IoU", "gain", "kinds not chosen on"],
                [
                    [
                        way,
                        mean(rows, Condition(way)),
                        gain(rows, Condition(way), Condition(before)) if before else "",
                        gain(fresh, Condition(way), Condition(before)) if before else "",
                    ]
                    for way, before in ladder
                ],
            ),
            f"default - released: {gain(rows, Condition(), Condition('released'))}; "
            f"kinds not chosen on: {gain(fresh, Condition(), Condition('released'))}",
            lines(
                ["parts", "how many", *shown],
                [[n, len(g), *(mean(g, c) for c in shown.values())] for n, g in groups.items()],
            ),
        ]
    )


def details(rows: Sequence[Row], functions: Sequence[Row]) -> str:
    """``pseudo-labels-parts.md``: every part, function and category at the realistic level."""
    boxes, figures = "box, realistic, 4 samples", ("released", "default")
    by_function = sorted({row["function"] for row in functions})
    by_category = sorted({row["category"] for row in functions})

    def grouped(key: str, names: Sequence[str]) -> list[list[object]]:
        groups = {name: [row for row in functions if row[key] == name] for name in names}
        return [
            [name, len(g), *(mean(g, MAIN[figure]) for figure in figures)]
            for name, g in groups.items()
        ]

    return "\n\n".join(
        [
            "# Pseudo-labels by part, function and category",
            "IoU with the exact parts at realistic errors, 19 views, 4 samples; see "
            "[pseudo-labels.md](pseudo-labels.md). Made by `benchmarks/label_quality.py`.",
            "## Functions\n\nAll parts that serve the function together, mean over objects.",
            lines(["function", "objects", *figures], grouped("function", by_function)),
            "## Categories\n\nMean over the functions of the object.",
            lines(["category", "functions", *figures], grouped("category", by_category)),
            "## Parts\n\n`box`: the box that four answers agree on, in its own view.",
            lines(
                ["category", "part", "kind", "box", *figures],
                [
                    [
                        row["category"],
                        row["part"],
                        row["kind"],
                        mean([row], boxes),
                        *(mean([row], MAIN[figure]) for figure in figures),
                    ]
                    for row in sorted(rows, key=lambda row: (row["category"], row["part"]))
                ],
            ),
        ]
    )


def _at(level: str, views: int, samples: int = 4) -> Condition:
    """The default at an error level."""
    return Condition("default", level, views, samples)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Four panels."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ((levels, views), (samples, way)) = plt.subplots(2, 2, figsize=(11, 8))
    colors = dict(zip(LEVELS, ("tab:green", "tab:blue", "tab:orange", "tab:red"), strict=True))

    def curve(
        panel: Any, xs: Sequence[Any], name: Callable[[Any], object], *style: str, **more: str
    ) -> None:
        panel.plot([str(x) for x in xs], [mean(rows, name(x)) for x in xs], *style, **more)

    names = list(LEVELS)
    curve(levels, names, lambda x: Condition("default", x), "o-", color="k", label="masks, default")
    curve(levels, names, lambda x: Condition("released", x), "o--", color="k", label="released")
    curve(levels, names, lambda x: f"box, {x}, 4 samples", "s:", color="gray", label="agreed box")
    curve(levels, names, lambda x: f"box, {x}, 1 samples", "x:", color="gray", label="one box")
    for x, color in colors.items():
        curve(views, VIEWS, partial(_at, x), "o-", color=color, label=x)
        curve(samples, SAMPLES, partial(_at, x, 19), "o-", color=color)
    curve(views, VIEWS, lambda n: Condition("released", views=n), "o--", color="tab:orange")
    curve(samples, SAMPLES, lambda k: Condition("released", samples=k), "o--", color="tab:orange")
    levels.set_xlabel("error level (19 views, 4 samples)")
    views.set_xlabel("labelling views (4 samples; dashed: released, realistic)")
    samples.set_xlabel("samples (19 views; dashed: released, realistic)")
    for panel in (levels, views, samples):
        panel.set(ylabel="IoU with the exact part", ylim=(0, 1))
        panel.grid(alpha=0.3)
    levels.legend()
    views.legend()
    steps = list(ways())[::-1]
    way.barh(steps, [mean(rows, Condition(step)) for step in steps], color="tab:orange")
    way.set(xlabel="IoU, realistic errors, 19 views, 4 samples", xlim=(0, 1))
    objects = len({row["asset"] for row in rows})
    figure.suptitle(f"Pseudo-labels against exact parts: {objects} objects, {len(rows)} parts")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
