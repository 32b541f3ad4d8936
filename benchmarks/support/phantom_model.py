"""A small network that was really trained, on phantoms, and images like and unlike those that it was trained on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimage.config.delivery import ExportConfig
from medimage.config.model import ModelConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.statistics import normalization_from_histograms
from medimage.data.synthetic import Phantom, generate_phantoms
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.onnx_graph import export_onnx
from medimage.models.build import load_network
from medimage.training.train import train_stage

SIZE = 64
"""Height and width of the images, in pixels."""

CLASSES = ("bacterial_pneumonia", "covid", "normal", "viral_pneumonia")
"""What the network knows."""

NEW_CLASS = "tuberculosis"
"""What it has never seen."""


@dataclass(frozen=True, kw_only=True)
class PhantomModel:
    """A trained network.

    Attributes:
        onnx: Its graph, with gray levels and embeddings of the images that it was trained on.
        accuracy: Share of held-out images that it answers rightly on.
    """

    onnx: bytes
    accuracy: float


def phantoms(*, patients_per_class: int, seed: int, size: int = SIZE) -> Iterator[Phantom]:
    """Yields two images of each patient of every class, `NEW_CLASS` among them."""
    return generate_phantoms(patients_per_class=patients_per_class, images_per_patient=2, image_size=size, seed=seed)


def train_phantom_model(*, patients_per_class: int, epochs: int, seed: int = 0) -> PhantomModel:
    """Trains a network on phantoms, and exports it as a run of the pipeline does.

    Args:
        patients_per_class: Patients of each class to train on; a third as many are held out.
        epochs: Epochs of training.
        seed: Seed of images and weights.
    """
    known = [each for each in phantoms(patients_per_class=patients_per_class, seed=seed) if each.class_name in CLASSES]
    held = [
        each
        for each in phantoms(patients_per_class=patients_per_class // 3, seed=seed + 1)
        if each.class_name in CLASSES
    ]
    train, held_out = _labelled(known), _labelled(held)
    histograms = _histograms(train.pixels)
    trained = train_stage(
        stage=2,
        model=ModelConfig(name="resnet10t", pretrained=False, head="linear", input_size=SIZE),
        training=TrainingConfig(
            strategy="full",
            stage2=StageConfig(epochs=epochs, learning_rate=2e-3, early_stopping=None),
            precision="fp32",
            device="cpu",
        ),
        seed=seed,
        train=train,
        validation=held_out,
        normalization=normalization_from_histograms(histograms, input_size=SIZE),
        batch_size=32,
    )
    graph = export_onnx(
        load_network(trained),
        trained.spec,
        temperature=1.0,
        opset=ExportConfig().opset,
        intensities=fit_intensity_reference(histograms, _histograms(held_out.pixels)),
    )
    history = trained.history
    return PhantomModel(
        onnx=note_embeddings(graph, ReferenceImages(training=train.pixels[::2], held_out=held_out.pixels)),
        accuracy=max(epoch.validation_accuracy for epoch in history.epochs),
    )


def _labelled(found: Sequence[Phantom]) -> LabelledPixels:
    return LabelledPixels(
        image_ids=tuple(each.name for each in found),
        groups=tuple(each.patient for each in found),
        pixels=np.stack([each.pixels[:, :, np.newaxis] for each in found]),
        labels=np.array([CLASSES.index(each.class_name) for each in found], dtype=np.int64),
        classes=CLASSES,
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
"""What another scanner does to an image, uint8 of shape [height, width]: gamma 1.5, contrast x 0.7, half of the
resolution, a negative."""
