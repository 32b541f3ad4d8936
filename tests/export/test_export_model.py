from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from medimage.config.delivery import ExportConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import ExportError
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.export.export_model import export_model
from medimage.export.exported_model import ExportedModel
from medimage.export.note_embeddings import ReferenceImages
from medimage.models.build import build_network, load_network
from medimage.models.history import TrainingHistory
from medimage.models.inference import predict_logits
from medimage.models.state import pack_state
from medimage.models.trained_model import TrainedModel
from medimage.serving.classifier import ImageClassifier
from tests.support.images import encode, textured
from tests.support.training import bright_quarters, specification


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    spec = specification(classes=2)
    weights = pack_state(build_network(spec, seed=0).state_dict())
    return TrainedModel(spec=spec, weights=weights, last_weights=weights, history=TrainingHistory(), parameters=1)


@pytest.fixture(scope="module")
def held_out() -> LabelledPixels:
    return bright_quarters(24, seed=0)


@pytest.fixture(scope="module")
def judged(model: TrainedModel, held_out: LabelledPixels) -> PredictionsOnTest:
    logits = predict_logits(load_network(model), held_out.pixels, batch_size=8, device=torch.device("cpu"))
    return PredictionsOnTest(
        image_ids=held_out.image_ids,
        groups=held_out.groups,
        labels=held_out.labels,
        logits=logits,
        classes=held_out.classes,
    )


def export(model: TrainedModel, test: LabelledPixels, judged: PredictionsOnTest, **changes: Any) -> ExportedModel:
    options: dict[str, Any] = {
        "temperature": 1.3,
        "rules": None,
        "data_sha256": "d" * 64,
        "intensities": None,
        "reference_images": ReferenceImages(training=test.pixels[:16], held_out=test.pixels[16:]),
        "config": ExportConfig(),
        "encoded": [encode(textured(seed)) for seed in range(20)],
        "latency_p95_limit_ms": 60_000.0,
        **changes,
    }
    return export_model(model, test=test, judged=judged, **options)


def test_export_is_proven_against_what_was_judged(
    model: TrainedModel, held_out: LabelledPixels, judged: PredictionsOnTest
) -> None:
    exported = export(model, held_out, judged)
    assert (exported.parity.images, exported.parity.proven, exported.latency.images) == (24, True, 20)
    assert exported.temperature == 1.3


def test_graph_knows_how_it_sees_the_training_images(
    model: TrainedModel, held_out: LabelledPixels, judged: PredictionsOnTest
) -> None:
    graph = export(model, held_out, judged).onnx
    classifier = ImageClassifier(graph, threads=1)
    reference = classifier.metadata.embeddings
    assert reference is not None
    assert reference.held_out == 8
    distances = [reference.distance(classifier.answer_pixels(pixels).embedding) for pixels in held_out.pixels[16:]]
    assert max(distances) == pytest.approx(reference.largest_distance, rel=1e-3)


def test_other_answers_than_those_judged_are_refused(
    model: TrainedModel, held_out: LabelledPixels, judged: PredictionsOnTest
) -> None:
    other = replace(judged, logits=judged.logits + np.array([0.1, 0], np.float32))
    with pytest.raises(ExportError, match="network that was judged"):
        export(model, held_out, other)


def test_graph_that_misses_the_limit_of_the_gate_is_refused(
    model: TrainedModel, held_out: LabelledPixels, judged: PredictionsOnTest
) -> None:
    with pytest.raises(ExportError, match=r"too slow: expected .* below 1e-06 ms .*gate\.latency_p95_ms"):
        export(model, held_out, judged, latency_p95_limit_ms=1e-6)


def test_predictions_in_another_order_are_refused(
    model: TrainedModel, held_out: LabelledPixels, judged: PredictionsOnTest
) -> None:
    with pytest.raises(ValueError, match="in their order"):
        export(model, held_out, replace(judged, image_ids=judged.image_ids[::-1]))
