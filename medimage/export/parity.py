"""Whether an exported graph gives in all its outputs what the trained network gives."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.delivery import ExportConfig
from medimage.errors import ExportError
from medimage.export.agreement import EmbeddingParity, Parity
from medimage.export.deployed_network import Deployable, embedding_of
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.map_parity import compare_maps
from medimage.export.probability_parity import compare_probabilities
from medimage.models.device import exact_float32
from medimage.serving.cores import available_cores
from medimage.serving.graph_outputs import EMBEDDING
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import INPUT_NAME, PROBABILITIES, ModelMetadata


def measure_parity(
    onnx: bytes, judged: Sequence[JudgedAnswers], *, network: Deployable, config: ExportConfig
) -> Parity:
    """Compares an exported graph with the trained network: all its outputs, on every image, and some of its maps.

    Args:
        onnx: The exported graph.
        judged: Images with what the network said of them; of an ensemble, those of each fold.
        network: What it was exported from, in evaluation mode, on the CPU.
        config: Tolerances.

    Raises:
        ExportError: If the two name different classes for any image, or something differs by more than its tolerance or
            is not a number.
        ValueError: If the graph gives no embedding.
    """
    session = open_session(onnx, threads=available_cores())
    outputs = ModelMetadata.from_properties(session.get_modelmeta().custom_metadata_map).outputs
    if outputs is None:
        raise ValueError("Expected a graph that gives an embedding but its metadata name none")
    embeddings = _Embeddings(network)

    def answers(batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        given: Any = session.run([PROBABILITIES, EMBEDDING], {INPUT_NAME: batch})
        embeddings.compare(batch, given[1])
        return given[0]

    parity = compare_probabilities(answers, judged, tolerance=config.parity_tolerance)
    parity = replace(parity, embedding=embeddings.parity(tolerance=config.embedding_tolerance))
    if outputs.activation_map is None:
        return parity
    return replace(parity, maps=compare_maps(session, judged, network=network, tolerance=config.map_tolerance))


class _Embeddings:
    """Compares embeddings batch by batch, so that those of all images are never held at once."""

    def __init__(self, network: Deployable) -> None:
        self._network = network
        self._images = 0
        self._lengths = 0.0
        self._largest = 0.0

    def compare(self, pixels: NDArray[np.uint8], found: NDArray[np.float32]) -> None:
        with torch.inference_mode(), exact_float32():
            expected = embedding_of(self._network, torch.from_numpy(pixels)).numpy().astype(np.float64)
        largest = float(np.linalg.norm(expected - found, axis=1).max())
        self._largest = largest if np.isnan(largest) else max(largest, self._largest)
        self._lengths += float(np.linalg.norm(expected, axis=1).sum())
        self._images += len(pixels)

    def parity(self, *, tolerance: float) -> EmbeddingParity:
        mean_length = self._lengths / self._images
        difference = self._largest / mean_length if mean_length else self._largest
        if not difference <= tolerance:
            raise ExportError(
                f"The exported graph gives other embeddings than the trained network: expected a distance of at most "
                f"{tolerance:g} of their mean length over {self._images} test images but the largest is "
                f"{difference:g}. Raise export.embedding_tolerance only if you know why, or choose another "
                "export.opset."
            )
        return EmbeddingParity(images=self._images, max_difference=difference, tolerance=tolerance)
