"""A network that was really trained, to be watched: its graph, and what it says of images like and unlike its own."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.support.private_workspace import private_workspace
from benchmarks.support.real_images import weights
from medimage.config.delivery import ExportConfig
from medimage.config.model import ModelConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.statistics import normalization_from_histograms
from medimage.data.synthetic import encode_png
from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.evaluation.decision.calibration import fit_temperature
from medimage.evaluation.predictions import PredictionsOnValidation
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.onnx_graph import export_onnx
from medimage.models.build import load_network
from medimage.models.inference import predict_logits
from medimage.serving.classifier import ImageClassifier
from medimage.serving.look_at_image import look_at_image
from medimage.serving.prediction_log.logged_prediction import LoggedModel, LoggedPrediction
from medimage.serving.prediction_log.row_of_image import row_of_image
from medimage.serving.preprocessing import resize_image
from medimage.training.train import train_stage

SIZE = 96
"""Height and width of the network's input, in pixels."""

_EPOCHS = 20
_POINT = OperatingPoint(threshold=0.4, target_sensitivity=0.9, cases=100)


@dataclass(frozen=True, kw_only=True, eq=False)
class GrayImages:
    """Gray images with their classes and patients.

    Attributes:
        pixels: Each uint8, shape [height, width].
        labels: The class of each.
        groups: The patient of each.
    """

    pixels: tuple[NDArray[np.uint8], ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pixels)

    def of(self, chosen: Sequence[int]) -> "GrayImages":
        """Returns some of them."""
        return GrayImages(
            pixels=tuple(self.pixels[place] for place in chosen),
            labels=tuple(self.labels[place] for place in chosen),
            groups=tuple(self.groups[place] for place in chosen),
        )


def train_watched(train: GrayImages, held_out: GrayImages, *, classes: tuple[str, ...]) -> tuple[bytes, float]:
    """Trains a head on a MobileNetV2 with ImageNet weights, and exports it as a run of the pipeline does.

    Returns:
        The graph, with all that a trained one takes with it, and its accuracy on the held-out images.
    """
    training, validation = _labelled(train, classes), _labelled(held_out, classes)
    seen, unseen = np.asarray(training.pixels[:]), np.asarray(validation.pixels[:])
    histograms = _histograms(seen)
    with private_workspace():
        trained = train_stage(
            stage=1,
            model=ModelConfig(name="mobilenetv2_100", head="linear", input_size=SIZE, weights=weights()),
            training=TrainingConfig(
                strategy="head_only",
                stage1=StageConfig(
                    epochs=_EPOCHS, trainable="head", optimizer="adam", learning_rate=3e-3, feature_views=1
                ),
                precision="fp32",
                device="cpu",
            ),
            seed=0,
            train=training,
            validation=validation,
            normalization=normalization_from_histograms(histograms, input_size=SIZE),
            batch_size=32,
        )
    network = load_network(trained)
    logits = predict_logits(
        network, validation.pixels, batch_size=32, device=torch.device("cpu"), description="Asking on held-out images"
    )
    predictions = PredictionsOnValidation(
        image_ids=validation.image_ids,
        groups=validation.groups,
        labels=validation.labels,
        classes=classes,
        logits=logits,
    )
    graph = export_onnx(
        network,
        trained.spec,
        temperature=fit_temperature(predictions, minimum_cases=20).value,
        opset=ExportConfig().opset,
        rules=DecisionRules(
            operating_points=dict.fromkeys(classes, _POINT),
            abstention=AbstentionRule(threshold=0.5, target_error=0.2, confidence=0.95, cases=100),
            conformal=None,
        ),
        intensities=fit_intensity_reference(histograms, _histograms(unseen)),
    )
    onnx = note_embeddings(graph, ReferenceImages(training=seen, held_out=unseen))
    return onnx, float((logits.argmax(axis=1) == validation.labels).mean())


def rows_of(onnx: bytes, pixels: Sequence[NDArray[np.uint8]]) -> list[LoggedPrediction]:
    """Returns what the log of a service would hold of images that are sent as PNG files."""
    classifier = ImageClassifier(onnx, threads=1)
    model = LoggedModel(name="watched", version="1.0.0", sha256=hashlib.sha256(onnx).hexdigest())
    rows = []
    for image in pixels:
        data = encode_png(image)
        sha256 = hashlib.sha256(data).hexdigest()
        rows.append(
            row_of_image(
                look_at_image(classifier, data),
                prediction_id=sha256[:32],
                sha256=sha256,
                time=datetime.now(UTC),
                model=model,
            )
        )
    return rows


def _labelled(images: GrayImages, classes: tuple[str, ...]) -> LabelledPixels:
    resized = [resize_image(each[:, :, np.newaxis], size=SIZE) for each in images.pixels]
    return LabelledPixels(
        image_ids=tuple(str(number) for number in range(len(images))),
        groups=images.groups,
        pixels=np.stack(resized),
        labels=np.array([classes.index(label) for label in images.labels], dtype=np.int64),
        classes=classes,
    )


def _histograms(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.stack([np.bincount(image.ravel(), minlength=256)[np.newaxis] for image in pixels])


def _gamma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return (255 * (pixels / 255) ** 1.5 + 0.5).astype(np.uint8)


def _contrast(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    mean = pixels.mean()
    return np.clip(mean + 0.7 * (pixels - mean) + 0.5, 0, 255).astype(np.uint8)


def _resolution(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels)
    small = image.resize((pixels.shape[1] // 2, pixels.shape[0] // 2), Image.Resampling.BILINEAR)
    return np.asarray(small.resize(image.size, Image.Resampling.BILINEAR))


def _inverted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return 255 - pixels


SCANNERS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "gamma": _gamma,
    "contrast": _contrast,
    "resolution": _resolution,
    "inverted": _inverted,
}
"""What another scanner does to an image: gamma 1.5, contrast x 0.7, half of the resolution, a negative."""
