"""Objects of Objaverse by their uids, through its own package, with licences and captions."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from funcorr.assets.importing import ImportConfig, ImportSummary, import_files
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

_UID = re.compile(r"[0-9a-f]{32}")


def read_uids(path: Path | str) -> dict[str, str]:
    """Uid -> category, from a list.

    Args:
        path: a text file with a uid per line (category ``object``); a CSV with the columns ``uid``
            and ``category``, as ``funcorr assets select`` writes it; or JSON: a list of uids or a
            mapping from category to uids.

    Raises:
        UserError: the file cannot be read or has something else in it.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            rows = csv.DictReader(text.splitlines())
            found = {row["uid"]: row["category"] or "object" for row in rows}
        else:
            found = _by_uid(json.loads(text) if path.suffix == ".json" else text.split(), path)
    except KeyError as error:
        raise UserError(f"{path} lacks the column {error}; expected uid and category") from None
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise UserError(f"cannot read the uids {path}: {error}") from None
    wrong = next((uid for uid in found if not _UID.fullmatch(uid)), None)
    if wrong is not None or not found:
        raise UserError(f"{path}: {wrong!r} is not a uid; expected 32 hexadecimal digits each")
    return found


def _by_uid(content: Any, path: Path) -> dict[str, str]:
    groups = content if isinstance(content, dict) else {"object": content}
    if not all(isinstance(uids, list) for uids in groups.values()):
        raise UserError(f"{path}: expected a list of uids, or a mapping from category to uids")
    return {str(uid): category for category, uids in groups.items() for uid in uids}


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
    uids: Mapping[str, str],
    out: Path | str,
    captions: Mapping[str, str] | None = None,
    workers: int = 1,
) -> ImportSummary:
    """Download objects and import them; those that are there already are kept.

    Args:
        uids: uid -> category.
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
        f"{category}/{uid}.glb": (
            Path(paths.get(uid, f"{uid}.glb")),
            _about(uid, category, notes.get(uid, {}), (captions or {}).get(uid)),
        )
        for uid, category in uids.items()
    }
    return import_files(files, out, ImportConfig(), workers)


def _about(uid: str, category: str, note: Mapping[str, Any], caption: str | None) -> dict[str, Any]:
    """What Objaverse says of an object, as a sidecar file would."""
    license = LICENSES.get(str(note.get("license", "")), "NOASSERTION")
    author = (note.get("user") or {}).get("username", "unknown")
    about = {
        "category": category,
        "license": license,
        "source": note.get("viewerUrl") or f"objaverse:{uid}",
        "attribution": f"{note.get('name', uid)} by {author}, {license}; changes: normalised",
    }
    return about if caption is None else {**about, "caption": caption}
