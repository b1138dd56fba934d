"""Run many independent tasks: here, in several processes, or on a Ray cluster.

A task is a function of a module's top level and its arguments; it writes its own files and returns
something small. Order and engine change nothing in what it does.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Literal

from funcorr.errors import UserError, require

Engine = Literal["processes", "ray"]

RETRIES = 3
"""How often Ray starts a task again whose worker or machine died."""


@dataclass(frozen=True)
class LostTask:
    """The result of a task whose worker died every time."""

    reason: str = "its worker process died; perhaps out of memory"

    def __str__(self) -> str:
        return self.reason


def run_tasks(
    function: Callable[..., Any],
    jobs: Mapping[str, tuple[Any, ...]],
    workers: int = 1,
    engine: Engine = "processes",
    label: str = "working",
) -> Iterator[tuple[str, Any]]:
    """Each job's name and result as they get done, with a progress bar, its rate and time left.

    A worker that dies (killed, out of memory) costs no job: the jobs under way are run again, and
    only one whose worker dies again has a :class:`LostTask` as its result.

    Args:
        function: called as ``function(*jobs[name])``; exceptions end the run.
        jobs: arguments by name.
        workers: processes; 1 runs everything in this one. A Ray cluster has its own number.
        engine: ``"processes"``, or ``"ray"`` for the cluster of ``RAY_ADDRESS`` or of this machine,
            whose machines must see the same files under the same paths.
        label: of the progress bar.

    Raises:
        UserError: no Ray cluster, or fewer than one worker.

    Example:
        >>> sorted(run_tasks(max, {"a": (1, 2), "b": (3, 0)}))
        [('a', 2), ('b', 3)]
    """
    if workers < 1:
        raise UserError(f"{workers} workers; expected at least 1")
    if engine == "ray":
        results = _on_ray(function, jobs)
    elif workers == 1:
        results = ((name, function(*arguments)) for name, arguments in jobs.items())
    else:
        results = _in_processes(function, jobs, workers)
    return _with_progress(results, label, len(jobs))


def _with_progress(
    results: Iterator[tuple[str, Any]], label: str, total: int
) -> Iterator[tuple[str, Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    rate = TextColumn("{task.fields[rate]}/s")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        rate,
        TimeLeft(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=total == 0) as progress:
        task = progress.add_task(label, total=total, rate="-")
        for result in results:
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, advance=1, rate="-" if speed is None else f"{speed:.2g}")
            yield result


def _in_processes(
    function: Callable[..., Any], jobs: Mapping[str, tuple[Any, ...]], workers: int
) -> Iterator[tuple[str, Any]]:
    waiting = dict(jobs)
    while waiting:
        suspects = yield from _until_a_worker_dies(function, waiting, workers)
        for name in suspects:  # one of them may have killed its worker: each alone, to see which
            yield name, _alone(function, waiting.pop(name))


def _until_a_worker_dies(
    function: Callable[..., Any], waiting: dict[str, tuple[Any, ...]], workers: int
) -> Generator[tuple[str, Any], None, list[str]]:
    """Take what is done out of ``waiting``; returns the jobs under way when a worker died."""
    names = iter(list(waiting))
    with _pool(workers) as pool:
        running: dict[Future[Any], str] = {}
        try:
            while True:
                for name in islice(names, 2 * workers - len(running)):
                    running[pool.submit(function, *waiting[name])] = name
                if not running:
                    return []
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    name = running.pop(future)
                    del waiting[name]
                    yield name, result
        except BrokenProcessPool:
            return list(running.values())


class _Worker(SpawnProcess):
    """Starts with one thread for numerics, unless the user said how many.

    Numpy and torch take a thread per core by default, and read the number when they are imported:
    in a worker that is before its first job, where the caller's script imports them.
    """

    def start(self) -> None:
        own = "OMP_NUM_THREADS" not in os.environ
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        try:
            super().start()
        finally:
            if own:
                del os.environ["OMP_NUM_THREADS"]


class _Workers(SpawnContext):
    Process = _Worker  # type: ignore[assignment]


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, _Workers())


def _alone(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    with _pool(1) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return LostTask()


def _on_ray(
    function: Callable[..., Any], jobs: Mapping[str, tuple[Any, ...]]
) -> Iterator[tuple[str, Any]]:
    ray = require("ray", extra="cluster")
    _connect(ray)
    remote = ray.remote(max_retries=RETRIES)(function)
    names = iter(jobs)
    running: dict[Any, str] = {}
    window = 4 * max(1, int(ray.cluster_resources().get("CPU", 1)))
    while True:
        for name in islice(names, window - len(running)):
            running[remote.remote(*jobs[name])] = name
        if not running:
            return
        [done], _ = ray.wait(list(running), num_returns=1)
        try:
            result = ray.get(done)
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError):
            result = LostTask()
        yield running.pop(done), result


def _connect(ray: Any) -> None:
    if ray.is_initialized():
        return
    address = os.environ.get("RAY_ADDRESS", "auto")
    try:
        if match := re.fullmatch(r"(.+):(\d+)", address):  # Ray itself would wait for very long
            socket.create_connection((match[1], int(match[2])), timeout=10).close()
        ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"no Ray cluster at {address} ({reason}); start one with 'ray start --head' or name "
            "another in RAY_ADDRESS"
        ) from None
