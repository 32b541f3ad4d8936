"""Models of the table in fewer bits: valid graphs with all their outputs, near what single precision gives."""

import numpy as np
import pytest

from medimage.config.reduced_precision import ReducedPrecision, ReducedPrecisionConfig
from medimage.export.exported_model import ExportedModel
from medimage.export.onnx_graph import export_onnx
from medimage.export.precision.answers import answer_all
from medimage.export.precision.convert import convert
from medimage.export.precision.note_self_test import note_self_test
from medimage.serving.classifier import ImageClassifier, threads_per_image
from tests.export.test_every_architecture import NETWORKS, network_of
from tests.support.exported import LATENCY, PARITY
from tests.support.training import bright_quarters

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
@pytest.mark.parametrize(("timm_name", "size"), NETWORKS)
def test_every_model_answers_in_fewer_bits(timm_name: str, size: int, precision: ReducedPrecision) -> None:
    network = network_of(timm_name, size)
    exported = ExportedModel(
        onnx=export_onnx(network, network.spec, temperature=1.3, opset=20),
        spec=network.spec,
        temperature=1.3,
        parity=PARITY,
        latency=LATENCY,
    )
    training = bright_quarters(8, seed=1, size=size, channels=3)
    config = ReducedPrecisionConfig(candidates=(precision,), calibration_images=8)
    onnx = convert(exported, precision, training=training, config=config, seed=0)
    assert len(onnx) < {"fp16": 0.65, "int8": 0.5}[precision] * exported.size_bytes
    pixels = np.asarray(bright_quarters(3, seed=2, size=size, channels=3).pixels[:])
    onnx = note_self_test(onnx)
    answers = answer_all(onnx, pixels, full=exported.onnx, config=config, what=precision)
    logits = answers.logits
    assert logits.shape == (3, 3)
    assert [each.subject for each in answers.resemblances] == ["embeddings", "heat maps"]
    if precision == "fp16":
        # Random weights say nothing of what int8 does to a trained network, of which the gate judges.
        full = answer_all(exported.onnx, pixels, full=exported.onnx, config=config, what="fp32").logits
        assert all(each.is_enough for each in answers.resemblances)
        assert np.abs(logits - full).max() < 0.1 * max(1.0, float(np.abs(full).max()))
    classifier, image = ImageClassifier(onnx, threads=threads_per_image()), pixels[0]
    assert classifier.answer_pixels(image).embedding.ndim == 1
    assert classifier.explain_pixels(image).values.shape == (size, size)
    # Inference on a folder gives the very answers that were judged, whatever images an image is among.
    assert np.array_equal(classifier.logits(pixels), logits)
