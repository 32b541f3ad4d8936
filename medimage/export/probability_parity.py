"""Whether an exported file says what was judged."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.errors import ExportError
from medimage.export.agreement import Parity
from medimage.export.judged_answers import JudgedAnswers
from medimage.progress import track

BATCH = 32
"""Images that are compared at a time."""

Answers = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 [images, height, width, channels] → probabilities [images, classes]."""


def compare_probabilities(
    answers: Answers, judged: Sequence[JudgedAnswers], *, tolerance: float, what: str = "graph"
) -> Parity:
    """Compares an exported file with the predictions that were judged, on every image.

    Args:
        answers: Runs the file.
        judged: Images with what the trained network said of them; of an ensemble, those of each fold.
        tolerance: Largest allowed difference of any probability.
        what: Names the file in messages.

    Raises:
        ExportError: If a probability differs by more than `tolerance` or is not a number, or the two name different
            classes for any image.
    """
    images = sum(len(part.pixels) for part in judged)
    max_difference = 0.0
    differing: list[int] = []
    batches = sum(-(-len(part.pixels) // BATCH) for part in judged)
    described = track(_batches(judged), description=f"Comparing the exported {what}", total=batches)
    for number, (pixels, expected) in described:
        found = np.asarray(answers(pixels), dtype=np.float64)
        difference = float(np.abs(expected - found).max())
        # max() would drop a NaN, which is the worst difference of all.
        max_difference = difference if np.isnan(difference) else max(max_difference, difference)
        if np.isnan(max_difference):
            break
        differing += (number + np.flatnonzero(expected.argmax(1) != found.argmax(1))).tolist()
    parity = Parity(
        images=images,
        max_difference=max_difference,
        tolerance=tolerance,
        identical_decisions=images - len(differing),
    )
    if not max_difference <= tolerance:
        raise ExportError(
            f"The exported {what} differs from the trained network that was judged: expected every probability within "
            f"{tolerance:g} over {images} test images but the largest difference is {max_difference:g}. Raise "
            "export.parity_tolerance only if you know why, or choose another export.opset."
        )
    if differing:
        raise ExportError(
            f"The exported {what} decides otherwise than the trained network on {len(differing)} of {images} test "
            f"images (the first is number {differing[0]}), though every probability is within {tolerance:g}. "
            "Choose another export.opset, or train again."
        )
    return parity


def _batches(judged: Sequence[JudgedAnswers]) -> Iterator[tuple[int, tuple[NDArray[np.uint8], NDArray[np.float64]]]]:
    """Yields pixels and expected probabilities, with the number of the first image among all."""
    before = 0
    for part in judged:
        expected = part.probabilities()
        for start in range(0, len(expected), BATCH):
            pixels = np.ascontiguousarray(part.pixels[start : start + BATCH])
            yield before + start, (pixels, expected[start : start + BATCH])
        before += len(expected)
