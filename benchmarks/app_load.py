"""Many visitors at once on the page of ``funcorr app``, with good and bad uploads.

    python benchmarks/app_load.py --seconds 300

The server runs in a process of its own, on the loopback address only. Each visitor loops: two
uploads, a match, a click; every third time something bad (a text file, a zip bomb, a file above
the limit, no function). Every answer has to be a result or a clear message.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import tyro
from matching import processor
from rich.console import Console
from rich.table import Table

SAMPLES = Path(__file__).parents[1] / "samples"
PAIRS = (("coffee-mug", "wine-bottle"), ("espresso-kettle", "soap-bottle"), ("spoon", "shovel"))
FUNCTIONS = ("pour-with", "scoop-with", "lift-with")
CLEAR = (
    "not an image",
    "pixels; expected",
    "unusable function",
    "send a smaller file",
    "maximum allowed size",
)
PATIENCE = 300.0


class Tally:
    """What happened, from all threads."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.waits: list[float] = []
        self.unclear: list[str] = []
        self.health: list[float] = []
        self.memory: list[float] = []
        self.files: list[int] = []


class Visitor:
    """One browser's worth of requests, over the page's own protocol."""

    def __init__(self, address: str, tally: Tally) -> None:
        self.http = httpx.Client(base_url=address, timeout=PATIENCE)
        self.key, self.tally = uuid.uuid4().hex[:10], tally
        config = self.http.get("/config").json()
        self.ids = {
            c["props"]["elem_id"]: c["id"]
            for c in config["components"]
            if c["props"].get("elem_id")
        }
        self.events = {
            (target[0], target[1]): d["id"]
            for d in config["dependencies"]
            for target in d["targets"]
        }

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Send a file; an answer that refuses it comes back as an error."""
        answer = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        if answer.status_code != 200:
            return {"error": answer.text}
        meta = {"_type": "gradio.FileData"}
        return {"path": answer.json()[0], "orig_name": name, "meta": meta}

    def call(self, element: str, event: str, data: list[Any], click: Any = None) -> dict[str, Any]:
        """What the page shows after an event."""
        body = {
            "data": data,
            "fn_index": self.events[self.ids[element], event],
            "session_hash": self.key,
            "event_data": click,
        }
        self.http.post("/gradio_api/queue/join", json=body).raise_for_status()
        address = f"/gradio_api/queue/data?session_hash={self.key}"
        output = None
        with self.http.stream("GET", address) as stream:
            for line in stream.iter_lines():  # to its end, as the page does
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    output = dict(message["output"])
        if output is None:
            raise RuntimeError(f"the answer ended early: {message}")
        return output

    def visit(self, number: int) -> None:
        """One good round, or a bad one."""
        first, second = PAIRS[number % len(PAIRS)]
        content = (SAMPLES / f"{first}.png").read_bytes()
        if number % 3 == 2:
            self.bad(number // 3, content)
            return
        uploads = [
            self.upload(f"{name}.png", (SAMPLES / f"{name}.png").read_bytes())
            for name in (first, second)
        ]
        started = time.monotonic()
        function = FUNCTIONS[number % len(FUNCTIONS)]
        self.note("match", self.call("match", "click", [*uploads, function, "Best matches"]))
        self.tally.waits.append(time.monotonic() - started)
        click = {"index": [200, 150], "value": None}
        self.note("click", self.call("view1", "select", ["Best matches"], click))

    def bad(self, number: int, good: bytes) -> None:
        """A text file, a zip bomb, a file above the limit, no function: one after the other."""
        kind = number % 4
        if kind == 3:
            upload = self.upload("a.png", good)
            answer = self.call("match", "click", [upload, upload, "no!", "Photos"])
            self.note("bad function", answer)
            return
        name, content = (
            ("note.png", b"not an image"),
            ("bomb.png", zip_bomb(12_000)),
            ("large.png", good + bytes(25_000_000)),
        )[kind]
        answer = upload = self.upload(name, content)
        if "error" not in upload:
            answer = self.call("object1-upload", "change", [upload])
        self.note(f"bad {name}", answer)

    def note(self, what: str, answer: dict[str, Any]) -> None:
        """Count an answer; what is neither a result nor a clear message is kept in words."""
        words = json.dumps(answer)
        clear = any(sign in words for sign in CLEAR)
        failed = bool(answer.get("error")) or answer.get("success") is False
        good = clear if what.startswith("bad") else not failed
        self.tally.outcomes[f"{what}: {'as it should be' if good else 'UNCLEAR'}"] += 1
        if not good:
            self.tally.unclear.append(f"{what}: {words[:300]}")


def zip_bomb(side: int) -> bytes:
    """A PNG of side x side pixels in a few kilobytes."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side * (side // 8 + 1)), 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def keep_visiting(address: str, tally: Tally, until: float, seed: int) -> None:
    """One user's loop; what breaks is counted, not raised."""
    try:
        visitor = Visitor(address, tally)
        number = seed
        while time.monotonic() < until:
            visitor.visit(number)
            number += 1
    except Exception as error:
        tally.outcomes["broken off"] += 1
        tally.unclear.append(f"{type(error).__name__}: {error}")


