"""``funcorr label``: a model says where the parts are, the surface remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

if TYPE_CHECKING:
    from funcorr.pseudolabel.asset_labels import VotingConfig
    from funcorr.pseudolabel.dataset_labels import LabelReport
    from funcorr.pseudolabel.prompts import GroundingStyle
    from funcorr.pseudolabel.view_queries import Asker, ViewGrounder


def label(
    dataset: Annotated[Path, tyro.conf.Positional],
    labeller: str,
    model: str,
    server: str = "http://127.0.0.1:8000/v1",
    style: Literal["json", "pixels", "cogvlm", "manipvqa-p", "manipvqa-f"] = "json",
    views: Literal["labelling", "all"] = "labelling",
    samples: int = 4,
    at_once: int = 16,
    per_minute: float | None = None,
    timeout: float = 120.0,
    tries: int = 6,
    longest: int | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    price_in: float = 0.0,
    price_out: float = 0.0,
    rules: Literal["default", "paper"] = "default",
    ballots: Literal["agreed", "each"] | None = None,
    sums: Literal["normalised", "released"] | None = None,
    masks: Literal["points", "paper"] | None = None,
    smooth: int | None = None,
    pieces: float | None = None,
    thin: bool = False,
    quality: bool = False,
    taxonomy: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Label the functional parts of a multi-view dataset with a vision-language model.

    A key for the server is read from the environment variable FUNCORR_API_KEY. What was answered is
    kept: the same command goes on where it was broken off, and other --rules, --ballots,
    --sums, --masks, --smooth, --pieces and --thin ask nothing again.

    Args:
        dataset: multi-view dataset, as ``funcorr render`` writes it.
        labeller: name of the labels; training takes it as --labels.
        model: the model's name on the server; or ``detector:NAME`` for a detector in this process
            (a known name or a folder); or ``oracle:LEVEL`` for exact boxes with errors (exact,
            half, realistic or double).
        server: address of a chat server, up to and with /v1.
        style: how the model is asked and answers.
        views: the nineteen labelling views (those of DATASET, or of a second dataset
            DATASET/labelling of the same assets), or all views of DATASET.
        samples: answers per part and view; a detector gives one.
        at_once: most requests under way together.
        per_minute: most requests begun in a minute.
        timeout: seconds of silence after which a request counts as hung.
        tries: how often one request is sent before it counts as failed.
        longest: pictures with a longer side are made smaller before they are sent.
        temperature: how freely answers are drawn; by default as the style says, and 0.9 where it
            would give the same answer to every one of several samples.
        max_tokens: longest answer, 256 by default; models that think first need thousands.
        price_in: of a million prompt tokens; with it, what a run has cost is told at its end.
        price_out: of a million answer tokens.
        rules: how votes and masks are made: our way, or that of the paper's released code; the next
            six change single steps of it.
        ballots: one vote per view, for the box that its answers agree on, or one per answer.
        sums: divide votes by the answers that could have been given, or not, as released.
        masks: choose surface points once and draw them, or threshold each view as in the paper.
        smooth: rounds of smoothing on the surface.
        pieces: smallest piece of a part's surface, as a share of the largest.
        thin: favour edges and rims for thin parts, by how much the surface turns.
        quality: compare the labels with the exact parts, for datasets that know them.
        taxonomy: a file with parts of more categories, see docs/taxonomy.md.
        overwrite: discard labels and answers of this name that another configuration left.
    """
    from funcorr.functions.taxonomy import load_taxonomy
    from funcorr.pseudolabel.asset_labels import RULES
    from funcorr.pseudolabel.chat_config import ChatConfig
    from funcorr.pseudolabel.dataset_labels import LabelConfig, label_dataset
    from funcorr.pseudolabel.label_sheet import write_sheet
    from funcorr.pseudolabel.labellers import load_labeller
    from funcorr.pseudolabel.view_queries import AskConfig, Asker

    votes = {"view_votes": ballots, "sums": sums, "smooth": smooth, "pieces": pieces}
    voting = changed(RULES[rules], {**votes, "edge_weighting": thin}, {"rule": masks})
    known = load_taxonomy(taxonomy)
    asked = asked_views(dataset, views)
    if model.startswith("detector:"):
        samples = 1
    config = LabelConfig(AskConfig(samples, 2 * samples), voting, at_once)
    chat = ChatConfig(
        model,
        server,
        concurrency=at_once,
        per_minute=per_minute,
        timeout=timeout,
        attempts=tries,
        price_in=price_in,
        price_out=price_out,
    )
    grounder = load_labeller(chat, _styled(style, samples, longest, temperature, max_tokens))
    report = label_dataset(dataset, labeller, grounder, config, asked, overwrite, known)
    _print_report(dataset, labeller, report)
    _print_usage(grounder)
    write_sheet(dataset, labeller, dataset / "labels" / labeller / "sheet.png")
    if quality:
        _print_quality(dataset, labeller, Asker(grounder, config.ask) if asked == dataset else None)


