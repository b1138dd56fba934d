"""Jobs for worker processes, in a module that is quick to import there."""

import os
import signal

from funcorr.errors import UserError


def note(folder, name):
    (folder / f"{name}-{os.getpid()}").touch()
    return os.getpid()


def threads():
    return os.environ.get("OMP_NUM_THREADS")


def die_once(folder, name):
    """Ends its process without a word, the first time."""
    if name == "bad" and not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def die_always(name):
    if name == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def refuse(name):
    raise UserError(f"no place for {name}")
