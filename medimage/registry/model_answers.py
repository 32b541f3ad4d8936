"""A registered model's answers on encoded images, by the way that the service goes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from medimage.data.bounded_map import bounded_map
from medimage.data.image_table import ImageTable
from medimage.errors import RegistryError
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.progress import track
from medimage.registry.registered_model import RegisteredModel
from medimage.serving.classifier import ImageClassifier
from medimage.serving.cores import available_cores
from medimage.serving.preprocessing import prepare_image

_BATCH = 16
"""Images that the graph answers at once: more bring no more speed on a processor, and take memory."""

_BATCHES_AHEAD = 4


def open_classifier(model: RegisteredModel) -> ImageClassifier:
    """Opens a registered model's graph.

    Raises:
        RegistryError: If onnxruntime cannot run it, or it was made for another version of preprocessing.
    """
    try:
        return ImageClassifier(model.onnx, threads=available_cores())
    except ValueError as error:
        raise RegistryError(f"The graph of {model.version.uri} cannot be used here: {error}") from error


def predict_images(classifier: ImageClassifier, images: ImageTable, like: PredictionsOnTest) -> PredictionsOnTest:
    """Answers on the images of other predictions, from their encoded bytes: decoded, resized, then the graph.

    Args:
        classifier: The model; its classes are those of `like`, in any order.
        images: Holds the encoded images.
        like: Which images, with their groups and labels.

    Returns:
        Logits in the order of the images and classes of `like`.

    Raises:
        KeyError: If an image is not in the table.
        ImageRefusedError: If an image is not acceptable.
        ValueError: If the model has other classes.
    """
    classes = classifier.metadata.classes
    if sorted(classes) != sorted(like.classes):
        raise ValueError(f"Expected a model of the classes {sorted(like.classes)} but it has {sorted(classes)}")
    found = answer_images(classifier, images, like.image_ids)
    columns = [classes.index(name) for name in like.classes]
    return replace(like, logits=found[:, columns])


def answer_images(classifier: ImageClassifier, images: ImageTable, image_ids: Sequence[str]) -> NDArray[np.float32]:
    """Returns the logits of images, shape [images, classes], in the order of the ids and of the model's classes.

    Raises:
        KeyError: If an id is not in the table.
        ImageRefusedError: If an image is not acceptable.
        RegistryError: If a logit is not a finite number.
    """
    metadata = classifier.metadata
    rows = {image_id: row for row, image_id in enumerate(image_ids)}
    logits = np.empty((len(image_ids), len(metadata.classes)), dtype=np.float32)

    def prepare(batch: Sequence[tuple[str, bytes]]) -> tuple[list[int], NDArray[np.uint8]]:
        pixels = [
            prepare_image(encoded, color_mode=metadata.color_mode, size=metadata.input_size) for _, encoded in batch
        ]
        return [rows[image_id] for image_id, _ in batch], np.stack(pixels)

    workers = available_cores()
    with ThreadPoolExecutor(workers) as pool:
        batches = _batches(images.encoded_images(list(image_ids)))
        prepared = bounded_map(
            pool,
            prepare,
            batches,
            ahead=_BATCHES_AHEAD * workers,
            size=lambda batch: sum(len(each) for _, each in batch),
        )
        total = -(-len(image_ids) // _BATCH)
        for places, pixels in track(prepared, description="Asking the registered model", total=total):
            try:
                logits[places] = classifier.logits(pixels)
            except FloatingPointError as error:
                raise RegistryError(
                    f"A registered model cannot be judged on these images, because it has no answer to some: {error} "
                    f"images, such as {image_ids[places[0]]}. Name other models, or images like those it was made from."
                ) from error
    return logits


def probabilities_of(classifier: ImageClassifier, predictions: PredictionsOnTest) -> NDArray[np.float64]:
    """Returns the probabilities that the model states, calibrated by the temperature inside its graph."""
    return calibrated_probabilities(predictions.logits, classifier.metadata.temperature)


def _batches(items: Iterator[tuple[str, bytes]]) -> Iterator[tuple[tuple[str, bytes], ...]]:
    while batch := tuple(islice(items, _BATCH)):
        yield batch
