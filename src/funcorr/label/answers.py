"""What a model answered, kept as it came: a line per answer, only ever added to."""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from funcorr.errors import UserError
from funcorr.runs import cannot_write


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        view: number of the view that was shown.
        part: name of the part that was asked for.
        window: left, top, width and height of the piece of the view that was shown.
        zoomed: whether it was shown to find a small part, rather than the whole view.
        text: what the model said.
    """

    view: int
    part: str
    window: tuple[int, int, int, int]
    zoomed: bool
    text: str


class AnswerLog:
    """The answers about one asset, in a file of JSON lines. Safe to use from many threads.

    The operating system has a line before :meth:`add` returns, so that killing the run loses none.
    A last line that was left half written is cut off.

    Args:
        path: the file; it and its folder are made by the first answer.

    Raises:
        UserError: the file cannot be read, or another line than the last is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._answers: dict[tuple[int, str, bool], list[Answer]] = defaultdict(list)
        for answer in _read(path):
            self._keep(answer)

    def __len__(self) -> int:
        return sum(map(len, self._answers.values()))

    def about(self, view: int, part: str, zoomed: bool = False) -> tuple[Answer, ...]:
        """All answers about a part in a view, in the order in which they came."""
        with self._lock:
            return tuple(self._answers.get((view, part, zoomed), ()))

    def add(self, answer: Answer) -> None:
        """Keep one more answer.

        Raises:
            UserError: the file cannot be written to.
        """
        line = json.dumps(asdict(answer), ensure_ascii=False) + "\n"
        with self._lock:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(line)
            except OSError as error:
                raise cannot_write(self.path, error) from None
            self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        self._answers[answer.view, answer.part, answer.zoomed].append(answer)


def _read(path: Path) -> list[Answer]:
    if not path.exists():
        return []
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        return [_answer(line) for line in content[:whole].decode("utf-8").split("\n")[:-1]]
    except OSError as error:
        raise UserError(f"cannot read the answers {path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"the answers {path} are damaged ({error}); mend or delete the file"
        ) from None


def _answer(line: str) -> Answer:
    fields = json.loads(line)
    fields["window"] = tuple(fields["window"])
    return Answer(**fields)
