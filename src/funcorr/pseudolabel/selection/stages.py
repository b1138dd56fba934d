"""The stages of a selection, in order; each can be run alone and its table edited in between."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

from funcorr.errors import UserError
from funcorr.functions.taxonomy import Taxonomy
from funcorr.functions.text import TextEncoder
from funcorr.pseudolabel.clients import TextModel
from funcorr.pseudolabel.selection import (
    category_match,
    choose,
    object_names,
    parts,
    review,
    verify,
)
from funcorr.pseudolabel.selection.cached_answers import CachedTextModel
from funcorr.pseudolabel.selection.tables import read_captions, read_table, write_table

Stage = Literal["names", "match", "verify", "review", "choose", "parts", "merge"]
STAGES: tuple[Stage, ...] = get_args(Stage)

FILES: dict[Stage, str] = {
    "names": "names.csv",
    "match": "matches.csv",
    "verify": "verified.csv",
    "review": "review.csv",
    "choose": "selected.csv",
    "parts": "parts.csv",
    "merge": "taxonomy.toml",
}
"""What each stage writes into the folder of the selection; the next stage reads it."""


@dataclass(frozen=True)
class SelectionConfig:
    """Settings of a selection.

    Attributes:
        threshold: names whose cosine with a category is below this are not matched.
        cap: most objects of a category.
        test_share: share of each category that is for testing.
        seed: of cap and split.
        concurrency: most questions under way together.
        pairing: a list of the taxonomy, such as ``handal``, whose categories and functions are
            used; the taxonomy's own where empty.
    """

    threshold: float = 0.7  # released code: 0.7 too, with mxbai-embed-large in place of MiniLM
    cap: int = 200  # paper: 200
    test_share: float = 0.2  # released lists: 20 percent test, 2 percent whole categories
    seed: int = 0
    concurrency: int = 16
    pairing: str = ""

    def __post_init__(self) -> None:
        if not -1 <= self.threshold <= 1:
            raise UserError(f"a threshold of {self.threshold}; a cosine lies between -1 and 1")
        if self.cap < 1 or self.concurrency < 1:
            raise UserError("cap and requests at once must be at least 1")
        if not 0 <= self.test_share <= 1:
            raise UserError(f"test_share lies between 0 and 1, got {self.test_share}")


@dataclass(frozen=True)
class StageReport:
    """What a stage did.

    Attributes:
        stage: which.
        path: the table it wrote.
        summary: one line.
        problems: a line per object or question that came to nothing.
    """

    stage: Stage
    path: Path
    summary: str
    problems: tuple[str, ...] = ()


class Selection:
    """A folder with the tables of a selection.

    Args:
        folder: where the tables are.
        taxonomy: categories and functions to choose from.
        config: settings.
        captions: CSV of uid and caption; needed by the stage ``names``.
        pictures: folder of pictures for the contact sheets.
        model: makes the language model when one is needed.
        encoder: makes the text encoder when one is needed.
    """

    def __init__(
        self,
        folder: Path | str,
        taxonomy: Taxonomy,
        config: SelectionConfig | None = None,
        *,
        captions: Path | None = None,
        pictures: Path | None = None,
        model: Callable[[], TextModel],
        encoder: Callable[[], TextEncoder],
    ) -> None:
        self.folder, self.taxonomy = Path(folder), taxonomy
        self.config = config or SelectionConfig()
        self.captions, self.pictures = captions, pictures
        self._make_model, self._make_encoder = model, encoder

    def path(self, stage: Stage) -> Path:
        """The table of a stage."""
        return self.folder / FILES[stage]

    @property
    def missing(self) -> list[Stage]:
        """Stages whose table is not there, up to the review where that has not been made yet."""
        missing = [stage for stage in STAGES if not self.path(stage).exists()]
        return missing[: missing.index("review") + 1] if "review" in missing else missing

    @property
    def stale(self) -> list[Stage]:
        """Stages whose table is older than the one that it was made from."""
        return [
            stage
            for source, stage in pairwise(STAGES)
            if _written(self.path(stage)) < _written(self.path(source)) < math.inf
        ]

    def run(self, stage: Stage) -> StageReport:
        """Run one stage on the table of the one before.

        Raises:
            UserError: that table is missing or damaged, or the language model is of no use.
        """
        steps: Mapping[Stage, Callable[[], tuple[str, Sequence[str]]]] = {
            "names": self._names,
            "match": self._match,
            "verify": self._verify,
            "review": self._review,
            "choose": self._choose,
            "parts": self._parts,
            "merge": self._merge,
        }
        summary, problems = steps[stage]()
        return StageReport(stage, self.path(stage), summary, tuple(problems))

    def _names(self) -> tuple[str, Sequence[str]]:
        if self.captions is None:
            raise UserError("the stage names needs captions; give a CSV of uid and caption")
        captions = read_captions(self.captions)
        rows, problems = object_names.name_objects(captions, self._model(), self.config.concurrency)
        write_table(self.path("names"), object_names.COLUMNS, rows)
        return f"{len(rows) - len(problems)} of {len(rows)} objects named", problems

    def _match(self) -> tuple[str, Sequence[str]]:
        named = read_table(self.path("names"), object_names.COLUMNS)
        categories = sorted({category for category, _ in self.pairs})
        rows = category_match.match_names(
            named, categories, self._make_encoder(), self.config.threshold
        )
        write_table(self.path("match"), category_match.COLUMNS, rows)
        matched = sum(row["matched"] == "yes" for row in rows)
        return f"{matched} of {len(rows)} names matched", ()

    def _verify(self) -> tuple[str, Sequence[str]]:
        matched = read_table(self.path("match"), category_match.COLUMNS)
        rows, problems = verify.verify_matches(matched, self._model(), self.config.concurrency)
        write_table(self.path("verify"), verify.COLUMNS, rows)
        passed = sum(row["verified"] == "yes" for row in rows)
        return f"{passed} of {len(rows)} objects verified", problems

    def _review(self) -> tuple[str, Sequence[str]]:
        verified = read_table(self.path("verify"), verify.COLUMNS)
        rows = review.review_table(verified, review.read_decisions(self.folder))
        write_table(self.path("review"), review.COLUMNS, rows)
        page = review.write_sheets(self.folder, rows, self.pictures)
        return f"{len(rows)} objects to look at: {page}", ()

    def _choose(self) -> tuple[str, Sequence[str]]:
        decisions = review.read_decisions(self.folder)
        rows = read_table(self.path("review"), review.COLUMNS)
        rows = [{**row, "keep": decisions[row["uid"]]} for row in rows]
        unseen = {c.name for c in self.taxonomy.categories.values() if c.paper_unseen}
        config = self.config
        chosen = choose.choose_objects(rows, unseen, config.cap, config.test_share, config.seed)
        write_table(self.path("choose"), choose.COLUMNS, chosen)
        categories = len({row["category"] for row in chosen})
        return f"{len(chosen)} objects of {categories} categories chosen", ()

    def _parts(self) -> tuple[str, Sequence[str]]:
        chosen = read_table(self.path("choose"), choose.COLUMNS)
        categories = {row["category"] for row in chosen}
        pairs = [pair for pair in self.pairs if pair[0] in categories]
        rows, problems = parts.ask_parts(pairs, self._model(), self.config.concurrency)
        write_table(self.path("parts"), parts.COLUMNS, rows)
        answered = len({(row["category"], row["function"]) for row in rows})
        return f"parts of {answered} of {len(pairs)} pairs of category and function", problems

    def _merge(self) -> tuple[str, Sequence[str]]:
        rows = parts.read_part_table(self.path("parts"))
        descriptions = parts.merge_descriptions(rows, self._model(), self.config.concurrency)
        used = {row["function"] for row in rows}
        meanings = {f.name: f.meaning for f in self.taxonomy.functions.values() if f.name in used}
        parts.write_taxonomy(self.path("merge"), rows, descriptions, meanings)
        return f"{len(descriptions)} parts described; read the file before it is used", ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Pairs of category and function to choose objects and parts for.

        Raises:
            UserError: the taxonomy has no list of the configured name.
        """
        functions = self.taxonomy.functions
        if not self.config.pairing:
            return sorted((c, name) for name, f in functions.items() for c in f.categories)
        lists = self.taxonomy.lists
        if self.config.pairing not in lists:
            raise UserError(
                f"the taxonomy has no list {self.config.pairing!r}; it has {', '.join(lists)}"
            )
        pairing = lists[self.config.pairing]
        return sorted((category, name) for name, members in pairing.items() for category in members)

    def _model(self) -> CachedTextModel:
        return CachedTextModel(self._make_model(), self.folder / "answers.jsonl")


def _written(path: Path) -> float:
    """When a file was written last; infinitely late where it is not there."""
    return path.stat().st_mtime if path.exists() else math.inf
