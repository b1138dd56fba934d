"""Contact sheets on which a person leaves out what a language model could not see."""

from __future__ import annotations

import html
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import quote

from funcorr.io import atomic_path, file_name
from funcorr.pseudolabel.selection.tables import NO, YES, Row, is_yes, read_table
from funcorr.pseudolabel.selection.verify import counts_as

COLUMNS = ("uid", "category", "keep", "caption")

PICTURES = ("{uid}.png", "{uid}.jpg", "{uid}/rgb/0000.png")
"""Where the picture of an object is looked for in the folder of pictures."""

SHEETS = "sheets"


def review_table(verified: Sequence[Row], earlier: Mapping[str, str]) -> list[Row]:
    """The table to review: what is verified, kept unless a person has said otherwise.

    Args:
        verified: the table of verdicts.
        earlier: what was decided about objects before.
    """
    rows = []
    for row in verified:
        if counts_as(row["verified"], f"verified of {row['uid']}"):
            keep = earlier.get(row["uid"], YES)
            rows.append({**row, "keep": keep})
    return sorted(rows, key=lambda row: (row["category"], row["uid"]))


def read_decisions(folder: Path) -> dict[str, str]:
    """What ``review.csv`` and the sheets' downloads in the folder, ``review-CATEGORY.csv``, say.

    They are read in the order in which they were written: the last word counts.

    Raises:
        UserError: one of them is no such table, or says neither yes nor no.
    """
    tables = sorted(folder.glob("review*.csv"), key=lambda path: path.stat().st_mtime_ns)
    decisions: dict[str, str] = {}
    for path in tables:
        for row in read_table(path, ("uid", "keep")):
            decisions[row["uid"]] = YES if is_yes(row["keep"], f"{path}, {row['uid']}") else NO
    return decisions


def write_sheets(folder: Path, rows: Sequence[Row], pictures: Path | None) -> Path:
    """Write a page per category and one that lists them; needs no server.

    Args:
        folder: of the selection; the pages go to ``sheets`` in it.
        rows: the table to review.
        pictures: folder of pictures, or None for pages of captions.

    Returns:
        The page that lists the others.
    """
    by_category: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_category[row["category"]].append(row)
    sheets = folder / SHEETS
    entries = []
    for category, members in sorted(by_category.items()):
        name = file_name(category)
        tiles = "\n".join(_tile(row, sheets, pictures) for row in members)
        _write(sheets / f"{name}.html", "sheet", title=category, name=name, tiles=tiles)
        link = f'<li><a href="{quote(name)}.html">{html.escape(category)}</a>'
        entries.append(f"{link} ({len(members)})</li>")
    index = sheets / "index.html"
    _write(index, "index", entries="\n".join(entries))
    return index


def _tile(row: Row, sheets: Path, pictures: Path | None) -> str:
    uid, caption = html.escape(row["uid"]), html.escape(row["caption"])
    pressed = "false" if is_yes(row["keep"], f"keep of {row['uid']}") else "true"
    picture = None if pictures is None else _picture(row["uid"], pictures)
    shown = '<span class="none">no picture</span>'
    if picture is not None:
        address = quote(Path(os.path.relpath(picture, sheets)).as_posix())
        shown = f'<img src="{address}" alt="" loading="lazy">'
    return (
        f'<button class="tile" data-uid="{uid}" aria-pressed="{pressed}" title="{caption}">'
        f"{shown}<span>{caption}</span></button>"
    )


def _picture(uid: str, pictures: Path) -> Path | None:
    if re.search(r"[/\\]|^\.", uid):
        return None
    places = (pictures / place.format(uid=uid) for place in PICTURES)
    return next((place for place in places if place.is_file()), None)


def _write(path: Path, template: str, **values: str) -> None:
    text = files(__package__).joinpath(f"{template}.html").read_text(encoding="utf-8")
    values = {
        key: v if key in ("tiles", "entries") else html.escape(v) for key, v in values.items()
    }
    with atomic_path(path) as temporary:
        temporary.write_text(Template(text).substitute(values), encoding="utf-8")
