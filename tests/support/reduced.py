"""A small network that has learnt its classes, exported and judged, to be tried in fewer bits."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import onnx
import torch

from medimage.config.gate import GateConfig
from medimage.config.reduced_precision import ReducedPrecisionConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation
from medimage.export.exported_model import ExportedModel
from medimage.export.note_embeddings import ReferenceImages
from medimage.export.onnx_graph import export_onnx
from medimage.export.precision.choose_precision import ChosenGraph, choose_precision
from medimage.models.build import build_network
from medimage.models.inference import predict_logits
from medimage.models.network import Network
from tests.support.exported import PARITY
from tests.support.images import encode, textured
from tests.support.simulated_predictions import FEW_RESAMPLES, LATENCY
from tests.support.training import bright_quarters, specification

FINDINGS = DataFindings(
    training_counts={"left": 40, "right": 40}, imbalance_mitigated=False, crossing_groups=0, crossing_duplicates=0
)
WHATEVER_THE_SPEED = ReducedPrecisionConfig(candidates=("fp16", "int8"), calibration_images=16).model_copy(
    update={"minimum_speedup": 0.0}
)
"""Tests say nothing of time."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A model in single precision."""

    exported: ExportedModel
    evaluation: Evaluation
    gate_report: GateReport
    training: LabelledPixels
    test: LabelledPixels


@cache
def judged_model() -> Judged:
    """Trains a network of half a million weights for some steps, exports it, and judges it on new images."""
    spec = replace(specification(classes=2, options={"output_stride": 8}), classes=("left", "right"))
    network, training = build_network(spec, seed=0), bright_quarters(80, seed=1)
    _train(network, training)
    test, validation = bright_quarters(120, seed=2), bright_quarters(60, seed=3)
    evaluation = evaluate(
        validation=PredictionsOnValidation(**_answers(network, validation)),
        test=PredictionsOnTest(**_answers(network, test)),
        latency=LATENCY,
        config=FEW_RESAMPLES,
        seed=0,
    )
    graph = export_onnx(network, spec, temperature=evaluation.temperature.value, opset=20, rules=evaluation.rules)
    exported = ExportedModel(
        onnx=graph, spec=spec, temperature=evaluation.temperature.value, parity=PARITY, latency=LATENCY
    )
    return Judged(
        exported=exported,
        evaluation=evaluation,
        gate_report=gate(evaluation),
        training=training,
        test=test,
    )


def gate(evaluation: Evaluation, **thresholds: Any) -> GateReport:
    """Judges an evaluation of those images."""
    return judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig(**thresholds))


def choose(model: Judged, *, config: ReducedPrecisionConfig = WHATEVER_THE_SPEED, **changes: Any) -> ChosenGraph:
    """Tries a model in fewer bits."""
    arguments: dict[str, Any] = {
        "evaluation": model.evaluation,
        "gate_report": model.gate_report,
        "judge": gate,
        "training": model.training,
        "reference_images": ReferenceImages(training=model.training.pixels[:40], held_out=model.training.pixels[40:60]),
        "test": model.test,
        "encoded": [encode(textured(seed)) for seed in range(20)],
        "config": config,
        "measuring": FEW_RESAMPLES,
        "seed": 0,
        **changes,
    }
    return choose_precision(model.exported, **arguments)


def with_weights(model: Judged, change: Any) -> Judged:
    """Returns the model with another graph than the one that was judged.

    Args:
        model: The model.
        change: Takes the graph, and changes its weights by their names in place.
    """
    graph = onnx.load_model_from_string(model.exported.onnx)
    change({each.name: each for each in graph.graph.initializer})
    return replace(model, exported=replace(model.exported, onnx=graph.SerializeToString()))


def _train(network: Network, data: LabelledPixels) -> None:
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    images, labels = torch.from_numpy(np.asarray(data.pixels[:])), torch.from_numpy(data.labels)
    network.train()
    for _ in range(12):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
    network.eval()


def _answers(network: Network, data: LabelledPixels) -> dict[str, Any]:
    logits = predict_logits(network, data.pixels, batch_size=32, device=torch.device("cpu"))
    return {
        "image_ids": data.image_ids,
        "groups": data.groups,
        "labels": data.labels,
        "logits": logits,
        "classes": data.classes,
    }
