"""Whether an exported graph says what was judged."""

import numpy as np
from numpy.typing import NDArray

from medimage.data.pixel_rows import Pixels
from medimage.errors import ExportError
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.export.exported_model import Parity
from medimage.progress import track
from medimage.serving.classifier import open_session
from medimage.serving.cores import available_cores
from medimage.serving.model_metadata import INPUT_NAME, PROBABILITIES

_BATCH = 32


def measure_parity(
    onnx: bytes,
    pixels: Pixels,
    *,
    logits: NDArray[np.float32],
    temperature: float,
    tolerance: float,
) -> Parity:
    """Compares an exported graph with the predictions that were judged, on every image.

    Args:
        onnx: The exported graph.
        pixels: uint8, shape [images, height, width, channels].
        logits: float32, shape [images, classes]: the trained network's answers that were judged, in the same order.
        temperature: Divides the logits before the softmax.
        tolerance: Largest allowed difference of any probability.

    Raises:
        ExportError: If there is no image, a probability differs by more than `tolerance` or is not a number, or
            the two name different classes for any image.
        ValueError: If there are not as many answers as images.
    """
    if len(pixels) == 0:
        raise ExportError("The exported graph cannot be compared with the trained network: there is no test image.")
    if len(logits) != len(pixels):
        raise ValueError(f"Expected one answer for each of {len(pixels)} images but got {len(logits)}")
    session = open_session(onnx, threads=available_cores())
    expected = calibrated_probabilities(logits, temperature)
    max_difference = 0.0
    differing: list[int] = []
    starts = range(0, len(pixels), _BATCH)
    for start in track(starts, description="Comparing the exported graph", total=len(starts)):
        stop = start + _BATCH
        (actual,) = session.run([PROBABILITIES], {INPUT_NAME: np.ascontiguousarray(pixels[start:stop])})
        found = np.asarray(actual, dtype=np.float64)
        difference = float(np.abs(expected[start:stop] - found).max())
        # max() would drop a NaN, which is the worst difference of all.
        max_difference = difference if np.isnan(difference) else max(max_difference, difference)
        if np.isnan(max_difference):
            break
        differing += (start + np.flatnonzero(expected[start:stop].argmax(1) != found.argmax(1))).tolist()
    parity = Parity(
        images=len(pixels),
        max_difference=max_difference,
        tolerance=tolerance,
        identical_decisions=len(pixels) - len(differing),
    )
    if not max_difference <= tolerance:
        raise ExportError(
            f"The exported graph differs from the trained network that was judged: expected every probability within "
            f"{tolerance:g} over {len(pixels)} test images but the largest difference is {max_difference:g}. Raise "
            "export.parity_tolerance only if you know why, or choose another export.opset."
        )
    if differing:
        raise ExportError(
            f"The exported graph decides otherwise than the trained network on {len(differing)} of {len(pixels)} test "
            f"images (the first is number {differing[0]}), though every probability is within {tolerance:g}. "
            "Choose another export.opset, or train again."
        )
    return parity
