"""A page of funcorr in the system's chromium: served by a process of its own, errors collected."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60_000
"""Milliseconds; busy machines take long."""

NOISE = ("Method not implemented.", "[vite]", "net::ERR_FILE_NOT_FOUND", "during WebGPU creation")
"""What the scripts of gradio and viser say on the console; scenes fall back on WebGL."""

AWAKE = "body[data-ready]"
"""What a page of gradio shows once it hears clicks."""

PLAIN = ("--disable-gpu",)
WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


FAINT = """() => {
  const channel = v => v <= 10 ? v / 3294 : ((v / 255 + 0.055) / 1.055) ** 2.4
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2])
  const parsed = text => [...text.match(/[\\d.]+/g).map(Number), 1].slice(0, 4)
  const over = (c, ground) => [0, 1, 2].map(i => c[i] * c[3] + ground[i] * (1 - c[3]))
  const above = node => node ? [node, ...above(node.parentElement)] : []
  const ground = node => above(node).map(n => parsed(getComputedStyle(n).backgroundColor))
    .reduceRight((below, c) => over(c, below), [255, 255, 255])
  const contrast = (color, node) => {
    const below = ground(node), faded = [...color]
    above(node).forEach(n => faded[3] *= Number(getComputedStyle(n).opacity))
    const [a, b] = [light(over(faded, below)), light(below)].sort((x, y) => x - y)
    return (b + 0.05) / (a + 0.05)
  }
  const faint = []
  for (const node of document.querySelectorAll('body *')) {
    const words = [...node.childNodes].filter(n => n.nodeType == 3).map(n => n.textContent).join('')
    const said = words.trim() || node.placeholder
    const style = getComputedStyle(node, words.trim() ? null : '::placeholder')
    const size = parseFloat(style.fontSize), least = size >= 24 ? 3 : 4.5
    if (said && node.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
        && !['SCRIPT', 'STYLE'].includes(node.tagName)
        && contrast(parsed(style.color), node) < least) faint.push(said)
  }
  return faint
}"""
"""The words on a page whose contrast is below that of WCAG 2, level AA: 4.5, large ones 3."""


@contextmanager
def served(
    words: Sequence[str], log: Path, folder: Path | None = None
) -> Iterator[tuple[str, subprocess.Popen]]:
    """Runs ``funcorr WORDS`` in a folder; gives the address that it prints, and the process."""
    command = [sys.executable, "-m", "funcorr", *map(str, words)]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder
        )
        try:
            line = process.stdout.readline()
            assert line.startswith("http://"), log.read_text()
            yield line.split()[0], process
        finally:
            process.terminate()
            process.wait(timeout=300)
            process.stdout.close()


@contextmanager
def chromium(*arguments: str) -> Iterator[Any]:
    """The system's browser, without a window; 3D pages need the arguments :data:`WEBGL`."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "the browser tests need chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        options = {"executable_path": program, "args": ["--no-sandbox", *(arguments or PLAIN)]}
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@contextmanager
def visited(
    browser: Any, address: str, width: int = 1280, height: int = 800, ready: str = "body"
) -> Iterator[Any]:
    """A visitor's page. At the end its console holds no errors, and nothing came from elsewhere."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    host = urlsplit(address).netloc

    def heard(message: Any) -> None:
        if message.type == "error" and not any(noise in message.text for noise in NOISE):
            wrong.append(message.text)

    def asked(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme.startswith("http") and parts.netloc != host:
            wrong.append(f"fetched from elsewhere: {request.url}")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", asked)
    try:
        page.goto(address)
        page.wait_for_selector(ready)
        yield page
    finally:
        context.close()
    assert not wrong, wrong


def upload(page: Any, element: str, path: Path) -> None:
    """Chooses a file for the input of an element."""
    page.set_input_files(f"#{element} input[type=file]", path)


def says(page: Any, element: str, words: str) -> None:
    """Waits until an element shows the words."""
    page.locator(f"#{element}", has_text=words).wait_for()
