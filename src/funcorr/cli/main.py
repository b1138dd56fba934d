"""The ``funcorr`` command: finds the subcommand, runs it, turns errors into one line."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial, wraps
from importlib import import_module
from inspect import unwrap
from typing import Annotated, Any, Union

import tyro

from funcorr import __version__
from funcorr.cli.streams import sturdy_streams
from funcorr.cli.tables import print_paragraph
from funcorr.errors import UserError

COMMANDS: dict[str, str] = {
    "match": "match:match",
    "transfer": "transfer:transfer",
    "afford": "afford:afford",
    "mask": "mask:mask",
    "app": "app:app",
    "models": "models:models",
    "doctor": "doctor:doctor",
    "render": "render:render",
    "export": "export:export",
    "label": "label:label",
    "pairs": "pairs:pairs",
    "alignments make": "pairs:make_alignments",
    "alignments paper": "pairs:import_paper_alignments",
    "paper-set": "pairs:import_paper_set",
    "photographs": "photographs:photographs",
    "scenes": "scenes:scenes",
    "evaluate": "evaluate:evaluate",
    "benchmark": "benchmark:benchmark",
    "benchmark fetch": "benchmark:fetch",
    "benchmark submit-check": "benchmark:submit_check",
    "simulate": "simulate:simulate",
    "assets forge": "assets:forge",
    "assets import": "assets:import_",
    "assets fetch": "assets:fetch",
    "assets agd": "assets:agd",
    "assets propose": "assets:propose",
    "assets select": "assets:select",
    "assets show": "assets:show",
    "annotate alignments": "annotate:alignments",
    "annotate affordance": "annotate:affordance",
    "functions list": "functions:list_functions",
    "functions show": "functions:show",
    "train correspondence": "train:correspondence",
    "train affordance": "train_affordance:affordance",
    "weights list": "weights:list_weights",
    "weights fetch": "weights:fetch",
}
"""Words on the command line -> module of ``funcorr.cli`` and its function."""

EVERYDAY = ("match", "mask", "transfer", "afford", "app", "models", "doctor")
"""Words that ``funcorr --help`` lists first, where there is such a command."""

GROUPS: dict[str, str] = {
    "alignments": "Pairs of objects brought together in 3D, from which ground truth follows.",
    "assets": "Make objects and look at them.",
    "annotate": "Pages in the browser for people who look and point.",
    "functions": "What objects are for: the functions and their parts.",
    "weights": "Pretrained weights: what is here, and getting more.",
    "train": "Train a model from a multi-view dataset.",
}
"""First words that several commands share."""

DESCRIPTION = (
    "Dense functional correspondence: which point of that other object does the same job? "
    "'funcorr --version' says which version this is."
)


CONTINUED = re.compile(r"\n {12,}")
"""A line break within what a docstring says of one argument; the help breaks lines itself."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command.

    Args:
        argv: the words after ``funcorr``; None takes those of this process.

    Raises:
        SystemExit: with code 2 after bad input or usage (one line on stderr), 130 when
            interrupted, 0 after ``--help`` and ``--version``. Anything unexpected passes through
            as it is, so that Python prints its traceback and exits with 1.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    with sturdy_streams():
        try:
            try:
                _run(words)
            finally:
                sys.stdout.flush()
        except UserError as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            raise SystemExit(130) from None


def _run(words: Sequence[str]) -> None:
    if words == ["--version"]:
        print(f"funcorr {__version__}")
    elif words in ([], ["-h"], ["--help"]):
        print_overview()
    else:
        _parse(words)()


