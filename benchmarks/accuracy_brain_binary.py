"""Real images of brain_binary: balanced accuracy on held-out groups of at least 0.92, mean of three seeds."""

from benchmarks.support.held_out_accuracy import measure_recipe
from benchmarks.support.measurement import Measurement


def measure() -> Measurement:
    """Trains the recipe of `benchmarks/recipes/brain_binary.yaml` on grouped and on leaky splits."""
    return measure_recipe("brain_binary", target=0.92)
