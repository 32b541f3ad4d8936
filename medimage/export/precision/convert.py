"""From a graph in single precision to one in fewer bits, which says of itself what it is."""

from typing import Final

import onnx

from medimage.config.reduced_precision import ReducedPrecision, ReducedPrecisionConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.export.exported_model import ExportedModel
from medimage.export.exporter_noise import first_line, remove_traces
from medimage.export.precision.calibration_images import choose_calibration_images
from medimage.export.precision.half import to_half
from medimage.export.precision.integers import to_integers
from medimage.serving.exact_sums import UNSIGNED_WEIGHTS
from medimage.serving.model_metadata import FULL_PRECISION_SHA256, PRECISION

_SUMS: Final = (
    "Weights have 8 bits. On x86 processors without VNNI instructions, open this graph with onnxruntime's setting "
    f"{UNSIGNED_WEIGHTS}=1, as medimage does: without it, sums are cut off there and answers change."
)
"""Goes into the file, for whoever opens it with another program."""


def convert(
    exported: ExportedModel,
    precision: ReducedPrecision,
    *,
    training: LabelledPixels,
    config: ReducedPrecisionConfig,
    seed: int,
) -> bytes:
    """Returns the graph in fewer bits, with the same inputs, outputs and rules.

    Args:
        exported: The model in single precision.
        precision: What to convert it to.
        training: Images that it was trained on; int8 ranges are measured on some of them.
        config: How many, and how many bits a weight has.
        seed: Seed of the choice of images.

    Raises:
        ValueError: If the graph cannot be converted, with the reason as the end of a sentence.
    """
    if precision == "fp16":
        converted = to_half(exported.onnx)
    else:
        images = choose_calibration_images(training, count=config.calibration_images, seed=seed)
        converted = to_integers(exported.onnx, images, weight_bits=config.weight_bits)
    properties = {each.key: each.value for each in onnx.load_model_from_string(exported.onnx).metadata_props}
    remove_traces(converted)
    onnx.helper.set_model_props(converted, {**properties, PRECISION: precision, FULL_PRECISION_SHA256: exported.sha256})
    if precision == "int8" and config.weight_bits == 8:
        converted.doc_string = _SUMS
    try:
        onnx.checker.check_model(converted, full_check=True)
    except Exception as error:
        # ValidationError and InferenceError share no base class below Exception.
        raise ValueError(f"the converted graph is not valid ONNX: {first_line(error)}") from error
    return converted.SerializeToString(deterministic=True)
