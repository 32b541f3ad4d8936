"""Telling in words how a set of weights differs from what a network needs."""

from collections.abc import Mapping

from torch import Tensor

from medimage.wording import listed

LISTED = 10
"""Entries of each kind that are listed; of the others only the number is told."""


def describe_mismatch(*, expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    """Compares names, shapes and kinds of numbers.

    Counters of BatchNorm (`num_batches_tracked`) may be missing: older files have none, and nothing uses them in
    evaluation or with a fixed momentum.

    Args:
        expected: State of the network; may be on the meta device.
        found: State that is to be loaded.

    Returns:
        Sentences that list what is missing, unexpected, of another shape and not of floating-point type; `None`
        where everything fits.
    """
    missing = [key for key in expected if key not in found and not key.endswith("num_batches_tracked")]
    unexpected = [key for key in found if key not in expected]
    shared = [key for key in expected if key in found]
    shapes = [
        f"{key} (expected {list(expected[key].shape)}, found {list(found[key].shape)})"
        for key in shared
        if expected[key].shape != found[key].shape
    ]
    kinds = [
        f"{key} ({str(found[key].dtype).removeprefix('torch.')})"
        for key in shared
        if expected[key].is_floating_point() and not found[key].is_floating_point()
    ]
    sentences = [
        f"{len(entries)} {title}: {listed(entries, most=LISTED)}."
        for title, entries in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", shapes),
            ("not of floating-point type", kinds),
        )
        if entries
    ]
    return " ".join(sentences) or None
