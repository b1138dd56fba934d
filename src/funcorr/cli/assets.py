"""``funcorr assets``: make procedural objects, import real ones and look at them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
    from funcorr.assets.importing import ImportSummary
    from funcorr.pseudolabel.openai_client import ChatModel

ROWS = 40


def forge(
    out: Path,
    categories: str = "all",
    per_category: int = 25,
    seed: int = 0,
    workers: int = 1,
    engine: Literal["processes", "ray"] = "processes",
) -> None:
    """Make procedural objects with exact part labels and functional frames.

    Assets that are whole in OUT already are kept, so a broken run can be taken up again.

    Args:
        out: folder of the collection; a folder per asset is made in it.
        categories: kinds, families (vessels, blades, ...) or splits (train, unseen-dev,
            unseen-test) with commas between them, or all of the forge's own kinds.
        per_category: how many of each.
        seed: the same seed gives the same bytes on any number of workers.
        workers: processes.
        engine: processes on this machine, or the Ray cluster of RAY_ADDRESS.
    """
    from funcorr.assets.generators import load_generator

    names = None if categories == "all" else categories.split(",")
    report = load_generator("forge").forge_many(out, names, per_category, seed, workers, engine)
    for name, problem in report.failed.items():
        print(f"left out {name}: {problem}")
    print(f"{len(report.ids)} assets in {out}")


def import_(
    folder: Annotated[Path, tyro.conf.Positional],
    out: Path,
    category: str = "object",
    up: Literal["y", "z"] | None = None,
    license: str = "NOASSERTION",
    attribution: str = "",
    max_faces: int = 2_000_000,
    workers: int = 1,
    engine: Literal["processes", "ray"] = "processes",
) -> None:
    """Import every GLB, glTF, OBJ, STL and PLY file below a folder.

    Objects are joined, centred and scaled to a longest side of 1, z up. What is in OUT already from
    the same file is kept. A file that cannot be imported is named and left out.

    Args:
        folder: searched with all folders below it.
        out: folder of the collection; a folder per asset is made in it.
        category: of files whose sidecar (mug.obj.json beside mug.obj) names none.
        up: up axis of the files; y for GLB and glTF and z for the others unless given.
        license: SPDX identifier, for files whose sidecar names none.
        attribution: the line that the licence asks for, for files whose sidecar has none.
        max_faces: files with more triangles are left out.
        workers: processes.
        engine: processes on this machine, or the Ray cluster of RAY_ADDRESS.
    """
    from funcorr.assets.importing import ImportConfig, import_folder

    config = ImportConfig(category, up, license, attribution, max_faces)
    _print_summary(import_folder(folder, out, config, workers, engine), out)


def fetch(
    source: Annotated[Literal["sweethome3d", "objaverse", "hdri"], tyro.conf.Positional],
    out: Path,
    package: Path | None = None,
    uids: Path | None = None,
    split: Literal["train", "test", "unseen"] | None = None,
    captions: Path | None = None,
    workers: int = 1,
) -> None:
    """Get assets from elsewhere, or HDR photographs to light pictures with.

    Args:
        source: sweethome3d (fifteen human-designed models for evaluation, with parts and functional
            frames annotated by hand), objaverse (by a list of uids), or hdri (eight photographs,
            for funcorr render --hdri).
        out: folder of the collection or of the photographs.
        package: the .deb of sweethome3d-furniture or blender-data (or a .sh3f library) if you have
            it; apt-get downloads it otherwise, without root.
        uids: of Objaverse: a text file, JSON from category to uids, the table selected.csv of
            funcorr assets select, or one of the paper's lists (train_split.json, ...).
        split: take only the listed objects of this split.
        captions: of Objaverse objects: CSV of uid and caption.
        workers: downloads and imports at the same time, of Objaverse.
    """
    from funcorr.assets.fetch import fetch_photographs, fetch_sweethome3d
    from funcorr.errors import UserError

    if source != "objaverse" and (uids or captions or split):
        raise UserError(f"--uids, --captions and --split are for objaverse, not for {source}")
    if source == "objaverse" and package:
        raise UserError("--package is for sweethome3d and hdri, not for objaverse")
    if source == "sweethome3d":
        print(f"{len(fetch_sweethome3d(out, package))} assets in {out}")
    elif source == "hdri":
        print(f"{len(fetch_photographs(out, package))} photographs in {out}")
    elif uids is None:
        raise UserError("objaverse needs --uids, a list of the objects that you want")
    else:
        from funcorr.assets.objaverse import fetch_objaverse, read_captions, read_uids

        texts = None if captions is None else read_captions(captions)
        _print_summary(fetch_objaverse(read_uids(uids, split), out, texts, workers), out)


def _print_summary(summary: ImportSummary, out: Path) -> None:
    _print_reports(summary)
    for name, problem in summary.failed.items():
        print(f"left out {name}: {problem}")
    if summary.mixed_units:
        print(summary.mixed_units)
    print(
        f"{out}: {len(summary.imported)} assets imported, {len(summary.kept)} were there already, "
        f"{len(summary.failed)} files left out"
    )


def _print_reports(summary: ImportSummary) -> None:
    """A table of what was found in the first :data:`ROWS` files, and what became of it."""
    from rich.console import Console
    from rich.table import Column, Table

    if not summary.imported:
        return
    asset = Column("asset", overflow="fold")
    table = Table(asset, "faces", "watertight", "textures", "degenerate", "extent in file")
    for name, report in list(summary.imported.items())[:ROWS]:
        extent = " x ".join(f"{side:.3g}" for side in report.extent)
        watertight = "yes" if report.watertight else "no"
        counts = (str(report.faces), watertight, str(report.textures), str(report.degenerate))
        table.add_row(name, *counts, extent)
    Console().print(table)
    for name, report in list(summary.imported.items())[:ROWS]:
        notes = [("baked", report.baked), ("left out", report.left_out)]
        if words := [f"{verb} {', '.join(what)}" for verb, what in notes if what]:
            print(f"{name}: {'; '.join(words)}")
    if len(summary.imported) > ROWS:
        print(f"... and {len(summary.imported) - ROWS} more; see report in each asset.json")


def agd(
    out: Path,
    shots: int = 10,
    seen: int = 6,
    unseen: int = 10,
    size: int = 224,
    seed: int = 0,
    add: Path | None = None,
    split: str = "Real-design",
) -> None:
    """Make an affordance set in AGD20K's layout: pictures, heatmaps and one-shot examples.

    A stopped build goes on where it was. With ADD, test pictures of other assets are put into a
    set that is there.

    Args:
        out: folder of the set.
        shots: annotated training pictures per object; a one-shot run draws one of them.
        seen: test pictures per trained object.
        unseen: test pictures per object that is not trained.
        size: side of the pictures in pixels.
        seed: the same seed gives the same bytes.
        add: folder of assets with part labels, of which the set in OUT gets another split.
        split: name of that split.
    """
    from funcorr.groundtruth.affordance.added_split import add_split
    from funcorr.groundtruth.affordance.forge_set import AgdConfig, make_agd

    if add is not None:
        print(f"{out / split}: {add_split(out, add, split)} test heatmaps")
        return
    made = make_agd(out, AgdConfig(shots=shots, seen=seen, unseen=unseen, size=size, seed=seed))
    print(f"{made.path}: {len(made.actions)} trained actions")
    for split, samples in made.test.items():
        objects = f", {made.objects[split]} objects" if split in made.objects else ""
        print(f"  {split}: {samples} test heatmaps{objects}")


def propose(
    folder: Annotated[Path, tyro.conf.Positional],
    model: str | None = None,
    server: str = "http://127.0.0.1:8000/v1",
    encoder: str = "minilm",
    threshold: float = 0.85,
    at_once: int = 16,
    max_tokens: int = 2048,
) -> None:
    """Propose functions and the kinds of objects that have them, by a language model.

    Each call writes one file: functions.csv, categories.csv, then proposed.toml, a pairing for
    assets select. Read each table, mend its columns duplicate_of and keep, and call again.

    Args:
        folder: of the files.
        model: the language model's name on the server.
        server: address of a chat server, up to and with /v1.
        encoder: text encoder that finds names that mean the same.
        threshold: least cosine of names that are marked as duplicates.
        at_once: most requests under way together.
        max_tokens: longest answer; models that think first need thousands.
    """
    from funcorr.functions.text import load_text_encoder
    from funcorr.pseudolabel.selection import proposals

    made = proposals.propose(
        folder,
        lambda: _text_model(model, server, at_once, max_tokens),
        lambda: load_text_encoder(encoder),
        threshold,
        at_once,
    )
    for line in made.problems:
        print(f"  {line}")
    print(f"{made.summary}: {made.path}")
    if made.path.suffix == ".toml":
        pairing = f"--taxonomy {made.path} --pairing {proposals.PAIRING}"
        print(f"next: funcorr assets select CHOSEN --captions CSV {pairing}")
    else:
        print("look through the table, then give the same command again")


def select(
    folder: Annotated[Path, tyro.conf.Positional],
    captions: Path | None = None,
    pictures: Path | None = None,
    stage: Literal["names", "match", "verify", "review", "choose", "parts", "merge"] | None = None,
    model: str | None = None,
    server: str = "http://127.0.0.1:8000/v1",
    encoder: str = "minilm",
    threshold: float = 0.7,
    cap: int = 200,
    test_share: float = 0.2,
    seed: int = 0,
    at_once: int = 16,
    max_tokens: int = 1024,
    taxonomy: Path | None = None,
    pairing: str = "",
) -> None:
    """Choose objects of a captioned collection by a language model, and describe their parts.

    Each stage writes a table that you may edit; the next one reads it. Without --stage, those
    whose table is missing are run, up to the review; then once more for the rest. What the model
    has answered is kept and not asked again. A key for the server is read from the environment
    variable FUNCORR_API_KEY.

    Args:
        folder: of the tables.
        captions: CSV of uid and caption, as Cap3D has it.
        pictures: folder of pictures, UID.png or a multi-view dataset, for the contact sheets.
        stage: the one stage to run, whether its table is there or not.
        model: the language model's name on the server.
        server: address of a chat server, up to and with /v1.
        encoder: text encoder that compares names with categories.
        threshold: least cosine of a match.
        cap: most objects of a category.
        test_share: share of each category that is for testing.
        seed: of cap and split.
        at_once: most requests under way together.
        max_tokens: longest answer; models that think first need thousands.
        taxonomy: TOML file with further categories and functions.
        pairing: a list of the taxonomy whose categories and functions are used, such as handal.
    """
    from funcorr.functions import load_taxonomy
    from funcorr.functions.text import load_text_encoder
    from funcorr.pseudolabel.selection.stages import Selection, SelectionConfig

    selection = Selection(
        folder,
        load_taxonomy(taxonomy),
        SelectionConfig(threshold, cap, test_share, seed, at_once, pairing),
        captions=captions,
        pictures=pictures,
        model=lambda: _text_model(model, server, at_once, max_tokens),
        encoder=lambda: load_text_encoder(encoder),
    )
    for each in selection.missing if stage is None else (stage,):
        report = selection.run(each)
        for line in report.problems[:ROWS]:
            print(f"  {line}")
        if len(report.problems) > ROWS:
            print(f"  ... and {len(report.problems) - ROWS} more")
        print(f"{report.stage}: {report.summary} ({report.path})", flush=True)
    for each in selection.stale:
        print(f"{selection.path(each)} is older than its source; --stage {each} makes it anew")


def _text_model(name: str | None, server: str, at_once: int, max_tokens: int) -> ChatModel:
    from funcorr.errors import UserError
    from funcorr.pseudolabel.chat_config import ChatConfig
    from funcorr.pseudolabel.openai_client import ChatModel
    from funcorr.pseudolabel.prompts import Sampling

    if name is None:
        raise UserError("this stage asks a language model; name it with --model (and --server)")
    model = ChatModel(
        ChatConfig(name, server, concurrency=at_once), Sampling(max_tokens=max_tokens)
    )
    model.check()
    return model


def show(
    assets: Annotated[Path, tyro.conf.Positional],
    out: Path = Path("assets.png"),
    limit: int = 60,
    columns: int = 10,
    by_part: bool = False,
) -> None:
    """Draw a contact sheet of a collection.

    Args:
        assets: folder of the collection, or of one asset.
        out: the PNG to write.
        limit: at most this many assets, spread evenly over the collection.
        columns: pictures per row.
        by_part: give each part a colour of its own.
    """
    from funcorr.assets.store import list_assets, read_asset
    from funcorr.errors import UserError
    from funcorr.io import atomic_path
    from funcorr.render.portrait import portrait
    from funcorr.viz import draw_sheet

    if limit < 1 or columns < 1:
        raise UserError(f"need at least 1 asset and 1 column, got {limit} and {columns}")
    single = (assets / "asset.json").is_file()
    folders = [assets] if single else [assets / name for name in list_assets(assets)]
    step = max(1, -(-len(folders) // limit))
    tiles = [portrait(read_asset(folder), by_part) for folder in folders[::step]]
    with atomic_path(out) as temporary:
        draw_sheet(tiles, columns, gap=0).save(temporary, format="PNG")
    print(out)
