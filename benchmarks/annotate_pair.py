"""How long a pair takes in the 3D annotator: a script works its page in a browser.

    python benchmarks/annotate_pair.py

Two pairs of a mug and a kettle for pour-with: with functional frames, where the start is right, and
without, where both boxes are set by number, laid on each other and turned. After every action the
script waits until the alignment is on the disk, which is what a person would wait for at the most.
The time of a person's hand and head is added by the keystroke-level model (Card, Moran and Newell
1980): 0.2 s a key or click, 1.1 s to point, 0.4 s from mouse to keyboard, 1.35 s to make up one's
mind. Looking at the objects is not in it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matching import processor
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import WEBGL, chromium, served, visited  # type: ignore[import-not-found]

KEY, POINT, HOME, THINK = 0.2, 1.1, 0.4, 1.35
PORT, SETTLED, LATEST = 8377, 4000, 15.0


@dataclass(frozen=True)
class Action:
    """One thing that a person does on the page.

    Attributes:
        words: what it is.
        act: does it.
        hand: seconds of a person, by the keystroke-level model.
    """

    words: str
    act: Callable[[Any], None]
    hand: float


def press(key: str) -> Action:
    """A hotkey, after a thought."""
    return Action(f"key {key.upper()}", lambda page: page.keyboard.press(key), THINK + KEY)


def button(words: str) -> Action:
    """A button of the panel."""
    return Action(
        f"button {words}", lambda page: page.get_by_text(words).click(), THINK + POINT + KEY
    )


def fill(label: str, number: int, place: int, text: str) -> Action:
    """A number is typed into a field.

    Args:
        label: of the field's row.
        number: which of the rows with that label, from 1.
        place: 1, 2, 3 for x, y, z.
        text: what is typed.
    """
    row = f"(//*[normalize-space(text())='{label}'])[{number}]"

    def act(page: Any) -> None:
        box = page.locator(f"xpath={row}/following::input[{place}]")
        box.fill(text)
        box.press("Tab")

    hand = THINK + POINT + 2 * KEY + HOME + KEY * (len(text) + 1)
    return Action(f"{label} {number} = {text}", act, hand)


WITH_FRAMES = (press("y"),)
WITHOUT = (
    fill("Middle", 1, 3, "0.4"),
    fill("Size", 1, 3, "0.1"),
    fill("Middle", 2, 3, "0.4"),
    fill("Size", 2, 3, "0.1"),
    button("Box [X]"),
    press("t"),
    press("t"),
    press("y"),
)


def work(frames: bool, actions: Sequence[Action], folder: Path) -> list[float]:
    """Seconds until the page has answered each action."""
    from funcorr.assets.store import write_asset
    from funcorr_forge import forge_asset

    for name in ("mug", "kettle"):
        asset = forge_asset(name, 0)
        bare = asset if frames else replace(asset, frames={}, parts={})
        write_asset(bare, folder / "assets")
    words: list[object] = ["annotate", "alignments", folder / "assets", "--function", "pour-with"]
    words += ["--out", folder / "a.json", "--port", PORT]
    with (
        served(words, folder / "log") as (address, _),
        chromium(*WEBGL) as browser,
        visited(browser, address) as page,
    ):
        page.get_by_text("Pair 1 of 1").wait_for()
        page.wait_for_timeout(SETTLED)
        page.mouse.click(400, 40)  # a person looks first, and has clicked into the window
        return [answer(page, action, folder) for action in actions]


def answer(page: Any, action: Action, folder: Path) -> float:
    """Do something, and wait until it is saved."""
    before, start = saved(folder), time.perf_counter()
    action.act(page)
    while saved(folder) == before:
        if time.perf_counter() - start > LATEST:
            raise RuntimeError(f"nothing was saved after: {action.words}")
        time.sleep(0.005)
    return time.perf_counter() - start


def saved(folder: Path) -> tuple[bytes, ...]:
    """What the annotator has written so far."""
    return tuple(path.read_bytes() for path in sorted(folder.glob("a.*json")))


def main() -> None:
    """Print the table."""
    title = f"one pair, {processor()}"
    columns = ("", "clicks and keys", "page s", "slowest s", "hand and head s", "together s")
    table = Table(*columns, title=title)
    for name, frames, actions in (
        ("with frames", True, WITH_FRAMES),
        ("without, by number", False, WITHOUT),
    ):
        with tempfile.TemporaryDirectory() as folder:
            waits = work(frames, actions, Path(folder))
        hand = sum(action.hand for action in actions)
        numbers = (sum(waits), max(waits), hand, sum(waits) + hand)
        table.add_row(name, str(len(actions)), *(f"{number:.1f}" for number in numbers))
    Console().print(table)


if __name__ == "__main__":
    main()
