"""Shared fixtures: the command in this process, and two small pictures of objects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image, ImageDraw

settings.register_profile("patient", deadline=None)  # first imports and busy machines take long
settings.load_profile("patient")

if "PYTEST_XDIST_WORKER" in os.environ:  # the workers share the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def is_refusal(self) -> bool:
        """One line on stderr, exit code 2, nothing on stdout."""
        one_line = self.err.startswith("error: ") and self.err.count("\n") == 1
        return self.code == 2 and one_line and self.out == ""


@pytest.fixture(autouse=True)
def no_networks(monkeypatch):
    """Masks do not depend on the weights that happen to be on this machine."""
    from funcorr.segmentation import networks

    for name in ("u2net_if_here", "trunk_if_here"):
        monkeypatch.setattr(networks, name, lambda: None)
    monkeypatch.setattr(networks, "INSTALLED", ())


@pytest.fixture
def funcorr_command(capsys, monkeypatch):
    """Runs ``funcorr WORDS...`` and returns exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words) -> Outcome:
        from funcorr.cli.main import main

        code = 0
        try:
            main([str(word) for word in words])
        except SystemExit as stop:
            code = stop.code or 0
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def scene(tmp_path) -> Path:
    """A folder with a.png and b.png (objects on white) and mask_a.png."""
    for name, box in (("a", (8, 10, 30, 34)), ("b", (14, 6, 44, 30))):
        image = Image.new("RGB", (52, 40), "white")
        ImageDraw.Draw(image).ellipse(box, fill=(30, 90, 160))
        image.save(tmp_path / f"{name}.png")
    mask = np.zeros((40, 52), np.uint8)
    mask[12:30, 10:28] = 255
    Image.fromarray(mask).save(tmp_path / "mask_a.png")
    return tmp_path
