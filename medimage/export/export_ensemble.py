"""From the models of all folds to one exported model with its proof."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.delivery import ExportConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import ExportError
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.evaluation import Evaluation
from medimage.export.export_model import require_fast, weights_sha256
from medimage.export.exported_model import ExportedModel
from medimage.export.further_formats import export_further_formats
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.latency import time_graph
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.ensemble import load_ensemble
from medimage.models.inference import predict_logits
from medimage.models.trained_model import TrainedModel
from medimage.serving.model_origin import ModelOrigin
from medimage.serving.quality.intensity_reference import IntensityReference

_BATCH_SIZE = 64


def export_ensemble(
    models: Sequence[TrainedModel],
    *,
    folds: Sequence[Evaluation],
    tested: Sequence[LabelledPixels],
    encoded: Sequence[bytes],
    data_sha256: str,
    intensities: IntensityReference | None,
    config: ExportConfig,
    latency_p95_limit_ms: float,
) -> ExportedModel:
    """Exports the models of all folds as one ONNX graph whose probability of a class is the mean of theirs.

    Two things are proven on all out-of-fold images: that each member says of its own test fold what was judged, and
    that the graph says of every image what the members say together.

    Args:
        models: The model of each fold.
        folds: The evaluation of each, with its temperature and the predictions that were judged.
        tested: The test images of each fold.
        encoded: Encoded images to time.
        data_sha256: Stands for the images and labels of all folds, as the model's card has it.
        intensities: Gray levels of the images.
        config: Formats, operator set and tolerances.
        latency_p95_limit_ms: The gate's limit on the 95th percentile of the time for one image, in ms.

    Raises:
        ExportError: If a member does not say what was judged, or the graph cannot be made, does not say what the
            members do, or is too slow.
        ValueError: If models, evaluations and images do not belong to each other.
    """
    if [fold.test.image_ids for fold in folds] != [part.image_ids for part in tested] or len(models) != len(folds):
        raise ValueError(f"Expected {len(models)} models with the images that each was judged on, in their order")
    temperatures = [fold.temperature.value for fold in folds]
    name = f"{models[0].spec.name}-ensemble-of-{len(models)}"
    ensemble = load_ensemble(models, temperatures=temperatures, name=name)
    together = []
    for number, (fold, part) in enumerate(zip(folds, tested, strict=True)):
        own = _logits(ensemble.members[number], part, description=f"Fold {number}: its own model")
        _require_judged(own, fold, tolerance=config.parity_tolerance, number=number)
        together.append(_logits(ensemble, part, description=f"Fold {number}: all models"))
    origin = ModelOrigin(weights_sha256=tuple(weights_sha256(model) for model in models), data_sha256=data_sha256)
    onnx = export_onnx(
        ensemble, ensemble.spec, temperature=1.0, opset=config.opset, origin=origin, intensities=intensities
    )
    answers = [
        JudgedAnswers(pixels=part.pixels, logits=logits, temperature=1.0)
        for part, logits in zip(tested, together, strict=True)
    ]
    parity = measure_parity(onnx, answers, network=ensemble, config=config)
    latency = time_graph(onnx, encoded)
    require_fast(latency, limit_ms=latency_p95_limit_ms)
    return ExportedModel(
        onnx=onnx,
        spec=ensemble.spec,
        temperature=1.0,
        parity=parity,
        latency=latency,
        further=export_further_formats(ensemble, answers, temperature=1.0, config=config, encoded=encoded),
    )


def _logits(network: torch.nn.Module, part: LabelledPixels, *, description: str) -> NDArray[np.float32]:
    # An ensemble takes and gives what a network does.
    return predict_logits(
        cast(Any, network),
        part.pixels,
        batch_size=_BATCH_SIZE,
        device=torch.device("cpu"),
        description=description,
    )


def _require_judged(logits: NDArray[np.float32], fold: Evaluation, *, tolerance: float, number: int) -> None:
    found = calibrated_probabilities(logits, fold.temperature.value)
    difference = float(np.abs(found - fold.probabilities()).max())
    if not difference <= tolerance:
        raise ExportError(
            f"The model of fold {number} does not say of its test fold what was judged: expected every probability "
            f"within {tolerance:g} but the largest difference is {difference:g}. It was judged on another device or by "
            "another version of PyTorch: run the cross-validation again with --no-cache."
        )
