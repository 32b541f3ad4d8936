"""From a trained model to an exported one with its proof."""

from collections.abc import Sequence

from medimage.config.delivery import ExportConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.export.exported_model import ExportedModel
from medimage.export.latency import measure_latency
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import load_network
from medimage.models.trained_model import TrainedModel


def export_model(
    model: TrainedModel,
    *,
    temperature: float,
    config: ExportConfig,
    test: LabelledPixels,
    encoded: Sequence[bytes],
) -> ExportedModel:
    """Exports a model as ONNX, compares it with the trained one on all test images, and times it.

    Args:
        model: The trained model.
        temperature: Divides the logits before the softmax.
        config: Operator set and tolerance.
        test: All test images.
        encoded: Encoded images to time.

    Raises:
        ExportError: If the graph cannot be made, or does not say what the trained model says.
    """
    network = load_network(model)
    onnx = export_onnx(network, model.spec, temperature=temperature, opset=config.opset, metadata={})
    return ExportedModel(
        onnx=onnx,
        spec=model.spec,
        temperature=temperature,
        parity=measure_parity(onnx, network, test.pixels, temperature, tolerance=config.parity_tolerance),
        latency=measure_latency(onnx, encoded),
    )
