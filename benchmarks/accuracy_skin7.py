"""Real images of skin7: balanced accuracy on held-out groups of at least 0.72, mean of three seeds."""

from benchmarks.support.held_out_accuracy import measure_recipe
from benchmarks.support.measurement import Measurement


def measure() -> Measurement:
    """Trains the recipe of `benchmarks/recipes/skin7.yaml` on grouped and on leaky splits."""
    return measure_recipe("skin7", target=0.72)
