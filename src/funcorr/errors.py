"""The one kind of error that a user is meant to read: one line, no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


class UserError(Exception):
    """Bad input or usage: says what was wrong, what was expected and how to mend it.

    The command line prints it as ``error: <message>`` and exits with code 2; library callers catch
    it like any exception. The message is one line.
    """


class MissingExtraError(UserError, ImportError):
    """A lazily imported package is not installed; the message names the extra that brings it."""


class MissingWeightsError(UserError):
    """Pretrained weights are neither cached nor reachable; the message says how to get them."""


@contextmanager
def mended(remedy: str) -> Iterator[None]:
    """Add to a refusal what mends it."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{error}; {remedy}") from None


def require(module: str, extra: str) -> ModuleType:
    """Import ``module`` or say which extra of funcorr installs it.

    Args:
        module: dotted name of the package, for instance ``"embreex"``.
        extra: name of the extra in ``pyproject.toml`` that carries it.

    Raises:
        MissingExtraError: the package is not installed.

    Example:
        >>> require("json", extra="render").__name__
        'json'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingExtraError(
            f"this needs the package {module!r}, which is not installed: "
            f"pip install 'funcorr[{extra}]'"
        ) from None
