"""What the package promises before anything is computed."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import funcorr
from funcorr.images import resize_points

HEAVY = {"torch", "transformers", "scipy", "skimage", "trimesh", "onnx", "huggingface_hub"}


def modules_after(code: str) -> set[str]:
    report = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_importing_the_package_imports_nothing_heavy():
    assert not modules_after("import funcorr") & (HEAVY | {"numpy", "PIL", "rich", "tyro"})


def test_help_imports_nothing_heavy():
    code = "from funcorr.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not modules_after(code) & HEAVY


def test_a_match_needs_no_model_zoo():
    """They take longer to import than a match takes."""
    code = "import funcorr\nm = funcorr.load_model(device='cpu')\n"
    code += "m.match('samples/coffee-mug.png', 'samples/wine-bottle.png', 'any words').top()"
    zoo = {"transformers", "torch._dynamo", "matplotlib"}
    assert not modules_after(code) & zoo


def test_the_package_is_typed_and_its_names_resolve():
    assert files("funcorr").joinpath("py.typed").is_file()
    assert all(getattr(funcorr, name) is not None for name in funcorr.__all__)
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        funcorr.colour  # noqa: B018


def test_a_wrong_shape_is_caught_in_the_tests():
    assert resize_points(np.zeros((4, 2)), 2.0).shape == (4, 2)
    with pytest.raises(TypeCheckError):
        resize_points(np.zeros((4, 3)), 2.0)


def test_only_public_names_are_listed():
    assert dir(funcorr) == sorted([*funcorr.__all__, "__version__"])
    assert all(hasattr(funcorr, name) for name in dir(funcorr))
