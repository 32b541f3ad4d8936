"""A trained model at work on the images it is judged on."""

from typing import Literal

from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.latency import Latency
from medimage.evaluation.predictions import Predictions
from medimage.models.build import load_network
from medimage.models.device import resolve_device
from medimage.models.inference import predict_logits
from medimage.models.latency import measure_latency
from medimage.models.trained_model import TrainedModel
from medimage.serving.preprocessing import decode_image, resize_image

_BATCH_SIZE = 64


def predict_part(
    model: TrainedModel, pixels: PixelStore, split: Split, *, part: Literal["validation", "test"]
) -> Predictions:
    """Runs a model over one part of a split, in fp32, which is what an exported model is compared with.

    Args:
        model: The trained model.
        pixels: Decoded images.
        split: Which of them belong to `part`.
        part: `validation` or `test`.
    """
    images = pixels.part(split, part)
    device = resolve_device("auto")
    logits = predict_logits(load_network(model), images.pixels, batch_size=_BATCH_SIZE, device=device)
    return Predictions(
        part=part,
        image_ids=images.image_ids,
        groups=images.groups,
        labels=images.labels,
        logits=logits,
        classes=images.classes,
    )


def time_model(model: TrainedModel, images: ImageTable, split: Split, *, count: int) -> Latency:
    """Times single test images from their encoded bytes to probabilities.

    Args:
        model: The trained model.
        images: The encoded images.
        split: Which of them are test images.
        count: Images to time at most.
    """
    encoded = images.encoded_part(split, "test", count=count)
    network = load_network(model).to(resolve_device("auto"))
    return measure_latency(network, encoded, decode=decode_image, resize=resize_image)
