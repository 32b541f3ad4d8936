"""Real chest X-rays, five classes, two cores: the lung configuration runs to a verdict within 20 minutes."""

from benchmarks.support.measurement import Measurement
from benchmarks.support.real_images import describe, run_on_real_images


def measure() -> Measurement:
    """Runs the lung configuration on the five-class set."""
    finished = run_on_real_images("configs/lung.yaml", "chest5")
    return Measurement(
        name="chest5 to a verdict",
        measured=finished.seconds / 60 if finished.summary else float("inf"),
        target=20,
        unit="min",
        direction="at_most",
        details=describe(finished),
    )
