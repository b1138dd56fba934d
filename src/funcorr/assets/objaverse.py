"""Objects of Objaverse by their uids, through its own package, with licences and captions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from funcorr.assets.importing import ImportConfig, ImportSummary, import_files
from funcorr.assets.store import SPLITS
from funcorr.errors import UserError, require

LICENSES = {
    "by": "CC-BY-4.0",
    "by-sa": "CC-BY-SA-4.0",
    "by-nd": "CC-BY-ND-4.0",
    "by-nc": "CC-BY-NC-4.0",
    "by-nc-sa": "CC-BY-NC-SA-4.0",
    "by-nc-nd": "CC-BY-NC-ND-4.0",
    "cc0": "CC0-1.0",
}
"""Objaverse's word for a licence -> SPDX."""

PAPER_LISTS = {"train_split": "train", "test_split": "test", "unseen_test_split": "unseen"}
"""File names of the paper's lists -> split."""

_UID = re.compile(r"[0-9a-f]{32}")


class Listed(NamedTuple):
    """What a list says of an object.

    Attributes:
        category: for instance ``"mug"``; ``"object"`` where the list has none.
        split: one of :data:`funcorr.assets.store.SPLITS`, or "" where the list has none.
    """

    category: str = "object"
    split: str = ""


def read_uids(path: Path | str, split: str | None = None) -> dict[str, Listed]:
    """The objects of a list.

    Args:
        path: a text file with a uid per line; a CSV with the columns ``uid``, ``category`` and, if
            the objects are divided, ``split``, as ``funcorr assets select`` writes it; or JSON: a
            mapping from category to uids (the paper's ``verified_assets.json``), or a list. An
            entry of a list is a uid or, as in the paper's ``train_split.json``,
            ``test_split.json`` and ``unseen_test_split.json``, ``<uid>---<category>.glb``; these
            three names of files say the split.
        split: take those of one split only.

    Raises:
        UserError: the file cannot be read, has something else in it or an object twice, or has
            none of the split.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            rows = csv.DictReader(text.splitlines())
            read = [
                (row["uid"], Listed(row["category"] or "object", row.get("split") or ""))
                for row in rows
            ]
        else:
            content = json.loads(text) if path.suffix == ".json" else text.split("\n")
            read = [*_entries(content, path)]
    except KeyError as error:
        raise UserError(f"{path} lacks the column {error}; expected uid and category") from None
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise UserError(f"cannot read the uids {path}: {error}") from None
    found = dict(read)
    wrong = next((uid for uid in found if not _UID.fullmatch(uid)), None)
    if wrong is not None or not found:
        raise UserError(f"{path}: {wrong!r} is not a uid; expected 32 hexadecimal digits each")
    if len(found) < len(read):
        raise UserError(f"{path} has an object twice; expected each uid once")
    if odd := {each.split for each in found.values()} - {"", *SPLITS}:
        raise UserError(f"{path}: unknown split {min(odd)!r}; expected {', '.join(SPLITS)}")
    if split is None:
        return found
    taken = {uid: each for uid, each in found.items() if each.split == split}
    if not taken:
        raise UserError(f"{path} has no objects of the split {split!r}")
    return taken


def _entries(content: Any, path: Path) -> Iterator[tuple[str, Listed]]:
    groups = content if isinstance(content, dict) else {"": content}
    if not all(isinstance(uids, list) for uids in groups.values()):
        raise UserError(f"{path}: expected a list of uids, or a mapping from category to uids")
    split = PAPER_LISTS.get(path.stem, "")
    for group, entries in groups.items():
        for entry in filter(None, (str(each).strip() for each in entries)):
            uid, _, category = entry.removesuffix(".glb").partition("---")
            yield uid, Listed(group or category or "object", split)


def read_captions(path: Path | str) -> dict[str, str]:
    """Uid -> caption, from a CSV file with these two columns and no heading.

    Raises:
        UserError: the file cannot be read, or a row is something else.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"cannot read the captions {path}: {error}") from None
    if any(len(row) != 2 for row in rows):
        raise UserError(f"{path}: expected two columns, uid and caption")
    return dict(rows)  # type: ignore[arg-type]


def fetch_objaverse(
    uids: Mapping[str, Listed],
    out: Path | str,
    captions: Mapping[str, str] | None = None,
    workers: int = 1,
) -> ImportSummary:
    """Download objects and import them; those that are there already are kept.

    Args:
        uids: uid -> what a list says of it; category and split go into ``asset.json``.
        out: folder of the collection.
        captions: uid -> caption, kept in ``asset.json``.
        workers: downloads and imports at the same time.

    Raises:
        UserError: the package ``objaverse`` or the network is missing, or nothing could be
            imported.
    """
    library = require("objaverse", extra="objaverse")
    try:
        notes = library.load_annotations(list(uids))
        paths = library.load_objects(list(uids), download_processes=workers)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"cannot download from Objaverse: {error}; try again later") from None
    files = {
        f"{listed.category}/{uid}.glb": (
            Path(paths.get(uid, f"{uid}.glb")),
            _about(uid, listed, notes.get(uid, {}), (captions or {}).get(uid)),
        )
        for uid, listed in uids.items()
    }
    return import_files(files, out, ImportConfig(), workers)


def _about(
    uid: str, listed: Listed, note: Mapping[str, Any], caption: str | None
) -> dict[str, Any]:
    """What Objaverse says of an object, as a sidecar file would."""
    license = LICENSES.get(str(note.get("license", "")), "NOASSERTION")
    author = (note.get("user") or {}).get("username", "unknown")
    about = {
        "category": listed.category,
        **({"split": listed.split} if listed.split else {}),
        "license": license,
        "source": note.get("viewerUrl") or f"objaverse:{uid}",
        "attribution": f"{note.get('name', uid)} by {author}, {license}; changes: normalised",
    }
    return about if caption is None else {**about, "caption": caption}
