"""Feed changed files to every reader: each is read right or refused in one line.

    python scripts/fuzz.py                                  # 2,000 inputs over all kinds
    python scripts/fuzz.py --inputs 20000 --seconds 3600
    python scripts/fuzz.py --kinds meshes,masks --seed 7
    python scripts/fuzz.py --kinds meshes --seed 7 --only 123   # one again, with its traceback

An input is fixed by its kind, the seed and its number. What is no find: a result that holds what
``fuzzing/kinds.py`` asserts of it, or a ``UserError`` of one line that leaves no file behind.
A find is any other exception, a warning, a result that is wrong, more than ``SLOW`` seconds, or the
death of the process. One input in twenty goes through the command line, where a kind has one.
The input of every find is kept in ``--keep``; the exit code is 1 where there are any.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("scripts", "tests", "src", "forge/src")]

SLOW, STUCK = 10, 60
"""Seconds of the processor, and of the clock, after which an input is a find."""

MEMORY = 6 << 30
"""Bytes of addresses beyond those at the start, after which an input is a find."""

BY_COMMAND = 20
"""One input in so many goes through the command line."""


class TooSlowError(Exception):
    """Raised by the alarm."""


class WrongOutcomeError(Exception):
    """A refusal that is not one, or that left something behind."""


def listing(folder: Path) -> set[str]:
    """All paths below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def one(name: str, seed: int, number: int, folder: Path) -> str:
    """Make and read one input; ``"right"`` or ``"refused"``.

    Raises:
        Exception: the find.
    """
    from fuzzing import KINDS

    from funcorr.errors import UserError

    kind, out = KINDS[name], folder / "out"
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    (folder / "in").mkdir()
    given = _made(kind, rng, folder / "in")
    before = listing(folder)
    try:
        if kind.words is not None and number % BY_COMMAND == 0:
            _command(kind.words(given, out))
        else:
            kind.read(given, out)
    except UserError as error:
        line = str(error)
        if not line.strip() or len(line) > 1000:
            raise WrongOutcomeError(f"a refusal of {len(line)} characters") from error
        left = listing(folder) - before
        if left := {name for name in left if not kind.keeps or kind.keeps not in name}:
            raise WrongOutcomeError(f"a refusal left {min(left)}: {line}") from error
        return "refused"
    return "right"


def _made(kind: Any, rng: np.random.Generator, folder: Path) -> Any:
    """An input; a fault of the maker's ends the whole run."""
    try:
        return kind.make(rng, folder)
    except Exception as error:
        raise SystemExit(f"cannot make an input: {error!r}") from error


def _command(words: list[Any]) -> None:
    """Run a command in this process.

    Raises:
        UserError: it refused, with one line and code 2.
        WrongOutcomeError: it ended in another way.
    """
    from funcorr.cli.main import main
    from funcorr.errors import UserError

    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code or 0
    said = err.getvalue()
    if code == 2 and said.rstrip("\n").rpartition("\n")[2].startswith("error: "):
        raise UserError(said.rpartition("error: ")[2])
    if code or "Traceback" in said:
        raise WrongOutcomeError(f"exit code {code}: {said[-500:]}")


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Stop what takes too long."""

    def stop(*_: Any) -> None:
        raise TooSlowError

    timers = {
        signal.ITIMER_PROF: (signal.SIGPROF, SLOW),
        signal.ITIMER_REAL: (signal.SIGALRM, STUCK),
    }
    for timer, (kind, seconds) in timers.items():
        signal.signal(kind, stop)
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)


def work(name: str, seed: int, numbers: range, until: float, place: str, pipe: Any) -> None:
    """Read inputs and send what came of each; runs in a process of its own."""
    import torch

    torch.set_num_threads(1)
    with open("/proc/self/statm") as file:  # noqa: PTH123
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    faulthandler.disable()
    warnings.simplefilter("error")
    os.environ["COLUMNS"] = "100"
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    for number in numbers:
        if time.time() > until:
            break
        pipe.send((number, "begun", ""))
        with TemporaryDirectory(dir=place) as folder:
            try:
                with bounded():
                    outcome, detail = one(name, seed, number, Path(folder)), ""
            except (Exception, SystemExit) as error:
                outcome, detail = "find", f"{where(error)}\n{traceback.format_exc()}"
        pipe.send((number, outcome, detail))
    pipe.close()


def where(error: BaseException) -> str:
    """The kind of a find: what was raised, and the innermost line of funcorr."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "/funcorr/" in f.filename] or frames
    last = ours[-1]
    message = " ".join(str(error).split())[:100]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} ({message})"


