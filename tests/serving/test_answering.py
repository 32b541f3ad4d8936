"""What the service says and logs of an image, with a graph that was really exported."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.serving.answering import Answering
from medimage.serving.answers import ModelIdentity
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prediction_log.reader import read_prediction_log
from medimage.serving.prediction_log.writer import PredictionLogWriter
from medimage.serving.service_metrics import service_metrics
from tests.support.exported import brightness_onnx
from tests.support.images import encode, textured
from tests.support.training import specification

IMAGE = encode(textured(3))


@pytest.fixture(scope="module")
def exported() -> bytes:
    spec = specification("test_resnet", size=32)
    return export_onnx(build_network(spec, seed=0).eval(), spec, temperature=1.0, opset=20)


def logged(onnx: bytes, folder: Path) -> tuple[ImageClassifier, NDArray[np.float32] | None]:
    """Answers on an image, and returns the model with the embedding that the log has."""
    classifier = ImageClassifier(onnx, threads=1)
    log = PredictionLogWriter(folder, file_bytes=2**20)
    answering = Answering(
        classifier,
        identity=ModelIdentity(name="lung", version="1.0.0", sha256="aa", evidence_hash=None),
        metrics=service_metrics(),
        log=log,
        log_file_names=False,
    )
    answer = answering.answer(IMAGE, caller=None, file_name="patient.png")
    (row,) = read_prediction_log(folder)
    assert row.prediction_id == answer.prediction_id
    assert row.file_name is None
    assert answer.probabilities == classifier.predict(IMAGE).probabilities
    return classifier, row.embedding_numbers


def test_the_log_keeps_the_embedding_of_the_image(exported: bytes, tmp_path: Path) -> None:
    classifier, embedding = logged(exported, tmp_path)
    expected = classifier.answer(IMAGE).embedding
    assert embedding is not None
    np.testing.assert_array_equal(embedding, expected)


def test_a_model_without_embeddings_is_logged_without(tmp_path: Path) -> None:
    assert logged(brightness_onnx(), tmp_path)[1] is None
