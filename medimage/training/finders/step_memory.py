"""How much memory a training step takes on a CPU: measured in a process of its own, in small batches.

There, memory that ran out would end the process without a word, so larger batches are worked out from smaller ones.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import TrainingError
from medimage.models.build import build_network
from medimage.models.device import Precision
from medimage.models.trained_model import ModelSpec
from medimage.training.determinism import reproducible
from medimage.training.finders.trial import TRIAL_BATCHES, try_steps

SIZES: Final = (2, 8)
"""Images per batch that are tried. Further apart, the measurement would be surer, and take longer."""

_CPU: Final = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class StepMemory:
    """What a training step takes, beside what the process takes without it.

    Attributes:
        fixed_bytes: Weights, gradients, moments and buffers, whatever the batch.
        bytes_per_image: What each image of a batch adds.
    """

    fixed_bytes: float
    bytes_per_image: float

    def needed(self, batch_size: int) -> float:
        """Returns the bytes that a step with so many images takes."""
        return self.fixed_bytes + self.bytes_per_image * batch_size


def measure_step_memory(
    spec: ModelSpec, *, config: StageConfig, training: TrainingConfig, precision: Precision
) -> StepMemory:
    """Lays a straight line through the peaks of two small steps.

    Args:
        spec: The network.
        config: Recipe of the stage, with learning rates as numbers.
        training: Recipe of both stages.
        precision: Arithmetic of the forward pass.

    Raises:
        TrainingError: If not even these steps can be run.
    """
    small, large = measure_peaks(spec, config=config, training=training, precision=precision, sizes=SIZES)
    per_image = max((large - small) / (SIZES[1] - SIZES[0]), 0.0)
    return StepMemory(fixed_bytes=max(small - per_image * SIZES[0], 0.0), bytes_per_image=per_image)


def measure_peaks(
    spec: ModelSpec, *, config: StageConfig, training: TrainingConfig, precision: Precision, sizes: Sequence[int]
) -> list[int]:
    """Runs steps in a process of its own, whose peak no earlier work has raised.

    Args:
        spec: The network.
        config: Recipe of the stage, with learning rates as numbers.
        training: Recipe of both stages.
        precision: Arithmetic of the forward pass.
        sizes: Images per batch, rising.

    Returns:
        The bytes that steps of each size took, beside what the process took before.

    Raises:
        TrainingError: If they cannot be run.
    """
    order = {
        "spec": spec.to_dict(),
        "config": config.model_dump(mode="json"),
        "training": training.model_dump(mode="json"),
        "precision": precision,
        "threads": torch.get_num_threads(),
        "sizes": list(sizes),
    }
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-m", __name__], input=json.dumps(order), capture_output=True, text=True, check=False
    )
    if finished.returncode != 0:
        told = finished.stderr.strip().splitlines()
        raise TrainingError(
            f"training.batch_size is auto, but steps with {' and '.join(map(str, sizes))} images of {spec.name} at "
            f"{spec.input_size} px could not be tried (exit code {finished.returncode}"
            f"{f': {told[-1]}' if told else '; memory ran out'}). Set training.batch_size to a number, or choose a "
            "smaller model or model.input_size."
        )
    before, *peaks = json.loads(finished.stdout)
    return [peak - before for peak in peaks]


def _measure(order: dict[str, Any]) -> list[int]:
    """Returns the peak of this process in bytes: before anything, and after the steps of each size."""
    torch.set_num_threads(order["threads"])
    training = TrainingConfig.model_validate_json(json.dumps(order["training"]))
    peaks = [_peak_bytes()]
    network = build_network(ModelSpec.from_dict(order["spec"]), seed=0)
    for size in order["sizes"]:
        with reproducible(0, device=_CPU, deterministic=training.deterministic):
            try_steps(
                network,
                _noise(network.spec, images=size * TRIAL_BATCHES),
                config=StageConfig.model_validate_json(json.dumps(order["config"])),
                training=training,
                batch_size=size,
                device=_CPU,
                precision=order["precision"],
            )
        peaks.append(_peak_bytes())
    return peaks


def _noise(spec: ModelSpec, *, images: int) -> LabelledPixels:
    shape = (images, spec.input_size, spec.input_size, spec.channels)
    names = tuple(map(str, range(images)))
    return LabelledPixels(
        image_ids=names,
        groups=names,
        pixels=np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8),
        labels=np.arange(images) % len(spec.classes),
        classes=spec.classes,
    )


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.is_file():
        # Not `getrusage`, which on Linux starts from the peak of the process that started this one.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure(json.load(sys.stdin))))
