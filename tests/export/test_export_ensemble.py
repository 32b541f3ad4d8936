import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import softmax

from medimage.config.delivery import ExportConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import ExportError
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.export.export_ensemble import export_ensemble
from medimage.export.exported_model import ExportedModel
from medimage.models.build import build_network, load_network
from medimage.models.history import TrainingHistory
from medimage.models.inference import predict_logits
from medimage.models.state import pack_state
from medimage.models.trained_model import TrainedModel
from medimage.serving.classifier import ImageClassifier
from tests.support.images import encode, textured
from tests.support.served import trained_on
from tests.support.simulated_predictions import evaluation_of
from tests.support.training import bright_quarters, specification

TEMPERATURES = (0.7, 1.5)
PARTS = [bright_quarters(12, seed=seed) for seed in range(2)]


def trained(seed: int) -> TrainedModel:
    spec = specification(classes=2)
    weights = pack_state(build_network(spec, seed=seed).state_dict())
    return TrainedModel(spec=spec, weights=weights, last_weights=weights, history=TrainingHistory(), parameters=1)


MODELS = [trained(seed) for seed in range(2)]


def logits(model: TrainedModel, part: LabelledPixels) -> np.ndarray:
    return predict_logits(load_network(model), part.pixels, batch_size=8, device=torch.device("cpu"))


def judged(model: TrainedModel, part: LabelledPixels, temperature: float) -> Evaluation:
    test = PredictionsOnTest(
        image_ids=part.image_ids,
        groups=part.groups,
        labels=part.labels,
        logits=logits(model, part),
        classes=part.classes,
    )
    fitted = Temperature(value=temperature, fitted_on="validation", cases=60)
    return dataclasses.replace(evaluation_of(test), temperature=fitted)


FOLDS = [judged(*each) for each in zip(MODELS, PARTS, TEMPERATURES, strict=True)]


def export(**changes: Any) -> ExportedModel:
    options: dict[str, Any] = {
        "folds": FOLDS,
        "tested": PARTS,
        "data_sha256": "d" * 64,
        "intensities": trained_on(),
        "encoded": [encode(textured(seed)) for seed in range(20)],
        "config": ExportConfig(),
        "latency_p95_limit_ms": 60_000.0,
        **changes,
    }
    return export_ensemble(MODELS, **options)


def test_the_graph_gives_the_mean_over_the_folds_and_is_proven_on_all_images():
    exported = export()
    assert (exported.parity.images, exported.parity.identical_decisions, exported.parity.proven) == (24, 24, True)
    assert exported.spec.name == "test_resnet-ensemble-of-2"
    classifier = ImageClassifier(exported.onnx, threads=1)
    assert classifier.metadata.intensities == trained_on()
    part = PARTS[1]
    expected = np.mean(
        [softmax(logits(model, part) / t, axis=1) for model, t in zip(MODELS, TEMPERATURES, strict=True)], axis=0
    )
    found = [list(classifier.predict_pixels(part.pixels[row]).probabilities.values()) for row in range(len(part))]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_member_that_says_otherwise_than_was_judged_is_refused():
    with pytest.raises(ExportError, match="model of fold 0 does not say of its test fold what was judged"):
        export(folds=[judged(MODELS[1], PARTS[0], TEMPERATURES[0]), FOLDS[1]])


def test_images_of_another_fold_are_refused():
    with pytest.raises(ValueError, match="in their order"):
        export(tested=PARTS[::-1])
