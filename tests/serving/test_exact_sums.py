import platform
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from medimage.serving import exact_sums
from medimage.serving.exact_sums import sums_are_cut_off
from tests.support.cut_off_sums import cut_off_product, exact_product

PROCESSOR = Path("/proc/cpuinfo")


def test_what_is_asked_about_is_the_product_of_unsigned_features_and_signed_weights() -> None:
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["features", "weights"], ["sums"])],
        "sums",
        [
            helper.make_tensor_value_info("features", TensorProto.UINT8, [1, 4]),
            helper.make_tensor_value_info("weights", TensorProto.INT8, [4, 16]),
        ],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [1, 16])],
    )
    asked = onnx.load_model_from_string(exact_sums._PRODUCT)
    onnx.checker.check_model(asked, full_check=True)
    assert asked.graph == graph


def test_cutting_off_changes_what_is_asked_about() -> None:
    features, weights = np.full((1, 4), 255, np.uint8), np.full((4, 16), 127, np.int8)
    assert set(exact_product(features, weights).ravel()) == {129_540}
    assert set(cut_off_product(features, weights).ravel()) == {65_534}


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not PROCESSOR.is_file(), reason="needs the flags of an x86 processor"
)
def test_processors_with_vectors_of_integers_and_without_vnni_cut_sums_off() -> None:
    flags = set(next(line for line in PROCESSOR.read_text().splitlines() if line.startswith("flags")).split())
    assert sums_are_cut_off() == ("avx2" in flags and not flags & {"avx_vnni", "avx512_vnni", "amx_int8"})
