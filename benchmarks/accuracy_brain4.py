"""Real images of brain4: balanced accuracy on held-out groups of at least 0.94, mean of three seeds."""

from benchmarks.support.held_out_accuracy import measure_recipe
from benchmarks.support.measurement import Measurement


def measure() -> Measurement:
    """Trains the recipe of `benchmarks/recipes/brain4.yaml` on grouped and on leaky splits."""
    return measure_recipe("brain4", target=0.94)
