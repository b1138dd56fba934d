"""Assets and light from elsewhere: fifteen human-designed models, and eight HDR photographs."""

from __future__ import annotations

from pathlib import Path

from funcorr.assets.debian import package_file, read_members
from funcorr.assets.real_design import real_design_assets
from funcorr.assets.store import Asset, write_asset
from funcorr.assets.sweethome3d import PACKAGE
from funcorr.errors import UserError
from funcorr.io import atomic_path

BLENDER_DATA = "blender-data"

PHOTOGRAPHS = "studiolights/world"
"""Where ``blender-data`` keeps its HDR photographs (CC0-1.0)."""


def fetch_sweethome3d(out: Path | str, package: Path | str | None = None) -> list[Asset]:
    """Write the human-designed models as assets, and who made them as ``ATTRIBUTION.md``.

    Args:
        out: folder of the collection.
        package: the ``.deb`` of ``sweethome3d-furniture`` or one ``.sh3f`` library out of it; where
            None, ``apt-get download`` fetches it.

    Raises:
        UserError: the package cannot be fetched or read, or ``out`` cannot be written to.
    """
    with package_file(PACKAGE, package) as file:
        assets = real_design_assets(file)
    for asset in assets:
        write_asset(asset, out)
    lines = ["| asset | attribution | source |", "|---|---|---|"]
    lines += [f"| {a.id} | {a.attribution} | {a.source} |" for a in assets]
    with atomic_path(Path(out) / "ATTRIBUTION.md") as path:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return assets


def fetch_photographs(out: Path | str, package: Path | str | None = None) -> list[Path]:
    """Write the HDR photographs of Debian's ``blender-data`` into a folder, for ``render --hdri``.

    Args:
        out: the folder.
        package: the ``.deb``; where None, ``apt-get download`` fetches it.

    Raises:
        UserError: the package cannot be fetched or read, or holds none.
    """
    written = []
    with package_file(BLENDER_DATA, package) as file:
        members = read_members(
            file, BLENDER_DATA, lambda p: p.suffix == ".exr" and PHOTOGRAPHS in str(p.parent)
        )
        for name, content in members:
            target = Path(out) / name.name
            with atomic_path(target) as path:
                path.write_bytes(content)
            written.append(target)
    if not written:
        raise UserError(f"{package} holds no HDR photographs; expected Debian's {BLENDER_DATA}")
    return sorted(written)
