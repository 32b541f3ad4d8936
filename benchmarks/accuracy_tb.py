"""Real images of tb: balanced accuracy on held-out groups of at least 0.87, mean of three seeds."""

from benchmarks.support.held_out_accuracy import measure_recipe
from benchmarks.support.measurement import Measurement


def measure() -> Measurement:
    """Trains the recipe of `benchmarks/recipes/tb.yaml` on grouped and on leaky splits."""
    return measure_recipe("tb", target=0.87)
