"""Runs of whole configurations on real images, for the benchmarks of each data set."""

import os
import tempfile
from pathlib import Path

from benchmarks.support.command import PROJECT, FinishedCommand, run_train_pipeline


def folder() -> Path:
    """Returns the folder of public medical images.

    Raises:
        SystemExit: If it is not there.
    """
    found = Path(os.environ.get("MEDIMAGE_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not found.is_dir():
        raise SystemExit(f"There are no real images: {found} does not exist; set MEDIMAGE_TEST_DATA to their folder.")
    return found


def weights() -> Path:
    """Returns ImageNet weights for networks without a hub, which lie beside the images."""
    return folder().parent / "weights" / "mobilenetv2_100_imagenet1001.safetensors"


def run_on_real_images(config: str, data_set: str, *overrides: str) -> FinishedCommand:
    """Runs a configuration on the CPU with MobileNetV2 in a new workspace."""
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as home:
        return run_train_pipeline(
            [
                *("--config", config, "--config", "configs/hardware/cpu.yaml"),
                *("--data.source", "folder", "--data.path", str(folder() / data_set)),
                *("--model.name", "mobilenetv2_100", "--model.weights", str(weights())),
                *overrides,
            ],
            home=Path(home),
        )


def describe(finished: FinishedCommand) -> tuple[str, ...]:
    """Returns lines on how a run ended."""
    if not finished.summary:
        return (f"exit {finished.exit_code}, no summary", *finished.output.splitlines()[-15:])
    metrics = finished.summary["metrics"]
    lines = [
        f"{finished.summary['verdict']} in {finished.seconds / 60:.1f} min, peak {finished.peak_gigabytes:.2f} GB",
        *(f"{name}: {_interval(metrics[name])}" for name in ("accuracy", "balanced_accuracy", "auroc", "ece")),
        *(f"sensitivity of {name}: {_interval(value)}" for name, value in metrics["sensitivity"].items()),
    ]
    return tuple(lines)


def _interval(estimate: dict[str, float]) -> str:
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f}), n = {estimate['n']}"
