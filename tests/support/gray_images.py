"""Images of one gray level each, and a registered model whose answers on them can be worked out by hand."""

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.registry.registered_model import RegisteredModel
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.seen_images import SeenImages
from medimage.serving.preprocessing import prepare_image
from tests.support.exported import CLASSES, SLOPE, brightness_onnx, make_card
from tests.support.images import encode

CONFIG = EvaluationConfig(bootstrap_resamples=200)


def _gray(value: int, number: int) -> bytes:
    pixels = np.full((40, 40), value, np.uint8)
    pixels[0, 0] = number
    return encode(pixels)


BRIGHTNESS = np.linspace(0, 255, 90).astype(int)
RECORDS = [
    ImageRecord(name=f"{number}.png", encoded=_gray(int(value), number), label=CLASSES[number % 3], group=f"p{number}")
    for number, value in enumerate(BRIGHTNESS)
]
TABLE = ImageTable.write(RECORDS, classes=CLASSES)
LABELS = np.array([CLASSES.index(record.label) for record in RECORDS])


NOTHING_SEEN = SeenImages(train=frozenset(), validation=frozenset())


def brightness_model(*, slope: float = SLOPE, images: SeenImages | None = NOTHING_SEEN, **graph) -> RegisteredModel:
    """Returns the brightness model as version 3 of the registered model `lung`."""
    version = RegisteredVersion(
        name="lung", version=3, aliases=("champion",), uri="models:/lung/3", run_id="r", semantic_version="1.0.0"
    )
    return RegisteredModel(version=version, card=make_card(), onnx=brightness_onnx(slope=slope, **graph), images=images)


def logits_of_brightness(slope: float = SLOPE) -> np.ndarray:
    """Returns what the brightness model's graph gives on the images, worked out without it."""
    means = np.array([prepare_image(r.encoded, color_mode="gray", size=32).mean() / 255 for r in RECORDS])
    return slope * means[:, None] * np.array([1, 0, -1])
