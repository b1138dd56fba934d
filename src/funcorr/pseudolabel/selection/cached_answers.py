"""Many questions to a language model, none of them twice."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from funcorr.pseudolabel.answer_log import add_line, read_lines
from funcorr.pseudolabel.clients import RequestError, TextModel, in_parallel

SHOWN = 200
"""Characters of a question's end that are kept for a reader; the key stands for all of it."""


class CachedTextModel:
    """A language model whose answers are kept as they came, in a file of JSON lines.

    A question that the file has an answer to is not asked again, so a run that was broken off goes
    on where it was. Another model, role or wording is another question.

    Args:
        model: who is asked.
        path: the file.

    Raises:
        UserError: the file is damaged.
    """

    def __init__(self, model: TextModel, path: Path) -> None:
        self.model, self.path = model, path
        self._lock = threading.Lock()
        self._kept = {line.get("key"): line.get("answer") for line in read_lines(path)}

    def complete(self, prompt: str, system: str = "") -> str:
        """The answer, kept or new; see :meth:`TextModel.complete`."""
        return self._ask("text", self.model.complete, prompt, system)

    def complete_json(self, prompt: str, system: str = "") -> Any:
        """The answer as JSON, kept or new; see :meth:`TextModel.complete_json`."""
        return self._ask("json", self.model.complete_json, prompt, system)

    def _ask(self, kind: str, ask: Callable[[str, str], Any], prompt: str, system: str) -> Any:
        question = json.dumps([kind, self.model.name, system, prompt])
        key = hashlib.sha256(question.encode()).hexdigest()[:32]
        if key not in self._kept:
            answer = ask(prompt, system)
            with self._lock:
                add_line(self.path, {"key": key, "asked": prompt[-SHOWN:], "answer": answer})
                self._kept[key] = answer
        return self._kept[key]


def ask_all(
    ask: Callable[[str], Any], questions: Iterable[str], concurrency: int, what: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """Answers by question, and reasons by question that had none, with a progress bar.

    Raises:
        ServiceError: the model cannot be used at all; what was answered until then is kept.
    """
    distinct = list(dict.fromkeys(questions))
    answers: dict[str, Any] = {}
    failed: dict[str, str] = {}
    outcomes = in_parallel(ask, distinct, concurrency)
    console = Console(stderr=True)
    shown = track(
        outcomes,
        what,
        total=len(distinct),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    for question, answer in shown:
        if isinstance(answer, RequestError):
            failed[question] = str(answer)
        else:
            answers[question] = answer
    return answers, failed
