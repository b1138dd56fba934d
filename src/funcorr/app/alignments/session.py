"""One sitting of an annotator: the queue, every change saved at once, every change undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from funcorr.app.alignments.queue import Decision, Item, merged, read_queue, write_queue
from funcorr.app.locks import locked
from funcorr.errors import UserError
from funcorr.groundtruth.alignments import Alignment, read_alignments, write_alignments
from funcorr.io import remove_leftovers

Start = Callable[[str, str], Alignment]
"""Makes the first alignment of two assets, by their ids."""


@dataclass(frozen=True)
class _Step:
    """What undo brings back: the item at ``index`` as it was; ``tag`` says what changed it."""

    index: int
    before: Item
    tag: str


class Session:
    """The queue of one function and its two files; opens and locks them.

    Accepted alignments are in the alignment file, beside those of other functions, which stay as
    they are. Decisions and unfinished alignments are in a file beside it, so that nothing is lost
    when the browser or the computer goes away. Use as a context manager.

    Args:
        out: the alignment file, new or old.
        function: the function.
        drawn: pairs to align, after those that the files know already.
        start: makes the first alignment of a pair.
        author: who is said to have aligned them.
        date: as ``YYYY-MM-DD``.

    Raises:
        UserError: a file is damaged or of another version, or another annotator has it open.
    """

    def __init__(
        self,
        out: Path | str,
        function: str,
        drawn: Sequence[tuple[str, str]],
        start: Start,
        author: str = "",
        date: str = "",
    ) -> None:
        self.out, self.function, self.author, self.date = Path(out), function, author, date
        self.queue_file = self.out.with_suffix(f".{function}.queue.json")
        self._start = start
        self._lock = locked(self.out)
        for file in (self.out, self.queue_file):
            remove_leftovers(file.parent, file.stem)
        try:
            known = read_alignments(self.out) if self.out.exists() else ()
            earlier = read_queue(self.queue_file, function)
        except UserError:
            self._lock.release()
            raise
        self._others = [each for each in known if each.function != function]
        finished = [each for each in known if each.function == function]
        self.items = merged(drawn, earlier, finished)
        self.index = 0
        self._steps: list[_Step] = []
        self._stamp = _stamp(self.out)
        self.go(next((i for i, item in enumerate(self.items) if item.decision == "open"), 0))

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    @property
    def item(self) -> Item:
        """The current pair."""
        return self.items[self.index]

    @property
    def alignment(self) -> Alignment:
        """How it is aligned now.

        Raises:
            UserError: one of the two assets cannot be read.
        """
        item = self.item
        if item.alignment is None:
            return self._start(item.asset1, item.asset2)
        return item.alignment

    @property
    def counts(self) -> Counter[Decision]:
        """How many pairs have been decided which way."""
        return Counter(item.decision for item in self.items)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._steps)

    def change(self, alignment: Alignment, tag: str = "") -> None:
        """Another alignment of the current pair.

        Args:
            alignment: the new one.
            tag: what is being changed; changes in a row with one tag are undone together.
        """
        signed = replace(alignment, author=self.author, date=self.date)
        self._put(replace(self.item, alignment=signed), tag)

    def accept(self) -> None:
        """Keep the alignment and go on."""
        signed = replace(self.alignment, author=self.author, date=self.date)
        self._decide(replace(self.item, decision="accepted", reason="", alignment=signed))

    def skip(self) -> None:
        """Decide later and go on."""
        self._decide(replace(self.item, decision="skipped", reason=""))

    def reject(self, reason: str) -> None:
        """Leave the pair out for good and go on.

        Raises:
            UserError: no reason is given.
        """
        if not reason.strip():
            raise UserError("a rejected pair needs a reason")
        self._decide(replace(self.item, decision="rejected", reason=reason.strip()))

    def go(self, index: int) -> None:
        """Take another pair of the queue; numbers beyond its ends mean its ends."""
        self.index = min(max(index, 0), len(self.items) - 1)

    def skip_unreadable(self, check: Callable[[Item], object], step: int = 1) -> list[str]:
        """Pass over pairs whose objects cannot be read; open ones count as skipped then.

        Args:
            check: raises :class:`UserError` where a pair is of no use.
            step: 1 looks onwards, -1 backwards.

        Returns:
            A line per pair that was passed over.

        Raises:
            UserError: the end of the queue is reached without a pair that can be read.
        """
        lines = []
        while True:
            try:
                check(self.item)
            except UserError as error:
                lines.append(f"left out {self.item.asset1} and {self.item.asset2}: {error}")
            else:
                return lines
            if self.item.decision == "open":
                self._replace_item(replace(self.item, decision="skipped", reason=lines[-1]))
            if not 0 <= self.index + step < len(self.items):
                raise UserError(f"no pair is left that can be read; {lines[-1]}")
            self.go(self.index + step)

    def undo(self) -> None:
        """Take back the last change or decision, and go where it was made."""
        if not self._steps:
            return
        step = self._steps.pop()
        self.go(step.index)
        self._replace_item(step.before)

    def _decide(self, item: Item) -> None:
        self._put(item, "")
        around = [*range(self.index + 1, len(self.items)), *range(self.index)]
        rest = (i for i in around if self.items[i].decision == "open")
        self.go(next(rest, self.index + 1))

    def _put(self, item: Item, tag: str) -> None:
        step = _Step(self.index, self.item, tag)
        last = self._steps[-1] if self._steps else None
        continues = last is not None and tag != "" and (last.index, last.tag) == (step.index, tag)
        self._replace_item(item)
        if not continues:
            self._steps.append(step)

    def _replace_item(self, item: Item) -> None:
        """Save first, so that what the page shows is on the disk."""
        items = [*self.items[: self.index], item, *self.items[self.index + 1 :]]
        if "accepted" in (item.decision, self.item.decision):
            self._save_alignments(items)
        write_queue(self.queue_file, self.function, items)
        self.items = items

    def _save_alignments(self, items: Sequence[Item]) -> None:
        if _stamp(self.out) != self._stamp:
            raise UserError(
                f"{self.out} was changed by another program; nothing is saved any more: "
                "start again to go on from that file"
            )
        done = [each.alignment for each in items if each.decision == "accepted" and each.alignment]
        write_alignments(self.out, [*self._others, *done])
        self._stamp = _stamp(self.out)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size
