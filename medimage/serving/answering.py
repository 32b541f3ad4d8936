"""From the bytes of a file to the whole answer on it."""

import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimage.decision.decision import Decision
from medimage.serving.answer_words import abstention_answer, conformal_answer, decision_answer
from medimage.serving.answers import ImageAnswer, ImageFacts, ModelIdentity, WarningAnswer
from medimage.serving.classifier import ImageClassifier
from medimage.serving.graph_answers import Prediction
from medimage.serving.notice import NOTICE
from medimage.serving.prediction_log.logged_prediction import (
    EMBEDDING_NUMBERS,
    LoggedImage,
    LoggedModel,
    LoggedPrediction,
)
from medimage.serving.prediction_log.writer import PredictionLogWriter
from medimage.serving.preprocessing import decode_with_warning, resize_image
from medimage.serving.quality.checks import quality_warnings
from medimage.serving.quality.observed_image import ObservedImage
from medimage.serving.service_metrics import ServiceMetrics


class Answering:
    """Answers on images with one model; counts and logs each answer before it is given.

    Several threads may use it at a time.

    Args:
        classifier: The model.
        identity: Which model it is.
        metrics: Where to count.
        log: Where to log; None for nowhere.
        log_file_names: Whether the log may hold names of files.
    """

    def __init__(
        self,
        classifier: ImageClassifier,
        *,
        identity: ModelIdentity,
        metrics: ServiceMetrics,
        log: PredictionLogWriter | None,
        log_file_names: bool,
    ) -> None:
        self._classifier = classifier
        self._metadata = classifier.metadata
        self._identity = identity
        self._logged_model = LoggedModel(name=identity.name, version=identity.version, sha256=identity.sha256)
        self._metrics = metrics
        self._log = log
        self._log_file_names = log_file_names

    def answer(self, data: bytes, *, caller: str | None, file_name: str | None) -> ImageAnswer:
        """Answers on one encoded image.

        Args:
            data: The file.
            caller: Name of the token that the request came with.
            file_name: Name of the file as it was sent.

        Raises:
            ImageRefusedError: If the bytes are not an acceptable image.
        """
        begun = time.perf_counter()
        metadata, rules = self._metadata, self._metadata.decision_rules
        decoded = decode_with_warning(data, color_mode=metadata.color_mode)
        height, width = decoded.pixels.shape[:2]
        pixels = resize_image(decoded.pixels, size=metadata.input_size)
        prediction, embedding = self._ask(pixels)
        image = ObservedImage(
            pixels=pixels,
            metadata=metadata,
            width=width,
            height=height,
            decoder_warned=bool(decoded.warning),
            embedding=embedding,
        )
        warnings = quality_warnings(image)
        decision = Decision.of(prediction.probabilities, rules)
        answer = ImageAnswer(
            label=prediction.label,
            confidence=prediction.confidence,
            probabilities=prediction.probabilities,
            decision=decision_answer(decision, rules),
            abstention=abstention_answer(decision, rules, confidence=prediction.confidence),
            conformal_set=conformal_answer(decision, rules),
            warnings=[WarningAnswer(**asdict(warning)) for warning in warnings],
            image=ImageFacts(sha256=hashlib.sha256(data).hexdigest(), width=width, height=height),
            model=self._identity,
            prediction_id=uuid.uuid4().hex,
            notice=NOTICE,
        )
        self._write_row(answer, decision, image, caller=caller, file_name=file_name)
        self._metrics.count_answer(answer, seconds=time.perf_counter() - begun)
        return answer

    def _ask(self, pixels: NDArray[np.uint8]) -> tuple[Prediction, NDArray[np.float32] | None]:
        if self._metadata.outputs is None:
            return self._classifier.predict_pixels(pixels), None
        found = self._classifier.answer_pixels(pixels)
        return found.prediction, found.embedding

    def _write_row(
        self,
        answer: ImageAnswer,
        decision: Decision,
        image: ObservedImage,
        *,
        caller: str | None,
        file_name: str | None,
    ) -> None:
        if self._log is None:
            return
        row = LoggedPrediction(
            prediction_id=answer.prediction_id,
            time=datetime.now(UTC),
            model=self._logged_model,
            image=LoggedImage(
                sha256=answer.image.sha256,
                width=image.width,
                height=image.height,
                mean=round(image.mean, 3),
                standard_deviation=round(image.standard_deviation, 3),
                histogram_distance=_rounded(image.histogram_distance, digits=3),
                embedding_distance=_rounded(image.embedding_distance, digits=4),
            ),
            label=answer.label,
            probabilities=answer.probabilities,
            positive=decision.positive,
            abstained=decision.abstained,
            conformal_set=decision.conformal_set,
            warnings=tuple(warning.kind.value for warning in answer.warnings),
            caller=caller,
            file_name=file_name if self._log_file_names else None,
            embedding=None if image.embedding is None else image.embedding.astype(EMBEDDING_NUMBERS).tobytes(),
        )
        self._metrics.count_log_row(is_written=self._log.append(row))


def _rounded(value: float | None, *, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def identity_of(card: Mapping[str, Any], *, sha256: str) -> ModelIdentity:
    """Returns what a card says of which model it is about.

    Args:
        card: The model card.
        sha256: SHA-256 of the graph.
    """
    provenance = card.get("provenance")
    evidence = provenance.get("evidence_hash") if isinstance(provenance, Mapping) else None
    return ModelIdentity(name=card["name"], version=card["version"], sha256=sha256, evidence_hash=evidence)
