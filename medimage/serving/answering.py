"""From the bytes of a file to the whole answer on it."""

import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from medimage.serving.answer_words import abstention_answer, conformal_answer, decision_answer
from medimage.serving.answers import ImageAnswer, ImageFacts, ModelIdentity, WarningAnswer
from medimage.serving.classifier import ImageClassifier
from medimage.serving.look_at_image import SeenImage, look_at_image
from medimage.serving.notice import NOTICE
from medimage.serving.prediction_log.logged_prediction import LoggedModel
from medimage.serving.prediction_log.row_of_image import row_of_image
from medimage.serving.prediction_log.writer import PredictionLogWriter
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
        rules = self._metadata.decision_rules
        seen = look_at_image(self._classifier, data)
        image, prediction, decision = seen.image, seen.prediction, seen.decision
        answer = ImageAnswer(
            label=prediction.label,
            confidence=prediction.confidence,
            probabilities=prediction.probabilities,
            decision=decision_answer(decision, rules),
            abstention=abstention_answer(decision, rules, confidence=prediction.confidence),
            conformal_set=conformal_answer(decision, rules),
            warnings=[WarningAnswer(**asdict(warning)) for warning in seen.warnings],
            image=ImageFacts(sha256=hashlib.sha256(data).hexdigest(), width=image.width, height=image.height),
            model=self._identity,
            prediction_id=uuid.uuid4().hex,
            notice=NOTICE,
        )
        self._write_row(answer, seen, caller=caller, file_name=file_name)
        self._metrics.count_answer(answer, seconds=time.perf_counter() - begun)
        return answer

    def _write_row(self, answer: ImageAnswer, seen: SeenImage, *, caller: str | None, file_name: str | None) -> None:
        if self._log is None:
            return
        row = row_of_image(
            seen,
            prediction_id=answer.prediction_id,
            sha256=answer.image.sha256,
            time=datetime.now(UTC),
            model=self._logged_model,
            caller=caller,
            file_name=file_name if self._log_file_names else None,
        )
        self._metrics.count_log_row(is_written=self._log.append(row))


def identity_of(card: Mapping[str, Any], *, sha256: str) -> ModelIdentity:
    """Returns what a card says of which model it is about.

    Args:
        card: The model card.
        sha256: SHA-256 of the graph.
    """
    provenance = card.get("provenance")
    evidence = provenance.get("evidence_hash") if isinstance(provenance, Mapping) else None
    return ModelIdentity(name=card["name"], version=card["version"], sha256=sha256, evidence_hash=evidence)
