"""Label a dataset: ask about every part in every view, vote, write; asset by asset, resumable.

``DATASET/labels/<labeller>/config.json`` says who is asked what, and ``summary.json`` how it went;
``DATASET/<asset>/labels/<labeller>/answers.jsonl`` holds what was answered, beside the labels that
:func:`funcorr.pseudolabel.asset_labels.write_labels` makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from funcorr.errors import UserError
from funcorr.functions.taxonomy import Part, Taxonomy, default_functions, load_taxonomy
from funcorr.io import read_json, write_json
from funcorr.pseudolabel.answer_log import AnswerLog
from funcorr.pseudolabel.asset_labels import (
    PartLabel,
    Voter,
    VotingConfig,
    check_same_surface,
    view_answers,
    write_labels,
)
from funcorr.pseudolabel.clients import PartQuery, RequestError, ServiceError, in_parallel
from funcorr.pseudolabel.view_queries import AskConfig, Asker, ViewGrounder
from funcorr.render.dataset import EXACT, AssetViews, Dataset, labels_file
from funcorr.run_folder import Stage, claim

FORMAT = "funcorr-labels/1"

REFUSALS_BEFORE_STOP = 50
"""So many refused requests, and not one answer, end a run."""


@dataclass(frozen=True)
class LabelConfig:
    """One labelling run.

    Attributes:
        ask: how often and how closely the model is asked.
        voting: what is made of the answers; changed, it needs no new answers.
        concurrency: most parts and views asked about together.
    """

    ask: AskConfig = field(default_factory=AskConfig)
    voting: VotingConfig = field(default_factory=VotingConfig)
    concurrency: int = 16


@dataclass(frozen=True)
class LabelReport:
    """What a run did.

    Attributes:
        labelled: ids of assets labelled now.
        kept: ids of assets whose labels were there already.
        skipped: id -> why the asset has no labels.
        incomplete: id -> views left out because a request failed; the next run asks them again.
        unreadable: answers about the assets labelled now that did not count, for neither a box nor
            a no could be read in them.
    """

    labelled: tuple[str, ...]
    kept: tuple[str, ...]
    skipped: dict[str, str]
    incomplete: dict[str, tuple[str, ...]]
    unreadable: int = 0


def label_dataset(
    dataset: Path | str,
    labeller: str,
    grounder: ViewGrounder,
    config: LabelConfig | None = None,
    asked: Path | str | None = None,
    overwrite: bool = False,
    taxonomy: Taxonomy | None = None,
) -> LabelReport:
    """Label every functional part of every asset; answers that are there already are used again.

    Args:
        dataset: gets the labels, to be read as ``Dataset(dataset, labels=labeller)``.
        labeller: their name.
        grounder: who is asked.
        config: how.
        asked: the dataset whose views the model sees, over the same surface points; None takes the
            dataset itself.
        overwrite: discard labels and answers of this name that another configuration left.
        taxonomy: descriptions of parts; None takes the shipped one.

    Raises:
        ServiceError: the model cannot be used (any more); the answers so far are kept.
        UserError: the name is taken by other questions, or no asset could be labelled.
    """
    config = config or LabelConfig()
    target, source = Dataset(dataset), Dataset(asked or dataset)
    _check_name(labeller)
    settings = _settings(grounder, config, target, source)
    own = f"labels/{labeller}"
    files = [f"{own}/*", *(f"{name}/{own}" for name in target.assets)]
    stage = Stage(f"labels {labeller!r}", settings, files)
    record = f"{own}/config.json"
    with claim(target.path, stage, record=record, overwrite=overwrite, elsewhere="another name"):
        run = _Run(target, source, labeller, Asker(grounder, config.ask), config)
        run.label_all(taxonomy or load_taxonomy())
        report = run.report()
        write_json(
            target.path / own / "summary.json",
            {
                "labelled": len(report.labelled) + len(report.kept),
                "skipped": report.skipped,
                "incomplete": {name: list(views) for name, views in report.incomplete.items()},
            },
        )
    if report.skipped and not (report.labelled or report.kept):
        name, reason = next(iter(report.skipped.items()))
        raise UserError(f"none of {len(report.skipped)} assets could be labelled; {name}: {reason}")
    return report


def functional_parts(asset: AssetViews, taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    """Each function of an asset with the parts that serve it.

    An asset that knows its parts, as those of the forge do, says so itself; about ``hold-by``
    nothing is asked. For others, imported ones for instance, the taxonomy says it: for the
    functions that the asset lists, or for all of its category where it lists none.
    """
    if any(asset.parts.values()):
        return {
            name: asset.parts[name] for name in default_functions(asset.parts) if asset.parts[name]
        }
    category = taxonomy.find_category(asset.category)
    uses = category.uses if category else {}
    wanted = asset.functions or tuple(uses)
    return {function: tuple(uses[function]) for function in wanted if function in uses}


def part_queries(asset: AssetViews, taxonomy: Taxonomy) -> list[tuple[Part, PartQuery]]:
    """The parts of an asset that serve any function, and what is asked about each.

    A part that serves several functions is asked for once, as in the paper, and then without one.
    """
    category = taxonomy.find_category(asset.category)
    known = category.parts if category else {}
    serves: dict[str, list[str]] = {}
    for function, names in functional_parts(asset, taxonomy).items():
        for name in names:
            serves.setdefault(name, []).append(function)
    queries = []
    for name, functions in serves.items():
        part = known.get(name) or Part(name, "")
        function = functions[0] if len(functions) == 1 else ""
        queries.append((part, PartQuery(name, part.look, asset.category, function)))
    return queries


@dataclass
class _Job:
    """An asset under way."""

    asset: AssetViews
    asked: AssetViews
    log: AnswerLog
    functions: dict[str, tuple[str, ...]]
    queries: list[tuple[Part, PartQuery]]
    left: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    """One part in one view."""

    job: _Job
    part: Part
    query: PartQuery
    view: int


class _Run:
    """Hands out questions, takes answers, finishes assets."""

    def __init__(
        self, target: Dataset, source: Dataset, labeller: str, asker: Asker, config: LabelConfig
    ) -> None:
        self._target, self._source, self._labeller = target, source, labeller
        self._asker, self._config = asker, config
        self._voting = config.voting.to_json()
        self._labelled: list[str] = []
        self._kept: list[str] = []
        self._skipped: dict[str, str] = {}
        self._incomplete: dict[str, tuple[str, ...]] = {}
        self._unreadable = 0

    def report(self) -> LabelReport:
        """Until now."""
        return LabelReport(
            tuple(self._labelled),
            tuple(self._kept),
            dict(self._skipped),
            dict(self._incomplete),
            self._unreadable,
        )

    def label_all(self, taxonomy: Taxonomy) -> None:
        """Every asset whose labels are not there."""
        refused, answered = 0, False
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task("labelling", total=len(self._target))
            tasks = self._tasks(taxonomy)
            for task, outcome in in_parallel(self._ask, tasks, self._config.concurrency):
                if isinstance(outcome, RequestError):
                    task.job.failed.append(f"{task.part.name} in view {task.view}: {outcome}")
                    refused += 1
                    if refused >= REFUSALS_BEFORE_STOP and not answered:
                        raise ServiceError(f"{outcome} (the first {refused} requests all failed)")
                answered = answered or outcome is None
                task.job.left -= 1
                if task.job.left == 0:
                    self._finish(task.job)
                progress.update(bar, completed=self._done())

    def _done(self) -> int:
        return len(self._labelled) + len(self._kept) + len(self._skipped)

    def _tasks(self, taxonomy: Taxonomy) -> Iterator[_Task]:
        for name in self._target.assets:
            if self._is_labelled(name):
                self._kept.append(name)
                continue
            try:
                job = self._job(name, taxonomy)
            except UserError as error:  # one bad asset must not end the run
                self._skipped[name] = str(error)
                continue
            for part, query in job.queries:
                for view in range(job.asked.n_views):
                    yield _Task(job, part, query, view)

    def _job(self, name: str, taxonomy: Taxonomy) -> _Job:
        asset, asked = self._target[name], self._source[name]
        check_same_surface(asked, asset)
        for views in (asset, asked):
            _ = views.points, views.view(0).visible  # missing files are found before a question
        queries = part_queries(asset, taxonomy)
        if not queries:
            raise UserError(
                f"the taxonomy has no functions of a {asset.category!r}; correct the category, or "
                "describe it in a taxonomy of your own (--taxonomy)"
            )
        log = AnswerLog(self._folder(name) / "answers.jsonl")
        functions = functional_parts(asset, taxonomy)
        return _Job(asset, asked, log, functions, queries, left=len(queries) * asked.n_views)

    def _folder(self, name: str) -> Path:
        return labels_file(self._target.path / name, self._labeller).parent

    def _is_labelled(self, name: str) -> bool:
        marker = labels_file(self._target.path / name, self._labeller)
        try:
            about = read_json(marker, "labels")
        except UserError:  # missing or damaged: it is written again
            return False
        whole = isinstance(about, dict) and not about.get("failed")
        return whole and about.get("voting") == self._voting

    def _ask(self, task: _Task) -> None:
        view = task.job.asked.view(task.view)
        try:
            self._asker.ask(view, task.query, task.part.small, task.job.log)
        except (ServiceError, RequestError):
            raise
        except UserError as error:  # a damaged picture
            raise RequestError(str(error)) from None

    def _finish(self, job: _Job) -> None:
        name = job.asset.id
        try:
            labels, counts = self._vote(job)
        except UserError as error:
            self._skipped[name] = str(error)
            return
        about = {
            "format": FORMAT,
            "grounder": self._asker.grounder.name,
            "functions": {name: list(parts) for name, parts in job.functions.items()},
            "parts": counts,
            "failed": len(job.failed),
            "voting": self._voting,
        }
        write_labels(job.asset, self._labeller, labels, about)
        self._labelled.append(name)
        if job.failed:
            self._incomplete[name] = tuple(job.failed)

    def _vote(self, job: _Job) -> tuple[dict[str, PartLabel], dict[str, dict[str, int]]]:
        """Labels, and counts of answered views and points, per part."""
        answers = {part.name: self._answers(job, part.name) for part, _ in job.queries}
        if unknown := [name for name, views in answers.items() if not views]:
            reason = job.failed[0] if job.failed else "too few answers that can be read"
            raise UserError(f"nothing is known about {', '.join(unknown)}: {reason}")
        voter, config = Voter(job.asset), self._config.voting
        labels = {
            part.name: voter.label(part, answers[part.name], config) for part, _ in job.queries
        }
        counts = {
            name: {"views": len(answers[name]), "points": int(label.selected.sum())}
            for name, label in labels.items()
        }
        return labels, counts

    def _answers(self, job: _Job, part: str) -> list[Any]:
        views = [job.asked.view(number) for number in range(job.asked.n_views)]
        self._unreadable += sum(self._asker.unreadable(view, part, job.log) for view in views)
        answered = [(view, self._asker.answers(view, part, job.log)) for view in views]
        config = self._config.voting.votes
        return [view_answers(view, answers, config) for view, answers in answered if answers]


def _settings(
    grounder: ViewGrounder, config: LabelConfig, target: Dataset, source: Dataset
) -> dict[str, Any]:
    """What must stay the same for answers to be used again."""
    own = source.path.resolve() == target.path.resolve()
    return {
        "format": FORMAT,
        "grounder": grounder.name,
        "fingerprint": grounder.fingerprint,
        "ask": asdict(config.ask),
        "views": "own" if own else source.info.get("config", {}).get("views"),
    }


def _check_name(labeller: str) -> None:
    if labeller == EXACT or not re.fullmatch(r"\w[\w.+-]*", labeller):
        raise UserError(
            f"{labeller!r} cannot name a labeller; expected letters, digits and . _ + - that do "
            f"not make {EXACT!r}"
        )
