"""How long one image takes in the trained network, from encoded bytes to probabilities."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.evaluation.latency import Latency
from medimage.evaluation.timing import time_images
from medimage.models.network import Network
from medimage.serving.classifier import threads_per_image
from medimage.serving.color_mode import ColorMode
from medimage.serving.preprocessing import prepare_image


def time_network(network: Network, encoded: Sequence[bytes]) -> Latency:
    """Times single images through decoding, resizing, the network and softmax, as the service would have to.

    That is on the CPU, with the threads that the service gives one image.

    Args:
        network: Network on the CPU; left in the mode it was in.
        encoded: Images as a client would send them. Each is timed once.

    Raises:
        ValueError: If there is no image, or the network is not on the CPU.
        ImageRefusedError: If an image is not acceptable.
    """
    device = next(network.parameters()).device
    if device.type != "cpu":
        raise ValueError(f"Expected a network on the CPU, where the service runs, but it is on {device}")
    color_mode: ColorMode = "gray" if network.spec.channels == 1 else "rgb"

    def classify(data: bytes) -> NDArray[np.float32]:
        pixels = prepare_image(data, color_mode=color_mode, size=network.spec.input_size)
        return network(torch.from_numpy(np.array(pixels)[np.newaxis])).softmax(dim=1).numpy()

    was_training, threads_before = network.training, torch.get_num_threads()
    network.eval()
    torch.set_num_threads(threads_per_image())
    try:
        with torch.inference_mode():
            return time_images(classify, encoded, threads=threads_per_image())
    finally:
        torch.set_num_threads(threads_before)
        network.train(was_training)
