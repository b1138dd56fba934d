"""Things by name: registered by a decorator here, or by an entry point of another package."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from funcorr.errors import UserError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names and what they stand for.

    Entry points are read when a name is first asked for and loaded when it is their own. A name
    that ends in a separator, such as ``"features:"``, stands for every longer one.

    Args:
        what: a thing is called in messages, for instance ``"backbone"``.
        group: of the entry points, for instance ``"funcorr.backbones"``.
        separators: characters that end a name which stands for longer ones.
    """

    def __init__(self, what: str, group: str, separators: str = "") -> None:
        self.what, self.group, self._separators = what, group, tuple(separators)
        self._things: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that gives a thing its name."""

        def keep(thing: T) -> T:
            self._things[name] = thing
            return thing

        return keep

    @property
    def names(self) -> list[str]:
        """All names, those of other packages last."""
        return [*self._things, *(name for name in self._plugins if name not in self._things)]

    @property
    def plugins(self) -> dict[str, str]:
        """Names that other packages have brought, and the packages."""
        found = {n: point for n, point in self._plugins.items() if n not in self._things}
        return {n: point.dist.name if point.dist else "" for n, point in found.items()}

    def __contains__(self, name: str) -> bool:
        return self._key(name) is not None

    def __getitem__(self, name: str) -> T:
        """What a name stands for.

        Raises:
            UserError: there is nothing of that name, or the package that has it cannot be used.
        """
        key = self._key(name)
        if key is None:
            raise UserError(f"unknown {self.what} {name!r}{self.hint(name)}")
        if key not in self._things:
            return self._load(self._plugins[key])
        return self._things[key]

    def hint(self, name: str) -> str:
        """What to write instead of a name that is not there."""
        close = get_close_matches(name, self.names, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        return f"; expected one of {', '.join(self.names)}{meant}"

    def _key(self, name: str) -> str | None:
        if name in self._things or name in self._plugins:
            return name
        families = [n for n in self.names if n.endswith(self._separators) and name.startswith(n)]
        return max(families, key=len, default=None) if self._separators else None

    @cached_property
    def _plugins(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _load(self, point: EntryPoint) -> T:
        try:
            return point.load()
        except Exception as error:  # whatever another package does while it is imported
            raise UserError(
                f"the {self.what} {point.name!r} of {point.value.partition(':')[0]} cannot be "
                f"loaded ({type(error).__name__}: {error}); mend or uninstall that package"
            ) from error
