"""A trained model at work on the images it is judged on."""

from typing import Literal, overload

from medimage.config.training import DeviceName
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.latency import Latency
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation
from medimage.models.build import load_network
from medimage.models.device import resolve_device
from medimage.models.inference import predict_logits
from medimage.models.latency import time_network
from medimage.models.trained_model import TrainedModel

_BATCH_SIZE = 64


@overload
def predict_part(
    model: TrainedModel, pixels: PixelStore, split: Split, *, part: Literal["validation"], device: DeviceName
) -> PredictionsOnValidation: ...
@overload
def predict_part(
    model: TrainedModel, pixels: PixelStore, split: Split, *, part: Literal["test"], device: DeviceName
) -> PredictionsOnTest: ...
def predict_part(
    model: TrainedModel,
    pixels: PixelStore,
    split: Split,
    *,
    part: Literal["validation", "test"],
    device: DeviceName,
) -> PredictionsOnValidation | PredictionsOnTest:
    """Runs a model over one part of a split, in fp32, which is what an exported model is compared with.

    Args:
        model: The trained model.
        pixels: Decoded images.
        split: Which of them belong to `part`.
        part: `validation` or `test`.
        device: Section `training.device`.

    Raises:
        ConfigurationError: If the device is not there.
    """
    images = pixels.part(split, part)
    logits = predict_logits(
        load_network(model),
        images.pixels,
        batch_size=_BATCH_SIZE,
        device=resolve_device(device),
        description=f"Predicting {part} images",
    )
    of_part = PredictionsOnValidation if part == "validation" else PredictionsOnTest
    return of_part(
        image_ids=images.image_ids,
        groups=images.groups,
        labels=images.labels,
        logits=logits,
        classes=images.classes,
    )


def time_model(model: TrainedModel, images: ImageTable, split: Split, *, count: int) -> Latency:
    """Times single test images on the CPU, where the service runs, from their encoded bytes to probabilities.

    Args:
        model: The trained model.
        images: The encoded images.
        split: Which of them are test images.
        count: Images to time at most.
    """
    return time_network(load_network(model), images.encoded_part(split, "test", count=count))
