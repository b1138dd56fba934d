"""A device that is not there, for tests that every tensor of a run is on the run's device.

Its tensors say that they are on ``meta`` and compute on the processor. As on a GPU, an operation
takes no tensor from elsewhere, but for a plain number, an index, or what is copied over.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.accelerators import CPUAccelerator
from lightning_fabric.plugins import MixedPrecision
from lightning_fabric.strategies import SingleDeviceStrategy
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map_only

DEVICE = torch.device("meta")
aten = torch.ops.aten
COPIES = (aten._to_copy.default, aten.copy_.default)
INDEXED = (aten.index.Tensor, aten.index_put_.default, aten.index_put.default)


class Placed(torch.Tensor):
    """A tensor on the device, around one of the processor."""

    inner: torch.Tensor
    is_meta = False

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> Placed:
        placed = torch.Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
        )
        placed.inner = inner
        return placed

    def __repr__(self, **_: Any) -> str:
        return f"Placed({self.inner})"

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), kwargs=None):
        return compute(function, args, kwargs or {})


class StandIn(TorchDispatchMode):
    """While it is on, tensors can be moved to the device and made on it."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        return compute(function, args, kwargs or {})


class Numbers(TorchFunctionMode):
    """Given numbers and indices, which torch brings to ``meta`` without their values."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if function is torch.tensor and kwargs.get("device") is not None:
            return function(*args, **kwargs | {"device": "cpu"}).to(kwargs["device"])
        if function is torch.Tensor.__getitem__ and isinstance(args[1], list):
            return args[0][torch.tensor(args[1])]
        return function(*args, **kwargs)


@contextmanager
def stand_in():
    """Make the device, and autocast on it: it rounds nothing, but must be of the device's kind."""
    with pytest.MonkeyPatch.context() as patch, Numbers(), StandIn():
        patch.setattr(torch, "autocast", autocast)
        yield


@contextmanager
def autocast(kind, dtype=None, enabled=True):
    assert kind == DEVICE.type, f"autocast for {kind} on {DEVICE}"
    yield


class Accelerator(CPUAccelerator):
    def setup_device(self, device):
        assert device == DEVICE


class Unrounded(MixedPrecision):
    def convert_input(self, data):
        return data


def make_fabric(precision: str, devices: int = 1) -> Fabric:
    """Of the device; as :func:`funcorr.train.trainer.make_fabric` makes it of others."""
    assert devices == 1
    strategy = SingleDeviceStrategy(DEVICE, Accelerator())
    plugins = [Unrounded("bf16-mixed", DEVICE.type)] if precision == "bf16" else []
    return Fabric(strategy=strategy, plugins=plugins)


def compute(function, args, kwargs):
    """Run an operation where its operands are."""
    operands = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
    placed = any(isinstance(each, Placed) for each in operands)
    assert not any(each.device == DEVICE and type(each) is torch.Tensor for each in operands)
    if placed and function not in COPIES:
        foreign = operands[:1] if function in INDEXED else operands
        plain = [each for each in foreign if not isinstance(each, Placed) and each.ndim > 0]
        assert not plain, f"{function} of tensors on {DEVICE} and on {plain[0].device}"
    there = placed
    if kwargs.get("device") is not None:
        there = torch.device(kwargs["device"]) == DEVICE
        kwargs = kwargs | {"device": "cpu"}
    elif function is aten.copy_.default:
        there = isinstance(args[0], Placed)
    inside = tree_map_only(Placed, lambda each: each.inner, (args, kwargs))
    out = function(*inside[0], **inside[1])
    if not there:
        return out
    out = tree_map_only(torch.Tensor, Placed, out)
    return return_and_correct_aliasing(function, args, kwargs, out) if placed else out
