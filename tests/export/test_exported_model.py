import dataclasses
import hashlib

import pytest

from medimage.export.exported_model import Parity
from tests.support.exported import brightness_onnx, make_exported


def test_size_and_hash_are_those_of_the_bytes() -> None:
    exported = make_exported()
    assert exported.size_bytes == len(brightness_onnx())
    assert exported.sha256 == hashlib.sha256(brightness_onnx()).hexdigest()


@pytest.mark.parametrize(
    "parity",
    [
        Parity(images=5, max_difference=2e-4, tolerance=1e-4, identical_decisions=5),
        Parity(images=5, max_difference=0.0, tolerance=1e-4, identical_decisions=4),
        Parity(images=0, max_difference=0.0, tolerance=1e-4, identical_decisions=0),
        Parity(images=5, max_difference=float("nan"), tolerance=1e-4, identical_decisions=5),
    ],
)
def test_model_without_proven_parity_does_not_exist(parity: Parity) -> None:
    with pytest.raises(ValueError, match="parity"):
        dataclasses.replace(make_exported(), parity=parity)


def test_model_without_bytes_does_not_exist() -> None:
    with pytest.raises(ValueError, match="no bytes"):
        dataclasses.replace(make_exported(), onnx=b"")
