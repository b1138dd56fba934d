"""``funcorr pairs`` and ``funcorr alignments``: 2D ground truth from 3D alignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from funcorr.errors import UserError


def pairs(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    alignments: Path | None = None,
    per_function: int = 80,
    per_assets: int = 2,
    across: float = 0.85,
    size: int = 224,
    seed: int = 0,
    function: tuple[str, ...] = (),
    protocol: Literal["funcorr", "paper", "released-code"] = "funcorr",
    max_points: int | None = None,
    max_distance: float | None = None,
    keep_background: bool = False,
    depth: bool = False,
    meters: float = 0.2,
    sensor: bool = False,
    check: bool = False,
    name: str | None = None,
) -> None:
    """Make a benchmark of image pairs with dense ground truth from a multi-view dataset.

    Objects are aligned by the functional frames of the dataset's assets, or as an alignment file
    says (--alignments), which funcorr annotate and funcorr alignments make write.

    Args:
        dataset: the dataset's folder, rendered or made from real scenes.
        out: the benchmark folder to make.
        alignments: alignment file whose pairs of assets are used.
        per_function: image pairs per function.
        per_assets: image pairs at most per pair of assets.
        across: share of image pairs across categories.
        size: side of the pictures, cropped around their objects; 0 keeps the views as they are.
        seed: of every draw; the same seed makes the same benchmark.
        function: functions to use, all where none is named.
        protocol: how pixels are paired; the paper's way and its code's are for comparison.
        max_points: ground-truth points at most per image pair; the protocol's where not given.
        max_distance: pixels farther apart in 3D are not paired (object's longest side: 1); the
            protocol's where not given.
        keep_background: leave what is behind the objects in the pictures.
        depth: write depth, cameras and functional frames of both views too.
        meters: how long the objects' longest side is with --depth.
        sensor: with --depth, add the noise of a depth camera, which --seed draws.
        check: draw every pair for checking, into OUT/check.
        name: what tables call the benchmark; by default the folder's name.
    """
    from dataclasses import replace

    from funcorr.benchmark.gt_sheets import write_check_sheets
    from funcorr.geometry.depth_sensor import DepthSensor
    from funcorr.groundtruth.alignments import read_alignments
    from funcorr.groundtruth.build import build_benchmark
    from funcorr.groundtruth.dense import GroundTruthConfig
    from funcorr.groundtruth.pair_geometry import GeometryConfig
    from funcorr.groundtruth.pair_sampling import BuildConfig
    from funcorr.render.dataset import Dataset

    truth = GroundTruthConfig.named(protocol)
    if max_points is not None:
        truth = replace(truth, max_points=max_points)
    if max_distance is not None:
        truth = replace(truth, max_distance=max_distance)
    config = BuildConfig(
        per_function,
        per_assets,
        across,
        image_size=size or None,
        keep_background=keep_background,
        seed=seed,
        ground_truth=truth,
    )
    if sensor and not depth:
        raise UserError("--sensor is the noise of --depth; name both")
    solid = GeometryConfig(meters, DepthSensor() if sensor else None, seed) if depth else None
    aligned = () if alignments is None else read_alignments(alignments)
    made = build_benchmark(
        Dataset(dataset),
        out,
        config,
        functions=function,
        alignments=aligned,
        name=name,
        geometry=solid,
    )
    for each in made.functions:
        chosen = [pair for pair in made.pairs if pair.function == each]
        within = sum(pair.within for pair in chosen)
        print(f"{each}: {len(chosen)} image pairs, {len(chosen) - within} across categories")
    if check:
        write_check_sheets(made, out / "check")
    print(made.path)


def make_alignments(
    dataset: Annotated[Path, tyro.conf.Positional],
    out: Path,
    per_function: int = 40,
    across: float = 0.85,
    seed: int = 0,
    function: tuple[str, ...] = (),
) -> None:
    """Write the alignment file of drawn pairs of assets, from their functional frames.

    Args:
        dataset: folder of a multi-view dataset whose assets have functional frames.
        out: the alignment file (.json).
        per_function: pairs of assets per function.
        across: share of pairs across categories.
        seed: of every draw.
        function: functions to use, all where none is named.
    """
    from datetime import date

    from funcorr.groundtruth.alignments import align_frames, write_alignments
    from funcorr.groundtruth.framed_assets import chosen_functions, framed_assets
    from funcorr.groundtruth.pair_sampling import BuildConfig, draw_asset_pairs
    from funcorr.render.dataset import Dataset

    framed = framed_assets({asset.id: asset for asset in Dataset(dataset)})
    config, today = BuildConfig(per_function, across=across, seed=seed), date.today().isoformat()
    made = [
        align_frames(framed[each][a], framed[each][b], each, today)
        for each in chosen_functions(function, framed)
        for a, b in draw_asset_pairs(framed[each], each, config)
    ]
    write_alignments(out, made)
    print(f"{len(made)} alignments in {out}")


def import_paper_set(
    annotations: Annotated[Path, tyro.conf.Positional],
    images: Path,
    out: Path,
    kind: Literal["objaverse", "handal"] = "objaverse",
    selected: Path | None = None,
    name: str | None = None,
) -> None:
    """Turn an evaluation set in the layout of the paper's released code into a benchmark folder.

    Args:
        annotations: folder of 2D annotations with a folder per function.
        images: folder of processed pictures with a folder per asset.
        out: the benchmark folder to make.
        kind: how the names of assets tell their category.
        selected: JSON list of the accepted trials; all where not given.
        name: what tables call the benchmark; by default the folder's name.
    """
    from funcorr.groundtruth.paper_sets import import_paper_set as convert

    made = convert(annotations, images, out, kind, selected, name)
    print(f"{len(made.pairs)} image pairs, {len(made.functions)} functions in {made.path}")


def import_paper_alignments(
    annotations: Annotated[Path, tyro.conf.Positional],
    out: Path,
    meshes: Path | None = None,
    assets: Path | None = None,
    kind: Literal["objaverse", "handal"] = "objaverse",
) -> None:
    """Turn 3D annotations in the layout of the paper's released code into an alignment file.

    With --meshes and --assets the objects are imported too; render them, then 'funcorr pairs VIEWS
    --alignments OUT' makes ground truth from the annotations in our way, or with --protocol
    released-code in theirs.

    Args:
        annotations: folder of 3D annotations with a folder per function.
        out: the alignment file (.json).
        meshes: folder with a folder per object and its GLB in it.
        assets: the collection to make of them.
        kind: how the names of objects tell their category.
    """
    from funcorr.groundtruth.alignments import write_alignments
    from funcorr.groundtruth.paper_alignments import import_paper_meshes, read_paper_alignments

    if (meshes is None) != (assets is None):
        raise UserError("--meshes and --assets go together: where the objects are, and go")
    pairs = read_paper_alignments(annotations)
    if meshes is not None and assets is not None:
        made = import_paper_meshes(pairs, meshes, assets, kind)
        print(f"{len(made.imported) + len(made.kept)} assets in {assets}")
        for name, reason in made.failed.items():
            print(f"left out: {name}: {reason}")
    write_alignments(out, [pair.alignment for pair in pairs])
    print(f"{len(pairs)} alignments in {out}")
