"""A test split of an affordance set from any labelled assets: the cross-dataset row."""

from __future__ import annotations

import shutil
from pathlib import Path

from funcorr.affordance.data.action_names import object_folder
from funcorr.assets.store import list_assets, read_asset
from funcorr.errors import UserError
from funcorr.groundtruth.affordance.cutouts import cutout
from funcorr.groundtruth.affordance.forge_set import AgdConfig, write_test
from funcorr.io import read_json, write_json


def add_split(root: str | Path, assets: str | Path, split: str, per_asset: int = 6) -> int:
    """Add a split of pictures of other assets, by the rules of the set's own test pictures.

    Assets need the parts of their functions (``parts`` in ``asset.json``). Only trained actions
    are tested. The objects may be named like trained ones and yet come from another source, which
    is what the split is for.

    Args:
        root: a set that :func:`funcorr.groundtruth.affordance.forge_set.make_agd` has made.
        assets: folder of assets.
        split: the new folder below ``root``; an older one of this name is replaced.
        per_asset: pictures of each asset.

    Returns:
        The number of test samples.

    Raises:
        UserError: ``root`` holds no finished set, or the assets show no trained action.
    """
    root, assets = Path(root), Path(assets)
    info = read_json(root / "dataset.json", "affordance set")
    if "test" not in info:
        raise UserError(f"{root} holds no finished set; make it with funcorr assets agd")
    object_folder(split)  # a plain name
    config = AgdConfig(**{**info["config"], "objects": tuple(info["config"]["objects"])})
    cache = root / f".cutouts-{split}"
    sources = [read_asset(assets / name) for name in list_assets(assets)]
    made = [
        cutout(
            *(asset, f"{asset.id}-{view}", 1000 * index + view),
            views=2,
            size=config.size,
            seed=config.seed,
            cache=cache,
        )
        for index, asset in enumerate(sources, start=1)
        for view in range(per_asset)
    ]
    shutil.rmtree(root / split, ignore_errors=True)
    count = sum(1 for _ in write_test(root, split, made, info["actions"], config, new=()))
    if not count:
        raise UserError(f"the assets in {assets} show none of the trained actions")
    info["test"][split] = count
    info["objects"][split] = len({each.object for each in made})
    credits = {asset.id: f"{asset.license}; {asset.attribution}" for asset in sources}
    info["attributions"] = {**info.get("attributions", {}), split: credits}
    write_json(root / "dataset.json", info)
    shutil.rmtree(cache)
    return count
