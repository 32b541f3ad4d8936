import importlib.util
import subprocess
import sys

import pytest

LOADED = """
import sys
from medimage.models.timm_library import timm
print("wandb" in sys.modules, timm.is_model("resnet18"))
import wandb
print(wandb.__name__)
"""
LOADED_BEFORE = """
import wandb
import medimage.models.timm_library
import sys
print(sys.modules["wandb"] is wandb)
"""


def printed(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


needs_wandb = pytest.mark.skipif(importlib.util.find_spec("wandb") is None, reason="wandb is not installed")


@needs_wandb
def test_timm_does_not_load_weights_and_biases_which_can_be_loaded_all_the_same() -> None:
    assert printed(LOADED) == ["False", "True", "wandb"]


@needs_wandb
def test_weights_and_biases_loaded_before_stays_as_it_is() -> None:
    assert printed(LOADED_BEFORE) == ["True"]