def changed(
    rules: VotingConfig, votes: Mapping[str, Any], masks: Mapping[str, Any]
) -> VotingConfig:
    """The rules with those values that are not None."""
    from dataclasses import replace

    return replace(
        rules,
        votes=replace(rules.votes, **{k: v for k, v in votes.items() if v is not None}),
        masks=replace(rules.masks, **{k: v for k, v in masks.items() if v is not None}),
    )


def asked_views(dataset: Path, views: str) -> Path:
    """The dataset whose views are shown to the model.

    Raises:
        UserError: there are no labelling views.
    """
    from funcorr.errors import UserError
    from funcorr.render.dataset import Dataset

    made_with = Dataset(dataset).info.get("config", {"views": {"kind": "photographs"}})
    if views == "all" or made_with["views"]["kind"] != "random":
        return dataset
    beside = dataset / "labelling"
    if not (beside / "dataset.json").is_file():
        raise UserError(
            f"{dataset} has random views; pass --views all to label by them, or render others: "
            f"funcorr render ASSETS --out {beside} --cameras labelling, with its seed and points"
        )
    return beside


def _styled(
    style: str,
    samples: int,
    longest: int | None,
    temperature: float | None,
    max_tokens: int | None,
) -> GroundingStyle:
    """The style with what the user wants otherwise."""
    from dataclasses import replace

    from funcorr.pseudolabel.chat_grounder import find_style

    chosen = find_style(style)
    if longest is not None:
        chosen = replace(chosen, framing=replace(chosen.framing, longest=longest))
    if max_tokens is not None:
        chosen = replace(chosen, sampling=replace(chosen.sampling, max_tokens=max_tokens))
    return chosen.drawn(temperature) if samples > 1 or temperature is not None else chosen


def _print_report(dataset: Path, labeller: str, report: LabelReport) -> None:
    for name, reason in report.skipped.items():
        print(f"left out {name}: {reason}")
    for name, failed in report.incomplete.items():
        print(f"incomplete {name}: {len(failed)} questions failed, the first: {failed[0]}")
    if report.unreadable:
        print(f"{report.unreadable} answers could not be read and did not count")
    print(
        f"{dataset}, labels {labeller!r}: {len(report.labelled)} assets labelled, "
        f"{len(report.kept)} were there already, {len(report.skipped)} left out"
    )


def _print_usage(grounder: ViewGrounder) -> None:
    """What a run over a server took; nothing for models without a meter."""
    used = getattr(grounder, "usage", None)
    if used is not None:
        print(
            f"{used.requests} requests, {used.answers} answers, {used.prompt_tokens} prompt and "
            f"{used.answer_tokens} answer tokens, cost {used.cost:.2f}"
        )
        if used.unusable:
            print(f"{used.unusable} replies held no answer (cut off, only thoughts, no text)")


def _print_quality(dataset: Path, labeller: str, asker: Asker | None) -> None:
    from funcorr.io import write_json
    from funcorr.pseudolabel.quality import label_quality

    quality = label_quality(dataset, labeller, asker)
    write_json(dataset / "labels" / labeller / "quality.json", quality.to_json())
    print(f"{'function':<20} IoU with the exact parts")
    for function, iou in quality.per_function.items():
        print(f"{function:<20} {iou:.3f}")
    boxes = "" if quality.boxes is None else f"; boxes in single views {quality.boxes:.3f}"
    print(f"{'all':<20} {quality.overall:.3f}{boxes}")
