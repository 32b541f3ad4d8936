"""timm, loaded without Weights & Biases.

Where that package is installed, timm loads it for a log that only its own training script writes. This takes seconds,
more than timm itself does, and more still in a run, where pydantic searches all loaded modules for each of its classes.
Everything else imports timm from here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def _as_if_not_installed(package: str) -> Iterator[None]:
    if package in sys.modules:
        yield
        return
    # Python's own word for a package that is not to be found. Its type is not that of what is there otherwise.
    cast(dict[str, Any], sys.modules)[package] = None
    try:
        yield
    finally:
        del sys.modules[package]


with _as_if_not_installed("wandb"):
    import timm
    from timm.layers.conv2d_same import Conv2dSame
    from timm.layers.norm_act import BatchNormAct2d
    from timm.models._manipulate import group_with_matcher
    from timm.utils.model_ema import ModelEmaV3

__all__ = ["BatchNormAct2d", "Conv2dSame", "ModelEmaV3", "group_with_matcher", "timm"]
