"""Whether an exported graph says what the trained network says."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimage.errors import ExportError
from medimage.export.exported_model import Parity
from medimage.export.onnx_graph import INPUT_NAME
from medimage.serving.classifier import available_cores, open_session

_BATCH = 32


def measure_parity(
    onnx: bytes, network: nn.Module, pixels: NDArray[np.uint8], temperature: float, *, tolerance: float
) -> Parity:
    """Compares an exported graph with the network it was made from, on every image given.

    Args:
        onnx: The exported graph.
        network: The trained network in evaluation mode: uint8 [batch, height, width, channels] to logits.
        pixels: uint8, shape [images, height, width, channels].
        temperature: Divides the network's logits before the softmax.
        tolerance: Largest allowed difference of any probability.

    Raises:
        ExportError: If there is no image, a probability differs by more than `tolerance` or is not a number, or
            the two name different classes for any image.
    """
    if len(pixels) == 0:
        raise ExportError("The exported graph cannot be compared with the trained network: there is no test image.")
    session = open_session(onnx, threads=available_cores())
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    max_difference = 0.0
    differing: list[int] = []
    for start in range(0, len(pixels), _BATCH):
        # A copy, because PyTorch refuses to promise not to write to a read-only memory map.
        batch = np.array(pixels[start : start + _BATCH])
        with torch.inference_mode():
            logits = network(torch.from_numpy(batch).to(device)).double().cpu()
        expected = torch.softmax(logits / temperature, dim=1).numpy()
        (actual,) = session.run(["probabilities"], {INPUT_NAME: batch})
        difference = float(np.abs(expected - np.asarray(actual, dtype=np.float64)).max())
        # max() would drop a NaN, which is the worst difference of all.
        max_difference = difference if np.isnan(difference) else max(max_difference, difference)
        if np.isnan(max_difference):
            break
        differing += (start + np.flatnonzero(expected.argmax(1) != np.asarray(actual).argmax(1))).tolist()
    parity = Parity(
        images=len(pixels),
        max_difference=max_difference,
        tolerance=tolerance,
        identical_decisions=len(pixels) - len(differing),
    )
    if not max_difference <= tolerance:
        raise ExportError(
            f"The exported graph differs from the trained network: expected every probability within {tolerance:g} "
            f"over {len(pixels)} test images but the largest difference is {max_difference:g}. Raise "
            "export.parity_tolerance only if you know why, or choose another export.opset."
        )
    if differing:
        raise ExportError(
            f"The exported graph decides otherwise than the trained network on {len(differing)} of {len(pixels)} test "
            f"images (the first is number {differing[0]}), though every probability is within {tolerance:g}. "
            "Choose another export.opset, or train again."
        )
    return parity
