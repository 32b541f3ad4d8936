from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from medimage.config.delivery import ExportConfig
from medimage.errors import ExportError
from medimage.export.agreement import Parity
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.models.trained_model import ModelSpec
from tests.support.exported import brightness_onnx
from tests.support.training import bright_quarters, specification

SPEC = specification("test_resnet", size=64, classes=3, head="medical", options={"output_stride": 8})
PIXELS = bright_quarters(40, seed=0, size=64).pixels


@cache
def network() -> Network:
    return build_network(SPEC, seed=0).eval()


@cache
def graph() -> bytes:
    return export_onnx(network(), SPEC, temperature=1.3, opset=20)


def judged(own: Network) -> list[JudgedAnswers]:
    with torch.no_grad():
        logits = own(torch.from_numpy(PIXELS)).numpy()
    return [
        JudgedAnswers(pixels=PIXELS[:25], logits=logits[:25], temperature=1.3),
        JudgedAnswers(pixels=PIXELS[25:], logits=logits[25:], temperature=1.3),
    ]


def compare(own: Network, **config: Any) -> Parity:
    return measure_parity(graph(), judged(network()), network=own, config=ExportConfig(**config))


def changed(part: str, spec: ModelSpec = SPEC) -> Network:
    """Returns a network of which the weights of one part are others."""
    own = build_network(spec, seed=0).eval()
    with torch.no_grad():
        for parameter in own.get_submodule(part).parameters():
            parameter.mul_(1.01)
    return own


def test_all_outputs_are_compared_on_all_images_and_maps_on_some() -> None:
    parity = compare(network())
    assert parity.proven
    assert (parity.images, parity.identical_decisions) == (40, 40)
    assert parity.embedding is not None
    assert parity.maps is not None
    assert (parity.embedding.images, parity.maps.images, parity.maps.maps) == (40, 16, 32)
    assert parity.embedding.max_difference < 1e-5
    assert parity.maps.max_difference < 1e-4


def test_another_embedding_is_a_difference() -> None:
    with pytest.raises(ExportError, match=r"other embeddings .* over 40 test images"):
        compare(changed("backbone"))


def test_another_map_is_a_difference_though_the_embeddings_are_the_same() -> None:
    with pytest.raises(ExportError, match=r"another heat map .* for class '[abc]'"):
        compare(changed("head.0"), map_tolerance=1e-7)


def test_an_embedding_that_is_no_number_is_a_difference() -> None:
    own = build_network(SPEC, seed=0).eval()
    with torch.no_grad():
        next(own.backbone.parameters()).fill_(float("nan"))
    with pytest.raises(ExportError, match="nan"):
        compare(own)


def test_a_graph_without_embedding_proves_nothing() -> None:
    with pytest.raises(ValueError, match="gives an embedding"):
        measure_parity(brightness_onnx(), judged(network()), network=network(), config=ExportConfig())


def test_no_image_proves_nothing() -> None:
    with pytest.raises(ExportError, match="no test image"):
        JudgedAnswers(pixels=PIXELS[:0], logits=np.zeros((0, 3), np.float32), temperature=1.0)


def test_parity_comes_back_from_json() -> None:
    parity = compare(network())
    assert Parity.from_dict(parity.to_dict()) == parity


def test_parity_of_before_there_were_embeddings_is_read() -> None:
    old = {"images": 5, "max_difference": 1e-7, "tolerance": 1e-4, "identical_decisions": 5}
    assert Parity.from_dict(old) == Parity(**old)  # type: ignore[arg-type]
