"""Where the objects of a benchmark lie: the folder beside it that is named after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from funcorr.errors import UserError

SUFFIX = "-assets"


def find_assets(bench: Path, names: Iterable[str], given: Path | None = None) -> Path:
    """The folder of a benchmark's assets.

    Beside ``real-design-exact`` it is ``real-design-exact-assets`` or ``real-design-assets``, as
    ``scripts/make_benchmark.py`` lays them out.

    Args:
        bench: the benchmark folder.
        names: the assets that it names.
        given: the folder, where the user said it.

    Raises:
        UserError: there is none, or it lacks an asset.
    """
    folder = given or next((each for each in _beside(bench) if each.is_dir()), None)
    if folder is None:
        tried = ", ".join(each.name for each in _beside(bench))
        raise UserError(
            f"the assets of {bench} are not beside it (looked for {tried}); name their folder "
            "with --assets"
        )
    for name in sorted(set(names)):
        if not (folder / name / "asset.json").is_file():
            raise UserError(
                f"{folder} has no asset {name!r}, which {bench} names; name another folder with "
                "--assets"
            )
    return folder.resolve()


def _beside(bench: Path) -> Iterator[Path]:
    """The benchmark's name and what is left of it, word by word from its end."""
    place = bench.resolve()
    words = place.name.split("-")
    for count in range(len(words), 0, -1):
        yield place.with_name("-".join(words[:count]) + SUFFIX)
