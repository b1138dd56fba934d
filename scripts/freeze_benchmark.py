"""Pack benchmark folders as release files, and print what frozen.toml says of them.

python scripts/freeze_benchmark.py data/forge-seen data/real-design --out dist/benchmarks
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from funcorr.groundtruth.frozen import pack


def main(
    sets: Annotated[tuple[Path, ...], tyro.conf.Positional], out: Path = Path("dist/benchmarks")
) -> None:
    """Write an archive of each set.

    Args:
        sets: benchmark folders.
        out: where the archives go.
    """
    for bench in sets:
        frozen = pack(bench, out)
        print(f"\n[{frozen.name}]\nversion = {frozen.version}")
        print(f'archive = "{frozen.archive}"\nfingerprint = "{frozen.fingerprint}"')
        print(f"megabytes = {frozen.megabytes}\npairs = {frozen.pairs}")
        print(f'made = "python scripts/make_benchmark.py {frozen.name}"')


if __name__ == "__main__":
    tyro.cli(main)
