"""Write ``docs/cli.md``: what the everyday commands say on a terminal of 80 columns.

Run from the root of the repository: ``python scripts/cli_transcript.py``.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path("docs/cli.md")
COMMANDS = (
    "--help",
    "match samples/hammer.png samples/coffee-mug.png --function pound-with",
    "match samples/coffee-mug.png samples/wine-bottle.png --function poor-with",
    "match samples/coffee-mug.png samples/no-such.png --function pour-with",
    "afford samples/coffee-mug.png --action pour --action hold",
    "models",
    "doctor",
    "weights list",
)
INTRODUCTION = """# The commands, as they look

Eighty columns, on a machine that has the weights of the shipped models and every extra.
`scripts/cli_transcript.py` writes this page.
"""


def said(words: str, folder: Path) -> str:
    """Both streams of one command, run beside the samples."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "funcorr", *shlex.split(words)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    text = done.stdout.replace(str(Path.home()), "~")
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join([_prompt(words), *lines])


def _prompt(words: str) -> str:
    """The command as it is typed, broken before an option where it is long."""
    line = f"$ funcorr {words}"
    head, _, rest = line.partition(" --")
    return line if len(line) <= 80 else f"{head} \\\n    --{rest}"


def main() -> None:
    """Run the commands in a folder that holds nothing but the samples."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "samples").symlink_to(Path("samples").absolute())
        blocks = [f"```console\n{said(words, folder)}\n```\n" for words in COMMANDS]
    PAGE.write_text("\n".join([INTRODUCTION, *blocks]), encoding="utf-8")


if __name__ == "__main__":
    main()
