"""The device that computes, and the arithmetic it computes in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, cast

import torch

from medimage.config.training import DeviceName, PrecisionName
from medimage.errors import ConfigurationError

Precision = Literal["fp32", "bf16", "fp16"]

_AUTOCAST_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_device(name: DeviceName) -> torch.device:
    """Returns the device to compute on.

    Args:
        name: Section `training.device`; `auto` takes an accelerator if there is one.

    Raises:
        ConfigurationError: If the device is not there.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, present in available.items() if present))
    if not available[name]:
        present = [kind for kind, here in available.items() if here]
        raise ConfigurationError(
            f"training.device is {name!r} but PyTorch finds no such device here, only {present}. "
            "Set training.device: auto, or check the driver."
        )
    return torch.device(name)


def resolve_precision(setting: PrecisionName, *, device: torch.device) -> Precision:
    """Returns the arithmetic of the forward pass.

    Args:
        setting: Section `training.precision`; `auto` is bf16 where the device has instructions for it. Elsewhere bf16
            is emulated, slower than fp32.
        device: Device to compute on.
    """
    if setting != "auto":
        return setting
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"
    return "fp32"


def widest_float(device: torch.device) -> torch.dtype:
    """Returns the type of numbers to add up many of on a device: float64, but Apple's MPS has float32 alone."""
    return torch.float32 if device.type == "mps" else torch.float64


def mixed_precision(precision: Precision, *, device: torch.device) -> AbstractContextManager[object]:
    """Returns the context in which matrix products and convolutions use `precision`; weights stay float32."""
    if precision == "fp32":
        return torch.autocast(device.type, enabled=False)
    return torch.autocast(device.type, dtype=_AUTOCAST_TYPES[precision])


@contextmanager
def exact_float32() -> Iterator[None]:
    """Computes products of float32 in float32 on NVIDIA GPUs too, and gives back the settings that were there.

    PyTorch's default for convolutions there is TF32, which keeps 10 bits of each factor's 23: differences of 1e-3 in
    the logits, more than an exported graph is allowed.
    """
    # PyTorch hides the second one from type checkers: it replaces its own module when it is imported.
    settings = (torch.backends.cuda.matmul, cast(Any, torch.backends.cudnn).conv)
    before = [setting.fp32_precision for setting in settings]
    try:
        for setting in settings:
            setting.fp32_precision = "ieee"
        yield
    finally:
        for setting, precision in zip(settings, before, strict=True):
            setting.fp32_precision = precision
