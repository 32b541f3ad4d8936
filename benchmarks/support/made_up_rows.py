"""Rows of a prediction log, made up: two classes whose embeddings lie apart."""

from datetime import UTC, datetime, timedelta

import numpy as np

from medimage.monitoring.columns import COORDINATES
from medimage.monitoring.embedding_projection import EmbeddingProjection
from medimage.serving.prediction_log.logged_prediction import (
    EMBEDDING_NUMBERS,
    LoggedImage,
    LoggedModel,
    LoggedPrediction,
)

CLASSES = ("ill", "well")
SHA256 = "ab" * 32
MODEL = LoggedModel(name="lung", version="1.0.0", sha256=SHA256)
WIDTH = 8
START = datetime(2026, 3, 1, tzinfo=UTC)


def projection_of(width: int = WIDTH) -> EmbeddingProjection:
    """Returns a projection of embeddings as a training might have left it."""
    directions, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(width, min(width, COORDINATES))))
    return EmbeddingProjection(mean=np.zeros(width, np.float32), directions=directions.T.astype(np.float32))


def logged_rows(
    images: int, *, seed: int, ill: float = 0.3, darker_by: float = 0.0, strange: float = 0.0, first: int = 0
) -> list[LoggedPrediction]:
    """Returns rows of images, one a minute.

    Args:
        images: How many.
        seed: Seed.
        ill: Share of images that are of the first class.
        darker_by: Gray levels that images are darker by.
        strange: Share of images that are like neither class to the network, and look like others.
        first: Number of the first one.
    """
    generator = np.random.default_rng(seed)
    return [
        _row(generator, number, ill=ill, darker_by=darker_by, strange=strange)
        for number in range(first, first + images)
    ]


def _row(
    generator: np.random.Generator, number: int, *, ill: float, darker_by: float, strange: float
) -> LoggedPrediction:
    is_ill, is_strange = generator.random() < ill, generator.random() < strange
    embedding = generator.normal(0, 0.25, WIDTH)
    embedding[0 if is_ill else 1] += 2.0
    if is_strange:
        embedding = generator.normal(0, 0.25, WIDTH) - 2.0
    score = embedding[0] - embedding[1] + generator.normal(0, 0.3)
    probability = float(1 / (1 + np.exp(-3 * score)))
    label = "ill" if probability >= 0.5 else "well"
    distance = float(abs(generator.normal(1, 0.1)) + (2.0 if is_strange else 0.0))
    return LoggedPrediction(
        prediction_id=f"{number:032x}",
        time=START + timedelta(minutes=number),
        model=MODEL,
        image=LoggedImage(
            sha256=f"{number:064x}",
            width=64,
            height=64,
            mean=float(generator.normal(120 - darker_by - 10 * is_ill, 15)),
            standard_deviation=float(abs(generator.normal(50, 5))),
            histogram_distance=float(abs(generator.normal(12, 4)) + darker_by),
            embedding_distance=distance,
            sharpness=float(abs(generator.normal(9, 1))),
        ),
        label=label,
        probabilities={"ill": probability, "well": 1 - probability},
        positive=(label,),
        abstained=bool(abs(probability - 0.5) < 0.1),
        conformal_set=None,
        warnings=("seen_as_unlike_training",) if distance > 1.5 else (),
        embedding=embedding.astype(EMBEDDING_NUMBERS).tobytes(),
    )
