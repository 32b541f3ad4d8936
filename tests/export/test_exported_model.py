import dataclasses
import hashlib

import pytest

from medimage.export.agreement import EmbeddingParity, MapParity, Parity
from tests.support.exported import PARITY, brightness_onnx, every_parity, make_exported


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
        dataclasses.replace(PARITY, embedding=EmbeddingParity(images=5, max_difference=2e-3, tolerance=1e-3)),
        dataclasses.replace(PARITY, maps=MapParity(images=5, maps=5, max_difference=float("nan"), tolerance=1e-3)),
    ],
)
def test_model_without_proven_parity_does_not_exist(parity: Parity) -> None:
    with pytest.raises(ValueError, match="parity"):
        dataclasses.replace(make_exported(), parity=parity)


def test_model_without_bytes_does_not_exist() -> None:
    with pytest.raises(ValueError, match="no bytes"):
        dataclasses.replace(make_exported(), onnx=b"")


def test_every_format_is_listed_with_onnx_first() -> None:
    exported = make_exported(further=("torchscript", "torch_export"), parity=every_parity())
    assert [each.file_name for each in exported.formats] == ["model.onnx", "model.torchscript.pt", "model.pt2"]
    assert (exported.formats[0].content, exported.formats[0].sha256) == (exported.onnx, exported.sha256)


@pytest.mark.parametrize("names", [("onnx",), ("torchscript", "torchscript")])
def test_no_format_is_there_twice(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="each further format once"):
        make_exported(further=names)  # type: ignore[arg-type]
