"""A graph whose weights and features are 8-bit integers."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import onnx
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from medimage.data.pixel_rows import Pixels
from medimage.export.precision.body import Body
from medimage.export.precision.calibration_images import CalibrationReader
from medimage.export.precision.row_constants import write_along_rows

_OPERATORS: Final = ("Conv", "Gemm", "MatMul", "MaxPool", "AveragePool", "Relu", "Clip")
"""What is worked out in integers. Sigmoids and the like cost accuracy and bring no speed."""

_SUM: Final = "Add"
"""In integers as well, except in a network with layer normalisation: few of the features that a transformer adds up
are far larger than all others, which then round to nothing (Dettmers et al. 2022, LLM.int8())."""


def to_integers(onnx_model: bytes, calibration: Pixels, *, weight_bits: Literal[7, 8]) -> onnx.ModelProto:
    """Returns a graph with static ranges, as pairs of QuantizeLinear and DequantizeLinear around each operator.

    Weights have a scale for each output channel and lie around zero, features one for each tensor, from the smallest to
    the largest value in the calibration images: ranges from percentiles or by entropy agreed no better with a trained
    MobileNetV2. What prepares the image stays in single precision, and so does all from the last features on: pooling,
    head, temperature, softmax and heat map.

    Args:
        onnx_model: A graph of `export_onnx`.
        calibration: uint8, shape [images, height, width, channels]: training images.
        weight_bits: With 8, the sum of two products can exceed the 16 bits that some kernels have for it
            (`medimage.serving.exact_sums`); with 7 it never does.

    Raises:
        ValueError: If the quantiser does not know something in the graph.
    """
    body = Body(onnx_model)
    write_along_rows(body.model, body.preparing)
    has_layer_norm = any(
        node.op_type == "LayerNormalization" and node.name not in body.kept for node in body.model.graph.node
    )
    operators = [*_OPERATORS, *([] if has_layer_norm else [_SUM])]
    with tempfile.TemporaryDirectory(prefix="medimage-int8-") as folder, _quiet():
        prepared, quantised = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        try:
            quant_pre_process(body.model, prepared, skip_symbolic_shape=True, skip_optimization=True)
            quantize_static(
                prepared,
                quantised,
                CalibrationReader(calibration),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=operators,
                per_channel=True,
                reduce_range=weight_bits == 7,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=sorted(body.kept),
                calibrate_method=CalibrationMethod.MinMax,
            )
        except Exception as error:
            # The quantiser raises plain exceptions of many kinds.
            raise ValueError(f"the quantiser to int8 gave up: {type(error).__name__}: {error}") from error
        return body.with_rest(onnx.load(quantised))


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences advice to prepare a graph that is prepared."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
