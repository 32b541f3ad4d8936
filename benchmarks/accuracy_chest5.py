"""Real images of chest5: balanced accuracy on held-out groups of at least 0.90, mean of three seeds."""

from benchmarks.support.held_out_accuracy import measure_recipe
from benchmarks.support.measurement import Measurement


def measure() -> Measurement:
    """Trains the recipe of `benchmarks/recipes/chest5.yaml` on grouped and on leaky splits."""
    return measure_recipe("chest5", target=0.90)
