"""What the prediction log keeps of an image and of what the model says of it."""

from datetime import datetime

from medimage.serving.look_at_image import SeenImage
from medimage.serving.prediction_log.logged_prediction import (
    EMBEDDING_NUMBERS,
    LoggedImage,
    LoggedModel,
    LoggedPrediction,
)


def row_of_image(
    seen: SeenImage,
    *,
    prediction_id: str,
    sha256: str,
    time: datetime,
    model: LoggedModel,
    caller: str | None = None,
    file_name: str | None = None,
) -> LoggedPrediction:
    """Returns the row of one image.

    Args:
        seen: The image, and what the model says of it.
        prediction_id: Names the answer.
        sha256: SHA-256 of the file, in hexadecimal.
        time: When it was answered, with its zone.
        model: Which model answered.
        caller: Name of the token that the request came with.
        file_name: Name of the file, where the log may hold it.
    """
    image = seen.image
    return LoggedPrediction(
        prediction_id=prediction_id,
        time=time,
        model=model,
        image=LoggedImage(
            sha256=sha256,
            width=image.width,
            height=image.height,
            mean=round(image.mean, 3),
            standard_deviation=round(image.standard_deviation, 3),
            histogram_distance=_rounded(image.histogram_distance, digits=3),
            embedding_distance=_rounded(image.embedding_distance, digits=4),
            sharpness=round(image.sharpness, 3),
        ),
        label=seen.prediction.label,
        probabilities=seen.prediction.probabilities,
        positive=seen.decision.positive,
        abstained=seen.decision.abstained,
        conformal_set=seen.decision.conformal_set,
        warnings=tuple(warning.kind.value for warning in seen.warnings),
        caller=caller,
        file_name=file_name,
        embedding=None if image.embedding is None else image.embedding.astype(EMBEDDING_NUMBERS).tobytes(),
    )


def _rounded(value: float | None, *, digits: int) -> float | None:
    return None if value is None else round(value, digits)
