"""What a model answered, kept as it came: a line per answer, only ever added to."""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from funcorr.errors import UserError
from funcorr.io import cannot_write


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
        for fields in read_lines(path):
            self._keep(_answer(fields, path))

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
        with self._lock:
            add_line(self.path, asdict(answer))
            self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        self._answers[answer.view, answer.part, answer.zoomed].append(answer)


def add_line(path: Path, fields: Mapping[str, Any]) -> None:
    """Add an object to a file of JSON lines; file and folder are made where they are missing.

    Raises:
        UserError: the file cannot be written to.
    """
    line = json.dumps(fields, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise cannot_write(path, error) from None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read what :func:`add_line` wrote; a last line that was left half written is cut off.

    Raises:
        UserError: the file cannot be read, or another line than the last is damaged.
    """
    if not path.exists():
        return []
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
        lines = [json.loads(line) for line in content[:whole].decode("utf-8").split("\n")[:-1]]
    except OSError as error:
        raise UserError(f"cannot read the answers {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from None
    if not all(isinstance(line, dict) for line in lines):
        raise _damaged(path, TypeError("a line is no object"))
    return lines


def _answer(fields: Mapping[str, Any], path: Path) -> Answer:
    try:
        left, top, width, height = map(int, fields["window"])
        view, window = int(fields["view"]), (left, top, width, height)
        texts = {name: fields[name] for name in ("part", "text")}
        if not all(isinstance(text, str) for text in texts.values()):
            raise TypeError("part and text are words")
        return Answer(view=view, window=window, zoomed=bool(fields["zoomed"]), **texts)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"the answers {path} are damaged ({error}); mend or delete the file")
