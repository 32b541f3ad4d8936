"""Whether this processor adds up products of 8-bit integers as they are."""

import base64
from functools import cache
from typing import Any, Final

import numpy as np

from medimage.serving.onnxruntime_library import onnxruntime

UNSIGNED_WEIGHTS: Final = "session.x64quantprecision"
"""Setting of onnxruntime that stores signed weights of more than 7 bits as unsigned ones, value for value: its kernels
for those widen every product to 32 bits. They are slower."""

_TERMS, _COLUMNS, _FEATURE, _WEIGHT = 4, 16, 255, 127

# ONNX, operator set 10: sums int32 [1, 16] = MatMulInteger(features uint8 [1, 4], weights int8 [4, 16]).
_PRODUCT: Final = base64.b64decode(
    "CAU6fwooCghmZWF0dXJlcwoHd2VpZ2h0cxIEc3VtcyINTWF0TXVsSW50ZWdlchIEc3Vtc1oaCghmZWF0dXJlcxIOCgwIAhIICgIIAQoCCARaGQoH"
    "d2VpZ2h0cxIOCgwIAxIICgIIBAoCCBBiFgoEc3VtcxIOCgwIBhIICgIIAQoCCBBCBAoAEAo="
)


@cache
def sums_are_cut_off() -> bool:
    """Works a product out whose sums are too large for 16 bits, in some milliseconds, and looks at them.

    On x86 processors with AVX2 or AVX-512 and without VNNI, onnxruntime multiplies unsigned features by signed weights
    with VPMADDUBSW, which adds two products up in 16 bits and cuts the sum off at 32767 without a word: 2 * 255 * 127
    is 64770. VPDPBUSDS (AVX512_VNNI, AVX_VNNI), AMX and plain SSE add up in 32 bits; ARM without dot products adds two
    signed products up in 16 bits, which hold 2 * 128 * 127. What is asked is the kernel itself, because what a
    processor or a virtual machine says of its instructions is not what onnxruntime made of it.

    Sources: `platform.cpp`, `QgemmU8X8KernelAvx2.S` and `QgemmS8S8KernelNeon.S` of onnxruntime's MLAS; Intel, "Nuances
    of int8 computations" (oneDNN developer guide).
    """
    session: Any = onnxruntime.InferenceSession(_PRODUCT, sess_options=_quiet(), providers=["CPUExecutionProvider"])
    features = np.full((1, _TERMS), _FEATURE, dtype=np.uint8)
    weights = np.full((_TERMS, _COLUMNS), _WEIGHT, dtype=np.int8)
    (sums,) = session.run(["sums"], {"features": features, "weights": weights})
    return bool((sums != _TERMS * _FEATURE * _WEIGHT).any())


def _quiet() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return options