def watch(address: str, process: int, folder: Path, tally: Tally, until: float) -> None:
    """Once a second: health check, memory, files."""
    while time.monotonic() < until:
        started = time.monotonic()
        httpx.get(f"{address}/health", timeout=PATIENCE).raise_for_status()
        tally.health.append(time.monotonic() - started)
        status = Path(f"/proc/{process}/status").read_text()
        tally.memory.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
        tally.files.append(sum(path.is_file() for path in folder.rglob("*")))
        time.sleep(1)


def main(seconds: float = 300.0, users: int = 20, model: str = "funcorr-small") -> None:
    """Print the table.

    Args:
        seconds: how long the visitors come.
        users: how many at once.
        model: row name or folder.
    """
    tally = Tally()
    with contextlib.ExitStack() as outside:
        name = outside.enter_context(tempfile.TemporaryDirectory())
        folder = Path(name)
        words = [sys.executable, "-m", "funcorr", "app", "--port", "0", "--model", model]
        log = outside.enter_context(tempfile.TemporaryFile("w+"))
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "TMPDIR": name},
        )
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        until = time.monotonic() + seconds
        work = [
            threading.Thread(target=keep_visiting, args=(address, tally, until, seed))
            for seed in range(users)
        ]
        work.append(
            threading.Thread(target=watch, args=(address, process.pid, folder, tally, until))
        )
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        process.terminate()
        process.wait(timeout=60)
        left = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        log.seek(0)
        failures = log.read().count("Traceback")
    title = f"{model}, {users} visitors, {seconds:.0f} s, {processor()}"
    report(title, tally, left, failures)


def report(title: str, tally: Tally, left: list[str], failures: int) -> None:
    """The table, and every unclear answer in words."""
    table = Table("", "", title=title)
    for what, count in sorted(tally.outcomes.items()):
        table.add_row(what, str(count))
    if tally.waits:
        waits = sorted(tally.waits)
        table.add_row("match, median s", f"{statistics.median(waits):.2f}")
        table.add_row("match, slowest s", f"{waits[-1]:.2f}")
    table.add_row("health checks", str(len(tally.health)))
    table.add_row("health check, slowest s", f"{max(tally.health):.2f}")
    third = max(len(tally.memory) // 3, 1)
    for number, words in enumerate(("first", "second", "last")):
        part = tally.memory[number * third : (number + 1) * third] or tally.memory[-1:]
        table.add_row(f"memory MB, {words} third", f"{max(part):.0f}")
    table.add_row("files, most", str(max(tally.files)))
    table.add_row("files and folders after the end", ", ".join(left) or "none")
    table.add_row("tracebacks on the server's terminal", str(failures))
    Console().print(table)
    for words in tally.unclear[:20]:
        print(words)


if __name__ == "__main__":
    tyro.cli(main)