def print_overview() -> None:
    """What ``funcorr --help`` says: every command in a line or two, everyday ones first."""
    summaries: dict[str, str] = {}
    for words, place in COMMANDS.items():
        first = words.partition(" ")[0]
        about = GROUPS.get(first) or (_function(place).__doc__ or "").splitlines()[0]
        summaries.setdefault(first, about)
    everyday = [name for name in EVERYDAY if name in summaries]
    research = [name for name in summaries if name not in EVERYDAY]
    print("usage: funcorr COMMAND [OPTIONS]\n")
    print_paragraph(DESCRIPTION, indent="")
    for title, names in (("Everyday commands", everyday), ("Research commands", research)):
        print(f"\n{title}")
        for name in names:
            print_paragraph(f"  {name:<12}{summaries[name]}{_members(name)}", indent=" " * 14)
    print("\n'funcorr COMMAND --help' tells more of a command.")


def condense(box: str) -> str:
    r"""The parser's boxed message as one line, without the frame and the help texts.

    Example:
        >>> condense("╭─ Bad ───╮\n│ No --x. │\n│ ─────── │\n│ For full helptext, run y │")
        'No --x.'
    """
    sections: list[list[str]] = [[]]
    for line in box.splitlines():
        text = line.strip("│ ")
        if text.startswith(("╭", "╰")) or not text:
            continue
        if set(text) == {"─"}:
            sections.append([])
        elif not text.startswith("(default:"):
            sections[-1].append(text)
    dropped = ("For full helptext", "Argument helptext")
    kept = [" ".join(section) for section in sections if section]
    return "; ".join(section for section in kept if not section.startswith(dropped))


def _parse(words: Sequence[str]) -> Callable[[], None]:
    """The call that the words ask for, not yet made."""
    said, two = io.StringIO(), " ".join(words[:2])
    try:
        with contextlib.redirect_stderr(said):
            if two in COMMANDS and words[0] in COMMANDS:  # a command with others below it
                call = _deferred(_function(COMMANDS[two]))
                return tyro.cli(call, prog=f"funcorr {two}", args=words[2:])
            return tyro.cli(_parser(), prog="funcorr", description=DESCRIPTION, args=words)
    except SystemExit as stop:
        if not stop.code:
            raise
        message = condense(said.getvalue())
        raise UserError(f"{message} ({_help_command(words)} says what is possible)") from None


def _parser() -> Any:
    """All commands as the nested union that tyro turns into subcommands."""
    commands: list[Any] = []
    groups: dict[str, list[Any]] = {}
    for words, place in COMMANDS.items():
        first, _, second = words.partition(" ")
        if second and first in COMMANDS:
            continue
        call = _deferred(_function(place))
        entry = Annotated[Any, tyro.conf.subcommand(name=second or first, constructor=call)]
        if second:
            groups.setdefault(first, []).append(entry)
        else:
            commands.append(entry)
    commands += [_group(name, entries) for name, entries in groups.items()]
    return Union[tuple(commands)]  # noqa: UP007


def _function(place: str) -> Callable[..., None]:
    module, _, function = place.partition(":")
    found: Callable[..., None] = getattr(import_module(f"funcorr.cli.{module}"), function)
    return found


def _members(group: str) -> str:
    """`` (list, show)`` of a first word that several commands share."""
    members = [words.partition(" ")[2] for words in COMMANDS if words.startswith(f"{group} ")]
    return f" ({', '.join(members)})" if members else ""


def _group(name: str, entries: Sequence[Any]) -> Any:
    alone = Annotated[None, tyro.conf.Suppress]  # a union needs two members
    about = tyro.conf.subcommand(name=name, description=GROUPS[name])
    return Annotated[Union[(*entries, alone)], about]


def _deferred(function: Callable[..., None]) -> Callable[..., Callable[[], None]]:
    """The same signature, but a call that is only prepared: parsing and running stay apart."""
    unwrap(function).__doc__ = CONTINUED.sub(" ", function.__doc__ or "")

    @wraps(function)
    def prepare(*args: Any, **options: Any) -> Callable[[], None]:
        return partial(function, *args, **options)

    return prepare


def _help_command(words: Sequence[str]) -> str:
    depth = next((n for n in (2, 1) if " ".join(words[:n]) in COMMANDS), int(words[0] in GROUPS))
    return " ".join(["funcorr", *words[:depth], "--help"])


if __name__ == "__main__":
    main()
