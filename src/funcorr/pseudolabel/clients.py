"""What labelling asks of models: where is this part, and what follows from this text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from funcorr.errors import UserError
from funcorr.pseudolabel.answer_text import read_json_answer
from funcorr.pseudolabel.boxes import BoxAnswer

__all__ = [
    "PartGrounder",
    "PartQuery",
    "RequestError",
    "ServiceError",
    "TextModel",
    "in_parallel",
    "read_json_answer",
]

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class ServiceError(UserError):
    """The model as a whole is of no use: down, wrong key, no quota, wrong name. Stop and mend."""


class RequestError(UserError):
    """One request failed for good; others may succeed. Skip it and list it."""


@dataclass(frozen=True)
class PartQuery:
    """Which part is looked for.

    Attributes:
        part: its name, for instance ``"spout"``.
        description: a sentence on what it looks like, or nothing.
        category: what the object is, or nothing.
        function: what the part is for, such as ``"pour-with"``, or nothing.
    """

    part: str
    description: str = ""
    category: str = ""
    function: str = ""


@runtime_checkable
class PartGrounder(Protocol):
    """Finds a part in an image. Asking and reading are two steps, so that answers can be kept.

    ``read(ask(image, query), size)`` gives boxes; what ``ask`` returned may be stored and read
    again later, without the model.
    """

    @property
    def name(self) -> str:
        """For tables and folders."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the answers would: model, prompt, sampling, framing."""

    def ask(self, image: UInt8[np.ndarray, "h w 3"], query: PartQuery) -> str:
        """The model's answer as it came.

        Raises:
            ServiceError: the model cannot be used at all.
            RequestError: this request failed for good.
        """

    def read(self, text: str, size: tuple[int, int]) -> BoxAnswer:
        """The boxes of an answer, in pixels of the image of (height, width)."""


@runtime_checkable
class TextModel(Protocol):
    """A language model."""

    @property
    def name(self) -> str:
        """For tables and folders."""

    def complete(self, prompt: str, system: str = "") -> str:
        """The answer to a prompt.

        Raises:
            ServiceError: the model cannot be used at all.
            RequestError: this request failed for good.
        """

    def complete_json(self, prompt: str, system: str = "") -> Any:
        """The answer as JSON; asks again where it is not.

        Raises:
            ServiceError: the model cannot be used at all.
            RequestError: this request failed for good, or no answer was JSON.
        """


def in_parallel(
    ask: Callable[[Question], Answer], questions: Iterable[Question], concurrency: int = 16
) -> Iterator[tuple[Question, Answer | RequestError]]:
    """Ask many questions at once; questions and answers as they come in.

    At most ``2 * concurrency`` questions are taken ahead, so an endless iterable is fine. A
    :class:`RequestError` is handed over in place of the answer. Any other error ends the run: no
    more questions are asked, the answers still under way are handed over, then it is raised.

    Args:
        ask: what answers a question, called in threads.
        questions: taken lazily.
        concurrency: threads.

    Raises:
        UserError: ``concurrency`` is below 1.

    Example:
        >>> sorted(in_parallel(len, ["a", "bcd"], concurrency=2))
        [('a', 1), ('bcd', 3)]
    """
    if concurrency < 1:
        raise UserError(f"at least one question is asked at once, got {concurrency}")
    source = iter(questions)
    waiting: dict[Future[Answer], Question] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(concurrency) as pool:
        try:
            while failure is None or waiting:
                if failure is None:
                    for question in islice(source, 2 * concurrency - len(waiting)):
                        waiting[pool.submit(ask, question)] = question
                if not waiting:
                    return
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    question, error = waiting.pop(done), done.exception()
                    if error is None or isinstance(error, RequestError):
                        yield question, error or done.result()
                    else:
                        failure = failure or error
                        waiting = {f: q for f, q in waiting.items() if not f.cancel()}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if failure is not None:
        raise failure
