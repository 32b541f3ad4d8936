"""Real brain MRI, four classes, two cores: balanced accuracy of at least 0.88 within 20 minutes."""

from benchmarks.support.measurement import Measurement
from benchmarks.support.real_images import describe, run_on_real_images

_MINUTES = 20


def measure() -> Measurement:
    """Runs the brain configuration on the four-class set, on a split that no near-duplicate crosses."""
    finished = run_on_real_images("configs/brain.yaml", "brain4", "--data.classes", "auto")
    within_time = finished.seconds <= 60 * _MINUTES
    value = finished.summary["metrics"]["balanced_accuracy"]["value"] if finished.summary and within_time else 0.0
    return Measurement(
        name="brain4 balanced accuracy",
        measured=value,
        target=0.88,
        unit="share",
        direction="at_least",
        details=describe(finished),
    )
