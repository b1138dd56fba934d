"""Which assets of a dataset can be aligned by their functional frames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from funcorr.errors import UserError
from funcorr.functions import default_functions
from funcorr.render.dataset import AssetViews


def framed_assets(assets: Mapping[str, AssetViews]) -> dict[str, dict[str, AssetViews]]:
    """Function -> the assets that have a frame and a part for it, by id."""
    found: dict[str, dict[str, AssetViews]] = defaultdict(dict)
    for name in sorted(assets):
        for function in assets[name].frames:
            if assets[name].parts.get(function):
                found[function][name] = assets[name]
    return found


def chosen_functions(functions: Sequence[str], known: Mapping[str, Any]) -> list[str]:
    """The functions to use, sorted: those asked for, or all that are known but ``hold-by``.

    Raises:
        UserError: one that is asked for is not known.
    """
    if missing := sorted(set(functions) - set(known)):
        raise UserError(
            f"no asset of the dataset has a functional frame for {missing[0]!r}, and no alignment "
            "speaks of it"
        )
    return sorted(functions or default_functions(known))