def run_kind(
    name: str, seed: int, count: int, until: float, place: str
) -> Iterator[tuple[int, str, str]]:
    """Number, outcome and detail of every input, over as many processes as it takes."""
    start = 0
    context = multiprocessing.get_context("fork")
    while start < count and time.time() < until:
        mine, theirs = context.Pipe(duplex=False)
        numbers = range(start, count)
        child = context.Process(target=work, args=(name, seed, numbers, until, place, theirs))
        child.start()
        theirs.close()
        begun = None
        with contextlib.suppress(EOFError):
            while True:
                number, outcome, detail = mine.recv()
                begun = number if outcome == "begun" else None
                if outcome != "begun":
                    start = number + 1
                    yield number, outcome, detail
        child.join()
        if begun is not None:
            yield begun, "find", f"the process died with code {child.exitcode}\n"
            start = begun + 1
        elif child.exitcode == 0:
            return


def keep(name: str, seed: int, number: int, folder: Path) -> None:
    """Write the input of a find."""
    from fuzzing import KINDS

    place = folder / f"{name}-{seed}-{number}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    try:
        given = KINDS[name].make(rng, place)
    except Exception as error:
        given = error
    if not isinstance(given, Path):
        (place / "given.txt").write_text(repr(given), errors="backslashreplace")


def again(name: str, seed: int, number: int) -> None:
    """Read one input with its traceback."""
    warnings.simplefilter("error")
    folder = Path(mkdtemp(prefix=f"{name}-{number}-"))
    print(f"{folder}: {one(name, seed, number, folder)}")


def main() -> None:
    """Run the fuzzers and print a table."""
    from fuzzing import KINDS

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=2000, help="over all kinds")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one input")
    parser.add_argument("--keep", type=Path, default=Path("runs/fuzz"))
    given = parser.parse_args()
    names = given.kinds.split(",")
    if given.only is not None:
        return again(names[0], given.seed, given.only)
    shares = {name: KINDS[name].share for name in names}
    end, begun = time.time() + given.seconds, time.time()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    finds: dict[str, list[str]] = defaultdict(list)
    scratch = TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
    place = tempfile.tempdir = scratch.name
    for position, name in enumerate(names):
        left = sum(shares[each] for each in names[position:])
        until = time.time() + (end - time.time()) * shares[name] / left
        count = round(given.inputs * shares[name] / sum(shares.values()))
        for number, outcome, detail in run_kind(name, given.seed, count, until, place):
            counts[name][outcome] += 1
            if outcome == "find":
                sort = detail.partition("\n")[0]
                if not finds[f"{name}: {sort}"]:
                    keep(name, given.seed, number, given.keep)
                    (given.keep / f"{name}-{given.seed}-{number}" / "find.txt").write_text(detail)
                finds[f"{name}: {sort}"].append(str(number))
        print(f"{name}: {dict(counts[name])}", file=sys.stderr, flush=True)
    print("| kind | inputs | right | refused | finds |\n| --- | --- | --- | --- | --- |")
    for name, found in counts.items():
        shown = [found[each] for each in ("right", "refused", "find")]
        print(f"| {name} | {sum(shown)} | {shown[0]} | {shown[1]} | {shown[2]} |")
    total = sum(sum(found.values()) for found in counts.values())
    print(f"\n{total} inputs in {time.time() - begun:.0f} s; {len(finds)} sorts of finds")
    for sort, numbers in sorted(finds.items()):
        print(f"- {sort}: inputs {', '.join(numbers[:8])} ({len(numbers)})")
    sys.exit(bool(finds))


if __name__ == "__main__":
    main()
