"""Which variant of Mitsuba works on this machine: compiled by LLVM, or plain."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Literal

from funcorr.errors import UserError, require

Variant = Literal["auto", "llvm_ad_rgb", "scalar_rgb"]

LLVM = "DRJIT_LIBLLVM_PATH"
"""Mitsuba's own variable for the place of the LLVM library."""

LIBRARIES = ("/usr/lib/*-linux-gnu/libLLVM-[12][0-9].so", "/usr/lib*/libLLVM.so.[12][0-9]*")
"""Where Linux distributions put LLVM; older ones than 16 end the process, newer ones come first."""

PROBE = """
import mitsuba
mitsuba.set_variant("llvm_ad_rgb")
ball = mitsuba.load_dict({"type": "scene", "a": {"type": "sphere"}, "b": {"type": "constant"}})
assert mitsuba.render(ball, spp=1).array[0] >= 0
"""


def load_mitsuba(variant: Variant = "auto") -> Any:
    """The ``mitsuba`` module, set to a variant that works here; it is one per process.

    Args:
        variant: ``"llvm_ad_rgb"`` is about three times as fast and needs an LLVM library (Debian:
            ``libllvm19``); ``"scalar_rgb"`` works everywhere; ``"auto"`` tries, in a process of its
            own because a wrong LLVM ends the process, and takes the first that works.

    Raises:
        UserError: the package is missing, or ``"llvm_ad_rgb"`` was asked for and does not work.
    """
    mitsuba = require("mitsuba", extra="photoreal")
    wanted = "scalar_rgb"
    if variant != "scalar_rgb":
        library = find_llvm()
        if library is not None:
            os.environ.update({LLVM: library} if library else {})
            wanted = "llvm_ad_rgb"
        elif variant == "llvm_ad_rgb":
            raise UserError(
                f"no LLVM library that Mitsuba works with; install libllvm19, name it in {LLVM}, "
                "or use the variant scalar_rgb"
            )
    if mitsuba.variant() != wanted:
        mitsuba.set_variant(wanted)
    return mitsuba


@cache
def find_llvm() -> str | None:
    """The LLVM library with which Mitsuba renders a ball in a process of its own, or None.

    It is the empty string where Mitsuba finds a good one by itself.
    """
    named = os.environ.get(LLVM)
    tried = [named] if named else [*_installed(), ""]
    return next((path for path in tried if _renders(path)), None)


def _installed() -> list[str]:
    found = [str(path) for pattern in LIBRARIES for path in Path("/").glob(pattern.lstrip("/"))]
    newest_first = sorted(found, key=lambda path: Path(path).name, reverse=True)
    return [path for path in newest_first if not path.endswith(("-14.so", "-15.so"))]


def _renders(library: str) -> bool:
    environment = {**os.environ, **({LLVM: library} if library else {})}
    command = [sys.executable, "-c", PROBE]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
