"""From a trained model to an exported one with its proof."""

import hashlib
from collections.abc import Sequence

from medimage.config.delivery import ExportConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.decision.decision_rules import DecisionRules
from medimage.errors import ExportError
from medimage.evaluation.latency import Latency
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.export.exported_model import ExportedModel
from medimage.export.further_formats import export_further_formats
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.latency import time_graph
from medimage.export.note_embeddings import ReferenceImages, note_embeddings
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import load_network
from medimage.models.trained_model import TrainedModel
from medimage.serving.model_origin import ModelOrigin
from medimage.serving.quality.intensity_reference import IntensityReference


def export_model(
    model: TrainedModel,
    *,
    temperature: float,
    rules: DecisionRules | None,
    data_sha256: str,
    intensities: IntensityReference | None,
    reference_images: ReferenceImages,
    config: ExportConfig,
    test: LabelledPixels,
    judged: PredictionsOnTest,
    encoded: Sequence[bytes],
    latency_p95_limit_ms: float,
) -> ExportedModel:
    """Exports a model in every configured format, compares each with what was judged on all test images, and times it.

    Args:
        model: The trained model.
        temperature: Divides the logits before the softmax.
        rules: What turns the probabilities into answers.
        intensities: Gray levels of the training images.
        reference_images: Images of training and validation, by which the service tells images unlike them.
        data_sha256: Stands for the images and labels, as the model's card has it.
        config: Formats, operator set and tolerances.
        test: All test images.
        judged: The predictions on them that the gate judged.
        encoded: Encoded images to time.
        latency_p95_limit_ms: The gate's limit on the 95th percentile of the time for one image, in ms.

    Raises:
        ExportError: If a file cannot be made or does not say what was judged, or the graph is too slow.
        ValueError: If the predictions are not those of the test images.
    """
    if judged.image_ids != test.image_ids:
        raise ValueError(
            f"Expected predictions on the {len(test.image_ids)} test images in their order but got those on "
            f"{len(judged.image_ids)} others, or in another order"
        )
    network = load_network(model)
    origin = ModelOrigin(weights_sha256=(weights_sha256(model),), data_sha256=data_sha256)
    onnx = export_onnx(
        network,
        model.spec,
        temperature=temperature,
        opset=config.opset,
        rules=rules,
        intensities=intensities,
        origin=origin,
    )
    onnx = note_embeddings(onnx, reference_images)
    judged_answers = [JudgedAnswers(pixels=test.pixels, logits=judged.logits, temperature=temperature)]
    parity = measure_parity(onnx, judged_answers, network=network, config=config)
    latency = time_graph(onnx, encoded)
    require_fast(latency, limit_ms=latency_p95_limit_ms)
    further = export_further_formats(network, judged_answers, temperature=temperature, config=config, encoded=encoded)
    return ExportedModel(
        onnx=onnx, spec=model.spec, temperature=temperature, parity=parity, latency=latency, further=further
    )


def weights_sha256(model: TrainedModel) -> str:
    """Returns the SHA-256 of a model's best weights, in hexadecimal: that of its safetensors file."""
    return hashlib.sha256(model.weights).hexdigest()


def require_fast(latency: Latency, *, limit_ms: float) -> None:
    """Holds the graph, which is what the service runs, to the limit that the gate judged the network by."""
    if not latency.p95_ms < limit_ms:
        raise ExportError(
            f"The exported graph is too slow: expected a 95th percentile below {limit_ms:g} ms for one image but it "
            f"takes {latency.p95_ms:.1f} ms on {latency.machine}, though the trained network was fast enough. Export "
            "again while the machine does nothing else, choose a smaller model, or raise gate.latency_p95_ms."
        )
